// SPDX-License-Identifier: MIT
#include "bench.h"
#include "raw.h"

#include <Actorio/Actorio>

// Savina's counting actor: a producer sends so many increments and then asks for the sum, in one thread. Measured in
// increments, from the first one sent until the sum is there.
namespace Bench {

using namespace Qt::StringLiterals;

namespace {

struct Begin
{
    qint64 count;
};
struct WhatSum
{
};

class Counter : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const Bench::Number &number) { m_sum += number.value; }
    qint64 receive(const WhatSum &) { return m_sum; }

private:
    qint64 m_sum = 0;
};

class Producer : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Producer(QEventLoop *loop, qint64 *sum, Actorio::ActorRef<Counter> counter)
        : m_loop(loop), m_sum(sum), m_counter(std::move(counter))
    {
    }

public Q_SLOTS:
    QFuture<void> receive(const Begin &begin)
    {
        for (int i = 0; i < begin.count; ++i)
            m_counter.tell(Number{i});
        auto sum = m_counter.ask(WhatSum{});
        *m_sum = co_await std::move(sum);
        m_loop->quit();
    }

private:
    QEventLoop *const m_loop;
    qint64 *const m_sum;
    const Actorio::ActorRef<Counter> m_counter;
};

double actors(qint64 count)
{
    QEventLoop loop;
    qint64 sum = -1;
    Actorio::ActorSystem system;
    const Actorio::SpawnOptions here{.on = Actorio::mainThread()};
    const auto counter = system.spawn<Counter>(here);
    const auto producer = system.spawn<Producer>(here, &loop, &sum, counter);
    const Stopwatch stopwatch;
    producer.tell(Begin{count});
    loop.exec();
    const double rate = stopwatch.perSecond(count);
    require("the system has ended", system.shutdown());
    check("the sum of the numbers", sum, count * (count - 1) / 2);
    return rate;
}

class CounterObject : public QObject
{
    Q_OBJECT
public:
    void take(const Number &number) { m_sum += number.value; }
    void askSum() { Q_EMIT summed(m_sum); }

Q_SIGNALS:
    void summed(qint64 sum);

protected:
    void customEvent(QEvent *event) override { take(NumberEvent::of(event)); }

private:
    qint64 m_sum = 0;
};

// `sendAll(counter)` sends the numbers.
template<class SendAll>
double objects(qint64 count, SendAll sendAll)
{
    QEventLoop loop;
    qint64 sum = -1;
    CounterObject counter;
    QObject::connect(
            &counter, &CounterObject::summed, &loop,
            [&](qint64 value) {
                sum = value;
                loop.quit();
            },
            Qt::QueuedConnection);
    const Stopwatch stopwatch;
    sendAll(&counter);
    QMetaObject::invokeMethod(&counter, &CounterObject::askSum, Qt::QueuedConnection);
    loop.exec();
    const double rate = stopwatch.perSecond(count);
    check("the sum of the numbers", sum, count * (count - 1) / 2);
    return rate;
}

double bySignal(qint64 count)
{
    return objects(count, [count](CounterObject *counter) {
        NumberSender sender;
        QObject::connect(&sender, &NumberSender::sent, counter, &CounterObject::take,
                         Qt::QueuedConnection);
        for (int i = 0; i < count; ++i)
            sender.send(i);
    });
}

double byEvent(qint64 count)
{
    return objects(count, [count](CounterObject *counter) {
        for (int i = 0; i < count; ++i)
            postNumber(counter, i);
    });
}

} // namespace

void addCounting(Workloads &workloads)
{
    workloads.push_back({u"counting"_s,
                         u"messages/s"_s,
                         u"Savina's counting actor, in one thread"_s,
                         {{{}, 1'000'000, actors},
                          {u"signal"_s, 300'000, bySignal},
                          {u"event"_s, 500'000, byEvent},
                          {u"caf"_s, 1'000'000, {}, {u"bench_caf"_s, u"counting"_s}}}});
}

} // namespace Bench

#include "bench_counting.moc"
