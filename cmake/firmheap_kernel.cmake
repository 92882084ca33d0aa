# SPDX-License-Identifier: MIT
#
# Where are the kernel's sources? None are kept in this repository. First found wins:
#   1. FREERTOS_KERNEL_PATH, given as -DFREERTOS_KERNEL_PATH=<dir> or in the environment
#   2. sources put into a folder of FreeRTOS-Kernel/ (a submodule, say FreeRTOS-Kernel/source)
#   3. cargo's own store: the package that FreeRTOS-Kernel/package pins, without network
#   4. the same with network (about 23 MB the first time)
#
# Included by FreeRTOS-Kernel/CMakeLists.txt, or run to print the path:
#   cmake -P cmake/firmheap_kernel.cmake

cmake_minimum_required(VERSION 3.20)
include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/firmheap_cargo.cmake")

get_filename_component(FIRMHEAP_KERNEL_FOLDER
    "${CMAKE_CURRENT_LIST_DIR}/../FreeRTOS-Kernel" ABSOLUTE)

# Sets OUT to the kernel's folder or stops with a sentence that names the cure.
function(firmheap_resolve_kernel OUT)
    set(given "${FREERTOS_KERNEL_PATH}")
    if(NOT given AND DEFINED ENV{FREERTOS_KERNEL_PATH})
        set(given "$ENV{FREERTOS_KERNEL_PATH}")
    endif()
    if(given)
        get_filename_component(given "${given}" ABSOLUTE BASE_DIR "${CMAKE_SOURCE_DIR}")
        if(NOT EXISTS "${given}/tasks.c")
            message(FATAL_ERROR "FREERTOS_KERNEL_PATH is ${given}, but there is no tasks.c in it.\n"
                "Give the folder of FreeRTOS-Kernel itself: -DFREERTOS_KERNEL_PATH=<dir>")
        endif()
        set(${OUT} "${given}" PARENT_SCOPE)
        return()
    endif()

    file(GLOB put_there "${FIRMHEAP_KERNEL_FOLDER}/*/tasks.c")
    if(put_there)
        list(GET put_there 0 tasks)
        get_filename_component(folder "${tasks}" DIRECTORY)
        set(${OUT} "${folder}" PARENT_SCOPE)
        return()
    endif()

    _firmheap_kernel_from_cargo(folder)
    set(${OUT} "${folder}" PARENT_SCOPE)
endfunction()

function(_firmheap_kernel_from_cargo OUT)
    firmheap_find_cargo(cargo)
    if(NOT cargo)
        message(FATAL_ERROR "The FreeRTOS kernel's sources are not here, and there is no cargo to "
            "fetch them.\nGive them: -DFREERTOS_KERNEL_PATH=<dir of FreeRTOS-Kernel>\n"
            "or install cargo, or name it: -DFIRMHEAP_CARGO=<path>")
    endif()

    # The filter keeps cargo from fetching what only other platforms need; any known name will do.
    set(query metadata --locked --format-version 1 --filter-platform x86_64-unknown-linux-gnu
        --manifest-path "${FIRMHEAP_KERNEL_FOLDER}/package/Cargo.toml")
    execute_process(COMMAND "${cargo}" ${query} --offline
        OUTPUT_VARIABLE answer ERROR_QUIET RESULT_VARIABLE failed)
    if(failed)
        message(STATUS "Fetching the FreeRTOS kernel's sources through cargo (about 23 MB, once)")
        execute_process(COMMAND "${cargo}" ${query}
            OUTPUT_VARIABLE answer ERROR_VARIABLE why RESULT_VARIABLE failed)
    endif()
    if(failed)
        message(FATAL_ERROR "The FreeRTOS kernel's sources could not be had through cargo:\n${why}\n"
            "Give them instead: -DFREERTOS_KERNEL_PATH=<dir of FreeRTOS-Kernel>")
    endif()

    _firmheap_kernel_folder_in("${answer}" folder)
    if(NOT EXISTS "${folder}/tasks.c")
        message(FATAL_ERROR "cargo's package has no kernel at ${folder}.\n"
            "Give the sources: -DFREERTOS_KERNEL_PATH=<dir of FreeRTOS-Kernel>")
    endif()
    set(${OUT} "${folder}" PARENT_SCOPE)
endfunction()

function(_firmheap_kernel_folder_in ANSWER OUT)
    string(JSON count LENGTH "${ANSWER}" packages)
    math(EXPR last "${count} - 1")
    foreach(index RANGE ${last})
        string(JSON name GET "${ANSWER}" packages ${index} name)
        if(name STREQUAL "freertos-next")
            string(JSON manifest GET "${ANSWER}" packages ${index} manifest_path)
            get_filename_component(folder "${manifest}" DIRECTORY)
            set(${OUT} "${folder}/FreeRTOS-Kernel" PARENT_SCOPE)
            return()
        endif()
    endforeach()
endfunction()

# Run as a script: print the path on standard output, where a Makefile or cargo xtask reads it.
if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
    firmheap_resolve_kernel(folder)
    execute_process(COMMAND "${CMAKE_COMMAND}" -E echo "${folder}")
endif()
