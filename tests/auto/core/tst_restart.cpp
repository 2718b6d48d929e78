// SPDX-License-Identifier: MIT
// restart(): an actor that fails becomes another object behind the same reference.
#include "actor/actorcell_p.h"
#include "phoenix.h"
#include "system.h"

#include <QtTest/QTest>

#include <memory>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

class tst_Restart : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        m_lives = std::make_unique<Lives>();
    }

    void behindTheSameReference_data() { addPlaces(); }
    void behindTheSameReference();
    void whatever_fails_data();
    void whatever_fails();
    void theInboxIsKept_data() { addPlaces(); }
    void theInboxIsKept();
    void theAskThatFailedItGetsTheException_data() { addPlaces(); }
    void theAskThatFailedItGetsTheException();
    void aFailingSetUpIsNotTornDown();
    void aFailingConstructor();
    void aFailingTearDown();
    void childrenStopFirst_data() { addPlaces(); }
    void childrenStopFirst();
    void endsOfFormerChildrenAreNotHeard();
    void formerChildrenThatCouldNotBeMade();
    void nobodyIsTold();
    void whatItWatchedIsForgotten();
    void argumentsAreCopied();
    void ownersKeepIt();
    void itsNameStaysTaken();
    void stopsWhileItsChildrenStop_data();
    void stopsWhileItsChildrenStop();
    void aStopInTheFailingHandler();
    void drainsOn();
    void whatCannotBeRestarted_data();
    void whatCannotBeRestarted();

private:
    static void expectRestart()
    {
        QTest::ignoreMessage(QtWarningMsg,
                             QRegularExpression(u"has failed, and is restarted.*boom"_s));
    }
    static SpawnOptions options(Placement place = pool())
    {
        return {.on = place, .name = u"phoenix"_s, .supervision = restart({.limit = 3})};
    }
    QStringList journal() const { return m_lives->journal.entries(); }

    std::unique_ptr<Lives> m_lives;
};

#define FETCH_PLACE()                                \
    QFETCH(const std::function<Placement()>, place); \
    expectRestart()

void tst_Restart::behindTheSameReference()
{
    FETCH_PLACE();
    QThread *before = nullptr;
    {
        Scoped<Phoenix> phoenix(options(place()), m_lives.get());
        const auto where = phoenix.ask(Where{}).future();
        QVERIFY(waitForFinished(where));
        before = where.result();
        const quint64 id = phoenix.id();
        phoenix.tell(boom);
        const auto reply = phoenix.ask(u"hello"_s).future();
        QVERIFY(waitForFinished(reply));
        QCOMPARE(reply.result(), u"2"_s);
        QVERIFY(phoenix.isRunning());
        QCOMPARE(phoenix.id(), id);
        const auto whereNow = phoenix.ask(Where{}).future();
        QVERIFY(waitForFinished(whereNow));
        QCOMPARE(whereNow.result(), before);
        QCOMPARE(phoenix.stop().kind(), StopReason::Stopped);
    }
    QCOMPARE(journal(),
             QStringList({u"1 tearDown boom"_s, u"1 deleted"_s, u"2 hello"_s,
                          u"2 tearDown stopped"_s, u"2 deleted"_s}));
    QCOMPARE(m_lives->built, 2);
    QCOMPARE(m_lives->deleted, 2);
}

void tst_Restart::whatever_fails_data()
{
    QTest::addColumn<Do>("work");
    QTest::newRow("a handler") << boom;
    QTest::newRow("a coroutine") << Do([](Phoenix &phoenix) {
        refTo(&phoenix).tell(Await([](Host &) -> QFuture<int> {
            co_await 1ms;
            throw std::runtime_error("boom");
        }));
    });
    QTest::newRow("a timer's handler") << Do([](Phoenix &phoenix) {
        phoenix.addTimer(once(1ms), [] { throw std::runtime_error("boom"); });
    });
    QTest::newRow("an input's handler") << Do([](Phoenix &phoenix) {
        phoenix.addInput(QtFuture::makeReadyFuture(1),
                         [](int) { throw std::runtime_error("boom"); });
    });
    QTest::newRow("a future that fails") << Do([](Phoenix &phoenix) {
        phoenix.busyUntil(QtFuture::makeExceptionalFuture<void>(
                std::make_exception_ptr(std::runtime_error("boom"))));
    });
    QTest::newRow("what is no std::exception") << Do([](Phoenix &) { throw 7; });
}

void tst_Restart::whatever_fails()
{
    QFETCH(const Do, work);
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u"phoenix has failed, and is restarted"_s));
    Scoped<Phoenix> phoenix(options(), m_lives.get());
    phoenix.tell(work);
    QTRY_COMPARE(m_lives->built, 2);
    QCOMPARE(phoenix.ask(u"hello"_s).result(), u"2"_s);
    QCOMPARE(phoenix.stop().kind(), StopReason::Stopped);
}

void tst_Restart::theInboxIsKept()
{
    FETCH_PLACE();
    const Do failAgain = [](Phoenix &phoenix) {
        phoenix.note(u"fails"_s);
        throw std::runtime_error("boom");
    };
    Scoped<Phoenix> phoenix(options(place()), m_lives.get());
    phoenix.tell(u"a"_s);
    phoenix.tell(failAgain);
    for (const QString &text : {u"b"_s, u"c"_s, u"d"_s})
        phoenix.tell(text);
    const auto last = phoenix.ask(u"e"_s).future();
    QVERIFY(waitForFinished(last));
    QCOMPARE(last.result(), u"2"_s);
    QCOMPARE(journal(),
             QStringList({u"1 a"_s, u"1 fails"_s, u"1 tearDown boom"_s, u"1 deleted"_s, u"2 b"_s,
                          u"2 c"_s, u"2 d"_s, u"2 e"_s}));
}

void tst_Restart::theAskThatFailedItGetsTheException()
{
    FETCH_PLACE();
    Scoped<Phoenix> phoenix(options(place()), m_lives.get());
    auto failed = phoenix.ask(boom).future();
    const auto queued = phoenix.ask(u"queued"_s).future();
    QVERIFY(waitForFinished(failed));
    QCOMPARE(errorOf<std::runtime_error>([&] { failed.waitForFinished(); }), u"boom"_s);
    QVERIFY(waitForFinished(queued));
    QCOMPARE(queued.result(), u"2"_s);
}

void tst_Restart::aFailingSetUpIsNotTornDown()
{
    expectRestart();
    Scoped<Phoenix> phoenix(options(), m_lives.get(), Do([](Phoenix &self) {
                                self.note(u"setUp"_s);
                                if (self.number() == 1)
                                    throw std::runtime_error("boom");
                            }));
    QCOMPARE(phoenix.ask(u"hello"_s).result(), u"2"_s);
    QCOMPARE(journal(), QStringList({u"1 setUp"_s, u"1 deleted"_s, u"2 setUp"_s, u"2 hello"_s}));
}

// Its constructor fails until it is the third.
class Premature : public Phoenix
{
    Q_OBJECT
public:
    explicit Premature(Lives *lives) : Phoenix(lives)
    {
        addTimer(once(0ms), [this] { note(u"timer"_s); });
        if (number() < 3) {
            spawn<Host>({.name = u"child"_s});
            throw std::runtime_error("boom");
        }
    }
};

void tst_Restart::aFailingConstructor()
{
    Lives &lives = *m_lives;
    for (int i = 0; i < 2; ++i)
        QTest::ignoreMessage(
                QtWarningMsg,
                QRegularExpression(
                        u"phoenix has failed, and is restarted.*could not be made.*boom"_s));
    Scoped<Premature> phoenix(options(), &lives);
    QCOMPARE(phoenix.ask(u"hello"_s).result(), u"3"_s);
    QTRY_VERIFY(!journal().filter(u"timer"_s).isEmpty());
    QCOMPARE(journal().filter(u"timer"_s).size(), 1); // not of those that came to nothing
    QCOMPARE(phoenix.stop().kind(), StopReason::Stopped);
    QCOMPARE(lives.built, lives.deleted);
}

void tst_Restart::aFailingTearDown()
{
    expectRestart();
    QTest::ignoreMessage(
            QtWarningMsg,
            QRegularExpression(u"tearDown\\(\\) of /phoenix has failed, too: worse"_s));
    Scoped<Phoenix> phoenix(options(), m_lives.get(), Do(), Do([](Phoenix &self) {
                                if (self.number() == 1)
                                    throw std::runtime_error("worse");
                            }));
    phoenix.tell(boom);
    QCOMPARE(phoenix.ask(u"hello"_s).result(), u"2"_s);
}

void tst_Restart::childrenStopFirst()
{
    FETCH_PLACE();
    Lives &lives = *m_lives;
    Journal ends;
    const Do noteEnd = [&ends](Phoenix &child) { ends.note(child.self().name()); };
    Scoped<Phoenix> phoenix(options(place()), &lives, Do([&, place](Phoenix &self) {
                                ends.note(u"setUp"_s);
                                for (const QString &name : {u"a"_s, u"b"_s, u"c"_s})
                                    self.spawn<Phoenix>({.on = place(), .name = name}, &lives, Do(),
                                                        noteEnd);
                            }),
                            Do([&](Host &) { ends.note(u"tearDown"_s); }));
    const auto hello = phoenix.ask(u"hello"_s).future();
    QVERIFY(waitForFinished(hello));
    QTRY_COMPARE(lives.built, 4); // who has not begun when it is told to stop never does
    phoenix.tell(boom);
    const auto again = phoenix.ask(u"again"_s).future();
    QVERIFY(waitForFinished(again));
    QCOMPARE(ends.entries(),
             QStringList({u"setUp"_s, u"c"_s, u"b"_s, u"a"_s, u"tearDown"_s, u"setUp"_s}));
    QCOMPARE(journal().filter(u"childStopped"_s), QStringList());
    QTRY_COMPARE(lives.built, 8);
    QCOMPARE(phoenix.stop().kind(), StopReason::Stopped);
    QCOMPARE(lives.deleted, 8);
}

// They are in its inbox when it fails.
void tst_Restart::endsOfFormerChildrenAreNotHeard()
{
    expectRestart();
    Scoped<Phoenix> phoenix(options(), m_lives.get());
    Gate gate;
    ActorRef<Host> child;
    run(phoenix, [&](Host &host) {
        child = host.spawn<Host>({.on = dedicatedThread(), .name = u"child"_s});
    });
    phoenix.tell(gate.pass());
    phoenix.tell(boom);
    phoenix.tell(u"before"_s);
    QVERIFY(gate.isReached());
    const auto gone = child.terminated();
    child.stop();
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
    QTest::qWait(10);
    gate.open();
    QCOMPARE(phoenix.ask(u"hello"_s).result(), u"2"_s);
    QCOMPARE(journal().filter(u"childStopped"_s), QStringList());
    // Those of its own are.
    run(phoenix, [&](Host &host) { child = host.spawn<Host>({.name = u"child"_s}); });
    child.stop();
    QTRY_COMPARE(journal().filter(u"childStopped"_s), QStringList{u"2 childStopped child"_s});
}

void tst_Restart::formerChildrenThatCouldNotBeMade()
{
    expectRestart();
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"could not be spawned.*sibling"_s));
    Scoped<Phoenix> phoenix(options(), m_lives.get());
    phoenix.tell(Do([](Host &host) {
        host.spawn<Host>({.name = u"child"_s});
        host.spawn<Host>({.name = u"child"_s});
        throw std::runtime_error("boom");
    }));
    QCOMPARE(phoenix.ask(u"hello"_s).result(), u"2"_s);
    QCOMPARE(phoenix.ask(u"again"_s).result(), u"2"_s);
    QCOMPARE(journal().filter(u"childStopped"_s), QStringList());
}

void tst_Restart::nobodyIsTold()
{
    expectRestart();
    Lives outer;
    Scoped<Phoenix> parent({.name = u"parent"_s}, &outer);
    ActorRef<Phoenix> phoenix;
    run(parent, [&](Phoenix &self) {
        phoenix = self.spawn<Phoenix>(options(), m_lives.get());
        self.watch(phoenix);
    });
    const auto gone = phoenix.terminated();
    phoenix.tell(boom);
    QCOMPARE(phoenix.ask(u"hello"_s).result(), u"2"_s);
    settle(ActorRef<Phoenix>(parent));
    QVERIFY(!gone.isFinished());
    QCOMPARE(outer.journal.entries(), QStringList());
    // They have not been forgotten.
    phoenix.stop();
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
    QTRY_COMPARE(outer.journal.entries(),
                 QStringList({u"1 childStopped phoenix"_s, u"1 Terminated"_s}));
}

void tst_Restart::whatItWatchedIsForgotten()
{
    expectRestart();
    Scoped<Host> other;
    Scoped<Phoenix> phoenix(options(), m_lives.get());
    run(phoenix, [&](Phoenix &self) { self.watch(other); });
    phoenix.tell(boom);
    QCOMPARE(phoenix.ask(u"hello"_s).result(), u"2"_s);
    QCOMPARE(other.stop().kind(), StopReason::Stopped);
    settle(ActorRef<Phoenix>(phoenix));
    QCOMPARE(journal().filter(u"Terminated"_s), QStringList());
}

// Takes its argument away.
class Greedy : public Host
{
    Q_OBJECT
public:
    explicit Greedy(QStringList words, Journal *journal) : m_words(std::move(words))
    {
        journal->note(m_words.join(u' '));
    }

private:
    const QStringList m_words;
};

void tst_Restart::argumentsAreCopied()
{
    expectRestart();
    Journal words;
    Scoped<Greedy> greedy(options(), QStringList({u"one"_s, u"two"_s}), &words);
    greedy.tell(boom);
    QTRY_COMPARE(words.entries(), QStringList({u"one two"_s, u"one two"_s}));
}

void tst_Restart::ownersKeepIt()
{
    expectRestart();
    auto owner = std::make_unique<QObject>();
    SpawnOptions mine = options(mainThread());
    mine.owner = owner.get();
    const auto phoenix = spawn<Phoenix>(mine, m_lives.get());
    phoenix.tell(boom);
    const auto hello = phoenix.ask(u"hello"_s).future();
    QVERIFY(waitForFinished(hello));
    QCOMPARE(hello.result(), u"2"_s);
    const auto seated = owner->findChild<Phoenix *>();
    QVERIFY(seated);
    QCOMPARE(seated->number(), 2);
    const auto gone = phoenix.terminated();
    owner.reset();
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
    QCOMPARE(m_lives->deleted, 2);
}

void tst_Restart::itsNameStaysTaken()
{
    expectRestart();
    Scoped<Host> parent({.name = u"parent"_s});
    ActorRef<Phoenix> phoenix;
    run(parent, [&](Host &host) { phoenix = host.spawn<Phoenix>(options(), m_lives.get()); });
    phoenix.tell(boom);
    QCOMPARE(phoenix.ask(u"hello"_s).result(), u"2"_s);
    QCOMPARE(phoenix.path(), u"/parent/phoenix"_s);
    run(parent, [](Host &host) { QCOMPARE(host.childActors().size(), 1); });
}

void tst_Restart::stopsWhileItsChildrenStop_data()
{
    QTest::addColumn<std::function<void(const ActorRef<> &)>>("end");
    QTest::addColumn<StopReason::Kind>("expected");
    using End = std::function<void(const ActorRef<> &)>;
    QTest::newRow("stop") << End([](const ActorRef<> &ref) { ref.stop(); }) << StopReason::Stopped;
    QTest::newRow("kill") << End([](const ActorRef<> &ref) { ref.kill(); }) << StopReason::Killed;
    QTest::newRow("drain") << End([](const ActorRef<> &ref) { ref.drain(); })
                           << StopReason::Stopped;
}

void tst_Restart::stopsWhileItsChildrenStop()
{
    QFETCH(const std::function<void(const ActorRef<> &)>, end);
    QFETCH(const StopReason::Kind, expected);
    const bool isDrained = QTest::currentDataTag() == QByteArray("drain");
    expectRestart();
    Lives children;
    ActorSystem system;
    Letters letters(system);
    const auto phoenix = system.spawn<Phoenix>(options(), m_lives.get());
    Gate gate;
    ActorRef<> child;
    run(phoenix, [&](Host &host) {
        const auto spawned = host.spawn<Phoenix>({.on = dedicatedThread()}, &children);
        spawned.tell(gate.pass());
        child = spawned;
    });
    QVERIFY(gate.isReached());
    phoenix.tell(boom);
    QTRY_VERIFY(Detail::ActorCell::of(child.address().get())->isStopping());
    phoenix.tell(u"queued"_s);
    const auto asked = phoenix.ask(u"asked"_s).future();
    const auto gone = phoenix.terminated();
    end(phoenix);
    QVERIFY(!gone.isFinished());
    gate.open();
    QCOMPARE(waitForEnd(gone).kind(), expected);
    QVERIFY(waitForFinished(asked));
    if (isDrained) {
        QCOMPARE(asked.result(), u"2"_s);
        QCOMPARE(m_lives->built, 2);
        QCOMPARE(system.deadLetterCount(), 0u);
    } else {
        QVERIFY(fails<ActorStopped>([future = asked]() mutable { future.waitForFinished(); }));
        QCOMPARE(m_lives->built, 1);
        QCOMPARE(letters.count(DeadLetter::ActorStopped), 1);
        QCOMPARE(journal(), QStringList({u"1 tearDown boom"_s, u"1 deleted"_s}));
    }
    QCOMPARE(m_lives->deleted, m_lives->built);
}

void tst_Restart::aStopInTheFailingHandler()
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"phoenix.*boom"_s));
    const auto phoenix = spawn<Phoenix>(options(), m_lives.get());
    const auto gone = phoenix.terminated();
    phoenix.tell(Do([](Host &host) {
        host.stop();
        throw std::runtime_error("boom");
    }));
    const StopReason reason = waitForEnd(gone);
    QVERIFY(reason.isFailure());
    QCOMPARE(reason.message(), u"boom"_s);
    QCOMPARE(m_lives->built, 1);
}

// What it has accepted it handles.
void tst_Restart::drainsOn()
{
    expectRestart();
    const auto phoenix = spawn<Phoenix>(options(), m_lives.get());
    Gate gate;
    phoenix.tell(gate.pass());
    phoenix.tell(boom);
    phoenix.tell(u"last"_s);
    QVERIFY(gate.isReached());
    const auto gone = phoenix.terminated();
    phoenix.drain();
    gate.open();
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
    QCOMPARE(journal().filter(u"last"_s), QStringList{u"2 last"_s});
}

// Copies only by the word of its container.
class Unique : public Host
{
    Q_OBJECT
public:
    explicit Unique(std::unique_ptr<int>) { }
    explicit Unique(std::vector<std::unique_ptr<int>>) { }
};

void tst_Restart::whatCannotBeRestarted_data()
{
    QTest::addColumn<std::function<ActorRef<>()>>("spawned");
    QTest::addColumn<QString>("expected");
    using Spawn = std::function<ActorRef<>()>;
    QTest::newRow("an argument that does not copy")
            << Spawn([] { return ActorRef<>(spawn<Unique>(options(), std::make_unique<int>(1))); })
            << u"arguments of its constructor cannot be copied"_s;
    QTest::newRow("a list of such") << Spawn([] {
        return ActorRef<>(spawn<Unique>(options(), std::vector<std::unique_ptr<int>>()));
    }) << u"arguments of its constructor cannot be copied"_s;
    QTest::newRow("a function that may choose it") << Spawn([] {
        const auto choose = [](std::exception_ptr) { return restart(); };
        return ActorRef<>(spawn<Unique>({.supervision = choose}, std::make_unique<int>(1)));
    }) << u"arguments of its constructor cannot be copied"_s;
    QTest::newRow("one that is made already") << Spawn([] {
        class Maker : public Host
        {
        public:
            ActorRef<> start() { return registerChild(std::make_unique<Host>(), options()); }
        };
        return ActorRef<>(Maker().start());
    }) << u"made already"_s;
}

void tst_Restart::whatCannotBeRestarted()
{
    QFETCH(const std::function<ActorRef<>()>, spawned);
    QFETCH(const QString, expected);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(expected));
    const StopReason reason = waitForEnd(spawned().terminated());
    QVERIFY(reason.isFailure());
    QVERIFY(fails<SpawnFailed>([&] { std::rethrow_exception(reason.exception()); }));
    QVERIFY2(reason.message().contains(expected), qPrintable(reason.message()));
}

QTEST_GUILESS_MAIN(tst_Restart)
#include "tst_restart.moc"
