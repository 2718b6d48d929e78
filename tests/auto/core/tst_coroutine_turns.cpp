// SPDX-License-Identifier: MIT
// What runs while a coroutine waits: nothing else of its actor but its helpers, and they one at a time.
#include "coroutine.h"
#include "gate.h"
#include "life.h"

#include <Actorio/Actorio>

#include <QtCore/QFuture>
#include <QtCore/QPromise>
#include <QtCore/QStringList>
#include <QtCore/QThread>
#include <QtTest/QTest>

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

// Notices when two of its handlers or continuations overlap.
struct Stir
{
    QFuture<int> future;
    int rounds;
    ActorRef<> other;
};
struct StirAlone // a helper that nobody awaits
{
    QFuture<int> future;
    ActorRef<> other;
};
struct Overlaps
{
};

class OneAtATime : public Actor
{
    Q_OBJECT
public Q_SLOTS:
    int receive(const Number &number)
    {
        const Section section(*this);
        return number.number;
    }
    QFuture<int> receive(const Stir &stir)
    {
        m_busy = true; // no message may come between until it is done
        for (int i = 0; i < stir.rounds; ++i) {
            {
                const Section section(*this);
            }
            co_await stir.future;
            {
                const Section section(*this);
            }
            co_await stir.other.ask<int>(Number{i});
            {
                const Section section(*this);
            }
            co_await nested(stir.other);
        }
        m_busy = false;
        co_return stir.rounds;
    }
    void receive(const StirAlone &stir) { (void)alone(stir.future, stir.other); }
    int receive(const Overlaps &)
    {
        if (m_busy)
            ++m_overlaps;
        return m_overlaps;
    }
    void receive(int)
    {
        const Section section(*this);
        if (m_busy)
            ++m_overlaps;
    }

private:
    struct Section
    {
        explicit Section(OneAtATime &actor) : owner(actor)
        {
            if (owner.m_inside.exchange(true) || QThread::currentThread() != owner.thread())
                ++owner.m_overlaps;
        }
        ~Section() { owner.m_inside = false; }
        OneAtATime &owner;
    };
    QFuture<void> nested(ActorRef<> other)
    {
        co_await other.ask<int>(Number{0});
        const Section section(*this);
    }
    QFuture<void> alone(QFuture<int> future, ActorRef<> other)
    {
        co_await future;
        check();
        co_await other.ask<int>(Number{0});
        check();
    }
    void check()
    {
        const Section section(*this);
        if (m_busy)
            ++m_overlaps;
    }

    std::atomic<bool> m_inside{false};
    bool m_busy = false;
    int m_overlaps = 0;
};

class tst_CoroutineTurns : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        history.clear();
        QCOMPARE(Counted::alive, 0);
    }
    void cleanup() { QCOMPARE(Counted::alive, 0); }

    // One at a time
    void messagesWait();
    void manyAwaits();
    void nothingOverlaps();
    void otherActorsOfTheThreadGoOn();
    void aPlainFunctionsFuture();

    // Helpers
    void aHelper();
    void helpersSideBySide();
    void deepHelpers();
    void aHelperThatOutlivesItsHandler();
    void aHelperThatNobodyAwaitsFails();
    void aHelperThatNobodyAwaitsStopsTheActor();
    void aHelperThatNobodyAwaitsIsBusyUntil();
    void aHelperAwaitedByALaterHandler();
    void aHelperAwaitedByAnotherHelperAndAHandler();
    void theActorFailsWhileAHelperIsSuspended();
};

void tst_CoroutineTurns::messagesWait()
{
    Scoped<Worker> worker;
    const auto first = startedPromise<int>();
    const auto second = startedPromise<int>();
    Ask<int> ask = worker.ask(AwaitSeveral{{first->future(), second->future()}});
    worker.tell(Number{1});
    Ask<int> last = worker.ask(Number{2});
    finish(*first, 10);
    QTRY_COMPARE(history.entries(), QStringList({u"await"_s, u"got"_s, u"await"_s}));
    QVERIFY(!last.isFinished());
    finish(*second, 20);
    QCOMPARE(ask.result(), 30);
    QCOMPARE(last.result(), 2);
    QCOMPARE(history.entries(),
             QStringList({u"await"_s, u"got"_s, u"await"_s, u"got"_s, u"1"_s, u"2"_s}));
}

void tst_CoroutineTurns::manyAwaits()
{
    Scoped<Worker> worker;
    QList<QFuture<int>> futures;
    std::vector<std::shared_ptr<QPromise<int>>> promises;
    for (int i = 0; i < 1'000; ++i) {
        promises.push_back(startedPromise<int>());
        futures.append(promises.back()->future());
    }
    Ask<int> ask = worker.ask(AwaitSeveral{futures});
    std::thread thread([&] {
        for (const auto &promise : promises)
            finish(*promise, 1);
    });
    QCOMPARE(ask.result(), 1'000);
    thread.join();
}

void tst_CoroutineTurns::nothingOverlaps()
{
    Scoped<OneAtATime> actor;
    Scoped<Worker> other;
    constexpr int Rounds = 200;
    std::vector<Ask<int>> asks;
    std::thread thread([&] {
        for (int i = 0; i < 20 * Rounds; ++i)
            actor.tell(i);
    });
    std::vector<std::shared_ptr<QPromise<int>>> promises;
    for (int i = 0; i < Rounds; ++i) {
        promises.push_back(startedPromise<int>());
        actor.tell(StirAlone{promises.back()->future(), other});
        asks.push_back(actor.ask(Stir{promises.back()->future(), 3, other}));
    }
    for (const auto &promise : promises)
        finish(*promise, 1);
    for (Ask<int> &ask : asks)
        QCOMPARE(ask.result(), 3);
    thread.join();
    QCOMPARE(actor.ask(Overlaps{}).result(), 0);
}

void tst_CoroutineTurns::otherActorsOfTheThreadGoOn()
{
    ActorSystem system({.threads = 1});
    Scoped worker(system.spawn<Worker>());
    Scoped neighbour(system.spawn<Worker>());
    const auto promise = startedPromise<int>();
    Ask<int> ask = worker.ask(AwaitInt{promise->future()});
    Ask<int> plain = worker.ask(AwaitPlainly{promise->future()});
    for (int i = 0; i < 10; ++i)
        QCOMPARE(neighbour.ask(Number{i}).result(), i);
    QVERIFY(!ask.isFinished());
    finish(*promise, 3);
    QCOMPARE(ask.result(), 3);
    QCOMPARE(plain.result(), 3);
}

void tst_CoroutineTurns::aPlainFunctionsFuture()
{
    Scoped<Worker> worker;
    const auto promise = startedPromise<int>();
    Ask<int> ask = worker.ask(AwaitPlainly{promise->future()});
    Ask<int> next = worker.ask(Number{1});
    QVERIFY(!next.isFinished());
    finish(*promise, 3);
    QCOMPARE(ask.result(), 3);
    QCOMPARE(next.result(), 1);
    QCOMPARE(worker.ask(AwaitPlainly{QtFuture::makeReadyFuture(4)}).result(), 4);

    // Cancelled is no failure of the actor: somebody else's future was.
    QVERIFY(fails<Cancelled>([&] { worker.ask(AwaitPlainly{QFuture<int>()}).result(); }));
    QCOMPARE(worker.ask(Number{2}).result(), 2);

    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    QVERIFY(fails<std::runtime_error>([&] {
        worker.ask(AwaitPlainly{QtFuture::makeExceptionalFuture<int>(
                           std::make_exception_ptr(std::runtime_error("no luck")))})
                .result();
    }));
    QVERIFY(worker.terminated().result().isFailure());
}

void tst_CoroutineTurns::aHelper()
{
    Scoped<Worker> worker;
    QCOMPARE(worker.ask(AwaitDeeply{QtFuture::makeReadyFuture(1), 1}).result(), 2);
    const auto promise = startedPromise<int>();
    Ask<int> ask = worker.ask(AwaitDeeply{promise->future(), 1});
    Ask<int> next = worker.ask(Number{1});
    finish(*promise, 5);
    QCOMPARE(ask.result(), 6);
    QCOMPARE(next.result(), 1);
}

void tst_CoroutineTurns::helpersSideBySide()
{
    Scoped<Worker> worker;
    const auto first = startedPromise<int>();
    const auto second = startedPromise<int>();
    const auto third = startedPromise<int>();
    Ask<int> ask = worker.ask(AwaitHelpers{{first->future(), second->future(), third->future()}});
    // Each goes on when its own future is there, while the handler waits for the first.
    finish(*third, 3);
    QTRY_COMPARE(history.entries(), QStringList(u"helper 3"_s));
    finish(*second, 2);
    QTRY_COMPARE(history.entries(), QStringList({u"helper 3"_s, u"helper 2"_s}));
    finish(*first, 1);
    QCOMPARE(ask.result(), 6);
}

void tst_CoroutineTurns::deepHelpers()
{
    Scoped<Worker> worker;
    const auto promise = startedPromise<int>();
    Ask<int> ask = worker.ask(AwaitDeeply{promise->future(), 500});
    finish(*promise, 0);
    QCOMPARE(ask.result(), 500);
}

void tst_CoroutineTurns::aHelperThatOutlivesItsHandler()
{
    Scoped<Worker> worker;
    const auto helpers = startedPromise<int>();
    const auto handlers = startedPromise<int>();
    worker.tell(Launch{helpers->future(), 1});
    QCOMPARE(worker.ask(Number{1}).result(), 1); // its handler has ended
    Ask<int> ask = worker.ask(AwaitSeveral{{handlers->future()}});
    worker.tell(Number{2});
    QTRY_VERIFY(history.contains(u"await"_s));
    finish(*helpers, 1); // it could go on, but a handler is in progress
    Scoped<Worker> other;
    QCOMPARE(other.ask(AwaitInt{helpers->future()}).result(), 1);
    finish(*handlers, 2);
    QCOMPARE(ask.result(), 2);
    QTRY_VERIFY(history.contains(u"launched 1"_s));
    const QStringList lines = history.entries();
    QVERIFY(lines.indexOf(u"launched 1"_s) > lines.indexOf(u"got"_s));
}

struct LaunchFailing
{
    QFuture<int> future;
    std::function<void()> fail;
};
struct LaunchBusy
{
    QFuture<int> future;
    QFuture<void> busy;
};
// Starts helpers that nobody awaits.
class Launcher : public Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const LaunchFailing &launch) { (void)failing(launch.future, launch.fail); }
    void receive(const LaunchBusy &launch) { (void)busy(launch.future, launch.busy); }
    int receive(const Number &number) { return number.number; }

private:
    QFuture<void> failing(QFuture<int> future, std::function<void()> fail)
    {
        co_await future;
        history.note(u"launched"_s);
        fail();
    }
    QFuture<void> busy(QFuture<int> future, QFuture<void> until)
    {
        co_await future;
        busyUntil(until);
        history.note(u"launched"_s);
    }
};

void tst_CoroutineTurns::aHelperThatNobodyAwaitsFails()
{
    Scoped<Launcher> launcher;
    const auto promise = startedPromise<int>();
    launcher.tell(LaunchFailing{promise->future(), [] { throw std::runtime_error("unheard"); }});
    QCOMPARE(launcher.ask(Number{0}).result(), 0); // its handler has ended
    QTest::ignoreMessage(
            QtWarningMsg,
            QRegularExpression(
                    u"^A coroutine of /Launcher-\\d+ that no handler has returned failed: unheard$"_s));
    finish(*promise, 1);
    QTRY_VERIFY(history.contains(u"launched"_s));
    QCOMPARE(launcher.ask(Number{1}).result(), 1); // it goes on
}

void tst_CoroutineTurns::aHelperThatNobodyAwaitsStopsTheActor()
{
    Scoped<Launcher> launcher;
    const auto promise = startedPromise<int>();
    launcher.tell(LaunchFailing{promise->future(), [] { throw Actorio::StopActor{}; }});
    QCOMPARE(launcher.ask(Number{0}).result(), 0); // its handler has ended
    finish(*promise, 1);
    QCOMPARE(launcher.terminated().result().kind(), StopReason::Stopped);
}

void tst_CoroutineTurns::aHelperThatNobodyAwaitsIsBusyUntil()
{
    Scoped<Launcher> launcher;
    const auto promise = startedPromise<int>();
    const auto busy = startedPromise<void>();
    launcher.tell(LaunchBusy{promise->future(), busy->future()});
    QCOMPARE(launcher.ask(Number{1}).result(), 1); // its handler has ended
    finish(*promise, 1);
    QTRY_VERIFY(history.contains(u"launched"_s));
    Ask<int> ask = launcher.ask(Number{2});
    Scoped<Launcher> other;
    QCOMPARE(other.ask(Number{3}).result(), 3);
    QVERIFY(!ask.isFinished());
    busy->finish();
    QCOMPARE(ask.result(), 2);
}

void tst_CoroutineTurns::aHelperAwaitedByALaterHandler()
{
    Scoped<Worker> worker;
    const auto promise = startedPromise<int>();
    worker.tell(Launch{promise->future(), 100});
    Ask<int> join = worker.ask(JoinLaunched{}, 10s);
    QTRY_VERIFY(history.contains(u"joins"_s));
    finish(*promise, 1);
    QCOMPARE(join.result(), 101);
    QCOMPARE(worker.ask(JoinLaunched{}).result(), 101); // ended already
}

struct Load
{
    QFuture<int> future;
};
struct Use // the loaded, in a helper
{
};
class Loader : public Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const Load &load) { m_loading = loading(load.future); }
    void receive(const Use &) { (void)use(); }
    QFuture<int> receive(const JoinLaunched &)
    {
        history.note(u"joins"_s);
        co_return co_await m_loading;
    }
    int receive(const Number &number) { return number.number; }

private:
    QFuture<int> loading(QFuture<int> future) { co_return co_await future; }
    QFuture<void> use()
    {
        co_await m_loading;
        history.note(u"used"_s);
    }
    QFuture<int> m_loading;
};

void tst_CoroutineTurns::aHelperAwaitedByAnotherHelperAndAHandler()
{
    Scoped<Loader> loader;
    const auto promise = startedPromise<int>();
    loader.tell(Load{promise->future()});
    loader.tell(Use{});
    loader.tell(Use{});
    Ask<int> join = loader.ask(JoinLaunched{}, 10s);
    QTRY_VERIFY(history.contains(u"joins"_s));
    finish(*promise, 1);
    QCOMPARE(join.result(), 1);
    QTRY_COMPARE(history.entries(), QStringList({u"joins"_s, u"used"_s, u"used"_s}));
}

void tst_CoroutineTurns::theActorFailsWhileAHelperIsSuspended()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"failed, and nobody heard of it"_s));
    Scoped<Worker> worker;
    const auto promise = startedPromise<int>();
    worker.tell(Launch{promise->future(), 1});
    QVERIFY(fails<std::runtime_error>([&] {
        worker.ask(ThrowAfter{QtFuture::makeReadyFuture(1), 0}).result();
    }));
    QVERIFY(worker.terminated().result().isFailure());
    QCOMPARE(Counted::alive, 0);
    finish(*promise, 1); // nobody goes on
    QCOMPARE(history.entries(), QStringList(u"tearDown"_s));
}

QTEST_GUILESS_MAIN(tst_CoroutineTurns)
#include "tst_coroutine_turns.moc"
