/* SPDX-License-Identifier: MIT
 *
 * Tasks, queues and semaphores made dynamically, from the heap, and statically, in memory of our own: what each takes of the
 * heap, before and after, and that all of it comes back when they are deleted.
 */
#include "example.h"
#include "firmheap_memory.h"
#include "queue.h"
#include "semphr.h"

#define STACK_WORDS    256U
#define ITEMS          8U

static StackType_t xTaskStack[ STACK_WORDS ];
static StaticTask_t xTaskMemory;
static StaticQueue_t xQueueMemory, xSemaphoreMemory;
static uint8_t ucQueueItems[ ITEMS * sizeof( uint32_t ) ];

/* Adds up what comes, until a zero comes; then says so and waits to be deleted. */
static void prvAdder( void * pvParameters )
{
    QueueHandle_t * pxHandles = pvParameters;
    static uint32_t ulSum;
    uint32_t ulNumber;

    ulSum = 0;

    do
    {
        CHECK( xQueueReceive( pxHandles[ 0 ], &ulNumber, portMAX_DELAY ) == pdPASS );
        ulSum += ulNumber;
    } while( ulNumber != 0U );

    CHECK( ulSum == 55U );
    CHECK( xSemaphoreGive( pxHandles[ 1 ] ) == pdPASS );
    vTaskSuspend( NULL );
}

static void prvUse( TaskHandle_t xTask, QueueHandle_t xQueue, SemaphoreHandle_t xDone )
{
    for( uint32_t ul = 10U; ul != 0U; ul-- )
    {
        CHECK( xQueueSend( xQueue, &ul, portMAX_DELAY ) == pdPASS );
    }

    const uint32_t ulEnd = 0U;

    CHECK( xQueueSend( xQueue, &ulEnd, portMAX_DELAY ) == pdPASS );
    CHECK( xSemaphoreTake( xDone, portMAX_DELAY ) == pdPASS );
    vTaskDelete( xTask );
    vQueueDelete( xQueue );
    vSemaphoreDelete( xDone );
    vTaskDelay( 2U ); /* the idle task gives the memory of a deleted task back */
}

static size_t prvShow( const char * pcWhat, size_t xBefore )
{
    const size_t xNow = xPortGetFreeHeapSize();

    vPrint( "  %s: %u bytes free, %u less\n", pcWhat, ( unsigned ) xNow, ( unsigned ) ( xBefore - xNow ) );

    return xNow;
}

static void prvDynamic( size_t xStart )
{
    static QueueHandle_t xHandles[ 2 ];
    TaskHandle_t xTask = NULL;
    size_t xBefore = xStart, xNow;

    vPrint( "dynamic, %u bytes free\n", ( unsigned ) xStart );
    xHandles[ 0 ] = xQueueCreate( ITEMS, sizeof( uint32_t ) );
    CHECK( xHandles[ 0 ] != NULL );
    xNow = prvShow( "a queue of 8 words", xBefore );
    CHECK( xBefore - xNow >= sizeof( StaticQueue_t ) + ( ITEMS * sizeof( uint32_t ) ) );
    xBefore = xNow;
    xHandles[ 1 ] = xSemaphoreCreateBinary();
    CHECK( xHandles[ 1 ] != NULL );
    xNow = prvShow( "a semaphore", xBefore );
    CHECK( xBefore - xNow >= sizeof( StaticSemaphore_t ) );
    xBefore = xNow;
    CHECK( xTaskCreate( prvAdder, "adder", STACK_WORDS, xHandles, 1U, &xTask ) == pdPASS );
    xNow = prvShow( "a task with 256 words of stack", xBefore );
    CHECK( xBefore - xNow >= sizeof( StaticTask_t ) + ( STACK_WORDS * sizeof( StackType_t ) ) );
    prvUse( xTask, xHandles[ 0 ], xHandles[ 1 ] );
}

static void prvStatic( size_t xStart )
{
    static QueueHandle_t xHandles[ 2 ];
    TaskHandle_t xTask;

    vPrint( "static, %u bytes free\n", ( unsigned ) xStart );
    xHandles[ 0 ] = xQueueCreateStatic( ITEMS, sizeof( uint32_t ), ucQueueItems, &xQueueMemory );
    xHandles[ 1 ] = xSemaphoreCreateBinaryStatic( &xSemaphoreMemory );
    xTask = xTaskCreateStatic( prvAdder, "adder", STACK_WORDS, xHandles, 1U, xTaskStack, &xTaskMemory );
    CHECK( ( xHandles[ 0 ] != NULL ) && ( xHandles[ 1 ] != NULL ) && ( xTask != NULL ) );
    CHECK( prvShow( "queue, semaphore and task", xStart ) == xStart );
    prvUse( xTask, xHandles[ 0 ], xHandles[ 1 ] );
}

void vExample( void )
{
    const size_t xStart = xPortGetFreeHeapSize();
    const size_t xLargest = xPortGetLargestFreeBlockSize();

    prvStatic( xStart );
    CHECK( xPortGetFreeHeapSize() == xStart );
    CHECK( xPortGetMinimumEverFreeHeapSize() == xStart ); /* not even for a moment */
    prvDynamic( xStart );
    CHECK( xPortGetFreeHeapSize() == xStart );
    CHECK( xPortGetLargestFreeBlockSize() == xLargest );
    CHECK( xPortGetMinimumEverFreeHeapSize() < xStart );
    vPrint( "all %u bytes are back\n", ( unsigned ) xStart );
}
