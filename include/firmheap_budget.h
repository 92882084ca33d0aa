/* SPDX-License-Identifier: MIT
 *
 * Who may take how much of the heap: limits for tasks and groups, memory that is kept for them, and memory that only high
 * priorities may enter.
 *
 *   const HeapBudget_t xBudget = { .xHardBytes = 4096 };
 *   lPortHeapBudget( ulPortHeapThisOwner(), &xBudget );        this task holds 4096 bytes at most from now on
 *
 * There with FIRMHEAP_BUDGETS=1 (and FIRMHEAP_TRACK), for the archive (cargo xtask archive --track tasks --budgets, or the
 * CMake variables) and for the port file alike. Rows are those of firmheap_track.h; sizes are bytes of blocks, headers
 * included, rounded up to the alignment. A request that a budget refuses returns NULL, runs
 * vApplicationMallocFailedHook() as any, and then the hook below.
 *
 * Reserves are bytes, not one block of that size: a task that fragments the heap can leave them in pieces. What must be
 * there in one piece is allocated at start, or is a pool (firmheap_pool.h).
 */

#ifndef FIRMHEAP_BUDGET_H
#define FIRMHEAP_BUDGET_H

#include "firmheap_track.h"

#ifdef __cplusplus
    extern "C" {
#endif

typedef struct HeapBudget
{
    size_t xSoftBytes;    /* the hook is told when the owner comes to hold more; 0: never. A request that finds no room then
                           * may be put down to it: verdict "budget", firmheap_report.h */
    size_t xHardBytes;    /* what would be more is refused; 0: no limit */
    size_t xReserveBytes; /* so much, with what the owner holds already, is kept free from others; 0: nothing */
} HeapBudget_t;

/* Why a budget is not as wanted. */
#define errBUDGET_NO_OWNER    ( -1 ) /* there is no such row, or it is nobody's */
#define errBUDGET_IN_USE      ( -2 ) /* the owner holds more than the hard limit already */
#define errBUDGET_TOO_MUCH    ( -3 ) /* less is free than all that is to be kept free */
#define errBUDGET_ORDER       ( -4 ) /* the soft limit or the reserve is above the hard limit */

/* Gives an owner a budget in place of the one it had; NULL: none. 0, or errBUDGET_..., and then nothing is changed. O(1).
 * Tasks, and before the scheduler once there is a heap. */
int32_t lPortHeapBudget( uint32_t ulOwner,
                         const HeapBudget_t * pxBudget );

/* Fills *pxBudget with an owner's budget, sizes rounded up; all are 0 if it has none. 0, or errBUDGET_NO_OWNER, and then
 * nothing is filled. O(1). Tasks, and before the scheduler once there is a heap. */
int32_t lPortHeapGetBudget( uint32_t ulOwner,
                            HeapBudget_t * pxBudget );

/* Keeps so many bytes free for tasks of at least this priority; 0 bytes: for nobody. 0, or errBUDGET_TOO_MUCH. O(1).
 * Priorities are those at the time of the request, inherited ones included. */
int32_t lPortHeapReserveForPriority( size_t xBytes,
                                     uint32_t ulPriorityMin );

/* What the hook is told of. */
#define heapBUDGET_HARD_LIMIT    1U /* refused: more than the owner's hard limit; xBytes: of the block that was wanted */
#define heapBUDGET_RESERVED      2U /* refused: what is free is kept for other owners */
#define heapBUDGET_PRIORITY      3U /* refused: what is free is kept for higher priorities */
#define heapBUDGET_SOFT_LIMIT    4U /* the owner came to hold more than its soft limit: xBytes in all. Once, until it has
                                     * held less. Told by the next task that allocates, if an interrupt handler was it. */

/* Called by the task whose request it was, when that is done: the heap's lock is given back, and the hook may allocate, wait
 * (unless the caller has suspended the scheduler) and change budgets. One for all owners; NULL: none. */
typedef void ( * HeapBudgetHook_t )( uint32_t ulOwner,
                                     uint32_t ulWhat,
                                     size_t xBytes );
void vPortHeapSetBudgetHook( HeapBudgetHook_t pxHook );

/* Requests that were refused for this owner's sake so far. O(1). */
uint32_t ulPortHeapBudgetRefused( uint32_t ulOwner );

/* What all owners together may still claim of their reserves. O(1). */
size_t xPortHeapPromised( void );

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_BUDGET_H */
