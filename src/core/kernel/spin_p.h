// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qglobal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#if defined(Q_PROCESSOR_X86) && !defined(Q_CC_MSVC)
#    include <immintrin.h>
#endif

namespace Actorio::Detail {

// Looks again and again for something that another thread is about to bring about, before it is worth to sleep: going
// to sleep and being woken takes some ten microseconds, and the other thread its share of them.
class Spin
{
public:
    static constexpr std::chrono::microseconds Length{20};

    // Whether it came. At once false when as many threads spin as there are cores, less the one that works.
    template<class IsDone>
    static bool until(IsDone isDone)
    {
        const Permit permit;
        if (!permit.isGiven)
            return false;
        const auto end = std::chrono::steady_clock::now() + Length;
        do {
            for (int i = 0; i < 32; ++i) {
                if (isDone())
                    return true;
                relax();
            }
        } while (std::chrono::steady_clock::now() < end);
        return false;
    }

private:
    struct Permit
    {
        // Relaxed: it counts, and publishes nothing.
        Permit() : isGiven(spinning.fetch_add(1, std::memory_order_relaxed) < mostAtATime) { }
        ~Permit() { spinning.fetch_sub(1, std::memory_order_relaxed); }
        const bool isGiven;
    };

    static void relax() noexcept
    {
#if defined(Q_PROCESSOR_X86) && !defined(Q_CC_MSVC)
        _mm_pause();
#elif defined(Q_PROCESSOR_ARM_64) && !defined(Q_CC_MSVC)
        asm volatile("yield");
#else
        std::this_thread::yield();
#endif
    }

    static inline std::atomic<int> spinning{0};
    static inline const int mostAtATime = int(std::thread::hardware_concurrency()) - 1;
};

// Whether it pays for a thread to spin. It does as long as what it waits for comes in time; where it does not, because
// the other thread has more to do or waits for this very core, it is tried again only now and then.
class SpinCredit
{
public:
    bool isThere() const noexcept { return m_credit > 0; }
    void spun(bool inTime) noexcept
    {
        if (inTime)
            m_credit = std::min(m_credit + 1, Most);
        else if ((m_credit -= 2) <= 0)
            m_credit = -Penalty;
    }
    // Two threads that wake each other sleep for long: for the time that both take to be woken.
    void slept(std::chrono::nanoseconds time) noexcept
    {
        if (time < 10 * Spin::Length)
            m_credit = std::min(m_credit + 1, Most);
    }

private:
    static constexpr int Most = 8;
    static constexpr int Penalty = 16;
    int m_credit = 0;
};

} // namespace Actorio::Detail
