/* SPDX-License-Identifier: MIT
 *
 * Famine: the director takes everything there is. Whoever asks now, task or kernel, is refused, learns
 * it through NULL and the malloc-failed hook, and survives. When memory comes back, all get theirs.
 */
#include <stdbool.h>

#include "FreeRTOS.h"
#include "event_groups.h"
#include "stream_buffer.h"
#include "timers.h"

#include "audit.h"
#include "blocks.h"
#include "demo.h"
#include "print.h"

#define famineWORKERS     2U
#define famineREQUESTS    8U
#define famineLARGEST     4096U

typedef struct Hoard
{
    struct Hoard * pxNext;
} Hoard_t;

typedef struct
{
    TaskHandle_t xDirector;
    bool xHungry;
    bool xQuit;
} Times_t;

/*-----------------------------------------------------------*/

/* Refused every time while there is nothing; served and verified every time otherwise. */
static void prvAskAround( bool xHungry )
{
    for( size_t uxRequest = 1U; uxRequest <= famineREQUESTS; uxRequest++ )
    {
        const size_t uxBytes = uxRequest * uxRequest * 7U;
        uint8_t * pucBlock;

        if( xHungry )
        {
            vAuditExpectFailures( 1U );
        }

        pucBlock = pvBlockTry( uxBytes );

        if( ( pucBlock == NULL ) != xHungry )
        {
            vFail( "famine: %lu bytes were %s", ( unsigned long ) uxBytes,
                   xHungry ? "found where nothing was left" : "refused though there is enough" );
        }

        if( pucBlock != NULL )
        {
            vBlockFill( pucBlock, uxBytes, ( uint32_t ) uxBytes );
            vBlockSeal( pucBlock );
            vBlockGive( pucBlock );
        }

        vDemoStep( eFamine );
    }
}
/*-----------------------------------------------------------*/

static void vWorker( void * pvTimes )
{
    const volatile Times_t * pxTimes = pvTimes;

    for( ; ; )
    {
        vDemoAwaitSignals( 1U );

        if( pxTimes->xQuit )
        {
            break;
        }

        prvAskAround( pxTimes->xHungry );
        vDemoSignal( pxTimes->xDirector );
    }

    vDemoSignal( pxTimes->xDirector );
    vDemoTaskDone();
}
/*-----------------------------------------------------------*/

static void prvWakeWorkers( const TaskHandle_t * pxWorkers )
{
    for( uint32_t ulWorker = 0U; ulWorker < famineWORKERS; ulWorker++ )
    {
        vDemoSignal( pxWorkers[ ulWorker ] );
    }

    vDemoAwaitSignals( famineWORKERS );
}
/*-----------------------------------------------------------*/

/* Verified blocks of falling sizes; each size ends with one refusal. */
static Hoard_t * prvTakeAll( void )
{
    Hoard_t * pxFirst = NULL;

    for( size_t uxBytes = famineLARGEST; uxBytes >= sizeof( Hoard_t ); uxBytes /= 2U )
    {
        Hoard_t * pxHoard;

        vAuditExpectFailures( 1U );

        while( ( pxHoard = pvBlockTry( uxBytes ) ) != NULL )
        {
            vBlockFill( pxHoard, uxBytes, ( uint32_t ) uxBytes );
            pxHoard->pxNext = pxFirst;
            vBlockSeal( pxHoard );
            pxFirst = pxHoard;
        }

        vDemoStep( eFamine );
    }

    return pxFirst;
}
/*-----------------------------------------------------------*/

/* What is too small for a verified block. */
static Hoard_t * prvTakeCrumbs( void )
{
    Hoard_t * pxFirst = NULL;
    Hoard_t * pxCrumb;

    vAuditExpectFailures( 1U );

    while( ( pxCrumb = pvPortMalloc( sizeof( Hoard_t ) ) ) != NULL )
    {
        pxCrumb->pxNext = pxFirst;
        pxFirst = pxCrumb;
    }

    return pxFirst;
}
/*-----------------------------------------------------------*/

static void vNever( TimerHandle_t xTimer )
{
    ( void ) xTimer;
}
/*-----------------------------------------------------------*/

/* Every object of the kernel that is made at run time is refused properly. */
static void prvAskTheKernel( void )
{
    TaskHandle_t xTask = NULL;

    vAuditExpectFailures( 5U );

    if( ( xTaskCreate( vWorker, "nobody", configMINIMAL_STACK_SIZE, NULL, demoWORKER_PRIORITY, &xTask ) == pdPASS ) ||
        ( xQueueCreate( 4U, sizeof( void * ) ) != NULL ) ||
        ( xTimerCreate( "never", 1U, pdFALSE, NULL, vNever ) != NULL ) ||
        ( xEventGroupCreate() != NULL ) ||
        ( xStreamBufferCreate( 64U, 1U ) != NULL ) )
    {
        vFail( "famine: the kernel made something out of nothing" );
    }
}
/*-----------------------------------------------------------*/

/* Gives every second block back, then looks, then gives the rest. */
static void prvGiveAll( Hoard_t * pxFirst )
{
    Hoard_t * pxKept = NULL;
    bool xKeep = false;

    while( pxFirst != NULL )
    {
        Hoard_t * pxNext = pxFirst->pxNext;

        if( xKeep )
        {
            pxFirst->pxNext = pxKept;
            vBlockSeal( pxFirst );
            pxKept = pxFirst;
        }
        else
        {
            vBlockGive( pxFirst );
        }

        xKeep = !xKeep;
        pxFirst = pxNext;
    }

    vAuditPrintHeap( "half given back" );

    while( pxKept != NULL )
    {
        Hoard_t * pxNext = pxKept->pxNext;

        vBlockGive( pxKept );
        pxKept = pxNext;
    }
}
/*-----------------------------------------------------------*/

void vFamine( void )
{
    static Times_t xTimes;
    TaskHandle_t xWorkers[ famineWORKERS ];
    Hoard_t * pxBlocks;
    Hoard_t * pxCrumbs;

    xTimes.xDirector = xTaskGetCurrentTaskHandle();

    for( uint32_t ulWorker = 0U; ulWorker < famineWORKERS; ulWorker++ )
    {
        xWorkers[ ulWorker ] = xDemoCreate( vWorker, "hungry", &xTimes, demoWORKER_PRIORITY, 0U );
    }

    pxBlocks = prvTakeAll();
    pxCrumbs = prvTakeCrumbs();
    vAuditPrintHeap( "exhausted" );

    xTimes.xHungry = true;
    prvWakeWorkers( xWorkers );
    prvAskTheKernel();

    while( pxCrumbs != NULL )
    {
        Hoard_t * pxNext = pxCrumbs->pxNext;

        vPortFree( pxCrumbs );
        pxCrumbs = pxNext;
    }

    prvGiveAll( pxBlocks );

    xTimes.xHungry = false;
    prvWakeWorkers( xWorkers );

    xTimes.xQuit = true;
    prvWakeWorkers( xWorkers );
}
