/* SPDX-License-Identifier: MIT
 *
 * Timers: their callbacks run in the kernel's timer task, which must not block. Each allocates a note
 * and hands it over; after its last note a timer deletes itself. One-shot timers are made, awaited and
 * deleted by the owner.
 */
#include "FreeRTOS.h"
#include "timers.h"

#include "blocks.h"
#include "demo.h"
#include "print.h"

#define timersREPEATING     4U
#define timersNOTES         10U     /* of each */
#define timersONE_SHOTS     8U

typedef struct
{
    QueueHandle_t xQueue;
    uint32_t ulLeft[ timersREPEATING ];
} Clockwork_t;

typedef struct
{
    uint32_t ulTimer;
    uint32_t ulLeft;
    uint8_t ucPadding[ 40 ];
} Note_t;

/* Timers carry an identifier only; the callback finds the rest here. */
static Clockwork_t * pxClockwork;

/*-----------------------------------------------------------*/

static void prvSendNote( uint32_t ulTimer, uint32_t ulLeft )
{
    /* Notes differ in length, so that they leave gaps of different lengths. */
    Note_t * pxNote = pvBlockTake( sizeof( Note_t ) + ( ulTimer * 24U ) + ulLeft );

    vBlockFill( pxNote, uxBlockBytes( pxNote ), ulTimer );
    pxNote->ulTimer = ulTimer;
    pxNote->ulLeft = ulLeft;
    vBlockSeal( pxNote );

    if( xQueueSend( pxClockwork->xQueue, &pxNote, 0U ) != pdPASS )
    {
        vFail( "timers: the queue was made for all notes, and is full" );
    }
}
/*-----------------------------------------------------------*/

static void vRepeating( TimerHandle_t xTimer )
{
    const uint32_t ulTimer = ( uint32_t ) ( uintptr_t ) pvTimerGetTimerID( xTimer );
    const uint32_t ulLeft = pxClockwork->ulLeft[ ulTimer ];

    /* A timer that expired again while its deletion was on the way has nothing left to say. */
    if( ulLeft > 0U )
    {
        pxClockwork->ulLeft[ ulTimer ] = ulLeft - 1U;
        prvSendNote( ulTimer, ulLeft - 1U );

        if( ( ulLeft == 1U ) && ( xTimerDelete( xTimer, 0U ) != pdPASS ) )
        {
            vFail( "timers: the command queue is full" );
        }
    }
}
/*-----------------------------------------------------------*/

static void vOneShot( TimerHandle_t xTimer )
{
    ( void ) xTimer;
    prvSendNote( timersREPEATING, 0U );
}
/*-----------------------------------------------------------*/

static Note_t * prvReceive( void )
{
    Note_t * pxNote = NULL;

    ( void ) xQueueReceive( pxClockwork->xQueue, &pxNote, portMAX_DELAY );
    vDemoCountMessage( uxBlockBytes( pxNote ) );
    vDemoStep( eTimers );

    return pxNote;
}
/*-----------------------------------------------------------*/

static void prvStart( TimerHandle_t xTimer )
{
    if( ( xTimer == NULL ) || ( xTimerStart( xTimer, portMAX_DELAY ) != pdPASS ) )
    {
        vFail( "timers: a timer could not be created and started" );
    }
}
/*-----------------------------------------------------------*/

static void prvRunRepeating( void )
{
    uint32_t ulSeen[ timersREPEATING ] = { 0U };

    for( uint32_t ulTimer = 0U; ulTimer < timersREPEATING; ulTimer++ )
    {
        pxClockwork->ulLeft[ ulTimer ] = timersNOTES;
        prvStart( xTimerCreate( "repeating", 2U + ulTimer, pdTRUE, ( void * ) ( uintptr_t ) ulTimer, vRepeating ) );
    }

    for( uint32_t ulNote = 0U; ulNote < ( timersREPEATING * timersNOTES ); ulNote++ )
    {
        Note_t * pxNote = prvReceive();

        ulSeen[ pxNote->ulTimer ]++;

        if( pxNote->ulLeft != ( timersNOTES - ulSeen[ pxNote->ulTimer ] ) )
        {
            vFail( "timers: timer %u skipped a note", ( unsigned ) pxNote->ulTimer );
        }

        vBlockGive( pxNote );
    }
}
/*-----------------------------------------------------------*/

static void prvRunOneShots( void )
{
    for( uint32_t ulShot = 0U; ulShot < timersONE_SHOTS; ulShot++ )
    {
        TimerHandle_t xTimer = xTimerCreate( "one-shot", 1U + ( ulShot % 3U ), pdFALSE, NULL, vOneShot );

        prvStart( xTimer );
        vBlockGive( prvReceive() );

        if( xTimerDelete( xTimer, portMAX_DELAY ) != pdPASS )
        {
            vFail( "timers: a timer could not be deleted" );
        }
    }
}
/*-----------------------------------------------------------*/

void vTimersOwner( void * pvDay )
{
    ( void ) pvDay;
    pxClockwork = pvPortCalloc( 1U, sizeof( Clockwork_t ) );

    if( pxClockwork != NULL )
    {
        pxClockwork->xQueue = xQueueCreate( timersREPEATING * timersNOTES, sizeof( Note_t * ) );
    }

    if( ( pxClockwork == NULL ) || ( pxClockwork->xQueue == NULL ) )
    {
        vFail( "timers: no memory for the queue" );
    }

    prvRunRepeating();
    prvRunOneShots();

    /* The last timer's callback has returned: the timer task has a higher priority than this one. */
    vQueueDelete( pxClockwork->xQueue );
    vPortFree( pxClockwork );
    pxClockwork = NULL;
    vDemoPartDone( eTimers );
}
