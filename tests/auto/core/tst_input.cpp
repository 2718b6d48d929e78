// SPDX-License-Identifier: MIT
// What holds for every input: when its handler is called, and when not (any more).
#include "gate.h"
#include "listening.h"

#include <QtCore/QEventLoop>
#include <QtCore/QSemaphore>
#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <algorithm>
#include <functional>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::Input;
using Actorio::Scoped;
using Actorio::StopReason;

namespace {

void onMainAndInPool()
{
    QTest::addColumn<bool>("isMain");
    QTest::newRow("pool") << false;
    QTest::newRow("main thread") << true;
}

// The longest run of equal entries among the first `count`.
qsizetype longestRun(const QStringList &entries, qsizetype count)
{
    qsizetype longest = 0;
    qsizetype length = 0;
    for (qsizetype i = 0; i < std::min(count, entries.size()); ++i) {
        length = i > 0 && entries[i] == entries[i - 1] ? length + 1 : 1;
        longest = std::max(longest, length);
    }
    return longest;
}

// Emits objectNameChanged().
void rename(QObject &object)
{
    object.setObjectName(object.objectName() == u"a"_s ? u"b"_s : u"a"_s);
}

} // namespace

class tst_Input : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void itIsHeardAtOnceWhereverItIsAdded_data();
    void itIsHeardAtOnceWhereverItIsAdded();
    void anActorThatIsNotSpawnedListensToNothing();

    void nothingElseRunsWhileAHandlerWaits_data();
    void nothingElseRunsWhileAHandlerWaits();
    void nothingElseRunsWithinAHandlersEventLoop_data() { onMainAndInPool(); }
    void nothingElseRunsWithinAHandlersEventLoop();
    void inputsWaitForAMessagesHandler();
    void whatAHandlerThrowsFailsTheActor_data();
    void whatAHandlerThrowsFailsTheActor();

    void sourcesThatAreReadyTakeTurns();
    void sourcesAndMessagesTakeTurns();
    void aFloodLetsTheEventLoopGoOn_data();
    void aFloodLetsTheEventLoopGoOn();
};

void tst_Input::itIsHeardAtOnceWhereverItIsAdded_data()
{
    QTest::addColumn<QString>("where");
    QTest::addColumn<bool>("isReady");
    for (const char *where :
         {"setUp", "message", "coroutine", "input", "end", "constructor", "slot"}) {
        QTest::addRow("%s, ready", where) << QString::fromLatin1(where) << true;
        QTest::addRow("%s, later", where) << QString::fromLatin1(where) << false;
    }
}

class EarlyClient : public Client
{
public:
    EarlyClient(Journal *journal, const QFuture<int> &future) : Client(journal)
    {
        addInput(future, &Client::onNumber);
    }
};

void tst_Input::itIsHeardAtOnceWhereverItIsAdded()
{
    QFETCH(const QString, where);
    QFETCH(const bool, isReady);
    Journal journal;
    Awaited<int> awaited;
    if (isReady)
        awaited.finish(7);
    const Do add = [&](Client &c) { c.addInput(awaited.future, &Client::onNumber); };
    std::atomic<bool> isAdded{false};
    QObject emitter;
    const auto setUp = [&](Client &c) {
        if (where == u"setUp"_s)
            add(c);
        else if (where == u"slot"_s) // called in its thread while it is idle
            QObject::connect(&emitter, &QObject::objectNameChanged, &c, [&] {
                add(c);
                isAdded = true;
            });
    };
    const auto client = where == u"constructor"_s
            ? ActorRef<Client>(Actorio::spawn<EarlyClient>(&journal, awaited.future))
            : Actorio::spawn<Client>(&journal, setUp);
    const Scoped<Client> scope(client);
    if (!isReady || where != u"setUp"_s)
        settle(client); // it is idle
    if (where == u"message"_s) {
        client.tell(Do{add});
    } else if (where == u"coroutine"_s) {
        client.tell(Await{[&](Client &c) -> QFuture<int> {
            co_await 1ms;
            add(c);
            co_return 0;
        }});
    } else if (where == u"input"_s) {
        client.tell(Do{[&](Client &c) {
            c.addInput(
                    ready, [&] { add(c); }, 1);
        }});
    } else if (where == u"end"_s) {
        client.tell(Do{[&](Client &c) {
            c.addInput(
                     ready, [] {}, 1)
                    .onEnd([&] { add(c); });
        }});
    } else if (where == u"slot"_s) {
        emitter.setObjectName(u"emits"_s);
        QTRY_VERIFY(isAdded);
    }
    if (!isReady) {
        settle(client);
        QCOMPARE(journal.entries(), QStringList());
        awaited.finish(7);
    }
    QTRY_COMPARE(journal.entries(), QStringList{u"7"_s});
}

void tst_Input::anActorThatIsNotSpawnedListensToNothing()
{
    Journal journal;
    Client client(&journal);
    QVERIFY(fails<Actorio::Error>([&] { client.addInput(ready, &Client::onNumber, 1); }));
    QCOMPARE(journal.entries(), QStringList());
}

void tst_Input::nothingElseRunsWhileAHandlerWaits_data()
{
    QTest::addColumn<Do>("add");
    QTest::addColumn<bool>("isMain");
    QTest::addColumn<QStringList>("turn");
    const auto row = [](const char *name, const Do &add,
                        const QStringList &turn = {u"begins"_s, u"ends"_s}) {
        QTest::addRow("%s, pool", name) << add << false << turn;
        QTest::addRow("%s, main thread", name) << add << true << turn;
    };
    row("coroutine member", [](Client &c) { c.addInput(ready, &Client::waitAwhile, 1); });
    row("coroutine lambda", [](Client &c) {
        const auto handler = [&c]() -> QFuture<void> {
            c.note(u"begins"_s);
            co_await c.awaited;
            c.note(u"ends"_s);
        };
        c.addInput(ready, handler, 1);
    });
    row("returned future",
        [](Client &c) {
            const auto handler = [&c] {
                c.note(u"begins"_s);
                return c.awaited;
            };
            c.addInput(ready, handler, 1);
        },
        {u"begins"_s});
    row("busyUntil()", [](Client &c) {
        c.addInput(
                ready, [&c] { c.busyUntil(c.waitAwhile()); }, 1);
    });
    row("end", [](Client &c) {
        c.addInput(
                 ready, [] {}, 1)
                .onEnd([&c] { c.busyUntil(c.waitAwhile()); });
    });
}

void tst_Input::nothingElseRunsWhileAHandlerWaits()
{
    QFETCH(const Do, add);
    QFETCH(const bool, isMain);
    QFETCH(const QStringList, turn);
    Journal journal;
    Journal others;
    ActorRef<Client> neighbour; // in the same thread
    Awaited<void> awaited;
    Awaited<int> later;
    Scoped<Client> client({.on = place(isMain)}, &journal);
    run(client, [&](Client &c) {
        c.awaited = awaited.future;
        c.addInput(later.future, &Client::onNumber);
        neighbour = c.spawn<Client>({.on = Actorio::sameThread()}, &others);
        add(c);
    });
    QTRY_COMPARE(journal.entries(), QStringList{u"begins"_s});
    later.finish(7);
    client.tell(Do{[](Client &c) { c.note(u"message"_s); }});
    run(neighbour, [](Client &c) { c.addInput(ready, &Client::onNumber, 2); });
    QTRY_COMPARE(others.entries(), (QStringList{u"7"_s, u"7"_s}));
    settle(neighbour);
    QCOMPARE(journal.entries(), QStringList{u"begins"_s});
    awaited.finish();
    QTRY_COMPARE(journal.entries().size(), turn.size() + 2);
    QCOMPARE(journal.entries().mid(0, turn.size()), turn);
    QVERIFY(journal.entries().contains(u"7"_s));
    QVERIFY(journal.entries().contains(u"message"_s));
}

struct Answer
{
};
class Server : public Actorio::Actor
{
public:
    int receive(const Answer &) { return 42; }
};

void tst_Input::nothingElseRunsWithinAHandlersEventLoop()
{
    QFETCH(const bool, isMain);
    Journal journal;
    ActorRef<Client> neighbour; // in the same thread
    Awaited<void> ownFuture;
    Awaited<int> future;
    QEventLoop *loop = nullptr; // of the actor's thread
    QSemaphore entered;
    Scoped<Server> server;
    Scoped<Client> client({.on = place(isMain)}, &journal);
    std::thread driver([&] {
        entered.acquire();
        // Everything comes due, and the neighbour goes on.
        future.finish(7);
        ownFuture.finish();
        client.tell(Do{[](Client &c) { c.note(u"message"_s); }});
        for (int i = 0; i < 5; ++i)
            neighbour.ask(Do{[](Client &) {}}).waitForFinished();
        neighbour.tell(Do{[&](Client &) {
            journal.note(u"neighbour"_s);
            loop->quit();
        }});
    });
    client.tell(Do{[&](Client &c) {
        neighbour = c.spawn<Client>({.on = Actorio::sameThread()}, &journal);
        c.addInput(
                ready,
                [&] {
                    c.addInput(future.future, &Client::onNumber);
                    c.addInput(ownFuture.future, &Client::onNothing);
                    c.addInput(server.ask(Answer{}), &Client::onNumber);
                    c.addTimer(Actorio::once(0ms), [&c] { c.note(u"timer"_s); });
                    c.note(u"in"_s);
                    QEventLoop nested;
                    loop = &nested;
                    entered.release();
                    nested.exec();
                    c.note(u"out"_s);
                },
                1);
    }});
    QTRY_COMPARE(journal.entries().size(), 8);
    driver.join();
    QCOMPARE(journal.entries().mid(0, 3), (QStringList{u"in"_s, u"neighbour"_s, u"out"_s}));
    QCOMPARE(sorted(journal.entries().mid(3)),
             (QStringList{u"42"_s, u"7"_s, u"message"_s, u"nothing"_s, u"timer"_s}));
}

void tst_Input::inputsWaitForAMessagesHandler()
{
    Journal journal;
    Awaited<void> awaited;
    Awaited<int> future;
    Scoped<Client> client(&journal, [&](Client &c) {
        c.awaited = awaited.future;
        c.addInput(future.future, &Client::onNumber);
    });
    client.tell(Await{[](Client &c) -> QFuture<int> {
        c.addInput(ready, &Client::onNumber, 1);
        co_await c.waitAwhile();
        co_return 0;
    }});
    QTRY_COMPARE(journal.entries(), QStringList{u"begins"_s});
    future.finish(8);
    Scoped<Client> other(&journal);
    settle(other);
    QCOMPARE(journal.entries(), QStringList{u"begins"_s});
    awaited.finish();
    QTRY_COMPARE(journal.entries(), (QStringList{u"begins"_s, u"ends"_s, u"7"_s, u"8"_s}));
}

void tst_Input::whatAHandlerThrowsFailsTheActor_data()
{
    QTest::addColumn<Do>("add");
    static const auto boom = [] { throw std::runtime_error("boom"); };
    QTest::newRow("handler") << Do([](Client &c) { c.addInput(ready, boom); });
    QTest::newRow("coroutine, before it waits") << Do([](Client &c) {
        c.addInput(ready, []() -> QFuture<void> {
            boom();
            co_return;
        });
    });
    QTest::newRow("coroutine, after it has waited") << Do([](Client &c) {
        c.addInput(ready, []() -> QFuture<void> {
            co_await 1ms;
            boom();
        });
    });
    QTest::newRow("future") << Do([](Client &c) {
        c.addInput(ready, [] {
            Awaited<int> awaited;
            awaited.fail(std::runtime_error("boom"));
            return awaited.future;
        });
    });
    QTest::newRow("end") << Do([](Client &c) {
        c.addInput(
                 ready, [] {}, 1)
                .onEnd(boom);
    });
}

void tst_Input::whatAHandlerThrowsFailsTheActor()
{
    QFETCH(const Do, add);
    Journal journal;
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u".*boom"_s));
    const auto client = Actorio::spawn<Client>(
            &journal,
            [add](Client &c) {
                add(c);
                c.addInput(ready, [] {}); // it never comes to rest
            },
            [](Client &c) { c.note(u"torn down"_s); });
    const StopReason reason = waitForEnd(client.terminated());
    QVERIFY(fails<std::runtime_error>([&] { std::rethrow_exception(reason.exception()); }));
    QCOMPARE(reason.message(), u"boom"_s);
    QCOMPARE(journal.entries(), QStringList{u"torn down"_s});
}

void tst_Input::sourcesThatAreReadyTakeTurns()
{
    Journal journal;
    Scoped<Client> client(&journal, [](Client &c) {
        for (const QString &name : {u"a"_s, u"b"_s, u"c"_s})
            c.addInput(
                    ready, [&c, name] { c.note(name); }, 3);
    });
    const QStringList round = {u"a"_s, u"b"_s, u"c"_s};
    QTRY_COMPARE(journal.entries(), round + round + round);
}

void tst_Input::sourcesAndMessagesTakeTurns()
{
    constexpr int count = 500;
    Journal journal;
    Scoped<Client> client(&journal);
    Gate gate;
    client.tell(Do{[door = gate.door()](Client &c) {
        c.addInput(
                ready, [&c] { c.note(u"input"_s); }, count);
        door->pass();
    }});
    QVERIFY(gate.isReached());
    for (int i = 0; i < count; ++i)
        client.tell(Do{[](Client &c) { c.note(u"message"_s); }});
    gate.open();
    QTRY_COMPARE(journal.entries().size(), 2 * count);
    const qsizetype longest = longestRun(journal.entries(), 2 * count - 10);
    QVERIFY2(longest <= 2, QByteArray::number(longest).constData());
}

void tst_Input::aFloodLetsTheEventLoopGoOn_data()
{
    QTest::addColumn<std::function<void(Client &, Do)>>("flood");
    const auto row = [](const char *name, std::function<void(Client &, Do)> flood) {
        QTest::newRow(name) << std::move(flood);
    };
    row("inputs", [](Client &c, const Do &work) {
        for (int i = 0; i < 3; ++i)
            c.addInput(ready, [&c, work] { work(c); });
    });
    row("signals", [](Client &c, const Do &work) {
        c.addInput(&c, &QObject::objectNameChanged, [&c, work] {
            work(c);
            rename(c);
        });
        rename(c);
    });
    row("timers", [](Client &c, const Do &work) {
        for (int i = 0; i < 3; ++i)
            c.addTimer(0ms, [&c, work] { work(c); });
    });
    row("message timers", [](Client &c, const Do &work) {
        for (int i = 0; i < 3; ++i)
            c.addTimer(0ms, Actorio::refTo(&c), work);
    });
    row("connected signals", [](Client &c, const Do &work) {
        const Do next([work](Client &client) {
            work(client);
            rename(client);
        });
        Actorio::connect(&c, &QObject::objectNameChanged, Actorio::refTo(&c),
                         [next] { return next; });
        rename(c);
    });
    row("messages", [](Client &c, const Do &work) {
        for (int i = 0; i < 1'000; ++i)
            Actorio::refTo(&c).tell(work);
    });
}

// Each handler takes a millisecond: what counts is how many of them come before the event loop has its turn.
void tst_Input::aFloodLetsTheEventLoopGoOn()
{
    using Flood = std::function<void(Client &, Do)>;
    QFETCH(const Flood, flood);
    constexpr int Enough = 200;
    Journal journal;
    QEventLoop loop;
    int handled = 0;
    int sinceTick = 0;
    int mostBetweenTicks = 0;
    QTimer timer;
    connect(&timer, &QTimer::timeout, this, [&] { sinceTick = 0; });
    timer.start(0);
    const Do work([&](Client &) {
        const auto end = std::chrono::steady_clock::now() + 1ms;
        while (std::chrono::steady_clock::now() < end) { }
        mostBetweenTicks = std::max(mostBetweenTicks, ++sinceTick);
        if (++handled == Enough)
            loop.quit();
    });
    Scoped<Client> client({.on = Actorio::mainThread()}, &journal,
                          [&](Client &c) { flood(c, work); });
    loop.exec();
    QVERIFY(handled >= Enough);
    // A slice of two, and the 16 that a slice with quick steps before them may not notice.
    QVERIFY2(mostBetweenTicks <= 20, QByteArray::number(mostBetweenTicks).constData());
}

QTEST_GUILESS_MAIN(tst_Input)

#include "tst_input.moc"
