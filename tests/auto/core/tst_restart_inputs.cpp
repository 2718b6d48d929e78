// SPDX-License-Identifier: MIT
// restart(): what of the former object ends with it, and what holds.
#include "listening.h"
#include "phoenix.h"
#include "stage.h"

#include <QtTest/QSignalSpy>
#include <QtTest/QTest>

#include <memory>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio;

class Button : public QObject
{
    Q_OBJECT
Q_SIGNALS:
    void clicked(const QString &text);
};

class tst_RestartInputs : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression(u".*"_s));
        QTest::ignoreMessage(QtWarningMsg,
                             QRegularExpression(u"has failed, and is restarted.*boom"_s));
        m_lives = std::make_unique<Lives>();
    }

    void itsInputsAreGone();
    void anInputThatIsReady();
    void itsTimersAreGone();
    void aTickInTheInboxIsStale();
    void anInputMadeBySetUpComesBack();
    void lateReplies();
    void itsCoroutinesAreGone();
    void itsPromisesAreBroken();
    void itsDelegatesAnswer();
    void connectionsToItHold_data() { addPlaces(); }
    void connectionsToItHold();
    void connectionsFromItHold_data() { addPlaces(); }
    void connectionsFromItHold();
    void connectionsToActorsHold();
    void connectedWhileItRestarts();

private:
    static SpawnOptions options(Placement place = pool())
    {
        return {.on = place, .name = u"phoenix"_s, .supervision = restart()};
    }
    // It fails, and is another then.
    static void fail(const ActorRef<Phoenix> &phoenix)
    {
        phoenix.tell(boom);
        const auto hello = phoenix.ask(u"hello"_s).future();
        QVERIFY(waitForFinished(hello));
        QCOMPARE(hello.result(), u"2"_s);
    }
    QStringList noted(const QString &what) const { return m_lives->journal.entries().filter(what); }

    std::unique_ptr<Lives> m_lives;
};

void tst_RestartInputs::itsInputsAreGone()
{
    Awaited<int> awaited;
    Button button;
    Scoped<Phoenix> phoenix(options(mainThread()), m_lives.get());
    Input future;
    Input signal;
    run(phoenix, [&](Phoenix &self) {
        future = self.addInput(awaited.future, [&self](int) { self.note(u"future"_s); });
        signal = self.addInput(&button, &Button::clicked, [&self] { self.note(u"signal"_s); });
    });
    QVERIFY(future.isActive());
    fail(phoenix);
    QVERIFY(!future.isActive());
    QVERIFY(!signal.isActive());
    awaited.finish(1);
    Q_EMIT button.clicked(u"too late"_s);
    settle(ActorRef<Phoenix>(phoenix));
    QCOMPARE(noted(u"future"_s), QStringList());
    QCOMPARE(noted(u"signal"_s), QStringList());
}

void tst_RestartInputs::anInputThatIsReady()
{
    Scoped<Phoenix> phoenix(options(), m_lives.get());
    phoenix.tell(Do([](Phoenix &self) {
        self.addInput(QtFuture::makeReadyFuture(1), [&self](int) { self.note(u"input"_s); });
        throw std::runtime_error("boom");
    }));
    QCOMPARE(phoenix.ask(u"hello"_s).result(), u"2"_s);
    settle(ActorRef<Phoenix>(phoenix));
    QCOMPARE(noted(u"input"_s), QStringList());
}

void tst_RestartInputs::itsTimersAreGone()
{
    Stage stage;
    const auto phoenix = stage.system.spawn<Phoenix>(options(), m_lives.get());
    run(phoenix, [](Phoenix &self) {
        self.addTimer(1s, [&self] { self.note(u"tick"_s); });
        self.addTimer(1s, refTo(&self), u"message"_s);
    });
    stage.clock->advance(1s);
    settle(phoenix);
    QTRY_COMPARE(noted(u"tick"_s), QStringList{u"1 tick"_s});
    QTRY_COMPARE(noted(u"message"_s), QStringList{u"1 message"_s});
    fail(phoenix);
    stage.clock->advance(10s);
    settle(phoenix);
    QCOMPARE(noted(u"tick"_s).size(), 1);
    QCOMPARE(noted(u"message"_s).size(), 1);
}

// The timer tells its message while the actor is busy with what it will fail with.
void tst_RestartInputs::aTickInTheInboxIsStale()
{
    Stage stage;
    Awaited<int> awaited;
    const auto phoenix = stage.system.spawn<Phoenix>(options(), m_lives.get());
    run(phoenix, [](Phoenix &self) { self.addTimer(1s, refTo(&self), u"tick"_s); });
    phoenix.tell(Await([future = awaited.future](Phoenix &self) -> QFuture<int> {
        self.note(u"awaits"_s);
        co_await future;
        throw std::runtime_error("boom");
    }));
    QTRY_VERIFY(!noted(u"awaits"_s).isEmpty());
    stage.clock->advance(1s);
    const auto host = stage.system.spawn<Host>();
    settle(host); // in the only thread: the timer has fired
    phoenix.tell(u"hello"_s);
    awaited.finish(1);
    QTRY_COMPARE(noted(u"hello"_s), QStringList{u"2 hello"_s});
    QCOMPARE(noted(u"tick"_s), QStringList());
}

void tst_RestartInputs::anInputMadeBySetUpComesBack()
{
    Stage stage;
    const auto phoenix = stage.system.spawn<Phoenix>(
            options(), m_lives.get(),
            Do([](Phoenix &self) { self.addTimer(1s, [&self] { self.note(u"tick"_s); }); }));
    fail(phoenix);
    stage.clock->advance(1s);
    settle(phoenix);
    QCOMPARE(noted(u"tick"_s), QStringList{u"2 tick"_s});
}

void tst_RestartInputs::lateReplies()
{
    Gate gate;
    Scoped<Host> server({.on = dedicatedThread()});
    server.tell(gate.pass());
    QVERIFY(gate.isReached());
    Scoped<Phoenix> phoenix(options(), m_lives.get());
    ActorRef<Host> other = server;
    phoenix.tell(Do([other](Phoenix &self) {
        self.addInput(other.ask(1), [&self](int) { self.note(u"reply"_s); });
        throw std::runtime_error("boom");
    }));
    QCOMPARE(phoenix.ask(u"hello"_s).result(), u"2"_s);
    gate.open();
    QCOMPARE(server.ask(2).result(), 2);
    settle(ActorRef<Phoenix>(phoenix));
    QCOMPARE(noted(u"reply"_s), QStringList());
}

void tst_RestartInputs::itsCoroutinesAreGone()
{
    struct Frame
    {
        explicit Frame(std::atomic<int> *all) : count(*all) { ++count; }
        ~Frame() { --count; }
        std::atomic<int> &count;
    };
    static std::atomic<int> frames;
    frames = 0;
    Awaited<int> awaited;
    Scoped<Phoenix> phoenix(options(), m_lives.get());
    const QFuture<int> future = awaited.future;
    phoenix.tell(Do([future](Phoenix &self) {
        const auto background = [](Phoenix *actor, QFuture<int> wanted) -> QFuture<void> {
            const Frame frame(&frames);
            co_await wanted;
            actor->note(u"resumed"_s);
        };
        background(&self, future); // nobody waits for it
        throw std::runtime_error("boom");
    }));
    QCOMPARE(phoenix.ask(u"hello"_s).result(), u"2"_s);
    QCOMPARE(frames, 0);
    awaited.finish(1);
    settle(ActorRef<Phoenix>(phoenix));
    QCOMPARE(noted(u"resumed"_s), QStringList());
}

// Answers when it is told to, if ever.
class Promiser : public Phoenix
{
    Q_OBJECT
public:
    using Phoenix::Phoenix;
    using Phoenix::receive;
    Delegated<int> receive(double)
    {
        m_promise = replyPromise<int>();
        return {};
    }
    Delegated<int> receive(const ActorRef<Host> &other) { return delegate(other, 7); }

private:
    std::optional<ReplyPromise<int>> m_promise;
};

void tst_RestartInputs::itsPromisesAreBroken()
{
    Scoped<Promiser> promiser(options(), m_lives.get());
    auto answer = promiser.ask(1.0);
    promiser.tell(boom);
    QVERIFY(fails<BrokenPromise>([&] { answer.waitForFinished(); }));
}

void tst_RestartInputs::itsDelegatesAnswer()
{
    Gate gate;
    Scoped<Host> server({.on = dedicatedThread()});
    server.tell(gate.pass());
    Scoped<Promiser> promiser(options(), m_lives.get());
    auto answer = promiser.ask(ActorRef<Host>(server));
    promiser.tell(boom);
    QCOMPARE(promiser.ask(u"hello"_s).result(), u"2"_s);
    gate.open();
    QCOMPARE(answer.result(), 7);
}

void tst_RestartInputs::connectionsToItHold()
{
    QFETCH(const std::function<Placement()>, place);
    Button button;
    Scoped<Phoenix> phoenix(options(place()), m_lives.get());
    const auto connection = Actorio::connect(&button, &Button::clicked, ActorRef<Phoenix>(phoenix));
    Q_EMIT button.clicked(u"click"_s);
    QTRY_COMPARE(noted(u"click"_s), QStringList{u"1 click"_s});
    fail(phoenix);
    QVERIFY(connection.isActive());
    Q_EMIT button.clicked(u"click"_s);
    QTRY_COMPARE(noted(u"click"_s), QStringList({u"1 click"_s, u"2 click"_s}));
}

void tst_RestartInputs::connectionsFromItHold()
{
    QFETCH(const std::function<Placement()>, place);
    QList<int> heard;
    QObject receiver;
    Scoped<Phoenix> phoenix(options(place()), m_lives.get());
    auto connection = Actorio::connect(ActorRef<Phoenix>(phoenix), &Phoenix::sang, &receiver,
                                       [&](int number) { heard.append(number); });
    const Do sing = [](Phoenix &self) { Q_EMIT self.sang(self.number()); };
    phoenix.tell(sing);
    QTRY_COMPARE(heard, QList<int>{1});
    fail(phoenix);
    QVERIFY(connection.isActive());
    phoenix.tell(sing);
    QTRY_COMPARE(heard, QList<int>({1, 2}));
    connection.disconnect();
    run(phoenix, sing);
    QCoreApplication::processEvents();
    QCOMPARE(heard, QList<int>({1, 2}));
}

void tst_RestartInputs::connectionsToActorsHold()
{
    Lives others;
    Scoped<Phoenix> other({}, &others);
    Scoped<Phoenix> phoenix(options(), m_lives.get());
    Actorio::connect(ActorRef<Phoenix>(phoenix), &Phoenix::sang, ActorRef<Phoenix>(other),
                     [](int number) { return QString::number(number); });
    const Do sing = [](Phoenix &self) { Q_EMIT self.sang(self.number()); };
    run(phoenix, sing);
    fail(phoenix);
    run(phoenix, sing);
    QTRY_COMPARE(others.journal.entries(), QStringList({u"1 1"_s, u"1 2"_s}));
}

void tst_RestartInputs::connectedWhileItRestarts()
{
    QList<int> heard;
    QObject receiver;
    Gate gate;
    Scoped<Phoenix> phoenix(options(dedicatedThread()), m_lives.get(), Do(),
                            Do([door = gate.door()](Phoenix &self) {
                                if (self.number() == 1)
                                    door->pass();
                            }));
    phoenix.tell(boom);
    QVERIFY(gate.isReached()); // in tearDown()
    const auto connection = Actorio::connect(ActorRef<Phoenix>(phoenix), &Phoenix::sang, &receiver,
                                             [&](int number) { heard.append(number); });
    gate.open();
    phoenix.tell(Do([](Phoenix &self) { Q_EMIT self.sang(self.number()); }));
    QTRY_COMPARE(heard, QList<int>{2});
    QVERIFY(connection.isActive());
}

QTEST_GUILESS_MAIN(tst_RestartInputs)
#include "tst_restart_inputs.moc"
