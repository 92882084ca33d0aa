/* SPDX-License-Identifier: MIT */

/*
 * kinds.c: what the random programs are like; this file has the list and the plainest three. Sizes are bytes as
 * a program asks for them, multiples of nothing in particular; only stacks are whole words, and a
 * structure has the size of its kind.
 * Decided before any result was seen, and not to be tuned to results.
 */

#include "family.h"

static void prvNothing( Part_t * pxPart )
{
    ( void ) pxPart;
}

/*----------------------------------------------------------- power law sizes, mixed lifetimes */

/* Sets: short-lived, long-lived. */
static void prvPowerStep( Part_t * pxPart )
{
    const uint32_t ulSet = iChance( 75 ) ? 0U : 1U;

    if( iChance( 62 ) )
    {
        const uint32_t ulBytes = ulSmall( pxPart->ulHigh );

        if( iMakeRoom( pxPart, 0, ulBytes, eANY ) || iMakeRoom( pxPart, 1, ulBytes, eANY ) )
        {
            ( void ) iTake( pxPart, ulSet, ulBytes );
        }
    }
    else if( ( ulSet == 0U ) && ( pxPart->xSets[ 0 ].ulCount > 0U ) )
    {
        const uint32_t ulCount = pxPart->xSets[ 0 ].ulCount;

        vGive( pxPart, 0, ulBetween( ( ulCount > 8U ) ? ( ulCount - 8U ) : 0U, ulCount - 1U ) );
    }
    else
    {
        vGiveAny( pxPart, iChance( 50 ) ? 1U : 0U );
    }
}

static const Kind_t xPower = { "power", prvNothing, prvPowerStep };

/*----------------------------------------------------------- uniform sizes, freed at random */

static void prvUniformStep( Part_t * pxPart )
{
    const uint32_t ulBytes = ulBetween( 1, pxPart->ulHigh / 2U );

    if( iChance( 60 ) )
    {
        ( void ) ( iMakeRoom( pxPart, 0, ulBytes, eANY ) && iTake( pxPart, 0, ulBytes ) );
    }
    else
    {
        vGiveAny( pxPart, 0 );
    }
}

static const Kind_t xUniform = { "uniform", prvNothing, prvUniformStep };

/*----------------------------------------------------------- a few types of structures */

/* Numbers: the sizes of eight types; the first ones are used most. */
static void prvTypesBegin( Part_t * pxPart )
{
    for( uint32_t ul = 0; ul < 8U; ul++ )
    {
        pxPart->ulNumbers[ ul ] = ulSmall( pxPart->ulHigh );
    }
}

static void prvTypesStep( Part_t * pxPart )
{
    const uint32_t ulBytes = pxPart->ulNumbers[ ulBetween( 0, ulBetween( 0, 7 ) ) ];

    if( iChance( 58 ) )
    {
        ( void ) ( iMakeRoom( pxPart, 0, ulBytes, eANY ) && iTake( pxPart, 0, ulBytes ) );
    }
    else
    {
        vGiveAny( pxPart, 0 );
    }
}

static const Kind_t xTypes = { "types", prvTypesBegin, prvTypesStep };

/* A program's kind is its id modulo the length of this list and one: the order is part of what an id means. */
const Kind_t * const pxKinds[] =
{
    &xObjects, &xPower, &xPackets, &xStrings, &xPhases, &xUniform, &xConnections, &xTrees, &xTypes
};
const uint32_t ulKinds = sizeof( pxKinds ) / sizeof( pxKinds[ 0 ] );
