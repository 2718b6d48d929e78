// SPDX-License-Identifier: MIT
// How an input ends: by itself, by cancel(), or with its actor. Nothing is heard of it afterwards.
#include "listening.h"

#include <QtTest/QTest>

#include <memory>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::Input;
using Actorio::Scoped;
using Actorio::StopReason;

class tst_InputEnd : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void aHandlerMayCancelItsInput();
    void aCancelledInputIsNotHeardThoughItIsReady();
    void cancellingTwiceOrNothingIsHarmless();
    void theEndIsHeardOnce();
    void theEndMayBeAskedForLate();
    void theEndIsHeardInTurn();
    void noEndIsHeardAfterCancel();
    void noEndIsHeardWhenTheActorStops();
    void aHandlerGoesWithItsInput_data();
    void aHandlerGoesWithItsInput();
    void nothingIsHeardOnceTheActorStops();
    void nothingIsHeardWhileItsChildrenStop();
    void nothingIsHeardInTearDown();
    void aDrainEndsThoughInputsAreReady();
    void aKillEndsAHandlerThatWaits();
};

void tst_InputEnd::aHandlerMayCancelItsInput()
{
    Journal journal;
    Scoped<Client> client(&journal, [](Client &c) {
        const auto handler = [&c, n = 0]() mutable -> QFuture<void> {
            c.note(QString::number(n));
            if (++n == 2)
                c.inputs[0].cancel();
            co_await 1ms; // the handler itself lives on until it is over
            c.note(QString::number(n) + (c.inputs[0].isActive() ? u" active"_s : u" cancelled"_s));
        };
        c.inputs = {c.addInput(ready, handler)};
    });
    const QStringList expected = {u"0"_s, u"1 active"_s, u"1"_s, u"2 cancelled"_s};
    QTRY_COMPARE(journal.entries(), expected);
    settle(client);
    QCOMPARE(journal.entries(), expected);
}

void tst_InputEnd::aCancelledInputIsNotHeardThoughItIsReady()
{
    Journal journal;
    Scoped<Client> client(&journal, [](Client &c) {
        c.addInput(
                ready,
                [&c] {
                    c.note(u"first"_s);
                    c.inputs[0].cancel();
                },
                1);
        c.inputs = {c.addInput(ready, &Client::onNumber)};
        c.addInput(ready, &Client::onNothing, 1);
    });
    QTRY_COMPARE(journal.entries(), (QStringList{u"first"_s, u"nothing"_s}));
    settle(client);
    QCOMPARE(journal.entries().size(), 2);
}

void tst_InputEnd::cancellingTwiceOrNothingIsHarmless()
{
    Journal journal;
    Input none;
    QVERIFY(!none.isActive());
    none.cancel();
    none.onEnd([] { QFAIL("there is nothing to end"); });
    Awaited<int> awaited;
    Scoped<Client> client(&journal, [&](Client &c) {
        const Input input = c.addInput(awaited.future, &Client::onFuture);
        c.inputs = {input, input};
        c.addInput(ready, &Client::onNothing, 1);
    });
    run(client, [](Client &c) {
        const auto note = [&c] {
            for (const Input &input : c.inputs)
                c.note(input.isActive() ? u"active"_s : u"not"_s);
        };
        note();
        c.inputs[0].cancel();
        note(); // a copy is the same
        c.inputs[1].cancel();
        c.inputs.clear();
    });
    awaited.finish(7);
    settle(client);
    QStringList entries = journal.entries();
    QVERIFY(entries.removeOne(u"nothing"_s));
    QCOMPARE(entries, (QStringList{u"active"_s, u"active"_s, u"not"_s, u"not"_s}));
}

void tst_InputEnd::theEndIsHeardOnce()
{
    Journal journal;
    Scoped<Client> client(&journal, [](Client &c) {
        c.inputs = {c.addInput(ready, &Client::onNumber, 2)};
        c.inputs[0].onEnd([&c](const QString &error) {
            c.onEnd(error);
            c.inputs[0].cancel();
        });
        c.addInput(QtFuture::makeReadyFuture(8), &Client::onNumber).onEnd([&c] {
            c.note(u"end 8"_s);
        });
    });
    QTRY_COMPARE(journal.entries().size(), 5);
    settle(client);
    QStringList entries = journal.entries();
    QCOMPARE(entries.size(), 5);
    QVERIFY(entries.indexOf(u"8"_s) < entries.indexOf(u"end 8"_s));
    QCOMPARE(entries.filter(QRegularExpression(u"^(7|end)$"_s)),
             (QStringList{u"7"_s, u"7"_s, u"end"_s}));
}

void tst_InputEnd::theEndMayBeAskedForLate()
{
    Journal journal;
    Scoped<Client> client(&journal,
                          [](Client &c) { c.inputs = {c.addInput(ready, &Client::onNumber, 1)}; });
    QTRY_COMPARE(journal.entries().size(), 1);
    settle(client); // it is idle
    run(client, [](Client &c) {
        c.inputs[0].onEnd([&c](const QString &error) { c.onEnd(error); });
        c.note(c.inputs[0].isActive() ? u"active"_s : u"ended"_s);
    });
    QTRY_COMPARE(journal.entries(), (QStringList{u"7"_s, u"ended"_s, u"end"_s}));
}

void tst_InputEnd::theEndIsHeardInTurn()
{
    Journal journal;
    Awaited<void> awaited;
    Scoped<Client> client(&journal, [&](Client &c) {
        c.awaited = awaited.future;
        c.addInput(ready, &Client::waitAwhile, 1).onEnd([&c] { c.onEnd({}); });
    });
    QTRY_COMPARE(journal.entries(), QStringList{u"begins"_s});
    Scoped<Client> other(&journal);
    settle(other);
    QCOMPARE(journal.entries().size(), 1);
    awaited.finish();
    QTRY_COMPARE(journal.entries(), (QStringList{u"begins"_s, u"ends"_s, u"end"_s}));
}

void tst_InputEnd::noEndIsHeardAfterCancel()
{
    Journal journal;
    Scoped<Client> client(&journal, [](Client &c) {
        const auto add = [&c] {
            c.inputs.push_back(c.addInput(ready, &Client::onNumber, 1));
            c.inputs.back().onEnd([&c](const QString &error) { c.onEnd(error); });
        };
        add();
        c.inputs[0].cancel();
        add();
        // Its end is due when this is heard.
        c.addInput(QtFuture::makeReadyFuture(1), [&c] { c.inputs[1].cancel(); });
    });
    QTRY_COMPARE(journal.entries(), QStringList{u"7"_s});
    run(client,
        [](Client &c) { c.inputs[0].onEnd([&c](const QString &error) { c.onEnd(error); }); });
    settle(client);
    QCOMPARE(journal.entries(), QStringList{u"7"_s});
}

void tst_InputEnd::noEndIsHeardWhenTheActorStops()
{
    Journal journal;
    Awaited<int> never;
    const auto client = Actorio::spawn<Client>(&journal, [&](Client &c) {
        c.addInput(never.future, &Client::onFuture).onEnd([&c] { c.onEnd({}); });
        c.addInput(
                 ready, [&c] { c.stop(); }, 1)
                .onEnd([&c] { c.onEnd({}); });
    });
    QCOMPARE(waitForEnd(client.terminated()).kind(), StopReason::Stopped);
    QCOMPARE(journal.entries(), QStringList());
}

void tst_InputEnd::aHandlerGoesWithItsInput_data()
{
    QTest::addColumn<Do>("end");
    QTest::addColumn<int>("limit");
    QTest::newRow("limit") << Do([](Client &) {}) << 1;
    QTest::newRow("cancelled") << Do([](Client &c) { c.inputs[0].cancel(); }) << Input::Endless;
    QTest::newRow("actor stopped") << Do([](Client &c) { c.stop(); }) << Input::Endless;
}

void tst_InputEnd::aHandlerGoesWithItsInput()
{
    QFETCH(const Do, end);
    QFETCH(const int, limit);
    Journal journal;
    auto token = std::make_shared<QThread *>();
    const std::weak_ptr<QThread *> weak = token;
    const auto client = Actorio::spawn<Client>(&journal);
    run(client, [&](Client &c) {
        c.inputs.resize(1);
        Input &input = c.inputs[0];
        // Those who hold their own input must not keep it alive.
        const auto self = std::make_shared<Input>();
        input = *self = c.addInput(
                ready, [self, token] {}, limit);
        input.onEnd([self, token] {});
        token.reset();
    });
    settle(client);
    run(client, end);
    QTRY_VERIFY(weak.expired());
    client.stop();
    QCOMPARE(waitForEnd(client.terminated()).kind(), StopReason::Stopped);
}

void tst_InputEnd::nothingIsHeardOnceTheActorStops()
{
    Journal journal;
    Awaited<void> awaited;
    Awaited<int> future;
    const auto client = Actorio::spawn<Client>(&journal, [&](Client &c) {
        c.awaited = awaited.future;
        c.addInput(ready, &Client::waitAwhile);
        c.addInput(ready, &Client::onNumber);
        c.addInput(future.future, &Client::onNumber);
    });
    QTRY_VERIFY(journal.entries().contains(u"begins"_s));
    const QStringList before = journal.entries();
    client.stop(); // it waits for the handler
    future.finish(8);
    Scoped<Client> other(&journal);
    settle(other);
    QVERIFY(client.isRunning());
    awaited.finish();
    QCOMPARE(waitForEnd(client.terminated()).kind(), StopReason::Stopped);
    QCOMPARE(journal.entries(), before + QStringList{u"ends"_s});
}

void tst_InputEnd::nothingIsHeardWhileItsChildrenStop()
{
    Journal journal;
    Awaited<void> awaited;
    Awaited<int> future;
    const auto client = Actorio::spawn<Client>(&journal, [&](Client &c) {
        c.addInput(future.future, &Client::onNumber);
        c.inputs = {c.addInput(QtFuture::makeReadyFuture(1), [] {})};
        c.spawn<Client>({.on = Actorio::sameThread()}, &journal, Do(), [&](Client &child) {
            child.note(u"child"_s);
            child.busyUntil(awaited.future);
        });
    });
    settle(client);
    client.stop();
    QTRY_COMPARE(journal.entries(), QStringList{u"child"_s});
    future.finish(7);
    Scoped<Client> other(&journal);
    settle(other);
    awaited.finish();
    QCOMPARE(waitForEnd(client.terminated()).kind(), StopReason::Stopped);
    QCOMPARE(journal.entries(), QStringList{u"child"_s});
}

void tst_InputEnd::nothingIsHeardInTearDown()
{
    Journal journal;
    Awaited<void> awaited;
    Awaited<int> future;
    const auto client = Actorio::spawn<Client>(
            &journal,
            [&](Client &c) {
                c.inputs = {c.addInput(future.future, &Client::onNumber),
                            c.addInput(QtFuture::makeReadyFuture(1), [] {})};
            },
            [&](Client &c) {
                c.inputs.push_back(c.addInput(ready, &Client::onNumber));
                for (Input &input : c.inputs)
                    input.onEnd([&c] { c.onEnd({}); });
                for (const Input &input : c.inputs)
                    c.note(input.isActive() ? u"active"_s : u"not"_s);
                c.busyUntil(awaited.future);
            });
    settle(client);
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u".* is stopping and listens to nothing new"_s));
    client.stop();
    QTRY_COMPARE(journal.entries().size(), 3);
    future.finish(7);
    Scoped<Client> other(&journal);
    settle(other);
    awaited.finish();
    QCOMPARE(waitForEnd(client.terminated()).kind(), StopReason::Stopped);
    QCOMPARE(journal.entries(), (QStringList{u"not"_s, u"not"_s, u"not"_s}));
}

void tst_InputEnd::aDrainEndsThoughInputsAreReady()
{
    Journal journal;
    const auto client =
            Actorio::spawn<Client>(&journal, [&](Client &c) { c.addInput(ready, [] {}); });
    settle(client);
    const auto note = [](Client &c) { c.note(u"message"_s); };
    for (int i = 0; i < 3; ++i)
        client.tell(Do{note});
    client.drain();
    const auto gone = client.terminated();
    const bool isOver = waitForFinished(gone);
    client.stop(); // what a failed test leaves
    QVERIFY(isOver);
    QCOMPARE(journal.entries().size(), 3);
}

void tst_InputEnd::aKillEndsAHandlerThatWaits()
{
    Journal journal;
    Awaited<void> awaited;
    const auto client = Actorio::spawn<Client>(&journal, [&](Client &c) {
        c.awaited = awaited.future;
        c.inputs = {c.addInput(ready, &Client::waitAwhile)};
    });
    QTRY_COMPARE(journal.entries(), QStringList{u"begins"_s});
    client.kill();
    QCOMPARE(waitForEnd(client.terminated()).kind(), StopReason::Killed);
    awaited.finish();
    Scoped<Client> other(&journal);
    settle(other);
    QCOMPARE(journal.entries(), QStringList{u"begins"_s});
}

QTEST_GUILESS_MAIN(tst_InputEnd)

#include "tst_input_end.moc"
