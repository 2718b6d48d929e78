# SPDX-License-Identifier: MIT
# Install rules: the library, its headers, the CMake package and the pkg-config file. Two components: what a program needs
# that runs with the shared library, and what one builds with.

include("${CMAKE_CURRENT_LIST_DIR}/ActorioPackages.cmake")

function(actorio_install_package)
    include(GNUInstallDirs)
    include(CMakePackageConfigHelpers)
    set(package_directory "${CMAKE_INSTALL_LIBDIR}/cmake/Actorio")

    install(TARGETS ActorioCore
        EXPORT ActorioCoreTargets
        RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT ActorioRuntime
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
            COMPONENT ActorioRuntime NAMELINK_COMPONENT ActorioDevelopment
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT ActorioDevelopment
        INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    )
    install(DIRECTORY "${Actorio_SOURCE_DIR}/include/Actorio"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        COMPONENT ActorioDevelopment
        FILES_MATCHING PATTERN "*.h"
    )
    # By name: the build directory may still hold a forwarding header of a class that is gone.
    get_property(forwarding_headers GLOBAL PROPERTY ACTORIO_FORWARDING_HEADERS)
    list(TRANSFORM forwarding_headers PREPEND "${Actorio_BINARY_DIR}/include/Actorio/")
    install(FILES
        ${forwarding_headers}
        "${Actorio_BINARY_DIR}/include/Actorio/Actorio"
        "${Actorio_BINARY_DIR}/include/Actorio/version.h"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/Actorio"
        COMPONENT ActorioDevelopment
    )

    install(EXPORT ActorioCoreTargets
        NAMESPACE Actorio::
        DESTINATION "${package_directory}"
        COMPONENT ActorioDevelopment
    )
    configure_package_config_file("${Actorio_SOURCE_DIR}/cmake/ActorioConfig.cmake.in"
        "${Actorio_BINARY_DIR}/ActorioConfig.cmake"
        INSTALL_DESTINATION "${package_directory}"
        NO_SET_AND_CHECK_MACRO
    )
    write_basic_package_version_file("${Actorio_BINARY_DIR}/ActorioConfigVersion.cmake"
        VERSION "${Actorio_VERSION}"
        COMPATIBILITY SameMinorVersion
    )
    install(FILES
        "${Actorio_BINARY_DIR}/ActorioConfig.cmake"
        "${Actorio_BINARY_DIR}/ActorioConfigVersion.cmake"
        DESTINATION "${package_directory}"
        COMPONENT ActorioDevelopment
    )

    actorio_install_pkgconfig()
    # Whoever embeds this library makes the packages.
    if(PROJECT_IS_TOP_LEVEL)
        actorio_configure_packages()
    endif()
endfunction()

function(actorio_install_pkgconfig)
    # From the file's own place, so that the tree may be moved.
    if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
        set(pkgconfig_prefix "${CMAKE_INSTALL_PREFIX}")
        set(pkgconfig_libdir "${CMAKE_INSTALL_LIBDIR}")
    else()
        file(RELATIVE_PATH way_up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
        string(REGEX REPLACE "/$" "" way_up "${way_up}")
        set(pkgconfig_prefix "\${pcfiledir}/${way_up}")
        set(pkgconfig_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
    endif()
    if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
        set(pkgconfig_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
    else()
        set(pkgconfig_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
    endif()
    set(pkgconfig_static_define)
    get_target_property(type ActorioCore TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
        set(pkgconfig_static_define " -DACTORIO_STATIC")
    endif()

    configure_file("${Actorio_SOURCE_DIR}/cmake/ActorioCore.pc.in" "${Actorio_BINARY_DIR}/ActorioCore.pc" @ONLY)
    install(FILES "${Actorio_BINARY_DIR}/ActorioCore.pc"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
        COMPONENT ActorioDevelopment
    )
endfunction()
