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
