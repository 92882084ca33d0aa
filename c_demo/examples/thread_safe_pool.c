/* SPDX-License-Identifier: MIT
 *
 * One pool, three tasks: CMSIS-RTOS2's memory pools, with static memory and with the heap's, with and without waiting.
 */
#include <string.h>

#include "compat/cmsis_os2_mempool.h"
#include "example.h"
#include "firmheap_faults.h"

#define MEMPOOL_OBJECTS    16
#define WORKERS            3
#define ROUNDS             2000

typedef struct
{
    uint32_t Owner;
    uint8_t Buf[ 28 ];
} MEM_BLOCK_t;

static osMemoryPoolId_t mpid_MemPool;
static volatile uint32_t finished, rounds_done;

/* Takes up to six blocks, marks them, finds the marks again, gives them back. */
static void prvWorker( void * argument )
{
    const uint32_t me = ( uint32_t ) ( uintptr_t ) argument;
    MEM_BLOCK_t * held[ 6 ];

    for( uint32_t round = 0; round < ROUNDS; round++ )
    {
        const uint32_t wanted = 1U + ( ( round + me ) % 6U );

        for( uint32_t i = 0; i < wanted; i++ )
        {
            held[ i ] = ( MEM_BLOCK_t * ) osMemoryPoolAlloc( mpid_MemPool, osWaitForever );
            CHECK( held[ i ] != NULL );
            held[ i ]->Owner = ( me << 16 ) | i;
            memset( held[ i ]->Buf, ( int ) me, sizeof( held[ i ]->Buf ) );
        }

        if( ( round % 50U ) == 0U )
        {
            vTaskDelay( 1U );
        }
        else if( ( round % 3U ) == 0U )
        {
            taskYIELD();
        }

        for( uint32_t i = 0; i < wanted; i++ )
        {
            CHECK( held[ i ]->Owner == ( ( me << 16 ) | i ) );
            CHECK( held[ i ]->Buf[ 27 ] == me );
            CHECK( osMemoryPoolFree( mpid_MemPool, held[ i ] ) == osOK );
        }

        taskENTER_CRITICAL();
        rounds_done++;
        taskEXIT_CRITICAL();
    }

    taskENTER_CRITICAL();
    finished++;
    taskEXIT_CRITICAL();
    vTaskDelete( NULL );
}

/* Frees what its argument leads to after three ticks. */
static void prvFreeLater( void * argument )
{
    vTaskDelay( 3U );
    CHECK( osMemoryPoolFree( mpid_MemPool, argument ) == osOK );
    vTaskDelete( NULL );
}

/* All of an empty pool: then nothing without waiting, nothing in time, and one when it is freed. */
static void prvWaiting( void )
{
    void * blocks[ MEMPOOL_OBJECTS ];
    void * late;

    for( uint32_t i = 0; i < MEMPOOL_OBJECTS; i++ )
    {
        blocks[ i ] = osMemoryPoolAlloc( mpid_MemPool, 0U );
        CHECK( blocks[ i ] != NULL );
    }

    CHECK( osMemoryPoolGetSpace( mpid_MemPool ) == 0U );
    CHECK( osMemoryPoolAlloc( mpid_MemPool, 0U ) == NULL );

    TickType_t before = xTaskGetTickCount();
    CHECK( osMemoryPoolAlloc( mpid_MemPool, 5U ) == NULL );
    CHECK( ( xTaskGetTickCount() - before ) >= 5U );

    before = xTaskGetTickCount();
    CHECK( xTaskCreate( prvFreeLater, "later", 512U, blocks[ 7 ], 3U, NULL ) == pdPASS );
    late = osMemoryPoolAlloc( mpid_MemPool, 500U );
    CHECK( late == blocks[ 7 ] );
    CHECK( ( xTaskGetTickCount() - before ) < 400U );

    CHECK( osMemoryPoolDelete( mpid_MemPool ) == osErrorResource );

    for( uint32_t i = 0; i < MEMPOOL_OBJECTS; i++ )
    {
        CHECK( osMemoryPoolFree( mpid_MemPool, blocks[ i ] ) == osOK );
    }

    CHECK_FAULT( FIRMHEAP_FAULT_DOUBLE_FREE, CHECK( osMemoryPoolFree( mpid_MemPool, late ) == osErrorParameter ) );
    CHECK( osMemoryPoolFree( mpid_MemPool, NULL ) == osErrorParameter );
    CHECK( osMemoryPoolGetCount( mpid_MemPool ) == 0U );
}

/* Control block and memory of our own: the heap is not asked. */
static void prvStatic( void )
{
    static StaticMemoryPool_t control;
    static uint64_t memory[ ( osMemoryPoolMemSize( 50, sizeof( MEM_BLOCK_t ) ) + 7U ) / 8U ];
    static uint64_t tight[ 10 ];
    const osMemoryPoolAttr_t attr = { "static", 0U, &control, sizeof( control ), memory, sizeof( memory ) };
    const osMemoryPoolAttr_t small = { "small", 0U, &control, sizeof( control ) - 1U, memory, sizeof( memory ) };
    const osMemoryPoolAttr_t exact = { "exact", 0U, &control, sizeof( control ), tight, sizeof( tight ) };
    const osMemoryPoolAttr_t crooked = { "crooked", 0U, &control, sizeof( control ), ( uint8_t * ) memory + 1, sizeof( memory ) - 1U };
    const size_t heap_before = xPortGetFreeHeapSize();
    osMemoryPoolId_t id = osMemoryPoolNew( 50, sizeof( MEM_BLOCK_t ), &attr );

    CHECK( id != NULL );
    CHECK( strcmp( osMemoryPoolGetName( id ), "static" ) == 0 );
    CHECK( osMemoryPoolGetCapacity( id ) == 50U );
    CHECK( osMemoryPoolGetBlockSize( id ) == sizeof( MEM_BLOCK_t ) );

    for( uint32_t i = 0; i < 50U; i++ )
    {
        CHECK( osMemoryPoolAlloc( id, 0U ) == ( uint8_t * ) memory + ( i * sizeof( MEM_BLOCK_t ) ) );
    }

    CHECK( osMemoryPoolAlloc( id, 0U ) == NULL );
    CHECK( osMemoryPoolGetCount( id ) == 50U );

    for( uint32_t i = 0; i < 50U; i++ )
    {
        CHECK( osMemoryPoolFree( id, ( uint8_t * ) memory + ( i * sizeof( MEM_BLOCK_t ) ) ) == osOK );
    }

    CHECK( osMemoryPoolDelete( id ) == osOK );
    CHECK( osMemoryPoolDelete( id ) == osErrorParameter );
    CHECK( osMemoryPoolAlloc( id, 0U ) == NULL );

    /* As the standard has it: the memory may be as small as the blocks. */
    id = osMemoryPoolNew( 10, 8, &exact );
    CHECK( id != NULL );
    CHECK( osMemoryPoolDelete( id ) == osOK );

    CHECK( osMemoryPoolNew( 11, 8, &exact ) == NULL );
    CHECK( osMemoryPoolNew( 4, 8, &small ) == NULL );
    CHECK( osMemoryPoolNew( 4, 8, &crooked ) == NULL );
    CHECK( osMemoryPoolNew( 0, 8, NULL ) == NULL );
    CHECK( osMemoryPoolNew( 8, 0, NULL ) == NULL );
    CHECK( osMemoryPoolNew( 0x10000U, 0x10000U, NULL ) == NULL );
    CHECK( osMemoryPoolNew( 1, 0xFFFFFFFFU, NULL ) == NULL );
    CHECK( xPortGetFreeHeapSize() == heap_before );
}

void vExample( void )
{
    const size_t heap_before = xPortGetFreeHeapSize();

    mpid_MemPool = osMemoryPoolNew( MEMPOOL_OBJECTS, sizeof( MEM_BLOCK_t ), NULL );
    CHECK( mpid_MemPool != NULL );
    CHECK( osMemoryPoolGetName( mpid_MemPool ) == NULL );
    prvWaiting();

    for( uint32_t i = 0; i < WORKERS; i++ )
    {
        CHECK( xTaskCreate( prvWorker, "worker", 512U, ( void * ) ( uintptr_t ) ( i + 1U ), 1U + ( i % 2U ), NULL ) == pdPASS );
    }

    while( finished < WORKERS )
    {
        vTaskDelay( 2U );
    }

    CHECK( osMemoryPoolGetCount( mpid_MemPool ) == 0U );
    CHECK( osMemoryPoolGetSpace( mpid_MemPool ) == MEMPOOL_OBJECTS );
    CHECK( osMemoryPoolDelete( mpid_MemPool ) == osOK );
    vTaskDelay( 20U ); /* the idle task gives the deleted tasks' memory back */
    CHECK( xPortGetFreeHeapSize() == heap_before );
    prvStatic();
    vPrint( "three tasks, %u rounds, nothing lost\n", ( unsigned ) rounds_done );
}
