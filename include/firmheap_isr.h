/* SPDX-License-Identifier: MIT
 *
 * The heap in interrupt handlers. docs/INTERRUPTS.md tells which of the two ways is for whom.
 *
 *   FIRMHEAP_LOCK critical       handlers call pvPortMalloc() and vPortFree() like tasks
 *   FIRMHEAP_FREE_FROM_ISR 1     handlers call vPortFreeFromISR(); the next heap call of a task frees the block
 *
 * Handlers: those up to configMAX_SYSCALL_INTERRUPT_PRIORITY, as for every function of the kernel. Include this file
 * after FreeRTOS.h; with neither option the functions do not exist.
 */

#ifndef FIRMHEAP_ISR_H
#define FIRMHEAP_ISR_H

#include <stddef.h>

#ifdef __cplusplus
    extern "C" {
#endif

/* Gives a block back from an interrupt handler. NULL is ignored. A pointer that is no block in use, or one that was given
 * back already, is a fault and changes nothing; what only the free itself can see is a fault then, of the task that carries
 * it out. Until then the block counts as in use in every figure of the heap, and its first eight bytes are the heap's.
 * Cost: O(1), with several regions one step for each; interrupts are masked for the few instructions that put it on a
 * list. A block that looks as if it waited already is looked for among those that wait: a step for each, masked. With FIRMHEAP_LOCK critical it is vPortFree() and the block is free when it returns.
 * Context: interrupt handler up to configMAX_SYSCALL_INTERRUPT_PRIORITY; also a task. */
extern void vPortFreeFromISR( void * pv );

/* Frees all blocks that wait; returns how many. Every pvPortMalloc() and vPortFree() frees up to two of them by itself,
 * and one that finds no memory all of them; for an application that calls neither for long, this belongs in the idle hook.
 * Cost: a vPortFree() for each of them, preemptible in between. Context: task. */
extern size_t xPortFreePending( void );

/* Blocks that wait. Cost: a plain read. Context: any. */
extern size_t xPortGetPendingFrees( void );

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_ISR_H */
