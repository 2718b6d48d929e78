// SPDX-License-Identifier: MIT
#include <QtCore/QEventLoop>
#include <QtCore/QMap>
#include <QtCore/QProcess>
#include <QtCore/QRegularExpression>
#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <deque>
#include <memory>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

// Promise 8: threads always join. Whichever way main() is left, and whatever the actors do then, the process ends by
// itself, with the status asked for.
class tst_Exit : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void promise8_everyRoadOutOfMain_data();
    void promise8_everyRoadOutOfMain();
    void withoutApplicationSpawnFailsClearly();
    void secondApplicationStartsInstanceAnew();
    void timeoutsEndWithTheApplicationThoughThereAreNoActors_data();
    void timeoutsEndWithTheApplicationThoughThereAreNoActors();

private:
    struct Ending
    {
        bool hasEnded = false;
        QProcess::ExitStatus how = QProcess::CrashExit;
        int status = -1;
        QString log; // what it wrote to stderr
        QString output;
    };
    using Way = QPair<QString, QString>;

    static QStringList roads();
    static QStringList kinds(const QString &road);
    static QString warningsIn(const QString &log);
    void takeAll(std::deque<Way> ways);

    QMap<Way, Ending> m_endings;
};

QStringList tst_Exit::roads()
{
    return {u"return"_s,
            u"return-unowned"_s,
            u"owned-by-application"_s,
            u"local-system"_s,
            u"scoped"_s,
            u"scoped-exception"_s,
            u"static-scoped"_s,
            u"static-system"_s,
            u"leaked-app"_s,
            u"leaked-app-scoped"_s,
            u"leaked-app-system"_s,
            u"quit"_s,
            u"quit-in-pool"_s,
            u"quit-in-main-thread-actor"_s,
            u"exception"_s,
            u"exit"_s,
            u"exit-in-pool"_s,
            u"exit-in-dedicated-thread"_s,
            u"exit-in-main-thread-actor"_s,
            u"exit-while-main-waits"_s,
            u"shutdown-in-pool"_s,
            u"shutdown-in-dedicated-thread"_s};
}

QStringList tst_Exit::kinds(const QString &road)
{
    if (road.startsWith(u"shutdown-in"))
        return {u"idle"_s, u"coroutine"_s, u"flood"_s, u"held-promise"_s};
    return {u"idle"_s,       u"coroutine"_s,       u"coroutine-ask"_s,   u"coroutine-queued-ask"_s,
            u"stuck-pool"_s, u"stuck-dedicated"_s, u"stuck-neighbour"_s, u"flood"_s,
            u"main-queue"_s, u"held-promise"_s};
}

QString tst_Exit::warningsIn(const QString &log)
{
    static const QRegularExpression notInfo(u"^(?!info |debug ).+$"_s,
                                            QRegularExpression::MultilineOption);
    QStringList lines;
    for (auto match = notInfo.globalMatch(log); match.hasNext();)
        lines << match.next().captured();
    return lines.join(u'\n');
}

// Most processes only sleep until the shutdown's deadline, so many run at a time.
void tst_Exit::takeAll(std::deque<Way> ways)
{
    constexpr int AtATime = 24;
    QEventLoop loop;
    int running = 0;
    std::function<void()> startNext = [&] {
        while (!ways.empty() && running < AtATime) {
            const Way way = ways.front();
            ways.pop_front();
            ++running;
            auto *const process = new QProcess(&loop);
            auto *const hung = new QTimer(process);
            connect(hung, &QTimer::timeout, process, [=] {
                process->setProperty("hung", true);
                process->kill();
            });
            connect(process, &QProcess::finished, &loop, [&, process, way] {
                Ending &ending = m_endings[way];
                ending.hasEnded = !process->property("hung").toBool();
                ending.how = process->exitStatus();
                ending.status = process->exitCode();
                ending.log = QString::fromLocal8Bit(process->readAllStandardError());
                ending.output = QString::fromLocal8Bit(process->readAllStandardOutput());
                process->deleteLater();
                --running;
                startNext();
                if (running == 0)
                    loop.quit();
            });
            hung->start(60s);
            process->start(QStringLiteral(EXITROADS), {way.first, way.second});
        }
    };
    startNext();
    loop.exec();
}

void tst_Exit::initTestCase()
{
    std::deque<Way> ways;
    for (const QString &road : roads()) {
        for (const QString &kind : kinds(road))
            ways.emplace_back(road, kind);
    }
    ways.emplace_back(u"no-application"_s, QString());
    ways.emplace_back(u"second-application"_s, QString());
    for (const QString &when : {u"early"_s, u"late"_s})
        ways.emplace_back(u"timeouts-without-actors"_s, when);
    takeAll(std::move(ways));
}

void tst_Exit::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
}

void tst_Exit::promise8_everyRoadOutOfMain_data()
{
    QTest::addColumn<QString>("road");
    QTest::addColumn<QString>("kind");
    for (const QString &road : roads()) {
        for (const QString &kind : kinds(road))
            QTest::addRow("%s, %s", qPrintable(road), qPrintable(kind)) << road << kind;
    }
}

void tst_Exit::promise8_everyRoadOutOfMain()
{
    QFETCH(const QString, road);
    QFETCH(const QString, kind);
    const Ending ending = m_endings.value({road, kind});
    QVERIFY2(ending.hasEnded, qPrintable(u"hangs; its log: "_s + ending.log));
    QVERIFY2(ending.how == QProcess::NormalExit, qPrintable(u"crashes; its log: "_s + ending.log));
    QVERIFY2(ending.status == 3,
             qPrintable(QString::number(ending.status) + u"; its log: " + ending.log));
    const QString warnings = warningsIn(ending.log);
    if (kind.startsWith(u"stuck")) {
        for (const QString &word : {u"gives up"_s, u"/blocker"_s, u"Block"_s})
            QVERIFY2(warnings.contains(word), qPrintable(word + u" is not in: "_s + ending.log));
        // The end of a scope gives up the join, and later the shutdown the thread.
        QVERIFY2(warnings.count(u'\n') == (road.startsWith(u"scoped") ? 1 : 0),
                 qPrintable(ending.log));
    } else {
        QCOMPARE(warnings, QString());
        // Cut off is only what a thread still runs in: a stuck one, or main's when another calls exit().
        const bool isCutOff = road == u"exit-in-pool" || road == u"exit-in-dedicated-thread"
                || road == u"exit-while-main-waits";
        QVERIFY(isCutOff || ending.output.contains(u"static objects are destroyed"));
    }
}

void tst_Exit::withoutApplicationSpawnFailsClearly()
{
    const Ending ending = m_endings.value({u"no-application"_s, QString()});
    QVERIFY(ending.hasEnded);
    QVERIFY2(ending.how == QProcess::NormalExit && ending.status == 3, qPrintable(ending.log));
    const QString warnings = warningsIn(ending.log);
    QVERIFY2(warnings.contains(u"early") && warnings.contains(u"QCoreApplication"),
             qPrintable(ending.log));
    QVERIFY2(!warnings.contains(u'\n'), qPrintable(ending.log));
}

void tst_Exit::secondApplicationStartsInstanceAnew()
{
    const Ending ending = m_endings.value({u"second-application"_s, QString()});
    QVERIFY(ending.hasEnded);
    QVERIFY2(ending.how == QProcess::NormalExit && ending.status == 3, qPrintable(ending.log));
    QCOMPARE(warningsIn(ending.log), QString());
}

void tst_Exit::timeoutsEndWithTheApplicationThoughThereAreNoActors_data()
{
    QTest::addColumn<QString>("when");
    QTest::newRow("asked before the application") << u"early"_s;
    QTest::newRow("asked within") << u"late"_s;
}

void tst_Exit::timeoutsEndWithTheApplicationThoughThereAreNoActors()
{
    QFETCH(const QString, when);
    const Ending ending = m_endings.value({u"timeouts-without-actors"_s, when});
    QVERIFY(ending.hasEnded);
    QVERIFY2(ending.how == QProcess::NormalExit && ending.status == 3, qPrintable(ending.log));
    // Qt's own word on a thread that begins before there is an application, if it does.
    if (when == u"early" && ending.log.contains(u"QEventLoop: Cannot be used without QApplication"))
        QVERIFY2(!warningsIn(ending.log).contains(u'\n'), qPrintable(ending.log));
    else
        QCOMPARE(warningsIn(ending.log), QString());
}

QTEST_GUILESS_MAIN(tst_Exit)
#include "tst_exit.moc"
