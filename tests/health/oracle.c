/* SPDX-License-Identifier: MIT
 *
 * Replays a recorded trace on the host, in two regions, and compares what vPortGetHeapHealth() and the walk say
 * with what follows from the calls alone: the traced blocks in the order of their addresses, and the gaps
 * between them.
 *
 *   oracle <trace.txt> <bytes of the first region> <bytes of the second>
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#include "firmheap_health.h"

#define oracleLEVEL_off     0
#define oracleLEVEL_tasks   1
#define oracleJOIN( a, b )      a ## b
#define oracleEXPAND( a, b )    oracleJOIN( a, b )
#define oracleTRACKS        oracleEXPAND( oracleLEVEL_, FIRMHEAP_TRACK )

#define oracleBLOCKS_MAX    20000U
#define oracleIDS_MAX       200000U
#define oracleREGIONS       2U
/* Of the large form, at integrity level 1 and above; a word more where owners are tracked. */
#define oracleHEADER        ( ( oracleTRACKS > 0 ) ? 12U : 8U )

typedef struct
{
    uintptr_t xStart; /* of the header */
    size_t xBytes;
} Piece_t;

typedef struct
{
    uintptr_t xStart;
    uintptr_t xEnd;
} Bounds_t;

static Piece_t xLive[ oracleBLOCKS_MAX ]; /* by address */
static size_t uxLive;
static Bounds_t xBounds[ oracleREGIONS ];
static size_t xTotal, xUsed, xUsedMax;
static size_t xRefusedMax;
static uint32_t ulAllocations, ulFrees, ulFailures, ulCompared;
static TickType_t xTicks;
static void * pvOfId[ oracleIDS_MAX ];

static void prvFail( const char * pcFormat, ... )
{
    va_list xArguments;

    fputs( "FAILED: ", stdout );
    va_start( xArguments, pcFormat );
    vprintf( pcFormat, xArguments );
    va_end( xArguments );
    fputs( "\n", stdout );
    exit( 1 );
}

static void prvEqual( const char * pcWhat, size_t xFound, size_t xExpected )
{
    if( xFound != xExpected )
    {
        prvFail( "%s is %lu, the oracle says %lu (after %lu calls)", pcWhat, ( unsigned long ) xFound,
                 ( unsigned long ) xExpected, ( unsigned long ) ( ulAllocations + ulFrees + ulFailures ) );
    }
}

/*------------------------- what the kernel would give -------------------------*/

void vTaskSuspendAll( void ) {}
BaseType_t xTaskResumeAll( void ) { return pdFALSE; }
TaskHandle_t xTaskGetCurrentTaskHandle( void ) { return NULL; }
BaseType_t xTaskGetSchedulerState( void ) { return taskSCHEDULER_NOT_STARTED; }
char * pcTaskGetName( TaskHandle_t xTask ) { ( void ) xTask; return NULL; }
TickType_t xTaskGetTickCount( void ) { return xTicks; }
void vPortEnterCritical( void ) {}
void vPortExitCritical( void ) {}
void vTestAssert( const char * pcFile, int iLine ) { prvFail( "assertion, %s line %d", pcFile, iLine ); }

/*------------------------- the oracle -------------------------*/

/* Index of the first live block that starts at or above. */
static size_t prvFind( uintptr_t xStart )
{
    size_t uxLow = 0, uxHigh = uxLive;

    while( uxLow < uxHigh )
    {
        const size_t uxMiddle = ( uxLow + uxHigh ) / 2U;

        if( xLive[ uxMiddle ].xStart < xStart )
        {
            uxLow = uxMiddle + 1U;
        }
        else
        {
            uxHigh = uxMiddle;
        }
    }

    return uxLow;
}

void vRecordMalloc( void * pv, size_t uxBytes )
{
    const uintptr_t xStart = ( uintptr_t ) pv - oracleHEADER;
    const size_t uxAt = prvFind( xStart );

    if( pv == NULL )
    {
        ulFailures++;
        return;
    }

    if( ( uxLive == oracleBLOCKS_MAX ) || ( ( uxAt < uxLive ) && ( xStart + uxBytes > xLive[ uxAt ].xStart ) ) ||
        ( ( uxAt > 0U ) && ( xLive[ uxAt - 1U ].xStart + xLive[ uxAt - 1U ].xBytes > xStart ) ) )
    {
        prvFail( "a block overlaps another" );
    }

    memmove( &xLive[ uxAt + 1U ], &xLive[ uxAt ], ( uxLive - uxAt ) * sizeof( Piece_t ) );
    xLive[ uxAt ].xStart = xStart;
    xLive[ uxAt ].xBytes = uxBytes;
    uxLive++;
    ulAllocations++;
    xUsed += uxBytes;
    xUsedMax = ( xUsed > xUsedMax ) ? xUsed : xUsedMax;
}

void vRecordFree( void * pv, size_t uxBytes )
{
    const size_t uxAt = prvFind( ( uintptr_t ) pv - oracleHEADER );

    if( ( uxAt == uxLive ) || ( xLive[ uxAt ].xBytes != uxBytes ) )
    {
        prvFail( "a block was freed that was never handed out" );
    }

    uxLive--;
    memmove( &xLive[ uxAt ], &xLive[ uxAt + 1U ], ( uxLive - uxAt ) * sizeof( Piece_t ) );
    ulFrees++;
    xUsed -= uxBytes;
}

typedef struct
{
    size_t xLargest, xSmallest, xBlocks;
    HeapRegionHealth_t xRegions[ oracleREGIONS ];
} Gaps_t;

static void prvGap( Gaps_t * pxGaps, size_t uxRegion, size_t xBytes )
{
    HeapRegionHealth_t * pxRegion = &pxGaps->xRegions[ uxRegion ];

    if( xBytes > 0U )
    {
        pxGaps->xLargest = ( xBytes > pxGaps->xLargest ) ? xBytes : pxGaps->xLargest;
        pxGaps->xSmallest = ( ( pxGaps->xBlocks == 0U ) || ( xBytes < pxGaps->xSmallest ) ) ? xBytes : pxGaps->xSmallest;
        pxGaps->xBlocks++;
        pxRegion->xFreeBlocks++;
        pxRegion->xFreeBytes += xBytes;
        pxRegion->xLargestFreeBytes = ( xBytes > pxRegion->xLargestFreeBytes ) ? xBytes : pxRegion->xLargestFreeBytes;
    }
}

/* What lies between used blocks is one free block each. */
static Gaps_t prvGaps( void )
{
    Gaps_t xGaps;
    size_t uxRegion, ux = 0;

    memset( &xGaps, 0, sizeof( xGaps ) );

    for( uxRegion = 0; uxRegion < oracleREGIONS; uxRegion++ )
    {
        uintptr_t xFrom = xBounds[ uxRegion ].xStart;

        for( ; ( ux < uxLive ) && ( xLive[ ux ].xStart < xBounds[ uxRegion ].xEnd ); ux++ )
        {
            prvGap( &xGaps, uxRegion, xLive[ ux ].xStart - xFrom );
            xFrom = xLive[ ux ].xStart + xLive[ ux ].xBytes;
        }

        prvGap( &xGaps, uxRegion, xBounds[ uxRegion ].xEnd - xFrom );
    }

    return xGaps;
}

/*------------------------- comparisons -------------------------*/

static void prvCompareRegions( const Gaps_t * pxGaps )
{
    HeapRegionHealth_t xRegions[ oracleREGIONS + 1U ];
    size_t ux;

    prvEqual( "the number of regions", uxPortGetHeapRegionHealth( xRegions, oracleREGIONS + 1U ), oracleREGIONS );

    for( ux = 0; ux < oracleREGIONS; ux++ )
    {
        prvEqual( "a region's start", ( size_t ) xRegions[ ux ].pvStart, xBounds[ ux ].xStart + oracleHEADER );
        prvEqual( "a region's bytes", xRegions[ ux ].xTotalBytes, xBounds[ ux ].xEnd - xBounds[ ux ].xStart );
        prvEqual( "a region's free bytes", xRegions[ ux ].xFreeBytes, pxGaps->xRegions[ ux ].xFreeBytes );
        prvEqual( "a region's largest", xRegions[ ux ].xLargestFreeBytes, pxGaps->xRegions[ ux ].xLargestFreeBytes );
        prvEqual( "a region's free blocks", xRegions[ ux ].xFreeBlocks, pxGaps->xRegions[ ux ].xFreeBlocks );
    }
}

typedef struct
{
    size_t uxUsed, uxFree;
    uintptr_t xBelow;
} Walked_t;

static BaseType_t prvWalked( const HeapBlock_t * pxBlock, void * pvArgument )
{
    Walked_t * pxWalked = pvArgument;

    if( ( uintptr_t ) pxBlock->pvBlock <= pxWalked->xBelow )
    {
        prvFail( "the walk does not go up" );
    }

    pxWalked->xBelow = ( uintptr_t ) pxBlock->pvBlock;

    if( pxBlock->ulState == heapBLOCK_USED )
    {
        const size_t uxAt = pxWalked->uxUsed++;

        prvEqual( "a used block's address", ( size_t ) pxBlock->pvBlock - oracleHEADER, xLive[ uxAt ].xStart );
        prvEqual( "a used block's size", pxBlock->xBlockBytes, xLive[ uxAt ].xBytes );
    }
    else
    {
        pxWalked->uxFree++;
    }

    return pdTRUE;
}

static void prvCompare( void )
{
    const Gaps_t xGaps = prvGaps();
    HeapHealth_t xHealth;
    Walked_t xWalked = { 0, 0, 0 };

    vPortGetHeapHealth( &xHealth );
    prvEqual( "xTotalBytes", xHealth.xTotalBytes, xTotal );
    prvEqual( "xUsedBytes", xHealth.xUsedBytes, xUsed );
    prvEqual( "xFreeBytes", xHealth.xFreeBytes, xTotal - xUsed );
    prvEqual( "xFreeBytesMin", xHealth.xFreeBytesMin, xTotal - xUsedMax );
    prvEqual( "xUsedBytesMax", xHealth.xUsedBytesMax, xUsedMax );
    prvEqual( "xLargestFreeBytes", xHealth.xLargestFreeBytes, xGaps.xLargest );
    prvEqual( "xSmallestFreeBytes", xHealth.xSmallestFreeBytes, xGaps.xSmallest );
    prvEqual( "xFreeBlocks", xHealth.xFreeBlocks, xGaps.xBlocks );
    prvEqual( "xUsedBlocks", xHealth.xUsedBlocks, uxLive );
    prvEqual( "xHeaderBytes", xHealth.xHeaderBytes, oracleHEADER * ( uxLive + oracleREGIONS ) );
    prvEqual( "xRoundingBytes", xHealth.xRoundingBytes, heapUNKNOWN );
    prvEqual( "ulAllocations", xHealth.ulAllocations, ulAllocations );
    prvEqual( "ulFrees", xHealth.ulFrees, ulFrees );
    prvEqual( "ulFailures", xHealth.ulFailures, ( oracleTRACKS > 0 ) ? ulFailures : 0U );
    prvEqual( "xLargestRefusedBytes", xHealth.xLargestRefusedBytes, ( oracleTRACKS > 0 ) ? xRefusedMax : 0U );
    prvEqual( "ulRegions", xHealth.ulRegions, oracleREGIONS );
    prvEqual( "ulUsedPermille", xHealth.ulUsedPermille, ( size_t ) ( 1000ULL * xUsed / xTotal ) );
    prvEqual( "ulFragmentationPermille", xHealth.ulFragmentationPermille,
              ( xTotal == xUsed ) ? 0U : ( size_t ) ( 1000U - 1000ULL * xGaps.xLargest / ( xTotal - xUsed ) ) );
    prvEqual( "pdPASS of the walk", ( size_t ) xPortHeapWalk( prvWalked, &xWalked ), ( size_t ) pdPASS );
    prvEqual( "used blocks of the walk", xWalked.uxUsed, uxLive );
    prvEqual( "free blocks of the walk", xWalked.uxFree, xGaps.xBlocks );
    prvCompareRegions( &xGaps );
    ulCompared++;
}

/* The largest request is served, and one byte more is not: asked of the heap itself. */
static void * prvAllocate( size_t xBytes, int iIsZeroed );

static void prvLargestRequest( void )
{
    HeapHealth_t xHealth;
    void * pv;

    vPortGetHeapHealth( &xHealth );

    if( prvAllocate( xHealth.xLargestRequestBytes + 1U, 0 ) != NULL )
    {
        prvFail( "more than xLargestRequestBytes (%lu) is served", ( unsigned long ) xHealth.xLargestRequestBytes );
    }

    pv = pvPortMalloc( xHealth.xLargestRequestBytes );

    if( ( pv == NULL ) != ( xHealth.xLargestRequestBytes == 0U ) )
    {
        prvFail( "xLargestRequestBytes (%lu) is not served", ( unsigned long ) xHealth.xLargestRequestBytes );
    }

    prvCompare();
    vPortFree( pv );
    prvCompare();
}

/* A second with these calls: so many in the window. */
static void prvRates( void )
{
    HeapHealth_t xHealth;
    unsigned u;

    xTicks += configTICK_RATE_HZ;
    vPortGetHeapHealth( &xHealth );

    for( u = 0; u < 500U; u++ )
    {
        vPortFree( pvPortMalloc( 8 ) );
    }

    xTicks += configTICK_RATE_HZ / 2U;
    vPortGetHeapHealth( &xHealth );

    for( u = 0; u < 250U; u++ )
    {
        vPortFree( pvPortMalloc( 8 ) );
    }

    xTicks += configTICK_RATE_HZ;
    vPortGetHeapHealth( &xHealth );
    prvEqual( "ulAllocationsPerSecond", xHealth.ulAllocationsPerSecond, 500U );
    prvEqual( "ulFreesPerSecond", xHealth.ulFreesPerSecond, 500U );

    /* All that is counted begins anew; what is held does not. */
    vPortResetHeapHealth();
    ulFailures = 0U;
    xRefusedMax = 0U;
    xUsedMax = xUsed;
    vPortGetHeapHealth( &xHealth );
    prvEqual( "ulFreesPerSecond after the reset", xHealth.ulFreesPerSecond, 0U );
    prvCompare();
}

/*------------------------- the trace -------------------------*/

/* What the heap does not tell by its trace macros: what was asked for. */
static void * prvAllocate( size_t xBytes, int iIsZeroed )
{
    void * pv = iIsZeroed ? pvPortCalloc( 1, xBytes ) : pvPortMalloc( xBytes );
    const size_t xCounted = ( ( xBytes > 0U ) && ( xBytes < 5U ) ) ? 5U : xBytes;

    if( ( pv == NULL ) && ( xCounted > xRefusedMax ) )
    {
        xRefusedMax = xCounted;
    }

    return pv;
}

static void prvLine( char * pcLine )
{
    unsigned long a = 0, b = 0, c = 0;
    char cKind = 0;
    const int iFields = sscanf( pcLine, "%c %lu %lu %lu", &cKind, &a, &b, &c );

    if( ( a >= oracleIDS_MAX ) || ( ( cKind == 'r' ) && ( b >= oracleIDS_MAX ) ) || ( iFields < 2 ) )
    {
        prvFail( "a line cannot be read: %s", pcLine );
    }

    switch( cKind )
    {
        case 'm':
            pvOfId[ a ] = prvAllocate( b, 0 );
            break;

        case 'c':
            pvOfId[ a ] = prvAllocate( b, 1 );
            break;

        case 'a':
            pvOfId[ a ] = prvAllocate( c, 0 );
            break;

        case 'r':
           {
               void * pvNew = prvAllocate( c, 0 );

               vPortFree( pvOfId[ a ] );
               pvOfId[ a ] = NULL;
               pvOfId[ b ] = pvNew;
               break;
           }

        case 'f':
            vPortFree( pvOfId[ a ] );
            pvOfId[ a ] = NULL;
            break;

        default:
            prvFail( "an unknown line: %s", pcLine );
    }
}

/* As the heap lays a region out: payloads on 8, a header before the first and one for the end. */
static void prvBounds( Bounds_t * pxBounds, uintptr_t xStart, size_t xBytes )
{
    const uintptr_t xMask = ~( uintptr_t ) ( portBYTE_ALIGNMENT - 1 );

    pxBounds->xStart = ( ( xStart + oracleHEADER + portBYTE_ALIGNMENT - 1U ) & xMask ) - oracleHEADER;
    pxBounds->xEnd = ( ( xStart + xBytes ) & xMask ) - oracleHEADER;
    xTotal += pxBounds->xEnd - pxBounds->xStart;
}

int main( int argc, char ** argv )
{
    char cLine[ 1000 ];
    unsigned long ulLines = 0;
    uint32_t ulRefused;
    FILE * pxFile = ( argc == 4 ) ? fopen( argv[ 1 ], "r" ) : NULL;

    if( pxFile == NULL )
    {
        prvFail( "usage: oracle <trace.txt> <bytes> <bytes>" );
    }

    {
        const size_t xFirst = strtoul( argv[ 2 ], NULL, 10 ), xSecond = strtoul( argv[ 3 ], NULL, 10 );
        uint8_t * pucMemory = malloc( xFirst + 100U + xSecond );
        const HeapRegion_t xRegions[] = { { pucMemory, xFirst }, { pucMemory + xFirst + 100U, xSecond }, { NULL, 0 } };

        vPortDefineHeapRegions( xRegions );
        prvBounds( &xBounds[ 0 ], ( uintptr_t ) xRegions[ 0 ].pucStartAddress, xFirst );
        prvBounds( &xBounds[ 1 ], ( uintptr_t ) xRegions[ 1 ].pucStartAddress, xSecond );
    }

    prvCompare();

    while( fgets( cLine, sizeof( cLine ), pxFile ) != NULL )
    {
        if( cLine[ 0 ] != '#' )
        {
            prvLine( cLine );

            if( ( ++ulLines % 1009U ) == 0U )
            {
                prvCompare();
            }
        }
    }

    prvCompare();
    prvLargestRequest();
    ulRefused = ulFailures;
    prvRates();
    printf( "calls=%lu refused=%lu compared=%lu\n", ( unsigned long ) ( ulAllocations + ulFrees + ulRefused ),
            ( unsigned long ) ulRefused, ( unsigned long ) ulCompared );
    return 0;
}
