/* SPDX-License-Identifier: MIT
 *
 * Three memories with different capabilities, and the calls that ESP-IDF tutorials show: DMA buffers, words only, external
 * memory, aligned buffers, preferences, figures.
 */
#include <string.h>

#include "compat/esp_heap_caps.h"
#include "example.h"
#include "firmheap_faults.h"
#include "memories.h"

static uint8_t ucStacks[ 65536 ];
static unsigned failures;
static size_t failed_bytes;

static void alloc_failed( size_t size, uint32_t caps, const char * function_name )
{
    ( void ) caps;
    CHECK( function_name != NULL );
    failures++;
    failed_bytes = size;
}

static bool count_used( walker_heap_into_t heap_info, walker_block_info_t block_info, void * user_data )
{
    CHECK( ( ( intptr_t ) block_info.ptr >= heap_info.start ) && ( ( intptr_t ) block_info.ptr < heap_info.end ) );
    *( unsigned * ) user_data += block_info.used ? 1U : 0U;

    return true;
}

static void prvDma( void )
{
    uint8_t * dma_buffer = heap_caps_malloc( 1024, MALLOC_CAP_DMA );
    uint32_t * iram_buffer = heap_caps_malloc( 64 * sizeof( uint32_t ), MALLOC_CAP_32BIT | MALLOC_CAP_EXEC );
    uint8_t * spiram_buffer = heap_caps_malloc( 100 * 1024, MALLOC_CAP_SPIRAM );
    uint8_t * cleared = heap_caps_calloc( 16, 64, MALLOC_CAP_DMA | MALLOC_CAP_8BIT );

    CHECK( LIES_IN( dma_buffer, RAM_FIRST, RAM_END ) );
    CHECK( LIES_IN( iram_buffer, CODE_FIRST, CODE_END ) );
    CHECK( LIES_IN( spiram_buffer, PSRAM_FIRST, PSRAM_END ) );
    CHECK( LIES_IN( cleared, RAM_FIRST, RAM_END ) && ( cleared[ 0 ] == 0U ) && ( cleared[ 1023 ] == 0U ) );
    memset( dma_buffer, 0x55, 1024 );
    memset( spiram_buffer, 0xAA, 100 * 1024 );
    iram_buffer[ 63 ] = 1U;
    CHECK( heap_caps_get_allocated_size( dma_buffer ) >= 1024U );

    /* Grows, and keeps what is in it; into another memory, too. */
    dma_buffer = heap_caps_realloc( dma_buffer, 4096, MALLOC_CAP_DMA );
    CHECK( LIES_IN( dma_buffer, RAM_FIRST, RAM_END ) && ( dma_buffer[ 1023 ] == 0x55U ) );
    dma_buffer = heap_caps_realloc( dma_buffer, 4096, MALLOC_CAP_SPIRAM );
    CHECK( LIES_IN( dma_buffer, PSRAM_FIRST, PSRAM_END ) && ( dma_buffer[ 1023 ] == 0x55U ) );
    heap_caps_free( dma_buffer );
    heap_caps_free( iram_buffer );
    vPortFree( spiram_buffer ); /* plain free does, too */
    CHECK_FAULT( FIRMHEAP_FAULT_FOREIGN_POINTER, heap_caps_free( cleared + 4 ) );
    heap_caps_free( cleared );
}

static void prvAligned( void )
{
    for( size_t alignment = 16; alignment <= 4096U; alignment *= 2U )
    {
        void * aligned = heap_caps_aligned_alloc( alignment, 500, MALLOC_CAP_DMA );
        void * zeroed = heap_caps_aligned_calloc( alignment, 4, 100, MALLOC_CAP_SPIRAM );

        CHECK( ( aligned != NULL ) && ( ( ( uintptr_t ) aligned % alignment ) == 0U ) );
        CHECK( ( zeroed != NULL ) && ( ( ( uintptr_t ) zeroed % alignment ) == 0U ) && ( *( uint32_t * ) zeroed == 0U ) );
        heap_caps_free( aligned );
        heap_caps_aligned_free( zeroed );
    }

    CHECK( heap_caps_aligned_alloc( 24, 500, MALLOC_CAP_DMA ) == NULL );
    CHECK( heap_caps_aligned_alloc( 0, 500, MALLOC_CAP_DMA ) == NULL );
}

/* External memory if there is any, else internal; and what happens if neither will do. */
static void prvPreferences( void )
{
    void * frame = heap_caps_malloc_prefer( 2 * 1024 * 1024, 2, MALLOC_CAP_SPIRAM, MALLOC_CAP_INTERNAL );
    void * either = heap_caps_malloc_prefer( 100, 2, MALLOC_CAP_INVALID, MALLOC_CAP_EXEC );
    void * table = heap_caps_calloc_prefer( 10, 10, 2, MALLOC_CAP_SIMD, MALLOC_CAP_DMA );

    CHECK( LIES_IN( frame, PSRAM_FIRST, PSRAM_END ) );
    CHECK( LIES_IN( either, CODE_FIRST, CODE_END ) );
    CHECK( LIES_IN( table, RAM_FIRST, RAM_END ) );
    either = heap_caps_realloc_prefer( either, 200, 2, MALLOC_CAP_SIMD, MALLOC_CAP_SPIRAM );
    CHECK( LIES_IN( either, PSRAM_FIRST, PSRAM_END ) );
    CHECK( failures == 0U );
    CHECK( heap_caps_malloc( 100, MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA ) == NULL );
    CHECK( ( failures == 1U ) && ( failed_bytes == 100U ) );
    CHECK( heap_caps_malloc( 64 * 1024 * 1024, MALLOC_CAP_SPIRAM ) == NULL );
    CHECK( heap_caps_calloc( SIZE_MAX / 2U, 4, MALLOC_CAP_SPIRAM ) == NULL );
    CHECK( failures == 3U );
    CHECK( heap_caps_malloc( 0, MALLOC_CAP_DMA ) == NULL );
    CHECK( failures == 3U );
    heap_caps_free( frame );
    heap_caps_free( either );
    heap_caps_free( table );
}

/* The kernel's own pvPortMalloc() goes on in external memory when ucHeap is full. */
static void prvSpill( void )
{
    void * blocks[ 64 ];
    unsigned spilled = 0;

    for( unsigned i = 0; i < 64U; i++ )
    {
        blocks[ i ] = pvPortMalloc( 16384 );
        CHECK( blocks[ i ] != NULL );
        spilled += LIES_IN( blocks[ i ], PSRAM_FIRST, PSRAM_END ) ? 1U : 0U;
    }

    CHECK( ( spilled > 0U ) && ( spilled < 64U ) );

    for( unsigned i = 0; i < 64U; i++ )
    {
        vPortFree( blocks[ i ] );
    }

    vPrint( "%u of 64 blocks in external memory\n", spilled );
}

static void prvFigures( void )
{
    multi_heap_info_t info;
    const size_t before = heap_caps_get_free_size( MALLOC_CAP_DMA );
    void * pv = heap_caps_malloc( 10000, MALLOC_CAP_DMA );
    unsigned used = 0;

    CHECK( ( before - heap_caps_get_free_size( MALLOC_CAP_DMA ) ) >= 10000U );
    CHECK( heap_caps_get_minimum_free_size( MALLOC_CAP_DMA ) <= heap_caps_get_free_size( MALLOC_CAP_DMA ) );
    CHECK( heap_caps_get_largest_free_block( MALLOC_CAP_DMA ) <= heap_caps_get_free_size( MALLOC_CAP_DMA ) );
    heap_caps_get_info( &info, MALLOC_CAP_DMA );
    CHECK( info.total_free_bytes == heap_caps_get_free_size( MALLOC_CAP_DMA ) );
    CHECK( ( info.total_free_bytes + info.total_allocated_bytes ) == heap_caps_get_total_size( MALLOC_CAP_DMA ) );
    CHECK( ( info.allocated_blocks == 1U ) && ( info.total_blocks == ( info.allocated_blocks + info.free_blocks ) ) );
    heap_caps_walk( MALLOC_CAP_DMA, count_used, &used );
    CHECK( used == 1U );
    CHECK( heap_caps_check_integrity_all( false ) );
    CHECK( heap_caps_check_integrity_addr( ( intptr_t ) pv, false ) );
    CHECK( !heap_caps_check_integrity_addr( ( intptr_t ) &info, false ) || LIES_IN( &info, RAM_FIRST, RAM_END ) || ( xPortFindHeapRegion( &info ) >= 0 ) );
    heap_caps_free( pv );
    CHECK( before == heap_caps_get_free_size( MALLOC_CAP_DMA ) );
}

void vExampleMemories( void )
{
    CHECK( xPortAddHeapBetween( CODE_FIRST, CODE_END, MALLOC_CAP_EXEC | MALLOC_CAP_32BIT, 0U, "SSRAM1" ) == pdPASS );
    CHECK( xPortAddHeapBetween( RAM_FIRST, RAM_END, MALLOC_CAP_DMA | MALLOC_CAP_8BIT | MALLOC_CAP_32BIT, 2U, "SSRAM2" ) == pdPASS );
    CHECK( xPortAddHeapBetween( PSRAM_FIRST, PSRAM_END, MALLOC_CAP_SPIRAM | MALLOC_CAP_8BIT | MALLOC_CAP_32BIT | MALLOC_CAP_DEFAULT, 0U, "PSRAM" ) == pdPASS );
    CHECK( xPortAddHeapBetween( ucStacks, ucStacks + sizeof( ucStacks ), capsSTACK, 0U, "stacks" ) == pdPASS );
}

void vExample( void )
{
    CHECK( xPortAddHeapBetween( PSRAM_FIRST, PSRAM_END, MALLOC_CAP_SPIRAM, 0U, "again" ) == errCAPS_OVERLAP );
    CHECK( heap_caps_register_failed_alloc_callback( NULL ) == ESP_ERR_INVALID_ARG );
    CHECK( heap_caps_register_failed_alloc_callback( alloc_failed ) == ESP_OK );

    for( size_t x = 0; x < xPortGetHeapRegionCount(); x++ )
    {
        HeapRegionInfo_t info;

        CHECK( xPortGetHeapRegion( x, &info ) == pdPASS );
        vPrint( "%s: %u bytes\n", info.pcName, ( unsigned ) info.xTotalBytes );
    }

    prvDma();
    prvAligned();
    prvPreferences();
    prvSpill();
    prvFigures();
    CHECK( xPortHeapCheck() == pdPASS );
}
