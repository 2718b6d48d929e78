// SPDX-License-Identifier: MIT
// What an actor hears of devices: buffers, files, sockets and processes.
#include "gate.h"
#include "listening.h"

#include <QtCore/QBuffer>
#include <QtCore/QFile>
#include <QtCore/QProcess>
#include <QtCore/QTemporaryDir>
#include <QtNetwork/QLocalServer>
#include <QtNetwork/QLocalSocket>
#include <QtNetwork/QTcpServer>
#include <QtNetwork/QTcpSocket>
#include <QtTest/QTest>

#include <algorithm>
#include <memory>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::Input;
using Actorio::Scoped;
using Actorio::StopReason;

namespace {

constexpr qsizetype Chunk = 64 * 1024;

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

// Different at each place, so that what is lost, doubled or out of order shows.
QByteArray pattern(qsizetype size)
{
    QByteArray bytes(size, Qt::Uninitialized);
    for (qsizetype i = 0; i < size; ++i)
        bytes[i] = char((i * 7 + i / 251) % 256);
    return bytes;
}

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

// A Client with a device of its own.
class Reader : public Client
{
public:
    using Client::Client;

    void onBytes(const QByteArray &bytes) { note(QString::fromLatin1(bytes)); }
    void onDevice(QIODevice *device) { note(QString::fromLatin1(device->readAll())); }
    void onReady() { note(QString::fromLatin1(pipe.readAll())); }
    QFuture<void> onBytesSlowly(const QByteArray &bytes)
    {
        const QByteArray copy(bytes.constData(), bytes.size());
        co_await awaited;
        note(bytes == copy ? QString::fromLatin1(bytes) : u"something else"_s);
    }
    Work noteEnd()
    {
        return [](Client &c) { c.inputs.back().onEnd([&c](const QString &e) { c.onEnd(e); }); };
    }

    Pipe pipe{this};
};

using WithReader = std::function<void(Reader &)>;
Work with(WithReader work)
{
    return [work = std::move(work)](Client &c) { work(static_cast<Reader &>(c)); };
}
bool runWith(const ActorRef<Reader> &reader, WithReader work)
{
    return run(ActorRef<Client>(reader), with(std::move(work)));
}

class tst_InputDevices : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void aHandlerReadsInAnyForm_data();
    void aHandlerReadsInAnyForm();
    void aCoroutineKeepsItsBytes();
    void bytesComeInChunks();
    void bytesThatAreLeftWaitForMore();
    void whoReadsAPartIsCalledAgain();
    void whoReadsAPartAfterAwaitingIsCalledAgain();
    void bytesWaitWhileTheActorIsBusy();
    void aLimitIsKept();
    void aDeviceAndTheInboxTakeTurns();

    void aBufferIsHeard();
    void aFileEndsAtItsEnd_data();
    void aFileEndsAtItsEnd();
    void theEndComesWhenAllIsRead();
    void aClosedDeviceEnds();
    void aDestroyedDeviceEnds();
    void aHandlerMayEndItsDevice_data();
    void aHandlerMayEndItsDevice();
    void aDeviceThatHasEndedIsNotRead();
    void aDeviceSurvivesItsInput();
    void nothingIsReadOnceTheActorStops();
    void aDeviceOfAnotherThreadIsRefused();
    void nullIsRefused();

    void aTcpSocketIsHeard() { aSocketIsHeard<Tcp>(); }
    void aLocalSocketIsHeard() { aSocketIsHeard<Local>(); }
    void aTcpSocketThatWasClosedIsReadToItsEnd() { aSocketThatWasClosedIsReadToItsEnd<Tcp>(); }
    void aLocalSocketThatWasClosedIsReadToItsEnd() { aSocketThatWasClosedIsReadToItsEnd<Local>(); }
    void aFloodIsBoundedByTcp() { aFloodIsBounded<Tcp>(); }
    void aFloodIsBoundedByALocalSocket() { aFloodIsBounded<Local>(); }
    void aLimitOfTheUsersIsKept();
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

void tst_InputDevices::aHandlerReadsInAnyForm_data()
{
    QTest::addColumn<WithReader>("add");
    const auto row = [](const char *name, const WithReader &add) { QTest::newRow(name) << add; };
    row("member, bytes", [](Reader &r) { r.addInput(&r.pipe, &Reader::onBytes); });
    row("member, device", [](Reader &r) { r.addInput(&r.pipe, &Reader::onDevice); });
    row("member, nothing", [](Reader &r) { r.addInput(&r.pipe, &Reader::onReady); });
    row("lambda, bytes",
        [](Reader &r) { r.addInput(&r.pipe, [&r](QByteArray bytes) { r.onBytes(bytes); }); });
    row("lambda, device", [](Reader &r) {
        r.addInput(&r.pipe, [&r](Pipe *pipe) { r.note(QString::fromLatin1(pipe->readAll())); });
    });
    row("lambda, nothing", [](Reader &r) { r.addInput(&r.pipe, [&r] { r.onReady(); }); });
    row("as a QIODevice", [](Reader &r) {
        QIODevice *const device = &r.pipe;
        r.addInput(device, [&r](QIODevice *d) { r.onDevice(d); });
    });
    row("coroutine", [](Reader &r) {
        r.addInput(&r.pipe, [&r](QIODevice *device) -> QFuture<void> {
            co_await 1ms;
            r.onDevice(device);
        });
    });
}

void tst_InputDevices::aHandlerReadsInAnyForm()
{
    QFETCH(const WithReader, add);
    Journal journal;
    Scoped<Reader> reader(&journal, with([&](Reader &r) {
        r.pipe.feed("early"); // is there already
        add(r);
    }));
    QTRY_COMPARE(journal.entries(), QStringList{u"early"_s});
    QVERIFY(runWith(reader, [](Reader &r) { r.pipe.feed("late"); }));
    QTRY_COMPARE(journal.entries(), (QStringList{u"early"_s, u"late"_s}));
    QVERIFY(settle(reader));
    QCOMPARE(journal.entries().size(), 2);
}

void tst_InputDevices::aCoroutineKeepsItsBytes()
{
    Journal journal;
    Awaited<void> awaited;
    Scoped<Reader> reader(&journal, with([&](Reader &r) {
        r.awaited = awaited.future;
        r.addInput(&r.pipe, &Reader::onBytesSlowly);
        r.pipe.feed("first");
    }));
    QVERIFY(settle(Scoped<Client>(&journal)));
    awaited.finish();
    QTRY_COMPARE(journal.entries(), QStringList{u"first"_s});
}

void tst_InputDevices::bytesComeInChunks()
{
    const QByteArray all = pattern(3 * Chunk + 100);
    Journal journal;
    QByteArray read;
    Scoped<Reader> reader(&journal, with([&](Reader &r) {
        r.pipe.feed(all);
        r.addInput(&r.pipe, [&](const QByteArray &bytes) {
            read += bytes;
            r.note(QString::number(bytes.size()));
        });
    }));
    const QString full = QString::number(Chunk);
    QTRY_COMPARE(journal.entries(), (QStringList{full, full, full, u"100"_s}));
    QVERIFY(settle(reader));
    QVERIFY(read == all);
}

void tst_InputDevices::bytesThatAreLeftWaitForMore()
{
    Journal journal;
    Scoped<Reader> reader(&journal, with([](Reader &r) {
        r.pipe.feed("1");
        // A message of three bytes, which come one by one.
        r.addInput(&r.pipe, [&r](QIODevice *device) {
            r.note(QString::number(device->bytesAvailable()));
            if (device->bytesAvailable() == 3)
                r.onDevice(device);
        });
        r.addInput(ready, &Client::onNothing, 3); // others go on
    }));
    QTRY_COMPARE(journal.entries().count(u"nothing"_s), 3);
    QVERIFY(settle(reader));
    QCOMPARE(journal.entries().count(u"1"_s), 1);
    for (const char *byte : {"2", "3"}) {
        QVERIFY(runWith(reader, [byte](Reader &r) { r.pipe.feed(byte); }));
        QVERIFY(settle(reader));
    }
    QStringList entries = journal.entries();
    entries.removeAll(u"nothing"_s);
    QCOMPARE(entries, (QStringList{u"1"_s, u"2"_s, u"3"_s, u"123"_s}));
}

void tst_InputDevices::whoReadsAPartIsCalledAgain()
{
    Journal journal;
    Scoped<Reader> reader(&journal, with([](Reader &r) {
        r.pipe.feed("12345");
        r.addInput(&r.pipe, [&r](QIODevice *device) { r.onBytes(device->read(2)); });
    }));
    QTRY_COMPARE(journal.entries(), (QStringList{u"12"_s, u"34"_s, u"5"_s}));
}

void tst_InputDevices::whoReadsAPartAfterAwaitingIsCalledAgain()
{
    Journal journal;
    Scoped<Reader> reader(&journal, with([](Reader &r) {
        r.pipe.feed("12345");
        r.addInput(&r.pipe, [&r](QIODevice *device) -> QFuture<void> {
            co_await 1ms;
            r.onBytes(device->read(2));
        });
    }));
    QTRY_COMPARE(journal.entries(), (QStringList{u"12"_s, u"34"_s, u"5"_s}));
}

void tst_InputDevices::bytesWaitWhileTheActorIsBusy()
{
    Journal journal;
    Awaited<void> awaited;
    Scoped<Reader> reader(&journal, with([&](Reader &r) {
        r.awaited = awaited.future;
        r.addInput(&r.pipe, &Reader::onBytes);
        r.addInput(
                ready,
                [&r] {
                    r.pipe.feed("some, ");
                    r.pipe.feed("and more");
                    return r.waitAwhile();
                },
                1);
    }));
    QTRY_COMPARE(journal.entries(), QStringList{u"begins"_s});
    awaited.finish();
    QTRY_COMPARE(journal.entries(), (QStringList{u"begins"_s, u"ends"_s, u"some, and more"_s}));
}

void tst_InputDevices::aLimitIsKept()
{
    Journal journal;
    Scoped<Reader> reader(&journal, with([](Reader &r) {
        r.pipe.feed("123");
        const auto handler = [&r](QIODevice *device) { r.onBytes(device->read(1)); };
        r.inputs = {r.addInput(&r.pipe, handler, 2)};
        r.noteEnd()(r);
        if (!fails<Actorio::Error>([&] { r.addInput(&r.pipe, handler, 0); }))
            r.note(u"no error"_s);
    }));
    QTRY_COMPARE(journal.entries(), (QStringList{u"1"_s, u"2"_s, u"end"_s}));
    QVERIFY(runWith(reader, [](Reader &r) { r.pipe.feed("4"); }));
    QVERIFY(settle(reader));
    QVERIFY(runWith(reader, &Reader::onReady)); // nobody else has read it
    QCOMPARE(journal.entries().mid(3), QStringList{u"34"_s});
}

void tst_InputDevices::aDeviceAndTheInboxTakeTurns()
{
    constexpr int count = 100;
    Journal journal;
    Scoped<Reader> reader({.on = Actorio::dedicatedThread()}, &journal);
    Gate gate;
    reader.tell(Do{with([&, door = gate.door()](Reader &r) {
        r.pipe.feed(QByteArray(count, 'b'));
        r.addInput(&r.pipe, [&r](QIODevice *device) { r.onBytes(device->read(1)); });
        door->pass();
    })});
    QVERIFY(gate.isReached());
    for (int i = 0; i < count; ++i)
        reader.tell(Do{[](Client &c) { c.note(u"m"_s); }});
    gate.open();
    QTRY_COMPARE(journal.entries().size(), 2 * count);
    const QString all = journal.entries().join(QString());
    QVERIFY2(!all.chopped(4).contains(u"bbb"_s) && !all.chopped(4).contains(u"mmm"_s),
             qPrintable(all));
}

void tst_InputDevices::aBufferIsHeard()
{
    Journal journal;
    auto buffer = std::make_unique<QBuffer>(); // an actor may own it as it likes
    Scoped<Reader> reader(&journal);
    QVERIFY(runWith(reader, [&](Reader &r) {
        buffer = std::make_unique<QBuffer>();
        buffer->setData("there");
        buffer->open(QIODevice::ReadOnly);
        r.inputs = {r.addInput(buffer.get(), &Reader::onBytes)};
        r.noteEnd()(r);
    }));
    QTRY_COMPARE(journal.entries(), QStringList{u"there"_s});
    QVERIFY(settle(reader));
    QVERIFY(runWith(reader, [&](Reader &) { buffer.reset(); }));
    QTRY_COMPARE(journal.entries().size(), 2);
    QVERIFY(journal.entries()[1].startsWith(u"end"_s));
}

void tst_InputDevices::aFileEndsAtItsEnd_data()
{
    QTest::addColumn<qsizetype>("size");
    QTest::newRow("empty") << qsizetype(0);
    QTest::newRow("small") << qsizetype(5);
    QTest::newRow("a chunk") << Chunk;
    QTest::newRow("large") << 5 * Chunk + 1;
}

void tst_InputDevices::aFileEndsAtItsEnd()
{
    QFETCH(const qsizetype, size);
    const QByteArray content = pattern(size);
    QTemporaryDir dir;
    const QString path = dir.filePath(u"file"_s);
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(content), size);
    file.close();
    Journal journal;
    QByteArray read;
    Scoped<Reader> reader(&journal, with([&](Reader &r) {
        auto *const device = new QFile(path, &r);
        device->open(QIODevice::ReadOnly);
        r.inputs = {r.addInput(device, [&](const QByteArray &bytes) { read += bytes; })};
        r.noteEnd()(r);
    }));
    QTRY_COMPARE(journal.entries(), QStringList{u"end"_s});
    QVERIFY(runWith(reader,
                    [](Reader &r) { r.note(r.inputs[0].isActive() ? u"active"_s : u"not"_s); }));
    QCOMPARE(journal.entries().last(), u"not"_s);
    QVERIFY(read == content);
}

void tst_InputDevices::theEndComesWhenAllIsRead()
{
    Journal journal;
    Scoped<Reader> reader(&journal, with([](Reader &r) {
        r.inputs = {r.addInput(&r.pipe, [&r](QIODevice *device) { r.onBytes(device->read(1)); })};
        r.noteEnd()(r);
    }));
    QVERIFY(runWith(reader, [](Reader &r) {
        r.pipe.feed("123");
        r.pipe.fail(u": the line is dead"_s);
        r.pipe.endOfStream();
        r.pipe.endOfStream();
    }));
    QTRY_COMPARE(journal.entries(),
                 (QStringList{u"1"_s, u"2"_s, u"3"_s, u"end: the line is dead"_s}));
    QVERIFY(runWith(reader, [](Reader &r) { r.pipe.endOfStream(); }));
    QVERIFY(settle(reader));
    QCOMPARE(journal.entries().size(), 4);
}

void tst_InputDevices::aClosedDeviceEnds()
{
    Journal journal;
    Scoped<Reader> reader(&journal, with([](Reader &r) {
        r.inputs = {r.addInput(&r.pipe, &Reader::onBytes)};
        r.noteEnd()(r);
    }));
    QVERIFY(runWith(reader, [](Reader &r) {
        r.pipe.close();
        r.pipe.open(QIODevice::ReadOnly); // is another matter
        r.pipe.feed("more");
    }));
    QTRY_COMPARE(journal.entries(), QStringList{u"end"_s});
    QVERIFY(settle(reader));
    QCOMPARE(journal.entries().size(), 1);
}

void tst_InputDevices::aDestroyedDeviceEnds()
{
    Journal journal;
    Scoped<Reader> reader(&journal);
    QVERIFY(runWith(reader, [](Reader &r) {
        auto *const pipe = new Pipe(&r);
        pipe->feed("lost");
        r.inputs = {r.addInput(pipe, &Reader::onBytes)};
        r.noteEnd()(r);
        delete pipe;
    }));
    QTRY_COMPARE(journal.entries(), QStringList{u"endThe device was destroyed"_s});
    QVERIFY(settle(reader));
    QCOMPARE(journal.entries().size(), 1);
}

void tst_InputDevices::aHandlerMayEndItsDevice_data()
{
    QTest::addColumn<std::function<void(Pipe *)>>("finish");
    using Finish = std::function<void(Pipe *)>;
    QTest::newRow("deleted") << Finish([](Pipe *pipe) { delete pipe; });
    QTest::newRow("deleted later") << Finish([](Pipe *pipe) { pipe->deleteLater(); });
    QTest::newRow("closed") << Finish([](Pipe *pipe) { pipe->close(); });
}

void tst_InputDevices::aHandlerMayEndItsDevice()
{
    QFETCH(const std::function<void(Pipe *)>, finish);
    Journal journal;
    Scoped<Reader> reader(&journal);
    const auto add = [&](const std::function<void(Reader &, Pipe *)> &addTo) {
        return runWith(reader, [&, addTo](Reader &r) {
            auto *const pipe = new Pipe(&r);
            pipe->feed("bytes");
            addTo(r, pipe);
            r.noteEnd()(r);
        });
    };
    const auto heard = [&](int count) {
        return waitUntil([&] { return journal.entries().size() >= count; }) && settle(reader)
                && journal.entries().size() == count
                && journal.entries().last().startsWith(u"end"_s);
    };
    QVERIFY(add([&](Reader &r, Pipe *pipe) {
        r.inputs = {r.addInput(pipe, [&r, pipe, finish](const QByteArray &bytes) {
            r.onBytes(bytes);
            finish(pipe);
        })};
    }));
    QVERIFY(heard(2));
    QVERIFY(add([&](Reader &r, Pipe *pipe) {
        r.inputs = {r.addInput(pipe, [&r, finish](Pipe *self) {
            r.onBytes(self->readAll());
            finish(self);
        })};
    }));
    QVERIFY(heard(4));
    QVERIFY(add([&](Reader &r, Pipe *pipe) {
        r.inputs = {r.addInput(pipe, [&r, pipe, finish](const QByteArray &) -> QFuture<void> {
            finish(pipe);
            co_await 1ms;
            r.note(u"bytes"_s);
        })};
    }));
    QVERIFY(heard(6));
}

void tst_InputDevices::aDeviceThatHasEndedIsNotRead()
{
    Journal journal;
    Awaited<void> awaited;
    Scoped<Reader> reader(&journal, with([&](Reader &r) {
        r.awaited = awaited.future;
        auto *const pipe = new Pipe(&r);
        r.addInput(ready, &Client::waitAwhile, 1);
        r.inputs = {r.addInput(pipe, &Reader::onBytes)};
        r.noteEnd()(r);
        pipe->feed("lost");
        pipe->deleteLater(); // while the actor waits
        connect(
                pipe, &QObject::destroyed, &r, [&r] { r.note(u"destroyed"_s); },
                Qt::DirectConnection);
    }));
    QTRY_COMPARE(journal.entries(), (QStringList{u"begins"_s, u"destroyed"_s}));
    awaited.finish();
    QTRY_COMPARE(journal.entries().size(), 4);
    QCOMPARE(journal.entries().mid(2), (QStringList{u"ends"_s, u"endThe device was destroyed"_s}));
}

void tst_InputDevices::aDeviceSurvivesItsInput()
{
    Journal journal;
    Scoped<Reader> reader(&journal, with([](Reader &r) {
        r.inputs = {r.addInput(&r.pipe, &Reader::onBytes)};
        r.noteEnd()(r);
        r.pipe.feed("1");
        r.inputs[0].cancel();
    }));
    QVERIFY(runWith(reader, [](Reader &r) { r.pipe.feed("2"); }));
    QVERIFY(settle(reader));
    QCOMPARE(journal.entries(), QStringList());
    QVERIFY(runWith(reader, [](Reader &r) { r.addInput(&r.pipe, &Reader::onBytes); }));
    QTRY_COMPARE(journal.entries(), QStringList{u"12"_s});
}

void tst_InputDevices::nothingIsReadOnceTheActorStops()
{
    Journal journal;
    const auto feed = [](Client &c) { static_cast<Reader &>(c).pipe.feed("bytes"); };
    const auto reader = Actorio::spawn<Reader>(&journal, with([&](Reader &r) {
        r.addInput(&r.pipe, [&r](const QByteArray &bytes) {
            r.onBytes(bytes);
            r.pipe.feed("more");
            r.stop();
        });
        feed(r);
    }),
                                               feed);
    QCOMPARE(waitForEnd(reader.terminated()).kind(), StopReason::Stopped);
    QCOMPARE(journal.entries(), QStringList{u"bytes"_s});
}

void tst_InputDevices::aDeviceOfAnotherThreadIsRefused()
{
    Journal journal;
    QBuffer buffer;
    Scoped<Reader> reader(&journal);
    QVERIFY(runWith(reader, [&](Reader &r) {
        r.note(errorOf<Actorio::Error>([&] { r.addInput(&buffer, &Reader::onBytes); }));
    }));
    const QString text = journal.entries().value(0);
    QVERIFY2(text.contains(u"QBuffer"_s) && text.contains(u"thread"_s), qPrintable(text));
}

void tst_InputDevices::nullIsRefused()
{
    Journal journal;
    Scoped<Reader> reader(&journal);
    QVERIFY(runWith(reader, [](Reader &r) {
        for (const auto &add : std::initializer_list<std::function<void()>>{
                     [&r] { r.addInput(static_cast<QTcpSocket *>(nullptr), &Reader::onBytes); },
                     [&r] { r.addInput(static_cast<QIODevice *>(nullptr), &Reader::onDevice); }})
            r.note(errorOf<Actorio::Error>(add));
    }));
    for (const QString &text : journal.entries())
        QVERIFY2(text.contains(u"null"_s), qPrintable(text));
}

template<class Pair>
void tst_InputDevices::aSocketIsHeard()
{
    Pair pair;
    QVERIFY(pair.listen());
    Journal journal;
    Scoped<Reader> reader(&journal, with([connectTo = pair.connectTo()](Reader &r) {
        auto *const socket = new typename Pair::Socket(&r);
        r.inputs = {r.addInput(socket, [&r, socket](const QByteArray &bytes) {
            r.onBytes(bytes);
            socket->write(bytes);
        })};
        r.noteEnd()(r);
        connectTo(*socket);
    }));
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
    QVERIFY(settle(reader));
    QCOMPARE(journal.entries().size(), 3);
}

template<class Pair>
void tst_InputDevices::aSocketThatWasClosedIsReadToItsEnd()
{
    const QByteArray all = pattern(2 * Chunk + 1);
    Pair pair;
    QVERIFY(pair.listen());
    Journal journal;
    QByteArray read;
    typename Pair::Socket *socket = nullptr;
    Scoped<Reader> reader(&journal, with([&, connectTo = pair.connectTo()](Reader &r) {
        socket = new typename Pair::Socket(&r);
        connect(socket, &QIODevice::readChannelFinished, &r, [&r] { r.note(u"closed"_s); });
        connectTo(*socket);
    }));
    const auto peer = pair.accept();
    QVERIFY(peer);
    peer->write(all);
    Pair::disconnect(*peer);
    QTRY_COMPARE(journal.entries(), QStringList{u"closed"_s});
    // Only now: the other side has gone, and will not say so again.
    QVERIFY(runWith(reader, [&](Reader &r) {
        r.inputs = {r.addInput(socket, [&](const QByteArray &bytes) { read += bytes; })};
        r.noteEnd()(r);
    }));
    QTRY_COMPARE(journal.entries().size(), 2);
    QVERIFY(settle(reader));
    QCOMPARE(read.size(), all.size());
    QVERIFY(read == all);
}

template<class Pair>
void tst_InputDevices::aFloodIsBounded()
{
    constexpr qsizetype total = 16 * 1024 * 1024;
    const QByteArray all = pattern(total);
    Pair pair;
    QVERIFY(pair.listen());
    Journal journal;
    std::atomic<qint64> most = 0;
    std::atomic<bool> isSame = true;
    Scoped<Reader> reader(&journal, with([&, connectTo = pair.connectTo()](Reader &r) {
        auto *const socket = new typename Pair::Socket(&r);
        r.inputs = {
                r.addInput(socket, [&, socket, at = qsizetype(0)](const QByteArray &bytes) mutable {
                    most = std::max(most.load(), socket->bytesAvailable() + bytes.size());
                    isSame = isSame && std::equal(bytes.begin(), bytes.end(), all.begin() + at);
                    at += bytes.size();
                    std::this_thread::sleep_for(1ms); // a slow reader
                    if (at == total)
                        r.note(u"all"_s);
                })};
        r.noteEnd()(r);
        connectTo(*socket);
        r.note(QString::number(socket->readBufferSize()));
    }));
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

void tst_InputDevices::aLimitOfTheUsersIsKept()
{
    Journal journal;
    Scoped<Reader> reader(&journal, with([](Reader &r) {
        auto *const socket = new QTcpSocket(&r);
        socket->setReadBufferSize(1000);
        r.addInput(socket, &Reader::onBytes);
        r.note(QString::number(socket->readBufferSize()));
    }));
    QTRY_COMPARE(journal.entries(), QStringList{u"1000"_s});
}

void tst_InputDevices::aProcessIsHeard_data()
{
    QTest::addColumn<bool>("isLate"); // added when it has finished
    QTest::newRow("before it starts") << false;
    QTest::newRow("when it has finished") << true;
}

void tst_InputDevices::aProcessIsHeard()
{
    QFETCH(const bool, isLate);
    const QByteArray input = pattern(300'000); // more than a pipe takes
    Journal journal;
    QByteArray read;
    QProcess *process = nullptr;
    const WithReader add = [&](Reader &r) {
        r.inputs = {r.addInput(process, [&](const QByteArray &bytes) { read += bytes; })};
        r.noteEnd()(r);
    };
    Scoped<Reader> reader(&journal, with([&](Reader &r) {
        process = new QProcess(&r);
        connect(process, &QProcess::finished, &r, [&r] { r.note(u"finished"_s); });
        if (!isLate)
            add(r);
        process->start(u"cat"_s, QStringList());
        process->write(input);
        process->closeWriteChannel();
    }));
    if (isLate) {
        QTRY_COMPARE(journal.entries(), QStringList{u"finished"_s});
        QVERIFY(runWith(reader, add));
    }
    QTRY_COMPARE(sorted(journal.entries()), (QStringList{u"end"_s, u"finished"_s}));
    QVERIFY(settle(reader));
    QCOMPARE(read.size(), input.size());
    QVERIFY(read == input);
}

QTEST_GUILESS_MAIN(tst_InputDevices)

#include "tst_input_devices.moc"
