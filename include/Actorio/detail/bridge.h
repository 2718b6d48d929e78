// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/address.h>
#include <Actorio/detail/counted.h>
#include <Actorio/detail/envelope.h>
#include <Actorio/detail/inputhandler.h>
#include <Actorio/detail/pooled.h>
#include <Actorio/detail/ref.h>
#include <Actorio/detail/servicetimer.h>
#include <Actorio/signalpolicy.h>

#include <QtCore/qmutex.h>
#include <QtCore/qobject.h>

#include <atomic>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

namespace Actorio::Detail {

// A connection with an actor at one end or at both. Counted by whoever has connected, and by what is connected. Any thread.
class ACTORIO_EXPORT Bridge : public Counted
{
public:
    // A glance: relaxed.
    bool isOpen() const noexcept { return m_isOpen.load(std::memory_order_relaxed); }
    virtual bool isActive() const;
    virtual void close() noexcept;
    // A part of it, which ends with it.
    void keep(const QMetaObject::Connection &connection);

protected:
    Bridge() = default;
    ~Bridge() override;
    QBasicMutex &mutex() const noexcept { return m_mutex; }
    // With the mutex locked. False: it has been closed.
    bool keepLocked(const QMetaObject::Connection &connection);

private:
    std::atomic<bool> m_isOpen{true};
    mutable QBasicMutex m_mutex;
    std::vector<QMetaObject::Connection> m_connections; // guarded by the mutex
};

// Turns emissions into messages for one receiver.
class ACTORIO_EXPORT MessageBridge : public Bridge, private ServiceTimer
{
public:
    bool isActive() const override { return isReachable() && Bridge::isActive(); }
    bool isReachable() const { return isOpen() && m_target->isRunning(); }
    void close() noexcept override;
    // What it is a part of, and which ends with it.
    void setWhole(Ref<Bridge> whole) { m_whole = std::move(whole); }

protected:
    MessageBridge(Ref<Address> target, std::optional<SignalPolicy> policy);
    ~MessageBridge() override;

    const Ref<Address> &target() const noexcept { return m_target; }
    const std::optional<SignalPolicy> &policy() const noexcept { return m_policy; }
    void post(Envelope *envelope);
    // With the mutex locked: there is a new value, and none is on its way. True: to be posted now, else by expired().
    bool isDue();
    void wait();
    virtual Envelope *lazyEnvelope() = 0;

private:
    void hold() noexcept override { ref(); }
    void release() noexcept override { deref(); }
    bool isOver() const noexcept override { return !isOpen(); }
    void systemEnded() noexcept override { close(); }
    void expired() noexcept override;

    const Ref<Address> m_target;
    const std::optional<SignalPolicy> m_policy;
    // Guarded by the mutex.
    TimePoint m_notBefore = TimePoint::min();
    Ref<Bridge> m_whole; // until it closes
};

// For an A that takes an M.
template<class A, class M>
class MessageBridgeFor final : public MessageBridge
{
public:
    MessageBridgeFor(Ref<Address> target, std::optional<SignalPolicy> policy)
        : MessageBridge(std::move(target), policy)
    {
    }

    // In the emitter's thread.
    template<class T>
    void emitted(T &&message)
    {
        if (!isOpen())
            return;
        if (!policy())
            return post(envelope(std::forward<T>(message)));
        // The user's code, the end of the superseded value included, runs without the mutex.
        std::unique_ptr<Value> value(new Value{{}, M(std::forward<T>(message))});
        bool isNow = false;
        {
            const QMutexLocker locker(&mutex());
            m_latest.swap(value);
            if (std::exchange(m_isOnItsWay, true))
                return;
            isNow = isDue();
        }
        if (isNow)
            post(lazyEnvelope());
        else
            wait();
    }
    // In the receiver's thread, for LazyEnvelope.
    std::optional<M> take()
    {
        std::unique_ptr<Value> value;
        {
            const QMutexLocker locker(&mutex());
            m_isOnItsWay = false;
            value.swap(m_latest);
        }
        if (!value)
            return {};
        return std::optional<M>(std::move(value->message));
    }

private:
    struct Value : Pooled
    {
        M message;
    };

    template<class T>
    static Envelope *envelope(T &&message)
    {
        if constexpr (std::is_same_v<A, Actor>)
            return new MessageEnvelope<M>(Entry::Kind::Tell, std::forward<T>(message), nullptr);
        else
            return new TypedEnvelope<A, M>(Entry::Kind::Tell, std::forward<T>(message), nullptr);
    }
    Envelope *lazyEnvelope() override
    {
        return new LazyEnvelope<A, M, MessageBridgeFor>(Ref<MessageBridgeFor>(this), nullptr);
    }

    // Guarded by the mutex.
    std::unique_ptr<Value> m_latest;
    bool m_isOnItsWay = false; // posted, or waiting for its time
};

// A signal of an actor, which is connected in the actor's thread, and again to whatever object stands for it later.
class ACTORIO_EXPORT ActorBridge : public Bridge
{
public:
    // Sends it to its actor.
    void start(const Ref<Address> &actor);
    // In the actor's thread.
    void attach(Actor &actor);
    bool isActive() const override;
    void close() noexcept override;
    // The other end, which is there when this is called. When it ends, the connection does.
    void setReceiver(const QObject *receiver);
    void setReceiver(const Ref<MessageBridge> &messages);

protected:
    explicit ActorBridge(Ref<Address> actor) : m_actor(std::move(actor)) { }
    ~ActorBridge() override;
    virtual QMetaObject::Connection connectTo(Actor &actor) = 0;

private:
    const Ref<Address> m_actor;
    Ref<MessageBridge> m_messages; // null: the receiver is an object
};

// `Connect` makes the connection with an A.
template<class A, class Connect>
class ActorBridgeFor final : public ActorBridge
{
public:
    ActorBridgeFor(Ref<Address> actor, Connect connect)
        : ActorBridge(std::move(actor)), m_connect(std::move(connect))
    {
    }

private:
    QMetaObject::Connection connectTo(Actor &actor) override
    {
        return m_connect(static_cast<A &>(actor));
    }

    Connect m_connect;
};

} // namespace Actorio::Detail
