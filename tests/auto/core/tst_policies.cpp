// SPDX-License-Identifier: MIT
// Schedule and SignalPolicy as values: what they say, compared and printed. What they do is in tst_timer and
// tst_input_policies.
#include <Actorio/Actorio>

#include <QtCore/QDebug>
#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

#include <chrono>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::atMostEvery;
using Actorio::latestOnly;
using Actorio::once;
using Actorio::Schedule;
using Actorio::SignalPolicy;

class tst_Policies : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void aSchedule();
    void schedulesAreCompared();
    void policiesAreCompared();
    void schedulesArePrinted_data();
    void schedulesArePrinted();
    void policiesArePrinted_data();
    void policiesArePrinted();
    void neverDoesNotOverflow();
};

namespace {

// Between others: whoever prints them must leave the stream as it was.
template<class T>
QString printed(const T &value)
{
    QString text;
    QDebug(&text) << 1 << value << 2;
    return text.trimmed();
}

} // namespace

void tst_Policies::aSchedule()
{
    const Schedule period = 10s;
    QCOMPARE(period.interval(), 10s);
    QVERIFY(!period.isOnce());
    QCOMPARE(period.key(), QString());
    const Schedule single = once(5ms).named(u"x"_s);
    QCOMPARE(single.interval(), 5ms);
    QVERIFY(single.isOnce());
    QCOMPARE(single.key(), u"x"_s);
    QCOMPARE(single.named(u"y"_s).key(), u"y"_s);
    QCOMPARE(single.key(), u"x"_s);
}

void tst_Policies::schedulesAreCompared()
{
    const Schedule period = 10s;
    QVERIFY(period == Schedule(10'000ms));
    QVERIFY(period != Schedule(11s));
    QVERIFY(period != once(10s));
    QVERIFY(period != period.named(u"x"_s));
    QVERIFY(period.named(u"x"_s) == Schedule(10s).named(u"x"_s));
    QVERIFY(once(10s) == once(10'000ms));
}

void tst_Policies::policiesAreCompared()
{
    QVERIFY(latestOnly() == latestOnly());
    QVERIFY(atMostEvery(1s) == atMostEvery(1000ms));
    QVERIFY(atMostEvery(1s) != atMostEvery(2s));
    QVERIFY(atMostEvery(1s) != latestOnly());
    QVERIFY(atMostEvery(0s) == latestOnly()); // as fast as they are handled
}

void tst_Policies::schedulesArePrinted_data()
{
    QTest::addColumn<Schedule>("schedule");
    QTest::addColumn<QString>("text");
    QTest::newRow("period") << Schedule(10s) << u"every(10000 ms)"_s;
    QTest::newRow("a day") << Schedule(24h) << u"every(86400000 ms)"_s;
    QTest::newRow("fraction") << Schedule(1500us) << u"every(1.5 ms)"_s;
    QTest::newRow("once") << once(2ms) << u"once(2 ms)"_s;
    QTest::newRow("key") << Schedule(10s).named(u"x"_s) << u"every(10000 ms).named(\"x\")"_s;
    QTest::newRow("once, key") << once(0ms).named(u"x y"_s) << u"once(0 ms).named(\"x y\")"_s;
}

void tst_Policies::schedulesArePrinted()
{
    QFETCH(const Schedule, schedule);
    QFETCH(const QString, text);
    QCOMPARE(printed(schedule), u"1 "_s + text + u" 2"_s);
}

void tst_Policies::policiesArePrinted_data()
{
    QTest::addColumn<SignalPolicy>("policy");
    QTest::addColumn<QString>("text");
    QTest::newRow("latest only") << latestOnly() << u"latestOnly()"_s;
    QTest::newRow("at most every") << atMostEvery(5ms) << u"atMostEvery(5 ms)"_s;
    QTest::newRow("fraction") << atMostEvery(250us) << u"atMostEvery(0.25 ms)"_s;
}

void tst_Policies::policiesArePrinted()
{
    QFETCH(const SignalPolicy, policy);
    QFETCH(const QString, text);
    QCOMPARE(printed(policy), u"1 "_s + text + u" 2"_s);
}

void tst_Policies::neverDoesNotOverflow()
{
    using namespace std::chrono;
    const auto century = Schedule(hours(24) * 36525).interval();
    QCOMPARE(Schedule(milliseconds::max()).interval(), century);
    QCOMPARE(Schedule(nanoseconds::max()).interval(), century);
    QCOMPARE(once(hours::max()).interval(), century);
    QCOMPARE(atMostEvery(milliseconds::max()).interval(), century);
    QVERIFY(Schedule(milliseconds::min()).interval() < 0ns);
}

QTEST_GUILESS_MAIN(tst_Policies)

#include "tst_policies.moc"
