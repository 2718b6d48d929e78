// SPDX-License-Identifier: MIT
// How actors of several threads reach each other: order (promise 2), wake-ups, timeouts.
#include "host.h"
#include "life.h"

#include <Actorio/Actorio>

#include <QtCore/QElapsedTimer>
#include <QtCore/QEventLoop>
#include <QtCore/QPromise>
#include <QtCore/QSemaphore>
#include <QtTest/QTest>

#include <algorithm>
#include <map>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::ActorSystem;
using Actorio::Placement;

struct Numbered
{
    int sender;
    int number;
};

// Checks that each sender's numbers come in their order.
class Receiver : public Actorio::Actor
{
    Q_OBJECT

public:
    Receiver(int expected, QSemaphore *done) : m_expected(expected), m_done(done) { }

public Q_SLOTS:
    void receive(const Numbered &message)
    {
        if (message.number != m_next[message.sender]++)
            ++m_wrong;
        if (++m_handled == m_expected)
            m_done->release();
    }
    int receive(const QString &) { return m_wrong; }

private:
    const int m_expected;
    QSemaphore *const m_done;
    std::map<int, int> m_next;
    int m_wrong = 0;
    int m_handled = 0;
};

struct Start
{
    Placement on;
    int children;
    int messages;
};

// Sends its parent numbers and ends.
class Reporter : public Actorio::Actor
{
    Q_OBJECT

public:
    Reporter(int id, int messages) : m_id(id), m_messages(messages) { }

protected:
    void setUp() override
    {
        const auto parent = ActorRef<>(parentRef());
        for (int i = 0; i < m_messages; ++i)
            parent.tell(Numbered{m_id, i}, self());
        if (m_id % 3 == 0)
            throw std::runtime_error("as planned");
        if (m_id % 3 == 1)
            Actorio::refTo(this).kill();
        stop();
    }

private:
    const int m_id;
    const int m_messages;
};

// Checks that it has all numbers of a child by the time it hears of the child's end.
class Reported : public Actorio::Actor
{
    Q_OBJECT

public:
    explicit Reported(QSemaphore *done) : m_done(done) { }

public Q_SLOTS:
    void receive(const Start &start)
    {
        m_messages = start.messages;
        m_left = start.children;
        for (int i = 0; i < start.children; ++i)
            spawn<Reporter>({.on = start.on, .name = QString::number(i)}, i, start.messages);
    }
    void receive(const Numbered &message)
    {
        if (message.number != m_received[message.sender]++)
            ++m_wrong;
    }
    int receive(const QString &) { return m_wrong; }

protected:
    void childStopped(const Actorio::ChildStopped &event) override
    {
        if (m_received[event.child.name().toInt()] != m_messages)
            ++m_wrong;
        if (--m_left == 0)
            m_done->release();
    }

private:
    QSemaphore *const m_done;
    std::map<int, int> m_received;
    int m_messages = 0;
    int m_left = 0;
    int m_wrong = 0;
};

struct Ball
{
    int left;
};

// Plays with its sender.
class Player : public Actorio::Actor
{
    Q_OBJECT

public:
    explicit Player(QSemaphore *done) : m_done(done) { }

public Q_SLOTS:
    void receive(const Ball &ball)
    {
        if (ball.left == 0)
            m_done->release();
        else
            reply(Ball{ball.left - 1});
    }

private:
    QSemaphore *const m_done;
};

struct Question
{
};

// Never answers, and keeps the promises to do so.
class Mute : public Actorio::Actor
{
    Q_OBJECT

public Q_SLOTS:
    Actorio::Delegated<int> receive(const Question &)
    {
        m_promises.push_back(replyPromise<int>());
        return {};
    }

private:
    std::vector<Actorio::ReplyPromise<int>> m_promises;
};

struct AskMute
{
    ActorRef<Mute> mute;
    std::chrono::milliseconds timeout;
    QSemaphore *isAsking;
    QFuture<void> first = {}; // awaited before the answer is
};

// Awaits an answer that does not come.
class Asker : public Actorio::Actor
{
    Q_OBJECT

public Q_SLOTS:
    QFuture<QString> receive(const AskMute &ask)
    {
        auto asked = ask.mute.ask(Question{}, ask.timeout);
        ask.isAsking->release();
        if (ask.first.isValid())
            co_await ask.first;
        try {
            co_await std::move(asked);
        } catch (const Actorio::Timeout &) {
            co_return u"timeout"_s;
        }
        co_return u"answer"_s;
    }
    int receive(int number) { return number; }
};

class tst_Dispatcher : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void promise2_messagesOfASenderKeepTheirOrder_data();
    void promise2_messagesOfASenderKeepTheirOrder();
    void promise2_messagesComeBeforeTheEndOfTheirSender_data();
    void promise2_messagesComeBeforeTheEndOfTheirSender();

    void foreignThreadsWakeTheMainLoop();
    void actorsInTwoThreadsWakeEachOther();

    void anAwaitedAskTimesOut();
    void anAwaitedAskTimesOutByTheSystemsClock();
    void anAskWhoseTimeIsUpBeforeItIsAwaitedTimesOut();
    void timeoutsComeInTheirOrder();
};

void tst_Dispatcher::promise2_messagesOfASenderKeepTheirOrder_data()
{
    QTest::addColumn<bool>("inMainThread");
    QTest::newRow("to the main thread") << true;
    QTest::newRow("to the pool") << false;
}

void tst_Dispatcher::promise2_messagesOfASenderKeepTheirOrder()
{
    QFETCH(bool, inMainThread);
    constexpr int Senders = 4;
    constexpr int Each = 50'000;
    QSemaphore done;
    Actorio::Scoped<Receiver> receiver(
            Actorio::SpawnOptions{.on = inMainThread ? Actorio::mainThread() : Actorio::pool()},
            Senders * Each, &done);
    std::vector<std::thread> threads;
    for (int sender = 0; sender < Senders; ++sender) {
        threads.emplace_back([&, sender] {
            // Typed and untyped messages are one order.
            const ActorRef<> untyped = receiver;
            for (int i = 0; i < Each; ++i) {
                if (i % 3)
                    receiver.tell(Numbered{sender, i});
                else
                    untyped.tell(Numbered{sender, i});
            }
        });
    }
    QVERIFY(waitUntil([&] { return done.tryAcquire(); }));
    for (std::thread &thread : threads)
        thread.join();
    QFuture<int> wrong = receiver.ask(u"wrong"_s);
    QVERIFY(waitForFinished(wrong));
    QCOMPARE(wrong.result(), 0);
}

void tst_Dispatcher::promise2_messagesComeBeforeTheEndOfTheirSender_data()
{
    QTest::addColumn<int>("kind");
    QTest::newRow("from the same thread") << -1;
    QTest::newRow("from the pool") << int(Placement::Kind::Pool);
    QTest::newRow("from the main thread") << int(Placement::Kind::MainThread);
    QTest::newRow("from dedicated threads") << int(Placement::Kind::DedicatedThread);
}

void tst_Dispatcher::promise2_messagesComeBeforeTheEndOfTheirSender()
{
    QFETCH(int, kind);
    QSemaphore done;
    ActorSystem system({.threads = 2});
    const auto host = system.spawn<Host>();
    const auto parent =
            system.spawn<Reported>({.on = Actorio::onThread(host.ask(Where{}).result())}, &done);
    const auto start = [&](Placement on) {
        parent.tell(Start{on, kind == int(Placement::Kind::DedicatedThread) ? 12 : 60, 500});
    };
    if (kind == -1)
        start(Actorio::onThread(host.ask(Where{}).result()));
    else if (kind == int(Placement::Kind::Pool))
        start(Actorio::pool());
    else if (kind == int(Placement::Kind::MainThread))
        start(Actorio::mainThread());
    else
        start(Actorio::dedicatedThread());
    QVERIFY(waitUntil([&] { return done.tryAcquire(); }));
    QCOMPARE(parent.ask(u"wrong"_s).result(), 0);
}

// A wake-up that is lost leaves an ask, and with it this test, hanging.
void tst_Dispatcher::foreignThreadsWakeTheMainLoop()
{
    constexpr int Each = 1'000;
    Actorio::Scoped<Asker> echo(Actorio::SpawnOptions{.on = Actorio::mainThread()});
    std::atomic<int> right{0};
    QSemaphore finished;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 3; ++thread) {
        threads.emplace_back([&] {
            for (int i = 0; i < Each; ++i)
                right += echo.ask(i).result() == i;
            finished.release();
        });
    }
    QEventLoop loop;
    std::thread waiter([&] {
        finished.acquire(int(threads.size()));
        QMetaObject::invokeMethod(&loop, &QEventLoop::quit, Qt::QueuedConnection);
    });
    loop.exec();
    waiter.join();
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(right, 3 * Each);
}

void tst_Dispatcher::actorsInTwoThreadsWakeEachOther()
{
    ActorSystem system({.threads = 2});
    QSemaphore done;
    const auto a = system.spawn<Player>(&done);
    const auto b = system.spawn<Player>(&done);
    a.tell(Ball{40'000}, b);
    QVERIFY(done.tryAcquire(1, 60'000));
}

void tst_Dispatcher::anAwaitedAskTimesOut()
{
    QSemaphore isAsking;
    Actorio::Scoped<Mute> mute;
    Actorio::Scoped<Asker> asker;
    QElapsedTimer time;
    time.start();
    QCOMPARE(asker.ask(AskMute{mute, 30ms, &isAsking}).result(), u"timeout"_s);
    QVERIFY(time.elapsed() >= 30); // never early; late does not matter here
    // In the main thread the event loop keeps the time.
    Actorio::Scoped<Asker> mainAsker(Actorio::SpawnOptions{.on = Actorio::mainThread()});
    QFuture<QString> answer = mainAsker.ask(AskMute{mute, 30ms, &isAsking});
    QVERIFY(waitForFinished(answer));
    QCOMPARE(answer.result(), u"timeout"_s);
}

void tst_Dispatcher::anAwaitedAskTimesOutByTheSystemsClock()
{
    const auto clock = std::make_shared<Actorio::ManualClock>();
    ActorSystem system({.threads = 1, .clock = clock});
    QSemaphore isAsking;
    const auto mute = system.spawn<Mute>();
    const auto asker = system.spawn<Asker>();
    const auto other = system.spawn<Asker>();
    QFuture<QString> answer = asker.ask(AskMute{mute, 1h, &isAsking});
    QVERIFY(isAsking.tryAcquire(1, 20'000));
    QCOMPARE(other.ask(1).result(), 1); // by then it awaits
    clock->advance(59min);
    QCOMPARE(other.ask(2).result(), 2);
    QCOMPARE(other.ask(3).result(), 3);
    QVERIFY(!answer.isFinished());
    clock->advance(1min);
    QVERIFY(waitForFinished(answer));
    QCOMPARE(answer.result(), u"timeout"_s);
}

void tst_Dispatcher::anAskWhoseTimeIsUpBeforeItIsAwaitedTimesOut()
{
    const auto clock = std::make_shared<Actorio::ManualClock>();
    ActorSystem system({.threads = 1, .clock = clock});
    QSemaphore isAsking;
    QPromise<void> first;
    first.start();
    const auto mute = system.spawn<Mute>();
    const auto asker = system.spawn<Asker>();
    const auto other = system.spawn<Asker>();
    QFuture<QString> answer = asker.ask(AskMute{mute, 10ms, &isAsking, first.future()});
    QVERIFY(isAsking.tryAcquire(1, 20'000));
    clock->advance(20ms);
    QCOMPARE(other.ask(1).result(), 1); // whoever hears of the jump has heard of it
    QCOMPARE(other.ask(2).result(), 2);
    first.finish();
    QVERIFY(waitForFinished(answer));
    QCOMPARE(answer.result(), u"timeout"_s);
}

void tst_Dispatcher::timeoutsComeInTheirOrder()
{
    const auto clock = std::make_shared<Actorio::ManualClock>();
    ActorSystem system({.threads = 1, .clock = clock});
    constexpr int Count = 50;
    QSemaphore isAsking;
    const auto mute = system.spawn<Mute>();
    const auto other = system.spawn<Asker>();
    std::map<int, QFuture<QString>> answers; // by timeout in seconds
    for (int i = 0; i < Count; ++i) {
        const int seconds = 1 + i * 37 % Count;
        answers[seconds] =
                system.spawn<Asker>().ask(AskMute{mute, std::chrono::seconds(seconds), &isAsking});
    }
    QVERIFY(isAsking.tryAcquire(Count, 20'000));
    QCOMPARE(other.ask(1).result(), 1);
    for (int now = 1; now <= Count; ++now) {
        clock->advance(1s);
        QVERIFY(waitForFinished(answers[now]));
        QCOMPARE(std::count_if(answers.begin(), answers.end(),
                               [](const auto &answer) { return answer.second.isFinished(); }),
                 now);
    }
}

QTEST_GUILESS_MAIN(tst_Dispatcher)
#include "tst_dispatcher.moc"
