// SPDX-License-Identifier: MIT
#include "gate.h"
#include "life.h"

#include <Actorio/Actorio>

#include <QtCore/QException>
#include <QtCore/QFuture>
#include <QtCore/QPromise>
#include <QtCore/QStringList>
#include <QtCore/QThread>
#include <QtTest/QTest>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

Journal history; // of the test

// Counts the frames that exist: a local and a parameter in each coroutine.
struct Counted
{
    Counted() { ++alive; }
    Counted(const Counted &) { ++alive; }
    ~Counted() { --alive; }
    Counted &operator=(const Counted &) = default;
    static inline std::atomic<int> alive{0};
};

// Says when it is destroyed.
struct Mark
{
    explicit Mark(const QString &text) : name(text) { }
    Mark(const Mark &) = delete;
    ~Mark() { history.note(u"~"_s + name); }
    QString name;
};

class OurException : public QException
{
public:
    void raise() const override { throw *this; }
    OurException *clone() const override { return new OurException(*this); }
};

// A promise that has started, as futures of others come from.
template<class T>
std::shared_ptr<QPromise<T>> startedPromise()
{
    auto promise = std::make_shared<QPromise<T>>();
    promise->start();
    return promise;
}
template<class T>
void finish(QPromise<T> &promise, T value)
{
    promise.addResult(std::move(value));
    promise.finish();
}

struct Number
{
    int number;
};
struct AwaitInt
{
    QFuture<int> future;
};
struct AwaitPlainly // by a function that is no coroutine
{
    QFuture<int> future;
};
struct AwaitText
{
    QFuture<QString> future;
};
struct AwaitNothing
{
    QFuture<void> future;
};
struct AwaitMoveOnly
{
    QFuture<std::unique_ptr<int>> future;
};
struct AwaitAsk
{
    ActorRef<> target;
    std::chrono::milliseconds timeout = std::chrono::milliseconds::max();
};
struct AwaitSeveral // one after the other
{
    QList<QFuture<int>> futures;
};
struct AwaitHelpers // helpers that run side by side
{
    QList<QFuture<int>> futures;
};
struct AwaitDeeply
{
    QFuture<int> future;
    int depth;
};
struct Launch // a helper that nobody awaits
{
    QFuture<int> future;
    int number;
};
struct JoinLaunched // awaits what Launch began
{
};
struct ThrowAfter
{
    QFuture<int> future;
    int kind;
};
struct ReplyAfter
{
    QFuture<int> future;
    QString text;
};
struct StopAfter
{
    QFuture<int> future;
    bool throws;
};

class Worker : public Actor
{
    Q_OBJECT
public:
    QFuture<std::unique_ptr<int>> receive(const AwaitMoveOnly &await)
    {
        std::unique_ptr<int> number = co_await await.future;
        ++*number;
        co_return number;
    }
    // Every category of a value that can be returned.
    QFuture<QString> receive(char)
    {
        const QString constant = u"const lvalue"_s;
        co_return constant;
    }
    QFuture<QString> receive(short)
    {
        QString text = u"lvalue"_s;
        co_return text;
    }
    QFuture<QString> receive(long) { co_return u"prvalue"_s; }
    QFuture<QString> receive(float) { co_return u"built "_s % u"up"_s; }
    QFuture<std::pair<int, QString>> receive(double) { co_return {1, u"braces"_s}; }
    QFuture<std::unique_ptr<int>> receive(bool) { co_return std::make_unique<int>(5); }
    QFuture<QString> receive(unsigned)
    {
        QString text = u"xvalue"_s;
        co_return std::move(text);
    }
    QFuture<double> receive(unsigned char) { co_return 3; }

public Q_SLOTS:
    int receive(const Number &number)
    {
        history.note(QString::number(number.number));
        return number.number;
    }
    QFuture<int> receive(AwaitInt await)
    {
        const Counted counted;
        co_return co_await await.future;
    }
    QFuture<int> receive(const AwaitPlainly &await) { return await.future; }
    QFuture<QString> receive(const AwaitText &await) { co_return co_await await.future; }
    QFuture<void> receive(const AwaitNothing &await) { co_await await.future; }
    QFuture<int> receive(const AwaitAsk &await)
    {
        co_return co_await await.target.ask<int>(Number{7}, await.timeout);
    }
    QFuture<int> receive(const AwaitSeveral &await)
    {
        int sum = 0;
        for (const QFuture<int> &future : await.futures) {
            history.note(u"await"_s);
            sum += co_await future;
            history.note(u"got"_s);
        }
        co_return sum;
    }
    QFuture<int> receive(const AwaitHelpers &await)
    {
        std::vector<QFuture<int>> helpers;
        for (const QFuture<int> &future : await.futures)
            helpers.push_back(helper(future));
        int sum = 0;
        for (const QFuture<int> &running : helpers)
            sum += co_await running;
        co_return sum;
    }
    QFuture<int> receive(const AwaitDeeply &await)
    {
        co_return co_await deep(await.future, await.depth);
    }
    void receive(const Launch &launch) { m_launched = launched(launch.future, launch.number); }
    QFuture<int> receive(const JoinLaunched &)
    {
        history.note(u"joins"_s);
        co_return co_await m_launched;
    }
    QFuture<int> receive(const ThrowAfter &task)
    {
        co_await task.future;
        switch (task.kind) {
        case 0:
            throw std::runtime_error("out of a coroutine");
        case 1:
            throw 42;
        default:
            throw OurException();
        }
        co_return 0;
    }
    QFuture<void> receive(const ReplyAfter &task)
    {
        const ActorRef<> sender = currentSender();
        const Message message = currentMessage();
        co_await task.future;
        if (sender != currentSender() || !currentMessage().is<ReplyAfter>()
            || currentMessage().get<ReplyAfter>() != &task || message.get<ReplyAfter>() != &task)
            throw std::runtime_error("the message has changed");
        reply(task.text);
    }
    QFuture<int> receive(const StopAfter &task)
    {
        co_await task.future;
        if (task.throws)
            throw StopActor();
        stop();
        history.note(u"stopped"_s);
        co_return 5;
    }
    void receive(const Pass &pass) { pass.door->pass(); }

protected:
    void tearDown(const StopReason &) override { history.note(u"tearDown"_s); }

private:
    QFuture<int> helper(QFuture<int> future)
    {
        const int number = co_await future;
        history.note(u"helper "_s + QString::number(number));
        co_return number;
    }
    QFuture<int> deep(QFuture<int> future, int depth)
    {
        const Counted counted;
        if (depth == 0)
            co_return co_await future;
        co_return 1 + co_await deep(future, depth - 1);
    }
    QFuture<int> launched(QFuture<int> future, int number)
    {
        const Counted counted;
        const int value = co_await future;
        history.note(u"launched "_s + QString::number(number));
        co_return value + number;
    }

    QFuture<int> m_launched;
};

// Notices when two of its handlers or continuations overlap.
struct Stir
{
    QFuture<int> future;
    int rounds;
    ActorRef<> other;
};
struct StirAlone // a helper that nobody awaits
{
    QFuture<int> future;
    ActorRef<> other;
};
struct Overlaps
{
};

class OneAtATime : public Actor
{
    Q_OBJECT
public Q_SLOTS:
    int receive(const Number &number)
    {
        const Section section(*this);
        return number.number;
    }
    QFuture<int> receive(const Stir &stir)
    {
        m_busy = true; // no message may come between until it is done
        for (int i = 0; i < stir.rounds; ++i) {
            {
                const Section section(*this);
            }
            co_await stir.future;
            {
                const Section section(*this);
            }
            co_await stir.other.ask<int>(Number{i});
            {
                const Section section(*this);
            }
            co_await nested(stir.other);
        }
        m_busy = false;
        co_return stir.rounds;
    }
    void receive(const StirAlone &stir) { (void)alone(stir.future, stir.other); }
    int receive(const Overlaps &)
    {
        if (m_busy)
            ++m_overlaps;
        return m_overlaps;
    }
    void receive(int)
    {
        const Section section(*this);
        if (m_busy)
            ++m_overlaps;
    }

private:
    struct Section
    {
        explicit Section(OneAtATime &actor) : owner(actor)
        {
            if (owner.m_inside.exchange(true) || QThread::currentThread() != owner.thread())
                ++owner.m_overlaps;
        }
        ~Section() { owner.m_inside = false; }
        OneAtATime &owner;
    };
    QFuture<void> nested(ActorRef<> other)
    {
        co_await other.ask<int>(Number{0});
        const Section section(*this);
    }
    QFuture<void> alone(QFuture<int> future, ActorRef<> other)
    {
        co_await future;
        check();
        co_await other.ask<int>(Number{0});
        check();
    }
    void check()
    {
        const Section section(*this);
        if (m_busy)
            ++m_overlaps;
    }

    std::atomic<bool> m_inside{false};
    bool m_busy = false;
    int m_overlaps = 0;
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

class tst_Coroutine : public QObject
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

    // What it awaits
    void aReadyFuture();
    void aPendingFuture();
    void aFutureOfAnotherThread();
    void aFutureOfNothing();
    void aMoveOnlyResult();
    void aFutureThatFails_data();
    void aFutureThatFails();
    void aCancelledFuture();
    void aDroppedPromise();
    void aFutureWithoutAResult();
    void anAsk();
    void anAskThatFails();
    void anAskThatTimesOut();
    void aFutureStaysItsOwners();

    // One at a time
    void messagesWait();
    void manyAwaits();
    void nothingOverlaps();
    void otherActorsOfTheThreadGoOn();
    void aPlainFunctionsFuture();

    // What it returns
    void everyKindOfValue();
    void exceptions_data();
    void exceptions();
    void stopsItself();

    // Helpers
    void aHelper();
    void helpersSideBySide();
    void deepHelpers();
    void aHelperThatOutlivesItsHandler();
    void aHelperThatNobodyAwaitsFails();
    void aHelperThatNobodyAwaitsStopsTheActor();
    void aHelperThatNobodyAwaitsIsBusyUntil();
    void aHelperAwaitedByALaterHandler();
    void aHelperAwaitedByAnotherHelperAndAHandler();

    // The message
    void theMessageStaysValid();

    // Ends
    void killDestroysFramesNewestFirst();
    void killDestroysUnawaitedHelpers();
    void stopLetsItFinish();
    void drainLetsItFinish();
    void theActorFailsWhileAHelperIsSuspended();
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

void tst_Coroutine::aReadyFuture()
{
    Scoped<Worker> worker;
    QCOMPARE(worker.ask(AwaitInt{QtFuture::makeReadyFuture(3)}).result(), 3);
}

void tst_Coroutine::aPendingFuture()
{
    Scoped<Worker> worker;
    const auto promise = startedPromise<int>();
    Ask<int> ask = worker.ask(AwaitInt{promise->future()});
    QVERIFY(!ask.isFinished());
    finish(*promise, 4);
    QCOMPARE(ask.result(), 4);
}

void tst_Coroutine::aFutureOfAnotherThread()
{
    Scoped<Worker> worker;
    for (int i = 0; i < 200; ++i) {
        const auto promise = startedPromise<QString>();
        std::thread thread([promise, i] { finish(*promise, QString::number(i)); });
        QCOMPARE(worker.ask(AwaitText{promise->future()}).result(), QString::number(i));
        thread.join();
    }
}

void tst_Coroutine::aFutureOfNothing()
{
    Scoped<Worker> worker;
    const auto promise = startedPromise<void>();
    Ask<void> ask = worker.ask(AwaitNothing{promise->future()});
    Ask<int> next = worker.ask(Number{1});
    QVERIFY(!ask.isFinished());
    promise->finish();
    ask.result();
    QCOMPARE(next.result(), 1);
    worker.ask(AwaitNothing{QtFuture::makeReadyFuture()}).result();
}

void tst_Coroutine::aMoveOnlyResult()
{
    Scoped<Worker> worker;
    for (const bool isReady : {true, false}) {
        const auto promise = startedPromise<std::unique_ptr<int>>();
        if (isReady)
            finish(*promise, std::make_unique<int>(6));
        Ask<std::unique_ptr<int>> ask = worker.ask(AwaitMoveOnly{promise->future()});
        if (!isReady)
            finish(*promise, std::make_unique<int>(6));
        QCOMPARE(*ask.result(), 7);
    }
}

void tst_Coroutine::aFutureThatFails_data()
{
    QTest::addColumn<bool>("isReady");
    QTest::addRow("before") << true;
    QTest::addRow("while it waits") << false;
}

void tst_Coroutine::aFutureThatFails()
{
    QFETCH(bool, isReady);
    const auto failWith = [&](std::exception_ptr error, auto check) {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
        Scoped<Worker> worker;
        const auto promise = startedPromise<int>();
        const auto fail = [=] {
            promise->setException(error);
            promise->finish();
        };
        if (isReady)
            fail();
        Ask<int> ask = worker.ask(AwaitInt{promise->future()});
        std::thread thread([=] {
            if (!isReady)
                fail();
        });
        check(ask);
        thread.join();
        QVERIFY(worker.terminated().result().isFailure());
    };
    failWith(std::make_exception_ptr(OurException()),
             [](Ask<int> &ask) { QVERIFY_THROWS_EXCEPTION(OurException, ask.result()); });
    failWith(std::make_exception_ptr(std::runtime_error("of another thread")), [](Ask<int> &ask) {
        QCOMPARE(errorOf<std::runtime_error>([&] { ask.result(); }), u"of another thread"_s);
    });
    failWith(std::make_exception_ptr(42),
             [](Ask<int> &ask) { QVERIFY_THROWS_EXCEPTION(int, ask.result()); });
    // As QtConcurrent::run() wraps what is no QException.
    failWith(std::make_exception_ptr(
                     QUnhandledException(std::make_exception_ptr(std::logic_error("wrapped")))),
             [](Ask<int> &ask) {
                 QCOMPARE(errorOf<std::logic_error>([&] { ask.result(); }), u"wrapped"_s);
             });
}

void tst_Coroutine::aCancelledFuture()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    Scoped<Worker> worker;
    const auto promise = startedPromise<int>();
    Ask<int> ask = worker.ask(AwaitInt{promise->future()});
    promise->future().cancel();
    promise->finish();
    QVERIFY(fails<Cancelled>([&] { ask.result(); }));
    QVERIFY(worker.terminated().result().isFailure());
}

void tst_Coroutine::aDroppedPromise()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    Scoped<Worker> worker;
    auto promise = startedPromise<QString>();
    Ask<QString> ask = worker.ask(AwaitText{promise->future()});
    promise.reset();
    QVERIFY(fails<Cancelled>([&] { ask.result(); }));
    QVERIFY(worker.terminated().result().isFailure());
}

void tst_Coroutine::aFutureWithoutAResult()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    Scoped<Worker> worker;
    const auto promise = startedPromise<QString>();
    promise->finish();
    QVERIFY(fails<BrokenPromise>([&] { worker.ask(AwaitText{promise->future()}).result(); }));
    QVERIFY(worker.terminated().result().isFailure());
}

void tst_Coroutine::anAsk()
{
    Scoped<Worker> worker;
    Scoped<Worker> other;
    QCOMPARE(worker.ask(AwaitAsk{other}).result(), 7);
    Scoped<Worker> dedicated({.on = dedicatedThread()});
    QCOMPARE(worker.ask(AwaitAsk{dedicated}).result(), 7);
    QCOMPARE(dedicated.ask(AwaitAsk{worker}).result(), 7);
}

void tst_Coroutine::anAskThatFails()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    Scoped<Worker> worker;
    Scoped<Worker> other;
    other.stop();
    QVERIFY(fails<ActorStopped>([&] { worker.ask(AwaitAsk{other}).result(); }));
    QVERIFY(worker.terminated().result().isFailure());

    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    Scoped<Worker> second;
    Scoped<Worker> blocked;
    Gate gate;
    blocked.tell(gate.pass());
    QVERIFY(gate.isReached());
    Ask<int> ask = second.ask(AwaitAsk{blocked});
    QVERIFY(!ask.isFinished());
    blocked.ActorRef::stop();
    QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
    QVERIFY(second.terminated().result().isFailure());
    gate.open();
    blocked.stop();
}

void tst_Coroutine::anAskThatTimesOut()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    const auto clock = std::make_shared<ManualClock>();
    ActorSystem system({.clock = clock});
    Scoped worker(system.spawn<Worker>({.on = dedicatedThread()}));
    Scoped blocked(system.spawn<Worker>({.on = dedicatedThread()}));
    Gate gate;
    blocked.tell(gate.pass());
    Ask<int> ask = worker.ask(AwaitAsk{blocked, 50ms});
    while (!ask.isFinished()) {
        clock->advance(50ms);
        QThread::yieldCurrentThread();
    }
    QVERIFY(fails<Timeout>([&] { ask.result(); }));
    worker.terminated().waitForFinished();
    gate.open();
}

void tst_Coroutine::aFutureStaysItsOwners()
{
    // Its one continuation is the owner's.
    Scoped<Worker> worker;
    const auto promise = startedPromise<QString>();
    QFuture<QString> mine =
            promise->future().then([](const QString &text) { return QString(text + u"!"_s); });
    Ask<QString> first = worker.ask(AwaitText{promise->future()});
    Scoped<Worker> other;
    Ask<QString> second = other.ask(AwaitText{promise->future()});
    finish(*promise, u"shared"_s);
    QCOMPARE(mine.result(), u"shared!"_s);
    QCOMPARE(first.result(), u"shared"_s);
    QCOMPARE(second.result(), u"shared"_s);
    QCOMPARE(promise->future().result(), u"shared"_s);
}

void tst_Coroutine::messagesWait()
{
    Scoped<Worker> worker;
    const auto first = startedPromise<int>();
    const auto second = startedPromise<int>();
    Ask<int> ask = worker.ask(AwaitSeveral{{first->future(), second->future()}});
    worker.tell(Number{1});
    Ask<int> last = worker.ask(Number{2});
    finish(*first, 10);
    QTRY_COMPARE(history.entries(), QStringList({u"await"_s, u"got"_s, u"await"_s}));
    QVERIFY(!last.isFinished());
    finish(*second, 20);
    QCOMPARE(ask.result(), 30);
    QCOMPARE(last.result(), 2);
    QCOMPARE(history.entries(),
             QStringList({u"await"_s, u"got"_s, u"await"_s, u"got"_s, u"1"_s, u"2"_s}));
}

void tst_Coroutine::manyAwaits()
{
    Scoped<Worker> worker;
    QList<QFuture<int>> futures;
    std::vector<std::shared_ptr<QPromise<int>>> promises;
    for (int i = 0; i < 1'000; ++i) {
        promises.push_back(startedPromise<int>());
        futures.append(promises.back()->future());
    }
    Ask<int> ask = worker.ask(AwaitSeveral{futures});
    std::thread thread([&] {
        for (const auto &promise : promises)
            finish(*promise, 1);
    });
    QCOMPARE(ask.result(), 1'000);
    thread.join();
}

void tst_Coroutine::nothingOverlaps()
{
    Scoped<OneAtATime> actor;
    Scoped<Worker> other;
    constexpr int Rounds = 200;
    std::vector<Ask<int>> asks;
    std::thread thread([&] {
        for (int i = 0; i < 20 * Rounds; ++i)
            actor.tell(i);
    });
    std::vector<std::shared_ptr<QPromise<int>>> promises;
    for (int i = 0; i < Rounds; ++i) {
        promises.push_back(startedPromise<int>());
        actor.tell(StirAlone{promises.back()->future(), other});
        asks.push_back(actor.ask(Stir{promises.back()->future(), 3, other}));
    }
    for (const auto &promise : promises)
        finish(*promise, 1);
    for (Ask<int> &ask : asks)
        QCOMPARE(ask.result(), 3);
    thread.join();
    QCOMPARE(actor.ask(Overlaps{}).result(), 0);
}

void tst_Coroutine::otherActorsOfTheThreadGoOn()
{
    ActorSystem system({.threads = 1});
    Scoped worker(system.spawn<Worker>());
    Scoped neighbour(system.spawn<Worker>());
    const auto promise = startedPromise<int>();
    Ask<int> ask = worker.ask(AwaitInt{promise->future()});
    Ask<int> plain = worker.ask(AwaitPlainly{promise->future()});
    for (int i = 0; i < 10; ++i)
        QCOMPARE(neighbour.ask(Number{i}).result(), i);
    QVERIFY(!ask.isFinished());
    finish(*promise, 3);
    QCOMPARE(ask.result(), 3);
    QCOMPARE(plain.result(), 3);
}

void tst_Coroutine::aPlainFunctionsFuture()
{
    Scoped<Worker> worker;
    const auto promise = startedPromise<int>();
    Ask<int> ask = worker.ask(AwaitPlainly{promise->future()});
    Ask<int> next = worker.ask(Number{1});
    QVERIFY(!next.isFinished());
    finish(*promise, 3);
    QCOMPARE(ask.result(), 3);
    QCOMPARE(next.result(), 1);
    QCOMPARE(worker.ask(AwaitPlainly{QtFuture::makeReadyFuture(4)}).result(), 4);

    // Cancelled is no failure of the actor: somebody else's future was.
    QVERIFY(fails<Cancelled>([&] { worker.ask(AwaitPlainly{QFuture<int>()}).result(); }));
    QCOMPARE(worker.ask(Number{2}).result(), 2);

    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    QVERIFY(fails<std::runtime_error>([&] {
        worker.ask(AwaitPlainly{QtFuture::makeExceptionalFuture<int>(
                           std::make_exception_ptr(std::runtime_error("no luck")))})
                .result();
    }));
    QVERIFY(worker.terminated().result().isFailure());
}

void tst_Coroutine::everyKindOfValue()
{
    Scoped<Worker> worker;
    QCOMPARE(worker.ask(char(1)).result(), u"const lvalue"_s);
    QCOMPARE(worker.ask(short(1)).result(), u"lvalue"_s);
    QCOMPARE(worker.ask(1L).result(), u"prvalue"_s);
    QCOMPARE(worker.ask(1.f).result(), u"built up"_s);
    QCOMPARE(worker.ask(1.).result(), std::pair(1, u"braces"_s));
    QCOMPARE(*worker.ask(true).result(), 5);
    QCOMPARE(worker.ask(1u).result(), u"xvalue"_s);
    QCOMPARE(worker.ask(static_cast<unsigned char>(1)).result(), 3.0);
}

void tst_Coroutine::exceptions_data()
{
    QTest::addColumn<bool>("isReady");
    QTest::addRow("before it was suspended") << true;
    QTest::addRow("after it was suspended") << false;
}

void tst_Coroutine::exceptions()
{
    QFETCH(bool, isReady);
    for (int kind = 0; kind < 3; ++kind) {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
        Scoped<Worker> worker;
        const auto promise = startedPromise<int>();
        if (isReady)
            finish(*promise, 1);
        Ask<int> ask = worker.ask(ThrowAfter{promise->future(), kind});
        if (!isReady)
            finish(*promise, 1);
        if (kind == 0)
            QCOMPARE(errorOf<std::runtime_error>([&] { ask.result(); }), u"out of a coroutine"_s);
        else if (kind == 1)
            QVERIFY_THROWS_EXCEPTION(int, ask.result());
        else
            QVERIFY_THROWS_EXCEPTION(OurException, ask.result());
        QVERIFY(worker.terminated().result().isFailure());
    }
}

void tst_Coroutine::stopsItself()
{
    for (const bool isReady : {true, false}) {
        for (const bool throws : {true, false}) {
            history.clear();
            Scoped<Worker> worker;
            const auto promise = startedPromise<int>();
            if (isReady)
                finish(*promise, 1);
            Ask<int> ask = worker.ask(StopAfter{promise->future(), throws});
            worker.tell(Number{1});
            if (!isReady)
                finish(*promise, 1);
            if (throws)
                QVERIFY(fails<BrokenPromise>([&] { ask.result(); }));
            else
                QCOMPARE(ask.result(), 5);
            QCOMPARE(worker.terminated().result().kind(), StopReason::Stopped);
            QCOMPARE(history.entries(),
                     throws ? QStringList(u"tearDown"_s)
                            : QStringList({u"stopped"_s, u"tearDown"_s}));
        }
    }
}

void tst_Coroutine::aHelper()
{
    Scoped<Worker> worker;
    QCOMPARE(worker.ask(AwaitDeeply{QtFuture::makeReadyFuture(1), 1}).result(), 2);
    const auto promise = startedPromise<int>();
    Ask<int> ask = worker.ask(AwaitDeeply{promise->future(), 1});
    Ask<int> next = worker.ask(Number{1});
    finish(*promise, 5);
    QCOMPARE(ask.result(), 6);
    QCOMPARE(next.result(), 1);
}

void tst_Coroutine::helpersSideBySide()
{
    Scoped<Worker> worker;
    const auto first = startedPromise<int>();
    const auto second = startedPromise<int>();
    const auto third = startedPromise<int>();
    Ask<int> ask = worker.ask(AwaitHelpers{{first->future(), second->future(), third->future()}});
    // Each goes on when its own future is there, while the handler waits for the first.
    finish(*third, 3);
    QTRY_COMPARE(history.entries(), QStringList(u"helper 3"_s));
    finish(*second, 2);
    QTRY_COMPARE(history.entries(), QStringList({u"helper 3"_s, u"helper 2"_s}));
    finish(*first, 1);
    QCOMPARE(ask.result(), 6);
}

void tst_Coroutine::deepHelpers()
{
    Scoped<Worker> worker;
    const auto promise = startedPromise<int>();
    Ask<int> ask = worker.ask(AwaitDeeply{promise->future(), 500});
    finish(*promise, 0);
    QCOMPARE(ask.result(), 500);
}

void tst_Coroutine::aHelperThatOutlivesItsHandler()
{
    Scoped<Worker> worker;
    const auto helpers = startedPromise<int>();
    const auto handlers = startedPromise<int>();
    worker.tell(Launch{helpers->future(), 1});
    QCOMPARE(worker.ask(Number{1}).result(), 1); // its handler has ended
    Ask<int> ask = worker.ask(AwaitSeveral{{handlers->future()}});
    worker.tell(Number{2});
    QTRY_VERIFY(history.contains(u"await"_s));
    finish(*helpers, 1); // it could go on, but a handler is in progress
    Scoped<Worker> other;
    QCOMPARE(other.ask(AwaitInt{helpers->future()}).result(), 1);
    finish(*handlers, 2);
    QCOMPARE(ask.result(), 2);
    QTRY_VERIFY(history.contains(u"launched 1"_s));
    const QStringList lines = history.entries();
    QVERIFY(lines.indexOf(u"launched 1"_s) > lines.indexOf(u"got"_s));
}

struct LaunchFailing
{
    QFuture<int> future;
    std::function<void()> fail;
};
struct LaunchBusy
{
    QFuture<int> future;
    QFuture<void> busy;
};
// Starts helpers that nobody awaits.
class Launcher : public Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const LaunchFailing &launch) { (void)failing(launch.future, launch.fail); }
    void receive(const LaunchBusy &launch) { (void)busy(launch.future, launch.busy); }
    int receive(const Number &number) { return number.number; }

private:
    QFuture<void> failing(QFuture<int> future, std::function<void()> fail)
    {
        co_await future;
        history.note(u"launched"_s);
        fail();
    }
    QFuture<void> busy(QFuture<int> future, QFuture<void> until)
    {
        co_await future;
        busyUntil(until);
        history.note(u"launched"_s);
    }
};

void tst_Coroutine::aHelperThatNobodyAwaitsFails()
{
    Scoped<Launcher> launcher;
    const auto promise = startedPromise<int>();
    launcher.tell(LaunchFailing{promise->future(), [] { throw std::runtime_error("unheard"); }});
    QCOMPARE(launcher.ask(Number{0}).result(), 0); // its handler has ended
    QTest::ignoreMessage(
            QtWarningMsg,
            QRegularExpression(
                    u"^A coroutine of /Launcher-\\d+ that no handler has returned failed: unheard$"_s));
    finish(*promise, 1);
    QTRY_VERIFY(history.contains(u"launched"_s));
    QCOMPARE(launcher.ask(Number{1}).result(), 1); // it goes on
}

void tst_Coroutine::aHelperThatNobodyAwaitsStopsTheActor()
{
    Scoped<Launcher> launcher;
    const auto promise = startedPromise<int>();
    launcher.tell(LaunchFailing{promise->future(), [] { throw Actorio::StopActor{}; }});
    QCOMPARE(launcher.ask(Number{0}).result(), 0); // its handler has ended
    finish(*promise, 1);
    QCOMPARE(launcher.terminated().result().kind(), StopReason::Stopped);
}

void tst_Coroutine::aHelperThatNobodyAwaitsIsBusyUntil()
{
    Scoped<Launcher> launcher;
    const auto promise = startedPromise<int>();
    const auto busy = startedPromise<void>();
    launcher.tell(LaunchBusy{promise->future(), busy->future()});
    QCOMPARE(launcher.ask(Number{1}).result(), 1); // its handler has ended
    finish(*promise, 1);
    QTRY_VERIFY(history.contains(u"launched"_s));
    Ask<int> ask = launcher.ask(Number{2});
    Scoped<Launcher> other;
    QCOMPARE(other.ask(Number{3}).result(), 3);
    QVERIFY(!ask.isFinished());
    busy->finish();
    QCOMPARE(ask.result(), 2);
}

void tst_Coroutine::aHelperAwaitedByALaterHandler()
{
    Scoped<Worker> worker;
    const auto promise = startedPromise<int>();
    worker.tell(Launch{promise->future(), 100});
    Ask<int> join = worker.ask(JoinLaunched{}, 10s);
    QTRY_VERIFY(history.contains(u"joins"_s));
    finish(*promise, 1);
    QCOMPARE(join.result(), 101);
    QCOMPARE(worker.ask(JoinLaunched{}).result(), 101); // ended already
}

struct Load
{
    QFuture<int> future;
};
struct Use // the loaded, in a helper
{
};
class Loader : public Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const Load &load) { m_loading = loading(load.future); }
    void receive(const Use &) { (void)use(); }
    QFuture<int> receive(const JoinLaunched &)
    {
        history.note(u"joins"_s);
        co_return co_await m_loading;
    }
    int receive(const Number &number) { return number.number; }

private:
    QFuture<int> loading(QFuture<int> future) { co_return co_await future; }
    QFuture<void> use()
    {
        co_await m_loading;
        history.note(u"used"_s);
    }
    QFuture<int> m_loading;
};

void tst_Coroutine::aHelperAwaitedByAnotherHelperAndAHandler()
{
    Scoped<Loader> loader;
    const auto promise = startedPromise<int>();
    loader.tell(Load{promise->future()});
    loader.tell(Use{});
    loader.tell(Use{});
    Ask<int> join = loader.ask(JoinLaunched{}, 10s);
    QTRY_VERIFY(history.contains(u"joins"_s));
    finish(*promise, 1);
    QCOMPARE(join.result(), 1);
    QTRY_COMPARE(history.entries(), QStringList({u"joins"_s, u"used"_s, u"used"_s}));
}

void tst_Coroutine::theMessageStaysValid()
{
    Scoped<Worker> worker;
    Inbox me;
    const auto promise = startedPromise<int>();
    worker.tell(ReplyAfter{promise->future(), u"a text that is long enough to be on the heap"_s},
                me.ref());
    Ask<QString> ask = worker.ask<QString>(ReplyAfter{promise->future(), u"second"_s});
    for (int i = 0; i < 100; ++i)
        worker.tell(Number{i});
    finish(*promise, 1);
    QCOMPARE(me.waitFor<QString>(10s), u"a text that is long enough to be on the heap"_s);
    QCOMPARE(ask.result(), u"second"_s);
}

void tst_Coroutine::killDestroysFramesNewestFirst()
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

void tst_Coroutine::killDestroysUnawaitedHelpers()
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

void tst_Coroutine::stopLetsItFinish()
{
    Scoped<Worker> worker;
    const auto promise = startedPromise<int>();
    Ask<int> ask = worker.ask(AwaitSeveral{{promise->future()}});
    QTRY_VERIFY(history.contains(u"await"_s));
    Ask<int> queued = worker.ask(Number{1});
    worker.ActorRef::stop();
    QVERIFY(queued.isFinished());
    QVERIFY(fails<ActorStopped>([&] { queued.result(); }));
    QVERIFY(!worker.tell(Number{1}));
    finish(*promise, 3);
    QCOMPARE(ask.result(), 3);
    QCOMPARE(worker.terminated().result().kind(), StopReason::Stopped);
    QCOMPARE(history.entries(), QStringList({u"await"_s, u"got"_s, u"tearDown"_s}));
}

void tst_Coroutine::drainLetsItFinish()
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

void tst_Coroutine::theActorFailsWhileAHelperIsSuspended()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    Scoped<Worker> worker;
    const auto promise = startedPromise<int>();
    worker.tell(Launch{promise->future(), 1});
    QVERIFY(fails<std::runtime_error>([&] {
        worker.ask(ThrowAfter{QtFuture::makeReadyFuture(1), 0}).result();
    }));
    QVERIFY(worker.terminated().result().isFailure());
    QCOMPARE(Counted::alive, 0);
    finish(*promise, 1); // nobody goes on
    QCOMPARE(history.entries(), QStringList(u"tearDown"_s));
}

void tst_Coroutine::framesOverEveryRoad_data()
{
    QTest::addColumn<QString>("road");
    QTest::addColumn<bool>("awaitsAnAsk");
    for (const char *road : {"value", "exception", "StopActor", "stop", "kill", "drain", "owner",
                             "shutdown", "failure"}) {
        QTest::addRow("%s, a future", road) << QString::fromLatin1(road) << false;
        QTest::addRow("%s, an ask", road) << QString::fromLatin1(road) << true;
    }
}

void tst_Coroutine::framesOverEveryRoad()
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

void tst_Coroutine::killAsTheFutureFinishes()
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

void tst_Coroutine::killAsTheAskIsAnswered()
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

void tst_Coroutine::shutdownKillsAtTheDeadline()
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

void tst_Coroutine::setUpThatWaits()
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

void tst_Coroutine::setUpThatFails()
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

void tst_Coroutine::setUpThatIsKilled()
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

void tst_Coroutine::setUpThatIsStopped()
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

void tst_Coroutine::tearDownThatWaits()
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

void tst_Coroutine::tearDownThatFails()
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

void tst_Coroutine::tearDownThatIsKilled()
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

void tst_Coroutine::aHandlerThatIsBusyUntil()
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

QTEST_GUILESS_MAIN(tst_Coroutine)
#include "tst_coroutine.moc"
