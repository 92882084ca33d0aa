# SPDX-License-Identifier: MIT
#
# The one mistake the linker would let pass: firmheap is linked, but FREERTOS_HEAP still names a
# heap file of the kernel. Then that file wins in silence. Looked at once the project is complete.

include_guard(GLOBAL)

function(firmheap_check_heap_file)
    if(NOT TARGET "${FIRMHEAP_KERNEL_TARGET}")
        message(FATAL_ERROR "firmheap: there is no target ${FIRMHEAP_KERNEL_TARGET}.\n"
            "Add the kernel after firmheap, add_subdirectory(FreeRTOS-Kernel), or name the target "
            "that compiles it: -DFIRMHEAP_KERNEL_TARGET=<target>")
    endif()
    get_target_property(linked "${FIRMHEAP_KERNEL_TARGET}" LINK_LIBRARIES)
    get_target_property(sources "${FIRMHEAP_KERNEL_TARGET}" SOURCES)
    if("firmheap" IN_LIST linked AND sources MATCHES "MemMang/heap_[1-5][.]c")
        message(FATAL_ERROR "firmheap: ${FIRMHEAP_KERNEL_TARGET} still compiles the kernel's own "
            "heap file (${CMAKE_MATCH_0}), which would silently win over firmheap.\nPut\n"
            "  set(FREERTOS_HEAP \${FIRMHEAP_PORT_SOURCE})\n"
            "before add_subdirectory(FreeRTOS-Kernel), and take -DFREERTOS_HEAP=.. out of presets.")
    endif()
endfunction()

cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL firmheap_check_heap_file)
