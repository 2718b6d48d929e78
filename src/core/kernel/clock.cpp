// SPDX-License-Identifier: MIT
#include <Actorio/clock.h>

#include <algorithm>
#include <map>
#include <mutex>

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
    // Recursive: who hears of a jump may drop tokens, and whose token is dropped is not called any more.
    std::recursive_mutex calling;
    std::map<quint64, std::function<void()>> listeners; // by the number of their tokens
    quint64 lastToken = 0;
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
    const quint64 token = ++m_state->lastToken;
    m_state->listeners.emplace(token, std::move(wake));
    return std::shared_ptr<void>(m_state.get(), [state = m_state, token](void *) {
        const std::lock_guard erasing(state->calling);
        state->listeners.erase(token);
    });
}

void ManualClock::advance(std::chrono::milliseconds time)
{
    {
        const std::lock_guard lock(m_state->mutex);
        m_state->now += time;
    }
    const std::lock_guard lock(m_state->calling);
    auto &listeners = m_state->listeners;
    for (auto listener = listeners.begin(); listener != listeners.end();) {
        const auto [token, wake] = *listener; // a copy: it may be erased meanwhile
        wake();
        listener = listeners.upper_bound(token);
    }
}

} // namespace Actorio
