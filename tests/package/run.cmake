# SPDX-License-Identifier: MIT
# Run by ctest: see CMakeLists.txt.

function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "failed with ${result}")
    endif()
endfunction()

set(common
    -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${COMPILER}"
    "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}"
    "-DCMAKE_CXX_FLAGS=${FLAGS}"
    "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}"
)
# A path with a list in it must reach the other CMake as one argument.
string(REPLACE ";" "\\;" prefixes "${WORK}/moved;${QT_PREFIXES}")

file(REMOVE_RECURSE "${WORK}")

message(STATUS "The installed package, moved away from where it was installed to")
run("${CMAKE_COMMAND}" --install "${ACTORIO_BUILD}" --prefix "${WORK}/installed")
file(RENAME "${WORK}/installed" "${WORK}/moved")
run("${CMAKE_COMMAND}" -S "${SOURCE}" -B "${WORK}/found" ${common} "-DCMAKE_PREFIX_PATH=${prefixes}")
run("${CMAKE_COMMAND}" --build "${WORK}/found")
run("${WORK}/found/consumer")

find_program(PKG_CONFIG NAMES pkg-config pkgconf)
if(PKG_CONFIG)
    message(STATUS "The pkg-config file")
    file(GLOB_RECURSE pc_file "${WORK}/moved/*/ActorioCore.pc")
    get_filename_component(pc_directory "${pc_file}" DIRECTORY)
    set(ENV{PKG_CONFIG_PATH} "${pc_directory}:$ENV{PKG_CONFIG_PATH}")
    run("${PKG_CONFIG}" "--exact-version=${ACTORIO_VERSION}" ActorioCore)
    execute_process(COMMAND "${PKG_CONFIG}" --variable=includedir ActorioCore
        OUTPUT_VARIABLE includedir OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    if(NOT EXISTS "${includedir}/Actorio/Actorio")
        message(FATAL_ERROR "pkg-config points to '${includedir}', where no <Actorio/Actorio> is")
    endif()
endif()

message(STATUS "Embedded by add_subdirectory: the consumer's own targets and no others")
run("${CMAKE_COMMAND}" -S "${SOURCE}" -B "${WORK}/embedded" ${common} "-DCMAKE_PREFIX_PATH=${QT_PREFIXES}"
    "-DACTORIO_SOURCE=${ACTORIO_SOURCE}")
