// SPDX-License-Identifier: MIT
// Owners of actors in several threads, systems and trees, and actors with children (promise 6).
#include "checkedhost.h"
#include "owned.h"

#include <Actorio/Actorio>

#include <QtCore/QPromise>
#include <QtCore/QSemaphore>
#include <QtCore/QThread>
#include <QtTest/QTest>

#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using Actorio::ActorRef;
using Actorio::ActorSystem;
using Actorio::Placement;
using Actorio::StopReason;

class tst_OwnershipTrees : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void anActorAsOwner();
    void anOwnerInADeepTree();
    void anOwnerOfActorsInSeveralThreads_data();
    void anOwnerOfActorsInSeveralThreads();
    void anOwnerOfActorsOfTwoSystems();
    void ownersAndActorsThatEndAtTheSameTime_data();
    void ownersAndActorsThatEndAtTheSameTime();

    void aChildInTheSameThreadIsAChildOfItsParentsObject();
    void promise6_childrenStopNewestFirstAndBeforeTheirParent_data();
    void promise6_childrenStopNewestFirstAndBeforeTheirParent();
    void aParentWaitsForABusyChild();
    void grandchildrenStopBeforeChildren();
    void aChildThatHasEndedIsNoChildAnyMore();
    void manyChildren_data();
    void manyChildren();
};

void tst_OwnershipTrees::anActorAsOwner()
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

void tst_OwnershipTrees::anOwnerInADeepTree()
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

void tst_OwnershipTrees::anOwnerOfActorsInSeveralThreads_data()
{
    QTest::addColumn<QList<int>>(
            "busy"); // which of them: the owner's thread, the pool, a thread of its own
    QTest::newRow("all idle") << QList<int>{};
    QTest::newRow("the owner's thread in a handler") << QList<int>{0};
    QTest::newRow("the pool in a handler") << QList<int>{1};
    QTest::newRow("the dedicated thread in a handler") << QList<int>{2};
    QTest::newRow("all in handlers") << QList<int>{0, 1, 2};
}

void tst_OwnershipTrees::anOwnerOfActorsInSeveralThreads()
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

void tst_OwnershipTrees::anOwnerOfActorsOfTwoSystems()
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

void tst_OwnershipTrees::ownersAndActorsThatEndAtTheSameTime_data()
{
    bothPlaces();
}

void tst_OwnershipTrees::ownersAndActorsThatEndAtTheSameTime()
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

void tst_OwnershipTrees::aChildInTheSameThreadIsAChildOfItsParentsObject()
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

void tst_OwnershipTrees::promise6_childrenStopNewestFirstAndBeforeTheirParent_data()
{
    QTest::addColumn<QStringList>("places");
    QTest::newRow("the same thread") << QStringList{u"same"_s};
    QTest::newRow("the pool") << QStringList{u"pool"_s};
    QTest::newRow("the main thread") << QStringList{u"main"_s};
    QTest::newRow("all over") << QStringList{u"same"_s, u"pool"_s, u"main"_s, u"dedicated"_s};
}

void tst_OwnershipTrees::promise6_childrenStopNewestFirstAndBeforeTheirParent()
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

void tst_OwnershipTrees::aParentWaitsForABusyChild()
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

void tst_OwnershipTrees::grandchildrenStopBeforeChildren()
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

void tst_OwnershipTrees::aChildThatHasEndedIsNoChildAnyMore()
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

void tst_OwnershipTrees::manyChildren_data()
{
    QTest::addColumn<bool>("isSameThread");
    QTest::addColumn<bool>("isMain");
    QTest::newRow("in their parent's pool thread") << true << false;
    QTest::newRow("in the main thread") << true << true;
    QTest::newRow("all over the pool") << false << false;
}

void tst_OwnershipTrees::manyChildren()
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

QTEST_GUILESS_MAIN(tst_OwnershipTrees)
#include "tst_ownership_trees.moc"
