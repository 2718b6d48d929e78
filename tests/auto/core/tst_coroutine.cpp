// SPDX-License-Identifier: MIT
// What a coroutine awaits, and what it returns.
#include "coroutine.h"
#include "gate.h"
#include "life.h"

#include <Actorio/Actorio>

#include <QtCore/QException>
#include <QtCore/QFuture>
#include <QtCore/QStringList>
#include <QtCore/QThread>
#include <QtTest/QTest>

#include <memory>
#include <stdexcept>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

class tst_Coroutine : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        history.clear();
        QCOMPARE(Counted::alive, 0);
    }
    void cleanup() { QCOMPARE(Counted::alive, 0); }

    // What it awaits
    void aReadyFuture();
    void aPendingFuture();
    void aFutureOfAnotherThread();
    void aFutureOfNothing();
    void aMoveOnlyResult();
    void aFutureThatFails_data();
    void aFutureThatFails();
    void aCancelledFuture();
    void aDroppedPromise();
    void aFutureWithoutAResult();
    void anAsk();
    void anAskThatFails();
    void anAskThatTimesOut();
    void aFutureStaysItsOwners();

    // What it returns
    void everyKindOfValue();
    void exceptions_data();
    void exceptions();
    void stopsItself();

    // The message
    void theMessageStaysValid();
};

void tst_Coroutine::aReadyFuture()
{
    Scoped<Worker> worker;
    QCOMPARE(worker.ask(AwaitInt{QtFuture::makeReadyFuture(3)}).result(), 3);
}

void tst_Coroutine::aPendingFuture()
{
    Scoped<Worker> worker;
    const auto promise = startedPromise<int>();
    Ask<int> ask = worker.ask(AwaitInt{promise->future()});
    QVERIFY(!ask.isFinished());
    finish(*promise, 4);
    QCOMPARE(ask.result(), 4);
}

void tst_Coroutine::aFutureOfAnotherThread()
{
    Scoped<Worker> worker;
    for (int i = 0; i < 200; ++i) {
        const auto promise = startedPromise<QString>();
        std::thread thread([promise, i] { finish(*promise, QString::number(i)); });
        QCOMPARE(worker.ask(AwaitText{promise->future()}).result(), QString::number(i));
        thread.join();
    }
}

void tst_Coroutine::aFutureOfNothing()
{
    Scoped<Worker> worker;
    const auto promise = startedPromise<void>();
    Ask<void> ask = worker.ask(AwaitNothing{promise->future()});
    Ask<int> next = worker.ask(Number{1});
    QVERIFY(!ask.isFinished());
    promise->finish();
    ask.result();
    QCOMPARE(next.result(), 1);
    worker.ask(AwaitNothing{QtFuture::makeReadyFuture()}).result();
}

void tst_Coroutine::aMoveOnlyResult()
{
    Scoped<Worker> worker;
    for (const bool isReady : {true, false}) {
        const auto promise = startedPromise<std::unique_ptr<int>>();
        if (isReady)
            finish(*promise, std::make_unique<int>(6));
        Ask<std::unique_ptr<int>> ask = worker.ask(AwaitMoveOnly{promise->future()});
        if (!isReady)
            finish(*promise, std::make_unique<int>(6));
        QCOMPARE(*ask.result(), 7);
    }
}

void tst_Coroutine::aFutureThatFails_data()
{
    QTest::addColumn<bool>("isReady");
    QTest::addRow("before") << true;
    QTest::addRow("while it waits") << false;
}

void tst_Coroutine::aFutureThatFails()
{
    QFETCH(bool, isReady);
    const auto failWith = [&](std::exception_ptr error, auto check) {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
        Scoped<Worker> worker;
        const auto promise = startedPromise<int>();
        const auto fail = [=] {
            promise->setException(error);
            promise->finish();
        };
        if (isReady)
            fail();
        Ask<int> ask = worker.ask(AwaitInt{promise->future()});
        std::thread thread([=] {
            if (!isReady)
                fail();
        });
        check(ask);
        thread.join();
        QVERIFY(worker.terminated().result().isFailure());
    };
    failWith(std::make_exception_ptr(OurException()),
             [](Ask<int> &ask) { QVERIFY_THROWS_EXCEPTION(OurException, ask.result()); });
    failWith(std::make_exception_ptr(std::runtime_error("of another thread")), [](Ask<int> &ask) {
        QCOMPARE(errorOf<std::runtime_error>([&] { ask.result(); }), u"of another thread"_s);
    });
    failWith(std::make_exception_ptr(42),
             [](Ask<int> &ask) { QVERIFY_THROWS_EXCEPTION(int, ask.result()); });
    // As QtConcurrent::run() wraps what is no QException.
    failWith(std::make_exception_ptr(
                     QUnhandledException(std::make_exception_ptr(std::logic_error("wrapped")))),
             [](Ask<int> &ask) {
                 QCOMPARE(errorOf<std::logic_error>([&] { ask.result(); }), u"wrapped"_s);
             });
}

void tst_Coroutine::aCancelledFuture()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    Scoped<Worker> worker;
    const auto promise = startedPromise<int>();
    Ask<int> ask = worker.ask(AwaitInt{promise->future()});
    promise->future().cancel();
    promise->finish();
    QVERIFY(fails<Cancelled>([&] { ask.result(); }));
    QVERIFY(worker.terminated().result().isFailure());
}

void tst_Coroutine::aDroppedPromise()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    Scoped<Worker> worker;
    auto promise = startedPromise<QString>();
    Ask<QString> ask = worker.ask(AwaitText{promise->future()});
    promise.reset();
    QVERIFY(fails<Cancelled>([&] { ask.result(); }));
    QVERIFY(worker.terminated().result().isFailure());
}

void tst_Coroutine::aFutureWithoutAResult()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    Scoped<Worker> worker;
    const auto promise = startedPromise<QString>();
    promise->finish();
    QVERIFY(fails<BrokenPromise>([&] { worker.ask(AwaitText{promise->future()}).result(); }));
    QVERIFY(worker.terminated().result().isFailure());
}

void tst_Coroutine::anAsk()
{
    Scoped<Worker> worker;
    Scoped<Worker> other;
    QCOMPARE(worker.ask(AwaitAsk{other}).result(), 7);
    Scoped<Worker> dedicated({.on = dedicatedThread()});
    QCOMPARE(worker.ask(AwaitAsk{dedicated}).result(), 7);
    QCOMPARE(dedicated.ask(AwaitAsk{worker}).result(), 7);
}

void tst_Coroutine::anAskThatFails()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    Scoped<Worker> worker;
    Scoped<Worker> other;
    other.stop();
    QVERIFY(fails<ActorStopped>([&] { worker.ask(AwaitAsk{other}).result(); }));
    QVERIFY(worker.terminated().result().isFailure());

    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    Scoped<Worker> second;
    Scoped<Worker> blocked;
    Gate gate;
    blocked.tell(gate.pass());
    QVERIFY(gate.isReached());
    Ask<int> ask = second.ask(AwaitAsk{blocked});
    QVERIFY(!ask.isFinished());
    blocked.ActorRef::stop();
    QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
    QVERIFY(second.terminated().result().isFailure());
    gate.open();
    blocked.stop();
}

void tst_Coroutine::anAskThatTimesOut()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    const auto clock = std::make_shared<ManualClock>();
    ActorSystem system({.clock = clock});
    Scoped worker(system.spawn<Worker>({.on = dedicatedThread()}));
    Scoped blocked(system.spawn<Worker>({.on = dedicatedThread()}));
    Gate gate;
    blocked.tell(gate.pass());
    Ask<int> ask = worker.ask(AwaitAsk{blocked, 50ms});
    while (!ask.isFinished()) {
        clock->advance(50ms);
        QThread::yieldCurrentThread();
    }
    QVERIFY(fails<Timeout>([&] { ask.result(); }));
    worker.terminated().waitForFinished();
    gate.open();
}

void tst_Coroutine::aFutureStaysItsOwners()
{
    // Its one continuation is the owner's.
    Scoped<Worker> worker;
    const auto promise = startedPromise<QString>();
    QFuture<QString> mine =
            promise->future().then([](const QString &text) { return QString(text + u"!"_s); });
    Ask<QString> first = worker.ask(AwaitText{promise->future()});
    Scoped<Worker> other;
    Ask<QString> second = other.ask(AwaitText{promise->future()});
    finish(*promise, u"shared"_s);
    QCOMPARE(mine.result(), u"shared!"_s);
    QCOMPARE(first.result(), u"shared"_s);
    QCOMPARE(second.result(), u"shared"_s);
    QCOMPARE(promise->future().result(), u"shared"_s);
}

void tst_Coroutine::everyKindOfValue()
{
    Scoped<Worker> worker;
    QCOMPARE(worker.ask(char(1)).result(), u"const lvalue"_s);
    QCOMPARE(worker.ask(short(1)).result(), u"lvalue"_s);
    QCOMPARE(worker.ask(1L).result(), u"prvalue"_s);
    QCOMPARE(worker.ask(1.f).result(), u"built up"_s);
    QCOMPARE(worker.ask(1.).result(), std::pair(1, u"braces"_s));
    QCOMPARE(*worker.ask(true).result(), 5);
    QCOMPARE(worker.ask(1u).result(), u"xvalue"_s);
    QCOMPARE(worker.ask(static_cast<unsigned char>(1)).result(), 3.0);
}

void tst_Coroutine::exceptions_data()
{
    QTest::addColumn<bool>("isReady");
    QTest::addRow("before it was suspended") << true;
    QTest::addRow("after it was suspended") << false;
}

void tst_Coroutine::exceptions()
{
    QFETCH(bool, isReady);
    for (int kind = 0; kind < 3; ++kind) {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
        Scoped<Worker> worker;
        const auto promise = startedPromise<int>();
        if (isReady)
            finish(*promise, 1);
        Ask<int> ask = worker.ask(ThrowAfter{promise->future(), kind});
        if (!isReady)
            finish(*promise, 1);
        if (kind == 0)
            QCOMPARE(errorOf<std::runtime_error>([&] { ask.result(); }), u"out of a coroutine"_s);
        else if (kind == 1)
            QVERIFY_THROWS_EXCEPTION(int, ask.result());
        else
            QVERIFY_THROWS_EXCEPTION(OurException, ask.result());
        QVERIFY(worker.terminated().result().isFailure());
    }
}

void tst_Coroutine::stopsItself()
{
    for (const bool isReady : {true, false}) {
        for (const bool throws : {true, false}) {
            history.clear();
            Scoped<Worker> worker;
            const auto promise = startedPromise<int>();
            if (isReady)
                finish(*promise, 1);
            Ask<int> ask = worker.ask(StopAfter{promise->future(), throws});
            worker.tell(Number{1});
            if (!isReady)
                finish(*promise, 1);
            if (throws)
                QVERIFY(fails<BrokenPromise>([&] { ask.result(); }));
            else
                QCOMPARE(ask.result(), 5);
            QCOMPARE(worker.terminated().result().kind(), StopReason::Stopped);
            QCOMPARE(history.entries(),
                     throws ? QStringList(u"tearDown"_s)
                            : QStringList({u"stopped"_s, u"tearDown"_s}));
        }
    }
}

void tst_Coroutine::theMessageStaysValid()
{
    Scoped<Worker> worker;
    Inbox me;
    const auto promise = startedPromise<int>();
    worker.tell(ReplyAfter{promise->future(), u"a text that is long enough to be on the heap"_s},
                me.ref());
    Ask<QString> ask = worker.ask<QString>(ReplyAfter{promise->future(), u"second"_s});
    for (int i = 0; i < 100; ++i)
        worker.tell(Number{i});
    finish(*promise, 1);
    QCOMPARE(me.waitFor<QString>(10s), u"a text that is long enough to be on the heap"_s);
    QCOMPARE(ask.result(), u"second"_s);
}

QTEST_GUILESS_MAIN(tst_Coroutine)
#include "tst_coroutine.moc"
