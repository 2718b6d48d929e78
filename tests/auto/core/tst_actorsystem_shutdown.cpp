// SPDX-License-Identifier: MIT
// Promise 8: whatever a system is doing, its shutdown ends.
#include "gate.h"
#include "system.h"

#include <Actorio/Actorio>

#include <QtCore/QEventLoop>
#include <QtCore/QPromise>
#include <QtCore/QRegularExpression>
#include <QtCore/QScopeGuard>
#include <QtCore/QSemaphore>
#include <QtCore/QThread>
#include <QtTest/QTest>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::ActorSystem;
using Actorio::DeadLetter;
using Actorio::StopReason;

namespace {

struct PutOff // the answer for ever
{
};
struct Rely // on the answer of one that a shutdown stops first
{
    ActorRef<> on;
    bool isPutOff; // else it waits in that one's inbox
    std::shared_ptr<QPromise<void>> end; // until which that one is busy
};
struct RelyOnSibling
{
    bool isPutOff;
};

// What a handler returns, and a test holds on its way to the asker.
struct Slow
{
    explicit Slow(int n) : number(n) { }
    Slow(const Slow &) = default;
    Slow(Slow &&other) noexcept : number(-1)
    {
        if (const auto holder = std::exchange(other.door, nullptr))
            holder->pass();
        number = other.number;
    }
    Slow &operator=(const Slow &) = default;
    int number;
    std::shared_ptr<Door> door;
};
struct MakeSlow
{
    Pass pass;
};

} // namespace

// Does not answer before it stops.
class Relied : public Actorio::Actor
{
    Q_OBJECT
public:
    static inline std::atomic<int> s_putOff{0};

public Q_SLOTS:
    QFuture<void> receive(Suspend suspend) { co_await suspend.future; }
    int receive(const Ping &ping) { return ping.number; }
    Actorio::Delegated<int> receive(const PutOff &)
    {
        m_promise = replyPromise<int>();
        s_putOff.fetch_add(1);
        return {};
    }

private:
    Actorio::ReplyPromise<int> m_promise;
};

// Fails when the answer does not come.
class Relying : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QFuture<void> receive(Rely rely)
    {
        m_end = rely.end;
        Actorio::Ask<int> ask =
                rely.isPutOff ? rely.on.ask<int>(PutOff()) : rely.on.ask<int>(Ping());
        reply(Ping()); // it has been asked
        co_await ask;
    }

protected:
    void tearDown(const StopReason &) override { m_end->finish(); }

private:
    std::shared_ptr<QPromise<void>> m_end;
};

class Family : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const RelyOnSibling &order)
    {
        const ActorRef<Relying> relying = spawn<Relying>();
        const ActorRef<Relied> relied = spawn<Relied>(); // the newer stops first
        startRelying(relying, relied, order.isPutOff, currentSender());
    }

public:
    static void startRelying(const ActorRef<Relying> &relying, const ActorRef<Relied> &relied,
                             bool isPutOff, const ActorRef<> &starter)
    {
        const auto end = std::make_shared<QPromise<void>>();
        end->start();
        if (!isPutOff)
            relied.tell(Suspend{end->future()});
        relying.tell(Rely{relied, isPutOff, end}, starter);
    }
};

class SlowAnswerer : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    Slow receive(const MakeSlow &make)
    {
        Slow slow(42);
        slow.door = make.pass.door;
        return slow;
    }
};

class tst_ActorSystemShutdown : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }
    void cleanup()
    {
        QCOMPARE(Worker::s_count.load(), 0);
        QCOMPARE(Worker::s_frames.load(), 0);
    }

    void shutdownStopsInOrderWithinDeadline();
    void shutdownKillsSuspendedCoroutinesAtDeadline();
    void shutdownFromTwoThreadsAtOnce();
    void shutdownInNestedEventLoopOfMainThreadActor();
    void shutdownInHandlerOfPoolThread();
    void shutdownInContinuationOfAnEnd_data();
    void shutdownInContinuationOfAnEnd();
    void shutdownNamesStuckHandlerAndEndsTheRest();
    void shutdownIsNoFailureOfThoseWhoWaitForEachOther_data();
    void shutdownIsNoFailureOfThoseWhoWaitForEachOther();
    void shutdownWhileAnAnswerIsOnItsWayToABlockedThread();

    void shutdownInActorFailedOfARefusedSpawn();
    void shutdownInADeadLetterOfAnActorThatNeverRan();
    void shutdownInTheContinuationOfATimeout();
    void deletedWhileASlotWaitsForTheDeleter();
};

// The handler in progress is let finish, and nothing queued behind it runs.
void tst_ActorSystemShutdown::shutdownStopsInOrderWithinDeadline()
{
    std::atomic<int> handled{0};
    ActorSystem system({.threads = 1});
    Letters letters(system);
    const ActorRef<Worker> worker = system.spawn<Worker>(&handled);
    Gate gate;
    worker.tell(gate.pass());
    QVERIFY(gate.isReached());
    worker.tell(Ping());
    QFuture<int> asked = worker.ask(Ping());
    std::thread opener([&] {
        while (worker.tell(WhichThread()))
            QThread::yieldCurrentThread();
        gate.open();
    });
    QVERIFY(system.shutdown(1min));
    opener.join();
    QCOMPARE(handled.load(), 0);
    QCOMPARE(worker.terminated().result().kind(), StopReason::Stopped);
    QVERIFY(fails<Actorio::ActorStopped>([&] { asked.waitForFinished(); }));
    const std::vector<DeadLetter> all = letters.all();
    QVERIFY(all.at(0).message.is<Ping>());
    QCOMPARE(quint64(all.size()), system.deadLetterCount());
}

void tst_ActorSystemShutdown::shutdownKillsSuspendedCoroutinesAtDeadline()
{
    QPromise<void> never;
    never.start();
    ActorSystem system({.threads = 1});
    std::vector<ActorRef<Worker>> workers;
    std::vector<QFuture<void>> asked;
    for (const auto where : {Actorio::pool(), Actorio::dedicatedThread(), Actorio::mainThread()}) {
        workers.push_back(system.spawn<Worker>({.on = where}));
        asked.push_back(workers.back().ask(Suspend{never.future()}));
    }
    QTRY_COMPARE(Worker::s_frames.load(), 3);
    QVERIFY(system.shutdown(QDeadlineTimer(20)));
    QCOMPARE(Worker::s_frames.load(), 0);
    for (const ActorRef<Worker> &worker : workers)
        QCOMPARE(worker.terminated().result().kind(), StopReason::Killed);
    for (QFuture<void> &future : asked)
        QVERIFY(fails<Actorio::ActorStopped>([&] { future.waitForFinished(); }));
    never.finish(); // which nobody hears of
}

void tst_ActorSystemShutdown::shutdownFromTwoThreadsAtOnce()
{
    for (int round = 0; round < 50; ++round) {
        ActorSystem system({.threads = 2});
        std::vector<ActorRef<Worker>> workers;
        for (int i = 0; i < 4; ++i)
            workers.push_back(system.spawn<Worker>(
                    {.on = i == 0 ? Actorio::dedicatedThread() : Actorio::pool()}));
        const QFuture<int> answer = workers[0].ask(Ping(), 1h); // starts the thread of timeouts
        std::atomic<int> wrong{0};
        std::vector<std::thread> threads;
        for (int i = 0; i < 2; ++i) {
            threads.emplace_back([&] {
                if (!system.shutdown(1min) || system.actorCount() != 0)
                    wrong.fetch_add(1);
                for (const ActorRef<Worker> &worker : workers) {
                    if (!worker.terminated().isFinished())
                        wrong.fetch_add(1);
                }
            });
        }
        const bool isOver = system.shutdown(1min);
        for (std::thread &thread : threads)
            thread.join();
        QVERIFY(isOver);
        QCOMPARE(wrong.load(), 0);
        QVERIFY(answer.isFinished());
    }
}

// All but the actor that it is called in has ended when it returns; that one does when its handler has.
void tst_ActorSystemShutdown::shutdownInNestedEventLoopOfMainThreadActor()
{
    ActorSystem system({.threads = 1});
    const ActorRef<Worker> other = system.spawn<Worker>({.on = Actorio::mainThread()});
    const ActorRef<Worker> inPool = system.spawn<Worker>();
    const ActorRef<Worker> worker = system.spawn<Worker>({.on = Actorio::mainThread()});
    bool hasRun = false;
    worker.tell(RunLoop{std::make_shared<std::function<void()>>([&] {
        QEventLoop loop;
        QMetaObject::invokeMethod(
                &loop,
                [&] {
                    system.shutdown(1min);
                    loop.quit();
                },
                Qt::QueuedConnection);
        loop.exec();
        hasRun = worker.isRunning() && !other.isRunning() && !inPool.isRunning();
    })});
    QTRY_VERIFY(worker.terminated().isFinished());
    QVERIFY(hasRun);
    QCOMPARE(worker.terminated().result().kind(), StopReason::Stopped);
    QCOMPARE(system.actorCount(), 0);
}

void tst_ActorSystemShutdown::shutdownInHandlerOfPoolThread()
{
    ActorSystem system({.threads = 2});
    const ActorRef<Worker> other = system.spawn<Worker>();
    const ActorRef<Worker> beside = system.spawn<Worker>();
    const ActorRef<Worker> worker = system.spawn<Worker>();
    std::atomic<bool> wasAsExpected{false};
    worker.tell(RunLoop{std::make_shared<std::function<void()>>([&] {
        system.shutdown(1min);
        wasAsExpected = worker.isRunning() && !other.isRunning() && !beside.isRunning();
    })});
    QCOMPARE(worker.terminated().result().kind(), StopReason::Stopped);
    QVERIFY(wasAsExpected);
    QTRY_COMPARE(system.actorCount(), 0);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"could not be spawned"_s));
    QVERIFY(!system.spawn<Worker>().isRunning());
}

void tst_ActorSystemShutdown::shutdownInContinuationOfAnEnd_data()
{
    QTest::addColumn<int>("kind");
    QTest::newRow("pool") << int(Actorio::Placement::Kind::Pool);
    QTest::newRow("dedicated thread") << int(Actorio::Placement::Kind::DedicatedThread);
    QTest::newRow("main thread") << int(Actorio::Placement::Kind::MainThread);
}

// A continuation runs in the thread of the actor that has ended, among others that live on there.
void tst_ActorSystemShutdown::shutdownInContinuationOfAnEnd()
{
    QFETCH(int, kind);
    const auto where = kind == int(Actorio::Placement::Kind::Pool) ? Actorio::pool()
            : kind == int(Actorio::Placement::Kind::MainThread)    ? Actorio::mainThread()
                                                                   : Actorio::dedicatedThread();
    ActorSystem one({.threads = 1, .name = u"one"_s});
    ActorSystem two({.threads = 1, .name = u"two"_s});
    const ActorRef<Worker> mortal = one.spawn<Worker>({.on = where});
    const ActorRef<Worker> survivor = one.spawn<Worker>({.on = where});
    std::vector<ActorRef<Worker>> others;
    for (const auto on : {Actorio::pool(), Actorio::dedicatedThread(), Actorio::mainThread()})
        others.push_back(two.spawn<Worker>({.on = on}));
    const QFuture<bool> answer = mortal.terminated().then([&](const StopReason &) {
        const bool hasEndedWell = two.shutdown(20s);
        return hasEndedWell && std::none_of(others.begin(), others.end(), [](const auto &other) {
                   return other.isRunning();
               });
    });
    mortal.stop();
    QTRY_VERIFY_WITH_TIMEOUT(answer.isFinished(), 30'000);
    QVERIFY(answer.result());
    QCOMPARE(two.actorCount(), 0);
    const QFuture<int> asked = survivor.ask(Ping{1});
    QTRY_VERIFY(asked.isFinished());
    QCOMPARE(asked.result(), 2);
    QVERIFY(one.shutdown());
}

void tst_ActorSystemShutdown::shutdownNamesStuckHandlerAndEndsTheRest()
{
    ActorSystem system({.threads = 1, .name = u"stuck-system"_s});
    const ActorRef<Worker> inMain = system.spawn<Worker>({.on = Actorio::mainThread()});
    const ActorRef<Worker> inPool = system.spawn<Worker>();
    const ActorRef<Worker> stuck =
            system.spawn<Worker>({.on = Actorio::dedicatedThread(), .name = u"stuck"_s});
    Gate gate;
    stuck.tell(gate.pass());
    QVERIFY(gate.isReached());
    stuck.tell(Ping());
    QTest::ignoreMessage(
            QtWarningMsg,
            QRegularExpression(u"gives up thread .*/stuck, handling Pass for some \\d+ ms"_s));
    QVERIFY(!system.shutdown(QDeadlineTimer(20)));
    QVERIFY(!inMain.isRunning() && !inPool.isRunning());
    QVERIFY(stuck.isRunning());
    QVERIFY(!stuck.tell(Ping()));
    QVERIFY(!system.shutdown());
    // Its end is heard of all the same, when it comes.
    const QFuture<StopReason> gone = stuck.terminated();
    gate.open();
    QCOMPARE(gone.result().kind(), StopReason::Killed);
    QTRY_COMPARE(system.actorCount(), 0);
}

void tst_ActorSystemShutdown::shutdownIsNoFailureOfThoseWhoWaitForEachOther_data()
{
    QTest::addColumn<bool>("areChildren");
    QTest::addColumn<bool>("isPutOff");
    QTest::newRow("roots, in the inbox") << false << false;
    QTest::newRow("roots, put off") << false << true;
    QTest::newRow("children, in the inbox") << true << false;
    QTest::newRow("children, put off") << true << true;
}

void tst_ActorSystemShutdown::shutdownIsNoFailureOfThoseWhoWaitForEachOther()
{
    QFETCH(const bool, areChildren);
    QFETCH(const bool, isPutOff);
    Relied::s_putOff = 0;
    ActorSystem system({.threads = 2});
    Actorio::Inbox me;
    if (areChildren) {
        system.spawn<Family>().tell(RelyOnSibling{isPutOff}, me.ref());
    } else {
        const ActorRef<Relying> relying = system.spawn<Relying>();
        Family::startRelying(relying, system.spawn<Relied>(), isPutOff, me.ref());
    }
    QVERIFY(me.waitFor<Ping>(10s).has_value());
    QTRY_COMPARE(Relied::s_putOff.load(), isPutOff ? 1 : 0);
    QVERIFY(system.shutdown()); // and no warning
}

void tst_ActorSystemShutdown::shutdownWhileAnAnswerIsOnItsWayToABlockedThread()
{
    ActorSystem system({.threads = 1, .name = u"slow-system"_s});
    const ActorRef<SlowAnswerer> slow = system.spawn<SlowAnswerer>();
    Gate gate;
    std::atomic<int> answer{0};
    QSemaphore isAnswered;
    std::thread asker([&] {
        answer = slow.ask(MakeSlow{gate.pass()}).result().number;
        isAnswered.release();
    });
    const auto join = qScopeGuard([&] {
        gate.open();
        asker.join();
    });
    QVERIFY(gate.isReached());
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"gives up thread .*, handling"_s));
    QVERIFY(!system.shutdown(QDeadlineTimer(20)));
    QVERIFY(!isAnswered.tryAcquire(1, 100)); // the system has ended, but the answer is to be
    gate.open();
    QVERIFY(isAnswered.tryAcquire(1, 10'000));
    QCOMPARE(answer.load(), 42);
    QTRY_COMPARE(system.actorCount(), 0);
}

// A shutdown that waits for what stands below it on the stack would never come back.
void tst_ActorSystemShutdown::shutdownInActorFailedOfARefusedSpawn()
{
    ActorSystem system({.threads = 1});
    const auto running = system.spawn<Worker>();
    QThread thread; // has no event loop
    bool hasEndedWell = false;
    connect(
            &system, &ActorSystem::actorFailed, this,
            [&] { hasEndedWell = system.shutdown(QDeadlineTimer(QDeadlineTimer::Forever)); },
            Qt::DirectConnection);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"could not be spawned"_s));
    system.spawn<Worker>({.on = Actorio::onThread(&thread)});
    QVERIFY(hasEndedWell);
    QVERIFY(!running.isRunning());
}

void tst_ActorSystemShutdown::shutdownInADeadLetterOfAnActorThatNeverRan()
{
    ActorSystem system({.threads = 1});
    const auto busy = system.spawn<Worker>();
    Gate gate;
    QVERIFY(busy.tell(gate.pass()));
    QVERIFY(gate.isReached());
    const auto unborn = system.spawn<Worker>();
    QVERIFY(unborn.tell(Ping()));
    unborn.stop();
    QSemaphore isBack;
    connect(
            &system, &ActorSystem::deadLetter, this,
            [&] {
                system.shutdown(QDeadlineTimer(QDeadlineTimer::Forever));
                isBack.release();
            },
            Qt::DirectConnection);
    gate.open();
    QVERIFY(isBack.tryAcquire(1, 20'000));
    QTRY_COMPARE(system.actorCount(), 0);
}

void tst_ActorSystemShutdown::shutdownInTheContinuationOfATimeout()
{
    ActorSystem system({.threads = 1});
    const auto worker = system.spawn<Worker>();
    Gate gate;
    QVERIFY(worker.tell(gate.pass()));
    QVERIFY(gate.isReached());
    QSemaphore isBack;
    QFuture<int> answer = worker.ask(Ping(), 10ms).then([](int) { return 1; }).onFailed([&] {
        gate.open();
        system.shutdown(QDeadlineTimer(QDeadlineTimer::Forever));
        isBack.release();
        return 2;
    });
    QVERIFY(isBack.tryAcquire(1, 20'000));
    QCOMPARE(answer.result(), 2);
    QCOMPARE(system.actorCount(), 0);
}

// Promise 8: nothing that a slot does keeps a system from going for ever.
void tst_ActorSystemShutdown::deletedWhileASlotWaitsForTheDeleter()
{
    auto system = std::make_unique<ActorSystem>(Actorio::SystemOptions{.threads = 1});
    std::atomic<bool> isEmitting{false};
    connect(
            system.get(), &ActorSystem::actorFailed, this, [&] { isEmitting = true; },
            Qt::DirectConnection);
    connect(
            system.get(), &ActorSystem::actorFailed, this, [] {}, Qt::BlockingQueuedConnection);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    system->spawn<Worker>().tell(Fail());
    while (!isEmitting)
        QThread::yieldCurrentThread();
    system.reset(); // its shutdown runs this thread's event loop only if it hosts actors
    QVERIFY(true); // came back
}

QTEST_GUILESS_MAIN(tst_ActorSystemShutdown)
#include "tst_actorsystem_shutdown.moc"
