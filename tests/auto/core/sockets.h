// SPDX-License-Identifier: MIT
#pragma once

#include "life.h"

#include <QtCore/QString>
#include <QtCore/QTemporaryDir>
#include <QtNetwork/QHostAddress>
#include <QtNetwork/QLocalServer>
#include <QtNetwork/QLocalSocket>
#include <QtNetwork/QTcpServer>
#include <QtNetwork/QTcpSocket>

#include <functional>
#include <memory>

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
    bool listen() { return server.listen(dir.filePath(QStringLiteral("socket"))); }
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
