// SPDX-License-Identifier: MIT
#include "kernel/timerheap_p.h"

namespace Actorio::Detail {

void TimerHeap::add(TimerEntry &entry)
{
    m_entries.push_back(&entry);
    siftUp(m_entries.size() - 1, &entry);
}

void TimerHeap::remove(TimerEntry &entry)
{
    const std::size_t place = entry.place;
    entry.place = TimerEntry::NoPlace;
    TimerEntry *const last = m_entries.back();
    m_entries.pop_back();
    if (last == &entry)
        return;
    if (place > 0 && last->deadline < m_entries[(place - 1) / 2]->deadline)
        siftUp(place, last);
    else
        siftDown(place, last);
}

TimerEntry *TimerHeap::takeExpired(TimePoint now)
{
    return earliest() <= now ? takeAny() : nullptr;
}

TimerEntry *TimerHeap::takeAny()
{
    if (m_entries.empty())
        return nullptr;
    TimerEntry *const first = m_entries.front();
    remove(*first);
    return first;
}

TimePoint TimerHeap::earliest() const
{
    return m_entries.empty() ? TimePoint::max() : m_entries.front()->deadline;
}

void TimerHeap::put(std::size_t place, TimerEntry *entry)
{
    m_entries[place] = entry;
    entry->place = place;
}

void TimerHeap::siftUp(std::size_t place, TimerEntry *entry)
{
    while (place > 0) {
        const std::size_t parent = (place - 1) / 2;
        if (m_entries[parent]->deadline <= entry->deadline)
            break;
        put(place, m_entries[parent]);
        place = parent;
    }
    put(place, entry);
}

void TimerHeap::siftDown(std::size_t place, TimerEntry *entry)
{
    for (;;) {
        std::size_t child = 2 * place + 1;
        if (child >= m_entries.size())
            break;
        if (child + 1 < m_entries.size()
            && m_entries[child + 1]->deadline < m_entries[child]->deadline)
            ++child;
        if (entry->deadline <= m_entries[child]->deadline)
            break;
        put(place, m_entries[child]);
        place = child;
    }
    put(place, entry);
}

} // namespace Actorio::Detail
