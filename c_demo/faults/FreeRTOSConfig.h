/* SPDX-License-Identifier: MIT
 * The configuration of the application whose allocations fail one after the other; POSIX only. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#define configCPU_CLOCK_HZ                       ( 1000000000UL )
#define configTICK_RATE_HZ                       ( 1000U )
#define configMINIMAL_STACK_SIZE                 ( 128U )
#define configUSE_PREEMPTION                     1
#define configUSE_IDLE_HOOK                      0
#define configUSE_TICK_HOOK                      0
#define configMAX_PRIORITIES                     5
#define configTICK_TYPE_WIDTH_IN_BITS            TICK_TYPE_WIDTH_32_BITS
#define configUSE_MUTEXES                        1
#define configUSE_TIMERS                         1
#define configTIMER_TASK_PRIORITY                ( configMAX_PRIORITIES - 1 )
#define configTIMER_QUEUE_LENGTH                 8
#define configTIMER_TASK_STACK_DEPTH             configMINIMAL_STACK_SIZE
#define configSUPPORT_STATIC_ALLOCATION          1
#define configKERNEL_PROVIDED_STATIC_MEMORY      1
#define configCHECK_FOR_STACK_OVERFLOW           0
#define configTOTAL_HEAP_SIZE                    ( ( size_t ) ( 64U * 1024U ) )

#define INCLUDE_vTaskDelay                       1
#define INCLUDE_vTaskDelete                      1
#define INCLUDE_xTaskGetCurrentTaskHandle        1

#include <stdlib.h>
#define configASSERT( x )    do { if( !( x ) ) { abort(); } } while( 0 )

/* Allocations can be made to fail. */
#define FIRMHEAP_INJECT_FAILURES                 1

#endif /* FREERTOS_CONFIG_H */
