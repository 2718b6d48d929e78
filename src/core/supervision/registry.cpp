// SPDX-License-Identifier: MIT
#include <Actorio/registry.h>

#include "actor/actorcell_p.h"
#include "kernel/delaypoint_p.h"

#include <Actorio/error.h>

#include <QtCore/qhash.h>
#include <QtCore/qmutex.h>
#include <QtCore/qset.h>

#include <algorithm>
#include <map>
#include <vector>

namespace Actorio {

using namespace Detail;

Detail::NameWaiter::~NameWaiter() = default;

// Kept by the listeners to ends, too, which may outlive the registry.
class Registry::State : public std::enable_shared_from_this<State>
{
public:
    using Waiters = std::vector<std::unique_ptr<NameWaiter>>;

    bool add(const QString &name, const ActorRef<> &actor, Waiters &served);
    bool remove(const QString &name, const ActorRef<> *actor);
    ActorRef<> find(const QString &name) const;
    // Null: it is there, or else the waiter has been taken.
    ActorRef<> findOrWait(const QString &name, std::unique_ptr<NameWaiter> &waiter);
    QStringList names() const;
    Waiters takeWaiters();

private:
    class Listener;
    void ended(const Address *actor);
    ActorRef<> holder(const QString &name) const;
    void forget(const QString &name);

    mutable QMutex m_mutex;
    QHash<QString, ActorRef<>> m_actors;
    QHash<const Address *, QSet<QString>> m_names; // of actors that are listened to, until they end
    std::map<QString, Waiters> m_waiters;
};

// One an actor.
class Registry::State::Listener final : public EndListener
{
public:
    Listener(std::shared_ptr<State> state, Ref<Address> actor)
        : m_state(std::move(state)), m_actor(std::move(actor))
    {
    }
    void ended(const StopReason &) noexcept override
    {
        m_state->ended(m_actor.get());
        delete this;
    }

private:
    const std::shared_ptr<State> m_state;
    const Ref<Address> m_actor;
};

// Who does not run any more has no name, whether its end has been heard of here or not: it is so before others hear of it.
ActorRef<> Registry::State::holder(const QString &name) const
{
    const ActorRef<> actor = m_actors.value(name);
    return actor.isRunning() ? actor : ActorRef<>();
}

void Registry::State::forget(const QString &name)
{
    const ActorRef<> former = m_actors.take(name);
    const auto names = m_names.find(former.address().get());
    if (names != m_names.end())
        names->remove(name);
}

bool Registry::State::add(const QString &name, const ActorRef<> &actor, Waiters &served)
{
    ActorCell *const cell = ActorCell::of(actor.address().get());
    if (!cell)
        return false;
    const QMutexLocker locker(&m_mutex);
    if (holder(name))
        return false;
    if (!m_names.contains(cell)) {
        auto listener = std::make_unique<Listener>(shared_from_this(), actor.address());
        if (!cell->addEndListener(listener.get()))
            return false;
        static_cast<void>(listener.release()); // deletes itself
    }
    ACTORIO_DELAY_POINT("registry.add");
    if (!cell->isRunning())
        return false;
    forget(name);
    m_actors.insert(name, actor);
    m_names[cell].insert(name);
    const auto waiters = m_waiters.find(name);
    if (waiters == m_waiters.end())
        return true;
    Waiters &all = waiters->second;
    const auto others = std::partition(all.begin(), all.end(), [&](const auto &waiter) {
        return waiter->isCancelled() || waiter->wants(actor);
    });
    std::move(all.begin(), others, std::back_inserter(served));
    all.erase(all.begin(), others);
    if (all.empty())
        m_waiters.erase(waiters);
    return true;
}

bool Registry::State::remove(const QString &name, const ActorRef<> *actor)
{
    const QMutexLocker locker(&m_mutex);
    const ActorRef<> current = holder(name);
    if (!current || (actor && current != *actor))
        return false;
    forget(name);
    return true;
}

ActorRef<> Registry::State::find(const QString &name) const
{
    const QMutexLocker locker(&m_mutex);
    return holder(name);
}

ActorRef<> Registry::State::findOrWait(const QString &name, std::unique_ptr<NameWaiter> &waiter)
{
    const QMutexLocker locker(&m_mutex);
    if (const ActorRef<> actor = holder(name); actor && waiter->wants(actor))
        return actor;
    Waiters &all = m_waiters[name];
    std::erase_if(all, [](const auto &other) { return other->isCancelled(); });
    all.push_back(std::move(waiter));
    return {};
}

QStringList Registry::State::names() const
{
    QStringList names;
    {
        const QMutexLocker locker(&m_mutex);
        for (auto entry = m_actors.cbegin(); entry != m_actors.cend(); ++entry) {
            if (entry->isRunning())
                names.append(entry.key());
        }
    }
    names.sort();
    return names;
}

Registry::State::Waiters Registry::State::takeWaiters()
{
    const QMutexLocker locker(&m_mutex);
    Waiters taken;
    for (auto &[name, waiters] : m_waiters)
        std::move(waiters.begin(), waiters.end(), std::back_inserter(taken));
    m_waiters.clear();
    return taken;
}

void Registry::State::ended(const Address *actor)
{
    const QMutexLocker locker(&m_mutex);
    const QSet<QString> names = m_names.take(actor);
    for (const QString &name : names) {
        if (m_actors.value(name).address().get() == actor)
            m_actors.remove(name);
    }
}

Registry::Registry() : m_state(std::make_shared<State>()) { }

Registry::~Registry()
{
    cancelWaits();
}

bool Registry::add(const QString &name, const ActorRef<> &actor)
{
    if (name.isEmpty())
        throw Error(QStringLiteral("%1 cannot be registered by an empty name")
                            .arg(actor ? actor.path() : QStringLiteral("No actor")));
    State::Waiters served; // told without the mutex: what they wake may come back here
    if (!m_state->add(name, actor, served))
        return false;
    for (const auto &waiter : served)
        waiter->found(actor);
    return true;
}

bool Registry::remove(const QString &name)
{
    return m_state->remove(name, nullptr);
}

bool Registry::remove(const QString &name, const ActorRef<> &actor)
{
    return m_state->remove(name, &actor);
}

ActorRef<> Registry::any(const QString &name) const
{
    return m_state->find(name);
}

void Registry::wait(const QString &name, std::unique_ptr<NameWaiter> waiter)
{
    if (const ActorRef<> actor = m_state->findOrWait(name, waiter))
        waiter->found(actor);
}

QStringList Registry::names() const
{
    return m_state->names();
}

// A promise that is dropped cancels its future.
void Registry::cancelWaits()
{
    m_state->takeWaiters();
}

} // namespace Actorio
