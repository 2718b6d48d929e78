// SPDX-License-Identifier: MIT
#include "kernel/cell_p.h"

#include <Actorio/detail/askstate.h>

#include <chrono>
#include <thread>
#include <vector>

namespace Actorio::Detail {

Cell::Cell(Ref<Dispatcher> dispatcher) : m_dispatcher(std::move(dispatcher)) { }

Cell::~Cell() = default;

bool Cell::post(Envelope *envelope)
{
    // Relaxed: the push releases it, and who raises the phase acquires that.
    if (envelope->kind() == Entry::Kind::Ask && !m_isAsked.load(std::memory_order_relaxed))
        m_isAsked.store(true, std::memory_order_relaxed);
    if (push(envelope, InboxQueue::Draining))
        return true;
    envelope->refused();
    return false;
}

bool Cell::postSystem(Entry *entry)
{
    if (push(entry, InboxQueue::Dead))
        return true;
    entry->dispose();
    return false;
}

bool Cell::push(Entry *entry, InboxQueue::Phase refusedFrom)
{
    const InboxQueue::Pushed pushed = m_inbox.push(entry, refusedFrom);
    if (pushed == InboxQueue::Pushed::MustSchedule)
        m_dispatcher->schedule(this);
    return pushed != InboxQueue::Pushed::Refused;
}

void Cell::raise(InboxQueue::Phase phase)
{
    const InboxQueue::Raised result = m_inbox.raise(phase);
    if (!result.isNews)
        return;
    if (phase < InboxQueue::Stopping || !m_isAsked.load(std::memory_order_relaxed)) {
        if (result.mustSchedule)
            m_dispatcher->schedule(this);
        return;
    }
    // Asks fail here and now: who asked need not wait until the handler in progress has returned. All else is the
    // cell's to discard: there may be millions, and this may be any thread.
    const Ref<Cell> keep(this); // when it has been scheduled, it may end
    std::vector<Ref<Address>> asks;
    bool mustSchedule = result.mustSchedule;
    {
        // Sequentially consistent with markDead(), which lets no cell end while its entries are out of its inbox.
        m_raisers.fetch_add(1, std::memory_order_seq_cst);
        Entry *const newest = m_inbox.take();
        ACTORIO_DELAY_POINT("cell.raise");
        Entry *oldest = newest;
        for (Entry *entry = newest; entry; entry = entry->next) {
            if (entry->kind() == Entry::Kind::Ask)
                asks.emplace_back(static_cast<Envelope *>(entry)->sender());
            oldest = entry;
        }
        if (newest) {
            const InboxQueue::Pushed pushed = m_inbox.push(newest, oldest, InboxQueue::Dead);
            if (pushed == InboxQueue::Pushed::Refused) {
                // Release: pairs with the acquire in markDead(), which waits for it.
                oldest->next = m_orphans.load(std::memory_order_relaxed);
                while (!m_orphans.compare_exchange_weak(oldest->next, newest,
                                                        std::memory_order_release,
                                                        std::memory_order_relaxed)) { }
            }
            mustSchedule = mustSchedule || pushed == InboxQueue::Pushed::MustSchedule;
        }
        m_raisers.fetch_sub(1, std::memory_order_seq_cst);
    }
    if (mustSchedule)
        m_dispatcher->schedule(this);
    for (const Ref<Address> &ask : asks)
        static_cast<AskBase *>(ask.get())->withdraw(AskBase::Reason::ActorStopped);
    failTakenAsks();
}

// Any thread: fails those that are out of the inbox, and not handled yet.
void Cell::failTakenAsks()
{
    std::vector<Ref<Address>> asks;
    {
        const QMutexLocker locker(&m_takenMutex);
        if (m_asks)
            asks.assign(m_asks->begin(), m_asks->end());
        m_asks.reset();
        for (const Entry *chain : {static_cast<const Entry *>(m_untaken), m_turned.first()}) {
            for (const Entry *entry = chain; entry; entry = entry->next) {
                if (entry->kind() == Entry::Kind::Ask)
                    asks.emplace_back(static_cast<const Envelope *>(entry)->sender());
            }
        }
    }
    for (const Ref<Address> &ask : asks)
        static_cast<AskBase *>(ask.get())->withdraw(AskBase::Reason::ActorStopped);
}

void Cell::rememberAsk(AskBase &ask)
{
    ACTORIO_DELAY_POINT("cell.rememberAsk");
    {
        const QMutexLocker locker(&m_takenMutex);
        if (!m_asks)
            m_asks = std::make_unique<std::deque<Ref<Address>>>();
        m_asks->emplace_back(&ask);
        ++m_askCount;
    }
    failTakenAsksIfStopped();
}

void Cell::forgetAsk(const AskBase &ask)
{
    if (m_askCount == 0)
        return;
    const QMutexLocker locker(&m_takenMutex);
    if (m_asks && !m_asks->empty() && m_asks->front().get() == &ask)
        m_asks->pop_front();
    m_askCount = m_asks ? static_cast<int>(m_asks->size()) : 0;
}

// A stop that came before has not seen what has just been taken or remembered; one that comes after will.
void Cell::failTakenAsksIfStopped()
{
    if (phase() >= InboxQueue::Stopping)
        failTakenAsks();
}

void Cell::discardAll(Entry *entry) noexcept
{
    while (entry) {
        Entry *const next = entry->next;
        discard(entry);
        entry = next;
    }
}

void Cell::nudge()
{
    // An idle cell becomes a busy one by a push only, so that it is in one list at most: push nothing.
    class Nudge final : public Entry
    {
    public:
        Nudge() : Entry(Kind::Nudge) { }
        void dispose() noexcept override { delete this; }
    };
    postSystem(new Nudge);
}

void Cell::scheduleHere()
{
    if (m_isOnStack)
        return;
    if (!m_ownNudge)
        m_ownNudge = std::make_unique<OwnNudge>();
    if (!std::exchange(m_ownNudge->isQueued, true))
        postSystem(m_ownNudge.get());
}

void Cell::markDead()
{
    m_inbox.raise(InboxQueue::Dead);
    discardAll(m_inbox.take());
    for (int round = 0; m_raisers.load(std::memory_order_seq_cst) > 0; ++round) {
        if (round < 100)
            std::this_thread::yield();
        else
            std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    discardAll(m_orphans.exchange(nullptr, std::memory_order_acquire));
}

// One step of taking in what is in the inbox; true: there is more, and nothing else is to be done before, not even to be
// killed.
bool Cell::takeIn()
{
    if (!isTakingIn()) {
        if (!m_inbox.hasEntries())
            return false;
        Entry *const newest = m_inbox.take();
        if (!newest) // who has raised the phase was quicker
            return false;
        if (!newest->next) { // as a rule
            absorb(newest, true);
            return false;
        }
        {
            const QMutexLocker locker(&m_takenMutex);
            m_untaken = newest;
        }
        m_isTurnedPlain = true;
        failTakenAsksIfStopped();
    }
    Batch step;
    {
        const QMutexLocker locker(&m_takenMutex);
        for (int i = 0; m_untaken; ++i) {
            if (i == StepSize)
                return true;
            Entry *const entry = std::exchange(m_untaken, m_untaken->next);
            m_isTurnedPlain = m_isTurnedPlain && entry->kind() == Entry::Kind::Tell;
            m_turned.prepend(entry);
        }
        if (m_isTurnedPlain && phase() < InboxQueue::Stopping) {
            m_batch.takeAll(m_turned);
            return false;
        }
        for (int i = 0; i < StepSize && !m_turned.isEmpty(); ++i)
            step.append(m_turned.takeFirst());
    }
    while (!step.isEmpty())
        absorb(step.takeFirst(), false);
    return isTakingIn();
}

void Cell::run(Slice &slice)
{
    if (m_isOnStack)
        return;
    m_isOnStack = true;
    if (!m_isHosted) {
        m_isHosted = true;
        m_dispatcher->host(this);
    }
    bool isHungry = m_batch.isEmpty() || isTakingIn();
    for (int done = 0;;) {
        // The phase first: who sees a drain takes in all that was accepted before it.
        if (!isTakingIn())
            m_seen = m_inbox.phase();
        ACTORIO_DELAY_POINT("cell.run");
        if (!isHungry || !takeIn()) {
            const Step step = advance(m_seen);
            if (step == Step::Finished)
                break;
            if (step == Step::NothingToDo) {
                m_isOnStack = false;
                if (m_inbox.goIdle(m_seen))
                    return;
                m_isOnStack = true;
            }
            isHungry = step == Step::NothingToDo || m_batch.isEmpty();
        }
        // What is ending goes through with it: a few steps, so that actors end in the order they are told to.
        const bool isOver = slice.spend() || ++done >= Quota;
        if (isOver && (m_seen < InboxQueue::Stopping || !m_batch.isEmpty() || isTakingIn())) {
            m_isOnStack = false;
            m_dispatcher->requeue(this);
            return;
        }
    }
    m_isOnStack = false;
    deref(); // the count that it was made with
}

} // namespace Actorio::Detail
