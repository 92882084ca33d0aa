/* SPDX-License-Identifier: MIT
 * Every header of the pools in one file, under strict warnings; and what must not compile, does not (poolsBAD). */
#include "compat/cmsis_os2_mempool.h"
#include "compat/memory_pool.h"
#include "compat/zephyr_heap.h"
#include "compat/zephyr_mem_slab.h"
#include "firmheap_pool_classes.h"

extern struct k_heap xHeap;
extern struct k_mem_slab xSlab;
extern Pool_t xPool;
extern int lUse( void );

K_HEAP_DEFINE( xHeap, 1000 );
#ifdef FIRMHEAP_K_HEAP_NOCACHE
    extern struct k_heap xUncached;
    K_HEAP_DEFINE_NOCACHE( xUncached, 1 );
#endif
K_MEM_SLAB_DEFINE( xSlab, 400, 6, 4 );
poolDEFINE( xPool, 10, 33, 16 );

#if ( poolsBAD == 1 )
    poolDEFINE_STATIC( xBad, 64, 0, 8 );
#elif ( poolsBAD == 2 )
    poolDEFINE_STATIC( xBad, 2, 10, 8 );
#elif ( poolsBAD == 3 )
    poolDEFINE_STATIC( xBad, 64, 10, 3 );
#elif ( poolsBAD == 4 )
    poolDEFINE_STATIC( xBad, 0x10000UL, 0x10000UL, 8 );
#endif

int lUse( void )
{
    void * pv = NULL;
    const int lResult = k_mem_slab_alloc( &xSlab, &pv, K_MSEC( 5 ) );

    k_mem_slab_free( &xSlab, pv );
    k_heap_free( &xHeap, k_heap_alloc( &xHeap, 5U, K_SECONDS( 1 ) ) );

    return lResult;
}
