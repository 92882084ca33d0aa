/* SPDX-License-Identifier: MIT
 *
 * Rules for who may allocate when: after start-up nobody, or not this task, or not so much, and never an interrupt handler.
 *
 *   vPortHeapFreeze();                        the end of start-up: whoever allocates from now on breaks a rule
 *   xPortHeapForbid( xControlTask );          this task never allocates
 *   vPortHeapLimitRequest( 512 );             nobody asks for more than this at once
 *
 * A block that is resized where it is is not judged. A breach is found after the request was served: nothing is
 * refused, the call is told of, with the place it came from. There if FIRMHEAP_RULES is 1 in FreeRTOSConfig.h, with
 * INCLUDE_xTaskGetCurrentTaskHandle 1; compile port/firmheap_rules.c beside firmheap_port.c. The archive must have been made with
 * trace calls (the default, FIRMHEAP_TRACE=1).
 *
 * Options, in FreeRTOSConfig.h:
 *   configUSE_HEAP_RULE_HOOK    1: vApplicationHeapRuleHook( const HeapBreach_t * ) runs for each breach. Default 0.
 *   configHEAP_RULES_ASSERT     1: configASSERT( ulRule == heapRULE_KEPT ) for each, after the hook. Default 0: only counted.
 *   configHEAP_FORBIDDEN_TASKS  how many tasks can be forbidden. Default 8.
 */

#ifndef FIRMHEAP_RULES_H
#define FIRMHEAP_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "FreeRTOS.h"
#include "task.h"

#ifdef __cplusplus
    extern "C" {
#endif

#define heapRULE_KEPT         0U
#define heapRULE_INTERRUPT    1U /* an interrupt handler allocates (known for Cortex-M with GCC and Clang) */
#define heapRULE_TASK         2U /* a task that may not */
#define heapRULE_FROZEN       3U /* after vPortHeapFreeze() */
#define heapRULE_SIZE         4U /* more than vPortHeapLimitRequest() allows */

typedef struct HeapBreach
{
    uint32_t ulRule;         /* heapRULE_..., the first that was broken */
    uint32_t ulBreaches;     /* so far, this one included */
    void * pvBlock;          /* what was handed out */
    size_t xBlockBytes;      /* of the block with its header */
    TaskHandle_t xTask;      /* NULL in an interrupt handler and before the scheduler runs */
    const void * pvCaller;   /* FIRMHEAP_TRACK=sites and more: the return address of the call; else NULL */
    const char * pcPlace;    /* or the place as text, where it was given (firmheap_sites.h); else NULL */
} HeapBreach_t;

/* Yours to define if configUSE_HEAP_RULE_HOOK is 1. Runs in the context of the caller, the scheduler as it had it. It must
 * not allocate, or it is called again. */
extern void vApplicationHeapRuleHook( const HeapBreach_t * pxBreach );

/* Nobody may allocate from now on; and may again. O(1). Context: any task. */
extern void vPortHeapFreeze( void );
extern void vPortHeapThaw( void );

/* This task may not allocate; and may again. pdFAIL: configHEAP_FORBIDDEN_TASKS are forbidden already, or it was not
 * one of them. Cost: a step for each. Context: any task. */
extern BaseType_t xPortHeapForbid( TaskHandle_t xTask );
extern BaseType_t xPortHeapAllow( TaskHandle_t xTask );

/* Blocks larger than for so many bytes break a rule; 0: none does. O(1). */
extern void vPortHeapLimitRequest( size_t xBytes );

/* Breaches so far, and the last of them unless NULL. Context: any task. */
extern uint32_t ulPortHeapBreaches( HeapBreach_t * pxLast );

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_RULES_H */
