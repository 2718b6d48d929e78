# SPDX-License-Identifier: MIT
# The options of the build, and what every target of this repository is compiled with.

option(ACTORIO_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(ACTORIO_BUILD_DEMOS "Build the demos" ${PROJECT_IS_TOP_LEVEL})
option(ACTORIO_BUILD_BENCHMARKS "Build the benchmarks" ${PROJECT_IS_TOP_LEVEL})
option(ACTORIO_INSTALL "Make install rules" ${PROJECT_IS_TOP_LEVEL})
option(ACTORIO_WERROR "Treat compiler warnings in this repository as errors" OFF)

set(ACTORIO_SANITIZE "" CACHE STRING "Sanitizers: empty, 'address' (with the undefined behaviour one) or 'thread'")
set_property(CACHE ACTORIO_SANITIZE PROPERTY STRINGS "" address thread)

# Delay points widen the windows of races for the tests. They must never reach a build that is shipped or measured.
set(actorio_delay_points_default OFF)
if(ACTORIO_BUILD_TESTS AND NOT CMAKE_BUILD_TYPE MATCHES "Rel")
    set(actorio_delay_points_default ON)
endif()
option(ACTORIO_DELAY_POINTS "Compile the delay points in that the tests use" ${actorio_delay_points_default})

if(PROJECT_IS_TOP_LEVEL)
    option(BUILD_SHARED_LIBS "Build shared libraries" ON)

    if(NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
        find_program(ACTORIO_CCACHE ccache)
        mark_as_advanced(ACTORIO_CCACHE)
        if(ACTORIO_CCACHE)
            set(CMAKE_CXX_COMPILER_LAUNCHER "${ACTORIO_CCACHE}")
        endif()
    endif()
endif()

# The directory's scope and not a target's: what links a sanitized library needs the sanitizer too. A project that embeds
# this one is not touched.
if(ACTORIO_SANITIZE STREQUAL "address")
    # No recovery: undefined behaviour ends the program, as an address error does.
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
elseif(ACTORIO_SANITIZE STREQUAL "thread")
    add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
    add_link_options(-fsanitize=thread)
elseif(NOT ACTORIO_SANITIZE STREQUAL "")
    message(FATAL_ERROR "ACTORIO_SANITIZE is '${ACTORIO_SANITIZE}', but must be empty, 'address' or 'thread'")
endif()

# Compiles our own target strictly. Nothing of this is seen by the target's users.
function(actorio_target_defaults target)
    set_target_properties(${target} PROPERTIES
        AUTOMOC ON
        CXX_EXTENSIONS OFF
        CXX_VISIBILITY_PRESET hidden
        VISIBILITY_INLINES_HIDDEN ON
    )
    target_compile_features(${target} PRIVATE cxx_std_20)
    target_compile_definitions(${target} PRIVATE
        QT_NO_KEYWORDS
        QT_NO_CAST_FROM_ASCII
        QT_NO_CAST_TO_ASCII
        QT_NO_CAST_FROM_BYTEARRAY
        QT_NO_URL_CAST_FROM_STRING
        QT_NO_FOREACH
        QT_NO_NARROWING_CONVERSIONS_IN_CONNECT
        QT_NO_CONTEXTLESS_CONNECT
        QT_USE_QSTRINGBUILDER
    )
    if(MSVC)
        target_compile_options(${target} PRIVATE /W4 $<$<BOOL:${ACTORIO_WERROR}>:/WX>)
        return()
    endif()
    target_compile_options(${target} PRIVATE
        -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor
        $<$<BOOL:${ACTORIO_WERROR}>:-Werror>
    )
    if(ACTORIO_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # GCC's manual: instrumented code raises false alarms of this one.
        target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
    endif()
endfunction()

# Adds the named subdirectories, or all when none is named: those that have a CMakeLists.txt.
function(actorio_add_subdirectories)
    if(ARGN)
        set(names ${ARGN})
    else()
        file(GLOB names RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" CONFIGURE_DEPENDS
            "${CMAKE_CURRENT_SOURCE_DIR}/*/CMakeLists.txt")
        list(TRANSFORM names REPLACE "/CMakeLists.txt$" "")
    endif()
    foreach(name IN LISTS names)
        if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/CMakeLists.txt")
            add_subdirectory(${name})
        endif()
    endforeach()
endfunction()

function(actorio_print_summary)
    set(sanitize none)
    if(ACTORIO_SANITIZE)
        set(sanitize ${ACTORIO_SANITIZE})
    endif()
    message(STATUS "Actorio ${PROJECT_VERSION} with Qt ${Qt6_VERSION}: "
        "shared ${BUILD_SHARED_LIBS}, tests ${ACTORIO_BUILD_TESTS}, demos ${ACTORIO_BUILD_DEMOS}, "
        "benchmarks ${ACTORIO_BUILD_BENCHMARKS}, delay points ${ACTORIO_DELAY_POINTS}, sanitizers ${sanitize}")
endfunction()
