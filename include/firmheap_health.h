/* SPDX-License-Identifier: MIT
 *
 * The heap seen from inside: figures of one moment, and a walk over all blocks. docs/HEALTH.md says what they mean.
 *
 *   HeapHealth_t xHealth;
 *   vPortGetHeapHealth( &xHealth );                   figures of one moment, fragmentation, rates
 *   xPortHeapWalk( xMyCallback, pvArgument );         every block, while the rest of the firmware runs
 *
 * A firmware that uses them compiles port/firmheap_health.c beside firmheap_port.c; the rest is in libfirmheap.a.
 * FIRMHEAP_SCHEME is firm. A firmware that does not is the same to the byte.
 */

#ifndef FIRMHEAP_HEALTH_H
#define FIRMHEAP_HEALTH_H

#include <stddef.h>
#include <stdint.h>

#include "FreeRTOS.h"

#ifdef __cplusplus
    extern "C" {
#endif

/*-------------------------------- figures --------------------------------*/

/* A figure that this build cannot know. */
#define heapUNKNOWN    SIZE_MAX

/* All of one moment. Bytes count as in vPortGetHeapStats(): of blocks, with their headers. */
typedef struct HeapHealth
{
    size_t xTotalBytes;             /* of all blocks, used and free */
    size_t xUsedBytes;
    size_t xFreeBytes;              /* from integrity level 3 on with what waits in the quarantine */
    size_t xFreeBytesMin;           /* the least there ever were, since xPortResetHeapMinimumEverFreeHeapSize() */
    size_t xLargestFreeBytes;       /* the largest free block */
    size_t xSmallestFreeBytes;      /* the smallest; 0 if there is none */
    size_t xLargestRequestBytes;    /* pvPortMalloc() of so much succeeds now, of one byte more it does not; 0: of nothing.
                                     * From integrity level 3 on at least so much. */
    size_t xFreeBlocks;
    size_t xUsedBlocks;
    size_t xHeaderBytes;            /* of xUsedBytes: headers (and trailers) of used blocks and of the ends of regions */
    size_t xRoundingBytes;          /* of xUsedBytes: what rounding up gave away; heapUNKNOWN below integrity level 3 */
    uint32_t ulAllocations;         /* successful ones since the start; wraps */
    uint32_t ulFrees;               /* the same */
    uint32_t ulRegions;
    uint32_t ulWaitingBytes;        /* of xFreeBytes: in the quarantine */
    /* From here on computed from the above. */
    size_t xUsedBytesMax;           /* the most there ever were: xTotalBytes - xFreeBytesMin */
    uint32_t ulUsedPermille;        /* 1000 * used / total */
    uint32_t ulFragmentationPermille; /* external: 1000 - 1000 * largest free block / free; 0 if nothing is free */
    uint32_t ulAllocationsPerSecond; /* in the last whole window, see vPortGetHeapHealth() */
    uint32_t ulFreesPerSecond;
    uint32_t ulFailures;            /* requests that failed; 0 without FIRMHEAP_TRACK, as nobody counts them */
    size_t xLargestRefusedBytes;    /* the largest of them, in bytes asked for; 1 to 4 count as 5 */
} HeapHealth_t;

/* One region. */
typedef struct HeapRegionHealth
{
    void * pvStart;           /* its first block */
    size_t xTotalBytes;       /* of all its blocks */
    size_t xFreeBytes;
    size_t xLargestFreeBytes;
    size_t xFreeBlocks;
} HeapRegionHealth_t;

/* Fills pxHealth. A window of the rates ends at the first call that comes configHEAP_HEALTH_WINDOW_TICKS (default:
 * one second) or more after the one that ended the window before; until the first has ended the rates are 0.
 * Cost: one step for each free block with the scheduler suspended, from integrity level 3 on for each block.
 * Context: task, or before the scheduler runs. */
extern void vPortGetHeapHealth( HeapHealth_t * pxHealth );

/* Begins anew with what is counted: minimum and peak, failures, the window of the rates. Blocks, allocations and frees
 * are the heap's own. Cost: O(1). Context: task. */
extern void vPortResetHeapHealth( void );

/* Fills an entry for each region, lowest address first, at most uxRoom; all of one moment. Returns how many regions
 * there are. Cost: regions times free blocks with the scheduler suspended. Context: task. */
extern size_t uxPortGetHeapRegionHealth( HeapRegionHealth_t * pxRegions,
                                         size_t uxRoom );

/*-------------------------------- walk --------------------------------*/

#define heapBLOCK_FREE       0U
#define heapBLOCK_USED       1U
#define heapBLOCK_WAITING    2U /* freed, in the quarantine (integrity level 3) */

typedef struct HeapBlock
{
    void * pvBlock;          /* what pvPortMalloc() returned, or would */
    size_t xBlockBytes;      /* of the block with its header */
    size_t xRequestedBytes;  /* of a used block; 0 below integrity level 3, where nobody keeps it */
    uint32_t ulState;        /* heapBLOCK_... */
    uint32_t ulTag;          /* of a used block, with FIRMHEAP_TRACK: whose it is; see heapTAG_... */
} HeapBlock_t;

/* What a tag says: rows for xPortHeapOwner() and xPortHeapSite() (firmheap_track.h), and the lowest eight bits of the
 * epoch in which the block was handed out, which is its age: see uxPortHeapMark(). */
#define heapTAG_OWNER( ulTag )    ( ( ( ulTag ) >> 24 ) & 0x7FU )
#define heapTAG_EPOCH( ulTag )    ( ( ( ulTag ) >> 16 ) & 0xFFU )
#define heapTAG_SITE( ulTag )     ( ( ulTag ) & 0xFFFFU )

/* Where a walk is. Begin with { 0 }. */
typedef struct HeapWalk
{
    uint32_t ulWords[ 4 ];   /* the archive's */
    uint32_t ulLooksMax;     /* headers a step may look at with the scheduler suspended; 0: as many as it takes */
    int32_t lState;          /* 0: not at the end; 1: at the end; below 0: minus the fault (FirmheapFault) that ended it */
} HeapWalk_t;

/* One step: fills at most xRoom blocks, returns how many, and sets pxWalk->lState. Blocks come by address.
 *
 * Between steps everything may be allocated and freed. A block that is in use from before the first step until after the
 * last is found exactly once, also if it was resized where it is; one that came or went meanwhile at most
 * once. Regions that are added meanwhile may be missed.
 *
 * Cost: a look at each header on the way, with the scheduler suspended: xRoom of them, and if a block was freed
 * since the last step, those of the region that were passed already. With ulLooksMax no step looks at more, but for blocks that
 * wait in the quarantine (integrity level 3) and the free ones between them; but if blocks are freed between all steps, a limit below the number of blocks may be never enough to get on: such
 * steps return 0 with lState 0. Context: task. */
extern size_t xPortHeapWalkStep( HeapWalk_t * pxWalk,
                                 HeapBlock_t * pxBlocks,
                                 size_t xRoom );

/* Called for each block, with the scheduler as the caller of xPortHeapWalk() had it: it may block, allocate and free.
 * The block may be gone by then. pdFALSE ends the walk. */
typedef BaseType_t ( * HeapWalkCallback_t )( const HeapBlock_t * pxBlock,
                                             void * pvArgument );

/* The whole walk in steps of eight blocks, 320 bytes of stack. pdPASS if it came to the end, pdFAIL if the callback ended it,
 * minus the number of the fault if a header was damaged. Context: task. */
extern BaseType_t xPortHeapWalk( HeapWalkCallback_t xCallback,
                                 void * pvArgument );

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_HEALTH_H */
