// SPDX-License-Identifier: MIT
#include <Actorio/detail/signalinput.h>

#include "actor/actorcell_p.h"

#include <Actorio/error.h>

namespace Actorio::Detail {

SignalSource::Emission::~Emission()
{
    // One after the other: a long list would need a deep stack.
    while (next)
        next = std::exchange(next->next, nullptr);
}

SignalSource::SignalSource(const QObject *sender, std::optional<SignalPolicy> policy, int limit)
    : InputSource(limit), m_policy(policy)
{
    if (!sender)
        throw Error(QStringLiteral("An input needs an object that emits, not a null pointer"));
}

SignalSource::~SignalSource() = default;

void SignalSource::emitted(std::unique_ptr<Emission> emission)
{
    std::unique_ptr<Emission> superseded; // deleted without the lock
    const QMutexLocker locker(&mutex());
    if (!cell())
        return;
    if (m_policy)
        superseded = std::exchange(m_first, nullptr);
    Emission *const added = emission.get();
    (m_first ? m_last->next : m_first) = std::move(emission);
    m_last = added;
    notifyLocked();
}

void SignalSource::senderDestroyed()
{
    const QMutexLocker locker(&mutex());
    m_isSenderGone = true;
    notifyLocked();
}

std::unique_ptr<SignalSource::Emission> SignalSource::takeFirst()
{
    if (m_policy && m_policy->interval().count() > 0)
        m_notBefore = cell()->system().clock().now() + m_policy->interval();
    const QMutexLocker locker(&mutex());
    std::unique_ptr<Emission> first = std::move(m_first);
    m_first = std::move(first->next);
    return first;
}

void SignalSource::arm()
{
    m_connections = connectSignal();
}

InputSource::News SignalSource::look()
{
    {
        const QMutexLocker locker(&mutex());
        if (!m_first)
            return m_isSenderGone ? News::End : News::Nothing;
    }
    if (!m_policy || m_policy->interval().count() <= 0
        || m_notBefore <= cell()->system().clock().now())
        return News::Something;
    if (place == NoPlace) {
        deadline = m_notBefore;
        cell()->dispatcher().addTimer(*this);
    }
    return News::Nothing;
}

void SignalSource::expired() noexcept
{
    notify();
}

void SignalSource::disarm() noexcept
{
    for (QMetaObject::Connection &connection : m_connections)
        QObject::disconnect(std::exchange(connection, {}));
    if (cell())
        cell()->dispatcher().removeTimer(*this);
}

void SignalSource::release() noexcept
{
    std::unique_ptr<Emission> waiting; // deleted without the lock
    const QMutexLocker locker(&mutex());
    waiting = std::move(m_first);
}

QString SignalSource::errorText() const
{
    const QMutexLocker locker(&mutex());
    return m_isSenderGone ? QStringLiteral("The object that emits was destroyed") : QString();
}

} // namespace Actorio::Detail
