// SPDX-License-Identifier: MIT
#include "supervision/shutdownphases_p.h"

#include <Actorio/error.h>

#include <algorithm>

namespace Actorio::Detail {

namespace {

const std::vector<QString> &defaultPhases()
{
    using C = CoordinatedShutdown;
    static const std::vector<QString> names{C::BeforeServiceUnbind,        C::ServiceUnbind,
                                            C::ServiceRequestsDone,        C::ServiceStop,
                                            C::BeforeActorSystemTerminate, C::ActorSystemTerminate};
    return names;
}

} // namespace

ShutdownPhases::ShutdownPhases()
{
    for (const QString &name : defaultPhases()) {
        m_phases.push_back({.name = name});
        if (m_phases.size() > 1)
            m_phases.back().after = QStringList{m_phases[m_phases.size() - 2].name};
    }
    // A system's shutdown has a deadline of its own, and says at it what has not ended.
    m_phases.back().deadline = 2 * ShutdownPhase::DefaultDeadline;
}

int ShutdownPhases::indexOf(const QString &name) const
{
    const auto phase = std::find_if(m_phases.begin(), m_phases.end(),
                                    [&](const ShutdownPhase &p) { return p.name == name; });
    return phase == m_phases.end() ? -1 : int(phase - m_phases.begin());
}

QStringList ShutdownPhases::names() const
{
    QStringList names;
    for (const ShutdownPhase &phase : m_phases)
        names.append(phase.name);
    return names;
}

ShutdownPhase &ShutdownPhases::at(const QString &name)
{
    const int index = indexOf(name);
    if (index < 0)
        throw Error(QStringLiteral("There is no shutdown phase \"%1\"; there are: %2")
                            .arg(name, names().join(QStringLiteral(", "))));
    return m_phases[std::size_t(index)];
}

void ShutdownPhases::add(ShutdownPhase phase)
{
    if (phase.name.isEmpty())
        throw Error(QStringLiteral("A shutdown phase needs a name"));
    if (indexOf(phase.name) >= 0)
        throw Error(QStringLiteral("There is a shutdown phase \"%1\" already").arg(phase.name));
    // Those that it comes after are sorted: the last of the first phases that any of them comes after, or is.
    int last = -1;
    for (const QString &name : phase.after)
        last = std::max(last, indexOf(at(name).name));
    if (phase.before.isEmpty()) {
        const auto next = std::find_if(defaultPhases().begin(), defaultPhases().end(),
                                       [&](const QString &name) { return indexOf(name) > last; });
        if (next != defaultPhases().end())
            phase.before.append(*next);
    }
    for (const QString &name : std::as_const(phase.before))
        at(name);
    const std::vector<ShutdownPhase> former = m_phases;
    for (const QString &name : std::as_const(phase.before))
        at(name).after.append(phase.name);
    m_phases.push_back(phase);
    if (sort())
        return;
    m_phases = former;
    throw Error(QStringLiteral("The shutdown phase \"%1\" cannot come after %2 and before %3: that "
                               "is a circle")
                        .arg(phase.name, phase.after.join(QStringLiteral(", ")),
                             phase.before.join(QStringLiteral(", "))));
}

// The first in the list that is free comes next. False: there is a circle.
bool ShutdownPhases::sort()
{
    std::vector<ShutdownPhase> rest = std::exchange(m_phases, {});
    while (!rest.empty()) {
        const auto next = std::find_if(rest.begin(), rest.end(), [&](const ShutdownPhase &phase) {
            return std::all_of(phase.after.begin(), phase.after.end(),
                               [&](const QString &name) { return indexOf(name) >= 0; });
        });
        if (next == rest.end())
            return false;
        m_phases.push_back(std::move(*next));
        rest.erase(next);
    }
    return true;
}

} // namespace Actorio::Detail
