// SPDX-License-Identifier: MIT
#include <Actorio/schedule.h>
#include <Actorio/signalpolicy.h>

#include <QtCore/qdebug.h>

namespace Actorio {

namespace {

QString millisecondsOf(std::chrono::nanoseconds time)
{
    return QString::number(std::chrono::duration<double, std::milli>(time).count(), 'g', 15);
}

} // namespace

QDebug operator<<(QDebug debug, const Schedule &schedule)
{
    const QDebugStateSaver saver(debug);
    debug.nospace().noquote() << (schedule.isOnce() ? "once(" : "every(")
                              << millisecondsOf(schedule.interval()) << " ms)";
    if (!schedule.key().isEmpty())
        debug.quote() << ".named(" << schedule.key() << ')';
    return debug;
}

QDebug operator<<(QDebug debug, const SignalPolicy &policy)
{
    const QDebugStateSaver saver(debug);
    if (policy.interval().count() <= 0)
        return debug.nospace() << "latestOnly()";
    return debug.nospace().noquote()
            << "atMostEvery(" << millisecondsOf(policy.interval()) << " ms)";
}

} // namespace Actorio
