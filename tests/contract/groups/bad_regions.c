/* SPDX-License-Identifier: MIT */

/* bad_regions.c: contract 8.7, tables out of order, overlapping, given twice or empty,
 * and use before there is one.  Paragraph 3.6 has what the kernel's heap_5 does;
 * firmheap raises an assert wherever the kernel does, leaves out what is wrong, and
 * serves from the rest. */

#include "table.h"

const char * const pcContractGroup = "bad_regions";
const uint32_t ulContractSeconds = 10;

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
    vTableRegion( 64U, 2048U );
    vTableDefine( 0 );
    vTableProve( 300U );
}

static void prvFreeBeforeDefinition( void )
{
    static uint32_t ulZeros[ 16 ];

    vLogClear();
    vTryFree( &ulZeros[ 8 ] );
    CHECK_FAULT( ( CONTRACT_PROTECTOR == 1 ) ? contractANY : 1U );
    vTableRegion( 64U, 2048U );
    vTableDefine( 0 );
    vTableProve( 302U );
}

/*----------------------------------------------------------- defined twice */

static void prvTwice( void )
{
    void * pv;

    vTableRegion( 64U, 2048U );
    vTableDefine( 0 );
    pv = pvPortMalloc( 200 );
    vFill( pv, 200, 7 );
    vSurroundings( &ucContractArena[ 8192 ], 64U );
    vLogClear();
    vTryDefineRegions( xContractTable );
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

    vTableRegion( 64U, 2048U );
    vTableDefine( 0 );
    uxFree = xPortGetFreeHeapSize();
    pv = pvPortMalloc( 200 );
    vFill( pv, 200, 7 );
    xContractTable[ 0 ].pucStartAddress = &ucContractArena[ 8192 ];
    vHeapIs( &ucContractArena[ 8192 ], 2048U );
    vLogClear();
    vTryDefineRegions( xContractTable );
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
    vTableRegion( 16384U, 2048U );
    vTableRegion( 64U, 2048U );
    vTableDefine( 1 );
    vTableProve( 320U );
}

static void prvUnsortedMiddle( void )
{
    vTableRegion( 64U, 2048U );
    vTableRegion( 32768U, 2048U );
    vTableRegion( 16384U, 2048U );
    vTableRegion( 49152U, 2048U );
    vTableDefine( 1 );
    vTableProve( 322U );
}

static void prvOverlapping( void )
{
    vTableRegion( 64U, 2048U );
    vTableRegion( 64U + 1024U, 2048U );
    vTableDefine( 1 );
    vTableProve( 324U );
}

static void prvOverlappingByALittle( void )
{
    vTableRegion( 64U, 2048U );
    vTableRegion( 64U + 2048U - CONTRACT_ALIGNMENT, 2048U );
    vTableDefine( ( contractH > CONTRACT_ALIGNMENT ) ? 0U : 1U );
    vTableProve( 326U );
}

static void prvSameTwice( void )
{
    vTableRegion( 64U, 2048U );
    vTableRegion( 64U, 2048U );
    vTableDefine( 1 );
    vTableProve( 328U );
}

static void prvInside( void )
{
    vTableRegion( 64U, 8192U );
    vTableRegion( 2048U, 1024U );
    vTableDefine( 1 );
    vTableProve( 330U );
}

/*----------------------------------------------------------- nothing, nowhere */

static void prvEmptyTable( void )
{
    vSurroundings( ucContractArena, 64U );
    vLogClear();
    vTryDefineRegions( xContractTable );
    CHECK_FAULT( 1 );
    vLogClear();
    CHECK( pvTryMalloc( 10 ) == NULL );
    CHECK_LOG( "ASmRH" );
    vLogClear();
    vTableRegion( 64U, 2048U );
    vTableDefine( 0 );
    vTableProve( 360U );
}

/* A NULL pointer with a size is no end of the table: the kernel writes there. */
static void prvNullWithSize( void )
{
    vTableRegion( 64U, 2048U );
    xContractTable[ 1 ].pucStartAddress = NULL;
    xContractTable[ 1 ].xSizeInBytes = 1024U;
    vTableDefine( 1 );
    vTableProve( 362U );
}

/* A region that would run past the end of the address space. */
static void prvPastTheEnd( void )
{
    vTableRegion( 64U, 2048U );
    xContractTable[ 1 ].pucStartAddress = ( uint8_t * ) ( ~( uintptr_t ) 0 - 4095U );
    xContractTable[ 1 ].xSizeInBytes = 8192U;
    vTableDefine( 0 );
    vTableProve( 364U );
}

#define badTRAPS      ( CONTRACT_ASSERT == CONTRACT_ASSERT_TRAP )
#define badBROKEN     ( badTRAPS ? RETURNS : BREAKS )

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
    { "empty_table",               prvEmptyTable,             RETURNS,   RETURNS, "3.6" },
    { "null_with_size",            prvNullWithSize,           badTRAPS ? RETURNS : DIES, RETURNS, "3.6" },
    { "past_the_end",              prvPastTheEnd,             DIES,      RETURNS, "3.6" },
    { NULL, NULL, 0, 0, NULL }
};
