// SPDX-License-Identifier: MIT
#include "stress.h"

#include <Actorio/Actorio>

#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

#include <chrono>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;

namespace {

struct Ball
{
    int rounds;
};

// Passes on what it gets, in its own time: now while the other one spins, now as that one gives up, now when it sleeps.
class Player : public Actorio::Actor
{
    Q_OBJECT
public Q_SLOTS:
    void receive(const ActorRef<Player> &other) { m_other = other; }
    void receive(const Ball &ball)
    {
        const auto until = std::chrono::steady_clock::now() + 1us * m_random(60);
        while (std::chrono::steady_clock::now() < until) { }
        if (ball.rounds > 0)
            m_other.tell(Ball{ball.rounds - 1}, currentSender());
        else
            reply(ball);
    }
    int receive(int number) { return number; }

private:
    ActorRef<Player> m_other;
    Stress::Random m_random;
};

} // namespace

// A wake-up that gets lost leaves a message in the inbox of a thread that sleeps.
class StressWakeups : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void betweenTwoThreads();
    void ofAThreadThatBlocks();
};

void StressWakeups::betweenTwoThreads()
{
    const Stress::DelayPoints delays;
    Actorio::ActorSystem system({.threads = 2});
    const auto one = system.spawn<Player>();
    const auto other = system.spawn<Player>();
    one.tell(other);
    other.tell(one);
    for (int game = Stress::count(500); game > 0; --game) {
        Actorio::Inbox end;
        one.tell(Ball{400}, end.ref());
        QVERIFY(end.waitFor<Ball>(30s));
    }
    QVERIFY(system.shutdown());
}

void StressWakeups::ofAThreadThatBlocks()
{
    const Stress::DelayPoints delays;
    Actorio::ActorSystem system({.threads = 1});
    const auto player = system.spawn<Player>();
    for (int i = Stress::count(200'000); i > 0; --i)
        QCOMPARE(player.ask(i, 30s).result(), i);
    QVERIFY(system.shutdown());
}

QTEST_GUILESS_MAIN(StressWakeups)
#include "stress_wakeups.moc"
