// SPDX-License-Identifier: MIT
#include <Actorio/Clock>

#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

#include <memory>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ManualClock;

class tst_Clock : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void aManualClockStandsStillUntilItIsAdvanced();
    void aJumpIsHeardAsLongAsItsTokenIsKept();
    void whoHearsOfAJumpMayDropAnyToken();
    void aTokenMayOutliveItsClock();
};

void tst_Clock::aManualClockStandsStillUntilItIsAdvanced()
{
    ManualClock clock;
    const auto begin = clock.now();
    QVERIFY(clock.now() == begin);
    QVERIFY(clock.sleepUntil(begin + 5s) == std::chrono::milliseconds::max());
    clock.advance(5s);
    QVERIFY(clock.now() == begin + 5s);
    QVERIFY(clock.sleepUntil(begin + 5s) == 0ms);
}

void tst_Clock::aJumpIsHeardAsLongAsItsTokenIsKept()
{
    ManualClock clock;
    int heard = 0;
    std::shared_ptr<void> token = clock.onJump([&] { ++heard; });
    clock.advance(1ms);
    QCOMPARE(heard, 1);
    token.reset();
    clock.advance(1ms);
    QCOMPARE(heard, 1);
}

void tst_Clock::whoHearsOfAJumpMayDropAnyToken()
{
    ManualClock clock;
    QList<int> heard;
    std::vector<std::shared_ptr<void>> tokens;
    for (int i = 0; i < 4; ++i) {
        tokens.push_back(clock.onJump([&, i] {
            heard << i;
            if (i == 1) { // its own, one that was called, and the next
                for (const std::size_t token : {1, 0, 2})
                    tokens[token].reset();
            }
        }));
    }
    clock.advance(1ms);
    QCOMPARE(heard, (QList<int>{0, 1, 3}));
    clock.advance(1ms);
    QCOMPARE(heard, (QList<int>{0, 1, 3, 3}));
}

void tst_Clock::aTokenMayOutliveItsClock()
{
    std::shared_ptr<void> token;
    {
        ManualClock clock;
        token = clock.onJump([] {});
    }
    QVERIFY(token);
    token.reset();
}

QTEST_GUILESS_MAIN(tst_Clock)
#include "tst_clock.moc"
