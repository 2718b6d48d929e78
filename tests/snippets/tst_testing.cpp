// SPDX-License-Identifier: MIT
// The code of docs/guide/testing.md.

//! [word counter]
#include <Actorio/Actorio>

#include <QtTest/QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

struct Count // answered with the number of words
{
    QString text;
};
struct Counted // told to the log
{
    int words;
};

class WordCounter : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit WordCounter(Actorio::ActorRef<> log = {}) : m_log(std::move(log)) { }

public Q_SLOTS:
    int receive(const Count &count)
    {
        if (count.text.isEmpty())
            throw std::invalid_argument("no text");
        const int words = static_cast<int>(count.text.simplified().split(u' ').size());
        m_log.tell(Counted{words}, self());
        return words;
    }

private:
    const Actorio::ActorRef<> m_log;
};
//! [word counter]

//! [supervisor]
class Office : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Office(Actorio::ActorRef<> log) : m_log(std::move(log)) { }

protected:
    void setUp() override { spawn<WordCounter>().tell(Count{u""_s}); }
    void childStopped(const Actorio::ChildStopped &event) override
    {
        m_log.tell(event.reason.message());
    }

private:
    const Actorio::ActorRef<> m_log;
};
//! [supervisor]

//! [slow]
class Slow : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    Actorio::Delegated<int> receive(const Count &)
    {
        m_promise = replyPromise<int>(); // and never answers
        return {};
    }

private:
    Actorio::ReplyPromise<int> m_promise;
};
//! [slow]

//! [test class]
class tst_WordCounter : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void countsWords();
    void reportsToItsLog();
    void failsWithoutText();
    void officeHearsOfAFailure();
    void timesOut();
    void leavesNoDeadLetters();
    void countsInTheMainThread();
};
//! [test class]

//! [ask]
void tst_WordCounter::countsWords()
{
    Actorio::Scoped<WordCounter> counter;
    QCOMPARE(counter.ask(Count{u"to be or not to be"_s}, 5s).result(), 6);
}
//! [ask]

//! [inbox]
void tst_WordCounter::reportsToItsLog()
{
    Actorio::Inbox log; // stands in for the actor that keeps the log
    Actorio::Scoped<WordCounter> counter(log.ref());
    counter.tell(Count{u"to be"_s});

    const Actorio::Message message = log.waitForMessage(5s);
    QVERIFY(message.is<Counted>());
    QCOMPARE(message.get<Counted>()->words, 2);
    QCOMPARE(message.sender(), counter);

    counter.stop(); // joins: what it had to say has been said
    QCOMPARE(log.count(), 0);
}
//! [inbox]

//! [failure]
void tst_WordCounter::failsWithoutText()
{
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u"failed, and nobody heard of it: no text"_s));
    Actorio::Scoped<WordCounter> counter;
    QVERIFY_THROWS_EXCEPTION(std::invalid_argument, counter.ask(Count{}, 5s).result());

    const Actorio::StopReason reason = counter.stop(); // joins, and says why it ended
    QVERIFY(reason.isFailure());
    QCOMPARE(reason.message(), u"no text"_s);
}
//! [failure]

//! [parent]
void tst_WordCounter::officeHearsOfAFailure()
{
    Actorio::Inbox log;
    Actorio::Scoped<Office> office(log.ref());
    QCOMPARE(log.waitFor<QString>(5s), u"no text"_s);
    QVERIFY(office.isRunning());
}
//! [parent]

//! [clock]
void tst_WordCounter::timesOut()
{
    auto clock = std::make_shared<Actorio::ManualClock>();
    Actorio::ActorSystem system({.clock = clock});
    auto slow = system.spawn<Slow>();

    QFuture<int> reply = slow.ask(Count{u"to be"_s}, 1h);
    clock->advance(59min);
    QVERIFY(!reply.isFinished());
    clock->advance(1min);
    QVERIFY_THROWS_EXCEPTION(Actorio::Timeout, reply.result());
}
//! [clock]

//! [dead letters]
void tst_WordCounter::leavesNoDeadLetters()
{
    Actorio::ActorSystem system; // the actors of this test alone
    auto counter = system.spawn<WordCounter>();
    counter.tell(Count{u"to be"_s});
    counter.drain(); // after what is queued now
    counter.terminated().waitForFinished();
    QVERIFY(system.shutdown(5s));
    QCOMPARE(system.deadLetterCount(), 0u);
}
//! [dead letters]

//! [main thread]
void tst_WordCounter::countsInTheMainThread()
{
    Actorio::Scoped<WordCounter> counter({.on = Actorio::mainThread()});
    QFuture<int> words = counter.ask(Count{u"to be"_s}, 5s);
    QTRY_VERIFY(words.isFinished()); // runs the event loop
    QCOMPARE(words.result(), 2);
}
//! [main thread]

//! [main]
QTEST_GUILESS_MAIN(tst_WordCounter)
#include "tst_testing.moc"
//! [main]
