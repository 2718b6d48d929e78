// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace Actorio::Detail {

// A time span of whatever unit in nanoseconds. What is longer than a century is a century: "never" does not overflow, neither here nor
// when it is added to a point of time.
template<class Rep, class Period>
constexpr std::chrono::nanoseconds nanosecondsOf(std::chrono::duration<Rep, Period> span)
{
    using Seconds = std::chrono::duration<long double>;
    constexpr auto Century = std::chrono::hours(24) * 36525;
    if (Seconds(span) >= Seconds(Century))
        return Century;
    if (Seconds(span) <= -Seconds(Century))
        return -Century;
    return std::chrono::duration_cast<std::chrono::nanoseconds>(span);
}

} // namespace Actorio::Detail
