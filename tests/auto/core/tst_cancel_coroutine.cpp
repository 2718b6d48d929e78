// SPDX-License-Identifier: MIT
// Cancelling an ask that a coroutine works on.
#include "host.h"

#include <QtCore/QLoggingCategory>
#include <QtTest/QTest>

#include <coroutine>
#include <memory>

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

struct Owe
{
    std::shared_ptr<ReplyPromise<int>> *place;
};
class Owing : public Host
{
public:
    using Host::receive;
    Delegated<int> receive(const Owe &owe)
    {
        *owe.place = std::make_shared<ReplyPromise<int>>(replyPromise<int>());
        return {};
    }
};

} // namespace

class tst_CancelCoroutine : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(u"actorio.deadletters=false"_s); }
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }
    void cleanup() { QCOMPARE(Counted::s_alive, 0); }

    void aCoroutineEndsAtItsAwait_data();
    void aCoroutineEndsAtItsAwait();
    void itsFramesEndNewestFirst();
    void whatItAwaitedComesBeforeItIsGone_data();
    void whatItAwaitedComesBeforeItIsGone();
    void atItsNextAwait();
    void oneThatAnEarlierTurnHasBegun_data();
    void oneThatAnEarlierTurnHasBegun();
};

void tst_CancelCoroutine::aCoroutineEndsAtItsAwait_data()
{
    QTest::addColumn<int>("what");
    QTest::addRow("a future") << 0;
    QTest::addRow("an ask") << 1;
    QTest::addRow("a delay") << 2;
    QTest::addRow("a signal") << 3;
    QTest::addRow("what others await") << 4;
    QTest::addRow("a helper") << 5;
}

void tst_CancelCoroutine::aCoroutineEndsAtItsAwait()
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

void tst_CancelCoroutine::itsFramesEndNewestFirst()
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

void tst_CancelCoroutine::whatItAwaitedComesBeforeItIsGone_data()
{
    QTest::addColumn<int>("what");
    QTest::addRow("a future") << 0;
    QTest::addRow("an ask") << 1;
    QTest::addRow("a signal") << 2;
    QTest::addRow("what others await") << 3;
}

void tst_CancelCoroutine::whatItAwaitedComesBeforeItIsGone()
{
    QFETCH(int, what);
    QPromise<int> promise;
    promise.start();
    QObject emitter;
    std::coroutine_handle<> later;
    Journal journal;
    ActorSystem system({.threads = 1});
    Scoped other(system.spawn<Host>());
    Scoped host(system.spawn<Host>());
    Scoped answering(system.spawn<Owing>({.on = dedicatedThread()}));
    std::shared_ptr<ReplyPromise<int>> reply;
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        const Counted counted;
        if (what == 0)
            co_await promise.future();
        else if (what == 1)
            co_await answering.ask(Owe{&reply});
        else if (what == 2)
            co_await nextEmission(&emitter, &QObject::objectNameChanged);
        else
            co_await Later{&later};
        journal.note(u"went on"_s);
        co_return 1;
    }});
    settle(other);
    settle(ActorRef<Owing>(answering));
    {
        Gate gate; // holds the thread: the actor finds it all at once
        other.tell(gate.pass());
        QVERIFY(gate.isReached());
        ask.cancel();
        promise.addResult(1);
        promise.finish();
        if (reply)
            reply->reply(1);
        emitter.setObjectName(u"name"_s);
        if (later)
            later.resume();
    }
    settle(host);
    QCOMPARE(Counted::s_alive, 0);
    QVERIFY(journal.entries().isEmpty());
    QCOMPARE(host.stop().kind(), StopReason::Stopped);
}

void tst_CancelCoroutine::atItsNextAwait()
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

void tst_CancelCoroutine::oneThatAnEarlierTurnHasBegun_data()
{
    QTest::addColumn<bool>("isAwaited");
    QTest::newRow("awaited") << true;
    QTest::newRow("returned") << false;
}

// Others wait for it, too.
void tst_CancelCoroutine::oneThatAnEarlierTurnHasBegun()
{
    QFETCH(const bool, isAwaited);
    QPromise<int> promise;
    promise.start();
    const auto load = [&]() -> QFuture<int> {
        const Counted counted;
        co_return co_await promise.future();
    };
    QFuture<int> cached;
    std::atomic<bool> hasBegun{false};
    const Await get([&](Host &) {
        const auto awaitIt = [](QFuture<int> future) -> QFuture<int> {
            const Counted counted;
            co_return co_await future;
        };
        hasBegun = true;
        return isAwaited ? awaitIt(cached) : cached;
    });
    Scoped<Host> host;
    run(host, [&](Host &) { cached = load(); });
    Ask<int> first = host.ask(get);
    QVERIFY(waitUntil([&] { return hasBegun.load(); }));
    first.cancel();
    QVERIFY(fails<Cancelled>([&] { first.result(); }));
    Ask<int> second = host.ask(get);
    promise.addResult(7);
    promise.finish();
    QCOMPARE(second.result(), 7);
    QCOMPARE(host.ask(get).result(), 7);
    QCOMPARE(host.stop().kind(), StopReason::Stopped);
}

QTEST_GUILESS_MAIN(tst_CancelCoroutine)
#include "tst_cancel_coroutine.moc"
