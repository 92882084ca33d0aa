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

/*-------------------------------- groups --------------------------------*/

#define heapNO_GROUP    0U
#define heapNO_ROW      0xFFFFFFFFU

/* A row of its own for whatever belongs together: a module, a connection. heapNO_ROW if none is left. It is never given
 * up. pcName: the first 15 characters are kept. One step for each row. */
uint32_t ulPortHeapGroup( const char * pcName );

/* What a task (NULL: this one) asks for from now on is entered in the group's row; heapNO_GROUP: in its own again. Blocks it
 * has stay where they are entered. 1, or 0 (and nothing is changed) if there is no such group, or no row for the
 * task. One step for each row at most. */
uint32_t xPortHeapJoin( void * pvTask,
                        uint32_t ulGroup );

/* The row that this task's requests are entered in; it gets one if it has none. */
uint32_t ulPortHeapThisOwner( void );

/*-------------------------------- leaks --------------------------------*/

/* Begins an epoch and returns its number, 1 and up: blocks handed out from now on bear it. What was handed out before the
 * first mark is of epoch 0; so is, after the 129th mark and each 128th from there, all that was handed out before it.
 * One step for each row of both tables; those special marks also walk over all blocks, in steps. */
uint32_t uxPortHeapMark( void );
uint32_t ulPortHeapEpoch( void );

/* What one site handed out to one owner in one epoch, and is still in use. */
typedef struct HeapSurvivors
{
    uint32_t ulOwner; /* for xPortHeapOwner() */
    uint32_t ulSite;  /* for xPortHeapSite() */
    uint32_t ulEpoch;
    uint32_t ulBlocks;
    uint32_t ulBytes;
} HeapSurvivors_t;

/* Sorts what is left of the epochs ulFirst to ulLast into ulRows rows of yours; returns how many are filled. What found
 * no row is added up in *pxRest (may be NULL). A walk over all blocks, in steps of 32 with the heap's lock, each block
 * compared with the rows filled so far. */
uint32_t ulPortHeapSurvivors( uint32_t ulFirst,
                              uint32_t ulLast,
                              HeapSurvivors_t * pxRows,
                              uint32_t ulRows,
                              HeapSurvivors_t * pxRest );

/* Ticks since a block of this epoch was handed out: at least so many, and at most; 0xFFFFFFFF if that is not known any
 * more (the beginnings of the last eight epochs are kept). An epoch is as exact as ages are. O(1). */
void vPortHeapAge( uint32_t ulEpoch,
                   uint32_t * pulLeast,
                   uint32_t * pulMost );

/* Who held more at each of the last ulMarks marks than at the one before: rows of sites, or of owners unless sites are
 * tracked. Fills at most ulRows and returns how many there are; 0: no suspect. One step for each row. */
uint32_t ulPortHeapSuspects( uint32_t ulMarks,
                             uint32_t * pulRows,
                             uint32_t ulRows );

/* What this task asks for between the two is left out of survivors: caches, pools, what is meant to stay. They nest.
 * O(1). */
void vPortHeapExcludeBegin( void );
void vPortHeapExcludeEnd( void );

/* Writes a line for each row of survivors, or "no leak": returns the number of blocks that survived. A line is at most 120
 * characters and a newline; the scheduler runs. pxRows: at least one row to sort in. */
uint32_t ulPortHeapReportLeaks( uint32_t ulFirst,
                                uint32_t ulLast,
                                HeapSurvivors_t * pxRows,
                                uint32_t ulRows,
                                void ( * pxWrite )( const char * pcText, void * pvContext ),
                                void * pvContext );

/*-------------------------------- all blocks of one owner --------------------------------*/

/* Frees all blocks of a row, of a task's, a group's or the deleted tasks'; returns how many. Not freed are control blocks
 * of tasks that allocated; stacks are: what creates tasks belongs into a group of its own. A walk, four blocks at a time
 * with the heap's lock. Nobody may use or free those blocks meanwhile. */
uint32_t ulPortFreeAll( uint32_t ulOwner );
#define vPortFreeAll( ulOwner )    ( ( void ) ulPortFreeAll( ulOwner ) )

/* What becomes of blocks that deleted tasks left. */
#define heapREAP_KEEP      0U /* they are entered in the row for deleted tasks, and the task's row is there for others */
#define heapREAP_FREE      1U /* they are freed */
#define heapREAP_REPORT    2U /* nothing: pxReport is told of the row, again at each call */

/* Looks at the rows of deleted tasks that left blocks, and does that; pxReport (may be NULL) is called for each row first.
 * Returns how many there were. To be called now and then by a task; a walk for each such row. */
uint32_t ulPortHeapReap( uint32_t ulPolicy,
                         void ( * pxReport )( uint32_t ulOwner, void * pvContext ),
                         void * pvContext );

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_TRACK_H */
