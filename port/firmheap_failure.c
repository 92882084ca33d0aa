/* SPDX-License-Identifier: MIT
 *
 * Why a request failed (firmheap_report.h): the record of the last failure, with its verdict. The samples that tell a
 * leak and a spike from a heap that is too small are firmheap_watch.c's.
 */

#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#include "firmheap_text.h"

#ifndef FIRMHEAP_USE_CAPS
    #define FIRMHEAP_USE_CAPS    0
#endif

#if ( FIRMHEAP_USE_CAPS == 1 )
    #include "firmheap_caps.h"

/* What pvPortMalloc() asks for goes without saying. */
    #define firmheapUNSAID    ( ( uint32_t ) capsDEFAULT )
#else
    #define firmheapUNSAID    0U
#endif

#ifndef FIRMHEAP_NOINIT
    #if ( defined( __GNUC__ ) || defined( __clang__ ) ) && !defined( __APPLE__ )
        #define FIRMHEAP_NOINIT    __attribute__( ( section( ".noinit" ) ) )
    #else
        #define FIRMHEAP_NOINIT
    #endif
#endif

#define firmheapMAGIC      0x46484631U
#define firmheapREGIONS    8U

/*-------------------------------- the record --------------------------------*/

static HeapFailure_t xRecord FIRMHEAP_NOINIT;

static uint32_t prvChecksum( void )
{
    const uint8_t * pucBytes = ( const uint8_t * ) &xRecord;
    uint32_t ulSum = 0x811C9DC5U;
    size_t x;

    for( x = 0U; x < offsetof( HeapFailure_t, ulChecksum ); x++ )
    {
        ulSum = ( ulSum ^ pucBytes[ x ] ) * 0x01000193U;
    }

    return ulSum;
}
/*-----------------------------------------------------------*/

const HeapFailure_t * pxPortHeapLastFailure( void )
{
    const BaseType_t xIsOne = ( xRecord.ulMagic == firmheapMAGIC ) && ( xRecord.ulChecksum == prvChecksum() );

    return xIsOne ? &xRecord : NULL;
}
/*-----------------------------------------------------------*/

void vPortHeapForgetFailure( void )
{
    ( void ) memset( &xRecord, 0, sizeof( xRecord ) );
}
/*-----------------------------------------------------------*/

const char * pcPortHeapVerdict( uint32_t ulVerdict )
{
    static const char * const pcWords[] = { "none", "too small", "fragmented", "budget", "leak", "spike", "no region" };

    return ( ulVerdict <= heapVERDICT_NO_REGION ) ? pcWords[ ulVerdict ] : "?";
}

/*-------------------------------- the verdict --------------------------------*/

#if ( FIRMHEAP_REPORT == 1 )

    #if ( firmheapLEVEL == 0 )
        #error FIRMHEAP_REPORT needs FIRMHEAP_TRACK=tasks, sites or trace
    #endif

/* The regions that were asked: their figures, the largest of them, and whether the main heap, which is all that owners and
 * samples are known of, is among them. */
    #if ( FIRMHEAP_USE_CAPS == 1 )

        static void prvFigures( uint32_t ulCaps )
        {
            HeapStats_t xStats;

            vPortGetHeapStatsWithCaps( ulCaps, &xStats );
            xRecord.xTotalBytes = xPortGetTotalSizeWithCaps( ulCaps );
            xRecord.xFreeBytes = xStats.xAvailableHeapSpaceInBytes;
            xRecord.xFreeBytesMin = xPortGetMinimumEverFreeSizeWithCaps( ulCaps );
            xRecord.xLargestRequestBytes = xPortGetLargestFreeWithCaps( ulCaps );
            xRecord.xFreeBlocks = xStats.xNumberOfFreeBlocks;
        }
/*-----------------------------------------------------------*/

        static size_t prvLargestRegion( void )
        {
            HeapRegionInfo_t xInfo;
            size_t xMost = 0U;
            size_t x;

            for( x = 0U; xPortGetHeapRegion( x, &xInfo ) == pdPASS; x++ )
            {
                if( ( ( xInfo.ulCaps & xRecord.ulCapabilities ) == xRecord.ulCapabilities ) && ( xInfo.xTotalBytes > xMost ) )
                {
                    xMost = xInfo.xTotalBytes;
                }
            }

            return xMost;
        }
/*-----------------------------------------------------------*/

        static BaseType_t prvMainWasAsked( void )
        {
            size_t xCount;
            const CapsRegion_t * pxTable = pxFirmheapCapsTable( &xCount );
            size_t x;

            for( x = 0U; x < xCount; x++ )
            {
                if( ( pxTable[ x ].pvHeap == NULL ) && ( ( pxTable[ x ].ulCaps & xRecord.ulCapabilities ) == xRecord.ulCapabilities ) )
                {
                    return pdTRUE;
                }
            }

            return pdFALSE;
        }

    #else /* if ( FIRMHEAP_USE_CAPS == 1 ) */

        static void prvFigures( uint32_t ulCaps )
        {
            HeapHealth_t xHealth;

            ( void ) ulCaps;
            vPortGetHeapHealth( &xHealth );
            xRecord.xTotalBytes = xHealth.xTotalBytes;
            xRecord.xFreeBytes = xHealth.xFreeBytes;
            xRecord.xFreeBytesMin = xHealth.xFreeBytesMin;
            xRecord.xLargestRequestBytes = xHealth.xLargestRequestBytes;
            xRecord.xFreeBlocks = xHealth.xFreeBlocks;
        }
/*-----------------------------------------------------------*/

        static size_t prvLargestRegion( void )
        {
            HeapRegionHealth_t xRegions[ firmheapREGIONS ];
            const size_t xCount = uxPortGetHeapRegionHealth( xRegions, firmheapREGIONS );
            size_t xMost = 0U;
            size_t x;

            for( x = 0U; ( x < xCount ) && ( x < firmheapREGIONS ); x++ )
            {
                xMost = ( xRegions[ x ].xTotalBytes > xMost ) ? xRegions[ x ].xTotalBytes : xMost;
            }

            return xMost;
        }
/*-----------------------------------------------------------*/

        #define prvMainWasAsked()    pdTRUE
    #endif /* if ( FIRMHEAP_USE_CAPS == 1 ) */
/*-----------------------------------------------------------*/

    #if ( FIRMHEAP_BUDGETS == 1 )

/* The owner most above its soft limit, if any is, and by how much. */
        static size_t prvSpender( HeapHolder_t * pxHolder )
        {
            size_t xMost = 0U;
            HeapBudget_t xBudget;
            HeapOwner_t xOwner;
            uint32_t ul;

            for( ul = 0U; ul < ulPortHeapOwners(); ul++ )
            {
                if( ( lPortHeapGetBudget( ul, &xBudget ) == 0 ) && ( xBudget.xSoftBytes != 0U ) &&
                    ( xPortHeapOwner( ul, &xOwner ) != 0U ) && ( xOwner.xBytes > xBudget.xSoftBytes ) &&
                    ( ( xOwner.xBytes - xBudget.xSoftBytes ) > xMost ) )
                {
                    xMost = xOwner.xBytes - xBudget.xSoftBytes;
                    vFirmheapCopyHolder( pxHolder, &xOwner, xMost );
                }
            }

            return xMost;
        }
/*-----------------------------------------------------------*/

/* The caller's own limit, or what is kept for others; there may be memory enough. */
        static uint32_t prvRefusedByBudget( void )
        {
            HeapOwner_t xOwner;

            if( xPortHeapOwner( ulPortHeapOwnerOfTask( NULL ), &xOwner ) != 0U )
            {
                vFirmheapCopyHolder( &( xRecord.xBlamed ), &xOwner, xOwner.xBytes );
            }

            return heapVERDICT_BUDGET;
        }
/*-----------------------------------------------------------*/

    #endif /* FIRMHEAP_BUDGETS */

/* The first cause without which there would have been room. Who grew by more than what is free at all is the cause
 * also of its being in pieces. */
    static uint32_t prvVerdict( void )
    {
        const size_t xWanted = xRecord.xRequestedBytes;
        const size_t xFree = xRecord.xFreeBytes;
        const BaseType_t xIsMain = prvMainWasAsked();
        const size_t xGrown = ( xIsMain != pdFALSE ) ? xFirmheapSuspect( &( xRecord.xBlamed ) ) : 0U;

        if( xRecord.xTotalBytes == 0U )
        {
            return heapVERDICT_NO_REGION;
        }

        if( xWanted >= prvLargestRegion() )
        {
            ( void ) memset( &( xRecord.xBlamed ), 0, sizeof( xRecord.xBlamed ) );

            return heapVERDICT_TOO_SMALL;
        }

        if( ( xGrown > xWanted ) && ( xGrown > xFree ) )
        {
            vFirmheapSuspectSite( &( xRecord.pvBlamedPlace ), &( xRecord.pcBlamedPlace ) );

            return heapVERDICT_LEAK;
        }

        ( void ) memset( &( xRecord.xBlamed ), 0, sizeof( xRecord.xBlamed ) );

        if( xFree > xWanted )
        {
            return heapVERDICT_FRAGMENTED;
        }

        if( xIsMain == pdFALSE )
        {
            return heapVERDICT_TOO_SMALL;
        }

        #if ( FIRMHEAP_BUDGETS == 1 )
        {
            if( ( prvSpender( &( xRecord.xBlamed ) ) + xFree ) > xWanted )
            {
                return heapVERDICT_BUDGET;
            }

            ( void ) memset( &( xRecord.xBlamed ), 0, sizeof( xRecord.xBlamed ) );
        }
        #endif

        if( ( xFirmheapSuspect( &( xRecord.xBlamed ) ) + xFree ) > xWanted )
        {
            vFirmheapSuspectSite( &( xRecord.pvBlamedPlace ), &( xRecord.pcBlamedPlace ) );

            return heapVERDICT_LEAK;
        }

        ( void ) memset( &( xRecord.xBlamed ), 0, sizeof( xRecord.xBlamed ) );

        if( xFirmheapTypicallyFree( xRecord.xTotalBytes ) > xWanted )
        {
            return heapVERDICT_SPIKE;
        }

        return heapVERDICT_TOO_SMALL;
    }
/*-----------------------------------------------------------*/

/* Those who hold most, by insertion. */
    static void prvHolders( void )
    {
        HeapOwner_t xOwner;
        uint32_t ul;

        for( ul = 0U; ul < ulPortHeapOwners(); ul++ )
        {
            if( ( xPortHeapOwner( ul, &xOwner ) != 0U ) && ( xOwner.xBytes > 0U ) )
            {
                size_t x = heapHOLDERS;

                while( ( x > 0U ) && ( xOwner.xBytes > xRecord.xHolders[ x - 1U ].xBytes ) )
                {
                    if( x < heapHOLDERS )
                    {
                        xRecord.xHolders[ x ] = xRecord.xHolders[ x - 1U ];
                    }

                    x--;
                }

                if( x < heapHOLDERS )
                {
                    vFirmheapCopyHolder( &( xRecord.xHolders[ x ] ), &xOwner, xOwner.xBytes );
                }
            }
        }
    }
/*-----------------------------------------------------------*/

    void vFirmheapFailed( const FirmheapRefusal_t * pxRefusal,
                          uint32_t ulCapabilities,
                          const void * pvCaller )
    {
        const BaseType_t xIsText = ( pxRefusal->ulIsText != 0U ) ? pdTRUE : pdFALSE;

        vTaskSuspendAll(); /* one record */
        ( void ) memset( &xRecord, 0, sizeof( xRecord ) );
        xRecord.ulMagic = firmheapMAGIC;
        xRecord.ulFailures = xFirmheapRefusal.ulCount;
        xRecord.xTick = xTaskGetTickCount();
        xRecord.xRequestedBytes = pxRefusal->xBytes;
        xRecord.xAlignment = pxRefusal->xAlignment;
        xRecord.ulCapabilities = ulCapabilities;
        xRecord.xLargestRefusedBytes = xFirmheapRefusal.xLargest;

        /* The site if it is known, else where the function returns to that refused. */
        xRecord.pcPlace = ( xIsText != pdFALSE ) ? ( const char * ) pxRefusal->uxPlace : NULL;
        xRecord.pvCaller = ( ( pxRefusal->uxPlace != 0U ) && ( xIsText == pdFALSE ) ) ? ( const void * ) pxRefusal->uxPlace : pvCaller;
        xRecord.pvTask = ( void * ) xTaskGetCurrentTaskHandle();

        if( ( xRecord.pvTask != NULL ) && ( xTaskGetSchedulerState() != taskSCHEDULER_NOT_STARTED ) )
        {
            vFirmheapCopyName( xRecord.cTask, pcTaskGetName( NULL ) );
        }

        prvFigures( ulCapabilities );

        if( prvMainWasAsked() != pdFALSE )
        {
            prvHolders();
        }

        #if ( FIRMHEAP_BUDGETS == 1 )
        {
            xRecord.ulVerdict = ( pxRefusal->xBudget == 0U ) ? prvVerdict() : prvRefusedByBudget();
        }
        #else
        {
            xRecord.ulVerdict = prvVerdict();
        }
        #endif
        xRecord.ulChecksum = prvChecksum();
        ( void ) xTaskResumeAll();

        #if ( configUSE_HEAP_FAILURE_HOOK == 1 )
        {
            vApplicationMallocFailedHookEx( &xRecord );
        }
        #endif
    }
/*-----------------------------------------------------------*/

    uint32_t ulPortHeapFailures( size_t * pxLargestBytes )
    {
        if( pxLargestBytes != NULL )
        {
            *pxLargestBytes = xFirmheapRefusal.xLargest;
        }

        return xFirmheapRefusal.ulCount;
    }

#else /* if ( FIRMHEAP_REPORT == 1 ) */

    uint32_t ulPortHeapFailures( size_t * pxLargestBytes )
    {
        if( pxLargestBytes != NULL )
        {
            *pxLargestBytes = 0U;
        }

        return 0U;
    }

#endif /* FIRMHEAP_REPORT */

/*-------------------------------- text --------------------------------*/

static void prvPutPlace( FirmheapLine_t * pxLine,
                         const void * pvPlace,
                         const char * pcPlace )
{
    if( pcPlace != NULL )
    {
        vFirmheapPut( pxLine, " at " );
        vFirmheapPut( pxLine, pcPlace );
    }
    else if( pvPlace != NULL )
    {
        vFirmheapPut( pxLine, " at " );
        vFirmheapPutAddress( pxLine, pvPlace );
    }
}
/*-----------------------------------------------------------*/

static void prvPutVerdict( FirmheapLine_t * pxLine,
                           const HeapFailure_t * pxFailure )
{
    vFirmheapPut( pxLine, "verdict: " );
    vFirmheapPut( pxLine, pcPortHeapVerdict( pxFailure->ulVerdict ) );

    if( pxFailure->ulVerdict == heapVERDICT_BUDGET )
    {
        vFirmheapPut( pxLine, ", task " );
        vFirmheapPut( pxLine, pxFailure->xBlamed.cName );
        vFirmheapPut( pxLine, ": " );
        vFirmheapPutNumber( pxLine, pxFailure->xBlamed.xBytes, 0U );
        vFirmheapPut( pxLine, " bytes" );
    }
    else if( pxFailure->ulVerdict == heapVERDICT_LEAK )
    {
        vFirmheapPut( pxLine, ", task " );
        vFirmheapPut( pxLine, pxFailure->xBlamed.cName );
        vFirmheapPut( pxLine, " grew by " );
        vFirmheapPutNumber( pxLine, pxFailure->xBlamed.xBytes, 0U );
        vFirmheapPut( pxLine, " bytes" );
        prvPutPlace( pxLine, pxFailure->pvBlamedPlace, pxFailure->pcBlamedPlace );
    }

    vFirmheapEndLine( pxLine );
}
/*-----------------------------------------------------------*/

void vPortHeapPrintFailure( HeapWriter_t xWriter,
                            void * pvArgument )
{
    const HeapFailure_t * pxFailure = pxPortHeapLastFailure();
    FirmheapLine_t xLine;
    size_t x;

    if( xWriter == NULL )
    {
        return;
    }

    xLine.xWriter = xWriter;
    xLine.pvArgument = pvArgument;
    xLine.xUsed = 0U;

    if( pxFailure == NULL )
    {
        vFirmheapPut( &xLine, "no request failed" );
        vFirmheapEndLine( &xLine );

        return;
    }

    vFirmheapPut( &xLine, "failed: " );
    vFirmheapPutNumber( &xLine, pxFailure->xRequestedBytes, 0U );
    vFirmheapPut( &xLine, " bytes" );

    if( pxFailure->xAlignment != 0U )
    {
        vFirmheapPut( &xLine, " at a multiple of " );
        vFirmheapPutNumber( &xLine, pxFailure->xAlignment, 0U );
    }

    if( ( pxFailure->ulCapabilities & ~firmheapUNSAID ) != 0U )
    {
        vFirmheapPut( &xLine, " with capabilities " );
        vFirmheapPutAddress( &xLine, ( const void * ) ( uintptr_t ) pxFailure->ulCapabilities );
    }

    vFirmheapPut( &xLine, " for task " );
    vFirmheapPut( &xLine, ( pxFailure->cTask[ 0 ] != '\0' ) ? pxFailure->cTask : "(none)" );
    prvPutPlace( &xLine, pxFailure->pvCaller, pxFailure->pcPlace );
    vFirmheapPut( &xLine, ", tick " );
    vFirmheapPutNumber( &xLine, ( size_t ) pxFailure->xTick, 0U );
    vFirmheapEndLine( &xLine );
    vFirmheapPut( &xLine, "free: " );
    vFirmheapPutNumber( &xLine, pxFailure->xFreeBytes, 0U );
    vFirmheapPut( &xLine, " of " );
    vFirmheapPutNumber( &xLine, pxFailure->xTotalBytes, 0U );
    vFirmheapPut( &xLine, " in " );
    vFirmheapPutNumber( &xLine, pxFailure->xFreeBlocks, 0U );
    vFirmheapPut( &xLine, " blocks, largest request " );
    vFirmheapPutNumber( &xLine, pxFailure->xLargestRequestBytes, 0U );
    vFirmheapEndLine( &xLine );
    prvPutVerdict( &xLine, pxFailure );

    for( x = 0U; ( x < heapHOLDERS ) && ( pxFailure->xHolders[ x ].xBytes > 0U ); x++ )
    {
        vFirmheapPut( &xLine, "holds: " );
        vFirmheapPut( &xLine, pxFailure->xHolders[ x ].cName );
        vFirmheapPutColumn( &xLine, 24U );
        vFirmheapPutNumber( &xLine, pxFailure->xHolders[ x ].xBytes, 8U );
        vFirmheapPut( &xLine, " bytes" );
        vFirmheapPutNumber( &xLine, pxFailure->xHolders[ x ].xBlocks, 6U );
        vFirmheapPut( &xLine, " blocks" );
        vFirmheapEndLine( &xLine );
    }
}
