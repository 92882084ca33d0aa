/* SPDX-License-Identifier: MIT
 *
 * The director: starts the parts, waits for them, holds the books, and gives the verdict. Only this
 * task prints while all goes well, so the lines never mix.
 */
#include <stdbool.h>

#include "FreeRTOS.h"
#include "task.h"

#include "audit.h"
#include "blocks.h"
#include "board.h"
#include "demo.h"
#include "director.h"
#include "print.h"

#ifdef demoHEAP_REPORTS
    #include "firmheap_report.h"
#endif

#ifndef demoWATCHDOG_SECONDS
    #define demoWATCHDOG_SECONDS    120U
#endif

#define directorDAYS                4U

/* The cleaning up of deleted tasks is the idle task's: it gets this many ticks. */
#define directorPATIENCE_TICKS      ( 2U * configTICK_RATE_HZ )

typedef struct
{
    const char * pcName;
    TaskFunction_t pxOwner;             /* NULL: runs in the director's own task */
    volatile bool xRunning;
    volatile uint32_t ulSteps;
} PartState_t;

static PartState_t xParts[ ePartCount ] =
{
    [ eMail ]    = { .pcName = "mail",    .pxOwner = vMailOwner    },
    [ eStrings ] = { .pcName = "strings", .pxOwner = vStringsOwner },
    [ eTimers ]  = { .pcName = "timers",  .pxOwner = vTimersOwner  },
    [ eEvents ]  = { .pcName = "events",  .pxOwner = vEventsOwner  },
    [ eStreams ] = { .pcName = "streams", .pxOwner = vStreamsOwner },
    [ eChurn ]   = { .pcName = "churn",   .pxOwner = vChurnOwner   },
    [ eFamine ]  = { .pcName = "famine"  },
    [ eMisuse ]  = { .pcName = "misuse"  },
};

static TaskHandle_t xDirector;
static uint32_t ulTasksCreated;
static uint32_t ulMessages;
static size_t uxMessageBytes;

/*-----------------------------------------------------------*/

TaskHandle_t xDemoCreate( TaskFunction_t pxCode, const char * pcName, void * pvParameter,
                          UBaseType_t uxPriority, configSTACK_DEPTH_TYPE uxExtraWords )
{
    TaskHandle_t xTask = NULL;
    const configSTACK_DEPTH_TYPE uxWords = ( configSTACK_DEPTH_TYPE ) ( configMINIMAL_STACK_SIZE + uxExtraWords );

    if( xTaskCreate( pxCode, pcName, uxWords, pvParameter, uxPriority, &xTask ) != pdPASS )
    {
        vFail( "task %s could not be created, with %lu bytes free", pcName,
               ( unsigned long ) xPortGetFreeHeapSize() );
    }

    taskENTER_CRITICAL();
    {
        ulTasksCreated++;
    }
    taskEXIT_CRITICAL();

    return xTask;
}
/*-----------------------------------------------------------*/

void vDemoStep( Part_t ePart )
{
    xParts[ ePart ].ulSteps++;
}
/*-----------------------------------------------------------*/

void vDemoTaskDone( void )
{
    vTaskDelete( NULL );
    vFail( "a deleted task ran on" );
}
/*-----------------------------------------------------------*/

void vDemoPartDone( Part_t ePart )
{
    xParts[ ePart ].xRunning = false;
    ( void ) xTaskNotifyIndexed( xDirector, demoSIGNAL, ( uint32_t ) 1U << ( unsigned ) ePart, eSetBits );
    vDemoTaskDone();
}
/*-----------------------------------------------------------*/

void vDemoAwaitTasks( UBaseType_t uxTasks )
{
    while( uxTaskGetNumberOfTasks() > uxTasks )
    {
        vTaskDelay( 1 );
    }
}
/*-----------------------------------------------------------*/

void vDemoSignal( TaskHandle_t xOwner )
{
    ( void ) xTaskNotifyIndexed( xOwner, demoSIGNAL, 0, eIncrement );
}
/*-----------------------------------------------------------*/

void vDemoAwaitSignals( uint32_t ulSignals )
{
    while( ulSignals > 0U )
    {
        ulSignals -= ulTaskNotifyTakeIndexed( demoSIGNAL, pdFALSE, portMAX_DELAY ) != 0U ? 1U : 0U;
    }
}
/*-----------------------------------------------------------*/

void vDemoCountMessage( size_t uxBytes )
{
    taskENTER_CRITICAL();
    {
        ulMessages++;
        uxMessageBytes += uxBytes;
    }
    taskEXIT_CRITICAL();
}
/*-----------------------------------------------------------*/

/* On the watchdog's own thread or interrupt: nothing but writing is safe here. */
void vWatchdogExpired( void )
{
    bool xAnyRunning = false;

    for( unsigned ulPart = 0U; ulPart < ( unsigned ) ePartCount; ulPart++ )
    {
        if( xParts[ ulPart ].xRunning )
        {
            xAnyRunning = true;
            vPrint( "watchdog: part %s hangs after %lu steps\n", xParts[ ulPart ].pcName,
                    ( unsigned long ) xParts[ ulPart ].ulSteps );
        }
    }

    if( !xAnyRunning )
    {
        vPrint( "watchdog: no part is running, but deleted tasks were not cleared away\n" );
    }

    vFail( "not finished after %u seconds", demoWATCHDOG_SECONDS );
}
/*-----------------------------------------------------------*/

#ifdef demoHEAP_REPORTS

    static void prvWriteReport( const char * pcText, size_t xLength, void * pvUnused )
    {
        ( void ) pvUnused;
        vBoardWrite( pcText, xLength );
    }
    /*-----------------------------------------------------------*/

#endif

/* The heap as it looks while everybody is at work; once. */
static void prvReport( void )
{
    #ifdef demoHEAP_REPORTS
        static bool xReported;

        if( !xReported )
        {
            xReported = true;
            vPortHeapPrint( prvWriteReport, NULL );
        }
    #endif
}
/*-----------------------------------------------------------*/

static void prvRunSideBySide( uint32_t ulDay )
{
    uint32_t ulAwaited = 0U;

    for( unsigned ulPart = 0U; ulPart < ( unsigned ) ePartCount; ulPart++ )
    {
        if( xParts[ ulPart ].pxOwner != NULL )
        {
            xParts[ ulPart ].ulSteps = 0U;
            xParts[ ulPart ].xRunning = true;
            ulAwaited |= ( uint32_t ) 1U << ulPart;
            ( void ) xDemoCreate( xParts[ ulPart ].pxOwner, xParts[ ulPart ].pcName,
                                  ( void * ) ( uintptr_t ) ulDay, demoOWNER_PRIORITY, 64U );
        }
    }

    while( ulAwaited != 0U )
    {
        uint32_t ulDone = 0U;

        /* Look at the heap from time to time while everybody is at work. */
        ( void ) xTaskNotifyWaitIndexed( demoSIGNAL, 0U, UINT32_MAX, &ulDone, configTICK_RATE_HZ / 10U );
        vAuditAtWork( "at work" );
        prvReport();
        ulAwaited &= ~ulDone;

        for( unsigned ulPart = 0U; ulPart < ( unsigned ) ePartCount; ulPart++ )
        {
            if( ( ulDone & ( ( uint32_t ) 1U << ulPart ) ) != 0U )
            {
                vPrint( "  %s: done, %lu steps\n", xParts[ ulPart ].pcName,
                        ( unsigned long ) xParts[ ulPart ].ulSteps );
            }
        }
    }
}
/*-----------------------------------------------------------*/

#ifndef demoHEAP_IS_LIBRARY

static void prvRunAlone( Part_t ePart, void ( * pxPart )( void ) )
{
    xParts[ ePart ].xRunning = true;
    pxPart();
    xParts[ ePart ].xRunning = false;
    vPrint( "  %s: done, %lu steps\n", xParts[ ePart ].pcName, ( unsigned long ) xParts[ ePart ].ulSteps );
}
/*-----------------------------------------------------------*/

#endif

/* Blocks that are in use while no part runs. */
static size_t uxBlocksAtStart;

/* All tasks are gone: every block and byte must be back, and in one piece again if the heap merges. */
static void prvExpectBaseline( const HeapStats_t * pxBaseline, UBaseType_t uxTasks, const char * pcWhen )
{
    HeapStats_t xNow = { 0 };

    vDemoAwaitTasks( uxTasks );

    for( TickType_t xTick = 0U; xTick < directorPATIENCE_TICKS; xTick++ )
    {
        if( ( xPortGetFreeHeapSize() == pxBaseline->xAvailableHeapSpaceInBytes ) && ( uxAuditLiveBlocks() == uxBlocksAtStart ) )
        {
            break;
        }

        vTaskDelay( 1 );
    }

    vPortGetHeapStats( &xNow );

    if( xNow.xAvailableHeapSpaceInBytes != pxBaseline->xAvailableHeapSpaceInBytes )
    {
        vFail( "%s: %lu bytes were free at the start, now %lu", pcWhen,
               ( unsigned long ) pxBaseline->xAvailableHeapSpaceInBytes,
               ( unsigned long ) xNow.xAvailableHeapSpaceInBytes );
    }

    if( uxAuditLiveBlocks() != uxBlocksAtStart )
    {
        vFail( "%s: %lu blocks were in use at the start, now %lu", pcWhen, ( unsigned long ) uxBlocksAtStart,
               ( unsigned long ) uxAuditLiveBlocks() );
    }

    #if ( demoHEAP_MERGES == 1 )
    if( ( xNow.xNumberOfFreeBlocks != pxBaseline->xNumberOfFreeBlocks ) ||
        ( xNow.xSizeOfLargestFreeBlockInBytes != pxBaseline->xSizeOfLargestFreeBlockInBytes ) )
    {
        vFail( "%s: the free memory did not grow together: %lu blocks, largest %lu", pcWhen,
               ( unsigned long ) xNow.xNumberOfFreeBlocks,
               ( unsigned long ) xNow.xSizeOfLargestFreeBlockInBytes );
    }
    #endif

    vAuditPrintHeap( pcWhen );
}
/*-----------------------------------------------------------*/

static void prvSummary( const HeapStats_t * pxBaseline )
{
    HeapStats_t xEnd = { 0 };
    const BlockCounts_t xBlocks = xBlockCounts();

    vPortGetHeapStats( &xEnd );

    if( ( xBlocks.ulVerified == 0U ) || ( xBlocks.ulVerified != xBlocks.ulTaken ) )
    {
        vFail( "%lu blocks were taken, %lu verified and given back", ( unsigned long ) xBlocks.ulTaken,
               ( unsigned long ) xBlocks.ulVerified );
    }

    vPrint( "summary: heap=%s\n", demoHEAP_NAME );
    vPrint( "summary: board=%s\n", boardNAME );
    vPrint( "summary: heap_bytes=%lu\n", ( unsigned long ) configTOTAL_HEAP_SIZE );
    vPrint( "summary: tasks_created=%lu\n", ( unsigned long ) ulTasksCreated );
    vPrint( "summary: messages=%lu\n", ( unsigned long ) ulMessages );
    vPrint( "summary: queue_bytes=%lu\n", ( unsigned long ) uxMessageBytes );
    vPrint( "summary: verified_blocks=%lu\n", ( unsigned long ) xBlocks.ulVerified );
    vPrint( "summary: failed_allocations_survived=%lu\n", ( unsigned long ) ulAuditFailures() );
    vPrint( "summary: misuses_caught=%lu\n", ( unsigned long ) xParts[ eMisuse ].ulSteps );
    vPrint( "summary: free_bytes_start=%lu\n", ( unsigned long ) pxBaseline->xAvailableHeapSpaceInBytes );
    vPrint( "summary: free_bytes_end=%lu\n", ( unsigned long ) xEnd.xAvailableHeapSpaceInBytes );
    vPrint( "summary: minimum_ever_free_bytes_at_work=%lu\n", ( unsigned long ) pxBaseline->xMinimumEverFreeBytesRemaining );
    vPrint( "summary: largest_free_block=%lu\n", ( unsigned long ) xEnd.xSizeOfLargestFreeBlockInBytes );
    vPrint( "summary: free_blocks=%lu\n", ( unsigned long ) xEnd.xNumberOfFreeBlocks );
    vPrint( "summary: allocations=%lu\n", ( unsigned long ) xEnd.xNumberOfSuccessfulAllocations );
    vPrint( "summary: frees=%lu\n", ( unsigned long ) xEnd.xNumberOfSuccessfulFrees );
    vPrint( "summary: result=ok\n" );
}
/*-----------------------------------------------------------*/

void vDirector( void * pvUnused )
{
    HeapStats_t xBaseline = { 0 };
    const UBaseType_t uxTasks = uxTaskGetNumberOfTasks();

    ( void ) pvUnused;
    xDirector = xTaskGetCurrentTaskHandle();

    vPrint( "demo: heap %s on %s, kernel %s, configTOTAL_HEAP_SIZE %lu\n", demoHEAP_NAME, boardNAME,
            tskKERNEL_VERSION_NUMBER, ( unsigned long ) configTOTAL_HEAP_SIZE );
    vBoardStartWatchdog( demoWATCHDOG_SECONDS );

    vPortGetHeapStats( &xBaseline );
    uxBlocksAtStart = uxAuditLiveBlocks();
    vAuditPrintHeap( "at the start" );

    for( uint32_t ulDay = 1U; ulDay <= directorDAYS; ulDay++ )
    {
        vPrint( "day %u of %u\n", ( unsigned ) ulDay, directorDAYS );
        prvRunSideBySide( ulDay );
        prvExpectBaseline( &xBaseline, uxTasks, "after the day" );
    }

    /* Famine will bring it to nothing; what the work needed is the number people ask for. */
    xBaseline.xMinimumEverFreeBytesRemaining = xPortGetMinimumEverFreeHeapSize();

    /* The C library's heap is not this firmware's to empty, and a double free is not its to catch. */
    #ifndef demoHEAP_IS_LIBRARY
        vPrint( "alone\n" );
        prvRunAlone( eFamine, vFamine );
        prvExpectBaseline( &xBaseline, uxTasks, "after the famine" );
        prvRunAlone( eMisuse, vMisuse );
        prvExpectBaseline( &xBaseline, uxTasks, "at the end" );
    #endif

    prvSummary( &xBaseline );
    vBoardExit( 0 );
}
