// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>

namespace Actorio::Detail {

// How long a drain may keep its event loop from anything else. Real time, whatever clock the system
// has. A clock read costs as much as a message, so that quick messages are counted rather than timed:
// the count doubles as long as the time between two reads stays short.
class Slice
{
public:
    using Steady = std::chrono::steady_clock;
    static constexpr std::chrono::microseconds Length{2000};

    Slice() : m_end(Steady::now() + Length), m_lastRead(m_end - Length) { }

    // However slow the next messages are, no more of them than this go by unnoticed.
    static constexpr int LongestInterval = 16;

    // Counts one message; true: the slice is over.
    bool spend()
    {
        if (--m_untilRead > 0)
            return m_isOver;
        const Steady::time_point now = Steady::now();
        m_interval = now - m_lastRead < Length / 16 ? std::min(2 * m_interval, LongestInterval) : 1;
        m_untilRead = m_interval;
        m_lastRead = now;
        return m_isOver = now >= m_end;
    }
    bool isOver() const noexcept { return m_isOver; }
    Steady::time_point lastRead() const noexcept { return m_lastRead; }

private:
    const Steady::time_point m_end;
    Steady::time_point m_lastRead;
    int m_interval = 1;
    int m_untilRead = 1;
    bool m_isOver = false;
};

} // namespace Actorio::Detail
