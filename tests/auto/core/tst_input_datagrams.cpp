// SPDX-License-Identifier: MIT
// What an actor hears of a QUdpSocket: a datagram at a time.
#include "listening.h"

#include <QtNetwork/QHostAddress>
#include <QtNetwork/QNetworkDatagram>
#include <QtNetwork/QUdpSocket>
#include <QtTest/QTest>

#include <atomic>
#include <chrono>

using namespace Qt::StringLiterals;
using Actorio::Scoped;

namespace {

// Has a socket, and says which port it has.
class Station : public Client
{
public:
    using Client::Client;

    void onSocket(QUdpSocket *from)
    {
        while (from->hasPendingDatagrams())
            onBytes(from->receiveDatagram().data());
    }
    void onReady() { onSocket(&socket); }
    QFuture<void> onBytesSlowly(const QByteArray &bytes)
    {
        note(u"begins"_s);
        co_await awaited;
        onBytes(bytes);
    }

    QUdpSocket socket{this};
};

// Where it can be reached once it is bound; then it does `add`.
quint16 bound(const Actorio::ActorRef<Station> &station, const Do &add)
{
    std::atomic<quint16> port = 0;
    run(station, [&](Station &s) {
        s.socket.bind(QHostAddress(QHostAddress::LocalHost));
        port = s.socket.localPort();
        if (add)
            add(s);
    });
    return port;
}

void send(quint16 port, const QList<QByteArray> &datagrams)
{
    QUdpSocket socket;
    for (const QByteArray &datagram : datagrams)
        QCOMPARE(socket.writeDatagram(datagram, QHostAddress(QHostAddress::LocalHost), port),
                 datagram.size());
}

} // namespace

class tst_InputDatagrams : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void aHandlerReadsInAnyForm_data();
    void aHandlerReadsInAnyForm();
    void thoseThatWaitCount_data() { aHandlerReadsInAnyForm_data(); }
    void thoseThatWaitCount();
    void aSocketThatIsBoundLater();
    void eachIsOneCall();
    void anEmptyOne();
    void oneThatIsLeftIsNotAskedForAgain();
    void whoReadsOneIsCalledAgain();
    void theyWaitWhileTheActorIsBusy();
    void aLimitIsKept();
    void aClosedSocketEnds();
};

void tst_InputDatagrams::aHandlerReadsInAnyForm_data()
{
    QTest::addColumn<Do>("add");
    const auto row = [](const char *name, const Do &add) { QTest::newRow(name) << add; };
    row("bytes", [](Station &s) { s.addInput(&s.socket, &Station::onBytes); });
    row("socket", [](Station &s) { s.addInput(&s.socket, &Station::onSocket); });
    row("nothing", [](Station &s) { s.addInput(&s.socket, &Station::onReady); });
}

void tst_InputDatagrams::aHandlerReadsInAnyForm()
{
    QFETCH(const Do, add);
    Journal journal;
    Scoped<Station> station(&journal);
    const quint16 port = bound(station, add);
    QStringList expected;
    for (const char *datagram : {"one", "two", "three"}) {
        send(port, {datagram});
        expected += QString::fromLatin1(datagram);
        QTRY_COMPARE(journal.entries(), expected);
    }
    settle(station);
    QCOMPARE(journal.entries(), expected);
}

void tst_InputDatagrams::thoseThatWaitCount()
{
    QFETCH(const Do, add);
    Journal journal;
    Scoped<Station> station(&journal);
    // They are there before anybody listens, and the event loop has said so already.
    bound(station, [add](Station &s) {
        const auto addLater = [&s, add] {
            s.addTimer(Actorio::once(std::chrono::milliseconds(0)), [&s, add] { add(s); });
        };
        QObject::connect(&s.socket, &QUdpSocket::readyRead, &s, addLater, Qt::SingleShotConnection);
        send(s.socket.localPort(), {"one", "two"});
    });
    QTRY_COMPARE(journal.entries(), (QStringList{u"one"_s, u"two"_s}));
}

void tst_InputDatagrams::aSocketThatIsBoundLater()
{
    Journal journal;
    Scoped<Station> station(&journal, [](Station &s) { s.addInput(&s.socket, &Station::onBytes); });
    settle(station);
    send(bound(station, {}), {"one"});
    QTRY_COMPARE(journal.entries(), QStringList{u"one"_s});
}

void tst_InputDatagrams::eachIsOneCall()
{
    Journal journal;
    Scoped<Station> station(&journal);
    bound(station, [](Station &s) {
        s.addInput(&s.socket,
                   [&s](const QByteArray &bytes) { s.note(QString::number(bytes.size())); });
        // Two that would be one chunk as a stream, and one that is larger than some buffers.
        send(s.socket.localPort(), {"one", "more", QByteArray(20'000, 'x')});
    });
    QTRY_COMPARE(journal.entries(), (QStringList{u"3"_s, u"4"_s, u"20000"_s}));
}

void tst_InputDatagrams::anEmptyOne()
{
    Journal journal;
    Scoped<Station> station(&journal);
    bound(station, [](Station &s) {
        s.addInput(&s.socket, &Station::onBytes);
        send(s.socket.localPort(), {"", "after", ""});
    });
    QTRY_COMPARE(journal.entries(), (QStringList{u""_s, u"after"_s, u""_s}));
    settle(station);
    QCOMPARE(journal.entries().size(), 3);
}

// Qt says nothing of the next datagram until one has been read.
void tst_InputDatagrams::oneThatIsLeftIsNotAskedForAgain()
{
    Journal journal;
    Scoped<Station> station(&journal);
    const quint16 port =
            bound(station, [](Station &s) { s.addInput(&s.socket, [&s] { s.note(u"call"_s); }); });
    settle(station); // else the first look may find it, and the event loop tells of it once more
    send(port, {"one"});
    QTRY_COMPARE(journal.entries(), QStringList{u"call"_s});
    settle(station);
    QCOMPARE(journal.entries(), QStringList{u"call"_s});
    run(station, [](Station &s) { s.onReady(); });
    send(port, {"two"});
    QTRY_COMPARE(journal.entries(), (QStringList{u"call"_s, u"one"_s, u"call"_s}));
}

void tst_InputDatagrams::whoReadsOneIsCalledAgain()
{
    Journal journal;
    Scoped<Station> station(&journal);
    bound(station, [](Station &s) {
        s.addInput(&s.socket,
                   [&s](QUdpSocket *socket) { s.onBytes(socket->receiveDatagram().data()); });
        send(s.socket.localPort(), {"one", "two", "", "four"});
    });
    QTRY_COMPARE(journal.entries(), (QStringList{u"one"_s, u"two"_s, u""_s, u"four"_s}));
}

void tst_InputDatagrams::theyWaitWhileTheActorIsBusy()
{
    Journal journal;
    Awaited<void> awaited;
    Scoped<Station> station(&journal);
    const quint16 port = bound(station, [&](Station &s) {
        s.awaited = awaited.future;
        s.addInput(&s.socket, &Station::onBytesSlowly);
    });
    send(port, {"one"});
    QTRY_COMPARE(journal.entries(), QStringList{u"begins"_s});
    send(port, {"two"});
    awaited.finish();
    QTRY_COMPARE(journal.entries(), (QStringList{u"begins"_s, u"one"_s, u"begins"_s, u"two"_s}));
}

void tst_InputDatagrams::aLimitIsKept()
{
    Journal journal;
    Scoped<Station> station(&journal);
    bound(station, [](Station &s) {
        s.inputs = {s.addInput(&s.socket, &Station::onBytes, 2)};
        s.noteEnd();
        send(s.socket.localPort(), {"one", "two", "three"});
    });
    QTRY_COMPARE(journal.entries(), (QStringList{u"one"_s, u"two"_s, u"end"_s}));
    run(station, [](Station &s) { s.onReady(); }); // nobody else has read it
    QCOMPARE(journal.entries().mid(3), QStringList{u"three"_s});
}

void tst_InputDatagrams::aClosedSocketEnds()
{
    Journal journal;
    Scoped<Station> station(&journal);
    bound(station, [](Station &s) {
        s.inputs = {s.addInput(&s.socket, &Station::onBytes)};
        s.noteEnd();
    });
    settle(station);
    run(station, [](Station &s) { s.socket.close(); });
    QTRY_COMPARE(journal.entries(), QStringList{u"end"_s});
    settle(station);
    QCOMPARE(journal.entries().size(), 1);
}

QTEST_GUILESS_MAIN(tst_InputDatagrams)

#include "tst_input_datagrams.moc"
