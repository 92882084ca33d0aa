/* SPDX-License-Identifier: MIT */

/* small_regions.c: contract 8.7, regions with no room for a block, for a header, or for
 * anything.  The kernel's heap_5 hangs, or writes below the region (3.6); firmheap
 * leaves them out and serves from the rest. */

#include "table.h"

const char * const pcContractGroup = "small_regions";
const uint32_t ulContractSeconds = 10;

static void prvHeaderSizedOnly( void )
{
    vTableRegion( 64U, contractH );
    vTableDefine( 1 );     /* nothing in total */
    CHECK( pvTryMalloc( 1 ) == NULL );
    CHECK( pvTryMalloc( 0 ) == NULL );
    CHECK_EQ( xPortGetFreeHeapSize(), 0 );
    vCheckSurroundings();
}

static void prvHeaderSizedFirst( void )
{
    vTableRegion( 64U, contractH );
    vTableRegion( 8192U, 2048U );
    vTableDefine( 0 );
    vTableProve( 340U );
}

static void prvHeaderSizedLast( void )
{
    vTableRegion( 64U, 2048U );
    vTableRegion( 8192U, contractH );
    vTableDefine( 0 );
    /* What passes the free-byte test and finds no block never returns from the
     * kernel: the marker of the last region links to itself. */
    vTableProve( 342U );
}

static void prvOneAlignmentMore( void )
{
    vTableRegion( 64U, 2048U );
    vTableRegion( 8192U, contractH + CONTRACT_ALIGNMENT );
    vTableDefine( 0 );
    vTableProve( 344U );
}

static void prvOneAlignmentMoreOnly( void )
{
    vTableRegion( 64U, contractH + CONTRACT_ALIGNMENT );
    vTableDefine( 0 );
    CHECK( pvTryMalloc( 2U * contractH + CONTRACT_ALIGNMENT ) == NULL );
    CHECK_BALANCED();
    vCheckSurroundings();
}

static void prvSmallerThanHeaderOnly( void )
{
    vTableRegion( 64U, contractH - 1U );
    vTableDefine( 0 );
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
    vTableRegion( 64U, 1U );
    vTableRegion( 8192U, 2048U );
    vTableDefine( 0 );
    vCheckSurroundings();
    vTableProve( 346U );
}

static void prvSmallerThanHeaderLast( void )
{
    vTableRegion( 64U, 2048U );
    vTableRegion( 8192U, contractH / 2U );
    vTableDefine( 0 );
    vCheckSurroundings();
    vTableProve( 348U );
}

/* Misaligned, and smaller than what alignment takes away. */
static void prvLostToAlignment( void )
{
    vTableRegion( 65U, CONTRACT_ALIGNMENT - 2U );
    vTableRegion( 8192U, 2048U );
    vTableDefine( 0 );
    vCheckSurroundings();
    vTableProve( 350U );
}

/* With an alignment below H the free block's header and the marker overlap. */
#define badSHORT      ( ( CONTRACT_ALIGNMENT < contractH ) ? BREAKS : RETURNS )

const ContractCase_t xContractCases[] =
{
    { "header_sized_only",         prvHeaderSizedOnly,        RETURNS,   RETURNS, "3.6" },
    { "header_sized_first",        prvHeaderSizedFirst,       RETURNS,   RETURNS, "3.6" },
    { "header_sized_last",         prvHeaderSizedLast,        HANGS,     RETURNS, "3.6" },
    { "one_alignment_more",        prvOneAlignmentMore,       badSHORT,  RETURNS, "3.6" },
    { "one_alignment_more_only",   prvOneAlignmentMoreOnly,   RETURNS,   RETURNS, "3.6" },
    { "smaller_than_header_only",  prvSmallerThanHeaderOnly,  BREAKS,    RETURNS, "3.6" },
    { "smaller_than_header_first", prvSmallerThanHeaderFirst, BREAKS,    RETURNS, "3.6" },
    { "smaller_than_header_last",  prvSmallerThanHeaderLast,  BREAKS,    RETURNS, "3.6" },
    { "lost_to_alignment",         prvLostToAlignment,        BREAKS,    RETURNS, "3.6" },
    { NULL, NULL, 0, 0, NULL }
};
