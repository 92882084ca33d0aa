/* SPDX-License-Identifier: MIT
 *
 * Who holds the heap: bytes and blocks of each task, of what is no task, and of each place that asked.
 *
 *   HeapOwner_t xOwner;
 *   for( uint32_t ul = 0; ul < ulPortHeapOwners(); ul++ )
 *       if( xPortHeapOwner( ul, &xOwner ) != 0U )
 *           printf( "%s holds %u bytes\n", xOwner.pcName, ( unsigned ) xOwner.xBytes );
 *
 * There with FIRMHEAP_TRACK=tasks, sites or trace, for the archive (cargo xtask archive --track, or the CMake variable)
 * and for the port file alike. Sizes are bytes of blocks, headers included: all owners together hold what the heap's own
 * figures say is not free. Context: tasks, also with the scheduler suspended, and before it is started; never an ISR.
 */

#ifndef FIRMHEAP_TRACK_H
#define FIRMHEAP_TRACK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
    extern "C" {
#endif

/* What a row of the table of owners stands for (ulKind). The first four are the numbers of their rows, too. */
#define heapOWNER_BEFORE_SCHEDULER    0U /* requests before vTaskStartScheduler() */
#define heapOWNER_INTERRUPTS          1U /* requests from interrupt handlers */
#define heapOWNER_DELETED_TASKS       2U /* left by tasks whose rows are others' now */
#define heapOWNER_TABLE_FULL          3U /* tasks that found no row: see FIRMHEAP_OWNER_LIMIT */
#define heapOWNER_TASK                4U
#define heapOWNER_DELETED             5U /* a task that is gone; its name and what it left are still here */

typedef struct HeapOwner
{
    const char * pcName; /* of the task, the first 15 characters, kept when it is deleted; never NULL */
    void * pvTask;       /* TaskHandle_t; of a deleted task the handle it had; NULL for rows of no task */
    size_t xBytes;       /* now */
    size_t xBytesMax;    /* at most, since the task has its row */
    size_t xBlocks;
    size_t xBlocksMax;
    uint32_t ulKind;     /* heapOWNER_... */
} HeapOwner_t;

typedef struct HeapSite
{
    const void * pvPlace; /* the return address of the call; NULL in row 0, which is for sites that found no row */
    const char * pcPlace; /* or file and line, where they were given (firmheap_sites.h); else NULL */
    size_t xBytes;
    size_t xBytesMax;
    size_t xBlocks;
    size_t xBlocksMax;
    uint32_t ulAllocations; /* requests served ever */
} HeapSite_t;

typedef struct HeapTag
{
    uint32_t ulOwner; /* for xPortHeapOwner() */
    uint32_t ulSite;  /* for xPortHeapSite(); 0 unless sites are tracked */
    uint32_t ulEpoch; /* the lowest eight bits of the epoch: see uxPortHeapMark() */
    size_t xBytes;    /* of the block */
} HeapTag_t;

/* Rows of the table of owners, whoever's they are; 0 before the first request. O(1). */
uint32_t ulPortHeapOwners( void );

/* Fills *pxOwner for a row below that: 1, or 0 (and nothing is filled) if the row is nobody's. O(1). */
uint32_t xPortHeapOwner( uint32_t ulOwner,
                         HeapOwner_t * pxOwner );

/* The row of a living task, for xPortHeapOwner(); 0xFFFFFFFF if it has none, because it never asked for memory.
 * NULL is the calling task. One step for each row at most. */
uint32_t ulPortHeapOwnerOfTask( const void * pvTask );

/* Rows of the table of sites; 0 unless sites are tracked. O(1). */
uint32_t ulPortHeapSites( void );

/* Fills *pxSite for a row below that: 1, or 0 if the row is nobody's. O(1). */
uint32_t xPortHeapSite( uint32_t ulSite,
                        HeapSite_t * pxSite );

/* Who holds a block: 1, or 0 if pv is no used block of the heap. O(regions); without integrity checks (level 0) one step
 * for each block before it. */
uint32_t xPortHeapBlockTag( const void * pv,
                            HeapTag_t * pxTag );

/* Bytes and blocks that were freed with a damaged tag (a write before the block): the rows still hold them. O(1). Either
 * pointer may be NULL. */
void vPortHeapAstray( size_t * pxBytes,
                      size_t * pxBlocks );

/* Begins an epoch and returns its number: blocks handed out from now on bear it. Before the first call the number is 0.
 * One step for each row of the table of owners. */
uint32_t uxPortHeapMark( void );

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_TRACK_H */
