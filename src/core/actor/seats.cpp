// SPDX-License-Identifier: MIT
#include "actor/seats_p.h"

#include <QtCore/qobject.h>

#include <algorithm>

namespace Actorio::Detail {

void Seats::seat(QObject *actor, QObject *owner)
{
    m_owner = owner;
    if (m_direct < Size) {
        ++m_direct;
        actor->setParent(owner);
        return;
    }
    if (m_groups.empty() || m_groups.back().count == Size) {
        // A group with a free seat comes last, if there is one.
        const auto free = std::find_if(m_groups.begin(), m_groups.end(),
                                       [](const Group &group) { return group.count < Size / 2; });
        if (free != m_groups.end())
            std::iter_swap(free, m_groups.end() - 1);
        else
            m_groups.push_back({new QObject(owner), 0});
    }
    ++m_groups.back().count;
    actor->setParent(m_groups.back().object);
}

void Seats::unseat(QObject *actor)
{
    QObject *const parent = actor->parent();
    if (!parent)
        return;
    if (parent == m_owner) {
        --m_direct;
    } else {
        const auto group =
                std::find_if(m_groups.rbegin(), m_groups.rend(),
                             [=](const Group &candidate) { return candidate.object == parent; });
        if (group == m_groups.rend()) // the actor was given another parent
            return;
        if (--group->count == 0) {
            actor->setParent(nullptr);
            delete group->object;
            m_groups.erase(std::next(group).base());
            return;
        }
    }
    actor->setParent(nullptr);
}

} // namespace Actorio::Detail
