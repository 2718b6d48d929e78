// SPDX-License-Identifier: MIT
// What becomes of actors when their owners die, move, or are deleted by them.
#include "checkedhost.h"
#include "owned.h"

#include <Actorio/Actorio>

#include <QtCore/QPromise>
#include <QtCore/QSemaphore>
#include <QtTest/QTest>

#include <algorithm>
#include <random>

using namespace Qt::StringLiterals;
using Actorio::ActorRef;
using Actorio::ActorSystem;
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
    void deletingAnActorLaterStopsIt();
    void deletingAnActorDirectlyIsAFailure();
};

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

QTEST_GUILESS_MAIN(tst_Ownership)
#include "tst_ownership.moc"
