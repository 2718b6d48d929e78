// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/dispatcher_p.h"
#include "kernel/inboxqueue_p.h"

#include <Actorio/detail/address.h>
#include <Actorio/detail/envelope.h>

#include <QtCore/qmutex.h>

#include <atomic>
#include <deque>
#include <memory>

namespace Actorio::Detail {

class AskBase;

// A list of entries, oldest first.
class Batch
{
public:
    bool isEmpty() const noexcept { return !m_first; }
    const Entry *first() const noexcept { return m_first; }
    void append(Entry *entry) noexcept
    {
        entry->next = nullptr;
        (m_last ? m_last->next : m_first) = entry;
        m_last = entry;
    }
    void takeAll(Batch &other) noexcept
    {
        if (other.isEmpty())
            return;
        (m_last ? m_last->next : m_first) = other.m_first;
        m_last = other.m_last;
        other = {};
    }
    void prepend(Entry *entry) noexcept
    {
        entry->next = m_first;
        m_first = entry;
        if (!m_last)
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
class ACTORIO_AUTOTEST_EXPORT Cell : public Address
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
    // Its thread is ending: it ends with it, whatever it waits for.
    virtual void abandon() { requestKill(); }

protected:
    enum class Step { Did, NothingToDo, Finished };

    explicit Cell(Ref<Dispatcher> dispatcher);
    ~Cell() override;
    void unreferenced() override { delete this; }

    // Takes an entry that came out of the inbox, alone or with others: into the batch, or at once.
    virtual void absorb(Entry *entry, bool isAlone) = 0;
    // Does the next thing.
    virtual Step advance(InboxQueue::Phase phase) = 0;
    // An entry that will not be handled, because of the phase.
    virtual void discard(Entry *entry) noexcept = 0;

    void raise(InboxQueue::Phase phase);
    void discardAll(Entry *entry) noexcept;
    // Asks that wait in the batch, oldest first: other threads cannot look into that, but a stop that comes from one fails
    // them, even while this thread is inside a handler.
    void rememberAsk(AskBase &ask);
    void forgetAsk(const AskBase &ask);
    // Any thread: makes sure that it looks (again) what there is to do.
    void nudge();
    // The cell's thread: the same unless it is on the stack, or will look anyway.
    void scheduleHere();
    // After this no push succeeds, and whatever was pushed has been discarded.
    void markDead();
    InboxQueue::Phase phase() const noexcept { return m_inbox.phase(); }
    void setHandledType(const TypeInterface *type) noexcept
    {
        m_handledType.store(type, std::memory_order_relaxed);
    }

    Batch m_batch; // taken, not handled yet; the cell's thread

    static constexpr int Quota =
            64; // steps, a message each as a rule, before it is another cell's turn
    static constexpr int StepSize = 64; // entries that are taken in, or discarded, in one step

private:
    friend class Dispatcher;
    // That of its own thread, which is queued once at most; made when it is first needed.
    class OwnNudge final : public Entry
    {
    public:
        OwnNudge() : Entry(Kind::Nudge) { }
        void dispose() noexcept override { isQueued = false; }
        bool isQueued = false;
    };

    bool push(Entry *entry, InboxQueue::Phase refusedFrom);
    bool isTakingIn() const noexcept { return m_untaken || !m_turned.isEmpty(); }
    bool takeIn();
    void failTakenAsks();
    void failTakenAsksIfStopped();

    InboxQueue m_inbox;
    std::atomic<int> m_raisers{0}; // threads that look for asks in what they have taken out
    std::atomic<bool> m_isAsked{false}; // has ever been asked
    std::atomic<Entry *> m_orphans{nullptr}; // what such a thread could not put back
    // Guards what is below against raise(); only the cell's thread writes it.
    QBasicMutex m_takenMutex;
    std::unique_ptr<std::deque<Ref<Address>>> m_asks;
    // On their way from the inbox to the batch, which takes many slices if there are millions; the cell's thread.
    Entry *m_untaken = nullptr; // newest first
    Batch m_turned;
    std::unique_ptr<OwnNudge> m_ownNudge;
    int m_askCount = 0; // the cell's thread, as all that follows
    bool m_isTurnedPlain = true;
    bool m_isOnStack = false;
    bool m_isHosted = false;
    InboxQueue::Phase m_seen = InboxQueue::Open; // the phase before they were taken out
    const Ref<Dispatcher> m_dispatcher;
    Cell *m_nextReady = nullptr; // owned by whoever has scheduled the cell: thread or list
    Cell *m_nextHosted = nullptr; // the dispatcher's thread
    Cell *m_previousHosted = nullptr;
    std::atomic<const TypeInterface *> m_handledType{nullptr};
};

} // namespace Actorio::Detail
