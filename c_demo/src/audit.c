/* SPDX-License-Identifier: MIT */
#include <stdbool.h>

#include "FreeRTOS.h"
#include "task.h"

#include "audit.h"
#include "print.h"

/* Written inside the heap's own suspension of the scheduler, so it needs no lock. */
static struct
{
    size_t uxLiveBytes;         /* by the trace macros: granted, not yet freed */
    size_t uxAllocations;
    size_t uxFrees;
    uint32_t ulRefusals;        /* traceMALLOC( NULL, ... ) */
    uint32_t ulUnlocked;        /* trace macros that ran with the scheduler running */
}
xAccount;

static volatile uint32_t ulHookCalls;
static volatile uint32_t ulHookLocked;   /* hooks that ran with the scheduler suspended */
static volatile uint32_t ulExpectedFailures;
static volatile bool xAssertExpected;
static volatile uint32_t ulAsserts;

/* Free plus live bytes must never change; learnt in the first audit. */
#if ( demoHEAP_COUNTS == 1 )
    static size_t uxTotalBytes;
#endif

extern void vApplicationMallocFailedHook( void );
/*-----------------------------------------------------------*/

/* Built with FIRMHEAP_LOCK=critical the heap's lock is a critical section; on the host nobody can be asked for it. */
#if defined( demoLOCK_CRITICAL ) && defined( __arm__ )
    static BaseType_t prvIsUnmasked( void )
    {
        uint32_t ulMask;

        __asm__ volatile ( "mrs %0, basepri" : "=r" ( ulMask ) );

        return ( ulMask == 0U ) ? pdTRUE : pdFALSE;
    }

    #define auditUNLOCKED()    ( prvIsUnmasked() != pdFALSE )
#elif defined( demoLOCK_CRITICAL )
    #define auditUNLOCKED()    ( 0 )
#else
    #define auditUNLOCKED()    ( xTaskGetSchedulerState() == taskSCHEDULER_RUNNING )
#endif
/*-----------------------------------------------------------*/

void vAuditTraceMalloc( const void * pvBlock, size_t uxBytes )
{
    if( pvBlock != NULL )
    {
        xAccount.uxLiveBytes += uxBytes;
        xAccount.uxAllocations++;
    }
    else
    {
        xAccount.ulRefusals++;
    }

    xAccount.ulUnlocked += auditUNLOCKED() ? 1U : 0U;
}
/*-----------------------------------------------------------*/

void vAuditTraceFree( const void * pvBlock, size_t uxBytes )
{
    ( void ) pvBlock;
    xAccount.uxLiveBytes -= uxBytes;
    xAccount.uxFrees++;
    xAccount.ulUnlocked += auditUNLOCKED() ? 1U : 0U;
}
/*-----------------------------------------------------------*/

void vApplicationMallocFailedHook( void )
{
    taskENTER_CRITICAL();
    {
        ulHookCalls++;
        ulHookLocked += ( xTaskGetSchedulerState() == taskSCHEDULER_SUSPENDED ) ? 1U : 0U;
    }
    taskEXIT_CRITICAL();
}
/*-----------------------------------------------------------*/

void vAuditAssert( const char * pcFile, int iLine )
{
    if( !xAssertExpected )
    {
        vFail( "configASSERT at %s:%u", pcFile, ( unsigned ) iLine );
    }

    ulAsserts++;
}
/*-----------------------------------------------------------*/

void vAuditExpectAssert( void )
{
    ulAsserts = 0U;
    xAssertExpected = true;
}
/*-----------------------------------------------------------*/

uint32_t ulAuditAssertsSeen( void )
{
    xAssertExpected = false;

    return ulAsserts;
}
/*-----------------------------------------------------------*/

void vAuditExpectFailures( uint32_t ulFailures )
{
    taskENTER_CRITICAL();
    {
        ulExpectedFailures += ulFailures;
    }
    taskEXIT_CRITICAL();
}
/*-----------------------------------------------------------*/

size_t uxAuditLiveBlocks( void )
{
    return xAccount.uxAllocations - xAccount.uxFrees;
}
/*-----------------------------------------------------------*/

uint32_t ulAuditFailures( void )
{
    return ulHookCalls;
}
/*-----------------------------------------------------------*/

/* Whatever a heap says of itself: its calls come at their place. */
static const char * prvMisplaced( void )
{
    const char * pcWrong = NULL;

    if( xAccount.ulRefusals < ulHookCalls )
    {
        pcWrong = "the malloc-failed hook ran where no request was refused";
    }
    else if( ( xAccount.ulUnlocked != 0U ) || ( ulHookLocked != 0U ) )
    {
        pcWrong = "a trace macro ran unlocked, or the hook ran with the scheduler suspended";
    }

    return pcWrong;
}
/*-----------------------------------------------------------*/

#if ( demoHEAP_COUNTS == 1 )

/* The statistics must fit together by themselves. */
static const char * prvContradiction( const HeapStats_t * pxStats )
{
    const size_t uxFree = pxStats->xAvailableHeapSpaceInBytes;
    const size_t uxCount = pxStats->xNumberOfFreeBlocks;
    const size_t uxLargest = pxStats->xSizeOfLargestFreeBlockInBytes;
    const size_t uxSmallest = pxStats->xSizeOfSmallestFreeBlockInBytes;
    const char * pcWrong = NULL;

    if( pxStats->xMinimumEverFreeBytesRemaining > uxFree )
    {
        pcWrong = "the minimum ever is above what is free now";
    }
    else if( pxStats->xNumberOfSuccessfulFrees > pxStats->xNumberOfSuccessfulAllocations )
    {
        pcWrong = "more frees than allocations";
    }
    else if( uxCount == 0U )
    {
        if( ( uxFree != 0U ) || ( uxLargest != 0U ) )
        {
            pcWrong = "bytes are free, but no block is";
        }
    }
    else if( ( uxSmallest > uxLargest ) || ( uxSmallest == 0U ) )
    {
        pcWrong = "the smallest free block is empty or larger than the largest";
    }
    else if( ( uxLargest + ( ( uxCount - 1U ) * uxSmallest ) ) > uxFree )
    {
        pcWrong = "the free blocks are larger than what is free";
    }
    else if( ( uxSmallest + ( ( uxCount - 1U ) * uxLargest ) ) < uxFree )
    {
        pcWrong = "the free blocks are smaller than what is free";
    }

    return pcWrong;
}
/*-----------------------------------------------------------*/

/* And they must agree with the account. */
static const char * prvDisagreement( const HeapStats_t * pxStats, size_t uxFreeHeap, size_t uxMinimum )
{
    const char * pcWrong = NULL;

    if( uxTotalBytes == 0U )
    {
        uxTotalBytes = pxStats->xAvailableHeapSpaceInBytes + xAccount.uxLiveBytes;
    }

    if( ( uxFreeHeap != pxStats->xAvailableHeapSpaceInBytes ) ||
        ( uxMinimum != pxStats->xMinimumEverFreeBytesRemaining ) )
    {
        pcWrong = "the getters and vPortGetHeapStats disagree";
    }
    else if( ( pxStats->xNumberOfSuccessfulAllocations != xAccount.uxAllocations ) ||
             ( pxStats->xNumberOfSuccessfulFrees != xAccount.uxFrees ) )
    {
        pcWrong = "the heap and the trace macros counted different calls";
    }
    else if( ( pxStats->xAvailableHeapSpaceInBytes + xAccount.uxLiveBytes ) != uxTotalBytes )
    {
        pcWrong = "free bytes plus traced live bytes changed";
    }
    else
    {
        pcWrong = prvMisplaced();
    }

    return pcWrong;
}
/*-----------------------------------------------------------*/

#endif /* demoHEAP_COUNTS */

static void prvFailCount( const char * pcWhere )
{
    vFail( "%s: %lu requests were meant to fail, traceMALLOC saw %lu fail, the hook %lu", pcWhere,
           ( unsigned long ) ulExpectedFailures, ( unsigned long ) xAccount.ulRefusals,
           ( unsigned long ) ulHookCalls );
}
/*-----------------------------------------------------------*/

static HeapStats_t prvAudit( const char * pcWhere )
{
    HeapStats_t xStats = { 0 };
    const char * pcWrong;

    vTaskSuspendAll();
    {
        vPortGetHeapStats( &xStats );
        #if ( demoHEAP_COUNTS == 1 )
            pcWrong = prvContradiction( &xStats );

            if( pcWrong == NULL )
            {
                pcWrong = prvDisagreement( &xStats, xPortGetFreeHeapSize(),
                                           xPortGetMinimumEverFreeHeapSize() );
            }
        #else
            pcWrong = prvMisplaced();
        #endif
    }
    ( void ) xTaskResumeAll();

    if( pcWrong != NULL )
    {
        vFail( "%s: %s", pcWhere, pcWrong );
    }

    return xStats;
}
/*-----------------------------------------------------------*/

void vAuditAtWork( const char * pcWhere )
{
    ( void ) prvAudit( pcWhere );

    /* A task may have announced a failure, or been refused, without having reached the hook yet. */
    if( ulHookCalls > ulExpectedFailures )
    {
        prvFailCount( pcWhere );
    }
}
/*-----------------------------------------------------------*/

HeapStats_t xAuditQuiet( const char * pcWhere )
{
    const HeapStats_t xStats = prvAudit( pcWhere );

    if( ( ulHookCalls != ulExpectedFailures ) || ( ulHookCalls != xAccount.ulRefusals ) )
    {
        prvFailCount( pcWhere );
    }

    return xStats;
}
/*-----------------------------------------------------------*/

void vAuditPrintHeap( const char * pcWhere )
{
    const HeapStats_t xStats = xAuditQuiet( pcWhere );

    vPrint( "  heap %s: %lu bytes free in %lu blocks (largest %lu, smallest %lu), minimum ever %lu\n",
            pcWhere,
            ( unsigned long ) xStats.xAvailableHeapSpaceInBytes,
            ( unsigned long ) xStats.xNumberOfFreeBlocks,
            ( unsigned long ) xStats.xSizeOfLargestFreeBlockInBytes,
            ( unsigned long ) ( ( xStats.xNumberOfFreeBlocks == 0U ) ? 0U : xStats.xSizeOfSmallestFreeBlockInBytes ),
            ( unsigned long ) xStats.xMinimumEverFreeBytesRemaining );
    vPrint( "       %lu allocations, %lu frees, %lu refused\n",
            ( unsigned long ) xStats.xNumberOfSuccessfulAllocations,
            ( unsigned long ) xStats.xNumberOfSuccessfulFrees,
            ( unsigned long ) ulHookCalls );
}
/*-----------------------------------------------------------*/

#if ( configCHECK_FOR_STACK_OVERFLOW > 0 )

    extern void vApplicationStackOverflowHook( TaskHandle_t xTask, char * pcTaskName );

    void vApplicationStackOverflowHook( TaskHandle_t xTask, char * pcTaskName )
    {
        ( void ) xTask;
        vFail( "the stack of task %s overflowed", pcTaskName );
    }

#endif
