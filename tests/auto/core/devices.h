// SPDX-License-Identifier: MIT
#pragma once

#include "listening.h"

#include <QtCore/QByteArray>
#include <QtCore/QFuture>
#include <QtCore/QIODevice>

#include <algorithm>

// Different at each place, so that what is lost, doubled or out of order shows.
inline QByteArray pattern(qsizetype size)
{
    QByteArray bytes(size, Qt::Uninitialized);
    for (qsizetype i = 0; i < size; ++i)
        bytes[i] = char((i * 7 + i / 251) % 256);
    return bytes;
}

// A pipe within one thread: what it is fed can be read. Sequential, as sockets are.
class Pipe : public QIODevice
{
public:
    explicit Pipe(QObject *parent = nullptr) : QIODevice(parent) { open(ReadOnly); }
    void feed(const QByteArray &bytes)
    {
        m_bytes += bytes;
        Q_EMIT readyRead();
    }
    void endOfStream() { Q_EMIT readChannelFinished(); }
    void fail(const QString &text) { setErrorString(text); }
    bool isSequential() const override { return true; }
    qint64 bytesAvailable() const override { return m_bytes.size() + QIODevice::bytesAvailable(); }

protected:
    qint64 readData(char *data, qint64 size) override
    {
        const qint64 count = std::min(size, qint64(m_bytes.size()));
        std::copy_n(m_bytes.constData(), count, data);
        m_bytes.remove(0, count);
        return count;
    }
    qint64 writeData(const char *, qint64) override { return -1; }

private:
    QByteArray m_bytes;
};

// One that fails to give what it has.
class BrokenPipe : public Pipe
{
public:
    using Pipe::Pipe;
    enum Result { Works, Fails, GivesNothing };
    Result result = Works;
    int reads = 0;

protected:
    qint64 readData(char *data, qint64 size) override
    {
        ++reads;
        if (result == Works)
            return Pipe::readData(data, size);
        return result == Fails ? -1 : 0;
    }
};

// A Client with a device of its own.
class Reader : public Client
{
public:
    using Client::Client;

    void onDevice(QIODevice *device) { note(QString::fromLatin1(device->readAll())); }
    void onReady() { note(QString::fromLatin1(pipe.readAll())); }
    QFuture<void> onBytesSlowly(const QByteArray &bytes)
    {
        const QByteArray copy(bytes.constData(), bytes.size());
        co_await awaited;
        note(bytes == copy ? QString::fromLatin1(bytes) : QStringLiteral("something else"));
    }

    Pipe pipe{this};
};
