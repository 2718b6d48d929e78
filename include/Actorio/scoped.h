// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/actor.h>
#include <Actorio/actorsystem.h>

#include <QtCore/qdeadlinetimer.h>

namespace Actorio {

namespace Detail {
// Stops the actor and waits until it has ended; a thread that hosts actors runs its event loop meanwhile.
ACTORIO_EXPORT StopReason stopAndJoin(const RefBase &actor, QDeadlineTimer deadline);
} // namespace Detail

/// An actor that lives as long as a scope: it starts here; at the end of the scope it is stopped and joined.
/// The joining thread, if it hosts actors, runs its event loop (without user input) while it waits. As with
/// `ActorSystem::shutdown()`, a coroutine that has not ended by the default deadline is killed, and a handler that still
/// runs then is named in the log and given up. In a handler of that actor, or of one of its children, which it cannot wait for,
/// a warning is all there is of the join.
/// \since 0.1
template<class A>
class [[nodiscard]] Scoped : public ActorRef<A>
{
public:
    /// Starts an A, as `spawn()` does, in ActorSystem::instance().
    template<class... Args>
        requires Detail::Spawnable<A, Args...>
    explicit Scoped(SpawnOptions options, Args &&...arguments)
        : ActorRef<A>(Actorio::spawn<A>(std::move(options), std::forward<Args>(arguments)...))
    {
    }
    /// The same without options: in the pool.
    template<class... Args>
        requires(!Detail::StartsWithOptions<Args...> && Detail::Spawnable<A, Args...>)
    explicit Scoped(Args &&...arguments)
        : ActorRef<A>(Actorio::spawn<A>(std::forward<Args>(arguments)...))
    {
    }
    /// \cond
    // clang-format off
    template<class... Args>
        requires(!Detail::StartsWithOptions<Args...> && !Detail::Spawnable<A, Args...>)
    explicit Scoped(Args &&...) = delete; // Error: this actor class has no constructor for these arguments.
    template<class... Args>
        requires(!Detail::Spawnable<A, Args...>)
    explicit Scoped(SpawnOptions, Args &&...) = delete; // Error: this actor class has no constructor for these arguments.
    // clang-format on
    /// \endcond
    /// Takes on an actor that runs already, of whatever system.
    explicit Scoped(ActorRef<A> running) : ActorRef<A>(std::move(running)) { }
    /// As `stop()`.
    ~Scoped() { Detail::stopAndJoin(*this, QDeadlineTimer(ActorSystem::DefaultDeadline)); }
    Scoped(const Scoped &) = delete;
    Scoped &operator=(const Scoped &) = delete;

    /// Stops the actor, waits until it has ended, and says why it did: `StopReason::Killed` also if it was given up.
    /// In a handler of that actor, or of one of its children, it warns and returns `StopReason::Stopped` at once.
    StopReason stop(QDeadlineTimer deadline = QDeadlineTimer(ActorSystem::DefaultDeadline))
    {
        return Detail::stopAndJoin(*this, deadline);
    }
};

} // namespace Actorio
