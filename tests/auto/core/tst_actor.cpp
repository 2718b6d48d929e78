// SPDX-License-Identifier: MIT
// The hooks of an actor, its names, and the references to it.
#include "gate.h"
#include "host.h"
#include "life.h"
#include "scripted.h"

#include <Actorio/Actorio>

#include <QtCore/QPromise>
#include <QtCore/QThread>
#include <QtTest/QTest>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::ChildStopped;
using Actorio::Message;
using Actorio::Scoped;
using Actorio::StopReason;

namespace Home {
class Lodger : public Actorio::Actor
{
    Q_OBJECT
};
} // namespace Home

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

    void namesItself();
    void siblingsHaveDifferentNames();
    void referencesKnowTheClass();
    void referencesCompareHashAndPrint();
    void knowsItself();
    void anActorThatWasNotSpawnedHasNobody();
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

QTEST_GUILESS_MAIN(tst_Actor)
#include "tst_actor.moc"
