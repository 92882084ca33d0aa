/* SPDX-License-Identifier: MIT */

/* sizes.c: contract 8.2.  Which requests are served, which are refused, and what
 * each of them calls.  Paragraphs 3.1, 3.2 and 3.4 say what is expected. */

#include "contract.h"

const char * const pcContractGroup = "sizes";
const uint32_t ulContractSeconds = 10;

/* Large enough to lose two headers and more. */
#define sizesHOLE    ( 10U * ( CONTRACT_ALIGNMENT + 8U ) )

/* A refused request changes nothing and tells trace and hook. */
static void prvRefused( size_t uxBytes )
{
    size_t uxFree = xPortGetFreeHeapSize();
    size_t uxMinimum = xPortGetMinimumEverFreeHeapSize();

    vLogClear();
    CHECK_EQ( ( uintptr_t ) pvPortMalloc( uxBytes ), 0 );
    CHECK_LOG( "SmRH" );
    #if ( CONTRACT_TRACE == 1 )
        CHECK_EQ( ( uintptr_t ) xLastMalloc.pvPayload, 0 );
        CHECK_EQ( xLastMalloc.uxBytes, 0 );
    #endif
    CHECK_EQ( xPortGetFreeHeapSize(), uxFree );
    CHECK_EQ( xPortGetMinimumEverFreeHeapSize(), uxMinimum );
}

/* A served request is aligned, writable, told with its true size, and leaves
 * nothing behind when it is freed. */
static void prvServed( size_t uxBytes )
{
    size_t uxFree = xPortGetFreeHeapSize();
    size_t uxTaken;
    void * pv;

    vLogClear();
    pv = pvPortMalloc( uxBytes );
    CHECK( pv != NULL );
    CHECK_LOG( "SmR" );
    CHECK_EQ( ( uintptr_t ) pv & ( CONTRACT_ALIGNMENT - 1U ), 0 );
    uxTaken = uxFree - xPortGetFreeHeapSize();
    #if ( CONTRACT_TRACE == 1 )
        CHECK_EQ( ( uintptr_t ) xLastMalloc.pvPayload, ( uintptr_t ) pv );
        CHECK_EQ( xLastMalloc.uxBytes, uxTaken );
    #endif
    CHECK_GE( uxTaken, KERNEL_OR_OURS( contractROUND_UP( uxBytes + contractH ), uxBytes + 1U ) );
    /* Never more than the kernel takes, with its surplus of two headers (P4). */
    CHECK_LE( uxTaken, contractROUND_UP( uxBytes + contractH ) + 2U * contractH );
    vFill( pv, uxBytes, 3 );
    vVerify( pv, uxBytes, 3 );
    vLogClear();
    vPortFree( pv );
    CHECK_LOG( "SfR" );
    CHECK_EQ( xPortGetFreeHeapSize(), uxFree );
}

static void prvZero( void )
{
    vHeapReady();
    vLogClear();
    CHECK_EQ( ( uintptr_t ) pvPortMalloc( 0 ), 0 );
    CHECK_LOG( ( CONTRACT_REGIONS == 1 ) ? "SmRH" : "ScmRH" );
    /* 3.5: a failing first request initialises as well. */
    CHECK_GE( xPortGetFreeHeapSize(), CONTRACT_HEAP_BYTES / 2U );
    prvRefused( 0 );
    vWorkload( 1 );
}

static void prvAroundAlignment( void )
{
    static const size_t uxBases[] = { 0, 8, 16, 24, 32, 64, 128, 256, 504, 512, 1000, 1024 };

    vHeapReadyAndUsed();

    for( size_t ux = 0; ux < sizeof( uxBases ) / sizeof( uxBases[ 0 ] ); ux++ )
    {
        for( size_t uxMore = 1; uxMore <= CONTRACT_ALIGNMENT + 1U; uxMore++ )
        {
            prvServed( uxBases[ ux ] + uxMore );
        }
    }
}

static void prvLargest( void )
{
    HeapStats_t xStats;
    size_t uxLargest, uxRequest;
    void * pv;

    vHeapReadyAndUsed();
    vPortGetHeapStats( &xStats );
    uxLargest = uxLargestRequest();
    /* 4: the largest request is the largest free block less a header, rounded
     * down; firmheap's header is smaller, so it serves at least that. */
    uxRequest = xStats.xSizeOfLargestFreeBlockInBytes - contractH;
    #if ( CONTRACT_KERNEL == 1 )
        CHECK_EQ( uxLargest, uxRequest );
    #else
        CHECK_GE( uxLargest, uxRequest );
    #endif
    CHECK_LE( uxLargest, CONTRACT_HEAP_BYTES );
    prvServed( uxRequest );
    prvServed( uxLargest );
    prvRefused( uxLargest + 1U );
    prvRefused( uxLargest + contractH );
    prvRefused( xPortGetFreeHeapSize() );
    pv = pvPortMalloc( uxLargest );
    CHECK( pv != NULL );
    prvRefused( uxLargest );
    prvRefused( CONTRACT_HEAP_BYTES );
    vPortFree( pv );
    vWorkload( 2 );
}

static void prvNearMaximum( void )
{
    vHeapReadyAndUsed();

    for( size_t ux = 0; ux <= 64U; ux++ )
    {
        prvRefused( contractSIZE_MAX - ux );
    }

    vWorkload( 3 );
}

static void prvNearTopBit( void )
{
    const size_t uxTopBit = ( size_t ) 1 << ( sizeof( size_t ) * 8U - 1U );

    vHeapReadyAndUsed();

    for( size_t ux = 0; ux <= 128U; ux++ )
    {
        prvRefused( uxTopBit - 64U + ux );
        prvRefused( uxTopBit - contractH - 64U + ux );
    }

    vWorkload( 4 );
}

/* Sizes whose low bits look small: a size kept in too few bits would be served
 * with far too little. */
static size_t uxRefusals, uxTried;

static void prvTooLarge( size_t uxBytes )
{
    if( uxBytes >= CONTRACT_HEAP_BYTES )
    {
        uxTried++;
        uxRefusals += ( pvPortMalloc( uxBytes ) == NULL ) ? 1U : 0U;
    }
}

static void prvTruncation( void )
{

    vHeapReadyAndUsed();

    for( size_t uxHigh = 1; uxHigh < 65536U; uxHigh++ )
    {
        for( size_t uxLow = 0; uxLow <= 64U; uxLow += 16U )
        {
            prvTooLarge( ( uxHigh << 16 ) + uxLow );
        }
    }

    for( uint32_t ulBit = 12; ulBit < sizeof( size_t ) * 8U; ulBit++ )
    {
        for( size_t ux = 0; ux <= 128U; ux++ )
        {
            prvTooLarge( ( ( size_t ) 1 << ulBit ) + ux );
        }
    }

    CHECK_GE( uxTried, 300000 );
    CHECK_EQ( uxRefusals, uxTried );
    vWorkload( 5 );
}

/* 3.2: what is left over and too small to stand alone stays with the block, and
 * the trace and the counter say so. */
static void prvSurplus( void )
{
    size_t uxFree, uxWhole;
    void * pvHole, * pvKeeper, * pv;

    vHeapReadyAndUsed();
    uxFree = xPortGetFreeHeapSize();
    pvHole = pvPortMalloc( sizesHOLE );
    uxWhole = uxFree - xPortGetFreeHeapSize();
    pvKeeper = pvPortMalloc( 8 );
    vPortFree( pvHole );
    uxFree = xPortGetFreeHeapSize();
    pv = pvPortMalloc( sizesHOLE - 2U * contractH );
    CHECK( pv != NULL );
    #if ( CONTRACT_KERNEL == 1 )
        /* A rest of exactly two headers is not split off. */
        CHECK_EQ( ( uintptr_t ) pv, ( uintptr_t ) pvHole );
        CHECK_EQ( uxFree - xPortGetFreeHeapSize(), uxWhole );
    #else
        CHECK_LE( uxFree - xPortGetFreeHeapSize(), uxWhole );
    #endif
    #if ( CONTRACT_TRACE == 1 )
        CHECK_EQ( xLastMalloc.uxBytes, uxFree - xPortGetFreeHeapSize() );
    #endif
    vPortFree( pv );
    vPortFree( pvKeeper );
    vWorkload( 6 );
}

/* Every size up to the heap's, ascending, into an otherwise empty heap. */
static void prvEverySize( void )
{
    size_t uxLargest, uxFree, uxWrong = 0;

    vHeapReadyAndUsed();
    uxLargest = uxLargestRequest();
    uxFree = xPortGetFreeHeapSize();

    for( size_t ux = 1; ux <= uxLargest + 64U; ux++ )
    {
        uint8_t * puc = pvPortMalloc( ux );

        uxWrong += ( ( puc != NULL ) != ( ux <= uxLargest ) ) ? 1U : 0U;

        if( puc != NULL )
        {
            puc[ 0 ] = 0xFF;
            puc[ ux - 1U ] = 0xFF;
            vPortFree( puc );
        }

        uxWrong += ( xPortGetFreeHeapSize() != uxFree ) ? 1U : 0U;
    }

    CHECK_EQ( uxWrong, 0 );
    vWorkload( 7 );
}

const ContractCase_t xContractCases[] =
{
    { "zero",             prvZero,            RETURNS, RETURNS, "3.4" },
    { "around_alignment", prvAroundAlignment, RETURNS, RETURNS, "3.2" },
    { "largest",          prvLargest,         RETURNS, RETURNS, "4" },
    { "near_maximum",     prvNearMaximum,     RETURNS, RETURNS, "3.4" },
    { "near_top_bit",     prvNearTopBit,      RETURNS, RETURNS, "3.4" },
    { "truncation",       prvTruncation,      RETURNS, RETURNS, "3.4" },
    { "surplus",          prvSurplus,         RETURNS, RETURNS, "3.2" },
    { "every_size",       prvEverySize,       RETURNS, RETURNS, "3.2" },
    { NULL, NULL, 0, 0, NULL }
};
