/* SPDX-License-Identifier: MIT
 *
 * Firmware for heap_1: everything is allocated while it starts, and nothing is ever freed. Then the tasks work with
 * what they have: two senders, a reader, a timer that ticks.
 */
#include <string.h>

#include "FreeRTOS.h"
#include "queue.h"
#include "semphr.h"
#include "task.h"
#include "timers.h"

#include "audit.h"
#include "board.h"
#include "print.h"

#define startSENDERS     2U
#define startLETTERS     500U
#define startBYTES       40U

static QueueHandle_t xMail;
static SemaphoreHandle_t xMutex;
static volatile uint32_t ulTicks, ulShared;
static TaskHandle_t xDirector;

extern void vApplicationIdleHook( void );
extern void vWatchdogExpired( void );

void vApplicationIdleHook( void )
{
    vBoardIdle();
}
/*-----------------------------------------------------------*/

void vWatchdogExpired( void )
{
    vFail( "not finished: %lu of %lu letters are left", ( unsigned long ) uxQueueMessagesWaiting( xMail ),
           ( unsigned long ) ( startSENDERS * startLETTERS ) );
}
/*-----------------------------------------------------------*/

static void prvTick( TimerHandle_t xTimer )
{
    ( void ) xTimer;
    ulTicks++;
}
/*-----------------------------------------------------------*/

/* A letter is a buffer from start-up, filled again and again. */
static void prvSender( void * pvBuffer )
{
    uint8_t * pucBuffer = pvBuffer;

    for( uint32_t ulLetter = 0U; ulLetter < startLETTERS; ulLetter++ )
    {
        ( void ) memset( pucBuffer, ( int ) ( ulLetter & 0xFFU ), startBYTES );
        ( void ) xSemaphoreTake( xMutex, portMAX_DELAY );
        ulShared++;
        ( void ) xSemaphoreGive( xMutex );
        ( void ) xQueueSend( xMail, pucBuffer, portMAX_DELAY );
    }

    ( void ) xTaskNotifyGive( xDirector );
    vTaskSuspend( NULL );
}
/*-----------------------------------------------------------*/

static void * prvNeed( const char * pcWhat, void * pv )
{
    if( pv == NULL )
    {
        vFail( "%s could not be had: is configTOTAL_HEAP_SIZE too small?", pcWhat );
    }

    return pv;
}
/*-----------------------------------------------------------*/

static void prvNothingIsFreed( void )
{
    void * pv = prvNeed( "a block", pvPortMalloc( 24U ) );
    const size_t uxFree = xPortGetFreeHeapSize();

    vAuditExpectAssert();
    vPortFree( pv );

    if( ( ulAuditAssertsSeen() != 1U ) || ( xPortGetFreeHeapSize() != uxFree ) )
    {
        vFail( "vPortFree did not assert, or changed the heap" );
    }

    vPortFree( NULL );
}
/*-----------------------------------------------------------*/

/* To the last block: as in the kernel's file one granule stays. */
static void prvTakeAll( void )
{
    uint32_t ulBlocks = 0U;

    while( pvPortMalloc( 64U ) != NULL )
    {
        ulBlocks++;
    }

    while( pvPortMalloc( 1U ) != NULL )
    {
        ulBlocks++;
    }

    vPrint( "  famine: %lu more blocks, then refused; %lu bytes left\n", ( unsigned long ) ulBlocks,
            ( unsigned long ) xPortGetFreeHeapSize() );

    if( ( xPortGetFreeHeapSize() != portBYTE_ALIGNMENT ) || ( ulAuditFailures() != 2U ) )
    {
        vFail( "%lu bytes are left, the hook ran %lu times", ( unsigned long ) xPortGetFreeHeapSize(),
               ( unsigned long ) ulAuditFailures() );
    }
}
/*-----------------------------------------------------------*/

static void prvDirector( void * pvUnused )
{
    uint8_t ucLetter[ startBYTES ];
    uint32_t ulRead = 0U, ulDone = 0U;
    size_t uxFree;

    ( void ) pvUnused;
    vBoardStartWatchdog( 60U );
    vPrint( "demo: heap %s on %s, kernel %s, configTOTAL_HEAP_SIZE %lu\n", demoHEAP_NAME, boardNAME,
            tskKERNEL_VERSION_NUMBER, ( unsigned long ) configTOTAL_HEAP_SIZE );
    uxFree = xPortGetFreeHeapSize();

    while( ulRead < startSENDERS * startLETTERS )
    {
        ( void ) xQueueReceive( xMail, ucLetter, portMAX_DELAY );

        for( size_t uxByte = 1U; uxByte < startBYTES; uxByte++ )
        {
            if( ucLetter[ uxByte ] != ucLetter[ 0 ] )
            {
                vFail( "letter %lu is torn", ( unsigned long ) ulRead );
            }
        }

        ulRead++;
    }

    while( ulDone < startSENDERS )
    {
        ulDone += ulTaskNotifyTake( pdFALSE, portMAX_DELAY ) != 0U ? 1U : 0U;
    }

    while( ulTicks < 3U )
    {
        vTaskDelay( 1 );
    }

    if( ( ulShared != startSENDERS * startLETTERS ) || ( xPortGetFreeHeapSize() != uxFree ) )
    {
        vFail( "work changed the heap, or a count: %lu", ( unsigned long ) ulShared );
    }

    prvNothingIsFreed();
    prvTakeAll();
    vPrint( "summary: heap=%s\nsummary: board=%s\nsummary: heap_bytes=%lu\n", demoHEAP_NAME, boardNAME,
            ( unsigned long ) configTOTAL_HEAP_SIZE );
    vPrint( "summary: messages=%lu\nsummary: failed_allocations_survived=%lu\nsummary: result=ok\n",
            ( unsigned long ) ulRead, ( unsigned long ) ulAuditFailures() );
    vBoardExit( 0 );
}
/*-----------------------------------------------------------*/

int main( void )
{
    TimerHandle_t xTimer;

    xMail = prvNeed( "the queue", xQueueCreate( 8U, startBYTES ) );
    xMutex = prvNeed( "the mutex", xSemaphoreCreateMutex() );
    xTimer = prvNeed( "the timer", xTimerCreate( "tick", 5U, pdTRUE, NULL, prvTick ) );
    ( void ) xTimerStart( xTimer, 0U );

    for( uint32_t ulSender = 0U; ulSender < startSENDERS; ulSender++ )
    {
        if( xTaskCreate( prvSender, "sender", configMINIMAL_STACK_SIZE, prvNeed( "a buffer", pvPortMalloc( startBYTES ) ),
                         1U, NULL ) != pdPASS )
        {
            vFail( "a sender could not be created" );
        }
    }

    if( xTaskCreate( prvDirector, "director", 4U * configMINIMAL_STACK_SIZE, NULL, 2U, &xDirector ) != pdPASS )
    {
        vFail( "the director could not be created" );
    }

    vTaskStartScheduler();

    vFail( "the scheduler did not start" );
}
