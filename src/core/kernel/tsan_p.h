// SPDX-License-Identifier: MIT
#pragma once

// ThreadSanitizer does not see into a stock Qt: it is told where a thread hands something to another through
// an event of Qt's. Nothing in other builds.
#if defined(__SANITIZE_THREAD__)
#    define ACTORIO_TSAN 1
#elif defined(__has_feature)
#    if __has_feature(thread_sanitizer)
#        define ACTORIO_TSAN 1
#    endif
#endif

#ifdef ACTORIO_TSAN
#    include <sanitizer/tsan_interface.h>
#    define ACTORIO_TSAN_RELEASE(address) __tsan_release(address)
#    define ACTORIO_TSAN_ACQUIRE(address) __tsan_acquire(address)
#else
#    define ACTORIO_TSAN_RELEASE(address) static_cast<void>(0)
#    define ACTORIO_TSAN_ACQUIRE(address) static_cast<void>(0)
#endif
