# SPDX-License-Identifier: MIT
# The library built by another compiler or in another way than the build under test, as somebody who uses it would.
# COMPILERS: the first of these that there is. WAY: STATIC (built, installed, found), EMBED (add_subdirectory) or FETCH
# (FetchContent); SHARED: for the latter two.

include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")
if(NOT COMPILER)
    skip("there is no compiler ${COMPILERS}")
endif()

# Ours are no warnings either; and a unity build takes a quarter of the time.
set(library_options -DCMAKE_UNITY_BUILD=ON -DACTORIO_WERROR=ON)

if(WAY STREQUAL "STATIC")
    configure("${ACTORIO_SOURCE}" "${WORK}/build" ${library_options} -DBUILD_SHARED_LIBS=OFF
        -DACTORIO_BUILD_TESTS=OFF -DACTORIO_BUILD_DEMOS=OFF -DACTORIO_BUILD_BENCHMARKS=OFF)
    build("${WORK}/build")
    run("${CMAKE_COMMAND}" --install "${WORK}/build" --prefix "${WORK}/installed")
    use_by_find_package("${WORK}/installed")
    use_by_pkg_config("${WORK}/installed")
else()
    set(options ${library_options} "-DBUILD_SHARED_LIBS=${SHARED}" "-DCONSUMER_WAY=${WAY}")
    if(WAY STREQUAL "EMBED")
        list(APPEND options "-DACTORIO_SOURCE=${ACTORIO_SOURCE}")
    else()
        list(APPEND options "-DFETCHCONTENT_SOURCE_DIR_ACTORIO=${ACTORIO_SOURCE}")
    endif()
    configure("${CONSUMER}" "${WORK}/consumer" ${options})
    build("${WORK}/consumer")
    run_consumer("${WORK}/consumer/consumer")
endif()
