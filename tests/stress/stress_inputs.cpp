// SPDX-License-Identifier: MIT
#include "stress.h"

#include <Actorio/Actorio>

#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

#include <functional>
#include <memory>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

class Worker;

namespace {

// Counts what exists: frames, and what handlers hold.
struct Counted
{
    Counted() { s_alive.fetch_add(1); }
    Counted(const Counted &) { s_alive.fetch_add(1); }
    Counted &operator=(const Counted &) = default;
    ~Counted() { s_alive.fetch_sub(1); }
    static inline std::atomic<int> s_alive{0};
};

struct Do
{
    std::function<void(Worker &)> code;
};
struct Await
{
    std::function<QFuture<int>(Worker &)> code;
};
struct Emit
{
    int number;
};

} // namespace

class Emitter : public QObject
{
    Q_OBJECT
public:
    bool isHeard() const { return isSignalConnected(QMetaMethod::fromSignal(&Emitter::number)); }
Q_SIGNALS:
    void number(int value);
};

class Worker : public Actor
{
    Q_OBJECT
public:
    using Actor::addInput;
    using Actor::addTimer;
    void receive(const Do &work) { work.code(*this); }
    QFuture<int> receive(const Await &work) { return work.code(*this); }
    void receive(const Emit &emission) { Q_EMIT number(emission.number); }
    void receive(int) { }
    bool isTornDown() const { return m_isTornDown; }
Q_SIGNALS:
    void number(int value);

protected:
    void tearDown(const StopReason &) override { m_isTornDown = true; }

private:
    bool m_isTornDown = false;
};

class Receiver : public QObject
{
    Q_OBJECT
public Q_SLOTS:
    void take(int number) { last = number; }

public:
    int last = -1;
};

// Promises 1 and 9: signals, timers and awaits whose ends go while others use them.
class StressInputs : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(u"actorio.deadletters=false"_s); }
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }
    void cleanup()
    {
        QVERIFY(Stress::processUntil([] { return Counted::s_alive == 0; }));
    }
    void inputsThatEndWhileOthersEmit();
    void messagesOfSignalsToTheEnd();
    void receiversThatAreDestroyed();
    void awaitsThatAreKilledOrServed();
    void asksThatAreCancelledOrAnswered();
    void messageTimersThatAreCancelledOrHandled();
};

void StressInputs::inputsThatEndWhileOthersEmit()
{
    const Stress::DelayPoints delayPoints;
    Stress::Random random;
    ActorSystem system({.threads = 2});
    std::atomic<bool> isLate{false};
    std::atomic<int> ends{0};
    int expectedEnds = 0;
    std::atomic<quint64> heard{0};
    for (int i = Stress::count(20'000); i > 0; --i) {
        auto emitter = std::make_unique<Emitter>();
        const auto isCancelled = std::make_shared<std::atomic<bool>>(false);
        const ActorRef<Worker> worker = system.spawn<Worker>();
        const bool isLatest = random(2) == 0;
        Input input;
        worker.ask(Do{[&](Worker &w) {
                  const auto handler = [&, isCancelled, counted = Counted()](int) {
                      heard.fetch_add(1);
                      if (w.isTornDown() || *isCancelled)
                          isLate = true;
                  };
                  input = isLatest
                          ? w.addInput(emitter.get(), &Emitter::number, handler, latestOnly())
                          : w.addInput(emitter.get(), &Emitter::number, handler);
                  input.onEnd([&] { ends.fetch_add(1); });
              }})
                .waitForFinished();
        const int way = random(4);
        Stress::Threads threads;
        threads.start([&, count = random(50)] {
            for (int n = 0; n < count; ++n)
                Q_EMIT emitter->number(n);
            if (way == 0)
                emitter.reset();
        });
        if (way == 0) {
            ++expectedEnds;
            QVERIFY(Stress::processUntil([&] { return ends == expectedEnds; }));
        } else if (way == 1) {
            worker.tell(Do{[&, isCancelled](Worker &) {
                input.cancel();
                *isCancelled = true;
            }});
        } else if (way == 2) {
            worker.kill();
        }
        worker.stop();
        const QFuture<StopReason> gone = worker.terminated();
        QVERIFY(Stress::processUntil([&] { return gone.isFinished(); }));
        threads.join();
    }
    QVERIFY(!isLate);
    QCOMPARE(ends.load(), expectedEnds);
    QVERIFY(heard > 0);
}

void StressInputs::messagesOfSignalsToTheEnd()
{
    const Stress::DelayPoints delayPoints;
    Stress::Random random;
    ActorSystem system({.threads = 2});
    for (int i = Stress::count(10'000); i > 0; --i) {
        auto emitter = std::make_unique<Emitter>();
        Inbox inbox;
        const ActorRef<Worker> worker = system.spawn<Worker>();
        const Counted counted;
        Connection toWorker = Actorio::connect(
                emitter.get(), &Emitter::number, worker, [counted](int number) { return number; },
                random(2) == 0 ? latestOnly() : atMostEvery(1ms));
        const Connection toInbox =
                Actorio::connect(emitter.get(), &Emitter::number, inbox.ref(), latestOnly());
        Stress::Threads threads;
        const int last = 20 + random(50);
        threads.start([&] {
            for (int n = 0; n <= last; ++n)
                Q_EMIT emitter->number(n);
            emitter.reset();
        });
        if (random(2) == 0)
            toWorker.disconnect();
        else
            worker.stop();
        int heard = -1;
        while (heard < last) {
            const std::optional<int> number = inbox.waitFor<int>(60s);
            QVERIFY(number && *number > heard);
            heard = *number;
        }
        threads.join();
        QVERIFY(!toWorker.isActive() && !toInbox.isActive());
        worker.stop();
    }
    QVERIFY(Stress::processUntil([&] { return system.actorCount() == 0; }));
}

void StressInputs::receiversThatAreDestroyed()
{
    const Stress::DelayPoints delayPoints;
    Stress::Random random;
    ActorSystem system({.threads = 2});
    for (int i = Stress::count(10'000); i > 0; --i) {
        const ActorRef<Worker> worker = system.spawn<Worker>();
        auto receiver = std::make_unique<Receiver>();
        Connection connection;
        Stress::Threads threads;
        threads.start([&] {
            for (int n = 0; n < 20; ++n)
                worker.tell(Emit{n});
        });
        connection = Actorio::connect(worker, &Worker::number, receiver.get(), &Receiver::take);
        const Connection functor = Actorio::connect(worker, &Worker::number, receiver.get(),
                                                    [counted = Counted()](int) {});
        if (random(3) == 0) {
            threads.start([&] { connection.disconnect(); });
        } else if (random(3) == 0) {
            threads.start([&] { worker.kill(); });
        }
        for (int turns = random(3); turns > 0; --turns)
            QCoreApplication::processEvents();
        receiver.reset();
        QVERIFY(!functor.isActive());
        threads.join();
        QVERIFY(!connection.isActive());
        worker.stop();
    }
    QVERIFY(Stress::processUntil([&] { return system.actorCount() == 0; }));
}

void StressInputs::awaitsThatAreKilledOrServed()
{
    const Stress::DelayPoints delayPoints;
    Stress::Random random;
    ActorSystem system({.threads = 2});
    int served = 0;
    int killed = 0;
    for (int i = Stress::count(20'000); i > 0; --i) {
        auto emitter = std::make_unique<Emitter>();
        const ActorRef<Worker> worker = system.spawn<Worker>();
        Ask<int> ask = worker.ask(Await{[&, sender = emitter.get()](Worker &) -> QFuture<int> {
            const Counted counted;
            try {
                co_return co_await nextEmission(sender, &Emitter::number);
            } catch (const BrokenPromise &) {
                co_return -1;
            }
        }});
        QVERIFY(Stress::processUntil([&] { return emitter->isHeard(); }));
        Stress::Threads threads;
        threads.start([&, emits = random(2) == 0] {
            if (emits)
                Q_EMIT emitter->number(1);
            emitter.reset();
        });
        if (random(2) == 0)
            worker.kill();
        try {
            const int result = ask.result();
            QVERIFY(result == 1 || result == -1);
            ++served;
        } catch (const ActorStopped &) {
            ++killed;
        }
        threads.join();
        worker.stop();
        QVERIFY(Stress::processUntil([&] { return !worker.isRunning(); }));
    }
    QVERIFY(Stress::processUntil([&] { return system.actorCount() == 0; }));
    qInfo() << "served" << served << "killed" << killed;
}

void StressInputs::asksThatAreCancelledOrAnswered()
{
    const Stress::DelayPoints delayPoints;
    ActorSystem system({.threads = 2});
    const ActorRef<Worker> worker = system.spawn<Worker>();
    int cancelled = 0;
    for (int i = Stress::count(50'000); i > 0; --i) {
        const auto work = [](Worker &) -> QFuture<int> {
            const Counted counted;
            co_await 0ms;
            co_return 1;
        };
        Ask<int> first = worker.ask(Await{work});
        Ask<int> second = worker.ask(Await{work});
        Stress::Threads threads;
        threads.start([&] { first.cancel(); });
        QCOMPARE(second.result(), 1); // which nobody has cancelled
        threads.join();
        try {
            QCOMPARE(first.result(), 1);
        } catch (const Cancelled &) {
            ++cancelled;
        }
    }
    worker.stop();
    QVERIFY(Stress::processUntil([&] { return system.actorCount() == 0; }));
    qInfo() << "cancelled" << cancelled;
}

void StressInputs::messageTimersThatAreCancelledOrHandled()
{
    const Stress::DelayPoints delayPoints;
    Stress::Random random;
    ActorSystem system({.threads = 2});
    for (int i = Stress::count(2'000); i > 0; --i) {
        const ActorRef<Worker> worker = system.spawn<Worker>();
        Inbox inbox;
        Input input;
        std::atomic<bool> hasEnded{false};
        const int limit = 1 + random(3);
        worker.ask(Do{[&](Worker &w) {
                  input = w.addTimer(1ms, inbox.ref(), 1, limit);
                  input.onEnd([&] { hasEnded = true; });
              }})
                .waitForFinished();
        int handled = 0;
        if (random(2) == 0) {
            while (!hasEnded)
                handled += inbox.waitFor<int>(1ms).has_value();
            QCOMPARE(handled, limit);
        } else {
            Ask<void> cancel = worker.ask(Do{[&](Worker &) { input.cancel(); }});
            while (!cancel.isFinished())
                handled += inbox.waitFor<int>(0ms).has_value();
            QVERIFY(handled <= limit);
            QVERIFY(!inbox.waitFor<int>(1ms)); // it was taken back
        }
        worker.stop();
        QVERIFY(Stress::processUntil([&] { return !worker.isRunning(); }));
    }
}

QTEST_GUILESS_MAIN(StressInputs)
#include "stress_inputs.moc"
