// SPDX-License-Identifier: MIT
#include "bench.h"
#include "raw.h"

#include <Actorio/Actorio>

#include <QtCore/QTimer>

#include <array>
#include <chrono>
#include <ctime>
#include <vector>

// The processor time that a process takes while it has nothing to do, with four threads that have worked before and an
// event loop in the main thread.
namespace Bench {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr int threadCount = 4;

void runLoopFor(std::chrono::milliseconds time)
{
    QEventLoop loop;
    QTimer::singleShot(time, Qt::PreciseTimer, &loop, [&loop] { loop.quit(); });
    loop.exec();
}

// Milliseconds of processor time a second of the next `milliseconds`, after some in which all comes to rest.
double processorTime(qint64 milliseconds)
{
    runLoopFor(200ms);
    const std::clock_t before = std::clock();
    const Stopwatch stopwatch;
    runLoopFor(std::chrono::milliseconds(milliseconds));
    return 1000.0 * double(std::clock() - before) / CLOCKS_PER_SEC / stopwatch.seconds();
}

struct Touch
{
};

class IdleActor : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    int receive(const Touch &) { return ++m_touched; }

private:
    int m_touched = 0;
};

double actors(qint64 milliseconds)
{
    Actorio::ActorSystem system({.threads = threadCount});
    std::vector<Actorio::ActorRef<IdleActor>> actors;
    for (int i = 0; i < threadCount; ++i)
        actors.push_back(system.spawn<IdleActor>());
    for (const auto &actor : actors)
        check("messages before the rest", actor.ask(Touch{}).result(), 1);
    const double time = processorTime(milliseconds);
    for (const auto &actor : actors)
        check("messages after the rest", actor.ask(Touch{}).result(), 2);
    require("the system has ended", system.shutdown());
    return time;
}

double threads(qint64 milliseconds)
{
    std::array<WorkerThread, threadCount> threads;
    std::array<QObject, threadCount> objects;
    int touched = 0;
    const auto touchAll = [&] {
        for (QObject &object : objects) {
            QMetaObject::invokeMethod(
                    &object, [&touched] { ++touched; }, Qt::BlockingQueuedConnection);
        }
    };
    for (size_t i = 0; i < threadCount; ++i)
        threads[i].host(objects[i]);
    touchAll();
    const double time = processorTime(milliseconds);
    touchAll();
    for (WorkerThread &thread : threads)
        thread.join();
    check("messages before and after the rest", touched, 2 * threadCount);
    return time;
}

} // namespace

void addIdle(Workloads &workloads)
{
    workloads.push_back({.name = u"idle-cpu"_s,
                         .unit = u"ms/s"_s,
                         .description = u"processor time of an idle process with four threads"_s,
                         .candidates = {{{}, 2'000, actors}, {u"qthread"_s, 2'000, threads}},
                         .quickDivisor = 20,
                         .isIsolated = true});
}

} // namespace Bench

#include "bench_idle.moc"
