/* SPDX-License-Identifier: MIT
 *
 * pvPortRealloc() and pvPortAlignedAlloc() beside realloc() and aligned_alloc() of the C library: the same requests to
 * both, with the same contents. And beside an oracle: who knows every block knows what has to be possible in place.
 */
#include "memory.h"

#define memorySLOTS    300U

typedef struct Slot
{
    uint8_t * puc;       /* ours, or NULL */
    uint8_t * pucOther;  /* the C library's */
    size_t xBytes;       /* as asked for */
    size_t xBlock;       /* with the header, as the heap told */
} Slot_t;

static Slot_t xSlots[ memorySLOTS ];
static uint32_t ulSlots;

/* How often each thing happened. */
static struct
{
    uint32_t ulRequests, ulAligned, ulFrees, ulSame, ulPossible, ulInPlace, ulPossibleLeft, ulMoved, ulElsewhere, ulRefused;
} xCount;

/* newlib's nano form has no aligned_alloc() that links. */
#ifdef __arm__
    #include <malloc.h>
    #define aligned_alloc    memalign
#else
    extern void * aligned_alloc( size_t, size_t );
#endif

/*-------------------------------------------------------*/

static void prvFill( Slot_t * px, size_t xFrom )
{
    for( size_t x = xFrom; x < px->xBytes; x++ )
    {
        px->puc[ x ] = px->pucOther[ x ] = ( uint8_t ) ( ulRandom() >> 24 );
    }
}

static void prvForget( Slot_t * px )
{
    free( px->pucOther );
    ( void ) memset( px, 0, sizeof( *px ) );
}

/* What the heap told of a resize, and what became of the block. */
static void prvJudgeTold( const Slot_t * px, const uint8_t * pucNew )
{
    if( xRecords.acOrder[ 0 ] == '\0' )
    {
        CHECK( pucNew == px->puc );
        xCount.ulSame++;
    }
    else if( strcmp( xRecords.acOrder, "FM" ) == 0 )
    {
        xCount.ulInPlace += ( pucNew == px->puc ) ? 1U : 0U;
        xCount.ulMoved += ( pucNew != px->puc ) ? 1U : 0U;
    }
    else
    {
        CHECK_TOLD( "MF" );
        CHECK( pucNew != px->puc );
        xCount.ulElsewhere++;
    }
}

#if ( FIRMHEAP_INTEGRITY <= 2 )

/* The block size for a request. */
static size_t prvBlockFor( size_t xBytes )
{
    const size_t xAll = ( xBytes + memoryHEADER + memoryALIGNMENT - 1U ) & ~( size_t ) ( memoryALIGNMENT - 1U );

    return ( xAll < 16U ) ? 16U : xAll;
}

/* Where blocks before and behind one end and begin, by address of payload; free memory reaches up to there. */
static void prvBounds( const Slot_t * px, uintptr_t * puxFrom, uintptr_t * puxTo )
{
    const uintptr_t ux = ( uintptr_t ) px->puc, uxMask = ~( uintptr_t ) ( memoryALIGNMENT - 1U );

    *puxFrom = *puxTo = 0U;

    for( size_t x = 0; x < xPiecesCount; x++ )
    {
        const uintptr_t uxStart = ( uintptr_t ) xPieces[ x ].pucStart, uxEnd = uxStart + xPieces[ x ].xBytes;

        if( ( ux >= uxStart ) && ( ux < uxEnd ) )
        {
            *puxFrom = ( uxStart + memoryHEADER + memoryALIGNMENT - 1U ) & uxMask;
            *puxTo = uxEnd & uxMask;
        }
    }

    for( uint32_t ul = 0; ul < ulSlots; ul++ )
    {
        const uintptr_t uxOther = ( uintptr_t ) xSlots[ ul ].puc;

        if( ( uxOther > ux ) && ( uxOther < *puxTo ) )
        {
            *puxTo = uxOther;
        }
        else if( ( uxOther != 0U ) && ( uxOther < ux ) && ( uxOther + xSlots[ ul ].xBlock > *puxFrom ) )
        {
            *puxFrom = uxOther + xSlots[ ul ].xBlock;
        }
    }
}

/* At these levels nothing waits, so that the oracle knows all. */
static void prvJudgeWay( const Slot_t * px, const uint8_t * pucNew, size_t xBytes, size_t xLargest )
{
    uintptr_t uxFrom, uxTo;
    const uintptr_t ux = ( uintptr_t ) px->puc;
    const size_t xNeeded = prvBlockFor( xBytes );

    prvBounds( px, &uxFrom, &uxTo );

    if( xNeeded <= uxTo - ux )
    {
        CHECK( pucNew == px->puc );
        xCount.ulPossible++;
    }
    else if( xNeeded <= uxTo - uxFrom )
    {
        CHECK( ( ( uintptr_t ) pucNew >= uxFrom ) && ( ( uintptr_t ) pucNew < ux ) );
        xCount.ulPossibleLeft++;
    }
    else
    {
        CHECK( ( pucNew == NULL ) == ( xBytes > xLargest ) );
    }
}
#else
static void prvJudgeWay( const Slot_t * px, const uint8_t * pucNew, size_t xBytes, size_t xLargest )
{
    ( void ) px;
    CHECK( ( pucNew != NULL ) || ( xBytes > xLargest ) );
}
#endif /* if ( FIRMHEAP_INTEGRITY <= 2 ) */

static void prvResize( Slot_t * px, size_t xBytes )
{
    const size_t xLargest = xPortGetLargestFreeBlockSize();
    const size_t xKept = ( xBytes < px->xBytes ) ? xBytes : px->xBytes;
    const uint32_t ulArray = ulBelow( 4U );
    uint8_t * puc;

    vRecordsClear();
    puc = ( ulArray != 0U ) ? pvPortRealloc( px->puc, xBytes ) : pvPortReallocArray( px->puc, xBytes, 1U );
    CHECK_BALANCED();
    CHECK( xRecords.ulFaults == 0U );
    prvJudgeWay( px, puc, xBytes, xLargest );

    if( puc == NULL )
    {
        /* No memory, and the old block is as it was. */
        CHECK_TOLD( "R" );
        CHECK( xRecords.ulHooks == 1U );
        CHECK( memcmp( px->puc, px->pucOther, px->xBytes ) == 0 );
        xCount.ulRefused++;

        return;
    }

    px->pucOther = realloc( px->pucOther, xBytes );
    CHECK( px->pucOther != NULL );
    CHECK( memcmp( puc, px->pucOther, xKept ) == 0 );
    prvJudgeTold( px, puc );
    px->puc = puc;
    px->xBytes = xBytes;
    px->xBlock = xPortGetAllocationSize( puc ) + memoryHEADER;
    CHECK( px->xBlock - memoryHEADER >= xBytes );
    prvFill( px, xKept );
}

static void prvRequest( Slot_t * px, size_t xBytes )
{
    const size_t xLargest = xPortGetLargestFreeBlockSize();
    const size_t xAlignment = ( size_t ) 1U << ulBelow( 11U );
    const uint32_t ulHow = ulBelow( 3U );

    vRecordsClear();
    px->puc = ( ulHow == 0U ) ? pvPortAlignedAlloc( xAlignment, xBytes ) : ( ulHow == 1U ) ? pvPortRealloc( NULL, xBytes ) : pvPortMalloc( xBytes );
    CHECK_BALANCED();
    CHECK( xRecords.ulFaults == 0U );

    if( px->puc == NULL )
    {
        CHECK( ( xBytes > xLargest ) || ( ( ulHow == 0U ) && ( xBytes + xAlignment + 32U > xLargest ) ) );
        CHECK_TOLD( "R" );
        CHECK( xRecords.ulHooks == 1U );
        xCount.ulRefused++;

        return;
    }

    CHECK_TOLD( "M" );
    px->xBytes = xBytes;
    px->xBlock = xPortGetAllocationSize( px->puc ) + memoryHEADER;
    CHECK( px->xBlock - memoryHEADER >= xBytes );
    xCount.ulRequests++;

    if( ulHow == 0U )
    {
        /* The C library has no alignment below a pointer's. */
        px->pucOther = aligned_alloc( ( xAlignment < sizeof( void * ) ) ? sizeof( void * ) : xAlignment, xBytes );
        CHECK( ( ( uintptr_t ) px->puc % xAlignment ) == 0U );
        CHECK( ( ( uintptr_t ) px->pucOther % xAlignment ) == 0U );
        xCount.ulAligned++;
    }
    else
    {
        px->pucOther = malloc( xBytes );
    }

    CHECK( px->pucOther != NULL );
    prvFill( px, 0U );
}

static void prvFree( Slot_t * px )
{
    CHECK( memcmp( px->puc, px->pucOther, px->xBytes ) == 0 );
    vRecordsClear();

    if( ulBelow( 2U ) == 0U )
    {
        vPortFree( px->puc );
    }
    else
    {
        CHECK( pvPortRealloc( px->puc, 0U ) == NULL );
    }

    CHECK_TOLD( "F" );
    CHECK_BALANCED();
    xCount.ulFrees++;
    prvForget( px );
}

void vDifferential( uint32_t ulOperations, uint32_t ulSeed, uint32_t ulBlocks, uint32_t ulLargest )
{
    HeapStats_t xStats;
    const size_t xFree = xPortGetFreeHeapSize();

    CHECK( ulBlocks <= memorySLOTS );
    ulSlots = ulBlocks;
    ( void ) memset( &xCount, 0, sizeof( xCount ) );

    for( uint32_t ul = 0; ul < ulSeed; ul++ )
    {
        ( void ) ulRandom();
    }

    for( uint32_t ul = 0; ul < ulOperations; ul++ )
    {
        Slot_t * px = &xSlots[ ulBelow( ulSlots ) ];

        if( px->puc == NULL )
        {
            prvRequest( px, ulSize( ulLargest ) );
        }
        else if( ulBelow( 4U ) == 0U )
        {
            prvFree( px );
        }
        else
        {
            /* As programs do: mostly a little more, sometimes something else. */
            prvResize( px, ( ulBelow( 3U ) != 0U ) ? px->xBytes + ulSize( 64U ) : ulSize( ulLargest ) );
        }

        if( ( ul & 4095U ) == 0U )
        {
            CHECK( xPortHeapCheck() == pdPASS );
        }
    }

    for( uint32_t ul = 0; ul < ulSlots; ul++ )
    {
        if( xSlots[ ul ].puc != NULL )
        {
            prvFree( &xSlots[ ul ] );
        }
    }

    vPortGetHeapStats( &xStats );
    CHECK( xPortGetFreeHeapSize() == xFree );
    CHECK( xStats.xNumberOfSuccessfulAllocations == xStats.xNumberOfSuccessfulFrees );
    CHECK( xPortHeapCheck() == pdPASS );
    #if ( FIRMHEAP_INTEGRITY <= 2 )
    {
        CHECK( xStats.xNumberOfFreeBlocks == xPiecesCount );
        CHECK( xCount.ulPossible == xCount.ulInPlace + xCount.ulSame );
        CHECK( xCount.ulPossibleLeft == xCount.ulMoved );
    }
    #endif
    ( void ) printf( "resizes: possible in place %u, in place %u (%u without a change); possible over the left %u, so done %u; elsewhere %u; "
                     "refused %u; requests %u, aligned %u\n", ( unsigned ) xCount.ulPossible, ( unsigned ) ( xCount.ulInPlace + xCount.ulSame ),
                     ( unsigned ) xCount.ulSame, ( unsigned ) xCount.ulPossibleLeft, ( unsigned ) xCount.ulMoved, ( unsigned ) xCount.ulElsewhere,
                     ( unsigned ) xCount.ulRefused, ( unsigned ) xCount.ulRequests, ( unsigned ) xCount.ulAligned );
    CHECK( ( xCount.ulInPlace > ulOperations / 50U ) && ( xCount.ulSame > ulOperations / 50U ) );
    CHECK( ( xCount.ulElsewhere > ulOperations / 50U ) && ( xCount.ulAligned > ulOperations / 50U ) );
    CHECK( ( FIRMHEAP_INTEGRITY > 2 ) || ( xCount.ulMoved > ulOperations / 250U ) );
}
