// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qglobal.h>

#include <cstdlib> // tells the C library

// For the few thread_local words that every message looks at: finds them without a call into the loader. They take a
// little of the room that the C library keeps for libraries that are loaded late.
#if defined(__GLIBC__) && (defined(Q_CC_GNU) || defined(Q_CC_CLANG))
#    define ACTORIO_FAST_THREAD_LOCAL [[gnu::tls_model("initial-exec")]]
#else
#    define ACTORIO_FAST_THREAD_LOCAL
#endif
