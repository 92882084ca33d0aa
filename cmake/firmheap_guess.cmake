# SPDX-License-Identifier: MIT
#
# Which Rust target does this compiler's code need? Asked at configure time, so that a download can
# happen then. A guess: options that are only on targets are not seen here. The probe sees all of
# them and has the last word, at build time.

include_guard(GLOBAL)
set(FIRMHEAP_TARGET_HEADER "${CMAKE_CURRENT_LIST_DIR}/firmheap_target.h")

function(firmheap_guess_target OUT)
    if(NOT FIRMHEAP_TARGET STREQUAL "AUTO")
        set(${OUT} "${FIRMHEAP_TARGET}" PARENT_SCOPE)
        return()
    endif()
    separate_arguments(flags NATIVE_COMMAND "${CMAKE_C_FLAGS}")
    get_directory_property(options COMPILE_OPTIONS)
    list(FILTER options INCLUDE REGEX "^-m[^$]*$") # architecture only; no generator expressions
    if(CMAKE_C_COMPILER_TARGET)
        list(APPEND flags "--target=${CMAKE_C_COMPILER_TARGET}")
    endif()
    execute_process(COMMAND "${CMAKE_C_COMPILER}" ${CMAKE_C_COMPILER_ARG1} ${flags} ${options}
            -dM -E "${FIRMHEAP_TARGET_HEADER}"
        OUTPUT_VARIABLE macros ERROR_QUIET)
    if(macros MATCHES "#define FIRMHEAP_RUST_TARGET[ \t]+\"([^\"]+)\"")
        set(${OUT} "${CMAKE_MATCH_1}" PARENT_SCOPE)
    else()
        set(${OUT} "unknown" PARENT_SCOPE)
    endif()
endfunction()
