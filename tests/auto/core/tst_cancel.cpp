// SPDX-License-Identifier: MIT
// Cancelling an ask, whatever works on it. Its progress is in tst_progress.
#include "inputhost.h"

#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <coroutine>
#include <memory>
#include <random>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

namespace {

// Counts the frames that exist, and notes where they end.
struct Counted
{
    Counted() { ++s_alive; }
    Counted(const Counted &) = delete;
    ~Counted()
    {
        --s_alive;
        s_thread = QThread::currentThread();
    }
    static inline std::atomic<int> s_alive{0};
    static inline std::atomic<QThread *> s_thread{nullptr};
};

// Says in which order they end.
struct Mark
{
    Mark(QString text, Journal *notes) : name(std::move(text)), journal(*notes) { }
    Mark(const Mark &) = delete;
    ~Mark() { journal.note(name); }
    const QString name;
    Journal &journal;
};

// Comes when it is resumed, which this keeps.
struct Later
{
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> handle) const { *place = handle; }
    int await_resume() const { return 1; }
    std::coroutine_handle<> *place;
};

struct Hand
{
    ActorRef<Host> target;
    Await work;
};
struct Owe
{
    std::shared_ptr<ReplyPromise<int>> *place;
};
class Delegating : public Host
{
public:
    using Host::receive;
    Delegated<int> receive(const Hand &hand) { return delegate(hand.target, hand.work); }
    Delegated<int> receive(const Owe &owe)
    {
        *owe.place = std::make_shared<ReplyPromise<int>>(replyPromise<int>());
        return {};
    }
};

} // namespace

class tst_Cancel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }
    void cleanup() { QCOMPARE(Counted::s_alive, 0); }

    void aCoroutineEndsAtItsAwait_data();
    void aCoroutineEndsAtItsAwait();
    void itsFramesEndNewestFirst();
    void atItsNextAwait();
    void onlyItsOwnMessage();
    void aPromiseSeesIt();
    void aQueuedOneIsRemoved();
    void byTheAskersFuture_data();
    void byTheAskersFuture();
    void aHandlerInProgressGoesOn();
    void oneThatIsSettled();
    void whoeverItWasHandedOnTo();
    void aPromisedReply();
    void whileTheActorStops();
    void anyTime();
};

void tst_Cancel::aCoroutineEndsAtItsAwait_data()
{
    QTest::addColumn<int>("what");
    QTest::addRow("a future") << 0;
    QTest::addRow("an ask") << 1;
    QTest::addRow("a delay") << 2;
    QTest::addRow("a signal") << 3;
    QTest::addRow("what others await") << 4;
    QTest::addRow("a helper") << 5;
}

void tst_Cancel::aCoroutineEndsAtItsAwait()
{
    QFETCH(int, what);
    QPromise<int> promise;
    promise.start();
    QObject emitter;
    std::coroutine_handle<> later;
    ActorSystem system({.threads = 2});
    Scoped other(system.spawn<Host>({.on = dedicatedThread()}));
    Scoped host(system.spawn<Host>({.on = dedicatedThread()}));
    Gate gate;
    other.tell(gate.pass());
    QThread *thread = nullptr;
    Ask<int> ask = host.ask(Await{[&](Host &h) -> QFuture<int> {
        const Counted counted;
        thread = h.thread();
        const auto helper = [&]() -> QFuture<int> {
            const Counted inner;
            co_return co_await promise.future();
        };
        switch (what) {
        case 0:
            co_return co_await promise.future();
        case 1:
            co_return co_await other.ask(1);
        case 2:
            co_await 1h;
            break;
        case 3:
            co_await nextEmission(&emitter, &QObject::objectNameChanged);
            break;
        case 4:
            co_return co_await Later{&later};
        default:
            co_return co_await helper();
        }
        co_return 1;
    }});
    Ask<int> next = host.ask(2);
    QVERIFY(waitUntil([&] { return Counted::s_alive == (what == 5 ? 2 : 1); }));
    ask.cancel();
    QVERIFY(ask.isFinished());
    QVERIFY(fails<Cancelled>([&] { ask.result(); }));
    QCOMPARE(next.result(), 2); // it goes on at once
    QCOMPARE(Counted::s_alive, 0);
    QCOMPARE(Counted::s_thread.load(), thread);
    // What it had awaited comes nevertheless.
    promise.addResult(1);
    promise.finish();
    emitter.setObjectName(u"name"_s);
    if (later)
        later.resume();
    gate.open();
    settle(host);
    QCOMPARE(host.stop().kind(), StopReason::Stopped);
}

void tst_Cancel::itsFramesEndNewestFirst()
{
    Journal journal;
    QPromise<void> promise;
    promise.start();
    Scoped<Host> host;
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        const Mark first(u"outer"_s, &journal);
        const auto helper = [&](std::unique_ptr<Mark> parameter) -> QFuture<void> {
            const Mark mark(u"inner"_s, &journal);
            co_await promise.future();
            parameter.reset();
        };
        const Mark second(u"outer's second"_s, &journal);
        journal.note(u"waits"_s);
        co_await helper(std::make_unique<Mark>(u"parameter"_s, &journal));
        journal.note(u"went on"_s);
        co_return 1;
    }});
    QTRY_COMPARE(journal.entries().size(), 1);
    ask.cancel();
    settle(host);
    QCOMPARE(
            journal.entries(),
            QStringList({u"waits"_s, u"inner"_s, u"parameter"_s, u"outer's second"_s, u"outer"_s}));
}

void tst_Cancel::atItsNextAwait()
{
    Journal journal;
    Scoped<Host> host({.on = dedicatedThread()});
    Gate gate;
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        const Counted counted;
        co_await 1ms;
        gate.door()->pass();
        journal.note(u"up to here"_s); // nobody is interrupted
        co_await 1ms;
        journal.note(u"went on"_s);
        co_return 1;
    }});
    QVERIFY(gate.isReached());
    ask.cancel();
    QVERIFY(fails<Cancelled>([&] { ask.result(); }));
    gate.open();
    QCOMPARE(host.ask(2).result(), 2);
    QCOMPARE(journal.entries(), QStringList({u"up to here"_s}));
}

void tst_Cancel::onlyItsOwnMessage()
{
    // The handler of another message is not meant, neither before nor after it.
    QPromise<int> promise;
    promise.start();
    Scoped<Host> host;
    std::atomic<int> begun{0};
    const auto wait = [&](Host &) -> QFuture<int> {
        const Counted counted;
        ++begun;
        co_return co_await promise.future();
    };
    Ask<int> first = host.ask(Await{wait});
    Ask<int> queued = host.ask(Await{wait});
    Ask<int> last = host.ask(Await{wait});
    QVERIFY(waitUntil([&] { return begun == 1; }));
    queued.cancel();
    queued.cancel();
    promise.addResult(3);
    promise.finish();
    QCOMPARE(first.result(), 3);
    QCOMPARE(last.result(), 3);
    QVERIFY(fails<Cancelled>([&] { queued.result(); }));
    QCOMPARE(begun.load(), 2);
}

void tst_Cancel::aPromiseSeesIt()
{
    Scoped<Host> host;
    std::atomic<bool> isStarted{false};
    std::atomic<bool> mayEnd{false};
    std::atomic<bool> wasCanceled{false};
    std::thread thread;
    Ask<int> ask = host.ask(Await{[&](Host &) {
        QPromise<int> promise;
        promise.start();
        QFuture<int> future = promise.future();
        thread = std::thread([&, promise = std::move(promise)]() mutable {
            isStarted = true;
            while (!promise.isCanceled())
                QThread::yieldCurrentThread();
            wasCanceled = true;
            while (!mayEnd)
                QThread::yieldCurrentThread();
            promise.finish();
        });
        return future;
    }});
    Ask<int> next = host.ask(2);
    QVERIFY(waitUntil([&] { return isStarted.load(); }));
    ask.cancel();
    QVERIFY(fails<Cancelled>([&] { ask.result(); })); // the asker need not wait for it
    QVERIFY(waitUntil([&] { return wasCanceled.load(); }));
    QVERIFY(!next.isFinished()); // the actor does: it may be working with what is its own
    mayEnd = true;
    QCOMPARE(next.result(), 2);
    thread.join();
}

void tst_Cancel::aQueuedOneIsRemoved()
{
    std::atomic<bool> isHandled{false};
    const auto held = std::make_shared<int>(1);
    Scoped<Host> host({.on = dedicatedThread()});
    Gate gate;
    host.tell(gate.pass());
    QVERIFY(gate.isReached());
    Ask<int> ask = host.ask(Await{[&, held](Host &) {
        isHandled = true;
        return QtFuture::makeReadyFuture(*held);
    }});
    const quint64 before = ActorSystem::instance().deadLetterCount();
    ask.cancel();
    QVERIFY(fails<Cancelled>([&] { ask.result(); }));
    gate.open();
    settle(host);
    QVERIFY(!isHandled);
    QCOMPARE(held.use_count(), 1L);
    QCOMPARE(ActorSystem::instance().deadLetterCount(), before); // somebody knows of it
}

void tst_Cancel::byTheAskersFuture_data()
{
    QTest::addColumn<bool>("isQueued");
    QTest::addColumn<bool>("isVoid");
    QTest::addRow("queued") << true << false;
    QTest::addRow("in progress") << false << false;
    QTest::addRow("a QFuture<void>") << false << true;
}

void tst_Cancel::byTheAskersFuture()
{
    QFETCH(bool, isQueued);
    QFETCH(bool, isVoid);
    std::atomic<int> begun{0};
    Scoped<Host> host({.on = dedicatedThread()});
    Gate gate;
    if (isQueued)
        host.tell(gate.pass());
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        const Counted counted;
        ++begun;
        co_await 1h;
        co_return 1;
    }});
    QFuture<int> future = ask;
    if (!isQueued)
        QVERIFY(waitUntil([&] { return begun == 1; }));
    if (isVoid)
        QFuture<void>(ask).cancel();
    else
        future.cancel();
    QVERIFY(waitForFinished(future));
    QVERIFY(future.isCanceled());
    gate.open();
    QCOMPARE(host.ask(2).result(), 2);
    QCOMPARE(begun.load(), isQueued ? 0 : 1);
    QVERIFY(fails<Cancelled>([&] { ask.result(); }));
}

void tst_Cancel::aHandlerInProgressGoesOn()
{
    std::atomic<int> heard{0};
    ActorSystem system({.threads = 1});
    QObject::connect(
            &system, &ActorSystem::deadLetter, &system,
            [&](const DeadLetter &letter) { heard += letter.cause == DeadLetter::LateReply; },
            Qt::DirectConnection);
    Scoped host(system.spawn<Host>({.on = dedicatedThread()}));
    Gate gate;
    Ask<int> ask = host.ask(Await{[&](Host &) {
        gate.door()->pass();
        return QtFuture::makeReadyFuture(1);
    }});
    QVERIFY(gate.isReached());
    ask.cancel();
    QVERIFY(fails<Cancelled>([&] { ask.result(); }));
    gate.open();
    QCOMPARE(host.ask(2).result(), 2);
    QCOMPARE(heard.load(), 1);
}

void tst_Cancel::oneThatIsSettled()
{
    Scoped<Host> host;
    Ask<int> ask = host.ask(1);
    QFuture<int> future = ask;
    QCOMPARE(ask.result(), 1);
    ask.cancel();
    QCOMPARE(ask.result(), 1);
    future.cancel();
    QCOMPARE(ask.result(), 1);
    QCOMPARE(host.ask(2).result(), 2);
}

void tst_Cancel::whoeverItWasHandedOnTo()
{
    std::atomic<bool> hasBegun{false};
    Scoped<Host> target;
    Scoped<Delegating> host;
    Ask<int> ask = host.ask(Hand{target, Await{[&](Host &) -> QFuture<int> {
                                     const Counted counted;
                                     hasBegun = true;
                                     co_await 1h;
                                     co_return 1;
                                 }}});
    QVERIFY(waitUntil([&] { return hasBegun.load(); }));
    ask.cancel();
    QCOMPARE(target.ask(2).result(), 2);
    QCOMPARE(Counted::s_alive, 0);
    QVERIFY(fails<Cancelled>([&] { ask.result(); }));
}

void tst_Cancel::aPromisedReply()
{
    std::shared_ptr<ReplyPromise<int>> promise;
    Scoped<Delegating> host;
    Ask<int> ask = host.ask(Owe{&promise});
    settle(ActorRef<Delegating>(host));
    QVERIFY(!promise->isCanceled());
    ask.cancel();
    QVERIFY(promise->isCanceled());
    promise->fail(std::make_exception_ptr(std::runtime_error("too late")));
    QVERIFY(fails<Cancelled>([&] { ask.result(); }));
}

void tst_Cancel::whileTheActorStops()
{
    std::atomic<bool> hasBegun{false};
    Scoped<Host> host;
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        const Counted counted;
        hasBegun = true;
        co_await 1h;
        co_return 1;
    }});
    QVERIFY(waitUntil([&] { return hasBegun.load(); }));
    host.ActorRef::stop(); // waits for it
    ask.cancel();
    QCOMPARE(waitForEnd(host.terminated()).kind(), StopReason::Stopped);
    ask.cancel();
}

// Each is cancelled, or answered, and none takes another one along.
void tst_Cancel::anyTime()
{
    Scoped<Host> host;
    std::mt19937 random(1);
    int cancelled = 0;
    for (int i = 0; i < 500; ++i) {
        const auto work = [](Host &) -> QFuture<int> {
            const Counted counted;
            co_await 0ms;
            co_await 0ms;
            co_return 1;
        };
        Ask<int> ask = host.ask(Await{work});
        Ask<int> next = host.ask(Await{work});
        std::thread thread([&, spins = random() % 20] {
            for (unsigned spin = 0; spin < spins; ++spin)
                QThread::yieldCurrentThread();
            ask.cancel();
        });
        QCOMPARE(next.result(), 1);
        thread.join();
        try {
            QCOMPARE(ask.result(), 1);
        } catch (const Cancelled &) {
            ++cancelled;
        }
    }
    QVERIFY(cancelled > 0);
    QCOMPARE(host.stop().kind(), StopReason::Stopped);
}

QTEST_GUILESS_MAIN(tst_Cancel)
#include "tst_cancel.moc"
