/* SPDX-License-Identifier: MIT
 *
 * Zephyr's memory slabs on firmheap's pools, for code that was written for them. Compile port/firmheap_pool.c.
 *
 * As in Zephyr: K_MEM_SLAB_DEFINE, K_MEM_SLAB_DEFINE_STATIC, k_mem_slab_init, k_mem_slab_alloc, k_mem_slab_free,
 * k_mem_slab_num_used_get, k_mem_slab_num_free_get, k_mem_slab_max_used_get; K_NO_WAIT, K_MSEC, K_SECONDS, K_FOREVER; and
 * k_malloc, k_calloc, k_free on the heap. k_heap is in zephyr_heap.h. Not here: k_mem_slab_runtime_stats.
 * Interrupt handlers may call k_mem_slab_alloc with K_NO_WAIT and k_mem_slab_free (poolINSIDE_INTERRUPT, firmheap_pool.h).
 *
 * Different from Zephyr: a double free and a foreign pointer are faults. k_mem_slab_init() of more than 32 blocks takes
 * the map of used blocks from the heap, and returns -ENOMEM if there is none; K_MEM_SLAB_DEFINE has it in static memory.
 */

#ifndef FIRMHEAP_ZEPHYR_MEM_SLAB_H
#define FIRMHEAP_ZEPHYR_MEM_SLAB_H

#include <errno.h>

#include "firmheap_pool.h"
#include "zephyr_timeout.h"

#ifdef __cplusplus
    extern "C" {
#endif

#ifndef ENOMEM
    #define ENOMEM    12
#endif
#ifndef EAGAIN
    #define EAGAIN    11
#endif
#ifndef EINVAL
    #define EINVAL    22
#endif

struct k_mem_slab
{
    Pool_t xPool;
};

/* A slab of slab_num_blocks blocks in static memory, at file scope. */
#define K_MEM_SLAB_DEFINE( name, slab_block_size, slab_num_blocks, slab_align )                  \
    poolSTORAGE( name, slab_block_size, slab_num_blocks, slab_align );                           \
    struct k_mem_slab name =                                                                     \
    {                                                                                            \
        poolINITIALISER( name ## _blocks, name ## _used, poolSTRIDE( slab_block_size, slab_align ), slab_num_blocks ) \
    }

#define K_MEM_SLAB_DEFINE_STATIC( name, slab_block_size, slab_num_blocks, slab_align )           \
    poolSTORAGE( name, slab_block_size, slab_num_blocks, slab_align );                           \
    static struct k_mem_slab name =                                                              \
    {                                                                                            \
        poolINITIALISER( name ## _blocks, name ## _used, poolSTRIDE( slab_block_size, slab_align ), slab_num_blocks ) \
    }

/* 0; -EINVAL if the buffer or the block size is no multiple of a pointer's size, or there are no blocks; -ENOMEM. */
static inline int k_mem_slab_init( struct k_mem_slab * slab,
                                   void * buffer,
                                   size_t block_size,
                                   uint32_t num_blocks )
{
    uint32_t * pulMap = NULL;

    if( num_blocks > 32U )
    {
        pulMap = ( uint32_t * ) pvPortMalloc( ( ( num_blocks / 32U ) + 1U ) * sizeof( uint32_t ) );

        if( pulMap == NULL )
        {
            return -ENOMEM;
        }
    }

    if( xPoolInitialise( ( slab != NULL ) ? &( slab->xPool ) : NULL, buffer, pulMap, block_size, num_blocks ) != pdPASS )
    {
        vPortFree( pulMap );

        return -EINVAL;
    }

    return 0;
}

/* 0 and the block in *mem; -ENOMEM if none is free and K_NO_WAIT, -EAGAIN if none was freed in time; *mem is NULL then. */
static inline int k_mem_slab_alloc( struct k_mem_slab * slab,
                                    void ** mem,
                                    k_timeout_t timeout )
{
    if( ( timeout.ticks == ( TickType_t ) 0 ) || poolINSIDE_INTERRUPT() )
    {
        *mem = pvPoolAllocateAnywhere( &( slab->xPool ) );

        return ( *mem != NULL ) ? 0 : -ENOMEM;
    }

    *mem = pvPoolAllocateWait( &( slab->xPool ), timeout.ticks );

    return ( *mem != NULL ) ? 0 : -EAGAIN;
}

static inline void k_mem_slab_free( struct k_mem_slab * slab,
                                    void * mem )
{
    ( void ) xPoolFreeAnywhere( &( slab->xPool ), mem );
}

static inline uint32_t k_mem_slab_num_used_get( struct k_mem_slab * slab )
{
    return ( uint32_t ) xPoolGetUsed( &( slab->xPool ) );
}

static inline uint32_t k_mem_slab_num_free_get( struct k_mem_slab * slab )
{
    return ( uint32_t ) xPoolGetFree( &( slab->xPool ) );
}

/* The most blocks that ever were in use. */
static inline uint32_t k_mem_slab_max_used_get( struct k_mem_slab * slab )
{
    return ( uint32_t ) ( xPoolGetCapacity( &( slab->xPool ) ) - xPoolGetMinimumEverFree( &( slab->xPool ) ) );
}

/* The heap by Zephyr's names. Context: task. */
static inline void * k_malloc( size_t size )
{
    return pvPortMalloc( size );
}

static inline void * k_calloc( size_t nmemb,
                               size_t size )
{
    return pvPortCalloc( nmemb, size );
}

static inline void k_free( void * ptr )
{
    vPortFree( ptr );
}

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_ZEPHYR_MEM_SLAB_H */
