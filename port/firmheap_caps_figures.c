/* SPDX-License-Identifier: MIT
 *
 * Regions with capabilities (firmheap_caps.h): figures, checks, and going through them. Compile it beside firmheap_caps.c.
 */

#include <string.h>

/* The kernel's functions themselves, not their MPU wrappers. */
#define MPU_WRAPPERS_INCLUDED_FROM_API_FILE

#include "FreeRTOS.h"
#include "task.h"

#undef MPU_WRAPPERS_INCLUDED_FROM_API_FILE

#include "firmheap_caps.h"
#include "firmheap_memory.h"
#include "firmheap_own.h"

#if ( defined( FIRMHEAP_USE_CAPS ) ) && ( FIRMHEAP_USE_CAPS == 1 )

/* One figure of a region: ownFREE and its kin. */
static size_t prvFigure( const CapsRegion_t * pxRegion,
                         uint32_t ulWhich )
{
    void * pvStart;

    if( pxRegion->pvHeap != NULL )
    {
        return capsOWN( pxRegion, xFirmheapOwnBytes )( pxRegion->pvHeap, ulWhich );
    }

    switch( ulWhich )
    {
        case ownFREE:
            return xPortGetFreeHeapSize();

        case ownFREE_MIN:
            return xPortGetMinimumEverFreeHeapSize();

        case ownTOTAL:
            return xFirmheapMainBytes( &pvStart );

        default:
            return xPortGetLargestFreeBlockSize();
    }
}
/*-----------------------------------------------------------*/

static BaseType_t prvCan( const CapsRegion_t * pxRegion,
                          uint32_t ulCaps )
{
    return ( ( pxRegion->ulCaps & ulCaps ) == ulCaps ) ? pdTRUE : pdFALSE;
}
/*-----------------------------------------------------------*/

/* The sum over the regions, or the largest of them. */
static size_t prvOver( uint32_t ulCaps,
                       uint32_t ulWhich )
{
    const CapsRegion_t * pxTable;
    size_t x, xCount, xAll = 0U;

    capsLOCK();
    {
        pxTable = pxFirmheapCapsTable( &xCount );

        for( x = 0; x < xCount; x++ )
        {
            if( prvCan( &pxTable[ x ], ulCaps ) != pdFALSE )
            {
                const size_t xThis = prvFigure( &pxTable[ x ], ulWhich );

                if( ulWhich != ownLARGEST )
                {
                    xAll += xThis;
                }
                else if( xThis > xAll )
                {
                    xAll = xThis;
                }
            }
        }
    }
    capsUNLOCK();

    return xAll;
}
/*-----------------------------------------------------------*/

size_t xPortGetFreeSizeWithCaps( uint32_t ulCaps )
{
    return prvOver( ulCaps, ownFREE );
}
/*-----------------------------------------------------------*/

size_t xPortGetMinimumEverFreeSizeWithCaps( uint32_t ulCaps )
{
    return prvOver( ulCaps, ownFREE_MIN );
}
/*-----------------------------------------------------------*/

size_t xPortGetTotalSizeWithCaps( uint32_t ulCaps )
{
    return prvOver( ulCaps, ownTOTAL );
}
/*-----------------------------------------------------------*/

size_t xPortGetLargestFreeWithCaps( uint32_t ulCaps )
{
    return prvOver( ulCaps, ownLARGEST );
}
/*-----------------------------------------------------------*/

/* Adds the figures of one region to those of others. */
static void prvAddStats( HeapStats_t * pxAll,
                         const HeapStats_t * pxOne )
{
    pxAll->xAvailableHeapSpaceInBytes += pxOne->xAvailableHeapSpaceInBytes;
    pxAll->xNumberOfFreeBlocks += pxOne->xNumberOfFreeBlocks;
    pxAll->xMinimumEverFreeBytesRemaining += pxOne->xMinimumEverFreeBytesRemaining;
    pxAll->xNumberOfSuccessfulAllocations += pxOne->xNumberOfSuccessfulAllocations;
    pxAll->xNumberOfSuccessfulFrees += pxOne->xNumberOfSuccessfulFrees;

    if( pxOne->xSizeOfLargestFreeBlockInBytes > pxAll->xSizeOfLargestFreeBlockInBytes )
    {
        pxAll->xSizeOfLargestFreeBlockInBytes = pxOne->xSizeOfLargestFreeBlockInBytes;
    }

    /* The value for "there is none" is larger than any size. */
    if( pxOne->xSizeOfSmallestFreeBlockInBytes < pxAll->xSizeOfSmallestFreeBlockInBytes )
    {
        pxAll->xSizeOfSmallestFreeBlockInBytes = pxOne->xSizeOfSmallestFreeBlockInBytes;
    }
}
/*-----------------------------------------------------------*/

void vPortGetHeapStatsWithCaps( uint32_t ulCaps,
                                HeapStats_t * pxStats )
{
    const CapsRegion_t * pxTable;
    HeapStats_t xOne, xAll;
    size_t x, xCount;

    ( void ) memset( &xAll, 0, sizeof( xAll ) );
    xAll.xSizeOfSmallestFreeBlockInBytes = xFirmheapNoFreeBlock();
    capsLOCK();
    {
        pxTable = pxFirmheapCapsTable( &xCount );

        for( x = 0; x < xCount; x++ )
        {
            if( prvCan( &pxTable[ x ], ulCaps ) != pdFALSE )
            {
                ( void ) memset( &xOne, 0, sizeof( xOne ) );

                if( pxTable[ x ].pvHeap == NULL )
                {
                    vPortGetHeapStats( &xOne );
                }
                else
                {
                    ( void ) capsOWN( &pxTable[ x ], ulFirmheapOwnFigures )( pxTable[ x ].pvHeap, &xOne );
                }

                prvAddStats( &xAll, &xOne );
            }
        }
    }
    capsUNLOCK();

    if( pxStats != NULL )
    {
        *pxStats = xAll;
    }
}
/*-----------------------------------------------------------*/

void vPortResetMinimumEverFreeSizeWithCaps( uint32_t ulCaps )
{
    const CapsRegion_t * pxTable;
    size_t x, xCount;

    capsLOCK();
    {
        pxTable = pxFirmheapCapsTable( &xCount );

        for( x = 0; x < xCount; x++ )
        {
            if( prvCan( &pxTable[ x ], ulCaps ) == pdFALSE )
            {
                continue;
            }

            if( pxTable[ x ].pvHeap == NULL )
            {
                xPortResetHeapMinimumEverFreeHeapSize();
            }
            else
            {
                capsOWN( &pxTable[ x ], vFirmheapOwnReset )( pxTable[ x ].pvHeap );
            }
        }
    }
    capsUNLOCK();
}

/*-------------------------------- checks --------------------------------*/

uint32_t ulFirmheapCapsCheck( uint32_t ulCaps,
                              BaseType_t xAndMain,
                              HeapFault_t * pxFault )
{
    const CapsRegion_t * pxTable;
    HeapFault_t xHere;
    HeapFault_t * const pxFound = ( pxFault != NULL ) ? pxFault : &xHere;
    uint32_t ulFault = ( uint32_t ) FIRMHEAP_FAULT_NONE;
    size_t x, xCount;

    capsLOCK();
    {
        pxTable = pxFirmheapCapsTable( &xCount );

        for( x = 0; ( x < xCount ) && ( ulFault == ( uint32_t ) FIRMHEAP_FAULT_NONE ); x++ )
        {
            if( prvCan( &pxTable[ x ], ulCaps ) == pdFALSE )
            {
                continue;
            }

            if( pxTable[ x ].pvHeap != NULL )
            {
                ulFault = capsOWN( &pxTable[ x ], ulFirmheapOwnCheck )( pxTable[ x ].pvHeap, pxFound );
            }
            else if( xAndMain != pdFALSE )
            {
                ulFault = ulFirmheapMainCheck( pxFound );
            }
        }
    }
    capsUNLOCK();

    return ulFault;
}
/*-----------------------------------------------------------*/

BaseType_t xPortHeapCheckWithCaps( uint32_t ulCaps,
                                   HeapFault_t * pxFault )
{
    uint32_t ulFault;

    if( pxFault != NULL )
    {
        ( void ) memset( pxFault, 0, sizeof( *pxFault ) );
    }

    ulFault = ulFirmheapCapsCheck( ulCaps, pdTRUE, pxFault );

    return ( ulFault == ( uint32_t ) FIRMHEAP_FAULT_NONE ) ? pdPASS : -( BaseType_t ) ulFault;
}
/*-----------------------------------------------------------*/

uint32_t ulFirmheapCapsCheckBlock( void * pv,
                                   HeapFault_t * pxFault )
{
    const CapsRegion_t * pxTable;
    HeapFault_t xHere;
    HeapFault_t * const pxFound = ( pxFault != NULL ) ? pxFault : &xHere;
    uint32_t ulFault = ( uint32_t ) FIRMHEAP_FAULT_FOREIGN_POINTER;
    size_t x, xCount;

    capsLOCK();
    {
        pxTable = pxFirmheapCapsTable( &xCount );

        for( x = 0; x < xCount; x++ )
        {
            if( ( pxTable[ x ].pvHeap != NULL ) && ( ( uint8_t * ) pv >= pxTable[ x ].pucStart ) && ( ( uint8_t * ) pv < pxTable[ x ].pucEnd ) )
            {
                pxFound->ulKind = ( uint32_t ) FIRMHEAP_FAULT_NONE;

                if( capsOWN( &pxTable[ x ], xFirmheapOwnJudge )( pxTable[ x ].pvHeap, pv, pxFound ) != 0U )
                {
                    ( void ) memset( pxFound, 0, sizeof( *pxFound ) );
                }

                ulFault = pxFound->ulKind;
                break;
            }
        }
    }
    capsUNLOCK();

    return ulFault;
}

/*-------------------------------- the regions, one by one --------------------------------*/

size_t xPortGetHeapRegionCount( void )
{
    size_t xCount;

    capsLOCK();
    {
        ( void ) pxFirmheapCapsTable( &xCount );
    }
    capsUNLOCK();

    return xCount;
}
/*-----------------------------------------------------------*/

BaseType_t xPortGetHeapRegion( size_t xRegion,
                               HeapRegionInfo_t * pxInfo )
{
    const CapsRegion_t * pxTable;
    size_t xCount;
    BaseType_t xResult = pdFAIL;

    capsLOCK();
    {
        pxTable = pxFirmheapCapsTable( &xCount );

        if( ( xRegion < xCount ) && ( pxInfo != NULL ) )
        {
            pxTable = &pxTable[ xRegion ];
            pxInfo->pvStart = pxTable->pucStart;
            pxInfo->pvEnd = pxTable->pucEnd;
            pxInfo->ulCaps = pxTable->ulCaps;
            pxInfo->uxPriority = pxTable->uxPriority;
            pxInfo->pcName = pxTable->pcName;
            pxInfo->xTotalBytes = prvFigure( pxTable, ownTOTAL );
            pxInfo->xFreeBytes = prvFigure( pxTable, ownFREE );
            pxInfo->xFreeBytesMin = prvFigure( pxTable, ownFREE_MIN );
            pxInfo->xLargestFree = prvFigure( pxTable, ownLARGEST );

            if( pxTable->pvHeap == NULL )
            {
                ( void ) xFirmheapMainBytes( &( pxInfo->pvStart ) );
                pxInfo->pvEnd = ( uint8_t * ) pxInfo->pvStart + pxInfo->xTotalBytes;
            }

            xResult = pdPASS;
        }
    }
    capsUNLOCK();

    return xResult;
}
/*-----------------------------------------------------------*/

BaseType_t xPortFindHeapRegion( const void * pv )
{
    const CapsRegion_t * pxTable;
    BaseType_t xFound = -1;
    size_t x, xCount;

    capsLOCK();
    {
        pxTable = pxFirmheapCapsTable( &xCount );

        for( x = 0; x < xCount; x++ )
        {
            const BaseType_t xIsHere = ( pxTable[ x ].pvHeap == NULL ) ?
                                       ( BaseType_t ) ulFirmheapMainOverlaps( pv, ( const uint8_t * ) pv + 1 ) :
                                       ( ( ( const uint8_t * ) pv >= pxTable[ x ].pucStart ) && ( ( const uint8_t * ) pv < pxTable[ x ].pucEnd ) ) ? pdTRUE : pdFALSE;

            if( xIsHere != pdFALSE )
            {
                xFound = ( BaseType_t ) x;
            }
        }
    }
    capsUNLOCK();

    return xFound;
}
/*-----------------------------------------------------------*/

BaseType_t xPortVisitHeapRegion( size_t xRegion,
                                 HeapVisitor_t pxVisitor,
                                 void * pvContext )
{
    const CapsRegion_t * pxTable;
    HeapFault_t xFault;
    size_t xCount, xBytes = 0U;
    uint32_t ulUsed = 0U, ulFault = ( uint32_t ) FIRMHEAP_FAULT_NONE;
    void * pv = NULL;
    BaseType_t xResult = pdFAIL;

    capsLOCK();
    {
        pxTable = pxFirmheapCapsTable( &xCount );

        if( xRegion < xCount )
        {
            pxTable = &pxTable[ xRegion ];
            /* What is damaged cannot be walked over. */
            ulFault = ( pxTable->pvHeap == NULL ) ? ulFirmheapMainCheck( &xFault ) : capsOWN( pxTable, ulFirmheapOwnCheck )( pxTable->pvHeap, &xFault );
            xResult = ( ulFault == ( uint32_t ) FIRMHEAP_FAULT_NONE ) ? pdPASS : -( BaseType_t ) ulFault;

            while( xResult == pdPASS )
            {
                pv = ( pxTable->pvHeap == NULL ) ? pvFirmheapMainNext( pv, &xBytes, &ulUsed ) :
                     capsOWN( pxTable, pvFirmheapOwnNext )( pxTable->pvHeap, pv, &xBytes, &ulUsed );

                if( pv == NULL )
                {
                    break;
                }

                if( pxVisitor( pvContext, pv, xBytes, ( BaseType_t ) ulUsed ) == pdFALSE )
                {
                    xResult = pdFAIL;
                }
            }
        }
    }
    capsUNLOCK();

    return xResult;
}

#endif /* FIRMHEAP_USE_CAPS */
