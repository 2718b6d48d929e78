// SPDX-License-Identifier: MIT
// Promise 4: how asks fail.
#include "ask.h"
#include "gate.h"

#include <Actorio/Actorio>

#include <QtCore/QFuture>
#include <QtCore/QPromise>
#include <QtTest/QTest>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

struct Unknown
{
};

class tst_AskFailures : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        Target::handled = 0;
    }

    // The errors
    void theHandlersException();
    void aReplyThatBreaksOnTheWay();
    void anActorThatHasEnded();
    void aNullReference();
    void aStopFailsWhatIsQueuedBehindABlockedHandler();
    void aStopFailsWhatTheActorHasTakenAlready();
    void aStopFailsWhatIsBehindAResumedCoroutine();
    void aStopFailsWhatIsAskedAtTheSameTime();
    void aDrainHandlesWhatIsQueued();
    void aKillWhileTheAskIsHandled();
    void aKillLetsAPlainHandlerAnswer();
    void promise10_anUnknownMessage();
    void anAddressThatIsDropped();
    void manyAsksFailAtAStopHoweverFarTheyAre();
    void aForwardedAddressThatIsDropped();
    void aReplyOfAnotherType();
    void errorsNameTheActorAndTheMessage_data();
    void errorsNameTheActorAndTheMessage();
};

void tst_AskFailures::theHandlersException()
{
    const auto failing = [](Fail::Kind kind, auto check) {
        QTest::ignoreMessage(QtWarningMsg,
                             QRegularExpression(u"/target failed, and nobody heard of it"_s));
        Scoped<Target> target({.name = u"target"_s});
        Ask<int> ask = target.ask(Fail{kind});
        check(ask);
        QVERIFY(target.terminated().result().isFailure());
    };
    failing(Fail::RuntimeError, [](Ask<int> &ask) {
        QCOMPARE(errorOf<std::runtime_error>([&] { ask.result(); }), u"a message of its own"_s);
        QCOMPARE(errorOf<std::runtime_error>([&] { ask.waitForFinished(); }),
                 u"a message of its own"_s);
        QCOMPARE(errorOf<std::runtime_error>([&] { ask.future().result(); }),
                 u"a message of its own"_s);
    });
    failing(Fail::Int, [](Ask<int> &ask) {
        QVERIFY_THROWS_EXCEPTION(int, ask.result());
        QVERIFY_THROWS_EXCEPTION(int, ask.future().waitForFinished());
    });
    failing(Fail::QtException, [](Ask<int> &ask) {
        QFuture<int> future = ask;
        QVERIFY_THROWS_EXCEPTION(OurException, future.result());
        QVERIFY_THROWS_EXCEPTION(OurException, ask.result());
    });
}

void tst_AskFailures::aReplyThatBreaksOnTheWay()
{
    {
        Scoped<Target> target;
        QVERIFY(fails<std::runtime_error>([&] { target.ask('c').result(); }));
        QCOMPARE(target.ask(Add{1, 1}).result(),
                 2); // no failure of the actor: its handler did return
    }
    {
        Fragile::isBreaking = false;
        Scoped<Target> target;
        Ask<Fragile> ask = target.ask(short(1));
        QTRY_VERIFY(ask.isFinished());
        QVERIFY(fails<std::runtime_error>([&] { ask.result(); }));
    }
}

void tst_AskFailures::anActorThatHasEnded()
{
    Scoped<Target> target;
    target.stop();
    Ask<int> ask = target.ask(Add{1, 2});
    QVERIFY(ask.isFinished());
    QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
    QVERIFY(fails<ActorStopped>([&] { ask.future().result(); }));
    QVERIFY(fails<ActorStopped>([&] { target.ask(Add{1, 2}, 1h).result(); }));
}

void tst_AskFailures::aNullReference()
{
    QVERIFY(fails<ActorStopped>([&] { ActorRef<Target>().ask(Add{1, 2}).result(); }));
    QVERIFY(fails<ActorStopped>([&] { ActorRef<>().ask<int>(Add{1, 2}, 1h).result(); }));
    QFuture<int> future = ActorRef<Target>().ask(Add{1, 2});
    QVERIFY(future.isFinished());
    QVERIFY(fails<ActorStopped>([&] { future.waitForFinished(); }));
}

void tst_AskFailures::aStopFailsWhatIsQueuedBehindABlockedHandler()
{
    Scoped<Target> target;
    Gate gate;
    target.tell(gate.pass());
    QVERIFY(gate.isReached());
    Ask<int> ask = target.ask(Add{1, 2});
    Ask<void> other = target.ask(Note{1});
    QFuture<int> future = target.ask(Add{3, 4});
    target.ActorRef::stop();
    QVERIFY(ask.isFinished());
    QVERIFY(other.isFinished());
    QVERIFY(future.isFinished());
    QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
    QVERIFY(fails<ActorStopped>([&] { other.result(); }));
    QVERIFY(fails<ActorStopped>([&] { future.waitForFinished(); }));
    Ask<int> later = target.ask(Add{1, 2});
    QVERIFY(later.isFinished());
    QVERIFY(fails<ActorStopped>([&] { later.result(); }));
    gate.open();
    target.stop();
    QCOMPARE(Target::handled, 0);
}

void tst_AskFailures::aStopFailsWhatTheActorHasTakenAlready()
{
    Scoped<Target> target;
    Gate first;
    Gate second;
    target.tell(first.pass());
    QVERIFY(first.isReached());
    // All of these are taken from the inbox at once when the first handler has returned.
    target.tell(second.pass());
    Ask<int> ask = target.ask(Add{1, 2});
    target.tell(Note{1});
    Ask<void> other = target.ask(Note{1});
    Ask<int> withTimeout = target.ask(Add{1, 2}, 1h);
    first.open();
    QVERIFY(second.isReached());
    QVERIFY(!ask.isFinished());
    target.ActorRef::stop();
    QVERIFY(ask.isFinished());
    QVERIFY(other.isFinished());
    QVERIFY(withTimeout.isFinished());
    QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
    QVERIFY(fails<ActorStopped>([&] { other.result(); }));
    second.open();
    target.stop();
    QCOMPARE(Target::handled, 0);
}

struct Launch // a coroutine that no handler waits for: passes the door when its ask is settled
{
    ActorRef<Target> other;
    std::shared_ptr<Door> door;
};

class Launcher : public Target
{
    Q_OBJECT
public:
    QFuture<void> later(Launch launch)
    {
        try {
            co_await launch.other.ask<int>(Keep{});
        } catch (const BrokenPromise &) {
        }
        launch.door->pass();
    }
    using Target::receive;

public Q_SLOTS:
    void receive(const Launch &launch) { (void)later(launch); }
};

void tst_AskFailures::aStopFailsWhatIsBehindAResumedCoroutine()
{
    Scoped<Target> keeper;
    Scoped<Launcher> target;
    Gate handler;
    Gate coroutine;
    target.tell(Launch{keeper, coroutine.door()});
    target.tell(handler.pass());
    QVERIFY(handler.isReached());
    keeper.ask(Let{}).waitForFinished(); // the coroutine goes on next, and then comes
    Ask<int> ask = target.ask(Add{1, 2});
    handler.open();
    QVERIFY(coroutine.isReached());
    QVERIFY(!ask.isFinished());
    target.ActorRef::stop();
    QVERIFY(ask.isFinished());
    QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
    coroutine.open();
}

void tst_AskFailures::aStopFailsWhatIsAskedAtTheSameTime()
{
    for (int round = 0; round < 300; ++round) {
        QPromise<int> promise;
        promise.start();
        Scoped<Target> target;
        Ask<int> busy = target.ask(Suspend{promise.future()});
        std::atomic<int> ready{0};
        const auto together = [&] {
            ++ready;
            while (ready < 2) { }
        };
        std::thread stopper([&] {
            together();
            target.ActorRef::stop();
        });
        together();
        Ask<int> ask = target.ask(Add{1, 2});
        stopper.join();
        // It is settled although the coroutine before it goes on.
        QTRY_VERIFY(ask.isFinished());
        QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
        promise.addResult(1);
        promise.finish();
        // The stop may have come before the first message.
        try {
            QCOMPARE(busy.result(), 1);
        } catch (const ActorStopped &) {
        }
    }
}

void tst_AskFailures::aDrainHandlesWhatIsQueued()
{
    Scoped<Target> target;
    Gate gate;
    target.tell(gate.pass());
    QVERIFY(gate.isReached());
    Ask<int> before = target.ask(Add{1, 2});
    target.drain();
    Ask<int> after = target.ask(Add{1, 2});
    QVERIFY(after.isFinished());
    QVERIFY(fails<ActorStopped>([&] { after.result(); }));
    QVERIFY(!before.isFinished());
    gate.open();
    QCOMPARE(before.result(), 3);
}

void tst_AskFailures::aKillWhileTheAskIsHandled()
{
    QPromise<int> promise;
    promise.start();
    Scoped<Target> target;
    Ask<int> ask = target.ask(Suspend{promise.future()});
    Ask<int> queued = target.ask(Add{1, 2});
    target.kill();
    QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
    QVERIFY(fails<ActorStopped>([&] { queued.result(); }));
    QCOMPARE(target.stop().kind(), StopReason::Killed);
}

void tst_AskFailures::aKillLetsAPlainHandlerAnswer()
{
    Scoped<Target> target;
    Gate gate;
    Ask<void> handled = target.ask(gate.pass());
    QVERIFY(gate.isReached());
    Ask<int> queued = target.ask(Add{1, 2});
    target.kill();
    QVERIFY(queued.isFinished());
    QVERIFY(fails<ActorStopped>([&] { queued.result(); }));
    gate.open();
    handled.result();
}

void tst_AskFailures::promise10_anUnknownMessage()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    Scoped<Target> target;
    QVERIFY(fails<UnhandledMessage>([&] { ActorRef<>(target).ask<int>(Unknown{}).result(); }));
    QVERIFY(target.terminated().result().isFailure());
}

void tst_AskFailures::anAddressThatIsDropped()
{
    Scoped<Target> target;
    // A handler that returns nothing, and keeps no address.
    QVERIFY(fails<BrokenPromise>([&] { target.ask<int>(Note{1}).result(); }));
    QCOMPARE(Target::handled, 1);

    Ask<int> ask = target.ask<int>(Keep{});
    target.ask(Add{1, 2}).waitForFinished();
    QVERIFY(!ask.isFinished());
    target.tell(Let{});
    QVERIFY(fails<BrokenPromise>([&] { ask.result(); }));
}

// Promise 4, while so many are queued that the actor looks at them over several slices.
void tst_AskFailures::manyAsksFailAtAStopHoweverFarTheyAre()
{
    Actorio::ActorSystem system({.threads = 1});
    const auto flooded = system.spawn<Target>();
    const auto first = system.spawn<Target>();
    const auto second = system.spawn<Target>();
    Gate gate;
    Gate secondGate;
    first.tell(gate.pass());
    QVERIFY(gate.isReached());
    std::vector<Ask<int>> asks;
    for (int i = 0; i < 20'000; ++i)
        asks.push_back(flooded.ask(Add{1, i}));
    second.tell(secondGate.pass());
    gate.open();
    QVERIFY(secondGate.isReached()); // and flooded has begun
    flooded.stop();
    QVERIFY(std::all_of(asks.begin(), asks.end(),
                        [](const Ask<int> &ask) { return ask.isFinished(); }));
}

void tst_AskFailures::aForwardedAddressThatIsDropped()
{
    Scoped<Target> target;
    {
        Scoped<Target> other; // returns a value, but does not reply()
        QVERIFY(fails<BrokenPromise>([&] { target.ask<int>(Divert{other}).result(); }));
        other.stop();
        QVERIFY(fails<BrokenPromise>([&] { target.ask<int>(Divert{other}).result(); }));
    }
    Gate gate;
    Scoped<Target> blocked;
    blocked.tell(gate.pass());
    QVERIFY(gate.isReached()); // so that the next message stays in the inbox
    Ask<int> ask = target.ask<int>(Divert{blocked});
    target.ask(Add{1, 2}).waitForFinished();
    QVERIFY(!ask.isFinished());
    blocked.ActorRef::stop();
    gate.open(); // the forwarded message is a dead letter now
    QVERIFY(fails<BrokenPromise>([&] { ask.result(); }));
    blocked.stop();
}

void tst_AskFailures::aReplyOfAnotherType()
{
    Scoped<Replier> replier;
    Scoped<Target> target;
    const QString text = errorOf<BrokenPromise>([&] { replier.ask<int>(u"x"_s).result(); });
    QVERIFY2(text.contains(u"double"_s) && text.contains(u"int"_s), qPrintable(text));
    QVERIFY(fails<BrokenPromise>([&] { target.ask<QString>(Add{1, 2}).result(); }));
    QVERIFY(fails<BrokenPromise>(
            [&] { target.ask<QString>(Suspend{QtFuture::makeReadyFuture(1)}).result(); }));
}

void tst_AskFailures::errorsNameTheActorAndTheMessage_data()
{
    QTest::addColumn<QString>("kind");
    for (const char *kind :
         {"Timeout", "ActorStopped", "Ended", "UnhandledMessage", "BrokenPromise", "Cancelled"})
        QTest::addRow("%s", kind) << QString::fromLatin1(kind);
}

void tst_AskFailures::errorsNameTheActorAndTheMessage()
{
    QFETCH(QString, kind);
    const auto clock = std::make_shared<ManualClock>();
    ActorSystem system({.clock = clock});
    Scoped target(system.spawn<Target>({.name = u"thetarget"_s}));
    Gate gate;
    QString text;
    QString type = u"Add"_s;
    const auto resultOf = [](Ask<int> ask) {
        return [asked = std::make_shared<Ask<int>>(std::move(ask))] { asked->result(); };
    };
    if (kind == u"Timeout"_s) {
        target.tell(gate.pass());
        const auto result = resultOf(target.ask(Add{1, 2}, 250ms));
        clock->advance(250ms);
        text = errorOf<Timeout>(result);
        QVERIFY2(text.contains(u"250 ms"_s), qPrintable(text));
    } else if (kind == u"ActorStopped"_s) {
        target.tell(gate.pass());
        QVERIFY(gate.isReached());
        const auto result = resultOf(target.ask(Add{1, 2}));
        target.ActorRef::stop();
        text = errorOf<ActorStopped>(result);
    } else if (kind == u"Ended"_s) {
        target.stop();
        text = errorOf<ActorStopped>(resultOf(target.ask(Add{1, 2})));
    } else if (kind == u"UnhandledMessage"_s) {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
        text = errorOf<UnhandledMessage>(resultOf(ActorRef<>(target).ask<int>(Unknown{})));
        type = u"Unknown"_s;
    } else if (kind == u"BrokenPromise"_s) {
        text = errorOf<BrokenPromise>(resultOf(target.ask<int>(Note{1})));
        type = u"Note"_s;
    } else if (kind == u"Cancelled"_s) {
        target.tell(gate.pass());
        Ask<int> ask = target.ask(Add{1, 2});
        ask.cancel();
        text = errorOf<Cancelled>(resultOf(std::move(ask)));
    }
    QVERIFY2(text.contains(u"/thetarget"_s), qPrintable(text));
    QVERIFY2(text.contains(type), qPrintable(text));
    gate.open();
    target.stop();
}

QTEST_GUILESS_MAIN(tst_AskFailures)
#include "tst_ask_failures.moc"
