// SPDX-License-Identifier: MIT
// How timers end.
#include "host.h"
#include "stage.h"

#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

class tst_TimerEnd : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void cancel();
    void aDueTickIsNotDeliveredAfterCancel();
    void oneCancelsTheOther();
    void keys();
    void aKeyReplacedInItsHandler();
    void nothingAfterTheStop();
    void aHandlerThatThrows();
};

void tst_TimerEnd::cancel()
{
    Stage stage;
    Ticks ticks;
    Ticks ends;
    Input input;
    Scoped host(stage.system.spawn<Host>([&](Host &h) {
        input = h.addTimer(10ms, [&] {
            if (++ticks.count == 2)
                input.cancel();
        });
        input.onEnd(ends.counter());
    }));
    settle(host);
    for (int i = 0; i < 5; ++i) {
        stage.clock->advance(10ms);
        settle(host);
    }
    QCOMPARE(ticks.count.load(), 2);
    QCOMPARE(ends.count.load(), 0);
}

void tst_TimerEnd::aDueTickIsNotDeliveredAfterCancel()
{
    Stage stage;
    Ticks ticks;
    QPromise<int> promise;
    promise.start();
    Scoped host(stage.system.spawn<Host>(
            [&](Host &h) { h.addTimer(Schedule(10ms).named(u"tick"_s), ticks.counter()); }));
    Scoped other(stage.system.spawn<Host>());
    Ask<int> ask = host.ask(Await{[&](Host &h) -> QFuture<int> {
        const int value = co_await promise.future();
        co_return h.cancelTimer(u"tick"_s) ? value : -1;
    }});
    settle(other);
    stage.clock->advance(10ms);
    settle(other); // by now it has come due
    promise.addResult(1);
    promise.finish();
    QCOMPARE(ask.result(), 1);
    settle(host);
    QCOMPARE(ticks.count.load(), 0);
}

void tst_TimerEnd::oneCancelsTheOther()
{
    Stage stage;
    Ticks ticks;
    Input inputs[2];
    Scoped host(stage.system.spawn<Host>([&](Host &h) {
        for (std::size_t i = 0; i < 2; ++i) {
            inputs[i] = h.addTimer(Actorio::once(10ms), [&, i] {
                ++ticks.count;
                inputs[1 - i].cancel();
            });
        }
    }));
    settle(host);
    stage.clock->advance(10ms);
    settle(host);
    QCOMPARE(ticks.count.load(), 1);
}

void tst_TimerEnd::keys()
{
    Stage stage;
    Journal journal;
    Input first;
    const auto note = [&](const QString &what) { return [&, what] { journal.note(what); }; };
    Scoped host(stage.system.spawn<Host>([&](Host &h) {
        first = h.addTimer(Schedule(10ms).named(u"a"_s), note(u"first"_s));
        first.onEnd(note(u"end"_s));
        h.addTimer(Actorio::once(10ms).named(u"b"_s), note(u"b"_s));
        h.addTimer(Actorio::once(10ms).named(u"a"_s), note(u"second"_s));
        if (first.isActive() || h.cancelTimer(u"c"_s) || h.cancelTimer(QString()))
            journal.note(u"wrong"_s);
    }));
    settle(host);
    stage.clock->advance(10ms);
    settle(host);
    QStringList entries = journal.entries();
    entries.sort();
    QCOMPARE(entries, QStringList({u"b"_s, u"second"_s}));
    run(host, [&](Host &h) {
        if (h.cancelTimer(u"a"_s) || h.cancelTimer(u"b"_s)) // both have fired
            journal.note(u"wrong"_s);
        h.addTimer(Schedule(10ms).named(u"a"_s), note(u"third"_s));
        if (!h.cancelTimer(u"a"_s) || h.cancelTimer(u"a"_s))
            journal.note(u"wrong"_s);
    });
    stage.clock->advance(10ms);
    settle(host);
    QCOMPARE(journal.entries().size(), 2);
}

void tst_TimerEnd::aKeyReplacedInItsHandler()
{
    Stage stage;
    Journal journal;
    const auto schedule = Schedule(10ms).named(u"key"_s);
    Scoped host(stage.system.spawn<Host>([&](Host &h) {
        h.addTimer(schedule, [&] {
            journal.note(u"first"_s);
            h.addTimer(schedule, [&] { journal.note(u"second"_s); });
        });
    }));
    settle(host);
    for (int i = 0; i < 3; ++i) {
        stage.clock->advance(10ms);
        settle(host);
    }
    QCOMPARE(journal.entries(), QStringList({u"first"_s, u"second"_s, u"second"_s}));
    run(host, [&](Host &h) { journal.note(h.cancelTimer(u"key"_s) ? u"there"_s : u"lost"_s); });
    QCOMPARE(journal.entries().last(), u"there"_s);
}

void tst_TimerEnd::nothingAfterTheStop()
{
    Journal journal;
    class Ending : public Host
    {
    public:
        explicit Ending(Journal *notes) : m_journal(*notes) { }

    protected:
        void setUp() override
        {
            addTimer(0ms, [this] {
                if (m_ticks++ == 0)
                    m_journal.note(u"tick"_s);
                if (m_isTornDown)
                    m_journal.note(u"late"_s);
            });
        }
        void tearDown(const StopReason &) override
        {
            m_isTornDown = true;
            busyUntil(linger());
        }

    private:
        QFuture<void> linger()
        {
            co_await 20ms;
            m_journal.note(u"torn down"_s);
        }
        Journal &m_journal;
        int m_ticks = 0;
        bool m_isTornDown = false;
    };
    Scoped<Ending> host(&journal);
    QTRY_COMPARE(journal.entries().size(), 1);
    host.stop();
    QCOMPARE(journal.entries(), QStringList({u"tick"_s, u"torn down"_s}));
}

void tst_TimerEnd::aHandlerThatThrows()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"out of a timer"_s));
    Scoped<Host> host(
            [](Host &h) { h.addTimer(1ms, [] { throw std::runtime_error("out of a timer"); }); });
    QVERIFY(waitForEnd(host.terminated()).isFailure());
    // Thrown to stop, it is no failure.
    Scoped<Host> stopped([](Host &h) { h.addTimer(1ms, [] { throw StopActor(); }); });
    QCOMPARE(waitForEnd(stopped.terminated()).kind(), StopReason::Stopped);
}

QTEST_GUILESS_MAIN(tst_TimerEnd)
#include "tst_timer_end.moc"
