/* SPDX-License-Identifier: MIT
 *
 * The demo's kernel configuration. It is an ordinary one on purpose: nothing in it knows which heap
 * is linked. What differs between boards stands in the board's board_config.h.
 */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#include <stddef.h>
#include <stdint.h>

/* Clock, tick, stack sizes and configTOTAL_HEAP_SIZE. */
#include "board_config.h"

#define configUSE_PREEMPTION                       1
#define configUSE_TIME_SLICING                     1
#define configUSE_IDLE_HOOK                        1
#define configUSE_TICK_HOOK                        0
#define configMAX_PRIORITIES                       6
#define configMAX_TASK_NAME_LEN                    12
#define configTICK_TYPE_WIDTH_IN_BITS              TICK_TYPE_WIDTH_32_BITS
#define configIDLE_SHOULD_YIELD                    1

/* Stream buffers wait on index 0, the demo's own signals on index 1. */
#define configUSE_TASK_NOTIFICATIONS               1
#define configTASK_NOTIFICATION_ARRAY_ENTRIES      2

#define configUSE_MUTEXES                          1
#define configUSE_COUNTING_SEMAPHORES              1
#define configQUEUE_REGISTRY_SIZE                  0

#define configUSE_TIMERS                           1
#define configTIMER_TASK_PRIORITY                  ( configMAX_PRIORITIES - 1 )
#define configTIMER_QUEUE_LENGTH                   16
#define configTIMER_TASK_STACK_DEPTH               ( 2 * configMINIMAL_STACK_SIZE )

/* The kernel's own tasks are static, so the heap holds what the application asks for and nothing
 * else, and the replay of a recorded trace is exact. */
#define configSUPPORT_DYNAMIC_ALLOCATION           1
#define configSUPPORT_STATIC_ALLOCATION            1
#define configKERNEL_PROVIDED_STATIC_MEMORY        1

#define configUSE_MALLOC_FAILED_HOOK               1
#define configUSE_TRACE_FACILITY                   0
#define configGENERATE_RUN_TIME_STATS              0

#define INCLUDE_vTaskDelay                         1
#define INCLUDE_vTaskDelete                        1
#define INCLUDE_vTaskSuspend                       1
#define INCLUDE_vTaskPrioritySet                   1
#define INCLUDE_xTaskGetSchedulerState             1
#define INCLUDE_xTaskGetCurrentTaskHandle          1

/* The audit (src/audit.c) listens where every firmware may listen. */
extern void vAuditAssert( const char * pcFile, int iLine );
extern void vAuditTraceMalloc( const void * pvBlock, size_t uxBytes );
extern void vAuditTraceFree( const void * pvBlock, size_t uxBytes );

#define configASSERT( x )           do { if( !( x ) ) { vAuditAssert( __FILE__, __LINE__ ); } } while( 0 )
#define traceMALLOC( pv, uxSize )   vAuditTraceMalloc( ( pv ), ( uxSize ) )
#define traceFREE( pv, uxSize )     vAuditTraceFree( ( pv ), ( uxSize ) )

#endif /* FREERTOS_CONFIG_H */
