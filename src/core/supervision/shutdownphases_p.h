// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/coordinatedshutdown.h>

#include <vector>

namespace Actorio::Detail {

// The phases of a CoordinatedShutdown and their order. Not thread-safe.
class ACTORIO_AUTOTEST_EXPORT ShutdownPhases
{
public:
    // With the phases that there are from the beginning.
    ShutdownPhases();

    // Throws Error, and changes nothing.
    void add(ShutdownPhase phase);
    // Throws Error if there is none.
    ShutdownPhase &at(const QString &name);
    int count() const { return int(m_phases.size()); }
    // In their order.
    const ShutdownPhase &at(int index) const { return m_phases[std::size_t(index)]; }
    int indexOf(const QString &name) const;
    QStringList names() const;

private:
    bool sort();

    std::vector<ShutdownPhase> m_phases; // `before` is expressed by the others' `after`
};

} // namespace Actorio::Detail
