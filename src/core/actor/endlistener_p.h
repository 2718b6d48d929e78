// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/stopreason.h>

namespace Actorio::Detail {

// Hears once that an actor has ended, in the actor's thread, after its object is gone.
class EndListener
{
public:
    virtual void ended(const StopReason &reason) noexcept = 0;
    EndListener *next = nullptr;

protected:
    EndListener() = default;
    ~EndListener() = default;
};

} // namespace Actorio::Detail
