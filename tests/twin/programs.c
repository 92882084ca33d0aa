/* SPDX-License-Identifier: MIT */
/* The programs that both heaps run: random ones and recorded ones. */
#include <string.h>

#include "twin.h"

static void * pvKernel[ twinSLOTS ];
static void * pvOurs[ twinSLOTS ];
static size_t uxBytes[ twinSLOTS ];
static uint32_t ulUsed, ulMallocs, ulRefused, ulFrees, ulMisuses, ulResets;
static uint32_t ulState;

static uint32_t prvRandom( uint32_t ulBelow )
{
    ulState ^= ulState << 13;
    ulState ^= ulState >> 17;
    ulState ^= ulState << 5;
    return ( uint32_t ) ( ( ( uint64_t ) ulState * ulBelow ) >> 32 );
}

/* What the application writes: the ends of its block, the same on both sides. In whole words, which its block has:
 * half of a stale link would be different on either side, and tell nothing. */
static void prvFill( uint32_t ulSlot )
{
    const size_t uxAll = ( uxBytes[ ulSlot ] + 3U ) & ~( size_t ) 3U;
    const size_t uxEnds = ( uxAll < 48U ) ? uxAll : 48U;
    const int iByte = ( int ) ( ulOperation & 0xFFU );

    memset( pvKernel[ ulSlot ], iByte, uxEnds );
    memset( pvOurs[ ulSlot ], iByte, uxEnds );
    memset( ( uint8_t * ) pvKernel[ ulSlot ] + uxAll - uxEnds, iByte, uxEnds );
    memset( ( uint8_t * ) pvOurs[ ulSlot ] + uxAll - uxEnds, iByte, uxEnds );
}

static void prvAllocate( uint32_t ulSlot, size_t uxWanted )
{
    pxNow = &xKernel;
    pvKernel[ ulSlot ] = xKernel.pvMalloc( uxWanted );
    pxNow = &xOurs;
    pvOurs[ ulSlot ] = xOurs.pvMalloc( uxWanted );

    #if ( TWIN_SCHEME != 5 )
        vListIsNew();
    #endif
    vCompare( "malloc", pvKernel[ ulSlot ], pvOurs[ ulSlot ] );
    uxBytes[ ulSlot ] = uxWanted;

    if( pvKernel[ ulSlot ] == NULL )
    {
        ulRefused++;
    }
    else
    {
        ulUsed++;
        ulMallocs++;
        prvFill( ulSlot );
    }
}

static void prvCalloc( uint32_t ulSlot, size_t uxNumber, size_t uxSize )
{
    size_t ux;

    pxNow = &xKernel;
    pvKernel[ ulSlot ] = xKernel.pvCalloc( uxNumber, uxSize );
    pxNow = &xOurs;
    pvOurs[ ulSlot ] = xOurs.pvCalloc( uxNumber, uxSize );

    #if ( TWIN_SCHEME != 5 )
        vListIsNew();
    #endif
    vCompare( "calloc", pvKernel[ ulSlot ], pvOurs[ ulSlot ] );
    uxBytes[ ulSlot ] = uxNumber * uxSize;

    if( pvKernel[ ulSlot ] != NULL )
    {
        for( ux = 0; ux < uxBytes[ ulSlot ]; ux++ )
        {
            if( ( ( uint8_t * ) pvOurs[ ulSlot ] )[ ux ] != 0U )
            {
                vWrite( "DIFFERS: pvPortCalloc gave memory that is not zero\n" );
                vExit( 1 );
            }
        }

        ulUsed++;
        ulMallocs++;
        prvFill( ulSlot );
    }
}

static void prvFree( uint32_t ulSlot )
{
    pxNow = &xKernel;
    xKernel.vFree( pvKernel[ ulSlot ] );
    pxNow = &xOurs;
    xOurs.vFree( pvOurs[ ulSlot ] );
    vCompare( "free", NULL, NULL );
    #if ( TWIN_SCHEME != 1 )
        ulFrees++;
    #endif
}

/* A second free of the block that was freed last: nobody has written there since. */
static void prvFreeAgain( uint32_t ulSlot )
{
    #if ( TWIN_SCHEME != 3 )
    {
        const uint32_t ulFreed = ulFrees;

        prvFree( ulSlot );
        ulFrees = ulFreed;
        ulMisuses++;
    }
    #else
        ( void ) ulSlot;
    #endif
}

#if ( TWIN_SCHEME == 5 )

    /* One to four regions in the arena, misaligned, sometimes touching. */
    static void prvDefine( void )
    {
        HeapRegion_t xOf[ 5 ], xIs[ 5 ];
        const uint32_t ulRegions = ( TWIN_HEAP_BYTES < 512U ) ? 1U : 1U + prvRandom( 4U );
        const size_t uxEach = TWIN_HEAP_BYTES / ulRegions;
        uint32_t ul;

        for( ul = 0; ul < ulRegions; ul++ )
        {
            const size_t uxSkip = prvRandom( 2U ) * prvRandom( 24U );
            const size_t uxLess = prvRandom( 2U ) * prvRandom( 40U );

            xOf[ ul ].pucStartAddress = &xKernel.pucHeap[ ul * uxEach + uxSkip ];
            xIs[ ul ].pucStartAddress = &xOurs.pucHeap[ ul * uxEach + uxSkip ];
            xOf[ ul ].xSizeInBytes = xIs[ ul ].xSizeInBytes = uxEach - uxSkip - uxLess;
        }

        xOf[ ulRegions ].pucStartAddress = xIs[ ulRegions ].pucStartAddress = NULL;
        xOf[ ulRegions ].xSizeInBytes = xIs[ ulRegions ].xSizeInBytes = 0;
        pxNow = &xKernel;
        xKernel.vDefine( xOf );
        pxNow = &xOurs;
        xOurs.vDefine( xIs );
        vListIsNew();
        vCompare( "vPortDefineHeapRegions", NULL, NULL );
    }

#endif /* if ( TWIN_SCHEME == 5 ) */

static void prvStartAgain( void )
{
    #if ( TWIN_SCHEME != 3 )
    {
        vCompareMemory();
        memset( xKernel.pucHeap, 0, TWIN_HEAP_BYTES );
        memset( xOurs.pucHeap, 0, TWIN_HEAP_BYTES );
        vForgetList();
        pxNow = &xKernel;
        xKernel.vReset();
        pxNow = &xOurs;
        xOurs.vReset();
        vCompare( "vPortHeapResetState", NULL, NULL );
        memset( pvKernel, 0, sizeof( pvKernel ) );
        memset( pvOurs, 0, sizeof( pvOurs ) );
        ulUsed = 0;
        ulResets++;

        #if ( TWIN_SCHEME == 5 )
            if( prvRandom( 4U ) == 0U )
            {
                prvAllocate( 0, 16U ); /* an assert, and NULL */
            }
            prvDefine();
        #endif
    }
    #endif
}

/* Sizes as firmware has them, and those at the ends of the numbers. */
static size_t prvSize( void )
{
    const uint32_t ulKind = prvRandom( 100U );

    if( ulKind < 30U )
    {
        return 1U + prvRandom( 24U );
    }
    else if( ulKind < 70U )
    {
        return 1U + prvRandom( 160U );
    }
    else if( ulKind < 90U )
    {
        return 1U + prvRandom( TWIN_HEAP_BYTES / 24U );
    }
    else if( ulKind < 97U )
    {
        return 1U + prvRandom( TWIN_HEAP_BYTES / 2U );
    }
    else if( ulKind == 97U )
    {
        return ( size_t ) 0 - prvRandom( 72U ); /* 0, and SIZE_MAX downwards */
    }
    else if( ulKind == 98U )
    {
        return ( size_t ) 0x80000000U + 40U - prvRandom( ( TWIN_SCHEME == 3 ) ? 40U : 80U );
    }

    return TWIN_HEAP_BYTES + 16U - prvRandom( 64U ); /* around the largest that there is */
}

void vRunRandom( uint32_t ulSeed, uint32_t ulOperations )
{
    const uint32_t ulSlots = ( TWIN_SCHEME == 3 ) ? 64U : ( TWIN_HEAP_BYTES < 32768U ) ? 128U : 700U;
    const uint32_t ulEnd = ulOperation + ulOperations;
    uint32_t ulLast = twinSLOTS; /* the slot freed last; none since something was allocated */
    uint32_t ulGrow = 50U;

    ulState = ulSeed | 1U;
    prvStartAgain();

    while( ulOperation < ulEnd )
    {
        const uint32_t ulKind = prvRandom( 1000U );
        const uint32_t ulSlot = prvRandom( ulSlots );

        if( prvRandom( 400U ) == 0U )
        {
            ulGrow = 30U + prvRandom( 50U ); /* the heap fills, or empties */
        }

        if( ulKind < 900U )
        {
            if( ( pvKernel[ ulSlot ] == NULL ) && ( prvRandom( 100U ) < ulGrow ) )
            {
                ulLast = twinSLOTS;
                prvAllocate( ulSlot, prvSize() );
            }
            else if( ( pvKernel[ ulSlot ] != NULL ) && ( prvRandom( 100U ) >= ulGrow ) )
            {
                prvFree( ulSlot );
                #if ( TWIN_SCHEME != 1 )
                    ulLast = ulSlot;
                    pvKernel[ twinSLOTS - 1U ] = pvKernel[ ulSlot ];
                    pvOurs[ twinSLOTS - 1U ] = pvOurs[ ulSlot ];
                    pvKernel[ ulSlot ] = NULL;
                    pvOurs[ ulSlot ] = NULL;
                    ulUsed--;
                #endif
            }
        }
        else if( ( ulKind < 940U ) && ( xKernel.pvCalloc != NULL ) && ( pvKernel[ ulSlot ] == NULL ) )
        {
            ulLast = twinSLOTS;
            prvCalloc( ulSlot, 1U + prvRandom( 20U ), ( prvRandom( 50U ) == 0U ) ? ( size_t ) 0x20000000U : prvRandom( 30U ) );
        }
        else if( ( ulKind < 970U ) && ( ulLast != twinSLOTS ) )
        {
            prvFreeAgain( twinSLOTS - 1U );
        }
        else if( ulKind < 980U )
        {
            pxNow = &xKernel;
            xKernel.vFree( NULL );
            pxNow = &xOurs;
            xOurs.vFree( NULL );
            vCompare( "free of NULL", NULL, NULL );
        }
        else if( ( ulKind < 990U ) && ( xKernel.vResetMin != NULL ) )
        {
            xKernel.vResetMin();
            xOurs.vResetMin();
            vCompare( "xPortResetHeapMinimumEverFreeHeapSize", NULL, NULL );
        }
        else if( ( ulKind < 993U ) && ( xKernel.vInitialise != NULL ) )
        {
            xKernel.vInitialise();
            xOurs.vInitialise();
            vCompare( "vPortInitialiseBlocks", NULL, NULL );
            #if ( TWIN_SCHEME == 1 )
                memset( pvKernel, 0, sizeof( pvKernel ) );
                memset( pvOurs, 0, sizeof( pvOurs ) );
            #endif
        }
        else if( ( ulKind == 999U ) && ( ( TWIN_SCHEME == 1 ) || ( prvRandom( 4U ) == 0U ) ) )
        {
            ulLast = twinSLOTS;
            prvStartAgain();
        }
    }

    vCompareMemory();
}

void vRunTrace( const uint32_t * pulEvents, uint32_t ulEvents )
{
    uint32_t ul;

    prvStartAgain();

    for( ul = 0; ul < ulEvents; ul++ )
    {
        const uint32_t ulSlot = pulEvents[ 2U * ul ];
        const uint32_t ulSize = pulEvents[ 2U * ul + 1U ];

        if( ulSize != 0U )
        {
            prvAllocate( ulSlot, ulSize );
        }
        else if( pvKernel[ ulSlot ] != NULL )
        {
            #if ( TWIN_SCHEME != 1 )
                prvFree( ulSlot );
            #endif
            pvKernel[ ulSlot ] = NULL;
            pvOurs[ ulSlot ] = NULL;
        }
    }

    vCompareMemory();
}

void vSummary( void );
void vSummary( void )
{
    vWrite( "same" );
    vField( "operations", ulOperation );
    vField( "mallocs", ulMallocs );
    vField( "refused", ulRefused );
    vField( "frees", ulFrees );
    vField( "misuses", ulMisuses );
    vField( "resets", ulResets );
    vField( "asserts", xOurs.xRecord.ulAsserts );
    vWrite( "\n" );
}
