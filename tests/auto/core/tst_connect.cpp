// SPDX-License-Identifier: MIT
// Actorio::connect(): a signal of an object becomes a message. Policies are in tst_connect_policies, signals of actors in tst_connect_actor.
#include "host.h"

#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <memory>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

namespace {

struct Start
{
};

} // namespace

class Emitter : public QObject
{
    Q_OBJECT

public:
    bool isHeard() const { return isSignalConnected(QMetaMethod::fromSignal(&Emitter::number)); }

Q_SIGNALS:
    void nothing();
    void number(int value);
    void pair(int number, QString text);
    void overloaded(int number);
    void overloaded(const QString &text);
};

// Notes what it is told.
class Taker : public Host
{
    Q_OBJECT

public:
    explicit Taker(Journal *journal, Do setUp = {})
        : Host(std::move(setUp)), m_journal(*journal) { }
    using Host::receive;

public Q_SLOTS:
    void receive(int number) { m_journal.note(QString::number(number)); }
    void receive(const QString &text) { m_journal.note(text); }
    void receive(const Start &)
    {
        m_journal.note(currentSender() ? u"from somebody"_s : u"start"_s);
    }
    QStringList receive(bool) { return m_journal.entries(); }

private:
    Journal &m_journal;
};

class tst_Connect : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    // What becomes a message
    void whatAFunctionMakes();
    void theArgument();
    void overloadedAndPrivateSignals();
    void toReferencesOfAnyKind();
    void theUntypedPath();
    void itsOwnSenderIsAnotherThread();

    // When
    void precedesLaterTells();
    void neverWhileBusy();

    // Ends
    void disconnect();
    void endsWithTheSender();
    void endsWithTheActor();
    void nullEnds();
    void beforeTheActorIsBuilt();
    void nothingIsLeft();
};

void tst_Connect::whatAFunctionMakes()
{
    Journal journal;
    Emitter emitter;
    Scoped<Taker> taker(&journal);
    Actorio::connect(&emitter, &Emitter::nothing, taker, [] { return Start(); });
    Actorio::connect(&emitter, &Emitter::pair, taker, [](int number, const QString &text) {
        return QString(text + QString::number(number));
    });
    Actorio::connect(&emitter, &Emitter::pair, taker, [](int number) { return 2 * number; });
    Actorio::connect(&emitter, &Emitter::pair, taker, [] { return QString(u"pair"_s); });
    Actorio::connect(&emitter, &Emitter::pair, taker, [n = 0](int) mutable { return ++n; });
    Q_EMIT emitter.nothing();
    Q_EMIT emitter.pair(7, u"text"_s);
    Q_EMIT emitter.pair(8, u""_s);
    QCOMPARE(taker.ask(true).result(),
             QStringList({u"start"_s, u"text7"_s, u"14"_s, u"pair"_s, u"1"_s, u"8"_s, u"16"_s,
                          u"pair"_s, u"2"_s}));
}

void tst_Connect::theArgument()
{
    Journal journal;
    Emitter emitter;
    Scoped<Taker> taker(&journal);
    Actorio::connect(&emitter, &Emitter::number, taker);
    Actorio::connect(&emitter, &Emitter::pair, taker); // the first
    Q_EMIT emitter.number(1);
    Q_EMIT emitter.pair(2, u"two"_s);
    QCOMPARE(taker.ask(true).result(), QStringList({u"1"_s, u"2"_s}));
}

void tst_Connect::overloadedAndPrivateSignals()
{
    Journal journal;
    Emitter emitter;
    QTimer timer;
    Scoped<Taker> taker(&journal);
    Actorio::connect(&emitter, qOverload<const QString &>(&Emitter::overloaded), taker);
    Actorio::connect(&emitter, &QObject::objectNameChanged, taker);
    Actorio::connect(&timer, &QTimer::timeout, taker, [] { return 1; });
    Q_EMIT emitter.overloaded(5);
    Q_EMIT emitter.overloaded(u"text"_s);
    emitter.setObjectName(u"name"_s);
    timer.setSingleShot(true);
    timer.start(0);
    QTRY_COMPARE(journal.entries(), QStringList({u"text"_s, u"name"_s, u"1"_s}));
}

void tst_Connect::toReferencesOfAnyKind()
{
    Journal journal;
    Emitter emitter;
    Inbox inbox;
    Scoped<Taker> taker(&journal);
    const ActorRef<Taker> ref = taker;
    const ActorRef<> any = taker;
    QVERIFY(Actorio::connect(&emitter, &Emitter::number, taker).isActive());
    QVERIFY(Actorio::connect(&emitter, &Emitter::number, ref).isActive());
    QVERIFY(Actorio::connect(&emitter, &Emitter::number, any).isActive());
    QVERIFY(Actorio::connect(&emitter, &Emitter::number, inbox.ref()).isActive());
    Actorio::connect(&emitter, &Emitter::number, inbox.ref(),
                     [](int number) { return QString::number(number); });
    Q_EMIT emitter.number(1);
    QCOMPARE(taker.ask(true).result(), QStringList({u"1"_s, u"1"_s, u"1"_s}));
    QCOMPARE(inbox.waitFor<int>(0ms), 1);
    QCOMPARE(inbox.waitFor<QString>(0ms), u"1"_s);
    QCOMPARE(inbox.count(), 0);
}

void tst_Connect::theUntypedPath()
{
    Emitter emitter;
    Journal journal;
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"no receive slot for double"_s));
    Scoped<Taker> taker(&journal);
    Actorio::connect(
            &emitter, &Emitter::number, ActorRef<>(taker), [](int) { return 1.5; },
            Actorio::latestOnly());
    Q_EMIT emitter.number(1);
    QVERIFY(waitForEnd(taker.terminated()).isFailure());
}

void tst_Connect::itsOwnSenderIsAnotherThread()
{
    constexpr int Count = 5'000;
    Emitter emitters[2];
    std::vector<int> last(2, -1);
    std::atomic<int> handled{0};
    std::atomic<bool> isWrong{false};
    struct Numbered
    {
        std::size_t sender;
        int number;
    };
    class Checker : public Host
    {
    public:
        explicit Checker(std::function<void(const Numbered &)> check)
            : m_check(std::move(check)) { }
        using Host::receive;
        void receive(const Numbered &numbered) { m_check(numbered); }

    private:
        const std::function<void(const Numbered &)> m_check;
    };
    Scoped<Checker> checker([&](const Numbered &numbered) {
        if (numbered.number != ++last[numbered.sender])
            isWrong = true;
        ++handled;
    });
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 2; ++i) {
        Actorio::connect(&emitters[i], &Emitter::number, checker, [i](int number) {
            return Numbered{i, number};
        });
        threads.emplace_back([&emitter = emitters[i]] {
            for (int n = 0; n < Count; ++n)
                Q_EMIT emitter.number(n);
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QTRY_COMPARE(handled.load(), 2 * Count);
    QVERIFY(!isWrong);
}

void tst_Connect::precedesLaterTells()
{
    Journal journal;
    Emitter emitter;
    Scoped<Taker> taker(&journal);
    Actorio::connect(&emitter, &Emitter::number, taker);
    QStringList expected;
    for (int i = 0; i < 1'000; ++i) {
        taker.tell(u"tell"_s);
        Q_EMIT emitter.number(i);
        expected << u"tell"_s << QString::number(i);
    }
    QCOMPARE(taker.ask(true).result(), expected);
}

void tst_Connect::neverWhileBusy()
{
    Journal journal;
    Emitter emitter;
    QPromise<int> promise;
    promise.start();
    ActorSystem system({.threads = 1});
    Scoped other(system.spawn<Host>());
    Scoped taker(system.spawn<Taker>(&journal));
    Actorio::connect(&emitter, &Emitter::number, taker);
    Actorio::connect(&emitter, &Emitter::number, taker, Actorio::latestOnly());
    Ask<int> ask = taker.ask(Await{[&](Host &) -> QFuture<int> {
        journal.note(u"begins"_s);
        co_await promise.future();
        Q_EMIT emitter.number(2); // by the actor itself
        journal.note(u"ends"_s);
        co_return 1;
    }});
    QTRY_COMPARE(journal.entries().size(), 1);
    Q_EMIT emitter.number(1);
    settle(other);
    QCOMPARE(journal.entries().size(), 1);
    promise.addResult(1);
    promise.finish();
    QCOMPARE(ask.result(), 1);
    QCOMPARE(taker.ask(true).result(),
             QStringList({u"begins"_s, u"ends"_s, u"1"_s, u"2"_s, u"2"_s}));
}

void tst_Connect::disconnect()
{
    Journal journal;
    Emitter emitter;
    Scoped<Taker> taker({.on = dedicatedThread()}, &journal);
    Connection connection = Actorio::connect(&emitter, &Emitter::number, taker);
    Connection latest = Actorio::connect(
            &emitter, &Emitter::number, taker, [](int number) { return QString::number(number); },
            Actorio::latestOnly());
    const Connection copy = connection;
    QVERIFY(connection.isActive() && latest.isActive() && emitter.isHeard());
    {
        Gate gate;
        taker.tell(gate.pass());
        QVERIFY(gate.isReached());
        Q_EMIT emitter.number(1); // arrives nevertheless
        connection.disconnect();
        latest.disconnect();
        connection.disconnect();
        QVERIFY(!connection.isActive() && !latest.isActive() && !copy.isActive());
        QVERIFY(!emitter.isHeard());
        Q_EMIT emitter.number(2);
    }
    QCOMPARE(taker.ask(true).result(), QStringList({u"1"_s, u"1"_s}));
    Connection none;
    none.disconnect();
    QVERIFY(!none.isActive());
}

void tst_Connect::endsWithTheSender()
{
    Journal journal;
    auto emitter = std::make_unique<Emitter>();
    Scoped<Taker> taker(&journal);
    Connection connection = Actorio::connect(emitter.get(), &Emitter::number, taker);
    Q_EMIT emitter->number(1);
    emitter.reset();
    QVERIFY(!connection.isActive());
    connection.disconnect();
    QCOMPARE(taker.ask(true).result(), QStringList({u"1"_s}));
}

void tst_Connect::endsWithTheActor()
{
    Journal journal;
    Emitter emitter;
    Scoped<Taker> taker(&journal);
    const Connection connection = Actorio::connect(&emitter, &Emitter::number, taker);
    const quint64 before = ActorSystem::instance().deadLetterCount();
    taker.stop();
    QVERIFY(!connection.isActive());
    Q_EMIT emitter.number(1);
    QVERIFY(!emitter.isHeard()); // the first that is refused is the last
    QCOMPARE(ActorSystem::instance().deadLetterCount(), before);
    QVERIFY(!Actorio::connect(&emitter, &Emitter::number, taker).isActive());

    auto inbox = std::make_unique<Inbox>();
    const Connection toInbox = Actorio::connect(&emitter, &Emitter::number, inbox->ref());
    QVERIFY(toInbox.isActive());
    inbox.reset();
    QVERIFY(!toInbox.isActive());
    Q_EMIT emitter.number(1);
    QVERIFY(!emitter.isHeard());
}

void tst_Connect::nullEnds()
{
    Emitter emitter;
    Inbox inbox;
    const Emitter *const none = nullptr;
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"Actorio::connect.*sender is null"_s));
    QVERIFY(!Actorio::connect(none, &Emitter::number, inbox.ref()).isActive());
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"Actorio::connect.*receiver is null"_s));
    Connection connection = Actorio::connect(&emitter, &Emitter::number, ActorRef<Taker>());
    QVERIFY(!connection.isActive());
    connection.disconnect();
    QVERIFY(!emitter.isHeard());
}

void tst_Connect::beforeTheActorIsBuilt()
{
    Journal journal;
    Emitter emitter;
    Scoped<Taker> taker({.on = mainThread()}, &journal);
    Actorio::connect(&emitter, &Emitter::number, taker);
    Q_EMIT emitter.number(1); // it will be when the event loop runs
    QTRY_COMPARE(journal.entries(), QStringList({u"1"_s}));
}

// What the function holds goes with the connection, whichever end goes.
void tst_Connect::nothingIsLeft()
{
    Journal journal;
    for (const int way : {0, 1, 2}) {
        auto held = std::make_shared<int>(way);
        const std::weak_ptr function(held);
        auto emitter = std::make_unique<Emitter>();
        Scoped<Taker> taker(&journal);
        Connection connection = Actorio::connect(emitter.get(), &Emitter::number, taker,
                                                 [held](int number) { return number + *held; });
        held.reset();
        QVERIFY(!function.expired());
        if (way == 0) {
            connection.disconnect();
        } else if (way == 1) {
            emitter.reset();
        } else {
            taker.stop();
            Q_EMIT emitter->number(1);
        }
        QVERIFY(function.expired());
    }
}

QTEST_GUILESS_MAIN(tst_Connect)
#include "tst_connect.moc"
