// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/detail/timerentry.h>
#include <Actorio/global.h>

namespace Actorio::Detail {

// A timer that the system's service thread keeps, which calls expired(). It may be there once at a time.
class ACTORIO_EXPORT ServiceTimer : public TimerEntry
{
public:
    // The service keeps it alive meanwhile.
    virtual void hold() noexcept = 0;
    virtual void release() noexcept = 0;
    // Nobody wants it any more.
    virtual bool isOver() const noexcept = 0;
    // Instead of expired(): the system has ended.
    virtual void systemEnded() noexcept = 0;

    bool isInService = false; // guarded by the service's mutex

protected:
    ~ServiceTimer() = default;
};

} // namespace Actorio::Detail
