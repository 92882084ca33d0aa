/* SPDX-License-Identifier: MIT
 *
 * Health (firmheap_health.h): the part that needs the kernel's ticks and a division. Compile it beside firmheap_port.c if
 * you ask for figures or walk over the blocks; the rest is in libfirmheap.a (src/heap/survey.rs, src/heap/walk.rs).
 */

#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#include "firmheap_text.h"

#ifndef configHEAP_HEALTH_WINDOW_TICKS
    #define configHEAP_HEALTH_WINDOW_TICKS    configTICK_RATE_HZ
#endif

#define firmheapWALK_BLOCKS    8U

/*-------------------------------- the archive --------------------------------*/

extern void vFirmheapSurvey( HeapHealth_t * pxHealth );
extern size_t xFirmheapSurveyRegions( HeapRegionHealth_t * pxRegions,
                                      size_t xRoom );
extern size_t xFirmheapWalkStep( HeapWalk_t * pxWalk,
                                 HeapBlock_t * pxBlocks,
                                 size_t xRoom );

/* src/ffi/health.rs asserts the same. */
typedef char firmheap_health_is_laid_out_as_in_the_archive[ ( ( offsetof( HeapHealth_t, ulAllocations ) == ( 11U * sizeof( size_t ) ) ) && ( sizeof( HeapWalk_t ) == 24U ) && ( sizeof( HeapBlock_t ) == ( ( 3U * sizeof( size_t ) ) + 8U ) ) && ( sizeof( HeapRegionHealth_t ) == ( 5U * sizeof( size_t ) ) ) ) ? 1 : -1 ];

/*-------------------------------- figures --------------------------------*/

/* The rates of the last whole window, and where the current one began. */
typedef struct Window
{
    TickType_t xStart;
    uint32_t ulAllocations;
    uint32_t ulFrees;
    uint32_t ulAllocationsPerSecond;
    uint32_t ulFreesPerSecond;
} Window_t;

static Window_t xWindow;

/* ulPart of ulWhole in permille; without 64 bits, which some libraries divide slowly. */
static uint32_t prvPermille( size_t xPart,
                             size_t xWhole )
{
    size_t xOf = xWhole;
    size_t xIs = xPart;

    while( xOf > ( 0xFFFFFFFFU / 1000U ) )
    {
        xOf >>= 1;
        xIs >>= 1;
    }

    return ( xOf == 0U ) ? 0U : ( uint32_t ) ( ( xIs * 1000U ) / xOf );
}
/*-----------------------------------------------------------*/

static uint32_t prvPerSecond( uint32_t ulEvents,
                              TickType_t xTicks )
{
    const uint32_t ulMost = UINT32_MAX / ( uint32_t ) configTICK_RATE_HZ;

    if( ulEvents <= ulMost )
    {
        return ( uint32_t ) ( ( ulEvents * ( uint32_t ) configTICK_RATE_HZ ) / xTicks );
    }

    return ( uint32_t ) ( ulEvents / xTicks ) * ( uint32_t ) configTICK_RATE_HZ;
}
/*-----------------------------------------------------------*/

/* A window ends with the first look at it that comes late enough: nobody counts in between. */
static void prvRates( HeapHealth_t * pxHealth )
{
    const TickType_t xNow = xTaskGetTickCount();
    TickType_t xElapsed;

    taskENTER_CRITICAL();
    {
        xElapsed = ( TickType_t ) ( xNow - xWindow.xStart );

        if( xElapsed >= ( TickType_t ) configHEAP_HEALTH_WINDOW_TICKS )
        {
            xWindow.ulAllocationsPerSecond = prvPerSecond( pxHealth->ulAllocations - xWindow.ulAllocations, xElapsed );
            xWindow.ulFreesPerSecond = prvPerSecond( pxHealth->ulFrees - xWindow.ulFrees, xElapsed );
            xWindow.xStart = xNow;
            xWindow.ulAllocations = pxHealth->ulAllocations;
            xWindow.ulFrees = pxHealth->ulFrees;
        }

        pxHealth->ulAllocationsPerSecond = xWindow.ulAllocationsPerSecond;
        pxHealth->ulFreesPerSecond = xWindow.ulFreesPerSecond;
    }
    taskEXIT_CRITICAL();
}
/*-----------------------------------------------------------*/

void vPortGetHeapHealth( HeapHealth_t * pxHealth )
{
    if( pxHealth == NULL )
    {
        return;
    }

    ( void ) memset( pxHealth, 0, sizeof( *pxHealth ) );
    vFirmheapSurvey( pxHealth );

    pxHealth->xUsedBytesMax = pxHealth->xTotalBytes - pxHealth->xFreeBytesMin;
    pxHealth->ulUsedPermille = prvPermille( pxHealth->xUsedBytes, pxHealth->xTotalBytes );

    if( pxHealth->xFreeBytes > 0U )
    {
        pxHealth->ulFragmentationPermille = 1000U - prvPermille( pxHealth->xLargestFreeBytes, pxHealth->xFreeBytes );
    }

    prvRates( pxHealth );
    #if ( firmheapLEVEL > 0 )
    {
        pxHealth->ulFailures = xFirmheapRefusal.ulCount;
        pxHealth->xLargestRefusedBytes = xFirmheapRefusal.xLargest;
    }
    #endif
}
/*-----------------------------------------------------------*/

void vPortResetHeapHealth( void )
{
    HeapHealth_t xHealth;

    xPortResetHeapMinimumEverFreeHeapSize();
    vFirmheapSurvey( &xHealth );
    vTaskSuspendAll();
    #if ( firmheapLEVEL > 0 )
    {
        xFirmheapRefusal.ulCount = 0U;
        xFirmheapRefusal.xLargest = 0U;
    }
    #endif
    ( void ) memset( &xWindow, 0, sizeof( xWindow ) );
    xWindow.xStart = xTaskGetTickCount();
    xWindow.ulAllocations = xHealth.ulAllocations;
    xWindow.ulFrees = xHealth.ulFrees;
    ( void ) xTaskResumeAll();
}
/*-----------------------------------------------------------*/

size_t uxPortGetHeapRegionHealth( HeapRegionHealth_t * pxRegions,
                                  size_t uxRoom )
{
    return xFirmheapSurveyRegions( pxRegions, ( pxRegions == NULL ) ? 0U : uxRoom );
}

/*-------------------------------- walk --------------------------------*/

size_t xPortHeapWalkStep( HeapWalk_t * pxWalk,
                          HeapBlock_t * pxBlocks,
                          size_t xRoom )
{
    if( ( pxWalk == NULL ) || ( pxBlocks == NULL ) )
    {
        return 0U;
    }

    return xFirmheapWalkStep( pxWalk, pxBlocks, xRoom );
}
/*-----------------------------------------------------------*/

BaseType_t xPortHeapWalk( HeapWalkCallback_t xCallback,
                          void * pvArgument )
{
    HeapWalk_t xWalk = { { 0U, 0U, 0U, 0U }, 0U, 0 };
    HeapBlock_t xBlocks[ firmheapWALK_BLOCKS ];

    if( xCallback == NULL )
    {
        return pdFAIL;
    }

    while( xWalk.lState == 0 )
    {
        const size_t xFound = xPortHeapWalkStep( &xWalk, xBlocks, firmheapWALK_BLOCKS );
        size_t x;

        for( x = 0U; x < xFound; x++ )
        {
            if( xCallback( &( xBlocks[ x ] ), pvArgument ) == pdFALSE )
            {
                return pdFAIL;
            }
        }
    }

    return ( xWalk.lState == 1 ) ? pdPASS : ( BaseType_t ) xWalk.lState;
}
