# SPDX-License-Identifier: MIT
#
# Compiles firmheap_probe.c exactly as the kernel is compiled, at build time, because only then are
# the user's FreeRTOSConfig.h and its include folders known (the kernel is added after firmheap).

include_guard(GLOBAL)
set(FIRMHEAP_CMAKE_DIR "${CMAKE_CURRENT_LIST_DIR}")

# Sets OUT to the file that will hold the probe's answers. If target, form and alignment were given, it may be empty.
function(firmheap_add_probe OUT)
    set(is_needed OFF)
    if(FIRMHEAP_TARGET STREQUAL "AUTO" OR FIRMHEAP_REGIONS STREQUAL "AUTO" OR FIRMHEAP_ALIGNMENT STREQUAL "AUTO")
        set(is_needed ON)
    endif()
    add_library(firmheap_probe OBJECT EXCLUDE_FROM_ALL "${FIRMHEAP_CMAKE_DIR}/firmheap_probe.c")
    _firmheap_compile_like_the_kernel(firmheap_probe)

    set(settings "${CMAKE_CURRENT_BINARY_DIR}/firmheap_probe_answers.cmake")
    add_custom_command(OUTPUT "${settings}"
        COMMAND "${CMAKE_COMMAND}" -D "PROBE=$<TARGET_OBJECTS:firmheap_probe>" -D "OUT=${settings}"
            -D "IS_NEEDED=${is_needed}" -P "${FIRMHEAP_CMAKE_DIR}/firmheap_settings.cmake"
        DEPENDS firmheap_probe $<TARGET_OBJECTS:firmheap_probe>
            "${FIRMHEAP_CMAKE_DIR}/firmheap_settings.cmake"
        COMMENT "firmheap: reading portBYTE_ALIGNMENT and configTOTAL_HEAP_SIZE"
        VERBATIM)
    set(${OUT} "${settings}" PARENT_SCOPE)
endfunction()

# By properties and not by linking: the kernel links firmheap, and linking back would be a cycle.
function(_firmheap_compile_like_the_kernel PROBE)
    set(kernel "${FIRMHEAP_KERNEL_TARGET}")
    foreach(property INCLUDE_DIRECTORIES COMPILE_DEFINITIONS COMPILE_OPTIONS)
        set(value "$<TARGET_PROPERTY:${kernel},${property}>")
        set_property(TARGET ${PROBE} PROPERTY ${property} "$<$<TARGET_EXISTS:${kernel}>:${value}>")
    endforeach()
    target_include_directories(${PROBE} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/include")
    # Where FreeRTOSConfig.h is made by another target, that one has to run first.
    target_link_libraries(${PROBE} PRIVATE $<TARGET_NAME_IF_EXISTS:freertos_config>)
    target_compile_options(${PROBE} PRIVATE
        $<$<C_COMPILER_ID:GNU,Clang,ARMClang>:-w> # a warning is the kernel's to give, not ours
        $<$<C_COMPILER_ID:GNU,Clang,ARMClang>:-fno-lto>) # its text must be in the object
    set_target_properties(${PROBE} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
endfunction()
