# SPDX-License-Identifier: MIT
#
# Where is cargo? An IDE starts CMake with a PATH that often lacks ~/.cargo/bin, so look there too.
# Nothing here runs at include time; call firmheap_find_cargo( OUT ).

include_guard(GLOBAL)

# Sets OUT to cargo's absolute path, or to an empty string if there is none.
function(firmheap_find_cargo OUT)
    # FIRMHEAP_CARGO is a cache variable on purpose: -DFIRMHEAP_CARGO=<path> decides.
    find_program(FIRMHEAP_CARGO
        NAMES cargo
        HINTS "$ENV{CARGO_HOME}/bin" "$ENV{HOME}/.cargo/bin" "$ENV{USERPROFILE}/.cargo/bin"
        DOC "cargo, Rust's build tool"
        NO_CMAKE_FIND_ROOT_PATH) # a host tool: a cross toolchain file must not hide it
    if(FIRMHEAP_CARGO)
        set(${OUT} "${FIRMHEAP_CARGO}" PARENT_SCOPE)
    else()
        set(${OUT} "" PARENT_SCOPE)
    endif()
endfunction()

# Sets OUT to a tool that lies beside cargo (rustc, rustup), or to an empty string.
function(firmheap_find_beside_cargo OUT CARGO TOOL)
    get_filename_component(bin "${CARGO}" DIRECTORY)
    find_program(found NAMES ${TOOL} HINTS "${bin}" NO_CACHE NO_CMAKE_FIND_ROOT_PATH)
    if(found)
        set(${OUT} "${found}" PARENT_SCOPE)
    else()
        set(${OUT} "" PARENT_SCOPE)
    endif()
endfunction()
