# SPDX-License-Identifier: MIT
# What the scripts of these tests share. ctest runs them with cmake -P: see CMakeLists.txt.

cmake_minimum_required(VERSION 3.21)

# What CMakeLists.txt lets ctest take for a skipped test. Ends the script that calls it.
macro(skip)
    message(STATUS "SKIPPED: " ${ARGN})
    return()
endmacro()

function(fail)
    message(FATAL_ERROR ${ARGN})
endfunction()

# run(<command>...): OUTPUT in the caller is what it printed.
function(run)
    execute_process(COMMAND ${ARGN}
        COMMAND_ECHO STDOUT ECHO_OUTPUT_VARIABLE ECHO_ERROR_VARIABLE
        OUTPUT_VARIABLE output ERROR_VARIABLE errors RESULT_VARIABLE result OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(NOT result EQUAL 0)
        fail("failed with ${result}")
    endif()
    set(OUTPUT "${output}" PARENT_SCOPE)
endfunction()

# run_refused(<regex> <command>...): the command must fail, and say something like that.
function(run_refused regex)
    execute_process(COMMAND ${ARGN}
        COMMAND_ECHO STDOUT ECHO_OUTPUT_VARIABLE ECHO_ERROR_VARIABLE
        OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE result)
    string(REGEX REPLACE "[ \n]+" " " one_line "${output}")
    if(result EQUAL 0)
        fail("This was to fail, and did not")
    elseif(NOT one_line MATCHES "${regex}")
        fail("This was to fail saying '${regex}', and said something else")
    endif()
    message(STATUS "refused, as it should be")
endfunction()

function(run_consumer program)
    run("${program}" ${ARGN})
    if(NOT OUTPUT STREQUAL "Hello World! Hello again!")
        fail("The consumer printed '${OUTPUT}'")
    endif()
endfunction()

# configure(<source> <build> [argument...]): with the tools and the Qt that the build under test has.
function(configure source build)
    run("${CMAKE_COMMAND}" -S "${source}" -B "${build}" ${toolchain} ${ARGN})
endfunction()

function(build directory)
    run("${CMAKE_COMMAND}" --build "${directory}" --parallel 2)
endfunction()

# use_by_find_package(<prefix>): the consumer is built with the package installed there, and runs.
function(use_by_find_package prefix)
    message(STATUS "find_package in ${prefix}")
    search_in("${prefix}")
    configure("${CONSUMER}" "${WORK}/found" -DCONSUMER_WAY=FIND
        "-DCONSUMER_VERSION=${ACTORIO_VERSION}" -DCONSUMER_COMPONENTS=Core)
    build("${WORK}/found")
    run_consumer("${WORK}/found/consumer")
endfunction()

# refuse_by_find_package(<prefix>): what the package is not or has not is said so.
function(refuse_by_find_package prefix)
    search_in("${prefix}")
    set(cmake "${CMAKE_COMMAND}" -S "${CONSUMER}" ${toolchain} -DCONSUMER_WAY=FIND)

    run_refused("Actorio ${ACTORIO_VERSION} has no component 'NoSuchComponent'. What it has: Core"
        ${cmake} -B "${WORK}/refused-component"
        "-DCONSUMER_VERSION=${ACTORIO_VERSION}" "-DCONSUMER_COMPONENTS=Core NoSuchComponent")

    string(REPLACE "." ";" version "${ACTORIO_VERSION}")
    list(GET version 0 major)
    list(GET version 1 minor)
    math(EXPR next_minor "${minor} + 1")
    math(EXPR next_major "${major} + 1")
    foreach(too_new "${major}.${next_minor}" "${next_major}.0")
        run_refused("version \"${too_new}\".*ActorioConfig.cmake, version: ${ACTORIO_VERSION}"
            ${cmake} -B "${WORK}/refused-${too_new}" "-DCONSUMER_VERSION=${too_new}" -DCONSUMER_COMPONENTS=Core)
    endforeach()
endfunction()

# By the environment, as a list makes no good argument.
function(search_in prefix)
    set(ENV{CMAKE_PREFIX_PATH} "${prefix}:${QT_PREFIXES}:${users_prefixes}")
endfunction()

# use_by_pkg_config(<prefix>): as a project without CMake would: moc, and one call of the compiler.
function(use_by_pkg_config prefix)
    find_program(PKG_CONFIG NAMES pkg-config pkgconf)
    if(NOT PKG_CONFIG)
        message(STATUS "no pkg-config: its file is not checked")
        return()
    endif()
    execute_process(COMMAND "${PKG_CONFIG}" --exists Qt6Core RESULT_VARIABLE no_qt)
    if(no_qt)
        message(STATUS "pkg-config knows no Qt6Core: its file is not checked")
        return()
    endif()
    message(STATUS "pkg-config in ${prefix}")
    file(GLOB_RECURSE pc_file "${prefix}/*/ActorioCore.pc")
    get_filename_component(pc_directory "${pc_file}" DIRECTORY)
    set(ENV{PKG_CONFIG_PATH} "${pc_directory}")

    run("${PKG_CONFIG}" "--exact-version=${ACTORIO_VERSION}" ActorioCore)
    run("${PKG_CONFIG}" --cflags --libs ActorioCore)
    separate_arguments(package_flags UNIX_COMMAND "${OUTPUT}")
    # -isystem: Qt's own headers are not ours to warn about.
    list(TRANSFORM package_flags REPLACE "^-I(.*/qt6.*)$" "-isystem\\1")
    run("${PKG_CONFIG}" --variable=libexecdir Qt6Core)
    set(moc "${OUTPUT}/moc")
    run("${PKG_CONFIG}" --variable=libdir ActorioCore)
    set(libdir "${OUTPUT}")

    file(MAKE_DIRECTORY "${WORK}/pkg-config")
    run("${moc}" "${CONSUMER}/main.cpp" -o "${WORK}/pkg-config/main.moc")
    separate_arguments(flags UNIX_COMMAND "${FLAGS}")
    run("${COMPILER}" -std=c++20 -fPIC -Wall -Wextra -Wconversion -Werror -DQT_NO_KEYWORDS ${flags}
        "${CONSUMER}/main.cpp" "-I${WORK}/pkg-config" -o "${WORK}/pkg-config/consumer" ${package_flags})
    run_consumer("${CMAKE_COMMAND}" -E env "LD_LIBRARY_PATH=${libdir}" "${WORK}/pkg-config/consumer")
endfunction()

file(REMOVE_RECURSE "${WORK}")
if(NOT COMPILER)
    string(REPLACE "," ";" names "${COMPILERS}")
    find_program(COMPILER NAMES ${names})
endif()
set(users_prefixes "$ENV{CMAKE_PREFIX_PATH}")
search_in("")
set(toolchain
    -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${COMPILER}"
    "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}"
    "-DCMAKE_CXX_FLAGS=${FLAGS}"
    "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}"
)
