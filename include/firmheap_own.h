/* SPDX-License-Identifier: MIT
 *
 * A heap in a memory of its own: control words, free lists and blocks all in memory that is given at run time, any number
 * of them beside the main heap. The layer under port/firmheap_caps.c and other faces; it takes no lock and raises
 * nothing: the caller excludes every other use of the same heap (vTaskSuspendAll() or a critical section), and tells of
 * faults.
 *
 * Each function is there twice. ...Small: up to 255 KiB, headers as in the compact form. ...Large: up to 63 MiB. A firmware
 * links what it calls. The memory can be at any address but NULL and the last 64 MiB (Small: 256 KiB) of the address space.
 *
 * Of the memory the heap keeps, on 32-bit targets: 36 bytes (40 if large), 4 more at integrity level 2, 16 at levels 3
 * and 4; 4 bytes for each bin, of which there are two for each octave of its size; a header.
 *
 * FIRMHEAP_EXTENSIONS must be on in the archive (the default).
 */

#ifndef FIRMHEAP_OWN_H
#define FIRMHEAP_OWN_H

#include <stddef.h>
#include <stdint.h>

#include "FreeRTOS.h"

#include "firmheap.h"

#ifdef __cplusplus
    extern "C" {
#endif

/* Why a memory is no heap. */
#define errOWN_MISSING         ( -1 ) /* NULL */
#define errOWN_TOO_SMALL       ( -2 ) /* less than the words and the smallest block need */
#define errOWN_TOO_LARGE       ( -3 ) /* more than the largest block of this kind */
#define errOWN_OUT_OF_REACH    ( -4 ) /* at the end of the address space */

/* The largest memory that a heap of the kind Small can be made of. */
#define ownSMALL_BYTES_MAX     ( ( size_t ) FIRMHEAP_COMPACT_BYTES_MAX )

/* Makes a heap of memory and leaves its handle in *ppvHeap: zero, or errOWN_..., and then nothing was written. The heap begins
 * at the first multiple of four. Cost: O( bins ); integrity levels 3 and 4 fill the memory. */
extern int32_t lFirmheapOwnMakeSmall( void * pvMemory,
                                      size_t xBytes,
                                      void ** ppvHeap );
extern int32_t lFirmheapOwnMakeLarge( void * pvMemory,
                                      size_t xBytes,
                                      void ** ppvHeap );

/* A block of xBytes bytes, aligned to portBYTE_ALIGNMENT, or NULL. *pxFault is written only if something is damaged: set
 * its ulKind to FIRMHEAP_FAULT_NONE before. At integrity levels 3 and 4 a block may come together with a fault.
 * Cost: O(1), no loop; levels 3 and 4 fill it. */
extern void * pvFirmheapOwnTakeSmall( void * pvHeap,
                                      size_t xBytes,
                                      HeapFault_t * pxFault );
extern void * pvFirmheapOwnTakeLarge( void * pvHeap,
                                      size_t xBytes,
                                      HeapFault_t * pxFault );

/* The same at a multiple of xAlignment, which is a power of two. */
extern void * pvFirmheapOwnTakeAlignedSmall( void * pvHeap,
                                             size_t xAlignment,
                                             size_t xBytes,
                                             HeapFault_t * pxFault );
extern void * pvFirmheapOwnTakeAlignedLarge( void * pvHeap,
                                             size_t xAlignment,
                                             size_t xBytes,
                                             HeapFault_t * pxFault );

/* Gives a block another size where it is: pdTRUE (1); or zero, and it is as it was, if that cannot be (at integrity levels 3
 * and 4 it never can) or with a fault. Cost: O(1), no loop. */
extern uint32_t ulFirmheapOwnResizeSmall( void * pvHeap,
                                          void * pv,
                                          size_t xBytes,
                                          HeapFault_t * pxFault );
extern uint32_t ulFirmheapOwnResizeLarge( void * pvHeap,
                                          void * pv,
                                          size_t xBytes,
                                          HeapFault_t * pxFault );

/* Gives a block back: its bytes with its header; or zero, with the fault, and then nothing was changed. pv may be anything (at
 * integrity level 0: NULL or any pointer that is no block's of a region but this one's). Cost: O(1), no loop. */
extern size_t xFirmheapOwnGiveSmall( void * pvHeap,
                                     void * pv,
                                     HeapFault_t * pxFault );
extern size_t xFirmheapOwnGiveLarge( void * pvHeap,
                                     void * pv,
                                     HeapFault_t * pxFault );

/* The bytes that may be used of a block (at integrity levels 3 and 4: that were asked for); or zero, with the fault.
 * Changes nothing. Cost: O(1). */
extern size_t xFirmheapOwnJudgeSmall( void * pvHeap,
                                      void * pv,
                                      HeapFault_t * pxFault );
extern size_t xFirmheapOwnJudgeLarge( void * pvHeap,
                                      void * pv,
                                      HeapFault_t * pxFault );

/* Checks all of the heap: FIRMHEAP_FAULT_NONE, or the fault. Cost: O(blocks), at levels 3 and 4 O(bytes). */
extern uint32_t ulFirmheapOwnCheckSmall( void * pvHeap,
                                         HeapFault_t * pxFault );
extern uint32_t ulFirmheapOwnCheckLarge( void * pvHeap,
                                         HeapFault_t * pxFault );

/* All figures of this heap: FIRMHEAP_FAULT_NONE, or the fault that was met. Cost: O(free blocks). */
extern uint32_t ulFirmheapOwnFiguresSmall( void * pvHeap,
                                           HeapStats_t * pxStats );
extern uint32_t ulFirmheapOwnFiguresLarge( void * pvHeap,
                                           HeapStats_t * pxStats );

/* Bytes that are free (ownFREE), that were free at least (ownFREE_MIN), or that there are in all (ownTOTAL): blocks with
 * their headers, as everywhere in the kernel's figures; or of the largest request that would be served (ownLARGEST).
 * Cost: O(1). */
#define ownFREE        0U
#define ownFREE_MIN    1U
#define ownTOTAL       2U
#define ownLARGEST     3U
extern size_t xFirmheapOwnBytesSmall( void * pvHeap,
                                      uint32_t ulWhich );
extern size_t xFirmheapOwnBytesLarge( void * pvHeap,
                                      uint32_t ulWhich );

/* For traces and walks, of a block that is known to be one: its bytes with its header; and the block behind it (the first for
 * NULL) with the bytes of its payload and whether it is in use, or NULL at the end. Cost: O(1). */
extern size_t xFirmheapOwnBlockSmall( void * pvHeap,
                                      void * pv );
extern size_t xFirmheapOwnBlockLarge( void * pvHeap,
                                      void * pv );
extern void * pvFirmheapOwnNextSmall( void * pvHeap,
                                      void * pv,
                                      size_t * pxBytes,
                                      uint32_t * pulUsed );
extern void * pvFirmheapOwnNextLarge( void * pvHeap,
                                      void * pv,
                                      size_t * pxBytes,
                                      uint32_t * pulUsed );

/* Sets the mark of ownFREE_MIN to what is free now. Cost: O(1). */
extern void vFirmheapOwnResetSmall( void * pvHeap );
extern void vFirmheapOwnResetLarge( void * pvHeap );

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_OWN_H */
