// SPDX-License-Identifier: MIT
// addInput() of signals that are faster than they are handled.
#include "host.h"
#include "stage.h"

#include <QtTest/QTest>

#include <memory>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

namespace {

// Counts its copies.
struct Tracked
{
    explicit Tracked(int value) : number(value) { ++s_count; }
    Tracked(const Tracked &other) : number(other.number) { ++s_count; }
    Tracked &operator=(const Tracked &) = default;
    ~Tracked() { --s_count; }
    int number;
    static inline std::atomic<int> s_count{0};
};

} // namespace

class Emitter : public QObject
{
    Q_OBJECT

Q_SIGNALS:
    void number(int value);
    void tracked(const Tracked &value);
};

class tst_InputPolicies : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void latestOnlyKeepsTheLast();
    void latestOnlyInAFlood();
    void atMostEvery();
    void atMostEveryAfterASilence();
    void whatIsKeptBackGoesWithTheActor_data();
    void whatIsKeptBackGoesWithTheActor();
    void onceAndNeverAgain();
    void aLimitHoldsWhileMoreCome_data();
    void aLimitHoldsWhileMoreCome();
};

void tst_InputPolicies::latestOnlyKeepsTheLast()
{
    Journal journal;
    Emitter emitter;
    Scoped<Host> host([&](Host &h) {
        h.addInput(
                &emitter, &Emitter::tracked,
                [&](const Tracked &value) { journal.note(QString::number(value.number)); },
                latestOnly());
    });
    Gate gate;
    host.tell(gate.pass());
    QVERIFY(gate.isReached());
    for (int i = 0; i < 10'000; ++i) {
        Q_EMIT emitter.tracked(Tracked(i));
        QVERIFY(Tracked::s_count <= 1);
    }
    gate.open();
    QTRY_COMPARE(journal.entries(), QStringList({u"9999"_s}));
    settle(host);
    QCOMPARE(journal.entries().size(), 1);
    QCOMPARE(Tracked::s_count, 0);
    Q_EMIT emitter.tracked(Tracked(5));
    QTRY_COMPARE(journal.entries(), QStringList({u"9999"_s, u"5"_s}));
}

void tst_InputPolicies::latestOnlyInAFlood()
{
    constexpr int Count = 200'000;
    std::atomic<int> last{-1};
    std::atomic<bool> isWrong{false};
    Emitter emitter;
    Scoped<Host> host([&](Host &h) {
        h.addInput(
                &emitter, &Emitter::number,
                [&](int number) {
                    if (number <= last)
                        isWrong = true;
                    last = number;
                },
                latestOnly());
    });
    settle(host);
    for (int round = 1; round <= 20; ++round) {
        last = -1;
        std::thread thread([&] {
            for (int i = 0; i < Count / 20; ++i)
                Q_EMIT emitter.number(i);
        });
        thread.join();
        QTRY_COMPARE(last.load(), Count / 20 - 1);
    }
    QVERIFY(!isWrong);
}

void tst_InputPolicies::atMostEvery()
{
    Journal journal;
    Emitter emitter;
    const auto clock = std::make_shared<ManualClock>();
    ActorSystem system({.threads = 1, .clock = clock});
    Scoped host(system.spawn<Host>([&](Host &h) {
        h.addInput(
                &emitter, &Emitter::number,
                [&](int number) { journal.note(QString::number(number)); },
                Actorio::atMostEvery(100ms));
    }));
    settle(host);
    Q_EMIT emitter.number(0); // at once
    QTRY_COMPARE(journal.entries(), QStringList({u"0"_s}));
    for (int i = 1; i < 5; ++i) {
        Q_EMIT emitter.number(i);
        settle(host);
    }
    clock->advance(99ms);
    settle(host);
    QCOMPARE(journal.entries().size(), 1);
    clock->advance(1ms);
    QTRY_COMPARE(journal.entries(), QStringList({u"0"_s, u"4"_s}));
    // Nothing more, as nothing more was emitted.
    clock->advance(100ms);
    settle(host);
    QCOMPARE(journal.entries().size(), 2);
}

void tst_InputPolicies::atMostEveryAfterASilence()
{
    Journal journal;
    auto emitter = std::make_unique<Emitter>();
    const auto clock = std::make_shared<ManualClock>();
    ActorSystem system({.threads = 1, .clock = clock});
    Scoped host(system.spawn<Host>([&](Host &h) {
        h.addInput(
                 emitter.get(), &Emitter::number,
                 [&](int number) { journal.note(QString::number(number)); },
                 Actorio::atMostEvery(100ms))
                .onEnd([&] { journal.note(u"end"_s); });
    }));
    settle(host);
    for (int i = 0; i < 3; ++i) { // a period or more apart: each at once
        Q_EMIT emitter->number(i);
        QTRY_COMPARE(journal.entries().size(), i + 1);
        clock->advance(150ms);
    }
    Q_EMIT emitter->number(3);
    QTRY_COMPARE(journal.entries().size(), 4);
    Q_EMIT emitter->number(4);
    emitter.reset(); // the last value arrives, in its time, before the end
    settle(host);
    QCOMPARE(journal.entries().size(), 4);
    clock->advance(100ms);
    QTRY_COMPARE(journal.entries(),
                 QStringList({u"0"_s, u"1"_s, u"2"_s, u"3"_s, u"4"_s, u"end"_s}));
}

void tst_InputPolicies::whatIsKeptBackGoesWithTheActor_data()
{
    QTest::addColumn<SignalPolicy>("policy");
    QTest::addColumn<bool>("isKilled");
    for (const bool isKilled : {false, true}) {
        const char *const how = isKilled ? "killed" : "stopped";
        QTest::addRow("latestOnly, %s", how) << Actorio::latestOnly() << isKilled;
        QTest::addRow("atMostEvery, %s", how) << Actorio::atMostEvery(100ms) << isKilled;
    }
}

void tst_InputPolicies::whatIsKeptBackGoesWithTheActor()
{
    QFETCH(const SignalPolicy, policy);
    QFETCH(const bool, isKilled);
    Stage stage;
    Journal journal;
    Emitter emitter;
    Scoped other(stage.system.spawn<Host>());
    Scoped host(stage.system.spawn<Host>(
            [&](Host &h) {
                h.addInput(
                        &emitter, &Emitter::tracked,
                        [&](const Tracked &value) { journal.note(QString::number(value.number)); },
                        policy);
            },
            [&](Host &) { journal.note(u"torn down"_s); }));
    settle(host);
    Q_EMIT emitter.tracked(Tracked(0));
    settle(host);
    {
        Gate gate;
        host.tell(gate.pass());
        QVERIFY(gate.isReached());
        Q_EMIT emitter.tracked(Tracked(1));
        QCOMPARE(Tracked::s_count.load(), 1);
        if (isKilled)
            host.kill();
        else
            host.ActorRef::stop();
    }
    QVERIFY(waitForFinished(host.terminated()));
    QCOMPARE(Tracked::s_count.load(), 0);
    stage.clock->advance(100ms);
    settle(other);
    Q_EMIT emitter.tracked(Tracked(2));
    QCOMPARE(Tracked::s_count.load(), 0);
    QCOMPARE(journal.entries(), QStringList({u"0"_s, u"torn down"_s}));
}

void tst_InputPolicies::onceAndNeverAgain()
{
    Journal journal;
    Emitter emitter;
    std::atomic<int> ticks{0};
    Scoped<Host> host([&](Host &h) {
        h.addInput(
                &emitter, &Emitter::number,
                [&](int number) { journal.note(QString::number(number)); },
                Actorio::atMostEvery(std::chrono::milliseconds::max()));
        h.addTimer(1ms, [&] { ++ticks; });
    });
    settle(host);
    Q_EMIT emitter.number(1);
    QTRY_COMPARE(journal.entries(), QStringList({u"1"_s}));
    Q_EMIT emitter.number(2);
    settle(host);
    const int before = ticks;
    QTRY_VERIFY(ticks > before + 2);
    QCOMPARE(journal.entries().size(), 1);
}

void tst_InputPolicies::aLimitHoldsWhileMoreCome_data()
{
    QTest::addColumn<bool>("isOther");
    QTest::newRow("from its handler") << false;
    QTest::newRow("from another thread") << true;
}

// One that has news again when its last call ends has nobody to tell them to.
void tst_InputPolicies::aLimitHoldsWhileMoreCome()
{
    QFETCH(const bool, isOther);
    Journal journal;
    Emitter emitter;
    const Scoped<Host> host([&](Host &h) {
        h.addInput(
                &emitter, &Emitter::number,
                [&](int number) {
                    journal.note(QString::number(number));
                    const auto emitNext = [&] { Q_EMIT emitter.number(number + 1); };
                    if (isOther)
                        std::thread(emitNext).join();
                    else
                        emitNext();
                },
                1);
    });
    settle(host);
    Q_EMIT emitter.number(1);
    QTRY_COMPARE(journal.entries(), QStringList{u"1"_s});
    settle(host);
    QCOMPARE(journal.entries(), QStringList{u"1"_s});
    QVERIFY(host.isRunning());
}

QTEST_GUILESS_MAIN(tst_InputPolicies)
#include "tst_input_policies.moc"
