// SPDX-License-Identifier: MIT
// Runs the demos as a newcomer does, and reads what they print.
#include <QtCore/QList>
#include <QtCore/QProcess>
#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace {

// What the demo prints, if it ends well and has nothing to complain about; else null.
QString outputOf(const QString &demo)
{
    QProcess process;
    process.start(QStringLiteral(ACTORIO_DEMOS) + u'/' + demo, QStringList());
    if (!process.waitForFinished(-1)) {
        qWarning("%s: %s", qPrintable(demo), qPrintable(process.errorString()));
        return {};
    }
    const QByteArray errors = process.readAllStandardError();
    if (process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0
        || !errors.isEmpty()) {
        qWarning("%s ended with %d and complained:\n%s", qPrintable(demo), process.exitCode(),
                 errors.constData());
        return {};
    }
    return QString::fromUtf8(process.readAllStandardOutput());
}

// The results in the order of the demo's lines; empty if a line is anything else.
QList<int> workerResults()
{
    static const QRegularExpression line(u"^Got a response with result (\\d+)$"_s);
    QList<int> results;
    const QStringList lines = outputOf(u"02-workers"_s).split(u'\n', Qt::SkipEmptyParts);
    for (const QString &text : lines) {
        const QRegularExpressionMatch match = line.match(text);
        if (!match.hasMatch())
            return {};
        results.append(match.captured(1).toInt());
    }
    return results;
}

} // namespace

class tst_Demos : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void helloSaysHello() { QCOMPARE(outputOf(u"01-hello"_s), u"Hello World!\n"_s); }

    void workersAnswerAsTheyFinish()
    {
        // The results are the times, so they come in ascending order. A machine that holds up one job for a
        // tenth of a second may swap two; answers in the order of the requests would hardly ever ascend.
        bool isAscending = false;
        for (int run = 0; run < 3 && !isAscending; ++run) {
            const QList<int> results = workerResults();
            QCOMPARE(results.size(), 10);
            QVERIFY(std::all_of(results.begin(), results.end(),
                                [](int result) { return result <= 10; }));
            isAscending = std::is_sorted(results.begin(), results.end());
        }
        QVERIFY(isAscending);
    }
};

QTEST_GUILESS_MAIN(tst_Demos)
#include "tst_demos.moc"
