// SPDX-License-Identifier: MIT
#include "host.h"
#include "life.h"
#include "phoenix.h"
#include "stage.h"

#include <Actorio/Actorio>

#include <QtTest/QTest>

#include <atomic>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

// Reaches an actor without a message.
class Bell : public QObject
{
    Q_OBJECT
Q_SIGNALS:
    void rang(int number);
};

// Notes its timeouts beside what a Phoenix notes.
class Sleeper : public Phoenix
{
    Q_OBJECT
public:
    Sleeper(Lives *lives, Bell *bell, Do setUp) : Phoenix(lives, std::move(setUp)), m_bell(bell) { }

    using Phoenix::cancelReceiveTimeout;
    using Phoenix::receive;
    using Phoenix::setReceiveTimeout;
    using Phoenix::unwatch;

    Do atTimeout;
    static inline std::atomic<int> rung{0};

public Q_SLOTS:
    void receive(const Actorio::ReceiveTimeout &)
    {
        note(u"timeout"_s);
        if (currentSender())
            note(u"with a sender"_s);
        if (atTimeout)
            atTimeout(*this);
    }

protected:
    void setUp() override
    {
        addInput(m_bell, &Bell::rang, [](int number) -> QFuture<void> {
            co_await 0ms; // until the timers that are due have fired
            rung = number;
        });
        Phoenix::setUp();
    }

private:
    Bell *const m_bell;
};

// Has no slot for it.
class Deaf : public Host
{
    Q_OBJECT
public:
    using Host::Host;
    using Host::receive;
    using Host::setReceiveTimeout;
};

namespace {

const Do oneSecond = [](Sleeper &sleeper) { sleeper.setReceiveTimeout(1s); };

} // namespace

class tst_ReceiveTimeout : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();

    void comesAfterEachSpanWithoutAMessage_data() { addPlaces(); }
    void comesAfterEachSpanWithoutAMessage();
    void aMessageStartsTheTimeAnew_data() { addPlaces(); }
    void aMessageStartsTheTimeAnew();
    void anInputDoesNot();
    void countsFromTheEndOfALongHandler_data() { addPlaces(); }
    void countsFromTheEndOfALongHandler();
    void countsFromTheEndOfSetUp();
    void waitsForAnInputThatIsBusy();
    void aMessageThatWaitsComesFirst();
    void isCancelled_data();
    void isCancelled();
    void isCancelledWhenItIsQueued();
    void aSecondCallReplacesTheFirst();
    void anUnwatchedTerminatedIsNoMessage();
    void withoutASlotTheActorFails();
    void isGoneAfterARestart();
    void aQueuedOneNeverReachesTheNextObject();
    void isNoDeadLetterOfAnActorThatStops();
    void mayStopItsActor();
    void isRefusedInTheConstructor();
    void isAWarningInTearDown();

private:
    Actorio::ActorRef<Sleeper> spawn(Actorio::SpawnOptions options = {}, Do setUp = oneSecond)
    {
        const auto sleeper = m_stage->system.spawn<Sleeper>(std::move(options), m_lives.get(),
                                                            &m_bell, std::move(setUp));
        ring();
        return sleeper;
    }
    // Until whatever time and messages have brought is over, without a message. Inputs and the inbox take turns.
    void ring()
    {
        for (int i = 0; i < 3; ++i) {
            ++m_ring;
            const auto isHeard = [this] {
                if (Sleeper::rung == m_ring)
                    return true;
                Q_EMIT m_bell.rang(m_ring); // again, if it listens only now
                return false;
            };
            QVERIFY(waitUntil(isHeard));
        }
    }
    void advance(std::chrono::milliseconds time)
    {
        m_stage->clock->advance(time);
        ring();
    }
    int timeouts() const { return int(m_lives->journal.entries().filter(u"timeout"_s).size()); }

    Bell m_bell;
    int m_ring = 0;
    std::unique_ptr<Lives> m_lives;
    std::unique_ptr<Stage> m_stage;
};

void tst_ReceiveTimeout::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_lives = std::make_unique<Lives>();
    m_stage = std::make_unique<Stage>();
}

void tst_ReceiveTimeout::cleanup()
{
    m_stage.reset(); // joins
    QCOMPARE(m_lives->built, m_lives->deleted);
    QVERIFY(!m_lives->journal.contains(u"in a wrong thread"_s));
}

void tst_ReceiveTimeout::comesAfterEachSpanWithoutAMessage()
{
    QFETCH(const std::function<Actorio::Placement()>, place);
    spawn({.on = place()});
    advance(999ms);
    QCOMPARE(timeouts(), 0);
    advance(1ms);
    QCOMPARE(timeouts(), 1);
    advance(999ms);
    QCOMPARE(timeouts(), 1);
    advance(1ms);
    QCOMPARE(timeouts(), 2);
    advance(10s); // what was missed is one
    QCOMPARE(timeouts(), 3);
    QVERIFY(!m_lives->journal.contains(u"1 with a sender"_s));
}

void tst_ReceiveTimeout::aMessageStartsTheTimeAnew()
{
    QFETCH(const std::function<Actorio::Placement()>, place);
    const auto sleeper = spawn({.on = place()});
    for (int i = 0; i < 5; ++i) {
        advance(600ms);
        if (i % 2 == 0)
            sleeper.tell(u"told"_s);
        else
            waitFor(sleeper.ask(u"asked"_s));
        ring();
    }
    QCOMPARE(timeouts(), 0);
    advance(999ms);
    QCOMPARE(timeouts(), 0);
    advance(1ms);
    QCOMPARE(timeouts(), 1);
}

void tst_ReceiveTimeout::anInputDoesNot()
{
    spawn({}, [](Sleeper &sleeper) {
        sleeper.setReceiveTimeout(1s);
        sleeper.addTimer(300ms, [&sleeper] { sleeper.note(u"tick"_s); });
    });
    for (int i = 0; i < 4; ++i)
        advance(250ms);
    QVERIFY(m_lives->journal.contains(u"1 tick"_s));
    QCOMPARE(timeouts(), 1);
}

void tst_ReceiveTimeout::countsFromTheEndOfALongHandler()
{
    QFETCH(const std::function<Actorio::Placement()>, place);
    const auto sleeper = spawn({.on = place()});
    QPromise<int> promise;
    promise.start();
    Actorio::Ask<int> ask =
            sleeper.ask(Await([future = promise.future()](Host &) { return future; }));
    // Nothing of its own runs meanwhile, but its thread's timers fire.
    const auto other = m_stage->system.spawn<Host>({.on = Actorio::pool()});
    settle(other);
    for (int i = 0; i < 3; ++i) {
        m_stage->clock->advance(900ms);
        settle(other);
    }
    QCOMPARE(timeouts(), 0);
    promise.addResult(1);
    promise.finish();
    waitFor(std::move(ask));
    ring();
    QCOMPARE(timeouts(), 0);
    advance(999ms);
    QCOMPARE(timeouts(), 0);
    advance(1ms);
    QCOMPARE(timeouts(), 1);
}

void tst_ReceiveTimeout::countsFromTheEndOfSetUp()
{
    QPromise<void> promise;
    promise.start();
    const auto sleeper = m_stage->system.spawn<Sleeper>(
            m_lives.get(), &m_bell, Do([future = promise.future()](Sleeper &self) {
                self.setReceiveTimeout(1s);
                self.note(u"began"_s);
                self.busyUntil(future);
            }));
    QTRY_VERIFY(m_lives->journal.contains(u"1 began"_s));
    const auto other = m_stage->system.spawn<Host>();
    settle(other);
    m_stage->clock->advance(3s);
    settle(other);
    promise.finish();
    ring();
    QCOMPARE(timeouts(), 0);
    advance(1s);
    QCOMPARE(timeouts(), 1);
}

void tst_ReceiveTimeout::waitsForAnInputThatIsBusy()
{
    QPromise<void> promise;
    promise.start();
    spawn({}, [future = promise.future()](Sleeper &sleeper) {
        sleeper.setReceiveTimeout(1s);
        sleeper.addTimer(Actorio::once(500ms), [&sleeper, future]() -> QFuture<void> {
            sleeper.note(u"busy"_s);
            co_await future;
            sleeper.note(u"done"_s);
        });
    });
    const auto other = m_stage->system.spawn<Host>();
    settle(other);
    m_stage->clock->advance(500ms);
    QTRY_VERIFY(m_lives->journal.contains(u"1 busy"_s));
    m_stage->clock->advance(2s);
    settle(other);
    QCOMPARE(timeouts(), 0);
    promise.finish();
    ring();
    QCOMPARE(m_lives->journal.entries(), QStringList({u"1 busy"_s, u"1 done"_s, u"1 timeout"_s}));
}

void tst_ReceiveTimeout::aMessageThatWaitsComesFirst()
{
    const auto sleeper = spawn();
    Gate gate;
    sleeper.tell(Do([door = gate.door()](Sleeper &self) {
        self.addInput(QtFuture::makeReadyFuture(), [door] { door->pass(); });
    }));
    QVERIFY(gate.isReached()); // in an input: this is no time of a message
    m_stage->clock->advance(2s);
    sleeper.tell(u"message"_s);
    gate.open();
    ring();
    QCOMPARE(m_lives->journal.entries(), QStringList{u"1 message"_s});
    advance(1s);
    QCOMPARE(timeouts(), 1);
}

void tst_ReceiveTimeout::isCancelled_data()
{
    QTest::addColumn<Do>("cancel");
    QTest::newRow("cancelReceiveTimeout()")
            << Do([](Sleeper &sleeper) { sleeper.cancelReceiveTimeout(); });
    QTest::newRow("zero") << Do([](Sleeper &sleeper) { sleeper.setReceiveTimeout(0s); });
    QTest::newRow("negative") << Do([](Sleeper &sleeper) { sleeper.setReceiveTimeout(-1s); });
}

void tst_ReceiveTimeout::isCancelled()
{
    QFETCH(const Do, cancel);
    const auto sleeper = spawn();
    advance(1s);
    QCOMPARE(timeouts(), 1);
    run(sleeper, cancel);
    run(sleeper, cancel);
    advance(5s);
    QCOMPARE(timeouts(), 1);
}

void tst_ReceiveTimeout::isCancelledWhenItIsQueued()
{
    const auto sleeper = spawn();
    QPromise<void> promise;
    promise.start();
    run(sleeper, [future = promise.future()](Sleeper &self) {
        self.addInput(QtFuture::makeReadyFuture(), [&self, future]() -> QFuture<void> {
            self.note(u"busy"_s);
            co_await future;
            self.cancelReceiveTimeout();
        });
    });
    QTRY_VERIFY(m_lives->journal.contains(u"1 busy"_s));
    m_stage->clock->advance(2s);
    settle(m_stage->system.spawn<Host>()); // in the same thread
    promise.finish();
    ring();
    QCOMPARE(timeouts(), 0);
}

void tst_ReceiveTimeout::aSecondCallReplacesTheFirst()
{
    const auto sleeper = spawn();
    run(sleeper, [](Sleeper &self) { self.setReceiveTimeout(3s); });
    ring();
    advance(2999ms);
    QCOMPARE(timeouts(), 0);
    advance(1ms);
    QCOMPARE(timeouts(), 1);
    run(sleeper, [](Sleeper &self) { self.setReceiveTimeout(200ms); });
    ring();
    advance(200ms);
    QCOMPARE(timeouts(), 2);
}

void tst_ReceiveTimeout::anUnwatchedTerminatedIsNoMessage()
{
    const auto sleeper = spawn();
    advance(600ms);
    run(sleeper, [](Sleeper &self) {
        self.setReceiveTimeout(1s);
        // In an input: the message on its way is taken back in the same turn.
        self.addTimer(Actorio::once(500ms), [&self] {
            self.watch(Actorio::ActorRef<>());
            self.unwatch(Actorio::ActorRef<>());
        });
    });
    ring();
    advance(500ms);
    advance(500ms);
    QCOMPARE(timeouts(), 1);
}

void tst_ReceiveTimeout::withoutASlotTheActorFails()
{
    const auto deaf =
            m_stage->system.spawn<Deaf>(Do([](Deaf &self) { self.setReceiveTimeout(1s); }));
    settle(deaf);
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u"nobody heard of it: .* has no receive "
                                            u"slot for Actorio::ReceiveTimeout"_s));
    // The answer to an ask comes before the end of its handler, from which the time counts.
    QVERIFY(waitUntil([&] {
        m_stage->clock->advance(1s);
        return !deaf.isRunning();
    }));
    const Actorio::StopReason reason = waitForEnd(deaf.terminated());
    QVERIFY(fails<Actorio::UnhandledMessage>([&] { std::rethrow_exception(reason.exception()); }));
}

void tst_ReceiveTimeout::isGoneAfterARestart()
{
    const auto sleeper = spawn({.supervision = Actorio::restart()}, [](Sleeper &self) {
        if (self.number() == 1)
            self.setReceiveTimeout(1s);
    });
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"is restarted"_s));
    sleeper.tell(boom);
    ring();
    advance(5s);
    QCOMPARE(m_lives->built, 2);
    QCOMPARE(timeouts(), 0);
}

void tst_ReceiveTimeout::aQueuedOneNeverReachesTheNextObject()
{
    const auto sleeper = spawn({.supervision = Actorio::restart()});
    QPromise<void> promise;
    promise.start();
    run(sleeper, [future = promise.future()](Sleeper &self) {
        self.addInput(QtFuture::makeReadyFuture(), [&self, future]() -> QFuture<void> {
            self.note(u"busy"_s);
            co_await future;
            throw std::runtime_error("boom");
        });
    });
    QTRY_VERIFY(m_lives->journal.contains(u"1 busy"_s));
    m_stage->clock->advance(2s);
    settle(m_stage->system.spawn<Host>()); // in the same thread: it is queued now
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"is restarted"_s));
    promise.finish();
    QTRY_COMPARE(m_lives->built, 2);
    ring();
    QCOMPARE(timeouts(), 0);
    advance(1s); // its own
    QCOMPARE(timeouts(), 1);
    QVERIFY(m_lives->journal.contains(u"2 timeout"_s));
}

void tst_ReceiveTimeout::isNoDeadLetterOfAnActorThatStops()
{
    const auto sleeper = spawn();
    QPromise<void> promise;
    promise.start();
    run(sleeper, [future = promise.future()](Sleeper &self) {
        self.addInput(QtFuture::makeReadyFuture(), [&self, future]() -> QFuture<void> {
            self.note(u"busy"_s);
            co_await future;
        });
    });
    QTRY_VERIFY(m_lives->journal.contains(u"1 busy"_s));
    m_stage->clock->advance(2s);
    settle(m_stage->system.spawn<Host>());
    sleeper.stop();
    promise.finish();
    QCOMPARE(waitForEnd(sleeper.terminated()).kind(), Actorio::StopReason::Stopped);
    QCOMPARE(timeouts(), 0);
    QCOMPARE(m_stage->system.deadLetterCount(), 0u);
}

// What it is for: an actor that ends when nobody needs it any more.
void tst_ReceiveTimeout::mayStopItsActor()
{
    const auto sleeper = spawn({}, [](Sleeper &self) {
        self.setReceiveTimeout(1min);
        self.atTimeout = [](Host &host) { host.stop(); };
    });
    advance(59s);
    QVERIFY(sleeper.isRunning());
    m_stage->clock->advance(1s);
    QCOMPARE(waitForEnd(sleeper.terminated()).kind(), Actorio::StopReason::Stopped);
    m_stage->clock->advance(1h);
    QCOMPARE(timeouts(), 1);
}

void tst_ReceiveTimeout::isRefusedInTheConstructor()
{
    Deaf deaf;
    QVERIFY(errorOf<Actorio::Error>([&] { deaf.setReceiveTimeout(1s); }).contains(u"setUp()"));
}

void tst_ReceiveTimeout::isAWarningInTearDown()
{
    class Late : public Deaf
    {
    protected:
        void tearDown(const Actorio::StopReason &) override { setReceiveTimeout(1s); }
    };
    const auto late = m_stage->system.spawn<Late>();
    settle(late);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"is stopping and takes no receive"_s));
    late.stop();
    QCOMPARE(waitForEnd(late.terminated()).kind(), Actorio::StopReason::Stopped);
}

QTEST_GUILESS_MAIN(tst_ReceiveTimeout)
#include "tst_receivetimeout.moc"
