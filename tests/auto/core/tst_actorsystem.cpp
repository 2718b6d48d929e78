// SPDX-License-Identifier: MIT
// Systems of actors: their threads, their clocks, and references that outlive them.
#include "gate.h"
#include "system.h"

#include <Actorio/Actorio>

#include <QtCore/QHash>
#include <QtCore/QPromise>
#include <QtCore/QRegularExpression>
#include <QtCore/QSet>
#include <QtCore/QThread>
#include <QtTest/QTest>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::ActorSystem;
using Actorio::StopReason;

class tst_ActorSystem : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }
    void cleanup()
    {
        QCOMPARE(Worker::s_count.load(), 0);
        QCOMPARE(Worker::s_frames.load(), 0);
    }

    void hasAsManyThreadsAsAskedFor();
    void namesItsThreads();
    void countsActorsOfTheWholeTree();
    void actorsOfDifferentSystemsTalk();
    void shutdownOfOneLeavesOthers();
    void instanceIsAlwaysTheSame();

    void shutdownOfUnusedSystemIsQuick();
    void shutdownEndsEverything();
    void shutdownTwiceGivesTheSameAnswer();
    void spawnAfterShutdownFails();
    void destructorShutsDown();

    void referencesAreSafeAfterTheirSystem();
    void promise7_referencesAreSafeAfterTheirSystemInManyThreads();
    void ringOfReferencesIsFreedAndDelaysNoShutdown();

    void manualClockDecidesWhenTimeIsOver();
    void manualClockHoldsForAwaitedAsks();
};

void tst_ActorSystem::hasAsManyThreadsAsAskedFor()
{
    for (const int threads : {1, 3}) {
        ActorSystem system({.threads = threads});
        QSet<QString> names;
        std::vector<ActorRef<Worker>> workers;
        for (int i = 0; i < 8; ++i) {
            workers.push_back(system.spawn<Worker>());
            names.insert(workers.back().ask(WhichThread()).result());
        }
        QCOMPARE(names.size(), qsizetype(threads));
        QVERIFY(!names.contains(QThread::currentThread()->objectName()));
    }
}

void tst_ActorSystem::namesItsThreads()
{
    ActorSystem system({.threads = 1, .name = u"mine"_s});
    QCOMPARE(system.name(), u"mine"_s);
    QVERIFY(system.spawn<Worker>().ask(WhichThread()).result().startsWith(u"mine"));
    QVERIFY(system.spawn<Worker>({.on = Actorio::dedicatedThread()})
                    .ask(WhichThread())
                    .result()
                    .startsWith(u"mine"));
}

void tst_ActorSystem::countsActorsOfTheWholeTree()
{
    ActorSystem system;
    QCOMPARE(system.actorCount(), 0);
    const ActorRef<Worker> parent = system.spawn<Worker>();
    QCOMPARE(system.actorCount(), 1);
    const ActorRef<Worker> child = parent.ask(SpawnChild()).result();
    const ActorRef<Worker> grandchild = child.ask(SpawnChild()).result();
    QCOMPARE(system.actorCount(), 3);
    QCOMPARE(grandchild.path(), parent.path() + u'/' + child.name() + u'/' + grandchild.name());
    grandchild.stop();
    QTRY_COMPARE(system.actorCount(), 2);
    parent.stop();
    QTRY_COMPARE(system.actorCount(), 0);
}

void tst_ActorSystem::actorsOfDifferentSystemsTalk()
{
    ActorSystem one({.name = u"one"_s});
    ActorSystem two({.name = u"two"_s});
    const ActorRef<Worker> here = one.spawn<Worker>();
    const ActorRef<Worker> there = two.spawn<Worker>();
    const ActorRef<Worker> inInstance = Actorio::spawn<Worker>();
    QCOMPARE(here.ask(Forward{there}).result(), 6);
    QCOMPARE(there.ask(Forward{here}).result(), 6);
    QCOMPARE(there.ask(Forward{inInstance}, 1min).result(), 6);
    Actorio::Inbox inbox;
    QVERIFY(there.tell(Echo{1}, inbox.ref()));
    QCOMPARE(inbox.waitFor<Echo>()->number, 1);
    inInstance.stop();
    (void)inInstance.terminated().result();
}

void tst_ActorSystem::shutdownOfOneLeavesOthers()
{
    ActorSystem one({.name = u"one"_s});
    ActorSystem two({.name = u"two"_s});
    const ActorRef<Worker> here = one.spawn<Worker>();
    const ActorRef<Worker> there = two.spawn<Worker>();
    const ActorRef<Worker> thereInMain = two.spawn<Worker>({.on = Actorio::mainThread()});
    const ActorRef<Worker> hereInMain = one.spawn<Worker>({.on = Actorio::mainThread()});
    QVERIFY(one.shutdown());
    QVERIFY(!here.isRunning() && !hereInMain.isRunning());
    QVERIFY(there.isRunning() && thereInMain.isRunning());
    QCOMPARE(there.ask(Ping{1}).result(), 2);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"Worker-.* failed"_s));
    QVERIFY(fails<Actorio::ActorStopped>([&] { (void)there.ask(Forward{here}).result(); }));
    (void)there.terminated().result();
}

void tst_ActorSystem::instanceIsAlwaysTheSame()
{
    QVERIFY(&ActorSystem::instance() == &ActorSystem::instance());
    const int before = ActorSystem::instance().actorCount();
    const Actorio::Scoped<Worker> worker;
    QCOMPARE(ActorSystem::instance().actorCount(), before + 1);
}

void tst_ActorSystem::shutdownOfUnusedSystemIsQuick()
{
    ActorSystem system;
    QVERIFY(system.shutdown(QDeadlineTimer(0)));
    QVERIFY(system.shutdown());
}

void tst_ActorSystem::shutdownEndsEverything()
{
    ActorSystem system({.threads = 2});
    std::vector<ActorRef<Worker>> workers;
    for (const auto where : {Actorio::pool(), Actorio::dedicatedThread(), Actorio::mainThread()}) {
        workers.push_back(system.spawn<Worker>({.on = where}));
        workers.push_back(system.spawn<Worker>({.on = where}));
    }
    workers.push_back(workers[0].ask(SpawnChild()).result());
    QVERIFY(system.shutdown(1min));
    QCOMPARE(system.actorCount(), 0);
    QCOMPARE(Worker::s_count.load(), 0);
    for (const ActorRef<Worker> &worker : workers) {
        QVERIFY(worker.terminated().isFinished());
        QCOMPARE(worker.terminated().result().kind(), StopReason::Stopped);
    }
}

void tst_ActorSystem::shutdownTwiceGivesTheSameAnswer()
{
    ActorSystem system;
    system.spawn<Worker>();
    QVERIFY(system.shutdown());
    QVERIFY(system.shutdown());
    QVERIFY(system.shutdown(QDeadlineTimer(0)));
}

void tst_ActorSystem::spawnAfterShutdownFails()
{
    ActorSystem system;
    const ActorRef<Worker> before = system.spawn<Worker>();
    QVERIFY(system.shutdown());
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"late.*shut down"_s));
    const ActorRef<Worker> late = system.spawn<Worker>({.name = u"late"_s});
    QVERIFY(late);
    QVERIFY(!late.isRunning());
    QVERIFY(!late.tell(Ping()));
    QVERIFY(late.terminated().isFinished());
    const StopReason reason = late.terminated().result();
    QVERIFY(fails<Actorio::SpawnFailed>([&] { std::rethrow_exception(reason.exception()); }));
    QCOMPARE(system.actorCount(), 0);
}

void tst_ActorSystem::destructorShutsDown()
{
    ActorRef<Worker> worker;
    {
        ActorSystem system;
        worker = system.spawn<Worker>();
        QCOMPARE(worker.ask(Ping()).result(), 1);
    }
    QVERIFY(!worker.isRunning());
    QCOMPARE(Worker::s_count.load(), 0);
}

namespace {

// Everything that can be done with a reference to an actor that has ended with its system; what was wrong.
QString misuse(const ActorRef<Worker> &worker, const ActorRef<Worker> &other)
{
    if (worker.tell(Ping()) || ActorRef<>(worker).tell(u"unknown"_s))
        return u"tell() is not refused"_s;
    if (!fails<Actorio::ActorStopped>([&] { (void)worker.ask(Ping()).result(); })
        || !fails<Actorio::ActorStopped>([&] { (void)worker.ask(Ping(), 1h).result(); })
        || !fails<Actorio::ActorStopped>(
                [&] { (void)ActorRef<>(worker).ask<int>(Ping(), 0ms).future().result(); }))
        return u"an ask does not fail with ActorStopped"_s;
    if (worker.isRunning() || worker.name() != u"gone" || worker.path() != u"/gone"
        || worker.id() == 0)
        return u"it has lost its identity"_s;
    const ActorRef<> copy = worker;
    if (!(copy == worker) || copy == ActorRef<>(other) || qHash(copy) != qHash(worker))
        return u"it does not compare"_s;
    if (copy.as<Worker>() != worker)
        return u"it has lost its class"_s;
    if (!worker.terminated().isFinished()
        || worker.terminated().result().kind() != StopReason::Stopped)
        return u"terminated() is not finished"_s;
    QString text;
    QDebug(&text) << worker;
    if (!text.contains(u"gone"))
        return u"QDebug prints "_s + text;
    worker.stop();
    worker.drain();
    worker.kill();
    return {};
}

} // namespace

void tst_ActorSystem::referencesAreSafeAfterTheirSystem()
{
    ActorRef<Worker> gone;
    ActorRef<Worker> other;
    QFuture<StopReason> terminated;
    {
        ActorSystem system;
        gone = system.spawn<Worker>({.name = u"gone"_s});
        other = system.spawn<Worker>();
        terminated = gone.terminated();
    }
    QVERIFY(terminated.isFinished());
    QCOMPARE(misuse(gone, other), QString());
}

void tst_ActorSystem::promise7_referencesAreSafeAfterTheirSystemInManyThreads()
{
    auto system = std::make_unique<ActorSystem>();
    const ActorRef<Worker> gone = system->spawn<Worker>({.name = u"gone"_s});
    const ActorRef<Worker> other = system->spawn<Worker>();
    std::atomic<bool> isGone{false};
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            // While the system ends as well.
            while (!isGone) {
                gone.tell(Ping());
                (void)gone.ask(Ping(), 1h).future();
                (void)gone.path();
                (void)gone.terminated();
                QThread::yieldCurrentThread();
            }
            if (!misuse(gone, other).isEmpty())
                wrong.fetch_add(1);
        });
    }
    system.reset();
    isGone = true;
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(wrong.load(), 0);
}

void tst_ActorSystem::ringOfReferencesIsFreedAndDelaysNoShutdown()
{
    ActorSystem system({.threads = 2});
    std::vector<ActorRef<Worker>> ring;
    for (int i = 0; i < 6; ++i)
        ring.push_back(
                system.spawn<Worker>({.on = i == 0 ? Actorio::mainThread() : Actorio::pool()}));
    for (std::size_t i = 0; i < ring.size(); ++i)
        QVERIFY(ring[i].tell(Meet{{ring[i], ring[(i + 1) % ring.size()]}}));
    QTRY_COMPARE(Worker::s_count.load(), 6);
    for (std::size_t i = 1; i < ring.size(); ++i)
        (void)ring[i].ask(WhichThread()).result();
    ring.clear();
    QVERIFY(system.shutdown(1min));
    QCOMPARE(Worker::s_count.load(), 0);
}

void tst_ActorSystem::manualClockDecidesWhenTimeIsOver()
{
    const auto clock = std::make_shared<Actorio::ManualClock>();
    ActorSystem system({.threads = 1, .clock = clock});
    QPromise<void> never;
    never.start();
    const ActorRef<Worker> worker = system.spawn<Worker>();
    QFuture<void> minute = worker.ask(Suspend{never.future()}, 1min);
    QFuture<int> hour = worker.ask(Ping(), 1h);
    clock->advance(59s);
    QVERIFY(!minute.isFinished());
    QVERIFY(!hour.isFinished());
    clock->advance(2s);
    QVERIFY(fails<Actorio::Timeout>([&] { minute.waitForFinished(); }));
    QVERIFY(!hour.isFinished());
    clock->advance(2h);
    QVERIFY(fails<Actorio::Timeout>([&] { hour.waitForFinished(); }));
    never.finish();
    QVERIFY(!worker.ask(WhichThread(), 1ms).result().isEmpty()); // no time passes: no timeout
}

void tst_ActorSystem::manualClockHoldsForAwaitedAsks()
{
    const auto clock = std::make_shared<Actorio::ManualClock>();
    ActorSystem system({.threads = 1, .clock = clock});
    QPromise<void> never;
    never.start();
    const ActorRef<Worker> busy = system.spawn<Worker>();
    busy.tell(Suspend{never.future()});
    const auto waiting = system.spawn<Worker>();
    QFuture<int> asked = waiting.ask(Forward{busy}, 10min);
    QTRY_COMPARE(Worker::s_frames.load(), 1);
    QVERIFY(!asked.isFinished());
    clock->advance(10min);
    QVERIFY(fails<Actorio::Timeout>([&] { asked.waitForFinished(); }));
    never.finish();
    (void)waiting.ask(WhichThread()).result();
}

QTEST_GUILESS_MAIN(tst_ActorSystem)
#include "tst_actorsystem.moc"
