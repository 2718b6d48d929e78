// SPDX-License-Identifier: MIT
#include "gate.h"
#include "walker.h"

#include <Actorio/Actorio>

#include <QtCore/QFuture>
#include <QtCore/QPromise>
#include <QtTest/QTest>

#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

class tst_Deadlock : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    // Awaiting
    void anActorThatAwaitsItself_data();
    void anActorThatAwaitsItself();
    void twoThatAwaitEachOther_data() { places(); }
    void twoThatAwaitEachOther();
    void twoThatStartAtBothEnds_data() { places(); }
    void twoThatStartAtBothEnds();
    void rings_data();
    void rings();
    void ringsThatStartEverywhere_data() { rings_data(); }
    void ringsThatStartEverywhere();
    void aHelperOfAnEarlierHandlerThatAsksItsActor();
    void aHandlerThatWaitsForTwoThings();
    void aDelegateThatAwaitsTheAsker();
    void aDelegateThatIsTheAsker();
    void theErrorSaysWho();

    // Blocking
    void blockingInAHandlerOnASharedThread_data();
    void blockingInAHandlerOnASharedThread();
    void blockingForAnActorOfThisThread();
    void blockingForSomebodyWhoNeedsThisThread();
    void blockingForSomebodyWhoSpawnsInThisThread();
    void blockingForADelegateInThisThread();
    void dedicatedThreadsThatBlockForEachOther();
    void dedicatedThreadsThatStartAtBothEnds();
    void inboxInAHandlerOnASharedThread();

    // No false alarms
    void blockingInADedicatedThread();
    void longLegalChains();
    void aHelperThatAsksItsOwnActor();
    void manyWhoAskOne();
    void askedAgainAfterwards();
    void aPromiseThatSomebodyElseKeeps();
    void anAskThatWasForwarded();
    void waitingBesidesAHelper();

private:
    static void places()
    {
        QTest::addColumn<int>("threads");
        QTest::addRow("one thread") << 1;
        QTest::addRow("two threads") << 2;
        QTest::addRow("dedicated threads") << 0;
    }
    static Placement placed(int threads) { return threads ? pool() : dedicatedThread(); }
};

void tst_Deadlock::anActorThatAwaitsItself_data()
{
    QTest::addColumn<bool>("inAHelper");
    QTest::addRow("by a helper") << true;
    QTest::addRow("by a function that calls a helper") << false;
}

void tst_Deadlock::anActorThatAwaitsItself()
{
    QFETCH(bool, inAHelper);
    for (const Placement &place : {pool(), dedicatedThread()}) {
        Scoped<Walker> actor({.on = place});
        QVERIFY(actor.ask(Along{{actor}}, Patience).result().startsWith(u"deadlock"_s));
        QVERIFY(actor.ask(AskYourself{inAHelper}, Patience).result().startsWith(u"deadlock"_s));
        QCOMPARE(actor.ask(Number{1}).result(), 1);
    }
}

void tst_Deadlock::twoThatAwaitEachOther()
{
    QFETCH(int, threads);
    ActorSystem system({.threads = threads});
    Scoped a(system.spawn<Walker>({.on = placed(threads)}));
    Scoped b(system.spawn<Walker>({.on = placed(threads)}));
    for (int round = 0; round < 100; ++round) {
        const QString outcome = a.ask(Along{{b, a}}, Patience).result();
        QVERIFY2(outcome.startsWith(u"deadlock"_s), qPrintable(outcome));
    }
    QCOMPARE(a.ask(Along{{b}}).result(), u"ok"_s);
}

void tst_Deadlock::twoThatStartAtBothEnds()
{
    QFETCH(int, threads);
    ActorSystem system({.threads = threads});
    Scoped a(system.spawn<Walker>({.on = placed(threads)}));
    Scoped b(system.spawn<Walker>({.on = placed(threads)}));
    a.tell(Next{b});
    b.tell(Next{a});
    for (int round = 0; round < 1'000; ++round) {
        Ask<QString> first = a.ask(Relay{}, Patience);
        Ask<QString> second = b.ask(Relay{}, Patience);
        // Whoever is refused answers the other, and nobody hangs.
        const QString one = first.result();
        const QString other = second.result();
        QVERIFY2(one == u"ok"_s || one == u"deadlock"_s, qPrintable(one));
        QVERIFY2(other == u"ok"_s || other == u"deadlock"_s, qPrintable(other));
    }
    QCOMPARE(a.ask(Along{{b}}).result(), u"ok"_s);
    QCOMPARE(b.ask(Along{{a}}).result(), u"ok"_s);
}

void tst_Deadlock::rings_data()
{
    QTest::addColumn<int>("size");
    QTest::addColumn<int>("threads");
    for (const int size : {2, 3, 10}) {
        QTest::addRow("%d in one thread", size) << size << 1;
        QTest::addRow("%d in three threads", size) << size << 3;
    }
}

void tst_Deadlock::rings()
{
    QFETCH(int, size);
    QFETCH(int, threads);
    ActorSystem system({.threads = threads});
    QList<ActorRef<>> way;
    for (int i = 0; i < size; ++i)
        way.append(system.spawn<Walker>());
    const ActorRef<> first = way.first();
    QList<ActorRef<>> circle = way.mid(1);
    circle.append(first);
    for (int round = 0; round < 50; ++round) {
        const QString outcome = first.ask<QString>(Along{circle}, Patience).result();
        QVERIFY2(outcome.startsWith(u"deadlock"_s), qPrintable(outcome));
        QCOMPARE(first.ask<QString>(Along{way.mid(1)}, Patience).result(), u"ok"_s);
    }
}

void tst_Deadlock::ringsThatStartEverywhere()
{
    QFETCH(int, size);
    QFETCH(int, threads);
    ActorSystem system({.threads = threads});
    std::vector<ActorRef<Walker>> ring;
    for (int i = 0; i < size; ++i)
        ring.push_back(system.spawn<Walker>());
    for (int i = 0; i < size; ++i)
        ring[std::size_t(i)].tell(Next{ring[std::size_t((i + 1) % size)]});
    // Each message starts one turn around the ring: the circle closes somewhere, every time.
    for (int round = 0; round < 1'000; ++round) {
        std::vector<Ask<QString>> asks;
        for (const ActorRef<Walker> &actor : ring)
            asks.push_back(actor.ask(Relay{}, Patience));
        for (Ask<QString> &ask : asks) {
            const QString outcome = ask.result();
            QVERIFY2(outcome == u"ok"_s || outcome == u"deadlock"_s, qPrintable(outcome));
        }
    }
    for (const ActorRef<Walker> &actor : ring)
        QCOMPARE(actor.ask(Number{1}).result(), 1);
}

void tst_Deadlock::aHelperOfAnEarlierHandlerThatAsksItsActor()
{
    Scoped<Walker> actor;
    Gate gate;
    actor.tell(gate.pass());
    actor.tell(LaunchSelfAsk{});
    Ask<QString> join = actor.ask(JoinSelfAsk{}, Patience); // comes before what the helper asks
    gate.open();
    QVERIFY2(join.result().startsWith(u"deadlock"_s), qPrintable(join.result()));
    QCOMPARE(actor.ask(Number{1}).result(), 1);
}

void tst_Deadlock::aHandlerThatWaitsForTwoThings()
{
    Walker::refusals = 0;
    Scoped<Walker> actor;
    Scoped<Walker> other({.on = dedicatedThread()});
    Gate gate;
    Ask<void> ask = actor.ask(WaitTwice{other, gate.door()}, Patience);
    QVERIFY(gate.isReached());
    QTRY_COMPARE(Walker::refusals, 1); // the second wait, although the first lasts
    gate.open();
    ask.result();
}

void tst_Deadlock::aDelegateThatAwaitsTheAsker()
{
    for (const int threads : {1, 3}) {
        ActorSystem system({.threads = threads});
        Scoped a(system.spawn<Delegator>());
        Scoped b(system.spawn<Delegator>());
        Scoped c(system.spawn<Delegator>());
        // c answers by an ask of a, which waits for it.
        const QString outcome = a.ask(AskAndAwait{b, c}, Patience).result();
        QVERIFY2(outcome.startsWith(u"deadlock"_s), qPrintable(outcome));
        QCOMPARE(a.ask(Number{1}).result(), 1);
        QCOMPARE(b.ask(HandOn{c, a}, Patience).result(), u"ok"_s); // legal: nobody waits in a
    }
}

void tst_Deadlock::aDelegateThatIsTheAsker()
{
    for (const int threads : {1, 2}) {
        ActorSystem system({.threads = threads});
        Scoped a(system.spawn<Delegator>());
        Scoped b(system.spawn<Delegator>());
        const QString outcome = a.ask(AskAndAwait{b, a}, Patience).result();
        QVERIFY2(outcome.startsWith(u"deadlock"_s), qPrintable(outcome));
    }
}

void tst_Deadlock::theErrorSaysWho()
{
    Scoped<Walker> actor({.name = u"selfish"_s});
    const QString outcome = actor.ask(Along{{actor}}, Patience).result();
    QVERIFY2(outcome.contains(u"/selfish"_s) && outcome.contains(u"Along"_s), qPrintable(outcome));
    Scoped<Walker> other({.name = u"other"_s});
    const QString blocking = actor.ask(AlongBlocking{{other}}, Patience).result();
    QVERIFY2(blocking.contains(u"/selfish"_s) && blocking.contains(u"/other"_s)
                     && blocking.contains(u"AlongBlocking"_s),
             qPrintable(blocking));
}

void tst_Deadlock::blockingInAHandlerOnASharedThread_data()
{
    QTest::addColumn<int>("kind");
    QTest::addRow("result()") << 0;
    QTest::addRow("waitForFinished()") << 1;
}

void tst_Deadlock::blockingInAHandlerOnASharedThread()
{
    QFETCH(int, kind);
    ActorSystem system({.threads = 2});
    Scoped a(system.spawn<Walker>());
    Scoped b(system.spawn<Walker>());
    Scoped dedicated(system.spawn<Walker>({.on = dedicatedThread()}));
    // Always, wherever the other one runs, even if it has ended.
    const ActorRef<Walker> gone = system.spawn<Walker>();
    gone.stop();
    gone.terminated().waitForFinished();
    for (const ActorRef<> &target : QList<ActorRef<>>{a, b, dedicated, gone}) {
        Ask<QString> ask = kind == 0 ? a.ask(AlongBlocking{{target}}, Patience)
                                     : a.ask(AlongWaiting{{target}}, Patience);
        const QString outcome = ask.result();
        QVERIFY2(outcome.startsWith(u"deadlock"_s), qPrintable(outcome));
    }
    Scoped onMain(system.spawn<Walker>({.on = mainThread()}));
    QFuture<QString> there = onMain.ask(AlongBlocking{{b}});
    QTRY_VERIFY(there.isFinished());
    QVERIFY(there.result().startsWith(u"deadlock"_s));
}

void tst_Deadlock::blockingForAnActorOfThisThread()
{
    Scoped<Walker> actor({.on = mainThread()});
    Ask<int> ask = actor.ask(Number{4});
    QVERIFY(fails<WouldDeadlock>([&] { ask.result(); }));
    QVERIFY(fails<WouldDeadlock>([&] { ask.waitForFinished(); }));
    QVERIFY(fails<WouldDeadlock>([&] { actor.ask(Number{4}, 1h).result(); }));
    // The ask itself is not lost.
    QFuture<int> future = ask;
    QTRY_VERIFY(future.isFinished());
    QCOMPARE(ask.result(), 4); // there is nothing to wait for any more
}

void tst_Deadlock::blockingForSomebodyWhoNeedsThisThread()
{
    Scoped<Walker> onMain({.on = mainThread()});
    const auto outcomeOf = [](Ask<QString> ask) -> QString {
        try {
            return ask.result();
        } catch (const WouldDeadlock &error) { // this thread came second
            return u"deadlock: "_s + error.message();
        }
    };
    for (int round = 0; round < 100; ++round) {
        Scoped<Walker> x;
        Scoped<Walker> y({.on = dedicatedThread()});
        const QString outcome = outcomeOf(x.ask(Along{{onMain}}, Patience));
        QVERIFY2(outcome.startsWith(u"deadlock"_s), qPrintable(outcome));
        const QString longer = outcomeOf(y.ask(Along{{x, onMain}}, Patience));
        QVERIFY2(longer.startsWith(u"deadlock"_s), qPrintable(longer));
    }
    // Legal as long as nobody blocks here.
    Scoped<Walker> x;
    QFuture<QString> future = x.ask(Along{{onMain}});
    QTRY_VERIFY(future.isFinished());
    QCOMPARE(future.result(), u"ok"_s);
}

void tst_Deadlock::blockingForSomebodyWhoSpawnsInThisThread()
{
    // The first actor of its system in this thread comes when this thread is blocked already.
    ActorSystem system;
    Scoped x(system.spawn<Walker>());
    QCOMPARE(x.ask(SpawnOnMainThread{}, Patience).result(), u"deadlock"_s);
    x.stop();
}

void tst_Deadlock::blockingForADelegateInThisThread()
{
    Scoped<Walker> onMain({.on = mainThread()});
    Scoped<Delegator> via;
    for (int round = 0; round < 100; ++round)
        QVERIFY(fails<WouldDeadlock>([&] { via.ask(HandOn{onMain, via}, Patience).result(); }));
}

void tst_Deadlock::dedicatedThreadsThatBlockForEachOther()
{
    Scoped<Walker> a({.on = dedicatedThread()});
    Scoped<Walker> b({.on = dedicatedThread()});
    Scoped<Walker> c({.on = dedicatedThread()});
    for (int round = 0; round < 100; ++round) {
        QVERIFY(a.ask(AlongBlocking{{a}}, Patience).result().startsWith(u"deadlock"_s));
        QVERIFY(a.ask(AlongBlocking{{b, a}}, Patience).result().startsWith(u"deadlock"_s));
        QVERIFY(a.ask(AlongBlocking{{b, c, a}}, Patience).result().startsWith(u"deadlock"_s));
    }
    QCOMPARE(a.ask(AlongBlocking{{b, c}}, Patience).result(), u"ok"_s);
}

struct RelayBlocking
{
};
class Blocker : public Walker
{
    Q_OBJECT
public:
    using Walker::receive;

public Q_SLOTS:
    void receive(const Next &next) { m_next = next.actor; }
    QString receive(const RelayBlocking &)
    {
        try {
            return m_next.ask<QString>(RelayBlocking{}, Patience).result();
        } catch (const WouldDeadlock &) {
            return u"deadlock"_s;
        } catch (const Error &error) {
            return u"error: "_s + error.message();
        }
    }

private:
    ActorRef<> m_next;
};

void tst_Deadlock::dedicatedThreadsThatStartAtBothEnds()
{
    Scoped<Blocker> a({.on = dedicatedThread()});
    Scoped<Blocker> b({.on = dedicatedThread()});
    ActorRef<>(a).tell(Next{b});
    ActorRef<>(b).tell(Next{a});
    for (int round = 0; round < 1'000; ++round) {
        Ask<QString> first = a.ask(RelayBlocking{}, Patience);
        Ask<QString> second = b.ask(RelayBlocking{}, Patience);
        QCOMPARE(first.result(), u"deadlock"_s);
        QCOMPARE(second.result(), u"deadlock"_s);
    }
}

void tst_Deadlock::inboxInAHandlerOnASharedThread()
{
    Scoped<Walker> actor({.name = u"waiting"_s});
    const QString outcome = actor.ask(WaitForInbox{}).result();
    QVERIFY2(outcome.startsWith(u"deadlock"_s) && outcome.contains(u"/waiting"_s),
             qPrintable(outcome));
    Scoped<Walker> dedicated({.on = dedicatedThread()});
    QCOMPARE(dedicated.ask(WaitForInbox{}).result(), u"1"_s);
}

void tst_Deadlock::blockingInADedicatedThread()
{
    Scoped<Walker> dedicated({.on = dedicatedThread()});
    Scoped<Walker> worker;
    for (int round = 0; round < 100; ++round) {
        QCOMPARE(dedicated.ask(AlongBlocking{{worker}}).result(), u"ok"_s);
        QCOMPARE(dedicated.ask(AlongWaiting{{worker}}).result(), u"ok"_s);
    }
}

void tst_Deadlock::longLegalChains()
{
    for (const int threads : {1, 3}) {
        ActorSystem system({.threads = threads});
        QList<ActorRef<>> way;
        for (int i = 0; i < 200; ++i)
            way.append(system.spawn<Walker>());
        std::vector<Ask<QString>> asks;
        // Many at once, in the same direction: each waits for the ones before it.
        for (int i = 0; i < 20; ++i)
            asks.push_back(way.first().ask<QString>(Along{way.mid(1)}, Patience));
        for (int i = 0; i < 20; ++i)
            asks.push_back(way.at(5 * i).ask<QString>(Along{way.mid(5 * i + 1)}, Patience));
        for (Ask<QString> &ask : asks)
            QCOMPARE(ask.result(), u"ok"_s);
    }
}

void tst_Deadlock::aHelperThatAsksItsOwnActor()
{
    Scoped<Walker> actor;
    actor.tell(LaunchSelfAsk{});
    QTRY_COMPARE(actor.ask(Launched{}).result(), 5);
}

void tst_Deadlock::manyWhoAskOne()
{
    ActorSystem system({.threads = 3});
    Scoped one(system.spawn<Walker>());
    std::vector<ActorRef<Walker>> many;
    for (int i = 0; i < 30; ++i)
        many.push_back(system.spawn<Walker>());
    for (int round = 0; round < 100; ++round) {
        std::vector<Ask<QString>> asks;
        for (const ActorRef<Walker> &actor : many)
            asks.push_back(actor.ask(Along{{one}}, Patience));
        for (Ask<QString> &ask : asks)
            QCOMPARE(ask.result(), u"ok"_s);
    }
}

void tst_Deadlock::askedAgainAfterwards()
{
    // A wait that has ended is no wait: a asks b, then b asks a, then both at once from outside.
    ActorSystem system({.threads = 2});
    Scoped a(system.spawn<Walker>());
    Scoped b(system.spawn<Walker>());
    for (int round = 0; round < 1'000; ++round) {
        QCOMPARE(a.ask(Along{{b}}, Patience).result(), u"ok"_s);
        QCOMPARE(b.ask(Along{{a}}, Patience).result(), u"ok"_s);
    }
}

// a awaits b, b awaits a; but b has given away what answers a, so that there is no circle.
static void awaitBothWays(const ActorRef<Walker> &answerer = {})
{
    ActorSystem system({.threads = 1});
    Scoped a(system.spawn<Walker>());
    Scoped b(system.spawn<Walker>());
    Scoped last(system.spawn<Walker>());
    Gate gate;
    Ask<QString> lent = a.ask(Borrow{b, gate.door(), answerer}, Patience);
    QVERIFY(gate.isReached());
    Ask<QString> back = b.ask(Along{{a}}, Patience);
    QCOMPARE(last.ask(Number{1}).result(), 1); // b's turn has come
    gate.open();
    QCOMPARE(lent.result(), u"ok"_s);
    QCOMPARE(back.result(), u"ok"_s);
}

void tst_Deadlock::aPromiseThatSomebodyElseKeeps()
{
    awaitBothWays();
}

void tst_Deadlock::anAskThatWasForwarded()
{
    const Scoped<Walker> answerer({.on = dedicatedThread()});
    awaitBothWays(answerer);
}

void tst_Deadlock::waitingBesidesAHelper()
{
    Scoped<Walker> a;
    Scoped<Walker> b;
    QPromise<int> promise;
    promise.start();
    Ask<QString> ask = a.ask(AskTwoWays{b, promise.future()}, Patience);
    promise.addResult(1);
    promise.finish();
    QVERIFY2(ask.result().startsWith(u"deadlock"_s), qPrintable(ask.result())); // b awaits a back
    Scoped<Walker> c;
    QPromise<int> second;
    second.start();
    Ask<QString> legal = a.ask(AskTwoWays{c, second.future(), true}, Patience);
    second.addResult(2);
    second.finish();
    QCOMPARE(legal.result(), u"ok2"_s);
}

QTEST_GUILESS_MAIN(tst_Deadlock)
#include "tst_deadlock.moc"
