/* SPDX-License-Identifier: MIT */

/*
 * kinds_firmware.c: what firmware does: objects of FreeRTOS, packets, connections.
 */

#include "family.h"

/*----------------------------------------------------------- objects of FreeRTOS */

/* Sets: stacks, TCBs (same index), other objects, messages. Numbers: TCB bytes, tasks at most. */
static void prvObjectsBegin( Part_t * pxPart )
{
    pxPart->ulNumbers[ 0 ] = ulBetween( 80, 180 ) & ~3U;
    pxPart->ulNumbers[ 1 ] = ulBetween( 2, 16 );
}

static uint32_t prvObjectBytes( const Part_t * pxPart )
{
    switch( ulBetween( 0, 4 ) )
    {
        case 0:
            return 80U + ulBetween( 1, 16 ) * ulBetween( 1, ulLesser( 16, pxPart->ulHigh / 16U ) ); /* queue */

        case 1:
            return 80;                                                                             /* semaphore */

        case 2:
            return 44;                                                                             /* timer */

        case 3:
            return 32;                                                                             /* event group */

        default:
            return 37U + ulSmall( pxPart->ulHigh );                                                /* stream buffer */
    }
}

static void prvTaskStep( Part_t * pxPart )
{
    if( ( pxPart->xSets[ 0 ].ulCount < pxPart->ulNumbers[ 1 ] ) && iChance( 60 ) )
    {
        const uint32_t ulStack = ulBetween( pxPart->ulHigh / 16U + 4U, pxPart->ulHigh / 4U ) * 4U;

        if( iMakeRoom( pxPart, 3, ulStack + pxPart->ulNumbers[ 0 ], eOLDEST ) && iTake( pxPart, 0, ulStack ) )
        {
            ( void ) iTake( pxPart, 1, pxPart->ulNumbers[ 0 ] );
        }
    }
    else if( pxPart->xSets[ 0 ].ulCount > 0U )
    {
        const uint32_t ul = ulBetween( 0, pxPart->xSets[ 0 ].ulCount - 1U );

        vGive( pxPart, 0, ul );
        vGive( pxPart, 1, ul );
    }
}

static void prvObjectsStep( Part_t * pxPart )
{
    const uint32_t ulDice = ulBetween( 0, 99 );

    if( ( ulDice < 5U ) || ( pxPart->xSets[ 0 ].ulCount < 2U ) )
    {
        prvTaskStep( pxPart );
    }

    if( ulDice < 20U )
    {
        const uint32_t ulBytes = prvObjectBytes( pxPart );

        if( iChance( 45 ) || !iMakeRoom( pxPart, 3, ulBytes, eOLDEST ) )
        {
            vGiveAny( pxPart, 2 );
        }
        else
        {
            ( void ) iTake( pxPart, 2, ulBytes );
        }
    }
    else
    {
        const uint32_t ulUnread = ulBetween( 0, 24 );

        for( uint32_t ul = ulBetween( 1, 8 ); ul > 0U; ul-- )
        {
            const uint32_t ulBytes = ulSmall( ulLesser( pxPart->ulHigh, 256 ) );

            ( void ) iMakeRoom( pxPart, 3, ulBytes, eOLDEST );
            ( void ) iTake( pxPart, 3, ulBytes );
        }

        while( iChance( 90 ) && ( pxPart->xSets[ 3 ].ulCount > ulUnread ) )
        {
            vGive( pxPart, 3, 0 );
        }
    }
}

const Kind_t xObjects = { "objects", prvObjectsBegin, prvObjectsStep };

/*----------------------------------------------------------- packets through FIFOs */

/* Sets: three queues, and what outlives packets. Numbers: bytes of a full packet. */
static void prvPacketsBegin( Part_t * pxPart )
{
    pxPart->ulNumbers[ 0 ] = ulBetween( pxPart->ulHigh / 2U, pxPart->ulHigh );
}

static void prvPacketsStep( Part_t * pxPart )
{
    const uint32_t ulQueue = ulBetween( 0, 2 );

    if( iChance( 4 ) )
    {
        const uint32_t ulBytes = ulSmall( pxPart->ulHigh / 2U );

        ( void ) ( iMakeRoom( pxPart, ulQueue, ulBytes, eOLDEST ) && iTake( pxPart, 3, ulBytes ) );

        if( pxPart->xSets[ 3 ].ulCount > 12U )
        {
            vGiveAny( pxPart, 3 );
        }

        return;
    }

    for( uint32_t ul = ulBetween( 1, 12 ); ul > 0U; ul-- )
    {
        const uint32_t ulBytes = iChance( 55 ) ? ulSmall( ulLesser( pxPart->ulHigh, 120 ) )
                                 : iChance( 50 ) ? pxPart->ulNumbers[ 0 ] : ulBetween( 1, pxPart->ulHigh );

        if( !iTake( pxPart, ulQueue, ulBytes ) )
        {
            for( uint32_t ulSet = 0; ( ulSet < 3U ) && !iMakeRoom( pxPart, ulSet, ulBytes, eOLDEST ); ulSet++ )
            {
            }
        }
    }

    for( uint32_t ul = ulBetween( 0, 11 ); ul > 0U; ul-- )
    {
        if( pxPart->xSets[ ulQueue ].ulCount > 0U )
        {
            vGive( pxPart, ulQueue, 0 );
        }
    }
}

const Kind_t xPackets = { "packets", prvPacketsBegin, prvPacketsStep };

/*----------------------------------------------------------- connections */

/* Sets: receive buffers, send buffers (same index), records of all connections, temporaries. */
static void prvConnectionsBegin( Part_t * pxPart )
{
    pxPart->ulNumbers[ 0 ] = ulBetween( pxPart->ulHigh / 3U + 1U, pxPart->ulHigh );
    pxPart->ulNumbers[ 1 ] = ulBetween( pxPart->ulHigh / 6U + 1U, pxPart->ulHigh );
}

static void prvConnectionOpens( Part_t * pxPart )
{
    const uint32_t ulBoth = pxPart->ulNumbers[ 0 ] + pxPart->ulNumbers[ 1 ];

    if( !iMakeRoom( pxPart, 3, ulBoth, eNEWEST ) || !iTake( pxPart, 0, pxPart->ulNumbers[ 0 ] ) )
    {
        return;
    }

    ( void ) iTake( pxPart, 1, pxPart->ulNumbers[ 1 ] );

    for( uint32_t ul = ulBetween( 3, 12 ); ul > 0U; ul-- )
    {
        ( void ) iTake( pxPart, 2, ulSmall( ulLesser( pxPart->ulHigh, 200 ) ) );
    }
}

static void prvConnectionsStep( Part_t * pxPart )
{
    const uint32_t ulOpen = pxPart->xSets[ 0 ].ulCount;

    if( ( ulOpen == 0U ) || iChance( 8 ) )
    {
        prvConnectionOpens( pxPart );
    }

    if( ( ulOpen > 0U ) && ( iChance( 6 ) || ( pxPart->ulLive > pxPart->ulBudget - pxPart->ulHigh ) ) )
    {
        const uint32_t ul = ulBetween( 0, ulOpen - 1U );

        /* Its records were made together and go together. */
        for( uint32_t ulRecords = pxPart->xSets[ 2 ].ulCount / ulOpen; ulRecords > 0U; ulRecords-- )
        {
            vGive( pxPart, 2, ulLesser( ul * ( pxPart->xSets[ 2 ].ulCount / ulOpen ), pxPart->xSets[ 2 ].ulCount - 1U ) );
        }

        vGive( pxPart, 1, ulLesser( ul, pxPart->xSets[ 1 ].ulCount - 1U ) );
        vGive( pxPart, 0, ul );
        return;
    }

    /* Work: temporaries nest. */
    for( uint32_t ul = ulBetween( 1, 6 ); ul > 0U; ul-- )
    {
        ( void ) iTake( pxPart, 3, ulSmall( pxPart->ulHigh / 2U ) );
    }

    while( ( pxPart->xSets[ 3 ].ulCount > 0U ) && iChance( 85 ) )
    {
        vGive( pxPart, 3, pxPart->xSets[ 3 ].ulCount - 1U );
    }
}

const Kind_t xConnections = { "connections", prvConnectionsBegin, prvConnectionsStep };
