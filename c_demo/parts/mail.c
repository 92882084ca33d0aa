/* SPDX-License-Identifier: MIT
 *
 * Mail: four senders hand messages of variable size to two readers, by pointer, through one queue.
 * Who sends allocates, who reads frees. Every so often a sender asks for more than there can be, and
 * carries on.
 */
#include "audit.h"
#include "blocks.h"
#include "demo.h"
#include "print.h"
#include "pseudo_random.h"
#include "sabotage.h"

/* More than there can be. The C library's heap is larger than this firmware knows. */
#ifdef demoHEAP_IS_LIBRARY
    #define mailTOO_MUCH    ( SIZE_MAX / 2U + 1U )
#else
    #define mailTOO_MUCH    configTOTAL_HEAP_SIZE
#endif

#define mailSENDERS       4U
#define mailREADERS       2U
#define mailLETTERS       150U    /* per sender */
#define mailQUEUE         8U
#define mailGREEDY        25U     /* every so many letters */
#define mailLONGEST       320U

typedef struct
{
    uint32_t ulSender;
    uint32_t ulNumber;
    uint32_t ulSeed;
    uint8_t ucText[];
} Letter_t;

typedef struct
{
    TaskHandle_t xOwner;
    QueueHandle_t xQueue;
    uint32_t ulDay;
    uint32_t ulNextSender;
    size_t uxSentBytes;
    size_t uxReadBytes;
    uint8_t ucSeen[ mailSENDERS ][ mailLETTERS ];
} Office_t;

/*-----------------------------------------------------------*/

static void prvAskTooMuch( void )
{
    vAuditExpectFailures( 1U );

    if( pvBlockTry( mailTOO_MUCH ) != NULL )
    {
        vFail( "mail: the heap gave more than it has" );
    }
}
/*-----------------------------------------------------------*/

static void vSender( void * pvOffice )
{
    Office_t * pxOffice = pvOffice;
    uint32_t ulMe;
    size_t uxSent = 0U;

    taskENTER_CRITICAL();
    {
        ulMe = pxOffice->ulNextSender++;
    }
    taskEXIT_CRITICAL();

    Random_t xRandom = xRandomFrom( ( pxOffice->ulDay * 100U ) + ulMe );

    for( uint32_t ulNumber = 0U; ulNumber < mailLETTERS; ulNumber++ )
    {
        const size_t uxText = ulRandomBetween( &xRandom, 0U, mailLONGEST );
        Letter_t * pxLetter = pvBlockTake( sizeof( Letter_t ) + uxText );

        pxLetter->ulSender = ulMe;
        pxLetter->ulNumber = ulNumber;
        pxLetter->ulSeed = ulRandomNext( &xRandom );
        vBlockFill( pxLetter->ucText, uxText, pxLetter->ulSeed );
        vBlockSeal( pxLetter );
        uxSent += uxBlockBytes( pxLetter );

        #if ( demoSABOTAGE == sabotageCORRUPT )
            if( ( ulMe == 2U ) && ( ulNumber == 77U ) )
            {
                pxLetter->ulSeed ^= 0x100U;
            }
        #endif

        if( ( ulNumber % mailGREEDY ) == 0U )
        {
            prvAskTooMuch();
        }

        ( void ) xQueueSend( pxOffice->xQueue, &pxLetter, portMAX_DELAY );
        vDemoStep( eMail );
    }

    taskENTER_CRITICAL();
    {
        pxOffice->uxSentBytes += uxSent;
    }
    taskEXIT_CRITICAL();

    vDemoSignal( pxOffice->xOwner );
    vDemoTaskDone();
}
/*-----------------------------------------------------------*/

static void prvRead( Office_t * pxOffice, Letter_t * pxLetter )
{
    const size_t uxBytes = uxBlockBytes( pxLetter );

    vBlockVerify( pxLetter );

    if( ( pxLetter->ulSender >= mailSENDERS ) || ( pxLetter->ulNumber >= mailLETTERS ) )
    {
        vFail( "mail: a letter from nobody" );
    }

    taskENTER_CRITICAL();
    {
        pxOffice->ucSeen[ pxLetter->ulSender ][ pxLetter->ulNumber ]++;
        pxOffice->uxReadBytes += uxBytes;
    }
    taskEXIT_CRITICAL();

    vDemoCountMessage( uxBytes );
    vBlockGive( pxLetter );
}
/*-----------------------------------------------------------*/

static void vReader( void * pvOffice )
{
    Office_t * pxOffice = pvOffice;
    Letter_t * pxLetter = NULL;

    for( ; ; )
    {
        ( void ) xQueueReceive( pxOffice->xQueue, &pxLetter, portMAX_DELAY );

        if( pxLetter == NULL )
        {
            break;
        }

        #if ( demoSABOTAGE == sabotageLOSE )
            if( ( pxLetter->ulSender == 1U ) && ( pxLetter->ulNumber == 33U ) )
            {
                vBlockGive( pxLetter );
                continue;
            }
        #endif

        prvRead( pxOffice, pxLetter );
    }

    vDemoSignal( pxOffice->xOwner );
    vDemoTaskDone();
}
/*-----------------------------------------------------------*/

static void prvCloseTheBooks( const Office_t * pxOffice )
{
    for( uint32_t ulSender = 0U; ulSender < mailSENDERS; ulSender++ )
    {
        for( uint32_t ulNumber = 0U; ulNumber < mailLETTERS; ulNumber++ )
        {
            if( pxOffice->ucSeen[ ulSender ][ ulNumber ] != 1U )
            {
                vFail( "mail: letter %u of sender %u arrived %u times", ( unsigned ) ulNumber,
                       ( unsigned ) ulSender, ( unsigned ) pxOffice->ucSeen[ ulSender ][ ulNumber ] );
            }
        }
    }

    if( pxOffice->uxSentBytes != pxOffice->uxReadBytes )
    {
        vFail( "mail: %lu bytes were sent, %lu read", ( unsigned long ) pxOffice->uxSentBytes,
               ( unsigned long ) pxOffice->uxReadBytes );
    }
}
/*-----------------------------------------------------------*/

void vMailOwner( void * pvDay )
{
    Office_t * pxOffice = pvPortCalloc( 1U, sizeof( Office_t ) );

    if( pxOffice == NULL )
    {
        vFail( "mail: no memory for the office" );
    }

    pxOffice->xOwner = xTaskGetCurrentTaskHandle();
    pxOffice->ulDay = ( uint32_t ) ( uintptr_t ) pvDay;
    pxOffice->xQueue = xQueueCreate( mailQUEUE, sizeof( Letter_t * ) );

    if( pxOffice->xQueue == NULL )
    {
        vFail( "mail: no memory for the queue" );
    }

    for( uint32_t ulReader = 0U; ulReader < mailREADERS; ulReader++ )
    {
        ( void ) xDemoCreate( vReader, "reader", pxOffice, demoOWNER_PRIORITY, 0U );
    }

    for( uint32_t ulSender = 0U; ulSender < mailSENDERS; ulSender++ )
    {
        ( void ) xDemoCreate( vSender, "sender", pxOffice, demoWORKER_PRIORITY, 0U );
    }

    vDemoAwaitSignals( mailSENDERS );

    for( uint32_t ulReader = 0U; ulReader < mailREADERS; ulReader++ )
    {
        Letter_t * pxNoMore = NULL;

        ( void ) xQueueSend( pxOffice->xQueue, &pxNoMore, portMAX_DELAY );
    }

    vDemoAwaitSignals( mailREADERS );
    prvCloseTheBooks( pxOffice );

    vQueueDelete( pxOffice->xQueue );
    vPortFree( pxOffice );
    vDemoPartDone( eMail );
}
