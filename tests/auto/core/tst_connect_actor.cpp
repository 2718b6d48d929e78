// SPDX-License-Identifier: MIT
// Actorio::connect(): signals of actors.
#include "host.h"
#include "stage.h"

#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

#include <memory>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

namespace {

struct Emit
{
    int number;
    QString text = {};
};

} // namespace

class Emitting : public Host
{
    Q_OBJECT

public:
    using Host::Host;
    using Host::receive;
    bool isHeard() const { return isSignalConnected(QMetaMethod::fromSignal(&Emitting::number)); }

Q_SIGNALS:
    void number(int value);
    void pair(int number, const QString &text);
    void overloaded(int number);
    void overloaded(const QString &text);

public Q_SLOTS:
    void receive(const Emit &emission)
    {
        Q_EMIT number(emission.number);
        Q_EMIT pair(emission.number, emission.text);
        Q_EMIT overloaded(emission.number);
        Q_EMIT overloaded(emission.text);
    }
    bool receive(bool) { return isHeard(); }
};

class Taker : public Host
{
    Q_OBJECT

public:
    explicit Taker(Journal *journal) : m_journal(*journal) { }
    using Host::receive;

public Q_SLOTS:
    void receive(int number) { m_journal.note(QString::number(number)); }
    void receive(const QString &text) { m_journal.note(text); }
    QStringList receive(bool) { return m_journal.entries(); }

private:
    Journal &m_journal;
};

// A plain object with slots.
class Receiver : public QObject
{
    Q_OBJECT

public:
    Journal journal;
    bool isWrongThread = false;

public Q_SLOTS:
    void take(int number)
    {
        if (QThread::currentThread() != thread())
            isWrongThread = true;
        journal.note(QString::number(number));
    }
    void hear() { journal.note(u"heard"_s); }
};

class tst_ConnectActor : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    // To objects
    void toASlot_data();
    void toASlot();
    void toAFunctor();
    void overloadedSignals();
    void precedesLaterTells();
    void beforeTheActorIsBuilt();
    void whileTheActorIsBusy();
    void whatASlotThrowsFailsTheActor();

    // To actors
    void toAnActor();
    void toAnActorByPolicy();
    void toItself();

    // Ends
    void disconnect();
    void endsWithTheReceiver();
    void theReceiverIsDestroyedByItsSlot();
    void theReceiverIsDestroyedWhileTheActorEmits();
    void endsWithTheActor();
    void endsWithTheOtherActor();
    void whatIsKeptBackGoesWithTheConnection();
    void nullEnds();
};

void tst_ConnectActor::toASlot_data()
{
    QTest::addColumn<bool>("isMain");
    QTest::addRow("same thread") << true;
    QTest::addRow("another thread") << false;
}

void tst_ConnectActor::toASlot()
{
    QFETCH(bool, isMain);
    Receiver receiver;
    Scoped<Emitting> actor({.on = place(isMain)});
    const Connection connection =
            Actorio::connect(actor, &Emitting::number, &receiver, &Receiver::take);
    Actorio::connect(actor, &Emitting::number, &receiver, &Receiver::hear);
    QVERIFY(connection.isActive());
    actor.tell(Emit{1});
    actor.tell(Emit{2});
    QTRY_COMPARE(receiver.journal.entries(), QStringList({u"1"_s, u"heard"_s, u"2"_s, u"heard"_s}));
    QVERIFY(!receiver.isWrongThread);
}

void tst_ConnectActor::toAFunctor()
{
    QObject context;
    Scoped<Emitting> actor;
    int sum = 0; // this thread's: that is the promise
    QString last;
    Actorio::connect(actor, &Emitting::number, &context, [&](int number) { sum += number; });
    Actorio::connect(actor, &Emitting::pair, &context,
                     [&last, held = std::make_shared<int>(1)](int number, const QString &text) {
                         last = text + QString::number(number + *held);
                     });
    Actorio::connect(actor, &QObject::objectNameChanged, &context, [&] { ++sum; });
    for (int i = 1; i <= 100; ++i)
        actor.tell(Emit{i, u"text"_s});
    QTRY_COMPARE(sum, 5'050);
    QTRY_COMPARE(last, u"text101"_s);
}

void tst_ConnectActor::overloadedSignals()
{
    QObject context;
    QString last;
    int number = 0;
    Scoped<Emitting> actor;
    Actorio::connect(actor, qOverload<const QString &>(&Emitting::overloaded), &context,
                     [&](const QString &text) { last = text; });
    Actorio::connect(actor, qOverload<int>(&Emitting::overloaded), &context,
                     [&](int value) { number = value; });
    actor.tell(Emit{3, u"text"_s});
    QTRY_COMPARE(last, u"text"_s);
    QCOMPARE(number, 3);
}

void tst_ConnectActor::precedesLaterTells()
{
    for (int i = 0; i < 50; ++i) {
        Receiver receiver;
        Scoped<Emitting> actor({.on = place(i % 2 == 0)});
        Actorio::connect(actor, &Emitting::number, &receiver, &Receiver::take);
        actor.tell(Emit{i});
        QTRY_COMPARE(receiver.journal.entries(), QStringList({QString::number(i)}));
    }
}

void tst_ConnectActor::beforeTheActorIsBuilt()
{
    // What it emits in setUp() is heard already.
    Receiver receiver;
    Gate gate;
    ActorSystem system({.threads = 1});
    Scoped blocked(system.spawn<Host>());
    blocked.tell(gate.pass());
    QVERIFY(gate.isReached());
    Scoped actor(
            system.spawn<Emitting>([](Host &h) { Q_EMIT static_cast<Emitting &>(h).number(1); }));
    const Connection connection =
            Actorio::connect(actor, &Emitting::number, &receiver, &Receiver::take);
    QVERIFY(connection.isActive());
    actor.tell(Emit{2});
    gate.open();
    QTRY_COMPARE(receiver.journal.entries(), QStringList({u"1"_s, u"2"_s}));
}

void tst_ConnectActor::whileTheActorIsBusy()
{
    Receiver receiver;
    QPromise<void> promise;
    promise.start();
    ActorSystem system({.threads = 1});
    Scoped actor(system.spawn<Emitting>());
    Scoped other(system.spawn<Host>());
    Ask<int> ask = actor.ask(Await{[&](Host &h) -> QFuture<int> {
        co_await promise.future();
        Q_EMIT static_cast<Emitting &>(h).number(1);
        co_return 1;
    }});
    settle(other); // in the same thread: the actor awaits by now
    Actorio::connect(actor, &Emitting::number, &receiver, &Receiver::take);
    promise.finish();
    QCOMPARE(ask.result(), 1);
    QTRY_COMPARE(receiver.journal.entries(), QStringList({u"1"_s}));
}

// In its thread, where the slot is called by the emission.
void tst_ConnectActor::whatASlotThrowsFailsTheActor()
{
    QObject context;
    Journal journal;
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"the number 3"_s));
    Scoped<Emitting> actor({.on = mainThread()});
    const Connection connection =
            Actorio::connect(actor, &Emitting::number, &context, [&](int number) {
                journal.note(QString::number(number));
                if (number == 3)
                    throw std::runtime_error("the number 3");
            });
    for (int i = 2; i <= 4; ++i)
        actor.tell(Emit{i});
    const StopReason reason = waitForEnd(actor.terminated());
    QVERIFY(fails<std::runtime_error>([&] { std::rethrow_exception(reason.exception()); }));
    QCOMPARE(journal.entries(), QStringList({u"2"_s, u"3"_s}));
    QVERIFY(!connection.isActive());
}

void tst_ConnectActor::toAnActor()
{
    Journal journal;
    ActorSystem system({.threads = 1});
    Scoped actor(system.spawn<Emitting>());
    Scoped taker(system.spawn<Taker>(&journal));
    Inbox inbox;
    Actorio::connect(actor, &Emitting::number, taker);
    Actorio::connect(actor, &Emitting::pair, taker, [](int number, const QString &text) -> QString {
        return text + QString::number(number);
    });
    Actorio::connect(actor, &Emitting::number, ActorRef<>(taker));
    Actorio::connect(actor, &Emitting::number, inbox.ref(), [](int number) { return 2 * number; });
    actor.tell(Emit{1, u"text"_s});
    QCOMPARE(inbox.waitFor<int>(20s), 2);
    QTRY_COMPARE(journal.entries(), QStringList({u"1"_s, u"1"_s, u"text1"_s}));
    // In its turn, never while it is busy.
    QPromise<int> promise;
    promise.start();
    Ask<int> ask = taker.ask(Await{[&](Host &) { return promise.future(); }});
    actor.tell(Emit{2});
    QCOMPARE(inbox.waitFor<int>(20s), 4);
    settle(actor);
    QCOMPARE(journal.entries().size(), 3);
    promise.addResult(1);
    promise.finish();
    QTRY_COMPARE(journal.entries().size(), 6);
}

void tst_ConnectActor::toAnActorByPolicy()
{
    Stage stage;
    Journal journal;
    Inbox inbox;
    Scoped actor(stage.system.spawn<Emitting>());
    Scoped taker(stage.system.spawn<Taker>(&journal));
    Actorio::connect(actor, &Emitting::number, inbox.ref(), latestOnly());
    Actorio::connect(actor, &Emitting::number, taker, atMostEvery(100ms));
    Actorio::connect(
            actor, &Emitting::number, taker, [](int) { return u"made"_s; }, atMostEvery(150ms));
    for (int i = 0; i < 3; ++i) {
        actor.tell(Emit{i});
        settle(actor);
        settle(taker);
    }
    QCOMPARE(inbox.waitFor<int>(0ms), 2);
    QVERIFY(!inbox.waitFor<int>(0ms));
    QCOMPARE(journal.entries(), QStringList({u"0"_s, u"made"_s}));
    stage.clock->advance(100ms);
    QTRY_COMPARE(journal.entries(), QStringList({u"0"_s, u"made"_s, u"2"_s}));
    stage.clock->advance(50ms);
    QTRY_COMPARE(journal.entries(), QStringList({u"0"_s, u"made"_s, u"2"_s, u"made"_s}));
}

void tst_ConnectActor::toItself()
{
    Inbox inbox;
    Scoped<Emitting> actor;
    Actorio::connect(actor, &Emitting::number, actor, [](int number) {
        return Emit{number - 1}; // without an end
    });
    Actorio::connect(actor, &Emitting::number, inbox.ref());
    actor.tell(Emit{3});
    for (int i = 3; i > -100; --i)
        QCOMPARE(inbox.waitFor<int>(20s), i);
    actor.stop();
}

void tst_ConnectActor::disconnect()
{
    Receiver receiver;
    Inbox inbox;
    Scoped<Emitting> actor;
    Connection toSlot = Actorio::connect(actor, &Emitting::number, &receiver, &Receiver::take);
    Connection toInbox = Actorio::connect(actor, &Emitting::number, inbox.ref());
    QVERIFY(actor.ask(true).result());
    toSlot.disconnect();
    toInbox.disconnect();
    QVERIFY(!toSlot.isActive() && !toInbox.isActive());
    QVERIFY(!actor.ask(true).result());
    actor.tell(Emit{1});
    // One that ends before it has begun.
    Actorio::connect(actor, &Emitting::number, &receiver, &Receiver::take).disconnect();
    QVERIFY(!actor.ask(true).result());
    actor.tell(Emit{2});
    settle(actor);
    QCoreApplication::processEvents();
    QVERIFY(receiver.journal.entries().isEmpty());
    QCOMPARE(inbox.count(), 0);
}

void tst_ConnectActor::endsWithTheReceiver()
{
    Scoped<Emitting> actor;
    auto receiver = std::make_unique<Receiver>();
    const Connection connection =
            Actorio::connect(actor, &Emitting::number, receiver.get(), &Receiver::take);
    QVERIFY(actor.ask(true).result());
    actor.tell(Emit{1}); // may be on its way
    receiver.reset();
    QVERIFY(!connection.isActive());
    QVERIFY(!actor.ask(true).result());
    QCoreApplication::processEvents();
}

void tst_ConnectActor::theReceiverIsDestroyedByItsSlot()
{
    for (const bool isMain : {true, false}) {
        Scoped<Emitting> actor({.on = place(isMain)});
        Journal journal;
        auto *const receiver = new QObject;
        const Connection connection =
                Actorio::connect(actor, &Emitting::number, receiver, [&, receiver](int number) {
                    journal.note(QString::number(number));
                    delete receiver;
                });
        for (int i = 0; i < 3; ++i)
            actor.tell(Emit{i});
        QTRY_COMPARE(journal.entries(), QStringList({u"0"_s}));
        QVERIFY(!connection.isActive());
    }
}

void tst_ConnectActor::theReceiverIsDestroyedWhileTheActorEmits()
{
    Scoped<Emitting> actor;
    for (int round = 0; round < 100; ++round) {
        auto receiver = std::make_unique<Receiver>();
        const Connection connection =
                Actorio::connect(actor, &Emitting::number, receiver.get(), &Receiver::take);
        for (int i = 0; i < 20; ++i)
            actor.tell(Emit{i});
        if (round % 3 == 0)
            QTRY_VERIFY(!receiver->journal.entries().isEmpty());
        else if (round % 3 == 1)
            QCoreApplication::processEvents();
        receiver.reset();
        QVERIFY(!connection.isActive());
    }
    QVERIFY(!actor.ask(true).result());
}

void tst_ConnectActor::endsWithTheActor()
{
    Receiver receiver;
    Inbox inbox;
    Scoped<Emitting> actor;
    auto held = std::make_shared<int>(1);
    const std::weak_ptr function(held);
    Connection toSlot = Actorio::connect(actor, &Emitting::number, &receiver, [held] {});
    Connection toInbox = Actorio::connect(actor, &Emitting::number, inbox.ref(),
                                          [held](int number) { return number; });
    held.reset();
    QVERIFY(toSlot.isActive() && toInbox.isActive());
    actor.stop();
    QVERIFY(!toSlot.isActive() && !toInbox.isActive());
    toSlot = {};
    toInbox = {};
    QVERIFY(waitUntil([&] { return function.expired(); }));
    // With one that has ended already, there is nothing to end.
    QVERIFY(!Actorio::connect(actor, &Emitting::number, &receiver, &Receiver::take).isActive());
    QVERIFY(!Actorio::connect(actor, &Emitting::number, inbox.ref()).isActive());
}

void tst_ConnectActor::endsWithTheOtherActor()
{
    Journal journal;
    Scoped<Emitting> actor;
    Scoped<Taker> taker(&journal);
    const Connection connection = Actorio::connect(actor, &Emitting::number, taker);
    QVERIFY(actor.ask(true).result());
    taker.stop();
    QVERIFY(!connection.isActive());
    actor.tell(Emit{1});
    QVERIFY(!actor.ask(true).result()); // the first that is refused is the last
}

void tst_ConnectActor::whatIsKeptBackGoesWithTheConnection()
{
    Stage stage;
    Journal journal;
    Scoped actor(stage.system.spawn<Emitting>());
    Scoped taker(stage.system.spawn<Taker>(&journal));
    Connection connection = Actorio::connect(actor, &Emitting::number, taker, atMostEvery(100ms));
    for (int i = 0; i < 2; ++i) {
        actor.tell(Emit{i});
        settle(actor);
        settle(taker);
    }
    connection.disconnect();
    // Another one, whose time comes later, shows that there was time.
    Actorio::connect(
            actor, &Emitting::number, taker, [](int) { return u"other"_s; }, atMostEvery(150ms));
    for (int i = 0; i < 2; ++i) {
        actor.tell(Emit{i});
        settle(actor);
        settle(taker);
    }
    stage.clock->advance(150ms);
    QTRY_COMPARE(journal.entries(), QStringList({u"0"_s, u"other"_s, u"other"_s}));
}

void tst_ConnectActor::nullEnds()
{
    Scoped<Emitting> actor;
    QObject context;
    QTest::ignoreMessage(QtWarningMsg, "Actorio::connect: the sender is null");
    QVERIFY(!Actorio::connect(ActorRef<Emitting>(), &Emitting::number, &context, [] {}).isActive());
    Receiver *const none = nullptr;
    QTest::ignoreMessage(QtWarningMsg, "Actorio::connect: the receiver is null");
    QVERIFY(!Actorio::connect(actor, &Emitting::number, none, &Receiver::take).isActive());
    QTest::ignoreMessage(QtWarningMsg, "Actorio::connect: the sender is null");
    QTest::ignoreMessage(QtWarningMsg, "Actorio::connect: the receiver is null");
    QVERIFY(!Actorio::connect(ActorRef<Emitting>(), &Emitting::number, ActorRef<Taker>())
                     .isActive());
}

QTEST_GUILESS_MAIN(tst_ConnectActor)
#include "tst_connect_actor.moc"
