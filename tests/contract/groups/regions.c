/* SPDX-License-Identifier: MIT */

/* regions.c: contract 8.7, the tables that are right.  One to many regions, odd
 * starts and sizes, contiguous ones, and what counts as the end of a table. */

#include "contract.h"

const char * const pcContractGroup = "regions";
const uint32_t ulContractSeconds = 10;

#define regionsMOST    16U

static HeapRegion_t xTable[ regionsMOST + 1U ];
static uint32_t ulRegions;

/* Appends a region of the arena to the table; the heap may use its memory. */
static void prvRegion( size_t uxOffset, size_t uxBytes )
{
    xTable[ ulRegions ].pucStartAddress = &ucContractArena[ uxOffset ];
    xTable[ ulRegions ].xSizeInBytes = uxBytes;
    ulRegions++;
    vHeapIs( &ucContractArena[ uxOffset ], uxBytes );
}

static void prvDefine( void )
{
    vSurroundings( ucContractArena, 64U * 1024U );
    vLogClear();
    vTryDefineRegions( xTable );
    CHECK_LOG( "C" );
}

static void prvProve( uint32_t ulSeed )
{
    vWorkload( ulSeed );
    vExhaust( 100U );
    vWorkload( ulSeed + 1U );
    vCheckSurroundings();
    CHECK_EQ( ulSuspendDepth, 0 );
}

/* Section 4: k regions are k free blocks; the kernel counts the markers between
 * them as well, 2k - 1. */
static void prvCheckFresh( uint32_t ulUsable )
{
    HeapStats_t xStats;

    vPortGetHeapStats( &xStats );
    CHECK_EQ( xStats.xNumberOfFreeBlocks, KERNEL_OR_OURS( 2U * ulUsable - 1U, ulUsable ) );
    CHECK_EQ( xStats.xAvailableHeapSpaceInBytes, xPortGetFreeHeapSize() );
    CHECK_EQ( xStats.xMinimumEverFreeBytesRemaining, xPortGetFreeHeapSize() );
    vLogClear();
}

/* One to eight, all of different size; the kernel takes H and the ends of each. */
static void prvOneToEight( void )
{
    for( uint32_t ulCount = 1; ulCount <= 8U; ulCount++ )
    {
        size_t uxTotal = 0, uxServed = 0;
        HeapStats_t xStats;

        ulRegions = 0;
        memset( xTable, 0, sizeof( xTable ) );
        vHeapIsNowhere();
        vPortHeapResetState();

        for( uint32_t ul = 0; ul < ulCount; ul++ )
        {
            prvRegion( 64U + 4096U * ul, 512U + 256U * ( ( ul * 5U ) % 8U ) );
            uxTotal += xTable[ ul ].xSizeInBytes;
        }

        prvDefine();
        prvCheckFresh( ulCount );
        #if ( CONTRACT_KERNEL == 1 )
            CHECK_EQ( xPortGetFreeHeapSize(), uxTotal - ulCount * contractH );
        #else
            CHECK_LE( xPortGetFreeHeapSize(), uxTotal );
        #endif
        /* The largest block of each region is to be had. */
        vPortGetHeapStats( &xStats );

        for( uint32_t ul = 0; ul < ulCount; ul++ )
        {
            size_t uxLargest = uxLargestRequest();

            CHECK( pvPortMalloc( uxLargest ) != NULL );
            uxServed += uxLargest;
        }

        CHECK_EQ( xPortGetFreeHeapSize(), 0 );
        CHECK_GE( uxServed, uxTotal - 2U * ulCount * contractH );
        vPortHeapResetState();
        vHeapIsNowhere();
        ulRegions = 0;

        for( uint32_t ul = 0; ul < ulCount; ul++ )
        {
            prvRegion( 64U + 4096U * ul, xTable[ ul ].xSizeInBytes );
        }

        prvDefine();
        prvProve( 200U + ulCount );
    }
}

/* Starts and sizes that are no multiple of anything. */
static void prvMisaligned( void )
{
    for( size_t uxSkew = 0; uxSkew < 2U * CONTRACT_ALIGNMENT; uxSkew++ )
    {
        ulRegions = 0;
        memset( xTable, 0, sizeof( xTable ) );
        vHeapIsNowhere();
        vPortHeapResetState();
        prvRegion( 64U + uxSkew, 1000U + uxSkew / 2U );
        prvRegion( 8192U + uxSkew, 1501U );
        prvRegion( 16384U - uxSkew, 777U + uxSkew );
        prvDefine();
        CHECK_LE( xPortGetFreeHeapSize(), 1000U + 1501U + 777U + 2U * uxSkew );
        CHECK_GE( xPortGetFreeHeapSize(), 1000U + 1501U + 777U - 3U * ( contractH + 2U * CONTRACT_ALIGNMENT ) );
        prvProve( 210U );
    }
}

/* Regions that touch are two regions still: no block spans them (3.2). */
static void prvContiguous( void )
{
    size_t uxLargest;
    void * pv;

    prvRegion( 64U, 1024U );
    prvRegion( 64U + 1024U, 1024U );
    prvRegion( 64U + 2048U, 512U );
    prvDefine();
    prvCheckFresh( 3 );
    uxLargest = uxLargestRequest();
    CHECK_LE( uxLargest, 1024U );
    CHECK_GE( uxLargest, 1024U - 2U * contractH );
    prvProve( 220U );
    CHECK_EQ( uxLargestRequest(), uxLargest );
    pv = pvPortMalloc( uxLargest );
    CHECK( pv != NULL );
    vPortFree( pv );
}

static void prvOnlyOneUsableAmongMany( void )
{
    prvRegion( 64U, 2U * contractH );
    prvRegion( 1024U, 2048U );
    prvRegion( 8192U, 2U * contractH );
    prvDefine();
    CHECK_GE( uxLargestRequest(), 2048U - 2U * contractH );
    prvProve( 230U );
}

/* The pointer of the last entry is not looked at, its size ends the table (3.6). */
static void prvTerminatorWithPointer( void )
{
    prvRegion( 64U, 1024U );
    xTable[ 1 ].pucStartAddress = &ucContractArena[ 32 ];   /* lower, and no NULL */
    xTable[ 1 ].xSizeInBytes = 0;
    xTable[ 2 ].pucStartAddress = &ucContractArena[ 8192 ];
    xTable[ 2 ].xSizeInBytes = 1024U;                       /* behind the end: not read */
    prvDefine();
    CHECK_LE( xPortGetFreeHeapSize(), 1024U );
    prvProve( 240U );
}

/* heap_5 can take any number; firmheap has room for FIRMHEAP_REGION_LIMIT beside
 * the largest, says so through configASSERT, and serves from those it has. */
static void prvSixteen( void )
{
    for( uint32_t ul = 0; ul < 16U; ul++ )
    {
        prvRegion( 64U + 2048U * ul, 512U );
    }

    vSurroundings( ucContractArena, 64U * 1024U );
    vLogClear();
    vTryDefineRegions( xTable );
    #if ( CONTRACT_KERNEL == 1 )
        CHECK_LOG( "C" );
        CHECK_EQ( xPortGetFreeHeapSize(), 16U * ( 512U - contractH ) );
    #else
        CHECK_BALANCED();
        CHECK_GE( xPortGetFreeHeapSize(), 8U * ( 512U - 2U * contractH ) );
        CHECK( ( xPortGetFreeHeapSize() >= 16U * ( 512U - 2U * contractH ) ) || ( ulLogCount( 'A' ) > 0U ) ||
               ( CONTRACT_ASSERT == CONTRACT_ASSERT_EMPTY ) );
    #endif
    prvProve( 250U );
}

/* Definition, reset, another table: allowed any number of times (3.5). */
static void prvResetAndRedefine( void )
{
    prvRegion( 64U, 1024U );
    prvDefine();
    CHECK( pvPortMalloc( 100 ) != NULL );

    for( uint32_t ul = 0; ul < 5U; ul++ )
    {
        ulRegions = 0;
        vHeapIsNowhere();
        vPortHeapResetState();
        CHECK_EQ( xPortGetFreeHeapSize(), 0 );
        prvRegion( 64U + 512U * ul, 1024U );
        prvRegion( 16384U + 512U * ul, 2048U );
        prvDefine();
        prvCheckFresh( 2 );
        prvProve( 260U + ul );
    }
}

/* A pointer between two regions belongs to neither. */
static void prvFreeInGap( void )
{
    size_t uxFree;

    prvRegion( 64U, 1024U );
    prvRegion( 8192U, 1024U );
    prvDefine();
    memset( &ucContractArena[ 4096 ], 0, 64 );
    uxFree = xPortGetFreeHeapSize();
    vLogClear();
    vTryFree( &ucContractArena[ 4096 + 32 ] );
    CHECK_FAULT( 1U + CONTRACT_PROTECTOR );
    CHECK_EQ( xPortGetFreeHeapSize(), uxFree );
    memset( &ucContractArena[ 4096 ], 0x5C, 64 );
    prvProve( 270U );
}

/* A refusal for want of a block, while enough bytes are free in pieces: ordinary;
 * the kernel's protector asserts here up to V11.3.0 (trap 6). */
static void prvFragmentedRefusal( void )
{
    prvRegion( 64U, 1024U );
    prvRegion( 8192U, 1024U );
    prvDefine();
    vLogClear();
    CHECK( pvTryMalloc( 1500U ) == NULL );
    #if ( ( CONTRACT_KERNEL == 1 ) && ( CONTRACT_PROTECTOR == 1 ) )
        CHECK_GE( ulLogCount( 'a' ), contractFALSE_ALARM ? 1 : 0 );
    #else
        CHECK_LOG( "SmRH" );
        prvProve( 280U );
    #endif
}

/* 300,000 bytes in one region.  firmheap's compact form makes neighbours of some
 * 255 KiB of it, its large form (FIRMHEAP_REGIONS_LARGE) one block. */
static void prvLarge( void )
{
    size_t uxLargest;

    prvRegion( 64U, 300000U );
    vLogClear();
    vTryDefineRegions( xTable );
    CHECK_LOG( "C" );
    CHECK_GE( xPortGetFreeHeapSize(), 300000U - 3U * contractH );
    uxLargest = uxLargestRequest();
    CHECK_GE( uxLargest, KERNEL_OR_OURS( 300000U, ( CONTRACT_LARGE == 1 ) ? 300000U : 255U * 1024U ) - 2U * contractH );
    vWorkload( 290U );
    vExhaust( 700U );
    CHECK_EQ( uxLargestRequest(), uxLargest );
}

const ContractCase_t xContractCases[] =
{
    { "one_to_eight",            prvOneToEight,             RETURNS, RETURNS, "3.6" },
    { "misaligned",              prvMisaligned,             RETURNS, RETURNS, "3.6" },
    { "contiguous",              prvContiguous,             RETURNS, RETURNS, "3.2" },
    { "one_usable_among_many",   prvOnlyOneUsableAmongMany, RETURNS, RETURNS, "3.6" },
    { "terminator_with_pointer", prvTerminatorWithPointer,  RETURNS, RETURNS, "3.6" },
    { "sixteen",                 prvSixteen,                RETURNS, RETURNS, "3.6" },
    { "reset_and_redefine",      prvResetAndRedefine,       RETURNS, RETURNS, "3.5" },
    { "free_in_gap",             prvFreeInGap,              RETURNS, RETURNS, "3.4" },
    { "large",                   prvLarge,                  RETURNS, RETURNS, "3.3" },
    { "fragmented_refusal",      prvFragmentedRefusal,      RETURNS, RETURNS, "trap 6" },
    { NULL, NULL, 0, 0, NULL }
};
