// SPDX-License-Identifier: MIT
#include "gate.h"
#include "life.h"

#include <Actorio/Actorio>

#include <QtCore/QPromise>
#include <QtCore/QTimer>
#include <QtCore/QVariant>
#include <QtTest/QTest>

#include <memory>
#include <mutex>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::ActorSystem;
using Actorio::Inbox;
using Actorio::Message;
using Actorio::Scoped;

namespace {

struct Question
{
    int value = 0;
};
struct Unknown
{
};
struct OnlyMoves
{
    std::unique_ptr<int> value;
};

// Asks an actor to describe what it knows of the message that it is handling.
struct Describe
{
};
struct DescribeLater
{
};

// The dead letters of a system, in their order.
class DeadLetters
{
public:
    explicit DeadLetters(ActorSystem &system)
    {
        // Direct: the letters come from the threads of the actors.
        QObject::connect(
                &system, &ActorSystem::deadLetter, &system,
                [this](const Actorio::DeadLetter &letter) {
                    const std::lock_guard lock(m_mutex);
                    m_letters.push_back(letter);
                },
                Qt::DirectConnection);
    }
    std::vector<Actorio::DeadLetter> all() const
    {
        const std::lock_guard lock(m_mutex);
        return m_letters;
    }

private:
    mutable std::mutex m_mutex;
    std::vector<Actorio::DeadLetter> m_letters;
};

QFuture<void> nextTurnOfTheLoop(QObject *context)
{
    auto promise = std::make_shared<QPromise<void>>();
    promise->start();
    QTimer::singleShot(0, context, [promise] { promise->finish(); });
    return promise->future();
}

} // namespace

class Plain : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    int receive(int number) { return number; }
};

// Takes any message, and says what it is.
class TakesAll : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    QString receive(int) { return u"slot"_s; }

protected:
    void handleMessage(const Message &message) override
    {
        if (message.is<Unknown>())
            return; // and leaves the asker without an answer
        if (const auto *const question = message.get<Question>())
            reply(u"question %1"_s.arg(question->value));
        else
            reply(QString::fromLatin1(message.type().name()));
    }
};

class Contexts : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Contexts(Journal *journal) : m_journal(journal) { }

public Q_SLOTS:
    QString receive(const Describe &) { return describe(); }
    QFuture<QString> receive(const DescribeLater &)
    {
        const QString before = describe();
        QObject waiting; // not the actor, which is busy
        co_await nextTurnOfTheLoop(&waiting);
        const QString after = describe();
        co_return before == after ? after : before + u" became "_s + after;
    }
    void receive(bool) { reply(describe()); }
    Actorio::Delegated<QString> receive(char) // describes outside of any handler
    {
        auto promise = std::make_shared<Actorio::ReplyPromise<QString>>(replyPromise<QString>());
        QTimer::singleShot(0, this, [this, promise] { promise->reply(describe()); });
        return {};
    }
    void receive(const QString &) { throw std::runtime_error("as told"); }
    void receive(short) { spawn<Contexts>(m_journal).stop(); }
    bool receive(const ActorRef<> &target) { return target.tell(u"stop it"_s, self()); }

protected:
    void setUp() override { m_journal->note(u"setUp: "_s + describe()); }
    void tearDown(const Actorio::StopReason &) override
    {
        m_journal->note(u"tearDown: "_s + describe());
    }
    void childStopped(const Actorio::ChildStopped &) override
    {
        m_journal->note(u"childStopped: "_s + describe());
    }

private:
    QString describe() const
    {
        const QString type = QString::fromLatin1(currentMessage().type().name());
        const QString sender = currentSender() ? currentSender().name() : u"nobody"_s;
        const bool isSame = currentMessage().sender() == currentSender();
        return type + u" from "_s + sender + (isSame ? u""_s : u" (says the actor)"_s);
    }

    Journal *m_journal;
};

// Answers as often as it is told to.
class Answers : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(int times)
    {
        for (int i = 1; i <= times; ++i)
            m_last = reply(i);
    }
    int receive(const Question &question)
    {
        reply(question.value);
        return -1;
    }
    bool receive(bool) { return m_last; }

private:
    bool m_last = true;
};

// Sends a question on, and passes what comes back to its inbox.
class Asker : public Actorio::Actor
{
    Q_OBJECT
public:
    Asker(ActorRef<Answers> answers, ActorRef<> inbox)
        : m_answers(std::move(answers)), m_inbox(std::move(inbox))
    {
    }

public Q_SLOTS:
    void receive(const Describe &) { m_answers.tell(2, self()); }
    void receive(int answer) { m_inbox.tell(answer, currentSender()); }

private:
    const ActorRef<Answers> m_answers;
    const ActorRef<> m_inbox;
};

// Keeps the messages that it gets.
class Keeper : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const Question &) { m_kept.append(currentMessage()); }
    int receive(const Describe &)
    {
        int sum = 0;
        for (const Message &message : std::as_const(m_kept))
            sum += message.get<Question>()->value;
        return sum;
    }
    QList<Message> receive(bool) { return m_kept; }

private:
    QList<Message> m_kept;
};

class tst_Message : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void isNothingWhenNull();
    void knowsItsExactType();
    void isSharedByItsCopies();
    void knowsItsSender();
    void becomesAVariantIfItCopies();
    void anUnknownMessageFailsTheActor();
    void anUnknownAskFailsTheAskerToo();
    void handleMessageTakesWhatNoSlotTakes();
    void handleMessageThatDoesNotReplyBreaksTheAsk();
    void currentMessageAndSenderOfATell();
    void currentMessageAndSenderOfAnAsk();
    void currentMessageAndSenderAfterAnAwait();
    void noCurrentMessageOutsideOfHandlers();
    void repliesToAnInbox();
    void repliesToAnActor();
    void replyIsFalseWithoutASender();
    void replyIsFalseWhenTheSenderHasGone();
    void theFirstReplySettlesAnAsk();
    void aReturnedValueAfterAReplyIsADeadLetter();
    void isKeptAfterItsHandler();
    void isKeptAfterItsActor();
};

void tst_Message::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
}

void tst_Message::isNothingWhenNull()
{
    const Message message;
    QVERIFY(!message);
    QVERIFY(!message.is<int>());
    QCOMPARE(message.get<int>(), nullptr);
    QVERIFY(!message.type().isValid());
    QVERIFY(!message.sender());
    QVERIFY(!message.toVariant().isValid());
    QString text;
    QDebug(&text) << message;
    QCOMPARE(text.trimmed(), u"Message()"_s);
}

void tst_Message::knowsItsExactType()
{
    Inbox inbox;
    QVERIFY(inbox.ref().tell(42));
    const Message message = inbox.waitForMessage(10s);
    QVERIFY(message);
    QVERIFY(message.is<int>());
    QVERIFY(!message.is<unsigned>());
    QVERIFY(!message.is<Question>());
    QCOMPARE(message.type(), QMetaType::fromType<int>());
    QVERIFY(message.get<int>());
    QCOMPARE(*message.get<int>(), 42);
    QCOMPARE(message.get<unsigned>(), nullptr);
    QString text;
    QDebug(&text) << message;
    QCOMPARE(text.trimmed(), u"Message(int)"_s);
}

void tst_Message::isSharedByItsCopies()
{
    Inbox inbox;
    QVERIFY(inbox.ref().tell(Question{1}));
    Message message = inbox.waitForMessage(10s);
    const Message copy = message;
    QCOMPARE(copy.get<Question>(), message.get<Question>());
    message = Message();
    QCOMPARE(copy.get<Question>()->value, 1);
}

void tst_Message::knowsItsSender()
{
    Inbox inbox;
    const Scoped<Plain> sender;
    QVERIFY(inbox.ref().tell(1, sender));
    QVERIFY(inbox.ref().tell(2));
    QCOMPARE(inbox.waitForMessage(10s).sender(), ActorRef<>(sender));
    QVERIFY(!inbox.waitForMessage(10s).sender());
}

void tst_Message::becomesAVariantIfItCopies()
{
    Inbox inbox;
    QVERIFY(inbox.ref().tell(u"text"_s));
    QVERIFY(inbox.ref().tell(Question{3}));
    QVERIFY(inbox.ref().tell(OnlyMoves{}));
    QCOMPARE(inbox.waitForMessage(10s).toVariant(), QVariant(u"text"_s));
    const Message question = inbox.waitForMessage(10s);
    QCOMPARE(question.toVariant().value<Question>().value, 3);
    QCOMPARE(question.get<Question>()->value, 3); // a copy was made
    const Message onlyMoves = inbox.waitForMessage(10s);
    QVERIFY(onlyMoves.is<OnlyMoves>());
    QVERIFY(!onlyMoves.toVariant().isValid());
}

void tst_Message::anUnknownMessageFailsTheActor()
{
    Inbox sender;
    for (const bool isSigned : {true, false}) {
        const Scoped<Plain> actor;
        const QString path = actor.path();
        QTest::ignoreMessage(QtWarningMsg,
                             QRegularExpression(u"failed, and nobody heard of it: .*Unknown"_s));
        QVERIFY(ActorRef<>(actor).tell(Unknown{}, isSigned ? sender.ref() : ActorRef<>()));
        const Actorio::StopReason reason = actor.terminated().result();
        QCOMPARE(reason.kind(), Actorio::StopReason::Failed);
        const QString text = errorOf<Actorio::UnhandledMessage>(
                [&] { std::rethrow_exception(reason.exception()); });
        QCOMPARE(text, reason.message());
        QVERIFY2(text.contains(path), qPrintable(text));
        QVERIFY2(text.contains(u"Unknown"_s), qPrintable(text));
        QVERIFY2(text.contains(isSigned ? sender.ref().name() : u"nobody"_s), qPrintable(text));
    }
}

void tst_Message::anUnknownAskFailsTheAskerToo()
{
    const Scoped<Plain> actor;
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u"failed, and nobody heard of it: .*Unknown"_s));
    const QString text = errorOf<Actorio::UnhandledMessage>(
            [&] { ActorRef<>(actor).ask<int>(Unknown{}).result(); });
    QVERIFY2(text.contains(actor.path()) && text.contains(u"Unknown"_s), qPrintable(text));
    QCOMPARE(actor.terminated().result().message(), text);
}

void tst_Message::handleMessageTakesWhatNoSlotTakes()
{
    const Scoped<TakesAll> actor;
    const ActorRef<> any = actor;
    QCOMPARE(any.ask<QString>(1).result(), u"slot"_s);
    QCOMPARE(any.ask<QString>(Question{2}).result(), u"question 2"_s);
    QCOMPARE(any.ask<QString>(true).result(), u"bool"_s);
    QCOMPARE(any.ask<QString>(OnlyMoves{}).result(),
             QString::fromLatin1(QMetaType::fromType<OnlyMoves>().name()));
    Inbox inbox;
    QVERIFY(any.tell(Question{3}, inbox.ref()));
    QCOMPARE(inbox.waitFor<QString>(10s), u"question 3"_s);
    QVERIFY(any.isRunning());
}

void tst_Message::handleMessageThatDoesNotReplyBreaksTheAsk()
{
    const Scoped<TakesAll> actor;
    const ActorRef<> any = actor;
    const QString text = errorOf<Actorio::BrokenPromise>([&] { any.ask<int>(Unknown{}).result(); });
    QVERIFY2(text.contains(actor.path()) && text.contains(u"Unknown"_s), qPrintable(text));
    any.ask<void>(Unknown{}).waitForFinished(); // it was handled, and there is nothing to answer
    QVERIFY(any.isRunning());
}

void tst_Message::currentMessageAndSenderOfATell()
{
    Journal journal;
    const Scoped<Contexts> actor(&journal);
    Inbox inbox;
    // A reply goes to whoever sent it, so that the inbox stands for any sender.
    QVERIFY(actor.tell(true, inbox.ref()));
    QCOMPARE(inbox.waitFor<QString>(10s), u"bool from "_s + inbox.ref().name());
    QVERIFY(ActorRef<>(actor).tell(true, inbox.ref()));
    QCOMPARE(inbox.waitFor<QString>(10s), u"bool from "_s + inbox.ref().name());
}

void tst_Message::currentMessageAndSenderOfAnAsk()
{
    Journal journal;
    const Scoped<Contexts> actor(&journal);
    const QString type = QString::fromLatin1(QMetaType::fromType<Describe>().name());
    QCOMPARE(actor.ask(Describe{}).result(), type + u" from an ask of "_s + actor.name());
    QCOMPARE(ActorRef<>(actor).ask<QString>(Describe{}).result(),
             type + u" from an ask of "_s + actor.name());
}

void tst_Message::currentMessageAndSenderAfterAnAwait()
{
    Journal journal;
    const Scoped<Contexts> actor(&journal);
    const QString type = QString::fromLatin1(QMetaType::fromType<DescribeLater>().name());
    QCOMPARE(actor.ask(DescribeLater{}).result(), type + u" from an ask of "_s + actor.name());
}

void tst_Message::noCurrentMessageOutsideOfHandlers()
{
    Journal journal;
    Scoped<Contexts> actor(&journal);
    QCOMPARE(actor.ask('x').result(), u" from nobody"_s);
    actor.ask(short(1)).waitForFinished(); // a child that ends before it is made
    QTRY_VERIFY(journal.entries().contains(u"childStopped:  from nobody"_s));
    actor.stop();
    QCOMPARE(journal.entries().first(), u"setUp:  from nobody"_s);
    QCOMPARE(journal.entries().last(), u"tearDown:  from nobody"_s);
}

void tst_Message::repliesToAnInbox()
{
    const Scoped<Answers> actor;
    Inbox inbox;
    QVERIFY(actor.tell(2, inbox.ref()));
    const Message first = inbox.waitForMessage(10s);
    QCOMPARE(*first.get<int>(), 1);
    QCOMPARE(first.sender(), ActorRef<>(actor)); // a reply is signed
    QCOMPARE(inbox.waitFor<int>(10s), 2);
    QVERIFY(actor.ask(true).result());
}

void tst_Message::repliesToAnActor()
{
    const Scoped<Answers> answers;
    Inbox inbox;
    const Scoped<Asker> asker(ActorRef<Answers>(answers), inbox.ref());
    QVERIFY(asker.tell(Describe{}));
    for (const int expected : {1, 2}) {
        const Message answer = inbox.waitForMessage(10s);
        QCOMPARE(*answer.get<int>(), expected);
        QCOMPARE(answer.sender(), ActorRef<>(answers));
    }
}

void tst_Message::replyIsFalseWithoutASender()
{
    const Scoped<Answers> actor;
    QVERIFY(actor.tell(1));
    QVERIFY(!actor.ask(true).result());
}

void tst_Message::replyIsFalseWhenTheSenderHasGone()
{
    const Scoped<Answers> actor;
    ActorRef<> gone;
    {
        const Inbox inbox;
        gone = inbox.ref();
    }
    QVERIFY(!gone.isRunning());
    QVERIFY(actor.tell(1, gone));
    QVERIFY(!actor.ask(true).result());
}

void tst_Message::theFirstReplySettlesAnAsk()
{
    ActorSystem system;
    const DeadLetters letters(system);
    const Scoped<Answers> actor(system.spawn<Answers>());
    QCOMPARE(actor.ask<int>(3).result(), 1);
    QVERIFY(actor.ask(true).result()); // and comes after the handler with the three replies
    QCOMPARE(system.deadLetterCount(), 2u);
    QCOMPARE(letters.all().size(), 2u);
    for (const Actorio::DeadLetter &letter : letters.all()) {
        QCOMPARE(letter.cause, Actorio::DeadLetter::LateReply);
        QCOMPARE(letter.type, QMetaType::fromType<int>());
        QCOMPARE(letter.sender, ActorRef<>(actor));
        QVERIFY(letter.message.is<int>());
    }
    QCOMPARE(*letters.all().back().message.get<int>(), 3);
}

void tst_Message::aReturnedValueAfterAReplyIsADeadLetter()
{
    ActorSystem system;
    const DeadLetters letters(system);
    const Scoped<Answers> actor(system.spawn<Answers>());
    QCOMPARE(actor.ask(Question{5}).result(), 5);
    QVERIFY(actor.ask(true).result());
    QCOMPARE(system.deadLetterCount(), 1u);
    QCOMPARE(letters.all().front().cause, Actorio::DeadLetter::LateReply);
    QCOMPARE(letters.all().front().type, QMetaType::fromType<int>());
    // To a sender that did not ask, a reply is a message, and the returned value nothing.
    Inbox inbox;
    QVERIFY(actor.tell(Question{6}, inbox.ref()));
    QCOMPARE(inbox.waitFor<int>(10s), 6);
    QVERIFY(actor.ask(true).result());
    QCOMPARE(inbox.count(), 0);
    QCOMPARE(system.deadLetterCount(), 1u);
}

void tst_Message::isKeptAfterItsHandler()
{
    const Scoped<Keeper> actor;
    for (int i = 1; i <= 4; ++i)
        QVERIFY(actor.tell(Question{i}));
    QCOMPARE(actor.ask(Describe{}).result(), 10);
}

void tst_Message::isKeptAfterItsActor()
{
    QList<Message> kept;
    Inbox sender;
    {
        const Scoped<Keeper> actor;
        QVERIFY(actor.tell(Question{1}, sender.ref()));
        kept = actor.ask(true).result();
    }
    QCOMPARE(kept.size(), 1);
    QCOMPARE(kept.front().get<Question>()->value, 1);
    QCOMPARE(kept.front().sender(), sender.ref());
}

QTEST_GUILESS_MAIN(tst_Message)
#include "tst_message.moc"
