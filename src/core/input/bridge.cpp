// SPDX-License-Identifier: MIT
#include <Actorio/detail/bridge.h>

#include "actor/actorcell_p.h"
#include "actor/systemcore_p.h"
#include "kernel/logging_p.h"

#include <Actorio/connect.h>

#include <algorithm>

namespace Actorio {

using namespace Detail;

void Connection::disconnect()
{
    if (m_bridge)
        m_bridge->close();
}

bool Connection::isActive() const
{
    return m_bridge && m_bridge->isActive();
}

namespace Detail {

Bridge::~Bridge() = default;

bool Bridge::isActive() const
{
    const QMutexLocker locker(&m_mutex);
    return isOpen()
            && std::any_of(
                    m_connections.begin(), m_connections.end(),
                    [](const QMetaObject::Connection &connection) { return bool(connection); });
}

void Bridge::close() noexcept
{
    std::vector<QMetaObject::Connection> connections; // what they hold goes without the mutex
    {
        const QMutexLocker locker(&m_mutex);
        m_isOpen.store(false, std::memory_order_relaxed);
        connections.swap(m_connections);
    }
    for (const QMetaObject::Connection &connection : connections)
        QObject::disconnect(connection);
}

void Bridge::keep(const QMetaObject::Connection &connection)
{
    {
        const QMutexLocker locker(&m_mutex);
        if (keepLocked(connection))
            return;
    }
    QObject::disconnect(connection);
}

bool Bridge::keepLocked(const QMetaObject::Connection &connection)
{
    if (!isOpen())
        return false;
    std::erase_if(m_connections, [](const QMetaObject::Connection &old) { return !old; });
    m_connections.push_back(connection);
    return true;
}

MessageBridge::MessageBridge(Ref<Address> target, std::optional<SignalPolicy> policy)
    : m_target(std::move(target)), m_policy(policy)
{
}

MessageBridge::~MessageBridge() = default;

void MessageBridge::close() noexcept
{
    Bridge::close();
    Ref<Bridge> whole;
    {
        const QMutexLocker locker(&mutex());
        whole = std::exchange(m_whole, nullptr);
    }
    if (whole)
        whole->close();
}

void MessageBridge::post(Envelope *envelope)
{
    if (!m_target->post(envelope))
        close();
}

bool MessageBridge::isDue()
{
    if (m_policy->interval().count() <= 0)
        return true;
    const TimePoint now = SystemCore::of(m_target.get())->clock().now();
    if (now < m_notBefore)
        return false;
    m_notBefore = now + m_policy->interval();
    return true;
}

// Posts it when its time has come.
void MessageBridge::wait()
{
    const Ref<SystemCore> system = SystemCore::of(m_target.get());
    {
        const QMutexLocker locker(&mutex());
        deadline = m_notBefore;
        m_notBefore += m_policy->interval();
    }
    system->service().add(*this);
}

void MessageBridge::expired() noexcept
{
    if (isOpen())
        post(lazyEnvelope());
}

namespace {

// Takes a bridge to its actor.
class BridgeEntry final : public ControlEntry
{
public:
    explicit BridgeEntry(Ref<ActorBridge> bridge) : m_bridge(std::move(bridge)) { }
    void run(ActorCell &cell) noexcept override
    {
        cell.addBridge(std::exchange(m_bridge, nullptr));
    }
    void dispose() noexcept override
    {
        if (m_bridge)
            m_bridge->close();
        delete this;
    }

private:
    Ref<ActorBridge> m_bridge;
};

} // namespace

ActorBridge::~ActorBridge() = default;

void ActorBridge::start(const Ref<Address> &actor)
{
    if (Cell *const cell = actor->cell())
        cell->postSystem(new BridgeEntry(Ref<ActorBridge>(this)));
    else // an inbox, or an ask
        close();
}

void ActorBridge::setReceiver(const QObject *receiver)
{
    keep(QObject::connect(
            receiver, &QObject::destroyed, receiver,
            [self = Ref<ActorBridge>(this)] { self->close(); }, Qt::DirectConnection));
}

void ActorBridge::setReceiver(const Ref<MessageBridge> &messages)
{
    m_messages = messages;
    messages->setWhole(Ref<Bridge>(this));
}

void ActorBridge::close() noexcept
{
    Bridge::close();
    if (m_messages)
        m_messages->close();
}

void ActorBridge::attach(Actor &actor)
{
    // While the mutex is locked, the receiver, if it is not destroyed yet, will not be.
    const QMutexLocker locker(&mutex());
    if (isOpen())
        keepLocked(connectTo(actor));
}

bool ActorBridge::isActive() const
{
    return isOpen() && m_actor->isRunning() && (!m_messages || m_messages->isReachable());
}

bool haveEnds(bool hasSender, bool hasReceiver)
{
    if (!hasSender)
        qCWarning(lcCore, "Actorio::connect: the sender is null");
    if (!hasReceiver)
        qCWarning(lcCore, "Actorio::connect: the receiver is null");
    return hasSender && hasReceiver;
}

} // namespace Detail

} // namespace Actorio
