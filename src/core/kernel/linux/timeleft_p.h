// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/timerentry.h>

#include <algorithm>
#include <chrono>
#include <limits>

namespace Actorio::Detail {

// As the system calls that wait want it: in milliseconds, rounded up, so that no timer fires early; -1: for ever.
inline int millisecondsLeft(TimePoint until)
{
    using std::chrono::milliseconds;
    if (until == TimePoint::max())
        return -1;
    if (until == TimePoint::min())
        return 0;
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    return static_cast<int>(
            std::clamp<milliseconds::rep>(left.count(), 0, std::numeric_limits<int>::max()));
}

} // namespace Actorio::Detail
