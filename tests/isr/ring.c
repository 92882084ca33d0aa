/* SPDX-License-Identifier: MIT
 *
 * Two rings in a storm of interrupts: the handler makes messages for a task in one, and uses those of the task from the
 * other. Each message has the next number, and bytes that follow from it.
 *
 * stormSABOTAGE: 1: the task looks at a message only after it has released it; 2: it commits a message and then fills it.
 * Either way this program must fail.
 */
#include "storm.h"

#include "firmheap_ring.h"

#ifndef stormSABOTAGE
    #define stormSABOTAGE    0
#endif

#define stormBYTES           512
#define stormMAX             ringMESSAGE_MAX( stormBYTES )

ringDEFINE_STATIC( xUp, stormBYTES );   /* from the handler to the task */
ringDEFINE_STATIC( xDown, stormBYTES ); /* from the task to the handler */

/* One end of a ring. */
typedef struct Side
{
    uint32_t ulNumber;
    uint32_t ulRandom;
    uint32_t ulBytes; /* of a message whose reservation was refused: it is tried again */
    uint32_t ulNone;
} Side_t;

static Side_t xUpMade = { .ulRandom = 5U }, xUpUsed = { .ulRandom = 5U };
static Side_t xDownMade = { .ulRandom = 9U }, xDownUsed = { .ulRandom = 9U };
static uint32_t ulHandlerRandom = 4242U;
static volatile uint32_t ulInterrupts;

void vStormFailed( const char * pcFile, int iLine )
{
    vFail( "assertion, %s line %u\n", pcFile, ( unsigned ) iLine );
}
/*-----------------------------------------------------------*/

/* Mostly short, sometimes as long as they may be. */
static uint32_t prvBytes( Side_t * pxSide )
{
    const uint32_t ulAny = ulRandom( &pxSide->ulRandom );

    return 4U + ( ( ulAny >> 8 ) % ( ( ( ulAny & 7U ) == 0U ) ? ( stormMAX - 3U ) : 28U ) );
}
/*-----------------------------------------------------------*/

static void prvFill( uint8_t * pucMessage, uint32_t ulBytes, uint32_t ulNumber )
{
    *( uint32_t * ) ( void * ) pucMessage = ulNumber;

    for( uint32_t ul = 4; ul < ulBytes; ul++ )
    {
        pucMessage[ ul ] = ( uint8_t ) ( ( ulNumber * 7U ) + ul );
    }
}
/*-----------------------------------------------------------*/

static void prvLookAt( const uint8_t * pucMessage, size_t xBytes, uint32_t ulBytes, uint32_t ulNumber )
{
    BaseType_t xIsSound = ( xBytes == ulBytes ) && ( *( const uint32_t * ) ( const void * ) pucMessage == ulNumber );

    for( uint32_t ul = 4; xIsSound && ( ul < ulBytes ); ul++ )
    {
        xIsSound = ( pucMessage[ ul ] == ( uint8_t ) ( ( ulNumber * 7U ) + ul ) );
    }

    if( !xIsSound )
    {
        vFail( "message %u: %u bytes instead of %u, or others\n", ( unsigned ) ulNumber, ( unsigned ) xBytes, ( unsigned ) ulBytes );
    }
}
/*-----------------------------------------------------------*/

/* Reserves more than it commits, often. */
static BaseType_t prvMake( Ring_t * pxRing, Side_t * pxSide, BaseType_t xTooEarly )
{
    uint32_t ulMore;
    void * pv;

    if( pxSide->ulBytes == 0U )
    {
        pxSide->ulBytes = prvBytes( pxSide );
    }

    ulMore = pxSide->ulBytes + ( pxSide->ulNumber % 24U );
    pv = pvRingReserve( pxRing, ( ulMore > stormMAX ) ? stormMAX : ulMore );

    if( pv == NULL )
    {
        pxSide->ulNone++;

        return pdFALSE;
    }

    if( !xTooEarly )
    {
        prvFill( pv, pxSide->ulBytes, pxSide->ulNumber );
    }

    if( xRingCommit( pxRing, pv, pxSide->ulBytes ) != pdPASS )
    {
        vFail( "a commit was refused\n" );
    }

    if( xTooEarly )
    {
        prvFill( pv, pxSide->ulBytes, pxSide->ulNumber );
    }

    pxSide->ulNumber++;
    pxSide->ulBytes = 0U;

    return pdTRUE;
}
/*-----------------------------------------------------------*/

static BaseType_t prvUse( Ring_t * pxRing, Side_t * pxSide, BaseType_t xTooLate )
{
    size_t xBytes;
    void * pv = pvRingPeek( pxRing, &xBytes );

    if( pv == NULL )
    {
        if( xBytes != 0U )
        {
            vFail( "a header was overwritten\n" );
        }

        pxSide->ulNone++;

        return pdFALSE;
    }

    if( xTooLate && ( xRingRelease( pxRing, pv ) != pdPASS ) )
    {
        vFail( "a release was refused\n" );
    }

    prvLookAt( pv, xBytes, prvBytes( pxSide ), pxSide->ulNumber++ );

    if( !xTooLate && ( xRingRelease( pxRing, pv ) != pdPASS ) )
    {
        vFail( "a release was refused\n" );
    }

    return pdTRUE;
}
/*-----------------------------------------------------------*/

void vTimerHandler( void )
{
    vStormGoesOn( ulRandom( &ulHandlerRandom ) );
    ulInterrupts++;

    for( uint32_t ul = ulRandom( &ulHandlerRandom ) % 5U; ( ul > 0U ) && prvMake( &xUp, &xUpMade, pdFALSE ); ul-- )
    {
    }

    for( uint32_t ul = ulRandom( &ulHandlerRandom ) % 5U; ( ul > 0U ) && prvUse( &xDown, &xDownUsed, pdFALSE ); ul-- )
    {
    }
}
/*-----------------------------------------------------------*/

static void prvTask( void * pvUnused )
{
    RingStats_t xStats, xOther;

    ( void ) pvUnused;
    vStormBegins();

    while( ( xUpUsed.ulNumber + *( volatile uint32_t * ) &xDownUsed.ulNumber ) < stormOPERATIONS )
    {
        ( void ) prvUse( &xUp, &xUpUsed, stormSABOTAGE == 1 );
        ( void ) prvMake( &xDown, &xDownMade, stormSABOTAGE == 2 );
    }

    vStormEnds();

    while( prvUse( &xUp, &xUpUsed, pdFALSE ) )
    {
    }

    while( prvUse( &xDown, &xDownUsed, pdFALSE ) )
    {
    }

    vRingGetStats( &xUp, &xStats );
    vRingGetStats( &xDown, &xOther );

    if( ( xUpUsed.ulNumber != xUpMade.ulNumber ) || ( xDownUsed.ulNumber != xDownMade.ulNumber ) || ( xStats.xUsed != 0U ) ||
        ( xOther.xUsed != 0U ) || ( xRingCheck( &xUp ) != pdPASS ) )
    {
        vFail( "%u of %u and %u of %u messages came\n", ( unsigned ) xUpUsed.ulNumber, ( unsigned ) xUpMade.ulNumber,
               ( unsigned ) xDownUsed.ulNumber, ( unsigned ) xDownMade.ulNumber );
    }

    if( ( xStats.ulRefused != xUpMade.ulNone ) || ( xStats.xUsedMax > xStats.xCapacity ) )
    {
        vFail( "%u refused, or %u?\n", ( unsigned ) xStats.ulRefused, ( unsigned ) xUpMade.ulNone );
    }

    vPrint( "summary: operations=%u up=%u down=%u interrupts=%u refused=%u used_max=%u capacity=%u lost=0\n",
            ( unsigned ) ( xUpUsed.ulNumber + xDownUsed.ulNumber ), ( unsigned ) xUpUsed.ulNumber,
            ( unsigned ) xDownUsed.ulNumber, ( unsigned ) ulInterrupts, ( unsigned ) ( xStats.ulRefused + xOther.ulRefused ),
            ( unsigned ) xStats.xUsedMax, ( unsigned ) xStats.xCapacity );
    vBoardExit( 0 );
}
/*-----------------------------------------------------------*/

int main( void )
{
    if( xTaskCreate( prvTask, "task", 512U, NULL, 1U, NULL ) != pdPASS )
    {
        return 3;
    }

    vTaskStartScheduler();

    return 4;
}
