// SPDX-License-Identifier: MIT
// Parents and their children, and actors as objects that somebody registers or deletes.
#include "gate.h"
#include "host.h"
#include "life.h"
#include "scripted.h"

#include <Actorio/Actorio>

#include <QtCore/QThread>
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
using Actorio::Scoped;
using Actorio::StopReason;

namespace {

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

} // namespace

class tst_ActorChildren : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();

    void aFailureClimbsToTheRoot();
    void anOverriddenChildStoppedKeepsTheParent();
    void aFailureWhileTheParentStopsIsNotLost();
    void childrenStopNewestFirstBeforeTearDown();
    void spawnsNoChildrenOnceItStops();
    void listsItsChildrenOldestFirst();
    void knowsItsParent();

    void registerChildMovesItToItsThread();
    void registerChildRefusesAnActorThatHasAParent();
    void registerChildRefusesAnActorOfAnotherThread();
    void registerChildRefusesNull();
    void deleteLaterMeansStop();
    void survivesBeingDeletedDirectly();
    void survivesDeletingItselfInAHandler();
    void childrenOutliveAParentThatIsDeletedDirectly();
};

void tst_ActorChildren::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
}

// Parents and children

void tst_ActorChildren::aFailureClimbsToTheRoot()
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

void tst_ActorChildren::anOverriddenChildStoppedKeepsTheParent()
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

void tst_ActorChildren::aFailureWhileTheParentStopsIsNotLost()
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

void tst_ActorChildren::childrenStopNewestFirstBeforeTearDown()
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

void tst_ActorChildren::spawnsNoChildrenOnceItStops()
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

void tst_ActorChildren::listsItsChildrenOldestFirst()
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

void tst_ActorChildren::knowsItsParent()
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

// Objects

void tst_ActorChildren::registerChildMovesItToItsThread()
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

void tst_ActorChildren::registerChildRefusesAnActorThatHasAParent()
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

void tst_ActorChildren::registerChildRefusesAnActorOfAnotherThread()
{
    auto made = std::make_unique<Scripted>(); // in this thread
    const std::optional<ChildStopped> event = refusal(
            [&](Scripted &self) { QVERIFY(!self.registerChild(std::move(made)).isRunning()); });
    QVERIFY(event);
    const QString text = spawnFailure(event->reason);
    QVERIFY2(text.contains(u"Scripted"_s) && text.contains(u"thread"_s), qPrintable(text));
}

void tst_ActorChildren::registerChildRefusesNull()
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

void tst_ActorChildren::deleteLaterMeansStop()
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

void tst_ActorChildren::survivesBeingDeletedDirectly()
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

void tst_ActorChildren::survivesDeletingItselfInAHandler()
{
    const Scoped<Scripted> actor;
    QTest::ignoreMessage(QtCriticalMsg, QRegularExpression(u"was deleted directly"_s));
    expectUnheardFailure(u"was deleted directly"_s);
    // From a copy on the stack: the message itself lives until its handler has ended.
    QVERIFY(actor.tell(Do{[](Scripted &self) { delete &self; }}));
    QCOMPARE(actor.terminated().result().kind(), StopReason::Failed);
}

void tst_ActorChildren::childrenOutliveAParentThatIsDeletedDirectly()
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

QTEST_GUILESS_MAIN(tst_ActorChildren)
#include "tst_actor_children.moc"
