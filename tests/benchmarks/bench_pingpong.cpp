// SPDX-License-Identifier: MIT
#include "bench.h"
#include "raw.h"

#include <Actorio/Actorio>

// Two that send one number to and fro, in one thread and in two. Measured in round trips.
namespace Bench {

using namespace Qt::StringLiterals;

namespace {

class ActorPlayer;
struct Meet
{
    Actorio::ActorRef<ActorPlayer> other;
};
struct WhichThread
{
};

// The one with a tally counts the numbers and sends the next one; the other sends back what it gets.
class ActorPlayer : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit ActorPlayer(Tally *tally, qint64 rounds) : m_tally(tally), m_rounds(rounds) { }

public Q_SLOTS:
    void receive(const Meet &meet) { m_other = meet.other; }
    quintptr receive(const WhichThread &) { return quintptr(QThread::currentThread()); }
    void receive(const Bench::Number &number)
    {
        if (!m_tally) {
            m_other.tell(number);
            return;
        }
        m_tally->count(number.value);
        if (number.value + 1 < m_rounds)
            m_other.tell(Number{number.value + 1});
    }

private:
    Tally *const m_tally;
    const qint64 m_rounds;
    Actorio::ActorRef<ActorPlayer> m_other;
};

// The same in raw Qt; each way to send is a subclass.
class ObjectPlayer : public QObject
{
    Q_OBJECT
public:
    explicit ObjectPlayer(Tally *tally, qint64 rounds) : m_tally(tally), m_rounds(rounds) { }

    void meet(ObjectPlayer *other) { m_other = other; }

public Q_SLOTS:
    void take(const Bench::Number &number)
    {
        if (!m_tally) {
            send(number);
            return;
        }
        m_tally->count(number.value);
        if (number.value + 1 < m_rounds)
            send(Number{number.value + 1});
    }

protected:
    ObjectPlayer *other() const { return m_other; }
    virtual void send(const Number &number) = 0;

private:
    Tally *const m_tally;
    const qint64 m_rounds;
    ObjectPlayer *m_other = nullptr;
};

class SignalPlayer final : public ObjectPlayer
{
    Q_OBJECT
public:
    using ObjectPlayer::ObjectPlayer;

    void meet(ObjectPlayer *other)
    {
        connect(this, &SignalPlayer::sent, other, &ObjectPlayer::take, Qt::QueuedConnection);
    }

Q_SIGNALS:
    void sent(const Bench::Number &number);

protected:
    void send(const Number &number) override { Q_EMIT sent(number); }
};

class InvokePlayer final : public ObjectPlayer
{
public:
    using ObjectPlayer::ObjectPlayer;

protected:
    void send(const Number &number) override
    {
        QMetaObject::invokeMethod(
                other(), [to = other(), number] { to->take(number); }, Qt::QueuedConnection);
    }
};

class EventPlayer final : public ObjectPlayer
{
public:
    using ObjectPlayer::ObjectPlayer;

protected:
    void send(const Number &number) override { postNumber(other(), number.value); }
    void customEvent(QEvent *event) override { take(NumberEvent::of(event)); }
};

double actorsInOneThread(qint64 rounds)
{
    Tally tally(rounds);
    const Actorio::SpawnOptions here{.on = Actorio::mainThread()};
    Actorio::Scoped<ActorPlayer> counting(here, &tally, rounds);
    Actorio::Scoped<ActorPlayer> returning(here, nullptr, rounds);
    counting.tell(Meet{returning});
    returning.tell(Meet{counting});
    const Stopwatch stopwatch;
    returning.tell(Number{0});
    tally.waitInLoop();
    const double rate = stopwatch.perSecond(rounds);
    counting.stop();
    tally.checkAll();
    return rate;
}

double actorsInTwoThreads(qint64 rounds)
{
    Tally tally(rounds);
    Actorio::ActorSystem system({.threads = 2});
    const auto counting = system.spawn<ActorPlayer>(&tally, rounds);
    const auto returning = system.spawn<ActorPlayer>(nullptr, rounds);
    counting.tell(Meet{returning});
    returning.tell(Meet{counting});
    require("two threads",
            counting.ask(WhichThread{}).result() != returning.ask(WhichThread{}).result());
    const Stopwatch stopwatch;
    returning.tell(Number{0});
    tally.waitInOtherThread();
    const double rate = stopwatch.perSecond(rounds);
    require("the system has ended", system.shutdown());
    tally.checkAll();
    return rate;
}

template<class Player>
double objectsInOneThread(qint64 rounds)
{
    Tally tally(rounds);
    Player counting(&tally, rounds);
    Player returning(nullptr, rounds);
    counting.meet(&returning);
    returning.meet(&counting);
    const Stopwatch stopwatch;
    returning.take(Number{0});
    tally.waitInLoop();
    const double rate = stopwatch.perSecond(rounds);
    tally.checkAll();
    return rate;
}

template<class Player>
double objectsInTwoThreads(qint64 rounds)
{
    Tally tally(rounds);
    Player counting(&tally, rounds);
    Player returning(nullptr, rounds);
    counting.meet(&returning);
    returning.meet(&counting);
    WorkerThread one;
    WorkerThread two;
    one.host(counting);
    two.host(returning);
    const Stopwatch stopwatch;
    QMetaObject::invokeMethod(
            &returning, [&returning] { returning.take(Number{0}); }, Qt::QueuedConnection);
    tally.waitInOtherThread();
    const double rate = stopwatch.perSecond(rounds);
    one.join();
    two.join();
    tally.checkAll();
    return rate;
}

} // namespace

void addPingPong(Workloads &workloads)
{
    workloads.push_back({u"pingpong"_s,
                         u"round-trips/s"_s,
                         u"two that send one message to and fro, in one thread"_s,
                         {{{}, 2'000'000, actorsInOneThread},
                          {u"signal"_s, 100'000, objectsInOneThread<SignalPlayer>},
                          {u"invoke"_s, 100'000, objectsInOneThread<InvokePlayer>},
                          {u"event"_s, 200'000, objectsInOneThread<EventPlayer>},
                          {u"caf"_s, 500'000, {}, {u"bench_caf"_s, u"pingpong"_s}}}});
    workloads.push_back({u"pingpong-threads"_s,
                         u"round-trips/s"_s,
                         u"two that send one message to and fro, each in its thread"_s,
                         {{{}, 50'000, actorsInTwoThreads},
                          {u"signal"_s, 10'000, objectsInTwoThreads<SignalPlayer>},
                          {u"invoke"_s, 10'000, objectsInTwoThreads<InvokePlayer>},
                          {u"event"_s, 10'000, objectsInTwoThreads<EventPlayer>},
                          {u"caf"_s, 10'000, {}, {u"bench_caf"_s, u"pingpong-threads"_s}}}});
}

} // namespace Bench

#include "bench_pingpong.moc"
