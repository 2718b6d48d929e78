// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/actorref.h>
#include <Actorio/stopreason.h>

namespace Actorio {

/// What an actor that watches another is told, as a message, when that has ended. By then the name of the other is free, and all
/// that it has sent to the watcher before has arrived. A value. The idea is Erlang's `DOWN`.
/// \since 0.1
struct Terminated
{
    /// The actor that has ended.
    ActorRef<> ref;
    /// Why it ended; `NoActor` if the reference is null, or of something that is no actor.
    StopReason reason;
};

} // namespace Actorio
