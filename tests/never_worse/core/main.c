/* SPDX-License-Identifier: MIT */

/* main.c: what the driver asks of this program. Each answer is a line of words for the driver. */

#include "never_worse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t prvNumber( const char * pc )
{
    return ( uint32_t ) strtoul( pc, NULL, 10 );
}

/* label kind operations peak-bytes peak-blocks | heap total of heap_4 | heap total of firmheap | same-RAM proof */
static void prvCompare( const char * pcLabel, const Program_t * pxProgram, int iProve )
{
    const Smallest_t xKernels = xSmallestKernel( pxProgram, 0 );
    const Smallest_t xOurs = xSmallestFirmheap( pxProgram );
    int iSame = 0, iProof = -1;

    if( ( xKernels.uxHeap != 0U ) && ( xOurs.uxHeap != 0U ) )
    {
        const size_t uxWithin = uxLargestWithin( xKernels.uxTotal );

        if( !iServesIntact( xKernels.pxHeap, pxProgram, xKernels.uxHeap ) ||
            !iServesIntact( xOurs.pxHeap, pxProgram, xOurs.uxHeap ) )
        {
            ( void ) fprintf( stderr, "%s is served once and not again: a fault of this test\n", pcLabel );
            exit( 3 );
        }

        iSame = ( uxWithin != 0U ) && iServes( pxFirmheapFor( uxWithin ), pxProgram, uxWithin );
    }

    if( iProve )
    {
        iProof = ( xSmallestKernel( pxProgram, 1 ).uxHeap == xKernels.uxHeap );
    }

    ( void ) printf( "PROGRAM %s %s %u %u %u %zu %zu %zu %zu %d %d\n", pcLabel, pxProgram->pcKind, pxProgram->ulOps,
                     pxProgram->ulPeakBytes, pxProgram->ulPeakBlocks, xKernels.uxHeap, xKernels.uxTotal, xOurs.uxHeap,
                     xOurs.uxTotal, iSame, iProof );
    ( void ) fflush( stdout );
}

static void prvPrograms( char cFamily, uint32_t ulSeed, uint32_t ulFirst, uint32_t ulCount, uint32_t ulProveEvery )
{
    for( uint32_t ul = ulFirst; ul < ulFirst + ulCount; ul++ )
    {
        Program_t xProgram;
        char cLabel[ 16 ];

        vMakeProgram( &xProgram, cFamily, ulSeed, ul );
        ( void ) snprintf( cLabel, sizeof( cLabel ), "%u", ul );
        prvCompare( cLabel, &xProgram, ( ulProveEvery != 0U ) && ( ul % ulProveEvery == 0U ) );
    }
}

/* Runs of sizes that serve, from the least that can to the first after which 512 bytes' worth of sizes all serve. */
static void prvRanges( const char * pcWhose, const Program_t * pxProgram, const Heap_t * pxFixed, size_t uxFrom )
{
    uint32_t ulServed = 0;

    for( size_t ux = ( uxFrom + 7U ) & ~( size_t ) 7U; ( ux <= nwARENA_BYTES ) && ( ulServed < 64U ); ux += nwGRANULE )
    {
        const Heap_t * const pxHeap = ( pxFixed != NULL ) ? pxFixed : pxFirmheapFor( ux );
        const int iServed = iServes( pxHeap, pxProgram, ux );

        if( iServed != ( ulServed > 0U ) )
        {
            ( void ) printf( "RANGE %s %s from %zu (total %zu)\n", pcWhose, iServed ? "serves" : "fails", ux, ux + pxHeap->uxControl );
        }

        ulServed = iServed ? ( ulServed + 1U ) : 0U;
    }
}

static void prvShow( const Program_t * pxProgram )
{
    const size_t uxKernels = uxNeeded( &xKernel, pxProgram ), uxOurs = uxNeeded( pxMeasuring( 0 ), pxProgram );

    ( void ) printf( "NEEDED by the blocks alone: heap_4 %zu, firmheap %zu\n", uxKernels, uxOurs );
    prvRanges( "heap_4", pxProgram, &xKernel, uxKernels );
    prvRanges( "firmheap", pxProgram, NULL, uxOurs );
}

int main( int iArguments, char ** ppcArguments )
{
    const char * const pcHandicap = getenv( "NEVER_WORSE_HANDICAP" );
    const char * const pcCommand = ( iArguments > 1 ) ? ppcArguments[ 1 ] : "";
    Program_t xProgram = { 0 };

    uxHandicap = ( pcHandicap != NULL ) ? prvNumber( pcHandicap ) : 0U;

    if( strcmp( pcCommand, "capacity" ) == 0 )
    {
        return iCapacity();
    }

    if( ( strcmp( pcCommand, "trace" ) == 0 ) && ( iArguments == 4 ) )
    {
        vReadTrace( &xProgram, ppcArguments[ 3 ] );
        prvCompare( ppcArguments[ 2 ], &xProgram, 0 );
        return 0;
    }

    if( ( strcmp( pcCommand, "programs" ) == 0 ) && ( iArguments == 7 ) )
    {
        prvPrograms( ppcArguments[ 2 ][ 0 ], prvNumber( ppcArguments[ 3 ] ), prvNumber( ppcArguments[ 4 ] ),
                     prvNumber( ppcArguments[ 5 ] ), prvNumber( ppcArguments[ 6 ] ) );
        return 0;
    }

    if( ( ( strcmp( pcCommand, "show" ) == 0 ) || ( strcmp( pcCommand, "write" ) == 0 ) ) && ( iArguments == 5 ) )
    {
        vMakeProgram( &xProgram, ppcArguments[ 2 ][ 0 ], prvNumber( ppcArguments[ 3 ] ), prvNumber( ppcArguments[ 4 ] ) );

        if( pcCommand[ 0 ] == 's' )
        {
            prvShow( &xProgram );
        }
        else
        {
            vWriteTrace( &xProgram );
        }

        return 0;
    }

    ( void ) fprintf( stderr, "started by run.py: capacity | trace NAME FILE | programs FAMILY SEED FIRST COUNT PROVE_EVERY | "
                              "show FAMILY SEED ID | write FAMILY SEED ID\n" );
    return 2;
}
