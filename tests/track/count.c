/* SPDX-License-Identifier: MIT
 *
 * Instructions of pvPortMalloc and vPortFree on Cortex-M3, without the kernel's: its functions are stand-ins that return at
 * once, but that which says who calls is as the kernel's. QEMU's -icount shift=10 makes an instruction 1024 ns, and the timer
 * counts 40 ns.
 */
#include "FreeRTOS.h"
#include "task.h"

#include "board.h"
#include "print.h"

#define timerCONTROL    ( *( volatile uint32_t * ) 0x40000000UL )
#define timerVALUE      ( *( volatile uint32_t * ) 0x40000004UL )
#define timerRELOAD     ( *( volatile uint32_t * ) 0x40000008UL )

typedef uintptr_t ( * Call_t )( uintptr_t uxArgument );

static uint32_t ulEmpty;
static uintptr_t uxTasks[ 2 ][ 32 ]; /* control blocks, as far as anybody looks at them */
void * volatile pxNow;
static void * pvKept[ 2 ];

__attribute__( ( noinline, naked ) ) void vTaskSuspendAll( void )
{
    __asm__ volatile ( "bx lr" );
}
/*-----------------------------------------------------------*/

__attribute__( ( noinline, naked ) ) BaseType_t xTaskResumeAll( void )
{
    __asm__ volatile ( "bx lr" );
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

__attribute__( ( noinline, naked ) ) static uintptr_t prvNothing( uintptr_t ux )
{
    __asm__ volatile ( "bx lr" );
}
/*-----------------------------------------------------------*/

__attribute__( ( noinline, naked ) ) static uintptr_t prvSevenNops( uintptr_t ux )
{
    __asm__ volatile ( "nop\n nop\n nop\n nop\n nop\n nop\n nop\n bx lr" );
}
/*-----------------------------------------------------------*/

__attribute__( ( noinline ) ) static uint32_t prvTicks( Call_t xCall, uintptr_t ux, uintptr_t * puxResult )
{
    const uint32_t ulBefore = timerVALUE;

    *puxResult = xCall( ux );

    return ulBefore - timerVALUE;
}
/*-----------------------------------------------------------*/

/* With the caller's call and the return. */
static uint32_t prvCount( Call_t xCall, uintptr_t ux, uintptr_t * puxResult )
{
    return ( ( ( prvTicks( xCall, ux, puxResult ) * 40U ) + 512U ) / 1024U ) - ulEmpty + 2U;
}
/*-----------------------------------------------------------*/

/* The same requests and frees in every build: whatever is held, and in which order it goes, the way through the heap is the
 * same, and what differs is the tracker's. */
int main( void )
{
    uintptr_t uxBlocks[ 40 ], uxUnused;
    uint32_t ulMalloc = 0U, ulMallocSum = 0U, ulFree = 0U, ulFreeSum = 0U, ulChange;

    timerRELOAD = 0xFFFFFFFFUL;
    timerVALUE = 0xFFFFFFFFUL;
    timerCONTROL = 1U;
    ulEmpty = 2U;
    ulEmpty = prvCount( prvNothing, 0U, &uxUnused );

    if( prvCount( prvSevenNops, 0U, &uxUnused ) != 9U )
    {
        vFail( "the ruler is wrong: run QEMU with -icount shift=10,align=off,sleep=off\n" );
    }

    /* Both tasks are met, and the second again, so that only its row has to be found. */
    for( uint32_t ul = 0U; ul < 4U; ul++ )
    {
        pxNow = uxTasks[ ul % 2U ];
        vPortFree( pvPortMalloc( 40U ) );
    }

    pxNow = uxTasks[ 0 ];
    ulChange = prvCount( ( Call_t ) ( void * ) pvPortMalloc, 40U, &uxUnused );
    vPortFree( ( void * ) uxUnused );
    pxNow = uxTasks[ 0 ];
    ulChange -= prvCount( ( Call_t ) ( void * ) pvPortMalloc, 40U, &uxUnused );
    vPortFree( ( void * ) uxUnused );

    for( uint32_t ulRound = 0U; ulRound < 3U; ulRound++ )
    {
        for( uint32_t ul = 0U; ul < 40U; ul++ )
        {
            const uint32_t ulOf = prvCount( ( Call_t ) ( void * ) pvPortMalloc, 24U + ( ( ul % 7U ) * 24U ), &uxBlocks[ ul ] );

            if( uxBlocks[ ul ] == 0U )
            {
                vFail( "no block\n" );
            }

            ulMalloc = ( ulOf > ulMalloc ) ? ulOf : ulMalloc;
            ulMallocSum += ulOf;
        }

        for( uint32_t ul = 0U; ul < 40U; ul++ )
        {
            const uint32_t ulOf = prvCount( ( Call_t ) ( void * ) vPortFree, uxBlocks[ ( ul * 7U ) % 40U ], &uxUnused );

            ulFree = ( ulOf > ulFree ) ? ulOf : ulFree;
            ulFreeSum += ulOf;
        }
    }

    vPrint( "summary: count malloc=%u malloc_tenths=%u free=%u free_tenths=%u change=%u\n", ( unsigned ) ulMalloc,
            ( unsigned ) ( ulMallocSum / 12U ), ( unsigned ) ulFree, ( unsigned ) ( ulFreeSum / 12U ), ( unsigned ) ulChange );

    return 0;
}
