/* SPDX-License-Identifier: MIT */

/* clear.c: contract 8.9.  configHEAP_CLEAR_MEMORY_ON_FREE: nothing of the owner's
 * content outlives a free, surplus bytes included (3.7). */

#include "contract.h"

const char * const pcContractGroup = "clear";
const uint32_t ulContractSeconds = 10;

/* What lies between the start of a block and its payload at least, so that
 * "block size less this" never runs past the block. */
#define clearHEADER    KERNEL_OR_OURS( contractH, 4U )

/* A free block of firmheap keeps its links and its size in the old payload: these
 * bytes are the heap's, not the owner's. */
#define clearHEAPS_OWN    KERNEL_OR_OURS( 0U, 4U * sizeof( size_t ) )

/* A hole large enough to lose two headers and more. */
#define clearHOLE    ( 16U * ( CONTRACT_ALIGNMENT + 8U ) )

static uint8_t ucLast[ 2 ][ CONTRACT_HEAP_BYTES ];

/* Bytes that still hold the owner's content: the same block is filled with two
 * patterns in turn, and a byte that followed both is the owner's. */
static size_t prvOwnersBytes( size_t uxBytes )
{
    size_t uxCount = 0;

    for( size_t ux = 0; ux < uxBytes; ux++ )
    {
        uxCount += ( ( ucLast[ 0 ][ ux ] == 0xA5U ) && ( ucLast[ 1 ][ ux ] == 0x5AU ) ) ? 1U : 0U;
    }

    return uxCount;
}

static void prvCheckCleared( size_t uxBytes )
{
    #if ( CONTRACT_CLEAR == 1 )
        size_t uxNotZero = 0;

        for( size_t ux = 0; ux < uxBytes; ux++ )
        {
            uxNotZero += ( ucLast[ 0 ][ ux ] != 0U ) ? 1U : 0U;
        }

        CHECK_EQ( prvOwnersBytes( uxBytes ), 0 );
        CHECK_LE( uxNotZero, clearHEAPS_OWN );
    #elif ( CONTRACT_KERNEL == 1 )
        /* Without the option the content stays: this suite would see it. */
        CHECK_EQ( prvOwnersBytes( uxBytes ), uxBytes );
    #else
        CHECK_LE( prvOwnersBytes( uxBytes ), uxBytes );
    #endif
}

/* Allocates, fills the whole block to its end, frees, looks. */
static void prvOnce( size_t uxRequest, uint32_t ulRound, size_t * puxBytes )
{
    uint8_t * puc = pvPortMalloc( uxRequest );

    CHECK( puc != NULL );
    *puxBytes = xLastMalloc.uxBytes - clearHEADER;
    CHECK_GE( *puxBytes, uxRequest );
    memset( puc, ( ulRound == 0U ) ? 0xA5 : 0x5A, *puxBytes );
    vPortFree( puc );
    memcpy( ucLast[ ulRound ], puc, *puxBytes );
}

/* Between two used blocks, so that nothing is merged. */
static void prvSizes( void )
{
    vHeapReadyAndUsed();

    for( size_t uxRequest = 1; uxRequest <= 300U; uxRequest++ )
    {
        void * pvHole = pvPortMalloc( uxRequest );
        void * pvKeeper = pvPortMalloc( 8 );
        size_t uxBytes = 0;

        vPortFree( pvHole );
        prvOnce( uxRequest, 0, &uxBytes );
        prvOnce( uxRequest, 1, &uxBytes );
        prvCheckCleared( uxBytes );
        vPortFree( pvKeeper );
    }

    vWorkload( 90 );
}

/* A block with surplus: the hole is larger than the request, by less than a block. */
static void prvSurplus( void )
{
    vHeapReadyAndUsed();

    for( size_t uxLess = 1; uxLess <= 2U * contractH; uxLess++ )
    {
        void * pvHole = pvPortMalloc( clearHOLE );
        void * pvKeeper = pvPortMalloc( 8 );
        size_t uxBytes = 0;

        vPortFree( pvHole );
        prvOnce( clearHOLE - uxLess, 0, &uxBytes );
        #if ( CONTRACT_KERNEL == 1 )
            CHECK_EQ( uxBytes, contractROUND_UP( clearHOLE + contractH ) - contractH );
        #endif
        prvOnce( clearHOLE - uxLess, 1, &uxBytes );
        prvCheckCleared( uxBytes );
        vPortFree( pvKeeper );
    }

    vWorkload( 91 );
}

/* Neighbours keep their content, whatever is merged with what. */
static void prvNeighbours( void )
{
    vHeapReadyAndUsed();

    for( uint32_t ulFreed = 0; ulFreed < 8U; ulFreed++ )
    {
        void * pvBlocks[ 5 ];

        for( uint32_t ul = 0; ul < 5U; ul++ )
        {
            pvBlocks[ ul ] = pvPortMalloc( 50 );
            vFill( pvBlocks[ ul ], 50, ul );
        }

        for( uint32_t ul = 0; ul < 3U; ul++ )
        {
            if( ( ( ulFreed >> ul ) & 1U ) != 0U )
            {
                vPortFree( pvBlocks[ ul + 1U ] );
                pvBlocks[ ul + 1U ] = NULL;
            }
        }

        for( uint32_t ul = 0; ul < 5U; ul++ )
        {
            if( pvBlocks[ ul ] != NULL )
            {
                vVerify( pvBlocks[ ul ], 50, ul );
                vPortFree( pvBlocks[ ul ] );
            }
        }

        CHECK_EQ( ulLogCount( 'A' ) + ulLogCount( 'a' ), 0 );
    }

    vWorkload( 92 );
}

/* Clearing takes time in proportion to the block: it is done before the scheduler
 * is suspended. */
static void prvBeforeSuspension( void )
{
    uint8_t * puc;

    vHeapReadyAndUsed();
    puc = pvPortMalloc( 1000 );
    memset( puc, 0xA5, 1000 );
    pucWatched = &puc[ 500 ];
    vLogClear();
    vPortFree( puc );
    CHECK_LOG( "SfR" );
    CHECK_EQ( ucWatchedAtSuspend, ( CONTRACT_CLEAR == 1 ) ? 0 : 0xA5 );
    pucWatched = NULL;
    vWorkload( 93 );
}

/* A refused pointer clears nothing. */
static void prvRefused( void )
{
    uint8_t * puc;

    vHeapReadyAndUsed();
    puc = pvPortMalloc( 200 );
    memset( puc, 0x11, 200 );
    vTryFree( puc + 16U * ( ( CONTRACT_ALIGNMENT + 15U ) / 16U ) * 2U );

    for( size_t ux = 0; ux < 200U; ux++ )
    {
        if( puc[ ux ] != 0x11U )
        {
            vDamaged( ": a refused pointer was cleared" );
        }
    }

    vLogClear();
    vPortFree( puc );
    CHECK_LOG( "SfR" );
}

const ContractCase_t xContractCases[] =
{
    { "sizes",             prvSizes,            RETURNS, RETURNS, "3.7" },
    { "surplus",           prvSurplus,          RETURNS, RETURNS, "3.7" },
    { "neighbours",        prvNeighbours,       RETURNS, RETURNS, "3.7" },
    { "before_suspension", prvBeforeSuspension, RETURNS, RETURNS, "3.7" },
    { "refused",           prvRefused,          RETURNS, RETURNS, "3.7" },
    { NULL, NULL, 0, 0, NULL }
};
