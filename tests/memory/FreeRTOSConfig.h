/* SPDX-License-Identifier: MIT
 * The configuration of the programs here: everything the heap tells is recorded, and the heap is theirs. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#define configCPU_CLOCK_HZ                      25000000UL
#define configTICK_RATE_HZ                      1000
#define configMAX_PRIORITIES                    4
#define configMINIMAL_STACK_SIZE                256
#define configUSE_PREEMPTION                    1
#define configUSE_16_BIT_TICKS                  0
#define configUSE_IDLE_HOOK                     0
#define configUSE_TICK_HOOK                     0
#define configKERNEL_INTERRUPT_PRIORITY         255
#define configMAX_SYSCALL_INTERRUPT_PRIORITY    64
#define INCLUDE_xTaskGetCurrentTaskHandle       0

#ifndef memoryHEAP_BYTES
    #define memoryHEAP_BYTES                    ( 192U * 1024U )
#endif
#define configTOTAL_HEAP_SIZE                   ( ( size_t ) memoryHEAP_BYTES )
#define configAPPLICATION_ALLOCATED_HEAP        1
#ifndef memoryCOUNTING
    #define configUSE_MALLOC_FAILED_HOOK        1
    #define configUSE_HEAP_FAULT_HOOK           1
#endif
#ifdef memoryCLEAR
    #define configHEAP_CLEAR_MEMORY_ON_FREE     1
#endif
#if ( FIRMHEAP_INTEGRITY >= 2 )
    #define configENABLE_HEAP_PROTECTOR         1
#endif
#define FIRMHEAP_QUARANTINE_BYTES               2000

#ifdef memoryCOUNTING
    #define configASSERT( x )
#else
    extern void vMemoryAsserted( void );
    extern void vMemoryTraceMalloc( void * pv, size_t xBytes );
    extern void vMemoryTraceFree( void * pv, size_t xBytes );
    #define configASSERT( x )           do { if( !( x ) ) { vMemoryAsserted(); } } while( 0 )
    #define traceMALLOC( pv, xBytes )   vMemoryTraceMalloc( ( pv ), ( xBytes ) )
    #define traceFREE( pv, xBytes )     vMemoryTraceFree( ( pv ), ( xBytes ) )
#endif

#endif /* FREERTOS_CONFIG_H */
