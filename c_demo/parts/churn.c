/* SPDX-License-Identifier: MIT
 *
 * Churn: waves of short-lived tasks with stacks of many sizes. Some delete themselves, so that the idle
 * task frees their memory; the others fall asleep and are deleted by the owner, who inherits what they
 * held.
 */
#include "blocks.h"
#include "demo.h"
#include "print.h"
#include "pseudo_random.h"
#include "sabotage.h"

#define churnWAVES       8U
#define churnCHILDREN    4U
#define churnHELD        3U

typedef struct
{
    QueueHandle_t xQueue;
    uint32_t ulSeed;
    uint32_t ulLeavesItself;    /* 1: deletes itself, 0: is deleted */
    TaskHandle_t xTask;
    uint8_t * pucHeld;          /* what it still holds at the end */
} Child_t;

/*-----------------------------------------------------------*/

static uint8_t * prvTakeFilled( Random_t * pxRandom, uint32_t ulLargest )
{
    const size_t uxBytes = ulRandomBetween( pxRandom, 1U, ulLargest );
    uint8_t * pucBlock = pvBlockTake( uxBytes );

    vBlockFill( pucBlock, uxBytes, ulRandomNext( pxRandom ) );
    vBlockSeal( pucBlock );

    return pucBlock;
}
/*-----------------------------------------------------------*/

static void vChild( void * pvChild )
{
    Child_t * pxChild = pvChild;
    Random_t xRandom = xRandomFrom( pxChild->ulSeed );
    const uint32_t ulLeavesItself = pxChild->ulLeavesItself;
    uint8_t * pucHeld[ churnHELD ];

    for( uint32_t ulHeld = 0U; ulHeld < churnHELD; ulHeld++ )
    {
        pucHeld[ ulHeld ] = prvTakeFilled( &xRandom, 200U );
        taskYIELD();
    }

    for( uint32_t ulHeld = 1U; ulHeld < churnHELD; ulHeld++ )
    {
        vBlockGive( pucHeld[ ulHeld ] );
    }

    /* The last block and the child's record go to the owner. */
    pxChild->xTask = xTaskGetCurrentTaskHandle();
    pxChild->pucHeld = pucHeld[ 0 ];
    ( void ) xQueueSend( pxChild->xQueue, &pxChild, portMAX_DELAY );

    if( ulLeavesItself == 0U )
    {
        vTaskSuspend( NULL );
        vFail( "churn: a task that is to be deleted woke up" );
    }

    vDemoTaskDone();
}
/*-----------------------------------------------------------*/

static void prvWave( QueueHandle_t xQueue, Random_t * pxRandom )
{
    for( uint32_t ulChild = 0U; ulChild < churnCHILDREN; ulChild++ )
    {
        Child_t * pxChild = pvPortCalloc( 1U, sizeof( Child_t ) );

        if( pxChild == NULL )
        {
            vFail( "churn: no memory for a child's record" );
        }

        pxChild->xQueue = xQueue;
        pxChild->ulSeed = ulRandomNext( pxRandom );
        pxChild->ulLeavesItself = ulChild % 2U;
        ( void ) xDemoCreate( vChild, "child", pxChild, demoWORKER_PRIORITY,
                              ( configSTACK_DEPTH_TYPE ) ulRandomBetween( pxRandom, 0U, 160U ) );
    }

    for( uint32_t ulChild = 0U; ulChild < churnCHILDREN; ulChild++ )
    {
        Child_t * pxChild = NULL;

        ( void ) xQueueReceive( xQueue, &pxChild, portMAX_DELAY );

        if( pxChild->ulLeavesItself == 0U )
        {
            vTaskDelete( pxChild->xTask );
        }

        #if ( demoSABOTAGE == sabotageLEAK )
            if( ulChild == 2U )
            {
                continue;
            }
        #endif

        vDemoCountMessage( uxBlockBytes( pxChild->pucHeld ) );
        vBlockGive( pxChild->pucHeld );
        vPortFree( pxChild );
    }
}
/*-----------------------------------------------------------*/

void vChurnOwner( void * pvDay )
{
    Random_t xRandom = xRandomFrom( 9000U + ( uint32_t ) ( uintptr_t ) pvDay );
    QueueHandle_t xQueue = xQueueCreate( churnCHILDREN, sizeof( Child_t * ) );

    if( xQueue == NULL )
    {
        vFail( "churn: no memory for the queue" );
    }

    for( uint32_t ulWave = 0U; ulWave < churnWAVES; ulWave++ )
    {
        prvWave( xQueue, &xRandom );
        vDemoStep( eChurn );
        vTaskDelay( 1 );
    }

    vQueueDelete( xQueue );
    vDemoPartDone( eChurn );
}
