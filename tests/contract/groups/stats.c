/* SPDX-License-Identifier: MIT */

/* stats.c: contract 8.8.  HeapStats_t and the counters in every state of a heap,
 * as section 4 and paragraph 3.8 have them. */

#include "contract.h"

const char * const pcContractGroup = "stats";
const uint32_t ulContractSeconds = 10;

/* What is reported as smallest when nothing is free: the width of a tick until
 * V11.2.0, of a size from V11.3.0 (trap 4). */
#define statsNONE \
    ( ( contractKERNEL_VERSION >= 110300L ) ? contractSIZE_MAX : ( size_t ) portMAX_DELAY )

/* heap_5 counts the marker between two regions as a free block; here there is one
 * region, so heap_4 and heap_5 agree. */
static HeapStats_t xNow( void )
{
    HeapStats_t xStats;

    memset( &xStats, 0x99, sizeof( xStats ) );
    vPortGetHeapStats( &xStats );
    CHECK_BALANCED();
    CHECK_EQ( xStats.xAvailableHeapSpaceInBytes, xPortGetFreeHeapSize() );
    CHECK_EQ( xStats.xMinimumEverFreeBytesRemaining, xPortGetMinimumEverFreeHeapSize() );
    vLogClear();
    return xStats;
}

static void prvNothing( HeapStats_t xStats )
{
    CHECK_EQ( xStats.xAvailableHeapSpaceInBytes, 0 );
    CHECK_EQ( xStats.xSizeOfLargestFreeBlockInBytes, 0 );
    CHECK_EQ( xStats.xSizeOfSmallestFreeBlockInBytes, statsNONE );
    CHECK_EQ( xStats.xNumberOfFreeBlocks, 0 );
    CHECK_EQ( xStats.xMinimumEverFreeBytesRemaining, 0 );
}

static void prvUninitialised( void )
{
    HeapStats_t xStats = xNow();

    prvNothing( xStats );
    CHECK_EQ( xStats.xNumberOfSuccessfulAllocations, 0 );
    CHECK_EQ( xStats.xNumberOfSuccessfulFrees, 0 );
    vHeapReadyAndUsed();
    CHECK_GE( xNow().xAvailableHeapSpaceInBytes, CONTRACT_HEAP_BYTES / 2U );
}

static void prvEmpty( void )
{
    HeapStats_t xStats;

    vHeapReady();
    CHECK_EQ( ( uintptr_t ) pvPortMalloc( 0 ), 0 );
    xStats = xNow();
    CHECK_EQ( xStats.xNumberOfFreeBlocks, 1 );
    CHECK_EQ( xStats.xSizeOfLargestFreeBlockInBytes, xStats.xAvailableHeapSpaceInBytes );
    CHECK_EQ( xStats.xSizeOfSmallestFreeBlockInBytes,
              ( ( CONTRACT_KERNEL == 1 ) && ( xStats.xAvailableHeapSpaceInBytes > statsNONE ) )
              ? statsNONE : xStats.xAvailableHeapSpaceInBytes );
    CHECK_EQ( xStats.xMinimumEverFreeBytesRemaining, xStats.xAvailableHeapSpaceInBytes );
    CHECK_EQ( xStats.xNumberOfSuccessfulAllocations, 0 );
    CHECK_EQ( xStats.xNumberOfSuccessfulFrees, 0 );
    #if ( ( CONTRACT_KERNEL == 1 ) && ( ( CONTRACT_APP_HEAP == 1 ) || ( CONTRACT_REGIONS == 1 ) ) )
        /* 3.3: aligned memory of T bytes is one free block of T - H. */
        CHECK_EQ( xStats.xAvailableHeapSpaceInBytes, CONTRACT_HEAP_BYTES - contractH );
    #endif
}

static void prvFull( void )
{
    HeapStats_t xStats;
    size_t uxEmpty;
    void * pv;

    vHeapReadyAndUsed();
    uxEmpty = xPortGetFreeHeapSize();
    pv = pvPortMalloc( uxLargestRequest() );
    CHECK( pv != NULL );
    xStats = xNow();
    prvNothing( xStats );
    CHECK( pvPortMalloc( 1 ) == NULL );
    prvNothing( xNow() );
    vPortFree( pv );
    xStats = xNow();
    CHECK_EQ( xStats.xAvailableHeapSpaceInBytes, uxEmpty );
    CHECK_EQ( xStats.xNumberOfFreeBlocks, 1 );
    /* 3.8: the minimum stays where it was. */
    CHECK_EQ( xStats.xMinimumEverFreeBytesRemaining, 0 );
}

/* Holes of known number and size between used blocks. */
static void prvMiddle( void )
{
    void * pvHoles[ 6 ], * pvKeepers[ 6 ];
    HeapStats_t xStats;
    size_t uxHoles = 0, uxSmallest = 0, uxRest;

    vHeapReadyAndUsed();
    uxRest = xNow().xAvailableHeapSpaceInBytes;

    for( uint32_t ul = 0; ul < 6U; ul++ )
    {
        pvHoles[ ul ] = pvPortMalloc( 40U + 16U * ul );
        pvKeepers[ ul ] = pvPortMalloc( 8 );
        CHECK( pvKeepers[ ul ] != NULL );
    }

    uxRest = xPortGetFreeHeapSize();

    for( uint32_t ul = 0; ul < 6U; ul++ )
    {
        size_t uxBefore = xPortGetFreeHeapSize();

        vPortFree( pvHoles[ 5U - ul ] );
        uxSmallest = xPortGetFreeHeapSize() - uxBefore;   /* the last is the first, smallest one */
        uxHoles += uxSmallest;
        xStats = xNow();
        CHECK_EQ( xStats.xNumberOfFreeBlocks, ul + 2U );
        CHECK_EQ( xStats.xSizeOfLargestFreeBlockInBytes, uxRest );
        CHECK_EQ( xStats.xSizeOfSmallestFreeBlockInBytes, uxSmallest );
        CHECK_EQ( xStats.xAvailableHeapSpaceInBytes, uxRest + uxHoles );
    }

    for( uint32_t ul = 0; ul < 6U; ul++ )
    {
        vPortFree( pvKeepers[ ul ] );
    }

    CHECK_EQ( xNow().xNumberOfFreeBlocks, 1 );
    vWorkload( 80 );
}

static void prvCounts( void )
{
    HeapStats_t xStats;
    void * pv;

    vHeapReady();

    for( uint32_t ul = 1; ul <= 50U; ul++ )
    {
        pv = ( ul % 2U != 0U ) ? pvPortMalloc( ul ) : pvPortCalloc( ul, 2 );
        xStats = xNow();
        CHECK_EQ( xStats.xNumberOfSuccessfulAllocations, ul );
        CHECK_EQ( xStats.xNumberOfSuccessfulFrees, ul - 1U );
        vPortFree( pv );
        vPortFree( NULL );
        vTryFree( pv );
        CHECK( pvPortMalloc( 0 ) == NULL );
        CHECK( pvPortMalloc( CONTRACT_HEAP_BYTES ) == NULL );
        CHECK( pvPortCalloc( contractSIZE_MAX, 3 ) == NULL );
        xStats = xNow();
        CHECK_EQ( xStats.xNumberOfSuccessfulAllocations, ul );
        CHECK_EQ( xStats.xNumberOfSuccessfulFrees, ul );
    }
}

/* The lowest mark moves down with requests only, and to the present on demand. */
static void prvMinimum( void )
{
    void * pvBlocks[ 8 ];
    size_t uxLow;

    vHeapReadyAndUsed();
    xPortResetHeapMinimumEverFreeHeapSize();
    CHECK_EQ( xPortGetMinimumEverFreeHeapSize(), xPortGetFreeHeapSize() );

    for( uint32_t ul = 0; ul < 8U; ul++ )
    {
        pvBlocks[ ul ] = pvPortMalloc( 100 );
        CHECK_EQ( xPortGetMinimumEverFreeHeapSize(), xPortGetFreeHeapSize() );
    }

    uxLow = xPortGetFreeHeapSize();

    for( uint32_t ul = 0; ul < 8U; ul++ )
    {
        vPortFree( pvBlocks[ ul ] );
        CHECK_EQ( xPortGetMinimumEverFreeHeapSize(), uxLow );
    }

    vPortFree( pvPortMalloc( 300 ) );
    CHECK_EQ( xPortGetMinimumEverFreeHeapSize(), uxLow );
    xPortResetHeapMinimumEverFreeHeapSize();
    CHECK_EQ( xPortGetMinimumEverFreeHeapSize(), xPortGetFreeHeapSize() );
    CHECK_GE( xPortGetMinimumEverFreeHeapSize(), uxLow + 800U );
    pvBlocks[ 0 ] = pvPortMalloc( 50 );
    CHECK_EQ( xPortGetMinimumEverFreeHeapSize(), xPortGetFreeHeapSize() );
}

static void prvReset( void )
{
    HeapStats_t xStats;
    size_t uxEmpty;
    void * pv;

    vHeapReadyAndUsed();
    uxEmpty = xPortGetFreeHeapSize();
    pv = pvPortMalloc( 500 );
    CHECK( pv != NULL );
    vPortFree( pvPortMalloc( 100 ) );
    vPortHeapResetState();
    CHECK_EQ( xPortGetFreeHeapSize(), 0 );
    CHECK_EQ( xPortGetMinimumEverFreeHeapSize(), 0 );
    xStats = xNow();
    CHECK_EQ( xStats.xNumberOfSuccessfulAllocations, 0 );
    CHECK_EQ( xStats.xNumberOfSuccessfulFrees, 0 );
    #if ( CONTRACT_KERNEL == 1 )
        /* Trap 8: the kernel walks the stale list, end marker included. */
        CHECK_EQ( xStats.xNumberOfFreeBlocks, 2 );
        CHECK_EQ( xStats.xSizeOfSmallestFreeBlockInBytes, ( CONTRACT_REGIONS == 0 ) ? 0U
                  : ( xStats.xSizeOfLargestFreeBlockInBytes > statsNONE ) ? statsNONE : xStats.xSizeOfLargestFreeBlockInBytes );
    #else
        prvNothing( xStats );
    #endif
    vHeapIsNowhere();
    vHeapReadyAndUsed();
    xStats = xNow();
    CHECK_EQ( xStats.xAvailableHeapSpaceInBytes, uxEmpty );
    CHECK_EQ( xStats.xNumberOfFreeBlocks, 1 );
    CHECK_EQ( xStats.xNumberOfSuccessfulAllocations, 1 );
    CHECK_EQ( xStats.xNumberOfSuccessfulFrees, 1 );
    vWorkload( 81 );
}

/* vPortInitialiseBlocks is there for the linker and does nothing (3.5). */
static void prvInitialiseBlocks( void )
{
    #if ( CONTRACT_REGIONS == 0 )
        void * pv;
        size_t uxFree;

        vPortInitialiseBlocks();
        prvNothing( xNow() );
        pv = pvPortMalloc( 64 );
        vFill( pv, 64, 9 );
        uxFree = xPortGetFreeHeapSize();
        vPortInitialiseBlocks();
        CHECK_EQ( xPortGetFreeHeapSize(), uxFree );
        vWorkload( 82 );
        vVerify( pv, 64, 9 );
        vPortFree( pv );
    #endif
    CHECK_EQ( ulLogCount( 'A' ), 0 );
}

const ContractCase_t xContractCases[] =
{
    { "uninitialised",     prvUninitialised,    RETURNS, RETURNS, "4" },
    { "empty",             prvEmpty,            RETURNS, RETURNS, "4" },
    { "full",              prvFull,             RETURNS, RETURNS, "4" },
    { "middle",            prvMiddle,           RETURNS, RETURNS, "4" },
    { "counts",            prvCounts,           RETURNS, RETURNS, "3.8" },
    { "minimum",           prvMinimum,          RETURNS, RETURNS, "3.8" },
    { "reset",             prvReset,            RETURNS, RETURNS, "3.5" },
    { "initialise_blocks", prvInitialiseBlocks, RETURNS, RETURNS, "3.5" },
    { NULL, NULL, 0, 0, NULL }
};
