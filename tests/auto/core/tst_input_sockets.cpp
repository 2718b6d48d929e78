// SPDX-License-Identifier: MIT
// What an actor hears of sockets and processes.
#include "devices.h"
#include "listening.h"
#include "sockets.h"

#include <QtCore/QProcess>
#include <QtNetwork/QTcpSocket>
#include <QtTest/QTest>

#include <algorithm>
#include <atomic>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::Scoped;

namespace {

constexpr qsizetype Chunk = 64 * 1024;

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
    void aFloodIsBoundedByTcp_data() { inBothForms(); }
    void aFloodIsBoundedByTcp() { aFloodIsBounded<Tcp>(); }
    void aFloodIsBoundedByALocalSocket_data() { inBothForms(); }
    void aFloodIsBoundedByALocalSocket() { aFloodIsBounded<Local>(); }
    void aTcpMessageLargerThanTheBuffer() { aMessageLargerThanTheBuffer<Tcp>(); }
    void aLocalMessageLargerThanTheBuffer() { aMessageLargerThanTheBuffer<Local>(); }
    void aLimitOfTheUsersIsKept();
    void aSocketGivenAsAnyDevice();
    // The last: ThreadSanitizer allows no new thread after a fork.
    void aProcessIsHeard_data();
    void aProcessIsHeard();

private:
    static void inBothForms();
    template<class Pair>
    void aSocketIsHeard();
    template<class Pair>
    void aSocketThatWasClosedIsReadToItsEnd();
    template<class Pair>
    void aFloodIsBounded();
    template<class Pair>
    void aMessageLargerThanTheBuffer();
};

void tst_InputSockets::inBothForms()
{
    QTest::addColumn<bool>("readsItself");
    QTest::newRow("takes bytes") << false;
    QTest::newRow("takes the device") << true;
}

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
    const QStringList expected = {u"ping"_s, u"pong"_s, u"end"_s};
    QTRY_COMPARE(journal.entries(), expected);
    settle(client);
    QCOMPARE(journal.entries(), expected);
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
    QFETCH(const bool, readsItself);
    constexpr qsizetype total = 16 * 1024 * 1024;
    const QByteArray all = pattern(total);
    Pair pair;
    QVERIFY(pair.listen());
    Journal journal;
    std::atomic<qint64> most = 0;
    std::atomic<bool> isSame = true;
    Scoped<Client> client(&journal, [&, connectTo = pair.connectTo()](Client &c) {
        using Socket = typename Pair::Socket;
        auto *const socket = new Socket(&c);
        const auto note = [&c, socket] { c.note(QString::number(socket->readBufferSize())); };
        auto take = [&, note, socket, at = qsizetype(0)](const QByteArray &bytes) mutable {
            most = std::max(most.load(), socket->bytesAvailable() + bytes.size());
            isSame = isSame && std::equal(bytes.begin(), bytes.end(), all.begin() + at);
            at += bytes.size();
            std::this_thread::sleep_for(1ms); // a slow reader
            if (at == total)
                note();
        };
        if (readsItself) {
            c.inputs = {c.addInput(socket, [take](Socket *s) mutable { take(s->read(Chunk)); })};
        } else {
            c.inputs = {c.addInput(socket, take)};
        }
        c.noteEnd();
        connectTo(*socket);
        note();
    });
    const auto peer = pair.accept();
    QVERIFY(peer);
    peer->write(all);
    Pair::disconnect(*peer);
    QTRY_COMPARE_WITH_TIMEOUT(journal.entries().size(), 3, 60'000);
    QCOMPARE(journal.entries()[1], journal.entries()[0]);
    QCOMPARE(journal.entries()[2], u"end"_s);
    QVERIFY(isSame);
    const qint64 limit = journal.entries()[0].toLongLong();
    QVERIFY(limit >= Chunk && limit <= 1024 * 1024);
    QVERIFY2(most <= limit + Chunk, QByteArray::number(most.load()).constData());
}

// The limit is the library's. Who needs more says so by what it leaves.
template<class Pair>
void tst_InputSockets::aMessageLargerThanTheBuffer()
{
    constexpr qsizetype size = 1'000'000;
    const QByteArray message = pattern(size);
    Pair pair;
    QVERIFY(pair.listen());
    Journal journal;
    Scoped<Client> client(&journal, [&, connectTo = pair.connectTo()](Client &c) {
        using Socket = typename Pair::Socket;
        auto *const socket = new Socket(&c);
        c.addInput(socket, [&](Socket *s) {
            if (s->bytesAvailable() < size)
                return;
            c.note(s->read(size) == message ? u"message"_s : u"something else"_s);
        });
        connectTo(*socket);
    });
    const auto peer = pair.accept();
    QVERIFY(peer);
    for (int i = 1; i <= 2; ++i) {
        peer->write(message);
        QTRY_COMPARE(journal.entries().count(u"message"_s), i);
    }
    QCOMPARE(journal.entries().size(), 2);
}

void tst_InputSockets::aLimitOfTheUsersIsKept()
{
    Tcp pair;
    QVERIFY(pair.listen());
    Journal journal;
    Scoped<Client> client(&journal, [connectTo = pair.connectTo()](Client &c) {
        auto *const socket = new QTcpSocket(&c);
        socket->setReadBufferSize(1000);
        c.addInput(socket, [&c, socket] {
            if (socket->bytesAvailable() < 1000) // it waits for them, and for more
                return;
            c.addTimer(Actorio::once(0ms), [&c, socket] {
                c.note(QString::number(socket->readBufferSize()));
                c.note(QString::number(socket->bytesAvailable()));
            });
        });
        connectTo(*socket);
    });
    const auto peer = pair.accept();
    QVERIFY(peer);
    peer->write(QByteArray(5000, 'x'));
    QTRY_COMPARE(journal.entries(), (QStringList{u"1000"_s, u"1000"_s}));
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
