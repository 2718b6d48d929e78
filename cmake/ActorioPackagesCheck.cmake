# SPDX-License-Identifier: MIT
# Read by cpack before it packages: refuses a build that must not be shipped.

if(CPACK_ACTORIO_DELAY_POINTS)
    message(FATAL_ERROR "This build has the tests' delay points in it. Package one that was configured with "
        "-DCMAKE_BUILD_TYPE=Release -DACTORIO_BUILD_TESTS=OFF")
endif()
if(CPACK_ACTORIO_SANITIZE)
    message(FATAL_ERROR "This build is instrumented by a sanitizer. Package one without ACTORIO_SANITIZE")
endif()
if(CPACK_ACTORIO_BUILD_TESTS)
    message(WARNING "This library exports what only the tests need. Better package one that was configured with "
        "-DACTORIO_BUILD_TESTS=OFF")
endif()
if(CPACK_GENERATOR STREQUAL "DEB" AND CPACK_ACTORIO_MULTIARCH
        AND NOT CPACK_ACTORIO_LIBDIR STREQUAL "lib/${CPACK_ACTORIO_MULTIARCH}")
    message(WARNING "The library goes to '${CPACK_ACTORIO_LIBDIR}'. "
        "For Debian's multiarch directory configure with -DCMAKE_INSTALL_PREFIX=/usr")
endif()
