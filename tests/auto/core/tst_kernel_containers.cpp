// SPDX-License-Identifier: MIT
// What the kernel keeps timers in, and an owner's actors.
#include "actor/seats_p.h"
#include "kernel/timerheap_p.h"

#include <QtTest/QTest>

#include <deque>
#include <random>
#include <vector>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace Actorio::Detail;

namespace {

struct Alarm final : TimerEntry
{
    void expired() noexcept override { }
};

} // namespace

class tst_KernelContainers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void timersExpireInTheOrderOfTheirDeadlines();
    void aRemovedTimerDoesNotExpire();
    void anEmptyHeapHasNoEarliest();

    void theFirstSeatsAreTheOwnersOwn();
    void furtherSeatsAreInGroups();
    void emptyGroupsVanish();
    void freeSeatsAreTakenAgain();
    void anActorThatWasGivenAnotherParentLosesIt();
};

void tst_KernelContainers::timersExpireInTheOrderOfTheirDeadlines()
{
    TimerHeap heap;
    std::mt19937 random(1);
    std::deque<Alarm> alarms(1'000);
    const TimePoint start{};
    for (Alarm &alarm : alarms) {
        alarm.deadline = start + std::chrono::milliseconds(random() % 500);
        heap.add(alarm);
    }
    // Every third leaves early, from wherever it stands.
    for (std::size_t i = 0; i < alarms.size(); i += 3)
        heap.remove(alarms[i]);
    std::size_t count = 0;
    TimePoint last = start;
    for (TimePoint now = start; now <= start + 500ms; now += 10ms) {
        while (TimerEntry *const entry = heap.takeExpired(now)) {
            QVERIFY(entry->deadline <= now);
            QVERIFY(entry->deadline >= last);
            QCOMPARE(entry->place, TimerEntry::NoPlace);
            last = entry->deadline;
            ++count;
        }
        QVERIFY(heap.earliest() > now);
    }
    QCOMPARE(count, alarms.size() - (alarms.size() + 2) / 3);
    QVERIFY(heap.isEmpty());
}

void tst_KernelContainers::aRemovedTimerDoesNotExpire()
{
    TimerHeap heap;
    Alarm early;
    Alarm late;
    early.deadline = TimePoint(1ms);
    late.deadline = TimePoint(2ms);
    heap.add(late);
    heap.add(early);
    heap.remove(early);
    QCOMPARE(early.place, TimerEntry::NoPlace);
    QVERIFY(!heap.takeExpired(TimePoint(1ms)));
    QCOMPARE(heap.takeExpired(TimePoint(2ms)), &late);
    QVERIFY(!heap.takeAny());
}

void tst_KernelContainers::anEmptyHeapHasNoEarliest()
{
    TimerHeap heap;
    QVERIFY(heap.isEmpty());
    QCOMPARE(heap.earliest(), TimePoint::max());
    QVERIFY(!heap.takeAny());
    Alarm alarm;
    alarm.deadline = TimePoint(1ms);
    heap.add(alarm);
    QCOMPARE(heap.earliest(), TimePoint(1ms));
    QCOMPARE(heap.takeAny(), &alarm);
    QVERIFY(heap.isEmpty());
}

void tst_KernelContainers::theFirstSeatsAreTheOwnersOwn()
{
    QObject owner;
    Seats seats;
    std::deque<QObject> actors(Seats::Size);
    for (QObject &actor : actors)
        seats.seat(&actor, &owner);
    for (QObject &actor : actors)
        QCOMPARE(actor.parent(), &owner);
    for (QObject &actor : actors)
        seats.unseat(&actor);
    QVERIFY(owner.children().isEmpty());
}

void tst_KernelContainers::furtherSeatsAreInGroups()
{
    QObject owner;
    Seats seats;
    std::deque<QObject> actors(3 * Seats::Size + 1);
    for (QObject &actor : actors)
        seats.seat(&actor, &owner);
    QCOMPARE(owner.children().size(),
             Seats::Size + 3); // two groups are full, one has a single seat taken
    for (const QObject *const child : owner.children())
        QVERIFY(child->children().size() <= Seats::Size);
    QCOMPARE(actors.back().parent()->parent(), &owner);
    QCOMPARE(actors.back().parent()->children().size(), 1);
    for (QObject &actor : actors)
        seats.unseat(&actor);
}

void tst_KernelContainers::emptyGroupsVanish()
{
    QObject owner;
    Seats seats;
    std::deque<QObject> actors(4 * Seats::Size);
    for (QObject &actor : actors)
        seats.seat(&actor, &owner);
    std::vector<QObject *> order;
    for (QObject &actor : actors)
        order.push_back(&actor);
    std::shuffle(order.begin(), order.end(), std::mt19937(1));
    for (QObject *const actor : order) {
        seats.unseat(actor);
        QVERIFY(!actor->parent());
    }
    QVERIFY(owner.children().isEmpty());
}

void tst_KernelContainers::freeSeatsAreTakenAgain()
{
    QObject owner;
    Seats seats;
    std::deque<QObject> actors(2 * Seats::Size);
    for (QObject &actor : actors)
        seats.seat(&actor, &owner);
    for (int round = 0; round < 1'000; ++round) {
        QObject &actor = actors[std::size_t(round * 37) % actors.size()];
        seats.unseat(&actor);
        seats.seat(&actor, &owner);
        QVERIFY(owner.children().size() <= Seats::Size + 2);
    }
    for (QObject &actor : actors)
        seats.unseat(&actor);
    QVERIFY(owner.children().isEmpty());
}

void tst_KernelContainers::anActorThatWasGivenAnotherParentLosesIt()
{
    QObject owner;
    QObject other;
    Seats seats;
    QObject actor;
    seats.seat(&actor, &owner);
    actor.setParent(&other);
    seats.unseat(&actor);
    QVERIFY(owner.children().isEmpty());
}

QTEST_GUILESS_MAIN(tst_KernelContainers)
#include "tst_kernel_containers.moc"
