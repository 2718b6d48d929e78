// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/actorref.h>
#include <Actorio/detail/spawning.h>

namespace Actorio::Detail {

/// What starts actors.
template<class Derived>
class Spawner
{
public:
    /// Starts an actor, in an actor its child and in a system one without a parent, and returns its reference at once.
    /// It is made in its own thread from `arguments`, which are moved there. What its constructor throws arrives as
    /// SpawnFailed in `terminated()` and in the parent's `childStopped()`, or else in ActorSystem::actorFailed(). In an
    /// actor: its thread; in a system: any thread, with an owner the owner's.
    template<class A, class... Args>
        requires Spawnable<A, Args...>
    ActorRef<A> spawn(SpawnOptions options, Args &&...arguments)
    {
        return start<A>(std::move(options), std::forward<Args>(arguments)...);
    }
    /// The same without options: in the pool.
    template<class A, class... Args>
        requires(Spawnable<A, Args...> && !StartsWithOptions<Args...>)
    ActorRef<A> spawn(Args &&...arguments)
    {
        return start<A>({}, std::forward<Args>(arguments)...);
    }

    /// \cond
    // What compilers print of a wrong call.
    // clang-format off
    template<class A, class... Args>
        requires(!std::derived_from<A, Actor>)
    ActorRef<> spawn(SpawnOptions, Args &&...) = delete; // Error: only a class that derives from Actorio::Actor can be spawned.
    template<class A, class... Args>
        requires(!std::derived_from<A, Actor> && !StartsWithOptions<Args...>)
    ActorRef<> spawn(Args &&...) = delete; // Error: only a class that derives from Actorio::Actor can be spawned.
    template<class A, class... Args>
        requires(std::derived_from<A, Actor> && !Spawnable<A, Args...>)
    ActorRef<A> spawn(SpawnOptions, Args &&...) = delete; // Error: this actor class has no constructor for these arguments.
    template<class A, class... Args>
        requires(std::derived_from<A, Actor> && !StartsWithOptions<Args...> && !Spawnable<A, Args...>)
    ActorRef<A> spawn(Args &&...) = delete; // Error: this actor class has no constructor for these arguments.
    // clang-format on
    /// \endcond

private:
    template<class A, class... Args>
    ActorRef<A> start(SpawnOptions options, Args &&...arguments)
    {
        return ActorRef<A>(static_cast<Derived *>(this)->start(
                spawnRequest<A>(std::move(options), std::forward<Args>(arguments)...)));
    }
};

} // namespace Actorio::Detail
