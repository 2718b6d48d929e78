// SPDX-License-Identifier: MIT
// Where actors live: the pool, the main thread, threads of their own.
#include "checkedhost.h"

#include <Actorio/Actorio>

#include <QtCore/QPromise>
#include <QtCore/QSemaphore>
#include <QtCore/QThread>
#include <QtTest/QTest>

#include <algorithm>
#include <map>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using Actorio::ActorRef;
using Actorio::ActorSystem;
using Actorio::Placement;
using Actorio::StopReason;

class tst_Placement : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void thePoolSpreadsActorsEvenly();
    void thePoolFillsTheThreadWithTheFewest();
    void thePoolSpreadsWhatSeveralThreadsSpawn();
    void thePoolHasNoMoreThreadsThanActors();
    void anActorInTheMainThreadRunsThere();
    void aPoolActorsChildMayLiveInTheMainThread();
    void aDedicatedThreadIsOfItsOwnAndEndsWithTheActor();
    void aDedicatedThreadMayBlock();
    void aDedicatedThreadEndsWithTheLastOfItsActors();
    void sameThreadIsTheSpawners_data();
    void sameThreadIsTheSpawners();

    void aSystemJoinsItsThreads();
};

namespace {

// Where actors are: how many on which thread.
std::map<QThread *, int> distribution(const std::vector<ActorRef<Host>> &actors)
{
    std::map<QThread *, int> counts;
    for (const ActorRef<Host> &actor : actors)
        ++counts[actor.ask(Where{}).result()];
    return counts;
}

QList<int> sizes(const std::map<QThread *, int> &counts)
{
    QList<int> list;
    for (const auto &[thread, count] : counts)
        list.append(count);
    std::sort(list.begin(), list.end());
    return list;
}

} // namespace

void tst_Placement::thePoolSpreadsActorsEvenly()
{
    ActorSystem system({.threads = 3, .name = u"even"_s});
    std::vector<ActorRef<Host>> actors;
    for (int i = 0; i < 30; ++i)
        actors.push_back(system.spawn<Host>());
    QCOMPARE(sizes(distribution(actors)), (QList<int>{10, 10, 10}));
    QVERIFY(!distribution(actors).count(QThread::currentThread()));
}

void tst_Placement::thePoolFillsTheThreadWithTheFewest()
{
    ActorSystem system({.threads = 3});
    std::vector<ActorRef<Host>> actors;
    for (int i = 0; i < 30; ++i)
        actors.push_back(system.spawn<Host>());
    QThread *const emptied = actors.front().ask(Where{}).result();
    std::vector<ActorRef<Host>> left;
    for (const ActorRef<Host> &actor : actors) {
        if (actor.ask(Where{}).result() != emptied) {
            left.push_back(actor);
        } else {
            const QFuture<StopReason> gone = actor.terminated();
            actor.stop();
            QCOMPARE(gone.result().kind(), StopReason::Stopped);
        }
    }
    QCOMPARE(left.size(), std::size_t(20));
    for (int i = 0; i < 10; ++i)
        QCOMPARE(system.spawn<Host>().ask(Where{}).result(), emptied);
}

void tst_Placement::thePoolSpreadsWhatSeveralThreadsSpawn()
{
    ActorSystem system({.threads = 2});
    std::vector<ActorRef<Host>> actors(400);
    std::vector<std::thread> threads;
    for (std::size_t first = 0; first < actors.size(); first += 100) {
        threads.emplace_back([&, first] {
            for (std::size_t i = first; i < first + 100; ++i)
                actors[i] = system.spawn<Host>();
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(sizes(distribution(actors)), (QList<int>{200, 200}));
}

void tst_Placement::thePoolHasNoMoreThreadsThanActors()
{
    ActorSystem system({.threads = 8});
    const ActorRef<Host> first = system.spawn<Host>();
    QThread *const thread = first.ask(Where{}).result();
    QCOMPARE(thread->objectName(), u"actorio-1"_s);
    const QFuture<StopReason> gone = first.terminated();
    first.stop();
    gone.result();
    QCOMPARE(system.spawn<Host>().ask(Where{}).result(), thread);
}

void tst_Placement::anActorInTheMainThreadRunsThere()
{
    Life life;
    const auto host = Actorio::spawn<CheckedHost>({.on = Actorio::mainThread()}, &life);
    QCOMPARE(life.built, 0); // spawn() returns at once, the actor is made by the event loop
    QFuture<QThread *> where = host.ask(Where{});
    QVERIFY(waitForFinished(where));
    QCOMPARE(where.result(), qApp->thread());
    const QFuture<StopReason> gone = host.terminated();
    host.stop();
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
    VERIFY_OVER(life, 1);
}

void tst_Placement::aPoolActorsChildMayLiveInTheMainThread()
{
    Life life;
    Actorio::Scoped<CheckedHost> parent(&life);
    QPromise<QThread *> where;
    where.start();
    parent.tell(Do{[&](Host &self) {
        const auto child = self.spawn<CheckedHost>({.on = Actorio::mainThread()}, &life);
        child.ask(Where{}).then([&](QThread *thread) {
            where.addResult(thread);
            where.finish();
        });
    }});
    QVERIFY(waitForFinished(where.future()));
    QCOMPARE(where.future().result(), qApp->thread());
    QCOMPARE(parent.stop().kind(),
             StopReason::Stopped); // which needs the child's end in this thread
    VERIFY_OVER(life, 2);
}

void tst_Placement::aDedicatedThreadIsOfItsOwnAndEndsWithTheActor()
{
    Life life;
    QSemaphore finished;
    std::vector<ActorRef<Host>> actors;
    for (int i = 0; i < 3; ++i)
        actors.push_back(Actorio::spawn<CheckedHost>({.on = Actorio::dedicatedThread()}, &life));
    QCOMPARE(sizes(distribution(actors)), (QList<int>{1, 1, 1}));
    for (const ActorRef<Host> &actor : actors) {
        actor.ask<void>(Do{[&](Host &) {
                 connect(
                         QThread::currentThread(), &QThread::finished, qApp,
                         [&] { finished.release(); }, Qt::DirectConnection);
             }}).waitForFinished();
    }
    QVERIFY(!finished.tryAcquire());
    for (const ActorRef<Host> &actor : actors) {
        const QFuture<StopReason> gone = actor.terminated();
        actor.stop();
        QCOMPARE(gone.result().kind(), StopReason::Stopped);
        QVERIFY(finished.tryAcquire(1, 20'000));
        QVERIFY(!finished.tryAcquire()); // the others go on
    }
    VERIFY_OVER(life, 3);
}

void tst_Placement::aDedicatedThreadMayBlock()
{
    Actorio::Scoped<Host> other;
    Actorio::Scoped<Host> blocking(Actorio::SpawnOptions{.on = Actorio::dedicatedThread()});
    QThread *there = nullptr;
    blocking.ask<void>(Do{[&](Host &) { there = other.ask(Where{}).result(); }}).waitForFinished();
    QCOMPARE(there, other.ask(Where{}).result());
}

void tst_Placement::aDedicatedThreadEndsWithTheLastOfItsActors()
{
    Life life;
    QSemaphore finished;
    ActorRef<Host> child;
    Actorio::Scoped<CheckedHost> parent(Actorio::SpawnOptions{.on = Actorio::dedicatedThread()},
                                        &life);
    parent.ask<void>(Do{[&](Host &self) {
              child = self.spawn<CheckedHost>({.on = Actorio::sameThread()}, &life);
              connect(
                      QThread::currentThread(), &QThread::finished, qApp,
                      [&] { finished.release(); }, Qt::DirectConnection);
          }})
            .waitForFinished();
    QCOMPARE(child.ask(Where{}).result(), parent.ask(Where{}).result());
    const QFuture<StopReason> gone = child.terminated();
    child.stop();
    gone.result();
    QVERIFY(parent.ask(Where{}).result()); // the thread goes on with the parent
    QVERIFY(!finished.tryAcquire());
    parent.stop();
    QVERIFY(finished.tryAcquire(1, 20'000));
    VERIFY_OVER(life, 2);
}

void tst_Placement::sameThreadIsTheSpawners_data()
{
    QTest::addColumn<int>("kind");
    QTest::newRow("pool") << int(Placement::Kind::Pool);
    QTest::newRow("main thread") << int(Placement::Kind::MainThread);
    QTest::newRow("dedicated thread") << int(Placement::Kind::DedicatedThread);
    QTest::newRow("from main()") << -1;
}

void tst_Placement::sameThreadIsTheSpawners()
{
    QFETCH(int, kind);
    const Placement on = kind == int(Placement::Kind::Pool) ? Actorio::pool()
            : kind == int(Placement::Kind::MainThread)      ? Actorio::mainThread()
            : kind == int(Placement::Kind::DedicatedThread) ? Actorio::dedicatedThread()
                                                            : Actorio::sameThread();
    Life life;
    QPromise<QList<QThread *>> places;
    places.start();
    {
        Actorio::Scoped<CheckedHost> parent(Actorio::SpawnOptions{.on = on}, &life);
        parent.tell(Do{[&](Host &self) {
            // A child, and a root that a handler starts.
            for (const auto &actor :
                 {self.spawn<CheckedHost>({.on = Actorio::sameThread()}, &life),
                  Actorio::spawn<CheckedHost>({.on = Actorio::sameThread()}, &life)}) {
                actor.tell(Do{[&, here = QThread::currentThread()](Host &host) {
                    places.addResult(QList{here, QThread::currentThread()});
                    if (places.future().resultCount() == 2)
                        places.finish();
                    host.stop();
                }});
            }
        }});
        QVERIFY(waitForFinished(places.future()));
    }
    for (const QList<QThread *> &place : places.future().results())
        QCOMPARE(place.at(0), place.at(1));
    QVERIFY(waitUntil([&] { return life.deleted == 3; }));
    VERIFY_OVER(life, 3);
    if (kind == -1)
        QCOMPARE(places.future().result().at(0), qApp->thread());
}

// Threads whose last actor has ended this very moment included.
void tst_Placement::aSystemJoinsItsThreads()
{
    for (int i = 0; i < 300; ++i) {
        Life life;
        ActorSystem system({.threads = 2});
        for (const Placement &on :
             {Actorio::pool(), Actorio::pool(), Actorio::pool(), Actorio::dedicatedThread()})
            system.spawn<CheckedHost>({.on = on}, &life).tell(Where{});
        QVERIFY(system.shutdown());
        QCOMPARE(system.actorCount(), 0);
        VERIFY_BALANCED(life);
    }
}

QTEST_GUILESS_MAIN(tst_Placement)
#include "tst_placement.moc"
