/* SPDX-License-Identifier: MIT
 *
 * Instructions of allocate and free on Cortex-M3: QEMU's -icount shift=10 makes an instruction 1024 ns, and the timer
 * counts 40 ns. The kernel is not here: what it would do for a critical section are two functions that return at once.
 */
#include "FreeRTOS.h"
#include "queue.h"

#include "board.h"
#include "firmheap_pool.h"
#include "print.h"

#define timerCONTROL    ( *( volatile uint32_t * ) 0x40000000UL )
#define timerVALUE      ( *( volatile uint32_t * ) 0x40000004UL )
#define timerRELOAD     ( *( volatile uint32_t * ) 0x40000008UL )

/* Two calls, two returns, in place of each critical section. */
#define countCRITICAL   4U

extern void * pvFirmheapPoolTake( Pool_t * pxPool );
extern uint32_t ulFirmheapPoolGive( Pool_t * pxPool, void * pv );

typedef uintptr_t ( * Call_t )( Pool_t * px, void * pv );

poolDEFINE_STATIC( xPool, 64U, 10U, 8U );
static uint32_t ulEmpty;

__attribute__( ( noinline, naked ) ) void vPortEnterCritical( void )
{
    __asm__ volatile ( "bx lr" );
}
/*-----------------------------------------------------------*/

__attribute__( ( noinline, naked ) ) void vPortExitCritical( void )
{
    __asm__ volatile ( "bx lr" );
}
/*-----------------------------------------------------------*/

__attribute__( ( noinline, naked ) ) static uintptr_t prvNothing( Pool_t * px, void * pv )
{
    __asm__ volatile ( "bx lr" );
}
/*-----------------------------------------------------------*/

__attribute__( ( noinline, naked ) ) static uintptr_t prvSevenNops( Pool_t * px, void * pv )
{
    __asm__ volatile ( "nop\n nop\n nop\n nop\n nop\n nop\n nop\n bx lr" );
}
/*-----------------------------------------------------------*/

/* Never reached: no task waits. */
BaseType_t xQueueGenericSend( QueueHandle_t xQueue, const void * const pvItem, TickType_t xTicks, const BaseType_t xCopy )
{
    ( void ) xQueue;
    ( void ) pvItem;
    ( void ) xTicks;
    ( void ) xCopy;
    vBoardExit( 9 );
}
/*-----------------------------------------------------------*/

void vStormFailed( const char * pcFile, int iLine )
{
    vFail( "assertion, %s line %u\n", pcFile, ( unsigned ) iLine );
}
/*-----------------------------------------------------------*/

__attribute__( ( noinline ) ) static uint32_t prvTicks( Call_t xCall, Pool_t * px, void * pv, uintptr_t * puxResult )
{
    const uint32_t ulBefore = timerVALUE;

    *puxResult = xCall( px, pv );

    return ulBefore - timerVALUE;
}
/*-----------------------------------------------------------*/

/* With the caller's call and the return. */
static uint32_t prvCount( Call_t xCall, void * pv, uintptr_t * puxResult )
{
    return ( ( ( prvTicks( xCall, &xPool, pv, puxResult ) * 40U ) + 512U ) / 1024U ) - ulEmpty + 2U;
}
/*-----------------------------------------------------------*/

static void prvShow( const char * pcName, Call_t xTake, Call_t xGive, uint32_t ulCritical )
{
    uint32_t ulFresh = 0, ulAgain = 0, ulFree = 0, ulNone, ulOf;
    uintptr_t uxBlocks[ 11 ], uxResult;

    xPool.ulFresh = 0U;
    xPool.ulFirst = 0U;

    for( uint32_t ulRound = 0; ulRound < 2U; ulRound++ )
    {
        for( uint32_t ul = 0; ul < 10U; ul++ )
        {
            ulOf = prvCount( xTake, NULL, &uxBlocks[ ul ] ) - ulCritical;

            if( uxBlocks[ ul ] == 0U )
            {
                vFail( "no block\n" );
            }

            ulFresh = ( ( ulRound == 0U ) && ( ulOf > ulFresh ) ) ? ulOf : ulFresh;
            ulAgain = ( ( ulRound == 1U ) && ( ulOf > ulAgain ) ) ? ulOf : ulAgain;
        }

        ulNone = prvCount( xTake, NULL, &uxResult ) - ulCritical;

        if( uxResult != 0U )
        {
            vFail( "an eleventh block\n" );
        }

        for( uint32_t ul = 0; ul < 10U; ul++ )
        {
            ulOf = prvCount( xGive, ( void * ) uxBlocks[ ul ], &uxResult ) - ulCritical;
            ulFree = ( ulOf > ulFree ) ? ulOf : ulFree;
        }
    }

    if( xPoolGetUsed( &xPool ) != 0U )
    {
        vFail( "not all was freed\n" );
    }

    vPrint( "summary: %s allocate=%u first=%u none=%u free=%u\n", pcName, ( unsigned ) ulAgain, ( unsigned ) ulFresh,
            ( unsigned ) ulNone, ( unsigned ) ulFree );
}
/*-----------------------------------------------------------*/

int main( void )
{
    uintptr_t uxUnused;

    timerRELOAD = 0xFFFFFFFFUL;
    timerVALUE = 0xFFFFFFFFUL;
    timerCONTROL = 1U;
    ulEmpty = 2U;
    ulEmpty = prvCount( prvNothing, NULL, &uxUnused );

    if( prvCount( prvSevenNops, NULL, &uxUnused ) != 9U )
    {
        vFail( "the ruler reads %u where 9 is right: run QEMU with -icount shift=10,align=off,sleep=off\n",
               ( unsigned ) prvCount( prvSevenNops, NULL, &uxUnused ) );
    }

    prvShow( "core", ( Call_t ) ( void * ) pvFirmheapPoolTake, ( Call_t ) ( void * ) ulFirmheapPoolGive, 0U );
    prvShow( "call", ( Call_t ) ( void * ) pvPoolAllocate, ( Call_t ) ( void * ) xPoolFree, countCRITICAL );

    return 0;
}
