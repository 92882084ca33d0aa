/* SPDX-License-Identifier: MIT
 *
 * Events: three partners meet at an event group, lay a block on the table each, and take their
 * neighbour's away. Group and partners are made anew for every series.
 */
#include "FreeRTOS.h"
#include "event_groups.h"

#include "blocks.h"
#include "demo.h"
#include "print.h"
#include "pseudo_random.h"
#include "sabotage.h"

#define eventsPARTNERS    3U
#define eventsSERIES      4U
#define eventsMEETINGS    10U
#define eventsEVERYBODY   ( ( EventBits_t ) ( ( 1U << eventsPARTNERS ) - 1U ) )
#define eventsLARGEST     600U

typedef struct
{
    TaskHandle_t xOwner;
    EventGroupHandle_t xGroup;
    uint32_t ulSeed;
    uint32_t ulNextPartner;
    uint32_t ulSwaps;
    uint32_t * pulOnTable[ eventsPARTNERS ];
} Table_t;

/*-----------------------------------------------------------*/

static void prvMeet( const Table_t * pxTable, uint32_t ulMe )
{
    const EventBits_t uxHere = xEventGroupSync( pxTable->xGroup, ( EventBits_t ) 1U << ulMe,
                                                eventsEVERYBODY, portMAX_DELAY );

    if( ( uxHere & eventsEVERYBODY ) != eventsEVERYBODY )
    {
        vFail( "events: a meeting began without everybody" );
    }
}
/*-----------------------------------------------------------*/

static void prvSwap( Table_t * pxTable, uint32_t ulMe, Random_t * pxRandom )
{
    const uint32_t ulNeighbour = ( ulMe + 1U ) % eventsPARTNERS;
    const size_t uxBytes = ulRandomBetween( pxRandom, sizeof( uint32_t ), eventsLARGEST );
    uint32_t * pulBlock = pvBlockTake( uxBytes );

    vBlockFill( pulBlock, uxBytes, ulRandomNext( pxRandom ) );
    pulBlock[ 0 ] = ulMe;
    vBlockSeal( pulBlock );
    pxTable->pulOnTable[ ulMe ] = pulBlock;

    prvMeet( pxTable, ulMe );
    pulBlock = pxTable->pulOnTable[ ulNeighbour ];

    if( pulBlock[ 0 ] != ulNeighbour )
    {
        vFail( "events: partner %u found the wrong block", ( unsigned ) ulMe );
    }

    vBlockGive( pulBlock );

    /* Everybody has taken: the table may be laid again. */
    prvMeet( pxTable, ulMe );
}
/*-----------------------------------------------------------*/

static void vPartner( void * pvTable )
{
    Table_t * pxTable = pvTable;
    uint32_t ulMe;

    taskENTER_CRITICAL();
    {
        ulMe = pxTable->ulNextPartner++;
    }
    taskEXIT_CRITICAL();

    Random_t xRandom = xRandomFrom( pxTable->ulSeed + ulMe );

    for( uint32_t ulMeeting = 0U; ulMeeting < eventsMEETINGS; ulMeeting++ )
    {
        prvSwap( pxTable, ulMe, &xRandom );
        vDemoStep( eEvents );
    }

    #if ( demoSABOTAGE == sabotageHANG )
        if( ulMe != 1U )
    #endif
    {
        vDemoSignal( pxTable->xOwner );
    }

    vDemoTaskDone();
}
/*-----------------------------------------------------------*/

void vEventsOwner( void * pvDay )
{
    for( uint32_t ulSeries = 0U; ulSeries < eventsSERIES; ulSeries++ )
    {
        Table_t * pxTable = pvPortCalloc( 1U, sizeof( Table_t ) );

        if( pxTable == NULL )
        {
            vFail( "events: no memory for the table" );
        }

        pxTable->xOwner = xTaskGetCurrentTaskHandle();
        pxTable->ulSeed = ( ( uint32_t ) ( uintptr_t ) pvDay * 1000U ) + ( ulSeries * 10U );
        pxTable->xGroup = xEventGroupCreate();

        if( pxTable->xGroup == NULL )
        {
            vFail( "events: no memory for the event group" );
        }

        for( uint32_t ulPartner = 0U; ulPartner < eventsPARTNERS; ulPartner++ )
        {
            ( void ) xDemoCreate( vPartner, "partner", pxTable, demoWORKER_PRIORITY, ulPartner * 8U );
        }

        vDemoAwaitSignals( eventsPARTNERS );
        vEventGroupDelete( pxTable->xGroup );
        vPortFree( pxTable );
    }

    vDemoPartDone( eEvents );
}
