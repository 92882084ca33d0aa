/* SPDX-License-Identifier: MIT */

/*
 * kinds_data.c: what programs do with data: strings that grow, phases, trees built and torn down.
 */

#include "family.h"

/*----------------------------------------------------------- strings that grow */

/* Sets: growing, done, small structures around them. Numbers: how they grow. */
static void prvStringsBegin( Part_t * pxPart )
{
    pxPart->ulNumbers[ 0 ] = ulBetween( 0, 2 );
    pxPart->ulNumbers[ 1 ] = ulBetween( 12, 60 );
}

static void prvStringGrows( Part_t * pxPart, uint32_t ulIndex )
{
    const uint32_t ulOld = ulBytesOf( pxPart, 0, ulIndex );
    const uint32_t ulBy = ( pxPart->ulNumbers[ 0 ] == 0U ) ? ulBetween( 1, 48 )
                          : ( pxPart->ulNumbers[ 0 ] == 1U ) ? ( ulOld / 2U + 1U ) : ulOld;

    if( ( ulOld + ulBy > pxPart->ulHigh ) || !iResize( pxPart, 0, ulIndex, ulOld + ulBy ) )
    {
        /* Finished: copied once more to its exact size, or thrown away. */
        if( iChance( 60 ) && iTake( pxPart, 1, ulBetween( ulOld / 2U + 1U, ulOld ) ) )
        {
            ( void ) iTake( pxPart, 2, pxPart->ulNumbers[ 1 ] );
        }

        vGive( pxPart, 0, ulIndex );
    }
}

static void prvStringsStep( Part_t * pxPart )
{
    const uint32_t ulGrowing = pxPart->xSets[ 0 ].ulCount;

    if( ( ulGrowing == 0U ) || ( ( ulGrowing < 6U ) && iChance( 25 ) ) )
    {
        const uint32_t ulBytes = ulBetween( 1, 24 );

        if( iMakeRoom( pxPart, 1, ulBytes, eOLDEST ) && iTake( pxPart, 2, pxPart->ulNumbers[ 1 ] ) )
        {
            ( void ) iTake( pxPart, 0, ulBytes );
        }
        else
        {
            vGiveAny( pxPart, 2 );
        }
    }
    else
    {
        prvStringGrows( pxPart, ulBetween( 0, ulGrowing - 1U ) );
    }

    if( pxPart->ulLive > pxPart->ulBudget - pxPart->ulBudget / 4U )
    {
        vGive( pxPart, 1, iChance( 70 ) ? 0U : ulBetween( 0, pxPart->xSets[ 1 ].ulCount / 2U ) );
        vGiveAny( pxPart, 2 );
    }
}

const Kind_t xStrings = { "strings", prvStringsBegin, prvStringsStep };

/*----------------------------------------------------------- phases */

/* Sets: this phase's blocks, survivors. Numbers: building up?, sizes from, to, order of freeing. */
static void prvPhase( Part_t * pxPart )
{
    pxPart->ulNumbers[ 0 ] = 1;
    pxPart->ulNumbers[ 2 ] = ulSmall( pxPart->ulHigh ) + 1U;
    pxPart->ulNumbers[ 1 ] = ulBetween( 1, pxPart->ulNumbers[ 2 ] );
    pxPart->ulNumbers[ 3 ] = ulBetween( 0, 2 );
    pxPart->ulNumbers[ 4 ] = ulBetween( pxPart->ulBudget / 2U, pxPart->ulBudget );
}

static void prvPhasesStep( Part_t * pxPart )
{
    if( pxPart->ulNumbers[ 0 ] != 0U )
    {
        const uint32_t ulBytes = ulBetween( pxPart->ulNumbers[ 1 ], pxPart->ulNumbers[ 2 ] );
        const int iSurvivor = iChance( 4 ) && ( pxPart->xSets[ 1 ].ulCount < 40U );

        if( ( pxPart->ulLive + ulBytes > pxPart->ulNumbers[ 4 ] ) || !iTake( pxPart, iSurvivor ? 1U : 0U, ulBytes ) )
        {
            pxPart->ulNumbers[ 0 ] = 0;
        }
    }
    else if( pxPart->xSets[ 0 ].ulCount > 0U )
    {
        const uint32_t ulLast = pxPart->xSets[ 0 ].ulCount - 1U;

        vGive( pxPart, 0, ( pxPart->ulNumbers[ 3 ] == 0U ) ? 0U : ( pxPart->ulNumbers[ 3 ] == 1U ) ? ulLast : ulBetween( 0, ulLast ) );
    }
    else
    {
        for( uint32_t ul = pxPart->xSets[ 1 ].ulCount / 3U; ul > 0U; ul-- )
        {
            vGiveAny( pxPart, 1 );
        }

        if( pxPart->ulLive > pxPart->ulBudget / 3U )
        {
            ( void ) iMakeRoom( pxPart, 1, pxPart->ulBudget * 2U / 3U, eANY );
        }

        prvPhase( pxPart );
    }
}

const Kind_t xPhases = { "phases", prvPhase, prvPhasesStep };

/*----------------------------------------------------------- trees, built and torn down */

/* Sets: nodes and their strings, three documents. Numbers: node bytes, document built now, its goal. */
static void prvTreesBegin( Part_t * pxPart )
{
    pxPart->ulNumbers[ 0 ] = ulBetween( 12, 72 );
    pxPart->ulNumbers[ 1 ] = 0;
    pxPart->ulNumbers[ 2 ] = ulBetween( pxPart->ulBudget / 8U, pxPart->ulBudget / 2U );
    pxPart->ulNumbers[ 3 ] = 0;
}

static void prvTreesStep( Part_t * pxPart )
{
    const uint32_t ulSet = pxPart->ulNumbers[ 1 ];
    const uint32_t ulName = ulSmall( ulLesser( pxPart->ulHigh, 48 ) );
    const uint32_t ulValue = iChance( 10 ) ? ulSmall( pxPart->ulHigh ) : 0U;
    const uint32_t ulAll = pxPart->ulNumbers[ 0 ] + ulName + ulValue;

    if( ( pxPart->ulNumbers[ 3 ] + ulAll <= pxPart->ulNumbers[ 2 ] ) && ( pxPart->ulLive + ulAll <= pxPart->ulBudget ) )
    {
        pxPart->ulNumbers[ 3 ] += ulAll;
        ( void ) iTake( pxPart, ulSet, pxPart->ulNumbers[ 0 ] );
        ( void ) iTake( pxPart, ulSet, ulName );
        ( void ) ( ( ulValue != 0U ) && iTake( pxPart, ulSet, ulValue ) );
        return;
    }

    /* The next document takes the place of the oldest, which is torn down from its leaves or its root. */
    pxPart->ulNumbers[ 1 ] = ( ulSet + 1U ) % 3U;
    pxPart->ulNumbers[ 2 ] = ulBetween( pxPart->ulBudget / 8U, pxPart->ulBudget / 2U );
    pxPart->ulNumbers[ 3 ] = 0;
    ( void ) iMakeRoom( pxPart, pxPart->ulNumbers[ 1 ], pxPart->ulBudget + 1U, iChance( 50 ) ? eOLDEST : eNEWEST );
}

const Kind_t xTrees = { "trees", prvTreesBegin, prvTreesStep };
