/* SPDX-License-Identifier: MIT
 *
 * Instructions of pvPortMalloc and vPortFree on each CPU, without the kernel's: its functions are stand-ins that return at
 * once, but that which says who calls is as the kernel's.
 */
#include "FreeRTOS.h"
#include "task.h"

#include "board.h"
#include "print.h"
#include "ruler.h"

#ifdef countTRACES
    #include "firmheap_trace.h"
#endif

static uintptr_t uxTasks[ 2 ][ 32 ]; /* control blocks, as far as anybody looks at them */
void * volatile pxNow;
static void * pvKept[ 2 ];

__attribute__( ( noinline, naked ) ) void vTaskSuspendAll( void )
{
    __asm__ volatile ( rulerRETURN );
}
/*-----------------------------------------------------------*/

__attribute__( ( noinline, naked ) ) BaseType_t xTaskResumeAll( void )
{
    __asm__ volatile ( rulerRETURN );
}
/*-----------------------------------------------------------*/

__attribute__( ( noinline ) ) TaskHandle_t xTaskGetCurrentTaskHandle( void )
{
    return ( TaskHandle_t ) pxNow;
}
/*-----------------------------------------------------------*/

BaseType_t xTaskGetSchedulerState( void )
{
    return taskSCHEDULER_RUNNING;
}
/*-----------------------------------------------------------*/

char * pcTaskGetName( TaskHandle_t xTask )
{
    ( void ) xTask;

    return "count";
}
/*-----------------------------------------------------------*/

TickType_t xTaskGetTickCount( void )
{
    return 0U;
}
/*-----------------------------------------------------------*/

UBaseType_t uxTaskPriorityGet( const TaskHandle_t xTask )
{
    ( void ) xTask;

    return 1U;
}
/*-----------------------------------------------------------*/

void * pvTaskGetThreadLocalStoragePointer( TaskHandle_t xTask, BaseType_t xIndex )
{
    ( void ) xIndex;

    return pvKept[ ( xTask == ( TaskHandle_t ) uxTasks[ 0 ] ) ? 0 : 1 ];
}
/*-----------------------------------------------------------*/

void vTaskSetThreadLocalStoragePointer( TaskHandle_t xTask, BaseType_t xIndex, void * pv )
{
    ( void ) xIndex;
    pvKept[ ( xTask == ( TaskHandle_t ) uxTasks[ 0 ] ) ? 0 : 1 ] = pv;
}
/*-----------------------------------------------------------*/

void vPortEnterCritical( void )
{
}
/*-----------------------------------------------------------*/

void vPortExitCritical( void )
{
}
/*-----------------------------------------------------------*/

#ifdef countTRACES
    static void prvTake( const void * pvBytes, size_t xBytes, void * pvSum )
    {
        ( void ) pvBytes;
        *( size_t * ) pvSum += xBytes;
    }
#endif
/*-----------------------------------------------------------*/

/* The same requests and frees in every build: whatever is held, and in which order it goes, the way through the heap is the
 * same, and what differs is the tracker's. */
int main( void )
{
    uintptr_t uxBlocks[ 40 ], uxUnused;
    uint32_t ulMalloc = 0U, ulMallocSum = 0U, ulFree = 0U, ulFreeSum = 0U, ulChange;

    vRulerStart();

    #ifdef countTRACES
        uint8_t ucRing[ 8192 ]; /* here, so that it is no part of the image's size */

        ( void ) xPortHeapTraceStart( ucRing, sizeof( ucRing ) );
    #endif

    /* Both tasks are met, and the second again, so that only its row has to be found. */
    for( uint32_t ul = 0U; ul < 4U; ul++ )
    {
        pxNow = uxTasks[ ul % 2U ];
        vPortFree( pvPortMalloc( 40U ) );
    }

    pxNow = uxTasks[ 0 ];
    ulChange = ulRulerCount( ( RulerCall_t ) ( void * ) pvPortMalloc, 40U, &uxUnused );
    vPortFree( ( void * ) uxUnused );
    pxNow = uxTasks[ 0 ];
    ulChange -= ulRulerCount( ( RulerCall_t ) ( void * ) pvPortMalloc, 40U, &uxUnused );
    vPortFree( ( void * ) uxUnused );

    for( uint32_t ulRound = 0U; ulRound < 3U; ulRound++ )
    {
        for( uint32_t ul = 0U; ul < 40U; ul++ )
        {
            const uint32_t ulOf = ulRulerCount( ( RulerCall_t ) ( void * ) pvPortMalloc, 24U + ( ( ul % 7U ) * 24U ), &uxBlocks[ ul ] );

            if( uxBlocks[ ul ] == 0U )
            {
                vFail( "no block\n" );
            }

            ulMalloc = ( ulOf > ulMalloc ) ? ulOf : ulMalloc;
            ulMallocSum += ulOf;
        }

        for( uint32_t ul = 0U; ul < 40U; ul++ )
        {
            const uint32_t ulOf = ulRulerCount( ( RulerCall_t ) ( void * ) vPortFree, uxBlocks[ ( ul * 7U ) % 40U ], &uxUnused );

            ulFree = ( ulOf > ulFree ) ? ulOf : ulFree;
            ulFreeSum += ulOf;
        }
    }

    #ifdef countTRACES
        uint32_t ulRecorded;
        size_t xBytes = 0U;

        if( ( ulPortHeapTraceLost( &ulRecorded ) != 0U ) || ( ulRecorded < 240U ) || ( xPortHeapTraceDrain( prvTake, &xBytes ) != xBytes ) )
        {
            vFail( "the trace did not run all the time" );
        }
    #endif

    vPrint( "summary: count malloc=%u malloc_tenths=%u free=%u free_tenths=%u change=%u\n", ( unsigned ) ulMalloc,
            ( unsigned ) ( ulMallocSum / 12U ), ( unsigned ) ulFree, ( unsigned ) ( ulFreeSum / 12U ), ( unsigned ) ulChange );

    return 0;
}
