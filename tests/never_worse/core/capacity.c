/* SPDX-License-Identifier: MIT */

/*
 * capacity.c: the largest single request for every configTOTAL_HEAP_SIZE.
 *
 * Every multiple of 4 from 512 bytes to 64 KiB, of 1020 (so of no power of two) up to 4 MiB, and every
 * multiple of 4 within 2 KiB of each power of two above 64 KiB, 256 KiB among them, where the large form
 * begins. The contract suite's group capacity does multiples of 8 to 64 KiB at other alignments and
 * with the protector, on one port file; here each size has the port file, and so the number of list heads,
 * that firmware of that size has.
 */

#include "never_worse.h"

#include <stdio.h>
#include <string.h>

typedef struct TALLY
{
    uint32_t ulSizes, ulWorse, ulEqual;
    uint64_t ullGain;
    size_t uxLeastGain;
} Tally_t;

/* The largest request that is served from an untouched heap; each step frees what it got. */
static size_t prvLargest( const Heap_t * pxHeap, size_t uxHeap )
{
    size_t uxServed = 0, uxRefused = uxHeap + 1U;

    vTrial( pxHeap, uxHeap );

    while( uxRefused - uxServed > 1U )
    {
        const size_t uxMiddle = uxServed + ( uxRefused - uxServed ) / 2U;
        void * const pv = pvRequest( pxHeap, uxMiddle );

        if( pv != NULL )
        {
            pxHeap->vFree( pv );
            uxServed = uxMiddle;
        }
        else
        {
            uxRefused = uxMiddle;
        }
    }

    return uxServed;
}

/* The block can be written to its last byte, is the only one, and the heap is whole again without it. */
static int prvIsReal( const Heap_t * pxHeap, size_t uxHeap, size_t uxLargest )
{
    const size_t uxFree = pxHeap->xFreeBytes();
    uint8_t * const puc = pvRequest( pxHeap, uxLargest );
    const uint8_t * const pucArray = &ucArena[ nwARRAY_AT ];
    int iReal;

    if( ( puc == NULL ) || ( puc < pucArray ) || ( puc + uxLargest > pucArray + uxHeap ) )
    {
        return 0;
    }

    memset( puc, 0xFF, uxLargest );
    iReal = ( pxHeap->pvMalloc( uxLargest ) == NULL );
    pxHeap->vFree( puc );
    return iReal && ( pxHeap->xFreeBytes() == uxFree );
}

/* Blocks of every size class up to the largest, split off and freed: no head beyond the port file's is touched. */
static int prvTouchesEveryList( const Heap_t * pxHeap, size_t uxLargest )
{
    const size_t uxFree = pxHeap->xFreeBytes();

    for( size_t ux = 1; ux < uxLargest; ux += ux / 3U + 1U )
    {
        void * const pvFirst = pxHeap->pvMalloc( ux );
        void * const pvSecond = pxHeap->pvMalloc( 1 );

        pxHeap->vFree( pvFirst );
        pxHeap->vFree( pvSecond );

        if( pxHeap->xFreeBytes() != uxFree )
        {
            return 0;
        }
    }

    return 1;
}

static int prvCheck( Tally_t * pxTally, size_t uxHeap )
{
    const Heap_t * const pxHeap = pxFirmheapFor( uxHeap );
    const size_t uxKernels = prvLargest( &xKernel, uxHeap );
    const size_t uxLargest = prvLargest( pxHeap, uxHeap );
    const int iReal = prvIsReal( pxHeap, uxHeap, uxLargest ) && prvTouchesEveryList( pxHeap, uxLargest );

    pxTally->ulSizes++;

    if( ( uxLargest < uxKernels ) || !iReal )
    {
        if( pxTally->ulWorse++ < 5U )
        {
            ( void ) printf( "WORSE configTOTAL_HEAP_SIZE %zu: largest request %zu, heap_4 %zu%s\n", uxHeap, uxLargest,
                             uxKernels, iReal ? "" : ", and the heap was not whole after it" );
        }

        return 0;
    }

    pxTally->ulEqual += ( uxLargest == uxKernels ) ? 1U : 0U;
    pxTally->ullGain += uxLargest - uxKernels;
    pxTally->uxLeastGain = ( uxLargest - uxKernels < pxTally->uxLeastGain ) ? ( uxLargest - uxKernels ) : pxTally->uxLeastGain;
    return 1;
}

static int prvIsWanted( size_t ux )
{
    const size_t uxNear = 2048;

    if( ( ux <= 65536U ) || ( ux % 1020U == 0U ) || ( ux == nwARENA_BYTES ) )
    {
        return 1;
    }

    for( size_t uxPower = 65536U; uxPower <= nwARENA_BYTES; uxPower *= 2U )
    {
        if( ( ux + uxNear >= uxPower ) && ( ux <= uxPower + uxNear ) )
        {
            return 1;
        }
    }

    return 0;
}

/* One CAPACITY line for each firmheap object: sizes from, to, how many, worse, equal, least and mean gain. */
int iCapacity( void )
{
    size_t uxHeap = 512;

    for( uint32_t ul = 0; ul < ulFirmheaps; ul++ )
    {
        Tally_t xTally = { 0, 0, 0, 0, SIZE_MAX };
        const size_t uxFirst = uxHeap;

        for( ; uxHeap <= xFirmheap[ ul ].uxMost; uxHeap += 4U )
        {
            if( prvIsWanted( uxHeap ) )
            {
                ( void ) prvCheck( &xTally, uxHeap );
            }
        }

        if( xTally.ulSizes > 0U )
        {
            ( void ) printf( "CAPACITY %zu %zu %u %u %u %zu %.1f\n", uxFirst, uxHeap - 4U, xTally.ulSizes, xTally.ulWorse,
                             xTally.ulEqual, ( xTally.uxLeastGain == SIZE_MAX ) ? 0U : xTally.uxLeastGain,
                             ( double ) xTally.ullGain / xTally.ulSizes );
            ( void ) fflush( stdout );
        }
    }

    return 0;
}
