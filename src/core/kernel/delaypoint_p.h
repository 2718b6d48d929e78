// SPDX-License-Identifier: MIT
#pragma once

#include <Actorio/global.h>

#include <atomic>

namespace Actorio::Detail {

// Called at the racy places, so that stress tests can widen the windows there. Null unless a test
// sets it; compiled in only with ACTORIO_DELAY_POINTS.
using DelayHook = void (*)(const char *place);
ACTORIO_EXPORT extern std::atomic<DelayHook> delayHook;

} // namespace Actorio::Detail

#ifdef ACTORIO_DELAY_POINTS
// Relaxed: the hook is set before the threads of a test start.
#    define ACTORIO_DELAY_POINT(place)                                                           \
        do {                                                                                     \
            if (auto *const hook = ::Actorio::Detail::delayHook.load(std::memory_order_relaxed)) \
                hook(place);                                                                     \
        } while (false)
#else
#    define ACTORIO_DELAY_POINT(place) static_cast<void>(0)
#endif
