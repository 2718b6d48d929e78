# SPDX-License-Identifier: MIT
# The headers without a suffix: <Actorio/ActorRef> for <Actorio/actorref.h>, and <Actorio/Actorio> for all of them.

# actorio_forwarding_headers(<Class>[=<header>]...)
#
# Writes one forwarding header a class into ${Actorio_BINARY_DIR}/include/Actorio. The header's name is the class's in lower
# case, unless it is given. Sets ACTORIO_FORWARDING_HEADERS in the caller, the list of the classes that have got one.
function(actorio_forwarding_headers)
    set(source_directory "${Actorio_SOURCE_DIR}/include/Actorio")
    set(classes)
    foreach(entry IN LISTS ARGN)
        if(entry MATCHES "^([^=]+)=(.+)$")
            set(class "${CMAKE_MATCH_1}")
            set(header "${CMAKE_MATCH_2}")
        else()
            set(class "${entry}")
            string(TOLOWER "${entry}.h" header)
        endif()
        if(NOT EXISTS "${source_directory}/${header}")
            message(AUTHOR_WARNING "No <Actorio/${class}>: there is no include/Actorio/${header}")
            continue()
        endif()
        actorio_write_forwarding_header("${class}" "${header}")
        list(APPEND classes "${class}")
    endforeach()

    file(GLOB headers RELATIVE "${source_directory}" CONFIGURE_DEPENDS "${source_directory}/*.h")
    actorio_write_forwarding_header(Actorio version.h ${headers})
    set(ACTORIO_FORWARDING_HEADERS ${classes} PARENT_SCOPE)
endfunction()

function(actorio_write_forwarding_header name)
    set(content "// SPDX-License-Identifier: MIT\n")
    foreach(header IN LISTS ARGN)
        string(APPEND content "#include <Actorio/${header}>\n")
    endforeach()
    # Leaves an equal file alone, so that nothing is built again.
    file(CONFIGURE OUTPUT "${Actorio_BINARY_DIR}/include/Actorio/${name}" CONTENT "${content}" @ONLY)
endfunction()
