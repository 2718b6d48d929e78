# SPDX-License-Identifier: MIT
# Debian packages, made by `cpack -G DEB` in a release build with the prefix /usr: the library, and what one builds with.

function(actorio_configure_packages)
    get_target_property(type ActorioCore TYPE)
    get_target_property(soversion ActorioCore SOVERSION)
    # Debian's name of a library is its SONAME, so that two versions that differ there can be installed side by side.
    set(library_package "libactoriocore${soversion}")
    set(development_package libactorio-dev)

    set(CPACK_GENERATOR DEB)
    set(CPACK_PACKAGE_NAME actorio)
    set(CPACK_PACKAGE_VERSION "${Actorio_VERSION}")
    set(CPACK_PACKAGE_VENDOR "The Actorio for Qt authors")
    set(CPACK_PACKAGE_CONTACT "The Actorio for Qt authors")
    set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # else it is the first line of each package's description
    set(CPACK_RESOURCE_FILE_LICENSE "${Actorio_SOURCE_DIR}/LICENSE")
    set(CPACK_STRIP_FILES ON)
    set(CPACK_PRE_BUILD_SCRIPTS "${Actorio_SOURCE_DIR}/cmake/ActorioPackagesPermissions.cmake")

    set(CPACK_DEB_COMPONENT_INSTALL ON)
    set(CPACK_COMPONENTS_GROUPING IGNORE)
    set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
    set(CPACK_DEBIAN_PACKAGE_SOURCE actorio)
    set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
    set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

    set(description "An actor is a QObject that owns its state alone, lives in a thread that it need not know,\n\
and takes one message at a time.\n")
    set(CPACK_COMPONENTS_ALL ActorioDevelopment)
    set(CPACK_DEBIAN_ACTORIODEVELOPMENT_PACKAGE_NAME ${development_package})
    set(CPACK_DEBIAN_ACTORIODEVELOPMENT_PACKAGE_SECTION libdevel)
    set(CPACK_DEBIAN_ACTORIODEVELOPMENT_PACKAGE_DEPENDS "qt6-base-dev (>= 6.4)")
    set(CPACK_DEBIAN_ACTORIODEVELOPMENT_DESCRIPTION "${Actorio_DESCRIPTION} - development files\n${description}\
This package has the headers, and what CMake and pkg-config want to know.")
    if(type STREQUAL "SHARED_LIBRARY")
        list(PREPEND CPACK_COMPONENTS_ALL ActorioRuntime)
        set(CPACK_DEBIAN_ACTORIORUNTIME_PACKAGE_NAME ${library_package})
        set(CPACK_DEBIAN_ACTORIORUNTIME_PACKAGE_SECTION libs)
        set(CPACK_DEBIAN_ACTORIORUNTIME_PACKAGE_SHLIBDEPS ON)
        set(CPACK_DEBIAN_ACTORIORUNTIME_DESCRIPTION "${Actorio_DESCRIPTION} - library\n${description}\
This package has the library that programs run with.")
        # Programs ask for the version that they were built with or a newer one of the same SONAME.
        set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
        set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
        # The headers have inline code that fits one library only: -dev depends on exactly this version.
        set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)
        set(CPACK_COMPONENT_ACTORIODEVELOPMENT_DEPENDS ActorioRuntime)
        actorio_install_copyright(${library_package} ActorioRuntime)
    endif()
    actorio_install_copyright(${development_package} ActorioDevelopment)

    # For the check that runs when somebody packages this build.
    set(CPACK_ACTORIO_DELAY_POINTS "${ACTORIO_DELAY_POINTS}")
    set(CPACK_ACTORIO_SANITIZE "${ACTORIO_SANITIZE}")
    set(CPACK_ACTORIO_BUILD_TESTS "${ACTORIO_BUILD_TESTS}")
    set(CPACK_ACTORIO_LIBDIR "${CMAKE_INSTALL_LIBDIR}")
    set(CPACK_ACTORIO_MULTIARCH "${CMAKE_LIBRARY_ARCHITECTURE}")
    set(CPACK_PROJECT_CONFIG_FILE "${Actorio_SOURCE_DIR}/cmake/ActorioPackagesCheck.cmake")
    include(CPack)
endfunction()

# Out of `all`: `cmake --install` puts no directories of Debian's into a prefix.
function(actorio_install_copyright package component)
    install(FILES "${Actorio_SOURCE_DIR}/LICENSE"
        DESTINATION "${CMAKE_INSTALL_DATAROOTDIR}/doc/${package}"
        RENAME copyright
        COMPONENT ${component}
        EXCLUDE_FROM_ALL
    )
endfunction()
