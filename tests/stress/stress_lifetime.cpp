// SPDX-License-Identifier: MIT
#include "stress.h"

#include <Actorio/Actorio>

#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

#include <array>
#include <memory>
#include <mutex>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Actorio::ActorRef;

namespace {

constexpr int Senders = 4;

struct Numbered
{
    int sender;
    quint64 number;
};
struct Leave
{
};

// What becomes of the messages to one actor.
struct Account
{
    std::atomic<int> accepted{0};
    std::atomic<int> handled{0};
    std::atomic<bool> isOutOfOrder{false};
    std::atomic<bool> isLate{false}; // something ran after tearDown()
};

} // namespace

class Target : public Actorio::Actor
{
    Q_OBJECT
public:
    explicit Target(std::shared_ptr<Account> account) : m_account(std::move(account))
    {
        s_count.fetch_add(1);
    }
    ~Target() override { s_count.fetch_sub(1); }

    static inline std::atomic<int> s_count{0};

public Q_SLOTS:
    void receive(const Numbered &message)
    {
        m_account->handled.fetch_add(1);
        quint64 &last = m_last[static_cast<std::size_t>(message.sender)];
        if (message.number <= last)
            m_account->isOutOfOrder = true;
        if (m_isTornDown)
            m_account->isLate = true;
        last = message.number;
    }
    void receive(const Leave &)
    {
        m_account->handled.fetch_add(1);
        stop();
    }

protected:
    void tearDown(const Actorio::StopReason &) override { m_isTornDown = true; }

private:
    const std::shared_ptr<Account> m_account;
    std::array<quint64, Senders> m_last{};
    bool m_isTornDown = false;
};

// Promises 2, 3 and 7: threads that send to an actor which is made and ended under their hands.
class StressLifetime : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(u"actorio.deadletters=false"_s); }
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }
    void whatIsSentIsHandledOrDeadOrRefused();
};

void StressLifetime::whatIsSentIsHandledOrDeadOrRefused()
{
    const Stress::DelayPoints delayPoints;
    Stress::Random random;
    Actorio::ActorSystem system({.threads = 2, .name = u"stress"_s});
    std::atomic<quint64> heard{0};
    connect(
            &system, &Actorio::ActorSystem::deadLetter, this, [&] { heard.fetch_add(1); },
            Qt::DirectConnection);

    struct Life
    {
        ActorRef<Target> actor;
        std::shared_ptr<Account> account;
        bool isOwned = false;
    };
    std::mutex mutex;
    Life current;
    std::atomic<bool> isOver{false};
    std::atomic<quint64> sent{0};
    std::atomic<quint64> accepted{0};
    std::atomic<quint64> refused{0};
    const auto tell = [&](const auto &actor, const auto &message, Account &account) {
        sent.fetch_add(1);
        if (actor.tell(message)) {
            accepted.fetch_add(1);
            account.accepted.fetch_add(1);
        } else {
            refused.fetch_add(1);
        }
    };

    {
        const auto account = std::make_shared<Account>();
        current = {system.spawn<Target>(account), account};
    }
    std::vector<std::shared_ptr<Account>> accounts{current.account};
    std::vector<std::shared_ptr<Account>> drained; // nothing but drained

    Stress::Threads senders;
    for (int sender = 0; sender < Senders; ++sender) {
        senders.start([&, sender] {
            Stress::Random chance;
            quint64 number = 0;
            while (!isOver.load()) {
                Life life;
                {
                    const std::lock_guard lock(mutex);
                    life = current;
                }
                const ActorRef<> untyped = life.actor;
                for (int burst = chance(8); burst >= 0; --burst) {
                    const Numbered message{sender, ++number};
                    if (burst % 2 != 0)
                        tell(untyped, message, *life.account);
                    else
                        tell(life.actor, message, *life.account);
                }
                QThread::yieldCurrentThread();
            }
        });
    }

    Stress::Threads enders;
    for (int i = Stress::count(100'000); i > 0; --i) {
        auto owner = random(4) == 0 ? std::make_unique<QObject>() : nullptr;
        Life next{{}, std::make_shared<Account>(), owner != nullptr};
        const int place = random(1'000);
        const auto where = place == 0 ? Actorio::dedicatedThread()
                : place < 200         ? Actorio::mainThread()
                : place < 300         ? Actorio::sameThread()
                                      : Actorio::pool();
        next.actor = system.spawn<Target>({.owner = owner.get(), .on = where}, next.account);
        Life last = next;
        {
            const std::lock_guard lock(mutex);
            std::swap(last, current);
        }
        for (int turns = random(4); turns > 0; --turns)
            QCoreApplication::processEvents();
        switch (random(6)) {
        case 0:
            last.actor.stop();
            break;
        case 1:
            last.actor.kill();
            break;
        case 2:
            tell(last.actor, Leave(), *last.account);
            last.actor.drain();
            break;
        case 3:
            // From two threads at once.
            enders.join();
            enders.start([actor = last.actor] { actor.kill(); });
            last.actor.stop();
            break;
        default:
            last.actor.drain();
            if (!last.isOwned)
                drained.push_back(last.account);
            break;
        }
        accounts.push_back(next.account);
        owner.reset(); // which ends the actor that the senders have found a moment ago
        QVERIFY(Stress::processUntil([&] { return system.actorCount() <= 64; }));
    }
    enders.join();
    isOver = true;
    senders.join();
    current.actor.drain();
    QVERIFY(Stress::processUntil([&] { return system.actorCount() == 0; }));
    QVERIFY(system.shutdown(60s));
    QCOMPARE(Target::s_count.load(), 0);

    quint64 handled = 0;
    for (const auto &account : accounts) {
        handled += static_cast<quint64>(account->handled.load());
        QVERIFY(!account->isOutOfOrder);
        QVERIFY(!account->isLate);
        QVERIFY(account->handled <= account->accepted);
    }
    for (const auto &account : drained)
        QCOMPARE(account->handled.load(), account->accepted.load());
    qInfo() << "sent" << sent << "handled" << handled << "dead letters" << system.deadLetterCount()
            << "refused" << refused;
    QCOMPARE(accepted + refused, sent.load());
    QCOMPARE(heard.load(), system.deadLetterCount());
    QCOMPARE(handled + system.deadLetterCount(), accepted.load());
    QVERIFY(handled > 0);
    QVERIFY(system.deadLetterCount() > 0);
    QVERIFY(refused > 0);
}

QTEST_GUILESS_MAIN(StressLifetime)
#include "stress_lifetime.moc"
