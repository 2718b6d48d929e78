// SPDX-License-Identifier: MIT
#include <Actorio/clock.h>

#include <algorithm>
#include <list>
#include <mutex>
#include <vector>

namespace Actorio {

namespace {

class SteadyClock final : public Clock
{
public:
    TimePoint now() const override { return std::chrono::steady_clock::now(); }
    std::chrono::milliseconds sleepUntil(TimePoint deadline) const override
    {
        const auto time = std::chrono::ceil<std::chrono::milliseconds>(deadline - now());
        // A timer's interval is an int.
        return std::clamp(time, std::chrono::milliseconds(0),
                          std::chrono::milliseconds(1'000'000'000));
    }
    std::shared_ptr<void> onJump(std::function<void()>) override { return nullptr; }
};

} // namespace

Clock::~Clock() = default;

std::shared_ptr<Clock> Clock::steady()
{
    static const auto *const clock = new std::shared_ptr<Clock>(std::make_shared<SteadyClock>());
    return *clock;
}

struct ManualClock::State
{
    std::mutex mutex;
    TimePoint now = std::chrono::steady_clock::now();
    // Recursive: who hears of a jump may drop its token, and nobody is called after that.
    std::recursive_mutex calling;
    std::list<std::function<void()>> listeners;
};

ManualClock::ManualClock() : m_state(std::make_shared<State>()) { }

ManualClock::~ManualClock() = default;

Clock::TimePoint ManualClock::now() const
{
    const std::lock_guard lock(m_state->mutex);
    return m_state->now;
}

std::chrono::milliseconds ManualClock::sleepUntil(TimePoint deadline) const
{
    return deadline <= now() ? std::chrono::milliseconds(0) : std::chrono::milliseconds::max();
}

std::shared_ptr<void> ManualClock::onJump(std::function<void()> wake)
{
    const std::lock_guard lock(m_state->calling);
    const auto place = m_state->listeners.insert(m_state->listeners.end(), std::move(wake));
    return std::shared_ptr<void>(m_state.get(), [state = m_state, place](void *) {
        const std::lock_guard erasing(state->calling);
        state->listeners.erase(place);
    });
}

void ManualClock::advance(std::chrono::milliseconds time)
{
    {
        const std::lock_guard lock(m_state->mutex);
        m_state->now += time;
    }
    const std::lock_guard lock(m_state->calling);
    for (auto listener = m_state->listeners.begin(); listener != m_state->listeners.end();) {
        const auto wake = *listener++;
        wake();
    }
}

} // namespace Actorio
