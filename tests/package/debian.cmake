# SPDX-License-Identifier: MIT
# Debian packages: made, looked at, installed by dpkg into a root of their own, used and removed. Needs no root, and leaves
# the machine's own packages alone.

include("${CMAKE_CURRENT_LIST_DIR}/common.cmake")

if(NOT COMPILER)
    skip("there is no compiler ${COMPILERS}")
endif()
foreach(tool dpkg dpkg-deb dpkg-query dpkg-shlibdeps file readelf)
    find_program(path_of_${tool} ${tool})
    if(NOT path_of_${tool})
        skip("there is no ${tool}")
    endif()
endforeach()
execute_process(COMMAND dpkg-query -W qt6-base-dev RESULT_VARIABLE no_qt OUTPUT_QUIET ERROR_QUIET)
if(no_qt)
    skip("this Qt is not Debian's, and a package cannot depend on it")
endif()

# check_field(<package file> <field> <regex>)
function(check_field file field regex)
    run(dpkg-deb --field "${file}" ${field})
    if(NOT OUTPUT MATCHES "${regex}")
        fail("${field} of ${file} is not like '${regex}'")
    endif()
endfunction()

# make_root(): a root of its own for dpkg, which starts with the machine's list of packages, so that dependencies are checked
# in earnest. The packages call ldconfig; here it is one that only writes down that it was called.
function(make_root)
    file(MAKE_DIRECTORY "${root}/var/lib/dpkg/info" "${root}/var/lib/dpkg/updates" "${root}/var/lib/dpkg/triggers")
    file(COPY_FILE /var/lib/dpkg/status "${root}/var/lib/dpkg/status")
    file(WRITE "${WORK}/bin/ldconfig" "#!/bin/sh\necho called >>'${WORK}/ldconfig.log'\n")
    file(CHMOD "${WORK}/bin/ldconfig" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
endfunction()

# dpkg_in_root(<argument>...)
#
# RESULT and OUTPUT in the caller. It grumbles about each package of the machine whose files it does not find: not shown.
function(dpkg_in_root)
    message(STATUS "dpkg ${ARGN}")
    execute_process(
        COMMAND "${CMAKE_COMMAND}" -E env "PATH=${WORK}/bin:$ENV{PATH}:/usr/sbin:/sbin" LC_ALL=C
            dpkg "--root=${root}" "--log=${WORK}/dpkg.log" --force-not-root --force-script-chrootless ${ARGN}
        OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE result)
    string(REGEX REPLACE "dpkg: warning: files list file[^\n]*\n[^\n]*\n" "" output "${output}")
    message("${output}")
    set(OUTPUT "${output}" PARENT_SCOPE)
    set(RESULT "${result}" PARENT_SCOPE)
endfunction()

function(dpkg_in_root_succeeds)
    dpkg_in_root(${ARGN})
    if(NOT RESULT EQUAL 0)
        fail("dpkg failed with ${RESULT}")
    endif()
endfunction()

function(dpkg_in_root_fails regex)
    dpkg_in_root(${ARGN})
    if(RESULT EQUAL 0 OR NOT OUTPUT MATCHES "${regex}")
        fail("dpkg was to fail saying '${regex}'")
    endif()
endfunction()

set(root "${WORK}/root")
string(REGEX MATCH "^[0-9]+\\.[0-9]+" soversion "${ACTORIO_VERSION}")
set(library "libactoriocore${soversion}")

message(STATUS "Making the packages")
configure("${ACTORIO_SOURCE}" "${WORK}/build" -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_UNITY_BUILD=ON -DACTORIO_WERROR=ON
    -DACTORIO_BUILD_TESTS=OFF -DACTORIO_BUILD_DEMOS=OFF -DACTORIO_BUILD_BENCHMARKS=OFF)
build("${WORK}/build")
# Under a umask that lets nobody else in: the packages must not inherit it.
run(sh -c "umask 077 && exec \"$@\"" sh
    "${CMAKE_CPACK_COMMAND}" -G DEB --config "${WORK}/build/CPackConfig.cmake" -B "${WORK}/packages")

message(STATUS "What they say of themselves")
run(dpkg --print-architecture)
set(architecture "${OUTPUT}")
set(library_file "${WORK}/packages/${library}_${ACTORIO_VERSION}-1_${architecture}.deb")
set(dev_file "${WORK}/packages/libactorio-dev_${ACTORIO_VERSION}-1_${architecture}.deb")
foreach(file "${library_file}" "${dev_file}")
    run(dpkg-deb --info "${file}")
    run(dpkg-deb --contents "${file}")
    string(REGEX MATCHALL "(^|\n)[^ \n]+ +[^ \n]+" files "${OUTPUT}")
    list(FILTER files EXCLUDE REGEX "(drwxr-xr-x|-rw-r--r--|lrwxrwxrwx) +root/root$")
    if(files)
        fail("Files that are not root's, or not everybody's to read: ${files}")
    endif()
    check_field("${file}" Version "^${ACTORIO_VERSION}-1$")
    check_field("${file}" Source "^actorio$")
    check_field("${file}" Maintainer ".")
    check_field("${file}" Description "^An actor framework for Qt - (library|development files)\n An actor is ")
endforeach()
check_field("${library_file}" Section "^libs$")
check_field("${library_file}" Depends "libc6 .*libqt6core6.*libstdc\\+\\+6 ")
check_field("${dev_file}" Section "^libdevel$")
check_field("${dev_file}" Depends "${library} \\(= ${ACTORIO_VERSION}-1\\).*qt6-base-dev \\(>= 6")

message(STATUS "Installing them")
make_root()
dpkg_in_root_fails("depends on ${library}" --install "${dev_file}")
dpkg_in_root_succeeds(--purge libactorio-dev)
dpkg_in_root_succeeds(--install "${library_file}" "${dev_file}")
if(NOT EXISTS "${WORK}/ldconfig.log")
    fail("The library's package did not call ldconfig")
endif()

run(dpkg-architecture -q DEB_HOST_MULTIARCH)
set(libdir "${root}/usr/lib/${OUTPUT}")
foreach(file libActorioCore.so libActorioCore.so.${soversion} libActorioCore.so.${ACTORIO_VERSION}
        cmake/Actorio/ActorioConfig.cmake pkgconfig/ActorioCore.pc)
    if(NOT EXISTS "${libdir}/${file}")
        fail("There is no ${libdir}/${file}")
    endif()
endforeach()
run(readelf --dynamic "${libdir}/libActorioCore.so")
if(NOT OUTPUT MATCHES "SONAME[^\n]*\\[libActorioCore\\.so\\.${soversion}\\]" OR OUTPUT MATCHES "R(UN)?PATH")
    fail("The library has another SONAME, or a path to search")
endif()
foreach(package ${library} libactorio-dev)
    run("${CMAKE_COMMAND}" -E compare_files "${ACTORIO_SOURCE}/LICENSE" "${root}/usr/share/doc/${package}/copyright")
endforeach()

message(STATUS "Using them")
use_by_find_package("${root}/usr")
use_by_pkg_config("${root}/usr")

message(STATUS "Removing them")
dpkg_in_root_fails("libactorio-dev depends on ${library}" --remove ${library})
dpkg_in_root_succeeds(--purge libactorio-dev ${library})
file(GLOB_RECURSE left LIST_DIRECTORIES false "${root}/usr/*")
if(left)
    fail("Removing the packages left behind: ${left}")
endif()
