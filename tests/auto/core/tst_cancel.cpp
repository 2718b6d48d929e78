// SPDX-License-Identifier: MIT
// Cancelling an ask, whoever works on it. Coroutines are in tst_cancel_coroutine, progress is in tst_progress.
#include "host.h"

#include <QtCore/QLoggingCategory>
#include <QtTest/QTest>

#include <memory>
#include <random>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

namespace {

// Counts the frames that exist.
struct Counted
{
    Counted() { ++s_alive; }
    Counted(const Counted &) = delete;
    ~Counted() { --s_alive; }
    static inline std::atomic<int> s_alive{0};
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
    void initTestCase() { QLoggingCategory::setFilterRules(u"actorio.deadletters=false"_s); }
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }
    void cleanup() { QCOMPARE(Counted::s_alive, 0); }

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
    void whoHearsOfItMayDropIt();
    void anyTime();
};

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

// Who is then the last that knows of it.
void tst_Cancel::whoHearsOfItMayDropIt()
{
    Scoped<Host> host({.on = dedicatedThread()});
    Gate gate;
    host.tell(gate.pass());
    QVERIFY(gate.isReached());
    auto ask = std::make_unique<Ask<int>>(host.ask(1));
    bool isHeard = false;
    QFuture<int> future = ask->future().onFailed([&](const Cancelled &) {
        ask.reset();
        gate.open(); // the message goes
        settle(host);
        isHeard = true;
        return 0;
    });
    ask->cancel();
    QVERIFY(isHeard);
    QCOMPARE(host.ask(2).result(), 2);
}

// Each is cancelled, or answered, and none takes another one along.
void tst_Cancel::anyTime()
{
    Scoped<Host> host;
    std::mt19937 random(1);
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
        } catch (const Cancelled &) { // in time
        }
    }
    QCOMPARE(host.stop().kind(), StopReason::Stopped);
}

QTEST_GUILESS_MAIN(tst_Cancel)
#include "tst_cancel.moc"
