/* SPDX-License-Identifier: MIT
 *
 * What is about to go wrong (firmheap_report.h): samples of what everybody holds, which also tell a leak and a spike from
 * a heap that is too small, and the marks that are watched.
 */

#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#include "firmheap_text.h"

/* As in firmheap_track.c. */
#ifndef FIRMHEAP_OWNER_LIMIT
    #define FIRMHEAP_OWNER_LIMIT    16
#endif
#ifndef FIRMHEAP_SITE_LIMIT
    #define FIRMHEAP_SITE_LIMIT     64
#endif

#define firmheapSAMPLES        4U  /* make a window */
#define firmheapRISES          3U  /* make a suspect */
#define firmheapHYSTERESIS     50U /* permille */

/*-------------------------------- samples: who grows --------------------------------*/

#if ( firmheapLEVEL >= 1 )

    typedef struct FirmheapGrowth
    {
        const void * pvWho; /* whose row it was at the last sample */
        uint32_t ulLeast;   /* bytes, the least of this window */
        uint32_t ulLast;    /* the same of the window before */
        uint32_t ulBase;    /* where it began to grow */
        uint32_t ulRises;   /* windows since then that had more than the one before; never falling */
    } FirmheapGrowth_t;

    static FirmheapGrowth_t xOwnerGrowth[ FIRMHEAP_OWNER_LIMIT + 4 ];

    #if ( firmheapLEVEL >= 2 )
        static FirmheapGrowth_t xSiteGrowth[ FIRMHEAP_SITE_LIMIT + 1 ];
    #endif

#endif /* firmheapLEVEL >= 1 */

static uint32_t ulSamples;
static size_t xTypicalUsed; /* eight samples' worth of memory */

#if ( firmheapLEVEL >= 1 )

    static void prvSample( FirmheapGrowth_t * pxGrowth,
                           const void * pvWho,
                           size_t xBytes )
    {
        const uint32_t ulBytes = ( uint32_t ) xBytes;

        if( ( pxGrowth->pvWho != pvWho ) || ( ulSamples == 0U ) )
        {
            pxGrowth->pvWho = pvWho;
            pxGrowth->ulLeast = ulBytes;
            pxGrowth->ulLast = ulBytes;
            pxGrowth->ulBase = ulBytes;
            pxGrowth->ulRises = 0U;
        }

        pxGrowth->ulLeast = ( ulBytes < pxGrowth->ulLeast ) ? ulBytes : pxGrowth->ulLeast;

        if( ( ulSamples % firmheapSAMPLES ) == ( firmheapSAMPLES - 1U ) )
        {
            if( pxGrowth->ulLeast > pxGrowth->ulLast )
            {
                pxGrowth->ulRises++;
            }
            else if( pxGrowth->ulLeast < pxGrowth->ulLast )
            {
                pxGrowth->ulRises = 0U;
                pxGrowth->ulBase = pxGrowth->ulLeast;
            }

            pxGrowth->ulLast = pxGrowth->ulLeast;
            pxGrowth->ulLeast = ulBytes;
        }
    }
/*-----------------------------------------------------------*/

    static size_t prvGrown( const FirmheapGrowth_t * pxGrowth,
                            const void * pvWho,
                            size_t xBytes )
    {
        const BaseType_t xIsSuspect = ( pxGrowth->pvWho == pvWho ) && ( pxGrowth->ulRises >= firmheapRISES ) &&
                                      ( xBytes > ( size_t ) pxGrowth->ulBase );

        return xIsSuspect ? ( xBytes - ( size_t ) pxGrowth->ulBase ) : 0U;
    }
/*-----------------------------------------------------------*/

    static void prvSampleAll( void )
    {
        HeapOwner_t xOwner;
        uint32_t ul;

        for( ul = 0U; ( ul < ulPortHeapOwners() ) && ( ul < ( ( uint32_t ) FIRMHEAP_OWNER_LIMIT + 4U ) ); ul++ )
        {
            if( xPortHeapOwner( ul, &xOwner ) != 0U )
            {
                prvSample( &( xOwnerGrowth[ ul ] ), xOwner.pvTask, xOwner.xBytes );
            }
        }

        #if ( firmheapLEVEL >= 2 )
        {
            HeapSite_t xSite;

            for( ul = 0U; ( ul < ulPortHeapSites() ) && ( ul <= ( uint32_t ) FIRMHEAP_SITE_LIMIT ); ul++ )
            {
                if( xPortHeapSite( ul, &xSite ) != 0U )
                {
                    prvSample( &( xSiteGrowth[ ul ] ), &( xSiteGrowth[ ul ] ), xSite.xBytes );
                }
            }
        }
        #endif
    }
/*-----------------------------------------------------------*/

    void vFirmheapCopyName( char * pcTo,
                             const char * pcFrom )
    {
        size_t x = 0U;

        while( ( pcFrom != NULL ) && ( x < ( heapNAME_BYTES - 1U ) ) && ( pcFrom[ x ] != '\0' ) )
        {
            pcTo[ x ] = pcFrom[ x ];
            x++;
        }

        ( void ) memset( &( pcTo[ x ] ), 0, heapNAME_BYTES - x );
    }
/*-----------------------------------------------------------*/

    void vFirmheapCopyHolder( HeapHolder_t * pxHolder,
                               const HeapOwner_t * pxOwner,
                               size_t xBytes )
    {
        vFirmheapCopyName( pxHolder->cName, pxOwner->pcName );
        pxHolder->xBytes = xBytes;
        pxHolder->xBlocks = pxOwner->xBlocks;
    }
/*-----------------------------------------------------------*/

/* The task that grew most, if any does; by how much. */
    size_t xFirmheapSuspect( HeapHolder_t * pxHolder )
    {
        size_t xMost = 0U;
        HeapOwner_t xOwner;
        uint32_t ul;

        for( ul = 0U; ( ul < ulPortHeapOwners() ) && ( ul < ( ( uint32_t ) FIRMHEAP_OWNER_LIMIT + 4U ) ); ul++ )
        {
            if( xPortHeapOwner( ul, &xOwner ) != 0U )
            {
                const size_t xGrown = prvGrown( &( xOwnerGrowth[ ul ] ), xOwner.pvTask, xOwner.xBytes );

                if( xGrown > xMost )
                {
                    xMost = xGrown;
                    vFirmheapCopyHolder( pxHolder, &xOwner, xGrown );
                }
            }
        }

        return xMost;
    }
/*-----------------------------------------------------------*/

/* The place in the program from which most more is held than there was, if from any. */
    void vFirmheapSuspectSite( const void ** ppvPlace,
                               const char ** ppcPlace )
    {
        #if ( firmheapLEVEL >= 2 )
            size_t xMost = 0U;
            HeapSite_t xSite;
            uint32_t ul;

            for( ul = 0U; ( ul < ulPortHeapSites() ) && ( ul <= ( uint32_t ) FIRMHEAP_SITE_LIMIT ); ul++ )
            {
                if( xPortHeapSite( ul, &xSite ) != 0U )
                {
                    const size_t xGrown = prvGrown( &( xSiteGrowth[ ul ] ), &( xSiteGrowth[ ul ] ), xSite.xBytes );

                    if( xGrown > xMost )
                    {
                        xMost = xGrown;
                        *ppvPlace = xSite.pvPlace;
                        *ppcPlace = xSite.pcPlace;
                    }
                }
            }
        #else
            ( void ) ppvPlace;
            ( void ) ppcPlace;
        #endif /* if ( firmheapLEVEL >= 2 ) */
    }

#endif /* firmheapLEVEL >= 1 */
/*-----------------------------------------------------------*/

/* Bytes that were free at a typical sample; 0 while there are too few samples. */
size_t xFirmheapTypicallyFree( size_t xTotalBytes )
{
    const BaseType_t xIsKnown = ( ulSamples >= firmheapSAMPLES ) && ( xTypicalUsed < xTotalBytes );

    return xIsKnown ? ( xTotalBytes - xTypicalUsed ) : 0U;
}


/*-------------------------------- early warning --------------------------------*/

static HeapMarks_t xMarks;
static BaseType_t xIsLow, xIsFragmented, xHasGrown;

void vPortHeapSetMarks( const HeapMarks_t * pxMarks )
{
    taskENTER_CRITICAL();
    {
        ( void ) memset( &xMarks, 0, sizeof( xMarks ) );

        if( pxMarks != NULL )
        {
            xMarks = *pxMarks;
        }

        xIsLow = pdFALSE;
        xIsFragmented = pdFALSE;
        xHasGrown = pdFALSE;
    }
    taskEXIT_CRITICAL();
}
/*-----------------------------------------------------------*/

static void prvTell( uint32_t ulAlert,
                     size_t xValue,
                     const char * pcName )
{
    if( xMarks.xCallback != NULL )
    {
        xMarks.xCallback( ulAlert, ( uint32_t ) xValue, pcName );
    }
}
/*-----------------------------------------------------------*/

static void prvWatchHeap( const HeapHealth_t * pxHealth )
{
    if( ( xIsLow == pdFALSE ) && ( pxHealth->xFreeBytes < xMarks.xLowBytes ) )
    {
        xIsLow = pdTRUE;
        prvTell( heapALERT_LOW, pxHealth->xFreeBytes, "" );
    }
    else if( ( xIsLow == pdTRUE ) && ( pxHealth->xFreeBytes >= xMarks.xLowOverBytes ) && ( pxHealth->xFreeBytes >= xMarks.xLowBytes ) )
    {
        xIsLow = pdFALSE;
        prvTell( heapALERT_LOW_OVER, pxHealth->xFreeBytes, "" );
    }

    if( xMarks.ulFragmentedPermille != 0U )
    {
        const uint32_t ulNow = pxHealth->ulFragmentationPermille;

        if( ( xIsFragmented == pdFALSE ) && ( ulNow >= xMarks.ulFragmentedPermille ) )
        {
            xIsFragmented = pdTRUE;
            prvTell( heapALERT_FRAGMENTED, ulNow, "" );
        }
        else if( ( ulNow + firmheapHYSTERESIS ) <= xMarks.ulFragmentedPermille )
        {
            xIsFragmented = pdFALSE;
        }
    }
}
/*-----------------------------------------------------------*/

#if ( firmheapLEVEL >= 1 )

    static void prvWatchGrowth( void )
    {
        HeapHolder_t xHolder;

        if( xFirmheapSuspect( &xHolder ) == 0U )
        {
            xHasGrown = pdFALSE;
        }
        else if( xHasGrown == pdFALSE )
        {
            xHasGrown = pdTRUE;
            prvTell( heapALERT_GROWTH, xHolder.xBytes, xHolder.cName );
        }
    }

#endif
/*-----------------------------------------------------------*/

#if ( configUSE_TRACE_FACILITY == 1 )

/* Tasks are told apart by their numbers, which the kernel never gives twice. */
    static void prvWatchStacks( void )
    {
        static TaskStatus_t xTasks[ configHEAP_REPORT_TASKS ];
        static UBaseType_t uxTold[ configHEAP_REPORT_TASKS ];
        static size_t xTold;
        UBaseType_t uxTasks, ux;

        if( ( xMarks.ulStackWords == 0U ) || ( uxTaskGetNumberOfTasks() == 0U ) )
        {
            return;
        }

        uxTasks = uxTaskGetSystemState( xTasks, ( UBaseType_t ) configHEAP_REPORT_TASKS, NULL );

        for( ux = 0U; ux < uxTasks; ux++ )
        {
            size_t x = 0U;

            while( ( x < xTold ) && ( uxTold[ x ] != xTasks[ ux ].xTaskNumber ) )
            {
                x++;
            }

            if( ( x == xTold ) && ( xTasks[ ux ].usStackHighWaterMark <= xMarks.ulStackWords ) )
            {
                xTold = ( xTold < ( size_t ) configHEAP_REPORT_TASKS ) ? ( xTold + 1U ) : 1U;
                uxTold[ xTold - 1U ] = xTasks[ ux ].xTaskNumber;
                prvTell( heapALERT_STACK, ( size_t ) xTasks[ ux ].usStackHighWaterMark, xTasks[ ux ].pcTaskName );
            }
        }
    }

#endif /* if ( configUSE_TRACE_FACILITY == 1 ) */
/*-----------------------------------------------------------*/

void vPortHeapWatch( void )
{
    HeapHealth_t xHealth;

    vPortGetHeapHealth( &xHealth );

    if( xHealth.xTotalBytes == 0U )
    {
        return; /* not set up yet */
    }

    #if ( firmheapLEVEL >= 1 )
        prvSampleAll();
    #endif

    if( ulSamples == 0U )
    {
        xTypicalUsed = xHealth.xUsedBytes;
    }
    else if( xHealth.xUsedBytes >= xTypicalUsed )
    {
        xTypicalUsed += ( xHealth.xUsedBytes - xTypicalUsed ) / 8U;
    }
    else
    {
        xTypicalUsed -= ( xTypicalUsed - xHealth.xUsedBytes ) / 8U;
    }

    ulSamples++;
    prvWatchHeap( &xHealth );
    #if ( firmheapLEVEL >= 1 )
        prvWatchGrowth();
    #endif
    #if ( configUSE_TRACE_FACILITY == 1 )
        prvWatchStacks();
    #endif
}
