/* SPDX-License-Identifier: MIT
 *
 * firmheap for applications: faults with blame, the check on demand, and failures on demand. Include it after
 * FreeRTOS.h. Nothing here is needed to use the heap.
 *
 * In firmheap.h, which this file includes:
 *   HeapFault_t               a fault: what, where, expected and found, task, caller
 *   FIRMHEAP_FAULT_...        what can be wrong
 *   xPortHeapCheck()          pdPASS, or minus the number of the first fault in the whole heap
 *   xPortHeapCheckBlock()     the same for one block
 *   xPortHeapInspect(), xPortHeapInspectBlock()   the same, and fill a HeapFault_t
 *   xPortHeapFaultText()      a fault as one line of text
 */

#ifndef FIRMHEAP_FAULTS_H
#define FIRMHEAP_FAULTS_H

#include "firmheap.h"

#ifdef __cplusplus
    extern "C" {
#endif

/* Yours to define if configUSE_HEAP_FAULT_HOOK is 1. Runs for every fault, before configASSERT, in the context of the
 * caller and outside the heap's own suspension of the scheduler; the heap is as it was before the call. It may use
 * the heap, unless the fault says that free lists are damaged. */
extern void vApplicationHeapFaultHook( const HeapFault_t * pxFault );

/* Failures on demand, for tests of your own, if FIRMHEAP_INJECT_FAILURES is 1 (else these functions do not exist). A
 * request that is made to fail looks like any that finds no memory: traceMALLOC( NULL, 0 ), failed hook, NULL.
 * Each call replaces what the one before asked for, and counts from now on. Context: task, or before the
 * scheduler is started. */

/* Which requests count, and which of those fail. Zero everywhere: all count, none fails. */
typedef struct FirmheapInjection
{
    uint32_t ulFirst;    /* this one fails, counted from 1; 0: none */
    uint32_t ulAndLater; /* 1: and every one after it */
    void * pvTask;       /* only requests of this task count (TaskHandle_t); needs INCLUDE_xTaskGetCurrentTaskHandle */
    void * pvCaller;     /* only requests from this return address count; GCC and Clang */
    size_t xBytesMin;    /* only requests for so many bytes or more count */
    /* Asked about every request that counts, with its return address: not 0 makes it fail, too. Runs with the
     * scheduler suspended: it must not block or use the heap. */
    uint32_t ( * pxAsk )( void * pvCaller, size_t xBytes );
    uint32_t ulSeen;     /* counted so far; set to 0 by the call */
    uint32_t ulFailed;   /* made to fail so far; set to 0 by the call */
} FirmheapInjection_t;

extern void vPortInjectFailures( const FirmheapInjection_t * pxInjection ); /* NULL: nothing fails */
extern void vPortFailAllocation( uint32_t ulNth );                          /* the nth from now, 1 is the next */
extern void vPortFailAllocationsFrom( uint32_t ulNth );                     /* the nth and all after it */
extern void vPortFailAllocationsOfTask( void * pvTask );                    /* all of one task */
extern void vPortFailAllocationsOfSize( size_t xBytesMin );                 /* all for so many bytes or more */
extern uint32_t ulPortAllocationsSeen( void );                              /* that counted, since the last call */
extern uint32_t ulPortAllocationsFailed( void );                            /* of these, made to fail */

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_FAULTS_H */
