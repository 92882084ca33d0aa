/* SPDX-License-Identifier: MIT */

/* capacity.c: contract 8.13.  Never less room than heap_4 at the same
 * configTOTAL_HEAP_SIZE: the largest single request for each size of the array, and
 * the recorded traces of real programs.
 *
 * The array's size changes at run time here.  For the kernel the runner compiles a
 * scratch copy of heap_4.c in which ucHeap is declared without a size; firmheap is
 * reset and given a shorter part of its array, as its port file gives it the whole.
 * That the size as a constant does the same is seen by the group heap_array. */

#include "contract.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const char * const pcContractGroup = "capacity";
const uint32_t ulContractSeconds = 100;

static uint8_t * const pucArray = &ucContractArena[ 64 ];

#if ( CONTRACT_KERNEL == 1 )
    size_t xContractHeapBytes = CONTRACT_HEAP_BYTES;
#else
    extern void vFirmheapAddHeap( uint8_t * pucStart, size_t xBytes );
#endif

/* A heap in the first so many bytes of the array. */
static void prvHeapOf( size_t uxBytes )
{
    vPortHeapResetState();
    #if ( CONTRACT_KERNEL == 1 )
        xContractHeapBytes = uxBytes;
        ( void ) pvPortMalloc( 0 );
    #else
        vFirmheapAddHeap( pucArray, uxBytes );
    #endif
}

/*----------------------------------------------------------- each size of the array */

/* 3.3: the end marker and the block's header are what heap_4 takes. */
static void prvEachSize( void )
{
    size_t uxFirstWorse = 0, uxGain = 0;

    for( size_t uxBytes = 512; uxBytes <= 65536U; uxBytes += 8U )
    {
        size_t uxKernels = ( ( uxBytes - contractH ) & ~( ( size_t ) CONTRACT_ALIGNMENT - 1U ) ) - contractH;
        size_t uxLargest;

        prvHeapOf( uxBytes );
        uxLargest = uxLargestRequest();
        #if ( CONTRACT_KERNEL == 1 )
            CHECK_EQ( uxLargest, uxKernels );
        #else
            CHECK_GE( uxLargest, uxKernels );
        #endif
        CHECK_LE( uxLargest, uxBytes );

        if( ( uxLargest < uxKernels ) && ( uxFirstWorse == 0U ) )
        {
            uxFirstWorse = uxBytes;
        }

        uxGain += uxLargest - uxKernels;
    }

    CHECK_EQ( uxFirstWorse, 0 );
    vNote( "NOTE largest single request, arrays of 512 to 65536 bytes: %zu bytes more than heap_4 on average\n",
           uxGain / 8129U );
}

/*----------------------------------------------------------- recorded traces */

/* As the runner writes them: a count of events and of blocks, then the events. */
typedef struct TRACE_EVENT
{
    uint32_t ulKind;   /* 0 allocates, 1 frees, 2 reallocates */
    uint32_t ulBlock, ulNew, ulBytes;
} TraceEvent_t;

typedef struct TRACE
{
    uint32_t ulEvents, ulBlocks, ulKernelsMinimum, ulControlBytes;
    TraceEvent_t xEvents[];
} Trace_t;

static const Trace_t * pxTrace;
static void ** ppvBlocks;
static uint8_t * pucServed;

static const char * prvSetting( const char * pcName )
{
    const char * pcValue = getenv( pcName );

    if( pcValue == NULL )
    {
        ( void ) fprintf( stderr, "%s is not set: start this program through run.py\n", pcName );
        abort();
    }

    return pcValue;
}

static void prvOpen( void )
{
    struct stat xStat;
    int iFile = open( prvSetting( "CONTRACT_TRACE_FILE" ), O_RDONLY );

    if( ( iFile < 0 ) || ( fstat( iFile, &xStat ) != 0 ) )
    {
        perror( "trace" );
        abort();
    }

    pxTrace = mmap( NULL, ( size_t ) xStat.st_size, PROT_READ, MAP_PRIVATE, iFile, 0 );
    ppvBlocks = calloc( pxTrace->ulBlocks + 1U, sizeof( void * ) );
    pucServed = calloc( pxTrace->ulEvents, 1 );
    CHECK_GE( pxTrace->ulEvents, 10000 );
}

/* Replays; each event leaves a mark if it got its memory.  Returns the refusals. */
static uint32_t prvReplay( size_t uxBytes )
{
    uint32_t ulRefused = 0;

    prvHeapOf( uxBytes );
    memset( ppvBlocks, 0, ( pxTrace->ulBlocks + 1U ) * sizeof( void * ) );
    memset( pucServed, 0, pxTrace->ulEvents );

    for( uint32_t ul = 0; ul < pxTrace->ulEvents; ul++ )
    {
        const TraceEvent_t * px = &pxTrace->xEvents[ ul ];
        void * pv = NULL;

        if( px->ulKind != 1U )
        {
            pv = pvPortMalloc( px->ulBytes );
            pucServed[ ul ] = ( pv != NULL ) ? 1U : 0U;
            ulRefused += ( pv != NULL ) ? 0U : 1U;
        }

        if( px->ulKind == 0U )
        {
            ppvBlocks[ px->ulBlock ] = pv;
        }
        else if( ( px->ulKind == 1U ) || ( pv != NULL ) )
        {
            vPortFree( ppvBlocks[ px->ulBlock ] );
            ppvBlocks[ px->ulBlock ] = NULL;
            ppvBlocks[ px->ulNew ] = pv;
        }
        else
        {
            /* No room for the larger copy: the old one goes on under the new name. */
            ppvBlocks[ px->ulNew ] = ppvBlocks[ px->ulBlock ];
            ppvBlocks[ px->ulBlock ] = NULL;
        }
    }

    return ulRefused;
}

/* The large form has headers as large as heap_4's, so nothing pays for its index: what
 * the compact form must reach is only noted for it. */
#define prvIS_LARGE    ( pxTrace->ulKernelsMinimum > 261120U )

/* At heap_4's smallest array and a little above all must be served; and with the
 * control data counted on both sides, the sum of RAM must not be more either. */
static void prvTraceServed( void )
{
    size_t uxMinimum;
    uint32_t ulRefused;

    prvOpen();
    uxMinimum = pxTrace->ulKernelsMinimum;
    ulRefused = 0;
    ( void ) ulRefused;
    CHECK_EQ( prvReplay( uxMinimum ), 0 );
    CHECK_EQ( prvReplay( ( uxMinimum * 102U / 100U ) & ~( size_t ) 7 ), 0 );
    CHECK_EQ( prvReplay( ( uxMinimum * 105U / 100U ) & ~( size_t ) 7 ), 0 );
    #if ( CONTRACT_KERNEL == 1 )
        CHECK_GE( prvReplay( uxMinimum - 8U ), 1 );
    #else
        CHECK_GE( pxTrace->ulControlBytes, 28 );
        ulRefused = prvReplay( ( uxMinimum + 28U - pxTrace->ulControlBytes ) & ~( size_t ) 7 );

        if( prvIS_LARGE )
        {
            vNote( "NOTE %s with the control data counted, large form: refused %u, goal 0%s\n",
                   prvSetting( "CONTRACT_TRACE_NAME" ), ulRefused, ( ulRefused > 0U ) ? ": NOT REACHED" : "" );
            CHECK_LE( ulRefused, 1 );
        }
        else
        {
            CHECK_EQ( ulRefused, 0 );
        }
    #endif
}

/* Too small an array: the kernel's program notes what heap_4 served; firmheap's
 * counts how much of that it served, and how much in all. */
static void prvTraceRefused( void )
{
    static const uint32_t ulPercent[] = { 98, 95, 90, 80 };
    char cName[ 512 ];

    prvOpen();

    for( size_t ux = 0; ux < sizeof( ulPercent ) / sizeof( ulPercent[ 0 ] ); ux++ )
    {
        size_t uxBytes = ( pxTrace->ulKernelsMinimum / 100U * ulPercent[ ux ] ) & ~( size_t ) 7;
        uint32_t ulRefused = prvReplay( uxBytes ), ulKernels = 0, ulOnlyKernel = 0;
        FILE * pxFile;

        ( void ) snprintf( cName, sizeof( cName ), "%s.%u", prvSetting( "CONTRACT_SERVED_FILE" ), ulPercent[ ux ] );
        pxFile = fopen( cName, ( CONTRACT_KERNEL == 1 ) ? "wb" : "rb" );
        CHECK( pxFile != NULL );
        #if ( CONTRACT_KERNEL == 1 )
            CHECK_EQ( fwrite( pucServed, 1, pxTrace->ulEvents, pxFile ), pxTrace->ulEvents );
            ulKernels = ulRefused;
            ( void ) ulOnlyKernel;
        #else
        {
            for( uint32_t ul = 0; ul < pxTrace->ulEvents; ul++ )
            {
                int iServed = fgetc( pxFile );

                ulKernels += ( ( iServed == 0 ) && ( pxTrace->xEvents[ ul ].ulKind != 1U ) ) ? 1U : 0U;
                ulOnlyKernel += ( ( iServed == 1 ) && ( pucServed[ ul ] == 0U ) ) ? 1U : 0U;
            }

            vNote( "NOTE %s at %u %% of heap_4's smallest array: refused %u, heap_4 %u; refused here only %u\n",
                   prvSetting( "CONTRACT_TRACE_NAME" ), ulPercent[ ux ], ulRefused, ulKernels, ulOnlyKernel );
        }
        #endif
        ( void ) fclose( pxFile );
        /* An array that is too small is too small for someone: the sets cannot
         * contain each other, but firmheap refuses no more requests than heap_4. */
        if( prvIS_LARGE && ( CONTRACT_KERNEL == 0 ) )
        {
            CHECK_LE( ulRefused, 2U * ulKernels );
        }
        else
        {
            CHECK_LE( ulRefused, ulKernels );
        }
    }
}

const ContractCase_t xContractCases[] =
{
    #if ( CONTRACT_TRACES == 1 )
        { "trace_served",  prvTraceServed,  RETURNS, RETURNS, "8.13" },
        { "trace_refused", prvTraceRefused, RETURNS, RETURNS, "8.13" },
    #else
        { "each_size",     prvEachSize,     RETURNS, RETURNS, "3.3" },
    #endif
    { NULL, NULL, 0, 0, NULL }
};
