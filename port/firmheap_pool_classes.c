/* SPDX-License-Identifier: MIT
 *
 * Pools of several sizes, and the heap behind them (firmheap_pool_classes.h).
 */

#include "FreeRTOS.h"
#include "task.h"

#include "firmheap_pool_classes.h"

static void prvCount( uint32_t * pulCount )
{
    taskENTER_CRITICAL();
    {
        ( *pulCount )++;
    }
    taskEXIT_CRITICAL();
}
/*-----------------------------------------------------------*/

static BaseType_t prvIsOf( const Pool_t * pxPool,
                           const void * pv )
{
    const uintptr_t uxDistance = ( uintptr_t ) pv - ( uintptr_t ) pxPool->pvBlocks;

    return ( uxDistance < ( ( uintptr_t ) pxPool->ulBlocks * pxPool->ulStride ) ) ? pdTRUE : pdFALSE;
}
/*-----------------------------------------------------------*/

void * pvPoolClassesAllocate( const PoolClasses_t * pxClasses,
                              size_t xBytes )
{
    size_t xClass;
    void * pv = NULL;

    if( xBytes == 0U )
    {
        return NULL;
    }

    for( xClass = 0; ( xClass < pxClasses->xPools ) && ( pv == NULL ); xClass++ )
    {
        if( xBytes <= xPoolGetBlockSize( pxClasses->ppxPools[ xClass ] ) )
        {
            pv = pvPoolAllocate( pxClasses->ppxPools[ xClass ] );
            prvCount( ( pv != NULL ) ? &( pxClasses->pxCounts[ xClass ].ulServed ) : &( pxClasses->pxCounts[ xClass ].ulOverflow ) );
        }
    }

    if( pv == NULL )
    {
        PoolClassCounts_t * pxHeap = &( pxClasses->pxCounts[ pxClasses->xPools ] );

        pv = pvPortMalloc( xBytes );
        prvCount( ( pv != NULL ) ? &( pxHeap->ulServed ) : &( pxHeap->ulOverflow ) );
    }

    return pv;
}
/*-----------------------------------------------------------*/

void vPoolClassesFree( const PoolClasses_t * pxClasses,
                       void * pv )
{
    size_t xClass;

    if( pv == NULL )
    {
        return;
    }

    for( xClass = 0; xClass < pxClasses->xPools; xClass++ )
    {
        if( prvIsOf( pxClasses->ppxPools[ xClass ], pv ) != pdFALSE )
        {
            if( xPoolFree( pxClasses->ppxPools[ xClass ], pv ) == pdPASS )
            {
                prvCount( &( pxClasses->pxCounts[ xClass ].ulFreed ) );
            }

            return;
        }
    }

    vPortFree( pv );
    prvCount( &( pxClasses->pxCounts[ pxClasses->xPools ].ulFreed ) );
}
