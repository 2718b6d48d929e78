// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/inputhandler.h>
#include <Actorio/detail/inputsource.h>
#include <Actorio/detail/timerentry.h>
#include <Actorio/schedule.h>

namespace Actorio::Detail {

// A timer in the heap of the actor's dispatcher. What it missed while its actor was busy is one tick, and the
// next ones come when they would have come.
class ACTORIO_EXPORT TimerSource : public InputSource, private TimerEntry
{
public:
    const QString &key() const noexcept { return m_key; }

protected:
    TimerSource(const Schedule &schedule, int limit);

private:
    void arm() override;
    News look() override { return m_isDue ? News::Something : News::Nothing; }
    void goOn() override;
    void disarm() noexcept override;
    void expired() noexcept override;

    const std::chrono::nanoseconds m_interval;
    const QString m_key;
    bool m_isDue = false;
};

template<class H>
class TimerInput final : public TimerSource
{
public:
    TimerInput(const Schedule &schedule, H handler, int limit)
        : TimerSource(schedule, limit), m_handler(std::move(handler))
    {
    }

private:
    AnyFuture fire() override { return callHandler(m_handler); }

    H m_handler;
};

} // namespace Actorio::Detail
