// SPDX-License-Identifier: MIT
// How a device's input ends: with its bytes, with the device, or with the actor.
#include "devices.h"
#include "listening.h"

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <functional>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::Scoped;
using Actorio::StopReason;

namespace {

constexpr qsizetype Chunk = 64 * 1024;

} // namespace

class tst_InputDevicesEnd : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void aFileEndsAtItsEnd_data();
    void aFileEndsAtItsEnd();
    void aFileThatIsNotOpen_data();
    void aFileThatIsNotOpen();
    void aFileThatIsOpenedByThenIsHeard();
    void aReadThatFails_data();
    void aReadThatFails();
    void theEndComesWhenAllIsRead();
    void aClosedDeviceEnds();
    void aDestroyedDeviceEnds();
    void aHandlerMayEndItsDevice_data();
    void aHandlerMayEndItsDevice();
    void aDeviceThatHasEndedIsNotRead();
    void aDeviceSurvivesItsInput();
    void nothingIsReadOnceTheActorStops();
};

void tst_InputDevicesEnd::aFileEndsAtItsEnd_data()
{
    QTest::addColumn<qsizetype>("size");
    QTest::newRow("empty") << qsizetype(0);
    QTest::newRow("small") << qsizetype(5);
    QTest::newRow("a chunk") << Chunk;
    QTest::newRow("large") << 5 * Chunk + 1;
}

void tst_InputDevicesEnd::aFileEndsAtItsEnd()
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
    Scoped<Reader> reader(&journal, [&](Reader &r) {
        auto *const device = new QFile(path, &r);
        device->open(QIODevice::ReadOnly);
        r.inputs = {r.addInput(device, [&](const QByteArray &bytes) { read += bytes; })};
        r.noteEnd();
    });
    QTRY_COMPARE(journal.entries(), QStringList{u"end"_s});
    run(reader, [](Reader &r) { r.note(r.inputs[0].isActive() ? u"active"_s : u"not"_s); });
    QCOMPARE(journal.entries().last(), u"not"_s);
    QVERIFY(read == content);
}

void tst_InputDevicesEnd::aFileThatIsNotOpen_data()
{
    QTest::addColumn<std::function<void(QFile *)>>("prepare");
    using Prepare = std::function<void(QFile *)>;
    QTest::newRow("never opened") << Prepare([](QFile *) {});
    QTest::newRow("not there") << Prepare([](QFile *file) {
        file->setFileName(u"/there/is/no/such/file"_s);
        file->open(QIODevice::ReadOnly);
    });
    QTest::newRow("a directory") << Prepare([](QFile *file) {
        file->setFileName(QDir::tempPath());
        file->open(QIODevice::ReadOnly);
    });
    QTest::newRow("closed already") << Prepare([](QFile *file) {
        file->open(QIODevice::ReadOnly);
        file->close();
    });
}

void tst_InputDevicesEnd::aFileThatIsNotOpen()
{
    QFETCH(const std::function<void(QFile *)>, prepare);
    QTemporaryDir dir;
    const QString path = dir.filePath(u"file"_s);
    QVERIFY(QFile(path).open(QIODevice::WriteOnly));
    Journal journal;
    Scoped<Client> client(&journal, [&](Client &c) {
        auto *const file = new QFile(path, &c);
        prepare(file);
        c.inputs = {c.addInput(file, &Client::onBytes)};
        c.noteEnd();
    });
    QTRY_COMPARE(journal.entries().size(), 1);
    const QString text = journal.entries()[0];
    QVERIFY2(text.startsWith(u"end"_s) && text.size() > 3, qPrintable(text));
    settle(client);
    QCOMPARE(journal.entries().size(), 1);
}

void tst_InputDevicesEnd::aFileThatIsOpenedByThenIsHeard()
{
    QTemporaryDir dir;
    QFile file(dir.filePath(u"file"_s));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("content") > 0 && file.flush());
    Journal journal;
    Scoped<Client> client(&journal, [path = file.fileName()](Client &c) {
        auto *const device = new QFile(path, &c);
        c.inputs = {c.addInput(device, &Client::onBytes)};
        c.noteEnd();
        device->open(QIODevice::ReadOnly); // in the same handler
    });
    QTRY_COMPARE(journal.entries(), (QStringList{u"content"_s, u"end"_s}));
}

void tst_InputDevicesEnd::aReadThatFails_data()
{
    QTest::addColumn<QString>("error");
    QTest::newRow("says why") << u": the line is dead"_s;
    QTest::newRow("does not") << QString();
}

void tst_InputDevicesEnd::aReadThatFails()
{
    QFETCH(const QString, error);
    Journal journal;
    BrokenPipe *pipe = nullptr;
    Scoped<Client> client(&journal, [&](Client &c) {
        pipe = new BrokenPipe(&c);
        pipe->feed("1");
        c.inputs = {c.addInput(pipe, &Client::onBytes)};
        c.noteEnd();
    });
    QTRY_COMPARE(journal.entries(), QStringList{u"1"_s});
    run(client, [&](Client &) {
        pipe->reads = 0;
        pipe->result = BrokenPipe::Fails;
        if (!error.isEmpty())
            pipe->fail(error);
        pipe->feed("2");
    });
    QTRY_COMPARE(journal.entries().size(), 2);
    const QString text = journal.entries()[1];
    if (error.isEmpty())
        QVERIFY2(text.startsWith(u"end"_s) && text.size() > 3, qPrintable(text));
    else
        QCOMPARE(text, u"end"_s + error);
    run(client, [&](Client &c) {
        pipe->feed("3");
        c.note(QString::number(pipe->reads));
    });
    settle(client);
    QCOMPARE(journal.entries().mid(2), QStringList{u"1"_s});
}

void tst_InputDevicesEnd::theEndComesWhenAllIsRead()
{
    Journal journal;
    Scoped<Reader> reader(&journal, [](Reader &r) {
        r.inputs = {r.addInput(&r.pipe, [&r](QIODevice *device) { r.onBytes(device->read(1)); })};
        r.noteEnd();
    });
    run(reader, [](Reader &r) {
        r.pipe.feed("123");
        r.pipe.fail(u": the line is dead"_s);
        r.pipe.endOfStream();
        r.pipe.endOfStream();
    });
    QTRY_COMPARE(journal.entries(),
                 (QStringList{u"1"_s, u"2"_s, u"3"_s, u"end: the line is dead"_s}));
    run(reader, [](Reader &r) { r.pipe.endOfStream(); });
    settle(reader);
    QCOMPARE(journal.entries().size(), 4);
}

void tst_InputDevicesEnd::aClosedDeviceEnds()
{
    Journal journal;
    Scoped<Reader> reader(&journal, [](Reader &r) {
        r.inputs = {r.addInput(&r.pipe, &Reader::onBytes)};
        r.noteEnd();
    });
    run(reader, [](Reader &r) {
        r.pipe.close();
        r.pipe.open(QIODevice::ReadOnly); // is another matter
        r.pipe.feed("more");
    });
    QTRY_COMPARE(journal.entries(), QStringList{u"end"_s});
    settle(reader);
    QCOMPARE(journal.entries().size(), 1);
}

void tst_InputDevicesEnd::aDestroyedDeviceEnds()
{
    Journal journal;
    Scoped<Reader> reader(&journal);
    run(reader, [](Reader &r) {
        auto *const pipe = new Pipe(&r);
        pipe->feed("lost");
        r.inputs = {r.addInput(pipe, &Reader::onBytes)};
        r.noteEnd();
        delete pipe;
    });
    QTRY_COMPARE(journal.entries(), QStringList{u"endThe device was destroyed"_s});
    settle(reader);
    QCOMPARE(journal.entries().size(), 1);
}

void tst_InputDevicesEnd::aHandlerMayEndItsDevice_data()
{
    QTest::addColumn<std::function<void(Pipe *)>>("finish");
    using Finish = std::function<void(Pipe *)>;
    QTest::newRow("deleted") << Finish([](Pipe *pipe) { delete pipe; });
    QTest::newRow("deleted later") << Finish([](Pipe *pipe) { pipe->deleteLater(); });
    QTest::newRow("closed") << Finish([](Pipe *pipe) { pipe->close(); });
}

void tst_InputDevicesEnd::aHandlerMayEndItsDevice()
{
    QFETCH(const std::function<void(Pipe *)>, finish);
    Journal journal;
    Scoped<Reader> reader(&journal);
    const auto add = [&](const std::function<void(Reader &, Pipe *)> &addTo) {
        run(reader, [&, addTo](Reader &r) {
            auto *const pipe = new Pipe(&r);
            pipe->feed("bytes");
            addTo(r, pipe);
            r.noteEnd();
        });
    };
    const auto heard = [&](int count) {
        if (!waitUntil([&] { return journal.entries().size() >= count; }))
            return false;
        settle(reader);
        return journal.entries().size() == count && journal.entries().last().startsWith(u"end"_s);
    };
    add([&](Reader &r, Pipe *pipe) {
        r.inputs = {r.addInput(pipe, [&r, pipe, finish](const QByteArray &bytes) {
            r.onBytes(bytes);
            finish(pipe);
        })};
    });
    QVERIFY(heard(2));
    add([&](Reader &r, Pipe *pipe) {
        r.inputs = {r.addInput(pipe, [&r, finish](Pipe *self) {
            r.onBytes(self->readAll());
            finish(self);
        })};
    });
    QVERIFY(heard(4));
    add([&](Reader &r, Pipe *pipe) {
        r.inputs = {r.addInput(pipe, [&r, pipe, finish](const QByteArray &) -> QFuture<void> {
            finish(pipe);
            co_await 1ms;
            r.note(u"bytes"_s);
        })};
    });
    QVERIFY(heard(6));
}

void tst_InputDevicesEnd::aDeviceThatHasEndedIsNotRead()
{
    Journal journal;
    Awaited<void> awaited;
    Scoped<Reader> reader(&journal, [&](Reader &r) {
        r.awaited = awaited.future;
        auto *const pipe = new Pipe(&r);
        r.inputs = {r.addInput(pipe, &Reader::onBytes)};
        r.noteEnd();
        const auto handler = [&r, pipe] {
            pipe->feed("lost");
            pipe->deleteLater(); // while the actor waits
            return r.waitAwhile();
        };
        r.addInput(ready, handler, 1);
        connect(
                pipe, &QObject::destroyed, &r, [&r] { r.note(u"destroyed"_s); },
                Qt::DirectConnection);
    });
    QTRY_COMPARE(journal.entries(), (QStringList{u"begins"_s, u"destroyed"_s}));
    awaited.finish();
    QTRY_COMPARE(journal.entries().size(), 4);
    QCOMPARE(journal.entries().mid(2), (QStringList{u"ends"_s, u"endThe device was destroyed"_s}));
}

void tst_InputDevicesEnd::aDeviceSurvivesItsInput()
{
    Journal journal;
    Scoped<Reader> reader(&journal, [](Reader &r) {
        r.inputs = {r.addInput(&r.pipe, &Reader::onBytes)};
        r.noteEnd();
        r.pipe.feed("1");
        r.inputs[0].cancel();
    });
    run(reader, [](Reader &r) { r.pipe.feed("2"); });
    settle(reader);
    QCOMPARE(journal.entries(), QStringList());
    run(reader, [](Reader &r) { r.addInput(&r.pipe, &Reader::onBytes); });
    QTRY_COMPARE(journal.entries(), QStringList{u"12"_s});
}

void tst_InputDevicesEnd::nothingIsReadOnceTheActorStops()
{
    Journal journal;
    const auto feed = [](Client &c) { static_cast<Reader &>(c).pipe.feed("bytes"); };
    const auto reader = Actorio::spawn<Reader>(
            &journal,
            [&](Reader &r) {
                r.addInput(&r.pipe, [&r](const QByteArray &bytes) {
                    r.onBytes(bytes);
                    r.pipe.feed("more");
                    r.stop();
                });
                feed(r);
            },
            feed);
    QCOMPARE(waitForEnd(reader.terminated()).kind(), StopReason::Stopped);
    QCOMPARE(journal.entries(), QStringList{u"bytes"_s});
}

QTEST_GUILESS_MAIN(tst_InputDevicesEnd)

#include "tst_input_devices_end.moc"
