// SPDX-License-Identifier: MIT
#pragma once

#include "kernel/delaypoint_p.h"

#include <Actorio/detail/envelope.h>

#include <atomic>
#include <cstdint>

namespace Actorio::Detail {

// The inbox of a cell: any thread pushes, the cell's own takes all at once, newest first. One word holds the newest entry
// (a Treiber stack), the phase of the cell's life, and whether a push must schedule the cell, so that
// closing is one step: a push either happened before it, or is refused.
class InboxQueue
{
public:
    // A phase is never left for an earlier one.
    enum Phase : std::uintptr_t {
        Open = 0,
        Draining = 2, // takes no more messages, handles those it has
        Stopping = 4, // handles no more messages
        Killed = 6, // nor goes on with what it is doing
        Dead = 8, // takes nothing at all
    };
    enum class Pushed { Refused, Queued, MustSchedule };
    struct Raised
    {
        bool isNews; // the phase was an earlier one
        bool mustSchedule;
    };

    // Any thread. Release: pairs with the acquire in take(), which hands the entry over; acquire: whoever must
    // schedule the cell sees it as goIdle() left it.
    Pushed push(Entry *entry, Phase refusedFrom) noexcept
    {
        return push(entry, entry, refusedFrom);
    }
    // A chain, newest first.
    Pushed push(Entry *newest, Entry *oldest, Phase refusedFrom) noexcept
    {
        std::uintptr_t old = m_word.load(std::memory_order_relaxed);
        std::uintptr_t next;
        do {
            if ((old & PhaseMask) >= refusedFrom)
                return Pushed::Refused;
            ACTORIO_DELAY_POINT("inbox.push");
            oldest->next = entryOf(old);
            next = reinterpret_cast<std::uintptr_t>(newest) | (old & PhaseMask);
        } while (!m_word.compare_exchange_weak(old, next, std::memory_order_acq_rel,
                                               std::memory_order_relaxed));
        return (old & IdleBit) ? Pushed::MustSchedule : Pushed::Queued;
    }

    // Any thread. As push().
    Raised raise(Phase phase) noexcept
    {
        std::uintptr_t old = m_word.load(std::memory_order_relaxed);
        std::uintptr_t next;
        do {
            if ((old & PhaseMask) >= phase)
                return {false, false};
            ACTORIO_DELAY_POINT("inbox.raise");
            next = (old & PointerMask) | phase;
        } while (!m_word.compare_exchange_weak(old, next, std::memory_order_acq_rel,
                                               std::memory_order_relaxed));
        return {true, (old & IdleBit) != 0};
    }

    // All that is queued, newest first: the cell's thread, and one that has raised the phase to one that refuses messages.
    Entry *take() noexcept
    {
        std::uintptr_t old = m_word.load(std::memory_order_relaxed);
        // Acquire: pairs with the release of every push whose entry is taken.
        while (!m_word.compare_exchange_weak(old, old & ~PointerMask, std::memory_order_acq_rel,
                                             std::memory_order_relaxed)) { }
        return entryOf(old);
    }

    // The cell's thread. False: there is something new, an entry or a phase that the cell has not seen.
    bool goIdle(Phase seen) noexcept
    {
        ACTORIO_DELAY_POINT("inbox.goIdle");
        std::uintptr_t expected = seen;
        // Release: pairs with the acquire of the push or raise that schedules the cell again.
        return m_word.compare_exchange_strong(expected, seen | IdleBit, std::memory_order_release,
                                              std::memory_order_relaxed);
    }

    // Acquire: who sees a phase sees what its raiser did before.
    Phase phase() const noexcept
    {
        return static_cast<Phase>(m_word.load(std::memory_order_acquire) & PhaseMask);
    }
    bool hasEntries() const noexcept
    {
        return (m_word.load(std::memory_order_relaxed) & PointerMask) != 0;
    }

private:
    static constexpr std::uintptr_t IdleBit = 1;
    static constexpr std::uintptr_t PhaseMask = 14;
    static constexpr std::uintptr_t PointerMask = ~std::uintptr_t(15);

    static Entry *entryOf(std::uintptr_t word) noexcept
    {
        return reinterpret_cast<Entry *>(word & PointerMask);
    }

    // A new cell is not idle: whoever makes it schedules it.
    std::atomic<std::uintptr_t> m_word{Open};
};

} // namespace Actorio::Detail
