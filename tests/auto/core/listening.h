// SPDX-License-Identifier: MIT
#pragma once

#include "life.h"

#include <Actorio/Actorio>

#include <QtCore/QByteArray>
#include <QtCore/QFuture>
#include <QtCore/QIODevice>
#include <QtCore/QPromise>
#include <QtCore/QThread>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

class Client;
using Work = std::function<void(Client &)>;

// Work for a Client, as a message.
struct Do
{
    Work work;
};
// The same, and a future for which it stays busy.
struct DoSlowly
{
    std::function<QFuture<void>(Client &)> work;
};

// Listens to what a test tells it to, and writes down what it hears.
class Client : public Actorio::Actor
{
public:
    explicit Client(Journal *journal, Work atSetUp = {}, Work atTearDown = {})
        : m_journal(*journal), m_thread(QThread::currentThread()), m_atSetUp(std::move(atSetUp)),
          m_atTearDown(std::move(atTearDown))
    {
    }
    using Actor::addInput;
    using Actor::addTimer;
    using Actor::busyUntil;
    using Actor::self;
    using Actor::spawn;
    using Actor::stop;

    // From its handlers.
    void note(const QString &what)
    {
        if (m_isTornDown)
            m_journal.note(QStringLiteral("after tearDown()"));
        if (QThread::currentThread() != m_thread)
            m_journal.note(QStringLiteral("in a wrong thread"));
        m_journal.note(what);
    }

    // Handlers for inputs.
    void onNumber(int number) { note(QString::number(number)); }
    void onReference(const int &number) { note(QString::number(number)); }
    void onNothing() { note(QStringLiteral("nothing")); }
    void onFuture(QFuture<int> future) { note(outcomeOf(future)); }
    void onVoid(QFuture<void> future) { note(outcomeOf(future)); }
    void onBytes(const QByteArray &bytes) { note(QString::fromLatin1(bytes)); }
    void onEnd(const QString &error) { note(QStringLiteral("end") + error); }
    // Of the newest of the inputs.
    void noteEnd()
    {
        inputs.back().onEnd([this](const QString &error) { onEnd(error); });
    }
    QFuture<void> waitAwhile()
    {
        note(QStringLiteral("begins"));
        co_await awaited;
        note(QStringLiteral("ends"));
    }

    template<class T>
    static QString outcomeOf(QFuture<T> future)
    {
        try {
            future.waitForFinished();
        } catch (const std::exception &error) {
            return QString::fromUtf8(error.what());
        }
        if constexpr (!std::is_void_v<T>) {
            if (future.resultCount() > 0)
                return QString::number(future.result());
        }
        return future.isCanceled() ? QStringLiteral("cancelled") : QStringLiteral("finished");
    }

    void receive(const Do &message) { message.work(*this); }
    QFuture<void> receive(const DoSlowly &message) { return message.work(*this); }

    // For the work.
    std::vector<Actorio::Input> inputs;
    QFuture<void> awaited;

protected:
    void setUp() override
    {
        if (m_atSetUp)
            m_atSetUp(*this);
    }
    void tearDown(const Actorio::StopReason &) override
    {
        if (m_atTearDown)
            m_atTearDown(*this);
        m_isTornDown = true;
    }

private:
    Journal &m_journal;
    QThread *const m_thread;
    const Work m_atSetUp;
    const Work m_atTearDown;
    bool m_isTornDown = false;
};

// Runs the event loop until the actor has done the work; false: it has not.
inline bool run(const Actorio::ActorRef<Client> &client, Work work)
{
    const QFuture<void> done = client.ask(Do{std::move(work)}).future();
    return waitForFinished(done) && !done.isCanceled();
}
// Gives an actor and its thread the chance to do whatever they wrongly may.
inline bool settle(const Actorio::ActorRef<Client> &client)
{
    for (int i = 0; i < 5; ++i) {
        if (!run(client, [](Client &) {}))
            return false;
    }
    return true;
}

inline QStringList sorted(QStringList list)
{
    list.sort();
    return list;
}

// A promise that has begun, with its future.
template<class T>
struct Awaited
{
    Awaited() { promise.start(); }
    void finish()
        requires std::is_void_v<T>
    {
        promise.finish();
    }
    template<class V>
    void finish(V value)
    {
        promise.addResult(std::move(value));
        promise.finish();
    }
    template<class E>
    void fail(E error)
    {
        promise.setException(std::make_exception_ptr(std::move(error)));
        promise.finish();
    }
    void drop() { QPromise<T>(std::move(promise)); }

    QPromise<T> promise;
    const QFuture<T> future = promise.future();
};

// A factory of futures that have finished already.
inline const auto ready = [] { return QtFuture::makeReadyFuture(7); };

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

using WithReader = std::function<void(Reader &)>;
inline Work with(WithReader work)
{
    return [work = std::move(work)](Client &c) { work(static_cast<Reader &>(c)); };
}
inline bool runWith(const Actorio::ActorRef<Reader> &reader, WithReader work)
{
    return run(Actorio::ActorRef<Client>(reader), with(std::move(work)));
}
