/* SPDX-License-Identifier: MIT
 *
 * A ring between an interrupt handler and a task: an analog-digital converter delivers samples, a task adds them up. No copy, no
 * lock, and messages as long as what was sampled. On the host the handler is called by a task, in a critical section.
 */
#include <string.h>

#include "example.h"
#include "firmheap_ring.h"

#define SAMPLES_MAX    40U
#define BLOCKS         200U

typedef struct Block
{
    uint32_t ulFirst; /* number of the first sample */
    uint16_t usSamples[ SAMPLES_MAX ];
} Block_t;

ringDEFINE( xSamples, 1024 );

static TaskHandle_t xConsumer;
static uint32_t ulSampled, ulBlocks, ulOverruns;

/* Reserves for the most there can be, and keeps what came. */
static void prvAdcInterrupt( void )
{
    BaseType_t xWoken = pdFALSE;
    const uint32_t ulCame = 1U + ( ( ulBlocks * 13U ) % SAMPLES_MAX );
    Block_t * pxBlock;

    if( ulBlocks >= BLOCKS )
    {
        return;
    }

    pxBlock = pvRingReserve( &xSamples, sizeof( Block_t ) );

    if( pxBlock == NULL )
    {
        ulOverruns++; /* nobody is quick enough; the next interrupt tries again */

        return;
    }

    pxBlock->ulFirst = ulSampled;

    for( uint32_t ul = 0; ul < ulCame; ul++ )
    {
        pxBlock->usSamples[ ul ] = ( uint16_t ) ( ulSampled * 3U );
        ulSampled++;
    }

    CHECK( xRingCommit( &xSamples, pxBlock, offsetof( Block_t, usSamples ) + ( ulCame * sizeof( uint16_t ) ) ) == pdPASS );
    ulBlocks++;
    vTaskNotifyGiveFromISR( xConsumer, &xWoken );
    portYIELD_FROM_ISR( xWoken );
}
/*-----------------------------------------------------------*/

#if ( configUSE_TICK_HOOK == 0 )

    static void prvAdc( void * pvUnused )
    {
        ( void ) pvUnused;

        for( ; ; )
        {
            taskENTER_CRITICAL();
            prvAdcInterrupt();
            taskEXIT_CRITICAL();
            vTaskDelay( 1U );
        }
    }

#endif
/*-----------------------------------------------------------*/

/* What is wrong is a value, and changes nothing. */
static void prvMisuse( void )
{
    static uint64_t ullMemory[ 33 ];
    uint8_t ucOther[ 8 ] = { 0 };
    Ring_t xRing = { 0 };
    RingStats_t xStats;
    size_t xBytes = 1U;
    void * pv;
    void * pvSecond;

    CHECK( pvRingReserve( &xRing, 4U ) == NULL ); /* a ring of nothing */
    CHECK( pvRingPeek( &xRing, &xBytes ) == NULL );
    CHECK( xBytes == 0U );
    CHECK( xRingInitialise( NULL, ullMemory, sizeof( ullMemory ) ) == errRING_MISSING );
    CHECK( xRingInitialise( &xRing, NULL, sizeof( ullMemory ) ) == errRING_MISSING );
    CHECK( xRingInitialise( &xRing, ( uint8_t * ) ullMemory + 4, 100U ) == errRING_MISALIGNED );
    CHECK( xRingInitialise( &xRing, ullMemory, 19U ) == errRING_TOO_SMALL );
    CHECK( xRingInitialise( &xRing, ullMemory, 0x100000U ) == errRING_TOO_LARGE );
    CHECK( xRingInitialise( &xRing, ullMemory, sizeof( ullMemory ) ) == pdPASS );
    vRingGetStats( &xRing, &xStats );
    CHECK( ( xStats.xCapacity == 248U ) && ( xStats.xMessageMax == 124U ) );
    CHECK( pvRingReserve( &xRing, 125U ) == NULL );
    CHECK( pvRingReserve( &xRing, 0U ) == NULL );
    CHECK( pvRingReserve( &xRing, SIZE_MAX ) == NULL );

    pv = pvRingReserve( &xRing, 20U );
    CHECK( ( ( uintptr_t ) pv % 8U ) == 0U );
    CHECK( xRingCommit( &xRing, ( uint8_t * ) pv + 8, 10U ) == errRING_NOT_RESERVED );
    CHECK( xRingCommit( &xRing, ucOther, 10U ) == errRING_NOT_RESERVED );
    CHECK( xRingCommit( &xRing, pv, 21U ) == errRING_TOO_LONG );
    CHECK( pvRingPeek( &xRing, NULL ) == NULL );
    CHECK( xRingCommit( &xRing, pv, 10U ) == pdPASS );
    CHECK( xRingCommit( &xRing, pv, 10U ) == errRING_NOT_RESERVED );

    pvSecond = pvRingReserve( &xRing, 30U );
    CHECK( xRingCommit( &xRing, pvSecond, 30U ) == pdPASS );
    CHECK( pvRingReserve( &xRing, 30U ) != NULL );
    CHECK( ( pvRingPeek( &xRing, &xBytes ) == pv ) && ( xBytes == 10U ) );
    CHECK( ( pvRingNext( &xRing, pv, &xBytes ) == pvSecond ) && ( xBytes == 30U ) );
    CHECK( ( pvRingNext( &xRing, pvSecond, &xBytes ) == NULL ) && ( xBytes == 0U ) );
    CHECK( ( pvRingNext( &xRing, ucOther, &xBytes ) == NULL ) && ( xBytes == ringDAMAGED ) );
    CHECK( xRingRelease( &xRing, pvSecond ) == errRING_NOT_OLDEST );
    CHECK( xRingRelease( &xRing, pv ) == pdPASS );
    CHECK( xRingRelease( &xRing, pv ) == errRING_NOT_OLDEST );

    memset( ( uint8_t * ) pvSecond - 4, 0xFF, 4U ); /* somebody writes where he should not */
    CHECK( ( pvRingPeek( &xRing, &xBytes ) == NULL ) && ( xBytes == ringDAMAGED ) );
    CHECK( xRingRelease( &xRing, pvSecond ) == errRING_DAMAGED );
    CHECK( xRingCheck( &xRing ) == errRING_DAMAGED );
    CHECK( xRingDiscard( &xRing ) == pdPASS );
    CHECK( xRingCheck( &xRing ) == pdPASS );
    CHECK( xRingRelease( &xRing, pvSecond ) == errRING_EMPTY );
    vRingGetStats( &xRing, &xStats );
    CHECK( ( xStats.xUsed == 0U ) && ( xStats.xUsedMax == 56U ) && ( xStats.ulRefused == 3U ) );
}
/*-----------------------------------------------------------*/

void vExample( void )
{
    uint32_t ulExpected = 0, ulDone = 0;
    RingStats_t xStats;

    prvMisuse();
    xConsumer = xTaskGetCurrentTaskHandle();

    #if ( configUSE_TICK_HOOK == 1 )
        pxExampleTick = prvAdcInterrupt;
    #else
        CHECK( xTaskCreate( prvAdc, "adc", 512U, NULL, 3U, NULL ) == pdPASS );
    #endif

    while( ulDone < BLOCKS )
    {
        size_t xBytes;
        Block_t * pxBlock;

        CHECK( ulTaskNotifyTake( pdTRUE, pdMS_TO_TICKS( 1000 ) ) != 0U );

        for( pxBlock = pvRingPeek( &xSamples, &xBytes ); pxBlock != NULL; pxBlock = pvRingPeek( &xSamples, &xBytes ) )
        {
            const size_t xCame = ( xBytes - offsetof( Block_t, usSamples ) ) / sizeof( uint16_t );

            CHECK( pxBlock->ulFirst == ulExpected );
            CHECK( xCame == ( 1U + ( ( ulDone * 13U ) % SAMPLES_MAX ) ) );

            for( size_t x = 0; x < xCame; x++ )
            {
                CHECK( pxBlock->usSamples[ x ] == ( uint16_t ) ( ulExpected * 3U ) );
                ulExpected++;
            }

            CHECK( xRingRelease( &xSamples, pxBlock ) == pdPASS );
            ulDone++;
        }

        if( ( ulDone % 50U ) == 49U )
        {
            vTaskDelay( 30U ); /* busy with something else: the ring fills */
        }
    }

    pxExampleTick = NULL;
    vRingGetStats( &xSamples, &xStats );
    CHECK( ( xStats.xUsed == 0U ) && ( xStats.xUsedMax > 256U ) && ( xStats.ulRefused == ulOverruns ) );
    vPrint( "%u samples in %u messages; at most %u of %u bytes were in use\n", ( unsigned ) ulExpected, ( unsigned ) ulDone,
            ( unsigned ) xStats.xUsedMax, ( unsigned ) xStats.xCapacity );
}
