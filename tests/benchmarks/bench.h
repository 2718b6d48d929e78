// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/QElapsedTimer>
#include <QtCore/QEventLoop>
#include <QtCore/QSemaphore>
#include <QtCore/QString>
#include <QtCore/QStringList>

#include <algorithm>
#include <functional>
#include <vector>

// What the benchmarks share: what a workload is, how it counts and how it is timed.
namespace Bench {

// One way to do a workload: Actorio's, which has no name, or one that it is compared with.
struct Candidate
{
    QString name;
    // How much a whole run does; what of, the workload says. Slow candidates do less, so that all take about as long.
    qint64 count;
    // Does it `count` times and returns what was measured, in the workload's unit.
    std::function<double(qint64 count)> run;
    // Another program, beside this one, that runs it instead, and its first argument; the count is the second.
    QStringList command = {};
    // That program runs Qt's event loop, and so runs under each event dispatcher.
    bool commandHasLoop = false;
};

struct Workload
{
    QString name;
    QString unit;
    QString description;
    std::vector<Candidate> candidates;
    // What the counts are divided by for a smoke test.
    int quickDivisor = 100;
    // Each candidate runs in a process of its own, and once: what ran before would change what is measured.
    bool isIsolated = false;
    // Why it cannot run here; empty: it can.
    QString obstacle = {};
};
using Workloads = std::vector<Workload>;

void addTell(Workloads &workloads);
void addAllocations(Workloads &workloads);
void addPingPong(Workloads &workloads);
void addAsk(Workloads &workloads);
void addForkJoin(Workloads &workloads);
void addRing(Workloads &workloads);
void addChameneos(Workloads &workloads);
void addBig(Workloads &workloads);
void addCounting(Workloads &workloads);
void addMemory(Workloads &workloads);
void addIdle(Workloads &workloads);
void addFlood(Workloads &workloads);
void addScale(Workloads &workloads);
void addChildren(Workloads &workloads);
void addSignal(Workloads &workloads);
void addTimers(Workloads &workloads);
void addWakeUp(Workloads &workloads);
void addSupervision(Workloads &workloads);
void addSockets(Workloads &workloads);

// Whether a benchmark beside this one was built.
bool programExists(const QString &program);

// Ends the process with an error unless the counts are equal, or when counts are broken on purpose.
void check(const char *what, qint64 seen, qint64 expected);
// The same for a condition that is no count.
void require(const char *what, bool holds);
// From now on every check() fails: proves that a workload counts.
void breakCounts();

// Counts what one thread receives, and sums it up; another thread waits for all of it, or the same one does in its
// event loop. `expected` messages carry the numbers from 0 on.
class Tally
{
public:
    explicit Tally(qint64 expected) : m_expected(expected), m_goal(expected) { }

    void count(int number)
    {
        m_sum += number;
        if (++m_count == m_goal)
            finish();
    }

    void waitInOtherThread() { m_finished.acquire(); }
    void waitInLoop() { waitInLoop(m_expected); }
    void waitInLoop(qint64 goal);
    // When nothing more can arrive: everything has arrived, and once.
    void checkAll() const;
    // The same where the numbers say nothing.
    void checkCount() const;

private:
    void finish();

    const qint64 m_expected;
    qint64 m_goal;
    qint64 m_count = 0;
    qint64 m_sum = 0;
    QEventLoop *m_loop = nullptr;
    QSemaphore m_finished;
};

class Stopwatch
{
public:
    Stopwatch() { m_timer.start(); }
    double seconds() const { return static_cast<double>(m_timer.nsecsElapsed()) / 1e9; }
    double perSecond(qint64 count) const { return static_cast<double>(count) / seconds(); }
    double nanosecondsEach(qint64 count) const
    {
        return seconds() * 1e9 / static_cast<double>(count);
    }

private:
    QElapsedTimer m_timer;
};

// How many of `each` make `total` when there are `parts` of them, none empty.
inline qint64 share(qint64 total, qint64 parts)
{
    return std::max<qint64>(1, total / parts);
}

} // namespace Bench
