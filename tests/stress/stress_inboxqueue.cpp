// SPDX-License-Identifier: MIT
#include "stress.h"

#include "kernel/cell_p.h"
#include "kernel/inboxqueue_p.h"

#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

#include <array>
#include <vector>

using namespace Actorio::Detail;
using namespace Qt::StringLiterals;

namespace {

constexpr int Producers = 4;

class Numbered final : public Entry
{
public:
    Numbered(int sender, int value) : Entry(Kind::Tell), producer(sender), number(value) { }
    void dispose() noexcept override { delete this; }
    const int producer;
    const int number;
};

Batch oldestFirst(Entry *newest)
{
    Batch batch;
    while (newest)
        batch.prepend(std::exchange(newest, newest->next));
    return batch;
}

// Runs the queue as a cell does: a semaphore-like flag is the ready list, whose consumer is one thread at a time.
struct Life
{
    InboxQueue queue;
    std::atomic<bool> isScheduled{true}; // a new cell is
    std::atomic<bool> isScheduledTwice{false};

    void schedule()
    {
        if (isScheduled.exchange(true))
            isScheduledTwice = true;
    }
};

} // namespace

// The inbox of a cell alone: many threads push, one takes, and the phase rises in between.
class StressInboxQueue : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }
    void nothingIsLostOrDoubledAndEachProducerKeepsItsOrder();
};

void StressInboxQueue::nothingIsLostOrDoubledAndEachProducerKeepsItsOrder()
{
    const Stress::DelayPoints delayPoints;
    Stress::Random random;
    for (int round = Stress::count(5'000); round > 0; --round) {
        Life life;
        std::array<int, Producers> accepted{};
        std::atomic<int> refusedLater{0};
        Stress::Threads threads;
        for (int producer = 0; producer < Producers; ++producer) {
            threads.start([&, producer] {
                for (int number = 0; number < 200; ++number) {
                    auto *const entry = new Numbered(producer, number);
                    const auto pushed = life.queue.push(entry, InboxQueue::Draining);
                    if (pushed == InboxQueue::Pushed::Refused) {
                        entry->dispose();
                        // A refusal is for ever.
                        auto *const another = new Numbered(producer, number);
                        if (life.queue.push(another, InboxQueue::Draining)
                            == InboxQueue::Pushed::Refused)
                            another->dispose();
                        else
                            refusedLater.fetch_add(1);
                        return;
                    }
                    ++accepted[static_cast<std::size_t>(producer)];
                    if (pushed == InboxQueue::Pushed::MustSchedule)
                        life.schedule();
                }
            });
        }

        // All entries that came out, by take() in this thread or by raise() in the other.
        std::array<int, Producers> taken{};
        std::array<int, Producers> removed{};
        std::array<int, Producers> firstRemoved;
        firstRemoved.fill(-1);
        bool isOrdered = true;
        std::atomic<bool> isRaised{false};
        const InboxQueue::Phase last = random(2) ? InboxQueue::Stopping : InboxQueue::Killed;
        const bool drainsFirst = random(2) != 0;
        const int patience = random(2'000);
        threads.start([&] {
            std::atomic<int> spins{0};
            while (spins.fetch_add(1, std::memory_order_relaxed) < patience) { }
            const auto raise = [&](InboxQueue::Phase phase) {
                const InboxQueue::Raised raised = life.queue.raise(phase);
                int previous[Producers] = {-1, -1, -1, -1};
                for (Batch batch = oldestFirst(phase == last ? life.queue.take() : nullptr);
                     !batch.isEmpty();) {
                    auto *const numbered = static_cast<Numbered *>(batch.takeFirst());
                    const auto producer = static_cast<std::size_t>(numbered->producer);
                    if (previous[producer] >= numbered->number)
                        isOrdered = false;
                    if (previous[producer] == -1)
                        firstRemoved[producer] = numbered->number;
                    previous[producer] = numbered->number;
                    ++removed[producer];
                    numbered->dispose();
                }
                if (raised.mustSchedule)
                    life.schedule();
            };
            if (drainsFirst)
                raise(InboxQueue::Draining);
            raise(last);
            isRaised.store(true);
        });

        std::array<int, Producers> lastTaken;
        lastTaken.fill(-1);
        bool isTakenInOrder = true;
        for (InboxQueue::Phase seen = InboxQueue::Open;;) {
            if (!life.isScheduled.load()) {
                QThread::yieldCurrentThread();
                continue;
            }
            seen = life.queue.phase();
            for (Batch batch = oldestFirst(life.queue.take()); !batch.isEmpty();) {
                auto *const numbered = static_cast<Numbered *>(batch.takeFirst());
                const auto producer = static_cast<std::size_t>(numbered->producer);
                if (numbered->number != lastTaken[producer] + 1)
                    isTakenInOrder = false;
                lastTaken[producer] = numbered->number;
                ++taken[producer];
                numbered->dispose();
            }
            if (seen == last)
                break;
            life.isScheduled.store(false);
            if (!life.queue.goIdle(seen))
                life.isScheduled.store(true);
        }
        threads.join();

        QVERIFY(isRaised);
        QVERIFY(isOrdered);
        QVERIFY(isTakenInOrder);
        QVERIFY(!life.isScheduledTwice);
        QCOMPARE(refusedLater.load(), 0);
        QVERIFY(!life.queue.hasEntries());
        for (std::size_t producer = 0; producer < Producers; ++producer) {
            QCOMPARE(taken[producer] + removed[producer], accepted[producer]);
            if (removed[producer] > 0)
                QCOMPARE(firstRemoved[producer], taken[producer]);
        }
    }
}

QTEST_GUILESS_MAIN(StressInboxQueue)
#include "stress_inboxqueue.moc"
