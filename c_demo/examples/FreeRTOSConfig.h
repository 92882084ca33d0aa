/* SPDX-License-Identifier: MIT
 * The examples' kernel configuration. What differs between boards stands in the board's board_config.h. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "board_config.h"

/* The idle task frees what deleted tasks had: at integrity level 3 that takes more stack. */
#if defined( FIRMHEAP_INTEGRITY ) && ( FIRMHEAP_INTEGRITY >= 3 )
    #undef configMINIMAL_STACK_SIZE
    #define configMINIMAL_STACK_SIZE               ( 320U )
#endif

#define configUSE_PREEMPTION                       1
#define configUSE_IDLE_HOOK                        1
#define configUSE_TRACE_FACILITY                   1
#define configMAX_PRIORITIES                       6
#define configTICK_TYPE_WIDTH_IN_BITS              TICK_TYPE_WIDTH_32_BITS
#define configUSE_MUTEXES                          1
#define configSUPPORT_STATIC_ALLOCATION            1
#define configKERNEL_PROVIDED_STATIC_MEMORY        1
#define configUSE_HEAP_FAULT_HOOK                  1
#define configUSE_MALLOC_FAILED_HOOK               1
#define FIRMHEAP_FREE_FROM_ISR                     1

/* The tick is an interrupt handler of ours on the real CPU; on the host it is a signal. */
#ifdef __arm__
    #define configUSE_TICK_HOOK                    1
#else
    #define configUSE_TICK_HOOK                    0
#endif

/* Examples with regions are a build of their own (cmake -DCAPS=ON). */
#ifdef EXAMPLES_CAPS
    #define FIRMHEAP_USE_CAPS                          1
    #define FIRMHEAP_DEFAULT_CAPS                      ( capsDEFAULT | capsINTERNAL | caps8BIT | caps32BIT )
    #define configSTACK_ALLOCATION_FROM_SEPARATE_HEAP  1
#endif

#define INCLUDE_vTaskDelay                         1
#define INCLUDE_vTaskDelete                        1
#define INCLUDE_vTaskSuspend                       1
#define INCLUDE_xTaskGetCurrentTaskHandle          1
#define INCLUDE_xTaskGetSchedulerState             1
#define INCLUDE_uxTaskPriorityGet                  1
#define INCLUDE_vTaskPrioritySet                   1

/* Faults of pools come here after vApplicationHeapFaultHook: the examples provoke some on purpose (example.c). */
extern void vExampleAssert( const char * pcFile, int iLine );
#define configASSERT( x )    do { if( !( x ) ) { vExampleAssert( __FILE__, __LINE__ ); } } while( 0 )

#endif /* FREERTOS_CONFIG_H */
