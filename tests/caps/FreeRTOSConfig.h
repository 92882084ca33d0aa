/* SPDX-License-Identifier: MIT
 * Regions with capabilities on the host, without a kernel: tests/caps/caps.c is the scheduler. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#include <stddef.h>

#define configENABLE_MPU                     0
#define configUSE_PREEMPTION                 1
#define configUSE_IDLE_HOOK                  0
#define configUSE_TICK_HOOK                  0
#define configTICK_RATE_HZ                   1000
#define configCPU_CLOCK_HZ                   25000000UL
#define configMAX_PRIORITIES                 4
#define configMINIMAL_STACK_SIZE             64
#define configTICK_TYPE_WIDTH_IN_BITS        TICK_TYPE_WIDTH_32_BITS
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 160
#define configUSE_HEAP_FAULT_HOOK            1
#define configUSE_MALLOC_FAILED_HOOK         1
#define configSTACK_ALLOCATION_FROM_SEPARATE_HEAP    1
#define FIRMHEAP_USE_CAPS                    1
#define FIRMHEAP_CAPS_LIMIT                  6

#ifndef FIRMHEAP_USE_REGIONS
    #define configTOTAL_HEAP_SIZE            ( ( size_t ) 8192 )
#endif

#ifndef CAPS_COUNT
/* Balance of what was told. */
extern long lTraced;
#define traceMALLOC( pv, x )    lTraced += ( long ) ( x )
#define traceFREE( pv, x )      lTraced -= ( long ) ( x )

extern void vAssertFailed( const char * pcFile, int iLine );
#define configASSERT( x )       do { if( !( x ) ) { vAssertFailed( __FILE__, __LINE__ ); } } while( 0 )
#else
    #undef configUSE_HEAP_FAULT_HOOK
    #undef configUSE_MALLOC_FAILED_HOOK
#endif /* CAPS_COUNT */

#endif /* FREERTOS_CONFIG_H */
