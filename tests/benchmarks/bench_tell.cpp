// SPDX-License-Identifier: MIT
#include "bench.h"
#include "raw.h"

#include <Actorio/Actorio>

#include <latch>
#include <memory>
#include <thread>

// Messages one way: from one thread, or from four, to one receiver in another thread, which counts them. Measured from
// the first message sent until the last one received.
namespace Bench {

using namespace Qt::StringLiterals;

namespace {

class CountingActor : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit CountingActor(Tally *tally) : m_tally(tally) { }

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

public Q_SLOTS:
    void take(const Bench::Number &number) { m_tally->count(number.value); }

protected:
    void customEvent(QEvent *event) override { take(NumberEvent::of(event)); }

private:
    Tally *const m_tally;
};

// Runs `send(from, to)` in each of `producers` threads, all let go at once; each sends its share of the numbers.
template<class Send>
double produce(qint64 count, int producers, Tally &tally, Send send)
{
    std::latch ready(producers);
    std::latch go(1);
    std::vector<std::jthread> threads;
    for (int i = 0; i < producers; ++i) {
        threads.emplace_back([&, i] {
            ready.count_down();
            go.wait();
            send(static_cast<int>(count * i / producers),
                 static_cast<int>(count * (i + 1) / producers));
        });
    }
    ready.wait();
    const Stopwatch stopwatch;
    go.count_down();
    tally.waitInOtherThread();
    return stopwatch.perSecond(count);
}

double byActor(qint64 count, int producers)
{
    Tally tally(count);
    Actorio::ActorSystem system({.threads = 1});
    const auto actor = system.spawn<CountingActor>(&tally);
    const double rate = produce(count, producers, tally, [&](int from, int to) {
        for (int i = from; i < to; ++i)
            actor.tell(Number{i});
    });
    require("the system has ended", system.shutdown());
    tally.checkAll();
    return rate;
}

// `makeSend(object)` is called in each producer's thread and returns what sends one number.
template<class MakeSend>
double byObject(qint64 count, int producers, MakeSend makeSend)
{
    Tally tally(count);
    CountingObject object(&tally);
    WorkerThread thread;
    thread.host(object);
    const double rate = produce(count, producers, tally, [&](int from, int to) {
        const auto send = makeSend(&object);
        for (int i = from; i < to; ++i)
            send(i);
    });
    thread.join();
    tally.checkAll();
    return rate;
}

double bySignal(qint64 count, int producers)
{
    return byObject(count, producers, [](CountingObject *object) {
        auto sender = std::make_unique<NumberSender>();
        QObject::connect(sender.get(), &NumberSender::sent, object, &CountingObject::take,
                         Qt::QueuedConnection);
        return [sender = std::move(sender)](int value) { sender->send(value); };
    });
}

double byInvoke(qint64 count, int producers)
{
    return byObject(count, producers, [](CountingObject *object) {
        return [object](int value) {
            QMetaObject::invokeMethod(
                    object, [object, number = Number{value}] { object->take(number); },
                    Qt::QueuedConnection);
        };
    });
}

double byEvent(qint64 count, int producers)
{
    return byObject(count, producers, [](CountingObject *object) {
        return [object](int value) { postNumber(object, value); };
    });
}

// What the sender pays: the receiver, in the same thread, has a message already and does not run meanwhile.
template<class Send>
double costOfSending(qint64 count, Tally &tally, Send send)
{
    send(0);
    const Stopwatch stopwatch;
    for (int i = 1; i < count; ++i)
        send(i);
    const double cost = stopwatch.nanosecondsEach(count);
    tally.waitInLoop();
    tally.checkAll();
    return cost;
}

double costOfTell(qint64 count)
{
    Tally tally(count);
    const Actorio::Scoped<CountingActor> actor({.on = Actorio::mainThread()}, &tally);
    return costOfSending(count, tally, [&](int value) { actor.tell(Number{value}); });
}

double costOfSignal(qint64 count)
{
    Tally tally(count);
    CountingObject object(&tally);
    NumberSender sender;
    QObject::connect(&sender, &NumberSender::sent, &object, &CountingObject::take,
                     Qt::QueuedConnection);
    return costOfSending(count, tally, [&](int value) { sender.send(value); });
}

double costOfInvoke(qint64 count)
{
    Tally tally(count);
    CountingObject object(&tally);
    return costOfSending(count, tally, [&](int value) {
        QMetaObject::invokeMethod(
                &object, [&object, number = Number{value}] { object.take(number); },
                Qt::QueuedConnection);
    });
}

double costOfEvent(qint64 count)
{
    Tally tally(count);
    CountingObject object(&tally);
    return costOfSending(count, tally, [&](int value) { postNumber(&object, value); });
}

} // namespace

void addTell(Workloads &workloads)
{
    const auto from = [](int producers, auto function) {
        return [producers, function](qint64 count) { return function(count, producers); };
    };
    workloads.push_back({u"tell"_s,
                         u"messages/s"_s,
                         u"one producer, one receiver in another thread"_s,
                         {{{}, 3'000'000, from(1, byActor)},
                          {u"signal"_s, 300'000, from(1, bySignal)},
                          {u"invoke"_s, 300'000, from(1, byInvoke)},
                          {u"event"_s, 600'000, from(1, byEvent)},
                          {u"caf"_s, 1'000'000, {}, {u"bench_caf"_s, u"tell"_s}}}});
    workloads.push_back({u"tell-4"_s,
                         u"messages/s"_s,
                         u"four producers, one receiver in another thread"_s,
                         {{{}, 4'000'000, from(4, byActor)},
                          {u"signal"_s, 400'000, from(4, bySignal)},
                          {u"invoke"_s, 400'000, from(4, byInvoke)},
                          {u"event"_s, 800'000, from(4, byEvent)},
                          {u"caf"_s, 1'000'000, {}, {u"bench_caf"_s, u"tell-4"_s}}}});
    workloads.push_back({u"tell-cost"_s,
                         u"ns/message"_s,
                         u"what sending alone costs, to a receiver in the same thread"_s,
                         {{{}, 1'000'000, costOfTell},
                          {u"signal"_s, 500'000, costOfSignal},
                          {u"invoke"_s, 500'000, costOfInvoke},
                          {u"event"_s, 500'000, costOfEvent}}});
}

void addAllocations(Workloads &workloads)
{
    const auto counted = [](const QString &name, const QString &what) {
        return Candidate{name, 10'000, {}, {u"bench_allocations"_s, what}};
    };
    workloads.push_back({u"tell-allocations"_s,
                         u"allocations"_s,
                         u"what the sender allocates for a message to a receiver that is busy"_s,
                         {counted({}, u"tell"_s), counted(u"signal"_s, u"signal"_s),
                          counted(u"invoke"_s, u"invoke"_s), counted(u"event"_s, u"event"_s)},
                         10});
}

} // namespace Bench

#include "bench_tell.moc"
