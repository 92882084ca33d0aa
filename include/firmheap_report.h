/* SPDX-License-Identifier: MIT
 *
 * Why a request failed, what is about to go wrong, and a report that a person can read. docs/HEALTH.md tells the whole.
 *
 *   vPortHeapPrint( vMyWriter, NULL );      utilisation, fragmentation, map, top tasks and sites, stacks
 *   vPortHeapPrintFailure( vMyWriter, NULL );   the last request that failed, also after a warm reset
 *   vPortHeapWatch();                       now and then, from a task of yours: samples, and warnings before it is too late
 *
 * A firmware that uses them compiles port/firmheap_report.c, firmheap_failure.c, firmheap_watch.c and firmheap_health.c
 * beside firmheap_port.c. Who held the memory, and why a request failed, is known with FIRMHEAP_TRACK=tasks and more.
 *
 * Options, in FreeRTOSConfig.h:
 *   FIRMHEAP_REPORT             1: every failed request is recorded (HeapFailure_t), with a verdict. Needs FIRMHEAP_TRACK.
 *   configUSE_HEAP_FAILURE_HOOK 1: vApplicationMallocFailedHookEx( const HeapFailure_t * ) runs for each. Default 0.
 *   FIRMHEAP_NOINIT             how your compiler places a variable that start-up code leaves alone. Default: GCC's
 *                               section ".noinit"; empty: the record does not survive a reset.
 *   configHEAP_REPORT_TASKS     tasks whose stacks vPortHeapPrint() and vPortHeapWatch() can show, 36 bytes each on
 *                               Cortex-M. Default 16. Stacks need configUSE_TRACE_FACILITY 1.
 */

#ifndef FIRMHEAP_REPORT_H
#define FIRMHEAP_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "FreeRTOS.h"
#include "task.h"

#include "firmheap_health.h"

#ifdef __cplusplus
    extern "C" {
#endif

#ifndef FIRMHEAP_REPORT
    #define FIRMHEAP_REPORT    0
#endif

#ifndef configUSE_HEAP_FAILURE_HOOK
    #define configUSE_HEAP_FAILURE_HOOK    0
#endif

#ifndef configHEAP_REPORT_TASKS
    #define configHEAP_REPORT_TASKS    16
#endif

/*-------------------------------- why a request failed --------------------------------*/

/* Each verdict is the first of these that explains the failure: with it undone, the request would have been served. */
#define heapVERDICT_NONE          0U /* nothing failed */
#define heapVERDICT_TOO_SMALL     1U /* the heap: for this request even if it were empty, or for what the firmware holds all along */
#define heapVERDICT_FRAGMENTED    2U /* so much is free, but not in one block */
#define heapVERDICT_BUDGET        3U /* a budget (firmheap_budget.h) refused the request, or an owner holds more than its soft limit */
#define heapVERDICT_LEAK          4U /* a task, or a place in the program, holds more and more */
#define heapVERDICT_SPIKE         5U /* there was room most of the time, but not now */
#define heapVERDICT_NO_REGION     6U /* no region has the capabilities that were asked for (firmheap_caps.h) */

#define heapNAME_BYTES            24U
#define heapHOLDERS               4U

/* A task, or what stands for one (firmheap_track.h). */
typedef struct HeapHolder
{
    char cName[ heapNAME_BYTES ];
    size_t xBytes;
    size_t xBlocks;
} HeapHolder_t;

/* A request that failed. */
typedef struct HeapFailure
{
    uint32_t ulMagic;             /* tells the record from what RAM holds after power-up */
    uint32_t ulVerdict;           /* heapVERDICT_... */
    uint32_t ulFailures;          /* requests that failed since the start, this one included */
    TickType_t xTick;
    size_t xRequestedBytes;       /* what was asked for; 1 to 4 bytes count as 5 */
    size_t xLargestRefusedBytes;  /* of all that failed */
    size_t xAlignment;            /* 0: the usual */
    uint32_t ulCapabilities;      /* that were asked for (firmheap_caps.h), capsDEFAULT by pvPortMalloc(); 0: any memory */
    char cTask[ heapNAME_BYTES ]; /* the caller; empty before the scheduler runs */
    void * pvTask;
    const void * pvCaller;        /* a return address; NULL where it is not known */
    const char * pcPlace;         /* file and line, where they were given (firmheap_sites.h), else NULL */
    size_t xTotalBytes;           /* as in HeapHealth_t, after the failure; of the regions that were asked */
    size_t xFreeBytes;
    size_t xFreeBytesMin;
    size_t xLargestRequestBytes;
    size_t xFreeBlocks;
    HeapHolder_t xHolders[ heapHOLDERS ]; /* who holds most, most first: of the main heap, if that was asked */
    HeapHolder_t xBlamed;         /* verdicts budget and leak: the owner; xBytes: above its soft limit (what it
                                   * holds, if a budget refused the request), or grown by so much */
    const void * pvBlamedPlace;   /* verdict leak, with FIRMHEAP_TRACK=sites: where in the program; else NULL */
    const char * pcBlamedPlace;   /* the same as text, where it was given */
    uint32_t ulChecksum;
} HeapFailure_t;

/* Yours to define if configUSE_HEAP_FAILURE_HOOK is 1. Runs for each failed request before
 * vApplicationMallocFailedHook(), in the context of the caller, the scheduler as the caller had it. */
extern void vApplicationMallocFailedHookEx( const HeapFailure_t * pxFailure );

/* The last failed request, also one of before the last warm reset: NULL if there is none. Not from an ISR. */
extern const HeapFailure_t * pxPortHeapLastFailure( void );

/* Forgets it. Cost: O(1). Context: task. */
extern void vPortHeapForgetFailure( void );

/* Requests that failed since the start, and the largest of them; 0 without FIRMHEAP_REPORT. Cost: O(1). Context: any. */
extern uint32_t ulPortHeapFailures( size_t * pxLargestBytes );

/* "leak", "spike" ...; never NULL. Leak, spike and budget are told of the main heap only. */
extern const char * pcPortHeapVerdict( uint32_t ulVerdict );

/*-------------------------------- early warning --------------------------------*/

/* What the callback is told. */
#define heapALERT_LOW           0U /* free bytes are below the mark; ulValue: free bytes */
#define heapALERT_LOW_OVER      1U /* and above the upper mark again */
#define heapALERT_FRAGMENTED    2U /* ulValue: permille */
#define heapALERT_GROWTH        3U /* a task holds more and more; ulValue: grown by so many bytes, pcName: who */
#define heapALERT_STACK         4U /* a stack was nearly used up; ulValue: words that were never used, pcName: whose */

typedef void ( * HeapAlertCallback_t )( uint32_t ulAlert,
                                        uint32_t ulValue,
                                        const char * pcName );

typedef struct HeapMarks
{
    size_t xLowBytes;               /* heapALERT_LOW below; 0: never */
    size_t xLowOverBytes;           /* heapALERT_LOW_OVER at or above, not less than xLowBytes: between the two nothing is said */
    uint32_t ulFragmentedPermille;  /* heapALERT_FRAGMENTED at or above, again only after it was 50 below; 0: never */
    uint32_t ulStackWords;          /* heapALERT_STACK at or below, once for each task; 0: never */
    HeapAlertCallback_t xCallback;  /* NULL: nobody is told */
} HeapMarks_t;

/* Sets the marks; NULL: none. Cost: O(1). Context: task. */
extern void vPortHeapSetMarks( const HeapMarks_t * pxMarks );

/* Takes a sample of what everybody holds, compares it with the marks, and calls the callback: in the context of the caller,
 * which is a task of yours, a timer's callback or the idle hook, never inside an allocation.
 *
 * Growth: four samples make a window, of which the least is kept; who has more from window to window three times running
 * grows. So call it as often as a sample should be taken, once a second or once a minute.
 * Cost: as vPortGetHeapHealth(), and a step for each task and site. */
extern void vPortHeapWatch( void );

/*-------------------------------- text --------------------------------*/

/* Takes a piece of text; called with the scheduler as the caller had it. */
typedef void ( * HeapWriter_t )( const char * pcText,
                                 size_t xLength,
                                 void * pvArgument );

/* Writes the report. Needs no memory and no printf; 500 bytes of stack. Context: task, before the scheduler runs, or a
 * debugger's call while the heap is not at work.
 * Cost: a walk over the heap in steps, and the writer's. */
extern void vPortHeapPrint( HeapWriter_t xWriter,
                            void * pvArgument );

/* Writes what pxPortHeapLastFailure() knows, or that there is nothing. */
extern void vPortHeapPrintFailure( HeapWriter_t xWriter,
                                   void * pvArgument );

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_REPORT_H */
