// SPDX-License-Identifier: MIT
// What of Qt lives on socket notifiers.
#include "eventloop.h"

#include <QtCore/QProcess>
#include <QtCore/QScopeGuard>
#include <QtNetwork/QTcpServer>
#include <QtNetwork/QTcpSocket>
#include <QtTest/QTest>

#include <memory>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

using namespace Qt::StringLiterals;

class tst_NetworkAndProcesses : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { beginAfresh(); }

    void notifiersOfEachTypeAreActivated();
    void networkSocketsWork();
    // The last: ThreadSanitizer allows no new thread after a fork.
    void processesWork();
};

void tst_NetworkAndProcesses::notifiersOfEachTypeAreActivated()
{
    QTcpServer server;
    QVERIFY(server.listen(QHostAddress::LocalHost));
    QTcpSocket client;
    client.connectToHost(server.serverAddress(), server.serverPort());
    QTRY_VERIFY(server.hasPendingConnections());
    const std::unique_ptr<QTcpSocket> accepted(server.nextPendingConnection());
    QTRY_COMPARE(client.state(), QAbstractSocket::ConnectedState);
    // A copy, as the socket has notifiers of its own.
    const int descriptor = dup(static_cast<int>(accepted->socketDescriptor()));
    const auto close = qScopeGuard([&] { ::close(descriptor); });
    const int peer = static_cast<int>(client.socketDescriptor());

    Notifier reads(descriptor, QSocketNotifier::Read, [&] {
        char bytes[10];
        recv(descriptor, bytes, sizeof(bytes), MSG_DONTWAIT);
    });
    Notifier writes(descriptor, QSocketNotifier::Write, [&] { writes.setEnabled(false); });
    Notifier excepts(descriptor, QSocketNotifier::Exception, [&] {
        char byte = 0;
        recv(descriptor, &byte, 1, MSG_OOB);
        excepts.setEnabled(false);
    });
    accepted->blockSignals(true);
    QTRY_COMPARE(writes.count(), 1);
    QCOMPARE(reads.count(), 0);
    QCOMPARE(excepts.count(), 0);
    QCOMPARE(::send(peer, "r", 1, 0), 1);
    QTRY_VERIFY(reads.count() > 0);
    QCOMPARE(excepts.count(), 0);
    QCOMPARE(::send(peer, "e", 1, MSG_OOB), 1);
    QTRY_COMPARE(excepts.count(), 1);
    QCOMPARE(writes.count(), 1);
    writes.setEnabled(true);
    QTRY_COMPARE(writes.count(), 2);
}

void tst_NetworkAndProcesses::networkSocketsWork()
{
    QTcpServer server;
    QVERIFY(server.listen(QHostAddress::LocalHost));
    connect(&server, &QTcpServer::newConnection, &server, [&] {
        QTcpSocket *const socket = server.nextPendingConnection();
        connect(socket, &QTcpSocket::readyRead, socket,
                [socket] { socket->write(socket->readAll()); });
        connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
    });
    constexpr int count = 20;
    const QByteArray data(300'000, 'd'); // more than the kernel takes at once
    std::vector<std::unique_ptr<QTcpSocket>> clients;
    QList<qsizetype> received(count);
    int disconnected = 0;
    for (int i = 0; i < count; ++i) {
        clients.push_back(std::make_unique<QTcpSocket>());
        QTcpSocket *const client = clients.back().get();
        connect(client, &QTcpSocket::connected, client, [&, client] { client->write(data); });
        connect(client, &QTcpSocket::readyRead, client, [&, client, i] {
            received[i] += client->readAll().size();
            if (received[i] == data.size())
                client->disconnectFromHost();
        });
        connect(client, &QTcpSocket::disconnected, client, [&] { ++disconnected; });
        client->connectToHost(server.serverAddress(), server.serverPort());
    }
    QTRY_COMPARE_WITH_TIMEOUT(disconnected, count, 30'000);
    QCOMPARE(received, QList<qsizetype>(count, data.size()));
}

void tst_NetworkAndProcesses::processesWork()
{
    for (int i = 0; i < 5; ++i) {
        QProcess process;
        int finished = 0;
        connect(&process, &QProcess::finished, &process, [&] { ++finished; });
        process.start(u"cat"_s, QStringList());
        const QByteArray data(200'000, 'p'); // more than a pipe takes
        process.write(data);
        process.closeWriteChannel();
        QTRY_COMPARE_WITH_TIMEOUT(finished, 1, 30'000);
        QCOMPARE(process.readAllStandardOutput(), data);
        QCOMPARE(process.exitCode(), 0);
    }
}

int main(int argc, char **argv)
{
    return runByOwnEventDispatcher<tst_NetworkAndProcesses>(argc, argv);
}

#include "tst_networkandprocesses.moc"
