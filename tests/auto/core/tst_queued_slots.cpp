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

class tst_QueuedSlots : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void whileItIsBusy();
    void inANestedEventLoop();
};

void tst_QueuedSlots::whileItIsBusy()
{
    Journal journal;
    QObject emitter;
    QPromise<int> promise;
    promise.start();
    Scoped<Taker> taker({.on = mainThread(), .name = u"taken"_s}, &journal);
    Ask<void> connected = taker.ask(Do{[&](Host &h) {
        QObject::connect(&emitter, &QObject::objectNameChanged, static_cast<Taker *>(&h),
                         &Taker::plainSlot, Qt::QueuedConnection);
    }});
    QTRY_VERIFY(connected.isFinished());
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
        QObject::connect(&emitter, &QObject::objectNameChanged, static_cast<Taker *>(&h),
                         &Taker::plainSlot, Qt::QueuedConnection);
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

QTEST_GUILESS_MAIN(tst_QueuedSlots)
#include "tst_queued_slots.moc"
