// SPDX-License-Identifier: MIT
// Copies of what users send, made late and by the library: they may fail, and do whatever they like.
#include "host.h"
#include "stage.h"

#include <QtCore/QLoggingCategory>
#include <QtTest/QTest>

#include <functional>
#include <memory>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

namespace {

// Cannot always be copied.
struct Fragile
{
    Fragile() = default;
    Fragile(Fragile &&) noexcept { }
    Fragile(const Fragile &)
    {
        if (s_isBreaking)
            throw std::runtime_error("broken copy");
    }
    static inline std::atomic<bool> s_isBreaking{false};
};
struct Breaking
{
    Breaking() { Fragile::s_isBreaking = true; }
    ~Breaking() { end(); }
    void end() { Fragile::s_isBreaking = false; }
};

// The last one that goes says so.
struct Held
{
    std::shared_ptr<void> what;
};
Held held(std::function<void()> atItsEnd)
{
    return {std::shared_ptr<void>(new int(1), [=](int *number) {
        delete number;
        atItsEnd();
    })};
}

// Does something whenever it is copied, and when a copy goes.
struct Busy
{
    explicit Busy(std::function<void()> code) : work(std::move(code)) { }
    Busy(const Busy &other) : work(other.work) { work(); }
    Busy &operator=(const Busy &) = delete;
    ~Busy() { work(); }
    std::function<void()> work;
};

// Is moved into its place, and stays what it is.
struct Constant
{
    const int number;
};

// Asks for a Fragile answer by a timer.
struct RemindMe
{
};

} // namespace

class Emitter : public QObject
{
    Q_OBJECT

Q_SIGNALS:
    void fragile(const Fragile &value);
    void held(const Held &value);
    void busy(const Busy &value);
    void constant(const Constant &value);
};

class Taker : public Host
{
public:
    explicit Taker(Journal *journal, Do setUp = {})
        : Host(std::move(setUp)), m_journal(*journal) { }
    using Host::receive;
    void receive(const Fragile &) { m_journal.note(u"fragile"_s); }
    void receive(const Held &value) { m_journal.note(value.what ? u"held"_s : u"nothing"_s); }
    void receive(const Busy &) { m_journal.note(u"busy"_s); }
    void receive(const Constant &value) { m_journal.note(QString::number(value.number)); }
    Delegated<Fragile> receive(const RemindMe &)
    {
        addTimer(once(10ms), currentSender(), Fragile());
        return {};
    }
    Input input; // for the work

private:
    Journal &m_journal;
};

class tst_InputCopies : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(u"actorio.deadletters=false"_s); }
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    // They fail
    void aMessageOfATimer();
    void aMessageOfATimerToOneself();
    void aMessageOfATimerIntoAnInbox();
    void aMessageOfATimerThatWaitsInAnInbox();
    void aMessageOfATimerToAnAsk();
    void aDeadLetter_data();
    void aDeadLetter();
    void anAwaitedEmission();

    // They do something
    void whatIsSupersededEndsItsConnection();
    void whatIsSupersededEmits();
    void whatIsEmittedEndsItsConnection();
    void whatAnInputSupersedesEmits();
    void aConnectionsMessageLooksAtIt();
    void aTimersMessageCancelsIt();
    void aTimersMessageLooksIntoItsInbox();

    // And nothing else is needed
    void messagesThatCannotBeAssigned();
    void emissionsThatWaitGoWithTheirInput();
};

void tst_InputCopies::aMessageOfATimer()
{
    Stage stage;
    Journal journal;
    Breaking breaking;
    const auto taker = stage.system.spawn<Taker>(&journal);
    Scoped owner(stage.system.spawn<Host>([&](Host &h) { h.addTimer(10ms, taker, Fragile()); }));
    settle(owner);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u".*broken copy"_s));
    stage.clock->advance(10ms);
    const StopReason reason = waitForEnd(taker.terminated());
    QVERIFY(reason.isFailure());
    QCOMPARE(reason.message(), u"broken copy"_s);
    QCOMPARE(owner.ask(1).result(), 1);
    QCOMPARE(journal.entries(), QStringList());
}

void tst_InputCopies::aMessageOfATimerToOneself()
{
    Journal journal;
    Breaking breaking;
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u".*broken copy"_s));
    const auto taker = spawn<Taker>({.on = mainThread()}, &journal,
                                    [](Taker &t) { t.addTimer(once(1ms), refTo(&t), Fragile()); });
    QCOMPARE(waitForEnd(taker.terminated()).message(), u"broken copy"_s);
    QCOMPARE(journal.entries(), QStringList());
}

void tst_InputCopies::aMessageOfATimerIntoAnInbox()
{
    Stage stage;
    Inbox inbox;
    Breaking breaking;
    Scoped owner(
            stage.system.spawn<Host>([&](Host &h) { h.addTimer(10ms, inbox.ref(), Fragile()); }));
    settle(owner);
    QFuture<Fragile> next = inbox.next<Fragile>();
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u".*Fragile is lost.*could not be copied.*broken"_s));
    stage.clock->advance(10ms);
    settle(owner);
    QVERIFY(!next.isFinished());
    breaking.end(); // the next one arrives
    stage.clock->advance(10ms);
    QVERIFY(waitForFinished(next));
    QCOMPARE(next.resultCount(), 1);
}

void tst_InputCopies::aMessageOfATimerThatWaitsInAnInbox()
{
    Stage stage;
    Inbox inbox;
    Breaking breaking;
    Scoped owner(stage.system.spawn<Host>([&](Host &h) {
        h.addTimer(once(10ms), inbox.ref(), Fragile());
        h.addTimer(once(10ms), inbox.ref(), 7);
    }));
    settle(owner);
    stage.clock->advance(10ms);
    settle(owner);
    QCOMPARE(inbox.count(), 2);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u".*Fragile is lost.*"_s));
    QCOMPARE(inbox.waitForMessage(0ms).toVariant(), QVariant(7));
}

void tst_InputCopies::aMessageOfATimerToAnAsk()
{
    Stage stage;
    Journal journal;
    Breaking breaking;
    Scoped taker(stage.system.spawn<Taker>(&journal));
    Ask<Fragile> ask = taker.ask(RemindMe());
    settle(ActorRef<Taker>(taker));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u".*Fragile is lost.*"_s));
    stage.clock->advance(10ms);
    settle(ActorRef<Taker>(taker));
    QVERIFY(fails<BrokenPromise>([&] { ask.result(); })); // nobody else could answer
}

void tst_InputCopies::aDeadLetter_data()
{
    QTest::addColumn<bool>("isInbox");
    QTest::newRow("of an actor") << false;
    QTest::newRow("of an inbox") << true;
}

void tst_InputCopies::aDeadLetter()
{
    QFETCH(const bool, isInbox);
    Stage stage;
    Journal journal;
    Breaking breaking;
    auto inbox = std::make_unique<Inbox>();
    Scoped taker(stage.system.spawn<Taker>({.on = dedicatedThread()}, &journal));
    Gate gate;
    taker.tell(gate.pass());
    QVERIFY(gate.isReached());
    Scoped owner(stage.system.spawn<Host>([&](Host &h) {
        if (isInbox)
            h.addTimer(once(10ms), inbox->ref(), Fragile());
        else
            h.addTimer(once(10ms), taker, Fragile());
    }));
    settle(owner);
    stage.clock->advance(10ms);
    settle(owner);
    const auto count = [&] {
        return stage.system.deadLetterCount() + ActorSystem::instance().deadLetterCount();
    };
    const quint64 before = count();
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u".*Fragile is lost.*"_s));
    inbox.reset();
    taker.kill();
    gate.open();
    QCOMPARE(waitForEnd(taker.terminated()).kind(), StopReason::Killed);
    QCOMPARE(count(), before);
}

// Who awaits it gets the error, not who emits.
void tst_InputCopies::anAwaitedEmission()
{
    Emitter emitter;
    std::atomic<bool> isAwaited{false};
    Scoped<Host> host({.on = mainThread()});
    QFuture<int> future = host.ask(Await{[&](Host &) -> QFuture<int> {
        try {
            isAwaited = true;
            co_await nextEmission(&emitter, &Emitter::fragile);
        } catch (const std::runtime_error &error) {
            co_return int(strlen(error.what()));
        }
        co_return 0;
    }});
    QTRY_VERIFY(isAwaited);
    const Fragile value;
    const Breaking breaking;
    Q_EMIT emitter.fragile(value);
    QVERIFY(waitForFinished(future));
    QCOMPARE(future.result(), 11);
}

void tst_InputCopies::whatIsSupersededEndsItsConnection()
{
    Journal journal;
    Emitter emitter;
    Scoped<Taker> taker({.on = dedicatedThread()}, &journal);
    Gate gate;
    taker.tell(gate.pass());
    Connection connection = Actorio::connect(&emitter, &Emitter::held, taker, latestOnly());
    Q_EMIT emitter.held(held([&] { connection.disconnect(); }));
    QVERIFY(connection.isActive());
    Q_EMIT emitter.held({});
    QVERIFY(!connection.isActive());
    gate.open();
    settle(ActorRef<Host>(taker));
    QVERIFY(!journal.contains(u"held"_s));
}

void tst_InputCopies::whatIsSupersededEmits()
{
    Journal journal;
    Emitter emitter;
    Scoped<Taker> taker({.on = dedicatedThread()}, &journal);
    Gate gate;
    taker.tell(gate.pass());
    Actorio::connect(&emitter, &Emitter::held, taker, latestOnly());
    Q_EMIT emitter.held(held([&] { Q_EMIT emitter.held(held([] {})); }));
    Q_EMIT emitter.held({}); // which is superseded in its turn
    gate.open();
    QTRY_COMPARE(journal.entries(), QStringList{u"held"_s});
}

void tst_InputCopies::whatIsEmittedEndsItsConnection()
{
    Journal journal;
    Emitter emitter;
    Scoped<Taker> taker(&journal);
    Connection connection = Actorio::connect(&emitter, &Emitter::held, taker);
    Q_EMIT emitter.held(held([&] { connection.disconnect(); }));
    QTRY_VERIFY(!connection.isActive());
    QCOMPARE(journal.entries(), QStringList{u"held"_s});
}

void tst_InputCopies::whatAnInputSupersedesEmits()
{
    Journal journal;
    Emitter emitter;
    Scoped<Taker> taker({.on = dedicatedThread()}, &journal, [&](Taker &t) {
        t.addInput(
                &emitter, &Emitter::held,
                [&](const Held &value) { journal.note(value.what ? u"held"_s : u"nothing"_s); },
                latestOnly());
    });
    Gate gate;
    taker.tell(gate.pass());
    QVERIFY(gate.isReached());
    Q_EMIT emitter.held(held([&] { Q_EMIT emitter.held(held([] {})); }));
    Q_EMIT emitter.held({});
    gate.open();
    QTRY_COMPARE(journal.entries(), QStringList{u"held"_s});
}

// Whose copies are made, and go, anywhere.
void tst_InputCopies::aConnectionsMessageLooksAtIt()
{
    Journal journal;
    Emitter emitter;
    Scoped<Taker> taker({.on = dedicatedThread()}, &journal);
    Gate gate;
    taker.tell(gate.pass());
    const Connection connection = Actorio::connect(&emitter, &Emitter::busy, taker, latestOnly());
    for (int i = 0; i < 3; ++i)
        Q_EMIT emitter.busy(Busy([&] { (void)connection.isActive(); }));
    gate.open();
    QTRY_COMPARE(journal.entries(), QStringList{u"busy"_s});
    QCOMPARE(taker.stop().kind(), StopReason::Stopped);
}

void tst_InputCopies::aTimersMessageCancelsIt()
{
    Stage stage;
    Journal journal;
    std::atomic<bool> isArmed{false};
    Scoped taker(stage.system.spawn<Taker>(&journal, [&](Taker &t) {
        t.input = t.addTimer(10ms, refTo(&t), Busy([&] {
                                 if (isArmed.exchange(false))
                                     t.input.cancel();
                             }));
    }));
    settle(taker);
    isArmed = true;
    stage.clock->advance(10ms);
    QTRY_COMPARE(journal.entries(), QStringList{u"busy"_s}); // too late for this one
    stage.clock->advance(10ms);
    settle(taker);
    QCOMPARE(journal.entries(), QStringList{u"busy"_s});
}

void tst_InputCopies::aTimersMessageLooksIntoItsInbox()
{
    Inbox inbox;
    Scoped<Host> owner([&](Host &h) {
        h.addTimer(once(1ms), inbox.ref(), Busy([&] { (void)inbox.count(); }));
    });
    QVERIFY(inbox.waitFor<Busy>(20s));
    QCOMPARE(owner.stop().kind(), StopReason::Stopped);
}

void tst_InputCopies::messagesThatCannotBeAssigned()
{
    Journal journal;
    Emitter emitter;
    Scoped<Taker> taker(&journal, [](Taker &t) { t.addTimer(once(0ms), refTo(&t), Constant{1}); });
    QTRY_COMPARE(journal.entries(), QStringList{u"1"_s});
    Connection connection = Actorio::connect(&emitter, &Emitter::constant, taker, latestOnly());
    Q_EMIT emitter.constant({2});
    QTRY_COMPARE(journal.entries().last(), u"2"_s);
    connection.disconnect();
    Actorio::connect(&emitter, &Emitter::constant, taker, atMostEvery(1ms));
    for (const int number : {3, 4, 5})
        Q_EMIT emitter.constant({number});
    QTRY_COMPARE(journal.entries().last(), u"5"_s);
    Inbox inbox;
    Actorio::connect(&emitter, &Emitter::constant, inbox.ref(), latestOnly());
    Q_EMIT emitter.constant({6});
    QCOMPARE(inbox.waitFor<Constant>(0ms)->number, 6);
    run(taker, [](Taker &t) {
        t.addInput(QtFuture::makeReadyFuture(), [&t] { t.receive(Constant{7}); });
    });
    QTRY_COMPARE(journal.entries().last(), u"7"_s);
}

void tst_InputCopies::emissionsThatWaitGoWithTheirInput()
{
    Journal journal;
    Emitter emitter;
    Scoped<Taker> taker({.on = dedicatedThread()}, &journal, [&](Taker &t) {
        t.input = t.addInput(&emitter, &Emitter::held, [](const Held &) {});
    });
    Gate gate;
    taker.tell(gate.pass());
    QVERIFY(gate.isReached());
    std::atomic<int> gone{0};
    taker.tell(Do([&](Taker &t) {
        t.input.cancel(); // but it keeps the Input
        journal.note(QString::number(gone));
    }));
    for (int i = 0; i < 3; ++i)
        Q_EMIT emitter.held(held([&] { ++gone; }));
    QCOMPARE(gone, 0);
    gate.open();
    QTRY_COMPARE(journal.entries(), QStringList{u"3"_s});
}

QTEST_GUILESS_MAIN(tst_InputCopies)
#include "tst_input_copies.moc"
