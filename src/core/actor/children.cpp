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
    link(child);
    return true;
}

void Children::remove(ActorCell &child, const QString &name)
{
    if (!name.isEmpty())
        m_names.remove(name);
    child.m_isListed = false;
    unlink(child);
}

void Children::moveToEnd(ActorCell &child)
{
    if (!child.m_isListed)
        return;
    unlink(child);
    link(child);
}

void Children::link(ActorCell &child)
{
    child.m_older = m_newest;
    child.m_newer = nullptr;
    (m_newest ? m_newest->m_newer : m_oldest) = &child;
    m_newest = &child;
}

void Children::unlink(ActorCell &child)
{
    (child.m_newer ? child.m_newer->m_older : m_newest) = child.m_older;
    (child.m_older ? child.m_older->m_newer : m_oldest) = child.m_newer;
    child.m_older = child.m_newer = nullptr;
}

QFuture<void> Children::gone(const ActorCell &child)
{
    std::shared_ptr<QPromise<void>> &promise = m_gone[&child];
    if (!promise) {
        promise = std::make_shared<QPromise<void>>();
        promise->start();
    }
    return promise->future();
}

void Children::tellGone(const ActorCell &child)
{
    if (m_gone.isEmpty())
        return;
    if (const std::shared_ptr<QPromise<void>> promise = m_gone.take(&child))
        promise->finish();
}

} // namespace Actorio::Detail
