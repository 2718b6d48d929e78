# SPDX-License-Identifier: MIT
# Run by ctest: see CMakeLists.txt. Makes projects of the README's blocks of CMake and the demo 01-hello, and builds them.

function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "failed with ${result}")
    endif()
endfunction()

# The text of the first ```cmake block after `heading`.
function(read_block heading variable)
    file(READ "${SOURCE}/README.md" text)
    foreach(start IN ITEMS "${heading}" "```cmake\n")
        string(FIND "${text}" "${start}" position)
        if(position EQUAL -1)
            message(FATAL_ERROR "README.md has no block of CMake below \"${heading}\"")
        endif()
        string(LENGTH "${start}" length)
        math(EXPR position "${position} + ${length}")
        string(SUBSTRING "${text}" ${position} -1 text)
    endforeach()
    string(FIND "${text}" "```" end)
    string(SUBSTRING "${text}" 0 ${end} text)
    set(${variable} "${text}" PARENT_SCOPE)
endfunction()

# Configures and builds a project <name> of the block after `heading`, and looks at what it prints.
function(try_project name heading prefixes)
    read_block("${heading}" block)
    file(WRITE "${WORK}/${name}/CMakeLists.txt" "${block}")
    configure_file("${SOURCE}/demos/01-hello/main.cpp" "${WORK}/${name}/main.cpp" COPYONLY)
    # A path with a list in it must reach the other CMake as one argument.
    string(REPLACE ";" "\\;" prefixes "${prefixes}")
    run("${CMAKE_COMMAND}" -S "${WORK}/${name}" -B "${WORK}/${name}/build" -G "${GENERATOR}"
        "-DCMAKE_CXX_COMPILER=${COMPILER}"
        "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}"
        "-DCMAKE_CXX_FLAGS=${FLAGS}"
        "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}"
        "-DCMAKE_PREFIX_PATH=${prefixes}")
    if(ARGN STREQUAL "CONFIGURE_ONLY") # it would build the whole library once more
        return()
    endif()
    run("${CMAKE_COMMAND}" --build "${WORK}/${name}/build")
    execute_process(COMMAND "${WORK}/${name}/build/hello" OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
    if(NOT output STREQUAL "Hello World!\n")
        message(FATAL_ERROR "it printed: ${output}")
    endif()
endfunction()

file(REMOVE_RECURSE "${WORK}")
run("${CMAKE_COMMAND}" --install "${ACTORIO_BUILD}" --prefix "${WORK}/installed")
try_project(installed "### Installed" "${WORK}/installed;${QT_PREFIXES}")

file(MAKE_DIRECTORY "${WORK}/embedded")
file(CREATE_LINK "${SOURCE}" "${WORK}/embedded/actorio" SYMBOLIC)
try_project(embedded "### In your source tree" "${QT_PREFIXES}" CONFIGURE_ONLY)
