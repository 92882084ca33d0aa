/* SPDX-License-Identifier: MIT */
/* The configuration that the kernel's heap file and firmheap's port file are both compiled with. run.py sets TWIN_... */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#define configCPU_CLOCK_HZ                     25000000UL
#define configTICK_RATE_HZ                     1000
#define configTICK_TYPE_WIDTH_IN_BITS          TICK_TYPE_WIDTH_32_BITS
#define configMAX_PRIORITIES                   5
#define configMINIMAL_STACK_SIZE               128
#define configUSE_PREEMPTION                   1
#define configUSE_IDLE_HOOK                    0
#define configUSE_TICK_HOOK                    0
#define configSUPPORT_DYNAMIC_ALLOCATION       1
#define configAPPLICATION_ALLOCATED_HEAP       1
#define configTOTAL_HEAP_SIZE                  ( ( size_t ) TWIN_HEAP_BYTES )
#define configENABLE_HEAP_PROTECTOR            TWIN_PROTECTOR
#define configHEAP_CLEAR_MEMORY_ON_FREE        TWIN_CLEAR

/* TWIN_MACROS 0: none of the user's macros, as in the smallest firmware. */
#if ( TWIN_MACROS == 1 )
    extern void vTwinAssert( void );
    extern void vTwinTraceMalloc( void * pv, size_t uxBytes );
    extern void vTwinTraceFree( void * pv, size_t uxBytes );
    #define configASSERT( x )              do { if( !( x ) ) { vTwinAssert(); } } while( 0 )
    #define traceMALLOC( pv, uxBytes )     vTwinTraceMalloc( ( pv ), ( uxBytes ) )
    #define traceFREE( pv, uxBytes )       vTwinTraceFree( ( pv ), ( uxBytes ) )
    #define configUSE_MALLOC_FAILED_HOOK    1
#else
    #define configUSE_MALLOC_FAILED_HOOK    0
#endif

#endif /* FREERTOS_CONFIG_H */
