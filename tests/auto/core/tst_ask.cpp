// SPDX-License-Identifier: MIT
#include "gate.h"

#include <Actorio/Actorio>

#include <QtCore/QException>
#include <QtCore/QFuture>
#include <QtCore/QPromise>
#include <QtCore/QThread>
#include <QtTest/QTest>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

struct Add
{
    int a;
    int b;
};
struct Note
{
    int number;
};
struct Fail
{
    enum Kind { RuntimeError, Int, QtException } kind;
};
struct Divert
{
    ActorRef<> to;
};
struct Keep // the address of the ask, until Let
{
};
struct Let
{
};
struct Suspend
{
    QFuture<int> future;
};
struct Unknown
{
};
struct End
{
    enum How { Stop, Throw, ThrowInCoroutine } how;
};

class OurException : public QException
{
public:
    void raise() const override { throw *this; }
    OurException *clone() const override { return new OurException(*this); }
    const char *what() const noexcept override { return "ours"; }
};

// A reply that nobody can make without a value, nor copy.
struct Ticket
{
    explicit Ticket(int n) : number(std::make_unique<int>(n)) { }
    std::unique_ptr<int> number;
};

// A reply that cannot be taken to the asker.
struct Fragile
{
    Fragile() = default;
    Fragile(const Fragile &)
    {
        if (isBreaking)
            throw std::runtime_error("broke on the way");
    }
    static inline std::atomic<bool> isBreaking{false};
};

class Target : public Actor
{
    Q_OBJECT
public:
    std::unique_ptr<int> receive(std::unique_ptr<int> number) { return number; }
    Ticket receive(const Ticket &ticket) { return Ticket(*ticket.number + 1); }
    Fragile receive(char)
    {
        Fragile::isBreaking = true;
        return Fragile();
    }
    QFuture<Fragile> receive(short)
    {
        QPromise<Fragile> promise;
        promise.start();
        promise.addResult(Fragile());
        promise.finish();
        Fragile::isBreaking = true;
        return promise.future();
    }

public Q_SLOTS:
    int receive(const Add &add) { return add.a + add.b; }
    QString receive(const QString &text) { return text + u'!'; }
    void receive(const Note &note) { handled += note.number; }
    void receive(const Pass &pass) { pass.door->pass(); }
    int receive(const Fail &fail)
    {
        switch (fail.kind) {
        case Fail::RuntimeError:
            throw std::runtime_error("a message of its own");
        case Fail::Int:
            throw 42;
        case Fail::QtException:
            throw OurException();
        }
        return 0;
    }
    void receive(const Divert &divert) { divert.to.tell(Add{20, 1}, currentSender()); }
    void receive(const Keep &) { m_kept = currentSender(); }
    void receive(const Let &) { m_kept = ActorRef<>(); }
    QFuture<int> receive(const Suspend &suspend) { co_return co_await suspend.future; }

public:
    static inline std::atomic<int> handled{0};

private:
    ActorRef<> m_kept;
};

// Answers by reply(), not by what it returns.
class Replier : public Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const Add &add)
    {
        reply(add.a + add.b);
        reply(-1); // late
    }
    void receive(const QString &) { reply(1.5); }
};

// Stops itself, in a handler that is asked.
class Ender : public Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const End &end)
    {
        if (end.how == End::Throw)
            throw StopActor();
        stop();
    }
    QFuture<void> receive(const QString &)
    {
        throw StopActor();
        co_return;
    }
};

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

struct AskWithin
{
    ActorRef<Target> target;
    std::chrono::milliseconds timeout;
};
struct AskTwice
{
    ActorRef<Target> target;
};

class Asker : public Actor
{
    Q_OBJECT
public Q_SLOTS:
    QFuture<QString> receive(const AskWithin &task)
    {
        try {
            co_return QString::number(co_await task.target.ask(Add{1, 2}, task.timeout));
        } catch (const Timeout &error) {
            co_return error.message();
        }
    }
    QFuture<QString> receive(const AskTwice &task)
    {
        Ask<QString> ask = task.target.ask(u"once"_s);
        const QFuture<QString> future = ask;
        const QString first = co_await ask;
        const QString second = co_await ask;
        co_return first + second + co_await future;
    }
};

class tst_Ask : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        Target::handled = 0;
    }

    // The value
    void aValue();
    void aValueOfAnyKind();
    void aReplyThatDoesNotCopyIsThereOnce();
    void anUntypedReference();
    void aReplyInsteadOfAReturnedValue();
    void aForwardedAddress();
    void nothingOfAHandlerThatStopsItsActor_data();
    void nothingOfAHandlerThatStopsItsActor();

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

    // Late replies
    void aLateValueIsADeadLetter();
    void aSecondReplyIsADeadLetter();

    // Futures and continuations
    void convertsToFutures();
    void thenAndOnFailed();
    void thenAndOnFailedWithAContext();
    void thenRunsInTheThreadOfItsContext();
    void aContextThatIsGone();
    void severalListeners();
    void awaitedTwice();

    void manyOutstanding();
    void promise4_settledExactlyOnce();
};

void tst_Ask::aValue()
{
    Scoped<Target> target;
    Ask<int> ask = target.ask(Add{1, 2});
    QCOMPARE(ask.result(), 3);
    QVERIFY(ask.isFinished());
    QCOMPARE(ask.result(), 3); // as often as one likes
    QCOMPARE(ask.future().result(), 3);
    ask.waitForFinished();
}

void tst_Ask::aValueOfAnyKind()
{
    Scoped<Target> target;
    QCOMPARE(*target.ask(std::make_unique<int>(7)).result(), 7);
    QCOMPARE(*target.ask(Ticket(7)).result().number, 8);
    target.ask(Note{5}).waitForFinished();
    QCOMPARE(Target::handled, 5);
    target.ask(Note{5}).result();
    QCOMPARE(Target::handled, 10);
    QCOMPARE(target.ask(u"ab"_s).result(), u"ab!"_s);

    QFuture<std::unique_ptr<int>> moveOnly = target.ask(std::make_unique<int>(8));
    QCOMPARE(*moveOnly.takeResult(), 8);
    QFuture<Ticket> noDefault = target.ask(Ticket(8));
    QCOMPARE(*noDefault.takeResult().number, 9);
}

// Nobody is handed one that has been moved from.
void tst_Ask::aReplyThatDoesNotCopyIsThereOnce()
{
    Scoped<Target> target;
    Ask<std::unique_ptr<int>> ask = target.ask(std::make_unique<int>(7));
    QCOMPARE(*ask.result(), 7);
    const QString error = errorOf<Actorio::Error>([&] { (void)ask.result(); });
    QVERIFY2(error.contains(u"has been taken already"_s), qPrintable(error));
    QVERIFY(error.contains(u"/Target-"_s));

    Ask<std::unique_ptr<int>> other = target.ask(std::make_unique<int>(8));
    QFuture<std::unique_ptr<int>> future = other.future();
    QCOMPARE(*future.takeResult(), 8);
    QVERIFY(fails<Actorio::Error>([&] { (void)other.result(); }));
}

void tst_Ask::anUntypedReference()
{
    Scoped<Target> target;
    const ActorRef<> any = target;
    QCOMPARE(any.ask<int>(Add{1, 2}).result(), 3);
    QCOMPARE(any.ask<QString>(u"x"_s).result(), u"x!"_s);
    any.ask<void>(Note{3}).waitForFinished();
    QCOMPARE(Target::handled, 3);
    any.ask<void>(Add{1, 2}).waitForFinished(); // whatever it answers
    QCOMPARE(any.ask<int>(Suspend{QtFuture::makeReadyFuture(4)}).result(), 4);
}

void tst_Ask::nothingOfAHandlerThatStopsItsActor_data()
{
    QTest::addColumn<int>("how");
    QTest::addColumn<bool>("isTyped");
    for (const bool isTyped : {true, false}) {
        const char *const path = isTyped ? "typed" : "untyped";
        QTest::addRow("stop(), %s", path) << int(End::Stop) << isTyped;
        QTest::addRow("throw, %s", path) << int(End::Throw) << isTyped;
        QTest::addRow("throw in a coroutine, %s", path) << int(End::ThrowInCoroutine) << isTyped;
    }
}

void tst_Ask::nothingOfAHandlerThatStopsItsActor()
{
    QFETCH(const int, how);
    QFETCH(const bool, isTyped);
    Scoped<Ender> ender;
    const ActorRef<> any(ender);
    const End end{static_cast<End::How>(how)};
    QFuture<void> answer;
    if (how == End::ThrowInCoroutine)
        answer = isTyped ? ender.ask(u"end"_s) : any.ask<void>(u"end"_s);
    else
        answer = isTyped ? ender.ask(end) : any.ask<void>(end);
    QCOMPARE(errorOf<Error>([&] { answer.waitForFinished(); }), u"(nothing)"_s);
    QCOMPARE(ender.terminated().result().kind(), StopReason::Stopped);
}

void tst_Ask::aReplyInsteadOfAReturnedValue()
{
    Scoped<Replier> replier;
    QCOMPARE(replier.ask<int>(Add{1, 2}).result(), 3);
    QCOMPARE(ActorRef<>(replier).ask<int>(Add{1, 3}).result(), 4);
}

void tst_Ask::aForwardedAddress()
{
    Scoped<Replier> replier;
    Scoped<Target> target;
    QCOMPARE(target.ask<int>(Divert{replier}).result(), 21);

    Inbox me;
    ActorRef<>(target).tell(Divert{replier}, me.ref()); // the same for a tell
    QCOMPARE(me.waitFor<int>(10s), 21);
}

void tst_Ask::theHandlersException()
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

void tst_Ask::aReplyThatBreaksOnTheWay()
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

void tst_Ask::anActorThatHasEnded()
{
    Scoped<Target> target;
    target.stop();
    Ask<int> ask = target.ask(Add{1, 2});
    QVERIFY(ask.isFinished());
    QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
    QVERIFY(fails<ActorStopped>([&] { ask.future().result(); }));
    QVERIFY(fails<ActorStopped>([&] { target.ask(Add{1, 2}, 1h).result(); }));
}

void tst_Ask::aNullReference()
{
    QVERIFY(fails<ActorStopped>([&] { ActorRef<Target>().ask(Add{1, 2}).result(); }));
    QVERIFY(fails<ActorStopped>([&] { ActorRef<>().ask<int>(Add{1, 2}, 1h).result(); }));
    QFuture<int> future = ActorRef<Target>().ask(Add{1, 2});
    QVERIFY(future.isFinished());
    QVERIFY(fails<ActorStopped>([&] { future.result(); }));
}

void tst_Ask::aStopFailsWhatIsQueuedBehindABlockedHandler()
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
    QVERIFY(fails<ActorStopped>([&] { future.result(); }));
    Ask<int> later = target.ask(Add{1, 2});
    QVERIFY(later.isFinished());
    QVERIFY(fails<ActorStopped>([&] { later.result(); }));
    gate.open();
    target.stop();
    QCOMPARE(Target::handled, 0);
}

void tst_Ask::aStopFailsWhatTheActorHasTakenAlready()
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

void tst_Ask::aStopFailsWhatIsBehindAResumedCoroutine()
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

void tst_Ask::aStopFailsWhatIsAskedAtTheSameTime()
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

void tst_Ask::aDrainHandlesWhatIsQueued()
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

void tst_Ask::aKillWhileTheAskIsHandled()
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

void tst_Ask::aKillLetsAPlainHandlerAnswer()
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

void tst_Ask::promise10_anUnknownMessage()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    Scoped<Target> target;
    QVERIFY(fails<UnhandledMessage>([&] { ActorRef<>(target).ask<int>(Unknown{}).result(); }));
    QVERIFY(target.terminated().result().isFailure());
}

void tst_Ask::anAddressThatIsDropped()
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
void tst_Ask::manyAsksFailAtAStopHoweverFarTheyAre()
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

void tst_Ask::aForwardedAddressThatIsDropped()
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

void tst_Ask::aReplyOfAnotherType()
{
    Scoped<Replier> replier;
    Scoped<Target> target;
    const QString text = errorOf<BrokenPromise>([&] { replier.ask<int>(u"x"_s).result(); });
    QVERIFY2(text.contains(u"double"_s) && text.contains(u"int"_s), qPrintable(text));
    QVERIFY(fails<BrokenPromise>([&] { target.ask<QString>(Add{1, 2}).result(); }));
    QVERIFY(fails<BrokenPromise>(
            [&] { target.ask<QString>(Suspend{QtFuture::makeReadyFuture(1)}).result(); }));
}

void tst_Ask::errorsNameTheActorAndTheMessage_data()
{
    QTest::addColumn<QString>("kind");
    for (const char *kind :
         {"Timeout", "ActorStopped", "Ended", "UnhandledMessage", "BrokenPromise", "Cancelled"})
        QTest::addRow("%s", kind) << QString::fromLatin1(kind);
}

void tst_Ask::errorsNameTheActorAndTheMessage()
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

void tst_Ask::cancelByTheAsk()
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

void tst_Ask::cancelByTheFuture()
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

void tst_Ask::cancelWhatIsHandled()
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

void tst_Ask::droppingAnAskCancelsNothing()
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

void tst_Ask::timeoutInResult()
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

void tst_Ask::timeoutInAFuture()
{
    Timed t;
    QFuture<int> future = t.target.ask(Add{1, 2}, 100ms);
    t.clock->advance(99ms);
    QVERIFY(!future.isFinished());
    t.clock->advance(1ms);
    QVERIFY(fails<Timeout>([&] { future.result(); }));

    QFuture<void> asVoid = t.target.ask(Add{1, 2}, 100ms);
    t.clock->advance(100ms);
    QVERIFY(fails<Timeout>([&] { asVoid.waitForFinished(); }));
}

void tst_Ask::timeoutInThen()
{
    Timed t;
    QFuture<int> then = t.target.ask(Add{1, 2}, 100ms).then([](int) { return 1; });
    QFuture<int> handled =
            t.target.ask(Add{1, 2}, 100ms).onFailed([](const Timeout &) { return 2; });
    QObject context;
    QFuture<int> inContext =
            t.target.ask(Add{1, 2}, 100ms).onFailed(&context, [](const Timeout &) { return 3; });
    t.clock->advance(100ms);
    QVERIFY(fails<Timeout>([&] { then.result(); }));
    QCOMPARE(handled.result(), 2);
    QTRY_VERIFY(inContext.isFinished());
    QCOMPARE(inContext.result(), 3);
}

void tst_Ask::timeoutInACoroutine()
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

void tst_Ask::timeoutInAFutureOfAnAskThatIsAwaitedNoMore()
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

void tst_Ask::timeoutOfAnAskThatIsOnlyLookedAt()
{
    Timed t;
    const Ask<int> ask = t.target.ask(Add{1, 2}, 100ms);
    QVERIFY(!ask.isFinished());
    t.clock->advance(100ms);
    QTRY_VERIFY(ask.isFinished());
}

void tst_Ask::timeoutsComeInTheirOrder()
{
    Timed t;
    QFuture<int> longest = t.target.ask(Add{1, 2}, 300ms);
    QFuture<int> shortest = t.target.ask(Add{1, 2}, 100ms);
    QFuture<int> middle = t.target.ask(Add{1, 2}, 200ms);
    t.clock->advance(100ms);
    QVERIFY(fails<Timeout>([&] { shortest.result(); }));
    QVERIFY(!middle.isFinished());
    t.clock->advance(100ms);
    QVERIFY(fails<Timeout>([&] { middle.result(); }));
    QVERIFY(!longest.isFinished());
    t.clock->advance(100ms);
    QVERIFY(fails<Timeout>([&] { longest.result(); }));
}

void tst_Ask::timeoutByTheRealClock()
{
    Scoped<Target> target;
    Gate gate;
    target.tell(gate.pass());
    QVERIFY(fails<Timeout>([&] { target.ask(Add{1, 2}, 20ms).result(); }));
    QFuture<int> future = target.ask(Add{1, 2}, 20ms);
    QVERIFY(fails<Timeout>([&] { future.result(); }));
    Scoped<Asker> asker;
    QVERIFY(asker.ask(AskWithin{target, 20ms}).result().contains(u"20 ms"_s));
}

void tst_Ask::timeoutAcrossSystemsWithOtherClocks()
{
    // The time is that of the asked actor's system: the asker's clock stands still.
    ActorSystem still({.clock = std::make_shared<ManualClock>()});
    Scoped<Target> target;
    Gate gate;
    target.tell(gate.pass());
    Scoped asker(still.spawn<Asker>());
    QVERIFY(asker.ask(AskWithin{target, 20ms}).result().contains(u"20 ms"_s));
}

void tst_Ask::anAnswerInTimeLeavesNoTimeout()
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

void tst_Ask::aTimeoutOfNothing()
{
    Timed t;
    QVERIFY(fails<Timeout>([&] { t.target.ask(Add{1, 2}, 0ms).result(); }));
    QVERIFY(fails<Timeout>([&] { t.target.ask(Add{1, 2}, -5ms).result(); }));
}

void tst_Ask::aLateValueIsADeadLetter()
{
    const auto clock = std::make_shared<ManualClock>();
    ActorSystem system({.clock = clock});
    Inbox letters;
    QObject::connect(
            &system, &ActorSystem::deadLetter, &system,
            [to = letters.ref()](const DeadLetter &letter) { to.tell(letter); },
            Qt::DirectConnection);
    Scoped target(system.spawn<Target>());
    Scoped other(system.spawn<Target>());
    QPromise<int> promise;
    promise.start();
    QFuture<int> timedOut = target.ask(Suspend{promise.future()}, 100ms);
    Ask<int> inTime = other.ask(Suspend{promise.future()});
    clock->advance(100ms);
    QVERIFY(fails<Timeout>([&] { timedOut.result(); }));
    QCOMPARE(system.deadLetterCount(), 0);
    promise.addResult(1);
    promise.finish();
    const std::optional<DeadLetter> letter = letters.waitFor<DeadLetter>(10s);
    QVERIFY(letter.has_value());
    QCOMPARE(letter->cause, DeadLetter::LateReply);
    QCOMPARE(letter->type, QMetaType::fromType<int>());
    QCOMPARE(inTime.result(), 1);
    QCOMPARE(system.deadLetterCount(), 1);
    target.stop();
    other.stop();
    system.shutdown();
}

void tst_Ask::aSecondReplyIsADeadLetter()
{
    ActorSystem system;
    Inbox letters;
    QObject::connect(
            &system, &ActorSystem::deadLetter, &system,
            [to = letters.ref()](const DeadLetter &letter) { to.tell(letter); },
            Qt::DirectConnection);
    Scoped replier(system.spawn<Replier>());
    QCOMPARE(replier.ask<int>(Add{1, 2}).result(), 3);
    const std::optional<DeadLetter> letter = letters.waitFor<DeadLetter>(10s);
    QVERIFY(letter.has_value());
    QCOMPARE(letter->cause, DeadLetter::LateReply);
    QVERIFY(letter->message.is<int>());
    QCOMPARE(*letter->message.get<int>(), -1);
    QCOMPARE(system.deadLetterCount(), 1);
    replier.stop();
    system.shutdown();
}

void tst_Ask::convertsToFutures()
{
    Scoped<Target> target;
    QFuture<int> typed = target.ask(Add{1, 2});
    QFuture<void> untyped = target.ask(Add{1, 2});
    QFuture<void> nothing = target.ask(Note{1});
    const QFuture<QString> text = target.ask(u"a"_s);
    untyped.waitForFinished();
    nothing.waitForFinished();
    QCOMPARE(typed.result(), 3);
    QCOMPARE(text.result(), u"a!"_s);
    QVERIFY(typed.isFinished() && !typed.isCanceled());

    Ask<int> ask = target.ask(Add{3, 4});
    QFuture<int> first = ask.future();
    QFuture<int> second = ask.future();
    QCOMPARE(first.result(), 7);
    QCOMPARE(second.result(), 7);
    Ask<int> moved = std::move(ask);
    QCOMPARE(moved.result(), 7);
}

void tst_Ask::thenAndOnFailed()
{
    Scoped<Target> target;
    QCOMPARE(target.ask(Add{1, 2}).then([](int sum) { return sum * 2; }).result(), 6);
    QCOMPARE(target.ask(Add{1, 2}).then([](QFuture<int> sum) { return sum.result() * 3; }).result(),
             9);
    QCOMPARE(target.ask(Note{1}).then([] { return 5; }).result(), 5);
    Ask<int> ask = target.ask(Add{1, 2});
    ask.waitForFinished();
    QCOMPARE(ask.then([](int sum) { return sum + 1; }).result(), 4); // settled already
    QCOMPARE(ask.onFailed([](const Error &) { return -1; }).result(), 3);

    target.stop();
    QCOMPARE(target.ask(Add{1, 2}).onFailed([](const ActorStopped &) { return -1; }).result(), -1);
    QCOMPARE(target.ask(Add{1, 2})
                     .then([](int) { return 1; })
                     .onFailed([](const Error &) { return -2; })
                     .result(),
             -2);
}

void tst_Ask::thenAndOnFailedWithAContext()
{
    Scoped<Target> target;
    QObject context;
    QThread *where = nullptr;
    int sum = 0;
    QFuture<void> done = target.ask(Add{1, 2}).then(&context, [&](int value) {
        where = QThread::currentThread();
        sum = value;
    });
    QTRY_VERIFY(done.isFinished());
    QCOMPARE(sum, 3);
    QCOMPARE(where, QThread::currentThread());

    Ask<int> ask = target.ask(Add{1, 2});
    ask.waitForFinished();
    bool isInside = true;
    QFuture<bool> later = ask.then(&context, [&](int) { return isInside; });
    isInside = false;
    QVERIFY(!later.isFinished()); // through the event loop, always
    QTRY_VERIFY(later.isFinished());
    QCOMPARE(later.result(), false);

    target.stop();
    QFuture<int> failed =
            target.ask(Add{1, 2}).onFailed(&context, [](const ActorStopped &) { return -1; });
    QTRY_VERIFY(failed.isFinished());
    QCOMPARE(failed.result(), -1);
}

void tst_Ask::thenRunsInTheThreadOfItsContext()
{
    Scoped<Target> target;
    QThread thread;
    QObject context;
    context.moveToThread(&thread);
    thread.start();
    Ask<int> answered = target.ask(Add{1, 2});
    answered.waitForFinished();
    int strangers = 0;
    for (int round = 0; round < 20'000; ++round) {
        const auto where = [](int) { return QThread::currentThread(); };
        if (answered.then(&context, where).result() != &thread)
            ++strangers;
        if (round % 10 == 0 && target.ask(Add{1, 2}).then(&context, where).result() != &thread)
            ++strangers;
    }
    QMetaObject::invokeMethod(
            &context, [&] { context.moveToThread(QCoreApplication::instance()->thread()); },
            Qt::BlockingQueuedConnection);
    thread.quit();
    thread.wait();
    QCOMPARE(strangers, 0);
}

void tst_Ask::aContextThatIsGone()
{
    Scoped<Target> target;
    Gate gate;
    target.tell(gate.pass());
    auto context = std::make_unique<QObject>();
    std::atomic<int> calls{0};
    QFuture<void> then = target.ask(Add{1, 2}).then(context.get(), [&](int) { ++calls; });
    QFuture<int> failed =
            target.ask(Add{1, 2}).onFailed(context.get(), [&](const Error &) { return ++calls; });
    context.reset();
    QVERIFY(then.isFinished());
    QVERIFY(then.isCanceled());
    QVERIFY(failed.isFinished());
    QVERIFY(failed.isCanceled());
    gate.open();
    target.ask(Note{1}).waitForFinished();

    // Answered, and gone before its event loop came to it.
    context = std::make_unique<QObject>();
    Ask<int> ask = target.ask(Add{1, 2});
    QFuture<void> late = ask.then(context.get(), [&](int) { ++calls; });
    ask.waitForFinished();
    context.reset();
    QTRY_VERIFY(late.isFinished());
    QVERIFY(late.isCanceled());
    QCoreApplication::processEvents();
    QCOMPARE(calls, 0);
}

void tst_Ask::severalListeners()
{
    Scoped<Target> target;
    Gate gate;
    target.tell(gate.pass());
    Ask<QString> ask = target.ask(u"a"_s);
    QFuture<QString> future = ask;
    QFuture<QString> then = ask.then([](const QString &text) { return QString(text + u"1"_s); });
    QFuture<QString> second = ask.then([](const QString &text) { return QString(text + u"2"_s); });
    gate.open();
    QCOMPARE(ask.result(), u"a!"_s);
    QCOMPARE(future.result(), u"a!"_s);
    QCOMPARE(then.result(), u"a!1"_s);
    QCOMPARE(second.result(), u"a!2"_s);
}

void tst_Ask::awaitedTwice()
{
    Scoped<Target> target;
    Scoped<Asker> asker;
    for (int round = 0; round < 500; ++round)
        QCOMPARE(asker.ask(AskTwice{target}).result(), u"once!once!once!"_s);
}

void tst_Ask::manyOutstanding()
{
    Scoped<Target> target;
    Gate gate;
    target.tell(gate.pass());
    std::vector<Ask<int>> asks;
    std::vector<QFuture<int>> futures;
    for (int i = 0; i < 10'000; ++i) {
        asks.push_back(target.ask(Add{i, 1},
                                  i % 2 ? std::chrono::milliseconds(1h)
                                        : std::chrono::milliseconds::max()));
        if (i % 4 == 0)
            futures.push_back(asks.back());
    }
    gate.open();
    for (int i = 0; i < 10'000; ++i)
        QCOMPARE(asks[std::size_t(i)].result(), i + 1);
    for (int i = 0; i < 2'500; ++i)
        QCOMPARE(futures[std::size_t(i)].result(), 4 * i + 1);
}

void tst_Ask::promise4_settledExactlyOnce()
{
    // Answer, timeout, cancel and stop race for it; whoever wins, there is one outcome and it stays.
    const auto clock = std::make_shared<ManualClock>();
    ActorSystem system({.clock = clock});
    for (int round = 0; round < 500; ++round) {
        Scoped target(system.spawn<Target>());
        Ask<int> ask = target.ask(Add{1, 2}, 10ms);
        std::atomic<int> continued{0};
        QFuture<void> then = ask.then([&](QFuture<int>) { ++continued; });
        QFuture<int> future = ask;
        std::thread timer([&] { clock->advance(10ms); });
        std::thread canceller([&] { future.cancel(); });
        target.ActorRef::stop();
        QString outcome;
        try {
            outcome = QString::number(ask.result());
        } catch (const Error &error) {
            outcome = error.message();
        }
        timer.join();
        canceller.join();
        then.waitForFinished();
        QCOMPARE(continued, 1);
        QString again;
        try {
            again = QString::number(ask.result());
        } catch (const Error &error) {
            again = error.message();
        }
        QCOMPARE(again, outcome);
    }
}

QTEST_GUILESS_MAIN(tst_Ask)
#include "tst_ask.moc"
