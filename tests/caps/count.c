/* SPDX-License-Identifier: MIT
 *
 * Instructions of regions with capabilities on Cortex-M3: QEMU's -icount shift=10 makes an instruction 1024 ns, and the timer
 * counts 40 ns. The kernel is not here: the lock is two functions that return at once.
 */
#include "FreeRTOS.h"
#include "task.h"

#include "board.h"
#include "firmheap_caps.h"
#include "print.h"

#define timerCONTROL    ( *( volatile uint32_t * ) 0x40000000UL )
#define timerVALUE      ( *( volatile uint32_t * ) 0x40000004UL )
#define timerRELOAD     ( *( volatile uint32_t * ) 0x40000008UL )

typedef void * ( * Call_t )( uint32_t ulOne, uint32_t ulTwo );

static uint64_t ullOne[ 512 ], ullTwo[ 512 ], ullThree[ 512 ];

void vTaskSuspendAll( void )
{
}

BaseType_t xTaskResumeAll( void )
{
    return pdFALSE;
}

void vPortEnterCritical( void )
{
}

void vPortExitCritical( void )
{
}

__attribute__( ( noinline, naked ) ) static void * prvNothing( uint32_t ulOne, uint32_t ulTwo )
{
    __asm__ volatile ( "bx lr" );
}

__attribute__( ( noinline ) ) static uint32_t prvTicks( Call_t xCall, uint32_t ulOne, uint32_t ulTwo, void ** ppvResult )
{
    const uint32_t ulBefore = timerVALUE;

    *ppvResult = xCall( ulOne, ulTwo );

    return ulBefore - timerVALUE;
}

static uint32_t prvCount( Call_t xCall, uint32_t ulOne, uint32_t ulTwo, void ** ppvResult )
{
    void * pvUnused;
    const uint32_t ulEmpty = prvTicks( prvNothing, 0, 0, &pvUnused );
    const uint32_t ulTicks = prvTicks( xCall, ulOne, ulTwo, ppvResult );

    /* 1024 / 40 ticks for each instruction; the empty call's one is counted again. */
    return ( ( ( ulTicks - ulEmpty ) * 40U ) + 512U ) / 1024U + 1U;
}

#define COUNT( xFunction, one, two )    prvCount( ( Call_t ) ( uintptr_t ) ( xFunction ), ( uint32_t ) ( one ), ( uint32_t ) ( two ), &pv )

/* A block in use on either side, so that nothing merges. */
static void prvRegion( const char * pcName, uint32_t ulCaps )
{
    uint32_t ulTake, ulGive;
    void * pvBefore, * pv, * pvBlock, * pvBehind;

    pvBefore = pvPortMallocWithCaps( 40, ulCaps );
    ulTake = COUNT( pvPortMallocWithCaps, 40, ulCaps );
    pvBlock = pv;
    pvBehind = pvPortMallocWithCaps( 40, ulCaps );
    ulGive = COUNT( vPortFree, pvBlock, 0 );

    if( ( pvBlock == NULL ) || ( pvBehind == NULL ) )
    {
        vFail( "no block in %s\n", pcName );
    }

    vPortFree( pvBefore );
    vPortFree( pvBehind );
    vPrint( "summary: %s allocate=%u free=%u\n", pcName, ( unsigned ) ulTake, ( unsigned ) ulGive );
}

int main( void )
{
    timerRELOAD = 0xFFFFFFFFU;
    timerVALUE = 0xFFFFFFFFU;
    timerCONTROL = 1U;

    if( ( xPortAddHeapBetween( ullOne, &ullOne[ 512 ], capsUSER( 0 ), 9, "first" ) != pdPASS ) ||
        ( xPortAddHeapBetween( ullTwo, &ullTwo[ 512 ], capsUSER( 1 ), 8, "second" ) != pdPASS ) ||
        ( xPortAddHeapBetween( ullThree, &ullThree[ 512 ], capsUSER( 2 ), 7, "third" ) != pdPASS ) )
    {
        vFail( "no regions\n" );
    }

    prvRegion( "first", capsUSER( 0 ) );
    prvRegion( "second", capsUSER( 1 ) );
    prvRegion( "third", capsUSER( 2 ) );
    prvRegion( "main", capsSTACK );
    vBoardExit( 0 );
}
