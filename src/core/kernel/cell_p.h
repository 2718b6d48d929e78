// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/dispatcher_p.h"
#include "kernel/inboxqueue_p.h"

#include <Actorio/detail/address.h>
#include <Actorio/detail/envelope.h>

#include <atomic>

namespace Actorio::Detail {

class AskBase;

// A list of entries that have been taken from the inbox, oldest first.
class Batch
{
public:
    bool isEmpty() const noexcept { return !m_first; }
    void append(Entry *entry) noexcept
    {
        entry->next = nullptr;
        (m_last ? m_last->next : m_first) = entry;
        m_last = entry;
    }
    Entry *takeFirst() noexcept
    {
        Entry *const entry = m_first;
        m_first = entry->next;
        if (!m_first)
            m_last = nullptr;
        return entry;
    }

private:
    Entry *m_first = nullptr;
    Entry *m_last = nullptr;
};

// Something that has an inbox and does one thing at a time on a dispatcher. Knows when it runs, not what
// it does. Its owner keeps it alive until it has finished.
class Cell : public Address
{
public:
    // Any thread.
    bool post(Envelope *envelope) override;
    // For entries that a cell takes as long as it lives.
    bool postSystem(Entry *entry);
    void requestStop() override { raise(InboxQueue::Stopping); }
    void requestDrain() override { raise(InboxQueue::Draining); }
    void requestKill() override { raise(InboxQueue::Killed); }
    bool isRunning() const override { return m_inbox.phase() != InboxQueue::Dead; }
    Cell *cell() override { return this; }
    Dispatcher &dispatcher() const noexcept { return *m_dispatcher; }
    // What it is handling, or null. Relaxed: a glance from another thread.
    const TypeInterface *handledType() const noexcept
    {
        return m_handledType.load(std::memory_order_relaxed);
    }
    // The ask that it cannot go on without; see waitgraph_p.h.
    std::atomic<AskBase *> awaitedAsk{nullptr};

    // The dispatcher's thread.
    // Does things until there is nothing to do or it is another cell's turn. A cell that is on the stack
    // already (a nested event loop called this) leaves everything to the frame below.
    void run(Slice &slice);
    bool isOnStack() const noexcept { return m_isOnStack; }

protected:
    enum class Step { Did, NothingToDo, Finished };

    explicit Cell(Ref<Dispatcher> dispatcher);
    ~Cell() override;
    void unreferenced() override { delete this; }

    // Takes an entry that came out of the inbox, alone or with others: into the batch, or at once.
    virtual void absorb(Entry *entry, bool isAlone) = 0;
    // Does the next thing.
    virtual Step advance(InboxQueue::Phase phase) = 0;
    // Any thread: an entry was taken out because of the phase, and will not be handled.
    virtual void discard(Entry *entry) noexcept = 0;
    // Any thread: after the phase was raised.
    virtual void raised(InboxQueue::Phase) { }

    void raise(InboxQueue::Phase phase);
    // The cell's thread: makes sure that it runs (again).
    void scheduleHere();
    // After this no push succeeds.
    void markDead();
    InboxQueue::Phase phase() const noexcept { return m_inbox.phase(); }
    void setHandledType(const TypeInterface *type) noexcept
    {
        m_handledType.store(type, std::memory_order_relaxed);
    }

    Batch m_batch; // taken, not handled yet; the cell's thread

    static constexpr int Quota = 64; // messages before it is another cell's turn

private:
    friend class Dispatcher;

    InboxQueue m_inbox;
    const Ref<Dispatcher> m_dispatcher;
    Cell *m_nextReady = nullptr; // owned by whoever has scheduled the cell: thread or list
    Cell *m_nextHosted = nullptr; // the dispatcher's thread
    Cell *m_previousHosted = nullptr;
    std::atomic<const TypeInterface *> m_handledType{nullptr};
    bool m_isOnStack = false;
};

} // namespace Actorio::Detail
