// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/global.h>

#include <chrono>
#include <functional>
#include <memory>

namespace Actorio {

/// The time that a system's timeouts live by. Replaceable, so that tests can let time pass. All functions may be
/// called by any thread. The system shares its ownership.
/// \since 0.1
class ACTORIO_EXPORT Clock
{
public:
    /// A point in time; only differences mean anything.
    using TimePoint = std::chrono::steady_clock::time_point;

    virtual ~Clock();
    /// The time; it never goes back.
    virtual TimePoint now() const = 0;
    /// How long a thread may sleep in real time before it looks at the clock again for `deadline`;
    /// `milliseconds::max()` when the clock tells by itself.
    virtual std::chrono::milliseconds sleepUntil(TimePoint deadline) const = 0;
    /// `wake` is called whenever the clock has jumped, until the returned token is dropped. A clock that
    /// never jumps returns null.
    virtual std::shared_ptr<void> onJump(std::function<void()> wake) = 0;

    /// The steady clock of the machine.
    static std::shared_ptr<Clock> steady();
};

/// A clock that stands still until it is told to go on: for tests of timeouts without waiting.
/// \since 0.1
class ACTORIO_EXPORT ManualClock final : public Clock
{
public:
    ManualClock();
    ~ManualClock() override;
    /// The sum of what it was advanced by.
    TimePoint now() const override;
    std::chrono::milliseconds sleepUntil(TimePoint deadline) const override;
    std::shared_ptr<void> onJump(std::function<void()> wake) override;
    /// Lets `time` pass, and wakes all who wait for it.
    void advance(std::chrono::milliseconds time);

private:
    struct State;
    const std::shared_ptr<State> m_state;
};

} // namespace Actorio
