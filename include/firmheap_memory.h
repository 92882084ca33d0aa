/* SPDX-License-Identifier: MIT
 *
 * firmheap: what the kernel's portable layer lacks. Include it after FreeRTOS.h. Nothing has to be compiled for it: the
 * functions are in libfirmheap.a, and those that a firmware does not call are left out of it (--gc-sections).
 *
 * With FIRMHEAP_SCHEME=firm only: the kernel's own schemes have none of it, nor has an archive that was made with
 * FIRMHEAP_EXTENSIONS=OFF (`cargo xtask archive --no-extensions`). docs/MEMORY.md says more.
 */

#ifndef FIRMHEAP_MEMORY_H
#define FIRMHEAP_MEMORY_H

#include <stddef.h>

#ifdef __cplusplus
    extern "C" {
#endif

/* Gives a block another size. Its contents stay, up to the smaller of both sizes; what is more is as pvPortMalloc() gives it.
 * Returns where the block is now: pv, or another address, and then pv is no block any more.
 *   pv NULL           the same as pvPortMalloc( xWantedSize )
 *   xWantedSize 0     the same as vPortFree( pv ), and NULL
 *   no memory         NULL; the block at pv is as it was. traceMALLOC( NULL, 0 ) and the failed hook as in pvPortMalloc()
 *   pv is no block    NULL after vApplicationHeapFaultHook and configASSERT; nothing is changed
 * A block shrinks where it is, and grows where it is if enough memory behind it is free; else over free memory before it,
 * by moving its contents; else into other memory. Cost: O(1) with the scheduler suspended, and O(bytes) with it running if
 * the contents move (and, with configHEAP_CLEAR_MEMORY_ON_FREE, for what is given back).
 * Trace: a resize in place or over what is before is told as traceFREE( pv, old ) and traceMALLOC( new, new size ), one that
 * goes elsewhere as traceMALLOC and traceFREE; sizes sum up. One that changes no block's size is not told.
 * Context: task, or before the scheduler is started; never an interrupt handler. */
extern void * pvPortRealloc( void * pv,
                             size_t xWantedSize );

/* The same for xNum elements of xSize bytes. NULL, without trace and hook, if the product overflows; the block at pv is as it
 * was. */
extern void * pvPortReallocArray( void * pv,
                                  size_t xNum,
                                  size_t xSize );

/* Allocates as pvPortMalloc() does, at a multiple of xAlignment bytes: any power of two, portBYTE_ALIGNMENT at least. Freed by
 * vPortFree(). What lies before the block stays free for others. pvPortRealloc() keeps the alignment only where the block stays
 * in place. NULL if there is no memory (trace and hook as in pvPortMalloc()); NULL, after vApplicationHeapFaultHook and
 * configASSERT, if xAlignment is zero or no power of two. A block is found for certain if one of xWantedSize plus xAlignment
 * plus 32 bytes would be. Cost: O(1), scheduler suspended. Context: as pvPortMalloc(). */
extern void * pvPortAlignedAlloc( size_t xAlignment,
                                  size_t xWantedSize );

/* Bytes of a block that its owner may use: what was asked for or a few more, at integrity level 3 and above exactly what was
 * asked for. 0 for NULL; 0, after vApplicationHeapFaultHook and configASSERT, for what is no used block of this heap.
 * Cost: O(1), scheduler suspended. Context: task, or before the scheduler is started. */
extern size_t xPortGetAllocationSize( void * pv );

/* Bytes of the largest request that would be served now: exactly that pvPortMalloc() serves, and one byte more it refuses,
 * unless another task comes in between. 0 if there is no free block, or before the first request. Not the largest free
 * block of vPortGetHeapStats(), which counts headers and walks all free blocks. At integrity level 3 and above
 * more may be served, because freed blocks that wait in the quarantine are used when memory is short.
 * Cost: O(1), scheduler suspended: no list is walked. Context: task, or before the scheduler is started. */
extern size_t xPortGetLargestFreeBlockSize( void );

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_MEMORY_H */
