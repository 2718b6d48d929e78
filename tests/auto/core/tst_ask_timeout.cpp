// SPDX-License-Identifier: MIT
// Askers who wait no longer: promise 4 with cancelling and with timeouts.
#include "ask.h"
#include "gate.h"

#include <Actorio/Actorio>

#include <QtCore/QFuture>
#include <QtCore/QPromise>
#include <QtCore/QThread>
#include <QtTest/QTest>

#include <memory>
#include <optional>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

struct AwaitAndShare
{
    ActorRef<Target> target;
    QFuture<int> forEver;
    std::shared_ptr<QFuture<int>> answer;
};

// Awaits an ask, and gives the future of it to somebody else.
class Sharer : public Actor
{
    Q_OBJECT
public Q_SLOTS:
    bool receive(const AwaitAndShare &order)
    {
        m_ask.emplace(order.target.ask(Suspend{order.forEver}, 1s));
        (void)await();
        *order.answer = m_ask->future();
        return true;
    }

private:
    QFuture<void> await() { co_await *m_ask; }
    std::optional<Ask<int>> m_ask;
};

class tst_AskTimeout : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        Target::handled = 0;
    }

    // Cancelling
    void cancelByTheAsk();
    void cancelByTheFuture();
    void cancelWhatIsHandled();
    void droppingAnAskCancelsNothing();

    // Timeouts
    void timeoutInResult();
    void timeoutInAFuture();
    void timeoutInThen();
    void timeoutInACoroutine();
    void timeoutInAFutureOfAnAskThatIsAwaitedNoMore();
    void timeoutOfAnAskThatIsOnlyLookedAt();
    void timeoutsComeInTheirOrder();
    void timeoutByTheRealClock();
    void timeoutAcrossSystemsWithOtherClocks();
    void anAnswerInTimeLeavesNoTimeout();
    void aTimeoutOfNothing();
    void aTimeoutThatNeverComes();
};

void tst_AskTimeout::cancelByTheAsk()
{
    Scoped<Target> target;
    Gate gate;
    target.tell(gate.pass());
    Ask<void> ask = target.ask(Note{1});
    Ask<void> other = target.ask(Note{10});
    QFuture<void> future = ask.future();
    ask.cancel();
    QVERIFY(ask.isFinished());
    QVERIFY(future.isFinished());
    QVERIFY(fails<Cancelled>([&] { ask.result(); }));
    QVERIFY(fails<Cancelled>([&] { future.waitForFinished(); }));
    ask.cancel();
    gate.open();
    other.result();
    QCOMPARE(Target::handled, 10);

    Ask<int> answered = target.ask(Add{1, 2});
    answered.waitForFinished();
    answered.cancel(); // too late
    QCOMPARE(answered.result(), 3);
}

void tst_AskTimeout::cancelByTheFuture()
{
    Scoped<Target> target;
    Gate gate;
    target.tell(gate.pass());
    QVERIFY(gate.isReached());
    QFuture<void> future = target.ask(Note{1});
    Ask<int> second = target.ask(Add{1, 2});
    QFuture<void> asVoid = second;
    future.cancel();
    asVoid.cancel();
    // It hears of it while the target is blocked still.
    QTRY_VERIFY(future.isFinished());
    QTRY_VERIFY(asVoid.isFinished());
    QTRY_VERIFY(second.isFinished());
    QVERIFY(future.isCanceled());
    QVERIFY(fails<Cancelled>([&] { second.result(); }));
    gate.open();
    target.ask(Note{10}).waitForFinished();
    QCOMPARE(Target::handled, 10);
}

void tst_AskTimeout::cancelWhatIsHandled()
{
    ActorSystem system;
    Scoped target(system.spawn<Target>());
    QPromise<int> promise;
    promise.start();
    Ask<int> ask = target.ask(Suspend{promise.future()});
    Ask<void> next = target.ask(Note{1});
    ask.cancel();
    QVERIFY(fails<Cancelled>([&] { ask.result(); }));
    promise.addResult(1);
    promise.finish();
    next.result();
    QCOMPARE(Target::handled, 1);
}

void tst_AskTimeout::droppingAnAskCancelsNothing()
{
    Scoped<Target> target;
    Gate gate;
    target.tell(gate.pass());
    {
        const Ask<void> dropped = target.ask(Note{1});
        const Ask<void> withTimeout = target.ask(Note{10}, 1h);
        Ask<void> withFuture = target.ask(Note{100});
        (void)withFuture.future();
    }
    gate.open();
    target.ask(Add{1, 2}).waitForFinished();
    QCOMPARE(Target::handled, 111);
}

// Timeouts: a clock that stands still, and a target that is blocked all the time.
class Timed
{
public:
    Timed() { target.tell(gate.pass()); }

    const std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
    ActorSystem system{{.clock = clock}};
    const Scoped<Target> target{system.spawn<Target>({.on = dedicatedThread()})};
    Gate gate;
};

void tst_AskTimeout::timeoutInResult()
{
    Timed t;
    Ask<int> ask = t.target.ask(Add{1, 2}, 100ms);
    t.clock->advance(100ms);
    QVERIFY(fails<Timeout>([&] { ask.result(); })); // which looks at the clock before it sleeps
    QVERIFY(ask.isFinished());

    Ask<int> second = t.target.ask(Add{1, 2}, 100ms);
    std::thread later([&] { t.clock->advance(100ms); });
    QVERIFY(fails<Timeout>([&] { second.waitForFinished(); }));
    later.join();
}

void tst_AskTimeout::timeoutInAFuture()
{
    Timed t;
    QFuture<int> future = t.target.ask(Add{1, 2}, 100ms);
    t.clock->advance(99ms);
    QVERIFY(!future.isFinished());
    t.clock->advance(1ms);
    QVERIFY(fails<Timeout>([&] { future.waitForFinished(); }));

    QFuture<void> asVoid = t.target.ask(Add{1, 2}, 100ms);
    t.clock->advance(100ms);
    QVERIFY(fails<Timeout>([&] { asVoid.waitForFinished(); }));
}

void tst_AskTimeout::timeoutInThen()
{
    Timed t;
    QFuture<int> then = t.target.ask(Add{1, 2}, 100ms).then([](int) { return 1; });
    QFuture<int> handled =
            t.target.ask(Add{1, 2}, 100ms).onFailed([](const Timeout &) { return 2; });
    QObject context;
    QFuture<int> inContext =
            t.target.ask(Add{1, 2}, 100ms).onFailed(&context, [](const Timeout &) { return 3; });
    t.clock->advance(100ms);
    QVERIFY(fails<Timeout>([&] { then.waitForFinished(); }));
    QCOMPARE(handled.result(), 2);
    QTRY_VERIFY(inContext.isFinished());
    QCOMPARE(inContext.result(), 3);
}

void tst_AskTimeout::timeoutInACoroutine()
{
    Timed t;
    Scoped asker(t.system.spawn<Asker>());
    Ask<QString> ask = asker.ask(AskWithin{t.target, 100ms});
    // Until the asker has begun to wait, time may pass in vain.
    while (!ask.isFinished()) {
        t.clock->advance(100ms);
        QThread::yieldCurrentThread();
    }
    const QString text = ask.result();
    QVERIFY2(text.contains(u"100 ms"_s), qPrintable(text));
}

void tst_AskTimeout::timeoutInAFutureOfAnAskThatIsAwaitedNoMore()
{
    const auto clock = std::make_shared<ManualClock>();
    ActorSystem system({.threads = 1, .clock = clock});
    const Scoped<Target> target(system.spawn<Target>());
    QPromise<int> never;
    never.start();
    const auto answer = std::make_shared<QFuture<int>>();
    {
        const Scoped<Sharer> sharer(system.spawn<Sharer>());
        QVERIFY(sharer.ask(AwaitAndShare{target, never.future(), answer}).result());
        sharer.kill();
    }
    QVERIFY(!answer->isFinished());
    clock->advance(2s);
    QTRY_VERIFY(answer->isFinished());
    QVERIFY(fails<Timeout>([&] { (void)answer->result(); }));
    never.addResult(1);
    never.finish();
}

void tst_AskTimeout::timeoutOfAnAskThatIsOnlyLookedAt()
{
    Timed t;
    const Ask<int> ask = t.target.ask(Add{1, 2}, 100ms);
    QVERIFY(!ask.isFinished());
    t.clock->advance(100ms);
    QTRY_VERIFY(ask.isFinished());
}

void tst_AskTimeout::timeoutsComeInTheirOrder()
{
    Timed t;
    QFuture<int> longest = t.target.ask(Add{1, 2}, 300ms);
    QFuture<int> shortest = t.target.ask(Add{1, 2}, 100ms);
    QFuture<int> middle = t.target.ask(Add{1, 2}, 200ms);
    t.clock->advance(100ms);
    QVERIFY(fails<Timeout>([&] { shortest.waitForFinished(); }));
    QVERIFY(!middle.isFinished());
    t.clock->advance(100ms);
    QVERIFY(fails<Timeout>([&] { middle.waitForFinished(); }));
    QVERIFY(!longest.isFinished());
    t.clock->advance(100ms);
    QVERIFY(fails<Timeout>([&] { longest.waitForFinished(); }));
}

void tst_AskTimeout::timeoutByTheRealClock()
{
    Scoped<Target> target;
    Gate gate;
    target.tell(gate.pass());
    QVERIFY(fails<Timeout>([&] { target.ask(Add{1, 2}, 20ms).result(); }));
    QFuture<int> future = target.ask(Add{1, 2}, 20ms);
    QVERIFY(fails<Timeout>([&] { future.waitForFinished(); }));
    Scoped<Asker> asker;
    QVERIFY(asker.ask(AskWithin{target, 20ms}).result().contains(u"20 ms"_s));
}

void tst_AskTimeout::timeoutAcrossSystemsWithOtherClocks()
{
    // The time is that of the asked actor's system: the asker's clock stands still.
    ActorSystem still({.clock = std::make_shared<ManualClock>()});
    Scoped<Target> target;
    Gate gate;
    target.tell(gate.pass());
    Scoped asker(still.spawn<Asker>());
    QVERIFY(asker.ask(AskWithin{target, 20ms}).result().contains(u"20 ms"_s));
}

void tst_AskTimeout::anAnswerInTimeLeavesNoTimeout()
{
    const auto clock = std::make_shared<ManualClock>();
    ActorSystem system({.clock = clock});
    Scoped target(system.spawn<Target>());
    Scoped asker(system.spawn<Asker>());
    Ask<int> ask = target.ask(Add{1, 2}, 100ms);
    QFuture<int> future = ask;
    QCOMPARE(ask.result(), 3);
    QCOMPARE(asker.ask(AskWithin{target, 100ms}).result(), u"3"_s);
    clock->advance(1h);
    QCOMPARE(ask.result(), 3);
    QCOMPARE(future.result(), 3);
    QCOMPARE(asker.ask(AskWithin{target, 100ms}).result(), u"3"_s);
}

void tst_AskTimeout::aTimeoutOfNothing()
{
    Timed t;
    QVERIFY(fails<Timeout>([&] { t.target.ask(Add{1, 2}, 0ms).result(); }));
    QVERIFY(fails<Timeout>([&] { t.target.ask(Add{1, 2}, -5ms).result(); }));
}

void tst_AskTimeout::aTimeoutThatNeverComes()
{
    Scoped<Target> target;
    Gate gate;
    target.tell(gate.pass());
    Ask<int> ask = target.ask(Add{1, 2}, std::chrono::hours(24 * 365 * 300));
    QFuture<int> asked = target.ask(Add{1, 2}, std::chrono::milliseconds::max() - 1ms);
    QVERIFY(!ask.isFinished());
    // The others come.
    QFuture<int> future = target.ask(Add{1, 2}, 20ms);
    QVERIFY(fails<Timeout>([&] { future.waitForFinished(); }));
    gate.open();
    QCOMPARE(ask.result(), 3);
    QCOMPARE(asked.result(), 3);
}

QTEST_GUILESS_MAIN(tst_AskTimeout)
#include "tst_ask_timeout.moc"
