/* SPDX-License-Identifier: MIT */

/*
 * recorder.h: the kernel, as far as a heap file sees it, written down.
 *
 * Each call the heap makes becomes one letter of a log, so that a check can say
 * in one string what must happen and in which order:
 *
 *   S R   vTaskSuspendAll, xTaskResumeAll
 *   m f   traceMALLOC, traceFREE with the scheduler suspended  (M F: running)
 *   H     the malloc failed hook with the scheduler running    (h: suspended)
 *   A     configASSERT raised with the scheduler running       (a: suspended)
 *   C     the canary function with the scheduler running       (c: suspended)
 *   ( )   taskENTER_CRITICAL, taskEXIT_CRITICAL
 *
 * "Running" means: no deeper than the caller was, so that a call made from
 * inside a suspension is judged by the same letters.
 */

#ifndef RECORDER_H
#define RECORDER_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

typedef struct CONTRACT_TRACE_RECORD
{
    const void * pvPayload;
    size_t uxBytes;
    size_t uxFreeBytes;     /* xPortGetFreeHeapSize() inside the trace macro. */
    size_t uxMinimumEver;   /* xPortGetMinimumEverFreeHeapSize() likewise. */
} ContractTrace_t;

extern ContractTrace_t xLastMalloc, xLastFree;
extern size_t uxMallocTraceSum, uxFreeTraceSum;

/* Depths now, and the depth the caller of the heap stands at. */
extern uint32_t ulSuspendDepth, ulCriticalDepth;
extern uint32_t ulCallerSuspendDepth, ulCallerCriticalDepth;

/* Called by the hook, when set: lets a case call the heap from there. */
extern void ( * pxHookAction )( void );

/* Sampled at each vTaskSuspendAll, when set: the last sample stays. */
extern const uint8_t * pucWatched;
extern uint8_t ucWatchedAtSuspend;

/* Where a trapping configASSERT leaves to. */
extern jmp_buf xAssertTrap;
extern int iAssertTrapArmed;

extern void vLogClear( void );
extern const char * pcLog( void );
extern uint32_t ulLogCount( char cLetter );

#endif /* RECORDER_H */
