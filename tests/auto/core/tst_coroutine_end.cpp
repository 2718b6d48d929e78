// SPDX-License-Identifier: MIT
// How coroutines end with their actor, and hooks that wait.
#include "coroutine.h"
#include "gate.h"
#include "life.h"

#include <Actorio/Actorio>

#include <QtCore/QFuture>
#include <QtCore/QStringList>
#include <QtCore/QThread>
#include <QtTest/QTest>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

// Says when it is destroyed.
struct Mark
{
    explicit Mark(const QString &text) : name(text) { }
    Mark(const Mark &) = delete;
    ~Mark() { history.note(u"~"_s + name); }
    QString name;
};

// Frames within frames, to be destroyed in their order.
struct Nest
{
    QFuture<int> future;
};
class Nesting : public Actor
{
    Q_OBJECT
public Q_SLOTS:
    QFuture<void> receive(const Nest &nest)
    {
        const Mark first(u"handler's first"_s);
        const Mark second(u"handler's second"_s);
        co_await inner(nest.future, std::make_unique<Mark>(u"parameter"_s));
    }
    void receive(const Launch &launch)
    {
        (void)unawaited(launch.future, u"older"_s);
        (void)unawaited(launch.future, u"newer"_s);
    }
    int receive(const Number &number) { return number.number; }

protected:
    void tearDown(const StopReason &) override { history.note(u"tearDown"_s); }

private:
    QFuture<void> inner(QFuture<int> future, std::unique_ptr<Mark> parameter)
    {
        const Mark mark(u"inner"_s);
        history.note(u"waits"_s);
        co_await future;
        parameter.reset();
    }
    QFuture<void> unawaited(QFuture<int> future, QString name)
    {
        const Mark mark(name);
        co_await future;
        history.note(u"went on"_s);
    }
};

// Hooks that wait.
struct HookOptions
{
    QFuture<void> setUp;
    QFuture<void> tearDown;
};
class Hooked : public Actor
{
    Q_OBJECT
public:
    explicit Hooked(HookOptions options) : m_options(std::move(options)) { }

public Q_SLOTS:
    int receive(const Number &number)
    {
        history.note(u"message"_s);
        return number.number;
    }
    void receive(const AwaitNothing &await)
    {
        history.note(u"handler"_s);
        busyUntil(await.future);
    }

protected:
    void setUp() override
    {
        history.note(u"setUp"_s);
        busyUntil(waitFor(m_options.setUp));
    }
    void tearDown(const StopReason &) override
    {
        history.note(u"tearDown"_s);
        busyUntil(waitFor(m_options.tearDown));
    }

private:
    QFuture<void> waitFor(QFuture<void> future)
    {
        const Counted counted;
        co_await future;
        history.note(u"waited"_s);
    }

    HookOptions m_options;
};

// Every road out of a coroutine, with its frames counted.
struct Suspend
{
    QFuture<int> future;
    ActorRef<> askToo; // awaits this instead, if there is one
    Counted parameter = {};
};
struct SuspendHelper
{
    QFuture<int> future;
};
struct Crash
{
};
class Framed : public Actor
{
    Q_OBJECT
public Q_SLOTS:
    QFuture<int> receive(Suspend suspend)
    {
        const Counted counted;
        co_return co_await inner(suspend.future, suspend.askToo, Counted());
    }
    int receive(const SuspendHelper &suspend)
    {
        (void)inner(suspend.future, {}, Counted());
        return 1;
    }
    void receive(const Crash &) { throw std::runtime_error("crashed"); }
    int receive(const Number &number) { return number.number; }

private:
    QFuture<int> inner(QFuture<int> future, ActorRef<> askToo, Counted)
    {
        const Counted counted;
        const int value = askToo ? co_await askToo.ask<int>(Number{1}) : co_await future;
        if (value < 0)
            throw StopActor();
        co_return value;
    }
};

class tst_CoroutineEnd : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        history.clear();
        QCOMPARE(Counted::alive, 0);
    }
    void cleanup() { QCOMPARE(Counted::alive, 0); }

    // Ends
    void killDestroysFramesNewestFirst();
    void killDestroysUnawaitedHelpers();
    void stopLetsItFinish();
    void drainLetsItFinish();
    void framesOverEveryRoad_data();
    void framesOverEveryRoad();
    void killAsTheFutureFinishes();
    void killAsTheAskIsAnswered();
    void shutdownKillsAtTheDeadline();

    // Hooks
    void setUpThatWaits();
    void setUpThatFails();
    void setUpThatIsKilled();
    void setUpThatIsStopped();
    void tearDownThatWaits();
    void tearDownThatFails();
    void tearDownThatIsKilled();
    void aHandlerThatIsBusyUntil();
};

void tst_CoroutineEnd::killDestroysFramesNewestFirst()
{
    Scoped<Nesting> actor;
    const auto promise = startedPromise<int>();
    Ask<void> ask = actor.ask(Nest{promise->future()});
    QTRY_COMPARE(history.entries(), QStringList(u"waits"_s));
    actor.kill();
    QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
    QCOMPARE(actor.terminated().result().kind(), StopReason::Killed);
    QCOMPARE(history.entries(),
             QStringList({u"waits"_s, u"~inner"_s, u"~parameter"_s, u"~handler's second"_s,
                          u"~handler's first"_s, u"tearDown"_s}));
    finish(*promise, 1);
}

void tst_CoroutineEnd::killDestroysUnawaitedHelpers()
{
    Scoped<Nesting> actor;
    const auto promise = startedPromise<int>();
    actor.tell(Launch{promise->future(), 0});
    QCOMPARE(actor.ask(Number{1}).result(), 1);
    actor.kill();
    actor.terminated().waitForFinished();
    finish(*promise, 1);
    QStringList lines = history.entries();
    lines.removeAll(u"tearDown"_s);
    QCOMPARE(lines, QStringList({u"~newer"_s, u"~older"_s}));
}

void tst_CoroutineEnd::stopLetsItFinish()
{
    Scoped<Worker> worker;
    const auto promise = startedPromise<int>();
    Ask<int> ask = worker.ask(AwaitSeveral{{promise->future()}});
    QTRY_VERIFY(history.contains(u"await"_s));
    Ask<int> queued = worker.ask(Number{1});
    worker.ActorRef::stop();
    QTRY_VERIFY(queued.isFinished()); // the worker may be about to put it aside
    QVERIFY(fails<ActorStopped>([&] { queued.result(); }));
    QVERIFY(!worker.tell(Number{1}));
    finish(*promise, 3);
    QCOMPARE(ask.result(), 3);
    QCOMPARE(worker.terminated().result().kind(), StopReason::Stopped);
    QCOMPARE(history.entries(), QStringList({u"await"_s, u"got"_s, u"tearDown"_s}));
}

void tst_CoroutineEnd::drainLetsItFinish()
{
    Scoped<Worker> worker;
    const auto promise = startedPromise<int>();
    Ask<int> ask = worker.ask(AwaitSeveral{{promise->future()}});
    Ask<int> queued = worker.ask(Number{1});
    worker.drain();
    QVERIFY(!worker.tell(Number{2}));
    finish(*promise, 3);
    QCOMPARE(ask.result(), 3);
    QCOMPARE(queued.result(), 1);
    QCOMPARE(worker.terminated().result().kind(), StopReason::Stopped);
    QCOMPARE(history.entries(), QStringList({u"await"_s, u"got"_s, u"1"_s, u"tearDown"_s}));
}

void tst_CoroutineEnd::framesOverEveryRoad_data()
{
    QTest::addColumn<QString>("road");
    QTest::addColumn<bool>("awaitsAnAsk");
    for (const char *road : {"value", "exception", "StopActor", "stop", "kill", "drain", "owner",
                             "shutdown", "failure"}) {
        QTest::addRow("%s, a future", road) << QString::fromLatin1(road) << false;
        QTest::addRow("%s, an ask", road) << QString::fromLatin1(road) << true;
    }
}

void tst_CoroutineEnd::framesOverEveryRoad()
{
    QFETCH(QString, road);
    QFETCH(bool, awaitsAnAsk);
    QObject owner;
    auto ownerToDie = std::make_unique<QObject>();
    auto system = std::make_unique<ActorSystem>(SystemOptions{.threads = 2});
    const ActorRef<Framed> actor =
            system->spawn<Framed>({.owner = road == u"owner"_s ? ownerToDie.get() : &owner});
    const auto promise = startedPromise<int>();
    const ActorRef<> asked =
            awaitsAnAsk ? ActorRef<>(spawn<Worker>({.owner = &owner})) : ActorRef<>();
    // Busy until the promise is finished, and then it answers.
    if (asked)
        asked.tell(AwaitInt{promise->future()});
    actor.tell(SuspendHelper{promise->future()});
    Ask<int> ask = actor.ask(Suspend{promise->future(), asked});
    Ask<int> queued = actor.ask(Number{1});
    // Helper, handler, and the helper that it awaits: the locals and the parameters are all there.
    QTRY_VERIFY(Counted::alive >= 7);

    const auto fail = [&](std::exception_ptr error) {
        promise->setException(error);
        promise->finish();
    };
    const bool answersOnlyByFuture = road == u"exception"_s || road == u"StopActor"_s;
    if (road == u"exception"_s || road == u"failure"_s || (awaitsAnAsk && answersOnlyByFuture))
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    if (awaitsAnAsk && answersOnlyByFuture) {
        // The ask fails because its target is stopped while it is queued.
        asked.stop();
        finish(*promise, 1);
    } else if (road == u"value"_s) {
        finish(*promise, 1);
        QCOMPARE(ask.result(), 1);
        QCOMPARE(queued.result(), 1);
        actor.stop();
    } else if (road == u"exception"_s) {
        fail(std::make_exception_ptr(std::runtime_error("failed")));
    } else if (road == u"StopActor"_s) {
        finish(*promise, -1);
    } else if (road == u"stop"_s) {
        actor.stop();
        finish(*promise, 1);
        QCOMPARE(ask.result(), 1);
    } else if (road == u"kill"_s) {
        actor.kill();
        QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
    } else if (road == u"drain"_s) {
        actor.drain();
        finish(*promise, 1);
        QCOMPARE(queued.result(), 1);
    } else if (road == u"owner"_s) {
        ownerToDie.reset();
        finish(*promise, 1);
    } else if (road == u"shutdown"_s) {
        system->shutdown(QDeadlineTimer(10ms)); // it does not end by itself
        QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
    } else if (road == u"failure"_s) {
        actor.tell(Crash{});
        finish(*promise, 1);
    }
    actor.terminated().waitForFinished();
    asked.kill();
    asked.terminated().waitForFinished();
    try {
        ask.waitForFinished();
    } catch (...) {
    }
    QTRY_COMPARE(Counted::alive, 0);
}

void tst_CoroutineEnd::killAsTheFutureFinishes()
{
    for (int round = 0; round < 3'000; ++round) {
        const ActorRef<Framed> actor = spawn<Framed>();
        const auto promise = startedPromise<int>();
        Ask<int> ask = actor.ask(Suspend{promise->future(), {}});
        if (round % 2)
            actor.tell(SuspendHelper{promise->future()});
        std::atomic<int> ready{0};
        std::thread finisher([&] {
            ++ready;
            while (ready < 2) { }
            finish(*promise, 1);
        });
        ++ready;
        while (ready < 2) { }
        actor.kill();
        finisher.join();
        try {
            QCOMPARE(ask.result(), 1);
        } catch (const ActorStopped &) {
        }
        QCOMPARE(actor.terminated().result().kind(), StopReason::Killed);
    }
    QTRY_COMPARE(Counted::alive, 0);
}

void tst_CoroutineEnd::killAsTheAskIsAnswered()
{
    Scoped<Framed> target;
    for (int round = 0; round < 3'000; ++round) {
        const ActorRef<Framed> actor = spawn<Framed>();
        Ask<int> ask = actor.ask(Suspend{QFuture<int>(), target});
        if (round % 4 == 0)
            QThread::yieldCurrentThread();
        actor.kill();
        try {
            QCOMPARE(ask.result(), 1);
        } catch (const ActorStopped &) {
        }
        QCOMPARE(actor.terminated().result().kind(), StopReason::Killed);
    }
    QTRY_COMPARE(Counted::alive, 0);
}

void tst_CoroutineEnd::shutdownKillsAtTheDeadline()
{
    ActorSystem system;
    const ActorRef<Nesting> actor = system.spawn<Nesting>();
    const auto promise = startedPromise<int>();
    Ask<void> ask = actor.ask(Nest{promise->future()});
    actor.tell(Launch{promise->future(), 0});
    QVERIFY(system.shutdown(QDeadlineTimer(10ms)));
    QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
    QCOMPARE(system.actorCount(), 0);
    finish(*promise, 1);
}

void tst_CoroutineEnd::setUpThatWaits()
{
    const auto promise = startedPromise<void>();
    Scoped<Hooked> actor(HookOptions{promise->future(), QtFuture::makeReadyFuture()});
    Ask<int> ask = actor.ask(Number{1});
    QTRY_COMPARE(history.entries(), QStringList(u"setUp"_s));
    QVERIFY(!ask.isFinished());
    promise->finish();
    QCOMPARE(ask.result(), 1);
    QCOMPARE(history.entries(), QStringList({u"setUp"_s, u"waited"_s, u"message"_s}));
}

void tst_CoroutineEnd::setUpThatFails()
{
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u"failed, and nobody heard of it: no network"_s));
    const auto promise = startedPromise<void>();
    Scoped<Hooked> actor(HookOptions{promise->future(), QtFuture::makeReadyFuture()});
    Ask<int> ask = actor.ask(Number{1});
    promise->setException(std::make_exception_ptr(std::runtime_error("no network")));
    promise->finish();
    QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
    QCOMPARE(actor.terminated().result().message(), u"no network"_s);
    // It had returned, so that there may be something to tear down.
    QCOMPARE(history.entries(), QStringList({u"setUp"_s, u"tearDown"_s, u"waited"_s}));
}

void tst_CoroutineEnd::setUpThatIsKilled()
{
    const auto promise = startedPromise<void>();
    Scoped<Hooked> actor(HookOptions{promise->future(), QtFuture::makeReadyFuture()});
    Ask<int> ask = actor.ask(Number{1});
    QTRY_COMPARE(history.entries(), QStringList(u"setUp"_s));
    actor.kill();
    QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
    QCOMPARE(actor.terminated().result().kind(), StopReason::Killed);
    QCOMPARE(history.entries(), QStringList({u"setUp"_s, u"tearDown"_s, u"waited"_s}));
    QCOMPARE(Counted::alive, 0);
    promise->finish();
}

void tst_CoroutineEnd::setUpThatIsStopped()
{
    const auto promise = startedPromise<void>();
    Scoped<Hooked> actor(HookOptions{promise->future(), QtFuture::makeReadyFuture()});
    QTRY_COMPARE(history.entries(), QStringList(u"setUp"_s));
    Ask<int> ask = actor.ask(Number{1});
    actor.ActorRef::stop();
    QVERIFY(ask.isFinished());
    promise->finish();
    actor.terminated().waitForFinished();
    QCOMPARE(history.entries(), QStringList({u"setUp"_s, u"waited"_s, u"tearDown"_s, u"waited"_s}));
}

void tst_CoroutineEnd::tearDownThatWaits()
{
    const auto promise = startedPromise<void>();
    Scoped<Hooked> actor(HookOptions{QtFuture::makeReadyFuture(), promise->future()});
    QCOMPARE(actor.ask(Number{1}).result(), 1);
    actor.ActorRef::stop();
    QTRY_VERIFY(history.contains(u"tearDown"_s));
    QFuture<StopReason> gone = actor.terminated();
    QVERIFY(!gone.isFinished());
    QVERIFY(actor.isRunning());
    promise->finish();
    QCOMPARE(gone.result().kind(), StopReason::Stopped);
    QCOMPARE(history.entries().last(), u"waited"_s);
}

void tst_CoroutineEnd::tearDownThatFails()
{
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u"failed, and nobody heard of it: cannot save"_s));
    const auto promise = startedPromise<void>();
    Scoped<Hooked> actor(HookOptions{QtFuture::makeReadyFuture(), promise->future()});
    QCOMPARE(actor.ask(Number{1}).result(), 1);
    promise->setException(std::make_exception_ptr(std::runtime_error("cannot save")));
    promise->finish();
    QCOMPARE(actor.stop().message(), u"cannot save"_s);
    QCOMPARE(history.entries().count(u"tearDown"_s), 1);
}

void tst_CoroutineEnd::tearDownThatIsKilled()
{
    const auto promise = startedPromise<void>();
    Scoped<Hooked> actor(HookOptions{QtFuture::makeReadyFuture(), promise->future()});
    QCOMPARE(actor.ask(Number{1}).result(), 1);
    actor.ActorRef::stop();
    QTRY_VERIFY(history.contains(u"tearDown"_s));
    actor.kill();
    actor.terminated().waitForFinished();
    QCOMPARE(Counted::alive, 0);
    QCOMPARE(history.entries().count(u"tearDown"_s), 1);
    promise->finish();
}

void tst_CoroutineEnd::aHandlerThatIsBusyUntil()
{
    Scoped<Hooked> actor(HookOptions{QtFuture::makeReadyFuture(), QtFuture::makeReadyFuture()});
    const auto promise = startedPromise<void>();
    actor.tell(AwaitNothing{promise->future()});
    Ask<int> ask = actor.ask(Number{1});
    QTRY_VERIFY(history.contains(u"handler"_s));
    QVERIFY(!ask.isFinished());
    promise->finish();
    QCOMPARE(ask.result(), 1);

    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u"failed, and nobody heard of it: not this time"_s));
    actor.tell(AwaitNothing{QtFuture::makeExceptionalFuture(
            std::make_exception_ptr(std::runtime_error("not this time")))});
    QCOMPARE(actor.terminated().result().message(), u"not this time"_s);
}

QTEST_GUILESS_MAIN(tst_CoroutineEnd)
#include "tst_coroutine_end.moc"
