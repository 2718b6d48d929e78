// SPDX-License-Identifier: MIT
// How an actor ends: stopped, drained, killed or failed.
#include "gate.h"
#include "host.h"
#include "life.h"
#include "scripted.h"

#include <Actorio/Actorio>

#include <QtCore/QPromise>
#include <QtCore/QThread>
#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <atomic>
#include <stdexcept>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::ActorSystem;
using Actorio::ChildStopped;
using Actorio::Message;
using Actorio::Scoped;
using Actorio::StopReason;

// Throws when it is moved or copied, unless it is told to wait with that.
struct Explosive
{
    explicit Explosive(int movesLeft) : left(movesLeft) { }
    Explosive(const Explosive &other) : left(other.left - 1) { explode(); }
    Explosive(Explosive &&other) : left(other.left - 1) { explode(); }
    void explode() const
    {
        if (left < 0)
            throw std::runtime_error("exploded on the way");
    }
    int left;
};

class TakesExplosives : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    int receive(Explosive explosive) { return explosive.left; }
    bool receive(bool value) { return value; }
};

class tst_ActorEnd : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();

    void stopInAHandlerLetsItFinish();
    void stopActorEndsItWithoutAFailure_data();
    void stopActorEndsItWithoutAFailure();
    void aFloodedActorIsStoppedInSlices();
    void stopMakesQueuedMessagesDeadLetters();
    void drainHandlesQueuedMessages();
    void killOvertakesQueuedMessages();
    void killEndsACoroutineAtItsAwait();
    void stopBeforeItStartsMakesNoActor();
    void terminatedOfNobodyIsReady();
    void terminatedIsHeardByAllAfterTheDestructor();
    void stopReasonsTellWhatHappened();

    void anyExceptionIsAFailureOfTheActor_data();
    void anyExceptionIsAFailureOfTheActor();
    void theFirstFailureIsTheReason();
    void aMessageThatBreaksInTellIsTheSendersProblem();
    void aMessageThatBreaksOnDeliveryFailsTheActor();
    void aConstructorThatThrowsFailsTheSpawn();
};

void tst_ActorEnd::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
}

// Stopping

void tst_ActorEnd::stopInAHandlerLetsItFinish()
{
    Journal journal;
    Hooks hooks;
    hooks.tearDown = [&](Scripted &, const StopReason &) { journal.note(u"tearDown"_s); };
    const Scoped<Scripted> actor(hooks);
    QVERIFY(actor.tell(Do{[&](Scripted &self) {
        self.stop();
        self.stop();
        self.self().stop();
        QVERIFY(!self.self().tell(Do{})); // takes no more
        journal.note(u"finished"_s);
    }}));
    QCOMPARE(actor.terminated().result().kind(), StopReason::Stopped);
    QCOMPARE(journal.entries(), QStringList({u"finished"_s, u"tearDown"_s}));
    ActorRef<>(actor).stop(); // once more, and too late
    QCOMPARE(actor.terminated().result().kind(), StopReason::Stopped);
}

void tst_ActorEnd::stopActorEndsItWithoutAFailure_data()
{
    QTest::addColumn<QString>("place");
    for (const char *const place : {"constructor", "setUp", "receive", "coroutine", "handleMessage",
                                    "childStopped", "tearDown"})
        QTest::newRow(place) << QString::fromLatin1(place);
}

void tst_ActorEnd::stopActorEndsItWithoutAFailure()
{
    QFETCH(QString, place);
    const auto stop = [place](const char *here) {
        if (place == QLatin1String(here))
            throw Actorio::StopActor{};
    };
    std::atomic<int> tearDowns = 0;
    Hooks hooks;
    hooks.constructor = [&](Scripted &) { stop("constructor"); };
    hooks.setUp = [&](Scripted &) { stop("setUp"); };
    hooks.handleMessage = [&](Scripted &, const Message &) { stop("handleMessage"); };
    hooks.childStopped = [&](Scripted &, const ChildStopped &) { stop("childStopped"); };
    hooks.tearDown = [&](Scripted &, const StopReason &) {
        ++tearDowns;
        stop("tearDown");
    };
    const Scoped<Scripted> actor(hooks);
    if (place == "tearDown"_L1)
        awaitStart(actor);
    if (place == "receive"_L1)
        actor.tell(Do{[&](Scripted &) { stop("receive"); }});
    else if (place == "coroutine"_L1)
        actor.tell(DoAfter{readyFuture(), [&](Scripted &) { stop("coroutine"); }});
    else if (place == "handleMessage"_L1)
        ActorRef<>(actor).tell(Unknown{});
    else if (place == "childStopped"_L1)
        actor.tell(Do{[](Scripted &self) { self.spawn<Unrelated>().stop(); }});
    else if (place == "tearDown"_L1)
        ActorRef<>(actor).stop();
    QCOMPARE(actor.terminated().result(), StopReason(StopReason::Stopped));
    QCOMPARE(tearDowns, place == "constructor"_L1 || place == "setUp"_L1 ? 0 : 1);
}

// Promise 9: neither who stops a flooded actor nor the event loop that it shares has to wait until all is discarded.
void tst_ActorEnd::aFloodedActorIsStoppedInSlices()
{
    constexpr int Count = 20'000;
    ActorSystem system;
    const ActorRef<> actor = system.spawn<Scripted>({.on = Actorio::mainThread()});
    int ticks = 0;
    int ticksBetween = 0;
    quint64 discarded = 0;
    QTimer timer;
    connect(&timer, &QTimer::timeout, this, [&] { ++ticks; });
    connect(
            &system, &ActorSystem::deadLetter, this,
            [&](const Actorio::DeadLetter &) {
                if (++discarded == 1)
                    ticksBetween = -ticks;
                if (discarded % 100 == 0)
                    QThread::usleep(100);
                if (discarded == Count)
                    ticksBetween += ticks;
            },
            Qt::DirectConnection);
    for (int i = 0; i < Count; ++i)
        QVERIFY(actor.tell(Unknown{}));
    actor.stop();
    QCOMPARE(discarded, 0u); // it is the actor's to do, in its turn
    timer.start(0);
    QTRY_VERIFY(!actor.isRunning());
    QCOMPARE(discarded, quint64(Count));
    QCOMPARE_GT(ticksBetween, 2);
}

void tst_ActorEnd::stopMakesQueuedMessagesDeadLetters()
{
    ActorSystem system;
    Journal journal;
    Gate gate;
    const Scoped<Scripted> actor(system.spawn<Scripted>());
    QVERIFY(actor.tell(Do{[door = gate.door()](Scripted &) { door->pass(); }}));
    QVERIFY(gate.isReached());
    for (int i = 0; i < 3; ++i)
        QVERIFY(actor.tell(Do{[&](Scripted &) { journal.note(u"handled"_s); }}));
    Actorio::Ask<void> ask = actor.ask(Do{[&](Scripted &) { journal.note(u"handled"_s); }});
    ActorRef<>(actor).stop();
    QVERIFY(!actor.tell(Do{}));
    // The ask fails while the handler still runs.
    QVERIFY(fails<Actorio::ActorStopped>([&] { ask.result(); }));
    QVERIFY(actor.isRunning());
    gate.open();
    QCOMPARE(actor.terminated().result().kind(), StopReason::Stopped);
    QVERIFY(journal.entries().isEmpty());
    QCOMPARE(system.deadLetterCount(), 3u);
    QVERIFY(!actor.isRunning());
}

void tst_ActorEnd::drainHandlesQueuedMessages()
{
    ActorSystem system;
    Journal journal;
    Gate gate;
    const Scoped<Scripted> actor(system.spawn<Scripted>());
    QVERIFY(actor.tell(Do{[door = gate.door()](Scripted &) { door->pass(); }}));
    QVERIFY(gate.isReached());
    for (int i = 0; i < 3; ++i)
        QVERIFY(actor.tell(Do{[&, i](Scripted &) { journal.note(QString::number(i)); }}));
    Actorio::Ask<void> ask = actor.ask(Do{[&](Scripted &) { journal.note(u"ask"_s); }});
    actor.drain();
    QVERIFY(!actor.tell(Do{}));
    QVERIFY(fails<Actorio::ActorStopped>([&] { actor.ask(Do{}).result(); }));
    gate.open();
    ask.result();
    QCOMPARE(actor.terminated().result().kind(), StopReason::Stopped);
    QCOMPARE(journal.entries(), QStringList({u"0"_s, u"1"_s, u"2"_s, u"ask"_s}));
    QCOMPARE(system.deadLetterCount(), 0u);
}

void tst_ActorEnd::killOvertakesQueuedMessages()
{
    ActorSystem system;
    Journal journal;
    Gate gate;
    Hooks hooks;
    hooks.tearDown = [&](Scripted &, const StopReason &) { journal.note(u"tearDown"_s); };
    const Scoped<Scripted> actor(system.spawn<Scripted>(hooks));
    QVERIFY(actor.tell(Do{[&, door = gate.door()](Scripted &) {
        door->pass();
        journal.note(u"finished"_s); // a handler that is no coroutine is let finish
    }}));
    QVERIFY(gate.isReached());
    for (int i = 0; i < 3; ++i)
        QVERIFY(actor.tell(Do{[&](Scripted &) { journal.note(u"handled"_s); }}));
    actor.drain();
    actor.kill(); // overtakes a drain as well
    gate.open();
    QCOMPARE(actor.terminated().result().kind(), StopReason::Killed);
    QCOMPARE(journal.entries(), QStringList({u"finished"_s, u"tearDown"_s}));
    QCOMPARE(system.deadLetterCount(), 3u);
}

void tst_ActorEnd::killEndsACoroutineAtItsAwait()
{
    Journal journal;
    QPromise<void> never;
    never.start();
    Hooks hooks;
    hooks.tearDown = [&](Scripted &, const StopReason &reason) { journal.note(reason.message()); };
    const Scoped<Scripted> actor(hooks);
    Gate gate;
    Actorio::Ask<void> ask =
            actor.ask(DoAfter{never.future(), [&](Scripted &) { journal.note(u"resumed"_s); },
                              [door = gate.door()] { door->pass(); }});
    QVERIFY(gate.isReached());
    ActorRef<>(actor).stop(); // lets the handler finish, which would be never
    gate.open();
    QVERIFY(actor.isRunning());
    actor.kill();
    QCOMPARE(actor.terminated().result().kind(), StopReason::Killed);
    QVERIFY(fails<Actorio::ActorStopped>([&] { ask.result(); }));
    never.finish();
    QCOMPARE(journal.entries(), QStringList({u"killed"_s}));
}

void tst_ActorEnd::stopBeforeItStartsMakesNoActor()
{
    ActorSystem system;
    Journal journal;
    Hooks hooks;
    hooks.constructor = [&](Scripted &) { journal.note(u"constructor"_s); };
    // This thread's event loop does not run yet.
    const auto actor = system.spawn<Scripted>({.on = Actorio::sameThread()}, hooks);
    QVERIFY(actor.tell(Do{}));
    QVERIFY(actor.isRunning());
    actor.stop();
    QVERIFY(!actor.tell(Do{}));
    QCOMPARE(waitForEnd(actor.terminated()).kind(), StopReason::Stopped);
    QVERIFY(journal.entries().isEmpty());
    QCOMPARE(system.deadLetterCount(), 1u);
    QCOMPARE(system.actorCount(), 0);
}

void tst_ActorEnd::terminatedOfNobodyIsReady()
{
    const QFuture<StopReason> none = ActorRef<>().terminated();
    QVERIFY(none.isFinished());
    QCOMPARE(none.result().kind(), StopReason::NoActor);
    Scoped<Scripted> actor;
    actor.stop();
    const QFuture<StopReason> late = actor.terminated();
    QVERIFY(late.isFinished());
    QCOMPARE(late.result().kind(), StopReason::Stopped);
}

void tst_ActorEnd::terminatedIsHeardByAllAfterTheDestructor()
{
    std::atomic<bool> isDeleted = false;
    Hooks hooks;
    hooks.destructor = [&] { isDeleted = true; };
    const Scoped<Scripted> actor(hooks);
    QList<QFuture<StopReason>> futures;
    for (int i = 0; i < 3; ++i)
        futures.append(actor.terminated());
    QVERIFY(!futures.front().isFinished());
    awaitStart(actor);
    ActorRef<>(actor).stop();
    for (const QFuture<StopReason> &future : std::as_const(futures)) {
        QCOMPARE(future.result().kind(), StopReason::Stopped);
        QVERIFY(isDeleted);
    }
}

void tst_ActorEnd::stopReasonsTellWhatHappened()
{
    QCOMPARE(StopReason().kind(), StopReason::Stopped);
    QCOMPARE(StopReason(StopReason::Killed).message(), u"killed"_s);
    QVERIFY(!StopReason(StopReason::Killed).isFailure());
    QVERIFY(!StopReason(StopReason::Killed).exception());
    const StopReason failure =
            StopReason::failure(std::make_exception_ptr(std::runtime_error("broken")));
    QCOMPARE(failure.kind(), StopReason::Failed);
    QVERIFY(failure.isFailure());
    QVERIFY(failure.exception());
    QCOMPARE(failure.message(), u"broken"_s);
    QCOMPARE(failure, StopReason(failure));
    QVERIFY(failure != StopReason(StopReason::Failed));
    QVERIFY(failure != StopReason::failure(std::make_exception_ptr(std::runtime_error("broken"))));
    QString text;
    QDebug(&text) << failure << StopReason(StopReason::NoActor);
    QCOMPARE(text.trimmed(), u"StopReason(Failed, broken) StopReason(NoActor)"_s);
}

// Failures

void tst_ActorEnd::anyExceptionIsAFailureOfTheActor_data()
{
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("place");
    for (const char *const place : {"constructor", "setUp", "receive", "coroutine", "handleMessage",
                                    "childStopped", "tearDown"}) {
        for (const char *const type : {"std::exception", "QException", "int", "const char *"})
            QTest::addRow("%s from %s", type, place)
                    << QString::fromLatin1(type) << QString::fromLatin1(place);
    }
}

void tst_ActorEnd::anyExceptionIsAFailureOfTheActor()
{
    QFETCH(QString, type);
    QFETCH(QString, place);
    const QString text = type == "const char *"_L1 ? u"char"_s : type;
    const auto fail = [place, type](const char *here) {
        if (place == QLatin1String(here))
            throwA(type);
    };
    Hooks hooks;
    hooks.constructor = [&](Scripted &) { fail("constructor"); };
    hooks.setUp = [&](Scripted &) { fail("setUp"); };
    hooks.handleMessage = [&](Scripted &, const Message &) { fail("handleMessage"); };
    hooks.childStopped = [&](Scripted &, const ChildStopped &) { fail("childStopped"); };
    hooks.tearDown = [&](Scripted &, const StopReason &) { fail("tearDown"); };

    expectUnheardFailure(text);
    const Scoped<Scripted> actor(hooks);
    const auto askFails = [&](auto ask) {
        try {
            ask.result();
            return false;
        } catch (...) {
            return isA(type, std::current_exception()); // the asker gets what was thrown
        }
    };
    if (place == "tearDown"_L1)
        awaitStart(actor);
    if (place == "receive"_L1)
        QVERIFY(askFails(actor.ask(Do{[&](Scripted &) { fail("receive"); }})));
    else if (place == "coroutine"_L1)
        QVERIFY(askFails(
                actor.ask(DoAfter{readyFuture(), [&](Scripted &) { fail("coroutine"); }})));
    else if (place == "handleMessage"_L1)
        QVERIFY(askFails(ActorRef<>(actor).ask<int>(Unknown{})));
    else if (place == "childStopped"_L1)
        actor.tell(Do{[](Scripted &self) { self.spawn<Unrelated>().stop(); }});
    else if (place == "tearDown"_L1)
        ActorRef<>(actor).stop();

    const StopReason reason = actor.terminated().result();
    QCOMPARE(reason.kind(), StopReason::Failed);
    QVERIFY2(reason.message().contains(text), qPrintable(reason.message()));
    if (place == "constructor"_L1)
        QVERIFY(fails<Actorio::SpawnFailed>([&] { std::rethrow_exception(reason.exception()); }));
    else
        QVERIFY(isA(type, reason.exception()));
}

void tst_ActorEnd::theFirstFailureIsTheReason()
{
    Hooks hooks;
    hooks.tearDown = [](Scripted &, const StopReason &) { throwA(u"int"_s); };
    const Scoped<Scripted> actor(hooks);
    QTest::ignoreMessage(QtWarningMsg, // the second is not lost
                         QRegularExpression(u"tearDown\\(\\) of .* has failed, too: .*int"_s));
    expectUnheardFailure(u"a QException"_s);
    QVERIFY(actor.tell(Do{[](Scripted &) { throwA(u"QException"_s); }}));
    QVERIFY(isA(u"QException"_s, actor.terminated().result().exception()));
}

void tst_ActorEnd::aMessageThatBreaksInTellIsTheSendersProblem()
{
    const Scoped<TakesExplosives> actor;
    QVERIFY(fails<std::runtime_error>([&] { actor.tell(Explosive(0)); }));
    QVERIFY(fails<std::runtime_error>([&] { ActorRef<>(actor).tell(Explosive(0)); }));
    QVERIFY(fails<std::runtime_error>([&] { actor.ask(Explosive(0)).future(); }));
    QVERIFY(fails<std::runtime_error>(
            [&] { ActorRef<>(actor).ask<int>(Explosive(0), 1h).future(); }));
    QVERIFY(actor.ask(true).result());
    QCOMPARE(actor.ask(Explosive(2)).result(), 0);
}

void tst_ActorEnd::aMessageThatBreaksOnDeliveryFailsTheActor()
{
    for (const bool isTyped : {true, false}) {
        const Scoped<TakesExplosives> actor;
        expectUnheardFailure(u"exploded on the way"_s);
        Actorio::Ask<int> ask =
                isTyped ? actor.ask(Explosive(1)) : ActorRef<>(actor).ask<int>(Explosive(1));
        QCOMPARE(errorOf<std::runtime_error>([&] { ask.result(); }), u"exploded on the way"_s);
        QCOMPARE(actor.terminated().result().message(), u"exploded on the way"_s);
    }
}

void tst_ActorEnd::aConstructorThatThrowsFailsTheSpawn()
{
    Actorio::Inbox inbox;
    Hooks hooks;
    hooks.childStopped = [ref = inbox.ref()](Scripted &, const ChildStopped &event) {
        ref.tell(event);
    };
    const Scoped<Scripted> parent(hooks);
    ActorRef<Scripted> child;
    Actorio::Inbox results;
    parent.ask(Do{[&](Scripted &self) {
              Hooks childHooks;
              childHooks.constructor = [](Scripted &) { throwA(u"std::exception"_s); };
              child = self.spawn<Scripted>({.on = Actorio::sameThread()}, childHooks);
              QVERIFY(child.tell(Do{[](Scripted &) {}})); // it is not known yet
              results.ref().tell(child.ask(Do{[](Scripted &) {}}).future());
          }})
            .waitForFinished();
    const std::optional<ChildStopped> event = inbox.waitFor<ChildStopped>(10s);
    QVERIFY(event);
    QCOMPARE(event->child, ActorRef<>(child));
    const QString text = errorOf<Actorio::SpawnFailed>(
            [&] { std::rethrow_exception(event->reason.exception()); });
    QVERIFY2(text.contains(child.path()) && text.contains(u"a std::exception"_s), qPrintable(text));
    QCOMPARE(child.terminated().result(), event->reason);
    auto ask = results.waitFor<QFuture<void>>(10s);
    QVERIFY(ask);
    QVERIFY(fails<Actorio::ActorStopped>([&] { ask->waitForFinished(); }));
}

QTEST_GUILESS_MAIN(tst_ActorEnd)
#include "tst_actor_end.moc"
