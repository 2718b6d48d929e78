// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/timerentry.h>
#include <Actorio/global.h>

#include <vector>

namespace Actorio::Detail {

// A binary heap of timers, the earliest first. Adding and removing cost O(log n). Not thread-safe.
class ACTORIO_AUTOTEST_EXPORT TimerHeap
{
public:
    void add(TimerEntry &entry);
    void remove(TimerEntry &entry);
    // The earliest, if its time has come; taken out. Null: none.
    TimerEntry *takeExpired(TimePoint now);
    TimerEntry *takeAny();
    // TimePoint::max() when empty.
    TimePoint earliest() const;
    bool isEmpty() const { return m_entries.empty(); }

private:
    void put(std::size_t place, TimerEntry *entry);
    void siftUp(std::size_t place, TimerEntry *entry);
    void siftDown(std::size_t place, TimerEntry *entry);

    std::vector<TimerEntry *> m_entries;
};

} // namespace Actorio::Detail
