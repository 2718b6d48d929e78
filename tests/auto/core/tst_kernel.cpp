// SPDX-License-Identifier: MIT
// The private kernel below the actors: what an inbox promises its cell, and how a drain is cut into slices.
#include "kernel/cell_p.h"
#include "kernel/inboxqueue_p.h"
#include "kernel/slice_p.h"

#include <QtTest/QTest>

#include <atomic>
#include <deque>
#include <thread>
#include <vector>

using namespace Qt::StringLiterals;
using namespace Actorio::Detail;
using Pushed = InboxQueue::Pushed;

namespace {

struct Item final : Entry
{
    explicit Item(int itsNumber = 0, int itsSender = 0, Kind kind = Kind::Tell)
        : Entry(kind), number(itsNumber), sender(itsSender)
    {
    }
    void dispose() noexcept override { }
    const int number;
    const int sender;
};

// Of a chain, newest first.
QList<int> numbers(const Entry *entry)
{
    QList<int> list;
    for (; entry; entry = entry->next)
        list.append(static_cast<const Item *>(entry)->number);
    return list;
}

void beSlow()
{
    const Slice::Steady::time_point until = Slice::Steady::now() + Slice::Length / 8;
    while (Slice::Steady::now() < until) { }
}

// A cell that looks at entries slowly, and ends when it is told to drain and has nothing left.
class SlowCell final : public Cell
{
public:
    explicit SlowCell(const Ref<Dispatcher> &dispatcher) : Cell(dispatcher) { ref(); }
    QString name() const override { return u"slow"_s; }

    QList<int> absorbed;
    int discarded = 0;
    int advances = 0;
    bool hasFinished = false;

protected:
    void absorb(Entry *entry, bool) override
    {
        const int number = static_cast<const Item *>(entry)->number;
        absorbed.append(number);
        if (number % StepSize == 0)
            beSlow();
    }
    Step advance(InboxQueue::Phase phase) override
    {
        ++advances;
        while (!m_batch.isEmpty())
            absorb(m_batch.takeFirst(), false);
        hasFinished = phase == InboxQueue::Draining;
        return hasFinished ? Step::Finished : Step::NothingToDo;
    }
    void discard(Entry *) noexcept override { ++discarded; }
};

// One that a dispatcher of this thread runs.
Ref<SlowCell> slowCell()
{
    const Ref<Dispatcher> dispatcher(new Dispatcher(
            QThread::currentThread(), Dispatcher::Kind::Shared, Actorio::Clock::steady()));
    return Ref<SlowCell>(new SlowCell(dispatcher));
}

} // namespace

class tst_Kernel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void aNewInboxIsScheduledByItsMaker();
    void entriesAreTakenAllAtOnceAndNewestFirst();
    void theFirstPushToAnIdleInboxSchedulesAndNoOther();
    void anInboxWithNewsCannotGoIdle();
    void eachPhaseRefusesWhatItShould_data();
    void eachPhaseRefusesWhatItShould();
    void aPhaseIsNeverLeftForAnEarlierOne();
    void drainingKeepsWhatIsQueued();
    void stoppingLeavesWhatIsQueuedToBeDiscarded();
    void raisingSchedulesAnIdleInboxOnce();
    void closingInOneStepLosesNothing();
    void oneSchedulesAtATime();
    void aFloodIsTakenInOverManySlices();
    void whatIsAcceptedWhileAFloodIsTakenInIsDrained();

    void aSliceOfSlowMessagesEndsAtTheFirstReadAfterItsLength();
    void aSliceOfQuickMessagesReadsTheClockSeldom();
    void slowMessagesAfterQuickOnesDoNotStretchASlice();
    void aSliceIsOverForGood();
};

void tst_Kernel::aNewInboxIsScheduledByItsMaker()
{
    InboxQueue inbox;
    Item item;
    QCOMPARE(inbox.push(&item, InboxQueue::Draining), Pushed::Queued);
}

void tst_Kernel::entriesAreTakenAllAtOnceAndNewestFirst()
{
    InboxQueue inbox;
    QVERIFY(!inbox.hasEntries());
    QVERIFY(!inbox.take());
    Item items[] = {Item(1), Item(2), Item(3)};
    for (Item &item : items)
        QCOMPARE(inbox.push(&item, InboxQueue::Draining), Pushed::Queued);
    QVERIFY(inbox.hasEntries());
    QCOMPARE(numbers(inbox.take()), (QList<int>{3, 2, 1}));
    QVERIFY(!inbox.hasEntries());
    QVERIFY(!inbox.take());
}

void tst_Kernel::theFirstPushToAnIdleInboxSchedulesAndNoOther()
{
    InboxQueue inbox;
    QVERIFY(inbox.goIdle(InboxQueue::Open));
    Item items[] = {Item(1), Item(2), Item(3)};
    QCOMPARE(inbox.push(&items[0], InboxQueue::Draining), Pushed::MustSchedule);
    QCOMPARE(inbox.push(&items[1], InboxQueue::Draining), Pushed::Queued);
    QCOMPARE(numbers(inbox.take()), (QList<int>{2, 1}));
    // It was taken empty, but the cell still runs.
    QCOMPARE(inbox.push(&items[2], InboxQueue::Draining), Pushed::Queued);
}

void tst_Kernel::anInboxWithNewsCannotGoIdle()
{
    InboxQueue inbox;
    Item item;
    QCOMPARE(inbox.push(&item, InboxQueue::Draining), Pushed::Queued);
    QVERIFY(!inbox.goIdle(InboxQueue::Open));
    inbox.take();
    QVERIFY(inbox.raise(InboxQueue::Stopping).isNews);
    QVERIFY(!inbox.goIdle(InboxQueue::Open)); // the cell has not seen that it stops
    QVERIFY(inbox.goIdle(InboxQueue::Stopping));
}

void tst_Kernel::eachPhaseRefusesWhatItShould_data()
{
    QTest::addColumn<int>("phase");
    QTest::addColumn<bool>("takesMessages");
    QTest::addColumn<bool>("takesSystemEntries");
    QTest::newRow("open") << int(InboxQueue::Open) << true << true;
    QTest::newRow("draining") << int(InboxQueue::Draining) << false << true;
    QTest::newRow("stopping") << int(InboxQueue::Stopping) << false << true;
    QTest::newRow("killed") << int(InboxQueue::Killed) << false << true;
    QTest::newRow("dead") << int(InboxQueue::Dead) << false << false;
}

void tst_Kernel::eachPhaseRefusesWhatItShould()
{
    QFETCH(int, phase);
    QFETCH(bool, takesMessages);
    QFETCH(bool, takesSystemEntries);
    InboxQueue inbox;
    const auto raised = static_cast<InboxQueue::Phase>(phase);
    QCOMPARE(inbox.raise(raised).isNews, phase != InboxQueue::Open);
    QCOMPARE(inbox.phase(), raised);
    Item message;
    Item system;
    QCOMPARE(inbox.push(&message, InboxQueue::Draining) != Pushed::Refused, takesMessages);
    QCOMPARE(inbox.push(&system, InboxQueue::Dead) != Pushed::Refused, takesSystemEntries);
    QCOMPARE(numbers(inbox.take()).size(), int(takesMessages) + int(takesSystemEntries));
    QCOMPARE(inbox.phase(), raised); // taking does not touch it
}

void tst_Kernel::aPhaseIsNeverLeftForAnEarlierOne()
{
    InboxQueue inbox;
    QVERIFY(inbox.raise(InboxQueue::Killed).isNews);
    for (const auto phase : {InboxQueue::Draining, InboxQueue::Stopping, InboxQueue::Killed})
        QVERIFY(!inbox.raise(phase).isNews);
    QCOMPARE(inbox.phase(), InboxQueue::Killed);
    QVERIFY(inbox.raise(InboxQueue::Dead).isNews);
    QCOMPARE(inbox.phase(), InboxQueue::Dead);
}

void tst_Kernel::drainingKeepsWhatIsQueued()
{
    InboxQueue inbox;
    Item items[] = {Item(1), Item(2)};
    for (Item &item : items)
        inbox.push(&item, InboxQueue::Draining);
    const InboxQueue::Raised raised = inbox.raise(InboxQueue::Draining);
    QVERIFY(raised.isNews);
    QCOMPARE(numbers(inbox.take()), (QList<int>{2, 1}));
}

void tst_Kernel::stoppingLeavesWhatIsQueuedToBeDiscarded()
{
    InboxQueue inbox;
    Item items[] = {Item(1), Item(2), Item(3)};
    for (Item &item : items)
        inbox.push(&item, InboxQueue::Draining);
    const InboxQueue::Raised raised = inbox.raise(InboxQueue::Stopping);
    QVERIFY(raised.isNews);
    QVERIFY(!raised.mustSchedule);
    QCOMPARE(numbers(inbox.take()), (QList<int>{3, 2, 1}));
}

void tst_Kernel::raisingSchedulesAnIdleInboxOnce()
{
    InboxQueue inbox;
    QVERIFY(inbox.goIdle(InboxQueue::Open));
    QVERIFY(inbox.raise(InboxQueue::Draining).mustSchedule);
    QVERIFY(!inbox.raise(InboxQueue::Stopping).mustSchedule);
    QVERIFY(inbox.goIdle(InboxQueue::Stopping));
    QVERIFY(!inbox.raise(InboxQueue::Stopping).mustSchedule); // no news
    QVERIFY(inbox.raise(InboxQueue::Killed).mustSchedule);
}

// What four threads push is taken, removed by the closing, or refused: each entry exactly one of these, and
// what one thread pushed comes in its order.
void tst_Kernel::closingInOneStepLosesNothing()
{
    constexpr int Senders = 4;
    constexpr int Each = 2'000;
    for (int round = 0; round < 50; ++round) {
        InboxQueue inbox;
        std::deque<Item> items[Senders];
        std::atomic<int> ready{0};
        std::atomic<int> accepted{0};
        for (int sender = 0; sender < Senders; ++sender) {
            for (int i = 0; i < Each; ++i)
                items[sender].emplace_back(i, sender);
        }
        std::vector<std::thread> threads;
        for (int sender = 0; sender < Senders; ++sender) {
            threads.emplace_back([&, sender] {
                ready.fetch_add(1);
                while (ready.load() <= Senders)
                    std::this_thread::yield();
                for (Item &item : items[sender]) {
                    if (inbox.push(&item, InboxQueue::Draining) == Pushed::Refused)
                        break;
                    accepted.fetch_add(1);
                }
            });
        }
        int seen = 0;
        int next[Senders] = {};
        bool isInOrder = true;
        const auto look = [&](Entry *newest) {
            Batch batch;
            while (newest)
                batch.prepend(std::exchange(newest, newest->next));
            for (; !batch.isEmpty(); ++seen) {
                const auto *const item = static_cast<const Item *>(batch.takeFirst());
                isInOrder = isInOrder && item->number == next[item->sender]++;
            }
        };
        while (ready.load() < Senders)
            std::this_thread::yield();
        ready.fetch_add(1);
        while (seen < Senders * Each / 2)
            look(inbox.take());
        inbox.raise(InboxQueue::Stopping);
        look(inbox.take());
        for (std::thread &thread : threads)
            thread.join();
        QVERIFY(!inbox.take());
        QCOMPARE(seen, accepted.load());
        QVERIFY(isInOrder);
    }
}

// Promise 9, where it is not the handlers that take long: the event loop turns while a cell looks at what it has got.
void tst_Kernel::aFloodIsTakenInOverManySlices()
{
    constexpr int Count = 64 * 64;
    const Ref<SlowCell> cell = slowCell();
    std::deque<Item> items;
    QList<int> numbers;
    for (int i = 0; i < Count; ++i) {
        items.emplace_back(i, 0, Entry::Kind::Nudge);
        numbers.append(i);
        QVERIFY(cell->postSystem(&items.back()));
    }
    cell->dispatcher().schedule(cell.get());
    int turns = 0;
    for (; cell->absorbed.size() < Count; ++turns) {
        QCOMPARE(cell->advances, 0); // nothing overtakes them
        QCoreApplication::processEvents();
    }
    QCOMPARE_GT(turns, 2);
    QCOMPARE(cell->absorbed, numbers);
    cell->dispatcher().close();
    cell->deref();
}

void tst_Kernel::whatIsAcceptedWhileAFloodIsTakenInIsDrained()
{
    constexpr int Count = 64 * 64;
    const Ref<SlowCell> cell = slowCell();
    std::deque<Item> items;
    for (int i = 1; i <= Count; ++i) {
        items.emplace_back(i, 0, Entry::Kind::Nudge);
        QVERIFY(cell->postSystem(&items.back()));
    }
    cell->dispatcher().schedule(cell.get());
    QCoreApplication::processEvents();
    QCOMPARE(cell->advances, 0); // it is not through yet
    Item last(-1, 0, Entry::Kind::Nudge);
    QVERIFY(cell->postSystem(&last));
    cell->requestDrain();
    while (!cell->hasFinished)
        QCoreApplication::processEvents();
    QCOMPARE(cell->absorbed.size(), Count + 1);
    QCOMPARE(cell->absorbed.last(), -1);
    cell->dispatcher().close();
}

// Whoever is told to schedule has the cell alone until it goes idle: the hand-over of a cell between threads.
void tst_Kernel::oneSchedulesAtATime()
{
    constexpr int Senders = 3;
    constexpr int Each = 50'000;
    InboxQueue inbox;
    QVERIFY(inbox.goIdle(InboxQueue::Open));
    std::atomic<int> scheduled{0}; // how many have the cell
    std::atomic<int> overlaps{0};
    std::atomic<int> taken{0};
    std::deque<Item> items[Senders];
    for (std::deque<Item> &own : items) {
        for (int i = 0; i < Each; ++i)
            own.emplace_back(i);
    }
    int plain = 0; // what the cell's thread has for itself: only the hand-over makes it safe
    const auto run = [&] {
        if (scheduled.fetch_add(1) != 0)
            overlaps.fetch_add(1);
        for (;;) {
            for (const Entry *entry = inbox.take(); entry; entry = entry->next)
                ++plain;
            taken.store(plain);
            scheduled.fetch_sub(1);
            if (inbox.goIdle(InboxQueue::Open))
                return;
            if (scheduled.fetch_add(1) != 0)
                overlaps.fetch_add(1);
        }
    };
    std::vector<std::thread> threads;
    for (std::deque<Item> &own : items) {
        threads.emplace_back([&] {
            for (Item &item : own) {
                if (inbox.push(&item, InboxQueue::Draining) == Pushed::MustSchedule)
                    run();
            }
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(overlaps.load(), 0);
    QCOMPARE(taken.load(), Senders * Each);
}

void tst_Kernel::aSliceOfSlowMessagesEndsAtTheFirstReadAfterItsLength()
{
    const Slice::Steady::time_point start = Slice::Steady::now();
    Slice slice;
    int count = 0;
    do {
        beSlow(); // so that the clock is read each time
        ++count;
    } while (!slice.spend());
    QVERIFY(Slice::Steady::now() - start >= Slice::Length);
    QVERIFY2(count <= 9, qPrintable(QString::number(count)));
    QVERIFY(slice.isOver());
}

void tst_Kernel::aSliceOfQuickMessagesReadsTheClockSeldom()
{
    // The machine may be busy with something else for a whole slice.
    for (int attempt = 0; attempt < 100; ++attempt) {
        Slice slice;
        int count = 0;
        int reads = 0;
        for (Slice::Steady::time_point read = slice.lastRead(); !slice.spend(); ++count) {
            if (slice.lastRead() != read)
                ++reads;
            read = slice.lastRead();
        }
        if (count > 100 && reads < count / 4)
            return;
    }
    QFAIL("The clock is read for every message");
}

// Messages that were quick do not promise that the next ones are.
void tst_Kernel::slowMessagesAfterQuickOnesDoNotStretchASlice()
{
    Slice slice;
    for (int quick = 0; quick < 600; ++quick)
        slice.spend();
    int slow = 0;
    while (!slice.isOver()) {
        beSlow();
        slice.spend();
        ++slow;
    }
    QVERIFY2(slow <= 32,
             qPrintable(u"%1 messages, each an eighth of a slice, in one slice"_s.arg(slow)));
}

void tst_Kernel::aSliceIsOverForGood()
{
    Slice slice;
    while (!slice.spend()) { }
    for (int i = 0; i < 1'000; ++i)
        QVERIFY(slice.spend());
}

QTEST_GUILESS_MAIN(tst_Kernel)
#include "tst_kernel.moc"
