// SPDX-License-Identifier: MIT
#include "kernel/cell_p.h"

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
    const InboxQueue::Raised result = m_inbox.raise(phase);
    if (!result.isNews)
        return;
    for (Entry *entry = result.removed; entry;) {
        Entry *const next = entry->next;
        if (entry->kind() == Entry::Kind::Message)
            discard(entry);
        else
            postSystem(entry);
        entry = next;
    }
    raised(phase);
    if (result.mustSchedule)
        m_dispatcher->schedule(this);
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
    const InboxQueue::Raised result = m_inbox.raise(InboxQueue::Dead);
    for (Entry *entry = result.removed; entry;) {
        Entry *const next = entry->next;
        discard(entry);
        entry = next;
    }
}

void Cell::run(Slice &slice)
{
    if (m_isOnStack)
        return;
    m_isOnStack = true;
    bool isHungry = m_batch.isEmpty();
    for (int done = 0;;) {
        // The phase first: who sees a drain takes all that was accepted before it.
        const InboxQueue::Phase phase = m_inbox.phase();
        ACTORIO_DELAY_POINT("cell.run");
        if (isHungry && m_inbox.hasEntries()) {
            Entry *entry = m_inbox.take();
            const bool isAlone = entry && !entry->next;
            while (entry) {
                Entry *const next = entry->next;
                absorb(entry, isAlone);
                entry = next;
            }
        }
        const Step step = advance(phase);
        if (step == Step::Finished)
            break;
        if (step == Step::NothingToDo) {
            m_isOnStack = false;
            if (m_inbox.goIdle(phase))
                return;
            m_isOnStack = true;
        }
        isHungry = step == Step::NothingToDo || m_batch.isEmpty();
        // What is ending goes through with it: a few steps, so that actors end in the order they are told to.
        const bool isOver = slice.spend() || ++done >= Quota;
        if (isOver && (phase < InboxQueue::Stopping || !m_batch.isEmpty())) {
            m_isOnStack = false;
            m_dispatcher->requeue(this);
            return;
        }
    }
    m_isOnStack = false;
    deref(); // the count that it was made with
}

} // namespace Actorio::Detail
