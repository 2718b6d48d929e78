// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/timespan.h>
#include <Actorio/global.h>

#include <QtCore/qstring.h>

#include <chrono>
#include <utility>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Actorio {

/// When a timer fires: a time span is a period, once() makes a single shot of it. Resolution: milliseconds. Zero, and less, is as
/// often as it is the timer's turn; what is longer than a century counts as a century.
/// \since 0.1
class Schedule
{
public:
    /// Every `period`, the first time after one. An actor that falls behind gets one tick, not all that it missed.
    template<class Rep, class Period>
    Schedule(std::chrono::duration<Rep, Period> period) : m_interval(Detail::nanosecondsOf(period))
    {
    }

    /// The same with a key: among the timers of an actor, of both kinds, one with the same key is cancelled when this one is
    /// added.
    Schedule named(QString key) const
    {
        Schedule schedule = *this;
        schedule.m_key = std::move(key);
        return schedule;
    }

    /// The period, or the delay of a single shot.
    std::chrono::nanoseconds interval() const noexcept { return m_interval; }
    /// Whether it fires only once.
    bool isOnce() const noexcept { return m_isOnce; }
    /// Empty: none.
    QString key() const { return m_key; }

    /// Whether they fire at the same times, with the same key.
    friend bool operator==(const Schedule &, const Schedule &) = default;

private:
    template<class Rep, class Period>
    friend Schedule once(std::chrono::duration<Rep, Period> delay);

    std::chrono::nanoseconds m_interval;
    QString m_key;
    bool m_isOnce = false;
};

/// A single shot after `delay`.
/// \since 0.1
template<class Rep, class Period>
Schedule once(std::chrono::duration<Rep, Period> delay)
{
    Schedule schedule(delay);
    schedule.m_isOnce = true;
    return schedule;
}

/// For logs.
/// \since 0.1
ACTORIO_EXPORT QDebug operator<<(QDebug debug, const Schedule &schedule);

} // namespace Actorio
