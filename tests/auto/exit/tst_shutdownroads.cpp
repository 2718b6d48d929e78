// SPDX-License-Identifier: MIT
#include <QtCore/QProcess>
#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

#include <csignal>

using namespace Qt::StringLiterals;

// What leads into a coordinated shutdown, in a process of its own each.
class tst_ShutdownRoads : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }
    void aRoadEndsInOrder_data();
    void aRoadEndsInOrder();
    void aSignalFromOutside();
    void windowsHaveTheirSay_data();
    void windowsHaveTheirSay();
};

void tst_ShutdownRoads::aRoadEndsInOrder_data()
{
    QTest::addColumn<QStringList>("said");
    QTest::addColumn<int>("status"); // negative: ended by that signal
    QTest::addColumn<QString>("warning");
    const QStringList end{u"task ends"_s, u"actor ends"_s, u"about to quit"_s, u"exec returns"_s};
    const auto row = [&](const char *road, const QStringList &said, int status,
                         const QString &warning = {}) {
        QTest::newRow(road) << said << status << warning;
    };
    const QString quit = u"task of quit"_s;
    const QString interrupted = u"task of int"_s;
    row("quit", QStringList{quit} + end, 0);
    row("quit-in-actor", QStringList{quit} + end, 0);
    row("exit-7", QStringList{quit} + end, 7);
    row("exit-7-quit-again", QStringList{quit} + end, 7);
    row("exit-7-exit-again", QStringList{quit} + end, 7);
    row("quit-in-nested-loop", QStringList{u"nested loop returns"_s, quit} + end, 0);
    row("run-then-quit", QStringList{u"task of run"_s} + end, 7);
    row("run-without-exec", {u"task of run"_s, u"task ends"_s, u"actor ends"_s, u"wait returns"_s},
        3);
    row("slow-task", QStringList{quit} + end, 7,
        u"Shutdown phase service-stop is over after 100 ms without sleeper"_s);
    row("int-unasked", {}, -SIGINT);
    row("int", QStringList{interrupted} + end, 0);
    row("term", QStringList{u"task of term"_s} + end, 0);
    row("int-in-nested-loop", QStringList{u"nested loop returns"_s, interrupted} + end, 0);
    row("int-before-exec", QStringList{interrupted} + end, 0);
    row("int-twice", {interrupted}, -SIGINT);
    row("term-twice", {u"task of term"_s}, -SIGTERM);
    row("int-term", QStringList{interrupted} + end, 0);
    row("int-when-stuck", {}, -SIGINT);
    row("int-ignored", QStringList{quit} + end, 7);
    row("term-restored", {u"former handler"_s}, 3);
}

void tst_ShutdownRoads::aRoadEndsInOrder()
{
    QFETCH(const QStringList, said);
    QFETCH(const int, status);
    QFETCH(const QString, warning);
#ifndef Q_OS_UNIX
    const QString road = QString::fromLatin1(QTest::currentDataTag());
    if (road.startsWith(u"int") || road.startsWith(u"term"))
        QSKIP("There are no POSIX signals here");
#endif
    QProcess process;
    process.start(QStringLiteral(SHUTDOWNROADS), {QString::fromLatin1(QTest::currentDataTag())});
    QVERIFY(process.waitForFinished(60'000));
    const QString log = QString::fromLocal8Bit(process.readAllStandardError());
    QStringList lines = QString::fromLocal8Bit(process.readAllStandardOutput())
                                .split(u'\n', Qt::SkipEmptyParts);
    QVERIFY2(lines == said, qPrintable(lines.join(u", "_s) + u"; its log: "_s + log));
    const bool isSignalled = process.exitStatus() == QProcess::CrashExit;
    QVERIFY2(isSignalled == (status < 0), qPrintable(log));
    QCOMPARE(process.exitCode(), std::abs(status));
    QVERIFY2(warning.isEmpty() ? log.isEmpty() : log.contains(warning), qPrintable(log));
}

// As a service manager sends it.
void tst_ShutdownRoads::aSignalFromOutside()
{
#ifndef Q_OS_UNIX
    QSKIP("There are no POSIX signals here");
#endif
    QProcess process;
    process.start(QStringLiteral(SHUTDOWNROADS), {u"wait-for-signal"_s});
    QVERIFY(process.waitForReadyRead(20'000));
    process.terminate();
    QVERIFY(process.waitForFinished(60'000));
    const QString output = QString::fromLocal8Bit(process.readAllStandardOutput());
    QCOMPARE(output.simplified(),
             u"ready task of term task ends actor ends about to quit exec returns"_s);
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), 0);
}

void tst_ShutdownRoads::windowsHaveTheirSay_data()
{
    QTest::addColumn<QStringList>("said");
    QTest::newRow("last-window-closed")
            << QStringList{u"window closes"_s, u"task"_s, u"task ends"_s, u"exec returns 0"_s};
    QTest::newRow("quit") << QStringList{u"window closes"_s, u"task"_s, u"task ends"_s,
                                         u"exec returns 0"_s};
    QTest::newRow("quit-refused") << QStringList{u"window refuses"_s, u"not begun"_s,
                                                 u"window closes"_s,  u"task"_s,
                                                 u"task ends"_s,      u"exec returns 0"_s};
    QTest::newRow("window-in-a-phase") << QStringList{u"window closes"_s, u"task"_s, u"paints"_s,
                                                      u"task ends"_s, u"exec returns 0"_s};
}

void tst_ShutdownRoads::windowsHaveTheirSay()
{
#ifndef WINDOWROADS
    QSKIP("Built without Qt Widgets");
#else
    QFETCH(const QStringList, said);
    QProcess process;
    process.start(QStringLiteral(WINDOWROADS),
                  {QString::fromLatin1(QTest::currentDataTag()), u"-platform"_s, u"offscreen"_s});
    QVERIFY(process.waitForFinished(60'000));
    const QStringList lines = QString::fromLocal8Bit(process.readAllStandardOutput())
                                      .split(u'\n', Qt::SkipEmptyParts);
    QVERIFY2(lines == said,
             qPrintable(lines.join(u", "_s) + u"; its log: "_s
                        + QString::fromLocal8Bit(process.readAllStandardError())));
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
#endif
}

QTEST_GUILESS_MAIN(tst_ShutdownRoads)
#include "tst_shutdownroads.moc"
