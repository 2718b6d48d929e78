// SPDX-License-Identifier: MIT
// What an actor hears of futures.
#include "listening.h"

#include <QtTest/QTest>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::Scoped;
using Actorio::StopReason;

class tst_InputFutures : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void aHandlerTakesTheOutcomeInAnyForm_data();
    void aHandlerTakesTheOutcomeInAnyForm();
    void aVoidFutureIsHeard();
    void aValueThatOnlyMovesIsMoved();
    void aCoroutineKeepsWhatItWasCalledWith();
    void aFailureIsTheActorsUnlessItsHandlerTakesTheFuture_data();
    void aFailureIsTheActorsUnlessItsHandlerTakesTheFuture();
    void aFutureThatNeverFinishesHoldsUpNoEnd_data();
    void aFutureThatNeverFinishesHoldsUpNoEnd();
    void theFutureOfAnActorThatHasEndedIsLetGo();
    void othersMayListenToTheSameFuture();
    void futuresFinishInManyThreads();
};

void tst_InputFutures::aHandlerTakesTheOutcomeInAnyForm_data()
{
    using Add = std::function<void(Client &, QFuture<int>)>;
    QTest::addColumn<std::function<void(Client &, QFuture<int>)>>("add");
    QTest::addColumn<QString>("noted");
    const auto row = [](const char *name, const QString &noted, const Add &add) {
        QTest::newRow(name) << add << noted;
    };
    row("member, value", u"7"_s, [](Client &c, auto f) { c.addInput(f, &Client::onNumber); });
    row("member, reference", u"7"_s,
        [](Client &c, auto f) { c.addInput(f, &Client::onReference); });
    row("member, nothing", u"nothing"_s,
        [](Client &c, auto f) { c.addInput(f, &Client::onNothing); });
    row("member, future", u"7"_s, [](Client &c, auto f) { c.addInput(f, &Client::onFuture); });
    row("lambda, value", u"7"_s, [](Client &c, auto f) {
        c.addInput(f, [&c](int value) { c.note(QString::number(value)); });
    });
    row("lambda, reference", u"7"_s, [](Client &c, auto f) {
        c.addInput(f, [&c](const int &value) { c.note(QString::number(value)); });
    });
    row("lambda, converted", u"7"_s, [](Client &c, auto f) {
        c.addInput(f, [&c](double value) { c.note(QString::number(value)); });
    });
    row("lambda, nothing", u"nothing"_s,
        [](Client &c, auto f) { c.addInput(f, [&c] { c.onNothing(); }); });
    row("lambda, future", u"7"_s, [](Client &c, auto f) {
        c.addInput(f, [&c](const QFuture<int> &future) { c.onFuture(future); });
    });
    row("mutable lambda that only moves", u"8"_s, [](Client &c, auto f) {
        c.addInput(f, [&c, one = std::make_unique<int>(1)](int value) mutable {
            c.note(QString::number(value + *std::exchange(one, nullptr)));
        });
    });
    row("coroutine", u"7"_s, [](Client &c, auto f) {
        c.addInput(f, [&c](int value) -> QFuture<void> {
            co_await 1ms;
            c.note(QString::number(value));
        });
    });
    row("value that nobody wants", u"7"_s, [](Client &c, auto f) {
        c.addInput(f, [&c](int value) {
            c.note(QString::number(value));
            return value;
        });
    });
}

void tst_InputFutures::aHandlerTakesTheOutcomeInAnyForm()
{
    QFETCH(const std::function<void(Client &, QFuture<int>)>, add);
    QFETCH(const QString, noted);
    Journal journal;
    Awaited<int> later;
    Scoped<Client> client(&journal, [&](Client &c) {
        add(c, QtFuture::makeReadyFuture(7));
        add(c, later.future);
    });
    QTRY_COMPARE(journal.entries(), QStringList{noted});
    later.finish(7);
    QTRY_COMPARE(journal.entries(), (QStringList{noted, noted}));
    settle(client);
    QCOMPARE(journal.entries().size(), 2);
}

void tst_InputFutures::aVoidFutureIsHeard()
{
    Journal journal;
    Awaited<void> awaited;
    Scoped<Client> client(&journal, [&](Client &c) {
        c.addInput(awaited.future, &Client::onNothing);
        c.addInput(awaited.future, &Client::onVoid);
    });
    settle(client);
    QCOMPARE(journal.entries(), QStringList());
    awaited.finish();
    QTRY_COMPARE(journal.entries().size(), 2);
    QVERIFY(journal.entries().contains(u"nothing"_s));
    QVERIFY(journal.entries().contains(u"finished"_s));
}

void tst_InputFutures::aValueThatOnlyMovesIsMoved()
{
    using Owned = std::unique_ptr<int>;
    Journal journal;
    Awaited<Owned> awaited;
    Scoped<Client> client(&journal, [&](Client &c) {
        c.addInput(awaited.future, [&c](Owned owned) { c.note(QString::number(*owned)); });
    });
    awaited.finish(std::make_unique<int>(7));
    QTRY_COMPARE(journal.entries(), QStringList{u"7"_s});
}

void tst_InputFutures::aCoroutineKeepsWhatItWasCalledWith()
{
    using Shared = std::shared_ptr<int>;
    Journal journal;
    Awaited<void> awaited;
    std::weak_ptr<int> seen;
    auto value = std::make_shared<int>(7);
    seen = value;
    const auto handler = [&](const Shared &) -> QFuture<void> {
        journal.note(u"begins"_s);
        co_await awaited.future;
        journal.note(seen.expired() ? u"lost"_s : u"kept"_s);
    };
    Scoped<Client> client(&journal, [&](Client &c) {
        c.addInput([&value] { return QtFuture::makeReadyFuture(std::move(value)); }, handler, 1);
    });
    QTRY_COMPARE(journal.entries().size(), 1);
    awaited.finish();
    QTRY_COMPARE(journal.entries(), (QStringList{u"begins"_s, u"kept"_s}));
}

void tst_InputFutures::aFailureIsTheActorsUnlessItsHandlerTakesTheFuture_data()
{
    using Fail = std::function<void(Awaited<int> &)>;
    QTest::addColumn<std::function<void(Awaited<int> &)>>("fail");
    QTest::addColumn<QString>("text"); // of the actor's failure
    QTest::addColumn<QString>("noted"); // by who takes the future
    const auto row = [](const char *name, const QString &text, const QString &noted,
                        const Fail &fail) { QTest::newRow(name) << fail << text << noted; };
    row("exception", u"boom"_s, u"boom"_s,
        [](auto &awaited) { awaited.fail(std::runtime_error("boom")); });
    row("QException", u"lost"_s, u"lost"_s,
        [](auto &awaited) { awaited.fail(Actorio::Error(u"lost"_s)); });
    const QString cancelled = u"The future was cancelled, or its promise dropped"_s;
    row("dropped promise", cancelled, u"cancelled"_s, [](auto &awaited) { awaited.drop(); });
    row("cancelled future", cancelled, u"cancelled"_s, [](auto &awaited) {
        QFuture<int>(awaited.future).cancel();
        awaited.promise.finish();
    });
    row("no value", u"The future has finished without a result"_s, u"finished"_s,
        [](auto &awaited) { awaited.promise.finish(); });
}

void tst_InputFutures::aFailureIsTheActorsUnlessItsHandlerTakesTheFuture()
{
    QFETCH(const std::function<void(Awaited<int> &)>, fail);
    QFETCH(const QString, text);
    QFETCH(const QString, noted);
    Journal journal;
    const auto client = Actorio::spawn<Client>(&journal);
    {
        Awaited<int> awaited;
        run(client, [&](Client &c) {
            c.addInput(awaited.future, &Client::onFuture).onEnd([&c](const QString &error) {
                c.onEnd(error);
            });
        });
        fail(awaited);
        QTRY_COMPARE(journal.entries(), (QStringList{noted, u"end"_s}));
        settle(client);
    }
    Awaited<int> awaited;
    run(client, [&](Client &c) { c.addInput(awaited.future, &Client::onNumber); });
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u".*"_s + QRegularExpression::escape(text)));
    fail(awaited);
    const StopReason reason = waitForEnd(client.terminated());
    QVERIFY(reason.isFailure());
    QCOMPARE(reason.message(), text);
    QCOMPARE(journal.entries().size(), 2);
}

void tst_InputFutures::aFutureThatNeverFinishesHoldsUpNoEnd_data()
{
    QTest::addColumn<bool>("isKilled");
    QTest::addColumn<bool>("isMain");
    QTest::newRow("stopped, pool") << false << false;
    QTest::newRow("stopped, main thread") << false << true;
    QTest::newRow("killed, pool") << true << false;
    QTest::newRow("killed, main thread") << true << true;
}

void tst_InputFutures::aFutureThatNeverFinishesHoldsUpNoEnd()
{
    QFETCH(const bool, isKilled);
    QFETCH(const bool, isMain);
    Journal journal;
    Awaited<int> never;
    const auto client = Actorio::spawn<Client>({.on = place(isMain)}, &journal, [&](Client &c) {
        const auto onEnd = [&c](const QString &error) { c.onEnd(error); };
        c.addInput(never.future, &Client::onFuture).onEnd(onEnd);
        c.addInput([&] { return never.future; }, &Client::onFuture).onEnd(onEnd);
    });
    settle(client);
    isKilled ? client.kill() : client.stop();
    QCOMPARE(waitForEnd(client.terminated()).kind(),
             isKilled ? StopReason::Killed : StopReason::Stopped);
    never.finish(7); // too late
    Scoped<Client> neighbour({.on = place(isMain)}, &journal);
    settle(neighbour);
    QCOMPARE(journal.entries(), QStringList());
}

void tst_InputFutures::theFutureOfAnActorThatHasEndedIsLetGo()
{
    Journal journal;
    auto value = std::make_shared<int>(7);
    const std::weak_ptr<int> seen = value;
    const auto client = Actorio::spawn<Client>(&journal, [value = std::move(value)](Client &c) {
        c.addInput([value] { return QPromise<int>().future(); },
                   [value](QFuture<int>) { Q_UNREACHABLE(); }, 1)
                .cancel();
        c.addInput(
                [value, promise = std::make_shared<QPromise<int>>()] {
                    promise->start();
                    return promise->future();
                },
                [value](int) {});
    });
    client.stop();
    QCOMPARE(waitForEnd(client.terminated()).kind(), StopReason::Stopped);
    QTRY_VERIFY(seen.expired());
}

void tst_InputFutures::othersMayListenToTheSameFuture()
{
    Journal journal;
    Awaited<int> awaited;
    QFuture<int> doubled = QFuture<int>(awaited.future).then([](int value) { return 2 * value; });
    Scoped<Client> client(&journal, [&](Client &c) {
        c.addInput(awaited.future, &Client::onNumber);
        c.addInput(awaited.future, &Client::onNumber);
        c.addInput(doubled, &Client::onNumber);
    });
    settle(client);
    awaited.finish(7);
    QTRY_COMPARE(journal.entries().size(), 3);
    QCOMPARE(journal.entries().count(u"7"_s), 2);
    QCOMPARE(journal.entries().count(u"14"_s), 1);
    QCOMPARE(doubled.result(), 14);
}

void tst_InputFutures::futuresFinishInManyThreads()
{
    constexpr int threads = 4;
    constexpr int each = 250;
    Journal journal;
    std::vector<Awaited<int>> awaited(threads * each);
    Scoped<Client> client(&journal, [&](Client &c) {
        for (const Awaited<int> &one : awaited)
            c.addInput(one.future, &Client::onNumber);
    });
    std::vector<std::thread> finishers;
    for (int i = 0; i < threads; ++i) {
        finishers.emplace_back([&awaited, i] {
            for (int n = i * each; n < (i + 1) * each; ++n)
                awaited[std::size_t(n)].finish(n);
        });
    }
    for (std::thread &finisher : finishers)
        finisher.join();
    QTRY_COMPARE(journal.entries().size(), threads * each);
    QStringList all = journal.entries();
    QCOMPARE(all.removeDuplicates(), 0);
}

QTEST_GUILESS_MAIN(tst_InputFutures)

#include "tst_input_futures.moc"
