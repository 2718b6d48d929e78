// SPDX-License-Identifier: MIT
#include "bench.h"
#include "raw.h"

#include <Actorio/Actorio>

#include <memory>
#include <vector>

// Savina's thread ring: one number goes round a hundred, in one thread. Measured in hops.
namespace Bench {

using namespace Qt::StringLiterals;

namespace {

constexpr size_t ringSize = 100;

class RingActor;
struct Next
{
    Actorio::ActorRef<RingActor> next;
};

class RingActor : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit RingActor(Tally *tally, qint64 hops) : m_tally(tally), m_hops(hops) { }

public Q_SLOTS:
    void receive(const Next &next) { m_next = next.next; }
    void receive(const Bench::Number &number)
    {
        m_tally->count(number.value);
        if (number.value + 1 < m_hops)
            m_next.tell(Number{number.value + 1});
    }

private:
    Tally *const m_tally;
    const qint64 m_hops;
    Actorio::ActorRef<RingActor> m_next;
};

class RingObject : public QObject
{
    Q_OBJECT
public:
    explicit RingObject(Tally *tally, qint64 hops) : m_tally(tally), m_hops(hops) { }

    // One of the two.
    void sendTo(RingObject *next) { m_next = next; }
    void connectTo(RingObject *next)
    {
        connect(this, &RingObject::sent, next, &RingObject::take, Qt::QueuedConnection);
    }

    void take(const Number &number)
    {
        m_tally->count(number.value);
        if (number.value + 1 == m_hops)
            return;
        if (m_next)
            postNumber(m_next, number.value + 1);
        else
            Q_EMIT sent(Number{number.value + 1});
    }

Q_SIGNALS:
    void sent(const Bench::Number &number);

protected:
    void customEvent(QEvent *event) override { take(NumberEvent::of(event)); }

private:
    Tally *const m_tally;
    const qint64 m_hops;
    RingObject *m_next = nullptr;
};

double actors(qint64 hops)
{
    Tally tally(hops);
    Actorio::ActorSystem system;
    std::vector<Actorio::ActorRef<RingActor>> ring;
    for (size_t i = 0; i < ringSize; ++i)
        ring.push_back(system.spawn<RingActor>({.on = Actorio::mainThread()}, &tally, hops));
    for (size_t i = 0; i < ringSize; ++i)
        ring[i].tell(Next{ring[(i + 1) % ringSize]});
    const Stopwatch stopwatch;
    ring.front().tell(Number{0});
    tally.waitInLoop();
    const double rate = stopwatch.perSecond(hops);
    require("the system has ended", system.shutdown());
    tally.checkAll();
    return rate;
}

double objects(qint64 hops, void (RingObject::*link)(RingObject *))
{
    Tally tally(hops);
    std::vector<std::unique_ptr<RingObject>> ring;
    for (size_t i = 0; i < ringSize; ++i)
        ring.push_back(std::make_unique<RingObject>(&tally, hops));
    for (size_t i = 0; i < ringSize; ++i)
        (ring[i].get()->*link)(ring[(i + 1) % ringSize].get());
    const Stopwatch stopwatch;
    ring.front()->take(Number{0});
    tally.waitInLoop();
    const double rate = stopwatch.perSecond(hops);
    tally.checkAll();
    return rate;
}

} // namespace

void addRing(Workloads &workloads)
{
    const auto linked = [](auto link) {
        return [link](qint64 hops) { return objects(hops, link); };
    };
    workloads.push_back({u"ring"_s,
                         u"hops/s"_s,
                         u"Savina's thread ring: a number goes round a hundred, in one thread"_s,
                         {{{}, 3'000'000, actors},
                          {u"signal"_s, 200'000, linked(&RingObject::connectTo)},
                          {u"event"_s, 300'000, linked(&RingObject::sendTo)},
                          {u"caf"_s, 1'000'000, {}, {u"bench_caf"_s, u"ring"_s}}}});
}

} // namespace Bench

#include "bench_ring.moc"
