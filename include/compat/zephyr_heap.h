/* SPDX-License-Identifier: MIT
 *
 * Zephyr's k_heap on firmheap's heaps in memories of their own (firmheap_own.h), for code that was written for it. Any
 * number of heaps, each with its own memory, beside the main heap. Compile port/firmheap_zephyr_heap.c.
 *
 * As in Zephyr: K_HEAP_DEFINE, K_HEAP_DEFINE_NOCACHE, k_heap_init, k_heap_alloc, k_heap_calloc, k_heap_aligned_alloc,
 * k_heap_realloc, k_heap_free; K_NO_WAIT, K_MSEC, K_SECONDS, K_FOREVER. k_malloc and its kin are in zephyr_mem_slab.h.
 *
 * Different from Zephyr:
 *   * For tasks only, and before the scheduler is started; never in an interrupt handler, not with K_NO_WAIT either. There, as
 *     far as it is known (poolINSIDE_INTERRUPT, firmheap_pool.h), nothing is done, NULL comes back, and configASSERT fails.
 *   * A request that is larger than the heap is NULL at once: nobody waits for what cannot come.
 *   * A double free (integrity level 1 and higher), a block of another heap, an alignment that is no power of two (zero is none): a
 *     fault (firmheap_faults.h: the fault hook, configASSERT), and nothing is changed. A fault ends a wait.
 *   * Of its memory a heap keeps what firmheap_own.h says, and each block has a header: give it a little more than there.
 *   * traceMALLOC and traceFREE do not tell of these blocks, FIRMHEAP_TRACK does not know them.
 *
 * Needs FIRMHEAP_EXTENSIONS in the archive (the default). Options, in FreeRTOSConfig.h:
 *   FIRMHEAP_K_HEAP_LARGE      0: no heap is above 255 KiB; saves flash. Default 1: up to 63 MiB.
 *   FIRMHEAP_K_HEAP_WAITING    0: nobody waits, whatever the timeout. Default 1 if INCLUDE_xTaskGetSchedulerState or
 *                              configUSE_TIMERS is 1, which it needs; else 0.
 *   FIRMHEAP_K_HEAP_NOCACHE    where K_HEAP_DEFINE_NOCACHE puts memory, as your linker script has it:
 *                              __attribute__( ( section( ".nocache" ) ) ). Not defined: there is no such macro.
 *
 * All functions suspend the scheduler for as long as an allocation or a free takes, which is O(1). On MPU ports for privileged
 * tasks only.
 */

#ifndef FIRMHEAP_ZEPHYR_HEAP_H
#define FIRMHEAP_ZEPHYR_HEAP_H

#include <stddef.h>
#include <stdint.h>

#include "FreeRTOS.h"
#include "task.h"

#include "zephyr_timeout.h"

#ifdef __cplusplus
    extern "C" {
#endif

#ifndef FIRMHEAP_K_HEAP_WAITING
    #if ( INCLUDE_xTaskGetSchedulerState == 1 ) || ( configUSE_TIMERS == 1 )
        #define FIRMHEAP_K_HEAP_WAITING    1
    #else
        #define FIRMHEAP_K_HEAP_WAITING    0
    #endif
#endif

/* A heap. Its words are its own affair. */
struct k_heap
{
    void * pvMemory;
    size_t xBytes;
    void * pvHeap;   /* NULL until its first use */
    #if ( FIRMHEAP_K_HEAP_WAITING == 1 )
        List_t xWaiting;
    #endif
};

/* A smaller K_HEAP_DEFINE gets so much, with which it serves a few bytes at every integrity level. */
#define kheapBYTES_MIN           ( ( size_t ) 192U )
#define kheapWORDS( bytes )      ( ( ( ( ( size_t ) ( bytes ) < kheapBYTES_MIN ) ? kheapBYTES_MIN : ( size_t ) ( bytes ) ) + 7U ) / 8U )
#define kheapINITIALISER( pullMemory )    { .pvMemory = ( pullMemory ), .xBytes = sizeof( pullMemory ) }

/* A heap over so many bytes of static memory, in which it has its own words too; at file scope. It sets itself up at its first
 * use, by whatever task. RAM: bytes, rounded up to a multiple of eight, and a struct k_heap: 12 bytes on 32-bit
 * targets, 32 with waiting. */
#define K_HEAP_DEFINE( name, bytes )                            \
    static uint64_t name ## _memory[ kheapWORDS( bytes ) ];     \
    struct k_heap name = kheapINITIALISER( name ## _memory )

#ifdef FIRMHEAP_K_HEAP_NOCACHE
    #define K_HEAP_DEFINE_NOCACHE( name, bytes )                                            \
        static uint64_t name ## _memory[ kheapWORDS( bytes ) ] FIRMHEAP_K_HEAP_NOCACHE;     \
        struct k_heap name = kheapINITIALISER( name ## _memory )
#endif

/* Makes a heap of bytes bytes at mem, which are its own from now on. A memory that cannot be one (NULL, too small, too large,
 * at the end of the address space) raises a fault and is left as it was; the heap has none then and serves nothing.
 * Not for a heap that is in use: what was known of its blocks and of who waits is lost.
 * Cost: O(log bytes); integrity levels 3 and 4 fill the memory. */
extern void k_heap_init( struct k_heap * h,
                         void * mem,
                         size_t bytes );

/* A block of bytes bytes, aligned to portBYTE_ALIGNMENT. NULL at once for zero bytes, for more than the heap has, and with a fault.
 * If there is no room: NULL with K_NO_WAIT; else the task waits. Whenever something is freed in this heap all who wait for it
 * try again, the highest priority first, until their time is over. Before the scheduler is started and while it is
 * suspended nobody waits.
 * Cost: O(1) for each try; to begin to wait, O(tasks that wait). Integrity levels 3 and 4 fill the block. */
extern void * k_heap_alloc( struct k_heap * h,
                            size_t bytes,
                            k_timeout_t timeout );

/* The same for num elements of size bytes each, all zeros. A product that no size_t can hold is NULL at once.
 * Cost: also O(num * size), outside the lock. */
extern void * k_heap_calloc( struct k_heap * h,
                             size_t num,
                             size_t size,
                             k_timeout_t timeout );

/* The same as k_heap_alloc() at a multiple of align bytes, a power of two; any other is a fault (FIRMHEAP_FAULT_BAD_ALIGNMENT)
 * and NULL. */
extern void * k_heap_aligned_alloc( struct k_heap * h,
                                    size_t align,
                                    size_t bytes,
                                    k_timeout_t timeout );

/* Gives a block another size, where it is if it can be, else in another place with what it holds: the block, or NULL, and then
 * the old one is as it was. ptr NULL allocates; zero bytes free the block and return NULL. Waits as k_heap_alloc() does.
 * The alignment of k_heap_aligned_alloc() is not kept when the block moves.
 * Cost: as k_heap_alloc() and k_heap_free(); if it moves, O(bytes) outside the lock. */
extern void * k_heap_realloc( struct k_heap * h,
                              void * ptr,
                              size_t bytes,
                              k_timeout_t timeout );

/* Gives a block back to the heap it is of, and wakes all who wait for this heap. NULL: does nothing. What is no block of this
 * heap is a fault and changes nothing.
 * Cost: O(1), and O(tasks that wait). Integrity levels 3 and 4, and configHEAP_CLEAR_MEMORY_ON_FREE, fill the block. */
extern void k_heap_free( struct k_heap * h,
                         void * mem );

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_ZEPHYR_HEAP_H */
