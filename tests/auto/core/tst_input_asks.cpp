// SPDX-License-Identifier: MIT
// What an actor hears of the asks that are its inputs.
#include "gate.h"
#include "listening.h"

#include <QtTest/QTest>

#include <memory>
#include <stdexcept>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::Input;
using Actorio::Scoped;
using Actorio::StopReason;

struct Double
{
    int value;
};
struct Fail
{
};
struct Nothing
{
};
struct Box
{
    int value;
};
struct Drop
{
};
struct Wait
{
    QFuture<int> awaited;
};

class Server : public Actorio::Actor
{
    Q_OBJECT

public Q_SLOTS:
    int receive(const Double &message) { return 2 * message.value; }
    void receive(const Nothing &) { }
    std::unique_ptr<int> receive(const Box &message)
    {
        return std::make_unique<int>(message.value);
    }
    Actorio::Delegated<int> receive(const Fail &)
    {
        replyPromise<int>().fail(std::make_exception_ptr(std::runtime_error("boom")));
        return {};
    }
    Actorio::Delegated<int> receive(const Drop &)
    {
        replyPromise<int>();
        return {};
    }
    QFuture<int> receive(const Wait &message) { return message.awaited; }
    void receive(const Pass &message) { message.door->pass(); }
};

class tst_InputAsks : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void anAnswerIsHeard_data();
    void anAnswerIsHeard();
    void anAnswerThatOnlyMovesIsMoved();
    void anAskForNothingIsHeard();
    void aCoroutineKeepsTheAnswer();
    void aFailureIsTheActorsUnlessItsHandlerTakesTheFuture_data();
    void aFailureIsTheActorsUnlessItsHandlerTakesTheFuture();
    void anAnswerThatIsThereIsHeard();
    void anAskWithAFutureIsHeardByBoth();
    void aTimeoutIsHeard();
    void anAskOfNobodyIsHeard();
    void aCancelledAskIsHeard();
    void anAnswerToACancelledInputIsNotHeard();
    void theEndFollowsTheAnswer();
    void aFactoryOfAsksIsAskedAgain();
    void oneAsksItself();
    void manyAsksAreHeardOnceEach();
    void anAnswerAfterTheEndIsHarmless_data();
    void anAnswerAfterTheEndIsHarmless();
    void aHandlerIsDestroyedInItsActorsThread();
    void anActorThatWaitsForAnAnswerIsNotBusy();
};

using AddAsk = std::function<void(Client &, const ActorRef<Server> &)>;

void tst_InputAsks::anAnswerIsHeard_data()
{
    QTest::addColumn<AddAsk>("add");
    QTest::addColumn<QString>("noted");
    QTest::addColumn<bool>("isMain"); // the server
    const auto row = [](const char *name, const QString &noted, const AddAsk &add) {
        QTest::addRow("%s, other thread", name) << add << noted << false;
        QTest::addRow("%s, main thread", name) << add << noted << true;
    };
    row("member, value", u"14"_s, [](Client &c, const auto &server) {
        c.addInput(server.ask(Double{7}), &Client::onNumber);
    });
    row("member, reference", u"14"_s, [](Client &c, const auto &server) {
        c.addInput(server.ask(Double{7}), &Client::onReference);
    });
    row("member, nothing", u"nothing"_s, [](Client &c, const auto &server) {
        c.addInput(server.ask(Double{7}), &Client::onNothing);
    });
    row("member, future", u"14"_s, [](Client &c, const auto &server) {
        c.addInput(server.ask(Double{7}), &Client::onFuture);
    });
    row("lambda, value", u"14"_s, [](Client &c, const auto &server) {
        c.addInput(server.ask(Double{7}), [&c](int value) { c.note(QString::number(value)); });
    });
    row("coroutine", u"14"_s, [](Client &c, const auto &server) {
        c.addInput(server.ask(Double{7}), [&c](int value) -> QFuture<void> {
            co_await 1ms;
            c.note(QString::number(value));
        });
    });
    row("untyped", u"14"_s, [](Client &c, const auto &server) {
        c.addInput(ActorRef<>(server).ask<int>(Double{7}), &Client::onNumber);
    });
}

void tst_InputAsks::anAnswerIsHeard()
{
    QFETCH(const AddAsk, add);
    QFETCH(const QString, noted);
    QFETCH(const bool, isMain);
    Journal journal;
    Scoped<Server> server({.on = place(isMain)});
    Scoped<Client> client(&journal, [&](Client &c) { add(c, server); });
    Scoped<Client> onMain({.on = Actorio::mainThread()}, &journal,
                          [&](Client &c) { add(c, server); });
    QTRY_COMPARE(journal.entries(), (QStringList{noted, noted}));
    settle(client);
    QCOMPARE(journal.entries().size(), 2);
}

void tst_InputAsks::anAnswerThatOnlyMovesIsMoved()
{
    Journal journal;
    Scoped<Server> server;
    Scoped<Client> client(&journal, [&](Client &c) {
        c.addInput(server.ask(Box{7}),
                   [&c](std::unique_ptr<int> value) { c.note(QString::number(*value)); });
        c.addInput(server.ask(Box{8}), [&c](QFuture<std::unique_ptr<int>> future) {
            c.note(QString::number(*future.takeResult()));
        });
    });
    QTRY_COMPARE(sorted(journal.entries()), (QStringList{u"7"_s, u"8"_s}));
}

void tst_InputAsks::anAskForNothingIsHeard()
{
    Journal journal;
    Scoped<Server> server;
    Scoped<Client> client(&journal, [&](Client &c) {
        c.addInput(server.ask(Nothing{}), &Client::onNothing);
        c.addInput(server.ask(Nothing{}), &Client::onVoid);
    });
    QTRY_COMPARE(sorted(journal.entries()), (QStringList{u"finished"_s, u"nothing"_s}));
}

void tst_InputAsks::aCoroutineKeepsTheAnswer()
{
    Journal journal;
    Scoped<Server> server;
    Scoped<Client> client(&journal, [&](Client &c) {
        const auto handler = [&c](const std::unique_ptr<int> &value) -> QFuture<void> {
            co_await 1ms;
            c.note(QString::number(*value));
        };
        c.addInput(server.ask(Box{7}), handler);
    });
    QTRY_COMPARE(journal.entries(), QStringList{u"7"_s});
}

void tst_InputAsks::aFailureIsTheActorsUnlessItsHandlerTakesTheFuture_data()
{
    using Ask = std::function<Actorio::Ask<int>(const ActorRef<Server> &)>;
    QTest::addColumn<Ask>("ask");
    QTest::addColumn<QString>("text");
    const auto row = [](const char *name, const QString &text, const Ask &ask) {
        QTest::newRow(name) << ask << text;
    };
    row("exception", u"boom"_s, [](const auto &server) { return server.ask(Fail{}); });
    row("dropped promise", u"/Server-\\d+, asked with Drop, dropped .*"_s,
        [](const auto &server) { return server.ask(Drop{}); });
}

void tst_InputAsks::aFailureIsTheActorsUnlessItsHandlerTakesTheFuture()
{
    using Ask = std::function<Actorio::Ask<int>(const ActorRef<Server> &)>;
    QFETCH(const Ask, ask);
    QFETCH(const QString, text);
    const QRegularExpression pattern(QRegularExpression::anchoredPattern(text));
    Journal journal;
    Scoped<Server> server;
    const auto client = Actorio::spawn<Client>(&journal);
    run(client, [&](Client &c) { c.addInput(ask(server), &Client::onFuture); });
    QTRY_COMPARE(journal.entries().size(), 1);
    QVERIFY2(pattern.match(journal.entries()[0]).hasMatch(), qPrintable(journal.entries()[0]));
    settle(client);

    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u".*nobody heard of it: "_s + text));
    client.tell(Do{[&](Client &c) { c.addInput(ask(server), &Client::onNumber); }});
    const StopReason reason = waitForEnd(client.terminated());
    QVERIFY(reason.isFailure());
    QVERIFY2(pattern.match(reason.message()).hasMatch(), qPrintable(reason.message()));
    QCOMPARE(journal.entries().size(), 1);
}

void tst_InputAsks::anAnswerThatIsThereIsHeard()
{
    Journal journal;
    Scoped<Server> server;
    Scoped<Client> client(&journal);
    auto ask = std::make_shared<Actorio::Ask<int>>(server.ask(Double{7}));
    QCOMPARE(ask->result(), 14);
    run(client, [&](Client &c) { c.addInput(std::move(*ask), &Client::onNumber); });
    QTRY_COMPARE(journal.entries(), QStringList{u"14"_s});
}

void tst_InputAsks::anAskWithAFutureIsHeardByBoth()
{
    Journal journal;
    Scoped<Server> server;
    Awaited<int> awaited;
    Scoped<Client> client(&journal);
    auto ask = std::make_shared<Actorio::Ask<int>>(server.ask(Wait{awaited.future}));
    const QFuture<int> future = ask->future();
    run(client, [&](Client &c) {
        c.addInput(std::move(*ask), &Client::onNumber);
        c.addInput(future, &Client::onNumber);
    });
    awaited.finish(7);
    QTRY_COMPARE(journal.entries(), (QStringList{u"7"_s, u"7"_s}));
    QCOMPARE(future.result(), 7);
}

void tst_InputAsks::aTimeoutIsHeard()
{
    Journal journal;
    Scoped<Server> server;
    Awaited<int> awaited;
    Scoped<Client> client(&journal, [&](Client &c) {
        c.addInput(server.ask(Wait{awaited.future}, 10ms), [&c](QFuture<int> future) {
            c.note(fails<Actorio::Timeout>([&] { future.waitForFinished(); }) ? u"timeout"_s
                                                                              : u"other"_s);
        });
    });
    QTRY_COMPARE(journal.entries(), QStringList{u"timeout"_s});
    awaited.finish(7); // a dead letter
    settle(client);
    QCOMPARE(journal.entries().size(), 1);
}

void tst_InputAsks::anAskOfNobodyIsHeard()
{
    Journal journal;
    const auto server = Actorio::spawn<Server>();
    server.stop();
    QVERIFY(waitForFinished(server.terminated()));
    const auto handler = [](Client &c) {
        return [&c](QFuture<int> future) {
            c.note(fails<Actorio::ActorStopped>([&] { future.waitForFinished(); }) ? u"stopped"_s
                                                                                   : u"other"_s);
        };
    };
    Scoped<Client> client(&journal,
                          [&](Client &c) { c.addInput(server.ask(Double{7}), handler(c)); });
    QTRY_COMPARE(journal.entries(), QStringList{u"stopped"_s});
    // The same when it stops with the ask queued.
    Scoped<Server> other({.on = Actorio::dedicatedThread()});
    Gate gate;
    other.tell(gate.pass());
    QVERIFY(gate.isReached());
    run(client, [&](Client &c) { c.addInput(other.ask(Double{7}), handler(c)); });
    ActorRef<Server>(other).stop();
    QTRY_COMPARE(journal.entries(), (QStringList{u"stopped"_s, u"stopped"_s}));
}

void tst_InputAsks::aCancelledAskIsHeard()
{
    Journal journal;
    Scoped<Server> server;
    Awaited<int> awaited;
    auto ask = std::make_shared<Actorio::Ask<int>>(server.ask(Wait{awaited.future}));
    QFuture<int> future = ask->future();
    Scoped<Client> client(&journal, [&](Client &c) {
        c.addInput(std::move(*ask), [&c](QFuture<int> outcome) {
            c.note(outcome.resultCount() == 0 ? u"cancelled"_s : u"other"_s);
        });
    });
    settle(client);
    QCOMPARE(journal.entries(), QStringList());
    future.cancel();
    QTRY_COMPARE(journal.entries(), QStringList{u"cancelled"_s});
}

void tst_InputAsks::anAnswerToACancelledInputIsNotHeard()
{
    Journal journal;
    Scoped<Server> server;
    Awaited<int> awaited;
    Scoped<Client> client(&journal, [&](Client &c) {
        c.inputs = {c.addInput(server.ask(Wait{awaited.future}), &Client::onFuture)};
    });
    run(client, [](Client &c) { c.inputs[0].cancel(); });
    awaited.finish(7);
    settle(client);
    QCOMPARE(server.ask(Double{7}).result(), 14);
    settle(client);
    QCOMPARE(journal.entries(), QStringList());
}

void tst_InputAsks::theEndFollowsTheAnswer()
{
    Journal journal;
    Scoped<Server> server;
    Scoped<Client> client(&journal, [&](Client &c) {
        c.inputs = {c.addInput(server.ask(Double{7}), &Client::onNumber)};
        c.inputs[0].onEnd([&c](const QString &error) {
            c.onEnd(error);
            c.note(c.inputs[0].isActive() ? u"active"_s : u"not"_s);
        });
    });
    QTRY_COMPARE(journal.entries(), (QStringList{u"14"_s, u"end"_s, u"not"_s}));
}

void tst_InputAsks::aFactoryOfAsksIsAskedAgain()
{
    Journal journal;
    Scoped<Server> server;
    Scoped<Client> client(&journal, [&](Client &c) {
        const auto factory = [server = ActorRef<Server>(server), n = 0]() mutable {
            return server.ask(Double{n++});
        };
        c.addInput(factory, &Client::onNumber, 3);
    });
    QTRY_COMPARE(journal.entries(), (QStringList{u"0"_s, u"2"_s, u"4"_s}));
}

void tst_InputAsks::oneAsksItself()
{
    Journal journal;
    Scoped<Client> client(&journal, [](Client &c) {
        c.addInput(Actorio::refTo(&c).ask(Do{[](Client &self) { self.note(u"asked"_s); }}),
                   &Client::onNothing);
    });
    QTRY_COMPARE(journal.entries(), (QStringList{u"asked"_s, u"nothing"_s}));
}

void tst_InputAsks::manyAsksAreHeardOnceEach()
{
    constexpr int servers = 4;
    constexpr int each = 250;
    Journal journal;
    std::vector<std::unique_ptr<Scoped<Server>>> all;
    for (int i = 0; i < servers; ++i)
        all.push_back(std::make_unique<Scoped<Server>>());
    Scoped<Client> client(&journal, [&](Client &c) {
        for (int n = 0; n < servers * each; ++n)
            c.addInput(all[std::size_t(n % servers)]->ask(Double{n}), &Client::onNumber);
    });
    QTRY_COMPARE(journal.entries().size(), servers * each);
    QStringList answers = journal.entries();
    QCOMPARE(answers.removeDuplicates(), 0);
}

void tst_InputAsks::anAnswerAfterTheEndIsHarmless_data()
{
    QTest::addColumn<bool>("isKilled");
    QTest::newRow("stopped") << false;
    QTest::newRow("killed") << true;
}

void tst_InputAsks::anAnswerAfterTheEndIsHarmless()
{
    QFETCH(const bool, isKilled);
    Journal journal;
    Scoped<Server> server;
    Awaited<int> awaited;
    const auto client = Actorio::spawn<Client>(&journal, [&](Client &c) {
        c.addInput(server.ask(Wait{awaited.future}), &Client::onFuture);
    });
    settle(client);
    isKilled ? client.kill() : client.stop();
    QVERIFY(waitForFinished(client.terminated()));
    awaited.finish(7);
    QCOMPARE(server.ask(Double{7}).result(), 14);
    QCOMPARE(journal.entries(), QStringList());
}

void tst_InputAsks::aHandlerIsDestroyedInItsActorsThread()
{
    // What a handler holds may be a socket, or any other object of its thread.
    const auto where = std::make_shared<std::atomic<QThread *>>(nullptr);
    const auto token = [where] {
        return std::shared_ptr<int>(new int, [where](int *number) {
            delete number;
            *where = QThread::currentThread();
        });
    };
    Journal journal;
    QThread *thread = nullptr;
    Scoped<Server> server;
    Awaited<int> awaited;
    const auto client = Actorio::spawn<Client>({.on = Actorio::dedicatedThread()}, &journal);
    run(client, [&](Client &c) {
        thread = QThread::currentThread();
        c.addInput(server.ask(Wait{awaited.future}), [token = token()](int) {});
    });
    client.stop();
    QVERIFY(waitForFinished(client.terminated()));
    QCOMPARE(where->load(), thread);
    awaited.finish(7);
    QCOMPARE(server.ask(Double{7}).result(), 14);
    QCOMPARE(where->load(), thread);
}

void tst_InputAsks::anActorThatWaitsForAnAnswerIsNotBusy()
{
    Journal journal;
    Scoped<Server> server;
    Awaited<int> awaited;
    Scoped<Client> client(&journal, [&](Client &c) {
        c.addInput(server.ask(Wait{awaited.future}), &Client::onNumber);
    });
    run(client, [](Client &c) { c.note(u"message"_s); });
    awaited.finish(7);
    QTRY_COMPARE(journal.entries(), (QStringList{u"message"_s, u"7"_s}));
}

QTEST_GUILESS_MAIN(tst_InputAsks)

#include "tst_input_asks.moc"
