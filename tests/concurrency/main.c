/* SPDX-License-Identifier: MIT
 *
 * A storm: six tasks of three priorities ask for memory and give it back, while a tick some ten thousand times a
 * second takes the processor from one to another wherever it stands. Blocks also change hands: what one
 * task asked for, another gives back. Some calls are made with the scheduler suspended, some in a critical section
 * (both are the kernel's own habits in some versions). Every byte of every block is written, and verified
 * before the block is given back.
 *
 *   storm <operations> <seconds before it counts as hung>
 */
#include <stdlib.h>

#include "FreeRTOS.h"
#include "task.h"

#include "board.h"
#include "print.h"
#include "pseudo_random.h"

#define stormWORKERS          6U
#define stormSLOTS            24U
#define stormSHARED           32U
#define stormSTACK_WORDS      1024U
#define stormDIRECTOR         ( 4U )
#define stormLARGEST_BYTES    300U

typedef struct
{
    uint8_t * pucBytes;
    uint32_t ulSize;
    uint32_t ulSeed;
} Block_t;

typedef struct
{
    StaticTask_t xControl;
    TaskHandle_t xTask;
    StackType_t xStack[ stormSTACK_WORDS ];
    Random_t xRandom;
    Block_t xSlots[ stormSLOTS ];
    volatile uint64_t ullOperations;
    volatile uint64_t ullRefused;
    volatile uint64_t ullSuspended;
    volatile uint64_t ullCritical;
    volatile uint64_t ullHandedOver;
    volatile BaseType_t xDone;
} Worker_t;

static Worker_t xWorkers[ stormWORKERS ];
static Worker_t xDirector;
static Block_t xShared[ stormSHARED ];
static volatile BaseType_t xStop = pdFALSE;
static uint64_t ullWanted;
static volatile uint64_t ullSeen;

extern void vStormAssertFailed( const char * pcFile, int iLine );
/*-----------------------------------------------------------*/

void vStormAssertFailed( const char * pcFile, int iLine )
{
    vFail( "configASSERT in %s, line %lu", pcFile, ( unsigned long ) iLine );
}
/*-----------------------------------------------------------*/

void vWatchdogExpired( void )
{
    vFail( "hung after %lu thousand operations", ( unsigned long ) ( ullSeen / 1000U ) );
}
/*-----------------------------------------------------------*/

static uint8_t prvByte( const Block_t * pxBlock, uint32_t ulByte )
{
    return ( uint8_t ) ( pxBlock->ulSeed + ( ulByte * 29U ) );
}
/*-----------------------------------------------------------*/

static void prvAsk( Worker_t * pxWorker, Block_t * pxBlock )
{
    const uint32_t ulSize = ulRandomBetween( &pxWorker->xRandom, 1U, stormLARGEST_BYTES );
    uint8_t * pucBytes = pvPortMalloc( ulSize );

    pxBlock->pucBytes = pucBytes;
    pxBlock->ulSize = ulSize;
    pxBlock->ulSeed = ulRandomNext( &pxWorker->xRandom );

    if( pucBytes == NULL )
    {
        pxWorker->ullRefused++;
        return;
    }

    for( uint32_t ulByte = 0U; ulByte < ulSize; ulByte++ )
    {
        pucBytes[ ulByte ] = prvByte( pxBlock, ulByte );
    }
}
/*-----------------------------------------------------------*/

static void prvGive( Block_t * pxBlock )
{
    for( uint32_t ulByte = 0U; ulByte < pxBlock->ulSize; ulByte++ )
    {
        if( pxBlock->pucBytes[ ulByte ] != prvByte( pxBlock, ulByte ) )
        {
            vFail( "byte %lu of a block of %lu changed", ( unsigned long ) ulByte, ( unsigned long ) pxBlock->ulSize );
        }
    }

    vPortFree( pxBlock->pucBytes );
    pxBlock->pucBytes = NULL;
}
/*-----------------------------------------------------------*/

/* One request or free, whichever the slot is ready for. */
static void prvOperate( Worker_t * pxWorker, Block_t * pxBlock )
{
    if( pxBlock->pucBytes == NULL )
    {
        prvAsk( pxWorker, pxBlock );
    }
    else
    {
        prvGive( pxBlock );
    }
}
/*-----------------------------------------------------------*/

/* Puts a block where another task finds it, and takes what stood there. */
static void prvHandOver( Worker_t * pxWorker, Block_t * pxBlock )
{
    Block_t * pxPlace = &xShared[ ulRandomBetween( &pxWorker->xRandom, 0U, stormSHARED - 1U ) ];
    Block_t xTaken;

    taskENTER_CRITICAL();
    {
        xTaken = *pxPlace;
        *pxPlace = *pxBlock;
    }
    taskEXIT_CRITICAL();

    *pxBlock = xTaken;
    pxWorker->ullHandedOver++;
}
/*-----------------------------------------------------------*/

static void prvStep( Worker_t * pxWorker )
{
    const uint32_t ulDice = ulRandomNext( &pxWorker->xRandom ) >> 16;
    Block_t * pxBlock = &pxWorker->xSlots[ ulRandomBetween( &pxWorker->xRandom, 0U, stormSLOTS - 1U ) ];

    if( ( ulDice % 16U ) == 0U )
    {
        vTaskSuspendAll();
        {
            prvOperate( pxWorker, pxBlock );
        }
        ( void ) xTaskResumeAll();
        pxWorker->ullSuspended++;
    }
    else if( ( ulDice % 16U ) == 1U )
    {
        taskENTER_CRITICAL();
        {
            prvOperate( pxWorker, pxBlock );
        }
        taskEXIT_CRITICAL();
        pxWorker->ullCritical++;
    }
    else
    {
        prvOperate( pxWorker, pxBlock );
    }

    pxWorker->ullOperations++;

    if( ( ulDice % 8U ) == 2U )
    {
        prvHandOver( pxWorker, pxBlock );
    }

    if( ( ulDice % 32U ) == 3U )
    {
        vTaskDelay( 1U );
    }
}
/*-----------------------------------------------------------*/

static void vWorker( void * pvWorker )
{
    Worker_t * pxWorker = pvWorker;

    while( xStop == pdFALSE )
    {
        prvStep( pxWorker );
    }

    for( uint32_t ulSlot = 0U; ulSlot < stormSLOTS; ulSlot++ )
    {
        if( pxWorker->xSlots[ ulSlot ].pucBytes != NULL )
        {
            prvGive( &pxWorker->xSlots[ ulSlot ] );
            pxWorker->ullOperations++;
        }
    }

    pxWorker->xDone = pdTRUE;
    vTaskSuspend( NULL );
}
/*-----------------------------------------------------------*/

#define stormSUM( member )    prvSum( offsetof( Worker_t, member ) )

static uint64_t prvSum( size_t uxOffset )
{
    uint64_t ullSum = 0U;

    for( uint32_t ulWorker = 0U; ulWorker < stormWORKERS; ulWorker++ )
    {
        ullSum += *( volatile uint64_t * ) ( void * ) ( ( uint8_t * ) &xWorkers[ ulWorker ] + uxOffset );
    }

    return ullSum;
}
/*-----------------------------------------------------------*/

static void prvVerdict( size_t uxFreeAtStart )
{
    HeapStats_t xStats;

    for( uint32_t ulPlace = 0U; ulPlace < stormSHARED; ulPlace++ )
    {
        if( xShared[ ulPlace ].pucBytes != NULL )
        {
            prvGive( &xShared[ ulPlace ] );
        }
    }

    vPortGetHeapStats( &xStats );

    if( ( xStats.xAvailableHeapSpaceInBytes != uxFreeAtStart ) || ( xStats.xNumberOfFreeBlocks != 1U ) ||
        ( xStats.xNumberOfSuccessfulAllocations != xStats.xNumberOfSuccessfulFrees ) )
    {
        vFail( "%lu bytes free in %lu blocks at the end, %lu at the start", ( unsigned long ) xStats.xAvailableHeapSpaceInBytes,
               ( unsigned long ) xStats.xNumberOfFreeBlocks, ( unsigned long ) uxFreeAtStart );
    }

    for( uint32_t ulWorker = 0U; ulWorker < stormWORKERS; ulWorker++ )
    {
        if( xWorkers[ ulWorker ].ullOperations < ( ullWanted / ( stormWORKERS * 1000U ) ) )
        {
            vFail( "task %lu hardly ran: %lu operations", ( unsigned long ) ulWorker,
                   ( unsigned long ) xWorkers[ ulWorker ].ullOperations );
        }
    }

    vPrint( "summary: operations=%lu\n", ( unsigned long ) stormSUM( ullOperations ) );
    vPrint( "summary: suspended=%lu\n", ( unsigned long ) stormSUM( ullSuspended ) );
    vPrint( "summary: critical=%lu\n", ( unsigned long ) stormSUM( ullCritical ) );
    vPrint( "summary: handed_over=%lu\n", ( unsigned long ) stormSUM( ullHandedOver ) );
    vPrint( "summary: refused=%lu\n", ( unsigned long ) stormSUM( ullRefused ) );
    vPrint( "summary: ticks=%lu\n", ( unsigned long ) xTaskGetTickCount() );
    vPrint( "summary: result=ok\n" );
}
/*-----------------------------------------------------------*/

static void vDirector( void * pvUnused )
{
    size_t uxFreeAtStart;
    uint64_t ullShown = 0U;

    ( void ) pvUnused;
    vPortFree( pvPortMalloc( 1U ) );
    uxFreeAtStart = xPortGetFreeHeapSize();

    do
    {
        vTaskDelay( 20U );
        ullSeen = stormSUM( ullOperations );

        if( ( ullSeen - ullShown ) >= 10000000U )
        {
            ullShown = ullSeen;
            vPrint( "  %lu million operations\n", ( unsigned long ) ( ullSeen / 1000000U ) );
        }
    } while( ullSeen < ullWanted );

    xStop = pdTRUE;

    for( uint32_t ulWorker = 0U; ulWorker < stormWORKERS; ulWorker++ )
    {
        while( xWorkers[ ulWorker ].xDone == pdFALSE )
        {
            vTaskDelay( 20U );
        }
    }

    prvVerdict( uxFreeAtStart );
    vBoardExit( 0 );
}
/*-----------------------------------------------------------*/

static void prvCreate( Worker_t * pxWorker, TaskFunction_t pxCode, uint32_t ulNumber, UBaseType_t uxPriority )
{
    pxWorker->xRandom = xRandomFrom( ulNumber );
    pxWorker->xTask = xTaskCreateStatic( pxCode, "storm", stormSTACK_WORDS, pxWorker, uxPriority, pxWorker->xStack,
                                         &pxWorker->xControl );
}
/*-----------------------------------------------------------*/

int main( int iArguments, char * * ppcArguments )
{
    if( iArguments != 3 )
    {
        vFail( "usage: storm <operations> <seconds before it counts as hung>" );
    }

    ullWanted = strtoull( ppcArguments[ 1 ], NULL, 10 );
    vBoardStartWatchdog( ( unsigned ) strtoul( ppcArguments[ 2 ], NULL, 10 ) );

    for( uint32_t ulWorker = 0U; ulWorker < stormWORKERS; ulWorker++ )
    {
        prvCreate( &xWorkers[ ulWorker ], vWorker, ulWorker, 1U + ( ulWorker / 2U ) );
    }

    prvCreate( &xDirector, vDirector, stormWORKERS, stormDIRECTOR );
    vTaskStartScheduler();
    vFail( "the scheduler did not start" );
}
