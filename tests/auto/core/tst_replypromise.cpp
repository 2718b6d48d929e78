// SPDX-License-Identifier: MIT
// replyPromise(): answers that come later.
#include "gate.h"

#include <Actorio/Actorio>

#include <QtCore/QFuture>
#include <QtCore/QPromise>
#include <QtTest/QTest>

#include <memory>
#include <stdexcept>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

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

class tst_ReplyPromise : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        m_ints = std::make_shared<Exchange<ReplyPromise<int>>>();
        m_voids = std::make_shared<Exchange<ReplyPromise<void>>>();
    }

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

void tst_ReplyPromise::aPromise()
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

void tst_ReplyPromise::aPromiseOfNothing()
{
    Scoped<Lender> lender(m_ints, m_voids);
    Ask<void> ask = lender.ask(BorrowNothing{});
    ReplyPromise<void> promise = m_voids->take();
    QCOMPARE(lender.ask(1).result(), 1);
    QVERIFY(!ask.isFinished());
    promise.reply();
    ask.result();
}

void tst_ReplyPromise::aPromiseThatFails()
{
    Scoped<Lender> lender(m_ints, m_voids);
    Ask<int> ask = lender.ask(Borrow{});
    m_ints->take().fail(std::make_exception_ptr(std::runtime_error("no answer today")));
    QCOMPARE(errorOf<std::runtime_error>([&] { ask.result(); }), u"no answer today"_s);
    QCOMPARE(lender.ask(1).result(), 1); // the actor has not failed
}

void tst_ReplyPromise::aPromiseThatFailsWithNothing()
{
    Scoped<Lender> lender(m_ints, m_voids);
    Ask<int> ask = lender.ask(Borrow{});
    m_ints->take().fail(nullptr);
    QVERIFY(fails<BrokenPromise>([&] { ask.result(); }));
}

void tst_ReplyPromise::aPromiseThatIsDropped()
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

void tst_ReplyPromise::aPromiseThatIsOverwritten()
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

void tst_ReplyPromise::aPromiseKeptByTheActor()
{
    Scoped<Lender> lender(m_ints, m_voids);
    Ask<int> ask = lender.ask(TakeOver{});
    QCOMPARE(lender.ask(1).result(), 1);
    lender.tell(GiveBack{9});
    QCOMPARE(ask.result(), 9);
}

void tst_ReplyPromise::aPromiseOutlivesItsActor()
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

void tst_ReplyPromise::aPromiseThatEndsWithItsActor()
{
    Scoped<Lender> lender(m_ints, m_voids);
    Ask<int> ask = lender.ask(TakeOver{});
    QCOMPARE(lender.ask(1).result(), 1);
    lender.stop();
    QVERIFY(ask.isFinished());
    QVERIFY(fails<BrokenPromise>([&] { ask.result(); }));
}

void tst_ReplyPromise::aStopDoesNotBreakAPromise()
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

void tst_ReplyPromise::anotherThread()
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

void tst_ReplyPromise::theSecondAnswerIsIgnored()
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

void tst_ReplyPromise::isCanceled()
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

void tst_ReplyPromise::ofAToldMessage()
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

void tst_ReplyPromise::emptyPromise()
{
    ReplyPromise<int> promise;
    promise.reply(1);
    promise.fail(std::make_exception_ptr(std::runtime_error("nobody hears")));
    QVERIFY(!promise.isCanceled());
}

QTEST_GUILESS_MAIN(tst_ReplyPromise)
#include "tst_replypromise.moc"
