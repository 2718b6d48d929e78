// SPDX-License-Identifier: MIT
#include "stress.h"

#include <Actorio/Actorio>

#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

#include <array>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;

class Server;

namespace {

constexpr int AskerThreads = 4;
constexpr int ServerCount = 8;

// Questions whose answer is their number, and the ways to it. `hops`: how often it is passed on before.
struct Direct
{
    int number;
};
struct Awaited
{
    int number;
    int hops;
};
struct HandedOn
{
    int number;
    int hops;
};
struct Promised
{
    int number;
};
struct RepliedTwice
{
    int number;
};

// To an actor that asks.
struct AskAway
{
    int count;
};

// Which end an ask has come to.
enum Outcome { Value, Failure, Timeout, Stopped, Broken, Deadlock, Cancelled, Wrong, OutcomeCount };
using Tally = std::array<std::atomic<int>, OutcomeCount>;

// Inside a catch block: the outcome that the exception stands for.
Outcome outcomeOfException()
{
    try {
        throw;
    } catch (const Actorio::Timeout &) {
        return Timeout;
    } catch (const Actorio::ActorStopped &) {
        return Stopped;
    } catch (const Actorio::BrokenPromise &) {
        return Broken;
    } catch (const Actorio::WouldDeadlock &) {
        return Deadlock;
    } catch (const Actorio::Cancelled &) {
        return Cancelled;
    } catch (const std::runtime_error &) {
        return Failure;
    } catch (...) {
        return Wrong;
    }
}

// The servers, which come and go, and the promises that they leave to somebody else.
class World
{
public:
    ActorRef<Server> server(int index) const;
    ActorRef<Server> replace(int index, ActorRef<Server> next);
    void keep(Actorio::ReplyPromise<int> promise, int number)
    {
        const std::lock_guard lock(m_mutex);
        m_promises.emplace_back(std::move(promise), number);
    }
    // Answers, fails or drops one. False: there is none.
    bool settleOne(Stress::Random &random)
    {
        std::pair<Actorio::ReplyPromise<int>, int> kept;
        {
            const std::lock_guard lock(m_mutex);
            if (m_promises.empty())
                return false;
            kept = std::move(m_promises.front());
            m_promises.pop_front();
        }
        switch (random(4)) {
        case 0:
            kept.first.fail(std::make_exception_ptr(std::runtime_error("the promise fails")));
            break;
        case 1: // dropped
            break;
        default:
            kept.first.reply(kept.second);
            break;
        }
        return true;
    }

private:
    mutable std::mutex m_mutex;
    std::array<ActorRef<Server>, ServerCount> m_servers;
    std::deque<std::pair<Actorio::ReplyPromise<int>, int>> m_promises;
};

std::chrono::milliseconds anyTimeout(Stress::Random &random)
{
    static constexpr std::chrono::milliseconds timeouts[] = {0ms, 1ms, 3ms, 1h};
    const int choice = random(8);
    return choice < 4 ? timeouts[choice] : Actorio::Detail::NoTimeout;
}

} // namespace

class Server : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Server(World *world) : m_world(*world) { }

public Q_SLOTS:
    int receive(const Direct &question) { return question.number; }
    QFuture<int> receive(Awaited question)
    {
        if (question.hops == 0)
            co_return co_await any().ask(Promised{question.number});
        co_return co_await any().ask(Awaited{question.number, question.hops - 1},
                                     anyTimeout(m_random));
    }
    Actorio::Delegated<int> receive(const HandedOn &question)
    {
        if (question.hops > 0)
            return delegate(any(), HandedOn{question.number, question.hops - 1});
        replyPromise<int>().reply(question.number);
        return {};
    }
    Actorio::Delegated<int> receive(const Promised &question)
    {
        m_world.keep(replyPromise<int>(), question.number);
        return {};
    }
    void receive(const RepliedTwice &question)
    {
        reply(question.number);
        reply(question.number + 1);
    }

private:
    ActorRef<Server> any() { return m_world.server(m_random(ServerCount)); }

    World &m_world;
    Stress::Random m_random;
};

ActorRef<Server> World::server(int index) const
{
    const std::lock_guard lock(m_mutex);
    return m_servers[static_cast<std::size_t>(index)];
}

ActorRef<Server> World::replace(int index, ActorRef<Server> next)
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_servers[static_cast<std::size_t>(index)], std::move(next));
}

namespace {

Actorio::Ask<int> askAnything(World &world, Stress::Random &random, int number)
{
    ActorRef<Server> server = world.server(random(ServerCount));
    // Mostly of those that run: the others are too quick.
    for (int tries = 64; !server.isRunning() && tries > 0; --tries) {
        QThread::yieldCurrentThread();
        server = world.server(random(ServerCount));
    }
    const auto timeout = anyTimeout(random);
    switch (random(5)) {
    case 0:
        return server.ask(Awaited{number, random(3)}, timeout);
    case 1:
        return server.ask(HandedOn{number, random(4)}, timeout);
    case 2:
        return server.ask(Promised{number}, timeout);
    case 3:
        return server.ask<int>(RepliedTwice{number}, timeout);
    default:
        return ActorRef<>(server).ask<int>(Direct{number}, timeout);
    }
}

Outcome outcomeOf(const QFuture<int> &future, int expected)
{
    try {
        QFuture<int> waiting = future;
        waiting.waitForFinished();
    } catch (...) {
        return outcomeOfException();
    }
    if (future.resultCount() == 0)
        return Cancelled;
    return future.resultCount() == 1 && future.resultAt(0) == expected ? Value : Wrong;
}

} // namespace

class Asker : public Actorio::Actor
{
    Q_OBJECT
public:
    Asker(World *world, Tally *tally) : m_world(*world), m_tally(*tally) { }

public Q_SLOTS:
    QFuture<int> receive(AskAway order)
    {
        for (int number = 0; number < order.count; ++number) {
            Outcome outcome = Wrong;
            try {
                const int answer = co_await askAnything(m_world, m_random, number);
                outcome = answer == number ? Value : Wrong;
            } catch (...) {
                outcome = outcomeOfException();
            }
            m_tally[outcome].fetch_add(1);
        }
        co_return order.count;
    }

private:
    World &m_world;
    Tally &m_tally;
    Stress::Random m_random;
};

// Promise 4: no ask is left hanging, whatever becomes of the actors that it is passed between.
class StressAsks : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    { // Servers fail when what they await does, and nobody is there to hear of it.
        QLoggingCategory::setFilterRules(
                u"actorio.deadletters=false\nactorio.core.warning=false"_s);
    }
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }
    void everyAskSettlesOnce();
};

void StressAsks::everyAskSettlesOnce()
{
    const Stress::DelayPoints delayPoints;
    Stress::Random random;
    Actorio::ActorSystem system({.threads = 3, .name = u"stress"_s});
    World world;
    for (int i = 0; i < ServerCount; ++i)
        world.replace(i, system.spawn<Server>(&world));
    Tally tally{};
    const int each = Stress::count(100'000);

    Stress::Threads askers;
    std::atomic<int> asking{AskerThreads};
    for (int i = 0; i < AskerThreads; ++i) {
        askers.start([&] {
            Stress::Random chance;
            for (int number = 0; number < each;) {
                std::vector<std::pair<int, QFuture<int>>> open;
                for (int burst = std::min(1 + chance(32), each - number); burst > 0; --burst) {
                    Actorio::Ask<int> ask = askAnything(world, chance, number);
                    const int fate = chance(8);
                    if (fate == 0)
                        ask.cancel();
                    QFuture<int> future = ask.future();
                    if (fate == 1)
                        future.cancel();
                    open.emplace_back(number++, std::move(future));
                }
                for (const auto &[expected, future] : open)
                    tally[outcomeOf(future, expected)].fetch_add(1);
            }
            asking.fetch_sub(1);
        });
    }
    // Actors that ask; every so often one is killed over it.
    const ActorRef<Asker> asker = system.spawn<Asker>(&world, &tally);
    const QFuture<int> asked = asker.ask(AskAway{each});
    Tally unfinished{};
    ActorRef<Asker> doomed = system.spawn<Asker>(&world, &unfinished);
    doomed.tell(AskAway{each});

    Stress::Threads settlers;
    std::atomic<bool> isOver{false};
    settlers.start([&] {
        Stress::Random chance;
        while (!isOver.load() || asking.load() > 0) {
            if (!world.settleOne(chance))
                QThread::yieldCurrentThread();
        }
    });

    while (asking.load() > 0 || !asked.isFinished()) {
        for (int i = 0; i < ServerCount; ++i) {
            const bool ends = random(64) == 0;
            if (!ends && world.server(i).isRunning())
                continue;
            const auto place = random(4) == 0 ? Actorio::mainThread() : Actorio::pool();
            const ActorRef<Server> old =
                    world.replace(i, system.spawn<Server>({.on = place}, &world));
            switch (random(3)) {
            case 0:
                old.stop();
                break;
            case 1:
                old.drain();
                break;
            default:
                old.kill();
                break;
            }
        }
        if (random(16) == 0) {
            doomed.kill();
            doomed = system.spawn<Asker>(&world, &unfinished);
            doomed.tell(AskAway{each});
        }
        for (int turns = random(64); turns > 0; --turns) {
            QCoreApplication::processEvents();
            QThread::yieldCurrentThread();
        }
        Stress::processUntil([&] { return system.actorCount() <= 200; });
    }
    askers.join();
    doomed.kill();
    isOver = true;
    settlers.join();
    while (world.settleOne(random)) { }
    QVERIFY(system.shutdown(60s));

    qInfo() << "values" << tally[Value] << "failures" << tally[Failure] << "timeouts"
            << tally[Timeout] << "stopped" << tally[Stopped] << "broken" << tally[Broken]
            << "deadlocks" << tally[Deadlock] << "cancelled" << tally[Cancelled];
    QCOMPARE(tally[Wrong].load(), 0);
    QCOMPARE(unfinished[Wrong].load(), 0);
    int sum = 0;
    for (const std::atomic<int> &count : tally)
        sum += count.load();
    QCOMPARE(sum, (AskerThreads + 1) * each);
    for (const Outcome outcome : {Value, Failure, Timeout, Stopped, Broken, Cancelled})
        QVERIFY2(tally[outcome] > 0, qPrintable(QString::number(outcome)));
}

QTEST_GUILESS_MAIN(StressAsks)
#include "stress_asks.moc"
