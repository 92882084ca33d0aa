/* SPDX-License-Identifier: MIT
 *
 * A leak tracker: what tutorials build of wrappers around malloc and free, by the heap itself. A driver that loses a packet
 * on an error path is found by task, file and line, and a kernel object by where it was created.
 */
#include <string.h>

#include "example.h"
#include "firmheap_track.h"
#include "queue.h"
#include "semphr.h"
#include "firmheap_sites.h"

static char cReport[ 512 ];

static void prvWrite( const char * pcText, void * pvContext )
{
    ( void ) pvContext;
    CHECK( strlen( cReport ) + strlen( pcText ) < sizeof( cReport ) );
    strcat( cReport, pcText );
}
/*-----------------------------------------------------------*/

static uint32_t prvReport( uint32_t ulFirst, uint32_t ulLast )
{
    HeapSurvivors_t xRows[ 4 ];
    uint32_t ulBlocks;

    cReport[ 0 ] = '\0';
    ulBlocks = ulPortHeapReportLeaks( ulFirst, ulLast, xRows, 4U, prvWrite, NULL );
    vPrint( "%s", cReport );

    return ulBlocks;
}
/*-----------------------------------------------------------*/

/* Gives the packet back, but not if it is too short: the bug. */
static void prvHandlePacket( size_t xBytes )
{
    uint8_t * pucPacket = pvPortMalloc( xBytes ); /* line 40 */

    CHECK( pucPacket != NULL );

    if( xBytes < 24U )
    {
        return;
    }

    vPortFree( pucPacket );
}
static const char cPacketLine[] = "leak_tracker.c:40";
/*-----------------------------------------------------------*/

static volatile uint32_t ulDone;

static void prvDriver( void * pvUnused )
{
    ( void ) pvUnused;

    for( size_t x = 16U; x < 96U; x += 4U )
    {
        prvHandlePacket( x );
    }

    ulDone = 1U;

    for( ; ; )
    {
        vTaskDelay( 1000U );
    }
}
/*-----------------------------------------------------------*/

static void prvSuspects( void )
{
    static void * pvHoard[ 8 ];
    uint32_t ulRow = 0U;
    HeapSite_t xSite;

    for( uint32_t ul = 0U; ul < 4U; ul++ )
    {
        ( void ) uxPortHeapMark();
        pvHoard[ ul ] = pvPortMalloc( 24U );
        vPortFree( pvPortMalloc( 600U ) );
    }

    ( void ) uxPortHeapMark();
    CHECK( ulPortHeapSuspects( 4U, &ulRow, 1U ) == 1U );
    CHECK( xPortHeapSite( ulRow, &xSite ) == 1U );
    CHECK( ( xSite.xBlocks == 4U ) && ( xSite.ulAllocations == 4U ) );
    CHECK( ulPortHeapSuspects( 5U, &ulRow, 1U ) == 0U );

    for( uint32_t ul = 0U; ul < 4U; ul++ )
    {
        vPortFree( pvHoard[ ul ] );
    }

    ( void ) uxPortHeapMark();
    CHECK( ulPortHeapSuspects( 1U, &ulRow, 1U ) == 0U );
}
/*-----------------------------------------------------------*/

/* The sites together are the heap's own figures, too. */
static void prvSums( void )
{
    HeapSite_t xSite;
    HeapStats_t xStats;
    size_t xBlocks = 0U;

    vTaskSuspendAll();

    for( uint32_t ul = 0U; ul < ulPortHeapSites(); ul++ )
    {
        xBlocks += ( xPortHeapSite( ul, &xSite ) != 0U ) ? xSite.xBlocks : 0U;
    }

    vPortGetHeapStats( &xStats );
    ( void ) xTaskResumeAll();
    CHECK( xBlocks == ( xStats.xNumberOfSuccessfulAllocations - xStats.xNumberOfSuccessfulFrees ) );
}
/*-----------------------------------------------------------*/

void vExample( void )
{
    TaskHandle_t xDriver = NULL;
    QueueHandle_t xQueue;
    SemaphoreHandle_t xMutex;
    void * pvCache;
    HeapTag_t xTag;
    HeapSite_t xSite;
    uint32_t ulEpoch, ulLeast = 0U, ulMost = 0U;

    /* All is well: "no leak". */
    ulEpoch = uxPortHeapMark();
    vPortFree( pvPortMalloc( 100U ) );
    CHECK( prvReport( ulEpoch, ulEpoch ) == 0U );
    CHECK( strcmp( cReport, "no leak\n" ) == 0 );

    /* The task is created before the mark, and what it leaks behind it. */
    vPortHeapExcludeBegin();
    CHECK( xTaskCreate( prvDriver, "driver", 512U, NULL, 1U, &xDriver ) == pdPASS );
    vPortHeapExcludeEnd();
    ulEpoch = uxPortHeapMark();

    while( ulDone == 0U )
    {
        vTaskDelay( 1U );
    }

    vTaskDelay( 10U );
    CHECK( prvReport( ulEpoch, ulEpoch ) == 2U ); /* 16 and 20 bytes */
    CHECK( strstr( cReport, " bytes in 2 blocks, driver, epoch " ) != NULL );
    CHECK( strstr( cReport, cPacketLine ) != NULL );
    vPortHeapAge( ulEpoch, &ulLeast, &ulMost );
    CHECK( ( ulLeast == 0U ) && ( ulMost >= 10U ) && ( ulMost < 5000U ) );
    ( void ) uxPortHeapMark();
    vTaskDelay( 3U );
    vPortHeapAge( ulEpoch, &ulLeast, &ulMost );
    CHECK( ( ulLeast >= 3U ) && ( ulMost >= ulLeast + 10U ) );

    /* Objects of the kernel's are entered where they were created, not in the kernel. */
    ulEpoch = uxPortHeapMark();
    xQueue = xQueueCreate( 4U, 8U );
    xMutex = xSemaphoreCreateMutex();
    CHECK( ( xQueue != NULL ) && ( xMutex != NULL ) );
    CHECK( xPortHeapBlockTag( ( void * ) xQueue, &xTag ) == 1U );
    CHECK( xPortHeapSite( xTag.ulSite, &xSite ) == 1U );
    CHECK( ( xSite.pcPlace != NULL ) && ( strstr( xSite.pcPlace, "leak_tracker.c:" ) != NULL ) );
    CHECK( xTag.ulOwner == ulPortHeapThisOwner() );
    CHECK( prvReport( ulEpoch, ulEpoch ) == 2U );
    vQueueDelete( xQueue );
    vSemaphoreDelete( xMutex );

    /* A cache is meant to stay. */
    vPortHeapExcludeBegin();
    pvCache = pvPortMalloc( 64U );
    vPortHeapExcludeEnd();
    CHECK( prvReport( ulEpoch, ulEpoch ) == 0U );
    vPortFree( pvCache );
    prvSuspects();
    prvSums();

    /* Three hundred marks: old blocks are old, and never those of today. */
    for( uint32_t ul = 0U; ul < 300U; ul++ )
    {
        ulEpoch = uxPortHeapMark();
        CHECK( ulPortHeapSurvivors( ulEpoch, ulEpoch, NULL, 0U, NULL ) == 0U );
    }

    CHECK( prvReport( 0U, 0U ) >= 2U );
    vTaskDelete( xDriver );
}
