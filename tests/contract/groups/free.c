/* SPDX-License-Identifier: MIT */

/* free.c: contract 8.4, pointers that were blocks once: NULL, freed twice, kept too
 * long, or with their header written over.  With a configASSERT that returns, is
 * empty, or traps (3.4); the heap stays intact. */

#include "misuse.h"

const char * const pcContractGroup = "free";
const uint32_t ulContractSeconds = 10;

static void prvNull( void )
{
    vLogClear();
    vPortFree( NULL );      /* before there is a heap as well */
    CHECK_LOG( "" );
    vHeapReadyAndUsed();
    vPortFree( NULL );
    CHECK_LOG( "" );
    vWorkload( 20 );
}

static void prvDouble( void )
{
    void * pv, * pvKeeper;

    vHeapReadyAndUsed();
    pvKeeper = pvPortMalloc( 16 );
    pv = pvPortMalloc( 40 );
    vPortFree( pv );
    vMisuse( pv, 2 );     /* flag and link; merged with the free rest */
    vMisuse( pv, 2 );
    pv = pvPortMalloc( 40 );
    vPortFree( pvKeeper );
    vPortFree( pv );
    vMisuse( pv, 1 );     /* merged into the block before it: the link kept its NULL */
    vMisuse( pvKeeper, 2 );
    vWorkload( 21 );
}

/* All ways in which neighbours can be free or used. */
static void prvDoubleAmongNeighbours( void )
{
    void * pvBlocks[ 5 ];

    vHeapReadyAndUsed();

    for( uint32_t ulFreed = 0; ulFreed < 32U; ulFreed++ )
    {
        for( uint32_t ul = 0; ul < 5U; ul++ )
        {
            pvBlocks[ ul ] = pvPortMalloc( 24U + 16U * ul );
        }

        for( uint32_t ul = 0; ul < 5U; ul++ )
        {
            if( ( ( ulFreed >> ul ) & 1U ) != 0U )
            {
                vPortFree( pvBlocks[ ul ] );
            }
        }

        for( uint32_t ul = 0; ul < 5U; ul++ )
        {
            if( ( ( ulFreed >> ul ) & 1U ) != 0U )
            {
                vMisuse( pvBlocks[ ul ], contractANY );
            }
        }

        for( uint32_t ul = 0; ul < 5U; ul++ )
        {
            if( ( ( ulFreed >> ul ) & 1U ) == 0U )
            {
                vPortFree( pvBlocks[ ul ] );
            }
        }
    }

    vWorkload( 22 );
}

/* Pointers kept too long: their blocks were merged, and the memory belongs to
 * another block now, or none. */
static void prvStale( void )
{
    void * pvOld[ 12 ], * pvNow[ 2 ];

    vHeapReadyAndUsed();

    for( uint32_t ul = 0; ul < 12U; ul++ )
    {
        pvOld[ ul ] = pvPortMalloc( 40 );
        memset( pvOld[ ul ], 0xC3, 40 );
    }

    for( uint32_t ul = 0; ul < 12U; ul++ )
    {
        vPortFree( pvOld[ ( ul * 5U ) % 12U ] );
    }

    pvNow[ 0 ] = pvPortMalloc( 200 );
    pvNow[ 1 ] = pvPortMalloc( 200 );

    for( uint32_t ul = 0; ul < 12U; ul++ )
    {
        if( ( pvOld[ ul ] != pvNow[ 0 ] ) && ( pvOld[ ul ] != pvNow[ 1 ] ) )
        {
            vMisuse( pvOld[ ul ], contractANY );
        }
    }

    vPortFree( pvNow[ 0 ] );
    vPortFree( pvNow[ 1 ] );
    vWorkload( 23 );
}

/* The last block before the end of the heap, freed twice. */
static void prvDoubleAtEnd( void )
{
    size_t uxLargest;
    void * pv, * pvFirst;

    vHeapReadyAndUsed();
    pvFirst = pvPortMalloc( 100 );
    uxLargest = uxLargestRequest();
    pv = pvPortMalloc( uxLargest );
    CHECK( pv != NULL );
    vPortFree( pv );
    vMisuse( pv, 2 );
    vPortFree( pvFirst );
    vMisuse( pv, contractANY );
    vMisuse( pvFirst, contractANY );
    vWorkload( 24 );
}

/* A block written past its end, over the next one's header. */
static void prvOverflow( void )
{
    uint8_t * pucLeft, * puc, * pucRight;
    size_t uxBytes = 5U * CONTRACT_ALIGNMENT + ( CONTRACT_ALIGNMENT - contractH % CONTRACT_ALIGNMENT ) % CONTRACT_ALIGNMENT;

    vHeapReadyAndUsed();
    pucLeft = pvPortMalloc( uxBytes );
    puc = pvPortMalloc( 40 );
    pucRight = pvPortMalloc( 40 );
    CHECK( pucRight != NULL );
    memset( pucLeft, 0xA5, ( size_t ) ( puc - pucLeft ) );
    vMisuse( puc, contractANY );
    vWorkload( 33 );
}

/* The heap serves on in the middle of misuse. */
static void prvAmidWork( void )
{
    vHeapReadyAndUsed();

    for( uint32_t ul = 0; ul < 8U; ul++ )
    {
        void * pv = pvPortMalloc( 64 );

        vPortFree( pv );
        vMisuse( pv, 2 );
        vWorkload( 34U + ul );
    }
}

const ContractCase_t xContractCases[] =
{
    { "null",                    prvNull,                  RETURNS, RETURNS, "3.4" },
    { "double",                  prvDouble,                RETURNS, RETURNS, "3.4" },
    { "double_among_neighbours", prvDoubleAmongNeighbours, RETURNS, RETURNS, "3.4" },
    { "stale",                   prvStale,                 RETURNS, RETURNS, "3.4" },
    { "double_at_end",           prvDoubleAtEnd,           RETURNS, RETURNS, "3.4" },
    { "overflow",                prvOverflow,              RETURNS, RETURNS, "3.4" },
    { "amid_work",               prvAmidWork,              RETURNS, RETURNS, "3.4" },
    { NULL, NULL, 0, 0, NULL }
};
