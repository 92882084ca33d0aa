# SPDX-License-Identifier: MIT
#
# Reads the compiled probe and writes its answers as a CMake file, touching that file only if they
# changed: an edit of FreeRTOSConfig.h that concerns other things does not build the archive again.
#
#   cmake -DPROBE=<object> -DOUT=<file> -DIS_NEEDED=ON|OFF -P cmake/firmheap_settings.cmake
#
# IS_NEEDED OFF: an object that cannot be read leaves every answer to CMake's options and their defaults.

cmake_minimum_required(VERSION 3.20)

function(_firmheap_answer OUT_VALUE KEY PATTERN)
    file(STRINGS "${PROBE}" lines REGEX "firmheap_probe:${KEY}=${PATTERN}")
    if(NOT lines MATCHES "firmheap_probe:${KEY}=(${PATTERN})")
        if(NOT IS_NEEDED)
            message(WARNING "firmheap: the compiler left no readable answer (${KEY}) in ${PROBE}: what FreeRTOSConfig.h "
                "asks for is not known. If the image does not link, the missing symbol says what to choose in CMake")
            set(${OUT_VALUE} "" PARENT_SCOPE)
            return()
        endif()
        message(FATAL_ERROR "firmheap: the compiler left no readable answer (${KEY}) in ${PROBE}.\n"
            "Say it yourself: -DFIRMHEAP_TARGET=<triple> -DFIRMHEAP_ALIGNMENT=<portBYTE_ALIGNMENT> "
            "-DFIRMHEAP_REGIONS=COMPACT|LARGE")
    endif()
    set(${OUT_VALUE} "${CMAKE_MATCH_1}" PARENT_SCOPE)
endfunction()

set(firmheap_track_names off tasks sites trace)
_firmheap_answer(target target "[A-Za-z0-9_.-]+")
_firmheap_answer(alignment alignment "[0-9][0-9]")
_firmheap_answer(form form "[01][0-9][01][01][01][01][01][01][0-3][01]")
if(target STREQUAL "" OR alignment STREQUAL "" OR form STREQUAL "")
    file(WRITE "${OUT}" "# not readable\n")
    return()
endif()

string(REGEX REPLACE "^0" "" alignment "${alignment}")
string(SUBSTRING "${form}" 1 1 integrity)
string(SUBSTRING "${form}" 2 1 clear)
string(SUBSTRING "${form}" 3 1 trace)
string(SUBSTRING "${form}" 4 1 hook)
string(SUBSTRING "${form}" 5 1 inject)
string(SUBSTRING "${form}" 6 1 critical)
string(SUBSTRING "${form}" 7 1 free_from_isr)
if(critical)
    set(lock critical)
else()
    set(lock scheduler)
endif()
string(SUBSTRING "${form}" 8 1 track)
list(GET firmheap_track_names ${track} track)
string(SUBSTRING "${form}" 9 1 budgets)
if(form MATCHES "^1")
    set(regions LARGE)
else()
    set(regions COMPACT)
endif()

file(CONFIGURE OUTPUT "${OUT}" @ONLY CONTENT
"set(probe_target \"@target@\")
set(probe_alignment @alignment@)
set(probe_regions @regions@)
set(probe_integrity @integrity@)
set(probe_clear @clear@)
set(probe_trace @trace@)
set(probe_hook @hook@)
set(probe_inject @inject@)
set(probe_lock @lock@)
set(probe_free_from_isr @free_from_isr@)
set(probe_track @track@)
set(probe_budgets @budgets@)
")
