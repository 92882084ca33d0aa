/* SPDX-License-Identifier: MIT
 *
 * Heaps with memories of their own, as code for Zephyr has them: one for packets, one for the user interface. Neither can
 * take from the other, tasks wait for memory in one of them, and a block that goes to the wrong heap is noticed.
 */
#include <string.h>

#include "example.h"

#include "compat/zephyr_heap.h"
#include "firmheap_faults.h"

K_HEAP_DEFINE( packets, 2048 );
K_HEAP_DEFINE( user_interface, 4096 );
K_HEAP_DEFINE( queue, 2048 );
K_HEAP_DEFINE( shared, 1500 ); /* used first by several tasks */
K_HEAP_DEFINE( tiny, 1 );

/* A task that asks queue for so much, and what came of it. */
struct asking
{
    size_t bytes;
    k_timeout_t timeout;
    void * volatile block;
    volatile TickType_t ticks;
    volatile BaseType_t is_done;
};

static void prvAsk( void * argument )
{
    struct asking * asking = ( struct asking * ) argument;
    const TickType_t before = xTaskGetTickCount();

    asking->block = k_heap_alloc( &queue, asking->bytes, asking->timeout );
    asking->ticks = xTaskGetTickCount() - before;
    asking->is_done = pdTRUE;
    vTaskDelete( NULL );
}
/*-----------------------------------------------------------*/

static TaskHandle_t prvStart( struct asking * asking, UBaseType_t priority )
{
    TaskHandle_t task = NULL;

    asking->block = NULL;
    asking->is_done = pdFALSE;
    CHECK( xTaskCreate( prvAsk, "asking", 512U, asking, priority, &task ) == pdPASS );
    vTaskDelay( 3U );

    return task;
}
/*-----------------------------------------------------------*/

/* Takes blocks of so many bytes until there is none. */
static unsigned prvExhaust( struct k_heap * heap, size_t bytes, void ** blocks, unsigned limit )
{
    unsigned count = 0U;

    while( ( count < limit ) && ( ( blocks[ count ] = k_heap_alloc( heap, bytes, K_NO_WAIT ) ) != NULL ) )
    {
        memset( blocks[ count ], ( int ) count, bytes );
        count++;
    }

    CHECK( ( count > 0U ) && ( count < limit ) );

    return count;
}
/*-----------------------------------------------------------*/

static void prvGiveAll( struct k_heap * heap, size_t bytes, void ** blocks, unsigned count )
{
    for( unsigned u = 0U; u < count; u++ )
    {
        CHECK( ( ( uint8_t * ) blocks[ u ] )[ 0 ] == ( uint8_t ) u );
        CHECK( ( ( uint8_t * ) blocks[ u ] )[ bytes - 1U ] == ( uint8_t ) u );
        k_heap_free( heap, blocks[ u ] );
    }
}
/*-----------------------------------------------------------*/

/* One of them full, the other does not care; and all comes back. */
static void prvTwoHeaps( void )
{
    static void * blocks[ 64 ];
    const size_t main_heap = xPortGetFreeHeapSize();
    const unsigned first = prvExhaust( &packets, 60U, blocks, 64U );
    void * other = k_heap_alloc( &user_interface, 2000U, K_NO_WAIT );

    CHECK( ( other != NULL ) && ( ( ( uintptr_t ) other % portBYTE_ALIGNMENT ) == 0U ) );
    memset( other, 0xEE, 2000U );
    k_heap_free( &user_interface, other );
    prvGiveAll( &packets, 60U, blocks, first );
    const unsigned again = prvExhaust( &packets, 60U, blocks, 64U );
    prvGiveAll( &packets, 60U, blocks, again );
    #if !defined( FIRMHEAP_INTEGRITY ) || ( FIRMHEAP_INTEGRITY < 3 ) /* there, freed blocks wait, and merge later */
        CHECK( again == first );
    #endif
    CHECK( xPortGetFreeHeapSize() == main_heap );

    other = k_heap_alloc( &tiny, 8U, K_NO_WAIT );
    CHECK( other != NULL );
    k_heap_free( &tiny, other );
}
/*-----------------------------------------------------------*/

static void prvSizesAndPlaces( void )
{
    uint8_t * block = ( uint8_t * ) k_heap_calloc( &packets, 10U, 9U, K_NO_WAIT );

    CHECK( block != NULL );

    for( unsigned u = 0U; u < 90U; u++ )
    {
        CHECK( block[ u ] == 0U );
        block[ u ] = ( uint8_t ) u;
    }

    void * behind = k_heap_alloc( &packets, 30U, K_NO_WAIT );
    CHECK( behind != NULL );
    uint8_t * moved = ( uint8_t * ) k_heap_realloc( &packets, block, 500U, K_NO_WAIT ); /* something is behind it */
    CHECK( ( moved != NULL ) && ( moved != block ) );

    for( unsigned u = 0U; u < 90U; u++ )
    {
        CHECK( moved[ u ] == ( uint8_t ) u );
    }

    moved = ( uint8_t * ) k_heap_realloc( &packets, moved, 20U, K_NO_WAIT );
    CHECK( ( moved != NULL ) && ( moved[ 19 ] == 19U ) );
    CHECK( k_heap_realloc( &packets, moved, 100000U, K_FOREVER ) == NULL ); /* and it is still there */
    CHECK( k_heap_realloc( &packets, moved, 1900U, K_NO_WAIT ) == NULL );
    CHECK( moved[ 19 ] == 19U );
    CHECK( k_heap_realloc( &packets, moved, 0U, K_NO_WAIT ) == NULL );
    /* From integrity level 1 on. */
    CHECK_FAULT( FIRMHEAP_FAULT_DOUBLE_FREE, k_heap_free( &packets, moved ) );
    k_heap_free( &packets, behind );
    moved = ( uint8_t * ) k_heap_realloc( &packets, NULL, 40U, K_NO_WAIT );
    CHECK( moved != NULL );
    k_heap_free( &packets, moved );

    for( size_t align = 1U; align <= 256U; align *= 2U )
    {
        void * aligned = k_heap_aligned_alloc( &packets, align, 33U, K_NO_WAIT );

        CHECK( ( aligned != NULL ) && ( ( ( uintptr_t ) aligned % align ) == 0U ) );
        memset( aligned, 0xAA, 33U );
        k_heap_free( &packets, aligned );
    }
}
/*-----------------------------------------------------------*/

/* None of this does anything. */
static void prvBadInput( void )
{
    static uint64_t memory[ 2 ];
    struct k_heap none;
    void * block = k_heap_alloc( &packets, 50U, K_NO_WAIT );

    CHECK( block != NULL );
    memset( block, 0x5A, 50U );
    CHECK( k_heap_alloc( &packets, 0U, K_FOREVER ) == NULL );
    CHECK( k_heap_alloc( &packets, SIZE_MAX, K_FOREVER ) == NULL );
    CHECK( k_heap_calloc( &packets, ( SIZE_MAX / 2U ) + 2U, 2U, K_FOREVER ) == NULL );
    CHECK( k_heap_aligned_alloc( &packets, ( SIZE_MAX / 2U ) + 1U, 8U, K_FOREVER ) == NULL );
    CHECK_FAULT( FIRMHEAP_FAULT_BAD_ALIGNMENT, CHECK( k_heap_aligned_alloc( &packets, 24U, 8U, K_FOREVER ) == NULL ) );
    CHECK_FAULT( FIRMHEAP_FAULT_BAD_ALIGNMENT, CHECK( k_heap_aligned_alloc( &packets, 0U, 8U, K_FOREVER ) == NULL ) );
    CHECK_FAULT( FIRMHEAP_FAULT_FOREIGN_POINTER, k_heap_free( &user_interface, block ) );
    CHECK_FAULT( FIRMHEAP_FAULT_FOREIGN_POINTER, CHECK( k_heap_realloc( &user_interface, block, 90U, K_FOREVER ) == NULL ) );
    CHECK_FAULT( FIRMHEAP_FAULT_FOREIGN_POINTER, k_heap_free( &packets, &block ) );
    CHECK_FAULT( FIRMHEAP_FAULT_REGIONS_MISSING, CHECK( k_heap_alloc( NULL, 8U, K_FOREVER ) == NULL ) );
    CHECK_FAULT( FIRMHEAP_FAULT_REGIONS_MISSING, k_heap_init( &none, NULL, 1000U ) );
    memset( memory, 0x77, sizeof( memory ) );
    CHECK_FAULT( FIRMHEAP_FAULT_REGIONS_EMPTY, k_heap_init( &none, memory, sizeof( memory ) ) );
    CHECK( ( memory[ 0 ] == memory[ 1 ] ) && ( ( uint8_t ) memory[ 0 ] == 0x77U ) );
    CHECK_FAULT( FIRMHEAP_FAULT_REGIONS_MISSING, CHECK( k_heap_alloc( &none, 8U, K_FOREVER ) == NULL ) );
    k_heap_free( &packets, NULL );

    vTaskSuspendAll();
    CHECK( k_heap_alloc( &packets, 2000U, K_FOREVER ) == NULL ); /* nobody can wait now */
    ( void ) xTaskResumeAll();

    CHECK( ( ( ( uint8_t * ) block )[ 0 ] == 0x5AU ) && ( ( ( uint8_t * ) block )[ 49 ] == 0x5AU ) );
    k_heap_free( &packets, block );
}
/*-----------------------------------------------------------*/

static void prvWaiting( void )
{
    struct asking large = { 1200U, K_FOREVER, NULL, 0U, pdFALSE };
    struct asking small = { 100U, K_FOREVER, NULL, 0U, pdFALSE };
    struct asking late = { 1200U, K_MSEC( 160 ), NULL, 0U, pdFALSE };
    void * half = k_heap_alloc( &queue, 900U, K_NO_WAIT );
    void * most = k_heap_alloc( &queue, 700U, K_NO_WAIT );
    static void * blocks[ 64 ];
    unsigned rest;
    TickType_t before;

    CHECK( ( half != NULL ) && ( most != NULL ) );
    rest = prvExhaust( &queue, 8U, blocks, 64U );
    before = xTaskGetTickCount();
    CHECK( k_heap_alloc( &queue, 100U, K_NO_WAIT ) == NULL );
    CHECK( k_heap_alloc( &queue, 100U, K_MSEC( 20 ) ) == NULL );
    CHECK( ( xTaskGetTickCount() - before ) >= pdMS_TO_TICKS( 20 ) );

    /* One that is deleted while it waits is forgotten. */
    vTaskDelete( prvStart( &late, 3U ) );

    /* What is freed first is too little for the one of higher priority, and enough for the other, which is below us. */
    ( void ) prvStart( &large, 4U );
    ( void ) prvStart( &small, 1U );
    ( void ) prvStart( &late, 3U );
    CHECK( ( large.is_done == pdFALSE ) && ( small.is_done == pdFALSE ) && ( late.is_done == pdFALSE ) );
    vTaskDelay( pdMS_TO_TICKS( 120 ) );
    k_heap_free( &queue, most );
    vTaskDelay( 10U );
    CHECK( ( small.is_done == pdTRUE ) && ( small.block != NULL ) );
    CHECK( large.is_done == pdFALSE );

    /* Time is over for one, and was not begun anew when it was woken in vain. */
    vTaskDelay( pdMS_TO_TICKS( 400 ) );
    CHECK( ( late.is_done == pdTRUE ) && ( late.block == NULL ) );
    CHECK( late.ticks >= pdMS_TO_TICKS( 160 ) );
    #if !defined( FIRMHEAP_INTEGRITY ) || ( FIRMHEAP_INTEGRITY < 4 ) /* there, checks of the main heap take tens of ticks */
        CHECK( late.ticks <= ( pdMS_TO_TICKS( 160 ) + 25U ) );
    #endif

    /* The task is of higher priority: it has its block before the free returns, or before the rest is given back. */
    k_heap_free( &queue, small.block );
    CHECK( large.is_done == pdFALSE );
    prvGiveAll( &queue, 8U, blocks, rest );
    k_heap_free( &queue, half );
    CHECK( ( large.is_done == pdTRUE ) && ( large.block != NULL ) );
    memset( large.block, 0x11, 1200U );

    /* A block that shrinks makes room, too. */
    half = large.block;
    large.bytes = 850U;
    ( void ) prvStart( &large, 4U );
    CHECK( large.is_done == pdFALSE );
    half = k_heap_realloc( &queue, half, 100U, K_NO_WAIT );
    CHECK( ( large.is_done == pdTRUE ) && ( large.block != NULL ) );
    CHECK( ( half != NULL ) && ( ( ( uint8_t * ) half )[ 99 ] == 0x11U ) );
    k_heap_free( &queue, half );
    k_heap_free( &queue, large.block );
}
/*-----------------------------------------------------------*/

#if ( configUSE_TICK_HOOK == 1 )

    static void * kept;
    static volatile unsigned refused_ticks;

    static void prvTick( void )
    {
        if( refused_ticks == 0U )
        {
            k_heap_free( &packets, kept );
            refused_ticks = ( k_heap_alloc( &packets, 8U, K_NO_WAIT ) == NULL ) ? 1U : 2U;
        }
    }

/* An interrupt handler gets nothing and frees nothing; the assertions that fail for it are expected. */
    static void prvFromInterrupt( void )
    {
        kept = k_heap_alloc( &packets, 50U, K_NO_WAIT );
        CHECK( kept != NULL );
        vExpectFault( UINT32_MAX );
        pxExampleTick = prvTick;
        vTaskDelay( 3U );
        pxExampleTick = NULL;
        vExpectFault( 0U );
        CHECK( refused_ticks == 1U );
        k_heap_free( &packets, kept ); /* it is no double free */
    }

#endif /* if ( configUSE_TICK_HOOK == 1 ) */
/*-----------------------------------------------------------*/

static volatile unsigned finished, served, refused;

/* Takes, resizes and gives back, waits when there is none, and finds its bytes as it left them. */
static void prvShare( void * argument )
{
    const unsigned number = ( unsigned ) ( uintptr_t ) argument;
    uint32_t random = number * 2654435761U;

    for( unsigned round = 0U; round < 200U; round++ )
    {
        random = ( random * 1664525U ) + 1013904223U;
        size_t bytes = 8U + ( ( random >> 8 ) % 500U );
        uint8_t * block = ( uint8_t * ) k_heap_alloc( &shared, bytes, ( ( random >> 29 ) == 0U ) ? K_MSEC( 1 ) : K_FOREVER );

        if( block == NULL )
        {
            refused++;
            continue;
        }

        memset( block, ( int ) number, bytes );

        if( ( ( random >> 27 ) & 1U ) != 0U )
        {
            vTaskDelay( 1U );
        }

        /* Who holds a block must not wait for ever for another: the others may do the same. */
        const size_t wanted = 8U + ( ( random >> 5 ) % 700U );
        uint8_t * resized = ( uint8_t * ) k_heap_realloc( &shared, block, wanted, K_NO_WAIT );

        if( resized != NULL )
        {
            block = resized;
            bytes = ( wanted < bytes ) ? wanted : bytes;
        }

        for( size_t at = 0U; at < bytes; at++ )
        {
            CHECK( block[ at ] == ( uint8_t ) number );
        }

        k_heap_free( &shared, block );
        served++;
    }

    taskENTER_CRITICAL();
    finished++;
    taskEXIT_CRITICAL();
    vTaskDelete( NULL );
}
/*-----------------------------------------------------------*/

static void prvTogether( void )
{
    for( uintptr_t number = 1U; number <= 5U; number++ )
    {
        CHECK( xTaskCreate( prvShare, "sharing", 512U, ( void * ) number, 1U + ( number % 3U ), NULL ) == pdPASS );
    }

    while( finished < 5U )
    {
        vTaskDelay( 5U );
    }

    /* All of it is there again. */
    void * block = k_heap_alloc( &shared, 1200U, K_NO_WAIT );
    CHECK( block != NULL );
    k_heap_free( &shared, block );
    vPrint( "five tasks shared a heap: about %u times served, %u times not in time\n", served, refused );
    CHECK( served > 500U );
}
/*-----------------------------------------------------------*/

void vExample( void )
{
    static uint64_t memory[ 256 ];
    static struct k_heap at_run_time;

    prvTwoHeaps();
    prvSizesAndPlaces();
    prvBadInput();
    prvWaiting();
    prvTogether();
    #if ( configUSE_TICK_HOOK == 1 )
        prvFromInterrupt();
    #endif
    prvTwoHeaps();

    k_heap_init( &at_run_time, ( uint8_t * ) memory + 3, sizeof( memory ) - 3U );
    void * block = k_heap_alloc( &at_run_time, 1000U, K_MSEC( 1 ) );
    CHECK( block != NULL );
    k_heap_free( &at_run_time, block );

    #ifndef __arm__
        /* One above 255 KiB, of the other kind. */
        static uint64_t large[ 50000 ];
        k_heap_init( &at_run_time, large, sizeof( large ) );
        block = k_heap_aligned_alloc( &at_run_time, 64U, 300000U, K_NO_WAIT );
        CHECK( ( block != NULL ) && ( ( ( uintptr_t ) block % 64U ) == 0U ) );
        block = k_heap_realloc( &at_run_time, block, 20000U, K_NO_WAIT );
        CHECK( block != NULL );
        k_heap_free( &at_run_time, block );
        CHECK_FAULT( FIRMHEAP_FAULT_FOREIGN_POINTER, k_heap_free( &at_run_time, &block ) );
    #endif
    vPrint( "six heaps, full and empty again\n" );
}
