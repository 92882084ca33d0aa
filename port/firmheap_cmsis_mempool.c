/* SPDX-License-Identifier: MIT
 *
 * osMemoryPool... of CMSIS-RTOS2 on firmheap's pools (include/compat/cmsis_os2_mempool.h).
 */

#include <string.h>

#include "compat/cmsis_os2_mempool.h"

/* In a pool that exists. */
#define mempoolMARK    0x6D706F6FUL

static StaticMemoryPool_t * prvPool( osMemoryPoolId_t mp_id )
{
    StaticMemoryPool_t * px = ( StaticMemoryPool_t * ) mp_id;

    return ( ( px != NULL ) && ( px->ulMark == mempoolMARK ) ) ? px : NULL;
}
/*-----------------------------------------------------------*/

/* Is this memory of the caller's no memory at all, or good for so many bytes? */
static int prvIsUsable( const void * pv,
                        size_t xSize,
                        size_t xNeeded )
{
    if( pv == NULL )
    {
        return xSize == 0U;
    }

    return ( xSize >= xNeeded ) && ( ( ( uintptr_t ) pv % sizeof( void * ) ) == 0U );
}
/*-----------------------------------------------------------*/

/* Blocks and map, from the caller and from the heap. The heap's part, if there is one, goes to px->pvFromHeap. */
static BaseType_t prvStore( StaticMemoryPool_t * px,
                            const osMemoryPoolAttr_t * attr,
                            size_t xStride,
                            size_t xBlocks )
{
    const size_t xBlockBytes = xBlocks * xStride;
    const size_t xMapBytes = ( xBlocks > 32U ) ? poolMAP_WORDS( xBlocks ) * sizeof( uint32_t ) : 0U;
    uint8_t * pucBlocks = ( uint8_t * ) attr->mp_mem;
    uint32_t * pulMap = NULL;
    size_t xFromHeap = 0U;

    if( pucBlocks == NULL )
    {
        xFromHeap = xBlockBytes + xMapBytes;
    }
    else if( attr->mp_size < ( xBlockBytes + xMapBytes ) )
    {
        xFromHeap = xMapBytes;
    }

    px->pvFromHeap = NULL;

    if( xFromHeap != 0U )
    {
        px->pvFromHeap = pvPortMalloc( xFromHeap );

        if( px->pvFromHeap == NULL )
        {
            return pdFAIL;
        }
    }

    if( pucBlocks == NULL )
    {
        pucBlocks = ( uint8_t * ) px->pvFromHeap;
    }

    if( xMapBytes != 0U )
    {
        pulMap = ( uint32_t * ) ( ( xFromHeap == xMapBytes ) ? px->pvFromHeap : ( void * ) ( pucBlocks + xBlockBytes ) );
    }

    return xPoolInitialise( &( px->xPool ), pucBlocks, pulMap, xStride, xBlocks );
}
/*-----------------------------------------------------------*/

osMemoryPoolId_t osMemoryPoolNew( uint32_t block_count,
                                  uint32_t block_size,
                                  const osMemoryPoolAttr_t * attr )
{
    static const osMemoryPoolAttr_t xNone = { NULL, 0U, NULL, 0U, NULL, 0U };
    const osMemoryPoolAttr_t * pxAttr = ( attr != NULL ) ? attr : &xNone;
    const size_t xStride = poolSTRIDE( block_size, 1U );
    StaticMemoryPool_t * px;

    if( ( block_count == 0U ) || ( block_size == 0U ) || ( xStride < block_size ) || poolINSIDE_INTERRUPT() ||
        ( ( ( uint64_t ) block_count * xStride ) > 0x7FFFFFFFULL ) ||
        !prvIsUsable( pxAttr->cb_mem, pxAttr->cb_size, sizeof( StaticMemoryPool_t ) ) ||
        !prvIsUsable( pxAttr->mp_mem, pxAttr->mp_size, block_count * xStride ) )
    {
        return NULL;
    }

    px = ( StaticMemoryPool_t * ) ( ( pxAttr->cb_mem != NULL ) ? pxAttr->cb_mem : pvPortMalloc( sizeof( StaticMemoryPool_t ) ) );

    if( px == NULL )
    {
        return NULL;
    }

    if( prvStore( px, pxAttr, xStride, block_count ) != pdPASS )
    {
        vPortFree( ( pxAttr->cb_mem == NULL ) ? px : NULL );

        return NULL;
    }

    px->ulControlFromHeap = ( pxAttr->cb_mem == NULL ) ? 1U : 0U;
    px->ulBlockSize = block_size;
    px->pcName = pxAttr->name;
    px->ulMark = mempoolMARK;

    return px;
}
/*-----------------------------------------------------------*/

const char * osMemoryPoolGetName( osMemoryPoolId_t mp_id )
{
    const StaticMemoryPool_t * px = prvPool( mp_id );

    return ( px != NULL ) ? px->pcName : NULL;
}
/*-----------------------------------------------------------*/

void * osMemoryPoolAlloc( osMemoryPoolId_t mp_id,
                          uint32_t timeout )
{
    StaticMemoryPool_t * px = prvPool( mp_id );

    if( px == NULL )
    {
        return NULL;
    }

    if( timeout == 0U )
    {
        return pvPoolAllocateAnywhere( &( px->xPool ) );
    }

    if( poolINSIDE_INTERRUPT() )
    {
        return NULL;
    }

    return pvPoolAllocateWait( &( px->xPool ), ( timeout == osWaitForever ) ? portMAX_DELAY : ( TickType_t ) timeout );
}
/*-----------------------------------------------------------*/

osStatus_t osMemoryPoolFree( osMemoryPoolId_t mp_id,
                             void * block )
{
    StaticMemoryPool_t * px = prvPool( mp_id );

    if( ( px == NULL ) || ( block == NULL ) )
    {
        return osErrorParameter;
    }

    return ( xPoolFreeAnywhere( &( px->xPool ), block ) == pdPASS ) ? osOK : osErrorParameter;
}
/*-----------------------------------------------------------*/

uint32_t osMemoryPoolGetCapacity( osMemoryPoolId_t mp_id )
{
    const StaticMemoryPool_t * px = prvPool( mp_id );

    return ( px != NULL ) ? ( uint32_t ) xPoolGetCapacity( &( px->xPool ) ) : 0U;
}
/*-----------------------------------------------------------*/

uint32_t osMemoryPoolGetBlockSize( osMemoryPoolId_t mp_id )
{
    const StaticMemoryPool_t * px = prvPool( mp_id );

    return ( px != NULL ) ? px->ulBlockSize : 0U;
}
/*-----------------------------------------------------------*/

uint32_t osMemoryPoolGetCount( osMemoryPoolId_t mp_id )
{
    const StaticMemoryPool_t * px = prvPool( mp_id );

    return ( px != NULL ) ? ( uint32_t ) xPoolGetUsed( &( px->xPool ) ) : 0U;
}
/*-----------------------------------------------------------*/

uint32_t osMemoryPoolGetSpace( osMemoryPoolId_t mp_id )
{
    const StaticMemoryPool_t * px = prvPool( mp_id );

    return ( px != NULL ) ? ( uint32_t ) xPoolGetFree( &( px->xPool ) ) : 0U;
}
/*-----------------------------------------------------------*/

osStatus_t osMemoryPoolDelete( osMemoryPoolId_t mp_id )
{
    StaticMemoryPool_t * px = prvPool( mp_id );

    if( poolINSIDE_INTERRUPT() )
    {
        return osErrorISR;
    }

    if( px == NULL )
    {
        return osErrorParameter;
    }

    if( xPoolClose( &( px->xPool ) ) != pdPASS )
    {
        return osErrorResource;
    }

    px->ulMark = 0U;
    vPortFree( px->pvFromHeap );
    vPortFree( ( px->ulControlFromHeap != 0U ) ? px : NULL );

    return osOK;
}
