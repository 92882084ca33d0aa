/* SPDX-License-Identifier: MIT */

/*
 * FreeRTOSConfig.h of the contract suite.  Each CONTRACT_... knob is set by the
 * runner with -D; what follows are the defaults.  The heap file under test is
 * compiled with exactly this file, as in a user's build.
 */

#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#include <stddef.h>

/* configASSERT: nothing, count and return, or leave through longjmp. */
#define CONTRACT_ASSERT_EMPTY    0
#define CONTRACT_ASSERT_COUNT    1
#define CONTRACT_ASSERT_TRAP     2

#ifndef CONTRACT_ASSERT
    #define CONTRACT_ASSERT    CONTRACT_ASSERT_COUNT
#endif
#ifndef CONTRACT_ALIGNMENT
    #define CONTRACT_ALIGNMENT    8
#endif
#ifndef CONTRACT_HEAP_BYTES
    #define CONTRACT_HEAP_BYTES    4096
#endif
#ifndef CONTRACT_HOOK
    #define CONTRACT_HOOK    1
#endif
#ifndef CONTRACT_TRACE
    #define CONTRACT_TRACE    1
#endif
#ifndef CONTRACT_CLEAR
    #define CONTRACT_CLEAR    0
#endif
#ifndef CONTRACT_PROTECTOR
    #define CONTRACT_PROTECTOR    0
#endif
#ifndef CONTRACT_APP_HEAP
    #define CONTRACT_APP_HEAP    0
#endif
#ifndef CONTRACT_OFFSET
    #define CONTRACT_OFFSET    0
#endif
#ifndef CONTRACT_TICK_BITS
    #define CONTRACT_TICK_BITS    32
#endif
#ifndef CONTRACT_TOTAL
    #define CONTRACT_TOTAL    0
#endif
#ifndef CONTRACT_RUNTIME_HEAP
    #define CONTRACT_RUNTIME_HEAP    0
#endif
#ifndef CONTRACT_LARGE
    #define CONTRACT_LARGE    0   /* firmheap's form for single blocks above 256 KiB */
#endif
#ifndef CONTRACT_DYNAMIC
    #define CONTRACT_DYNAMIC    1
#endif
#ifndef CONTRACT_MPU
    #define CONTRACT_MPU    0
#endif

/* What every FreeRTOSConfig.h has. */
#define configUSE_PREEMPTION                    1
#define configUSE_IDLE_HOOK                     0
#define configUSE_TICK_HOOK                     0
#define configMAX_PRIORITIES                    5
#define configMINIMAL_STACK_SIZE                128
#define configTICK_RATE_HZ                      1000
#define configMAX_TASK_NAME_LEN                 10
#define configUSE_MUTEXES                       0
#define configUSE_TIMERS                        0
#define configCHECK_FOR_STACK_OVERFLOW          0
#define configKERNEL_INTERRUPT_PRIORITY         0
#define configMAX_SYSCALL_INTERRUPT_PRIORITY    0

#if ( CONTRACT_TICK_BITS == 16 )
    #define configTICK_TYPE_WIDTH_IN_BITS    TICK_TYPE_WIDTH_16_BITS
#else
    #define configTICK_TYPE_WIDTH_IN_BITS    TICK_TYPE_WIDTH_32_BITS
#endif

/* What the heap files read. */
#define configSUPPORT_DYNAMIC_ALLOCATION    CONTRACT_DYNAMIC
#define configSUPPORT_STATIC_ALLOCATION     1
#define configKERNEL_PROVIDED_STATIC_MEMORY 1
#define configUSE_MALLOC_FAILED_HOOK        CONTRACT_HOOK
#define configHEAP_CLEAR_MEMORY_ON_FREE     CONTRACT_CLEAR
#define configENABLE_HEAP_PROTECTOR         CONTRACT_PROTECTOR

/* heap_5 needs no configTOTAL_HEAP_SIZE; leaving it out is how firmware says
 * so.  With a cast, because that is the usual form. */
#if ( CONTRACT_RUNTIME_HEAP == 1 )
    extern size_t xContractHeapBytes;   /* for a scratch copy of heap_4.c, see run.py */
    #define configTOTAL_HEAP_SIZE             xContractHeapBytes
#elif ( ( CONTRACT_REGIONS == 0 ) || ( CONTRACT_TOTAL == 1 ) )
    #define configTOTAL_HEAP_SIZE             ( ( size_t ) ( CONTRACT_HEAP_BYTES ) )
#endif
#define configAPPLICATION_ALLOCATED_HEAP      CONTRACT_APP_HEAP

extern void vRecordTraceMalloc( const void * pvPayload, size_t uxBytes );
extern void vRecordTraceFree( const void * pvPayload, size_t uxBytes );
extern void vRecordAssert( const char * pcFile, int iLine );

#if ( CONTRACT_ASSERT != CONTRACT_ASSERT_EMPTY )
    #define configASSERT( x )    do { if( ( x ) == 0 ) { vRecordAssert( __FILE__, __LINE__ ); } } while( 0 )
#endif

#if ( CONTRACT_TRACE == 1 )
    #define traceMALLOC( pvAddress, uxSize )    vRecordTraceMalloc( ( pvAddress ), ( size_t ) ( uxSize ) )
    #define traceFREE( pvAddress, uxSize )      vRecordTraceFree( ( pvAddress ), ( size_t ) ( uxSize ) )
#endif

#endif /* FREERTOS_CONFIG_H */
