// SPDX-License-Identifier: MIT
// A plain QObject::connect() to a slot of an actor: nothing can make it wait for its turn, but somebody says so.
#include "host.h"

#include <QtCore/QEventLoop>
#include <QtCore/QTimer>
#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace Actorio;

class Taker : public Host
{
    Q_OBJECT

public:
    explicit Taker(Journal *journal) : m_journal(*journal) { }

public Q_SLOTS:
    void plainSlot() { m_journal.note(u"slot"_s); }

private:
    Journal &m_journal;
};

// Has it connect its slot as Qt's users do.
static Do hearing(const QObject &emitter)
{
    return [&emitter](Taker &taker) {
        QObject::connect(&emitter, &QObject::objectNameChanged, &taker, &Taker::plainSlot,
                         Qt::QueuedConnection);
    };
}

class tst_QueuedSlots : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void whileItIsBusy_data();
    void whileItIsBusy();
    void inANestedEventLoop();
    // What nobody can tell apart.
    void whileItWaitsForAFutureOfOthers();
    void aContinuationThatIsAwaited();
};

void tst_QueuedSlots::whileItIsBusy_data()
{
    QTest::addColumn<bool>("isMain");
    QTest::newRow("pool") << false;
    QTest::newRow("main thread") << true;
}

void tst_QueuedSlots::whileItIsBusy()
{
    QFETCH(const bool, isMain);
    Journal journal;
    QObject emitter;
    QPromise<int> promise;
    promise.start();
    Scoped<Taker> taker({.on = place(isMain), .name = u"taken"_s}, &journal);
    run(taker, hearing(emitter));
    emitter.setObjectName(u"a"_s); // not busy: nothing to warn of
    QTRY_COMPARE(journal.entries().size(), 1);
    Ask<int> ask = taker.ask(Await{[&](Host &) -> QFuture<int> {
        journal.note(u"begins"_s);
        co_return co_await promise.future();
    }});
    QTRY_COMPARE(journal.entries().size(), 2);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"slot of /taken .*queued connection"_s));
    emitter.setObjectName(u"b"_s);
    QTRY_COMPARE(journal.entries().size(), 3);
    emitter.setObjectName(u"c"_s); // once is enough
    QTRY_COMPARE(journal.entries().size(), 4);
    promise.addResult(1);
    promise.finish();
    QTRY_VERIFY(ask.isFinished());
    emitter.setObjectName(u"d"_s);
    QTRY_COMPARE(journal.entries().size(), 5);
}

void tst_QueuedSlots::inANestedEventLoop()
{
    Journal journal;
    QObject emitter;
    Scoped<Taker> taker({.on = mainThread(), .name = u"nested"_s}, &journal);
    Ask<void> ask = taker.ask(Do{[&](Host &h) {
        hearing(emitter)(h);
        QEventLoop loop;
        emitter.setObjectName(u"a"_s);
        QTimer::singleShot(0, &loop, [&] { QTimer::singleShot(0, &loop, &QEventLoop::quit); });
        loop.exec();
    }});
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u"slot of /nested .*queued connection"_s));
    QTRY_VERIFY(ask.isFinished());
    QCOMPARE(journal.entries(), QStringList({u"slot"_s}));
}

// A continuation of that future would come in the same way, and is what the handler wants.
void tst_QueuedSlots::whileItWaitsForAFutureOfOthers()
{
    Journal journal;
    QObject emitter;
    QPromise<int> promise;
    promise.start();
    Scoped<Taker> taker(&journal);
    run(taker, hearing(emitter));
    Ask<int> ask = taker.ask(Await{[&](Host &h) {
        journal.note(u"begins"_s);
        return promise.future().then(&h, [&](int value) {
            journal.note(u"continuation"_s);
            return value;
        });
    }});
    QTRY_COMPARE(journal.entries(), QStringList({u"begins"_s}));
    emitter.setObjectName(u"a"_s);
    QTRY_COMPARE(journal.entries(), QStringList({u"begins"_s, u"slot"_s}));
    promise.addResult(1);
    promise.finish();
    QCOMPARE(ask.result(), 1);
    QCOMPARE(journal.entries(), QStringList({u"begins"_s, u"slot"_s, u"continuation"_s}));
}

// As if it were a slot that is called out of turn.
void tst_QueuedSlots::aContinuationThatIsAwaited()
{
    QPromise<int> promise;
    promise.start();
    Journal journal;
    Scoped<Taker> taker({.name = u"awaiting"_s}, &journal);
    Ask<int> ask = taker.ask(Await{[&](Host &h) -> QFuture<int> {
        const QFuture<int> continued =
                promise.future().then(&h, [](int value) { return value + 1; });
        journal.note(u"begins"_s);
        co_return co_await continued;
    }});
    QTRY_COMPARE(journal.entries(), QStringList({u"begins"_s}));
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u"slot of /awaiting .*queued connection"_s));
    promise.addResult(1);
    promise.finish();
    QCOMPARE(ask.result(), 2);
}

QTEST_GUILESS_MAIN(tst_QueuedSlots)
#include "tst_queued_slots.moc"
