// SPDX-License-Identifier: MIT
// What handlers and factories capture: it lives as long as they run or wait, and may end its own input as it goes.
#include "devices.h"
#include "gate.h"

#include <QtTest/QTest>

#include <memory>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::Input;
using Actorio::Scoped;
using Actorio::StopReason;

namespace {

// As a message it holds the timer that sends it.
struct Held
{
    std::shared_ptr<Input> timer;
};

// Ends its input with itself, as what belongs to a connection does.
struct Session
{
    ~Session() { input.cancel(); }
    Input input;
};

// Something to capture, and whether it is still there.
struct Captured
{
    Captured() = default;
    Captured(const Captured &) = delete;
    ~Captured() { *isThere = false; }
    const std::shared_ptr<bool> isThere = std::make_shared<bool>(true);
};

// Of a coroutine: notes as it goes whether what is captured is there.
class Leaving
{
public:
    Leaving(Journal *journal, const std::shared_ptr<Captured> &captured)
        : m_journal(*journal), m_isThere(captured->isThere)
    {
    }
    Leaving(const Leaving &) = delete;
    ~Leaving() { note(u"leaves"_s); }
    void note(const QString &what)
    {
        m_journal.note(*m_isThere ? what : what + u" without what it has captured"_s);
    }

private:
    Journal &m_journal;
    const std::shared_ptr<bool> m_isThere;
};

} // namespace

class tst_InputLifetimes : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    // Captures that end their input
    void aHandlerThatEndsItsInputAsItGoes_data();
    void aHandlerThatEndsItsInputAsItGoes();
    void anEndHandlerThatEndsItsInputAsItGoes_data();
    void anEndHandlerThatEndsItsInputAsItGoes();
    void anInputOfAnActorThatStopsKeepsNoHandler();
    void aTimersMessageThatHoldsItsTimer();

    // What is there as long as it is used
    void theFutureOfAHandlerThatCancels();
    void whatAFactoryThatIsACoroutineCaptures_data();
    void whatAFactoryThatIsACoroutineCaptures();
    void whatAnEndHandlerThatIsACoroutineCaptures_data();
    void whatAnEndHandlerThatIsACoroutineCaptures();
    void anEndHandlerKeepsTheActorBusy();
    void anEndHandlerThatFails();

    // From outside a turn
    void theEndMayBeAskedForByAnIdleActor();
    void theEndIsHeardInTheTurnOfItsActor();
    void anEndHandlerOfACancelledInputIsDropped();
    void anIdleActorAddsACoroutine();
    void aCoroutineThatAnotherActorAdds();
};

void tst_InputLifetimes::aHandlerThatEndsItsInputAsItGoes_data()
{
    QTest::addColumn<Do>("end");
    QTest::newRow("cancelled") << Do([](Client &c) { c.inputs[0].cancel(); });
    QTest::newRow("at its end") << Do([](Reader &r) { r.pipe.endOfStream(); });
    QTest::newRow("actor stopped") << Do([](Client &c) { c.stop(); });
}

// The others of the actor stay what they are, and end with it.
void tst_InputLifetimes::aHandlerThatEndsItsInputAsItGoes()
{
    QFETCH(const Do, end);
    Journal journal;
    auto older = std::make_shared<int>(1);
    auto newer = std::make_shared<int>(2);
    const std::vector<std::weak_ptr<int>> others = {older, newer};
    const auto client = Actorio::spawn<Reader>(&journal);
    std::weak_ptr<Session> weak;
    run(client, [&](Reader &r) {
        r.addTimer(1h, [older = std::move(older)] {});
        const auto session = std::make_shared<Session>();
        weak = session;
        session->input = r.addInput(&r.pipe, [session] {});
        r.inputs = {session->input};
        r.addTimer(1h, [newer = std::move(newer)] {});
    });
    run(client, end);
    QTRY_VERIFY(weak.expired());
    client.stop();
    QCOMPARE(waitForEnd(client.terminated()).kind(), StopReason::Stopped);
    for (const std::weak_ptr<int> &other : others)
        QVERIFY(other.expired());
}

void tst_InputLifetimes::anEndHandlerThatEndsItsInputAsItGoes_data()
{
    aHandlerThatEndsItsInputAsItGoes_data();
    QTest::newRow("replaced") << Do([](Client &c) { c.inputs[0].onEnd([] {}); });
}

void tst_InputLifetimes::anEndHandlerThatEndsItsInputAsItGoes()
{
    QFETCH(const Do, end);
    Journal journal;
    const auto client = Actorio::spawn<Reader>(&journal);
    std::weak_ptr<Session> weak;
    run(client, [&](Reader &r) {
        const auto session = std::make_shared<Session>();
        weak = session;
        session->input = r.addInput(&r.pipe, [] {});
        session->input.onEnd([session] {});
        r.inputs = {session->input};
    });
    QVERIFY(!weak.expired());
    run(client, end);
    QTRY_VERIFY(weak.expired());
    client.stop();
    QCOMPARE(waitForEnd(client.terminated()).kind(), StopReason::Stopped);
}

void tst_InputLifetimes::anInputOfAnActorThatStopsKeepsNoHandler()
{
    Journal journal;
    std::weak_ptr<Session> weak;
    const auto client = Actorio::spawn<Client>(&journal, Do(), [&](Client &c) {
        const auto session = std::make_shared<Session>();
        weak = session;
        session->input = c.addTimer(1h, [session] {});
        session->input.onEnd([session] {});
    });
    settle(client); // it has begun
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u".* is stopping and listens to nothing new"_s));
    client.stop();
    QCOMPARE(waitForEnd(client.terminated()).kind(), StopReason::Stopped);
    QVERIFY(weak.expired());
}

void tst_InputLifetimes::aTimersMessageThatHoldsItsTimer()
{
    Journal journal;
    Actorio::Inbox inbox;
    Scoped<Client> client(&journal);
    std::weak_ptr<Input> weak;
    run(client, [&](Client &c) {
        const auto timer = std::make_shared<Input>();
        weak = timer;
        *timer = c.addTimer(Actorio::once(0ms), inbox.ref(), Held{timer});
    });
    QVERIFY(inbox.waitFor<Held>().value().timer);
    QTRY_VERIFY(weak.expired());
}

void tst_InputLifetimes::theFutureOfAHandlerThatCancels()
{
    using Value = std::shared_ptr<int>;
    Journal journal;
    const auto look = [&](const QFuture<Value> &future, const std::weak_ptr<int> &value) {
        journal.note(value.expired() ? u"gone"_s : QString::number(*future.result()));
    };
    const auto add = [](Client &c, auto handler) {
        auto factory = [future = QtFuture::makeReadyFuture(std::make_shared<int>(7))]() mutable {
            return std::move(future);
        };
        c.inputs = {c.addInput(std::move(factory), std::move(handler), 1)};
    };
    Scoped<Client> client(&journal);
    run(client, [&](Client &c) {
        add(c, [&](const QFuture<Value> &future) {
            const std::weak_ptr<int> value = future.result();
            c.inputs[0].cancel();
            look(future, value);
        });
    });
    QTRY_COMPARE(journal.entries(), QStringList{u"7"_s});
    run(client, [&](Client &c) {
        add(c, [&](const QFuture<Value> &future) -> QFuture<void> {
            const std::weak_ptr<int> value = future.result();
            c.inputs[0].cancel();
            co_await 1ms;
            look(future, value);
        });
    });
    QTRY_COMPARE(journal.entries(), (QStringList{u"7"_s, u"7"_s}));
}

void tst_InputLifetimes::whatAFactoryThatIsACoroutineCaptures_data()
{
    QTest::addColumn<Do>("end");
    QTest::addColumn<bool>("goesOn");
    QTest::newRow("finished") << Do([](Client &) {}) << true;
    QTest::newRow("cancelled") << Do([](Client &c) { c.inputs[0].cancel(); }) << true;
    QTest::newRow("stopped") << Do([](Client &c) { c.stop(); }) << false;
    QTest::newRow("killed") << Do([](Client &c) { refTo(&c).kill(); }) << false;
}

void tst_InputLifetimes::whatAFactoryThatIsACoroutineCaptures()
{
    QFETCH(const Do, end);
    QFETCH(const bool, goesOn);
    Journal journal;
    Awaited<void> awaited;
    std::shared_ptr<bool> isThere;
    const auto client = Actorio::spawn<Client>(&journal);
    run(client, [&](Client &c) {
        auto captured = std::make_shared<Captured>();
        isThere = captured->isThere;
        auto factory = [&, captured]() -> QFuture<int> {
            Leaving leaving(&journal, captured);
            co_await c.awaited;
            leaving.note(u"goes on"_s);
            co_return 7;
        };
        c.awaited = awaited.future;
        captured.reset();
        c.inputs = {c.addInput(
                std::move(factory), [] {}, 1)};
    });
    run(client, end);
    if (!goesOn)
        QVERIFY(waitForFinished(client.terminated()));
    awaited.finish();
    QTRY_VERIFY(journal.contains(u"leaves"_s) || !journal.entries().filter(u"without"_s).isEmpty());
    QCOMPARE(journal.entries(),
             goesOn ? QStringList({u"goes on"_s, u"leaves"_s}) : QStringList({u"leaves"_s}));
    client.stop();
    QVERIFY(waitForFinished(client.terminated()));
    QVERIFY(!*isThere); // nor any longer than that
}

void tst_InputLifetimes::whatAnEndHandlerThatIsACoroutineCaptures_data()
{
    QTest::addColumn<Do>("end");
    QTest::addColumn<bool>("isKilled");
    QTest::newRow("finished") << Do([](Client &) {}) << false;
    QTest::newRow("stopped") << Do([](Client &c) { c.stop(); }) << false;
    QTest::newRow("killed") << Do([](Client &c) { refTo(&c).kill(); }) << true;
}

void tst_InputLifetimes::whatAnEndHandlerThatIsACoroutineCaptures()
{
    QFETCH(const Do, end);
    QFETCH(const bool, isKilled);
    Journal journal;
    Awaited<void> awaited;
    std::shared_ptr<bool> isThere;
    const auto client = Actorio::spawn<Reader>({.on = Actorio::mainThread()}, &journal);
    Reader *reader = nullptr;
    run(client, [&](Reader &r) {
        auto captured = std::make_shared<Captured>();
        isThere = captured->isThere;
        auto handler = [&, captured](const QString &error) -> QFuture<void> {
            Leaving leaving(&journal, captured);
            r.note(u"begins"_s);
            co_await r.awaited;
            leaving.note(u"goes on: "_s + error);
        };
        reader = &r;
        r.awaited = awaited.future;
        captured.reset();
        r.inputs = {r.addInput(&r.pipe, [] {})};
        r.inputs[0].onEnd(std::move(handler));
        r.pipe.fail(u"broken"_s);
        r.pipe.endOfStream();
    });
    QTRY_COMPARE(journal.entries(), QStringList{u"begins"_s});
    end(*reader);
    awaited.finish();
    client.stop();
    QVERIFY(waitForFinished(client.terminated()));
    QCOMPARE(journal.entries(),
             isKilled ? QStringList({u"begins"_s, u"leaves"_s})
                      : QStringList({u"begins"_s, u"goes on: broken"_s, u"leaves"_s}));
    QVERIFY(!*isThere);
}

void tst_InputLifetimes::anEndHandlerKeepsTheActorBusy()
{
    Journal journal;
    Awaited<void> awaited;
    Scoped<Client> client({.on = Actorio::mainThread()}, &journal, [&](Client &c) {
        c.awaited = awaited.future;
        c.addInput(
                 ready, [] {}, 1)
                .onEnd([&c] { return c.waitAwhile(); });
    });
    QTRY_COMPARE(journal.entries(), QStringList{u"begins"_s});
    client.tell(Do([](Client &c) { c.note(u"message"_s); }));
    Scoped<Client> other({.on = Actorio::mainThread()}, &journal);
    settle(other);
    QCOMPARE(journal.entries(), QStringList{u"begins"_s});
    awaited.finish();
    QTRY_COMPARE(journal.entries(), (QStringList{u"begins"_s, u"ends"_s, u"message"_s}));
}

void tst_InputLifetimes::anEndHandlerThatFails()
{
    Journal journal;
    const auto client = Actorio::spawn<Client>(&journal, [](Client &c) {
        c.addInput(
                 ready, [] {}, 1)
                .onEnd([]() -> QFuture<void> {
                    co_await 1ms;
                    throw std::runtime_error("no end");
                });
    });
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u".*no end"_s));
    QCOMPARE(waitForEnd(client.terminated()).message(), u"no end"_s);
}

void tst_InputLifetimes::theEndMayBeAskedForByAnIdleActor()
{
    Journal journal;
    Client *idle = nullptr;
    Scoped<Client> client({.on = Actorio::mainThread()}, &journal, [&](Client &c) {
        idle = &c;
        c.inputs = {c.addInput(ready, &Client::onNumber, 1)};
    });
    QTRY_VERIFY(journal.contains(u"7"_s));
    settle(client);
    idle->noteEnd(); // in its thread, as a slot of it may
    QCOMPARE(journal.entries(), QStringList{u"7"_s});
    QTRY_COMPARE(journal.entries(), (QStringList{u"7"_s, u"end"_s}));
}

void tst_InputLifetimes::theEndIsHeardInTheTurnOfItsActor()
{
    Journal journal;
    Awaited<int> awaited;
    Client *busy = nullptr;
    Scoped<Client> client({.on = Actorio::mainThread()}, &journal, [&](Client &c) {
        busy = &c;
        c.inputs = {c.addInput(ready, &Client::onNumber, 1)};
    });
    Scoped<Client> other({.on = Actorio::mainThread()}, &journal);
    QTRY_VERIFY(journal.contains(u"7"_s));
    settle(client);
    client.tell(Await([&](Client &) { return awaited.future; }));
    settle(other); // by now it has begun
    run(other, [&](Client &) { busy->noteEnd(); });
    settle(other);
    QCOMPARE(journal.entries(), QStringList{u"7"_s});
    awaited.finish(1);
    QTRY_COMPARE(journal.entries(), (QStringList{u"7"_s, u"end"_s}));
}

void tst_InputLifetimes::anEndHandlerOfACancelledInputIsDropped()
{
    Journal journal;
    Scoped<Client> client(&journal);
    const auto token = std::make_shared<int>(1);
    run(client, [&](Client &c) {
        c.inputs = {c.addTimer(1h, [] {})};
        c.inputs[0].cancel();
        c.inputs[0].onEnd([token] {});
    });
    QCOMPARE(token.use_count(), 1);
}

void tst_InputLifetimes::anIdleActorAddsACoroutine()
{
    Journal journal;
    Client *idle = nullptr;
    Scoped<Client> client({.on = Actorio::mainThread()}, &journal, [&](Client &c) { idle = &c; });
    settle(client);
    const auto factory = []() -> QFuture<int> {
        co_await 1ms;
        co_return 7;
    };
    idle->addInput(factory, &Client::onNumber, 2);
    QTRY_COMPARE(journal.entries(), (QStringList{u"7"_s, u"7"_s}));
}

void tst_InputLifetimes::aCoroutineThatAnotherActorAdds()
{
    Journal journal;
    Awaited<void> awaited;
    Client *client = nullptr;
    Scoped<Client> its({.on = Actorio::mainThread()}, &journal, [&](Client &c) {
        client = &c;
        c.awaited = awaited.future;
    });
    settle(its);
    const auto other = Actorio::spawn<Client>({.on = Actorio::mainThread()}, &journal);
    run(other, [&](Client &) {
        const auto factory = [client]() -> QFuture<int> {
            co_await client->awaited;
            co_return 7;
        };
        client->addInput(factory, &Client::onNumber, 1);
    });
    other.kill(); // with all coroutines that are its own
    QCOMPARE(waitForEnd(other.terminated()).kind(), StopReason::Killed);
    awaited.finish();
    QTRY_COMPARE(journal.entries(), QStringList{u"7"_s});
}

QTEST_GUILESS_MAIN(tst_InputLifetimes)

#include "tst_input_lifetimes.moc"
