// SPDX-License-Identifier: MIT
// Ownership is QObject parenthood: of a QObject in the same thread and in another, and of a parent actor; and in which order
// children end.
#include "checkedhost.h"

#include <Actorio/Actorio>

#include <QtCore/QPromise>
#include <QtCore/QSemaphore>
#include <QtCore/QThread>
#include <QtTest/QTest>

#include <algorithm>
#include <random>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::ActorSystem;
using Actorio::Placement;
using Actorio::StopReason;

class tst_Ownership : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void inTheSameThreadTheActorIsAChildOfItsOwner();
    void inAnotherThreadAGuardStandsForTheActors();
    void manyActorsAreInGroups();
    void theOwnersDeathStopsItsActorsInOrder();
    void theOwnersDeathStopsItsActorsElsewhere();
    void anOwnerDeletedInAHandlerOfItsActor();
    void anOwnerDeletedWhileAHandlerRunsElsewhere();
    void anOwnerDeletedBeforeItsActorIsMade_data();
    void anOwnerDeletedBeforeItsActorIsMade();
    void anActorThatEndsBeforeItsOwner_data();
    void anActorThatEndsBeforeItsOwner();
    void anOwnerDeletedLater_data();
    void anOwnerDeletedLater();
    void anOwnerInAnotherThreadThanTheSpawner();
    void anOwnerThatMovesLeavesItsActorsWhereTheyAre_data();
    void anOwnerThatMovesLeavesItsActorsWhereTheyAre();
    void anOwnerThatMovesToItsActorsThread();
    void anOwnerWhoseChildrenAreDeleted();
    void anOwnerThatIsDyingAlready_data();
    void anOwnerThatIsDyingAlready();
    void anActorAsOwner();
    void anOwnerInADeepTree();
    void anOwnerOfActorsInSeveralThreads_data();
    void anOwnerOfActorsInSeveralThreads();
    void anOwnerOfActorsOfTwoSystems();
    void ownersAndActorsThatEndAtTheSameTime_data();
    void ownersAndActorsThatEndAtTheSameTime();
    void deletingAnActorLaterStopsIt();
    void deletingAnActorDirectlyIsAFailure();

    void aChildInTheSameThreadIsAChildOfItsParentsObject();
    void promise6_childrenStopNewestFirstAndBeforeTheirParent_data();
    void promise6_childrenStopNewestFirstAndBeforeTheirParent();
    void aParentWaitsForABusyChild();
    void grandchildrenStopBeforeChildren();
    void aChildThatHasEndedIsNoChildAnyMore();
    void manyChildren_data();
    void manyChildren();
};

namespace {

// Spawned, and set up.
std::vector<ActorRef<Host>> spawnHosts(int count, Placement on, QObject *owner, Life &life,
                                       Journal *journal = nullptr)
{
    std::vector<ActorRef<Host>> actors;
    const int before = life.setUps;
    for (int i = 0; i < count; ++i) {
        actors.push_back(Actorio::spawn<CheckedHost>(
                {.owner = owner, .on = on, .name = journal ? QString::number(i) : QString()}, &life,
                journal));
    }
    if (!waitUntil([&] { return life.setUps == before + count; }))
        qFatal("the actors do not start");
    return actors;
}

QStringList countedDown(int count)
{
    QStringList names;
    while (count > 0)
        names.append(QString::number(--count));
    return names;
}

void bothPlaces()
{
    QTest::addColumn<bool>("isMain");
    QTest::newRow("the owner's thread") << true;
    QTest::newRow("another thread") << false;
}

} // namespace

void tst_Ownership::inTheSameThreadTheActorIsAChildOfItsOwner()
{
    Life life;
    QObject owner;
    const auto actors = spawnHosts(1, Actorio::mainThread(), &owner, life);
    QObject *parent = nullptr;
    QFuture<void> asked = actors[0].ask<void>(Do{[&](Host &host) { parent = host.parent(); }});
    QVERIFY(waitForFinished(asked));
    QCOMPARE(parent, &owner);
    QCOMPARE(owner.findChildren<Actorio::Actor *>().size(), 1);
    const auto gone = ends(actors);
    actors[0].stop();
    QVERIFY(areStopped(gone));
    QCOMPARE(owner.findChildren<Actorio::Actor *>().size(), 0);
    VERIFY_OVER(life, 1);
}

void tst_Ownership::inAnotherThreadAGuardStandsForTheActors()
{
    Life life;
    QObject owner;
    const auto actors = spawnHosts(20, Actorio::pool(), &owner, life);
    QObject *parent = &owner;
    actors[0].ask<void>(Do{[&](Host &host) { parent = host.parent(); }}).waitForFinished();
    QVERIFY(!parent);
    QCOMPARE(owner.children().size(), 1); // one guard for all
    QVERIFY(!qobject_cast<Actorio::Actor *>(owner.children().first()));
    const auto gone = ends(actors);
    for (const ActorRef<Host> &actor : actors)
        actor.stop();
    QVERIFY(areStopped(gone));
}

void tst_Ownership::manyActorsAreInGroups()
{
    constexpr int Count = 1'000;
    Life life;
    QObject owner;
    auto actors = spawnHosts(Count, Actorio::mainThread(), &owner, life);
    QCOMPARE(owner.findChildren<Actorio::Actor *>(QString(), Qt::FindDirectChildrenOnly).size(),
             256);
    QCOMPARE(owner.findChildren<Actorio::Actor *>().size(), Count);
    // The guard and three groups.
    QCOMPARE(owner.children().size(), 256 + 1 + 3);
    for (const QObject *const child : owner.children())
        QVERIFY(child->children().size() <= 256);
    const auto gone = ends(actors);
    std::shuffle(actors.begin(), actors.end(), std::mt19937(1));
    for (const ActorRef<Host> &actor : actors)
        actor.stop();
    QVERIFY(areStopped(gone));
    QVERIFY(owner.findChildren<Actorio::Actor *>().isEmpty());
    QVERIFY2(owner.children().size() <= 1, qPrintable(QString::number(owner.children().size())));
    VERIFY_OVER(life, Count);
}

void tst_Ownership::theOwnersDeathStopsItsActorsInOrder()
{
    constexpr int Count = 600; // groups, too
    Life life;
    Journal journal;
    auto owner = std::make_unique<QObject>();
    const auto actors = spawnHosts(Count, Actorio::mainThread(), owner.get(), life, &journal);
    const auto gone = ends(actors);
    owner.reset();
    QCOMPARE(life.tearDowns, 0); // they are told to stop, and outlive their owner until they have
    QCOMPARE(life.deleted, 0);
    QVERIFY(areStopped(gone));
    VERIFY_OVER(life, Count);
    QCOMPARE(journal.entries(), countedDown(Count));
}

void tst_Ownership::theOwnersDeathStopsItsActorsElsewhere()
{
    Life life;
    auto owner = std::make_unique<QObject>();
    const auto actors = spawnHosts(100, Actorio::pool(), owner.get(), life);
    const auto gone = ends(actors);
    owner.reset();
    for (const QFuture<StopReason> &end : gone)
        QCOMPARE(end.result().kind(),
                 StopReason::Stopped); // the event loop of this thread has no part in it
    VERIFY_OVER(life, 100);
}

void tst_Ownership::anOwnerDeletedInAHandlerOfItsActor()
{
    Life life;
    auto *const owner = new QObject;
    const auto actors = spawnHosts(2, Actorio::mainThread(), owner, life);
    const auto gone = ends(actors);
    QPromise<int> done;
    done.start();
    actors[0].tell(Do{[&](Host &host) {
        delete owner;
        host.setObjectName(u"alive"_s); // it is: the handler is on the stack
        done.addResult(life.deleted + life.tearDowns);
        done.finish();
    }});
    QVERIFY(areStopped(gone));
    QCOMPARE(done.future().result(), 0);
    VERIFY_OVER(life, 2);
}

void tst_Ownership::anOwnerDeletedWhileAHandlerRunsElsewhere()
{
    Life life;
    auto owner = std::make_unique<QObject>();
    QSemaphore isInside;
    QSemaphore goOn;
    const auto actors = spawnHosts(1, Actorio::pool(), owner.get(), life);
    const auto gone = ends(actors);
    std::atomic<bool> hasReturned{false};
    actors[0].tell(Do{[&](Host &) {
        isInside.release();
        goOn.acquire();
        hasReturned = life.tearDowns == 0 && life.deleted == 0;
    }});
    QVERIFY(isInside.tryAcquire(1, 20'000));
    owner.reset();
    QVERIFY(!actors[0].tell(Do{[](Host &) {}}));
    QVERIFY(!gone[0].isFinished());
    goOn.release();
    QVERIFY(areStopped(gone));
    QVERIFY(hasReturned);
    VERIFY_OVER(life, 1);
}

void tst_Ownership::anOwnerDeletedBeforeItsActorIsMade_data()
{
    bothPlaces();
}

void tst_Ownership::anOwnerDeletedBeforeItsActorIsMade()
{
    QFETCH(bool, isMain);
    Life life;
    ActorSystem system({.threads = 1});
    QSemaphore isInside;
    QSemaphore goOn;
    if (!isMain) { // keeps the thread busy until the owner has gone
        system.spawn<Host>().tell(Do{[&](Host &) {
            isInside.release();
            goOn.acquire();
        }});
        QVERIFY(isInside.tryAcquire(1, 20'000));
    }
    auto owner = std::make_unique<QObject>();
    const auto actor =
            system.spawn<CheckedHost>({.owner = owner.get(), .on = place(isMain)}, &life);
    const QFuture<StopReason> gone = actor.terminated();
    owner.reset();
    goOn.release();
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
    QCOMPARE(life.built, 0);
}

void tst_Ownership::anActorThatEndsBeforeItsOwner_data()
{
    bothPlaces();
}

void tst_Ownership::anActorThatEndsBeforeItsOwner()
{
    QFETCH(bool, isMain);
    Life life;
    {
        QObject owner;
        for (int i = 0; i < 3; ++i) {
            const auto actors = spawnHosts(3, place(isMain), &owner, life);
            const auto gone = ends(actors);
            for (const ActorRef<Host> &actor : actors)
                actor.tell(Do{[](Host &host) { host.stop(); }});
            QVERIFY(areStopped(gone));
        }
    }
    VERIFY_OVER(life, 9);
}

void tst_Ownership::anOwnerDeletedLater_data()
{
    bothPlaces();
}

void tst_Ownership::anOwnerDeletedLater()
{
    QFETCH(bool, isMain);
    Life life;
    auto *const owner = new QObject;
    const auto actors = spawnHosts(3, place(isMain), owner, life);
    const auto gone = ends(actors);
    owner->deleteLater();
    QVERIFY(areStopped(gone));
    VERIFY_OVER(life, 3);
}

void tst_Ownership::anOwnerInAnotherThreadThanTheSpawner()
{
    const QRegularExpression text(
            u"could not be spawned: its owner, a QObject, lives in another thread"_s);
    QTest::ignoreMessage(QtWarningMsg, text);
    Life life;
    UserThread thread;
    auto *const owner = new QObject;
    owner->moveToThread(&thread);
    const auto actor = Actorio::spawn<CheckedHost>({.owner = owner}, &life);
    const QFuture<StopReason> gone = actor.terminated();
    QVERIFY(gone.isFinished());
    QVERIFY2(gone.result().message().contains(text), qPrintable(gone.result().message()));
    QVERIFY_EXCEPTION_THROWN(std::rethrow_exception(gone.result().exception()),
                             Actorio::SpawnFailed);
    QCOMPARE(life.built, 0);
    owner->deleteLater();
}

void tst_Ownership::anOwnerThatMovesLeavesItsActorsWhereTheyAre_data()
{
    bothPlaces();
}

void tst_Ownership::anOwnerThatMovesLeavesItsActorsWhereTheyAre()
{
    QFETCH(bool, isMain);
    Life life;
    UserThread thread;
    auto *const top = new QObject;
    auto *const owner = new QObject(top); // moves with its own parent
    auto actors = spawnHosts(300, place(isMain), owner, life);
    const auto gone = ends(actors);
    top->moveToThread(&thread);
    for (const ActorRef<Host> &actor : actors) {
        QFuture<void> asked = actor.ask<void>(Do{[](Host &) {}});
        QVERIFY(waitForFinished(asked));
    }
    VERIFY_CLEAN(life);
    // Some end before the owner, the others with it.
    for (std::size_t i = 0; i < 100; ++i)
        actors[i].stop();
    QVERIFY(waitUntil([&] { return life.deleted >= 100; }));
    QCOMPARE(life.deleted, 100);
    top->deleteLater();
    QVERIFY(areStopped(gone));
    VERIFY_OVER(life, 300);
}

void tst_Ownership::anOwnerThatMovesToItsActorsThread()
{
    Life life;
    QPromise<void> deleted;
    deleted.start();
    UserThread thread;
    auto *const owner = new QObject;
    const auto actors = spawnHosts(3, Actorio::onThread(&thread), owner, life);
    const auto gone = ends(actors);
    owner->moveToThread(&thread);
    actors[0].tell(Do{[&](Host &) { delete owner; }});
    QVERIFY(areStopped(gone));
    VERIFY_OVER(life, 3);
}

void tst_Ownership::anOwnerWhoseChildrenAreDeleted()
{
    Life life;
    Journal journal;
    QObject owner;
    for (const bool isMain : {true, false}) {
        const auto actors =
                spawnHosts(300, place(isMain), &owner, life, isMain ? &journal : nullptr);
        const auto gone = ends(actors);
        while (!owner.children().isEmpty())
            delete owner.children().first();
        QVERIFY(areStopped(gone));
    }
    QCOMPARE(journal.entries(), countedDown(300));
    // It may own again.
    auto last = std::make_unique<QObject>(&owner);
    const auto actors = spawnHosts(1, Actorio::mainThread(), &owner, life);
    QCOMPARE(owner.findChildren<Actorio::Actor *>().size(), 1);
    const auto gone = ends(actors);
    actors[0].stop();
    QVERIFY(areStopped(gone));
    VERIFY_OVER(life, 601);
}

void tst_Ownership::anOwnerThatIsDyingAlready_data()
{
    QTest::addColumn<bool>("hasOwned");
    QTest::newRow("its first actor") << false;
    QTest::newRow("another actor") << true;
}

void tst_Ownership::anOwnerThatIsDyingAlready()
{
    QFETCH(bool, hasOwned);
    Life life;
    auto owner = std::make_unique<QObject>();
    if (hasOwned)
        spawnHosts(1, Actorio::pool(), owner.get(), life);
    QFuture<StopReason> gone;
    connect(owner.get(), &QObject::destroyed, this, [&](QObject *dying) {
        gone = Actorio::spawn<CheckedHost>({.owner = dying}, &life).terminated();
    });
    owner.reset();
    // Whether it is made is open; it does not stay.
    waitForEnd(gone);
    QVERIFY(gone.isFinished());
    QVERIFY(waitUntil([&] { return life.built == life.deleted; }));
}

void tst_Ownership::anActorAsOwner()
{
    Life life;
    Journal journal;
    Ends gone;
    Actorio::Scoped<CheckedHost> owner(&life, &journal);
    owner.ask<void>(Do{[&](Host &self) {
             for (const Placement &on : {Actorio::sameThread(), Actorio::pool()})
                 gone.push_back(Actorio::spawn<CheckedHost>({.owner = &self, .on = on}, &life)
                                        .terminated());
         }}).waitForFinished();
    QVERIFY(waitUntil([&] { return life.setUps == 3; }));
    QCOMPARE(owner.stop().kind(), StopReason::Stopped);
    QVERIFY(areStopped(gone));
    VERIFY_OVER(life, 3);
}

void tst_Ownership::anOwnerInADeepTree()
{
    Life life;
    auto top = std::make_unique<QObject>();
    Ends gone;
    QObject *object = top.get();
    for (int depth = 0; depth < 30; ++depth) {
        object = new QObject(object);
        for (const bool isMain : {true, false}) {
            for (const QFuture<StopReason> &end : ends(spawnHosts(1, place(isMain), object, life)))
                gone.push_back(end);
        }
    }
    top.reset();
    QVERIFY(areStopped(gone));
    VERIFY_OVER(life, 60);
}

void tst_Ownership::anOwnerOfActorsInSeveralThreads_data()
{
    QTest::addColumn<QList<int>>(
            "busy"); // which of them: the owner's thread, the pool, a thread of its own
    QTest::newRow("all idle") << QList<int>{};
    QTest::newRow("the owner's thread in a handler") << QList<int>{0};
    QTest::newRow("the pool in a handler") << QList<int>{1};
    QTest::newRow("the dedicated thread in a handler") << QList<int>{2};
    QTest::newRow("all in handlers") << QList<int>{0, 1, 2};
}

void tst_Ownership::anOwnerOfActorsInSeveralThreads()
{
    QFETCH(QList<int>, busy);
    Life life;
    Journal journal;
    QSemaphore isInside;
    QSemaphore goOn;
    QPromise<int> endedMeanwhile;
    endedMeanwhile.start();
    auto *const owner = new QObject;
    std::vector<ActorRef<Host>> actors;
    std::vector<QThread *> threads;
    for (const Placement &on :
         {Actorio::mainThread(), Actorio::pool(), Actorio::dedicatedThread()}) {
        const QString name = QString::number(actors.size());
        actors.push_back(Actorio::spawn<CheckedHost>({.owner = owner, .on = on, .name = name},
                                                     &life, &journal));
        QPromise<QThread *> where;
        where.start();
        actors.back().tell(Do{[&](Host &) {
            where.addResult(QThread::currentThread());
            where.finish();
        }});
        QVERIFY(waitForFinished(where.future()));
        threads.push_back(where.future().result());
    }
    QVERIFY(threads[0] == owner->thread() && threads[1] != threads[0] && threads[2] != threads[0]
            && threads[2] != threads[1]);
    const Ends gone = ends(actors);
    for (const int i : {1, 2}) {
        if (!busy.contains(i))
            continue;
        actors[std::size_t(i)].tell(Do{[&](Host &) {
            isInside.release();
            goOn.acquire();
        }});
        QVERIFY(isInside.tryAcquire(1, 20'000));
    }
    const auto endTheOwner = [&] {
        delete owner;
        for (const ActorRef<Host> &actor : actors)
            QVERIFY(!actor.tell(Do{[](Host &) {}}));
        for (const int i : {1, 2}) {
            const QFuture<StopReason> &end = gone[std::size_t(i)];
            QVERIFY(busy.contains(i) ? !end.isFinished()
                                     : end.result().kind() == StopReason::Stopped);
        }
        endedMeanwhile.addResult(life.tearDowns.load());
        endedMeanwhile.finish();
    };
    if (busy.contains(0))
        actors[0].tell(Do{[&](Host &) { endTheOwner(); }});
    else
        endTheOwner();
    QVERIFY(waitForFinished(endedMeanwhile.future()));
    QCOMPARE(endedMeanwhile.future().result(), 2 - int(busy.count(1) + busy.count(2)));
    goOn.release(2);
    QVERIFY(areStopped(gone));
    VERIFY_OVER(life, 3); // each in its own thread, and once
    QStringList names = journal.entries();
    names.sort();
    QCOMPARE(names, (QStringList{u"0"_s, u"1"_s, u"2"_s}));
}

void tst_Ownership::anOwnerOfActorsOfTwoSystems()
{
    Life life;
    ActorSystem system({.threads = 1});
    auto owner = std::make_unique<QObject>();
    Ends gone;
    for (const bool isMain : {true, false}) {
        gone.push_back(system.spawn<CheckedHost>({.owner = owner.get(), .on = place(isMain)}, &life)
                               .terminated());
        gone.push_back(
                Actorio::spawn<CheckedHost>({.owner = owner.get(), .on = place(isMain)}, &life)
                        .terminated());
    }
    QVERIFY(waitUntil([&] { return life.setUps == 4; }));
    owner.reset();
    QVERIFY(areStopped(gone));
    VERIFY_OVER(life, 4);
}

void tst_Ownership::ownersAndActorsThatEndAtTheSameTime_data()
{
    bothPlaces();
}

void tst_Ownership::ownersAndActorsThatEndAtTheSameTime()
{
    QFETCH(bool, isMain);
    constexpr int Rounds = 300;
    constexpr int Actors = 3;
    Life life;
    for (int round = 0; round < Rounds; ++round) {
        auto owner = std::make_unique<QObject>();
        std::vector<ActorRef<Host>> actors;
        for (int i = 0; i < Actors; ++i)
            actors.push_back(Actorio::spawn<CheckedHost>(
                    {.owner = owner.get(), .on = place(isMain)}, &life));
        const auto gone = ends(actors);
        if (round % 2)
            QVERIFY(waitUntil([&] { return life.setUps >= life.tearDowns + Actors; }));
        std::thread stopper([&] {
            for (const ActorRef<Host> &actor : actors)
                actor.stop();
        });
        if (isMain)
            QCoreApplication::processEvents();
        owner.reset();
        stopper.join();
        QVERIFY(areStopped(gone));
    }
    VERIFY_BALANCED(life);
}

void tst_Ownership::deletingAnActorLaterStopsIt()
{
    Life life;
    QObject owner;
    const auto actors = spawnHosts(2, Actorio::mainThread(), &owner, life);
    const auto gone = ends(actors);
    for (Actorio::Actor *const host : owner.findChildren<Actorio::Actor *>())
        host->deleteLater();
    QVERIFY(areStopped(gone));
    VERIFY_OVER(life, 2);
}

void tst_Ownership::deletingAnActorDirectlyIsAFailure()
{
    QTest::ignoreMessage(QtCriticalMsg, QRegularExpression(u"was deleted directly"_s));
    QTest::ignoreMessage(
            QtWarningMsg,
            QRegularExpression(u"failed, and nobody heard of it: .*was deleted directly"_s));
    Life life;
    QObject owner;
    const auto actors = spawnHosts(3, Actorio::mainThread(), &owner, life);
    const auto gone = ends(actors);
    delete owner.findChildren<Actorio::Actor *>().at(1);
    QVERIFY(waitForEnd(gone[1]).isFailure());
    QCOMPARE(life.tearDowns, 0); // there is nobody to call it in
    QVERIFY(!actors[1].tell(Do{[](Host &) {}}));
    for (const std::size_t i : {std::size_t(0), std::size_t(2)}) {
        actors[i].stop();
        QCOMPARE(waitForEnd(gone[i]).kind(), StopReason::Stopped);
    }
    QCOMPARE(life.tearDowns, 2);
    QCOMPARE(life.deleted, 3);
}

void tst_Ownership::aChildInTheSameThreadIsAChildOfItsParentsObject()
{
    constexpr int Count = 600;
    Life life;
    Actorio::Scoped<CheckedHost> parent(&life);
    ActorRef<Host> elsewhere;
    parent.ask<void>(Do{[&](Host &self) {
              for (int i = 0; i < Count; ++i)
                  self.spawn<CheckedHost>({.on = Actorio::sameThread()}, &life);
              elsewhere = self.spawn<CheckedHost>({.on = Actorio::dedicatedThread()}, &life);
          }})
            .waitForFinished();
    QVERIFY(waitUntil([&] { return life.setUps == Count + 2; }));
    qsizetype direct = 0;
    qsizetype all = 0;
    parent.ask<void>(Do{[&](Host &self) {
              direct = self.findChildren<Actorio::Actor *>(QString(), Qt::FindDirectChildrenOnly)
                               .size();
              all = self.findChildren<Actorio::Actor *>().size();
          }})
            .waitForFinished();
    QCOMPARE(direct, 256);
    QCOMPARE(all, Count);
    QObject *object = this;
    elsewhere.ask<void>(Do{[&](Host &self) { object = self.parent(); }}).waitForFinished();
    QVERIFY(!object);
    QCOMPARE(parent.stop().kind(), StopReason::Stopped);
    VERIFY_OVER(life, Count + 2);
}

void tst_Ownership::promise6_childrenStopNewestFirstAndBeforeTheirParent_data()
{
    QTest::addColumn<QStringList>("places");
    QTest::newRow("the same thread") << QStringList{u"same"_s};
    QTest::newRow("the pool") << QStringList{u"pool"_s};
    QTest::newRow("the main thread") << QStringList{u"main"_s};
    QTest::newRow("all over") << QStringList{u"same"_s, u"pool"_s, u"main"_s, u"dedicated"_s};
}

void tst_Ownership::promise6_childrenStopNewestFirstAndBeforeTheirParent()
{
    QFETCH(QStringList, places);
    constexpr int Count = 40;
    Life life;
    Journal journal;
    const auto parent = Actorio::spawn<CheckedHost>({.name = u"parent"_s}, &life, &journal);
    const QFuture<StopReason> gone = parent.terminated();
    parent.ask<void>(Do{[&](Host &self) {
              for (int i = 0; i < Count; ++i) {
                  const QString &where = places[i % places.size()];
                  const Placement on = where == u"same"_s ? Actorio::sameThread()
                          : where == u"pool"_s            ? Actorio::pool()
                          : where == u"main"_s            ? Actorio::mainThread()
                                                          : Actorio::dedicatedThread();
                  self.spawn<CheckedHost>({.on = on, .name = QString::number(i)}, &life, &journal);
              }
          }})
            .waitForFinished();
    QVERIFY(waitUntil([&] { return life.setUps == Count + 1; }));
    parent.stop();
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
    QCOMPARE(journal.entries(), countedDown(Count) + QStringList{u"parent"_s});
    VERIFY_OVER(life, Count + 1);
}

void tst_Ownership::aParentWaitsForABusyChild()
{
    Life life;
    QSemaphore isInside;
    QSemaphore goOn;
    QPromise<ActorRef<Host>> made;
    made.start();
    const auto parent = Actorio::spawn<CheckedHost>({.on = Actorio::dedicatedThread()}, &life);
    const QFuture<StopReason> gone = parent.terminated();
    std::atomic<int> tornDownInHandler{-1};
    parent.tell(Do{[&](Host &self) {
        const auto child = self.spawn<CheckedHost>({.on = Actorio::dedicatedThread()}, &life);
        child.tell(Do{[&](Host &) {
            isInside.release();
            goOn.acquire();
            tornDownInHandler = life.tearDowns.load();
        }});
        made.addResult(child);
        made.finish();
    }});
    QVERIFY(waitForFinished(made.future()));
    const ActorRef<Host> child = made.future().result();
    QVERIFY(isInside.tryAcquire(1, 20'000));
    parent.stop();
    QVERIFY(waitUntil([&] { return !child.tell(Do{[](Host &) {}}); })); // it has been told to stop
    QVERIFY(!gone.isFinished());
    goOn.release();
    QCOMPARE(gone.result().kind(), StopReason::Stopped);
    QCOMPARE(tornDownInHandler, 0);
    VERIFY_OVER(life, 2);
}

void tst_Ownership::grandchildrenStopBeforeChildren()
{
    Life life;
    Journal journal;
    const auto top = Actorio::spawn<CheckedHost>({.name = u"top"_s}, &life, &journal);
    const QFuture<StopReason> gone = top.terminated();
    // Two children with two children each, on whatever thread.
    top.tell(Do{[&](Host &self) {
        for (const QString &name : {u"a"_s, u"b"_s}) {
            self.spawn<CheckedHost>({.name = name}, &life, &journal)
                    .tell(Do{[&, name](Host &child) {
                        for (const QString &number : {u"1"_s, u"2"_s})
                            child.spawn<CheckedHost>({.name = name + number}, &life, &journal);
                    }});
        }
    }});
    QVERIFY(waitUntil([&] { return life.setUps == 7; }));
    top.stop();
    QCOMPARE(gone.result().kind(), StopReason::Stopped);
    QCOMPARE(journal.entries(),
             (QStringList{u"b2"_s, u"b1"_s, u"b"_s, u"a2"_s, u"a1"_s, u"a"_s, u"top"_s}));
    VERIFY_OVER(life, 7);
}

void tst_Ownership::aChildThatHasEndedIsNoChildAnyMore()
{
    Life life;
    Actorio::Scoped<CheckedHost> parent(&life);
    ActorRef<Host> first;
    ActorRef<Host> second;
    parent.ask<void>(Do{[&](Host &self) {
              first = self.spawn<CheckedHost>({.on = Actorio::sameThread(), .name = u"child"_s},
                                              &life);
              second = self.spawn<CheckedHost>({.on = Actorio::pool()}, &life);
          }})
            .waitForFinished();
    QList<ActorRef<>> children;
    const auto look = [&] {
        parent.ask<void>(Do{[&](Host &self) { children = self.childActors(); }}).waitForFinished();
        return children;
    };
    QCOMPARE(look(), (QList<ActorRef<>>{first, second}));
    const QFuture<StopReason> gone = first.terminated();
    first.stop();
    QCOMPARE(gone.result().kind(), StopReason::Stopped);
    QCOMPARE(look(), QList<ActorRef<>>{second});
    // Its name is free.
    bool isRunning = false;
    parent.ask<void>(Do{[&](Host &self) {
              isRunning = self.spawn<CheckedHost>({.on = Actorio::sameThread(), .name = u"child"_s},
                                                  &life)
                                  .isRunning();
          }})
            .waitForFinished();
    QVERIFY(isRunning);
}

void tst_Ownership::manyChildren_data()
{
    QTest::addColumn<bool>("isSameThread");
    QTest::addColumn<bool>("isMain");
    QTest::newRow("in their parent's pool thread") << true << false;
    QTest::newRow("in the main thread") << true << true;
    QTest::newRow("all over the pool") << false << false;
}

void tst_Ownership::manyChildren()
{
    QFETCH(bool, isSameThread);
    QFETCH(bool, isMain);
    constexpr int Count = 20'000;
    Life life;
    std::atomic<int> handled{0};
    const auto parent = Actorio::spawn<CheckedHost>({.on = place(isMain)}, &life);
    const QFuture<StopReason> gone = parent.terminated();
    parent.tell(Do{[&](Host &self) {
        const Placement on = isSameThread ? Actorio::sameThread() : Actorio::pool();
        for (int i = 0; i < Count; ++i) {
            self.spawn<CheckedHost>({.on = on}, &life).tell(Do{[&, i](Host &child) {
                ++handled;
                if (i % 2)
                    child.stop(); // these by themselves, the others with their parent
            }});
        }
    }});
    QVERIFY(waitUntil([&] { return handled == Count && life.deleted == Count / 2; }));
    std::atomic<qsizetype> left{0};
    QFuture<void> asked =
            parent.ask<void>(Do{[&](Host &self) { left = self.childActors().size(); }});
    QVERIFY(waitForFinished(asked));
    QCOMPARE(left.load(), Count / 2);
    parent.stop();
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
    VERIFY_OVER(life, Count + 1);
}

QTEST_GUILESS_MAIN(tst_Ownership)
#include "tst_ownership.moc"
