// SPDX-License-Identifier: MIT
// co_await of time spans, of signals, and of asks that cannot be awaited. What others have made to be awaited is in tst_awaitables.
#include "host.h"
#include "stage.h"

#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <memory>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

namespace {

// Counts the frames that exist.
struct Counted
{
    Counted() { ++s_alive; }
    Counted(const Counted &) { ++s_alive; }
    Counted &operator=(const Counted &) = default;
    ~Counted() { --s_alive; }
    static inline std::atomic<int> s_alive{0};
};

} // namespace

class Emitter : public QObject
{
    Q_OBJECT

public:
    bool isHeard() const { return isSignalConnected(QMetaMethod::fromSignal(&Emitter::number)); }

Q_SIGNALS:
    void nothing();
    void number(int value);
    void pair(int number, const QString &text);
};

class tst_Awaits : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }
    void cleanup() { QCOMPARE(Counted::s_alive, 0); }

    // Time
    void aDelay();
    void inRealTime();
    void zeroLetsOthersHaveATurn();
    void never();
    void killedInADelay();
    void stoppedInADelay();
    void aHelperThatNobodyAwaits();
    void outsideAnActor();

    // Signals
    void itsArguments();
    void privateSignals();
    void whatWasEmittedBefore();
    void theActorIsBusyMeanwhile();
    void aSenderInAnotherThread();
    void severalAtOnce();
    void theSenderIsDestroyed();
    void theSenderIsDestroyedInAnotherThread();
    void aNullSender();
    void killedWhileItWaits();
    void stoppedWhileItWaits();
    void killedAsItIsEmitted();

    // Asks
    void anAskThatAnotherCoroutineAwaits();
};

void tst_Awaits::aDelay()
{
    Stage stage;
    Journal journal;
    Scoped host(stage.system.spawn<Host>());
    Scoped other(stage.system.spawn<Host>());
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        const Counted counted;
        co_await 10ms;
        journal.note(u"10"_s);
        co_await std::chrono::duration<double>(0.01);
        journal.note(u"20"_s);
        co_await 1h;
        co_return 1;
    }});
    Ask<int> next = host.ask(2);
    settle(other);
    stage.clock->advance(9ms);
    settle(other);
    QVERIFY(journal.entries().isEmpty());
    stage.clock->advance(1ms);
    QTRY_COMPARE(journal.entries(), QStringList({u"10"_s}));
    settle(other);
    stage.clock->advance(10ms);
    QTRY_COMPARE(journal.entries(), QStringList({u"10"_s, u"20"_s}));
    settle(other);
    QVERIFY(!next.isFinished());
    stage.clock->advance(1h);
    QCOMPARE(ask.result(), 1);
    QCOMPARE(next.result(), 2);
}

void tst_Awaits::inRealTime()
{
    for (const bool isMain : {true, false}) {
        Scoped<Host> host({.on = place(isMain)});
        QFuture<int> future = host.ask(Await{[&](Host &) -> QFuture<int> {
            for (int i = 0; i < 5; ++i)
                co_await 1ms;
            co_return 1;
        }});
        QVERIFY(waitForFinished(future));
        QCOMPARE(future.result(), 1);
    }
}

void tst_Awaits::zeroLetsOthersHaveATurn()
{
    ActorSystem system({.threads = 1});
    Scoped host(system.spawn<Host>());
    Scoped other(system.spawn<Host>());
    const auto rounds = std::make_shared<std::atomic<int>>(0);
    Ask<int> ask = host.ask(Await{[=](Host &) -> QFuture<int> {
        const Counted counted;
        for (int i = 0;; ++i) {
            co_await std::chrono::milliseconds(i % 2 == 0 ? 0 : -5);
            ++*rounds;
        }
    }});
    QVERIFY(waitUntil([&] { return *rounds > 100; }));
    QCOMPARE(other.ask(1).result(), 1);
    host.kill();
    QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
}

void tst_Awaits::never()
{
    ActorSystem system({.threads = 1});
    Scoped host(system.spawn<Host>());
    Scoped other(system.spawn<Host>());
    std::atomic<int> waiting{0};
    const auto wait = [&](auto span) -> QFuture<int> {
        ++waiting;
        co_await span;
        co_return 1;
    };
    std::vector<QFuture<int>> futures; // the actor's
    run(host, [&](Host &) {
        futures = {wait(std::chrono::milliseconds::max()), wait(std::chrono::nanoseconds::max()),
                   wait(std::chrono::hours(24 * 365 * 300))};
    });
    QCOMPARE(waiting.load(), 3);
    Ask<int> soon = other.ask(Await{[](Host &) -> QFuture<int> {
        co_await 2ms;
        co_return 1;
    }});
    QTRY_VERIFY(soon.isFinished());
    settle(host);
    run(host, [&](Host &) {
        for (const QFuture<int> &future : futures)
            waiting -= future.isFinished();
    });
    QCOMPARE(waiting.load(), 3);
    host.kill();
    QCOMPARE(waitForEnd(host.terminated()).kind(), StopReason::Killed);
}

void tst_Awaits::killedInADelay()
{
    Stage stage;
    Journal journal;
    Scoped host(stage.system.spawn<Host>());
    Scoped other(stage.system.spawn<Host>());
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        const Counted counted;
        co_await 10ms;
        journal.note(u"went on"_s);
        co_return 1;
    }});
    settle(other);
    QCOMPARE(Counted::s_alive, 1);
    host.kill();
    QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
    QCOMPARE(waitForEnd(host.terminated()).kind(), StopReason::Killed);
    QCOMPARE(Counted::s_alive, 0);
    stage.clock->advance(10ms);
    settle(other);
    QVERIFY(journal.entries().isEmpty());
}

void tst_Awaits::stoppedInADelay()
{
    Stage stage;
    Scoped host(stage.system.spawn<Host>());
    Scoped other(stage.system.spawn<Host>());
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        co_await 10ms;
        co_return 1;
    }});
    settle(other);
    host.ActorRef::stop(); // lets it finish
    settle(other);
    QVERIFY(!ask.isFinished());
    stage.clock->advance(10ms);
    QCOMPARE(ask.result(), 1);
    QCOMPARE(waitForEnd(host.terminated()).kind(), StopReason::Stopped);
}

void tst_Awaits::aHelperThatNobodyAwaits()
{
    Stage stage;
    Journal journal;
    const auto helper = [&](std::chrono::milliseconds delay) -> QFuture<void> {
        const Counted counted;
        co_await delay;
        journal.note(u"went on"_s);
    };
    Scoped host(stage.system.spawn<Host>());
    Scoped other(stage.system.spawn<Host>());
    run(host, [&](Host &) {
        static_cast<void>(helper(10ms));
        static_cast<void>(helper(20ms));
    });
    settle(host); // is not busy
    stage.clock->advance(10ms);
    QTRY_COMPARE(journal.entries().size(), 1);
    host.stop();
    QCOMPARE(Counted::s_alive, 0);
    stage.clock->advance(10ms);
    settle(other);
    QCOMPARE(journal.entries().size(), 1);
}

void tst_Awaits::outsideAnActor()
{
    Emitter emitter;
    const auto nowhere = []() -> QFuture<int> {
        co_await 1ms;
        co_return 1;
    };
    QVERIFY(fails<ActorStopped>([&] { nowhere().result(); }));
    const auto signal = [&]() -> QFuture<int> {
        co_return co_await nextEmission(&emitter, &Emitter::number);
    };
    QVERIFY(fails<ActorStopped>([&] { signal().result(); }));
    QVERIFY(!emitter.isHeard());
}

void tst_Awaits::itsArguments()
{
    Emitter emitter;
    Journal journal;
    Scoped<Host> host;
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        journal.note(u"ready"_s);
        co_await nextEmission(&emitter, &Emitter::nothing);
        journal.note(u"ready"_s);
        const int number = co_await nextEmission(&emitter, &Emitter::number);
        journal.note(u"ready"_s);
        const auto [other, text] = co_await nextEmission(&emitter, &Emitter::pair);
        journal.note(text);
        co_return number + other;
    }});
    const auto waits = [&](int count) {
        return waitUntil([&] { return journal.entries().size() >= count; });
    };
    QVERIFY(waits(1));
    // It may not have begun to wait: until it goes on.
    while (!ask.isFinished() && journal.entries().size() < 2)
        Q_EMIT emitter.nothing();
    while (!ask.isFinished() && journal.entries().size() < 3)
        Q_EMIT emitter.number(40);
    while (!ask.isFinished())
        Q_EMIT emitter.pair(2, u"text"_s);
    QCOMPARE(ask.result(), 42);
    QCOMPARE(journal.entries().last(), u"text"_s);
}

void tst_Awaits::privateSignals()
{
    Scoped<Host> host;
    Ask<int> ask = host.ask(Await{[&](Host &h) -> QFuture<int> {
        QTimer timer;
        timer.start(1);
        co_await nextEmission(&timer, &QTimer::timeout);
        QTimer::singleShot(0, &timer, [&h] { h.setObjectName(u"name"_s); });
        const QString name = co_await nextEmission(&h, &QObject::objectNameChanged);
        co_return int(name.size());
    }});
    QCOMPARE(ask.result(), 4);
}

void tst_Awaits::whatWasEmittedBefore()
{
    Emitter emitter;
    ActorSystem system({.threads = 1});
    Scoped host(system.spawn<Host>());
    Scoped other(system.spawn<Host>());
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        Q_EMIT emitter.number(1);
        const int first = co_await nextEmission(&emitter, &Emitter::number);
        Q_EMIT emitter.number(100);
        const int second = co_await nextEmission(&emitter, &Emitter::number);
        co_return 10 * first + second;
    }});
    settle(other);
    QVERIFY(!ask.isFinished());
    Q_EMIT emitter.number(2);
    Q_EMIT emitter.number(3); // it was the next one that it awaited
    settle(other);
    QVERIFY(!ask.isFinished());
    Q_EMIT emitter.number(4);
    QCOMPARE(ask.result(), 24);
    QVERIFY(!emitter.isHeard());
}

void tst_Awaits::theActorIsBusyMeanwhile()
{
    Emitter emitter;
    ActorSystem system({.threads = 1});
    Scoped host(system.spawn<Host>());
    Scoped other(system.spawn<Host>());
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        co_return co_await nextEmission(&emitter, &Emitter::number);
    }});
    Ask<int> next = host.ask(2);
    settle(other);
    QVERIFY(!next.isFinished());
    Q_EMIT emitter.number(1);
    QCOMPARE(ask.result(), 1);
    QCOMPARE(next.result(), 2);
}

void tst_Awaits::aSenderInAnotherThread()
{
    Emitter emitter;
    std::atomic<bool> isOver{false};
    Scoped<Host> host;
    std::thread thread([&] {
        for (int i = 0; !isOver; ++i)
            Q_EMIT emitter.pair(i, QString::number(i));
    });
    Ask<int> ask = host.ask(Await{[&](Host &h) -> QFuture<int> {
        int last = -1;
        for (int i = 0; i < 500; ++i) {
            const auto [number, text] = co_await nextEmission(&emitter, &Emitter::pair);
            if (number <= last || text != QString::number(number)
                || QThread::currentThread() != h.thread())
                co_return i;
            last = number;
        }
        co_return 500;
    }});
    QCOMPARE(ask.result(), 500);
    isOver = true;
    thread.join();
}

void tst_Awaits::severalAtOnce()
{
    Emitter emitter;
    ActorSystem system({.threads = 1});
    Scoped host(system.spawn<Host>());
    Scoped other(system.spawn<Host>());
    const auto helper = [&](int factor) -> QFuture<int> {
        co_return factor *co_await nextEmission(&emitter, &Emitter::number);
    };
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        QFuture<int> helpers[] = {helper(1), helper(10), helper(100)};
        int sum = 0;
        for (QFuture<int> &future : helpers)
            sum += co_await future;
        co_return sum;
    }});
    settle(other);
    Q_EMIT emitter.number(3);
    QCOMPARE(ask.result(), 333);
}

void tst_Awaits::theSenderIsDestroyed()
{
    auto emitter = std::make_unique<Emitter>();
    ActorSystem system({.threads = 1});
    Scoped host(system.spawn<Host>());
    Scoped other(system.spawn<Host>());
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        try {
            co_return co_await nextEmission(emitter.get(), &Emitter::number);
        } catch (const BrokenPromise &error) {
            co_return error.message().contains(u"destroyed") ? 5 : -1;
        }
    }});
    settle(other);
    emitter.reset();
    QCOMPARE(ask.result(), 5);
    // Not caught, it is the actor's failure.
    emitter = std::make_unique<Emitter>();
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"before it emitted"_s));
    Ask<int> failing = host.ask(Await{[&](Host &) -> QFuture<int> {
        co_return co_await nextEmission(emitter.get(), &Emitter::number);
    }});
    settle(other);
    emitter.reset();
    QVERIFY(fails<BrokenPromise>([&] { failing.result(); }));
    QVERIFY(waitForEnd(host.terminated()).isFailure());
}

void tst_Awaits::theSenderIsDestroyedInAnotherThread()
{
    ActorSystem system({.threads = 1});
    Scoped host(system.spawn<Host>());
    Scoped other(system.spawn<Host>());
    for (int i = 0; i < 100; ++i) {
        auto emitter = std::make_unique<Emitter>();
        Ask<int> ask = host.ask(Await{[sender = emitter.get()](Host &) -> QFuture<int> {
            const Counted counted;
            try {
                co_return co_await nextEmission(sender, &Emitter::number);
            } catch (const BrokenPromise &) {
                co_return -1;
            }
        }});
        settle(other);
        std::thread thread([&] {
            if (i % 2 == 0)
                Q_EMIT emitter->number(i);
            emitter.reset();
        });
        QCOMPARE(ask.result(), i % 2 == 0 ? i : -1);
        thread.join();
    }
}

void tst_Awaits::aNullSender()
{
    Scoped<Host> host;
    const Emitter *const none = nullptr;
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        try {
            co_return co_await nextEmission(none, &Emitter::number);
        } catch (const Error &) {
            co_return -1;
        }
    }});
    QCOMPARE(ask.result(), -1);
}

void tst_Awaits::killedWhileItWaits()
{
    Emitter emitter;
    Journal journal;
    ActorSystem system({.threads = 1});
    Scoped host(system.spawn<Host>());
    Scoped other(system.spawn<Host>());
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        const Counted counted;
        co_await nextEmission(&emitter, &Emitter::number);
        journal.note(u"went on"_s);
        co_return 1;
    }});
    settle(other);
    QVERIFY(emitter.isHeard());
    host.kill();
    QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
    waitForEnd(host.terminated());
    QCOMPARE(Counted::s_alive, 0);
    QVERIFY(!emitter.isHeard());
    Q_EMIT emitter.number(1);
    settle(other);
    QVERIFY(journal.entries().isEmpty());
}

void tst_Awaits::stoppedWhileItWaits()
{
    Emitter emitter;
    ActorSystem system({.threads = 1});
    Scoped host(system.spawn<Host>());
    Scoped other(system.spawn<Host>());
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        co_return co_await nextEmission(&emitter, &Emitter::number);
    }});
    settle(other);
    host.ActorRef::stop();
    settle(other);
    QVERIFY(!ask.isFinished());
    Q_EMIT emitter.number(3);
    QCOMPARE(ask.result(), 3);
    QCOMPARE(waitForEnd(host.terminated()).kind(), StopReason::Stopped);
}

// Either is first; nothing is resumed twice, or after its end.
void tst_Awaits::killedAsItIsEmitted()
{
    Emitter emitter;
    ActorSystem system({.threads = 1});
    std::atomic<int> goneOn{0};
    for (int i = 0; i < 200; ++i) {
        Scoped host(system.spawn<Host>());
        Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
            const Counted counted;
            co_await nextEmission(&emitter, &Emitter::number);
            ++goneOn;
            co_await nextEmission(&emitter, &Emitter::number);
            co_return 1;
        }});
        QVERIFY(waitUntil([&] { return emitter.isHeard() || ask.isFinished(); }));
        std::thread thread([&] { Q_EMIT emitter.number(i); });
        host.kill();
        QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
        thread.join();
        waitForEnd(host.terminated());
        QVERIFY(goneOn <= i + 1);
    }
    QVERIFY(!emitter.isHeard());
}

// The error is the handler's, and no other's.
void tst_Awaits::anAskThatAnotherCoroutineAwaits()
{
    Scoped<Host> other({.on = dedicatedThread()});
    Gate gate;
    other.tell(gate.pass());
    Ask<int> answer = other.ask(1);
    const auto helper = [&]() -> QFuture<int> { co_return co_await answer; };
    Scoped<Host> host;
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    Ask<int> ask = host.ask(Await{[&](Host &) -> QFuture<int> {
        const QFuture<int> first = helper();
        co_return co_await answer;
    }});
    const QString error = errorOf<Error>([&] { ask.result(); });
    QVERIFY2(error.contains(u"is awaited by another coroutine already"_s), qPrintable(error));
    QVERIFY(waitForEnd(host.terminated()).isFailure());
}

QTEST_GUILESS_MAIN(tst_Awaits)
#include "tst_awaits.moc"
