// SPDX-License-Identifier: MIT
#include <Actorio/schedule.h>
#include <Actorio/signalpolicy.h>

#include <QtCore/qdebug.h>

namespace Actorio {

namespace {

double millisecondsOf(std::chrono::nanoseconds time)
{
    return std::chrono::duration<double, std::milli>(time).count();
}

} // namespace

QDebug operator<<(QDebug debug, const Schedule &schedule)
{
    const QDebugStateSaver saver(debug);
    debug.nospace() << (schedule.isOnce() ? "once(" : "every(")
                    << millisecondsOf(schedule.interval()) << " ms)";
    if (!schedule.key().isEmpty())
        debug << ".named(" << schedule.key() << ')';
    return debug;
}

QDebug operator<<(QDebug debug, const SignalPolicy &policy)
{
    const QDebugStateSaver saver(debug);
    if (policy.interval().count() <= 0)
        return debug.nospace() << "latestOnly()";
    return debug.nospace() << "atMostEvery(" << millisecondsOf(policy.interval()) << " ms)";
}

} // namespace Actorio
