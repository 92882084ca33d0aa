/* SPDX-License-Identifier: MIT
 *
 * The port file's options: their defaults, what excludes what, and what follows from them together with the
 * application's FreeRTOSConfig.h. Included by firmheap_port.c, and by cmake/firmheap_probe.c, which tells CMake
 * which archive they need.
 *
 * Options beside the kernel's own, in FreeRTOSConfig.h or on the compiler's command line:
 *   FIRMHEAP_SCHEME         firm (default), or one of the kernel's own: heap_1, heap_2, heap_3, heap_4, heap_5.
 *                           The archive must be made for the same one. firmheap_exact.c then belongs beside
 *                           the port file, which includes it.
 *   FIRMHEAP_USE_REGIONS    1: the application calls vPortDefineHeapRegions(), as with heap_5; there is no
 *                           ucHeap. Inferred if configTOTAL_HEAP_SIZE is not defined or
 *                           USE_FreeRTOS_HEAP_5 is; else 0.
 *   FIRMHEAP_REGION_LIMIT   regions there is room for beside the largest (8 bytes each). Default 7.
 *   FIRMHEAP_REGIONS_LARGE  1: single blocks above 255 KiB; inferred from configTOTAL_HEAP_SIZE.
 *   FIRMHEAP_INTEGRITY      0 to 4: the archive must check at least so much; 3 and 4 must be said here.
 *   FIRMHEAP_QUARANTINE_BYTES   integrity level 3 and 4: bytes of freed blocks that wait before they are used again.
 *                           Default 1024; 0: none waits.
 *   FIRMHEAP_LOCK           scheduler (default): a heap call suspends the scheduler, as in the kernel's files. critical:
 *                           it is a critical section, so that interrupt handlers up to
 *                           configMAX_SYSCALL_INTERRUPT_PRIORITY may allocate and free. The archive must be made for it.
 *   FIRMHEAP_FREE_FROM_ISR  1: interrupt handlers may call vPortFreeFromISR() (firmheap_isr.h); the block is freed by
 *                           the next heap call of a task. The archive must be made for it. Default 0. With
 *                           FIRMHEAP_LOCK critical it is there anyway, and frees at once.
 *   FIRMHEAP_INSIDE_INTERRUPT()  true in an interrupt handler; asked with FIRMHEAP_LOCK critical. Known for Cortex-M with
 *                           GCC and Clang; elsewhere false, and then handlers may not use the heap.
 *   FIRMHEAP_USE_CAPS       1: there are regions with capabilities (firmheap_caps.h): vPortFree() frees their blocks,
 *                           pvPortMalloc() falls back to those with capsDEFAULT, xPortHeapCheck() checks them.
 *   configUSE_HEAP_FAULT_HOOK   1: vApplicationHeapFaultHook( const HeapFault_t * ) runs before configASSERT.
 *   FIRMHEAP_EXTENSIONS     0: the archive was made without firmheap_memory.h's functions, and the port file need not serve them.
 *   FIRMHEAP_TRACK          off (default), tasks, sites or trace: who holds each block. The archive must be made for
 *                           the same one. firmheap_track.c then belongs beside the port file, which includes it
 *                           and says what more there is to choose.
 *   FIRMHEAP_REPORT         1: every failed request is recorded, with a verdict (firmheap_report.h); needs FIRMHEAP_TRACK, and
 *                           firmheap_failure.c and its kin beside the port file.
 *   FIRMHEAP_RULES          1: rules for who may allocate when (firmheap_rules.h); compile firmheap_rules.c, too.
 *   FIRMHEAP_BUDGETS        1: limits and reserves for tasks (firmheap_budget.h), with FIRMHEAP_TRACK.
 *   FIRMHEAP_INJECT_FAILURES    1: allocations fail on demand, for tests: vPortFailAllocation() and its kin.
 */

#ifndef FIRMHEAP_OPTIONS_H
#define FIRMHEAP_OPTIONS_H

#include "FreeRTOS.h"

#include "firmheap.h"

#if ( configSUPPORT_DYNAMIC_ALLOCATION == 0 )
    #error firmheap is a heap: leave firmheap_port.c out of the build, or set configSUPPORT_DYNAMIC_ALLOCATION to 1 in FreeRTOSConfig.h
#endif

/* A name becomes a number here, so that the preprocessor can compare it; what is no name becomes 0. */
#define firmheapJOIN( a, b )       a ## b
#define firmheapEXPAND( a, b )     firmheapJOIN( a, b )
#define firmheapSCHEME_heap_1      1
#define firmheapSCHEME_heap_2      2
#define firmheapSCHEME_heap_3      3
#define firmheapSCHEME_heap_4      4
#define firmheapSCHEME_heap_5      5
#define firmheapSCHEME_firm        6
#ifndef FIRMHEAP_SCHEME
    #define FIRMHEAP_SCHEME        firm
#endif
#define firmheapSCHEME             firmheapEXPAND( firmheapSCHEME_, FIRMHEAP_SCHEME )
#if ( firmheapSCHEME == 0 )
    #error FIRMHEAP_SCHEME is one of firm, heap_1, heap_2, heap_3, heap_4, heap_5
#endif
#define firmheapFIRM               ( firmheapSCHEME == 6 )
#if ( firmheapSCHEME == 5 )
    #ifndef FIRMHEAP_USE_REGIONS
        #define FIRMHEAP_USE_REGIONS    1
    #elif ( FIRMHEAP_USE_REGIONS == 0 )
        #error FIRMHEAP_SCHEME=heap_5 has regions and no ucHeap: take FIRMHEAP_USE_REGIONS=0 out, or choose heap_4
    #endif
#elif !firmheapFIRM
    #ifndef FIRMHEAP_USE_REGIONS
        #define FIRMHEAP_USE_REGIONS    0
    #elif ( FIRMHEAP_USE_REGIONS == 1 )
        #error only FIRMHEAP_SCHEME=firm and heap_5 have regions: take FIRMHEAP_USE_REGIONS=1 out, or choose one of them
    #endif
#endif

#define firmheapTRACK_tasks    1
#define firmheapTRACK_sites    2
#define firmheapTRACK_trace    3
#define firmheapTRACK_off      4
#ifndef FIRMHEAP_TRACK
    #define FIRMHEAP_TRACK     off
#endif
#if ( firmheapEXPAND( firmheapTRACK_, FIRMHEAP_TRACK ) == 0 )
    #error FIRMHEAP_TRACK is one of off, tasks, sites, trace
#elif ( firmheapEXPAND( firmheapTRACK_, FIRMHEAP_TRACK ) == 4 )
    #define firmheapTRACK      0
#else
    #define firmheapTRACK      firmheapEXPAND( firmheapTRACK_, FIRMHEAP_TRACK )
#endif
#ifndef FIRMHEAP_BUDGETS
    #define FIRMHEAP_BUDGETS    0
#elif ( FIRMHEAP_BUDGETS == 1 ) && ( firmheapTRACK == 0 )
    #error FIRMHEAP_BUDGETS needs FIRMHEAP_TRACK tasks, sites or trace: who holds what must be known
#endif
#if ( firmheapTRACK > 0 ) && !firmheapFIRM
    #error FIRMHEAP_TRACK needs FIRMHEAP_SCHEME=firm: the headers of the other schemes have no room for it
#endif

#ifndef FIRMHEAP_USE_REGIONS
    #if defined( USE_FreeRTOS_HEAP_5 ) || !defined( configTOTAL_HEAP_SIZE )
        #define FIRMHEAP_USE_REGIONS    1
    #else
        #define FIRMHEAP_USE_REGIONS    0
    #endif
#endif

#ifndef FIRMHEAP_REGIONS_LARGE
    #define FIRMHEAP_REGIONS_LARGE    0
#endif

#ifndef configHEAP_CLEAR_MEMORY_ON_FREE
    #define configHEAP_CLEAR_MEMORY_ON_FREE    0
#endif

#ifndef configENABLE_HEAP_PROTECTOR
    #define configENABLE_HEAP_PROTECTOR    0
#endif

#ifndef configUSE_HEAP_FAULT_HOOK
    #define configUSE_HEAP_FAULT_HOOK    0
#endif

#ifndef FIRMHEAP_INJECT_FAILURES
    #define FIRMHEAP_INJECT_FAILURES    0
#endif

#define firmheapLOCK_scheduler     1
#define firmheapLOCK_critical      2
#ifndef FIRMHEAP_LOCK
    #define FIRMHEAP_LOCK          scheduler
#endif
#define firmheapLOCK_KIND          firmheapEXPAND( firmheapLOCK_, FIRMHEAP_LOCK )
#if ( firmheapLOCK_KIND == 0 )
    #error FIRMHEAP_LOCK is scheduler or critical
#endif
#define firmheapCRITICAL           ( firmheapLOCK_KIND == 2 )

#ifndef FIRMHEAP_FREE_FROM_ISR
    #define FIRMHEAP_FREE_FROM_ISR    0
#endif
/* Where handlers may free by themselves, nothing waits. */
#define firmheapDEFERS             ( ( FIRMHEAP_FREE_FROM_ISR == 1 ) && !firmheapCRITICAL )
#if ( firmheapCRITICAL || firmheapDEFERS ) && !firmheapFIRM
    #error FIRMHEAP_LOCK critical and FIRMHEAP_FREE_FROM_ISR need FIRMHEAP_SCHEME firm: heap calls of the others have no bound
#endif

#ifndef FIRMHEAP_EXTENSIONS
    #define FIRMHEAP_EXTENSIONS    1
#endif

#ifndef FIRMHEAP_RULES
    #define FIRMHEAP_RULES    0
#endif

#ifndef FIRMHEAP_REPORT
    #define FIRMHEAP_REPORT    0
#elif ( FIRMHEAP_REPORT == 1 ) && ( firmheapTRACK == 0 )
    #error FIRMHEAP_REPORT needs FIRMHEAP_TRACK=tasks, sites or trace: without it nobody knows what was asked for
#endif

#ifndef FIRMHEAP_USE_CAPS
    #define FIRMHEAP_USE_CAPS    0
#elif ( FIRMHEAP_USE_CAPS == 1 ) && !firmheapFIRM
    #error FIRMHEAP_USE_CAPS needs FIRMHEAP_SCHEME firm
#endif

#ifndef FIRMHEAP_INTEGRITY
    #define FIRMHEAP_INTEGRITY    0
#elif ( FIRMHEAP_INTEGRITY < 0 ) || ( FIRMHEAP_INTEGRITY > 4 )
    #error FIRMHEAP_INTEGRITY is 0, 1, 2, 3 or 4
#endif

#ifndef FIRMHEAP_QUARANTINE_BYTES
    #define FIRMHEAP_QUARANTINE_BYTES    1024
#endif

#ifndef configAPPLICATION_ALLOCATED_HEAP
    #define configAPPLICATION_ALLOCATED_HEAP    0
#endif

#ifndef configUSE_MALLOC_FAILED_HOOK
    #define configUSE_MALLOC_FAILED_HOOK    0
#endif

#if ( portBYTE_ALIGNMENT <= 4 ) && !firmheapFIRM
    #define firmheapALIGNMENT    4
#elif ( portBYTE_ALIGNMENT <= 8 )
    #define firmheapALIGNMENT    8
#elif ( portBYTE_ALIGNMENT == 16 )
    #define firmheapALIGNMENT    16
#elif ( portBYTE_ALIGNMENT == 32 )
    #define firmheapALIGNMENT    32
#else
    #error firmheap serves a portBYTE_ALIGNMENT of 1, 2, 4, 8, 16 or 32
#endif

/* The archive's anchors: firmheap_archive_for_REGIONS_compact_ALIGNMENT_8 and so on. */
#define firmheapARCHIVE_COMPACT    firmheapEXPAND( firmheap_archive_for_REGIONS_compact_ALIGNMENT_, firmheapALIGNMENT )
#define firmheapARCHIVE_LARGE      firmheapEXPAND( firmheap_archive_for_REGIONS_large_ALIGNMENT_, firmheapALIGNMENT )

/* Do the trace macros expand to anything? Without them an archive may call the kernel directly. */
#define firmheapTEXT( ... )     # __VA_ARGS__
#define firmheapTEXT_OF( x )    firmheapTEXT( x )
#define firmheapTRACES \
    ( ( FIRMHEAP_RULES == 1 ) || ( sizeof( firmheapTEXT_OF( traceMALLOC( pv, xBlockBytes ) ) ) > 1U ) || ( sizeof( firmheapTEXT_OF( traceFREE( pv, xBlockBytes ) ) ) > 1U ) )

#if ( FIRMHEAP_USE_REGIONS == 1 )
    #define firmheapLARGEST_REGION    ( ( size_t ) 0xFFFFFFFFU )
    #define firmheapIS_LARGE          ( FIRMHEAP_REGIONS_LARGE == 1 )
    #ifndef FIRMHEAP_REGION_LIMIT
        #define FIRMHEAP_REGION_LIMIT    7
    #elif ( FIRMHEAP_REGION_LIMIT < 1 )
        #error FIRMHEAP_REGION_LIMIT is at least 1
    #endif
#elif ( firmheapSCHEME == 3 )
    #define firmheapLARGEST_REGION    ( ( size_t ) 0U ) /* the C library's affair */
    #define firmheapIS_LARGE          0
#else
    #define firmheapLARGEST_REGION    ( ( size_t ) ( configTOTAL_HEAP_SIZE ) )
    #define firmheapIS_LARGE          ( ( FIRMHEAP_REGIONS_LARGE == 1 ) || ( firmheapLARGEST_REGION > FIRMHEAP_COMPACT_BYTES_MAX ) )
    #undef FIRMHEAP_REGION_LIMIT
    #define FIRMHEAP_REGION_LIMIT    0
#endif

/* The least integrity level of the archive that these options need. */
#if ( configENABLE_HEAP_PROTECTOR == 1 ) && ( firmheapSCHEME >= 4 ) && ( FIRMHEAP_INTEGRITY < 2 )
    #define firmheapINTEGRITY_MIN    2
#elif ( FIRMHEAP_USE_CAPS == 1 ) && ( FIRMHEAP_INTEGRITY < 1 )
    #define firmheapINTEGRITY_MIN    1 /* at level 0 vPortFree() does not ask where a block is */
#else
    #define firmheapINTEGRITY_MIN    FIRMHEAP_INTEGRITY
#endif

#endif /* FIRMHEAP_OPTIONS_H */
