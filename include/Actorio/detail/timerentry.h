// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>

namespace Actorio::Detail {

using TimePoint = std::chrono::steady_clock::time_point;

// Something that a timer heap calls at a point in time. Belongs to one heap at most; the heap
// keeps its place in it, so that removing costs O(log n).
class TimerEntry
{
public:
    static constexpr std::size_t NoPlace = static_cast<std::size_t>(-1);

    virtual void expired() noexcept = 0;

    TimePoint deadline = TimePoint::max();
    std::size_t place = NoPlace;

protected:
    ~TimerEntry() = default;
};

} // namespace Actorio::Detail
