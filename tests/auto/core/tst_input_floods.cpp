// SPDX-License-Identifier: MIT
// What a flood from the actor's own thread leaves behind, until the actor has a turn: what its policy keeps, and no more.
#include "devices.h"

#include <QtTest/QTest>

#include <atomic>
#include <cstdlib>
#include <new>

using namespace Qt::StringLiterals;
using namespace Actorio;

namespace {

std::atomic<qint64> blocks{0}; // those that operator new has given out

} // namespace

// ThreadSanitizer has its own, by which it knows what Qt does in there.
#ifndef __SANITIZE_THREAD__
void *operator new(std::size_t size)
{
    if (void *const memory = std::malloc(size)) {
        blocks.fetch_add(1, std::memory_order_relaxed);
        return memory;
    }
    throw std::bad_alloc();
}
void operator delete(void *memory) noexcept
{
    if (memory)
        blocks.fetch_sub(1, std::memory_order_relaxed);
    std::free(memory);
}
void operator delete(void *memory, std::size_t) noexcept
{
    operator delete(memory);
}
#endif

class Emitter : public QObject
{
    Q_OBJECT

Q_SIGNALS:
    void number(int value);
};

class tst_InputFloods : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void emissions_data();
    void emissions();
    void bytes();
};

namespace {

constexpr int Count = 20'000;

template<class Code>
qint64 blocksKeptBy(Code emitOne)
{
    emitOne(0);
    const qint64 before = blocks;
    for (int i = 1; i < Count; ++i)
        emitOne(i);
    return blocks - before;
}

} // namespace

void tst_InputFloods::emissions_data()
{
    QTest::addColumn<bool>("isBusy");
    QTest::newRow("idle") << false;
    QTest::newRow("busy") << true;
}

void tst_InputFloods::emissions()
{
    QFETCH(const bool, isBusy);
    Journal journal;
    Awaited<int> awaited;
    Emitter emitter;
    Scoped<Client> client({.on = mainThread()}, &journal, [&](Client &c) {
        c.addInput(&emitter, &Emitter::number, &Client::onNumber, latestOnly());
    });
    settle(client);
    if (isBusy) {
        client.tell(Await([&](Client &c) {
            c.note(u"busy"_s);
            return awaited.future;
        }));
        QTRY_VERIFY(journal.contains(u"busy"_s));
    }
    const qint64 kept = blocksKeptBy([&](int i) { Q_EMIT emitter.number(i); });
    QVERIFY2(kept < 100, QByteArray::number(kept).constData());
    awaited.finish(1);
    QTRY_VERIFY(journal.contains(QString::number(Count - 1)));
    settle(client);
    QCOMPARE(journal.entries().size(), isBusy ? 2 : 1);
}

void tst_InputFloods::bytes()
{
    Journal journal;
    Reader *reader = nullptr;
    Scoped<Reader> client({.on = mainThread()}, &journal, [&](Reader &r) {
        reader = &r;
        r.addInput(&r.pipe, &Reader::onBytes);
    });
    settle(client);
    const qint64 kept = blocksKeptBy([&](int) { reader->pipe.feed({}); }); // says so each time
    QVERIFY2(kept < 100, QByteArray::number(kept).constData());
    reader->pipe.feed("all");
    QTRY_COMPARE(journal.entries(), QStringList{u"all"_s});
}

QTEST_GUILESS_MAIN(tst_InputFloods)
#include "tst_input_floods.moc"
