// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/actorref.h>

#include <QtCore/qfuture.h>
#include <QtCore/qpromise.h>
#include <QtCore/qstring.h>
#include <QtCore/qstringlist.h>

#include <memory>

namespace Actorio {

namespace Detail {

// Who waits for a name. Called by one thread at a time.
class ACTORIO_EXPORT NameWaiter
{
public:
    NameWaiter() = default;
    NameWaiter(const NameWaiter &) = delete;
    NameWaiter &operator=(const NameWaiter &) = delete;
    virtual ~NameWaiter();
    virtual bool isCancelled() const = 0;
    virtual bool wants(const ActorRef<> &actor) const = 0;
    virtual void found(const ActorRef<> &actor) = 0;
};

template<class A>
class NameWaiterFor final : public NameWaiter
{
public:
    NameWaiterFor() { m_promise.start(); }
    QFuture<ActorRef<A>> future() const { return m_promise.future(); }
    bool isCancelled() const override { return m_promise.isCanceled(); }
    bool wants(const ActorRef<> &actor) const override { return bool(actor.as<A>()); }
    void found(const ActorRef<> &actor) override
    {
        m_promise.addResult(actor.as<A>());
        m_promise.finish();
    }

private:
    QPromise<ActorRef<A>> m_promise;
};

} // namespace Detail

/// The names by which actors are found, `ActorSystem::registry()`. A name belongs to one running actor at a time; an actor may have
/// several. It is free again before anybody hears of the actor's end, and stays over a restart. Keeps no actor running. All of it from
/// any thread. (`SpawnOptions::name` is another thing: a label among siblings.) The idea is Erlang's `register`.
/// \since 0.1
class ACTORIO_EXPORT Registry
{
public:
    /// For an ActorSystem, which has one.
    Registry();
    ~Registry();
    Registry(const Registry &) = delete;
    Registry &operator=(const Registry &) = delete;

    /// Gives `actor` the name. False: another has it, or the actor has ended, or is null. Of several that try at once one wins. Throws Error
    /// if the name is empty.
    bool add(const QString &name, const ActorRef<> &actor);
    /// Takes the name from whoever has it. False: nobody.
    bool remove(const QString &name);
    /// Takes the name from `actor`. False: it has not got it.
    bool remove(const QString &name, const ActorRef<> &actor);
    /// The actor with the name; null if there is none, or it is no A.
    template<class A = Actor>
    ActorRef<A> find(const QString &name) const
    {
        return any(name).as<A>();
    }
    /// The actor with the name, an A, when there is one. Cancelled with the shutdown or the end of the system. Cancel it to wait no more.
    template<class A = Actor>
    QFuture<ActorRef<A>> waitFor(const QString &name)
    {
        auto waiter = std::make_unique<Detail::NameWaiterFor<A>>();
        const QFuture<ActorRef<A>> future = waiter->future();
        wait(name, std::move(waiter));
        return future;
    }
    /// All names that are taken, sorted.
    QStringList names() const;

private:
    friend class ActorSystem;
    class State;
    ActorRef<> any(const QString &name) const;
    void wait(const QString &name, std::unique_ptr<Detail::NameWaiter> waiter);
    void cancelWaits();

    const std::shared_ptr<State> m_state;
};

} // namespace Actorio
