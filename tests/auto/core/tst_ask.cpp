// SPDX-License-Identifier: MIT
// What an ask answers, and to whom.
#include "ask.h"
#include "gate.h"

#include <Actorio/Actorio>

#include <QtCore/QFuture>
#include <QtCore/QPromise>
#include <QtCore/QThread>
#include <QtTest/QTest>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

struct End
{
    enum How { Stop, Throw, ThrowInCoroutine } how;
};

// Stops itself, in a handler that is asked.
class Ender : public Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const End &end)
    {
        if (end.how == End::Throw)
            throw StopActor();
        stop();
    }
    QFuture<void> receive(const QString &)
    {
        throw StopActor();
        co_return;
    }
};

class tst_Ask : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        Target::handled = 0;
    }

    // The value
    void aValue();
    void aValueOfAnyKind();
    void aReplyThatDoesNotCopyIsThereOnce();
    void anUntypedReference();
    void aReplyInsteadOfAReturnedValue();
    void aForwardedAddress();
    void nothingOfAHandlerThatStopsItsActor_data();
    void nothingOfAHandlerThatStopsItsActor();

    // Late replies
    void aLateValueIsADeadLetter();
    void aSecondReplyIsADeadLetter();

    // Futures and continuations
    void convertsToFutures();
    void thenAndOnFailed();
    void thenAndOnFailedWithAContext();
    void thenRunsInTheThreadOfItsContext();
    void aContextThatIsGone();
    void severalListeners();
    void awaitedTwice();

    void manyOutstanding();
    void promise4_settledExactlyOnce();
};

void tst_Ask::aValue()
{
    Scoped<Target> target;
    Ask<int> ask = target.ask(Add{1, 2});
    QCOMPARE(ask.result(), 3);
    QVERIFY(ask.isFinished());
    QCOMPARE(ask.result(), 3); // as often as one likes
    QCOMPARE(ask.future().result(), 3);
    ask.waitForFinished();
}

void tst_Ask::aValueOfAnyKind()
{
    Scoped<Target> target;
    QCOMPARE(*target.ask(std::make_unique<int>(7)).result(), 7);
    QCOMPARE(*target.ask(Ticket(7)).result().number, 8);
    target.ask(Note{5}).waitForFinished();
    QCOMPARE(Target::handled, 5);
    target.ask(Note{5}).result();
    QCOMPARE(Target::handled, 10);
    QCOMPARE(target.ask(u"ab"_s).result(), u"ab!"_s);

    QFuture<std::unique_ptr<int>> moveOnly = target.ask(std::make_unique<int>(8));
    QCOMPARE(*moveOnly.takeResult(), 8);
    QFuture<Ticket> noDefault = target.ask(Ticket(8));
    QCOMPARE(*noDefault.takeResult().number, 9);
}

// Nobody is handed one that has been moved from.
void tst_Ask::aReplyThatDoesNotCopyIsThereOnce()
{
    Scoped<Target> target;
    Ask<std::unique_ptr<int>> ask = target.ask(std::make_unique<int>(7));
    QCOMPARE(*ask.result(), 7);
    const QString error = errorOf<Actorio::Error>([&] { (void)ask.result(); });
    QVERIFY2(error.contains(u"has been taken already"_s), qPrintable(error));
    QVERIFY(error.contains(u"/Target-"_s));

    Ask<std::unique_ptr<int>> other = target.ask(std::make_unique<int>(8));
    QFuture<std::unique_ptr<int>> future = other.future();
    QCOMPARE(*future.takeResult(), 8);
    QVERIFY(fails<Actorio::Error>([&] { (void)other.result(); }));
}

void tst_Ask::anUntypedReference()
{
    Scoped<Target> target;
    const ActorRef<> any = target;
    QCOMPARE(any.ask<int>(Add{1, 2}).result(), 3);
    QCOMPARE(any.ask<QString>(u"x"_s).result(), u"x!"_s);
    any.ask<void>(Note{3}).waitForFinished();
    QCOMPARE(Target::handled, 3);
    any.ask<void>(Add{1, 2}).waitForFinished(); // whatever it answers
    QCOMPARE(any.ask<int>(Suspend{QtFuture::makeReadyFuture(4)}).result(), 4);
}

void tst_Ask::nothingOfAHandlerThatStopsItsActor_data()
{
    QTest::addColumn<int>("how");
    QTest::addColumn<bool>("isTyped");
    for (const bool isTyped : {true, false}) {
        const char *const path = isTyped ? "typed" : "untyped";
        QTest::addRow("stop(), %s", path) << int(End::Stop) << isTyped;
        QTest::addRow("throw, %s", path) << int(End::Throw) << isTyped;
        QTest::addRow("throw in a coroutine, %s", path) << int(End::ThrowInCoroutine) << isTyped;
    }
}

void tst_Ask::nothingOfAHandlerThatStopsItsActor()
{
    QFETCH(const int, how);
    QFETCH(const bool, isTyped);
    Scoped<Ender> ender;
    const ActorRef<> any(ender);
    const End end{static_cast<End::How>(how)};
    QFuture<void> answer;
    if (how == End::ThrowInCoroutine)
        answer = isTyped ? ender.ask(u"end"_s) : any.ask<void>(u"end"_s);
    else
        answer = isTyped ? ender.ask(end) : any.ask<void>(end);
    QCOMPARE(errorOf<Error>([&] { answer.waitForFinished(); }), u"(nothing)"_s);
    QCOMPARE(ender.terminated().result().kind(), StopReason::Stopped);
}

void tst_Ask::aReplyInsteadOfAReturnedValue()
{
    Scoped<Replier> replier;
    QCOMPARE(replier.ask<int>(Add{1, 2}).result(), 3);
    QCOMPARE(ActorRef<>(replier).ask<int>(Add{1, 3}).result(), 4);
}

void tst_Ask::aForwardedAddress()
{
    Scoped<Replier> replier;
    Scoped<Target> target;
    QCOMPARE(target.ask<int>(Divert{replier}).result(), 21);

    Inbox me;
    ActorRef<>(target).tell(Divert{replier}, me.ref()); // the same for a tell
    QCOMPARE(me.waitFor<int>(10s), 21);
}

void tst_Ask::aLateValueIsADeadLetter()
{
    const auto clock = std::make_shared<ManualClock>();
    ActorSystem system({.clock = clock});
    Inbox letters;
    QObject::connect(
            &system, &ActorSystem::deadLetter, &system,
            [to = letters.ref()](const DeadLetter &letter) { to.tell(letter); },
            Qt::DirectConnection);
    Scoped target(system.spawn<Target>());
    Scoped other(system.spawn<Target>());
    QPromise<int> promise;
    promise.start();
    QFuture<int> timedOut = target.ask(Suspend{promise.future()}, 100ms);
    Ask<int> inTime = other.ask(Suspend{promise.future()});
    clock->advance(100ms);
    QVERIFY(fails<Timeout>([&] { timedOut.waitForFinished(); }));
    QCOMPARE(system.deadLetterCount(), 0);
    promise.addResult(1);
    promise.finish();
    const std::optional<DeadLetter> letter = letters.waitFor<DeadLetter>(10s);
    QVERIFY(letter.has_value());
    QCOMPARE(letter->cause, DeadLetter::LateReply);
    QCOMPARE(letter->type, QMetaType::fromType<int>());
    QCOMPARE(inTime.result(), 1);
    QCOMPARE(system.deadLetterCount(), 1);
    target.stop();
    other.stop();
    system.shutdown();
}

void tst_Ask::aSecondReplyIsADeadLetter()
{
    ActorSystem system;
    Inbox letters;
    QObject::connect(
            &system, &ActorSystem::deadLetter, &system,
            [to = letters.ref()](const DeadLetter &letter) { to.tell(letter); },
            Qt::DirectConnection);
    Scoped replier(system.spawn<Replier>());
    QCOMPARE(replier.ask<int>(Add{1, 2}).result(), 3);
    const std::optional<DeadLetter> letter = letters.waitFor<DeadLetter>(10s);
    QVERIFY(letter.has_value());
    QCOMPARE(letter->cause, DeadLetter::LateReply);
    QVERIFY(letter->message.is<int>());
    QCOMPARE(*letter->message.get<int>(), -1);
    QCOMPARE(system.deadLetterCount(), 1);
    replier.stop();
    system.shutdown();
}

void tst_Ask::convertsToFutures()
{
    Scoped<Target> target;
    QFuture<int> typed = target.ask(Add{1, 2});
    QFuture<void> untyped = target.ask(Add{1, 2});
    QFuture<void> nothing = target.ask(Note{1});
    const QFuture<QString> text = target.ask(u"a"_s);
    untyped.waitForFinished();
    nothing.waitForFinished();
    QCOMPARE(typed.result(), 3);
    QCOMPARE(text.result(), u"a!"_s);
    QVERIFY(typed.isFinished() && !typed.isCanceled());

    Ask<int> ask = target.ask(Add{3, 4});
    QFuture<int> first = ask.future();
    QFuture<int> second = ask.future();
    QCOMPARE(first.result(), 7);
    QCOMPARE(second.result(), 7);
    Ask<int> moved = std::move(ask);
    QCOMPARE(moved.result(), 7);
}

void tst_Ask::thenAndOnFailed()
{
    Scoped<Target> target;
    QCOMPARE(target.ask(Add{1, 2}).then([](int sum) { return sum * 2; }).result(), 6);
    QCOMPARE(target.ask(Add{1, 2}).then([](QFuture<int> sum) { return sum.result() * 3; }).result(),
             9);
    QCOMPARE(target.ask(Note{1}).then([] { return 5; }).result(), 5);
    Ask<int> ask = target.ask(Add{1, 2});
    ask.waitForFinished();
    QCOMPARE(ask.then([](int sum) { return sum + 1; }).result(), 4); // settled already
    QCOMPARE(ask.onFailed([](const Error &) { return -1; }).result(), 3);

    target.stop();
    QCOMPARE(target.ask(Add{1, 2}).onFailed([](const ActorStopped &) { return -1; }).result(), -1);
    QCOMPARE(target.ask(Add{1, 2})
                     .then([](int) { return 1; })
                     .onFailed([](const Error &) { return -2; })
                     .result(),
             -2);
}

void tst_Ask::thenAndOnFailedWithAContext()
{
    Scoped<Target> target;
    QObject context;
    QThread *where = nullptr;
    int sum = 0;
    QFuture<void> done = target.ask(Add{1, 2}).then(&context, [&](int value) {
        where = QThread::currentThread();
        sum = value;
    });
    QTRY_VERIFY(done.isFinished());
    QCOMPARE(sum, 3);
    QCOMPARE(where, QThread::currentThread());

    Ask<int> ask = target.ask(Add{1, 2});
    ask.waitForFinished();
    bool isInside = true;
    QFuture<bool> later = ask.then(&context, [&](int) { return isInside; });
    isInside = false;
    QVERIFY(!later.isFinished()); // through the event loop, always
    QTRY_VERIFY(later.isFinished());
    QCOMPARE(later.result(), false);

    target.stop();
    QFuture<int> failed =
            target.ask(Add{1, 2}).onFailed(&context, [](const ActorStopped &) { return -1; });
    QTRY_VERIFY(failed.isFinished());
    QCOMPARE(failed.result(), -1);
}

void tst_Ask::thenRunsInTheThreadOfItsContext()
{
    Scoped<Target> target;
    QThread thread;
    QObject context;
    context.moveToThread(&thread);
    thread.start();
    Ask<int> answered = target.ask(Add{1, 2});
    answered.waitForFinished();
    int strangers = 0;
    for (int round = 0; round < 20'000; ++round) {
        const auto where = [](int) { return QThread::currentThread(); };
        if (answered.then(&context, where).result() != &thread)
            ++strangers;
        if (round % 10 == 0 && target.ask(Add{1, 2}).then(&context, where).result() != &thread)
            ++strangers;
    }
    QMetaObject::invokeMethod(
            &context, [&] { context.moveToThread(QCoreApplication::instance()->thread()); },
            Qt::BlockingQueuedConnection);
    thread.quit();
    thread.wait();
    QCOMPARE(strangers, 0);
}

void tst_Ask::aContextThatIsGone()
{
    Scoped<Target> target;
    Gate gate;
    target.tell(gate.pass());
    auto context = std::make_unique<QObject>();
    std::atomic<int> calls{0};
    QFuture<void> then = target.ask(Add{1, 2}).then(context.get(), [&](int) { ++calls; });
    QFuture<int> failed =
            target.ask(Add{1, 2}).onFailed(context.get(), [&](const Error &) { return ++calls; });
    context.reset();
    QVERIFY(then.isFinished());
    QVERIFY(then.isCanceled());
    QVERIFY(failed.isFinished());
    QVERIFY(failed.isCanceled());
    gate.open();
    target.ask(Note{1}).waitForFinished();

    // Answered, and gone before its event loop came to it.
    context = std::make_unique<QObject>();
    Ask<int> ask = target.ask(Add{1, 2});
    QFuture<void> late = ask.then(context.get(), [&](int) { ++calls; });
    ask.waitForFinished();
    context.reset();
    QTRY_VERIFY(late.isFinished());
    QVERIFY(late.isCanceled());
    QCoreApplication::processEvents();
    QCOMPARE(calls, 0);
}

void tst_Ask::severalListeners()
{
    Scoped<Target> target;
    Gate gate;
    target.tell(gate.pass());
    Ask<QString> ask = target.ask(u"a"_s);
    QFuture<QString> future = ask;
    QFuture<QString> then = ask.then([](const QString &text) { return QString(text + u"1"_s); });
    QFuture<QString> second = ask.then([](const QString &text) { return QString(text + u"2"_s); });
    gate.open();
    QCOMPARE(ask.result(), u"a!"_s);
    QCOMPARE(future.result(), u"a!"_s);
    QCOMPARE(then.result(), u"a!1"_s);
    QCOMPARE(second.result(), u"a!2"_s);
}

void tst_Ask::awaitedTwice()
{
    Scoped<Target> target;
    Scoped<Asker> asker;
    for (int round = 0; round < 500; ++round)
        QCOMPARE(asker.ask(AskTwice{target}).result(), u"once!once!once!"_s);
}

void tst_Ask::manyOutstanding()
{
    Scoped<Target> target;
    Gate gate;
    target.tell(gate.pass());
    std::vector<Ask<int>> asks;
    std::vector<QFuture<int>> futures;
    for (int i = 0; i < 10'000; ++i) {
        asks.push_back(target.ask(Add{i, 1},
                                  i % 2 ? std::chrono::milliseconds(1h)
                                        : std::chrono::milliseconds::max()));
        if (i % 4 == 0)
            futures.push_back(asks.back());
    }
    gate.open();
    for (int i = 0; i < 10'000; ++i)
        QCOMPARE(asks[std::size_t(i)].result(), i + 1);
    for (int i = 0; i < 2'500; ++i)
        QCOMPARE(futures[std::size_t(i)].result(), 4 * i + 1);
}

void tst_Ask::promise4_settledExactlyOnce()
{
    // Answer, timeout, cancel and stop race for it; whoever wins, there is one outcome and it stays.
    const auto clock = std::make_shared<ManualClock>();
    ActorSystem system({.clock = clock});
    for (int round = 0; round < 500; ++round) {
        Scoped target(system.spawn<Target>());
        Ask<int> ask = target.ask(Add{1, 2}, 10ms);
        std::atomic<int> continued{0};
        QFuture<void> then = ask.then([&](QFuture<int>) { ++continued; });
        QFuture<int> future = ask;
        std::thread timer([&] { clock->advance(10ms); });
        std::thread canceller([&] { future.cancel(); });
        target.ActorRef::stop();
        QString outcome;
        try {
            outcome = QString::number(ask.result());
        } catch (const Error &error) {
            outcome = error.message();
        }
        timer.join();
        canceller.join();
        then.waitForFinished();
        QCOMPARE(continued, 1);
        QString again;
        try {
            again = QString::number(ask.result());
        } catch (const Error &error) {
            again = error.message();
        }
        QCOMPARE(again, outcome);
    }
}

QTEST_GUILESS_MAIN(tst_Ask)
#include "tst_ask.moc"
