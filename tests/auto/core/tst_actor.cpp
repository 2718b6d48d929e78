// SPDX-License-Identifier: MIT
#include "gate.h"
#include "host.h"
#include "life.h"

#include <Actorio/Actorio>

#include <QtCore/QCoreApplication>
#include <QtCore/QException>
#include <QtCore/QPromise>
#include <QtCore/QThread>
#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::ActorSystem;
using Actorio::ChildStopped;
using Actorio::Message;
using Actorio::Scoped;
using Actorio::StopReason;

class Scripted;

namespace {

// What the hooks of a Scripted actor do; an empty one does what Actor's own does.
struct Hooks
{
    std::function<void(Scripted &)> constructor = {};
    std::function<void(Scripted &)> setUp = {};
    std::function<void(Scripted &, const StopReason &)> tearDown = {};
    std::function<void(Scripted &, const ChildStopped &)> childStopped = {};
    std::function<void(Scripted &, const Message &)> handleMessage = {};
    std::function<void()> destructor = {};
};

// Code for a Scripted actor to run as a coroutine, which awaits `future` first.
struct DoAfter
{
    QFuture<void> future;
    Do code;
    std::function<void()> before = {};
};
struct Unknown
{
};

QFuture<void> readyFuture()
{
    QPromise<void> promise;
    promise.start();
    promise.finish();
    return promise.future();
}

class QtError : public QException
{
public:
    const char *what() const noexcept override { return "a QException"; }
    void raise() const override { throw *this; }
    QtError *clone() const override { return new QtError(*this); }
};

// Throws an exception of the named type.
void throwA(const QString &type)
{
    if (type == "std::exception"_L1)
        throw std::runtime_error("a std::exception");
    if (type == "QException"_L1)
        throw QtError();
    if (type == "int"_L1)
        throw 42;
    throw "text";
}
bool isA(const QString &type, const std::exception_ptr &exception)
{
    try {
        std::rethrow_exception(exception);
    } catch (const QtError &) {
        return type == "QException"_L1;
    } catch (const std::runtime_error &) {
        return type == "std::exception"_L1;
    } catch (int number) {
        return type == "int"_L1 && number == 42;
    } catch (const char *) {
        return type == "const char *"_L1;
    } catch (...) {
        return false;
    }
}

// The actors that failed with nobody to hear of it, with their reasons.
class Failures
{
public:
    explicit Failures(ActorSystem &system)
    {
        // Direct: the signal comes from the threads of the actors.
        QObject::connect(
                &system, &ActorSystem::actorFailed, &system,
                [this](const ActorRef<> &actor, const StopReason &reason) {
                    const std::lock_guard lock(m_mutex);
                    m_all.push_back({actor, reason});
                },
                Qt::DirectConnection);
    }
    std::vector<std::pair<ActorRef<>, StopReason>> all() const
    {
        const std::lock_guard lock(m_mutex);
        return m_all;
    }

private:
    mutable std::mutex m_mutex;
    std::vector<std::pair<ActorRef<>, StopReason>> m_all;
};

void expectUnheardFailure(const QString &text)
{
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u"failed, and nobody heard of it: .*"_s
                                            + QRegularExpression::escape(text)));
}

} // namespace

// A Host whose hooks, constructor and destructor do what the test says, too.
class Scripted : public Host
{
    Q_OBJECT
public:
    explicit Scripted(Hooks hooks = {}) : m_hooks(std::move(hooks))
    {
        if (m_hooks.constructor)
            m_hooks.constructor(*this);
    }
    ~Scripted() override
    {
        if (m_hooks.destructor)
            m_hooks.destructor();
    }

    using Host::receive;

public Q_SLOTS:
    void receive(const Do &work) override { Host::receive(work); }
    QFuture<void> receive(const DoAfter &message)
    {
        if (message.before)
            message.before();
        co_await message.future;
        message.code(*this);
    }

protected:
    void setUp() override
    {
        if (m_hooks.setUp)
            m_hooks.setUp(*this);
    }
    void tearDown(const StopReason &reason) override
    {
        if (m_hooks.tearDown)
            m_hooks.tearDown(*this, reason);
    }
    void childStopped(const ChildStopped &event) override
    {
        if (m_hooks.childStopped)
            m_hooks.childStopped(*this, event);
        else
            Actor::childStopped(event);
    }
    void handleMessage(const Message &message) override
    {
        if (m_hooks.handleMessage)
            m_hooks.handleMessage(*this, message);
        else
            Actor::handleMessage(message);
    }

private:
    const Hooks m_hooks;
};

// Waits until the actor is set up.
static void awaitStart(const ActorRef<Scripted> &actor)
{
    actor.ask(Do{[](Scripted &) {}}).waitForFinished();
}

class MoreScripted : public Scripted
{
    Q_OBJECT
public:
    using Scripted::Scripted;
};

class Unrelated : public Actorio::Actor
{
    Q_OBJECT
};

namespace Home {
class Lodger : public Actorio::Actor
{
    Q_OBJECT
};
} // namespace Home

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

class WithArguments : public Actorio::Actor
{
    Q_OBJECT
public:
    WithArguments(QString text, std::unique_ptr<int> number, ActorRef<Scripted> other)
        : m_text(std::move(text)), m_number(std::move(number)), m_other(std::move(other))
    {
    }

public Q_SLOTS:
    QString receive(bool) { return m_text + QString::number(*m_number) + m_other.name(); }

private:
    const QString m_text;
    const std::unique_ptr<int> m_number;
    const ActorRef<Scripted> m_other;
};

class tst_Actor : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();

    void promise5_setUpComesBeforeTheMessagesSentEarlier();
    void setUpThatWaitsKeepsMessagesWaiting();
    void promise5_tearDownComesOnceWithTheReason_data();
    void promise5_tearDownComesOnceWithTheReason();
    void noTearDownAfterASetUpThatThrew_data();
    void noTearDownAfterASetUpThatThrew();
    void livesInItsThreadFromConstructorToDestructor_data();
    void livesInItsThreadFromConstructorToDestructor();
    void takesItsArgumentsAsTheyAreMeant();

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

    void aFailureClimbsToTheRoot();
    void anOverriddenChildStoppedKeepsTheParent();
    void aFailureWhileTheParentStopsIsNotLost();
    void childrenStopNewestFirstBeforeTearDown();
    void spawnsNoChildrenOnceItStops();
    void listsItsChildrenOldestFirst();
    void knowsItsParent();

    void namesItself();
    void siblingsHaveDifferentNames();
    void referencesKnowTheClass();
    void referencesCompareHashAndPrint();
    void knowsItself();
    void anActorThatWasNotSpawnedHasNobody();

    void anyExceptionIsAFailureOfTheActor_data();
    void anyExceptionIsAFailureOfTheActor();
    void theFirstFailureIsTheReason();
    void aMessageThatBreaksInTellIsTheSendersProblem();
    void aMessageThatBreaksOnDeliveryFailsTheActor();
    void aConstructorThatThrowsFailsTheSpawn();

    void registerChildMovesItToItsThread();
    void registerChildRefusesAnActorThatHasAParent();
    void registerChildRefusesAnActorOfAnotherThread();
    void registerChildRefusesNull();
    void deleteLaterMeansStop();
    void survivesBeingDeletedDirectly();
    void survivesDeletingItselfInAHandler();
    void childrenOutliveAParentThatIsDeletedDirectly();
};

void tst_Actor::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
}

// Hooks

void tst_Actor::promise5_setUpComesBeforeTheMessagesSentEarlier()
{
    Journal journal;
    Gate gate;
    const auto note = [&](const QString &what) {
        return Do{[&journal, what](Scripted &) { journal.note(what); }};
    };
    Hooks hooks;
    hooks.constructor = [&](Scripted &) { journal.note(u"constructor"_s); };
    hooks.setUp = [&, door = gate.door()](Scripted &) {
        door->pass();
        journal.note(u"setUp"_s);
    };
    const Scoped<Scripted> actor(Actorio::SpawnOptions{.on = Actorio::dedicatedThread()}, hooks);
    QVERIFY(actor.tell(note(u"1"_s)));
    QVERIFY(gate.isReached());
    QVERIFY(actor.tell(note(u"2"_s)));
    Actorio::Ask<void> third = actor.ask(note(u"3"_s));
    gate.open();
    third.waitForFinished();
    QCOMPARE(journal.entries(),
             QStringList({u"constructor"_s, u"setUp"_s, u"1"_s, u"2"_s, u"3"_s}));
}

void tst_Actor::setUpThatWaitsKeepsMessagesWaiting()
{
    Journal journal;
    QPromise<void> promise;
    promise.start();
    Hooks hooks;
    hooks.setUp = [&](Scripted &actor) { actor.busyUntil(promise.future()); };
    const Scoped<Scripted> actor(hooks);
    Actorio::Ask<void> message = actor.ask(Do{[&](Scripted &) { journal.note(u"message"_s); }});
    const Scoped<Scripted> other; // something goes on meanwhile
    other.ask(Do{[](Scripted &) {}}).waitForFinished();
    QVERIFY(!message.isFinished());
    journal.note(u"set up"_s);
    promise.finish();
    message.waitForFinished();
    QCOMPARE(journal.entries(), QStringList({u"set up"_s, u"message"_s}));
}

void tst_Actor::promise5_tearDownComesOnceWithTheReason_data()
{
    QTest::addColumn<QString>("end");
    QTest::addColumn<StopReason::Kind>("kind");
    QTest::newRow("stop") << u"stop"_s << StopReason::Stopped;
    QTest::newRow("drain") << u"drain"_s << StopReason::Stopped;
    QTest::newRow("kill") << u"kill"_s << StopReason::Killed;
    QTest::newRow("its own stop") << u"own"_s << StopReason::Stopped;
    QTest::newRow("StopActor") << u"StopActor"_s << StopReason::Stopped;
    QTest::newRow("failure") << u"failure"_s << StopReason::Failed;
}

void tst_Actor::promise5_tearDownComesOnceWithTheReason()
{
    QFETCH(QString, end);
    QFETCH(StopReason::Kind, kind);
    Journal journal;
    Hooks hooks;
    hooks.tearDown = [&](Scripted &, const StopReason &reason) {
        journal.note(u"tearDown "_s + reason.message());
    };
    hooks.destructor = [&] { journal.note(u"destructor"_s); };
    const Scoped<Scripted> actor(hooks);
    actor.ask(Do{[](Scripted &) {}}).waitForFinished();

    if (end == "stop"_L1) {
        ActorRef<>(actor).stop();
    } else if (end == "drain"_L1) {
        actor.drain();
    } else if (end == "kill"_L1) {
        actor.kill();
    } else if (end == "own"_L1) {
        QVERIFY(actor.tell(Do{[](Scripted &self) { self.stop(); }}));
    } else if (end == "StopActor"_L1) {
        QVERIFY(actor.tell(Do{[](Scripted &) { throw Actorio::StopActor{}; }}));
    } else {
        expectUnheardFailure(u"a std::exception"_s);
        QVERIFY(actor.tell(Do{[](Scripted &) { throwA(u"std::exception"_s); }}));
    }
    const StopReason reason = actor.terminated().result();
    QCOMPARE(reason.kind(), kind);
    QCOMPARE(journal.entries(), QStringList({u"tearDown "_s + reason.message(), u"destructor"_s}));
}

void tst_Actor::noTearDownAfterASetUpThatThrew_data()
{
    QTest::addColumn<bool>("isFailure");
    QTest::newRow("an exception") << true;
    QTest::newRow("StopActor") << false;
}

void tst_Actor::noTearDownAfterASetUpThatThrew()
{
    QFETCH(bool, isFailure);
    Journal journal;
    Hooks hooks;
    hooks.setUp = [&](Scripted &) {
        if (isFailure)
            throwA(u"std::exception"_s);
        throw Actorio::StopActor{};
    };
    hooks.tearDown = [&](Scripted &, const StopReason &) { journal.note(u"tearDown"_s); };
    hooks.destructor = [&] { journal.note(u"destructor"_s); };
    if (isFailure)
        expectUnheardFailure(u"a std::exception"_s);
    const Scoped<Scripted> actor(hooks);
    QCOMPARE(actor.terminated().result().kind(),
             isFailure ? StopReason::Failed : StopReason::Stopped);
    QCOMPARE(journal.entries(), QStringList({u"destructor"_s}));
}

void tst_Actor::livesInItsThreadFromConstructorToDestructor_data()
{
    QTest::addColumn<bool>("isDedicated");
    QTest::newRow("pool") << false;
    QTest::newRow("dedicated thread") << true;
}

void tst_Actor::livesInItsThreadFromConstructorToDestructor()
{
    QFETCH(bool, isDedicated);
    std::mutex mutex;
    std::vector<QThread *> threads;
    std::atomic<bool> isAtHome = true;
    const auto look = [&](const Scripted &actor) {
        const std::lock_guard lock(mutex);
        threads.push_back(QThread::currentThread());
        if (actor.thread() != QThread::currentThread())
            isAtHome = false;
    };
    Hooks hooks;
    hooks.constructor = look;
    hooks.setUp = look;
    hooks.tearDown = [&](Scripted &actor, const StopReason &) { look(actor); };
    hooks.handleMessage = [&](Scripted &actor, const Message &) { look(actor); };
    hooks.childStopped = [&](Scripted &actor, const ChildStopped &) { look(actor); };
    hooks.destructor = [&] {
        const std::lock_guard lock(mutex);
        threads.push_back(QThread::currentThread());
    };
    {
        const Scoped<Scripted> actor(Actorio::SpawnOptions{.on = isDedicated
                                                                   ? Actorio::dedicatedThread()
                                                                   : Actorio::pool()},
                                     hooks);
        actor.ask(Do{look}).waitForFinished();
        actor.ask(DoAfter{readyFuture(), look}).waitForFinished();
        ActorRef<>(actor).ask<void>(Unknown{}).waitForFinished();
        actor.ask(Do{[](Scripted &self) { self.spawn<Unrelated>().stop(); }}).waitForFinished();
        QTRY_VERIFY([&] {
            const std::lock_guard lock(mutex);
            return threads.size() == 6;
        }());
    }
    const std::lock_guard lock(mutex);
    QCOMPARE(threads.size(), 8u);
    QVERIFY(isAtHome);
    QVERIFY(threads.front() != QThread::currentThread());
    QCOMPARE(std::count(threads.begin(), threads.end(), threads.front()), 8);
}

void tst_Actor::takesItsArgumentsAsTheyAreMeant()
{
    const Scoped<Scripted> other;
    const QString text = u"a text that is long enough to live on the heap "_s;
    // Made late, in another thread, when the temporaries of this one have long gone.
    const Scoped<Scripted> before(Actorio::SpawnOptions{.on = Actorio::dedicatedThread()});
    ActorRef<WithArguments> actor;
    before.ask(Do{[&](Scripted &self) {
              actor = self.spawn<WithArguments>({.on = Actorio::sameThread()}, text % text.left(7),
                                                std::make_unique<int>(7), other);
          }})
            .waitForFinished();
    QCOMPARE(actor.ask(true).result(), text + u"a text 7"_s + other.name());
}

// Stopping

void tst_Actor::stopInAHandlerLetsItFinish()
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

void tst_Actor::stopActorEndsItWithoutAFailure_data()
{
    QTest::addColumn<QString>("place");
    for (const char *const place : {"constructor", "setUp", "receive", "coroutine", "handleMessage",
                                    "childStopped", "tearDown"})
        QTest::newRow(place) << QString::fromLatin1(place);
}

void tst_Actor::stopActorEndsItWithoutAFailure()
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
void tst_Actor::aFloodedActorIsStoppedInSlices()
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

void tst_Actor::stopMakesQueuedMessagesDeadLetters()
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

void tst_Actor::drainHandlesQueuedMessages()
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

void tst_Actor::killOvertakesQueuedMessages()
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

void tst_Actor::killEndsACoroutineAtItsAwait()
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

void tst_Actor::stopBeforeItStartsMakesNoActor()
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

void tst_Actor::terminatedOfNobodyIsReady()
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

void tst_Actor::terminatedIsHeardByAllAfterTheDestructor()
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

void tst_Actor::stopReasonsTellWhatHappened()
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

// Parents and children

void tst_Actor::aFailureClimbsToTheRoot()
{
    ActorSystem system;
    const Failures failures(system);
    Journal journal;
    const auto noting = [&](const QString &name) {
        Hooks hooks;
        hooks.tearDown = [&journal, name](Scripted &, const StopReason &reason) {
            journal.note(name + u": "_s + reason.message());
        };
        return hooks;
    };
    const auto root = system.spawn<Scripted>(noting(u"root"_s));
    const Scoped<Scripted> joined(root);
    const auto grow = [&](const ActorRef<Scripted> &parent, const QString &name) {
        ActorRef<Scripted> child;
        parent.ask(Do{[&](Scripted &self) { child = self.spawn<Scripted>(noting(name)); }})
                .waitForFinished();
        return child;
    };
    const ActorRef<Scripted> child = grow(root, u"child"_s);
    const ActorRef<Scripted> grandchild = grow(child, u"grandchild"_s);

    expectUnheardFailure(u"a std::exception"_s);
    QVERIFY(grandchild.tell(Do{[](Scripted &) { throwA(u"std::exception"_s); }}));
    const StopReason reason = root.terminated().result();
    QVERIFY(isA(u"std::exception"_s, reason.exception()));
    QCOMPARE(grandchild.terminated().result(), reason);
    QCOMPARE(child.terminated().result(), reason);
    QCOMPARE(journal.entries(),
             QStringList({u"grandchild: a std::exception"_s, u"child: a std::exception"_s,
                          u"root: a std::exception"_s}));
    QCOMPARE(failures.all().size(), 1u); // once, by the root
    QCOMPARE(failures.all().front().first, ActorRef<>(root));
    QCOMPARE(failures.all().front().second, reason);
}

void tst_Actor::anOverriddenChildStoppedKeepsTheParent()
{
    Actorio::Inbox inbox;
    Hooks hooks;
    hooks.childStopped = [ref = inbox.ref()](Scripted &self, const ChildStopped &event) {
        ref.tell(event);
        ref.tell(static_cast<int>(self.childActors().size()));
    };
    const Scoped<Scripted> parent(hooks);
    for (const bool isFailure : {true, false}) {
        ActorRef<Scripted> child;
        parent.ask(Do{[&](Scripted &self) { child = self.spawn<Scripted>(); }}).waitForFinished();
        child.tell(Do{[=](Scripted &self) {
            if (isFailure)
                throwA(u"int"_s);
            self.stop();
        }});
        const std::optional<ChildStopped> event = inbox.waitFor<ChildStopped>(10s);
        QVERIFY(event);
        QCOMPARE(event->child, ActorRef<>(child));
        QCOMPARE(event->reason, child.terminated().result());
        QCOMPARE(event->reason.isFailure(), isFailure);
        QCOMPARE(inbox.waitFor<int>(10s), 0); // it is no child any more
    }
    parent.ask(Do{[](Scripted &) {}}).waitForFinished();
}

void tst_Actor::aFailureWhileTheParentStopsIsNotLost()
{
    ActorSystem system;
    const Failures failures(system);
    std::atomic<int> heard = 0;
    Hooks hooks;
    hooks.childStopped = [&](Scripted &, const ChildStopped &) { ++heard; };
    const Scoped<Scripted> parent(system.spawn<Scripted>(hooks));
    ActorRef<Scripted> child;
    parent.ask(Do{[&](Scripted &self) {
              Hooks childHooks;
              childHooks.tearDown = [](Scripted &, const StopReason &) {
                  throwA(u"std::exception"_s);
              };
              child = self.spawn<Scripted>(childHooks);
          }})
            .waitForFinished();
    child.ask(Do{[](Scripted &) {}}).waitForFinished();
    expectUnheardFailure(u"a std::exception"_s);
    ActorRef<>(parent).stop();
    QCOMPARE(parent.terminated().result().kind(), StopReason::Stopped);
    QCOMPARE(heard, 0);
    QCOMPARE(failures.all().size(), 1u);
    QCOMPARE(failures.all().front().first, ActorRef<>(child));
    QCOMPARE(failures.all().front().second.message(), u"a std::exception"_s);
}

void tst_Actor::childrenStopNewestFirstBeforeTearDown()
{
    Journal journal;
    Hooks hooks;
    hooks.tearDown = [&](Scripted &, const StopReason &) { journal.note(u"parent"_s); };
    Scoped<Scripted> parent(hooks);
    parent.ask(Do{[&](Scripted &self) {
              for (const QString &name : {u"1"_s, u"2"_s, u"3"_s}) {
                  Hooks childHooks;
                  childHooks.setUp = [](Scripted &) {};
                  childHooks.tearDown = [&journal, name](Scripted &, const StopReason &) {
                      journal.note(name);
                  };
                  childHooks.destructor = [&journal, name] { journal.note(u'~' + name); };
                  self.spawn<Scripted>(childHooks).ask(Do{[](Scripted &) {}}).future();
              }
          }})
            .waitForFinished();
    QList<ActorRef<>> children;
    parent.ask(Do{[&](Scripted &self) { children = self.childActors(); }}).waitForFinished();
    for (const ActorRef<> &child : std::as_const(children))
        child.ask<void>(Do{[](Scripted &) {}}).waitForFinished();
    parent.stop();
    QCOMPARE(journal.entries(),
             QStringList({u"3"_s, u"~3"_s, u"2"_s, u"~2"_s, u"1"_s, u"~1"_s, u"parent"_s}));
}

void tst_Actor::spawnsNoChildrenOnceItStops()
{
    Actorio::Inbox inbox;
    Hooks hooks;
    hooks.tearDown = [ref = inbox.ref()](Scripted &self, const StopReason &) {
        const ActorRef<Scripted> child = self.spawn<Scripted>();
        ref.tell(child.terminated().result());
        ref.tell(child.tell(Do{}));
    };
    Scoped<Scripted> parent(hooks);
    parent.ask(Do{[](Scripted &) {}}).waitForFinished();
    expectUnheardFailure(u"could not be spawned"_s);
    parent.stop();
    const std::optional<StopReason> reason = inbox.waitFor<StopReason>(0s);
    QVERIFY(reason);
    QVERIFY(fails<Actorio::SpawnFailed>([&] { std::rethrow_exception(reason->exception()); }));
    QCOMPARE(inbox.waitFor<bool>(0s), false);
}

void tst_Actor::listsItsChildrenOldestFirst()
{
    const Scoped<Scripted> parent;
    parent.ask(Do{[](Scripted &self) {
              QVERIFY(self.childActors().isEmpty());
              QList<ActorRef<>> expected;
              for (int i = 0; i < 5; ++i)
                  expected.append(self.spawn<Scripted>());
              QCOMPARE(self.childActors(), expected);
              expected.append(self.registerChild(std::make_unique<Unrelated>()));
              QCOMPARE(self.childActors(), expected);
          }})
            .waitForFinished();
    QList<ActorRef<>> children;
    const auto list = Do{[&](Scripted &self) { children = self.childActors(); }};
    parent.ask(list).waitForFinished();
    QCOMPARE(children.size(), 6);
    QList<ActorRef<>> expected = children;
    expected.takeAt(2).stop();
    // It leaves the list with its childStopped().
    QTRY_VERIFY((parent.ask(list).waitForFinished(), children == expected));
}

void tst_Actor::knowsItsParent()
{
    const Scoped<Scripted> parent;
    ActorRef<> parentOfChild;
    ActorRef<> parentOfRoot = parent;
    ActorRef<Scripted> child;
    parent.ask(Do{[&](Scripted &self) {
              parentOfRoot = self.parentRef();
              child = self.spawn<Scripted>();
          }})
            .waitForFinished();
    child.ask(Do{[&](Scripted &self) { parentOfChild = self.parentRef(); }}).waitForFinished();
    QCOMPARE(parentOfChild, ActorRef<>(parent));
    QVERIFY(!parentOfRoot);
}

// Names and references

void tst_Actor::namesItself()
{
    const Scoped<Scripted> actor;
    QVERIFY2(QRegularExpression(u"^Scripted-\\d+$"_s).match(actor.name()).hasMatch(),
             qPrintable(actor.name()));
    QCOMPARE(actor.path(), u'/' + actor.name());
    const Scoped<Home::Lodger> lodger;
    QVERIFY2(lodger.name().startsWith(u"Lodger-"_s), qPrintable(lodger.name()));

    const Scoped<Scripted> named(Actorio::SpawnOptions{.name = u"manager"_s});
    QCOMPARE(named.name(), u"manager"_s);
    ActorRef<Scripted> child;
    ActorRef<Scripted> other;
    named.ask(Do{[&](Scripted &self) {
             child = self.spawn<Scripted>({.name = u"worker"_s});
             other = self.spawn<Scripted>();
         }}).waitForFinished();
    QCOMPARE(child.path(), u"/manager/worker"_s);
    QCOMPARE(other.path(), u"/manager/"_s + other.name());
    ActorRef<>(named).stop();
    named.terminated().waitForFinished();
    QCOMPARE(child.path(), u"/manager/worker"_s); // also when it has gone
    QVERIFY(actor.id() != lodger.id());
    QCOMPARE(ActorRef<>().name(), QString());
    QCOMPARE(ActorRef<>().path(), QString());
    QCOMPARE(ActorRef<>().id(), 0u);
}

void tst_Actor::siblingsHaveDifferentNames()
{
    Actorio::Inbox inbox;
    Hooks hooks;
    hooks.childStopped = [ref = inbox.ref()](Scripted &self, const ChildStopped &event) {
        ref.tell(event);
        if (!event.reason.isFailure()) // the name is free from now on
            ref.tell(self.spawn<Scripted>({.name = u"worker"_s}));
    };
    const Scoped<Scripted> parent(hooks);
    ActorRef<Scripted> first;
    ActorRef<Scripted> second;
    parent.ask(Do{[&](Scripted &self) {
              first = self.spawn<Scripted>({.name = u"worker"_s});
              second = self.spawn<Scripted>({.name = u"worker"_s});
          }})
            .waitForFinished();
    QCOMPARE(first, first.as<Scripted>());
    QVERIFY(first.isRunning());
    QVERIFY(!second.isRunning());
    QVERIFY(!second.tell(Do{}));
    const std::optional<ChildStopped> refused = inbox.waitFor<ChildStopped>(10s);
    QVERIFY(refused);
    QCOMPARE(refused->child, ActorRef<>(second));
    const QString text = errorOf<Actorio::SpawnFailed>(
            [&] { std::rethrow_exception(refused->reason.exception()); });
    QVERIFY2(text.contains(u"worker"_s) && text.contains(u"name"_s), qPrintable(text));
    QCOMPARE(second.terminated().result(), refused->reason);

    first.stop();
    QVERIFY(inbox.waitFor<ChildStopped>(10s));
    const auto third = inbox.waitFor<ActorRef<Scripted>>(10s);
    QVERIFY(third);
    third->ask(Do{[](Scripted &) {}}).waitForFinished();
    QCOMPARE(third->name(), u"worker"_s);
    // Elsewhere the name means another.
    const Scoped<Scripted> root(Actorio::SpawnOptions{.name = u"worker"_s});
    root.ask(Do{[](Scripted &) {}}).waitForFinished();
    expectUnheardFailure(u"could not be spawned"_s);
    QVERIFY(!Actorio::spawn<Scripted>({.name = u"worker"_s}).isRunning());
}

void tst_Actor::referencesKnowTheClass()
{
    const Scoped<MoreScripted> actor;
    const ActorRef<> any = actor;
    QCOMPARE(any.as<MoreScripted>(), any);
    QCOMPARE(any.as<Scripted>(), any);
    QCOMPARE(any.as<Actorio::Actor>(), any);
    QVERIFY(!any.as<Unrelated>());
    any.as<Scripted>().ask(Do{[](Scripted &) {}}).waitForFinished();
    const ActorRef<Scripted> base = actor;
    QVERIFY(base.as<MoreScripted>());
    const Scoped<Scripted> plain;
    QVERIFY(!plain.as<MoreScripted>());
    QVERIFY(!ActorRef<>().as<Scripted>());
    const Actorio::Inbox inbox;
    QVERIFY(!inbox.ref().as<Scripted>());
    ActorRef<>(actor).stop();
    actor.terminated().waitForFinished();
    QVERIFY(any.as<MoreScripted>()); // what has ended was one
}

void tst_Actor::referencesCompareHashAndPrint()
{
    const Scoped<Scripted> one(Actorio::SpawnOptions{.name = u"one"_s});
    const Scoped<Unrelated> other;
    const ActorRef<> any = one;
    QVERIFY(any == one);
    QVERIFY(!(any != one));
    QVERIFY(any != other);
    QVERIFY(one);
    QVERIFY(!ActorRef<Scripted>());
    QVERIFY(ActorRef<Scripted>() == ActorRef<>());
    QCOMPARE(qHash(any), qHash(ActorRef<Scripted>(one)));
    QCOMPARE(qHash(any, 7), qHash(ActorRef<Scripted>(one), 7));
    const QSet<ActorRef<>> set{any, other, one};
    QCOMPARE(set.size(), 2);
    QVERIFY(set.contains(other));
    QString text;
    QDebug(&text) << any << ActorRef<>();
    QCOMPARE(text.trimmed(), u"ActorRef(/one) ActorRef(null)"_s);
}

void tst_Actor::knowsItself()
{
    const Scoped<Scripted> actor;
    ActorRef<> self;
    ActorRef<Scripted> typed;
    actor.ask(Do{[&](Scripted &object) {
             self = object.self();
             typed = Actorio::refTo(&object);
         }}).waitForFinished();
    QCOMPARE(self, ActorRef<>(actor));
    QCOMPARE(typed, actor);
    typed.ask(Do{[](Scripted &) {}}).waitForFinished();

    // Already in its constructor.
    Actorio::Inbox inbox;
    Hooks hooks;
    hooks.constructor = [ref = inbox.ref()](Scripted &object) { ref.tell(object.self()); };
    const Scoped<Scripted> early(hooks);
    QCOMPARE(inbox.waitFor<ActorRef<>>(10s), ActorRef<>(early));
}

void tst_Actor::anActorThatWasNotSpawnedHasNobody()
{
    Scripted actor;
    QVERIFY(!actor.self());
    QVERIFY(!Actorio::refTo(&actor));
    QVERIFY(!actor.parentRef());
    QVERIFY(actor.childActors().isEmpty());
    QVERIFY(!actor.currentMessage());
    QVERIFY(!actor.reply(1));
    actor.stop();
}

// Failures

void tst_Actor::anyExceptionIsAFailureOfTheActor_data()
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

void tst_Actor::anyExceptionIsAFailureOfTheActor()
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

void tst_Actor::theFirstFailureIsTheReason()
{
    Hooks hooks;
    hooks.tearDown = [](Scripted &, const StopReason &) { throwA(u"int"_s); };
    const Scoped<Scripted> actor(hooks);
    expectUnheardFailure(u"a QException"_s);
    QVERIFY(actor.tell(Do{[](Scripted &) { throwA(u"QException"_s); }}));
    QVERIFY(isA(u"QException"_s, actor.terminated().result().exception()));
}

void tst_Actor::aMessageThatBreaksInTellIsTheSendersProblem()
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

void tst_Actor::aMessageThatBreaksOnDeliveryFailsTheActor()
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

void tst_Actor::aConstructorThatThrowsFailsTheSpawn()
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

// Objects

void tst_Actor::registerChildMovesItToItsThread()
{
    Journal journal;
    Gate gate;
    std::atomic<QThread *> constructed = nullptr;
    std::atomic<QThread *> handled = nullptr;
    std::atomic<QThread *> deleted = nullptr;
    Scoped<Scripted> parent;
    ActorRef<Scripted> child;
    parent.ask(Do{[&](Scripted &self) {
              Hooks hooks;
              hooks.constructor = [&](Scripted &) { constructed = QThread::currentThread(); };
              hooks.setUp = [&](Scripted &actor) {
                  journal.note(actor.thread() == QThread::currentThread() ? u"setUp"_s
                                                                          : u"setUp elsewhere"_s);
              };
              hooks.tearDown = [&](Scripted &, const StopReason &) { journal.note(u"tearDown"_s); };
              hooks.destructor = [&] { deleted = QThread::currentThread(); };
              auto made = std::make_unique<MoreScripted>(hooks);
              new QObject(made.get()); // moves along
              child = self.registerChild(std::move(made),
                                         {.on = Actorio::dedicatedThread(), .name = u"made"_s});
          }})
            .waitForFinished();
    child.ask(Do{[&](Scripted &self) {
             handled = QThread::currentThread();
             QCOMPARE(self.children().front()->thread(), QThread::currentThread());
         }}).waitForFinished();
    QCOMPARE(child.path(), parent.path() + u"/made"_s);
    QVERIFY(child.as<MoreScripted>());
    QVERIFY(constructed != handled);
    parent.stop();
    QCOMPARE(deleted.load(), handled.load());
    QCOMPARE(journal.entries(), QStringList({u"setUp"_s, u"tearDown"_s}));
}

// What an actor hears of a child that it cannot register; it lives on.
static std::optional<ChildStopped> refusal(const std::function<void(Scripted &)> &registerIt)
{
    Actorio::Inbox inbox;
    Hooks hooks;
    hooks.childStopped = [ref = inbox.ref()](Scripted &, const ChildStopped &event) {
        ref.tell(event);
    };
    const Scoped<Scripted> parent(hooks);
    parent.ask(Do{registerIt}).waitForFinished();
    std::optional<ChildStopped> event = inbox.waitFor<ChildStopped>(10s);
    parent.ask(Do{[](Scripted &) {}}).waitForFinished();
    return event;
}

static QString spawnFailure(const StopReason &reason)
{
    return errorOf<Actorio::SpawnFailed>([&] { std::rethrow_exception(reason.exception()); });
}

void tst_Actor::registerChildRefusesAnActorThatHasAParent()
{
    std::atomic<bool> isDeleted = false;
    const std::optional<ChildStopped> event = refusal([&](Scripted &self) {
        Hooks hooks;
        hooks.destructor = [&] { isDeleted = true; };
        auto child = std::make_unique<Scripted>(hooks);
        child->setParent(&self);
        QVERIFY(!self.registerChild(std::move(child)).isRunning());
        QVERIFY(self.childActors().isEmpty());
    });
    QVERIFY(isDeleted);
    QVERIFY(event);
    const QString text = spawnFailure(event->reason);
    QVERIFY2(text.contains(u"Scripted"_s) && text.contains(u"parent"_s), qPrintable(text));
}

void tst_Actor::registerChildRefusesAnActorOfAnotherThread()
{
    auto made = std::make_unique<Scripted>(); // in this thread
    const std::optional<ChildStopped> event = refusal(
            [&](Scripted &self) { QVERIFY(!self.registerChild(std::move(made)).isRunning()); });
    QVERIFY(event);
    const QString text = spawnFailure(event->reason);
    QVERIFY2(text.contains(u"Scripted"_s) && text.contains(u"thread"_s), qPrintable(text));
}

void tst_Actor::registerChildRefusesNull()
{
    ActorRef<Scripted> child;
    const std::optional<ChildStopped> event = refusal([&](Scripted &self) {
        child = self.registerChild(std::unique_ptr<Scripted>(), {.name = u"nobody"_s});
        QVERIFY(self.childActors().isEmpty());
    });
    QVERIFY(!child.isRunning());
    QVERIFY(!child.tell(Do{[](Scripted &) {}}));
    QVERIFY(child.terminated().isFinished());
    QVERIFY(event);
    QVERIFY(event->child == child);
    for (const StopReason &reason : {event->reason, child.terminated().result()}) {
        const QString text = spawnFailure(reason);
        QVERIFY2(text.contains(u"nobody"_s) && text.contains(u"there is no actor"_s),
                 qPrintable(text));
    }
}

void tst_Actor::deleteLaterMeansStop()
{
    Journal journal;
    Hooks hooks;
    hooks.tearDown = [&](Scripted &, const StopReason &reason) {
        journal.note(u"tearDown "_s + reason.message());
    };
    hooks.destructor = [&] { journal.note(u"destructor"_s); };
    const Scoped<Scripted> actor(hooks);
    actor.ask(Do{[&](Scripted &self) {
             self.deleteLater();
             journal.note(u"handler"_s);
         }}).waitForFinished();
    QCOMPARE(actor.terminated().result().kind(), StopReason::Stopped);
    QCOMPARE(journal.entries(),
             QStringList({u"handler"_s, u"tearDown stopped"_s, u"destructor"_s}));
}

void tst_Actor::survivesBeingDeletedDirectly()
{
    Actorio::Inbox inbox;
    Hooks hooks;
    hooks.childStopped = [ref = inbox.ref()](Scripted &, const ChildStopped &event) {
        ref.tell(event);
    };
    const Scoped<Scripted> parent(hooks);
    Scripted *object = nullptr;
    ActorRef<Scripted> child;
    parent.ask(Do{[&](Scripted &self) {
              child = self.spawn<Scripted>({.on = Actorio::sameThread()});
          }})
            .waitForFinished();
    child.ask(Do{[&](Scripted &self) { object = &self; }}).waitForFinished();

    QTest::ignoreMessage(QtCriticalMsg,
                         QRegularExpression(QRegularExpression::escape(child.path())
                                            + u" was deleted directly"_s));
    QFuture<void> queued;
    parent.ask(Do{[&](Scripted &) {
              queued = child.ask(Do{[](Scripted &) {}});
              delete object;
          }})
            .waitForFinished();
    const std::optional<ChildStopped> event = inbox.waitFor<ChildStopped>(10s);
    QVERIFY(event);
    QCOMPARE(event->child, ActorRef<>(child));
    QCOMPARE(event->reason.kind(), StopReason::Failed);
    QVERIFY2(event->reason.message().contains(u"deleted directly"_s),
             qPrintable(event->reason.message()));
    QVERIFY(fails<Actorio::ActorStopped>([&] { queued.waitForFinished(); }));
    QVERIFY(!child.tell(Do{}));
    parent.ask(Do{[](Scripted &self) { QVERIFY(self.childActors().isEmpty()); }}).waitForFinished();
}

void tst_Actor::survivesDeletingItselfInAHandler()
{
    const Scoped<Scripted> actor;
    QTest::ignoreMessage(QtCriticalMsg, QRegularExpression(u"was deleted directly"_s));
    expectUnheardFailure(u"was deleted directly"_s);
    // From a copy on the stack: the message itself lives until its handler has ended.
    QVERIFY(actor.tell(Do{[](Scripted &self) { delete &self; }}));
    QCOMPARE(actor.terminated().result().kind(), StopReason::Failed);
}

void tst_Actor::childrenOutliveAParentThatIsDeletedDirectly()
{
    Journal journal;
    const Scoped<Scripted> parent;
    ActorRef<Scripted> child;
    parent.ask(Do{[&](Scripted &self) {
              Hooks hooks;
              hooks.tearDown = [&](Scripted &, const StopReason &reason) {
                  journal.note(u"tearDown "_s + reason.message());
              };
              hooks.destructor = [&] { journal.note(u"destructor"_s); };
              child = self.spawn<Scripted>({.on = Actorio::sameThread()}, hooks);
          }})
            .waitForFinished();
    child.ask(Do{[](Scripted &) {}}).waitForFinished();
    QTest::ignoreMessage(QtCriticalMsg,
                         QRegularExpression(QRegularExpression::escape(parent.path())
                                            + u" was deleted directly"_s));
    expectUnheardFailure(u"was deleted directly"_s);
    QVERIFY(parent.tell(Do{[](Scripted &self) { delete &self; }}));
    QCOMPARE(parent.terminated().result().kind(), StopReason::Failed);
    QVERIFY(!child.terminated().result().isFailure());
    QCOMPARE(journal.entries().size(), 2);
    QVERIFY(journal.entries().first().startsWith(u"tearDown"_s));
    QCOMPARE(journal.entries().last(), u"destructor"_s);
}

QTEST_GUILESS_MAIN(tst_Actor)
#include "tst_actor.moc"
