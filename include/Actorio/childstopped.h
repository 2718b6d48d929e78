// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/actorref.h>
#include <Actorio/stopreason.h>

namespace Actorio {

/// What a parent's `childStopped()` is told: which child has ended, and why. By then it is no longer
/// among `childActors()`, and its name is free. A value.
/// \since 0.1
struct ChildStopped
{
    /// The child that has ended.
    ActorRef<> child;
    /// Why it ended; `Failed` with SpawnFailed if it could not be made.
    StopReason reason;
};

} // namespace Actorio
