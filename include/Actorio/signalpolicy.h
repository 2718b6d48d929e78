// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace Actorio {

/// Which of the values that come faster than they are handled are kept.
/// \since 0.1
class SignalPolicy
{
public:
    /// The time between two values; zero: as fast as they are handled.
    std::chrono::nanoseconds interval() const noexcept { return m_interval; }

private:
    explicit SignalPolicy(std::chrono::nanoseconds interval) noexcept : m_interval(interval) { }
    friend SignalPolicy latestOnly();
    template<class Rep, class Period>
    friend SignalPolicy atMostEvery(std::chrono::duration<Rep, Period> interval);

    std::chrono::nanoseconds m_interval;
};

/// A value that has not been handled yet is replaced by a newer one: the last one always arrives, and no more than one waits.
/// \since 0.1
inline SignalPolicy latestOnly()
{
    return SignalPolicy(std::chrono::nanoseconds(0));
}

/// As latestOnly(), and no sooner than `interval` after the one before.
/// \since 0.1
template<class Rep, class Period>
SignalPolicy atMostEvery(std::chrono::duration<Rep, Period> interval)
{
    return SignalPolicy(std::chrono::duration_cast<std::chrono::nanoseconds>(interval));
}

} // namespace Actorio
