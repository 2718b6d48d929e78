// SPDX-License-Identifier: MIT
#include "bench.h"
#include "raw.h"

#include <Actorio/Actorio>

#include <memory>

// A signal that becomes a message for an actor in another thread, beside a queued connection: each emission, or, where only the
// latest counts, the last one of a flood.
namespace Bench {

using namespace Qt::StringLiterals;

namespace {

class Counter : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Counter(Tally *tally) : m_tally(tally) { }

public Q_SLOTS:
    void receive(const Bench::Number &number) { m_tally->count(number.value); }

private:
    Tally *const m_tally;
};

class CountingObject : public QObject
{
    Q_OBJECT
public:
    explicit CountingObject(Tally *tally) : m_tally(tally) { }
    void take(const Number &number) { m_tally->count(number.value); }

private:
    Tally *const m_tally;
};

double messages(qint64 count)
{
    Tally tally(count);
    Actorio::ActorSystem system({.threads = 1});
    const auto counter = system.spawn<Counter>(&tally);
    NumberSender sender;
    Actorio::connect(&sender, &NumberSender::sent, counter);
    const Stopwatch stopwatch;
    for (int i = 0; i < count; ++i)
        sender.send(i);
    tally.waitInOtherThread();
    const double rate = stopwatch.perSecond(count);
    require("the system has ended", system.shutdown());
    tally.checkAll();
    return rate;
}

double queuedConnection(qint64 count)
{
    Tally tally(count);
    CountingObject object(&tally);
    WorkerThread thread;
    thread.host(object);
    NumberSender sender;
    QObject::connect(&sender, &NumberSender::sent, &object, &CountingObject::take,
                     Qt::QueuedConnection);
    const Stopwatch stopwatch;
    for (int i = 0; i < count; ++i)
        sender.send(i);
    tally.waitInOtherThread();
    const double rate = stopwatch.perSecond(count);
    thread.join();
    tally.checkAll();
    return rate;
}

// Releases when the last value has come.
class Last : public Actorio::Actor
{
    Q_OBJECT
public:
    Last(QSemaphore *seen, int last) : m_seen(seen), m_last(last) { }

public Q_SLOTS:
    void receive(const Bench::Number &number)
    {
        if (number.value == m_last)
            m_seen->release();
    }

private:
    QSemaphore *const m_seen;
    const int m_last;
};

double latestOnly(qint64 count)
{
    QSemaphore seen;
    Actorio::ActorSystem system({.threads = 1});
    const auto last = system.spawn<Last>(&seen, int(count) - 1);
    NumberSender sender;
    Actorio::connect(&sender, &NumberSender::sent, last, Actorio::latestOnly());
    const Stopwatch stopwatch;
    for (int i = 0; i < count; ++i)
        sender.send(i);
    seen.acquire();
    const double rate = stopwatch.perSecond(count);
    require("the system has ended", system.shutdown());
    return rate;
}

} // namespace

void addSignal(Workloads &workloads)
{
    workloads.push_back(
            {u"signal"_s,
             u"emissions/s"_s,
             u"signals of one object that become messages for an actor in another thread"_s,
             {{{}, 1'000'000, messages}, {u"queued"_s, 300'000, queuedConnection}}});
    workloads.push_back({u"signal-latest"_s,
                         u"emissions/s"_s,
                         u"the same where only the latest value counts"_s,
                         {{{}, 1'000'000, latestOnly}, {u"queued"_s, 300'000, queuedConnection}}});
}

} // namespace Bench

#include "bench_signal.moc"
