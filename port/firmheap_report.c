/* SPDX-License-Identifier: MIT
 *
 * The report that a person can read (firmheap_report.h): text, the map, top holders, stacks.
 */

#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#include "firmheap_text.h"

#define firmheapBAR_CELLS    50U
#define firmheapMAP_CELLS    64U
#define firmheapTOP          5U

/*-------------------------------- text --------------------------------*/

static void prvFlush( FirmheapLine_t * pxLine )
{
    if( pxLine->xUsed > 0U )
    {
        pxLine->xWriter( pxLine->cText, pxLine->xUsed, pxLine->pvArgument );
        pxLine->xUsed = 0U;
    }
}
/*-----------------------------------------------------------*/

void vFirmheapPutCharacter( FirmheapLine_t * pxLine,
                            char cCharacter )
{
    if( pxLine->xUsed == sizeof( pxLine->cText ) )
    {
        prvFlush( pxLine );
    }

    pxLine->cText[ pxLine->xUsed++ ] = cCharacter;
}
/*-----------------------------------------------------------*/

void vFirmheapPut( FirmheapLine_t * pxLine,
                   const char * pcText )
{
    while( *pcText != '\0' )
    {
        vFirmheapPutCharacter( pxLine, *pcText++ );
    }
}
/*-----------------------------------------------------------*/

void vFirmheapPutNumber( FirmheapLine_t * pxLine,
                         size_t xNumber,
                         size_t xColumns )
{
    char cDigits[ 3U * sizeof( size_t ) ];
    size_t xDigits = 0U;
    size_t x;

    do
    {
        cDigits[ xDigits++ ] = ( char ) ( '0' + ( char ) ( xNumber % 10U ) );
        xNumber /= 10U;
    } while( xNumber != 0U );

    for( x = xDigits; x < xColumns; x++ )
    {
        vFirmheapPutCharacter( pxLine, ' ' );
    }

    while( xDigits > 0U )
    {
        vFirmheapPutCharacter( pxLine, cDigits[ --xDigits ] );
    }
}
/*-----------------------------------------------------------*/

void vFirmheapPutAddress( FirmheapLine_t * pxLine,
                          const void * pv )
{
    const uintptr_t uxAddress = ( uintptr_t ) pv;
    unsigned uShift = ( uxAddress > ( uintptr_t ) 0xFFFFFFFFU ) ? ( unsigned ) ( 8U * sizeof( uintptr_t ) ) : 32U;

    vFirmheapPut( pxLine, "0x" );

    while( uShift > 0U )
    {
        uShift -= 4U;
        vFirmheapPutCharacter( pxLine, "0123456789abcdef"[ ( uxAddress >> uShift ) & 0xFU ] );
    }
}
/*-----------------------------------------------------------*/

void vFirmheapPutColumn( FirmheapLine_t * pxLine,
                         size_t xColumn )
{
    do
    {
        vFirmheapPutCharacter( pxLine, ' ' );
    } while( pxLine->xUsed < xColumn );
}
/*-----------------------------------------------------------*/

void vFirmheapEndLine( FirmheapLine_t * pxLine )
{
    vFirmheapPutCharacter( pxLine, '\n' );
    prvFlush( pxLine );
}
/*-----------------------------------------------------------*/

/* 123 becomes "12.3 %". */
static void prvPutPermille( FirmheapLine_t * pxLine,
                            uint32_t ulPermille )
{
    vFirmheapPutNumber( pxLine, ulPermille / 10U, 0U );
    vFirmheapPutCharacter( pxLine, '.' );
    vFirmheapPutNumber( pxLine, ulPermille % 10U, 0U );
    vFirmheapPut( pxLine, " %" );
}

/*-------------------------------- figures, bar, map --------------------------------*/

/* So many cells of xCells as xPart is of xWhole, without a product that could wrap. */
static size_t prvCells( size_t xPart,
                        size_t xWhole,
                        size_t xCells )
{
    while( xWhole > ( 0xFFFFFFFFU / firmheapMAP_CELLS ) )
    {
        xWhole >>= 1;
        xPart >>= 1;
    }

    return ( xWhole == 0U ) ? 0U : ( ( xPart * xCells ) / xWhole );
}
/*-----------------------------------------------------------*/

static void prvPrintFigures( FirmheapLine_t * pxLine,
                             const HeapHealth_t * pxHealth )
{
    const size_t xUsed = prvCells( pxHealth->xUsedBytes, pxHealth->xTotalBytes, firmheapBAR_CELLS );
    const size_t xPeak = prvCells( pxHealth->xUsedBytesMax, pxHealth->xTotalBytes, firmheapBAR_CELLS );
    size_t x;

    vFirmheapPut( pxLine, "heap  [" );

    for( x = 0U; x < firmheapBAR_CELLS; x++ )
    {
        vFirmheapPutCharacter( pxLine, ( x < xUsed ) ? '#' : ( ( x < xPeak ) ? '-' : ' ' ) );
    }

    vFirmheapPut( pxLine, "] " );
    prvPutPermille( pxLine, pxHealth->ulUsedPermille );
    vFirmheapEndLine( pxLine );
    vFirmheapPut( pxLine, "used " );
    vFirmheapPutNumber( pxLine, pxHealth->xUsedBytes, 0U );
    vFirmheapPut( pxLine, " of " );
    vFirmheapPutNumber( pxLine, pxHealth->xTotalBytes, 0U );
    vFirmheapPut( pxLine, " bytes in " );
    vFirmheapPutNumber( pxLine, pxHealth->xUsedBlocks, 0U );
    vFirmheapPut( pxLine, " blocks, peak " );
    vFirmheapPutNumber( pxLine, pxHealth->xUsedBytesMax, 0U );
    vFirmheapEndLine( pxLine );
    vFirmheapPut( pxLine, "free " );
    vFirmheapPutNumber( pxLine, pxHealth->xFreeBytes, 0U );
    vFirmheapPut( pxLine, " bytes in " );
    vFirmheapPutNumber( pxLine, pxHealth->xFreeBlocks, 0U );
    vFirmheapPut( pxLine, " blocks, largest request " );
    vFirmheapPutNumber( pxLine, pxHealth->xLargestRequestBytes, 0U );
    vFirmheapPut( pxLine, ", fragmentation " );
    prvPutPermille( pxLine, pxHealth->ulFragmentationPermille );
    vFirmheapEndLine( pxLine );
    vFirmheapPut( pxLine, "allocations " );
    vFirmheapPutNumber( pxLine, pxHealth->ulAllocations, 0U );
    vFirmheapPut( pxLine, " (" );
    vFirmheapPutNumber( pxLine, pxHealth->ulAllocationsPerSecond, 0U );
    vFirmheapPut( pxLine, "/s), frees " );
    vFirmheapPutNumber( pxLine, pxHealth->ulFrees, 0U );
    vFirmheapPut( pxLine, " (" );
    vFirmheapPutNumber( pxLine, pxHealth->ulFreesPerSecond, 0U );
    vFirmheapPut( pxLine, "/s)" );
    #if ( FIRMHEAP_REPORT == 1 )
    {
        vFirmheapPut( pxLine, ", failed " );
        vFirmheapPutNumber( pxLine, ulPortHeapFailures( NULL ), 0U );
    }
    #endif
    vFirmheapEndLine( pxLine );
}
/*-----------------------------------------------------------*/

/* Used bytes in each cell of the map; blocks come by address, regions one behind the other. */
typedef struct FirmheapMap
{
    size_t xCellBytes;
    size_t xOffset;
    size_t xUsed[ firmheapMAP_CELLS ];
} FirmheapMap_t;

static BaseType_t prvMapBlock( const HeapBlock_t * pxBlock,
                               void * pvArgument )
{
    FirmheapMap_t * pxMap = ( FirmheapMap_t * ) pvArgument;
    size_t xLeft = pxBlock->xBlockBytes;

    while( xLeft > 0U )
    {
        const size_t xCell = pxMap->xOffset / pxMap->xCellBytes;
        const size_t xRoom = ( ( xCell + 1U ) * pxMap->xCellBytes ) - pxMap->xOffset;
        const size_t xHere = ( xLeft < xRoom ) ? xLeft : xRoom;

        if( xCell >= firmheapMAP_CELLS )
        {
            return pdFALSE;
        }

        if( pxBlock->ulState == heapBLOCK_USED )
        {
            pxMap->xUsed[ xCell ] += xHere;
        }

        pxMap->xOffset += xHere;
        xLeft -= xHere;
    }

    return pdTRUE;
}
/*-----------------------------------------------------------*/

static void prvPrintMap( FirmheapLine_t * pxLine,
                         size_t xTotalBytes )
{
    FirmheapMap_t xMap;
    size_t x;

    ( void ) memset( &xMap, 0, sizeof( xMap ) );
    xMap.xCellBytes = ( xTotalBytes / firmheapMAP_CELLS ) + 1U;
    ( void ) xPortHeapWalk( prvMapBlock, &xMap );

    vFirmheapPut( pxLine, "map   [" );

    for( x = 0U; ( x < firmheapMAP_CELLS ) && ( ( x * xMap.xCellBytes ) < xTotalBytes ); x++ )
    {
        const size_t xTenths = prvCells( xMap.xUsed[ x ], xMap.xCellBytes, 10U );

        vFirmheapPutCharacter( pxLine, ( xMap.xUsed[ x ] == 0U ) ? '.' : ( ( xTenths < 9U ) ? '+' : '#' ) );
    }

    vFirmheapPut( pxLine, "]" );
    vFirmheapEndLine( pxLine );
}

/*-------------------------------- holders --------------------------------*/

#if ( firmheapLEVEL >= 1 )

/* Rows come in the order of what they hold; those already printed are passed over by (bytes, row). */
    typedef struct FirmheapNext
    {
        size_t xBytes;
        uint32_t ulRow;
        BaseType_t xFound;
    } FirmheapNext_t;

    static void prvConsider( FirmheapNext_t * pxBest,
                             const FirmheapNext_t * pxLast,
                             size_t xBytes,
                             uint32_t ulRow )
    {
        const BaseType_t xIsBehind = ( pxLast->xFound == pdFALSE ) || ( xBytes < pxLast->xBytes ) ||
                                     ( ( xBytes == pxLast->xBytes ) && ( ulRow > pxLast->ulRow ) );

        if( xIsBehind && ( xBytes > 0U ) && ( ( pxBest->xFound == pdFALSE ) || ( xBytes > pxBest->xBytes ) ) )
        {
            pxBest->xBytes = xBytes;
            pxBest->ulRow = ulRow;
            pxBest->xFound = pdTRUE;
        }
    }
/*-----------------------------------------------------------*/

/* A row of either table. */
    typedef struct FirmheapRow
    {
        const char * pcName; /* NULL: pvPlace is it */
        const void * pvPlace;
        BaseType_t xIsGone;
        size_t xBytes;
        size_t xBlocks;
        size_t xBytesMax;
    } FirmheapRow_t;

/* pdFALSE if there is nothing in this row. */
    typedef BaseType_t ( * FirmheapTable_t )( uint32_t ulRow,
                                              FirmheapRow_t * pxRow );

    static FirmheapNext_t prvNext( FirmheapTable_t pxTable,
                                   uint32_t ulRows,
                                   const FirmheapNext_t * pxLast )
    {
        FirmheapNext_t xBest = { 0U, 0U, pdFALSE };
        FirmheapRow_t xRow;
        uint32_t ul;

        for( ul = 0U; ul < ulRows; ul++ )
        {
            if( pxTable( ul, &xRow ) != pdFALSE )
            {
                prvConsider( &xBest, pxLast, xRow.xBytes, ul );
            }
        }

        return xBest;
    }
/*-----------------------------------------------------------*/

    static void prvPrintTop( FirmheapLine_t * pxLine,
                             const char * pcKind,
                             FirmheapTable_t pxTable,
                             uint32_t ulRows )
    {
        FirmheapNext_t xLast = { 0U, 0U, pdFALSE };
        FirmheapRow_t xRow;
        unsigned u;

        vFirmheapPut( pxLine, pcKind );
        vFirmheapPut( pxLine, "                       bytes  blocks    peak" );
        vFirmheapEndLine( pxLine );

        for( u = 0U; u < firmheapTOP; u++ )
        {
            xLast = prvNext( pxTable, ulRows, &xLast );

            if( ( xLast.xFound == pdFALSE ) || ( pxTable( xLast.ulRow, &xRow ) == pdFALSE ) )
            {
                break;
            }

            vFirmheapPut( pxLine, "  " );

            if( xRow.pcName != NULL )
            {
                vFirmheapPut( pxLine, xRow.pcName );
            }
            else
            {
                vFirmheapPutAddress( pxLine, xRow.pvPlace );
            }

            vFirmheapPut( pxLine, ( xRow.xIsGone != pdFALSE ) ? " (gone)" : "" );
            vFirmheapPutColumn( pxLine, 24U );
            vFirmheapPutNumber( pxLine, xRow.xBytes, 8U );
            vFirmheapPutNumber( pxLine, xRow.xBlocks, 8U );
            vFirmheapPutNumber( pxLine, xRow.xBytesMax, 8U );
            vFirmheapEndLine( pxLine );
        }
    }
/*-----------------------------------------------------------*/

    static BaseType_t prvOwner( uint32_t ulRow,
                                FirmheapRow_t * pxRow )
    {
        HeapOwner_t xOwner;

        if( xPortHeapOwner( ulRow, &xOwner ) == 0U )
        {
            return pdFALSE;
        }

        pxRow->pcName = xOwner.pcName;
        pxRow->pvPlace = NULL;
        pxRow->xIsGone = ( xOwner.ulKind == heapOWNER_DELETED ) ? pdTRUE : pdFALSE;
        pxRow->xBytes = xOwner.xBytes;
        pxRow->xBlocks = xOwner.xBlocks;
        pxRow->xBytesMax = xOwner.xBytesMax;

        return pdTRUE;
    }

#endif /* firmheapLEVEL >= 1 */
/*-----------------------------------------------------------*/

#if ( firmheapLEVEL >= 2 )

    static BaseType_t prvSite( uint32_t ulRow,
                               FirmheapRow_t * pxRow )
    {
        HeapSite_t xSite;

        if( xPortHeapSite( ulRow, &xSite ) == 0U )
        {
            return pdFALSE;
        }

        pxRow->pcName = ( ( xSite.pcPlace == NULL ) && ( xSite.pvPlace == NULL ) ) ? "(table full)" : xSite.pcPlace;
        pxRow->pvPlace = xSite.pvPlace;
        pxRow->xIsGone = pdFALSE;
        pxRow->xBytes = xSite.xBytes;
        pxRow->xBlocks = xSite.xBlocks;
        pxRow->xBytesMax = xSite.xBytesMax;

        return pdTRUE;
    }

#endif /* firmheapLEVEL >= 2 */

/*-------------------------------- stacks --------------------------------*/

#if ( configUSE_TRACE_FACILITY == 1 )

    static void prvPrintStacks( FirmheapLine_t * pxLine )
    {
        static TaskStatus_t xTasks[ configHEAP_REPORT_TASKS ];
        UBaseType_t uxTasks;
        UBaseType_t ux;

        if( uxTaskGetNumberOfTasks() == 0U )
        {
            return;
        }

        vTaskSuspendAll(); /* the array is shared */
        uxTasks = uxTaskGetSystemState( xTasks, ( UBaseType_t ) configHEAP_REPORT_TASKS, NULL );
        ( void ) xTaskResumeAll();
        vFirmheapPut( pxLine, ( uxTasks > 0U ) ? "stack            words never used" : "stacks: more tasks than configHEAP_REPORT_TASKS" );
        vFirmheapEndLine( pxLine );

        for( ux = 0U; ux < uxTasks; ux++ )
        {
            vFirmheapPut( pxLine, "  " );
            vFirmheapPut( pxLine, xTasks[ ux ].pcTaskName );
            vFirmheapPutColumn( pxLine, 24U );
            vFirmheapPutNumber( pxLine, ( size_t ) xTasks[ ux ].usStackHighWaterMark, 8U );
            vFirmheapEndLine( pxLine );
        }
    }

#endif /* if ( configUSE_TRACE_FACILITY == 1 ) */
/*-----------------------------------------------------------*/

void vPortHeapPrint( HeapWriter_t xWriter,
                     void * pvArgument )
{
    FirmheapLine_t xLine;
    HeapHealth_t xHealth;

    if( xWriter == NULL )
    {
        return;
    }

    xLine.xWriter = xWriter;
    xLine.pvArgument = pvArgument;
    xLine.xUsed = 0U;

    vPortGetHeapHealth( &xHealth );
    prvPrintFigures( &xLine, &xHealth );
    prvPrintMap( &xLine, xHealth.xTotalBytes );
    #if ( firmheapLEVEL >= 1 )
        prvPrintTop( &xLine, "task", prvOwner, ulPortHeapOwners() );
    #endif
    #if ( firmheapLEVEL >= 2 )
        prvPrintTop( &xLine, "site", prvSite, ulPortHeapSites() );
    #endif
    #if ( configUSE_TRACE_FACILITY == 1 )
        prvPrintStacks( &xLine );
    #endif
}
