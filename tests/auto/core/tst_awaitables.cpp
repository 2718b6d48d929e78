// SPDX-License-Identifier: MIT
// co_await of what others have made to be awaited.
#include "host.h"

#include <QtTest/QTest>

#include <coroutine>
#include <memory>
#include <mutex>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

namespace {

// Counts what awaiters hold.
struct Counted
{
    Counted() { ++s_alive; }
    Counted(const Counted &) { ++s_alive; }
    Counted &operator=(const Counted &) = default;
    ~Counted() { --s_alive; }
    static inline std::atomic<int> s_alive{0};
};

// Something that comes later, and knows nothing of actors.
class Event
{
public:
    // Any thread. Whoever awaits it is resumed here.
    void complete(int value)
    {
        std::coroutine_handle<> handle;
        {
            const std::lock_guard lock(m_mutex);
            m_value = value;
            handle = std::exchange(m_handle, nullptr);
        }
        if (handle)
            handle.resume();
    }
    bool isAwaited() const
    {
        const std::lock_guard lock(m_mutex);
        return bool(m_handle);
    }
    bool isComplete() const
    {
        const std::lock_guard lock(m_mutex);
        return m_value.has_value();
    }
    bool suspend(std::coroutine_handle<> handle)
    {
        const std::lock_guard lock(m_mutex);
        if (m_value)
            return false;
        m_handle = handle;
        return true;
    }
    // Negative: an error.
    int value() const
    {
        const std::lock_guard lock(m_mutex);
        if (*m_value < 0)
            throw std::runtime_error("negative");
        return *m_value;
    }

private:
    mutable std::mutex m_mutex;
    std::optional<int> m_value;
    std::coroutine_handle<> m_handle;
};
using EventPointer = std::shared_ptr<Event>;

// They have constructors: GCC 12 destroys an aggregate twice that is made in a co_await.
struct Awaiter
{
    explicit Awaiter(EventPointer later) : event(std::move(later)) { }
    bool await_ready() const { return event->isComplete(); }
    bool await_suspend(std::coroutine_handle<> handle) const { return event->suspend(handle); }
    int await_resume() const { return event->value(); }
    EventPointer event;
    Counted counted;
};

struct WithMember
{
    explicit WithMember(EventPointer later) : event(std::move(later)) { }
    Awaiter operator co_await() const { return Awaiter(event); }
    EventPointer event;
};
struct WithFree
{
    explicit WithFree(EventPointer later) : event(std::move(later)) { }
    EventPointer event;
};
Awaiter operator co_await(const WithFree &awaitable)
{
    return Awaiter(awaitable.event);
}
// May be awaited once, as a temporary only.
struct OnlyOnce
{
    explicit OnlyOnce(EventPointer later) : event(std::make_unique<EventPointer>(std::move(later)))
    {
    }
    Awaiter operator co_await() && { return Awaiter(std::move(*event)); }
    std::unique_ptr<EventPointer> event;
};

// Gives what it is told, at once or when it is resumed in await_suspend().
template<class T>
struct Given
{
    Given(bool isThere, T given) : isReady(isThere), value(std::forward<T>(given)) { }
    bool await_ready() const { return isReady; }
    void await_suspend(std::coroutine_handle<> handle) const { handle.resume(); }
    T await_resume() { return std::forward<T>(value); }
    bool isReady;
    T value;
};
struct Transferring
{
    bool await_ready() const { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> handle) const { return handle; }
    void await_resume() const { }
};
struct Throwing
{
    bool await_ready() const
    {
        if (place == 0)
            throw std::runtime_error("ready");
        return false;
    }
    void await_suspend(std::coroutine_handle<> handle) const
    {
        if (place == 1)
            throw std::runtime_error("suspend");
        handle.resume();
    }
    void await_resume() const
    {
        if (place == 2)
            throw std::runtime_error("resume");
    }
    int place;
};

// Notes where its result is asked for, and where it ends.
struct Placed
{
    explicit Placed(EventPointer later) : event(std::move(later)) { }
    Placed(Placed &&other) noexcept : event(std::move(other.event)) { }
    ~Placed()
    {
        if (event)
            s_ended = QThread::currentThread();
    }
    bool await_ready() const { return false; }
    bool await_suspend(std::coroutine_handle<> handle) const { return event->suspend(handle); }
    void await_resume() const
    {
        s_resumed = QThread::currentThread();
        ++s_count;
    }
    EventPointer event;
    static inline std::atomic<QThread *> s_resumed{nullptr};
    static inline std::atomic<QThread *> s_ended{nullptr};
    static inline std::atomic<int> s_count{0};
};

// A coroutine of somebody else's, that runs at once and goes on wherever it is resumed.
struct Task
{
    struct promise_type
    {
        promise_type() { } // no aggregate, which would take the coroutine's argument
        Task get_return_object() { return {event}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_value(int value) { event->complete(value); }
        void unhandled_exception() { event->complete(-1); }
        EventPointer event = std::make_shared<Event>();
        Counted counted;
    };
    Awaiter operator co_await() const { return Awaiter(event); }
    EventPointer event;
};
Task addOne(EventPointer event)
{
    co_return 1 + co_await Awaiter(event);
}

} // namespace

class tst_Awaitables : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }
    void cleanup() { QCOMPARE(Counted::s_alive, 0); }

    void completedBefore();
    void completedInAwaitSuspend();
    void resultsOfAnyKind();
    void completedLater_data();
    void completedLater();
    void ofAnyKind();
    void aTask();
    void exceptions();
    void oneAtATime();
    void manyInALoop();
    void killedWhileItWaits();
    void killedAsItCompletes();
    void stoppedWhileItWaits();
    void completedAfterTheSystem();
    void outsideAnActor();
    void itsResultIsAskedForInTheActor();
    void oneOfAKilledCoroutineIsLeftAlone();
};

void tst_Awaitables::completedBefore()
{
    Scoped<Host> host;
    const auto event = std::make_shared<Event>();
    event->complete(5);
    Ask<int> ask =
            host.ask(Await{[=](Host &) -> QFuture<int> { co_return co_await Awaiter(event); }});
    QCOMPARE(ask.result(), 5);
}

void tst_Awaitables::completedInAwaitSuspend()
{
    Scoped<Host> host;
    Ask<int> ask = host.ask(Await{[](Host &) -> QFuture<int> {
        co_await Transferring();
        const int first = co_await Given<int>(false, 3);
        co_await std::suspend_never();
        co_return first + co_await Given<int>(true, 4);
    }});
    QCOMPARE(ask.result(), 7);
}

void tst_Awaitables::resultsOfAnyKind()
{
    Scoped<Host> host;
    Ask<int> ask = host.ask(Await{[](Host &) -> QFuture<int> {
        const std::unique_ptr<int> moved =
                co_await Given<std::unique_ptr<int>>(false, std::make_unique<int>(1));
        int number = 2;
        int &reference = co_await Given<int &>(false, number);
        reference = 3;
        const std::unique_ptr<int> unmoved = std::make_unique<int>(4);
        const std::unique_ptr<int> &same =
                co_await Given<const std::unique_ptr<int> &>(false, unmoved);
        if (&reference != &number || same.get() != unmoved.get())
            co_return -1;
        co_return *moved + number + *same;
    }});
    QCOMPARE(ask.result(), 8);
}

void tst_Awaitables::completedLater_data()
{
    QTest::addColumn<bool>("isMain");
    QTest::addRow("in the same thread") << true;
    QTest::addRow("in another thread") << false;
}

void tst_Awaitables::completedLater()
{
    QFETCH(bool, isMain);
    Scoped<Host> host({.on = place(isMain)});
    for (int i = 0; i < 20; ++i) {
        const auto event = std::make_shared<Event>();
        QFuture<int> future = host.ask(Await{[=](Host &h) -> QFuture<int> {
            const int value = co_await Awaiter(event);
            co_return QThread::currentThread() == h.thread() ? value : -1;
        }});
        if (i % 2 == 0)
            QVERIFY(waitUntil([&] { return event->isAwaited(); }));
        event->complete(i);
        QVERIFY(waitForFinished(future));
        QCOMPARE(future.result(), i);
    }
}

void tst_Awaitables::ofAnyKind()
{
    Scoped<Host> host;
    EventPointer events[6];
    for (EventPointer &event : events)
        event = std::make_shared<Event>();
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        int sum = co_await WithMember(events[0]);
        const WithMember member(events[1]);
        sum += co_await member;
        sum += co_await WithFree(events[2]);
        WithFree free(events[3]);
        sum += co_await free;
        sum += co_await OnlyOnce(events[4]);
        Awaiter awaiter(events[5]);
        sum += co_await awaiter;
        co_return sum;
    }});
    for (int i = 0; i < 6; ++i) {
        const EventPointer event = events[i];
        QVERIFY(waitUntil([&] { return event->isAwaited(); }));
        event->complete(1 << i);
    }
    QCOMPARE(ask.result(), 63);
}

void tst_Awaitables::aTask()
{
    Scoped<Host> host;
    const auto event = std::make_shared<Event>();
    Ask<int> ask = host.ask(Await{[=](Host &) -> QFuture<int> {
        const Task task = addOne(event);
        const int first = co_await task;
        co_return 100 * first + co_await addOne(event);
    }});
    QVERIFY(waitUntil([&] { return event->isAwaited(); }));
    std::thread thread([&] { event->complete(10); });
    QCOMPARE(ask.result(), 1'111);
    thread.join();
}

void tst_Awaitables::exceptions()
{
    Scoped<Host> host;
    for (const int where : {0, 1, 2}) {
        Ask<int> ask = host.ask(Await{[where](Host &) -> QFuture<int> {
            try {
                co_await Throwing{where};
            } catch (const std::runtime_error &error) {
                co_return int(strlen(error.what()));
            }
            co_return -1;
        }});
        QCOMPARE(ask.result(), where == 0 ? 5 : where == 1 ? 7 : 6);
    }
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"negative"_s));
    const auto event = std::make_shared<Event>();
    Ask<int> ask =
            host.ask(Await{[=](Host &) -> QFuture<int> { co_return co_await Awaiter(event); }});
    event->complete(-1);
    QVERIFY(fails<std::runtime_error>([&] { ask.result(); }));
    QVERIFY(waitForEnd(host.terminated()).isFailure());
}

void tst_Awaitables::oneAtATime()
{
    const auto event = std::make_shared<Event>();
    Scoped<Host> host;
    Ask<int> ask =
            host.ask(Await{[=](Host &) -> QFuture<int> { co_return co_await Awaiter(event); }});
    Ask<int> next = host.ask(2);
    QVERIFY(waitUntil([&] { return event->isAwaited(); }));
    QVERIFY(!next.isFinished());
    event->complete(1);
    QCOMPARE(next.result(), 2);
    QCOMPARE(ask.result(), 1);
    // Nor in a thread that it shares: whoever completes it resumes nothing of the actor.
    Scoped<Host> main({.on = mainThread()});
    const auto second = std::make_shared<Event>();
    std::atomic<bool> isResumed{false};
    QFuture<int> future = main.ask(Await{[&, second](Host &) -> QFuture<int> {
        const int value = co_await Awaiter(second);
        isResumed = true;
        co_return value;
    }});
    QVERIFY(waitUntil([&] { return second->isAwaited(); }));
    second->complete(3);
    QVERIFY(!isResumed);
    QVERIFY(waitForFinished(future));
}

void tst_Awaitables::manyInALoop()
{
    Scoped<Host> host;
    std::vector<EventPointer> events(1'000);
    for (EventPointer &event : events)
        event = std::make_shared<Event>();
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        int sum = 0;
        for (const EventPointer &event : events)
            sum += co_await Awaiter(event);
        co_return sum;
    }});
    std::thread thread([&] {
        for (const EventPointer &event : events)
            event->complete(1);
    });
    QCOMPARE(ask.result(), 1'000);
    thread.join();
}

void tst_Awaitables::killedWhileItWaits()
{
    Journal journal;
    Scoped<Host> host;
    const auto event = std::make_shared<Event>();
    const auto task = std::make_shared<Event>();
    Ask<int> ask = host.ask(Await{[&, event](Host &) -> QFuture<int> {
        const auto helper = [&](EventPointer awaited) -> QFuture<int> {
            const Counted counted;
            const int value = co_await OnlyOnce(std::move(awaited));
            journal.note(u"went on"_s);
            co_return value;
        };
        QFuture<int> first = helper(event);
        const int second = co_await addOne(task);
        co_return second + co_await first;
    }});
    QVERIFY(waitUntil([&] { return event->isAwaited() && task->isAwaited(); }));
    host.kill();
    QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
    QCOMPARE(waitForEnd(host.terminated()).kind(), StopReason::Killed);
    // What was awaited does not know of that, and goes on to its end, which then is that of all.
    event->complete(1);
    std::thread thread([&] { task->complete(1); });
    thread.join();
    QCOMPARE(Counted::s_alive, 0);
    QVERIFY(journal.entries().isEmpty());
}

void tst_Awaitables::killedAsItCompletes()
{
    for (int i = 0; i < 200; ++i) {
        Scoped<Host> host;
        const auto event = std::make_shared<Event>();
        Ask<int> ask = host.ask(Await{[=](Host &) -> QFuture<int> {
            const Counted counted;
            co_return co_await addOne(event);
        }});
        QVERIFY(waitUntil([&] { return event->isAwaited(); }));
        std::thread thread([&] { event->complete(1); });
        host.kill();
        try {
            QCOMPARE(ask.result(), 2);
        } catch (const ActorStopped &) {
        }
        thread.join();
        waitForEnd(host.terminated());
        QVERIFY(waitUntil([&] { return Counted::s_alive == 0; }));
    }
}

void tst_Awaitables::stoppedWhileItWaits()
{
    Scoped<Host> host;
    const auto event = std::make_shared<Event>();
    Ask<int> ask =
            host.ask(Await{[=](Host &) -> QFuture<int> { co_return co_await Awaiter(event); }});
    QVERIFY(waitUntil([&] { return event->isAwaited(); }));
    host.ActorRef::stop();
    event->complete(4);
    QCOMPARE(ask.result(), 4);
    QCOMPARE(waitForEnd(host.terminated()).kind(), StopReason::Stopped);
}

void tst_Awaitables::completedAfterTheSystem()
{
    const auto event = std::make_shared<Event>();
    {
        ActorSystem system;
        const ActorRef<Host> host = system.spawn<Host>();
        host.tell(Await{[=](Host &) -> QFuture<int> { co_return co_await Awaiter(event); }});
        QVERIFY(waitUntil([&] { return event->isAwaited(); }));
        host.kill();
    }
    event->complete(1);
    QCOMPARE(Counted::s_alive, 0);
}

void tst_Awaitables::outsideAnActor()
{
    const auto nowhere = [](EventPointer event) -> QFuture<int> {
        co_return co_await Awaiter(event);
    };
    const auto event = std::make_shared<Event>();
    QVERIFY(fails<ActorStopped>([&] { nowhere(event).result(); }));
    QVERIFY(!event->isAwaited());
}

// Whoever resumes it.
void tst_Awaitables::itsResultIsAskedForInTheActor()
{
    const auto event = std::make_shared<Event>();
    Scoped<Host> host;
    Ask<int> ask = host.ask(Await{[=](Host &) -> QFuture<int> {
        co_await Placed(event);
        co_return 1;
    }});
    QVERIFY(waitUntil([&] { return event->isAwaited(); }));
    std::thread thread([&] { event->complete(1); });
    QCOMPARE(ask.result(), 1);
    thread.join();
    QThread *const actorsThread = host.ask(Where()).result();
    QVERIFY(Placed::s_resumed == actorsThread);
    QVERIFY(Placed::s_ended == actorsThread);
}

void tst_Awaitables::oneOfAKilledCoroutineIsLeftAlone()
{
    const auto event = std::make_shared<Event>();
    Scoped<Host> host;
    Placed::s_count = 0;
    host.tell(Await{[=](Host &) -> QFuture<int> {
        Placed placed(event); // ends with the coroutine
        co_await placed;
        co_return 1;
    }});
    QVERIFY(waitUntil([&] { return event->isAwaited(); }));
    host.kill();
    QCOMPARE(waitForEnd(host.terminated()).kind(), StopReason::Killed);
    event->complete(1);
    QCOMPARE(Placed::s_count.load(), 0);
}

QTEST_GUILESS_MAIN(tst_Awaitables)
#include "tst_awaitables.moc"
