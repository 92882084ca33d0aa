/* SPDX-License-Identifier: MIT */
/* The jobs: time a trace call by call, find the smallest heap that serves it, and the slope. */
#include "bench.h"

extern uint32_t ulAllocDataLoad[], ulAllocDataStart[], ulAllocDataEnd[];
extern uint32_t ulAllocBssStart[], ulAllocBssEnd[];

size_t xBenchHeapBytes;

static void * pvSlots[ benchMAX_SLOTS ];
static uint32_t ulSizes[ benchMAX_SLOTS ];

/* --- Life cycle. ------------------------------------------------------------------------------ */

size_t xAllocatorStaticBytes( void )
{
    return ( size_t ) ( ( ulAllocDataEnd - ulAllocDataStart ) + ( ulAllocBssEnd - ulAllocBssStart ) ) * 4U;
}

void vAllocatorReset( size_t xHeapBytes )
{
    const uint32_t * pulFrom = ulAllocDataLoad;

    for( uint32_t * pulTo = ulAllocDataStart; pulTo < ulAllocDataEnd; pulTo++ )
    {
        *pulTo = *pulFrom++;
    }

    for( uint32_t * pulTo = ulAllocBssStart; pulTo < ulAllocBssEnd; pulTo++ )
    {
        *pulTo = 0;
    }

    xBenchHeapBytes = xHeapBytes;
    vBenchInit( ucHeap, xHeapBytes );
}

/* --- Contents: the first and the last word of a block belong to its user. --------------------- */

static void prvMark( uint32_t ulSlot )
{
    uint8_t * pucBlock = pvSlots[ ulSlot ];
    uint32_t ulSize = ulSizes[ ulSlot ];

    if( ( ( ( uint32_t ) pucBlock ) & 7U ) != 0U )
    {
        vDie( "a block is not aligned to 8 bytes" );
    }

    if( ( pucBlock < ucHeap ) || ( ( pucBlock + ulSize ) > ( ucHeap + xBenchHeapBytes ) ) )
    {
        vDie( "a block reaches outside the heap" );
    }

    pucBlock[ 0 ] = ( uint8_t ) ulSlot;
    pucBlock[ ulSize - 1U ] = ( uint8_t ) ( ulSlot >> ( ulSize > 1U ? 4U : 0U ) );
}

static void prvCheck( uint32_t ulSlot )
{
    const uint8_t * pucBlock = pvSlots[ ulSlot ];
    uint32_t ulSize = ulSizes[ ulSlot ];

    if( ( pucBlock[ ulSize - 1U ] != ( uint8_t ) ( ulSlot >> ( ulSize > 1U ? 4U : 0U ) ) ) ||
        ( pucBlock[ 0 ] != ( uint8_t ) ulSlot ) )
    {
        vDie( "a block's contents were overwritten" );
    }
}

/* --- Time. ------------------------------------------------------------------------------------ */

#define jobsBINS    8192U

typedef struct SAMPLES
{
    uint32_t ulCount;
    uint32_t ulSum;
    uint32_t ulMax;
    uint32_t ulMaxAt;            /* index of the event that cost the most */
    uint32_t ulBins[ jobsBINS ]; /* calls per cost; the last one collects what is above */
} Samples_t;

static Samples_t xMallocs;
static Samples_t xFrees;

static void prvSamplesClear( Samples_t * pxSamples )
{
    pxSamples->ulCount = 0;
    pxSamples->ulSum = 0;
    pxSamples->ulMax = 0;
    pxSamples->ulMaxAt = 0;

    for( uint32_t ulBin = 0; ulBin < jobsBINS; ulBin++ )
    {
        pxSamples->ulBins[ ulBin ] = 0;
    }
}

static void prvSamplesAdd( Samples_t * pxSamples,
                           uint32_t ulCost,
                           uint32_t ulEvent )
{
    pxSamples->ulCount++;
    pxSamples->ulSum += ulCost;
    pxSamples->ulBins[ ( ulCost < jobsBINS ) ? ulCost : ( jobsBINS - 1U ) ]++;

    if( ulCost > pxSamples->ulMax )
    {
        pxSamples->ulMax = ulCost;
        pxSamples->ulMaxAt = ulEvent;
    }
}

static void prvSamplesReport( const char * pcWhat,
                              const Samples_t * pxSamples )
{
    uint32_t ulLeft = pxSamples->ulCount / 100U;
    uint32_t ulBin = jobsBINS;
    uint32_t ulSeen = 0;

    while( ( ulSeen <= ulLeft ) && ( ulBin > 0U ) )
    {
        ulBin--;
        ulSeen += pxSamples->ulBins[ ulBin ];
    }

    vWrite( " " );
    vWrite( pcWhat );
    vField( "calls", pxSamples->ulCount );
    vField( "sum", pxSamples->ulSum );
    vField( "p99", ulBin );
    vField( "max", pxSamples->ulMax );
    vField( "at", pxSamples->ulMaxAt );
}

void vJobTime( const Job_t * pxJob,
               const Event_t * pxEvents )
{
    uint32_t ulFirst;

    vAllocatorReset( pxJob->ulHeapBytes );
    prvSamplesClear( &xMallocs );
    prvSamplesClear( &xFrees );
    ulFirst = 0;

    for( uint32_t ulAt = 0; ulAt < pxJob->ulEvents; ulAt++ )
    {
        uint32_t ulSlot = pxEvents[ ulAt ].ulSlot;

        if( pxEvents[ ulAt ].ulSize == 0U )
        {
            prvCheck( ulSlot );
            prvSamplesAdd( &xFrees, ulMeasureFree( pvSlots[ ulSlot ] ), ulAt );
        }
        else
        {
            uint32_t ulCost = ulMeasureMalloc( pxEvents[ ulAt ].ulSize, &pvSlots[ ulSlot ] );

            /* The first call of all may set the heap up: it is reported by itself, for everybody. */
            if( ulAt == 0U )
            {
                ulFirst = ulCost;
            }
            else
            {
                prvSamplesAdd( &xMallocs, ulCost, ulAt );
            }

            if( pvSlots[ ulSlot ] == NULL )
            {
                vWrite( pxJob->cName );
                vWrite( ": " );
                vDie( "an allocation failed in a heap that was meant to be roomy" );
            }

            ulSizes[ ulSlot ] = pxEvents[ ulAt ].ulSize;
            prvMark( ulSlot );
        }
    }

    vWrite( "time " );
    vWrite( pxJob->cName );
    vField( "first", ulFirst );
    prvSamplesReport( "malloc", &xMallocs );
    prvSamplesReport( "free", &xFrees );
    vWrite( "\n" );
}

/* --- Memory. ---------------------------------------------------------------------------------- */

/* Does a heap of this many bytes serve the trace to its end? */
static int prvServes( const Job_t * pxJob,
                      const Event_t * pxEvents,
                      uint32_t ulHeapBytes )
{
    vAllocatorReset( ulHeapBytes );

    for( uint32_t ulAt = 0; ulAt < pxJob->ulEvents; ulAt++ )
    {
        uint32_t ulSlot = pxEvents[ ulAt ].ulSlot;

        if( pxEvents[ ulAt ].ulSize == 0U )
        {
            prvCheck( ulSlot );
            vPortFree( pvSlots[ ulSlot ] );
        }
        else
        {
            pvSlots[ ulSlot ] = pvPortMalloc( pxEvents[ ulAt ].ulSize );

            if( pvSlots[ ulSlot ] == NULL )
            {
                return 0;
            }

            ulSizes[ ulSlot ] = pxEvents[ ulAt ].ulSize;
            prvMark( ulSlot );
        }
    }

    return 1;
}

void vJobMemory( const Job_t * pxJob,
                 const Event_t * pxEvents )
{
    uint32_t ulStep = pxJob->ulStep;
    uint32_t ulLow = pxJob->ulPeakBytes / ulStep;  /* never serves: headers cost something */
    uint32_t ulHigh = pxJob->ulHeapBytes / ulStep; /* assumed to serve, checked below */
    int iRobust;

    while( ( ulHigh - ulLow ) > 1U )
    {
        uint32_t ulMiddle = ulLow + ( ( ulHigh - ulLow ) / 2U );

        if( prvServes( pxJob, pxEvents, ulMiddle * ulStep ) != 0 )
        {
            ulHigh = ulMiddle;
        }
        else
        {
            ulLow = ulMiddle;
        }
    }

    if( prvServes( pxJob, pxEvents, ulHigh * ulStep ) == 0 )
    {
        vWrite( "memory " );
        vWrite( pxJob->cName );
        vField( "heap", 0 );
        vField( "peak", pxJob->ulPeakBytes );
        vWrite( "\n" );
        return;
    }

    /* Some policies serve a trace at one size and not at a larger one. */
    iRobust = prvServes( pxJob, pxEvents, ( ( ulHigh + ( ulHigh / 50U ) ) * ulStep ) );

    vWrite( "memory " );
    vWrite( pxJob->cName );
    vField( "heap", ulHigh * ulStep );
    vField( "peak", pxJob->ulPeakBytes );
    vField( "more", ( uint32_t ) iRobust );
    vWrite( "\n" );
}

/* --- Slope: cost against the number of free blocks. ------------------------------------------- */

#define slopeFREE_BLOCK    200U /* payload of the free blocks */
#define slopeBETWEEN       8U   /* payload of what keeps them apart */
#define slopeREQUEST       208U /* fits none of them, though many allocators file it with them */

static void prvSlopeAt( uint32_t ulFreeBlocks,
                        uint32_t ulHeapBytes )
{
    void * pvServed;
    void * pvRefused;
    uint32_t ulServed, ulFree, ulRefused;

    vAllocatorReset( ulHeapBytes );

    /* Used and to-be-freed blocks in turn, so that no two free ones meet. */
    for( uint32_t ulAt = 0; ulAt < ( 2U * ulFreeBlocks ); ulAt++ )
    {
        pvSlots[ ulAt ] = pvPortMalloc( ( ( ulAt & 1U ) == 0U ) ? slopeFREE_BLOCK : slopeBETWEEN );

        if( pvSlots[ ulAt ] == NULL )
        {
            vDie( "the heap is too small for the slope" );
        }
    }

    for( uint32_t ulAt = 0; ulAt < ( 2U * ulFreeBlocks ); ulAt += 2U )
    {
        vPortFree( pvSlots[ ulAt ] );
    }

    ulServed = ulMeasureMalloc( slopeREQUEST, &pvServed );
    ulFree = ulMeasureFree( pvServed );

    /* Now without the large rest: whatever is left beyond the small blocks is taken in halves. */
    for( uint32_t ulTake = ulHeapBytes; ulTake >= slopeREQUEST; )
    {
        if( pvPortMalloc( ulTake ) == NULL )
        {
            ulTake = ( ulTake > ( 2U * slopeREQUEST ) ) ? ( ulTake / 2U ) : ( ulTake - 8U );
        }
    }

    ulRefused = ulMeasureMalloc( slopeREQUEST, &pvRefused );

    vWrite( "slope" );
    vField( "blocks", ulFreeBlocks );
    vField( "malloc", ulServed );
    vField( "free", ulFree );
    vField( "refused", ulRefused );
    vField( "null", ( uint32_t ) ( pvRefused == NULL ) );
    vWrite( "\n" );
}

void vJobSlope( const Job_t * pxJob )
{
    static const uint32_t ulCounts[] = { 10, 20, 50, 100, 200, 500, 1000 };

    for( uint32_t ulAt = 0; ulAt < ( sizeof( ulCounts ) / sizeof( ulCounts[ 0 ] ) ); ulAt++ )
    {
        prvSlopeAt( ulCounts[ ulAt ], pxJob->ulHeapBytes );
    }
}
