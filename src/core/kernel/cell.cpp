// SPDX-License-Identifier: MIT
#include "kernel/cell_p.h"

#include <Actorio/detail/askstate.h>

#include <thread>
#include <vector>

namespace Actorio::Detail {

Cell::Cell(Ref<Dispatcher> dispatcher) : m_dispatcher(std::move(dispatcher)) { }

Cell::~Cell() = default;

bool Cell::post(Envelope *envelope)
{
    const InboxQueue::Pushed pushed = m_inbox.push(envelope, InboxQueue::Draining);
    if (pushed == InboxQueue::Pushed::Refused) {
        envelope->refused();
        return false;
    }
    if (pushed == InboxQueue::Pushed::MustSchedule)
        m_dispatcher->schedule(this);
    return true;
}

bool Cell::postSystem(Entry *entry)
{
    const InboxQueue::Pushed pushed = m_inbox.push(entry, InboxQueue::Dead);
    if (pushed == InboxQueue::Pushed::Refused) {
        entry->dispose();
        return false;
    }
    if (pushed == InboxQueue::Pushed::MustSchedule)
        m_dispatcher->schedule(this);
    return true;
}

void Cell::raise(InboxQueue::Phase phase)
{
    // Sequentially consistent with markDead(), which lets no cell end while its entries are out of its inbox.
    m_raisers.fetch_add(1, std::memory_order_seq_cst);
    const InboxQueue::Raised result = m_inbox.raise(phase);
    bool mustSchedule = result.mustSchedule;
    std::vector<Ref<Address>> asks;
    if (Entry *const newest = result.removed) {
        ACTORIO_DELAY_POINT("cell.raise");
        Entry *oldest = newest;
        for (Entry *entry = newest; entry; entry = entry->next) {
            if (entry->kind() == Entry::Kind::Ask)
                asks.emplace_back(static_cast<Envelope *>(entry)->sender());
            oldest = entry;
        }
        // What was queued is the cell's to discard: there may be millions, and this may be any thread.
        const InboxQueue::Pushed pushed = m_inbox.push(newest, oldest, InboxQueue::Dead);
        if (pushed == InboxQueue::Pushed::Refused)
            discardAll(newest);
        else if (pushed == InboxQueue::Pushed::MustSchedule)
            mustSchedule = true;
    }
    m_raisers.fetch_sub(1, std::memory_order_seq_cst);
    if (!result.isNews)
        return;
    if (mustSchedule)
        m_dispatcher->schedule(this);
    // Asks fail here and now: who asked need not wait until the handler in progress has returned.
    for (const Ref<Address> &ask : asks)
        static_cast<AskBase *>(ask.get())->withdraw(AskBase::Reason::ActorStopped);
    if (phase >= InboxQueue::Stopping)
        raised();
}

void Cell::discardAll(Entry *entry) noexcept
{
    while (entry) {
        Entry *const next = entry->next;
        discard(entry);
        entry = next;
    }
}

void Cell::scheduleHere()
{
    // An idle cell becomes a busy one by a push only, so that it is in one list at most: push nothing.
    class Nudge final : public Entry
    {
    public:
        Nudge() : Entry(Kind::Nudge) { }
        void dispose() noexcept override { delete this; }
    };
    if (!m_isOnStack)
        postSystem(new Nudge);
}

void Cell::markDead()
{
    discardAll(m_inbox.raise(InboxQueue::Dead).removed);
    while (m_raisers.load(std::memory_order_seq_cst) > 0)
        std::this_thread::yield();
}

// One step of taking in what is in the inbox; true: there is more, and nothing else is to be done before.
bool Cell::takeIn()
{
    if (!isTakingIn()) {
        if (!m_inbox.hasEntries())
            return false;
        m_untaken = m_inbox.take();
        m_isTurnedPlain = true;
        if (!m_untaken) // whoever raises the phase was quicker
            return false;
        if (!m_untaken->next) { // as a rule
            absorb(std::exchange(m_untaken, nullptr), true);
            return false;
        }
    }
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
        absorb(m_turned.takeFirst(), false);
    return !m_turned.isEmpty();
}

void Cell::run(Slice &slice)
{
    if (m_isOnStack)
        return;
    m_isOnStack = true;
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
