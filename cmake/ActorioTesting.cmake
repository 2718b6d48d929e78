# SPDX-License-Identifier: MIT
# How tests, demos and benchmarks are built, and how ctest runs them.

set(ACTORIO_TEST_TIMEOUT 120 CACHE STRING "Seconds that a test may take; sanitizers get four times as many")


# actorio_test_environment(<test> [TIMEOUT seconds])
#
# The environment and the time limit that all our tests run under.
function(actorio_test_environment test)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "")
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT ${ACTORIO_TEST_TIMEOUT})
    endif()
    if(ACTORIO_SANITIZE)
        math(EXPR arg_TIMEOUT "4 * ${arg_TIMEOUT}")
    endif()
    # Qt Test names the function that hangs, if its own watchdog bites before ctest does.
    math(EXPR function_timeout "900 * ${arg_TIMEOUT}")

    set(tsan_options "suppressions=${Actorio_SOURCE_DIR}/tests/sanitizers/tsan.supp")
    string(APPEND tsan_options " history_size=4 second_deadlock_stack=1 exitcode=66 die_after_fork=0")
    set_tests_properties(${test} PROPERTIES
        TIMEOUT ${arg_TIMEOUT}
        ENVIRONMENT "QTEST_FUNCTION_TIMEOUT=${function_timeout};QT_QPA_PLATFORM=offscreen;\
ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1;\
UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1;\
TSAN_OPTIONS=${tsan_options}"
    )
endfunction()

# actorio_add_test(<name> [EXTRA source...] [LIBRARIES target...] [DEFINITIONS definition...]
#                  [LABELS label...] [TIMEOUT seconds] [SERIAL])
#
# A Qt Test of <name>.cpp. It sees the private headers of src/core. SERIAL: no other test runs beside it.
function(actorio_add_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL" "TIMEOUT" "EXTRA;LIBRARIES;DEFINITIONS;LABELS")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "actorio_add_test(${name}): what is '${arg_UNPARSED_ARGUMENTS}'?")
    endif()
    actorio_add_test_executable(${name} "${name}.cpp" ${arg_EXTRA})
    target_link_libraries(${name} PRIVATE ${arg_LIBRARIES})
    if(arg_LIBRARIES)
        # Those of Qt define a macro, with which the precompiled headers were not compiled.
        set_target_properties(${name} PROPERTIES DISABLE_PRECOMPILE_HEADERS ON)
    endif()
    target_compile_definitions(${name} PRIVATE ${arg_DEFINITIONS})

    add_test(NAME ${name} COMMAND ${name})
    actorio_test_environment(${name} TIMEOUT "${arg_TIMEOUT}")
    if(arg_LABELS)
        set_property(TEST ${name} PROPERTY LABELS "${arg_LABELS}")
    endif()
    if(arg_SERIAL)
        set_property(TEST ${name} PROPERTY RUN_SERIAL ON)
    endif()
endfunction()

# actorio_add_tests()
#
# A test for every tst_*.cpp beside the caller. The arguments of `tst_x` are the caller's list `tst_x_ARGS`; one for another
# platform is left out by `tst_x_SKIP`.
function(actorio_add_tests)
    file(GLOB sources RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/tst_*.cpp")
    foreach(source IN LISTS sources)
        string(REGEX REPLACE "\\.cpp$" "" name "${source}")
        if(NOT ${name}_SKIP)
            actorio_add_test(${name} ${${name}_ARGS})
        endif()
    endforeach()
endfunction()

function(actorio_add_test_executable name)
    add_executable(${name} ${ARGN})
    actorio_target_defaults(${name})
    target_link_libraries(${name} PRIVATE Actorio::Core Qt6::Test)
    target_include_directories(${name} PRIVATE "${Actorio_SOURCE_DIR}/src/core")
    target_compile_definitions(${name} PRIVATE
        ACTORIO_AUTOTEST
        $<$<BOOL:${ACTORIO_DELAY_POINTS}>:ACTORIO_DELAY_POINTS>
    )
    if(TARGET actorio-test-pch)
        target_precompile_headers(${name} REUSE_FROM actorio-test-pch)
        if(NOT "${ARGN}" MATCHES "\\.h(;|$)")
            # Without such a header moc's own unit is empty.
            set_source_files_properties("${CMAKE_CURRENT_BINARY_DIR}/${name}_autogen/mocs_compilation.cpp"
                PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
        endif()
    endif()
    actorio_test_options(${name})
endfunction()

# What the tests and the headers that are compiled for them have to share.
function(actorio_test_options target)
    if(TARGET actorio-test-pch)
        # Qt6::Test defines macros with the directory of each test, for QFINDTESTDATA; with them no two could share a header.
        target_compile_options(${target} PRIVATE -UQT_TESTCASE_BUILDDIR -UQT_TESTCASE_SOURCEDIR)
    endif()
    if(ACTORIO_SANITIZE STREQUAL "address")
        # Where each dynamic type is looked up, a test takes a third longer to compile. The library's units do look.
        target_compile_options(${target} PRIVATE -fno-sanitize=vptr)
    endif()
endfunction()

# Most of the time to compile a test is Qt's headers, so they are compiled once for all tests.
# (CMAKE_DISABLE_PRECOMPILE_HEADERS turns this off; preset clang does, which shows an #include that a test forgot.)
function(actorio_add_test_pch)
    if(MSVC)
        return()
    endif()
    file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/pch.cpp" CONTENT "// SPDX-License-Identifier: MIT\n" @ONLY)
    add_library(actorio-test-pch OBJECT "${CMAKE_CURRENT_BINARY_DIR}/pch.cpp")
    actorio_target_defaults(actorio-test-pch)
    set_target_properties(actorio-test-pch PROPERTIES AUTOMOC OFF)
    actorio_test_options(actorio-test-pch)
    target_link_libraries(actorio-test-pch PRIVATE Qt6::Test)
    target_precompile_headers(actorio-test-pch PRIVATE
        <QtTest/QTest>
        <QtTest/QSignalSpy>
        <QtCore/QCoreApplication>
        <QtCore/QFuture>
        <QtCore/QFutureWatcher>
        <QtCore/QPromise>
        <QtCore/QThread>
        <QtCore/QTimer>
    )
endfunction()

# actorio_add_demo(<NN-topic> <source>... [LIBRARIES target...] [NO_TEST])
#
# A demo, built as ${Actorio_BINARY_DIR}/bin/demos/<NN-topic>. It is a test as well, which passes when the demo exits with 0.
function(actorio_add_demo name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "NO_TEST" "" "LIBRARIES")
    set(target "demo-${name}")
    add_executable(${target} ${arg_UNPARSED_ARGUMENTS})
    actorio_target_defaults(${target})
    set_target_properties(${target} PROPERTIES
        OUTPUT_NAME "${name}"
        RUNTIME_OUTPUT_DIRECTORY "${Actorio_BINARY_DIR}/bin/demos"
    )
    target_link_libraries(${target} PRIVATE Actorio::Core ${arg_LIBRARIES})
    if(NOT arg_NO_TEST)
        add_test(NAME ${target} COMMAND ${target})
        actorio_test_environment(${target})
        set_property(TEST ${target} PROPERTY LABELS demo)
    endif()
endfunction()

# actorio_add_benchmark(<name> <source>... [LIBRARIES target...])
#
# A benchmark, built as ${Actorio_BINARY_DIR}/bin/benchmarks/<name>. It is no test: figures come from `./dev bench`.
function(actorio_add_benchmark name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LIBRARIES")
    add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
    actorio_target_defaults(${name})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${Actorio_BINARY_DIR}/bin/benchmarks")
    target_link_libraries(${name} PRIVATE Actorio::Core ${arg_LIBRARIES})
endfunction()
