/* SPDX-License-Identifier: MIT
 *
 * Several pools behind two functions: a request goes to the first pool whose blocks are large enough and not all in use,
 * then to the heap; a free finds the pool by the address.
 *
 *   poolDEFINE_STATIC( xSmall, 16, 32, 8 );
 *   poolDEFINE_STATIC( xLarge, 256, 4, 8 );
 *   static Pool_t * const pxPools[] = { &xSmall, &xLarge };          smallest blocks first
 *   static PoolClassCounts_t xCounts[ 3 ];                           one for each pool, and one for the heap
 *   static const PoolClasses_t xClasses = { pxPools, xCounts, 2 };
 *
 *   void * pv = pvPoolClassesAllocate( &xClasses, 20 );
 *   vPoolClassesFree( &xClasses, pv );
 *
 * Compile port/firmheap_pool_classes.c. Cost: that of a pool, and a comparison for each class. Context: task; the heap is asked
 * last and is not for interrupts.
 */

#ifndef FIRMHEAP_POOL_CLASSES_H
#define FIRMHEAP_POOL_CLASSES_H

#include "firmheap_pool.h"

#ifdef __cplusplus
    extern "C" {
#endif

/* What became of the requests of one class. */
typedef struct PoolClassCounts
{
    uint32_t ulServed;   /* blocks handed out */
    uint32_t ulOverflow; /* requests that went on to the next class because all blocks were in use; the heap: refused */
    uint32_t ulFreed;    /* blocks that came back */
} PoolClassCounts_t;

typedef struct PoolClasses
{
    Pool_t * const * ppxPools;    /* smallest blocks first */
    PoolClassCounts_t * pxCounts; /* xPools and one more, for the heap */
    size_t xPools;
} PoolClasses_t;

/* A block of xBytes or more, or NULL: none for zero bytes. */
extern void * pvPoolClassesAllocate( const PoolClasses_t * pxClasses,
                                     size_t xBytes );

/* Gives a block back to where it came from; NULL is ignored. What is no block is a fault, of the pool or of the heap. */
extern void vPoolClassesFree( const PoolClasses_t * pxClasses,
                              void * pv );

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_POOL_CLASSES_H */
