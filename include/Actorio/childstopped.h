// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/actorref.h>
#include <Actorio/stopreason.h>

namespace Actorio {

/// What a parent's `childStopped()` is told: which child has ended, and why. By then it is no longer
/// among `childActors()`, and its name is free.
/// \since 0.1
struct ChildStopped
{
    ActorRef<> child;
    StopReason reason;
};

} // namespace Actorio
