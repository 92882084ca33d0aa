/* SPDX-License-Identifier: MIT
 *
 * Replays a recorded trace of the kernel's full demo: every event in the task that made it when it was
 * recorded, in the recorded order. The tasks are static, so the heap holds the trace and nothing else.
 * Every byte of every block is written, and verified before the block is freed.
 */
#include "FreeRTOS.h"
#include "task.h"

#include "audit.h"
#include "board.h"
#include "print.h"
#include "replay_trace.h"
#include "sabotage.h"

#define replaySTACK_WORDS         256U
#define replayPLAYER_PRIORITY     ( 1U )
#define replayCONDUCTOR_PRIORITY  ( 2U )
#define replayPROGRESS            20000U
#define replayWATCHDOG_SECONDS    160U

typedef struct
{
    uint8_t * pucBytes;
    uint32_t ulSize;
    uint32_t ulBirth;       /* the event that made it: the seed of its contents */
} Slot_t;

typedef struct
{
    StaticTask_t xControl;
    TaskHandle_t xTask;
    StackType_t xStack[ replaySTACK_WORDS ];
} Player_t;

static Slot_t xSlots[ replayMAX_SLOTS ];
static Player_t xPlayers[ replayMAX_TASKS ];
static Player_t xConductor;

static volatile uint32_t ulNext;    /* the event that is due; only its task may touch what follows */
static uint32_t ulLiveBytes, ulLiveBlocks;
static uint32_t ulPeakBytes, ulPeakBlocks;
static uint32_t ulMallocs, ulVerified;

extern void vApplicationIdleHook( void );

/*-----------------------------------------------------------*/

void vApplicationIdleHook( void )
{
    vBoardIdle();
}
/*-----------------------------------------------------------*/

void vWatchdogExpired( void )
{
    vFail( "the replay hangs at event %lu of %lu, in task %lu", ( unsigned long ) ulNext,
           ( unsigned long ) xReplayTrace.ulEvents,
           ( unsigned long ) replayTASK( ulReplayEvents[ ulNext ] ) );
}
/*-----------------------------------------------------------*/

/* What byte uxByte of a block must be: differs between blocks and along a block. */
static uint8_t prvByte( const Slot_t * pxSlot, uint32_t ulByte )
{
    return ( uint8_t ) ( ( pxSlot->ulBirth * 157U ) + ( ulByte * 29U ) + ( pxSlot->ulBirth >> 8 ) );
}
/*-----------------------------------------------------------*/

static void prvMalloc( Slot_t * pxSlot, uint32_t ulSize )
{
    pxSlot->pucBytes = pvPortMalloc( ulSize );
    pxSlot->ulSize = ulSize;
    pxSlot->ulBirth = ulNext;

    if( pxSlot->pucBytes == NULL )
    {
        vFail( "event %lu: %lu bytes refused, with %lu live and %lu free", ( unsigned long ) ulNext,
               ( unsigned long ) ulSize, ( unsigned long ) ulLiveBytes,
               ( unsigned long ) xPortGetFreeHeapSize() );
    }

    if( ( ( uintptr_t ) pxSlot->pucBytes % portBYTE_ALIGNMENT ) != 0U )
    {
        vFail( "event %lu: the block is misaligned", ( unsigned long ) ulNext );
    }

    for( uint32_t ulByte = 0U; ulByte < ulSize; ulByte++ )
    {
        pxSlot->pucBytes[ ulByte ] = prvByte( pxSlot, ulByte );
    }

    ulMallocs++;
    ulLiveBlocks++;
    ulLiveBytes += ulSize;
    ulPeakBlocks = ( ulLiveBlocks > ulPeakBlocks ) ? ulLiveBlocks : ulPeakBlocks;
    ulPeakBytes = ( ulLiveBytes > ulPeakBytes ) ? ulLiveBytes : ulPeakBytes;
}
/*-----------------------------------------------------------*/

static void prvFree( Slot_t * pxSlot )
{
    #if ( demoSABOTAGE == sabotageCORRUPT )
        if( ulNext == 54321U )
        {
            pxSlot->pucBytes[ pxSlot->ulSize - 1U ] ^= 1U;
        }
    #endif

    for( uint32_t ulByte = 0U; ulByte < pxSlot->ulSize; ulByte++ )
    {
        if( pxSlot->pucBytes[ ulByte ] != prvByte( pxSlot, ulByte ) )
        {
            vFail( "event %lu: byte %lu of the block from event %lu changed", ( unsigned long ) ulNext,
                   ( unsigned long ) ulByte, ( unsigned long ) pxSlot->ulBirth );
        }
    }

    vPortFree( pxSlot->pucBytes );
    pxSlot->pucBytes = NULL;
    ulVerified++;
    ulLiveBlocks--;
    ulLiveBytes -= pxSlot->ulSize;
}
/*-----------------------------------------------------------*/

/* Plays the events of this task until another's is due, and hands over. */
static void vPlayer( void * pvNumber )
{
    const uint32_t ulMe = ( uint32_t ) ( uintptr_t ) pvNumber;

    for( ; ; )
    {
        ( void ) ulTaskNotifyTakeIndexed( 0U, pdTRUE, portMAX_DELAY );

        while( ( ulNext < xReplayTrace.ulEvents ) && ( replayTASK( ulReplayEvents[ ulNext ] ) == ulMe ) )
        {
            const uint32_t ulEvent = ulReplayEvents[ ulNext ];
            Slot_t * pxSlot = &xSlots[ replaySLOT( ulEvent ) ];

            if( replaySIZE( ulEvent ) != 0U )
            {
                prvMalloc( pxSlot, replaySIZE( ulEvent ) );
            }
            else
            {
                prvFree( pxSlot );
            }

            ulNext++;

            if( ( ulNext % replayPROGRESS ) == 0U )
            {
                vAuditPrintHeap( "at work" );
                vPrint( "  %lu of %lu events\n", ( unsigned long ) ulNext,
                        ( unsigned long ) xReplayTrace.ulEvents );
            }
        }

        if( ulNext < xReplayTrace.ulEvents )
        {
            ( void ) xTaskNotifyGiveIndexed( xPlayers[ replayTASK( ulReplayEvents[ ulNext ] ) ].xTask, 0U );
        }
        else
        {
            ( void ) xTaskNotifyGiveIndexed( xConductor.xTask, 0U );
        }
    }
}
/*-----------------------------------------------------------*/

/* The trace ends with blocks still live. */
static void prvFreeTheRest( void )
{
    for( uint32_t ulSlot = 0U; ulSlot < xReplayTrace.ulSlots; ulSlot++ )
    {
        if( xSlots[ ulSlot ].pucBytes != NULL )
        {
            prvFree( &xSlots[ ulSlot ] );
        }
    }
}
/*-----------------------------------------------------------*/

static void prvVerdict( size_t uxFreeAtStart )
{
    const HeapStats_t xEnd = xAuditQuiet( "at the end" );

    if( ( ulPeakBytes != xReplayTrace.ulPeakBytes ) || ( ulPeakBlocks != xReplayTrace.ulPeakBlocks ) )
    {
        vFail( "the replay's peak was %lu bytes in %lu blocks, the trace's %lu in %lu",
               ( unsigned long ) ulPeakBytes, ( unsigned long ) ulPeakBlocks,
               ( unsigned long ) xReplayTrace.ulPeakBytes, ( unsigned long ) xReplayTrace.ulPeakBlocks );
    }

    if( ( ulVerified == 0U ) || ( ulVerified != ulMallocs ) || ( ulAuditFailures() != 0U ) )
    {
        vFail( "%lu allocations, %lu verified, %lu refused", ( unsigned long ) ulMallocs,
               ( unsigned long ) ulVerified, ( unsigned long ) ulAuditFailures() );
    }

    if( ( xEnd.xAvailableHeapSpaceInBytes != uxFreeAtStart ) || ( xEnd.xNumberOfFreeBlocks != 1U ) )
    {
        vFail( "%lu bytes were free at the start, now %lu in %lu blocks", ( unsigned long ) uxFreeAtStart,
               ( unsigned long ) xEnd.xAvailableHeapSpaceInBytes, ( unsigned long ) xEnd.xNumberOfFreeBlocks );
    }

    vPrint( "summary: heap=%s\n", demoHEAP_NAME );
    vPrint( "summary: board=%s\n", boardNAME );
    vPrint( "summary: heap_bytes=%lu\n", ( unsigned long ) configTOTAL_HEAP_SIZE );
    vPrint( "summary: events=%lu\n", ( unsigned long ) xReplayTrace.ulEvents );
    vPrint( "summary: tasks=%lu\n", ( unsigned long ) xReplayTrace.ulTasks );
    vPrint( "summary: peak_live_bytes=%lu\n", ( unsigned long ) ulPeakBytes );
    vPrint( "summary: peak_live_blocks=%lu\n", ( unsigned long ) ulPeakBlocks );
    vPrint( "summary: minimum_ever_free_bytes=%lu\n", ( unsigned long ) xEnd.xMinimumEverFreeBytesRemaining );
    vPrint( "summary: verified_blocks=%lu\n", ( unsigned long ) ulVerified );
    vPrint( "summary: failed_allocations=%lu\n", ( unsigned long ) ulAuditFailures() );
    vPrint( "summary: free_bytes_start=%lu\n", ( unsigned long ) uxFreeAtStart );
    vPrint( "summary: free_bytes_end=%lu\n", ( unsigned long ) xEnd.xAvailableHeapSpaceInBytes );
    vPrint( "summary: result=ok\n" );
}
/*-----------------------------------------------------------*/

static void vConductor( void * pvUnused )
{
    size_t uxFreeAtStart;

    ( void ) pvUnused;
    vPrint( "replay: %lu events of %lu tasks, heap %s on %s, configTOTAL_HEAP_SIZE %lu\n",
            ( unsigned long ) xReplayTrace.ulEvents, ( unsigned long ) xReplayTrace.ulTasks,
            demoHEAP_NAME, boardNAME, ( unsigned long ) configTOTAL_HEAP_SIZE );
    vBoardStartWatchdog( replayWATCHDOG_SECONDS );

    /* The kernel's heap files set themselves up in the first request. */
    vPortFree( pvPortMalloc( 1U ) );
    uxFreeAtStart = xPortGetFreeHeapSize();

    ( void ) xTaskNotifyGiveIndexed( xPlayers[ replayTASK( ulReplayEvents[ 0 ] ) ].xTask, 0U );
    ( void ) ulTaskNotifyTakeIndexed( 0U, pdTRUE, portMAX_DELAY );

    prvFreeTheRest();
    prvVerdict( uxFreeAtStart );
    vBoardExit( 0 );
}
/*-----------------------------------------------------------*/

static void prvCreate( Player_t * pxPlayer, TaskFunction_t pxCode, uint32_t ulNumber, UBaseType_t uxPriority )
{
    pxPlayer->xTask = xTaskCreateStatic( pxCode, "player", replaySTACK_WORDS,
                                         ( void * ) ( uintptr_t ) ulNumber, uxPriority,
                                         pxPlayer->xStack, &pxPlayer->xControl );
}
/*-----------------------------------------------------------*/

int main( void )
{
    for( uint32_t ulPlayer = 0U; ulPlayer < xReplayTrace.ulTasks; ulPlayer++ )
    {
        prvCreate( &xPlayers[ ulPlayer ], vPlayer, ulPlayer, replayPLAYER_PRIORITY );
    }

    prvCreate( &xConductor, vConductor, 0U, replayCONDUCTOR_PRIORITY );
    vTaskStartScheduler();

    vFail( "the scheduler did not start" );
}
