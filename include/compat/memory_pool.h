/* SPDX-License-Identifier: MIT
 *
 * MicroUSC's memory pools on firmheap's. Compile port/firmheap_pool.c.
 *
 * memory_pool_alloc() and memory_pool_free() may be called from interrupt handlers, too (poolINSIDE_INTERRUPT,
 * firmheap_pool.h); the others are for tasks. Zero sizes, blocks smaller than a pointer and NULL are refused; a double free
 * and a foreign pointer are faults, raised with interrupts masked, because the fields are set in the same stretch. FreeRTOS knows one heap: DRAM, PSRAM and IRAM are names for it.
 */

#ifndef FIRMHEAP_MEMORY_POOL_H
#define FIRMHEAP_MEMORY_POOL_H

#include <stdbool.h>

#include "firmheap_pool.h"
#include "task.h"

#ifdef __cplusplus
    extern "C" {
#endif

typedef enum
{
    DRAM,
    PSRAM,
    IRAM
} memory_placement_t;

typedef struct memory_block_t
{
    struct memory_block_t * next;
} memory_block_t;

/* The fields are for reading; they are right whenever no call is under way. */
typedef struct
{
    memory_block_t * memory_free; /* a block that is free, or NULL */
    void * memory;                /* the first block */
    size_t block_size;            /* as asked for */
    size_t num_blocks;
    size_t free_blocks;
    Pool_t * pxPool;
    bool from_malloc;             /* the struct itself is the heap's */
} memory_pool_t;

typedef memory_pool_t * memory_block_handle_t;

#define memory_handler_malloc( block_size, num_blocks )    memory_pool_malloc( ( block_size ), ( num_blocks ) )

/* Sets the fields by the pool. Called with interrupts masked. */
static inline void vMemoryPoolLook( memory_pool_t * pool )
{
    const Pool_t * px = pool->pxPool;
    const uint32_t ulNext = ( px->ulFirst != 0U ) ? ( px->ulFirst - 1U ) : px->ulFresh;

    pool->free_blocks = px->ulBlocks - px->ulTaken;
    pool->memory_free = ( pool->free_blocks == 0U ) ? NULL
                        : ( memory_block_t * ) ( void * ) ( ( uint8_t * ) px->pvBlocks + ( ( size_t ) ulNext * px->ulStride ) );
}

/* The blocks come from the heap. False, and *pool is untouched, if there is not enough memory or a size is refused. */
static inline bool memory_pool_init( memory_pool_t * pool,
                                     const size_t block_size,
                                     const size_t num_blocks )
{
    Pool_t * pxPool;

    if( pool == NULL )
    {
        return false;
    }

    pxPool = pxPoolCreate( block_size, num_blocks );

    if( pxPool == NULL )
    {
        return false;
    }

    pool->memory = pxPool->pvBlocks;
    pool->block_size = block_size;
    pool->num_blocks = num_blocks;
    pool->pxPool = pxPool;
    pool->from_malloc = false;
    vMemoryPoolLook( pool );

    return true;
}

/* The same, and the struct comes from the heap, too. NULL if that cannot be. */
static inline memory_pool_t * memory_pool_malloc( const size_t block_size,
                                                  const size_t num_blocks )
{
    memory_pool_t * pool = ( memory_pool_t * ) pvPortMalloc( sizeof( memory_pool_t ) );

    if( ( pool != NULL ) && !memory_pool_init( pool, block_size, num_blocks ) )
    {
        vPortFree( pool );

        return NULL;
    }

    if( pool != NULL )
    {
        pool->from_malloc = true;
    }

    return pool;
}

/* A block, or NULL if none is free. */
static inline void * memory_pool_alloc( memory_pool_t * pool )
{
    void * block;

    if( ( pool == NULL ) || ( pool->pxPool == NULL ) )
    {
        return NULL;
    }

    if( poolINSIDE_INTERRUPT() )
    {
        const UBaseType_t uxSaved = ( UBaseType_t ) taskENTER_CRITICAL_FROM_ISR();

        block = pvPoolAllocateFromISR( pool->pxPool );
        vMemoryPoolLook( pool );
        taskEXIT_CRITICAL_FROM_ISR( uxSaved );
    }
    else
    {
        taskENTER_CRITICAL();
        block = pvPoolAllocate( pool->pxPool );
        vMemoryPoolLook( pool );
        taskEXIT_CRITICAL();
    }

    return block;
}

/* NULL for either does nothing. */
static inline void memory_pool_free( memory_pool_t * pool,
                                     void * block )
{
    if( ( pool == NULL ) || ( pool->pxPool == NULL ) )
    {
        return;
    }

    if( poolINSIDE_INTERRUPT() )
    {
        const UBaseType_t uxSaved = ( UBaseType_t ) taskENTER_CRITICAL_FROM_ISR();

        ( void ) xPoolFreeFromISR( pool->pxPool, block, NULL ); /* nobody waits: these pools cannot be waited for */
        vMemoryPoolLook( pool );
        taskEXIT_CRITICAL_FROM_ISR( uxSaved );
    }
    else
    {
        taskENTER_CRITICAL();
        ( void ) xPoolFree( pool->pxPool, block );
        vMemoryPoolLook( pool );
        taskEXIT_CRITICAL();
    }
}

/* Gives the memory back to the heap; refused, and nothing is changed, while blocks are in use. */
static inline void memory_pool_destroy( memory_pool_t * pool )
{
    if( ( pool != NULL ) && ( pool->pxPool != NULL ) && ( xPoolDelete( pool->pxPool ) == pdPASS ) )
    {
        pool->memory_free = NULL;
        pool->memory = NULL;
        pool->num_blocks = 0U;
        pool->free_blocks = 0U;
        pool->pxPool = NULL;

        if( pool->from_malloc )
        {
            vPortFree( pool );
        }
    }
}

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_MEMORY_POOL_H */
