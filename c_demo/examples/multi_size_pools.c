/* SPDX-License-Identifier: MIT
 *
 * Small, medium and large pools, and the heap behind them, through one function to allocate and one to free.
 */
#include <string.h>

#include "example.h"
#include "firmheap_faults.h"
#include "firmheap_pool_classes.h"

poolDEFINE_STATIC( xSmall, 32, 8, 8 );
poolDEFINE_STATIC( xMedium, 128, 4, 8 );
poolDEFINE_STATIC( xLarge, 512, 2, 8 );

static Pool_t * const pxPools[] = { &xSmall, &xMedium, &xLarge };
static PoolClassCounts_t xCounts[ 4 ];
static const PoolClasses_t xClasses = { pxPools, xCounts, 3 };

static const char * const pcNames[] = { "small", "medium", "large", "heap" };

void vExample( void )
{
    static const size_t xSizes[ 20 ] = { 1, 32, 33, 128, 129, 512, 513, 20, 20, 20, 20, 20, 20, 100, 400, 8, 8, 8, 8, 8 };
    const size_t xHeapBefore = xPortGetFreeHeapSize();
    uint8_t * pucBlocks[ 20 ];

    CHECK( pvPoolClassesAllocate( &xClasses, 0 ) == NULL );
    CHECK( pvPoolClassesAllocate( &xClasses, SIZE_MAX / 4U ) == NULL );
    CHECK( xCounts[ 3 ].ulOverflow == 1U );

    for( uint32_t ul = 0; ul < 20U; ul++ )
    {
        pucBlocks[ ul ] = ( uint8_t * ) pvPoolClassesAllocate( &xClasses, xSizes[ ul ] );
        CHECK( pucBlocks[ ul ] != NULL );
        memset( pucBlocks[ ul ], ( int ) ul, xSizes[ ul ] );
    }

    for( uint32_t ul = 0; ul < 4U; ul++ )
    {
        vPrint( "%s: served %u, went on %u\n", pcNames[ ul ], ( unsigned ) xCounts[ ul ].ulServed, ( unsigned ) xCounts[ ul ].ulOverflow );
    }

    /* Eight small ones, four medium, two large, and six from the heap. */
    CHECK( ( xCounts[ 0 ].ulServed == 8U ) && ( xCounts[ 1 ].ulServed == 4U ) && ( xCounts[ 2 ].ulServed == 2U ) );
    CHECK( xCounts[ 3 ].ulServed == 6U );
    CHECK( xPortGetFreeHeapSize() < xHeapBefore );

    for( uint32_t ul = 0; ul < 20U; ul++ )
    {
        CHECK( ( pucBlocks[ ul ][ 0 ] == ul ) && ( pucBlocks[ ul ][ xSizes[ ul ] - 1U ] == ul ) );
        vPoolClassesFree( &xClasses, pucBlocks[ ul ] );
    }

    vPoolClassesFree( &xClasses, NULL );
    CHECK( xPortGetFreeHeapSize() == xHeapBefore );
    CHECK( ( xPoolGetUsed( &xSmall ) + xPoolGetUsed( &xMedium ) + xPoolGetUsed( &xLarge ) ) == 0U );
    CHECK( ( xPoolGetMinimumEverFree( &xSmall ) == 0U ) && ( xPoolGetCapacity( &xLarge ) == 2U ) );
    CHECK( ( xCounts[ 0 ].ulFreed == 8U ) && ( xCounts[ 3 ].ulFreed == 6U ) );

    CHECK_FAULT( FIRMHEAP_FAULT_DOUBLE_FREE, vPoolClassesFree( &xClasses, pucBlocks[ 0 ] ) );
    CHECK_FAULT( FIRMHEAP_FAULT_FOREIGN_POINTER, vPoolClassesFree( &xClasses, pucBlocks[ 2 ] + 8 ) );

    /* A block that is written to after it was freed is found when it is taken. */
    uint32_t * pulStale = ( uint32_t * ) pvPoolAllocate( &xLarge );
    CHECK( xPoolFree( &xLarge, pulStale ) == pdPASS );
    *pulStale = 0xDEADBEEFUL;
    CHECK( xPoolCheck( &xLarge ) == -( BaseType_t ) FIRMHEAP_FAULT_FREE_BLOCK_DAMAGED );
    CHECK_FAULT( FIRMHEAP_FAULT_FREE_BLOCK_DAMAGED, CHECK( pvPoolAllocate( &xLarge ) == NULL ) );
}
