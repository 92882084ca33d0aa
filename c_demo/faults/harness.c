/* SPDX-License-Identifier: MIT */
#include <execinfo.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "FreeRTOS.h"

#include "firmheap_faults.h"
#include "harness.h"

#define harnessSITES     64U
#define harnessDEPTH     3U
#define harnessFRAMES    24

typedef struct Site
{
    void * pvFrom[ harnessDEPTH ];
    size_t uxBytes;
    unsigned uxRequests;
} Site_t;

static Site_t xSites[ harnessSITES ];
static unsigned uxSites, uxFailed;
static uint64_t ullWanted;
extern const char __executable_start[], etext[];

/* The part of the call chain that is in this program, from the request outwards. */
static void prvChain( void * pvCaller, void ** ppvFrom )
{
    void * pvFrames[ harnessFRAMES ];
    const int iFrames = backtrace( pvFrames, harnessFRAMES );
    unsigned uxDepth = 0;
    int iFrame = 0;

    while( ( iFrame < iFrames ) && ( pvFrames[ iFrame ] != pvCaller ) )
    {
        iFrame++;
    }

    for( ; ( iFrame < iFrames ) && ( uxDepth < harnessDEPTH ); iFrame++ )
    {
        const uintptr_t uxAt = ( uintptr_t ) pvFrames[ iFrame ];

        if( ( uxAt >= ( uintptr_t ) __executable_start ) && ( uxAt < ( uintptr_t ) etext ) )
        {
            ppvFrom[ uxDepth++ ] = pvFrames[ iFrame ];
        }
    }
}
/*-----------------------------------------------------------*/

/* The same number in every run: the program is linked at a fixed address. */
static uint64_t prvNumber( const Site_t * pxSite )
{
    uint64_t ull = 1469598103934665603ULL;

    for( unsigned ux = 0; ux < harnessDEPTH; ux++ )
    {
        ull = ( ull ^ ( uint64_t ) ( uintptr_t ) pxSite->pvFrom[ ux ] ) * 1099511628211ULL;
    }

    return ull;
}
/*-----------------------------------------------------------*/

static uint32_t prvAsk( void * pvCaller, size_t xBytes )
{
    Site_t xSite = { { NULL, NULL, NULL }, xBytes, 0U };
    unsigned ux = 0;

    prvChain( pvCaller, xSite.pvFrom );

    while( ( ux < uxSites ) && ( memcmp( xSites[ ux ].pvFrom, xSite.pvFrom, sizeof( xSite.pvFrom ) ) != 0 ) )
    {
        ux++;
    }

    if( ux == harnessSITES )
    {
        ( void ) fprintf( stderr, "harness: more than %u sites\n", harnessSITES );
        _exit( 99 );
    }

    if( ux == uxSites )
    {
        xSites[ uxSites++ ] = xSite;
    }

    xSites[ ux ].uxRequests++;

    if( ( ullWanted != 0U ) && ( xSites[ ux ].uxRequests == 1U ) && ( prvNumber( &xSite ) == ullWanted ) )
    {
        uxFailed++;

        return 1U;
    }

    return 0U;
}
/*-----------------------------------------------------------*/

void vHarnessBegin( void )
{
    FirmheapInjection_t xWatch = { 0 };
    const char * pcWanted = getenv( "FIRMHEAP_FAIL" );
    void * pvFirst[ 1 ];

    ullWanted = ( pcWanted != NULL ) ? strtoull( pcWanted, NULL, 16 ) : 0U;
    ( void ) backtrace( pvFirst, 1 ); /* loads what it needs now, not inside a request */
    xWatch.pxAsk = prvAsk;
    vPortInjectFailures( &xWatch );
}
/*-----------------------------------------------------------*/

void vHarnessEnd( void )
{
    HeapStats_t xStats;
    size_t uxInUse = 0;

    vPortGetHeapStats( &xStats );

    if( xStats.xNumberOfSuccessfulAllocations != 0U ) /* else the heap was never set up */
    {
        uxInUse = configTOTAL_HEAP_SIZE - xStats.xAvailableHeapSpaceInBytes;
    }

    for( unsigned ux = 0; ( ullWanted == 0U ) && ( ux < uxSites ); ux++ )
    {
        ( void ) printf( "site %016llx %u %lu %p %p %p\n", ( unsigned long long ) prvNumber( &xSites[ ux ] ), xSites[ ux ].uxRequests,
                         ( unsigned long ) xSites[ ux ].uxBytes, xSites[ ux ].pvFrom[ 0 ], xSites[ ux ].pvFrom[ 1 ], xSites[ ux ].pvFrom[ 2 ] );
    }

    ( void ) printf( "failed %u\nin use %lu\n", uxFailed, ( unsigned long ) uxInUse );
    ( void ) fflush( stdout );
    _exit( 0 );
}
