// SPDX-License-Identifier: MIT
// Where actors live, and how they share a thread: placements, slices (promise 9), order (promise 2), wake-ups, timers.
#include "checkedhost.h"

#include <Actorio/Actorio>

#include <QtCore/QElapsedTimer>
#include <QtCore/QEventLoop>
#include <QtCore/QPromise>
#include <QtCore/QSemaphore>
#include <QtCore/QThread>
#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <algorithm>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::ActorSystem;
using Actorio::Placement;
using Actorio::StopReason;

// Says what becomes of it and of its children.
class Chronicler : public CheckedHost
{
    Q_OBJECT
public:
    Chronicler(Life *life, Journal *journal) : CheckedHost(life), m_journal(*journal) { }
    ~Chronicler() override { m_journal.note(u"deleted"_s); }

protected:
    void tearDown(const StopReason &reason) override
    {
        CheckedHost::tearDown(reason);
        m_journal.note(u"torn down"_s);
    }
    void childStopped(const Actorio::ChildStopped &event) override
    {
        m_journal.note(u"childStopped %1"_s.arg(event.child.name()));
    }

private:
    Journal &m_journal;
};

// Works for as many microseconds as its message says, and notes how long the others were kept out.
class Sink : public Actorio::Actor
{
    Q_OBJECT

public:
    Sink(int expected, std::atomic<int> *ticks, QSemaphore *done)
        : m_expected(expected), m_ticks(ticks), m_done(done)
    {
    }

public Q_SLOTS:
    void receive(int microseconds)
    {
        const auto until =
                std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds);
        while (microseconds > 0 && std::chrono::steady_clock::now() < until) { }
        if (m_lastTick != m_ticks->load()) {
            m_lastTick = m_ticks->load();
            m_slow = 0;
        }
        if (microseconds >= 1'000)
            m_longest = std::max(m_longest, ++m_slow);
        if (++m_handled == m_expected)
            m_done->release();
    }
    int receive(const QString &) { return m_longest; }

private:
    const int m_expected;
    std::atomic<int> *const m_ticks;
    QSemaphore *const m_done;
    int m_handled = 0;
    int m_lastTick = 0;
    int m_slow = 0; // handlers of a millisecond in a row, without a tick between them
    int m_longest = 0;
};

// Sends itself its own message again, until it is told that it is enough.
class Spinner : public Actorio::Actor
{
    Q_OBJECT

public:
    Spinner(std::atomic<int> *count, int limit) : m_count(count), m_limit(limit) { }

public Q_SLOTS:
    void receive(int)
    {
        if (++*m_count < m_limit)
            Actorio::refTo(this).tell(0);
    }

private:
    std::atomic<int> *const m_count;
    const int m_limit;
};

// An object that does the same with Qt's events.
class Poster : public QObject
{
    Q_OBJECT

public:
    void post() { QCoreApplication::postEvent(this, new QEvent(QEvent::User)); }
    int count = 0;

protected:
    bool event(QEvent *event) override
    {
        if (event->type() != QEvent::User)
            return QObject::event(event);
        ++count;
        post();
        return true;
    }
};

struct Numbered
{
    int sender;
    int number;
};

// Checks that each sender's numbers come in their order.
class Receiver : public Actorio::Actor
{
    Q_OBJECT

public:
    Receiver(int expected, QSemaphore *done) : m_expected(expected), m_done(done) { }

public Q_SLOTS:
    void receive(const Numbered &message)
    {
        if (message.number != m_next[message.sender]++)
            ++m_wrong;
        if (++m_handled == m_expected)
            m_done->release();
    }
    int receive(const QString &) { return m_wrong; }

private:
    const int m_expected;
    QSemaphore *const m_done;
    std::map<int, int> m_next;
    int m_wrong = 0;
    int m_handled = 0;
};

struct Start
{
    Placement on;
    int children;
    int messages;
};

// Sends its parent numbers and ends.
class Reporter : public Actorio::Actor
{
    Q_OBJECT

public:
    Reporter(int id, int messages) : m_id(id), m_messages(messages) { }

protected:
    void setUp() override
    {
        const auto parent = ActorRef<>(parentRef());
        for (int i = 0; i < m_messages; ++i)
            parent.tell(Numbered{m_id, i}, self());
        if (m_id % 3 == 0)
            throw std::runtime_error("as planned");
        if (m_id % 3 == 1)
            Actorio::refTo(this).kill();
        stop();
    }

private:
    const int m_id;
    const int m_messages;
};

// Checks that it has all numbers of a child by the time it hears of the child's end.
class Reported : public Actorio::Actor
{
    Q_OBJECT

public:
    explicit Reported(QSemaphore *done) : m_done(done) { }

public Q_SLOTS:
    void receive(const Start &start)
    {
        m_messages = start.messages;
        m_left = start.children;
        for (int i = 0; i < start.children; ++i)
            spawn<Reporter>({.on = start.on, .name = QString::number(i)}, i, start.messages);
    }
    void receive(const Numbered &message)
    {
        if (message.number != m_received[message.sender]++)
            ++m_wrong;
    }
    int receive(const QString &) { return m_wrong; }

protected:
    void childStopped(const Actorio::ChildStopped &event) override
    {
        if (m_received[event.child.name().toInt()] != m_messages)
            ++m_wrong;
        if (--m_left == 0)
            m_done->release();
    }

private:
    QSemaphore *const m_done;
    std::map<int, int> m_received;
    int m_messages = 0;
    int m_left = 0;
    int m_wrong = 0;
};

struct Ball
{
    int left;
};

// Plays with its sender.
class Player : public Actorio::Actor
{
    Q_OBJECT

public:
    explicit Player(QSemaphore *done) : m_done(done) { }

public Q_SLOTS:
    void receive(const Ball &ball)
    {
        if (ball.left == 0)
            m_done->release();
        else
            reply(Ball{ball.left - 1});
    }

private:
    QSemaphore *const m_done;
};

struct Question
{
};

// Never answers, and keeps the promises to do so.
class Mute : public Actorio::Actor
{
    Q_OBJECT

public Q_SLOTS:
    Actorio::Delegated<int> receive(const Question &)
    {
        m_promises.push_back(replyPromise<int>());
        return {};
    }

private:
    std::vector<Actorio::ReplyPromise<int>> m_promises;
};

struct AskMute
{
    ActorRef<Mute> mute;
    std::chrono::milliseconds timeout;
    QSemaphore *isAsking;
    QFuture<void> first = {}; // awaited before the answer is
};

// Awaits an answer that does not come.
class Asker : public Actorio::Actor
{
    Q_OBJECT

public Q_SLOTS:
    QFuture<QString> receive(const AskMute &ask)
    {
        auto asked = ask.mute.ask(Question{}, ask.timeout);
        ask.isAsking->release();
        if (ask.first.isValid())
            co_await ask.first;
        try {
            co_await std::move(asked);
        } catch (const Actorio::Timeout &) {
            co_return u"timeout"_s;
        }
        co_return u"answer"_s;
    }
    int receive(int number) { return number; }
};

class tst_Dispatcher : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void thePoolSpreadsActorsEvenly();
    void thePoolFillsTheThreadWithTheFewest();
    void thePoolSpreadsWhatSeveralThreadsSpawn();
    void thePoolHasNoMoreThreadsThanActors();
    void anActorInTheMainThreadRunsThere();
    void aPoolActorsChildMayLiveInTheMainThread();
    void aDedicatedThreadIsOfItsOwnAndEndsWithTheActor();
    void aDedicatedThreadMayBlock();
    void aDedicatedThreadEndsWithTheLastOfItsActors();
    void sameThreadIsTheSpawners_data();
    void sameThreadIsTheSpawners();

    void aSystemJoinsItsThreads();

    void aUsersThreadHostsActors();
    void aUsersThreadHostsActorsAsSoonAsItIsStarted();
    void whenAUsersThreadEndsItsActorsStop();
    void whenAUsersThreadEndsCoroutinesAreKilled();
    void whenAUsersThreadEndsWhatHasNotRunYetStopsToo();
    void whenAUsersThreadEndsChildrenElsewhereStopFirst();
    void whenAUsersThreadEndsItsActorsParentsHearOfIt();
    void aUsersThreadThatEndsInANestedLoopLetsTheHandlerReturn();
    void aUsersThreadThatIsStartedAgainHostsActorsAgain();
    void aUsersThreadHostsActorsOfSeveralSystems();
    void aForeignThreadWithAnEventLoopHostsActors();
    void aThreadWithoutAnEventLoopHostsNone_data();
    void aThreadWithoutAnEventLoopHostsNone();
    void aParentHearsThatThereIsNoThread();
    void whatWasPlacedOnAThreadThatNeverLoopedEndsWithIt();

    void promise9_aFloodLetsTheEventLoopThrough_data();
    void promise9_aFloodLetsTheEventLoopThrough();
    void promise9_aFloodFromOtherThreadsLetsTheEventLoopThrough();
    void promise9_aFloodOfItsOwnLetsOthersThrough_data();
    void promise9_aFloodOfItsOwnLetsOthersThrough();
    void promise9_aFloodAtAPoolThreadLetsItsTimersThrough();

    void promise2_messagesOfASenderKeepTheirOrder_data();
    void promise2_messagesOfASenderKeepTheirOrder();
    void promise2_messagesComeBeforeTheEndOfTheirSender_data();
    void promise2_messagesComeBeforeTheEndOfTheirSender();

    void foreignThreadsWakeTheMainLoop();
    void actorsInTwoThreadsWakeEachOther();

    void anAwaitedAskTimesOut();
    void anAwaitedAskTimesOutByTheSystemsClock();
    void anAskWhoseTimeIsUpBeforeItIsAwaitedTimesOut();
    void timeoutsComeInTheirOrder();
};

namespace {

// Where actors are: how many on which thread.
std::map<QThread *, int> distribution(const std::vector<ActorRef<Host>> &actors)
{
    std::map<QThread *, int> counts;
    for (const ActorRef<Host> &actor : actors)
        ++counts[actor.ask(Where{}).result()];
    return counts;
}

QList<int> sizes(const std::map<QThread *, int> &counts)
{
    QList<int> list;
    for (const auto &[thread, count] : counts)
        list.append(count);
    std::sort(list.begin(), list.end());
    return list;
}

} // namespace

void tst_Dispatcher::thePoolSpreadsActorsEvenly()
{
    ActorSystem system({.threads = 3, .name = u"even"_s});
    std::vector<ActorRef<Host>> actors;
    for (int i = 0; i < 30; ++i)
        actors.push_back(system.spawn<Host>());
    QCOMPARE(sizes(distribution(actors)), (QList<int>{10, 10, 10}));
    QVERIFY(!distribution(actors).count(QThread::currentThread()));
}

void tst_Dispatcher::thePoolFillsTheThreadWithTheFewest()
{
    ActorSystem system({.threads = 3});
    std::vector<ActorRef<Host>> actors;
    for (int i = 0; i < 30; ++i)
        actors.push_back(system.spawn<Host>());
    QThread *const emptied = actors.front().ask(Where{}).result();
    std::vector<ActorRef<Host>> left;
    for (const ActorRef<Host> &actor : actors) {
        if (actor.ask(Where{}).result() != emptied) {
            left.push_back(actor);
        } else {
            const QFuture<StopReason> gone = actor.terminated();
            actor.stop();
            QCOMPARE(gone.result().kind(), StopReason::Stopped);
        }
    }
    QCOMPARE(left.size(), std::size_t(20));
    for (int i = 0; i < 10; ++i)
        QCOMPARE(system.spawn<Host>().ask(Where{}).result(), emptied);
}

void tst_Dispatcher::thePoolSpreadsWhatSeveralThreadsSpawn()
{
    ActorSystem system({.threads = 2});
    std::vector<ActorRef<Host>> actors(400);
    std::vector<std::thread> threads;
    for (std::size_t first = 0; first < actors.size(); first += 100) {
        threads.emplace_back([&, first] {
            for (std::size_t i = first; i < first + 100; ++i)
                actors[i] = system.spawn<Host>();
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(sizes(distribution(actors)), (QList<int>{200, 200}));
}

void tst_Dispatcher::thePoolHasNoMoreThreadsThanActors()
{
    ActorSystem system({.threads = 8});
    const ActorRef<Host> first = system.spawn<Host>();
    QThread *const thread = first.ask(Where{}).result();
    QCOMPARE(thread->objectName(), u"actorio-1"_s);
    const QFuture<StopReason> gone = first.terminated();
    first.stop();
    gone.result();
    QCOMPARE(system.spawn<Host>().ask(Where{}).result(), thread);
}

void tst_Dispatcher::anActorInTheMainThreadRunsThere()
{
    Life life;
    const auto host = Actorio::spawn<CheckedHost>({.on = Actorio::mainThread()}, &life);
    QCOMPARE(life.built, 0); // spawn() returns at once, the actor is made by the event loop
    QFuture<QThread *> where = host.ask(Where{});
    QVERIFY(waitForFinished(where));
    QCOMPARE(where.result(), qApp->thread());
    const QFuture<StopReason> gone = host.terminated();
    host.stop();
    QCOMPARE(waitForEnd(gone).kind(), StopReason::Stopped);
    VERIFY_OVER(life, 1);
}

void tst_Dispatcher::aPoolActorsChildMayLiveInTheMainThread()
{
    Life life;
    Actorio::Scoped<CheckedHost> parent(&life);
    QPromise<QThread *> where;
    where.start();
    parent.tell(Do{[&](Host &self) {
        const auto child = self.spawn<CheckedHost>({.on = Actorio::mainThread()}, &life);
        child.ask(Where{}).then([&](QThread *thread) {
            where.addResult(thread);
            where.finish();
        });
    }});
    QVERIFY(waitForFinished(where.future()));
    QCOMPARE(where.future().result(), qApp->thread());
    QCOMPARE(parent.stop().kind(),
             StopReason::Stopped); // which needs the child's end in this thread
    VERIFY_OVER(life, 2);
}

void tst_Dispatcher::aDedicatedThreadIsOfItsOwnAndEndsWithTheActor()
{
    Life life;
    QSemaphore finished;
    std::vector<ActorRef<Host>> actors;
    for (int i = 0; i < 3; ++i)
        actors.push_back(Actorio::spawn<CheckedHost>({.on = Actorio::dedicatedThread()}, &life));
    QCOMPARE(sizes(distribution(actors)), (QList<int>{1, 1, 1}));
    for (const ActorRef<Host> &actor : actors) {
        actor.ask<void>(Do{[&](Host &) {
                 connect(
                         QThread::currentThread(), &QThread::finished, qApp,
                         [&] { finished.release(); }, Qt::DirectConnection);
             }}).waitForFinished();
    }
    QVERIFY(!finished.tryAcquire());
    for (const ActorRef<Host> &actor : actors) {
        const QFuture<StopReason> gone = actor.terminated();
        actor.stop();
        QCOMPARE(gone.result().kind(), StopReason::Stopped);
        QVERIFY(finished.tryAcquire(1, 20'000));
        QVERIFY(!finished.tryAcquire()); // the others go on
    }
    VERIFY_OVER(life, 3);
}

void tst_Dispatcher::aDedicatedThreadMayBlock()
{
    Actorio::Scoped<Host> other;
    Actorio::Scoped<Host> blocking(Actorio::SpawnOptions{.on = Actorio::dedicatedThread()});
    QThread *there = nullptr;
    blocking.ask<void>(Do{[&](Host &) { there = other.ask(Where{}).result(); }}).waitForFinished();
    QCOMPARE(there, other.ask(Where{}).result());
}

void tst_Dispatcher::aDedicatedThreadEndsWithTheLastOfItsActors()
{
    Life life;
    QSemaphore finished;
    ActorRef<Host> child;
    Actorio::Scoped<CheckedHost> parent(Actorio::SpawnOptions{.on = Actorio::dedicatedThread()},
                                        &life);
    parent.ask<void>(Do{[&](Host &self) {
              child = self.spawn<CheckedHost>({.on = Actorio::sameThread()}, &life);
              connect(
                      QThread::currentThread(), &QThread::finished, qApp,
                      [&] { finished.release(); }, Qt::DirectConnection);
          }})
            .waitForFinished();
    QCOMPARE(child.ask(Where{}).result(), parent.ask(Where{}).result());
    const QFuture<StopReason> gone = child.terminated();
    child.stop();
    gone.result();
    QVERIFY(parent.ask(Where{}).result()); // the thread goes on with the parent
    QVERIFY(!finished.tryAcquire());
    parent.stop();
    QVERIFY(finished.tryAcquire(1, 20'000));
    VERIFY_OVER(life, 2);
}

void tst_Dispatcher::sameThreadIsTheSpawners_data()
{
    QTest::addColumn<int>("kind");
    QTest::newRow("pool") << int(Placement::Kind::Pool);
    QTest::newRow("main thread") << int(Placement::Kind::MainThread);
    QTest::newRow("dedicated thread") << int(Placement::Kind::DedicatedThread);
    QTest::newRow("from main()") << -1;
}

void tst_Dispatcher::sameThreadIsTheSpawners()
{
    QFETCH(int, kind);
    const Placement on = kind == int(Placement::Kind::Pool) ? Actorio::pool()
            : kind == int(Placement::Kind::MainThread)      ? Actorio::mainThread()
            : kind == int(Placement::Kind::DedicatedThread) ? Actorio::dedicatedThread()
                                                            : Actorio::sameThread();
    Life life;
    QPromise<QList<QThread *>> places;
    places.start();
    {
        Actorio::Scoped<CheckedHost> parent(Actorio::SpawnOptions{.on = on}, &life);
        parent.tell(Do{[&](Host &self) {
            // A child, and a root that a handler starts.
            for (const auto &actor :
                 {self.spawn<CheckedHost>({.on = Actorio::sameThread()}, &life),
                  Actorio::spawn<CheckedHost>({.on = Actorio::sameThread()}, &life)}) {
                actor.tell(Do{[&, here = QThread::currentThread()](Host &host) {
                    places.addResult(QList{here, QThread::currentThread()});
                    if (places.future().resultCount() == 2)
                        places.finish();
                    host.stop();
                }});
            }
        }});
        QVERIFY(waitForFinished(places.future()));
    }
    for (const QList<QThread *> &place : places.future().results())
        QCOMPARE(place.at(0), place.at(1));
    QVERIFY(waitUntil([&] { return life.deleted == 3; }));
    VERIFY_OVER(life, 3);
    if (kind == -1)
        QCOMPARE(places.future().result().at(0), qApp->thread());
}

// Threads whose last actor has ended this very moment included.
void tst_Dispatcher::aSystemJoinsItsThreads()
{
    for (int i = 0; i < 300; ++i) {
        Life life;
        ActorSystem system({.threads = 2});
        for (const Placement &on :
             {Actorio::pool(), Actorio::pool(), Actorio::pool(), Actorio::dedicatedThread()})
            system.spawn<CheckedHost>({.on = on}, &life).tell(Where{});
        QVERIFY(system.shutdown());
        QCOMPARE(system.actorCount(), 0);
        VERIFY_BALANCED(life);
    }
}

void tst_Dispatcher::aUsersThreadHostsActors()
{
    Life life;
    UserThread thread;
    const auto host = Actorio::spawn<CheckedHost>({.on = Actorio::onThread(&thread)}, &life);
    QCOMPARE(host.ask(Where{}).result(), &thread);
    const QFuture<StopReason> gone = host.terminated();
    host.stop();
    QCOMPARE(gone.result().kind(), StopReason::Stopped);
    QVERIFY(thread.isRunning()); // it is the user's
    QVERIFY(thread.end());
    VERIFY_OVER(life, 1);
}

void tst_Dispatcher::aUsersThreadHostsActorsAsSoonAsItIsStarted()
{
    for (int i = 0; i < 200; ++i) {
        QThread thread;
        thread.start();
        QThread *hosting = nullptr;
        try {
            hosting =
                    Actorio::spawn<Host>({.on = Actorio::onThread(&thread)}).ask(Where{}).result();
        } catch (const Actorio::Error &error) {
            qWarning("%s", error.what());
        }
        thread.quit();
        thread.wait();
        QCOMPARE(hosting, &thread);
    }
}

void tst_Dispatcher::whenAUsersThreadEndsItsActorsStop()
{
    Life life;
    UserThread thread;
    Ends gone;
    for (int i = 0; i < 10; ++i) {
        const auto host = Actorio::spawn<CheckedHost>({.on = Actorio::onThread(&thread)}, &life);
        host.ask(Where{}).waitForFinished();
        gone.push_back(host.terminated());
    }
    QVERIFY(thread.end());
    for (const QFuture<StopReason> &end : gone) {
        QVERIFY(end.isFinished());
        QCOMPARE(end.result().kind(), StopReason::Stopped);
    }
    VERIFY_OVER(life, 10);
}

void tst_Dispatcher::whenAUsersThreadEndsCoroutinesAreKilled()
{
    Life life;
    QPromise<void> never;
    never.start();
    QSemaphore isAwaiting;
    std::atomic<int> framesDestroyed{0};
    UserThread thread;
    const auto host = Actorio::spawn<CheckedHost>({.on = Actorio::onThread(&thread)}, &life);
    QFuture<int> asked = host.ask(Await{[&, future = never.future()](Host &) -> QFuture<int> {
        struct Frame
        {
            ~Frame() { ++count; }
            std::atomic<int> &count;
        } frame{framesDestroyed};
        isAwaiting.release();
        co_await future;
        co_return 0;
    }});
    const QFuture<StopReason> gone = host.terminated();
    QVERIFY(isAwaiting.tryAcquire(1, 20'000));
    QVERIFY(thread.end());
    QCOMPARE(framesDestroyed, 1);
    QVERIFY(gone.isFinished());
    QVERIFY(!gone.result().isFailure());
    QVERIFY(asked.isFinished());
    QVERIFY_EXCEPTION_THROWN(asked.waitForFinished(), Actorio::ActorStopped);
    VERIFY_OVER(life, 1);
    never.finish(); // nobody is there to hear it
}

void tst_Dispatcher::whenAUsersThreadEndsWhatHasNotRunYetStopsToo()
{
    Life life;
    QSemaphore isBusy;
    QSemaphore goOn;
    UserThread thread;
    const auto busy = Actorio::spawn<CheckedHost>({.on = Actorio::onThread(&thread)}, &life);
    busy.tell(Do{[&](Host &) {
        isBusy.release();
        goOn.acquire();
    }});
    QVERIFY(isBusy.tryAcquire(1, 20'000));
    const auto late = Actorio::spawn<CheckedHost>({.on = Actorio::onThread(&thread)}, &life);
    QFuture<QThread *> asked = late.ask(Where{});
    const QFuture<StopReason> gone = late.terminated();
    thread.quit();
    goOn.release();
    QVERIFY(thread.end());
    QVERIFY(gone.isFinished());
    QVERIFY(!gone.result().isFailure());
    QVERIFY(asked.isFinished());
    VERIFY_BALANCED(life);
}

void tst_Dispatcher::whenAUsersThreadEndsChildrenElsewhereStopFirst()
{
    Life life;
    Journal journal;
    UserThread thread;
    const auto parent =
            Actorio::spawn<Chronicler>({.on = Actorio::onThread(&thread)}, &life, &journal);
    const QFuture<StopReason> gone = parent.terminated();
    parent.ask<void>(Do{[&](Host &self) {
              self.spawn<Chronicler>({.on = Actorio::pool()}, &life, &journal);
              self.spawn<Chronicler>({.on = Actorio::dedicatedThread()}, &life, &journal);
              self.spawn<Chronicler>({.on = Actorio::sameThread()}, &life, &journal);
          }})
            .waitForFinished();
    QVERIFY(waitUntil([&] { return life.setUps == 4; }));
    QVERIFY(thread.end());
    QVERIFY(gone.isFinished());
    VERIFY_OVER(life, 4);
    const QStringList one{u"torn down"_s, u"deleted"_s};
    QCOMPARE(journal.entries(), one + one + one + one); // one after the other
}

void tst_Dispatcher::whenAUsersThreadEndsItsActorsParentsHearOfIt()
{
    Life life;
    Journal journal;
    UserThread thread;
    Actorio::Scoped<Chronicler> parent(&life, &journal);
    parent.ask<void>(Do{[&](Host &self) {
              self.spawn<CheckedHost>({.on = Actorio::onThread(&thread), .name = u"child"_s},
                                      &life);
          }})
            .waitForFinished();
    QVERIFY(waitUntil([&] { return life.setUps == 2; }));
    QVERIFY(thread.end());
    bool hasChildren = true;
    parent.ask<void>(Do{[&](Host &self) { hasChildren = !self.childActors().isEmpty(); }})
            .waitForFinished();
    QVERIFY(!hasChildren);
    QCOMPARE(journal.entries(), QStringList{u"childStopped child"_s});
}

void tst_Dispatcher::aUsersThreadThatEndsInANestedLoopLetsTheHandlerReturn()
{
    Life life;
    QSemaphore isNested;
    std::atomic<bool> hasReturned{false};
    UserThread thread;
    const auto host = Actorio::spawn<CheckedHost>({.on = Actorio::onThread(&thread)}, &life);
    const QFuture<StopReason> gone = host.terminated();
    host.tell(Do{[&](Host &) {
        QEventLoop loop;
        QTimer::singleShot(0, &loop, [&] { isNested.release(); });
        loop.exec();
        hasReturned = life.tearDowns == 0;
    }});
    QVERIFY(isNested.tryAcquire(1, 20'000));
    QVERIFY(thread.end());
    QVERIFY(hasReturned);
    QVERIFY(gone.isFinished());
    VERIFY_OVER(life, 1);
}

void tst_Dispatcher::aUsersThreadThatIsStartedAgainHostsActorsAgain()
{
    Life life;
    QThread thread;
    for (int i = 0; i < 3; ++i) {
        QEventLoop loop;
        connect(&thread, &QThread::started, &loop, &QEventLoop::quit);
        thread.start();
        loop.exec();
        const auto host = Actorio::spawn<CheckedHost>({.on = Actorio::onThread(&thread)}, &life);
        QCOMPARE(host.ask(Where{}).result(), &thread);
        thread.quit();
        QVERIFY(thread.wait(20'000));
        QVERIFY(!host.isRunning());
    }
    VERIFY_OVER(life, 3);
}

void tst_Dispatcher::aUsersThreadHostsActorsOfSeveralSystems()
{
    Life life;
    ActorSystem first({.threads = 1});
    UserThread thread;
    {
        ActorSystem second({.threads = 1});
        const auto a = first.spawn<CheckedHost>({.on = Actorio::onThread(&thread)}, &life);
        const auto b = second.spawn<CheckedHost>({.on = Actorio::onThread(&thread)}, &life);
        QCOMPARE(a.ask(Where{}).result(), &thread);
        QCOMPARE(b.ask(Where{}).result(), &thread);
        QVERIFY(second.shutdown());
        QVERIFY(!b.isRunning());
        QCOMPARE(a.ask(Where{}).result(), &thread);
    }
    QVERIFY(thread.isRunning());
    QVERIFY(thread.end());
    VERIFY_OVER(life, 2);
}

void tst_Dispatcher::aForeignThreadWithAnEventLoopHostsActors()
{
    Life life;
    QFuture<StopReason> gone;
    std::atomic<bool> wasThere{false};
    std::thread thread([&] {
        QEventLoop loop;
        QTimer::singleShot(0, &loop, [&] {
            const auto host = Actorio::spawn<CheckedHost>({.on = Actorio::sameThread()}, &life);
            gone = host.terminated();
            host.tell(Do{[&, here = QThread::currentThread()](Host &) {
                wasThere = QThread::currentThread() == here;
                loop.quit();
            }});
        });
        loop.exec();
    });
    thread.join();
    QVERIFY(wasThere);
    QVERIFY(gone.isFinished());
    VERIFY_OVER(life, 1);
}

void tst_Dispatcher::aThreadWithoutAnEventLoopHostsNone_data()
{
    QTest::addColumn<QString>("kind");
    for (const auto *const kind :
         {"not started", "finished", "std::thread", "QThread::create", "null"})
        QTest::newRow(kind) << QString::fromLatin1(kind);
}

void tst_Dispatcher::aThreadWithoutAnEventLoopHostsNone()
{
    QFETCH(QString, kind);
    const QRegularExpression text(kind == u"null"_s
                                          ? u"could not be spawned: .*no thread"_s
                                          : u"could not be spawned: .*runs no event loop"_s);
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(u"nobody heard of it: .*"_s + text.pattern()));
    Life life;
    ActorRef<Host> host;
    std::mutex mutex; // a sanitizer does not see QThread::wait()
    const auto spawnHere = [&] {
        const std::lock_guard lock(mutex);
        host = Actorio::spawn<CheckedHost>({.on = Actorio::sameThread()}, &life);
    };
    QThread idle;
    if (kind == u"finished"_s) {
        idle.start();
        idle.quit();
        QVERIFY(idle.wait(20'000));
    }
    if (kind == u"std::thread"_s) {
        std::thread(spawnHere).join();
    } else if (kind == u"QThread::create"_s) {
        const std::unique_ptr<QThread> thread(QThread::create(spawnHere));
        thread->start();
        QVERIFY(thread->wait(20'000));
    } else {
        host = Actorio::spawn<CheckedHost>(
                {.on = Actorio::onThread(kind == u"null"_s ? nullptr : &idle)}, &life);
    }
    const std::lock_guard lock(mutex);
    const QFuture<StopReason> gone = host.terminated();
    QVERIFY(gone.isFinished());
    QVERIFY(gone.result().isFailure());
    QVERIFY_EXCEPTION_THROWN(std::rethrow_exception(gone.result().exception()),
                             Actorio::SpawnFailed);
    QVERIFY2(gone.result().message().contains(text), qPrintable(gone.result().message()));
    QVERIFY(!host.isRunning());
    QVERIFY(!host.tell(Where{}));
    QVERIFY_EXCEPTION_THROWN(host.ask(Where{}).result(), Actorio::ActorStopped);
    QCOMPARE(life.built, 0);
}

void tst_Dispatcher::aParentHearsThatThereIsNoThread()
{
    Journal journal;
    Life life;
    Actorio::Scoped<Chronicler> parent(&life, &journal);
    parent.ask<void>(Do{[&](Host &self) {
              self.spawn<Host>({.on = Actorio::onThread(nullptr), .name = u"child"_s});
          }})
            .waitForFinished();
    parent.ask(Where{}).waitForFinished();
    QCOMPARE(journal.entries(), QStringList{u"childStopped child"_s});
}

// Nobody can tell from outside whether a thread will run an event loop.
void tst_Dispatcher::whatWasPlacedOnAThreadThatNeverLoopedEndsWithIt()
{
    Life life;
    QSemaphore goOn;
    const std::unique_ptr<QThread> thread(QThread::create([&] { goOn.acquire(); }));
    thread->start();
    while (!thread->eventDispatcher())
        QThread::yieldCurrentThread();
    const auto host = Actorio::spawn<CheckedHost>({.on = Actorio::onThread(thread.get())}, &life);
    QFuture<QThread *> asked = host.ask(Where{});
    const QFuture<StopReason> gone = host.terminated();
    goOn.release();
    QVERIFY(thread->wait(20'000));
    QVERIFY(gone.isFinished());
    QVERIFY(asked.isFinished());
    VERIFY_BALANCED(life);
}

void tst_Dispatcher::promise9_aFloodLetsTheEventLoopThrough_data()
{
    QTest::addColumn<QList<int>>("phases"); // count, microseconds, …
    QTest::addColumn<int>("interval");
    for (const int interval : {0, 1}) {
        QTest::addRow("quick messages, %d ms timer", interval)
                << QList<int>{400'000, 0} << interval;
        QTest::addRow("slow messages, %d ms timer", interval) << QList<int>{200, 1'000} << interval;
        QTest::addRow("first quick, then slow messages, %d ms timer", interval)
                << QList<int>{600, 0, 300, 1'000} << interval;
    }
}

void tst_Dispatcher::promise9_aFloodLetsTheEventLoopThrough()
{
    QFETCH(QList<int>, phases);
    QFETCH(int, interval);
    int messages = 0;
    for (int phase = 0; phase < phases.size(); phase += 2)
        messages += phases[phase];

    std::atomic<int> ticks{0};
    std::atomic<int> spins{0};
    QSemaphore done;
    Actorio::Scoped<Sink> sink(Actorio::SpawnOptions{.on = Actorio::mainThread()}, messages, &ticks,
                               &done);
    Actorio::Scoped<Spinner> spinner(Actorio::SpawnOptions{.on = Actorio::mainThread()}, &spins,
                                     100'000'000);
    for (int phase = 0; phase < phases.size(); phase += 2) {
        for (int i = 0; i < phases[phase]; ++i)
            sink.tell(phases[phase + 1]);
    }
    spinner.tell(0);
    Poster poster;
    poster.post();
    QTimer timer;
    timer.setTimerType(Qt::PreciseTimer);
    timer.start(interval);
    int ticksMeanwhile = 0;
    QEventLoop loop;
    connect(&timer, &QTimer::timeout, &loop, [&] {
        ++ticks;
        if (done.available() == 0)
            ticksMeanwhile = ticks;
        else
            loop.quit();
    });
    loop.exec();

    QVERIFY2(ticksMeanwhile >= 3, qPrintable(u"%1 ticks"_s.arg(ticksMeanwhile)));
    QVERIFY2(poster.count >= 3, qPrintable(u"%1 events"_s.arg(poster.count)));
    QVERIFY2(spins >= 100, qPrintable(u"%1 messages of another actor"_s.arg(spins)));
    QFuture<int> longest = sink.ask(u"slow handlers in a row"_s);
    QVERIFY(waitForFinished(longest));
    QVERIFY2(longest.result() <= 40,
             qPrintable(u"%1 slow handlers in a row"_s.arg(longest.result())));
}

void tst_Dispatcher::promise9_aFloodFromOtherThreadsLetsTheEventLoopThrough()
{
    constexpr int Senders = 3;
    constexpr int Each = 150'000;
    std::atomic<int> ticks{0};
    QSemaphore done;
    Actorio::Scoped<Sink> sink(Actorio::SpawnOptions{.on = Actorio::mainThread()}, Senders * Each,
                               &ticks, &done);
    std::vector<std::thread> threads;
    for (int sender = 0; sender < Senders; ++sender) {
        threads.emplace_back([&] {
            for (int i = 0; i < Each; ++i)
                sink.tell(0);
        });
    }
    QTimer timer;
    QEventLoop loop;
    int ticksMeanwhile = 0;
    connect(&timer, &QTimer::timeout, &loop, [&] {
        ++ticks;
        if (done.available() == 0)
            ticksMeanwhile = ticks;
        else
            loop.quit();
    });
    timer.start(0);
    loop.exec();
    for (std::thread &thread : threads)
        thread.join();
    QVERIFY2(ticksMeanwhile >= 3, qPrintable(u"%1 ticks"_s.arg(ticksMeanwhile)));
}

void tst_Dispatcher::promise9_aFloodOfItsOwnLetsOthersThrough_data()
{
    QTest::addColumn<bool>("inMainThread");
    QTest::newRow("main thread") << true;
    QTest::newRow("pool") << false;
}

void tst_Dispatcher::promise9_aFloodOfItsOwnLetsOthersThrough()
{
    QFETCH(bool, inMainThread);
    ActorSystem system({.threads = 1});
    const Placement on = inMainThread ? Actorio::mainThread() : Actorio::pool();
    std::atomic<int> spins{0};
    QPromise<int> spinsMeanwhile;
    spinsMeanwhile.start();
    Actorio::Scoped spinner(system.spawn<Spinner>({.on = on}, &spins, 500'000));
    Actorio::Scoped other(system.spawn<Host>({.on = on}));
    Actorio::Scoped starter(system.spawn<Host>({.on = on}));
    starter.tell(Do{[&](Host &) {
        spinner.tell(0);
        for (int i = 1; i < 1'000; ++i)
            other.tell(Do{[](Host &) {}});
        other.tell(Do{[&](Host &) {
            spinsMeanwhile.addResult(spins);
            spinsMeanwhile.finish();
        }});
    }});
    QVERIFY(waitForFinished(spinsMeanwhile.future()));
    // They take turns: about as many of the one's messages as of the other's.
    QVERIFY2(spinsMeanwhile.future().result() <= 4'000,
             qPrintable(QString::number(spinsMeanwhile.future().result())));
}

void tst_Dispatcher::promise9_aFloodAtAPoolThreadLetsItsTimersThrough()
{
    constexpr int Messages = 400'000;
    ActorSystem system({.threads = 1});
    std::atomic<int> ticks{0};
    QSemaphore done;
    const auto sink = system.spawn<Sink>(Messages, &ticks, &done);
    const auto host = system.spawn<Host>();
    QPromise<int> ticksMeanwhile;
    ticksMeanwhile.start();
    host.tell(Do{[&](Host &self) {
        for (int i = 0; i < Messages; ++i)
            sink.tell(0);
        auto *const timer = new QTimer(&self);
        connect(timer, &QTimer::timeout, &self, [&, timer] {
            if (done.available() == 0) {
                ++ticks;
                return;
            }
            timer->stop();
            ticksMeanwhile.addResult(ticks);
            ticksMeanwhile.finish();
        });
        timer->start(0);
    }});
    QVERIFY(waitForFinished(ticksMeanwhile.future()));
    QVERIFY2(ticksMeanwhile.future().result() >= 3, qPrintable(QString::number(ticks)));
}

void tst_Dispatcher::promise2_messagesOfASenderKeepTheirOrder_data()
{
    QTest::addColumn<bool>("inMainThread");
    QTest::newRow("to the main thread") << true;
    QTest::newRow("to the pool") << false;
}

void tst_Dispatcher::promise2_messagesOfASenderKeepTheirOrder()
{
    QFETCH(bool, inMainThread);
    constexpr int Senders = 4;
    constexpr int Each = 50'000;
    QSemaphore done;
    Actorio::Scoped<Receiver> receiver(
            Actorio::SpawnOptions{.on = inMainThread ? Actorio::mainThread() : Actorio::pool()},
            Senders * Each, &done);
    std::vector<std::thread> threads;
    for (int sender = 0; sender < Senders; ++sender) {
        threads.emplace_back([&, sender] {
            // Typed and untyped messages are one order.
            const ActorRef<> untyped = receiver;
            for (int i = 0; i < Each; ++i) {
                if (i % 3)
                    receiver.tell(Numbered{sender, i});
                else
                    untyped.tell(Numbered{sender, i});
            }
        });
    }
    QVERIFY(waitUntil([&] { return done.tryAcquire(); }));
    for (std::thread &thread : threads)
        thread.join();
    QFuture<int> wrong = receiver.ask(u"wrong"_s);
    QVERIFY(waitForFinished(wrong));
    QCOMPARE(wrong.result(), 0);
}

void tst_Dispatcher::promise2_messagesComeBeforeTheEndOfTheirSender_data()
{
    QTest::addColumn<int>("kind");
    QTest::newRow("from the same thread") << -1;
    QTest::newRow("from the pool") << int(Placement::Kind::Pool);
    QTest::newRow("from the main thread") << int(Placement::Kind::MainThread);
    QTest::newRow("from dedicated threads") << int(Placement::Kind::DedicatedThread);
}

void tst_Dispatcher::promise2_messagesComeBeforeTheEndOfTheirSender()
{
    QFETCH(int, kind);
    QSemaphore done;
    ActorSystem system({.threads = 2});
    const auto host = system.spawn<Host>();
    const auto parent =
            system.spawn<Reported>({.on = Actorio::onThread(host.ask(Where{}).result())}, &done);
    const auto start = [&](Placement on) {
        parent.tell(Start{on, kind == int(Placement::Kind::DedicatedThread) ? 12 : 60, 500});
    };
    if (kind == -1)
        start(Actorio::onThread(host.ask(Where{}).result()));
    else if (kind == int(Placement::Kind::Pool))
        start(Actorio::pool());
    else if (kind == int(Placement::Kind::MainThread))
        start(Actorio::mainThread());
    else
        start(Actorio::dedicatedThread());
    QVERIFY(waitUntil([&] { return done.tryAcquire(); }));
    QCOMPARE(parent.ask(u"wrong"_s).result(), 0);
}

// A wake-up that is lost leaves an ask, and with it this test, hanging.
void tst_Dispatcher::foreignThreadsWakeTheMainLoop()
{
    constexpr int Each = 1'000;
    Actorio::Scoped<Asker> echo(Actorio::SpawnOptions{.on = Actorio::mainThread()});
    std::atomic<int> right{0};
    QSemaphore finished;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 3; ++thread) {
        threads.emplace_back([&] {
            for (int i = 0; i < Each; ++i)
                right += echo.ask(i).result() == i;
            finished.release();
        });
    }
    QEventLoop loop;
    std::thread waiter([&] {
        finished.acquire(int(threads.size()));
        QMetaObject::invokeMethod(&loop, &QEventLoop::quit, Qt::QueuedConnection);
    });
    loop.exec();
    waiter.join();
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(right, 3 * Each);
}

void tst_Dispatcher::actorsInTwoThreadsWakeEachOther()
{
    ActorSystem system({.threads = 2});
    QSemaphore done;
    const auto a = system.spawn<Player>(&done);
    const auto b = system.spawn<Player>(&done);
    a.tell(Ball{40'000}, b);
    QVERIFY(done.tryAcquire(1, 60'000));
}

void tst_Dispatcher::anAwaitedAskTimesOut()
{
    QSemaphore isAsking;
    Actorio::Scoped<Mute> mute;
    Actorio::Scoped<Asker> asker;
    QElapsedTimer time;
    time.start();
    QCOMPARE(asker.ask(AskMute{mute, 30ms, &isAsking}).result(), u"timeout"_s);
    QVERIFY(time.elapsed() >= 30); // never early; late does not matter here
    // In the main thread the event loop keeps the time.
    Actorio::Scoped<Asker> mainAsker(Actorio::SpawnOptions{.on = Actorio::mainThread()});
    QFuture<QString> answer = mainAsker.ask(AskMute{mute, 30ms, &isAsking});
    QVERIFY(waitForFinished(answer));
    QCOMPARE(answer.result(), u"timeout"_s);
}

void tst_Dispatcher::anAwaitedAskTimesOutByTheSystemsClock()
{
    const auto clock = std::make_shared<Actorio::ManualClock>();
    ActorSystem system({.threads = 1, .clock = clock});
    QSemaphore isAsking;
    const auto mute = system.spawn<Mute>();
    const auto asker = system.spawn<Asker>();
    const auto other = system.spawn<Asker>();
    QFuture<QString> answer = asker.ask(AskMute{mute, 1h, &isAsking});
    QVERIFY(isAsking.tryAcquire(1, 20'000));
    QCOMPARE(other.ask(1).result(), 1); // by then it awaits
    clock->advance(59min);
    QCOMPARE(other.ask(2).result(), 2);
    QCOMPARE(other.ask(3).result(), 3);
    QVERIFY(!answer.isFinished());
    clock->advance(1min);
    QVERIFY(waitForFinished(answer));
    QCOMPARE(answer.result(), u"timeout"_s);
}

void tst_Dispatcher::anAskWhoseTimeIsUpBeforeItIsAwaitedTimesOut()
{
    const auto clock = std::make_shared<Actorio::ManualClock>();
    ActorSystem system({.threads = 1, .clock = clock});
    QSemaphore isAsking;
    QPromise<void> first;
    first.start();
    const auto mute = system.spawn<Mute>();
    const auto asker = system.spawn<Asker>();
    const auto other = system.spawn<Asker>();
    QFuture<QString> answer = asker.ask(AskMute{mute, 10ms, &isAsking, first.future()});
    QVERIFY(isAsking.tryAcquire(1, 20'000));
    clock->advance(20ms);
    QCOMPARE(other.ask(1).result(), 1); // whoever hears of the jump has heard of it
    QCOMPARE(other.ask(2).result(), 2);
    first.finish();
    QVERIFY(waitForFinished(answer));
    QCOMPARE(answer.result(), u"timeout"_s);
}

void tst_Dispatcher::timeoutsComeInTheirOrder()
{
    const auto clock = std::make_shared<Actorio::ManualClock>();
    ActorSystem system({.threads = 1, .clock = clock});
    constexpr int Count = 50;
    QSemaphore isAsking;
    const auto mute = system.spawn<Mute>();
    const auto other = system.spawn<Asker>();
    std::map<int, QFuture<QString>> answers; // by timeout in seconds
    for (int i = 0; i < Count; ++i) {
        const int seconds = 1 + i * 37 % Count;
        answers[seconds] =
                system.spawn<Asker>().ask(AskMute{mute, std::chrono::seconds(seconds), &isAsking});
    }
    QVERIFY(isAsking.tryAcquire(Count, 20'000));
    QCOMPARE(other.ask(1).result(), 1);
    for (int now = 1; now <= Count; ++now) {
        clock->advance(1s);
        QVERIFY(waitForFinished(answers[now]));
        QCOMPARE(std::count_if(answers.begin(), answers.end(),
                               [](const auto &answer) { return answer.second.isFinished(); }),
                 now);
    }
}

QTEST_GUILESS_MAIN(tst_Dispatcher)
#include "tst_dispatcher.moc"
