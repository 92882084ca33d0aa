/* SPDX-License-Identifier: MIT
 *
 * A memory pool of ten blocks of 64 bytes, by the names of MicroUSC's memory_pool.h.
 */
#include <string.h>

#include "compat/memory_pool.h"
#include "example.h"
#include "firmheap_faults.h"

#define BLOCK_SIZE    64
#define NUM_BLOCKS    10

void vExample( void )
{
    const size_t heap_before = xPortGetFreeHeapSize();
    memory_pool_t pool;
    void * blocks[ NUM_BLOCKS ];

    CHECK( memory_pool_init( &pool, BLOCK_SIZE, NUM_BLOCKS ) );
    vPrint( "pool: %u blocks of %u bytes, %u free\n", ( unsigned ) pool.num_blocks, ( unsigned ) pool.block_size,
            ( unsigned ) pool.free_blocks );

    for( int i = 0; i < NUM_BLOCKS; i++ )
    {
        CHECK( ( void * ) pool.memory_free != NULL );
        blocks[ i ] = memory_pool_alloc( &pool );
        CHECK( blocks[ i ] != NULL );
        CHECK( pool.free_blocks == ( size_t ) ( NUM_BLOCKS - 1 - i ) );
        memset( blocks[ i ], i, BLOCK_SIZE );
    }

    vPrint( "all taken: the next is %s\n", ( memory_pool_alloc( &pool ) == NULL ) ? "NULL" : "a surprise" );
    CHECK( memory_pool_alloc( &pool ) == NULL );
    CHECK( pool.memory_free == NULL );

    for( int i = 0; i < NUM_BLOCKS; i++ )
    {
        for( int byte = 0; byte < BLOCK_SIZE; byte++ )
        {
            CHECK( ( ( uint8_t * ) blocks[ i ] )[ byte ] == ( uint8_t ) i );
        }
    }

    /* The block that was freed last is the next to be taken. */
    memory_pool_free( &pool, blocks[ 4 ] );
    CHECK( ( void * ) pool.memory_free == blocks[ 4 ] );
    CHECK( memory_pool_alloc( &pool ) == blocks[ 4 ] );

    memory_pool_destroy( &pool ); /* blocks are in use: refused */
    CHECK( pool.num_blocks == NUM_BLOCKS );

    for( int i = 0; i < NUM_BLOCKS; i++ )
    {
        memory_pool_free( &pool, blocks[ i ] );
    }

    /* Bugs are found, and change nothing. */
    CHECK_FAULT( FIRMHEAP_FAULT_DOUBLE_FREE, memory_pool_free( &pool, blocks[ 3 ] ) );
    CHECK_FAULT( FIRMHEAP_FAULT_FOREIGN_POINTER, memory_pool_free( &pool, &pool ) );
    CHECK_FAULT( FIRMHEAP_FAULT_FOREIGN_POINTER, memory_pool_free( &pool, ( uint8_t * ) blocks[ 3 ] + 4 ) );
    memory_pool_free( &pool, NULL );
    CHECK( pool.free_blocks == NUM_BLOCKS );

    memory_pool_destroy( &pool );
    CHECK( pool.memory == NULL );
    CHECK( memory_pool_alloc( &pool ) == NULL );

    /* Refused: nothing to make, nothing to make it in. */
    CHECK( !memory_pool_init( &pool, 0, NUM_BLOCKS ) );
    CHECK( !memory_pool_init( &pool, BLOCK_SIZE, 0 ) );
    CHECK( !memory_pool_init( &pool, 1, NUM_BLOCKS ) );
    CHECK( !memory_pool_init( NULL, BLOCK_SIZE, NUM_BLOCKS ) );
    CHECK( !memory_pool_init( &pool, SIZE_MAX - 3U, 2 ) );
    CHECK( !memory_pool_init( &pool, BLOCK_SIZE, SIZE_MAX / BLOCK_SIZE ) );
    CHECK( memory_pool_malloc( BLOCK_SIZE, 0 ) == NULL );

    /* The pool itself from the heap, too; more than 32 blocks. */
    memory_block_handle_t handle = memory_handler_malloc( 100, 40 );
    CHECK( handle != NULL );

    for( int i = 0; i < 40; i++ )
    {
        CHECK( memory_pool_alloc( handle ) != NULL );
    }

    CHECK( memory_pool_alloc( handle ) == NULL );

    for( size_t i = 0; i < 40; i++ )
    {
        memory_pool_free( handle, ( uint8_t * ) handle->memory + ( i * xPoolGetBlockSize( handle->pxPool ) ) );
    }

    memory_pool_destroy( handle );
    CHECK( xPortGetFreeHeapSize() == heap_before );
}
