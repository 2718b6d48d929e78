// SPDX-License-Identifier: MIT
#include "bench.h"
#include "raw.h"

#include <Actorio/Actorio>

#include <QtCore/QString>

#include <algorithm>
#include <memory>
#include <vector>

// What one message costs, in one thread, as the receivers become more and as the inbox becomes longer.
namespace Bench {

using namespace Qt::StringLiterals;

namespace {

class ScaleActor : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit ScaleActor(Tally *tally, Tally *started) : m_tally(tally), m_started(started) { }

public Q_SLOTS:
    void receive(const Bench::Number &number) { m_tally->count(number.value); }

protected:
    void setUp() override { m_started->count(0); }

private:
    Tally *const m_tally;
    Tally *const m_started;
};

class ScaleObject : public QObject
{
public:
    explicit ScaleObject(Tally *tally) : m_tally(tally) { }

protected:
    void customEvent(QEvent *event) override { m_tally->count(NumberEvent::of(event).value); }

private:
    Tally *const m_tally;
};

// Actors: who sends is an actor too. It sends so many messages to one receiver after the other, lets them be handled,
// and goes on where it was.
constexpr int burst = 1000;

struct Burst
{
};

class Distributor : public Actorio::Actor
{
    Q_OBJECT
public:
    using Receivers = std::vector<Actorio::ActorRef<ScaleActor>>;

    Distributor(const Receivers *receivers, qint64 count) : m_receivers(*receivers), m_count(count)
    {
    }

public Q_SLOTS:
    void receive(const Burst &)
    {
        for (int i = 0; i < burst && m_next < m_count; ++i, ++m_next)
            m_receivers[size_t(m_next) % m_receivers.size()].tell(Number{m_next});
        if (m_next < m_count)
            Actorio::refTo(this).tell(Burst{});
    }

private:
    const Receivers &m_receivers;
    const qint64 m_count;
    int m_next = 0;
};

double toActors(qint64 count, qint64 receiverCount)
{
    Tally tally(count);
    Tally started(receiverCount);
    Actorio::ActorSystem system;
    const Actorio::SpawnOptions here{.on = Actorio::mainThread()};
    std::vector<Actorio::ActorRef<ScaleActor>> receivers;
    for (qint64 i = 0; i < receiverCount; ++i)
        receivers.push_back(system.spawn<ScaleActor>(here, &tally, &started));
    const auto distributor = system.spawn<Distributor>(here, &receivers, count);
    started.waitInLoop();
    const Stopwatch stopwatch;
    distributor.tell(Burst{});
    tally.waitInLoop();
    const double cost = stopwatch.nanosecondsEach(count);
    require("the system has ended", system.shutdown());
    tally.checkAll();
    return cost;
}

class DistributorObject : public QObject
{
public:
    using Receivers = std::vector<std::unique_ptr<ScaleObject>>;

    DistributorObject(const Receivers &receivers, qint64 count)
        : m_receivers(receivers), m_count(count)
    {
    }

protected:
    void customEvent(QEvent *) override
    {
        for (int i = 0; i < burst && m_next < m_count; ++i, ++m_next)
            postNumber(m_receivers[size_t(m_next) % m_receivers.size()].get(), m_next);
        if (m_next < m_count)
            postNumber(this, 0);
    }

private:
    const Receivers &m_receivers;
    const qint64 m_count;
    int m_next = 0;
};

double toObjects(qint64 count, qint64 receiverCount)
{
    Tally tally(count);
    DistributorObject::Receivers receivers;
    for (qint64 i = 0; i < receiverCount; ++i)
        receivers.push_back(std::make_unique<ScaleObject>(&tally));
    DistributorObject distributor(receivers, count);
    const Stopwatch stopwatch;
    postNumber(&distributor, 0);
    tally.waitInLoop();
    const double cost = stopwatch.nanosecondsEach(count);
    tally.checkAll();
    return cost;
}

// Inbox: it gets `depth` messages before the first is handled; again and again until there were `count`.
template<class Send>
double fillAndDrain(qint64 count, qint64 depth, Tally &tally, Send send)
{
    const Stopwatch stopwatch;
    for (int next = 0; next < count;) {
        const qint64 full = std::min(next + depth, count);
        while (next < full)
            send(next++);
        tally.waitInLoop(full);
    }
    const double cost = stopwatch.nanosecondsEach(count);
    tally.checkAll();
    return cost;
}

double toInbox(qint64 count, qint64 depth)
{
    Tally tally(count);
    Tally started(1);
    Actorio::Scoped<ScaleActor> actor({.on = Actorio::mainThread()}, &tally, &started);
    started.waitInLoop();
    return fillAndDrain(count, depth, tally, [&](int value) { actor.tell(Number{value}); });
}

double toEventQueue(qint64 count, qint64 depth)
{
    Tally tally(count);
    ScaleObject object(&tally);
    return fillAndDrain(count, depth, tally, [&](int value) { postNumber(&object, value); });
}

QString shortNumber(qint64 number)
{
    if (number % 1'000'000 == 0)
        return QString::number(number / 1'000'000) + u'M';
    return number % 1000 == 0 ? QString::number(number / 1000) + u'k' : QString::number(number);
}

} // namespace

void addScale(Workloads &workloads)
{
    const auto to = [](qint64 size, auto function) {
        return [size, function](qint64 count) { return function(count, std::min(size, count)); };
    };
    for (const qint64 actors : {1, 10, 100, 1'000, 10'000, 100'000}) {
        workloads.push_back({u"actors-"_s + shortNumber(actors),
                             u"ns/message"_s,
                             u"a message when as many actors take turns, in one thread"_s,
                             {{{}, 1'000'000, to(actors, toActors)},
                              {u"event"_s, 200'000, to(actors, toObjects)}}});
    }
    for (const qint64 depth : {1'000, 10'000, 100'000, 1'000'000, 10'000'000}) {
        workloads.push_back(
                {u"inbox-"_s + shortNumber(depth),
                 u"ns/message"_s,
                 u"a message when as many are queued before the first is handled, in "
                 u"one thread"_s,
                 {{{}, std::max<qint64>(depth, 1'000'000), to(depth, toInbox)},
                  {u"event"_s, std::max<qint64>(depth, 300'000), to(depth, toEventQueue)}}});
    }
}

} // namespace Bench

#include "bench_scale.moc"
