// SPDX-License-Identifier: MIT
#include <Actorio/detail/timerinput.h>

#include "actor/actorcell_p.h"
#include "actor/inputs_p.h"

#include <algorithm>

namespace Actorio::Detail {

TimerSource::TimerSource(const Schedule &schedule, int limit)
    : InputSource(schedule.isOnce() ? std::min(limit, 1) : limit),
      m_interval(std::max(schedule.interval(), std::chrono::nanoseconds(0))), m_key(schedule.key())
{
}

void TimerSource::arm()
{
    if (!m_key.isEmpty())
        cell()->inputs().setTimer(m_key, *this);
    deadline = cell()->system().clock().now() + m_interval;
    cell()->dispatcher().addTimer(*this);
}

void TimerSource::startAgain()
{
    const TimePoint now = cell()->system().clock().now();
    if (m_interval.count() == 0)
        deadline = now;
    else if (deadline + m_interval > now)
        deadline += m_interval;
    else
        deadline += ((now - deadline) / m_interval + 1) * m_interval;
    cell()->dispatcher().addTimer(*this);
}

void TimerSource::disarm() noexcept
{
    if (!cell())
        return;
    if (!m_key.isEmpty() && cell()->inputs().timer(m_key) == this)
        cell()->inputs().forgetTimer(m_key);
    cell()->dispatcher().removeTimer(*this);
}

} // namespace Actorio::Detail
