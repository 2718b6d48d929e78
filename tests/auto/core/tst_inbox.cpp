// SPDX-License-Identifier: MIT
#include <Actorio/Actorio>

#include <QtCore/QRegularExpression>
#include <QtCore/QSemaphore>
#include <QtCore/QThread>
#include <QtTest/QTest>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::Inbox;

namespace {

struct Apple
{
    int number;
};
struct Pear
{
    int number;
};
struct Late
{
};

// Moved only.
struct Parcel
{
    std::unique_ptr<int> content;
};

} // namespace

class Echo : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const Apple &apple) { reply(Apple{apple.number + 1}); }
    void receive(const Pear &pear)
    {
        // Goes through this actor's own inbox first, so that the thread has to take another message for it.
        Actorio::refTo(this).tell(Apple{pear.number}, currentSender());
    }
};

class Waiting : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    bool receive(const Late &)
    {
        try {
            Inbox inbox;
            inbox.waitFor<Apple>(0ms);
        } catch (const Actorio::WouldDeadlock &) {
            return true;
        }
        return false;
    }
    int receive(const Apple &apple)
    {
        Inbox inbox;
        ActorRef<Echo> echo = spawn<Echo>({.on = Actorio::pool()});
        echo.tell(apple, inbox.ref());
        return inbox.waitFor<Apple>()->number;
    }
};

class tst_Inbox : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void isAnAddressForCodeThatIsNoActor();
    void refOutlivesInboxAndIsRefused();
    void waitForTakesFirstOfItsTypeAndLeavesOthers();
    void waitForMessageTakesAnythingInOrder();
    void waitForComesBackEmptyWhenTimeIsOver();
    void waitForWaitsForAnotherThread();
    void waitForMovesMessagesOut();
    void matchesExactTypeOnly();
    void nextIsReadyAtOnceWhenMessageIsThere();
    void nextIsFulfilledLater();
    void nextIsServedInOrderOfCalls();
    void nextLeavesOtherTypes();
    void nextIsCancelledWithInbox();
    void cancelledNextEatsNoMessage();
    void nextCancelledWhileAnotherThreadTells();
    void continuationOfCancelledNextMayUseTheInbox();
    void messagesOfOneSenderKeepTheirOrder();
    void manyThreadsMayTakeFromOneInbox();
    void whatIsLeftBecomesDeadLetters();
    void asksOfAnInboxFailWhenItGoes();
    void keepsMainThreadActorRunningWhileItWaits();
    void refusesToWaitInHandlerOnSharedThread();
    void waitsInHandlerOnDedicatedThread();
};

void tst_Inbox::isAnAddressForCodeThatIsNoActor()
{
    Inbox me;
    QVERIFY(me.ref());
    QVERIFY(me.ref().isRunning());
    QVERIFY(me.ref() == me.ref());
    QVERIFY(me.ref() != Inbox().ref());
    QVERIFY(!me.ref().name().isEmpty());
    QVERIFY(me.ref().id() != 0);
    QVERIFY(!me.ref().as<Echo>());
    QCOMPARE(me.count(), 0);

    const Actorio::Scoped<Echo> echo;
    QVERIFY(echo.tell(Apple{1}, me.ref()));
    const std::optional<Apple> answer = me.waitFor<Apple>(1min);
    QVERIFY(answer);
    QCOMPARE(answer->number, 2);
}

void tst_Inbox::refOutlivesInboxAndIsRefused()
{
    ActorRef<> ref;
    {
        Inbox inbox;
        ref = inbox.ref();
        QVERIFY(ref.tell(Apple{1}));
        QVERIFY(inbox.waitFor<Apple>());
    }
    QVERIFY(!ref.tell(Apple{2}));
    QVERIFY(!ref.isRunning());
    QVERIFY(!ref.name().isEmpty());
    QVERIFY_EXCEPTION_THROWN(ref.ask<int>(Apple{3}).result(), Actorio::ActorStopped);
    ref.stop();
    ref.drain();
    ref.kill();
}

void tst_Inbox::waitForTakesFirstOfItsTypeAndLeavesOthers()
{
    Inbox inbox;
    inbox.ref().tell(Pear{1});
    inbox.ref().tell(Apple{2});
    inbox.ref().tell(Apple{3});
    QCOMPARE(inbox.count(), 3);
    QCOMPARE(inbox.waitFor<Apple>()->number, 2);
    QCOMPARE(inbox.count(), 2);
    QCOMPARE(inbox.waitFor<Pear>()->number, 1);
    QCOMPARE(inbox.waitFor<Apple>()->number, 3);
    QCOMPARE(inbox.count(), 0);
}

void tst_Inbox::waitForMessageTakesAnythingInOrder()
{
    const Actorio::Scoped<Echo> echo;
    Inbox inbox;
    inbox.ref().tell(Pear{1}, echo);
    inbox.ref().tell(Apple{2});
    const Actorio::Message first = inbox.waitForMessage();
    QVERIFY(first.is<Pear>());
    QCOMPARE(first.get<Pear>()->number, 1);
    QVERIFY(first.sender() == echo);
    const Actorio::Message second = inbox.waitForMessage();
    QVERIFY(second.is<Apple>());
    QVERIFY(!second.sender());
    QVERIFY(!inbox.waitForMessage(0ms));
}

void tst_Inbox::waitForComesBackEmptyWhenTimeIsOver()
{
    Inbox inbox;
    inbox.ref().tell(Pear{1});
    QVERIFY(!inbox.waitFor<Apple>(0ms));
    QVERIFY(!inbox.waitFor<Apple>(5ms));
    QVERIFY(!inbox.waitFor<Apple>(QDeadlineTimer(1)));
    QCOMPARE(inbox.count(), 1);
    QVERIFY(inbox.waitFor<Pear>(0ms)); // what is there is taken, however late it is
}

void tst_Inbox::waitForWaitsForAnotherThread()
{
    Inbox inbox;
    Inbox other;
    std::thread thread([&] {
        const std::optional<Pear> pear = other.waitFor<Pear>();
        inbox.ref().tell(Apple{pear->number + 1});
    });
    other.ref().tell(Pear{41});
    QCOMPARE(inbox.waitFor<Apple>()->number, 42);
    thread.join();
}

void tst_Inbox::waitForMovesMessagesOut()
{
    Inbox inbox;
    inbox.ref().tell(Parcel{std::make_unique<int>(7)});
    const std::optional<Parcel> parcel = inbox.waitFor<Parcel>();
    QVERIFY(parcel && parcel->content);
    QCOMPARE(*parcel->content, 7);
}

void tst_Inbox::matchesExactTypeOnly()
{
    Inbox inbox;
    inbox.ref().tell(7);
    QVERIFY(!inbox.waitFor<qint64>(0ms));
    QVERIFY(!inbox.waitFor<double>(0ms));
    QCOMPARE(inbox.waitFor<int>(0ms), std::optional<int>(7));
}

void tst_Inbox::nextIsReadyAtOnceWhenMessageIsThere()
{
    Inbox inbox;
    inbox.ref().tell(Pear{1});
    inbox.ref().tell(Apple{2});
    const QFuture<Apple> next = inbox.next<Apple>();
    QVERIFY(next.isFinished());
    QCOMPARE(next.result().number, 2);
    QCOMPARE(inbox.count(), 1);
}

void tst_Inbox::nextIsFulfilledLater()
{
    Inbox inbox;
    const QFuture<Apple> next = inbox.next<Apple>();
    QVERIFY(!next.isFinished());
    const Actorio::Scoped<Echo> echo;
    echo.tell(Apple{1}, inbox.ref());
    QCOMPARE(next.result().number, 2);
    QCOMPARE(inbox.count(), 0);
}

void tst_Inbox::nextIsServedInOrderOfCalls()
{
    Inbox inbox;
    std::vector<QFuture<Apple>> nexts;
    for (int i = 0; i < 10; ++i)
        nexts.push_back(inbox.next<Apple>());
    for (int i = 0; i < 10; ++i) {
        inbox.ref().tell(Apple{i});
        QVERIFY(nexts[static_cast<std::size_t>(i)].isFinished());
        QCOMPARE(nexts[static_cast<std::size_t>(i)].result().number, i);
        if (i < 9)
            QVERIFY(!nexts[static_cast<std::size_t>(i) + 1].isFinished());
    }
}

void tst_Inbox::nextLeavesOtherTypes()
{
    Inbox inbox;
    const QFuture<Apple> apple = inbox.next<Apple>();
    const QFuture<Pear> pear = inbox.next<Pear>();
    inbox.ref().tell(3);
    inbox.ref().tell(Pear{1});
    QVERIFY(pear.isFinished());
    QVERIFY(!apple.isFinished());
    QCOMPARE(inbox.count(), 1);
    QVERIFY(inbox.waitFor<int>());
}

void tst_Inbox::nextIsCancelledWithInbox()
{
    QFuture<Apple> next;
    {
        Inbox inbox;
        next = inbox.next<Apple>();
    }
    QVERIFY(next.isFinished());
    QVERIFY(next.isCanceled());
}

void tst_Inbox::cancelledNextEatsNoMessage()
{
    Inbox inbox;
    QFuture<Apple> cancelled = inbox.next<Apple>();
    QFuture<Apple> waiting = inbox.next<Apple>();
    cancelled.cancel();
    inbox.ref().tell(Apple{1});
    QVERIFY(waiting.isFinished());
    QCOMPARE(waiting.result().number, 1);
    QVERIFY(cancelled.isFinished());

    inbox.next<Apple>().cancel();
    inbox.ref().tell(Apple{2});
    QCOMPARE(inbox.count(), 1);
    QCOMPARE(inbox.waitFor<Apple>()->number, 2);
}

void tst_Inbox::nextCancelledWhileAnotherThreadTells()
{
    for (int round = 0; round < 300; ++round) {
        Inbox inbox;
        QFuture<Apple> cancelled = inbox.next<Apple>();
        // Whoever tells looks through all of them, which gives the cancellation time.
        std::vector<QFuture<Pear>> others;
        for (int i = 0; i < 10 * (round % 20); ++i)
            others.push_back(inbox.next<Pear>());
        std::atomic<bool> isTelling{false};
        std::thread teller([&] {
            isTelling = true;
            inbox.ref().tell(Apple{round});
        });
        while (!isTelling)
            QThread::yieldCurrentThread();
        cancelled.cancel();
        teller.join();
        // Either it came first, or it stays for the next.
        const bool hasCome = cancelled.resultCount() == 1;
        QCOMPARE(inbox.count(), hasCome ? 0 : 1);
        const int number =
                hasCome ? cancelled.resultAt(0).number : inbox.next<Apple>().result().number;
        QCOMPARE(number, round);
        QVERIFY(cancelled.isFinished());
    }
}

void tst_Inbox::continuationOfCancelledNextMayUseTheInbox()
{
    Inbox inbox;
    QFuture<Apple> cancelled = inbox.next<Apple>();
    QFuture<Apple> done = cancelled.then([](const Apple &apple) { return apple; }).onCanceled([&] {
        inbox.ref().tell(Pear{inbox.count()});
        return Apple{-1};
    });
    cancelled.cancel();
    std::thread teller([&] { inbox.ref().tell(Apple{1}); }); // which finds it cancelled
    QCOMPARE(done.result().number, -1);
    teller.join();
    QCOMPARE(inbox.waitFor<Apple>(0ms)->number, 1);
    QVERIFY(inbox.waitFor<Pear>(0ms));
    QCOMPARE(inbox.count(), 0);
}

void tst_Inbox::messagesOfOneSenderKeepTheirOrder()
{
    constexpr int Senders = 3;
    constexpr int Each = 1'000;
    Inbox inbox;
    std::vector<std::thread> senders;
    for (int sender = 0; sender < Senders; ++sender) {
        senders.emplace_back([&inbox, sender] {
            for (int i = 0; i < Each; ++i)
                inbox.ref().tell(Apple{i * Senders + sender});
        });
    }
    int last[Senders] = {-1, -1, -1};
    bool isOrdered = true;
    for (int i = 0; i < Senders * Each; ++i) {
        const int number = inbox.waitFor<Apple>()->number;
        isOrdered = isOrdered && number / Senders == last[number % Senders] + 1;
        last[number % Senders] = number / Senders;
    }
    for (std::thread &sender : senders)
        sender.join();
    QVERIFY(isOrdered);
    QCOMPARE(inbox.count(), 0);
}

void tst_Inbox::manyThreadsMayTakeFromOneInbox()
{
    constexpr int Takers = 3;
    constexpr int Each = 300;
    Inbox inbox;
    std::atomic<int> sum{0};
    std::vector<std::thread> takers;
    for (int taker = 0; taker < Takers; ++taker) {
        takers.emplace_back([&, taker] {
            for (int i = 0; i < Each; ++i)
                sum += taker % 2 ? inbox.next<Apple>().result().number
                                 : inbox.waitFor<Apple>()->number;
        });
    }
    for (int i = 1; i <= Takers * Each; ++i)
        inbox.ref().tell(Apple{i});
    for (std::thread &taker : takers)
        taker.join();
    QCOMPARE(sum.load(), Takers * Each * (Takers * Each + 1) / 2);
    QCOMPARE(inbox.count(), 0);
}

void tst_Inbox::whatIsLeftBecomesDeadLetters()
{
    Actorio::ActorSystem &system = Actorio::ActorSystem::instance();
    std::vector<Actorio::DeadLetter> letters;
    const auto connection = connect(
            &system, &Actorio::ActorSystem::deadLetter, this,
            [&](const Actorio::DeadLetter &letter) { letters.push_back(letter); },
            Qt::DirectConnection);
    const quint64 before = system.deadLetterCount();
    ActorRef<> ref;
    {
        Inbox inbox;
        ref = inbox.ref();
        ref.tell(Apple{1});
        ref.tell(Apple{2});
        ref.tell(Pear{3});
        inbox.waitFor<Apple>();
    }
    disconnect(connection);
    QCOMPARE(system.deadLetterCount() - before, quint64(2));
    QCOMPARE(letters.size(), std::size_t(2));
    QCOMPARE(letters[0].message.get<Apple>()->number, 2);
    QVERIFY(letters[1].message.is<Pear>());
    for (const Actorio::DeadLetter &letter : letters) {
        QCOMPARE(letter.cause, Actorio::DeadLetter::InboxDestroyed);
        QVERIFY(letter.recipient == ref);
    }
}

void tst_Inbox::asksOfAnInboxFailWhenItGoes()
{
    auto inbox = std::make_unique<Inbox>();
    QFuture<int> answered = inbox->ref().ask<int>(Apple{1});
    QFuture<int> left = inbox->ref().ask<int>(Apple{2});
    inbox->waitForMessage().sender().tell(5);
    QCOMPARE(answered.result(), 5);
    QVERIFY(!left.isFinished());
    inbox.reset();
    QVERIFY_EXCEPTION_THROWN(left.result(), Actorio::ActorStopped);
}

void tst_Inbox::keepsMainThreadActorRunningWhileItWaits()
{
    const Actorio::Scoped<Echo> echo({.on = Actorio::mainThread()});
    Inbox inbox;
    echo.tell(Pear{1}, inbox.ref());
    QCOMPARE(inbox.waitFor<Apple>()->number, 2);
    echo.tell(Pear{2}, inbox.ref());
    QVERIFY(inbox.waitForMessage().is<Apple>());
    QVERIFY(!inbox.waitFor<Apple>(1ms));
}

void tst_Inbox::refusesToWaitInHandlerOnSharedThread()
{
    const Actorio::Scoped<Waiting> inPool;
    QVERIFY(inPool.ask(Late()).result());
    const Actorio::Scoped<Waiting> inMain({.on = Actorio::mainThread()});
    const QFuture<bool> refused = inMain.ask(Late());
    QTRY_VERIFY(refused.isFinished());
    QVERIFY(refused.result());
}

void tst_Inbox::waitsInHandlerOnDedicatedThread()
{
    const Actorio::Scoped<Waiting> waiting({.on = Actorio::dedicatedThread()});
    QVERIFY(!waiting.ask(Late()).result());
    QCOMPARE(waiting.ask(Apple{1}).result(), 2);
}

QTEST_GUILESS_MAIN(tst_Inbox)
#include "tst_inbox.moc"
