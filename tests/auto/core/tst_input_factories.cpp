// SPDX-License-Identifier: MIT
// What an actor hears of factories of futures, which are asked again after each result.
#include "gate.h"
#include "listening.h"

#include <QtTest/QTest>

#include <atomic>
#include <stdexcept>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::Scoped;
using Actorio::StopReason;

class tst_InputFactories : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void aFactoryIsAskedAgainWhenAllOfItsHandlerIsOver_data();
    void aFactoryIsAskedAgainWhenAllOfItsHandlerIsOver();
    void aFactoryHasOneResultOutstanding();
    void aFactoryIsAskedAsOftenAsItsLimitSays();
    void aLimitIsPositive();
    void whatAFactoryThrowsAtFirstIsTheCallers();
    void whatAFactoryThrowsLaterFailsTheActor();
    void aFactoryMayCancelItself();
    void aFactoryMayStopItsActor();
    void aFactoryIsNotAskedAgainOnceItsActorStops();
    void aCoroutineMakesFutures();
    void aCoroutineThatFailsIsHeardByItsHandlerOnly();
};

void tst_InputFactories::aFactoryIsAskedAgainWhenAllOfItsHandlerIsOver_data()
{
    using Handler = std::function<QFuture<void>(Client &)>;
    QTest::addColumn<std::function<QFuture<void>(Client &)>>("handler");
    QTest::newRow("coroutine") << Handler([](Client &c) { return c.waitAwhile(); });
    QTest::newRow("future") << Handler([](Client &c) {
        c.note(u"begins"_s);
        return c.awaited;
    });
    QTest::newRow("busyUntil()") << Handler([](Client &c) {
        c.note(u"begins"_s);
        c.busyUntil(c.awaited);
        return QtFuture::makeReadyFuture();
    });
}

void tst_InputFactories::aFactoryIsAskedAgainWhenAllOfItsHandlerIsOver()
{
    QFETCH(const std::function<QFuture<void>(Client &)>, handler);
    Journal journal;
    std::atomic<int> asked = 0;
    Awaited<void> awaited;
    Scoped<Client> neighbour({.on = Actorio::mainThread()}, &journal);
    Scoped<Client> client({.on = Actorio::mainThread()}, &journal, [&](Client &c) {
        c.awaited = awaited.future;
        c.addInput([&] { return ++asked, ready(); }, [&] { return handler(c); }, 2);
    });
    QTRY_COMPARE(journal.entries(), QStringList{u"begins"_s});
    settle(neighbour);
    QCOMPARE(asked, 1);
    awaited.finish();
    QTRY_COMPARE(journal.entries().count(u"begins"_s), 2);
    QCOMPARE(asked, 2);
}

void tst_InputFactories::aFactoryHasOneResultOutstanding()
{
    Journal journal;
    std::atomic<int> asked = 0;
    std::vector<Awaited<int>> awaited(3);
    const auto client = Actorio::spawn<Client>(&journal, [&](Client &c) {
        c.addInput([&] { return awaited[std::size_t(asked++)].future; }, &Client::onNumber);
    });
    for (int i = 0; i < 2; ++i) {
        settle(client);
        QCOMPARE(asked, i + 1);
        awaited[std::size_t(i)].finish(i);
        QTRY_COMPARE(journal.entries().size(), i + 1);
    }
    QTRY_COMPARE(asked, 3);
    QCOMPARE(journal.entries(), (QStringList{u"0"_s, u"1"_s}));
    // While the actor is busy with something else, the result waits, and nobody is asked for another.
    Gate gate;
    client.tell(Do{[door = gate.door()](Client &) { door->pass(); }});
    QVERIFY(gate.isReached());
    awaited[2].finish(2);
    QCOMPARE(asked, 3);
    QCOMPARE(journal.entries().size(), 2);
    client.stop();
    gate.open();
    QVERIFY(waitForFinished(client.terminated()));
    QCOMPARE(asked, 3);
    QCOMPARE(journal.entries().size(), 2);
}

void tst_InputFactories::aFactoryIsAskedAsOftenAsItsLimitSays()
{
    Journal journal;
    std::atomic<int> asked = 0;
    Scoped<Client> client(&journal, [&](Client &c) {
        const auto factory = [&] { return QtFuture::makeReadyFuture(asked++); };
        c.inputs = {c.addInput(factory, &Client::onNumber, 3)};
        c.inputs[0].onEnd([&c](const QString &error) { c.onEnd(error); });
    });
    QTRY_COMPARE(journal.entries(), (QStringList{u"0"_s, u"1"_s, u"2"_s, u"end"_s}));
    run(client, [](Client &c) { c.note(c.inputs[0].isActive() ? u"active"_s : u"not"_s); });
    QCOMPARE(journal.entries().last(), u"not"_s);
    QCOMPARE(asked, 3);
    // Without one, on and on.
    std::atomic<int> many = 0;
    run(client, [&](Client &c) { c.addInput(ready, [&](int) { ++many; }); });
    QTRY_VERIFY(many > 1000);
    QVERIFY(client.stop().kind() == StopReason::Stopped); // before `many` goes
}

void tst_InputFactories::aLimitIsPositive()
{
    Journal journal;
    std::atomic<int> asked = 0;
    Scoped<Client> client(&journal);
    run(client, [&](Client &c) {
        const auto factory = [&] { return ++asked, ready(); };
        for (const int limit : {0, -1}) {
            if (!fails<Actorio::Error>([&] { c.addInput(factory, &Client::onNumber, limit); }))
                c.note(u"no error"_s);
        }
    });
    settle(client);
    QCOMPARE(journal.entries(), QStringList());
    QCOMPARE(asked, 0);
}

void tst_InputFactories::whatAFactoryThrowsAtFirstIsTheCallers()
{
    Journal journal;
    const auto failing = []() -> QFuture<int> { throw std::runtime_error("no future"); };
    Scoped<Client> client(&journal);
    run(client, [&](Client &c) {
        c.note(errorOf<std::runtime_error>([&] { c.addInput(failing, &Client::onFuture); }));
    });
    settle(client);
    QCOMPARE(journal.entries(), QStringList{u"no future"_s});

    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u".*no future"_s));
    const auto other = Actorio::spawn<Client>(
            &journal, [&](Client &c) { c.addInput(failing, &Client::onFuture); });
    QCOMPARE(waitForEnd(other.terminated()).message(), u"no future"_s);
}

void tst_InputFactories::whatAFactoryThrowsLaterFailsTheActor()
{
    Journal journal;
    const auto factory = [n = 0]() mutable {
        if (n++ > 0)
            throw std::runtime_error("no more");
        return ready();
    };
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u".*no more"_s));
    const auto client = Actorio::spawn<Client>(
            &journal, [&](Client &c) { c.addInput(factory, &Client::onFuture); },
            [](Client &c) { c.note(u"torn down"_s); });
    const StopReason reason = waitForEnd(client.terminated());
    QVERIFY(reason.isFailure());
    QCOMPARE(reason.message(), u"no more"_s);
    QCOMPARE(journal.entries(), (QStringList{u"7"_s, u"torn down"_s}));
}

void tst_InputFactories::aFactoryMayCancelItself()
{
    Journal journal;
    Scoped<Client> client(&journal, [](Client &c) {
        c.inputs.resize(1);
        c.inputs[0] = c.addInput(
                [&c, n = 0]() mutable {
                    if (n++ == 2)
                        c.inputs[0].cancel();
                    return ready();
                },
                &Client::onNumber);
        c.inputs[0].onEnd([&c](const QString &error) { c.onEnd(error); });
    });
    QTRY_COMPARE(journal.entries().size(), 2);
    settle(client);
    QCOMPARE(journal.entries(), (QStringList{u"7"_s, u"7"_s}));
}

void tst_InputFactories::aFactoryMayStopItsActor()
{
    Journal journal;
    const auto client = Actorio::spawn<Client>(&journal, [](Client &c) {
        c.addInput(
                [&c, n = 0]() mutable {
                    if (n++ == 2)
                        c.stop();
                    return ready();
                },
                &Client::onNumber);
    });
    QCOMPARE(waitForEnd(client.terminated()).kind(), StopReason::Stopped);
    QCOMPARE(journal.entries(), (QStringList{u"7"_s, u"7"_s}));
}

void tst_InputFactories::aFactoryIsNotAskedAgainOnceItsActorStops()
{
    Journal journal;
    std::atomic<int> asked = 0;
    const auto client = Actorio::spawn<Client>(&journal, [&](Client &c) {
        c.addInput([&] { return ++asked, ready(); }, [&c] { c.stop(); });
    });
    QCOMPARE(waitForEnd(client.terminated()).kind(), StopReason::Stopped);
    QCOMPARE(asked, 1);
}

void tst_InputFactories::aCoroutineMakesFutures()
{
    Journal journal;
    Scoped<Client> client(&journal, [](Client &c) {
        const auto factory = [n = 0]() mutable -> QFuture<int> {
            co_await 1ms;
            co_return n++;
        };
        c.addInput(factory, &Client::onNumber, 3);
    });
    QTRY_COMPARE(journal.entries(), (QStringList{u"0"_s, u"1"_s, u"2"_s}));
}

void tst_InputFactories::aCoroutineThatFailsIsHeardByItsHandlerOnly()
{
    Journal journal;
    Scoped<Client> client(&journal, [](Client &c) {
        const auto factory = []() -> QFuture<int> {
            co_await 1ms;
            throw std::runtime_error("boom");
        };
        c.addInput(factory, &Client::onFuture, 2);
    });
    QTRY_COMPARE(journal.entries(), (QStringList{u"boom"_s, u"boom"_s}));
}

QTEST_GUILESS_MAIN(tst_InputFactories)

#include "tst_input_factories.moc"
