// SPDX-License-Identifier: MIT
// Runs the demos as a newcomer does, reads what they print, and looks at their windows.
#include <QtCore/QElapsedTimer>
#include <QtCore/QFile>
#include <QtCore/QList>
#include <QtCore/QMap>
#include <QtCore/QProcess>
#include <QtCore/QRegularExpression>
#include <QtCore/QSet>
#include <QtCore/QTemporaryDir>
#ifdef ACTORIO_GUI_DEMOS
#    include <QtGui/QImage>
#endif
#include <QtTest/QTest>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
[[maybe_unused]] constexpr int TimeToEnd = 10'000; // they look around at the end
#else
[[maybe_unused]] constexpr int TimeToEnd = 1000;
#endif

using Environment = QMap<QString, QString>;

// Starts a demo. One with a window believes that it has a display.
void start(QProcess &process, const QString &demo, const Environment &environment)
{
    QProcessEnvironment all = QProcessEnvironment::systemEnvironment();
    all.insert(u"QT_QPA_PLATFORM"_s, u"offscreen"_s);
    all.insert(u"QT_SCALE_FACTOR"_s, u"1"_s);
    for (auto it = environment.begin(); it != environment.end(); ++it)
        all.insert(it.key(), it.value());
    process.setProcessEnvironment(all);
    process.start(QStringLiteral(ACTORIO_DEMOS) + u'/' + demo, QStringList());
}

// The rest of what the demo prints, if it ends well and has nothing to complain about; else null.
QString outputOf(QProcess &process)
{
    if (!process.waitForFinished(-1)) {
        qWarning("%s: %s", qPrintable(process.program()), qPrintable(process.errorString()));
        return {};
    }
    QByteArray errors = process.readAllStandardError();
    // What the offscreen platform says of itself.
    errors.replace("This plugin does not support propagateSizeHints()\n", "");
    if (process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0
        || !errors.isEmpty()) {
        qWarning("%s ended with %d and complained:\n%s", qPrintable(process.program()),
                 process.exitCode(), errors.constData());
        return {};
    }
    const QByteArray output = process.readAllStandardOutput();
    return output.isEmpty() ? u""_s : QString::fromUtf8(output);
}

QString outputOf(const QString &demo, const Environment &environment = {})
{
    QProcess process;
    start(process, demo, environment);
    return outputOf(process);
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

    void initTestCase()
    {
        // Qt wants it to be ours alone.
        QVERIFY(m_directory.isValid());
        qputenv("XDG_RUNTIME_DIR", QFile::encodeName(m_directory.path()));
    }

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

    void nothingIsLostWhenActorsCrash()
    {
        const QStringList lines = outputOf(u"08-supervised"_s).trimmed().split(u'\n');
        const QRegularExpression sums(
                u"^6000 asked = (\\d+) answered \\+ (\\d+) crashed \\+ (\\d+) stopped; .*: "
                "nothing was lost$"_s);
        const QRegularExpressionMatch match = sums.match(lines.last());
        QVERIFY2(match.hasMatch(), qPrintable(lines.last()));
        QCOMPARE(match.captured(1).toInt() + match.captured(2).toInt() + match.captured(3).toInt(),
                 6000);
        QVERIFY(match.captured(2).toInt() > 0); // one in twenty crashes
        QVERIFY(lines.contains(u"  desk-2"_s));
    }

    void serialLinesArriveWhole()
    {
        QString expected;
        for (int i = 0; i < 5; ++i)
            expected += u"temperature is %1\nhumidity is %2\n"_s.arg(20 + i).arg(60 - i);
        QCOMPARE(outputOf(u"06-serial-lines"_s), expected + u"10 lines\n"_s);
    }

#ifdef ACTORIO_GUI_DEMOS
    void thumbnailsAreMadeWhileTheClockTicks()
    {
        const QString picture = pictureName();
        const QString output = outputOf(u"04-offload-gui"_s,
                                        {{ u"ACTORIO_DEMO_SCREENSHOT"_s,
                                           picture }});
        const QRegularExpressionMatch match = wholeImport().match(output);
        QVERIFY2(match.hasMatch(), qPrintable(output));
        // Not at all while somebody makes the thumbnails in the window's thread, in one go.
        QVERIFY2(match.captured(1).toInt() > 1, qPrintable(output));

        const QImage window(picture);
        QCOMPARE(window.size(), QSize(900, 640));
        QVERIFY(colours(window) > 1000); // there are pictures in it
    }

    void anImportThatWasCancelledMayBeginAgain()
    {
        static const QRegularExpression cancelled(
                u"^Cancelled after \\d+ ms, (\\d+) in the list, "_s);
        const QString output = outputOf(u"04-offload-gui"_s,
                                        {{u"ACTORIO_DEMO_SCREENSHOT"_s, pictureName()},
                                         { u"ACTORIO_DEMO_CANCEL"_s,
                                           u"1"_s }});
        const QStringList lines = output.split(u'\n', Qt::SkipEmptyParts);
        QVERIFY2(lines.size() == 2, qPrintable(output));
        const QRegularExpressionMatch match = cancelled.match(lines[0]);
        QVERIFY2(match.hasMatch(), qPrintable(output));
        QVERIFY2(match.captured(1).toInt() < 120, qPrintable(output));
        // Nothing of the first one gets into the second.
        QVERIFY2(wholeImport().match(lines[1]).hasMatch(), qPrintable(output));
    }

    void theNewestSearchSupersedesTheOlder()
    {
        static const QRegularExpression report(
                u"^(\\d+) names with “marlin”, (\\d+) searches superseded\n$"_s);
        const QString picture = pictureName();
        const QString output = outputOf(u"05-search-as-you-type"_s,
                                        {{ u"ACTORIO_DEMO_SCREENSHOT"_s,
                                           picture }});
        const QRegularExpressionMatch match = report.match(output);
        QVERIFY2(match.hasMatch(), qPrintable(output));
        QVERIFY2(match.captured(1).toInt() > 100, qPrintable(output));
        // Of the six letters, the first search is the one for the first of them, or for a later one.
        QVERIFY2(match.captured(2).toInt() >= 1 && match.captured(2).toInt() <= 5,
                 qPrintable(output));

        const QImage window(picture);
        QCOMPARE(window.size(), QSize(420, 480));
        QVERIFY(colours(window) > 8); // there is text in it
    }

    void aWindowClosedInTheMiddleOfWorkEndsTheProgram_data()
    {
        QTest::addColumn<QString>("closeAfter");
        QTest::addRow("04-offload-gui") << u"30"_s;
        QTest::addRow("05-search-as-you-type") << u"70"_s;
    }
    void aWindowClosedInTheMiddleOfWorkEndsTheProgram()
    {
        QFETCH(const QString, closeAfter);
        QProcess process;
        start(process, QString::fromLatin1(QTest::currentDataTag()),
              {{ u"ACTORIO_DEMO_CLOSE_AFTER"_s,
                 closeAfter }});
        while (process.state() != QProcess::NotRunning && !process.canReadLine())
            process.waitForReadyRead(-1);
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(process.readLine(), QByteArray("closing\n")); // and had not finished before
        QCOMPARE(outputOf(process), u""_s);
        QVERIFY2(timer.elapsed() < TimeToEnd, qPrintable(QString::number(timer.elapsed())));
    }
#endif

private:
#ifdef ACTORIO_GUI_DEMOS
    // Where the demo of this test may save its window.
    QString pictureName() const
    {
        return m_directory.filePath(QString::fromLatin1(QTest::currentTestFunction()) + u".png"_s);
    }

    // What 04 says when it was neither cancelled nor closed: a picture is broken.
    static QRegularExpression wholeImport()
    {
        return QRegularExpression(u"^119 thumbnails after \\d+ ms, 120 in the list, errors: "
                                  u"picture 013.jpg: [^;]+; the clock ticked (\\d+) times$"_s);
    }

    static qsizetype colours(const QImage &image)
    {
        QSet<QRgb> colours;
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x)
                colours.insert(image.pixel(x, y));
        }
        return colours.size();
    }
#endif

    QTemporaryDir m_directory;
};

QTEST_GUILESS_MAIN(tst_Demos)
#include "tst_demos.moc"
