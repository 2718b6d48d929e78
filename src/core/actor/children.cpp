// SPDX-License-Identifier: MIT
#include "actor/children_p.h"

#include "actor/actorcell_p.h"

namespace Actorio::Detail {

Children::~Children() = default;

bool Children::add(ActorCell &child, const QString &name)
{
    if (!name.isEmpty()) {
        if (m_names.contains(name))
            return false;
        m_names.insert(name);
    }
    child.m_isListed = true;
    child.m_older = m_newest;
    child.m_newer = nullptr;
    (m_newest ? m_newest->m_newer : m_oldest) = &child;
    m_newest = &child;
    return true;
}

void Children::remove(ActorCell &child, const QString &name)
{
    if (!name.isEmpty())
        m_names.remove(name);
    child.m_isListed = false;
    (child.m_newer ? child.m_newer->m_older : m_newest) = child.m_older;
    (child.m_older ? child.m_older->m_newer : m_oldest) = child.m_newer;
    child.m_older = child.m_newer = nullptr;
}

} // namespace Actorio::Detail
