// SPDX-License-Identifier: MIT
// What QCoro awaits, awaited in an actor. Skipped where QCoro is not installed.
#include "host.h"

#ifdef ACTORIO_TEST_QCORO
#    include <QCoroLocalSocket>
#    include <QCoroProcess>
#    include <QCoroTask>
#    include <QCoroTimer>
#    include <QCoroAbstractSocket>
#    include <QCoroTcpServer>

#    include <QtCore/QProcess>
#    include <QtNetwork/QLocalServer>
#    include <QtNetwork/QLocalSocket>
#    include <QtNetwork/QTcpServer>
#    include <QtNetwork/QTcpSocket>
#endif

#include <QtCore/QTimer>
#include <QtCore/QUuid>
#include <QtTest/QTest>

#include <memory>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

class tst_QCoro : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
#ifndef ACTORIO_TEST_QCORO
        QSKIP("QCoro is not installed");
#endif
    }
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

#ifdef ACTORIO_TEST_QCORO
    void aTask_data();
    void aTask();
    void aTaskThatThrows();
    void aTimer();
    void aProcess();
    void aLocalSocket();
    void aTcpSocket();
    void killedWhileItWaits();
#endif
};

#ifdef ACTORIO_TEST_QCORO

namespace {

QCoro::Task<int> addOne(int number)
{
    co_await QCoro::sleepFor(1ms);
    co_return number + 1;
}
QCoro::Task<QString> atOnce()
{
    co_return u"at once"_s;
}
QCoro::Task<void> throwing()
{
    co_await QCoro::sleepFor(1ms);
    throw std::runtime_error("out of a task");
}

} // namespace

void tst_QCoro::aTask_data()
{
    QTest::addColumn<bool>("isMain");
    QTest::addRow("main thread") << true;
    QTest::addRow("pool") << false;
}

void tst_QCoro::aTask()
{
    QFETCH(bool, isMain);
    Scoped<Host> host({.on = place(isMain)});
    QFuture<int> future = host.ask(Await{[](Host &h) -> QFuture<int> {
        int number = co_await addOne(1);
        const QCoro::Task<int> task = addOne(number);
        number = co_await task;
        co_await QCoro::sleepFor(1ms);
        const QString text = co_await atOnce();
        if (text != u"at once" || QThread::currentThread() != h.thread())
            co_return -1;
        co_return number;
    }});
    Ask<int> next = host.ask(2);
    QVERIFY(waitForFinished(future));
    QCOMPARE(future.result(), 3);
    QTRY_VERIFY(next.isFinished());
}

void tst_QCoro::aTaskThatThrows()
{
    Scoped<Host> host;
    Ask<int> ask = host.ask(Await{[](Host &) -> QFuture<int> {
        try {
            co_await throwing();
        } catch (const std::runtime_error &) {
            co_return 1;
        }
        co_return -1;
    }});
    QCOMPARE(ask.result(), 1);
}

void tst_QCoro::aTimer()
{
    Scoped<Host> host;
    Ask<int> ask = host.ask(Await{[](Host &) -> QFuture<int> {
        QTimer timer;
        timer.start(1);
        for (int i = 0; i < 3; ++i)
            co_await qCoro(timer).waitForTimeout();
        co_return 3;
    }});
    QCOMPARE(ask.result(), 3);
}

void tst_QCoro::aProcess()
{
    Scoped<Host> host;
    Ask<int> ask = host.ask(Await{[](Host &) -> QFuture<int> {
        QProcess process;
        if (!co_await qCoro(process).start(u"cat"_s, {}))
            co_return -1;
        process.write("a line\n");
        const QByteArray line = co_await qCoro(process).readLine();
        process.closeWriteChannel();
        if (!co_await qCoro(process).waitForFinished() || line != "a line\n")
            co_return -2;
        co_return process.exitCode();
    }});
    QCOMPARE(ask.result(), 0);
}

void tst_QCoro::aLocalSocket()
{
    const QString name = QUuid::createUuid().toString(QUuid::Id128);
    Scoped<Host> server([=](Host &h) {
        auto *const listening = new QLocalServer(&h);
        listening->listen(name);
        h.addInput(listening, &QLocalServer::newConnection, [&h, listening] {
            QLocalSocket *const socket = listening->nextPendingConnection();
            h.addInput(socket,
                       [socket](const QByteArray &bytes) { socket->write(bytes.toUpper()); });
        });
    });
    settle(server);
    Scoped<Host> client;
    Ask<int> ask = client.ask(Await{[=](Host &) -> QFuture<int> {
        QLocalSocket socket;
        if (!co_await qCoro(socket).connectToServer(name))
            co_return -1;
        socket.write("text\n");
        const QByteArray line = co_await qCoro(socket).readLine();
        co_return line == "TEXT\n" ? 1 : -2;
    }});
    QCOMPARE(ask.result(), 1);
}

void tst_QCoro::aTcpSocket()
{
    quint16 port = 0;
    Scoped<Host> server([&](Host &h) {
        auto *const listening = new QTcpServer(&h);
        listening->listen(QHostAddress::LocalHost);
        port = listening->serverPort();
        h.addInput(listening, &QTcpServer::newConnection, [&h, listening]() -> QFuture<void> {
            QTcpSocket *const socket = listening->nextPendingConnection();
            const QByteArray line = co_await qCoro(socket).readLine();
            socket->write(line.toUpper());
        });
    });
    settle(server);
    Scoped<Host> client;
    Ask<int> ask = client.ask(Await{[=](Host &) -> QFuture<int> {
        QTcpSocket socket;
        if (!co_await qCoro(socket).connectToHost(u"127.0.0.1"_s, port))
            co_return -1;
        socket.write("text\n");
        const QByteArray line = co_await qCoro(socket).readLine();
        co_return line == "TEXT\n" ? 1 : -2;
    }});
    QCOMPARE(ask.result(), 1);
}

void tst_QCoro::killedWhileItWaits()
{
    Journal journal;
    QPromise<void> promise; // by which the task ends, later
    promise.start();
    const auto task = [](QFuture<void> future, Journal *notes) -> QCoro::Task<int> {
        notes->note(u"waits"_s);
        while (!future.isFinished())
            co_await QCoro::sleepFor(1ms);
        notes->note(u"task"_s);
        co_return 1;
    };
    Scoped<Host> host({.on = mainThread()});
    QFuture<int> future = host.ask(Await{[&](Host &) -> QFuture<int> {
        const int value = co_await task(promise.future(), &journal);
        journal.note(u"actor"_s);
        co_return value;
    }});
    QTRY_COMPARE(journal.entries(), QStringList({u"waits"_s}));
    host.kill();
    QVERIFY(waitForFinished(future));
    QVERIFY(fails<ActorStopped>([&] { future.waitForFinished(); }));
    QCOMPARE(waitForEnd(host.terminated()).kind(), StopReason::Killed);
    promise.finish();
    QTRY_COMPARE(journal.entries(), QStringList({u"waits"_s, u"task"_s}));
}

#endif

QTEST_GUILESS_MAIN(tst_QCoro)
#include "tst_qcoro.moc"
