/* SPDX-License-Identifier: MIT */

/* heap_array.c: contract 8.6.  The heap_4 array: owned by the heap file or by the
 * application, misaligned by each number of bytes, and too small to be of use. */

#include "contract.h"

const char * const pcContractGroup = "heap_array";
const uint32_t ulContractSeconds = 10;

/* An array that holds not even the kernel's end marker is written over below its
 * start: 3.3, "tiny T gives nonsense". */
#define arrayNONSENSE \
    ( CONTRACT_HEAP_BYTES < ( CONTRACT_ALIGNMENT - CONTRACT_OFFSET % CONTRACT_ALIGNMENT ) % CONTRACT_ALIGNMENT + contractH )

static void prvSurround( void )
{
    #if ( CONTRACT_APP_HEAP == 1 )
        vSurroundings( ucContractArena, 64U + CONTRACT_HEAP_BYTES + 512U );
    #endif
    vHeapReady();
}

static void prvCheckAround( void )
{
    #if ( CONTRACT_APP_HEAP == 1 )
        vCheckSurroundings();
    #endif
}

#if ( CONTRACT_HEAP_BYTES >= 256 )

/* 3.3: the kernel's free block in an array of T bytes at this offset, header
 * included; zero when the array cannot hold one. */
static size_t prvKernelsBlock( void )
{
    size_t uxLost = ( CONTRACT_ALIGNMENT - CONTRACT_OFFSET % CONTRACT_ALIGNMENT ) % CONTRACT_ALIGNMENT;
    size_t uxEnd;

    if( CONTRACT_HEAP_BYTES < uxLost + contractH )
    {
        return 0;
    }

    uxEnd = ( CONTRACT_HEAP_BYTES - uxLost - contractH ) & ~( ( size_t ) CONTRACT_ALIGNMENT - 1U );
    return uxEnd;
}

/* All that the array gives, as one block and as many. */
static void prvCapacity( void )
{
    size_t uxFree, uxLargest;
    uint8_t * puc;

    prvSurround();
    CHECK( pvPortMalloc( 0 ) == NULL );
    uxFree = xPortGetFreeHeapSize();
    uxLargest = uxLargestRequest();
    #if ( CONTRACT_APP_HEAP == 1 )
        #if ( CONTRACT_KERNEL == 1 )
            CHECK_EQ( uxFree, prvKernelsBlock() );
            CHECK_EQ( uxLargest, ( prvKernelsBlock() > contractH ) ? prvKernelsBlock() - contractH : 0U );
        #else
            CHECK_LE( uxFree, CONTRACT_HEAP_BYTES );
            CHECK_GE( uxLargest, ( prvKernelsBlock() > contractH ) ? prvKernelsBlock() - contractH : 0U );
        #endif
    #else
        CHECK_GE( uxLargest, CONTRACT_HEAP_BYTES - 2U * contractH - ( CONTRACT_ALIGNMENT - 1U ) );
    #endif
    puc = pvPortMalloc( uxLargest );
    CHECK( puc != NULL );
    CHECK_EQ( ( uintptr_t ) puc & ( CONTRACT_ALIGNMENT - 1U ), 0 );
    memset( puc, 0xEE, uxLargest );
    prvCheckAround();
    vPortFree( puc );
    CHECK_EQ( xPortGetFreeHeapSize(), uxFree );
    vWorkload( 100 );
    prvCheckAround();
}

/* As many one-byte blocks as there is room for: the kernel's number at least. */
static void prvMany( void )
{
    static uint8_t * pucBlocks[ CONTRACT_HEAP_BYTES / 8U + 1U ];
    uint32_t ulServed = 0, ulSeen = 0;
    size_t uxFree;

    prvSurround();
    CHECK( pvPortMalloc( 0 ) == NULL );
    uxFree = xPortGetFreeHeapSize();

    while( ( ulServed < CONTRACT_HEAP_BYTES / 8U ) && ( ( pucBlocks[ ulServed ] = pvPortMalloc( 1 ) ) != NULL ) )
    {
        *pucBlocks[ ulServed ] = ( uint8_t ) ulServed;
        ulServed++;
    }

    CHECK_GE( ulServed, ( uxFree / contractROUND_UP( contractH + 1U ) > 3U ) ? uxFree / contractROUND_UP( contractH + 1U ) - 3U : 0U );
    prvCheckAround();

    for( uint32_t ul = 0; ul < ulServed; ul++ )
    {
        ulSeen += ( *pucBlocks[ ul ] == ( uint8_t ) ul ) ? 1U : 0U;
        vPortFree( pucBlocks[ ul ] );
    }

    CHECK_EQ( ulSeen, ulServed );
    CHECK_EQ( xPortGetFreeHeapSize(), uxFree );
    prvCheckAround();
}

#else /* CONTRACT_HEAP_BYTES < 256 */

/* An array too small for anything: refusals, no hang, nothing written outside. */
static void prvTiny( void )
{
    static const size_t uxRequests[] = { 0, 1, 4, 8, 16, 24, 100, CONTRACT_HEAP_BYTES, 0x7FFFFFFFU };
    HeapStats_t xStats;

    prvSurround();

    for( size_t ux = 0; ux < sizeof( uxRequests ) / sizeof( uxRequests[ 0 ] ); ux++ )
    {
        void * pv;

        vLogClear();
        pv = pvTryMalloc( uxRequests[ ux ] );
        CHECK_EQ( ulLogCount( 'S' ), ulLogCount( 'R' ) );

        if( pv != NULL )
        {
            CHECK_GE( CONTRACT_HEAP_BYTES, uxRequests[ ux ] + 1U );
            memset( pv, 0xEE, uxRequests[ ux ] );
        }
        else
        {
            CHECK_EQ( ulLogCount( 'H' ), 1 );
        }

        prvCheckAround();
        vPortFree( pv );
        prvCheckAround();
    }

    vLogClear();
    vPortGetHeapStats( &xStats );
    CHECK_BALANCED();
    CHECK_LE( xStats.xAvailableHeapSpaceInBytes, CONTRACT_HEAP_BYTES );
    CHECK_LE( xStats.xNumberOfFreeBlocks, 1 );
    CHECK_LE( xStats.xSizeOfLargestFreeBlockInBytes, CONTRACT_HEAP_BYTES );
    prvCheckAround();
}

#endif /* CONTRACT_HEAP_BYTES */

const ContractCase_t xContractCases[] =
{
    #if ( CONTRACT_HEAP_BYTES >= 256 )
        { "capacity", prvCapacity, RETURNS, RETURNS, "3.3" },
        { "many",     prvMany,     RETURNS, RETURNS, "3.3" },
    #else
        { "tiny",     prvTiny,     arrayNONSENSE ? BREAKS : RETURNS, RETURNS, "3.3" },
    #endif
    { NULL, NULL, 0, 0, NULL }
};
