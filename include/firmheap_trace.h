/* SPDX-License-Identifier: MIT
 *
 * A trace of every event of the heap, as a compact stream of bytes: docs/TRACE_FORMAT.md. There with FIRMHEAP_TRACK=trace,
 * for the archive and for the port file alike; `cargo xtask trace decode FILE` reads it.
 *
 *   static uint8_t ucRing[ 4096 ];
 *   xPortHeapTraceStart( ucRing, sizeof( ucRing ) );
 *   for( ; ; ) { xPortHeapTraceDrain( vMyWriter, NULL ); vTaskDelay( 1 ); }      a task of low priority
 *
 * Events go into the ring while the heap has the scheduler suspended; the writer runs later, in the task that drains. An
 * event that finds no room is lost and counted, and the stream says how many were lost and where.
 *
 * Options, in FreeRTOSConfig.h:
 *   FIRMHEAP_TRACE_TIME()       the clock, 32 bits. Default xTaskGetTickCount(). Read with the scheduler suspended.
 *   FIRMHEAP_TRACE_HZ           its units in a second. Default configTICK_RATE_HZ.
 */

#ifndef FIRMHEAP_TRACE_H
#define FIRMHEAP_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "FreeRTOS.h"

#ifdef __cplusplus
    extern "C" {
#endif

/* Takes bytes of the stream. Called with the scheduler as the caller of xPortHeapTraceDrain() had it; may block. What it
 * allocates is traced, too. */
typedef void ( * HeapTraceWriter_t )( const void * pvBytes,
                                      size_t xBytes,
                                      void * pvArgument );

/* Starts a trace. pvRing is its own until it was stopped and drained. pdFAIL if xBytes is no power of two, or below
 * 256, or a trace is running. Blocks that live already are not in it: start it before the first request, or
 * write what xPortHeapWalk() finds. Context: task, or before the scheduler runs. */
extern BaseType_t xPortHeapTraceStart( void * pvRing,
                                       size_t xBytes );

/* Ends it: the last record says how many events there were and how many were lost. pdFAIL if it finds no room: drain, and call
 * again. Context: task. */
extern BaseType_t xPortHeapTraceStop( void );

/* Takes at most xBytes from the ring; returns how many. Cost: O(bytes) with the scheduler suspended. Context: task. */
extern size_t xPortHeapTraceRead( void * pvTo,
                                  size_t xBytes );

/* Hands what is in the ring to the writer, 64 bytes at a time, until it is empty; returns how many. Context: task; one
 * task at a time. */
extern size_t xPortHeapTraceDrain( HeapTraceWriter_t xWriter,
                                   void * pvArgument );

/* Writes a number of the application's into the stream. Context: task. */
extern void vPortHeapTraceMark( uint32_t ulValue );

/* Events that were lost so far, and, unless NULL, those that were not. */
extern uint32_t ulPortHeapTraceLost( uint32_t * pulRecorded );

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_TRACE_H */
