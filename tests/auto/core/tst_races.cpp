// SPDX-License-Identifier: MIT
// What starts actors against what ends the place that they would live in: whatever spawn() returned ends, and is counted out.
#include "life.h"

#include <Actorio/Actorio>

#include <QtCore/QThread>
#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <mutex>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;
using Actorio::ActorSystem;
using Actorio::Placement;
using Actorio::StopReason;

namespace {

// How often each race is run. It is lost now and then only, so that more is better: see tests/stress.
constexpr int Rounds = 50;

// Those that were told that they could not be spawned, as each is logged once: that is expected here, as often as it may be.
class Refusals
{
public:
    Refusals()
    {
        s_count = 0;
        s_before = qInstallMessageHandler(&take);
    }
    ~Refusals() { qInstallMessageHandler(s_before); }
    Refusals(const Refusals &) = delete;
    Refusals &operator=(const Refusals &) = delete;
    int count() const { return s_count; }

private:
    static void take(QtMsgType type, const QMessageLogContext &context, const QString &text)
    {
        if (type == QtWarningMsg && text.contains(u"could not be spawned"))
            ++s_count;
        else
            s_before(type, context, text);
    }

    static inline std::atomic<int> s_count{0};
    static inline QtMessageHandler s_before = nullptr;
};

bool isSpawnFailed(const StopReason &reason)
{
    try {
        if (reason.exception())
            std::rethrow_exception(reason.exception());
    } catch (const Actorio::SpawnFailed &) {
        return true;
    } catch (...) {
    }
    return false;
}

} // namespace

// Counts its own life.
class Visitor : public Actorio::Actor
{
    Q_OBJECT

public:
    explicit Visitor(Life *life) : m_life(*life), m_thread(QThread::currentThread())
    {
        ++m_life.built;
    }
    ~Visitor() override
    {
        checkThread();
        ++m_life.deleted;
    }

public Q_SLOTS:
    void receive(int) { }

protected:
    void setUp() override
    {
        checkThread();
        ++m_life.setUps;
    }
    void tearDown(const StopReason &) override
    {
        checkThread();
        ++m_life.tearDowns;
    }

private:
    void checkThread()
    {
        if (QThread::currentThread() != m_thread)
            ++m_life.wrongThreads;
    }

    Life &m_life;
    QThread *const m_thread;
};

namespace {

// What several threads spawned.
class Spawned
{
public:
    // False: it is over, the actor could not be spawned.
    bool add(const ActorRef<Visitor> &actor)
    {
        QFuture<StopReason> gone = actor.terminated();
        // Read now: the end may come later, a refusal is there at once.
        const bool isRefused = gone.isFinished() && gone.result().isFailure();
        const std::lock_guard lock(m_mutex);
        m_gone.push_back(std::move(gone));
        m_actors.push_back(actor);
        return !isRefused;
    }
    int count() const
    {
        const std::lock_guard lock(m_mutex);
        return static_cast<int>(m_actors.size());
    }
    Ends gone() const
    {
        const std::lock_guard lock(m_mutex);
        return m_gone;
    }
    bool isAnyRunning() const
    {
        const std::lock_guard lock(m_mutex);
        return std::any_of(m_actors.begin(), m_actors.end(), [](const ActorRef<Visitor> &actor) {
            return actor.isRunning() || actor.tell(1);
        });
    }

private:
    mutable std::mutex m_mutex;
    std::vector<ActorRef<Visitor>> m_actors;
    Ends m_gone;
};

// How many of them could not be spawned; -1 if any ended in another way than it may, or not at all.
int refusedOf(const Ends &gone, bool mayBeKilled = false)
{
    int refused = 0;
    for (const QFuture<StopReason> &end : gone) {
        const StopReason reason = waitForEnd(end);
        if (isSpawnFailed(reason))
            ++refused;
        else if (reason.kind() != StopReason::Stopped
                 && !(mayBeKilled && reason.kind() == StopReason::Killed))
            return -1;
    }
    return refused;
}

} // namespace

struct SpawnOn
{
    std::vector<std::function<Placement()>> places; // made where they are used
    bool isInOneGo;
    std::size_t next = 0;
};

struct SpawnOne
{
    Placement on;
};

// Spawns children until it cannot any more: in one handler, or in a handler each.
class Spawner : public Actorio::Actor
{
    Q_OBJECT

public:
    Spawner(Life *life, Spawned *spawned) : m_life(*life), m_spawned(*spawned) { }

public Q_SLOTS:
    void receive(const SpawnOne &order)
    {
        m_spawned.add(spawn<Visitor>({.on = order.on}, &m_life));
    }
    void receive(SpawnOn order)
    {
        bool isOver = false;
        do {
            const Placement on = order.places[order.next++ % order.places.size()]();
            isOver = !m_spawned.add(spawn<Visitor>({.on = on}, &m_life));
        } while (order.isInOneGo && !isOver);
        if (!isOver)
            Actorio::refTo(this).tell(order);
    }

protected:
    void childStopped(const Actorio::ChildStopped &) override { }

private:
    Life &m_life;
    Spawned &m_spawned;
};

namespace {

// Does what a test wants as often as its event loop comes round, and once more when that has ended.
class BusyThread : public QThread
{
public:
    // `action` gets an object of this thread.
    explicit BusyThread(std::function<void(QObject *)> action) : m_action(std::move(action))
    {
        start();
    }
    ~BusyThread() override { end(); }
    bool end()
    {
        quit();
        const bool isEnded = wait(20'000);
        const std::lock_guard lock(m_mutex); // a sanitizer does not see QThread::wait()
        return isEnded;
    }

protected:
    void run() override
    {
        QObject object;
        const auto act = [&] {
            const std::lock_guard lock(m_mutex);
            m_action(&object);
        };
        QTimer timer;
        QObject::connect(&timer, &QTimer::timeout, &timer, act);
        timer.start(0);
        exec();
        act();
    }

private:
    std::mutex m_mutex;
    const std::function<void(QObject *)> m_action;
};

} // namespace

class tst_Races : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void spawnAgainstShutdown_data();
    void spawnAgainstShutdown();
    void spawnOfChildrenAgainstShutdown_data();
    void spawnOfChildrenAgainstShutdown();
    void spawnInAThreadThatEnds_data();
    void spawnInAThreadThatEnds();
    void spawnOnAThreadThatEnds_data();
    void spawnOnAThreadThatEnds();
    void spawnOfChildrenInAThreadThatEnds();
    void aThreadThatEndsWaitsForNoChildInTheThreadThatWaitsForIt();
};

void tst_Races::spawnAgainstShutdown_data()
{
    QTest::addColumn<bool>("hasOwner");
    QTest::addColumn<bool>("isMain");
    QTest::newRow("no owner, main thread shuts down") << false << true;
    QTest::newRow("no owner, another thread shuts down") << false << false;
    QTest::newRow("owner, main thread shuts down") << true << true;
    QTest::newRow("owner, another thread shuts down") << true << false;
}

void tst_Races::spawnAgainstShutdown()
{
    QFETCH(bool, hasOwner);
    QFETCH(bool, isMain);
    const std::vector<Placement> places{Actorio::pool(), Actorio::pool(), Actorio::mainThread(),
                                        Actorio::dedicatedThread()};
    for (int round = 0; round < Rounds; ++round) {
        const Refusals refusals;
        Life life;
        Spawned spawned;
        ActorSystem system({.threads = 2});
        std::vector<std::thread> threads;
        for (std::size_t thread = 0; thread < 3; ++thread) {
            threads.emplace_back([&, thread] {
                QObject owner; // dies while its actors may be dying, too
                for (std::size_t i = thread;; ++i) {
                    if (!spawned.add(system.spawn<Visitor>({.owner = hasOwner ? &owner : nullptr,
                                                            .on = places[i % places.size()]},
                                                           &life)))
                        return;
                }
            });
        }
        while (spawned.count() < round)
            QThread::yieldCurrentThread();
        std::atomic<int> answer{-1};
        std::thread other;
        if (isMain) {
            answer = system.shutdown(20s);
        } else {
            other = std::thread([&] { answer = system.shutdown(20s); });
            waitUntil([&] { return answer >= 0; }); // the actors of this thread need it
            other.join();
        }
        for (std::thread &thread : threads)
            thread.join();
        QCOMPARE(answer.load(), 1);
        QCOMPARE(system.actorCount(), 0);
        QVERIFY(!spawned.isAnyRunning());
        const Ends gone = spawned.gone();
        for (const QFuture<StopReason> &end : gone)
            QVERIFY(end.isFinished());
        QVERIFY(refusedOf(gone) >= 3); // each thread's last
        QCOMPARE(refusals.count(), refusedOf(gone));
        VERIFY_BALANCED(life);
    }
}

void tst_Races::spawnOfChildrenAgainstShutdown_data()
{
    QTest::addColumn<bool>("isInOneGo");
    QTest::newRow("in one handler") << true;
    QTest::newRow("in a handler each") << false;
}

void tst_Races::spawnOfChildrenAgainstShutdown()
{
    QFETCH(bool, isInOneGo);
    for (int round = 0; round < Rounds; ++round) {
        const Refusals refusals;
        Life life;
        Spawned spawned;
        ActorSystem system({.threads = 2});
        std::vector<ActorRef<Spawner>> spawners;
        for (const Placement &on : {Actorio::pool(), Actorio::dedicatedThread()}) {
            spawners.push_back(system.spawn<Spawner>({.on = on}, &life, &spawned));
            spawners.back().tell(SpawnOn{{&Actorio::pool, &Actorio::sameThread,
                                          &Actorio::mainThread, &Actorio::dedicatedThread},
                                         isInOneGo});
        }
        while (spawned.count() <= round)
            QThread::yieldCurrentThread();
        QVERIFY(system.shutdown(20s));
        QCOMPARE(system.actorCount(), 0);
        QVERIFY(!spawned.isAnyRunning());
        const Ends gone = spawned.gone();
        for (const QFuture<StopReason> &end : gone)
            QVERIFY(end.isFinished());
        QVERIFY(refusedOf(gone) >= 0);
        QVERIFY(refusals.count() <= refusedOf(gone)); // their parents do not hear while they end
        QVERIFY(areStopped(ends(spawners)));
        VERIFY_BALANCED(life);
    }
}

void tst_Races::spawnInAThreadThatEnds_data()
{
    QTest::addColumn<bool>("hasOwner");
    QTest::newRow("no owner") << false;
    QTest::newRow("owner in that thread") << true;
}

void tst_Races::spawnInAThreadThatEnds()
{
    QFETCH(bool, hasOwner);
    for (int round = 0; round < Rounds; ++round) {
        const Refusals refusals;
        Life life;
        Spawned spawned;
        ActorSystem system({.threads = 1});
        bool isEnded = false;
        {
            BusyThread thread([&](QObject *object) {
                // The one after the event loop ends with the thread, or has no place to live in.
                spawned.add(system.spawn<Visitor>(
                        {.owner = hasOwner ? object : nullptr, .on = Actorio::sameThread()},
                        &life));
            });
            while (spawned.count() < round % 10)
                QThread::yieldCurrentThread();
            isEnded = thread.end();
        }
        QVERIFY(isEnded);
        const Ends gone = spawned.gone();
        for (const QFuture<StopReason> &end : gone)
            QVERIFY(end.isFinished());
        QVERIFY(refusedOf(gone) >= 0);
        QCOMPARE(refusals.count(), refusedOf(gone));
        QCOMPARE(system.actorCount(), 0);
        VERIFY_BALANCED(life);
        QVERIFY(system.shutdown());
    }
}

void tst_Races::spawnOnAThreadThatEnds_data()
{
    QTest::addColumn<bool>("isActor");
    QTest::newRow("from other threads") << false;
    QTest::newRow("from actors elsewhere") << true;
}

void tst_Races::spawnOnAThreadThatEnds()
{
    QFETCH(bool, isActor);
    for (int round = 0; round < Rounds; ++round) {
        const Refusals refusals;
        Life life;
        Spawned spawned;
        ActorSystem system({.threads = 2});
        std::vector<std::thread> threads;
        std::vector<ActorRef<Spawner>> spawners;
        bool isEnded = false;
        {
            UserThread thread;
            const Placement there = Actorio::onThread(&thread);
            for (int i = 0; i < 2; ++i) {
                if (isActor) {
                    spawners.push_back(system.spawn<Spawner>(&life, &spawned));
                    spawners.back().tell(SpawnOn{{[there] { return there; }}, true});
                } else {
                    threads.emplace_back([&] {
                        while (spawned.add(system.spawn<Visitor>({.on = there}, &life))) { }
                    });
                }
            }
            while (spawned.count() < round)
                QThread::yieldCurrentThread();
            isEnded = thread.end();
            for (std::thread &spawner : threads)
                spawner.join();
            // They are at it until they are refused, and only then take this.
            for (const ActorRef<Spawner> &spawner : spawners)
                spawner.drain();
            QVERIFY(areStopped(ends(spawners)));
        }
        QVERIFY(isEnded);
        const int refused = refusedOf(spawned.gone(), true); // once they all have ended
        QCOMPARE(refused, 2);
        QCOMPARE(refusals.count(), isActor ? 0 : refused);
        QVERIFY(!spawned.isAnyRunning());
        QTRY_COMPARE(system.actorCount(), 0);
        VERIFY_BALANCED(life);
        QVERIFY(system.shutdown());
    }
}

void tst_Races::spawnOfChildrenInAThreadThatEnds()
{
    for (int round = 0; round < Rounds; ++round) {
        const Refusals refusals;
        Life life;
        Spawned spawned;
        ActorSystem system({.threads = 2});
        QFuture<StopReason> gone;
        bool isEnded = false;
        {
            UserThread thread;
            const auto spawner =
                    system.spawn<Spawner>({.on = Actorio::onThread(&thread)}, &life, &spawned);
            gone = spawner.terminated();
            spawner.tell(SpawnOn{{&Actorio::sameThread, &Actorio::pool}, false});
            while (spawned.count() <= round)
                QThread::yieldCurrentThread();
            isEnded = thread.end();
        }
        QVERIFY(isEnded);
        QVERIFY(gone.isFinished());
        // A thread that ends has little patience, when there are many.
        QVERIFY(!gone.result().isFailure());
        const int refused = refusedOf(spawned.gone(), true);
        QVERIFY(refused >= 0);
        QVERIFY(refusals.count() <= refused);
        QCOMPARE(system.actorCount(), 0);
        VERIFY_BALANCED(life);
        QVERIFY(system.shutdown());
    }
}

void tst_Races::aThreadThatEndsWaitsForNoChildInTheThreadThatWaitsForIt()
{
    Life life;
    Spawned spawned;
    ActorSystem system({.threads = 1});
    QFuture<StopReason> gone;
    {
        UserThread thread;
        const auto spawner =
                system.spawn<Spawner>({.on = Actorio::onThread(&thread)}, &life, &spawned);
        gone = spawner.terminated();
        spawner.ask(SpawnOne{Actorio::mainThread()}).waitForFinished();
        QTRY_COMPARE(life.setUps, 1);
        QVERIFY(thread.end()); // and this thread's event loop does not turn meanwhile
    }
    QVERIFY(gone.isFinished());
    QCOMPARE(gone.result().kind(), StopReason::Stopped);
    QTRY_VERIFY(!spawned.isAnyRunning());
    QCOMPARE(system.actorCount(), 0);
    VERIFY_BALANCED(life);
    QVERIFY(system.shutdown());
}

QTEST_GUILESS_MAIN(tst_Races)
#include "tst_races.moc"
