// SPDX-License-Identifier: MIT
// Promise 9: a flood lets everything else of its thread through.
#include "host.h"
#include "life.h"

#include <Actorio/Actorio>

#include <QtCore/QEventLoop>
#include <QtCore/QPromise>
#include <QtCore/QSemaphore>
#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <algorithm>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using Actorio::ActorSystem;
using Actorio::Placement;

// Works for as many microseconds as its message says, and notes how long the others were kept out.
class Sink : public Actorio::Actor
{
    Q_OBJECT

public:
    Sink(int expected, std::atomic<int> *ticks, QSemaphore *done)
        : m_expected(expected), m_ticks(ticks), m_done(done)
    {
    }

public Q_SLOTS:
    void receive(int microseconds)
    {
        const auto until =
                std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds);
        while (microseconds > 0 && std::chrono::steady_clock::now() < until) { }
        if (m_lastTick != m_ticks->load()) {
            m_lastTick = m_ticks->load();
            m_slow = 0;
        }
        if (microseconds >= 1'000)
            m_longest = std::max(m_longest, ++m_slow);
        if (++m_handled == m_expected)
            m_done->release();
    }
    int receive(const QString &) { return m_longest; }

private:
    const int m_expected;
    std::atomic<int> *const m_ticks;
    QSemaphore *const m_done;
    int m_handled = 0;
    int m_lastTick = 0;
    int m_slow = 0; // handlers of a millisecond in a row, without a tick between them
    int m_longest = 0;
};

// Sends itself its own message again, until it is told that it is enough.
class Spinner : public Actorio::Actor
{
    Q_OBJECT

public:
    Spinner(std::atomic<int> *count, int limit) : m_count(count), m_limit(limit) { }

public Q_SLOTS:
    void receive(int)
    {
        if (++*m_count < m_limit)
            Actorio::refTo(this).tell(0);
    }

private:
    std::atomic<int> *const m_count;
    const int m_limit;
};

// An object that does the same with Qt's events.
class Poster : public QObject
{
    Q_OBJECT

public:
    void post() { QCoreApplication::postEvent(this, new QEvent(QEvent::User)); }
    int count = 0;

protected:
    bool event(QEvent *event) override
    {
        if (event->type() != QEvent::User)
            return QObject::event(event);
        ++count;
        post();
        return true;
    }
};

class tst_DispatcherFloods : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void promise9_aFloodLetsTheEventLoopThrough_data();
    void promise9_aFloodLetsTheEventLoopThrough();
    void promise9_aFloodFromOtherThreadsLetsTheEventLoopThrough();
    void promise9_aFloodOfItsOwnLetsOthersThrough_data();
    void promise9_aFloodOfItsOwnLetsOthersThrough();
    void promise9_aFloodAtAPoolThreadLetsItsTimersThrough();
};

void tst_DispatcherFloods::promise9_aFloodLetsTheEventLoopThrough_data()
{
    QTest::addColumn<QList<int>>("phases"); // count, microseconds, …
    QTest::addColumn<int>("interval");
    for (const int interval : {0, 1}) {
        QTest::addRow("quick messages, %d ms timer", interval)
                << QList<int>{400'000, 0} << interval;
        QTest::addRow("slow messages, %d ms timer", interval) << QList<int>{200, 1'000} << interval;
        QTest::addRow("first quick, then slow messages, %d ms timer", interval)
                << QList<int>{600, 0, 300, 1'000} << interval;
    }
}

void tst_DispatcherFloods::promise9_aFloodLetsTheEventLoopThrough()
{
    QFETCH(QList<int>, phases);
    QFETCH(int, interval);
    int messages = 0;
    for (int phase = 0; phase < phases.size(); phase += 2)
        messages += phases[phase];

    std::atomic<int> ticks{0};
    std::atomic<int> spins{0};
    QSemaphore done;
    Actorio::Scoped<Sink> sink(Actorio::SpawnOptions{.on = Actorio::mainThread()}, messages, &ticks,
                               &done);
    Actorio::Scoped<Spinner> spinner(Actorio::SpawnOptions{.on = Actorio::mainThread()}, &spins,
                                     100'000'000);
    for (int phase = 0; phase < phases.size(); phase += 2) {
        for (int i = 0; i < phases[phase]; ++i)
            sink.tell(phases[phase + 1]);
    }
    spinner.tell(0);
    Poster poster;
    poster.post();
    QTimer timer;
    timer.setTimerType(Qt::PreciseTimer);
    timer.start(interval);
    int ticksMeanwhile = 0;
    QEventLoop loop;
    connect(&timer, &QTimer::timeout, &loop, [&] {
        ++ticks;
        if (done.available() == 0)
            ticksMeanwhile = ticks;
        else
            loop.quit();
    });
    loop.exec();

    QVERIFY2(ticksMeanwhile >= 3, qPrintable(u"%1 ticks"_s.arg(ticksMeanwhile)));
    QVERIFY2(poster.count >= 3, qPrintable(u"%1 events"_s.arg(poster.count)));
    QVERIFY2(spins >= 100, qPrintable(u"%1 messages of another actor"_s.arg(spins)));
    QFuture<int> longest = sink.ask(u"slow handlers in a row"_s);
    QVERIFY(waitForFinished(longest));
    QVERIFY2(longest.result() <= 40,
             qPrintable(u"%1 slow handlers in a row"_s.arg(longest.result())));
}

void tst_DispatcherFloods::promise9_aFloodFromOtherThreadsLetsTheEventLoopThrough()
{
    constexpr int Senders = 3;
    constexpr int Each = 150'000;
    std::atomic<int> ticks{0};
    QSemaphore done;
    Actorio::Scoped<Sink> sink(Actorio::SpawnOptions{.on = Actorio::mainThread()}, Senders * Each,
                               &ticks, &done);
    std::vector<std::thread> threads;
    for (int sender = 0; sender < Senders; ++sender) {
        threads.emplace_back([&] {
            for (int i = 0; i < Each; ++i)
                sink.tell(0);
        });
    }
    QTimer timer;
    QEventLoop loop;
    int ticksMeanwhile = 0;
    connect(&timer, &QTimer::timeout, &loop, [&] {
        ++ticks;
        if (done.available() == 0)
            ticksMeanwhile = ticks;
        else
            loop.quit();
    });
    timer.start(0);
    loop.exec();
    for (std::thread &thread : threads)
        thread.join();
    QVERIFY2(ticksMeanwhile >= 3, qPrintable(u"%1 ticks"_s.arg(ticksMeanwhile)));
}

void tst_DispatcherFloods::promise9_aFloodOfItsOwnLetsOthersThrough_data()
{
    QTest::addColumn<bool>("inMainThread");
    QTest::newRow("main thread") << true;
    QTest::newRow("pool") << false;
}

void tst_DispatcherFloods::promise9_aFloodOfItsOwnLetsOthersThrough()
{
    QFETCH(bool, inMainThread);
    ActorSystem system({.threads = 1});
    const Placement on = inMainThread ? Actorio::mainThread() : Actorio::pool();
    std::atomic<int> spins{0};
    QPromise<int> spinsMeanwhile;
    spinsMeanwhile.start();
    Actorio::Scoped spinner(system.spawn<Spinner>({.on = on}, &spins, 500'000));
    Actorio::Scoped other(system.spawn<Host>({.on = on}));
    Actorio::Scoped starter(system.spawn<Host>({.on = on}));
    starter.tell(Do{[&](Host &) {
        spinner.tell(0);
        for (int i = 1; i < 1'000; ++i)
            other.tell(Do{[](Host &) {}});
        other.tell(Do{[&](Host &) {
            spinsMeanwhile.addResult(spins);
            spinsMeanwhile.finish();
        }});
    }});
    QVERIFY(waitForFinished(spinsMeanwhile.future()));
    // They take turns: about as many of the one's messages as of the other's.
    QVERIFY2(spinsMeanwhile.future().result() <= 4'000,
             qPrintable(QString::number(spinsMeanwhile.future().result())));
}

void tst_DispatcherFloods::promise9_aFloodAtAPoolThreadLetsItsTimersThrough()
{
    constexpr int Messages = 400'000;
    ActorSystem system({.threads = 1});
    std::atomic<int> ticks{0};
    QSemaphore done;
    const auto sink = system.spawn<Sink>(Messages, &ticks, &done);
    const auto host = system.spawn<Host>();
    QPromise<int> ticksMeanwhile;
    ticksMeanwhile.start();
    host.tell(Do{[&](Host &self) {
        for (int i = 0; i < Messages; ++i)
            sink.tell(0);
        auto *const timer = new QTimer(&self);
        connect(timer, &QTimer::timeout, &self, [&, timer] {
            if (done.available() == 0) {
                ++ticks;
                return;
            }
            timer->stop();
            ticksMeanwhile.addResult(ticks);
            ticksMeanwhile.finish();
        });
        timer->start(0);
    }});
    QVERIFY(waitForFinished(ticksMeanwhile.future()));
    QVERIFY2(ticksMeanwhile.future().result() >= 3, qPrintable(QString::number(ticks)));
}

QTEST_GUILESS_MAIN(tst_DispatcherFloods)
#include "tst_dispatcher_floods.moc"
