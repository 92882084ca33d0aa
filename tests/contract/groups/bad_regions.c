/* SPDX-License-Identifier: MIT */

/* bad_regions.c: contract 8.7, the tables that are wrong, and use before there is
 * one.  Paragraph 3.6 has what the kernel's heap_5 does; firmheap raises an assert
 * wherever the kernel does, leaves out what is wrong, and serves from the rest. */

#include "contract.h"

const char * const pcContractGroup = "bad_regions";
const uint32_t ulContractSeconds = 10;

static HeapRegion_t xTable[ 9 ];
static uint32_t ulRegions;

static void prvRegion( size_t uxOffset, size_t uxBytes )
{
    xTable[ ulRegions ].pucStartAddress = &ucContractArena[ uxOffset ];
    xTable[ ulRegions ].xSizeInBytes = uxBytes;
    ulRegions++;
    vHeapIs( &ucContractArena[ uxOffset ], uxBytes );
}

/* Defines and counts: the kernel raises exactly so many asserts, firmheap at least
 * one where the kernel does. */
static void prvDefine( uint32_t ulKernelAsserts )
{
    vSurroundings( ucContractArena, 64U * 1024U );
    vLogClear();
    vTryDefineRegions( xTable );

    if( CONTRACT_ASSERT == CONTRACT_ASSERT_EMPTY )
    {
        CHECK_EQ( ulLogCount( 'A' ) + ulLogCount( 'a' ), 0 );
    }
    else if( ulKernelAsserts > 0U )
    {
        if( ( CONTRACT_KERNEL == 1 ) && ( CONTRACT_ASSERT == CONTRACT_ASSERT_COUNT ) )
        {
            CHECK_EQ( ulLogCount( 'A' ), ulKernelAsserts );
        }

        CHECK_GE( ulLogCount( 'A' ), 1 );
    }
    else if( CONTRACT_KERNEL == 1 )
    {
        CHECK_EQ( ulLogCount( 'A' ), 0 );
    }

    CHECK_EQ( ulLogCount( 'a' ), 0 );
    CHECK_BALANCED();
    CHECK_EQ( ulLogCount( 'm' ) + ulLogCount( 'f' ) + ulLogCount( 'H' ), 0 );
}

/* The heap is sound.  A trap in the middle of a definition leaves it unfinished:
 * then it need not serve, but it must not break. */
static void prvProve( uint32_t ulSeed )
{
    #if ( CONTRACT_ASSERT == CONTRACT_ASSERT_TRAP )
        if( ulLogCount( 'A' ) > 0U )
        {
            vLogClear();
            vTryFree( pvTryMalloc( 20 ) );
            CHECK_BALANCED();
            vCheckSurroundings();
            return;
        }
    #endif
    vWorkload( ulSeed );
    vExhaust( 100U );
    vExhaust( 700U );
    /* Misses and near misses: what made the kernel's list turn in circles. */
    CHECK( pvPortMalloc( xPortGetFreeHeapSize() ) == NULL );
    CHECK( pvPortMalloc( 65536U * 4U ) == NULL );
    vWorkload( ulSeed + 1U );
    vCheckSurroundings();
}

/*----------------------------------------------------------- use before definition */

static void prvBeforeDefinition( void )
{
    HeapStats_t xStats;

    CHECK( pvTryMalloc( 10 ) == NULL );
    CHECK_LOG( "ASmRH" );
    vLogClear();
    CHECK( pvTryMalloc( 0 ) == NULL );
    CHECK_LOG( "ASmRH" );
    vLogClear();
    CHECK( pvTryCalloc( 2, 8 ) == NULL );
    CHECK_LOG( "ASmRH" );
    vLogClear();
    CHECK( pvTryCalloc( contractSIZE_MAX, 8 ) == NULL );
    CHECK_LOG( "" );
    vLogClear();
    vTryFree( NULL );
    CHECK_LOG( "" );
    CHECK_EQ( xPortGetFreeHeapSize(), 0 );
    CHECK_EQ( xPortGetMinimumEverFreeHeapSize(), 0 );
    vPortGetHeapStats( &xStats );
    CHECK_EQ( xStats.xNumberOfFreeBlocks, 0 );
    CHECK_EQ( xStats.xAvailableHeapSpaceInBytes, 0 );
    CHECK_EQ( xStats.xSizeOfLargestFreeBlockInBytes, 0 );
    /* Late is not too late. */
    prvRegion( 64U, 2048U );
    prvDefine( 0 );
    prvProve( 300U );
}

static void prvFreeBeforeDefinition( void )
{
    static uint32_t ulZeros[ 16 ];

    vLogClear();
    vTryFree( &ulZeros[ 8 ] );
    CHECK_FAULT( ( CONTRACT_PROTECTOR == 1 ) ? contractANY : 1U );
    prvRegion( 64U, 2048U );
    prvDefine( 0 );
    prvProve( 302U );
}

/*----------------------------------------------------------- defined twice */

static void prvTwice( void )
{
    void * pv;

    prvRegion( 64U, 2048U );
    prvDefine( 0 );
    pv = pvPortMalloc( 200 );
    vFill( pv, 200, 7 );
    vSurroundings( &ucContractArena[ 8192 ], 64U );
    vLogClear();
    vTryDefineRegions( xTable );
    /* "Only once", and again for the first region: it is not above the last end. */
    CHECK_FAULT( 1 );
    vWorkload( 310U );
    vVerify( pv, 200, 7 );
    vLogClear();
    vPortFree( pv );
    CHECK_LOG( "SfR" );
    vWorkload( 311U );
}

static void prvTwiceElsewhere( void )
{
    size_t uxFree;
    void * pv;

    prvRegion( 64U, 2048U );
    prvDefine( 0 );
    uxFree = xPortGetFreeHeapSize();
    pv = pvPortMalloc( 200 );
    vFill( pv, 200, 7 );
    xTable[ 0 ].pucStartAddress = &ucContractArena[ 8192 ];
    vHeapIs( &ucContractArena[ 8192 ], 2048U );
    vLogClear();
    vTryDefineRegions( xTable );
    CHECK_FAULT( 1 );
    vWorkload( 312U );
    vVerify( pv, 200, 7 );
    vPortFree( pv );
    #if ( ( CONTRACT_KERNEL == 1 ) && ( CONTRACT_ASSERT != CONTRACT_ASSERT_TRAP ) )
        /* The counters restarted from the new table, and the old block came on top. */
        CHECK_GE( xPortGetFreeHeapSize(), uxFree + 200U );
    #else
        CHECK_EQ( xPortGetFreeHeapSize(), uxFree );
    #endif
    vWorkload( 313U );
}

/*----------------------------------------------------------- wrong order, overlap */

static void prvUnsorted( void )
{
    prvRegion( 16384U, 2048U );
    prvRegion( 64U, 2048U );
    prvDefine( 1 );
    prvProve( 320U );
}

static void prvUnsortedMiddle( void )
{
    prvRegion( 64U, 2048U );
    prvRegion( 32768U, 2048U );
    prvRegion( 16384U, 2048U );
    prvRegion( 49152U, 2048U );
    prvDefine( 1 );
    prvProve( 322U );
}

static void prvOverlapping( void )
{
    prvRegion( 64U, 2048U );
    prvRegion( 64U + 1024U, 2048U );
    prvDefine( 1 );
    prvProve( 324U );
}

static void prvOverlappingByALittle( void )
{
    prvRegion( 64U, 2048U );
    prvRegion( 64U + 2048U - CONTRACT_ALIGNMENT, 2048U );
    prvDefine( ( contractH > CONTRACT_ALIGNMENT ) ? 0U : 1U );
    prvProve( 326U );
}

static void prvSameTwice( void )
{
    prvRegion( 64U, 2048U );
    prvRegion( 64U, 2048U );
    prvDefine( 1 );
    prvProve( 328U );
}

static void prvInside( void )
{
    prvRegion( 64U, 8192U );
    prvRegion( 2048U, 1024U );
    prvDefine( 1 );
    prvProve( 330U );
}

/*----------------------------------------------------------- too small */

static void prvHeaderSizedOnly( void )
{
    prvRegion( 64U, contractH );
    prvDefine( 1 );     /* nothing in total */
    CHECK( pvTryMalloc( 1 ) == NULL );
    CHECK( pvTryMalloc( 0 ) == NULL );
    CHECK_EQ( xPortGetFreeHeapSize(), 0 );
    vCheckSurroundings();
}

static void prvHeaderSizedFirst( void )
{
    prvRegion( 64U, contractH );
    prvRegion( 8192U, 2048U );
    prvDefine( 0 );
    prvProve( 340U );
}

static void prvHeaderSizedLast( void )
{
    prvRegion( 64U, 2048U );
    prvRegion( 8192U, contractH );
    prvDefine( 0 );
    /* What passes the free-byte test and finds no block never returns from the
     * kernel: the marker of the last region links to itself. */
    prvProve( 342U );
}

static void prvOneAlignmentMore( void )
{
    prvRegion( 64U, 2048U );
    prvRegion( 8192U, contractH + CONTRACT_ALIGNMENT );
    prvDefine( 0 );
    prvProve( 344U );
}

static void prvOneAlignmentMoreOnly( void )
{
    prvRegion( 64U, contractH + CONTRACT_ALIGNMENT );
    prvDefine( 0 );
    CHECK( pvTryMalloc( 2U * contractH + CONTRACT_ALIGNMENT ) == NULL );
    CHECK_BALANCED();
    vCheckSurroundings();
}

static void prvSmallerThanHeaderOnly( void )
{
    prvRegion( 64U, contractH - 1U );
    prvDefine( 0 );
    #if ( CONTRACT_KERNEL == 1 )
        /* The end marker lies below the block, whose size wraps. */
        CHECK_GE( xPortGetFreeHeapSize(), contractSIZE_MAX / 2U );
    #else
        CHECK( pvTryMalloc( 100 ) == NULL );
        CHECK_EQ( xPortGetFreeHeapSize(), 0 );
    #endif
    vCheckSurroundings();
}

static void prvSmallerThanHeaderFirst( void )
{
    prvRegion( 64U, 1U );
    prvRegion( 8192U, 2048U );
    prvDefine( 0 );
    vCheckSurroundings();
    prvProve( 346U );
}

static void prvSmallerThanHeaderLast( void )
{
    prvRegion( 64U, 2048U );
    prvRegion( 8192U, contractH / 2U );
    prvDefine( 0 );
    vCheckSurroundings();
    prvProve( 348U );
}

/* Misaligned, and smaller than what alignment takes away. */
static void prvLostToAlignment( void )
{
    prvRegion( 65U, CONTRACT_ALIGNMENT - 2U );
    prvRegion( 8192U, 2048U );
    prvDefine( 0 );
    vCheckSurroundings();
    prvProve( 350U );
}

/*----------------------------------------------------------- nothing, nowhere */

static void prvEmptyTable( void )
{
    vSurroundings( ucContractArena, 64U );
    vLogClear();
    vTryDefineRegions( xTable );
    CHECK_FAULT( 1 );
    vLogClear();
    CHECK( pvTryMalloc( 10 ) == NULL );
    CHECK_LOG( "ASmRH" );
    vLogClear();
    prvRegion( 64U, 2048U );
    prvDefine( 0 );
    prvProve( 360U );
}

/* A NULL pointer with a size is no end of the table: the kernel writes there. */
static void prvNullWithSize( void )
{
    prvRegion( 64U, 2048U );
    xTable[ 1 ].pucStartAddress = NULL;
    xTable[ 1 ].xSizeInBytes = 1024U;
    prvDefine( 1 );
    prvProve( 362U );
}

/* A region that would run past the end of the address space. */
static void prvPastTheEnd( void )
{
    prvRegion( 64U, 2048U );
    xTable[ 1 ].pucStartAddress = ( uint8_t * ) ( ~( uintptr_t ) 0 - 4095U );
    xTable[ 1 ].xSizeInBytes = 8192U;
    prvDefine( 0 );
    prvProve( 364U );
}

#define badTRAPS      ( CONTRACT_ASSERT == CONTRACT_ASSERT_TRAP )
#define badBROKEN     ( badTRAPS ? RETURNS : BREAKS )

/* With an alignment below H the free block's header and the marker overlap. */
#define badSHORT      ( ( CONTRACT_ALIGNMENT < contractH ) ? BREAKS : RETURNS )

const ContractCase_t xContractCases[] =
{
    { "before_definition",         prvBeforeDefinition,       RETURNS,   RETURNS, "3.5" },
    { "free_before_definition",    prvFreeBeforeDefinition,   RETURNS,   RETURNS, "3.5" },
    { "twice",                     prvTwice,                  badBROKEN, RETURNS, "3.6" },
    { "twice_elsewhere",           prvTwiceElsewhere,         RETURNS,   RETURNS, "3.6" },
    { "unsorted",                  prvUnsorted,               RETURNS,   RETURNS, "3.6" },
    { "unsorted_middle",           prvUnsortedMiddle,         RETURNS,   RETURNS, "3.6" },
    { "overlapping",               prvOverlapping,            badBROKEN, RETURNS, "3.6" },
    { "overlapping_by_a_little",   prvOverlappingByALittle,   badBROKEN, RETURNS, "3.6" },
    { "same_twice",                prvSameTwice,              badBROKEN, RETURNS, "3.6" },
    { "inside",                    prvInside,                 badBROKEN, RETURNS, "3.6" },
    { "header_sized_only",         prvHeaderSizedOnly,        RETURNS,   RETURNS, "3.6" },
    { "header_sized_first",        prvHeaderSizedFirst,       RETURNS,   RETURNS, "3.6" },
    { "header_sized_last",         prvHeaderSizedLast,        HANGS,     RETURNS, "3.6" },
    { "one_alignment_more",        prvOneAlignmentMore,       badSHORT,  RETURNS, "3.6" },
    { "one_alignment_more_only",   prvOneAlignmentMoreOnly,   RETURNS,   RETURNS, "3.6" },
    { "smaller_than_header_only",  prvSmallerThanHeaderOnly,  BREAKS,    RETURNS, "3.6" },
    { "smaller_than_header_first", prvSmallerThanHeaderFirst, BREAKS,    RETURNS, "3.6" },
    { "smaller_than_header_last",  prvSmallerThanHeaderLast,  BREAKS,    RETURNS, "3.6" },
    { "lost_to_alignment",         prvLostToAlignment,        BREAKS,    RETURNS, "3.6" },
    { "empty_table",               prvEmptyTable,             RETURNS,   RETURNS, "3.6" },
    { "null_with_size",            prvNullWithSize,           badTRAPS ? RETURNS : DIES, RETURNS, "3.6" },
    { "past_the_end",              prvPastTheEnd,             DIES,      RETURNS, "3.6" },
    { NULL, NULL, 0, 0, NULL }
};
