// SPDX-License-Identifier: MIT
// What an actor hears of devices.
#include "gate.h"
#include "devices.h"
#include "listening.h"

#include <QtCore/QBuffer>
#include <QtCore/QFile>
#include <QtTest/QTest>

#include <memory>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::Scoped;

namespace {

constexpr qsizetype Chunk = 64 * 1024;

// Its states are not those of sockets and processes.
class Meter : public Pipe
{
public:
    using Pipe::Pipe;
    enum State { Idle, Measuring };
    State state() const { return Idle; }
};

} // namespace

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

    void whoGivesNothingIsNotAskedAgainAndAgain();
    void aStateOfItsOwnIsNoEnd();
    void aBufferIsHeard();
    void aDeviceOfAnotherThreadIsRefused();
    void nullIsRefused();
};

void tst_InputDevices::aHandlerReadsInAnyForm_data()
{
    QTest::addColumn<Do>("add");
    const auto row = [](const char *name, const Do &add) { QTest::newRow(name) << add; };
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
    QFETCH(const Do, add);
    Journal journal;
    Scoped<Reader> reader(&journal, [&](Reader &r) {
        r.pipe.feed("early"); // is there already
        add(r);
    });
    QTRY_COMPARE(journal.entries(), QStringList{u"early"_s});
    run(reader, [](Reader &r) { r.pipe.feed("late"); });
    QTRY_COMPARE(journal.entries(), (QStringList{u"early"_s, u"late"_s}));
    settle(reader);
    QCOMPARE(journal.entries().size(), 2);
}

void tst_InputDevices::aCoroutineKeepsItsBytes()
{
    Journal journal;
    Awaited<void> awaited;
    Scoped<Reader> reader(&journal, [&](Reader &r) {
        r.awaited = awaited.future;
        r.addInput(&r.pipe, &Reader::onBytesSlowly);
        r.pipe.feed("first");
    });
    settle(Scoped<Client>(&journal));
    awaited.finish();
    QTRY_COMPARE(journal.entries(), QStringList{u"first"_s});
}

void tst_InputDevices::bytesComeInChunks()
{
    const QByteArray all = pattern(3 * Chunk + 100);
    Journal journal;
    QByteArray read;
    Scoped<Reader> reader(&journal, [&](Reader &r) {
        r.pipe.feed(all);
        r.addInput(&r.pipe, [&](const QByteArray &bytes) {
            read += bytes;
            r.note(QString::number(bytes.size()));
        });
    });
    const QString full = QString::number(Chunk);
    QTRY_COMPARE(journal.entries(), (QStringList{full, full, full, u"100"_s}));
    settle(reader);
    QVERIFY(read == all);
}

void tst_InputDevices::bytesThatAreLeftWaitForMore()
{
    Journal journal;
    Scoped<Reader> reader(&journal, [](Reader &r) {
        r.pipe.feed("1");
        // A message of three bytes, which come one by one.
        r.addInput(&r.pipe, [&r](QIODevice *device) {
            r.note(QString::number(device->bytesAvailable()));
            if (device->bytesAvailable() == 3)
                r.onDevice(device);
        });
        r.addInput(ready, &Client::onNothing, 3); // others go on
    });
    QTRY_COMPARE(journal.entries().count(u"nothing"_s), 3);
    settle(reader);
    QCOMPARE(journal.entries().count(u"1"_s), 1);
    for (const char *byte : {"2", "3"}) {
        run(reader, [byte](Reader &r) { r.pipe.feed(byte); });
        settle(reader);
    }
    QStringList entries = journal.entries();
    entries.removeAll(u"nothing"_s);
    QCOMPARE(entries, (QStringList{u"1"_s, u"2"_s, u"3"_s, u"123"_s}));
}

void tst_InputDevices::whoReadsAPartIsCalledAgain()
{
    Journal journal;
    Scoped<Reader> reader(&journal, [](Reader &r) {
        r.pipe.feed("12345");
        r.addInput(&r.pipe, [&r](QIODevice *device) { r.onBytes(device->read(2)); });
    });
    QTRY_COMPARE(journal.entries(), (QStringList{u"12"_s, u"34"_s, u"5"_s}));
}

void tst_InputDevices::whoReadsAPartAfterAwaitingIsCalledAgain()
{
    Journal journal;
    Scoped<Reader> reader(&journal, [](Reader &r) {
        r.pipe.feed("12345");
        r.addInput(&r.pipe, [&r](QIODevice *device) -> QFuture<void> {
            co_await 1ms;
            r.onBytes(device->read(2));
        });
    });
    QTRY_COMPARE(journal.entries(), (QStringList{u"12"_s, u"34"_s, u"5"_s}));
}

void tst_InputDevices::bytesWaitWhileTheActorIsBusy()
{
    Journal journal;
    Awaited<void> awaited;
    Scoped<Reader> reader(&journal, [&](Reader &r) {
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
    });
    QTRY_COMPARE(journal.entries(), QStringList{u"begins"_s});
    awaited.finish();
    QTRY_COMPARE(journal.entries(), (QStringList{u"begins"_s, u"ends"_s, u"some, and more"_s}));
}

void tst_InputDevices::aLimitIsKept()
{
    Journal journal;
    Scoped<Reader> reader(&journal, [](Reader &r) {
        r.pipe.feed("123");
        const auto handler = [&r](QIODevice *device) { r.onBytes(device->read(1)); };
        r.inputs = {r.addInput(&r.pipe, handler, 2)};
        r.noteEnd();
        if (!fails<Actorio::Error>([&] { r.addInput(&r.pipe, handler, 0); }))
            r.note(u"no error"_s);
    });
    QTRY_COMPARE(journal.entries(), (QStringList{u"1"_s, u"2"_s, u"end"_s}));
    run(reader, [](Reader &r) { r.pipe.feed("4"); });
    settle(reader);
    run(reader, [](Reader &r) { r.onReady(); }); // nobody else has read it
    QCOMPARE(journal.entries().mid(3), QStringList{u"34"_s});
}

void tst_InputDevices::aDeviceAndTheInboxTakeTurns()
{
    constexpr int count = 100;
    Journal journal;
    Scoped<Reader> reader({.on = Actorio::dedicatedThread()}, &journal);
    Gate gate;
    reader.tell(Do{[&, door = gate.door()](Reader &r) {
        r.pipe.feed(QByteArray(count, 'b'));
        r.addInput(&r.pipe, [&r](QIODevice *device) { r.onBytes(device->read(1)); });
        door->pass();
    }});
    QVERIFY(gate.isReached());
    for (int i = 0; i < count; ++i)
        reader.tell(Do{[](Client &c) { c.note(u"m"_s); }});
    gate.open();
    QTRY_COMPARE(journal.entries().size(), 2 * count);
    const QString all = journal.entries().join(QString());
    QVERIFY2(!all.chopped(4).contains(u"bbb"_s) && !all.chopped(4).contains(u"mmm"_s),
             qPrintable(all));
}

void tst_InputDevices::whoGivesNothingIsNotAskedAgainAndAgain()
{
    Journal journal;
    BrokenPipe *pipe = nullptr;
    Scoped<Client> client(&journal, [&](Client &c) {
        pipe = new BrokenPipe(&c);
        pipe->result = BrokenPipe::GivesNothing;
        pipe->feed("12");
        c.inputs = {c.addInput(pipe, &Client::onBytes, 1)};
        c.noteEnd();
    });
    settle(client);
    run(client, [&](Client &c) { c.note(QString::number(pipe->reads)); });
    const QStringList once = {u"1"_s}; // and the handler has not been called
    QCOMPARE(journal.entries(), once);
    run(client, [&](Client &) {
        pipe->result = BrokenPipe::Works;
        pipe->feed("3");
    });
    QTRY_COMPARE(journal.entries(), once + QStringList({u"123"_s, u"end"_s}));
}

void tst_InputDevices::aStateOfItsOwnIsNoEnd()
{
    Journal journal;
    Meter *meter = nullptr;
    Scoped<Client> client(&journal, [&](Client &c) {
        meter = new Meter(&c);
        c.inputs = {c.addInput(meter, &Client::onBytes)};
        c.noteEnd();
    });
    settle(client);
    run(client, [&](Client &) { meter->feed("1"); });
    QTRY_COMPARE(journal.entries(), QStringList{u"1"_s});
    settle(client);
    QCOMPARE(journal.entries().size(), 1);
}

void tst_InputDevices::aBufferIsHeard()
{
    Journal journal;
    auto buffer = std::make_unique<QBuffer>(); // an actor may own it as it likes
    Scoped<Reader> reader(&journal);
    run(reader, [&](Reader &r) {
        buffer = std::make_unique<QBuffer>();
        buffer->setData("there");
        buffer->open(QIODevice::ReadOnly);
        r.inputs = {r.addInput(buffer.get(), &Reader::onBytes)};
        r.noteEnd();
    });
    QTRY_COMPARE(journal.entries(), QStringList{u"there"_s});
    settle(reader);
    run(reader, [&](Reader &) { buffer.reset(); });
    QTRY_COMPARE(journal.entries().size(), 2);
    QVERIFY(journal.entries()[1].startsWith(u"end"_s));
}

void tst_InputDevices::aDeviceOfAnotherThreadIsRefused()
{
    Journal journal;
    QBuffer buffer;
    Scoped<Reader> reader(&journal);
    run(reader, [&](Reader &r) {
        r.note(errorOf<Actorio::Error>([&] { r.addInput(&buffer, &Reader::onBytes); }));
    });
    const QString text = journal.entries().value(0);
    QVERIFY2(text.contains(u"QBuffer"_s) && text.contains(u"thread"_s), qPrintable(text));
}

void tst_InputDevices::nullIsRefused()
{
    Journal journal;
    Scoped<Reader> reader(&journal);
    run(reader, [](Reader &r) {
        for (const auto &add : std::initializer_list<std::function<void()>>{
                     [&r] { r.addInput(static_cast<QFile *>(nullptr), &Reader::onBytes); },
                     [&r] { r.addInput(static_cast<QIODevice *>(nullptr), &Reader::onDevice); }})
            r.note(errorOf<Actorio::Error>(add));
    });
    for (const QString &text : journal.entries())
        QVERIFY2(text.contains(u"null"_s), qPrintable(text));
}

QTEST_GUILESS_MAIN(tst_InputDevices)

#include "tst_input_devices.moc"
