# SPDX-License-Identifier: MIT
#
# Settles what was left to AUTO: the target, the alignment, the form of the regions, what FreeRTOSConfig.h asks for.
# Helper of firmheap_archive.cmake; works on its variables RUST_TARGET ALIGNMENT REGIONS INTEGRITY CLEAR TRACE
# HOOK INJECT LOCK FREE_FROM_ISR SCHEME POOLS EXTENSIONS TRACK BUDGETS OBJCOPY AR.

include_guard(GLOBAL)

# A macro: it settles the caller's variables.
macro(firmheap_settle_choices)
    if(SETTINGS)
        include("${SETTINGS}") # probe_target probe_alignment probe_regions probe_integrity probe_clear probe_trace
        # probe_hook probe_inject probe_lock probe_free_from_isr probe_track probe_budgets
    endif()
    _firmheap_settle(RUST_TARGET "${probe_target}" "")
    _firmheap_settle(ALIGNMENT "${probe_alignment}" 8)
    _firmheap_settle(REGIONS "${probe_regions}" COMPACT)
    _firmheap_settle(INTEGRITY "" 1)
    _firmheap_settle(CLEAR "${probe_clear}" 0)
    _firmheap_settle(TRACE "${probe_trace}" 1)
    _firmheap_settle(HOOK "${probe_hook}" 1)
    _firmheap_settle(SCHEME "" firm)
    _firmheap_settle(INJECT "${probe_inject}" 0)
    _firmheap_settle(LOCK "${probe_lock}" scheduler)
    _firmheap_settle(FREE_FROM_ISR "${probe_free_from_isr}" 0)
    if(LOCK STREQUAL "critical")
        set(FREE_FROM_ISR 0) # interrupt handlers free by themselves
    endif()
    _firmheap_settle(POOLS "" 1)
    _firmheap_settle(EXTENSIONS "" 1)
    _firmheap_settle(TRACK "${probe_track}" off)
    _firmheap_settle(BUDGETS "${probe_budgets}" 0)
    set(FEATURES exports)
    if(POOLS)
        string(APPEND FEATURES ,pools)
    endif()
    if(EXTENSIONS)
        string(APPEND FEATURES ,extensions)
    endif()
    if(CRITICAL_SECTION)
        string(APPEND FEATURES ,critical-section)
    endif()

    firmheap_check_scheme("${SCHEME}")
    firmheap_check_lock("${LOCK}" "${SCHEME}")
    firmheap_check_track("${TRACK}" "${SCHEME}")
    if(BUDGETS AND TRACK STREQUAL "off")
        message(FATAL_ERROR "firmheap: FIRMHEAP_BUDGETS needs FIRMHEAP_TRACK=tasks, sites or trace: who holds what must be known")
    endif()
    string(TOLOWER "${REGIONS}" REGIONS)
    if(NOT REGIONS MATCHES "^(compact|large)$")
        message(FATAL_ERROR "firmheap: FIRMHEAP_REGIONS is AUTO, COMPACT or LARGE, not ${REGIONS}")
    endif()
    if(NOT INTEGRITY MATCHES "^[0-4]$")
        message(FATAL_ERROR "firmheap: FIRMHEAP_INTEGRITY is 0, 1, 2, 3 or 4, not ${INTEGRITY}")
    endif()
    if(probe_integrity AND INTEGRITY LESS probe_integrity)
        set(INTEGRITY ${probe_integrity}) # FreeRTOSConfig.h asks for it
    endif()
    if(NOT ALIGNMENT MATCHES "^(1|2|4|8|16|32)$")
        message(FATAL_ERROR "firmheap: FIRMHEAP_ALIGNMENT is AUTO or portBYTE_ALIGNMENT "
            "(1 2 4 8 16 32), not ${ALIGNMENT}")
    elseif(SCHEME STREQUAL "firm" AND ALIGNMENT LESS 8)
        set(ALIGNMENT 8) # every block starts on 8 anyway, which is stricter than asked
    elseif(ALIGNMENT LESS 4)
        set(ALIGNMENT 4) # as above
    endif()
    if(RUST_TARGET MATCHES "^(unknown)?$")
        message(FATAL_ERROR "firmheap: no Rust target is known for this compiler.\n"
            "Name one of `rustc --print target-list`: -DFIRMHEAP_TARGET=<triple>")
    endif()
endmacro()

# One scheme is linked, so one name stands here.
function(firmheap_check_scheme SCHEME)
    if(NOT SCHEME MATCHES "^(firm|heap_[1-5])$")
        message(FATAL_ERROR "firmheap: FIRMHEAP_SCHEME is one of firm heap_1 heap_2 heap_3 heap_4 heap_5, not "
            "\"${SCHEME}\": an image has one heap and an archive one scheme")
    endif()
endfunction()

# The kernel's own schemes walk their lists: too long with interrupts masked.
function(firmheap_check_lock LOCK SCHEME)
    if(NOT LOCK MATCHES "^(scheduler|critical)$")
        message(FATAL_ERROR "firmheap: FIRMHEAP_LOCK is AUTO, scheduler or critical, not ${LOCK}")
    elseif(LOCK STREQUAL "critical" AND NOT SCHEME STREQUAL "firm")
        message(FATAL_ERROR "firmheap: FIRMHEAP_LOCK=critical needs FIRMHEAP_SCHEME=firm, not ${SCHEME}, whose heap "
            "calls have no bound")
    endif()
endfunction()

# Who holds each block; the kernel's own schemes have headers without room for that.
function(firmheap_check_track TRACK SCHEME)
    if(NOT TRACK MATCHES "^(AUTO|off|tasks|sites|trace)$")
        message(FATAL_ERROR "firmheap: FIRMHEAP_TRACK is one of AUTO off tasks sites trace, not \"${TRACK}\"")
    elseif(NOT TRACK MATCHES "^(AUTO|off)$" AND NOT SCHEME STREQUAL "firm")
        message(FATAL_ERROR "firmheap: FIRMHEAP_TRACK=${TRACK} needs FIRMHEAP_SCHEME=firm, not ${SCHEME}: "
            "the headers of the kernel's own schemes have no room for who holds a block")
    endif()
endfunction()

macro(_firmheap_settle NAME FOUND DEFAULT)
    if(NOT DEFINED ${NAME} OR "${${NAME}}" STREQUAL "" OR "${${NAME}}" STREQUAL "AUTO")
        if(NOT "${FOUND}" STREQUAL "")
            set(${NAME} "${FOUND}")
        else()
            set(${NAME} "${DEFAULT}")
        endif()
    endif()
endmacro()

# Sets OBJCOPY and AR where the caller gave none: GNU's for the target, else LLVM's, which serve all.
function(firmheap_find_binutils)
    if(RUST_TARGET MATCHES "^(thumb|arm)")
        set(prefixes arm-none-eabi-)
    elseif(RUST_TARGET MATCHES "^riscv")
        set(prefixes riscv64-unknown-elf- riscv32-unknown-elf- riscv-none-elf-)
    elseif(RUST_TARGET MATCHES "-linux-")
        set(prefixes "")
    endif()
    foreach(tool objcopy ar)
        string(TOUPPER ${tool} VARIABLE)
        if(NOT ${VARIABLE})
            list(TRANSFORM prefixes APPEND "${tool}" OUTPUT_VARIABLE names)
            if(RUST_TARGET MATCHES "-linux-")
                set(names ${tool})
            endif()
            find_program(found_${tool} NAMES ${names} llvm-${tool} NO_CACHE)
            if(NOT found_${tool})
                list(GET names 0 wanted)
                message(FATAL_ERROR "firmheap: neither ${wanted} nor llvm-${tool} is on PATH.\n"
                    "On Debian: apt-get install gcc-arm-none-eabi (Arm), "
                    "gcc-riscv64-unknown-elf (RISC-V), binutils (host)")
            endif()
            set(${VARIABLE} "${found_${tool}}" PARENT_SCOPE)
        endif()
    endforeach()
endfunction()
