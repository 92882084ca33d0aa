/* SPDX-License-Identifier: MIT */

/* table.c: see table.h. */

#include "table.h"

#if ( CONTRACT_REGIONS == 1 )

HeapRegion_t xContractTable[ 9 ];
uint32_t ulTableRegions;

void vTableRegion( size_t uxOffset, size_t uxBytes )
{
    xContractTable[ ulTableRegions ].pucStartAddress = &ucContractArena[ uxOffset ];
    xContractTable[ ulTableRegions ].xSizeInBytes = uxBytes;
    ulTableRegions++;
    vHeapIs( &ucContractArena[ uxOffset ], uxBytes );
}

/* Defines and counts: the kernel raises exactly so many asserts, firmheap at least
 * one where the kernel does. */
void vTableDefine( uint32_t ulKernelAsserts )
{
    vSurroundings( ucContractArena, 64U * 1024U );
    vLogClear();
    vTryDefineRegions( xContractTable );

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
void vTableProve( uint32_t ulSeed )
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

#endif /* CONTRACT_REGIONS */
