// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/address.h>
#include <Actorio/stopreason.h>

#include <QtCore/qfuture.h>
#include <QtCore/qhashfunctions.h>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Actorio::Detail {

/// What every reference can do, whatever it refers to: part of ActorRef.
/// \since 0.1
class ACTORIO_EXPORT RefBase
{
public:
    /// Asks the actor to stop after what it is doing now; what is still queued becomes dead letters,
    /// and queued asks fail at once. Any thread; a second call does nothing.
    void stop() const;
    /// Asks the actor to stop after what is queued now; from here on `tell()` answers false. Any thread.
    void drain() const;
    /// Stops the actor before anything else it has to do; a coroutine handler ends at its `co_await`,
    /// any other handler is let finish. Any thread.
    void kill() const;
    /// Becomes ready when the actor has ended and its object is gone; at once for a null reference or an address that
    /// is no actor's (`StopReason::NoActor`) and for an actor that has ended. Any thread.
    QFuture<StopReason> terminated() const;
    /// Whether the actor has not ended yet. Any thread; may be out of date when you read it.
    bool isRunning() const;
    /// Unique in this process, never used again; 0 for a null reference.
    quint64 id() const;
    /// The name given to `spawn()`, or class and number. Any thread, also after the end.
    QString name() const;
    /// The names from the root to the actor, "/manager/worker-7". Any thread, also after the end.
    QString path() const;

    /// False for a null reference; says nothing about whether the actor runs.
    explicit operator bool() const noexcept { return static_cast<bool>(m_address); }
    /// Whether both refer to the same actor, or both are null.
    friend bool operator==(const RefBase &a, const RefBase &b) noexcept
    {
        return a.m_address.get() == b.m_address.get();
    }
    /// The opposite.
    friend bool operator!=(const RefBase &a, const RefBase &b) noexcept { return !(a == b); }
    /// By identity, as `==`.
    friend size_t qHash(const RefBase &ref, size_t seed = 0) noexcept
    {
        return ::qHash(ref.m_address.get(), seed);
    }

    /// \cond
    // For the library.
    const Ref<Address> &address() const noexcept { return m_address; }

protected:
    RefBase() noexcept = default;
    explicit RefBase(Ref<Address> address) noexcept : m_address(std::move(address)) { }

    bool isA(const QMetaObject &actorClass) const;
    /// \endcond

private:
    Ref<Address> m_address;
};

ACTORIO_EXPORT QDebug operator<<(QDebug debug, const RefBase &ref);

} // namespace Actorio::Detail
