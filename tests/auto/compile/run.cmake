# SPDX-License-Identifier: MIT
# Run by ctest: see CMakeLists.txt. A program that expects nothing must compile.

# The compilers' words are looked at: no translations, no colours.
set(ENV{LC_ALL} C)
separate_arguments(arguments UNIX_COMMAND "${ARGUMENTS}")
execute_process(
    COMMAND "${COMPILER}" ${arguments} "@${FLAGS}" -fPIC -w -fsyntax-only -fdiagnostics-color=never "${PROGRAM}"
    RESULT_VARIABLE result
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output
)
message("${output}")

file(STRINGS "${PROGRAM}" expected REGEX "^// expect: ")
string(REGEX REPLACE "^// expect: " "" expected "${expected}")
string(REPLACE "\\;" ";" expected "${expected}") # what it reads is a list
if(expected STREQUAL "")
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "It should compile, but does not")
    endif()
    return()
endif()

if(result EQUAL 0)
    message(FATAL_ERROR "It compiles, but should not: ${expected}")
endif()
string(FIND "${output}" "${expected}" place)
if(place EQUAL -1)
    message(FATAL_ERROR "It does not compile, but this is not said: ${expected}")
endif()
# One mistake, one error: a second one would bury what there is to read.
string(REGEX MATCHALL "error: " errors "${output}")
list(LENGTH errors count)
if(NOT count EQUAL 1)
    message(FATAL_ERROR "It gets ${count} errors, but should get one")
endif()
