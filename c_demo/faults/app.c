/* SPDX-License-Identifier: MIT
 *
 * A small application that wants to survive any single allocation that fails: sensor readings go through a queue to a
 * logger task, which keeps lines of text; a timer ends the day. With faultsBUGS=1 three of its functions are
 * written as such code often is: one trusts the pointer, one waits for what will never come, one forgets what it had.
 */
#include <stdio.h>
#include <string.h>

#include "FreeRTOS.h"
#include "queue.h"
#include "task.h"
#include "timers.h"

#include "harness.h"

#ifndef faultsBUGS
    #define faultsBUGS    0
#endif

#define appREADINGS    12U
#define appLINES       8U

typedef struct Reading
{
    unsigned uxNumber;
    char acText[ 24 ];
} Reading_t;

typedef struct Log
{
    QueueHandle_t xQueue;
    TaskHandle_t xReader;
    char * pcLines[ appLINES ];
    size_t uxLines;
} Log_t;

static volatile BaseType_t xDayIsOver;

/*-----------------------------------------------------------*/

static void prvReader( void * pvLog )
{
    Log_t * pxLog = pvLog;
    Reading_t * pxReading;

    for( ; ; )
    {
        if( xQueueReceive( pxLog->xQueue, &pxReading, portMAX_DELAY ) == pdPASS )
        {
            char * pcLine = pvPortMalloc( strlen( pxReading->acText ) + 1U );

            #if ( faultsBUGS == 0 )
                if( pcLine != NULL ) /* else this line is missing in the log */
            #endif
            {
                ( void ) strcpy( pcLine, pxReading->acText );
                vPortFree( pxLog->pcLines[ pxLog->uxLines % appLINES ] );
                pxLog->pcLines[ pxLog->uxLines++ % appLINES ] = pcLine;
            }

            vPortFree( pxReading );
        }
    }
}
/*-----------------------------------------------------------*/

static void prvLogDelete( Log_t * pxLog )
{
    if( pxLog->xReader != NULL )
    {
        vTaskDelete( pxLog->xReader );
    }

    if( pxLog->xQueue != NULL )
    {
        vQueueDelete( pxLog->xQueue );
    }

    for( size_t ux = 0; ux < appLINES; ux++ )
    {
        vPortFree( pxLog->pcLines[ ux ] );
    }

    vPortFree( pxLog );
}
/*-----------------------------------------------------------*/

static Log_t * prvLogCreate( void )
{
    Log_t * pxLog = pvPortCalloc( 1U, sizeof( Log_t ) );

    if( pxLog == NULL )
    {
        return NULL;
    }

    pxLog->xQueue = xQueueCreate( 4U, sizeof( Reading_t * ) );

    if( pxLog->xQueue == NULL )
    {
        #if ( faultsBUGS == 0 )
            prvLogDelete( pxLog );
        #endif

        return NULL;
    }

    if( xTaskCreate( prvReader, "reader", configMINIMAL_STACK_SIZE, pxLog, 2, &pxLog->xReader ) != pdPASS )
    {
        pxLog->xReader = NULL;
        prvLogDelete( pxLog );

        return NULL;
    }

    return pxLog;
}
/*-----------------------------------------------------------*/

static void prvSense( QueueHandle_t xQueue, unsigned uxNumber )
{
    Reading_t * pxReading = pvPortMalloc( sizeof( Reading_t ) );

    if( pxReading != NULL )
    {
        pxReading->uxNumber = uxNumber;
        ( void ) snprintf( pxReading->acText, sizeof( pxReading->acText ), "reading %u", uxNumber );

        if( xQueueSend( xQueue, &pxReading, 0 ) != pdPASS )
        {
            vPortFree( pxReading );
        }
    }
}
/*-----------------------------------------------------------*/

static void prvEvening( TimerHandle_t xTimer )
{
    ( void ) xTimer;
    xDayIsOver = pdTRUE;
}
/*-----------------------------------------------------------*/

static void prvWaitForEvening( void )
{
    TimerHandle_t xTimer = xTimerCreate( "evening", 5, pdFALSE, NULL, prvEvening );

    xDayIsOver = pdFALSE;

    if( xTimer != NULL )
    {
        ( void ) xTimerStart( xTimer, portMAX_DELAY );
    }

    #if ( faultsBUGS == 0 )
        else
        {
            xDayIsOver = pdTRUE; /* a short day */
        }
    #endif

    while( xDayIsOver == pdFALSE )
    {
        vTaskDelay( 1 );
    }

    if( xTimer != NULL )
    {
        ( void ) xTimerDelete( xTimer, portMAX_DELAY );
    }
}
/*-----------------------------------------------------------*/

static void prvDay( void * pvUnused )
{
    Log_t * pxLog = prvLogCreate();

    ( void ) pvUnused;

    if( pxLog != NULL )
    {
        for( unsigned ux = 0; ux < appREADINGS; ux++ )
        {
            prvSense( pxLog->xQueue, ux );
            vTaskDelay( 1 );
        }

        prvWaitForEvening();
        prvLogDelete( pxLog );
    }

    vTaskDelay( 5 ); /* the idle task clears away what was deleted */
    vHarnessEnd();
}
/*-----------------------------------------------------------*/

int main( void )
{
    vHarnessBegin();

    if( xTaskCreate( prvDay, "day", 2U * configMINIMAL_STACK_SIZE, NULL, 1, NULL ) != pdPASS )
    {
        ( void ) puts( "no memory for the first task: nothing is started" );
        vHarnessEnd();
    }

    vTaskStartScheduler();

    return 1;
}
