// SPDX-License-Identifier: MIT
// What an actor hears of sockets and processes.
#include "devices.h"
#include "listening.h"

#include <QtCore/QProcess>
#include <QtCore/QTemporaryDir>
#include <QtNetwork/QLocalServer>
#include <QtNetwork/QLocalSocket>
#include <QtNetwork/QTcpServer>
#include <QtNetwork/QTcpSocket>
#include <QtTest/QTest>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::Scoped;

namespace {

constexpr qsizetype Chunk = 64 * 1024;

// A pair of connected sockets: one for an actor, in its thread, and the other side in the test's.
struct Tcp
{
    using Socket = QTcpSocket;
    QTcpServer server;
    bool listen() { return server.listen(QHostAddress::LocalHost); }
    std::function<void(Socket &)> connectTo() const
    {
        return [port = server.serverPort()](Socket &socket) {
            socket.connectToHost(QHostAddress(QHostAddress::LocalHost), port);
        };
    }
    std::unique_ptr<Socket> accept()
    {
        return std::unique_ptr<Socket>(waitUntil([this] { return server.hasPendingConnections(); })
                                               ? server.nextPendingConnection()
                                               : nullptr);
    }
    static void disconnect(Socket &socket) { socket.disconnectFromHost(); }
};
struct Local
{
    using Socket = QLocalSocket;
    QTemporaryDir dir;
    QLocalServer server;
    bool listen() { return server.listen(dir.filePath(u"socket"_s)); }
    std::function<void(Socket &)> connectTo() const
    {
        return [name = server.fullServerName()](Socket &socket) { socket.connectToServer(name); };
    }
    std::unique_ptr<Socket> accept()
    {
        return std::unique_ptr<Socket>(waitUntil([this] { return server.hasPendingConnections(); })
                                               ? server.nextPendingConnection()
                                               : nullptr);
    }
    static void disconnect(Socket &socket) { socket.disconnectFromServer(); }
};

} // namespace

class tst_InputSockets : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void aTcpSocketIsHeard() { aSocketIsHeard<Tcp>(); }
    void aLocalSocketIsHeard() { aSocketIsHeard<Local>(); }
    void aTcpSocketThatWasClosedIsReadToItsEnd() { aSocketThatWasClosedIsReadToItsEnd<Tcp>(); }
    void aLocalSocketThatWasClosedIsReadToItsEnd() { aSocketThatWasClosedIsReadToItsEnd<Local>(); }
    void aFloodIsBoundedByTcp() { aFloodIsBounded<Tcp>(); }
    void aFloodIsBoundedByALocalSocket() { aFloodIsBounded<Local>(); }
    void aLimitOfTheUsersIsKept();
    void aSocketGivenAsAnyDevice();
    // The last: ThreadSanitizer allows no new thread after a fork.
    void aProcessIsHeard_data();
    void aProcessIsHeard();

private:
    template<class Pair>
    void aSocketIsHeard();
    template<class Pair>
    void aSocketThatWasClosedIsReadToItsEnd();
    template<class Pair>
    void aFloodIsBounded();
};

template<class Pair>
void tst_InputSockets::aSocketIsHeard()
{
    Pair pair;
    QVERIFY(pair.listen());
    Journal journal;
    Scoped<Client> client(&journal, [connectTo = pair.connectTo()](Client &c) {
        auto *const socket = new typename Pair::Socket(&c);
        c.inputs = {c.addInput(socket, [&c, socket](const QByteArray &bytes) {
            c.onBytes(bytes);
            socket->write(bytes);
        })};
        c.noteEnd();
        connectTo(*socket);
    });
    const auto peer = pair.accept();
    QVERIFY(peer);
    for (const QByteArray &bytes : {QByteArray("ping"), QByteArray("pong")}) {
        peer->write(bytes);
        QTRY_COMPARE(peer->bytesAvailable(), bytes.size());
        QCOMPARE(peer->readAll(), bytes);
    }
    QCOMPARE(journal.entries(), (QStringList{u"ping"_s, u"pong"_s}));
    Pair::disconnect(*peer);
    QTRY_COMPARE(journal.entries().size(), 3);
    QVERIFY2(journal.entries()[2].startsWith(u"end"_s), qPrintable(journal.entries()[2]));
    settle(client);
    QCOMPARE(journal.entries().size(), 3);
}

template<class Pair>
void tst_InputSockets::aSocketThatWasClosedIsReadToItsEnd()
{
    const QByteArray all = pattern(2 * Chunk + 1);
    Pair pair;
    QVERIFY(pair.listen());
    Journal journal;
    QByteArray read;
    typename Pair::Socket *socket = nullptr;
    Scoped<Client> client(&journal, [&, connectTo = pair.connectTo()](Client &c) {
        socket = new typename Pair::Socket(&c);
        connect(socket, &QIODevice::readChannelFinished, &c, [&c] { c.note(u"closed"_s); });
        connectTo(*socket);
    });
    const auto peer = pair.accept();
    QVERIFY(peer);
    peer->write(all);
    Pair::disconnect(*peer);
    QTRY_COMPARE(journal.entries(), QStringList{u"closed"_s});
    // Only now: the other side has gone, and will not say so again.
    run(client, [&](Client &c) {
        c.inputs = {c.addInput(socket, [&](const QByteArray &bytes) { read += bytes; })};
        c.noteEnd();
    });
    QTRY_COMPARE(journal.entries().size(), 2);
    settle(client);
    QCOMPARE(read.size(), all.size());
    QVERIFY(read == all);
}

template<class Pair>
void tst_InputSockets::aFloodIsBounded()
{
    constexpr qsizetype total = 16 * 1024 * 1024;
    const QByteArray all = pattern(total);
    Pair pair;
    QVERIFY(pair.listen());
    Journal journal;
    std::atomic<qint64> most = 0;
    std::atomic<bool> isSame = true;
    Scoped<Client> client(&journal, [&, connectTo = pair.connectTo()](Client &c) {
        auto *const socket = new typename Pair::Socket(&c);
        c.inputs = {
                c.addInput(socket, [&, socket, at = qsizetype(0)](const QByteArray &bytes) mutable {
                    most = std::max(most.load(), socket->bytesAvailable() + bytes.size());
                    isSame = isSame && std::equal(bytes.begin(), bytes.end(), all.begin() + at);
                    at += bytes.size();
                    std::this_thread::sleep_for(1ms); // a slow reader
                    if (at == total)
                        c.note(u"all"_s);
                })};
        c.noteEnd();
        connectTo(*socket);
        c.note(QString::number(socket->readBufferSize()));
    });
    const auto peer = pair.accept();
    QVERIFY(peer);
    peer->write(all);
    Pair::disconnect(*peer);
    QTRY_COMPARE_WITH_TIMEOUT(journal.entries().size(), 3, 60'000);
    QCOMPARE(journal.entries()[1], u"all"_s);
    QVERIFY(isSame);
    const qint64 limit = journal.entries()[0].toLongLong();
    QVERIFY(limit >= Chunk && limit <= 1024 * 1024);
    QVERIFY2(most <= limit + Chunk, QByteArray::number(most.load()).constData());
}

void tst_InputSockets::aLimitOfTheUsersIsKept()
{
    Journal journal;
    Scoped<Client> client(&journal, [](Client &c) {
        auto *const socket = new QTcpSocket(&c);
        socket->setReadBufferSize(1000);
        c.addInput(socket, &Client::onBytes);
        c.note(QString::number(socket->readBufferSize()));
    });
    QTRY_COMPARE(journal.entries(), QStringList{u"1000"_s});
}

// Only a socket's own class knows a read buffer.
void tst_InputSockets::aSocketGivenAsAnyDevice()
{
    Tcp pair;
    QVERIFY(pair.listen());
    Journal journal;
    QTcpSocket *socket = nullptr;
    Scoped<Client> client(&journal, [&, connectTo = pair.connectTo()](Client &c) {
        socket = new QTcpSocket(&c);
        connectTo(*socket);
        QIODevice *const device = socket;
        c.inputs = {c.addInput(device, &Client::onBytes)};
        c.noteEnd();
    });
    const auto peer = pair.accept();
    QVERIFY(peer);
    peer->write("bytes");
    QTRY_COMPARE(journal.entries(), QStringList{u"bytes"_s});
    run(client, [&](Client &c) { c.note(QString::number(socket->readBufferSize())); });
    QCOMPARE(journal.entries().last(), u"0"_s);
    peer->disconnectFromHost();
    QTRY_COMPARE(journal.entries().size(), 3);
    QVERIFY2(journal.entries()[2].startsWith(u"end"_s), qPrintable(journal.entries()[2]));
}

void tst_InputSockets::aProcessIsHeard_data()
{
    QTest::addColumn<bool>("isLate"); // added when it has finished
    QTest::newRow("before it starts") << false;
    QTest::newRow("when it has finished") << true;
}

void tst_InputSockets::aProcessIsHeard()
{
    QFETCH(const bool, isLate);
    const QByteArray input = pattern(300'000); // more than a pipe takes
    Journal journal;
    QByteArray read;
    QProcess *process = nullptr;
    const Do add = [&](Client &c) {
        c.inputs = {c.addInput(process, [&](const QByteArray &bytes) { read += bytes; })};
        c.noteEnd();
    };
    Scoped<Client> client(&journal, [&](Client &c) {
        process = new QProcess(&c);
        connect(process, &QProcess::finished, &c, [&c] { c.note(u"finished"_s); });
        if (!isLate)
            add(c);
        process->start(u"cat"_s, QStringList());
        process->write(input);
        process->closeWriteChannel();
    });
    if (isLate) {
        QTRY_COMPARE(journal.entries(), QStringList{u"finished"_s});
        run(client, add);
    }
    QTRY_COMPARE(sorted(journal.entries()), (QStringList{u"end"_s, u"finished"_s}));
    settle(client);
    QCOMPARE(read.size(), input.size());
    QVERIFY(read == input);
}

QTEST_GUILESS_MAIN(tst_InputSockets)

#include "tst_input_sockets.moc"
