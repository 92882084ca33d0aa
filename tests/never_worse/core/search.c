/* SPDX-License-Identifier: MIT */

/*
 * search.c: the smallest total RAM with which a heap serves a program.
 *
 * Smallest is the least array, in steps of 8 bytes, that serves every request. A heap may serve with some
 * size and not with a larger one, so nothing is bisected: firmheap is tried at every size upwards from what
 * the live blocks alone take (uxNeeded). heap_4 is first fit by address: an array cut above the highest
 * address that is ever used changes no placement, so its least array is there or a block further; with
 * iExhaustive it too is tried at every size, which proves the shortcut.
 * Control data grows with configTOTAL_HEAP_SIZE, never shrinks: the least array has the least total.
 */

#include "never_worse.h"

static size_t prvUp( size_t ux )
{
    return ( ux + nwGRANULE - 1U ) & ~( size_t ) ( nwGRANULE - 1U );
}

static Smallest_t prvFrom( const Heap_t * pxHeap, const Program_t * pxProgram, size_t uxFrom )
{
    Smallest_t xNone = { 0, 0, NULL };

    for( size_t ux = prvUp( uxFrom ); ux <= pxHeap->uxMost; ux += nwGRANULE )
    {
        if( iServes( pxHeap, pxProgram, ux ) )
        {
            return ( Smallest_t ) { ux, ux + pxHeap->uxControl, pxHeap };
        }
    }

    return xNone;
}

/* The largest heap of the same form: it has room to measure blocks in. */
const Heap_t * pxMeasuring( uint32_t ulForm )
{
    const Heap_t * pxFound = &xFirmheap[ 0 ];

    for( uint32_t ul = 0; ul < ulFirmheaps; ul++ )
    {
        pxFound = ( xFirmheap[ ul ].ulForm == ulForm ) ? &xFirmheap[ ul ] : pxFound;
    }

    return pxFound;
}

const Heap_t * pxFirmheapFor( size_t uxBytes )
{
    uint32_t ul = 0;

    while( ( ul + 1U < ulFirmheaps ) && ( uxBytes > xFirmheap[ ul ].uxMost ) )
    {
        ul++;
    }

    return &xFirmheap[ ul ];
}

Smallest_t xSmallestFirmheap( const Program_t * pxProgram )
{
    Smallest_t xFound = { 0, 0, NULL };
    size_t uxFrom = 0;

    for( uint32_t ul = 0; ( ul < ulFirmheaps ) && ( xFound.uxHeap == 0U ); ul++ )
    {
        const Heap_t * const pxHeap = &xFirmheap[ ul ];

        if( ( ul == 0U ) || ( pxHeap->ulForm != pxHeap[ -1 ].ulForm ) )
        {
            uxFrom = uxNeeded( pxMeasuring( pxHeap->ulForm ), pxProgram );
        }

        xFound = prvFrom( pxHeap, pxProgram, ( uxFrom > pxHeap->uxLeast ) ? uxFrom : pxHeap->uxLeast );
    }

    return xFound;
}

Smallest_t xSmallestKernel( const Program_t * pxProgram, int iExhaustive )
{
    return prvFrom( &xKernel, pxProgram, iExhaustive ? uxNeeded( &xKernel, pxProgram ) : uxHighest( &xKernel, pxProgram ) );
}

/* The largest firmheap array that fits into so much RAM. */
size_t uxLargestWithin( size_t uxTotal )
{
    size_t uxFound = 0;

    for( uint32_t ul = 0; ul < ulFirmheaps; ul++ )
    {
        const Heap_t * const pxHeap = &xFirmheap[ ul ];

        if( uxTotal >= pxHeap->uxControl + prvUp( pxHeap->uxLeast ) )
        {
            const size_t uxRoom = ( uxTotal - pxHeap->uxControl ) & ~( size_t ) ( nwGRANULE - 1U );

            uxFound = ( uxRoom < pxHeap->uxMost ) ? uxRoom : pxHeap->uxMost;
        }
    }

    return uxFound;
}
