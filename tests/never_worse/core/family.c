/* SPDX-License-Identifier: MIT */

/*
 * family.c: the random programs, each a function of (family, seed, id) alone. Integers only, so that
 * every host makes the same.
 *
 * A program of the main family holds up to P requested bytes, P from 2 KiB to 200 KiB with every octave as
 * likely, and has 200 to 3000 operations, every octave as likely. Its largest usual request is 64 to 4096
 * bytes, every octave as likely, but no more than a quarter of P. A program too short to reach P three
 * times over gets more operations and, if 3000 are too few, larger requests. Its kind is id modulo
 * the number of kinds; the last kind is two others at once, in turns of random length. Programs end as firmware is
 * switched off: with blocks in use.
 * The tiny family is the same with P from 300 bytes to 2 KiB.
 */

#include "family.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t ullState;
static Program_t * pxMade;
static uint32_t ulOpsWanted;
static Op_t xOps[ nwOPS_MAX ];
static uint32_t ulSlotBytes[ nwOPS_MAX ];
static uint32_t ulVacant[ nwOPS_MAX ], ulVacants;
static Part_t xParts[ 2 ];

/*----------------------------------------------------------- chance */

/* Steele, Lea, Flood: "Fast splittable pseudorandom number generators" (SplitMix64), 2014. */
static uint32_t prvRandom( void )
{
    uint64_t ull = ( ullState += 0x9E3779B97F4A7C15ULL );

    ull = ( ull ^ ( ull >> 30 ) ) * 0xBF58476D1CE4E5B9ULL;
    ull = ( ull ^ ( ull >> 27 ) ) * 0x94D049BB133111EBULL;
    return ( uint32_t ) ( ( ull ^ ( ull >> 31 ) ) >> 32 );
}

uint32_t ulBetween( uint32_t ulLow, uint32_t ulHigh )
{
    if( ulHigh <= ulLow )
    {
        return ulLow;
    }

    return ulLow + ( uint32_t ) ( ( ( uint64_t ) prvRandom() * ( ulHigh - ulLow + 1U ) ) >> 32 );
}

uint32_t ulOctaves( uint32_t ulLow, uint32_t ulHigh )
{
    uint32_t ulCount = 1, ulFrom;

    while( ( ulLow << ulCount ) < ulHigh )
    {
        ulCount++;
    }

    ulFrom = ulLow << ulBetween( 0, ulCount - 1U );
    return ulBetween( ulFrom, ( ulFrom * 2U < ulHigh ) ? ( ulFrom * 2U - 1U ) : ulHigh );
}

uint32_t ulSmall( uint32_t ulHigh )
{
    return ( iChance( 10 ) || ( ulHigh <= 8U ) ) ? ulBetween( 1, ( ulHigh < 8U ) ? ulHigh : 8U ) : ulOctaves( 8, ulHigh );
}

int iChance( uint32_t ulPercent )
{
    return ulBetween( 1, 100 ) <= ulPercent;
}

uint32_t ulLesser( uint32_t ulA, uint32_t ulB )
{
    return ( ulA < ulB ) ? ulA : ulB;
}

/*----------------------------------------------------------- operations */

static int prvIsFull( void )
{
    return pxMade->ulOps >= ulOpsWanted;
}

static void prvRecord( uint32_t ulSlot, uint32_t ulBytes )
{
    xOps[ pxMade->ulOps ].ulSlot = ulSlot;
    xOps[ pxMade->ulOps ].ulBytes = ulBytes;
    pxMade->ulOps++;
}

int iTake( Part_t * pxPart, uint32_t ulSet, uint32_t ulBytes )
{
    Set_t * const pxSet = &pxPart->xSets[ ulSet ];
    uint32_t ulSlot;

    if( ( pxPart->ulLive + ulBytes > pxPart->ulBudget ) || prvIsFull() )
    {
        return 0;
    }

    ulSlot = ( ulVacants > 0U ) ? ulVacant[ --ulVacants ] : pxMade->ulSlots++;
    ulSlotBytes[ ulSlot ] = ulBytes;
    pxSet->ulSlots[ pxSet->ulCount++ ] = ulSlot;
    pxPart->ulLive += ulBytes;
    prvRecord( ulSlot, ulBytes );
    return 1;
}

/* While it copies, the old and the new block live: room is needed for both. */
int iResize( Part_t * pxPart, uint32_t ulSet, uint32_t ulIndex, uint32_t ulBytes )
{
    const uint32_t ulSlot = pxPart->xSets[ ulSet ].ulSlots[ ulIndex ];

    if( ( pxPart->ulLive + ulBytes > pxPart->ulBudget ) || prvIsFull() )
    {
        return 0;
    }

    pxPart->ulLive += ulBytes - ulSlotBytes[ ulSlot ];
    ulSlotBytes[ ulSlot ] = ulBytes;
    prvRecord( ulSlot | nwRESIZE, ulBytes );
    return 1;
}

void vGive( Part_t * pxPart, uint32_t ulSet, uint32_t ulIndex )
{
    Set_t * const pxSet = &pxPart->xSets[ ulSet ];
    uint32_t ulSlot;

    if( ( ulIndex >= pxSet->ulCount ) || prvIsFull() )
    {
        return;
    }

    ulSlot = pxSet->ulSlots[ ulIndex ];
    pxSet->ulCount--;
    memmove( &pxSet->ulSlots[ ulIndex ], &pxSet->ulSlots[ ulIndex + 1U ], ( pxSet->ulCount - ulIndex ) * sizeof( uint32_t ) );
    ulVacant[ ulVacants++ ] = ulSlot;
    pxPart->ulLive -= ulSlotBytes[ ulSlot ];
    prvRecord( ulSlot, 0 );
}

void vGiveAny( Part_t * pxPart, uint32_t ulSet )
{
    if( pxPart->xSets[ ulSet ].ulCount > 0U )
    {
        vGive( pxPart, ulSet, ulBetween( 0, pxPart->xSets[ ulSet ].ulCount - 1U ) );
    }
}

uint32_t ulBytesOf( const Part_t * pxPart, uint32_t ulSet, uint32_t ulIndex )
{
    return ulSlotBytes[ pxPart->xSets[ ulSet ].ulSlots[ ulIndex ] ];
}

int iMakeRoom( Part_t * pxPart, uint32_t ulSet, uint32_t ulBytes, Order_t eOrder )
{
    Set_t * const pxSet = &pxPart->xSets[ ulSet ];

    while( ( pxPart->ulLive + ulBytes > pxPart->ulBudget ) && ( pxSet->ulCount > 0U ) && !prvIsFull() )
    {
        const uint32_t ulLast = pxSet->ulCount - 1U;

        vGive( pxPart, ulSet, ( eOrder == eOLDEST ) ? 0U : ( eOrder == eNEWEST ) ? ulLast : ulBetween( 0, ulLast ) );
    }

    return pxPart->ulLive + ulBytes <= pxPart->ulBudget;
}

/*----------------------------------------------------------- programs */

static void prvBegin( Part_t * pxPart, const Kind_t * pxKind, uint32_t ulBudget, uint32_t ulHigh )
{
    pxPart->pxKind = pxKind;
    pxPart->ulBudget = ulBudget;
    pxPart->ulLive = 0;
    pxPart->ulHigh = ulLesser( ulHigh, ulBudget / 4U );

    for( uint32_t ul = 0; ul < familySETS; ul++ )
    {
        pxPart->xSets[ ul ].ulCount = 0;
    }

    pxKind->vBegin( pxPart );
}

/* Sizes of ulSmall() average about a fifth of the largest. */
static uint32_t prvHigh( uint32_t ulBudget )
{
    const uint32_t ulLargest = ulLesser( ulBudget / 4U, 4096U );
    uint32_t ulHigh = ulOctaves( 64, ( ulLargest > 64U ) ? ulLargest : 65U );
    const uint32_t ulNeeded = 15U * ulBudget / ulHigh;

    ulOpsWanted = ulOctaves( 200, nwOPS_MAX );
    ulOpsWanted = ( ulNeeded > ulOpsWanted ) ? ulNeeded : ulOpsWanted;

    if( ulOpsWanted > nwOPS_MAX )
    {
        ulOpsWanted = nwOPS_MAX;
        ulHigh = 15U * ulBudget / nwOPS_MAX;
    }

    return ulHigh;
}

static void prvRun( uint32_t ulParts )
{
    uint32_t ulPart = 0, ulTurns = 0, ulIdle = 0;

    while( !prvIsFull() )
    {
        const uint32_t ulBefore = pxMade->ulOps;

        if( ulTurns-- == 0U )
        {
            ulPart = ulBetween( 0, ulParts - 1U );
            ulTurns = ulBetween( 1, 40 );
        }

        xParts[ ulPart ].pxKind->vStep( &xParts[ ulPart ] );
        ulIdle = ( pxMade->ulOps == ulBefore ) ? ( ulIdle + 1U ) : 0U;

        if( ulIdle > 10000U )
        {
            ( void ) fprintf( stderr, "kind %s stands still: a fault of kinds.c\n", xParts[ ulPart ].pxKind->pcName );
            exit( 3 );
        }
    }
}

void vMakeProgram( Program_t * pxProgram, char cFamily, uint32_t ulSeed, uint32_t ulId )
{
    const uint32_t ulKind = ulId % ( ulKinds + 1U );
    uint32_t ulBudget, ulHigh;

    ullState = ( ( uint64_t ) ulSeed << 40 ) ^ ( ( uint64_t ) ( uint8_t ) cFamily << 32 ) ^ ulId;
    ( void ) prvRandom();
    memset( pxProgram, 0, sizeof( *pxProgram ) );
    pxProgram->pxOps = xOps;
    pxMade = pxProgram;
    ulVacants = 0;
    ulBudget = ( cFamily == 't' ) ? ulOctaves( 300, 2048 ) : ulOctaves( 2048, 204800 );
    ulHigh = prvHigh( ulBudget );

    if( ulKind < ulKinds )
    {
        pxProgram->pcKind = pxKinds[ ulKind ]->pcName;
        prvBegin( &xParts[ 0 ], pxKinds[ ulKind ], ulBudget, ulHigh );
        prvRun( 1 );
    }
    else
    {
        const uint32_t ulFirst = ulBetween( 0, ulKinds - 1U );
        const uint32_t ulShare = ulBetween( 20, 80 );

        pxProgram->pcKind = "blend";
        prvBegin( &xParts[ 0 ], pxKinds[ ulFirst ], ulBudget * ulShare / 100U, ulHigh );
        prvBegin( &xParts[ 1 ], pxKinds[ ( ulFirst + ulBetween( 1, ulKinds - 1U ) ) % ulKinds ],
                  ulBudget * ( 100U - ulShare ) / 100U, ulHigh );
        prvRun( 2 );
    }

    vMeasureProgram( pxProgram );
}

void vMeasureProgram( Program_t * pxProgram )
{
    uint32_t * const pulHeld = calloc( pxProgram->ulSlots, sizeof( uint32_t ) );
    uint32_t ulBytes = 0, ulBlocks = 0;

    for( uint32_t ul = 0; ul < pxProgram->ulOps; ul++ )
    {
        const Op_t xOp = pxProgram->pxOps[ ul ];
        uint32_t * const pulSlot = &pulHeld[ xOp.ulSlot & ~nwRESIZE ];

        ulBytes += xOp.ulBytes;
        ulBlocks += ( xOp.ulBytes != 0U ) ? 1U : 0U;

        if( ulBytes > pxProgram->ulPeakBytes )
        {
            pxProgram->ulPeakBytes = ulBytes;
            pxProgram->ulPeakBlocks = ulBlocks;
        }

        if( ( xOp.ulBytes == 0U ) || ( ( xOp.ulSlot & nwRESIZE ) != 0U ) )
        {
            ulBytes -= *pulSlot;
            ulBlocks--;
        }

        *pulSlot = xOp.ulBytes;
    }

    free( pulHeld );
}
