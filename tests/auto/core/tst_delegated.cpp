// SPDX-License-Identifier: MIT
// delegate(): asks that are handed on.
#include "gate.h"

#include <Actorio/Actorio>

#include <QtCore/QFuture>
#include <QtCore/QPromise>
#include <QtTest/QTest>

#include <atomic>
#include <memory>
#include <stdexcept>
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

class tst_Delegated : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        Worker::recorded = 0;
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

QTEST_GUILESS_MAIN(tst_Delegated)
#include "tst_delegated.moc"
