// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/timespan.h>
#include <Actorio/global.h>

#include <QtCore/qglobal.h>

#include <chrono>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Actorio {

/// Which of the values that come faster than they are handled are kept.
/// \since 0.1
class SignalPolicy
{
public:
    /// The time between two values; zero: as fast as they are handled.
    std::chrono::nanoseconds interval() const noexcept { return m_interval; }

    /// Whether they keep the same.
    friend bool operator==(const SignalPolicy &, const SignalPolicy &) = default;

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
    return SignalPolicy(Detail::nanosecondsOf(interval));
}

/// For logs.
/// \since 0.1
ACTORIO_EXPORT QDebug operator<<(QDebug debug, const SignalPolicy &policy);

} // namespace Actorio
