// SPDX-License-Identifier: MIT
// The progress of a future that a handler has returned is its asker's.
#include "host.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QFutureWatcher>
#include <QtTest/QTest>

#include <memory>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

namespace {

using Promise = std::shared_ptr<QPromise<int>>;

Promise startedPromise()
{
    auto promise = std::make_shared<QPromise<int>>();
    promise->start();
    return promise;
}

struct Hand
{
    ActorRef<Host> target;
    Await work;
};
class Delegating : public Host
{
public:
    using Host::receive;
    Delegated<int> receive(const Hand &hand) { return delegate(hand.target, hand.work); }
};

} // namespace

class tst_Progress : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void rangeValueAndText();
    void theLastValueIsCertain_data();
    void theLastValueIsCertain();
    void isThrottled();
    void ofAFutureThatIsFinished();
    void whoListensLater();
    void byADelegate();
    void thenAnError();
    void nobodyListens();
};

void tst_Progress::rangeValueAndText()
{
    const Promise promise = startedPromise();
    Scoped<Host> host;
    QFuture<int> future = host.ask(Await{[=](Host &) { return promise->future(); }});
    promise->setProgressRange(10, 110);
    QTRY_COMPARE(future.progressMaximum(), 110);
    QCOMPARE(future.progressMinimum(), 10);
    promise->setProgressValueAndText(60, u"half"_s);
    QTRY_COMPARE(future.progressValue(), 60);
    QCOMPARE(future.progressText(), u"half"_s);
    // Qt drops what comes too soon after another value.
    int value = 60;
    const auto isAnotherShown = [&] {
        promise->setProgressValueAndText(++value, u"nearly"_s);
        return future.progressText() == u"nearly"_s && future.progressValue() > 60;
    };
    QTRY_VERIFY(isAnotherShown());
    promise->setProgressRange(0, 1'000); // which begins anew
    QTRY_COMPARE(future.progressMaximum(), 1'000);
    QCOMPARE(future.progressValue(), 0);
    promise->setProgressValueAndText(1'000, u"all"_s); // never dropped
    QTRY_COMPARE(future.progressValue(), 1'000);
    QCOMPARE(future.progressText(), u"all"_s);
    promise->addResult(1);
    promise->finish();
    QCOMPARE(future.result(), 1);
    QCOMPARE(future.progressValue(), 1'000);
}

void tst_Progress::theLastValueIsCertain_data()
{
    QTest::addColumn<int>("last");
    QTest::addColumn<bool>("isFailure");
    QTest::addRow("to the end") << 10'000 << false;
    QTest::addRow("not quite") << 9'999 << false;
    QTest::addRow("an error") << 9'998 << true;
}

void tst_Progress::theLastValueIsCertain()
{
    QFETCH(int, last);
    QFETCH(bool, isFailure);
    if (isFailure)
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u".*not quite"_s));
    const Promise promise = startedPromise();
    Scoped<Host> host;
    QFuture<int> future = host.ask(Await{[=](Host &) { return promise->future(); }});
    std::thread thread([&] {
        promise->setProgressRange(0, 10'000);
        for (int i = 1; i <= last; ++i)
            promise->setProgressValueAndText(i, QString::number(i));
        if (isFailure)
            promise->setException(std::make_exception_ptr(std::runtime_error("not quite")));
        else
            promise->addResult(1);
        promise->finish();
    });
    const bool isFinished = waitForFinished(future);
    thread.join();
    QVERIFY(isFinished);
    QCOMPARE(future.progressValue(), last);
    QCOMPARE(future.progressText(), QString::number(last));
    QCOMPARE(future.progressMaximum(), 10'000);
    if (isFailure)
        QVERIFY(waitForEnd(host.terminated()).isFailure());
}

void tst_Progress::isThrottled()
{
    constexpr int Count = 200'000;
    const Promise promise = startedPromise();
    Scoped<Host> host;
    QFuture<int> future = host.ask(Await{[=](Host &) { return promise->future(); }});
    QFutureWatcher<int> watcher;
    int changes = 0;
    connect(&watcher, &QFutureWatcher<int>::progressValueChanged, this, [&] { ++changes; });
    watcher.setFuture(future);
    QElapsedTimer elapsed;
    elapsed.start();
    std::thread thread([&] {
        promise->setProgressRange(0, Count);
        for (int i = 1; i <= Count; ++i)
            promise->setProgressValue(i);
        promise->addResult(1);
        promise->finish();
    });
    QTRY_VERIFY(watcher.isFinished());
    thread.join();
    QVERIFY(changes > 0);
    // The throttle is Qt's, which lets 25 a second through. The last value goes around it, and a range that is set.
    QVERIFY2(changes <= elapsed.elapsed() / 40 + 4, QByteArray::number(changes).constData());
    QCOMPARE(watcher.progressValue(), Count);
}

void tst_Progress::ofAFutureThatIsFinished()
{
    const Promise promise = startedPromise();
    promise->setProgressRange(0, 10);
    promise->setProgressValueAndText(7, u"seven"_s);
    promise->addResult(1);
    promise->finish();
    Scoped<Host> host({.on = dedicatedThread()});
    Gate gate;
    host.tell(gate.pass());
    QFuture<int> future = host.ask(Await{[=](Host &) { return promise->future(); }});
    gate.open();
    QCOMPARE(future.result(), 1);
    QCOMPARE(future.progressMaximum(), 10);
    QCOMPARE(future.progressValue(), 7);
    QCOMPARE(future.progressText(), u"seven"_s);
}

void tst_Progress::whoListensLater()
{
    const Promise promise = startedPromise();
    Scoped<Host> host;
    std::atomic<bool> isHandled{false};
    Ask<int> ask = host.ask(Await{[&, promise](Host &) {
        isHandled = true;
        return promise->future();
    }});
    promise->setProgressRange(0, 10);
    promise->setProgressValueAndText(5, u"five"_s);
    QTRY_VERIFY(isHandled);
    QFuture<int> future = ask; // whose task stands there for long
    QTRY_COMPARE(future.progressValue(), 5);
    QCOMPARE(future.progressMaximum(), 10);
    QCOMPARE(future.progressText(), u"five"_s);
    promise->addResult(1);
    promise->finish();
    QCOMPARE(future.result(), 1);
}

void tst_Progress::byADelegate()
{
    const Promise promise = startedPromise();
    Scoped<Host> target;
    Scoped<Delegating> host;
    QFuture<int> future = host.ask(Hand{target, Await{[=](Host &) { return promise->future(); }}});
    promise->setProgressRange(0, 10);
    promise->setProgressValueAndText(5, u"five"_s);
    QTRY_COMPARE(future.progressValue(), 5);
    QCOMPARE(future.progressText(), u"five"_s);
    promise->addResult(1);
    promise->finish();
    QCOMPARE(future.result(), 1);
}

void tst_Progress::thenAnError()
{
    const Promise promise = startedPromise();
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"half of it"_s));
    Scoped<Host> host;
    QFuture<int> future = host.ask(Await{[=](Host &) { return promise->future(); }});
    promise->setProgressRange(0, 10);
    promise->setProgressValue(5);
    promise->setException(std::make_exception_ptr(std::runtime_error("half of it")));
    promise->finish();
    QVERIFY(fails<std::runtime_error>([&] { future.waitForFinished(); }));
    QCOMPARE(future.progressValue(), 5);
    QVERIFY(waitForEnd(host.terminated()).isFailure());
}

void tst_Progress::nobodyListens()
{
    const Promise promise = startedPromise();
    Scoped<Host> host;
    Ask<int> ask = host.ask(Await{[=](Host &) { return promise->future(); }});
    host.tell(Await{[=](Host &) { return promise->future(); }}); // nor can anybody
    promise->setProgressRange(0, 10);
    promise->setProgressValue(5);
    promise->addResult(1);
    promise->finish();
    QCOMPARE(ask.result(), 1);
    QCOMPARE(host.ask(2).result(), 2);
}

QTEST_GUILESS_MAIN(tst_Progress)
#include "tst_progress.moc"
