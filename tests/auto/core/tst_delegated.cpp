// SPDX-License-Identifier: MIT
#include "gate.h"

#include <Actorio/Actorio>

#include <QtCore/QFuture>
#include <QtCore/QPromise>
#include <QtTest/QTest>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <type_traits>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

struct Square
{
    int number;
};
struct SquareLater // by a coroutine
{
    QFuture<int> number;
};
struct SquareByFuture // by a plain function's future
{
    QFuture<int> number;
};
struct SquareAndTell // by reply()
{
    int number;
};
struct Record
{
    int number;
};
struct Break
{
};

class Worker : public Actor
{
    Q_OBJECT
public Q_SLOTS:
    int receive(const Square &square) { return square.number * square.number; }
    QFuture<int> receive(const SquareLater &square)
    {
        const int number = co_await square.number;
        co_return number *number;
    }
    QFuture<int> receive(const SquareByFuture &square) { return square.number; }
    void receive(const SquareAndTell &square) { reply(square.number * square.number); }
    void receive(const Record &record) { recorded += record.number; }
    int receive(const Break &) { throw std::runtime_error("the worker broke"); }
    void receive(const Pass &pass) { pass.door->pass(); }

public:
    static inline std::atomic<int> recorded{0};
};

// Hands everything on to its worker.
class Manager : public Actor
{
    Q_OBJECT
public:
    explicit Manager(const ActorRef<Worker> &worker) : m_worker(worker) { }

public Q_SLOTS:
    Delegated<int> receive(const Square &square)
    {
        static_assert(std::is_same_v<decltype(delegate(m_worker, square)), Delegated<int>>);
        return delegate(m_worker, square);
    }
    Delegated<int> receive(const SquareLater &square) { return delegate(m_worker, square); }
    Delegated<int> receive(const SquareByFuture &square) { return delegate(m_worker, square); }
    Delegated<int> receive(const SquareAndTell &square) { return delegate<int>(m_worker, square); }
    Delegated<void> receive(const Record &record) { return delegate(m_worker, record); }
    Delegated<int> receive(const Break &failure) { return delegate(m_worker, failure); }
    Delegated<int> receive(const QString &text)
    {
        return delegate<int>(ActorRef<>(m_worker), text);
    }
    int receive(int number) { return number; }

private:
    ActorRef<Worker> m_worker;
};

// Managers of managers.
class Director : public Actor
{
    Q_OBJECT
public:
    explicit Director(const ActorRef<> &next) : m_next(next) { }

public Q_SLOTS:
    Delegated<int> receive(const Square &square) { return delegate<int>(m_next, square); }

private:
    ActorRef<> m_next;
};

struct Borrow // the promise, for the test
{
};
struct BorrowNothing // a promise without a value
{
};
struct BorrowBadly // drops the promise in the handler
{
};
struct TakeOver // the promise into the actor
{
};
struct GiveBack
{
    int number;
};

// Where handlers put what the test takes.
template<class T>
class Exchange
{
public:
    void put(T value)
    {
        m_promise.addResult(std::make_shared<T>(std::move(value))), m_promise.finish();
    }
    T take() { return std::move(*m_future.result()); }
    Exchange() : m_future(m_promise.future()) { m_promise.start(); }

private:
    QPromise<std::shared_ptr<T>> m_promise;
    QFuture<std::shared_ptr<T>> m_future;
};

class Lender : public Actor
{
    Q_OBJECT
public:
    using Ints = std::shared_ptr<Exchange<ReplyPromise<int>>>;
    using Voids = std::shared_ptr<Exchange<ReplyPromise<void>>>;
    Lender(Ints ints, Voids voids) : m_ints(std::move(ints)), m_voids(std::move(voids)) { }

public Q_SLOTS:
    Delegated<int> receive(const Borrow &)
    {
        m_ints->put(replyPromise<int>());
        return {};
    }
    Delegated<void> receive(const BorrowNothing &)
    {
        m_voids->put(replyPromise<void>());
        return {};
    }
    Delegated<int> receive(const BorrowBadly &)
    {
        const ReplyPromise<int> promise = replyPromise<int>();
        return {};
    }
    Delegated<int> receive(const TakeOver &)
    {
        m_promise = replyPromise<int>();
        return {};
    }
    void receive(const GiveBack &back) { m_promise.reply(back.number); }
    int receive(int number) { return number; }

private:
    Ints m_ints;
    Voids m_voids;
    ReplyPromise<int> m_promise;
};

class tst_Delegated : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        Worker::recorded = 0;
        m_ints = std::make_shared<Exchange<ReplyPromise<int>>>();
        m_voids = std::make_shared<Exchange<ReplyPromise<void>>>();
    }

    // delegate()
    void aDelegatesValue();
    void aDelegatesFuture();
    void aDelegatesReply();
    void nothing();
    void aDelegatesException();
    void aDelegateThatDoesNotKnowTheMessage();
    void aDelegateThatHasEnded();
    void aDelegateThatIsStoppedMeanwhile();
    void aNullDelegate();
    void aChainOfDelegates();
    void theDelegatorGoesOn();
    void theDelegatorEndsMeanwhile();
    void aToldMessage();
    void cancelled();
    void timedOut();

    // replyPromise()
    void aPromise();
    void aPromiseOfNothing();
    void aPromiseThatFails();
    void aPromiseThatFailsWithNothing();
    void aPromiseThatIsDropped();
    void aPromiseThatIsOverwritten();
    void aPromiseKeptByTheActor();
    void aPromiseOutlivesItsActor();
    void aPromiseThatEndsWithItsActor();
    void aStopDoesNotBreakAPromise();
    void anotherThread();
    void theSecondAnswerIsIgnored();
    void isCanceled();
    void ofAToldMessage();
    void emptyPromise();

private:
    Lender::Ints m_ints;
    Lender::Voids m_voids;
};

void tst_Delegated::aDelegatesValue()
{
    Scoped<Worker> worker;
    Scoped<Manager> manager{ActorRef<Worker>(worker)};
    Ask<int> ask = manager.ask(Square{7});
    QCOMPARE(ask.result(), 49);
}

void tst_Delegated::aDelegatesFuture()
{
    Scoped<Worker> worker;
    Scoped<Manager> manager{ActorRef<Worker>(worker)};
    QPromise<int> promise;
    promise.start();
    Ask<int> coroutine = manager.ask(SquareLater{promise.future()});
    Ask<int> future = manager.ask(SquareByFuture{promise.future()});
    QCOMPARE(manager.ask(1).result(), 1); // while the worker is busy
    QVERIFY(!coroutine.isFinished());
    promise.addResult(6);
    promise.finish();
    QCOMPARE(coroutine.result(), 36);
    QCOMPARE(future.result(), 6);
}

void tst_Delegated::aDelegatesReply()
{
    Scoped<Worker> worker;
    Scoped<Manager> manager{ActorRef<Worker>(worker)};
    QCOMPARE(manager.ask(SquareAndTell{5}).result(), 25);
}

void tst_Delegated::nothing()
{
    Scoped<Worker> worker;
    Scoped<Manager> manager{ActorRef<Worker>(worker)};
    Ask<void> ask = manager.ask(Record{3});
    ask.result();
    QCOMPARE(Worker::recorded, 3);
}

void tst_Delegated::aDelegatesException()
{
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u"Worker.*failed, and nobody heard of it"_s));
    Scoped<Worker> worker;
    Scoped<Manager> manager{ActorRef<Worker>(worker)};
    QCOMPARE(errorOf<std::runtime_error>([&] { manager.ask(Break{}).result(); }),
             u"the worker broke"_s);
    QVERIFY(worker.terminated().result().isFailure());
    QCOMPARE(manager.ask(1).result(), 1); // it was not the manager who failed
}

void tst_Delegated::aDelegateThatDoesNotKnowTheMessage()
{
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u"Worker.*failed, and nobody heard of it"_s));
    Scoped<Worker> worker;
    Scoped<Manager> manager{ActorRef<Worker>(worker)};
    QVERIFY(fails<UnhandledMessage>([&] { manager.ask(u"?"_s).result(); }));
    QVERIFY(worker.terminated().result().isFailure());
}

void tst_Delegated::aDelegateThatHasEnded()
{
    Scoped<Worker> worker;
    Scoped<Manager> manager{ActorRef<Worker>(worker)};
    worker.stop();
    QVERIFY(fails<ActorStopped>([&] { manager.ask(Square{7}).result(); }));
    QCOMPARE(manager.ask(1).result(), 1);
}

void tst_Delegated::aDelegateThatIsStoppedMeanwhile()
{
    Scoped<Worker> worker;
    Scoped<Manager> manager{ActorRef<Worker>(worker)};
    Gate gate;
    worker.tell(gate.pass());
    QVERIFY(gate.isReached());
    Ask<int> ask = manager.ask(Square{7});
    QCOMPARE(manager.ask(1).result(), 1); // it has been handed on
    QVERIFY(!ask.isFinished());
    worker.ActorRef::stop();
    QVERIFY(ask.isFinished());
    QVERIFY(fails<ActorStopped>([&] { ask.result(); }));
    gate.open();
    worker.stop();
}

void tst_Delegated::aNullDelegate()
{
    Scoped<Manager> manager{ActorRef<Worker>{}};
    QVERIFY(fails<ActorStopped>([&] { manager.ask(Square{7}).result(); }));
    QVERIFY(fails<ActorStopped>([&] { manager.ask(u"?"_s).result(); }));
    QCOMPARE(manager.ask(1).result(), 1);
}

void tst_Delegated::aChainOfDelegates()
{
    Scoped<Worker> worker;
    Scoped<Manager> manager{ActorRef<Worker>(worker)};
    Scoped<Director> first{ActorRef<>(manager)};
    Scoped<Director> second{ActorRef<>(first)};
    Scoped<Director> third({.on = dedicatedThread()}, ActorRef<>(second));
    for (int i = 0; i < 100; ++i)
        QCOMPARE(third.ask(Square{i}).result(), i * i);
    second.stop();
    QVERIFY(fails<ActorStopped>([&] { third.ask(Square{1}).result(); }));
    QCOMPARE(first.ask(Square{9}).result(), 81);
}

void tst_Delegated::theDelegatorGoesOn()
{
    Scoped<Worker> worker;
    Scoped<Manager> manager{ActorRef<Worker>(worker)};
    Gate gate;
    worker.tell(gate.pass());
    Ask<int> waiting = manager.ask(Square{7});
    for (int i = 0; i < 10; ++i)
        QCOMPARE(manager.ask(i).result(), i);
    QVERIFY(!waiting.isFinished());
    gate.open();
    QCOMPARE(waiting.result(), 49);
}

void tst_Delegated::theDelegatorEndsMeanwhile()
{
    Scoped<Worker> worker;
    Scoped<Manager> manager{ActorRef<Worker>(worker)};
    Gate gate;
    worker.tell(gate.pass());
    Ask<int> waiting = manager.ask(Square{7});
    QCOMPARE(manager.ask(1).result(), 1);
    manager.stop();
    QVERIFY(!waiting.isFinished());
    gate.open();
    QCOMPARE(waiting.result(), 49);
}

void tst_Delegated::aToldMessage()
{
    Scoped<Worker> worker;
    Scoped<Manager> manager{ActorRef<Worker>(worker)};
    Inbox me;
    manager.tell(SquareAndTell{4}, me.ref()); // reply() goes to who told the manager
    QCOMPARE(me.waitFor<int>(10s), 16);
    manager.tell(Record{5});
    manager.ask(Record{6}).waitForFinished();
    QCOMPARE(Worker::recorded, 11);
}

void tst_Delegated::cancelled()
{
    Scoped<Worker> worker;
    Scoped<Manager> manager{ActorRef<Worker>(worker)};
    Gate gate;
    worker.tell(gate.pass());
    Ask<void> ask = manager.ask(Record{1});
    QCOMPARE(manager.ask(1).result(), 1);
    ask.cancel();
    QVERIFY(fails<Cancelled>([&] { ask.result(); }));
    gate.open();
    worker.ask(Record{10}).waitForFinished();
    QCOMPARE(Worker::recorded, 10); // it was taken out of the delegate's inbox
}

void tst_Delegated::timedOut()
{
    const auto clock = std::make_shared<ManualClock>();
    ActorSystem system({.clock = clock});
    Scoped worker(system.spawn<Worker>());
    Scoped manager(system.spawn<Manager>(ActorRef<Worker>(worker)));
    Gate gate;
    worker.tell(gate.pass());
    Ask<int> ask = manager.ask(Square{7}, 100ms);
    QCOMPARE(manager.ask(1).result(), 1);
    clock->advance(100ms);
    QVERIFY(fails<Timeout>([&] { ask.result(); }));
    gate.open();
}

void tst_Delegated::aPromise()
{
    Scoped<Lender> lender(m_ints, m_voids);
    Ask<int> ask = lender.ask(Borrow{});
    ReplyPromise<int> promise = m_ints->take();
    QCOMPARE(lender.ask(1).result(), 1); // it goes on
    QVERIFY(!ask.isFinished());
    promise.reply(5);
    QVERIFY(ask.isFinished());
    QCOMPARE(ask.result(), 5);
}

void tst_Delegated::aPromiseOfNothing()
{
    Scoped<Lender> lender(m_ints, m_voids);
    Ask<void> ask = lender.ask(BorrowNothing{});
    ReplyPromise<void> promise = m_voids->take();
    QCOMPARE(lender.ask(1).result(), 1);
    QVERIFY(!ask.isFinished());
    promise.reply();
    ask.result();
}

void tst_Delegated::aPromiseThatFails()
{
    Scoped<Lender> lender(m_ints, m_voids);
    Ask<int> ask = lender.ask(Borrow{});
    m_ints->take().fail(std::make_exception_ptr(std::runtime_error("no answer today")));
    QCOMPARE(errorOf<std::runtime_error>([&] { ask.result(); }), u"no answer today"_s);
    QCOMPARE(lender.ask(1).result(), 1); // the actor has not failed
}

void tst_Delegated::aPromiseThatFailsWithNothing()
{
    Scoped<Lender> lender(m_ints, m_voids);
    Ask<int> ask = lender.ask(Borrow{});
    m_ints->take().fail(nullptr);
    QVERIFY(fails<BrokenPromise>([&] { ask.result(); }));
}

void tst_Delegated::aPromiseThatIsDropped()
{
    Scoped<Lender> lender({.name = u"lender"_s}, m_ints, m_voids);
    const QString text = errorOf<BrokenPromise>([&] { lender.ask(BorrowBadly{}).result(); });
    QVERIFY2(text.contains(u"/lender"_s) && text.contains(u"BorrowBadly"_s), qPrintable(text));

    Ask<int> ask = lender.ask(Borrow{});
    {
        const ReplyPromise<int> promise = m_ints->take();
        QVERIFY(!ask.isFinished());
    }
    QVERIFY(ask.isFinished()); // at once
    QVERIFY(fails<BrokenPromise>([&] { ask.result(); }));
}

void tst_Delegated::aPromiseThatIsOverwritten()
{
    Scoped<Lender> lender(m_ints, m_voids);
    Ask<int> first = lender.ask(TakeOver{});
    QCOMPARE(lender.ask(1).result(), 1);
    QVERIFY(!first.isFinished());
    Ask<int> second = lender.ask(TakeOver{});
    QVERIFY(fails<BrokenPromise>([&] { first.result(); }));
    lender.tell(GiveBack{4});
    QCOMPARE(second.result(), 4);
}

void tst_Delegated::aPromiseKeptByTheActor()
{
    Scoped<Lender> lender(m_ints, m_voids);
    Ask<int> ask = lender.ask(TakeOver{});
    QCOMPARE(lender.ask(1).result(), 1);
    lender.tell(GiveBack{9});
    QCOMPARE(ask.result(), 9);
}

void tst_Delegated::aPromiseOutlivesItsActor()
{
    Scoped<Lender> lender(m_ints, m_voids);
    Ask<int> ask = lender.ask(Borrow{});
    ReplyPromise<int> promise = m_ints->take();
    lender.stop();
    QVERIFY(!ask.isFinished());
    QVERIFY(!promise.isCanceled());
    promise.reply(6);
    QCOMPARE(ask.result(), 6);
}

void tst_Delegated::aPromiseThatEndsWithItsActor()
{
    Scoped<Lender> lender(m_ints, m_voids);
    Ask<int> ask = lender.ask(TakeOver{});
    QCOMPARE(lender.ask(1).result(), 1);
    lender.stop();
    QVERIFY(ask.isFinished());
    QVERIFY(fails<BrokenPromise>([&] { ask.result(); }));
}

void tst_Delegated::aStopDoesNotBreakAPromise()
{
    Scoped<Lender> lender(m_ints, m_voids);
    Ask<int> ask = lender.ask(Borrow{});
    ReplyPromise<int> promise = m_ints->take();
    QCOMPARE(lender.ask(1).result(), 1);
    lender.kill();
    lender.terminated().waitForFinished();
    QVERIFY(!ask.isFinished());
    promise.reply(6);
    QCOMPARE(ask.result(), 6);
}

void tst_Delegated::anotherThread()
{
    Scoped<Lender> lender(m_ints, m_voids);
    Ask<int> ask = lender.ask(Borrow{});
    std::thread thread([promise = m_ints->take()]() mutable {
        ReplyPromise<int> moved = std::move(promise);
        promise.reply(1); // has nothing to answer any more
        moved.reply(2);
    });
    QCOMPARE(ask.result(), 2);
    thread.join();
}

void tst_Delegated::theSecondAnswerIsIgnored()
{
    Scoped<Lender> lender(m_ints, m_voids);
    Ask<int> ask = lender.ask(Borrow{});
    ReplyPromise<int> promise = m_ints->take();
    promise.reply(1);
    promise.reply(2);
    promise.fail(std::make_exception_ptr(std::runtime_error("too late")));
    QCOMPARE(ask.result(), 1);

    m_voids = std::make_shared<Exchange<ReplyPromise<void>>>();
    Scoped<Lender> other(m_ints, m_voids);
    Ask<void> failed = other.ask(BorrowNothing{});
    ReplyPromise<void> nothing = m_voids->take();
    nothing.fail(std::make_exception_ptr(std::runtime_error("first")));
    nothing.reply();
    QCOMPARE(errorOf<std::runtime_error>([&] { failed.result(); }), u"first"_s);
}

void tst_Delegated::isCanceled()
{
    ActorSystem system;
    Scoped lender(system.spawn<Lender>(m_ints, m_voids));
    Ask<int> ask = lender.ask(Borrow{});
    ReplyPromise<int> promise = m_ints->take();
    QVERIFY(!promise.isCanceled());
    ask.cancel();
    QVERIFY(promise.isCanceled());
    promise.reply(1);
    QVERIFY(fails<Cancelled>([&] { ask.result(); }));
    QCOMPARE(system.deadLetterCount(), 1); // as any answer that comes too late

    Ask<void> byFuture = lender.ask(BorrowNothing{});
    ReplyPromise<void> nothing = m_voids->take();
    QFuture<void> future = byFuture;
    future.cancel();
    QTRY_VERIFY(nothing.isCanceled());
}

void tst_Delegated::ofAToldMessage()
{
    Scoped<Lender> lender(m_ints, m_voids);
    Inbox me;
    lender.tell(Borrow{}, me.ref());
    ReplyPromise<int> promise = m_ints->take();
    QVERIFY(!promise.isCanceled());
    promise.reply(8);
    QCOMPARE(me.waitFor<int>(10s), 8);
    promise.reply(9);
    QCOMPARE(me.count(), 0);

    lender.tell(BorrowNothing{}); // told by nobody
    ReplyPromise<void> nothing = m_voids->take();
    nothing.reply();
}

void tst_Delegated::emptyPromise()
{
    ReplyPromise<int> promise;
    promise.reply(1);
    promise.fail(std::make_exception_ptr(std::runtime_error("nobody hears")));
    QVERIFY(!promise.isCanceled());
}

QTEST_GUILESS_MAIN(tst_Delegated)
#include "tst_delegated.moc"
