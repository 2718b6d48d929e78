// SPDX-License-Identifier: MIT
// Actorio::connect() of signals that are faster than their messages are handled.
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
    void pair(int number, QString text);
};

// Notes what it is told.
class Taker : public Host
{
public:
    explicit Taker(Journal *journal) : m_journal(*journal) { }
    using Host::receive;
    void receive(int number) { m_journal.note(QString::number(number)); }
    void receive(const QString &text) { m_journal.note(text); }
    void receive(const Tracked &tracked) { m_journal.note(QString::number(tracked.number)); }
    QStringList receive(bool) { return m_journal.entries(); }

private:
    Journal &m_journal;
};

class tst_ConnectPolicies : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void latestOnly();
    void latestOnlyIntoAnInbox();
    void latestOnlyOfWhatIsMade();
    void latestOnlyInAFlood();
    void atMostEvery();
    void atMostEveryAndTheEnd();
    void atMostEveryIntoAnInbox();
    void whatIsKeptBackGoesWithTheSystem();
};

void tst_ConnectPolicies::latestOnly()
{
    Journal journal;
    Emitter emitter;
    Scoped<Taker> taker({.on = dedicatedThread()}, &journal);
    const Connection connection =
            Actorio::connect(&emitter, &Emitter::number, taker, Actorio::latestOnly());
    {
        Gate gate;
        taker.tell(gate.pass());
        QVERIFY(gate.isReached());
        Q_EMIT emitter.number(-1);
        taker.tell(u"tell"_s);
        for (int i = 0; i < 10'000; ++i)
            Q_EMIT emitter.number(i);
    }
    // In the place of the first, which is the one that precedes later tells.
    QCOMPARE(taker.ask(true).result(), QStringList({u"9999"_s, u"tell"_s}));
    Q_EMIT emitter.number(5);
    QCOMPARE(taker.ask(true).result().last(), u"5"_s);
    QVERIFY(connection.isActive());
}

void tst_ConnectPolicies::latestOnlyIntoAnInbox()
{
    Emitter emitter;
    Inbox inbox;
    Actorio::connect(&emitter, &Emitter::number, inbox.ref(), Actorio::latestOnly());
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 10; ++i)
            Q_EMIT emitter.number(i);
        QCOMPARE(inbox.count(), 1);
        QCOMPARE(inbox.waitFor<int>(0ms), 9);
        QVERIFY(!inbox.waitFor<int>(0ms));
    }
    // Whoever waits for it gets it at once.
    QFuture<int> next = inbox.next<int>();
    Q_EMIT emitter.number(7);
    Q_EMIT emitter.number(8);
    QCOMPARE(next.result(), 7);
    QCOMPARE(inbox.waitForMessage(0ms).toVariant(), QVariant(8));
}

void tst_ConnectPolicies::latestOnlyOfWhatIsMade()
{
    Journal journal;
    Emitter emitter;
    Scoped<Taker> taker({.on = dedicatedThread()}, &journal);
    Actorio::connect(
            &emitter, &Emitter::number, taker, [](int number) { return Tracked(number); },
            Actorio::latestOnly());
    {
        Gate gate;
        taker.tell(gate.pass());
        QVERIFY(gate.isReached());
        for (int i = 0; i < 100; ++i) {
            Q_EMIT emitter.number(i);
            QCOMPARE(Tracked::s_count.load(), 1); // no more is kept
        }
    }
    QCOMPARE(taker.ask(true).result(), QStringList({u"99"_s}));
    QCOMPARE(Tracked::s_count.load(), 0);
}

void tst_ConnectPolicies::latestOnlyInAFlood()
{
    Emitter emitter;
    Journal journal;
    Inbox inbox;
    Actorio::connect(&emitter, &Emitter::number, inbox.ref(), Actorio::latestOnly());
    for (int round = 0; round < 20; ++round) {
        std::thread thread([&] {
            for (int i = 0; i <= 10'000; ++i)
                Q_EMIT emitter.number(i);
        });
        int last = -1;
        while (last < 10'000) {
            const std::optional<int> number = inbox.waitFor<int>(20s);
            if (!number || *number <= last)
                break;
            last = *number;
        }
        thread.join();
        QCOMPARE(last, 10'000);
        QCOMPARE(inbox.count(), 0);
    }
}

void tst_ConnectPolicies::atMostEvery()
{
    Stage stage;
    Journal journal;
    Emitter emitter;
    Scoped taker(stage.system.spawn<Taker>(&journal));
    Actorio::connect(&emitter, &Emitter::number, taker, Actorio::atMostEvery(100ms));
    for (int i = 0; i < 5; ++i) {
        Q_EMIT emitter.number(i);
        settle(taker);
    }
    QCOMPARE(journal.entries(), QStringList({u"0"_s}));
    stage.clock->advance(99ms);
    settle(taker);
    QCOMPARE(journal.entries().size(), 1);
    stage.clock->advance(1ms);
    QTRY_COMPARE(journal.entries(), QStringList({u"0"_s, u"4"_s}));
    Q_EMIT emitter.number(5);
    settle(taker);
    QCOMPARE(journal.entries().size(), 2);
    stage.clock->advance(100ms);
    QTRY_COMPARE(journal.entries(), QStringList({u"0"_s, u"4"_s, u"5"_s}));
    stage.clock->advance(1s); // a silence
    Q_EMIT emitter.number(6);
    settle(taker);
    QCOMPARE(journal.entries().last(), u"6"_s);
}

void tst_ConnectPolicies::atMostEveryAndTheEnd()
{
    Stage stage;
    Journal journal;
    auto emitter = std::make_unique<Emitter>();
    Scoped taker(stage.system.spawn<Taker>(&journal));
    Connection dropped =
            Actorio::connect(emitter.get(), &Emitter::number, taker, Actorio::atMostEvery(100ms));
    Actorio::connect(emitter.get(), &Emitter::pair, taker, Actorio::atMostEvery(100ms));
    for (int i = 0; i < 2; ++i) {
        Q_EMIT emitter->number(i);
        Q_EMIT emitter->pair(10 + i, {});
        settle(taker);
    }
    QCOMPARE(journal.entries(), QStringList({u"0"_s, u"10"_s}));
    dropped.disconnect(); // and what it keeps back
    emitter.reset(); // but not what the other one does: the last value arrives
    stage.clock->advance(100ms);
    QTRY_COMPARE(journal.entries(), QStringList({u"0"_s, u"10"_s, u"11"_s}));
    settle(taker);
    QCOMPARE(journal.entries().size(), 3);
}

// It has no thread, so that its time is that of the application's system.
void tst_ConnectPolicies::atMostEveryIntoAnInbox()
{
    Emitter emitter;
    Inbox inbox;
    Inbox soon;
    Actorio::connect(&emitter, &Emitter::number, inbox.ref(), Actorio::atMostEvery(1h));
    Actorio::connect(&emitter, &Emitter::number, soon.ref(), Actorio::atMostEvery(1ms));
    Q_EMIT emitter.number(0);
    QCOMPARE(inbox.waitFor<int>(0ms), 0);
    QCOMPARE(soon.waitFor<int>(0ms), 0);
    for (int i = 1; i < 5; ++i)
        Q_EMIT emitter.number(i);
    int last = 0;
    while (last < 4) {
        const std::optional<int> number = soon.waitFor<int>(20s);
        QVERIFY(number && *number > last);
        last = *number;
    }
    QCOMPARE(inbox.count(), 0);
}

void tst_ConnectPolicies::whatIsKeptBackGoesWithTheSystem()
{
    Journal journal;
    Emitter emitter;
    auto stage = std::make_unique<Stage>();
    {
        const ActorRef taker = stage->system.spawn<Taker>(&journal);
        const Connection connection =
                Actorio::connect(&emitter, &Emitter::tracked, taker, Actorio::atMostEvery(100ms));
        for (int i = 0; i < 2; ++i) {
            Q_EMIT emitter.tracked(Tracked(i));
            settle(taker);
        }
        QCOMPARE(journal.entries(), QStringList({u"0"_s}));
        QCOMPARE(Tracked::s_count.load(), 1);
        stage.reset();
        QVERIFY(!connection.isActive());
        Q_EMIT emitter.tracked(Tracked(2));
    }
    QCOMPARE(Tracked::s_count.load(), 0);
    QCOMPARE(journal.entries(), QStringList({u"0"_s}));
}

QTEST_GUILESS_MAIN(tst_ConnectPolicies)
#include "tst_connect_policies.moc"
