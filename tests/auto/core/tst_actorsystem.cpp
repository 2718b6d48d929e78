// SPDX-License-Identifier: MIT
#include "gate.h"
#include "kernel/delaypoint_p.h"

#include <Actorio/Actorio>

#include <QtCore/QEventLoop>
#include <QtCore/QHash>
#include <QtCore/QPromise>
#include <QtCore/QRegularExpression>
#include <QtCore/QScopeGuard>
#include <QtCore/QSemaphore>
#include <QtCore/QSet>
#include <QtCore/QThread>
#include <QtTest/QTest>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::ActorSystem;
using Actorio::DeadLetter;
using Actorio::StopReason;

namespace {

struct Ping
{
    int number = 0;
};
struct Fail
{
};
struct Echo
{
    int number;
};
struct WhichThread
{
};
struct Suspend
{
    QFuture<void> future;
};
struct Meet
{
    std::vector<ActorRef<>> others;
};
struct SpawnChild
{
};
struct RunLoop
{
    std::shared_ptr<std::function<void()>> inside;
};
struct AnswerLater
{
    Pass pass;
};
struct AnswerTwice
{
};
struct Forward
{
    ActorRef<> to;
};
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

// Dead letters as they are told in any thread.
class Letters
{
public:
    explicit Letters(ActorSystem &system)
    {
        QObject::connect(
                &system, &ActorSystem::deadLetter, &m_context,
                [this](const DeadLetter &letter) {
                    const std::lock_guard lock(m_mutex);
                    m_letters.push_back(letter);
                },
                Qt::DirectConnection);
    }
    std::vector<DeadLetter> all() const
    {
        const std::lock_guard lock(m_mutex);
        return m_letters;
    }
    int count(DeadLetter::Cause cause) const
    {
        const std::lock_guard lock(m_mutex);
        return static_cast<int>(
                std::count_if(m_letters.begin(), m_letters.end(),
                              [=](const DeadLetter &letter) { return letter.cause == cause; }));
    }

private:
    mutable std::mutex m_mutex;
    std::vector<DeadLetter> m_letters;
    QObject m_context;
};

// What is logged in one category while it lives.
class Log
{
public:
    explicit Log(const char *category) : m_category(category)
    {
        s_log = this;
        m_before = qInstallMessageHandler(&take);
    }
    ~Log()
    {
        qInstallMessageHandler(m_before);
        s_log = nullptr;
    }
    Log(const Log &) = delete;
    Log &operator=(const Log &) = delete;
    QStringList lines() const
    {
        const std::lock_guard lock(m_mutex);
        return QStringList(m_lines.begin(), m_lines.end()); // not shared with who adds
    }
    bool isAllInfo() const
    {
        const std::lock_guard lock(m_mutex);
        return m_isAllInfo;
    }

private:
    static void take(QtMsgType type, const QMessageLogContext &context, const QString &text)
    {
        if (qstrcmp(context.category, s_log->m_category) != 0)
            return s_log->m_before(type, context, text);
        const std::lock_guard lock(s_log->m_mutex);
        s_log->m_lines << text;
        s_log->m_isAllInfo = s_log->m_isAllInfo && type == QtInfoMsg;
    }

    static inline Log *s_log = nullptr;
    const char *const m_category;
    QtMessageHandler m_before = nullptr;
    mutable std::mutex m_mutex;
    QStringList m_lines;
    bool m_isAllInfo = true;
};

} // namespace

class Worker : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Worker(std::atomic<int> *handled = nullptr) : m_handled(handled)
    {
        s_count.fetch_add(1);
    }
    ~Worker() override { s_count.fetch_sub(1); }

    static inline std::atomic<int> s_count{0};
    static inline std::atomic<int> s_frames{0};

public Q_SLOTS:
    int receive(const Ping &ping)
    {
        if (m_handled)
            m_handled->fetch_add(1);
        return ping.number + 1;
    }
    void receive(const Fail &) { throw std::runtime_error("as told"); }
    void receive(const Echo &echo) { reply(echo); }
    int receive(const AnswerLater &answer)
    {
        answer.pass.door->pass();
        return 9;
    }
    QString receive(const WhichThread &) { return QThread::currentThread()->objectName(); }
    void receive(const Pass &pass) { pass.door->pass(); }
    QFuture<void> receive(Suspend suspend)
    {
        struct Frame
        {
            Frame() { s_frames.fetch_add(1); }
            ~Frame() { s_frames.fetch_sub(1); }
        } frame;
        co_await suspend.future;
    }
    void receive(const Meet &meet) { m_others = meet.others; }
    ActorRef<Worker> receive(const SpawnChild &) { return spawn<Worker>(); }
    void receive(const RunLoop &order) { (*order.inside)(); }
    void receive(const AnswerTwice &)
    {
        reply(1);
        reply(2);
    }
    QFuture<int> receive(Forward forward) { co_return co_await forward.to.ask<int>(Ping{5}); }

private:
    std::atomic<int> *const m_handled;
    std::vector<ActorRef<>> m_others;
};

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
    void shutdownStopsInOrderWithinDeadline();
    void shutdownKillsSuspendedCoroutinesAtDeadline();
    void shutdownTwiceGivesTheSameAnswer();
    void shutdownFromTwoThreadsAtOnce();
    void shutdownInNestedEventLoopOfMainThreadActor();
    void shutdownInHandlerOfPoolThread();
    void shutdownInContinuationOfAnEnd_data();
    void shutdownInContinuationOfAnEnd();
    void shutdownNamesStuckHandlerAndEndsTheRest();
    void shutdownIsNoFailureOfThoseWhoWaitForEachOther_data();
    void shutdownIsNoFailureOfThoseWhoWaitForEachOther();
    void shutdownWhileAnAnswerIsOnItsWayToABlockedThread();
    void spawnAfterShutdownFails();
    void destructorShutsDown();

    void deadLetterOfStoppedActor();
    void deadLetterOfActorThatNeverBegan();
    void lateReplyIsDeadLetter();
    void deadLettersAreHeardInWhicheverThread();
    void everythingIsCountedWhenAnEndIsHeard();
    void shutdownInActorFailedOfARefusedSpawn();
    void shutdownInADeadLetterOfAnActorThatNeverRan();
    void shutdownInTheContinuationOfATimeout();
    void deletedWhileASlotWaitsForTheDeleter();
    void firstTenDeadLettersAreLoggedThenTheirCount();
    void promise3_whatIsSentIsHandledOrDeadOrRefused();

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

// The handler in progress is let finish, and nothing queued behind it runs.
void tst_ActorSystem::shutdownStopsInOrderWithinDeadline()
{
    std::atomic<int> handled{0};
    ActorSystem system({.threads = 1});
    Letters letters(system);
    const ActorRef<Worker> worker = system.spawn<Worker>(&handled);
    Gate gate;
    worker.tell(gate.pass());
    QVERIFY(gate.isReached());
    worker.tell(Ping());
    const QFuture<int> asked = worker.ask(Ping());
    std::thread opener([&] {
        while (worker.tell(WhichThread()))
            QThread::yieldCurrentThread();
        gate.open();
    });
    QVERIFY(system.shutdown(1min));
    opener.join();
    QCOMPARE(handled.load(), 0);
    QCOMPARE(worker.terminated().result().kind(), StopReason::Stopped);
    QVERIFY(fails<Actorio::ActorStopped>([&] { (void)asked.result(); }));
    const std::vector<DeadLetter> all = letters.all();
    QVERIFY(all.at(0).message.is<Ping>());
    QCOMPARE(quint64(all.size()), system.deadLetterCount());
}

void tst_ActorSystem::shutdownKillsSuspendedCoroutinesAtDeadline()
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

void tst_ActorSystem::shutdownTwiceGivesTheSameAnswer()
{
    ActorSystem system;
    system.spawn<Worker>();
    QVERIFY(system.shutdown());
    QVERIFY(system.shutdown());
    QVERIFY(system.shutdown(QDeadlineTimer(0)));
}

void tst_ActorSystem::shutdownFromTwoThreadsAtOnce()
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
void tst_ActorSystem::shutdownInNestedEventLoopOfMainThreadActor()
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

void tst_ActorSystem::shutdownInHandlerOfPoolThread()
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

void tst_ActorSystem::shutdownInContinuationOfAnEnd_data()
{
    QTest::addColumn<int>("kind");
    QTest::newRow("pool") << int(Actorio::Placement::Kind::Pool);
    QTest::newRow("dedicated thread") << int(Actorio::Placement::Kind::DedicatedThread);
    QTest::newRow("main thread") << int(Actorio::Placement::Kind::MainThread);
}

// A continuation runs in the thread of the actor that has ended, among others that live on there.
void tst_ActorSystem::shutdownInContinuationOfAnEnd()
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

void tst_ActorSystem::shutdownNamesStuckHandlerAndEndsTheRest()
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

void tst_ActorSystem::shutdownIsNoFailureOfThoseWhoWaitForEachOther_data()
{
    QTest::addColumn<bool>("areChildren");
    QTest::addColumn<bool>("isPutOff");
    QTest::newRow("roots, in the inbox") << false << false;
    QTest::newRow("roots, put off") << false << true;
    QTest::newRow("children, in the inbox") << true << false;
    QTest::newRow("children, put off") << true << true;
}

void tst_ActorSystem::shutdownIsNoFailureOfThoseWhoWaitForEachOther()
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

void tst_ActorSystem::shutdownWhileAnAnswerIsOnItsWayToABlockedThread()
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

void tst_ActorSystem::deadLetterOfStoppedActor()
{
    ActorSystem system({.threads = 1});
    Letters letters(system);
    const ActorRef<Worker> worker = system.spawn<Worker>();
    const ActorRef<Worker> sender = system.spawn<Worker>();
    Gate gate;
    worker.tell(gate.pass());
    QVERIFY(gate.isReached());
    QVERIFY(worker.tell(Ping{1}, sender));
    worker.stop();
    QVERIFY(!worker.tell(Ping{2})); // refused, so no dead letter
    gate.open();
    (void)worker.terminated().result();
    const std::vector<DeadLetter> all = letters.all();
    QCOMPARE(all.size(), std::size_t(1));
    QCOMPARE(system.deadLetterCount(), quint64(1));
    QCOMPARE(all[0].cause, DeadLetter::ActorStopped);
    QCOMPARE(all[0].message.get<Ping>()->number, 1);
    QVERIFY(all[0].type == QMetaType::fromType<Ping>());
    QVERIFY(all[0].recipient == worker);
    QVERIFY(all[0].sender == sender);
}

void tst_ActorSystem::deadLetterOfActorThatNeverBegan()
{
    ActorSystem system;
    Letters letters(system);
    const ActorRef<Worker> worker = system.spawn<Worker>({.on = Actorio::mainThread()});
    QVERIFY(worker.tell(Ping()));
    worker.kill();
    QTRY_VERIFY(worker.terminated().isFinished());
    QCOMPARE(letters.count(DeadLetter::ActorStopped), 1);
}

void tst_ActorSystem::lateReplyIsDeadLetter()
{
    ActorSystem system({.threads = 1});
    Letters letters(system);
    const ActorRef<Worker> worker = system.spawn<Worker>({.name = u"replier"_s});
    QCOMPARE(ActorRef<>(worker).ask<int>(AnswerTwice()).result(), 1);
    (void)worker.ask(WhichThread()).result(); // by then it has answered twice
    QCOMPARE(letters.all().size(), std::size_t(1));

    Gate gate;
    Actorio::Ask<int> ask = worker.ask(AnswerLater{gate.pass()});
    QVERIFY(gate.isReached());
    ask.cancel();
    gate.open();
    (void)worker.ask(WhichThread()).result();
    const std::vector<DeadLetter> all = letters.all();
    QCOMPARE(all.size(), std::size_t(2));
    for (const DeadLetter &letter : all) {
        QCOMPARE(letter.cause, DeadLetter::LateReply);
        QVERIFY(letter.type == QMetaType::fromType<int>());
        QVERIFY(letter.recipient.name().contains(u"replier"));
    }
    QCOMPARE(system.deadLetterCount(), quint64(2));
}

void tst_ActorSystem::deadLettersAreHeardInWhicheverThread()
{
    ActorSystem system({.threads = 2});
    std::mutex mutex;
    QSet<Qt::HANDLE> threads;
    QObject context;
    connect(
            &system, &ActorSystem::deadLetter, &context,
            [&](const DeadLetter &) {
                const std::lock_guard lock(mutex);
                threads.insert(QThread::currentThreadId());
            },
            Qt::DirectConnection);
    int queued = 0;
    connect(&system, &ActorSystem::deadLetter, this, [&] { ++queued; });
    const auto worker = system.spawn<Worker>();
    Gate gate;
    QVERIFY(worker.tell(AnswerLater{gate.pass()}));
    QVERIFY(gate.isReached());
    for (int i = 0; i < 3; ++i)
        QVERIFY(worker.tell(Ping()));
    worker.stop();
    gate.open();
    QTRY_COMPARE(queued, 3);
    const std::lock_guard lock(mutex);
    QCOMPARE(threads.size(), 1);
    QVERIFY(!threads.contains(QThread::currentThreadId())); // the actor's
}

// Promise 3, exactly: also for one who hears of the end while another thread is still within its stop().
void tst_ActorSystem::everythingIsCountedWhenAnEndIsHeard()
{
    namespace Detail = Actorio::Detail;
    const auto linger = [](const char *place) {
        if (qstrcmp(place, "cell.raise") == 0)
            QThread::msleep(2);
    };
    Detail::delayHook.store(linger);
    const auto reset = qScopeGuard([] { Detail::delayHook.store(nullptr); });
    ActorSystem system({.threads = 2});
    quint64 accepted = 0;
    std::atomic<int> handled{0};
    for (int round = 0; round < 50; ++round) {
        const auto worker = system.spawn<Worker>({}, &handled);
        Gate gate;
        QVERIFY(worker.tell(gate.pass()));
        QVERIFY(gate.isReached());
        for (int i = 0; i < 10; ++i)
            accepted += worker.tell(Ping());
        std::thread stopper([&] { worker.stop(); });
        while (worker.tell(Ping()))
            ++accepted;
        gate.open();
        worker.terminated().waitForFinished();
        const quint64 counted = system.deadLetterCount() + quint64(handled.load());
        stopper.join();
        QCOMPARE(counted, accepted);
    }
}

// A shutdown that waits for what stands below it on the stack would never come back.
void tst_ActorSystem::shutdownInActorFailedOfARefusedSpawn()
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

void tst_ActorSystem::shutdownInADeadLetterOfAnActorThatNeverRan()
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

void tst_ActorSystem::shutdownInTheContinuationOfATimeout()
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
void tst_ActorSystem::deletedWhileASlotWaitsForTheDeleter()
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

void tst_ActorSystem::firstTenDeadLettersAreLoggedThenTheirCount()
{
    const Log log("actorio.deadletters");
    ActorSystem system({.threads = 1});
    const ActorRef<Worker> worker = system.spawn<Worker>({.name = u"mortal"_s});
    Gate gate;
    worker.tell(gate.pass());
    QVERIFY(gate.isReached());
    for (int i = 0; i < 2'500; ++i)
        QVERIFY(worker.tell(Ping{i}));
    worker.kill();
    gate.open();
    (void)worker.terminated().result();
    QVERIFY(system.shutdown());
    const QStringList lines = log.lines();
    QVERIFY(log.isAllInfo());
    QVERIFY(lines.size() > 10);
    for (int i = 0; i < 10; ++i) {
        QVERIFY2(lines[i].contains(u"Ping") && lines[i].contains(u"/mortal")
                         && lines[i].contains(u"ActorStopped"),
                 qPrintable(lines[i]));
    }
    QVERIFY(lines.size() < 20);
    QVERIFY2(lines.last().contains(u"2500"), qPrintable(lines.last()));
    QVERIFY(!lines[10].contains(u"/mortal"));
}

void tst_ActorSystem::promise3_whatIsSentIsHandledOrDeadOrRefused()
{
    constexpr int Senders = 3;
    ActorSystem system({.threads = 2});
    Letters letters(system);
    std::atomic<int> handled{0};
    std::atomic<int> accepted{0};
    std::atomic<int> refused{0};
    std::vector<ActorRef<Worker>> workers;
    for (int i = 0; i < 12; ++i) {
        const auto where = i % 4 == 0 ? Actorio::mainThread() : Actorio::pool();
        workers.push_back(system.spawn<Worker>({.on = where}, &handled));
    }
    std::vector<std::thread> senders;
    for (int sender = 0; sender < Senders; ++sender) {
        senders.emplace_back([&] {
            for (const ActorRef<Worker> &worker : workers) {
                for (int i = 0; i < 200; ++i)
                    (worker.tell(Ping{i}) ? accepted : refused).fetch_add(1);
            }
        });
    }
    for (std::size_t i = 0; i < workers.size(); ++i) {
        if (i % 3 == 0)
            workers[i].stop();
        else if (i % 3 == 1)
            workers[i].kill();
        else
            workers[i].drain();
        QThread::yieldCurrentThread();
    }
    for (std::thread &sender : senders)
        sender.join();
    QVERIFY(system.shutdown(1min));
    QCOMPARE(accepted + refused, Senders * 12 * 200);
    QCOMPARE(handled + static_cast<int>(system.deadLetterCount()), accepted.load());
    QCOMPARE(letters.count(DeadLetter::ActorStopped), static_cast<int>(system.deadLetterCount()));
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
    QVERIFY(fails<Actorio::Timeout>([&] { (void)hour.result(); }));
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
    const QFuture<int> asked = waiting.ask(Forward{busy}, 10min);
    QTRY_COMPARE(Worker::s_frames.load(), 1);
    QVERIFY(!asked.isFinished());
    clock->advance(10min);
    QVERIFY(fails<Actorio::Timeout>([&] { (void)asked.result(); }));
    never.finish();
    (void)waiting.ask(WhichThread()).result();
}

QTEST_GUILESS_MAIN(tst_ActorSystem)
#include "tst_actorsystem.moc"
