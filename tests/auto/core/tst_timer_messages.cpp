// SPDX-License-Identifier: MIT
// addTimer() with messages.
#include "host.h"
#include "stage.h"

#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

namespace {

struct Beat
{
    int number;
};
struct Echo
{
};
struct RemindMe // asks for an answer that comes later
{
};

} // namespace

// What timers tell.
class Beaten : public Host
{
    Q_OBJECT

public:
    explicit Beaten(Journal *journal, Do setUp = {}) : Host(std::move(setUp)), m_journal(*journal)
    {
    }
    using Host::receive;

public Q_SLOTS:
    void receive(const Beat &beat)
    {
        m_journal.note(QString::number(beat.number));
        reply(Echo());
    }
    void receive(const Echo &) { m_journal.note(u"echo"_s); }
    Delegated<QString> receive(const RemindMe &)
    {
        addTimer(Actorio::once(10ms), currentSender(), u"reminded"_s);
        return {};
    }

private:
    Journal &m_journal;
};

class tst_TimerMessages : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    // To whom
    void toOneself();
    void toAnActorInAnotherThread();
    void toAnInbox();
    void toAnAsk();
    void theReplyIsItsOwners();
    void toNobody();

    // How often
    void oneAtATime();
    void aLimit();
    void zeroStarvesNobody();
    void theOwnerMayBeBusy();

    // Ends
    void cancelTakesBack();
    void keysAndCancelTimer();
    void endsWithTheTarget();
    void endsWithTheOwner();
    void theSystemEndsFirst();
};

void tst_TimerMessages::toOneself()
{
    Stage stage;
    Journal journal;
    Scoped beaten(stage.system.spawn<Beaten>(&journal, [](Host &h) {
        h.addTimer(10ms, refTo(static_cast<Beaten *>(&h)), Beat{1}, 2);
        h.addTimer(Actorio::once(15ms), h.self(), Beat{2}); // by an untyped reference
    }));
    settle(beaten);
    for (int i = 0; i < 5; ++i) {
        stage.clock->advance(5ms);
        settle(beaten);
        settle(beaten);
    }
    // What it replies is told to itself, as it is the sender.
    QCOMPARE(journal.entries(),
             QStringList({u"1"_s, u"echo"_s, u"2"_s, u"echo"_s, u"1"_s, u"echo"_s}));
}

void tst_TimerMessages::toAnActorInAnotherThread()
{
    Journal journal;
    Scoped<Beaten> target({.on = dedicatedThread()}, &journal);
    Journal echoes;
    Scoped<Beaten> owner(&echoes, [&](Host &h) {
        h.addTimer(1ms, target, Beat{1}, 3);
        h.addTimer(1ms, ActorRef<>(target), Echo{}, 2);
    });
    QTRY_COMPARE(journal.entries().count(u"1"_s), 3);
    QTRY_COMPARE(journal.entries().count(u"echo"_s), 2);
}

void tst_TimerMessages::toAnInbox()
{
    Inbox inbox;
    Scoped<Host> owner([&](Host &h) {
        h.addTimer(Actorio::once(1ms), inbox.ref(), u"once"_s);
        h.addTimer(1ms, inbox.ref(), 7);
    });
    QCOMPARE(inbox.waitFor<QString>(20s), u"once"_s);
    for (int i = 0; i < 5; ++i)
        QCOMPARE(inbox.waitFor<int>(20s), 7);
    QFuture<int> next = inbox.next<int>();
    QVERIFY(waitForFinished(next));
    QCOMPARE(next.result(), 7);
    const Message message = inbox.waitForMessage(20s);
    QVERIFY(message.is<int>());
    QCOMPARE(message.sender(), owner);
}

void tst_TimerMessages::toAnAsk()
{
    Journal journal;
    Scoped<Beaten> beaten(&journal);
    QCOMPARE(beaten.ask(RemindMe()).result(), u"reminded"_s);
    // One that has been cancelled takes no more.
    Stage stage;
    Scoped late(stage.system.spawn<Beaten>(&journal));
    Ask<QString> ask = late.ask(RemindMe());
    settle(late);
    ask.cancel();
    stage.clock->advance(10ms);
    settle(late);
    QVERIFY(fails<Cancelled>([&] { ask.result(); }));
}

void tst_TimerMessages::theReplyIsItsOwners()
{
    Journal journal;
    Journal owners;
    Scoped<Beaten> target(&journal);
    Scoped<Beaten> owner(&owners, [&](Host &h) { h.addTimer(1ms, target, Beat{1}, 3); });
    QTRY_COMPARE(owners.entries(), QStringList({u"echo"_s, u"echo"_s, u"echo"_s}));
    QCOMPARE(journal.entries(), QStringList({u"1"_s, u"1"_s, u"1"_s}));
}

void tst_TimerMessages::toNobody()
{
    Scoped<Host> host;
    run(host, [](Host &h) {
        if (!fails<Error>([&] { h.addTimer(1ms, ActorRef<Beaten>(), Beat{1}); })
            || !fails<Error>([&] { h.addTimer(1ms, h.self(), 1, 0); }))
            throw std::runtime_error("accepted");
    });
}

void tst_TimerMessages::oneAtATime()
{
    Stage stage;
    Inbox inbox;
    Scoped owner(stage.system.spawn<Host>([&](Host &h) { h.addTimer(10ms, inbox.ref(), 1); }));
    settle(owner);
    for (int i = 0; i < 10; ++i) {
        stage.clock->advance(10ms);
        settle(owner);
    }
    QVERIFY(inbox.waitFor<int>(0ms)); // stands for all of them
    QVERIFY(!inbox.waitFor<int>(0ms));
    stage.clock->advance(10ms);
    settle(owner);
    QVERIFY(inbox.waitFor<int>(0ms));
    QVERIFY(!inbox.waitFor<int>(0ms));
    // An owner that falls behind does not make up for it, and keeps the phase.
    {
        Gate gate;
        owner.tell(gate.pass());
        QVERIFY(gate.isReached());
        stage.clock->advance(37ms);
    }
    settle(owner);
    QVERIFY(inbox.waitFor<int>(0ms));
    QVERIFY(!inbox.waitFor<int>(0ms));
    stage.clock->advance(3ms);
    settle(owner);
    QVERIFY(inbox.waitFor<int>(0ms));
}

void tst_TimerMessages::aLimit()
{
    Stage stage;
    Inbox inbox;
    Ticks ends;
    Input input;
    Scoped owner(stage.system.spawn<Host>([&](Host &h) {
        input = h.addTimer(10ms, inbox.ref(), 1, 2);
        input.onEnd(ends.counter());
    }));
    settle(owner);
    for (int i = 0; i < 2; ++i) {
        QCOMPARE(ends.count.load(), 0);
        stage.clock->advance(10ms);
        settle(owner);
        QVERIFY(inbox.waitFor<int>(0ms));
        settle(owner);
    }
    QCOMPARE(ends.count.load(), 1); // when the last one has been handled
    stage.clock->advance(10ms);
    settle(owner);
    QVERIFY(!inbox.waitFor<int>(0ms));
    run(owner, [&](Host &) {
        if (input.isActive())
            ends.count = 100;
    });
    QCOMPARE(ends.count.load(), 1);
}

void tst_TimerMessages::zeroStarvesNobody()
{
    Stage stage;
    Journal journal;
    std::atomic<int> beats{0};
    struct Count
    {
    };
    class Counting : public Host
    {
    public:
        Counting(Do setUp, std::atomic<int> *count) : Host(std::move(setUp)), m_count(*count) { }
        using Host::receive;
        void receive(const Count &) { ++m_count; }

    private:
        std::atomic<int> &m_count;
    };
    Scoped host(stage.system.spawn<Counting>(
            [](Host &h) { h.addTimer(0ms, refTo(static_cast<Counting *>(&h)), Count()); }, &beats));
    Scoped other(stage.system.spawn<Host>());
    for (int i = 0; i < 100; ++i) {
        QCOMPARE(host.ask(i).result(), i);
        QCOMPARE(other.ask(i).result(), i);
    }
    QTRY_VERIFY(beats > 100);
}

void tst_TimerMessages::theOwnerMayBeBusy()
{
    Stage stage;
    Inbox inbox;
    QPromise<int> promise;
    promise.start();
    Scoped owner(stage.system.spawn<Host>([&](Host &h) { h.addTimer(10ms, inbox.ref(), 1); }));
    Scoped other(stage.system.spawn<Host>());
    Ask<int> ask = owner.ask(Await{[&](Host &) { return promise.future(); }});
    settle(other);
    for (int i = 0; i < 3; ++i) {
        stage.clock->advance(10ms);
        settle(other);
        QVERIFY(inbox.waitFor<int>(0ms));
    }
    promise.addResult(1);
    promise.finish();
    QCOMPARE(ask.result(), 1);
}

void tst_TimerMessages::cancelTakesBack()
{
    Stage stage;
    Inbox inbox;
    Journal journal;
    Input input;
    Scoped owner(stage.system.spawn<Beaten>(&journal, [&](Host &h) {
        h.addTimer(Actorio::once(10ms).named(u"once"_s), inbox.ref(), u"once"_s);
        input = h.addTimer(10ms, inbox.ref(), 1);
        input.onEnd([&] { journal.note(u"end"_s); });
        h.addTimer(Schedule(10ms).named(u"beat"_s), h.self(), Beat{1});
    }));
    settle(owner);
    QPromise<int> promise;
    promise.start();
    Scoped other(stage.system.spawn<Host>());
    Ask<int> ask = owner.ask(Await{[&](Host &h) -> QFuture<int> {
        co_await promise.future();
        input.cancel();
        h.cancelTimer(u"beat"_s);
        co_return h.cancelTimer(u"once"_s);
    }});
    settle(other);
    stage.clock->advance(10ms);
    settle(other); // by now all three are queued
    QFuture<QString> next = inbox.next<QString>(); // takes what is there
    QCOMPARE(next.result(), u"once"_s);
    promise.addResult(1);
    promise.finish();
    QCOMPARE(ask.result(), 1); // its end is not yet known to it
    settle(owner);
    QVERIFY(!inbox.waitFor<int>(0ms));
    stage.clock->advance(10ms);
    settle(owner);
    QVERIFY(!inbox.waitForMessage(0ms));
    QVERIFY(journal.entries().isEmpty());
    QCOMPARE(stage.system.deadLetterCount(), 0u);
}

void tst_TimerMessages::keysAndCancelTimer()
{
    Stage stage;
    Inbox inbox;
    Scoped owner(stage.system.spawn<Host>([&](Host &h) {
        const Schedule schedule = Schedule(10ms).named(u"key"_s);
        h.addTimer(schedule, inbox.ref(), 1);
        h.addTimer(schedule, inbox.ref(), 2);
    }));
    settle(owner);
    stage.clock->advance(10ms);
    settle(owner);
    QCOMPARE(inbox.waitFor<int>(0ms), 2);
    QVERIFY(!inbox.waitForMessage(0ms));
    run(owner, [&](Host &h) {
        h.addTimer(Schedule(10ms).named(u"key"_s), [] {}); // they share the keys
    });
    stage.clock->advance(10ms);
    settle(owner);
    QVERIFY(!inbox.waitForMessage(0ms));
}

void tst_TimerMessages::endsWithTheTarget()
{
    Stage stage;
    Journal journal;
    Scoped target(stage.system.spawn<Host>());
    Input input;
    Scoped owner(stage.system.spawn<Host>([&](Host &h) {
        input = h.addTimer(10ms, target, 1);
        input.onEnd([&] { journal.note(u"end"_s); });
    }));
    settle(owner);
    target.stop();
    for (int i = 0; i < 3; ++i) {
        stage.clock->advance(10ms);
        settle(owner);
    }
    QCOMPARE(journal.entries(), QStringList({u"end"_s}));
    run(owner, [&](Host &) { journal.note(input.isActive() ? u"active"_s : u"ended"_s); });
    QCOMPARE(journal.entries().last(), u"ended"_s);
    auto gone = std::make_unique<Inbox>();
    run(owner, [&](Host &h) {
        h.addTimer(10ms, gone->ref(), 1).onEnd([&] { journal.note(u"no inbox"_s); });
    });
    gone.reset();
    stage.clock->advance(10ms);
    settle(owner);
    QCOMPARE(journal.entries().last(), u"no inbox"_s);
}

void tst_TimerMessages::endsWithTheOwner()
{
    Stage stage;
    Inbox inbox;
    Scoped owner(stage.system.spawn<Host>([&](Host &h) { h.addTimer(10ms, inbox.ref(), 1); }));
    settle(owner);
    stage.clock->advance(10ms);
    settle(owner);
    QVERIFY(inbox.waitFor<int>(0ms));
    Scoped other(stage.system.spawn<Host>());
    owner.stop();
    stage.clock->advance(10ms);
    settle(other);
    QVERIFY(!inbox.waitFor<int>(0ms));
}

void tst_TimerMessages::theSystemEndsFirst()
{
    Inbox inbox;
    {
        ActorSystem system;
        system.spawn<Host>([&](Host &h) { h.addTimer(1ms, inbox.ref(), 1); });
        QCOMPARE(inbox.waitFor<int>(20s), 1);
    }
    // One that was on its way may have been left; it is handled when its timer is long gone.
    static_cast<void>(inbox.waitFor<int>(0ms));
    QVERIFY(!inbox.waitFor<int>(0ms));
}

QTEST_GUILESS_MAIN(tst_TimerMessages)
#include "tst_timer_messages.moc"
