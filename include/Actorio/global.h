// SPDX-License-Identifier: MIT
#pragma once

#include <QtCore/qglobal.h>

// ACTORIO_EXPORT marks what the library exports; everything else is hidden.
#if defined(ACTORIO_STATIC)
#    define ACTORIO_EXPORT
#elif defined(ACTORIO_CORE_LIBRARY)
#    define ACTORIO_EXPORT Q_DECL_EXPORT
#else
#    define ACTORIO_EXPORT Q_DECL_IMPORT
#endif

// ACTORIO_AUTOTEST_EXPORT marks private classes that the library's own tests look into. Other builds keep them hidden.
#if defined(ACTORIO_AUTOTEST)
#    define ACTORIO_AUTOTEST_EXPORT ACTORIO_EXPORT
#else
#    define ACTORIO_AUTOTEST_EXPORT
#endif
