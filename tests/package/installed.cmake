# SPDX-License-Identifier: MIT
# The build under test, installed, moved away from where it was installed to, and used.

include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

run("${CMAKE_COMMAND}" --install "${ACTORIO_BUILD}" --prefix "${WORK}/installed")
file(RENAME "${WORK}/installed" "${WORK}/moved")

use_by_find_package("${WORK}/moved")
use_by_pkg_config("${WORK}/moved")
refuse_by_find_package("${WORK}/moved")

if(ACTORIO_DELAY_POINTS)
    message(STATUS "A build with delay points is not packaged")
    run_refused("delay points" "${CMAKE_CPACK_COMMAND}" -G DEB --config "${ACTORIO_BUILD}/CPackConfig.cmake" -B "${WORK}/cpack")
endif()
