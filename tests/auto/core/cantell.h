// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/ActorRef>

#include <utility>

// Whether it compiles to send an M to an actor of the class A.
template<class A, class M>
concept CanTell = requires(const Actorio::ActorRef<A> &actor, M &&message) {
    actor.tell(std::forward<M>(message));
};
