/* SPDX-License-Identifier: MIT */
/* What the kernel's file gets wrong and the scheme of the same number does not: each row of docs/DEVIATIONS.md names
 * its case here. Only ours runs: the kernel's file would hang, write where it may not, or crash. */
#include <string.h>

#include "twin.h"

#define EXPECT( x )    prvExpect( ( x ), # x, __LINE__ )

static uint32_t ulPassed, ulFailed;
void vSummary( void );

static void prvExpect( int iHolds, const char * pcWhat, int iLine )
{
    if( iHolds )
    {
        ulPassed++;
    }
    else
    {
        ulFailed++;
        vWrite( "FAILED deviations.c:" );
        vWriteNumber( ( uint32_t ) iLine );
        vWrite( " " );
        vWrite( pcWhat );
        vWrite( "\n" );
    }
}

static uint32_t prvAsserts( void )
{
    const uint32_t ulSeen = xOurs.xRecord.ulAsserts;

    xOurs.xRecord.ulAsserts = 0;
    return ulSeen;
}

extern void ours_vPortGetHeapStats( HeapStats_t * );
extern void * ours_pvPortCalloc( size_t, size_t );
extern void ours_vPortDefineHeapRegions( const HeapRegion_t * );
extern size_t ours_xPortGetFreeHeapSize( void );
extern size_t ours_xPortGetMinimumEverFreeHeapSize( void );

/* missing_functions: a scheme has all of the kernel's names. */
static void prvMissingFunctions( void )
{
    HeapStats_t xStats;
    uint8_t * puc = ours_pvPortCalloc( 3U, 5U );

    EXPECT( ( TWIN_SCHEME == 5 ) || ( TWIN_HEAP_BYTES <= 64 ) || ( ( puc != NULL ) && ( puc[ 0 ] == 0U ) && ( puc[ 14 ] == 0U ) ) );
    ours_vPortGetHeapStats( &xStats );
    EXPECT( xStats.xAvailableHeapSpaceInBytes == ours_xPortGetFreeHeapSize() );
    EXPECT( xStats.xMinimumEverFreeBytesRemaining == ours_xPortGetMinimumEverFreeHeapSize() );
    ( void ) prvAsserts();

    #if ( TWIN_SCHEME != 5 )
    {
        const HeapRegion_t xNone[] = { { NULL, 0 } };

        ours_vPortDefineHeapRegions( xNone );
        EXPECT( prvAsserts() == 1U );
    }
    #endif
    #if ( TWIN_SCHEME == 1 )
        EXPECT( xStats.xSizeOfLargestFreeBlockInBytes == xStats.xAvailableHeapSpaceInBytes );
    #endif
    #if ( TWIN_SCHEME == 2 ) && ( TWIN_HEAP_BYTES > 64 )
        EXPECT( xStats.xNumberOfFreeBlocks == 1U );
        EXPECT( xStats.xSizeOfSmallestFreeBlockInBytes == xStats.xAvailableHeapSpaceInBytes );
    #endif
    xOurs.vFree( puc );
    ( void ) prvAsserts();
    xOurs.vReset();
}

#if ( TWIN_SCHEME != 3 ) && ( TWIN_HEAP_BYTES <= 64 )

    /* tiny_array: nothing is handed out, and nothing behind the array is written. */
    static void prvTinyArray( void )
    {
        uint32_t ul;

        memset( xOurs.pucHeap, 0x5A, TWIN_HEAP_BYTES + 64U );
        EXPECT( xOurs.pvMalloc( 1U ) == NULL );
        EXPECT( xOurs.pvMalloc( 0xFFFFFFF0U ) == NULL );
        EXPECT( ours_xPortGetFreeHeapSize() <= TWIN_HEAP_BYTES );

        for( ul = TWIN_HEAP_BYTES; ul < TWIN_HEAP_BYTES + 64U; ul++ )
        {
            EXPECT( xOurs.pucHeap[ ul ] == 0x5AU );
        }
    }

#endif

#if ( TWIN_SCHEME == 5 )

    static void prvDefine( size_t uxFirst, size_t uxFirstBytes, size_t uxSecond, size_t uxSecondBytes )
    {
        const HeapRegion_t xRegions[] =
        {
            { &xOurs.pucHeap[ uxFirst ], uxFirstBytes }, { &xOurs.pucHeap[ uxSecond ], uxSecondBytes }, { NULL, 0 }
        };

        xOurs.vReset();
        memset( xOurs.pucHeap, 0x5A, TWIN_HEAP_BYTES );
        ours_vPortDefineHeapRegions( xRegions );
    }

    /* small_regions, region_order, second_table, empty_table */
    static void prvRegions( void )
    {
        size_t uxBytes;
        HeapStats_t xStats;

        for( uxBytes = 1U; uxBytes < 2U * 8U; uxBytes++ )
        {
            prvDefine( 64U, 256U, 512U, uxBytes );
            EXPECT( prvAsserts() == 0U );
            EXPECT( ours_xPortGetFreeHeapSize() == 248U );
            EXPECT( xOurs.pucHeap[ 511 ] == 0x5AU && xOurs.pucHeap[ 512 ] == 0x5AU );
            EXPECT( xOurs.pvMalloc( 245U ) == NULL ); /* the kernel's file never returns */
        }

        prvDefine( 512U, 256U, 64U, 256U );
        EXPECT( prvAsserts() == 1U );
        EXPECT( ours_xPortGetFreeHeapSize() == 248U );
        prvDefine( 64U, 256U, 300U, 256U );
        EXPECT( prvAsserts() == 1U );
        EXPECT( ours_xPortGetFreeHeapSize() == 248U );

        {
            const HeapRegion_t xAgain[] = { { &xOurs.pucHeap[ 1024 ], 256U }, { NULL, 0 } };
            void * pv = xOurs.pvMalloc( 16U );

            ours_vPortDefineHeapRegions( xAgain );
            EXPECT( prvAsserts() == 1U );
            EXPECT( ours_xPortGetFreeHeapSize() == 224U );
            xOurs.vFree( pv );
            EXPECT( ours_xPortGetFreeHeapSize() == 248U );
        }

        prvDefine( 64U, 0U, 0U, 0U );
        EXPECT( prvAsserts() == 1U );
        ours_vPortGetHeapStats( &xStats );
        EXPECT( xStats.xNumberOfFreeBlocks == 0U );
        prvDefine( 64U, 512U, 1024U, 512U );
    }

#endif

#if ( TWIN_SCHEME >= 4 ) && ( TWIN_HEAP_BYTES > 64 )

    static void prvListed( void )
    {
        HeapStats_t xStats;
        uint8_t * pucFirst = xOurs.pvMalloc( 64U );
        uint8_t * pucWall = xOurs.pvMalloc( 64U );
        size_t uxFree = ours_xPortGetFreeHeapSize();
        static uint32_t ulForeign[ 8 ] = { 0, 0x80000010U, 0, 0x80000010U, 0, 0x80000010U, 0, 0x80000010U };

        /* foreign_pointer: one assert, and nothing is read there or believed. */
        xOurs.vFree( &ulForeign[ 2 ] );
        EXPECT( prvAsserts() == 1U );
        xOurs.vFree( ( void * ) 8U );
        EXPECT( prvAsserts() == 1U );
        xOurs.vFree( pucWall + 3U );
        EXPECT( prvAsserts() == 1U );
        EXPECT( ours_xPortGetFreeHeapSize() == uxFree );

        /* fake_header: a pointer into free memory with a header that lies. */
        xOurs.vFree( pucFirst );
        ( ( uint32_t * ) pucFirst )[ 4 ] = 0;
        ( ( uint32_t * ) pucFirst )[ 5 ] = 0x80000010U;
        uxFree = ours_xPortGetFreeHeapSize();
        xOurs.vFree( pucFirst + 24U );
        EXPECT( prvAsserts() == 1U );
        EXPECT( ours_xPortGetFreeHeapSize() == uxFree );

        /* damaged_list: refused with an assert instead of followed. */
        ( ( uint32_t * ) pucFirst )[ -2 ] = 0x12345678U;
        EXPECT( xOurs.pvMalloc( 400U ) == NULL );
        EXPECT( prvAsserts() == 1U );
        xOurs.vFree( pucWall );
        EXPECT( prvAsserts() == 1U );
        EXPECT( ours_xPortGetFreeHeapSize() == uxFree );

        /* stale_stats: after a reset there is nothing to count. */
        xOurs.vReset();
        ours_vPortGetHeapStats( &xStats );
        EXPECT( xStats.xNumberOfFreeBlocks == 0U );
        EXPECT( xStats.xSizeOfLargestFreeBlockInBytes == 0U );
        EXPECT( xStats.xSizeOfSmallestFreeBlockInBytes == ( ( TWIN_VERSION >= 1103 ) ? SIZE_MAX : ( size_t ) portMAX_DELAY ) );
        #if ( TWIN_SCHEME == 5 )
            /* protector_refusal: the last mark is no damage. */
            prvDefine( 64U, 256U, 512U, 256U );
            ( void ) prvAsserts();
            EXPECT( xOurs.pvMalloc( 300U ) == NULL );
            EXPECT( prvAsserts() == 0U );
        #endif
    }

#endif

/* versions: what traceMALLOC is told of a refusal. */
static void prvVersions( void )
{
    const size_t uxRounded = ( TWIN_SCHEME == 3 ) ? 0xFFFF0001U : ( TWIN_SCHEME == 1 ) ? 0xFFFF0008U : 0xFFFF0010U;

    ( void ) xOurs.pvMalloc( 0xFFFF0001U );
    EXPECT( xOurs.xRecord.uxTracedBytes == ( ( TWIN_VERSION >= 1102 ) && ( TWIN_SCHEME != 1 ) && ( TWIN_SCHEME != 3 ) ? 0U : uxRounded ) );
    ( void ) prvAsserts();
}

void vRunTrace( const uint32_t * pulEvents, uint32_t ulEvents )
{
    ( void ) pulEvents;
    ( void ) ulEvents;
    pxNow = &xOurs;
    prvMissingFunctions();
    #if ( TWIN_SCHEME == 5 )
        prvRegions();
    #endif
    #if ( TWIN_SCHEME != 3 ) && ( TWIN_HEAP_BYTES <= 64 )
        prvTinyArray();
    #endif
    prvVersions();
    #if ( TWIN_SCHEME >= 4 ) && ( TWIN_HEAP_BYTES > 64 )
        prvListed();
    #endif
}

void vRunRandom( uint32_t ulSeed, uint32_t ulOperations )
{
    ( void ) ulSeed;
    ( void ) ulOperations;
}

void vSummary( void )
{
    vWrite( "same" );
    vField( "passed", ulPassed );
    vField( "failed", ulFailed );
    vWrite( "\n" );
}
