// SPDX-License-Identifier: MIT
// addTimer() with handlers. How they end is in tst_timer_end, those that tell messages in tst_timer_messages.
#include "host.h"
#include "stage.h"

#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <limits>
#include <memory>
#include <random>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

class tst_Timer : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void aPeriod();
    void once();
    void aLimit();
    void inRealTime();
    void memberFunctions();

    // In time
    void whoFallsBehindGetsOneTick();
    void thePhaseIsKept();
    void aHandlerThatTakesTime();
    void zeroStarvesNobody_data();
    void zeroStarvesNobody();
    void negativeIsZero();
    void never_data();
    void never();
    void tenThousand();
};

void tst_Timer::aPeriod()
{
    Stage stage;
    Ticks ticks;
    Scoped host(stage.system.spawn<Host>([&](Host &h) { h.addTimer(10ms, ticks.counter()); }));
    settle(host);
    QCOMPARE(ticks.count.load(), 0);
    for (int i = 0; i < 3; ++i) {
        stage.clock->advance(9ms);
        settle(host);
        QCOMPARE(ticks.count.load(), i);
        stage.clock->advance(1ms);
        settle(host);
        QCOMPARE(ticks.count.load(), i + 1);
    }
}

void tst_Timer::once()
{
    Stage stage;
    Journal journal;
    Input input;
    Scoped host(stage.system.spawn<Host>([&](Host &h) {
        input = h.addTimer(Actorio::once(10ms), [&] { journal.note(u"tick"_s); });
        input.onEnd([&](const QString &error) { journal.note(u"end"_s + error); });
        journal.note(input.isActive() ? u"active"_s : u"ended"_s);
    }));
    settle(host);
    for (int i = 0; i < 3; ++i) {
        stage.clock->advance(10ms);
        settle(host);
    }
    run(host, [&](Host &) { journal.note(input.isActive() ? u"active"_s : u"ended"_s); });
    QCOMPARE(journal.entries(), QStringList({u"active"_s, u"tick"_s, u"end"_s, u"ended"_s}));
}

void tst_Timer::aLimit()
{
    Stage stage;
    Ticks ticks;
    Ticks ends;
    Scoped host(stage.system.spawn<Host>([&](Host &h) {
        h.addTimer(10ms, ticks.counter(), 3).onEnd(ends.counter());
        try {
            h.addTimer(10ms, ticks.counter(), 0);
            ticks.count = 100;
        } catch (const Error &) {
        }
    }));
    settle(host);
    for (int i = 0; i < 5; ++i) {
        stage.clock->advance(10ms);
        settle(host);
        QCOMPARE(ends.count.load(), i < 2 ? 0 : 1);
    }
    QCOMPARE(ticks.count.load(), 3);
}

void tst_Timer::inRealTime()
{
    Ticks ticks;
    Ticks single;
    Scoped<Host> host([&](Host &h) {
        h.addTimer(1ms, ticks.counter());
        h.addTimer(Actorio::once(1ms), single.counter());
        h.addTimer(Actorio::once(24h), single.counter());
        h.addTimer(1h, single.counter());
    });
    QTRY_VERIFY(ticks.count >= 5);
    QCOMPARE(single.count.load(), 1);
    Scoped<Host> main({.on = mainThread()},
                      [&](Host &h) { h.addTimer(Actorio::once(1ms), single.counter()); });
    QTRY_COMPARE(single.count.load(), 2);
}

void tst_Timer::memberFunctions()
{
    class Ticker : public Host
    {
    public:
        explicit Ticker(Ticks *ticks) : m_ticks(*ticks) { }

    protected:
        void setUp() override
        {
            addTimer(1ms, &Ticker::onTick);
            addTimer(Actorio::once(1ms), &Ticker::onOnce);
        }

    private:
        void onTick() { ++m_ticks.count; }
        QFuture<void> onOnce()
        {
            co_await 1ms;
            m_ticks.count += 1'000;
        }
        Ticks &m_ticks;
    };
    Ticks ticks;
    Scoped<Ticker> ticker(&ticks);
    QTRY_VERIFY(ticks.count >= 1'003);
}

void tst_Timer::whoFallsBehindGetsOneTick()
{
    Stage stage;
    Ticks ticks;
    Scoped host(stage.system.spawn<Host>([&](Host &h) { h.addTimer(10ms, ticks.counter()); }));
    settle(host);
    {
        Gate gate;
        host.tell(gate.pass());
        QVERIFY(gate.isReached());
        for (int i = 0; i < 10; ++i)
            stage.clock->advance(10ms);
    }
    settle(host);
    QCOMPARE(ticks.count.load(), 1);
    // Nor if it is busy, and its thread is not.
    QPromise<int> promise;
    promise.start();
    Ask<int> ask = host.ask(Await{[&](Host &) { return promise.future(); }});
    Scoped other(stage.system.spawn<Host>());
    settle(other); // by now it has begun
    for (int i = 0; i < 10; ++i) {
        stage.clock->advance(10ms);
        settle(other);
    }
    QCOMPARE(ticks.count.load(), 1);
    promise.addResult(1);
    promise.finish();
    QCOMPARE(ask.result(), 1);
    settle(host);
    QCOMPARE(ticks.count.load(), 2);
    stage.clock->advance(10ms);
    settle(host);
    QCOMPARE(ticks.count.load(), 3);
}

void tst_Timer::thePhaseIsKept()
{
    Stage stage;
    Ticks ticks;
    Scoped host(stage.system.spawn<Host>([&](Host &h) { h.addTimer(10ms, ticks.counter()); }));
    settle(host);
    {
        Gate gate;
        host.tell(gate.pass());
        QVERIFY(gate.isReached());
        stage.clock->advance(37ms);
    }
    settle(host);
    QCOMPARE(ticks.count.load(), 1); // late, for 10, 20 and 30
    stage.clock->advance(2ms);
    settle(host);
    QCOMPARE(ticks.count.load(), 1);
    stage.clock->advance(1ms); // 40
    settle(host);
    QCOMPARE(ticks.count.load(), 2);
}

void tst_Timer::aHandlerThatTakesTime()
{
    Stage stage;
    Journal journal;
    Scoped host(stage.system.spawn<Host>([&](Host &h) {
        h.addTimer(10ms, [&]() -> QFuture<void> {
            journal.note(u"begins"_s);
            co_await 25ms;
            journal.note(u"ends"_s);
        });
    }));
    Scoped other(stage.system.spawn<Host>());
    settle(host);
    for (int i = 0; i < 13; ++i) { // begins at 10, ends at 35, begins at 40, ends at 65
        stage.clock->advance(5ms);
        settle(other);
        settle(other);
    }
    QCOMPARE(journal.entries(), QStringList({u"begins"_s, u"ends"_s, u"begins"_s, u"ends"_s}));
}

void tst_Timer::zeroStarvesNobody_data()
{
    QTest::addColumn<bool>("isManual");
    QTest::addRow("steady") << false;
    QTest::addRow("manual") << true;
}

void tst_Timer::zeroStarvesNobody()
{
    QFETCH(bool, isManual);
    const auto clock = isManual ? std::make_shared<ManualClock>() : Clock::steady();
    ActorSystem system({.threads = 1, .clock = clock});
    Ticks zero[2];
    Ticks qt;
    Scoped host(system.spawn<Host>([&](Host &h) {
        h.addTimer(0ms, zero[0].counter());
        h.addTimer(0ms, zero[1].counter());
        auto *const timer = new QTimer(&h);
        QObject::connect(timer, &QTimer::timeout, timer, qt.counter());
        timer->start(0);
    }));
    Scoped other(system.spawn<Host>());
    for (int i = 0; i < 100; ++i) {
        QCOMPARE(host.ask(i).result(), i);
        QCOMPARE(other.ask(i).result(), i);
    }
    QTRY_VERIFY(zero[0].count > 100 && zero[1].count > 100 && qt.count > 10);
}

void tst_Timer::negativeIsZero()
{
    Stage stage;
    Ticks ticks;
    Scoped host(stage.system.spawn<Host>([&](Host &h) {
        h.addTimer(Actorio::once(-5ms), ticks.counter());
        h.addTimer(-1h, ticks.counter(), 2);
    }));
    QTRY_COMPARE(ticks.count.load(), 3);
}

void tst_Timer::never_data()
{
    QTest::addColumn<bool>("isManual");
    QTest::addColumn<Schedule>("schedule");
    for (const bool isManual : {false, true}) {
        const auto add = [&](const char *name, auto span) {
            const char *const clock = isManual ? "manual" : "steady";
            QTest::addRow("%s, every, %s", name, clock) << isManual << Schedule(span);
            QTest::addRow("%s, once, %s", name, clock) << isManual << Actorio::once(span);
        };
        add("milliseconds", std::chrono::milliseconds::max());
        add("nanoseconds", std::chrono::nanoseconds::max());
        add("three centuries", std::chrono::hours(24 * 365 * 300));
        add("endless", std::chrono::duration<double>(std::numeric_limits<double>::infinity()));
    }
}

// And the other timers of the thread go on.
void tst_Timer::never()
{
    QFETCH(const bool, isManual);
    QFETCH(const Schedule, schedule);
    const auto manual = std::make_shared<ManualClock>();
    ActorSystem system(
            {.threads = 1, .clock = isManual ? std::shared_ptr<Clock>(manual) : Clock::steady()});
    Ticks never;
    Ticks ticks;
    Scoped host(system.spawn<Host>([&](Host &h) {
        h.addTimer(schedule, never.counter());
        h.addTimer(1ms, ticks.counter());
    }));
    settle(host);
    for (int i = 1; i <= 3; ++i) {
        manual->advance(1ms);
        QTRY_VERIFY(ticks.count >= i);
        settle(host); // a handler that time passes in misses a tick
    }
    manual->advance(24h * 365 * 50);
    settle(host);
    QCOMPARE(never.count.load(), 0);
}

void tst_Timer::tenThousand()
{
    constexpr int Count = 10'000;
    Stage stage;
    std::vector<int> fired; // the actor's
    std::vector<int> delays;
    std::mt19937 random(1);
    for (int i = 0; i < Count; ++i)
        delays.push_back(1 + int(random() % 500));
    std::atomic<bool> isCancelledHeard{false};
    Scoped host(stage.system.spawn<Host>([&](Host &h) {
        std::vector<Input> inputs;
        for (int i = 0; i < Count; ++i) {
            const std::chrono::milliseconds delay(delays[std::size_t(i)]);
            inputs.push_back(h.addTimer(Actorio::once(delay), [&, i] {
                fired.push_back(delays[std::size_t(i)]);
                if (i % 2 == 1)
                    isCancelledHeard = true;
            }));
        }
        for (std::size_t i = 1; i < inputs.size(); i += 2)
            inputs[i].cancel();
    }));
    for (int now = 0; now < 500; now += 50) {
        run(host, [&](Host &) { fired.clear(); });
        stage.clock->advance(50ms);
        int due = 0;
        for (std::size_t i = 0; i < delays.size(); i += 2)
            due += delays[i] > now && delays[i] <= now + 50;
        QVERIFY(due > 0);
        std::size_t count = 0;
        QVERIFY(waitUntil([&] {
            run(host, [&](Host &) { count = fired.size(); });
            return int(count) >= due;
        }));
        run(host, [&](Host &) {
            if (int(fired.size()) != due || !std::is_sorted(fired.begin(), fired.end()))
                throw std::runtime_error("too many, or out of their order");
        });
    }
    QVERIFY(!isCancelledHeard);
}

QTEST_GUILESS_MAIN(tst_Timer)
#include "tst_timer.moc"
