// SPDX-License-Identifier: MIT
// restart(): how often, and how long it waits before.
#include "phoenix.h"
#include "stage.h"
#include "system.h"

#include <QtCore/QScopeGuard>
#include <QtTest/QTest>

#include <memory>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

class tst_RestartBackoff : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        m_lives = std::make_unique<Lives>();
        m_stage = std::make_unique<Stage>();
    }
    void cleanup() { m_stage.reset(); }

    void theLimit_data();
    void theLimit();
    void startsCountToo_data();
    void startsCountToo();
    void onlyWhatIsWithin();
    void withinForEver();
    void theParentHearsOfTheLast();
    void itWaits_data();
    void itWaits();
    void jitter();
    void theInboxWaitsToo();
    void aRecoveredActorBeginsAnew_data();
    void aRecoveredActorBeginsAnew();
    void endsWhileItWaits_data();
    void endsWhileItWaits();
    void anOwnerDiesWhileItWaits();
    void aSystemIsShutDownWhileItWaits();
    void aCrashLoopIsNoFlood();

private:
    static void expectRestarts(int count)
    {
        for (int i = 0; i < count; ++i)
            QTest::ignoreMessage(QtWarningMsg,
                                 QRegularExpression(u"has failed, and is restarted.*boom"_s));
    }
    static void expectStop(int restarts)
    {
        QTest::ignoreMessage(
                QtWarningMsg,
                QRegularExpression(
                        u"phoenix has failed again after %1 restarts, and stops: .*boom"_s.arg(
                                restarts)));
    }
    static void expectUnheard()
    {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"phoenix failed.*boom"_s));
    }
    ActorRef<Phoenix> start(const RestartOptions &options)
    {
        const auto phoenix = m_stage->system.spawn<Phoenix>(
                {.name = u"phoenix"_s, .supervision = restart(options)}, m_lives.get());
        settle(phoenix);
        return phoenix;
    }
    // Fails, and is another after `delay`, not before.
    bool isBackAfter(const ActorRef<Phoenix> &phoenix, std::chrono::milliseconds delay)
    {
        const int before = m_lives->built;
        phoenix.tell(boom);
        if (!waitUntil([&] { return m_lives->deleted == before; }))
            return false;
        settleAll();
        if (delay > 0ms) {
            m_stage->clock->advance(delay - 1ms);
            settleAll();
            if (m_lives->built != before)
                return false;
            m_stage->clock->advance(1ms);
        }
        return waitUntil([&] { return m_lives->built == before + 1; });
    }
    // Its thread has done what there was to do.
    void settleAll()
    {
        const auto host = m_stage->system.spawn<Host>();
        settle(host);
        host.stop();
    }

    std::unique_ptr<Lives> m_lives;
    std::unique_ptr<Stage> m_stage;
};

void tst_RestartBackoff::theLimit_data()
{
    QTest::addColumn<int>("limit");
    QTest::addColumn<int>("warnings"); // of restarts: 1st, 2nd, 4th, …
    QTest::newRow("never") << 0 << 0;
    QTest::newRow("once") << 1 << 1;
    QTest::newRow("five times") << 5 << 3;
}

void tst_RestartBackoff::theLimit()
{
    QFETCH(const int, limit);
    QFETCH(const int, warnings);
    expectRestarts(warnings);
    expectStop(limit);
    expectUnheard();
    const auto phoenix = start({.limit = limit});
    const auto gone = phoenix.terminated();
    for (int i = 0; i < limit; ++i)
        QVERIFY(isBackAfter(phoenix, 0ms));
    QVERIFY(!gone.isFinished());
    phoenix.tell(boom);
    const StopReason reason = waitForEnd(gone);
    QVERIFY(reason.isFailure());
    QCOMPARE(reason.message(), u"boom"_s);
    QCOMPARE(m_lives->built, limit + 1);
}

void tst_RestartBackoff::startsCountToo_data()
{
    QTest::addColumn<bool>("isConstructor");
    QTest::newRow("constructor") << true;
    QTest::newRow("setUp") << false;
}

// Does not even begin.
class Stillborn : public Host
{
    Q_OBJECT
public:
    explicit Stillborn(std::atomic<int> *made)
    {
        ++*made;
        throw std::runtime_error("boom");
    }
};

void tst_RestartBackoff::startsCountToo()
{
    QFETCH(const bool, isConstructor);
    expectRestarts(2);
    expectStop(3);
    expectUnheard();
    std::atomic<int> tries{0};
    const SpawnOptions options{.name = u"phoenix"_s, .supervision = restart({.limit = 3})};
    const QFuture<StopReason> gone = isConstructor
            ? m_stage->system.spawn<Stillborn>(options, &tries).terminated()
            : m_stage->system
                      .spawn<Host>(options, Do([&](Host &) {
                                       ++tries;
                                       throw std::runtime_error("boom");
                                   }))
                      .terminated();
    const StopReason reason = waitForEnd(gone);
    QVERIFY(reason.isFailure());
    QCOMPARE(fails<SpawnFailed>([&] { std::rethrow_exception(reason.exception()); }),
             isConstructor);
    QCOMPARE(tries, 4);
}

void tst_RestartBackoff::onlyWhatIsWithin()
{
    expectRestarts(4); // each time it has recovered
    expectRestarts(1);
    const auto phoenix = start({.limit = 2, .within = 10s, .backoff = {.resetAfter = 1s}});
    for (int i = 0; i < 4; ++i) {
        QVERIFY(isBackAfter(phoenix, 0ms));
        m_stage->clock->advance(5s); // the one before the last is 10 s ago
    }
    QVERIFY(isBackAfter(phoenix, 0ms));
    m_stage->clock->advance(5s - 1ms);
    expectStop(2);
    expectUnheard();
    const auto gone = phoenix.terminated();
    phoenix.tell(boom);
    QVERIFY(waitForEnd(gone).isFailure());
}

void tst_RestartBackoff::withinForEver()
{
    expectRestarts(1);
    expectStop(1);
    expectUnheard();
    const auto phoenix = start({.limit = 1, .within = 0s});
    QVERIFY(isBackAfter(phoenix, 0ms));
    m_stage->clock->advance(24h * 365);
    const auto gone = phoenix.terminated();
    phoenix.tell(boom);
    QVERIFY(waitForEnd(gone).isFailure());
}

void tst_RestartBackoff::theParentHearsOfTheLast()
{
    expectRestarts(1);
    expectStop(1);
    Lives parents;
    const auto ending = qScopeGuard([this] { m_stage.reset(); });
    const auto parent = m_stage->system.spawn<Phoenix>(&parents);
    ActorRef<Phoenix> phoenix;
    run(parent, [&](Host &host) {
        phoenix = host.spawn<Phoenix>({.name = u"phoenix"_s, .supervision = restart({.limit = 1})},
                                      m_lives.get());
    });
    settle(phoenix);
    QVERIFY(isBackAfter(phoenix, 0ms));
    settle(parent);
    QCOMPARE(parents.journal.entries(), QStringList());
    phoenix.tell(boom);
    QTRY_COMPARE(parents.journal.entries(), QStringList{u"1 childStopped phoenix"_s});
}

void tst_RestartBackoff::itWaits_data()
{
    QTest::addColumn<Backoff>("backoff");
    QTest::addColumn<QList<int>>("delays"); // ms
    QTest::newRow("twice as long each time, up to the longest")
            << Backoff{.min = 3s, .max = 30s, .jitter = 0, .resetAfter = 1h}
            << QList<int>{3000, 6000, 12'000, 24'000, 30'000, 30'000};
    QTest::newRow("always the same")
            << Backoff{.min = 2s, .jitter = 0, .resetAfter = 1h} << QList<int>{2000, 2000, 2000};
    QTest::newRow("the longest is shorter")
            << Backoff{.min = 2s, .max = 1s, .jitter = 0, .resetAfter = 1h}
            << QList<int>{2000, 2000};
    QTest::newRow("negative") << Backoff{.min = -2s, .max = -1s, .jitter = -3, .resetAfter = -1h}
                              << QList<int>{0, 0};
    QTest::newRow("longer than a century")
            << Backoff{.min = std::chrono::milliseconds::max()} << QList<int>{};
}

void tst_RestartBackoff::itWaits()
{
    QFETCH(const Backoff, backoff);
    QFETCH(const QList<int>, delays);
    int warnings = 1;
    for (int n = 2; n <= delays.size(); n *= 2)
        ++warnings;
    expectRestarts(warnings);
    const auto phoenix = start({.limit = RestartOptions::Unlimited, .backoff = backoff});
    for (const int delay : delays)
        QVERIFY2(isBackAfter(phoenix, std::chrono::milliseconds(delay)),
                 qPrintable(QString::number(delay)));
    if (delays.isEmpty()) {
        phoenix.tell(boom);
        QTRY_COMPARE(m_lives->deleted, 1);
        m_stage->clock->advance(24h * 365 * 10);
        settleAll();
        QCOMPARE(m_lives->built, 1);
        const auto gone = phoenix.terminated();
        phoenix.stop();
        QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
    }
}

void tst_RestartBackoff::jitter()
{
    expectRestarts(1);
    const auto phoenix = start({.backoff = {.min = 10s, .jitter = 0.5}});
    phoenix.tell(boom);
    QTRY_COMPARE(m_lives->deleted, 1);
    settleAll();
    m_stage->clock->advance(10s - 1ms);
    settleAll();
    QCOMPARE(m_lives->built, 1);
    m_stage->clock->advance(5s + 1ms);
    QTRY_COMPARE(m_lives->built, 2);
}

void tst_RestartBackoff::theInboxWaitsToo()
{
    expectRestarts(1);
    const auto phoenix = start({.backoff = {.min = 1s, .jitter = 0}});
    phoenix.tell(boom);
    QTRY_COMPARE(m_lives->deleted, 1);
    phoenix.tell(u"told"_s);
    const auto asked = phoenix.ask(u"asked"_s).future();
    settleAll();
    QVERIFY(!asked.isFinished());
    m_stage->clock->advance(1s);
    QVERIFY(waitForFinished(asked));
    QCOMPARE(asked.result(), u"2"_s);
    QCOMPARE(m_lives->journal.entries(),
             QStringList({u"1 tearDown boom"_s, u"1 deleted"_s, u"2 told"_s, u"2 asked"_s}));
}

void tst_RestartBackoff::aRecoveredActorBeginsAnew_data()
{
    QTest::addColumn<std::chrono::milliseconds>("resetAfter");
    QTest::addColumn<std::chrono::milliseconds>("ran");
    QTest::addColumn<std::chrono::milliseconds>("next");
    QTest::newRow("as given") << 3000ms << 3000ms << 1000ms;
    QTest::newRow("a little less") << 3000ms << 2999ms << 4000ms;
    QTest::newRow("by default the mean") << 0ms << 5500ms << 1000ms;
    QTest::newRow("a little less than the mean") << 0ms << 5499ms << 4000ms;
}

void tst_RestartBackoff::aRecoveredActorBeginsAnew()
{
    QFETCH(const std::chrono::milliseconds, resetAfter);
    QFETCH(const std::chrono::milliseconds, ran);
    QFETCH(const std::chrono::milliseconds, next);
    expectRestarts(next == 1s ? 3 : 2);
    const auto phoenix =
            start({.backoff = {.min = 1s, .max = 10s, .jitter = 0, .resetAfter = resetAfter}});
    QVERIFY(isBackAfter(phoenix, 1s));
    QVERIFY(isBackAfter(phoenix, 2s));
    m_stage->clock->advance(ran);
    QVERIFY(isBackAfter(phoenix, next));
}

void tst_RestartBackoff::endsWhileItWaits_data()
{
    QTest::addColumn<std::function<void(const ActorRef<> &)>>("end");
    QTest::addColumn<bool>("hasMessage");
    QTest::addColumn<StopReason::Kind>("expected");
    using End = std::function<void(const ActorRef<> &)>;
    const End stop = [](const ActorRef<> &ref) { ref.stop(); };
    const End kill = [](const ActorRef<> &ref) { ref.kill(); };
    const End drain = [](const ActorRef<> &ref) { ref.drain(); };
    QTest::newRow("stop") << stop << false << StopReason::Stopped;
    QTest::newRow("stop with a message") << stop << true << StopReason::Stopped;
    QTest::newRow("kill") << kill << true << StopReason::Killed;
    QTest::newRow("drain") << drain << false << StopReason::Stopped;
}

void tst_RestartBackoff::endsWhileItWaits()
{
    QFETCH(const std::function<void(const ActorRef<> &)>, end);
    QFETCH(const bool, hasMessage);
    QFETCH(const StopReason::Kind, expected);
    expectRestarts(1);
    Letters letters(m_stage->system);
    const auto phoenix = start({.backoff = {.min = 1h}});
    phoenix.tell(boom);
    QTRY_COMPARE(m_lives->deleted, 1);
    if (hasMessage)
        phoenix.tell(u"told"_s);
    const auto gone = phoenix.terminated();
    end(phoenix);
    QCOMPARE(waitForEnd(gone).kind(), expected);
    QCOMPARE(m_lives->built, 1);
    QCOMPARE(letters.count(DeadLetter::ActorStopped), hasMessage ? 1 : 0);
    m_stage->clock->advance(2h);
    settleAll();
    QCOMPARE(m_lives->built, 1);
}

void tst_RestartBackoff::anOwnerDiesWhileItWaits()
{
    expectRestarts(1);
    auto owner = std::make_unique<QObject>();
    const auto phoenix =
            m_stage->system.spawn<Phoenix>({.owner = owner.get(),
                                            .on = mainThread(),
                                            .supervision = restart({.backoff = {.min = 1h}})},
                                           m_lives.get());
    phoenix.tell(boom);
    QTRY_COMPARE(m_lives->deleted, 1);
    const auto gone = phoenix.terminated();
    owner.reset();
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
}

void tst_RestartBackoff::aSystemIsShutDownWhileItWaits()
{
    expectRestarts(1);
    ActorSystem system;
    const auto phoenix = system.spawn<Phoenix>({.supervision = restart({.backoff = {.min = 1h}})},
                                               m_lives.get());
    phoenix.tell(boom);
    QTRY_COMPARE(m_lives->deleted, 1);
    QVERIFY(system.shutdown());
    QVERIFY(!phoenix.isRunning());
}

void tst_RestartBackoff::aCrashLoopIsNoFlood()
{
    expectRestarts(7); // 1, 2, 4, … 64 of a hundred
    std::atomic<int> tries{0};
    const auto host = m_stage->system.spawn<Host>(
            {.supervision = restart({.limit = RestartOptions::Unlimited})}, Do([&](Host &) {
                if (++tries <= 100)
                    throw std::runtime_error("boom");
            }));
    QCOMPARE(host.ask(5).result(), 5);
    QCOMPARE(tries, 101);
}

QTEST_GUILESS_MAIN(tst_RestartBackoff)
#include "tst_restart_backoff.moc"
