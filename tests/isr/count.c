/* SPDX-License-Identifier: MIT
 *
 * Instructions on Cortex-M3 of rings, and of heap calls that have to do with interrupts: QEMU's -icount shift=10 makes an
 * instruction 1024 ns, and the timer counts 40 ns. The kernel is not here: what it would do for a lock returns at once.
 */
#include "FreeRTOS.h"
#include "task.h"

#include "board.h"
#include "firmheap_isr.h"
#include "firmheap_ring.h"
#include "print.h"
#include "storm.h"

#define countROUNDS    2000U
#define countBYTES     512

ringDEFINE_STATIC( xRing, countBYTES );

typedef uintptr_t ( * Call_t )( void * pvFirst, uintptr_t uxSecond, uintptr_t uxThird );

static uint32_t ulEmpty, ulState = 99U;

#define countRETURNS_AT_ONCE( xReturns, xName )                            \
    __attribute__( ( noinline, naked ) ) xReturns xName( void )            \
    {                                                                      \
        __asm__ volatile ( "bx lr" );                                      \
    }

countRETURNS_AT_ONCE( void, vPortEnterCritical )
countRETURNS_AT_ONCE( void, vPortExitCritical )
countRETURNS_AT_ONCE( void, vTaskSuspendAll )
countRETURNS_AT_ONCE( BaseType_t, xTaskResumeAll )

void vStormFailed( const char * pcFile, int iLine )
{
    vFail( "assertion, %s line %u\n", pcFile, ( unsigned ) iLine );
}
/*-----------------------------------------------------------*/

__attribute__( ( noinline, naked ) ) static uintptr_t prvNothing( void * pv, uintptr_t ux, uintptr_t uxThird )
{
    __asm__ volatile ( "bx lr" );
}
/*-----------------------------------------------------------*/

__attribute__( ( noinline, naked ) ) static uintptr_t prvSevenNops( void * pv, uintptr_t ux, uintptr_t uxThird )
{
    __asm__ volatile ( "nop\n nop\n nop\n nop\n nop\n nop\n nop\n bx lr" );
}
/*-----------------------------------------------------------*/

__attribute__( ( noinline ) ) static uint32_t prvTicks( Call_t xCall, void * pv, uintptr_t ux, uintptr_t uxThird, uintptr_t * puxResult )
{
    const uint32_t ulBefore = timerVALUE;

    *puxResult = xCall( pv, ux, uxThird );

    return ulBefore - timerVALUE;
}
/*-----------------------------------------------------------*/

/* With the caller's call and the return; the most goes to *pulMost. */
static uintptr_t prvCount( uint32_t * pulMost, Call_t xCall, void * pv, uintptr_t ux, uintptr_t uxThird )
{
    uintptr_t uxResult;
    const uint32_t ulOf = ( ( ( prvTicks( xCall, pv, ux, uxThird, &uxResult ) * 40U ) + 512U ) / 1024U ) - ulEmpty + 2U;

    *pulMost = ( ulOf > *pulMost ) ? ulOf : *pulMost;

    return uxResult;
}
/*-----------------------------------------------------------*/

#define countCALL( xFunction )    ( ( Call_t ) ( void * ) ( xFunction ) )

static void prvRings( void )
{
    uint32_t ulReserve = 0, ulCommit = 0, ulPeek = 0, ulRelease = 0, ulRefuse = 0, ulMade = 0;
    size_t xBytes;

    for( uint32_t ul = 0; ul < countROUNDS; ul++ )
    {
        const uint32_t ulAny = ulRandom( &ulState );
        const uint32_t ulBytes = 1U + ( ( ulAny >> 8 ) % ringMESSAGE_MAX( countBYTES ) );
        void * pv;

        if( ( ulAny & 1U ) != 0U )
        {
            pv = ( void * ) prvCount( &ulReserve, countCALL( pvRingReserve ), &xRing, ulBytes, 0U );

            if( pv != NULL )
            {
                ulMade++;

                if( prvCount( &ulCommit, countCALL( xRingCommit ), &xRing, ( uintptr_t ) pv, ulBytes ) != 1U )
                {
                    vFail( "a commit was refused\n" );
                }
            }
        }
        else
        {
            pv = ( void * ) prvCount( &ulPeek, countCALL( pvRingPeek ), &xRing, ( uintptr_t ) &xBytes, 0U );

            if( ( pv != NULL ) && ( prvCount( &ulRelease, countCALL( xRingRelease ), &xRing, ( uintptr_t ) pv, 0U ) != 1U ) )
            {
                vFail( "a release was refused\n" );
            }
        }
    }

    ( void ) prvCount( &ulRefuse, countCALL( pvRingReserve ), &xRing, countBYTES, 0U );
    vPrint( "summary: ring reserve=%u refuse=%u commit=%u peek=%u release=%u messages=%u\n", ( unsigned ) ulReserve,
            ( unsigned ) ulRefuse, ( unsigned ) ulCommit, ( unsigned ) ulPeek, ( unsigned ) ulRelease, ( unsigned ) ulMade );
}
/*-----------------------------------------------------------*/

static void prvHeap( void )
{
    uint32_t ulMalloc = 0, ulFree = 0, ulGive = 0, ulDrain = 0;
    uintptr_t uxHeld[ 12 ];

    vPortFree( pvPortMalloc( 20U ) ); /* the heap is there */

    for( uint32_t ulRound = 0; ulRound < countROUNDS; ulRound++ )
    {
        for( uint32_t ul = 0; ul < 12U; ul++ )
        {
            uxHeld[ ul ] = prvCount( &ulMalloc, countCALL( pvPortMalloc ), ( void * ) ( uintptr_t ) ( 5U + ( ulRandom( &ulState ) % 300U ) ), 0U, 0U );

            if( uxHeld[ ul ] == 0U )
            {
                vFail( "no memory\n" );
            }
        }

        for( uint32_t ul = 0; ul < 10U; ul++ )
        {
            const uint32_t ulNth = ulRandom( &ulState ) % 12U;

            ( void ) prvCount( &ulFree, countCALL( vPortFree ), ( void * ) uxHeld[ ulNth ], 0U, 0U );
            uxHeld[ ulNth ] = ( uintptr_t ) pvPortMalloc( 5U + ( ulRandom( &ulState ) % 300U ) );
        }

        for( uint32_t ul = 0; ul < 12U; ul += 2U )
        {
            ( void ) prvCount( &ulGive, countCALL( vPortFreeFromISR ), ( void * ) uxHeld[ ul ], 0U, 0U );
            ( void ) prvCount( &ulGive, countCALL( vPortFreeFromISR ), ( void * ) uxHeld[ ul + 1U ], 0U, 0U );
            ( void ) prvCount( &ulDrain, countCALL( vPortFree ), NULL, 0U, 0U );
        }

        if( xPortGetPendingFrees() != 0U )
        {
            vFail( "%u blocks wait\n", ( unsigned ) xPortGetPendingFrees() );
        }
    }

    vPrint( "summary: heap malloc=%u free=%u free_from_isr=%u drain_two=%u\n", ( unsigned ) ulMalloc, ( unsigned ) ulFree,
            ( unsigned ) ulGive, ( unsigned ) ulDrain );
}
/*-----------------------------------------------------------*/

void vTimerHandler( void )
{
}
/*-----------------------------------------------------------*/

int main( void )
{
    uint32_t ulRuler = 0;

    timerRELOAD = 0xFFFFFFFFUL;
    timerVALUE = 0xFFFFFFFFUL;
    timerCONTROL = 1U;
    ulEmpty = 2U;
    ( void ) prvCount( &ulRuler, prvNothing, NULL, 0U, 0U );
    ulEmpty = ulRuler;
    ulRuler = 0;
    ( void ) prvCount( &ulRuler, prvSevenNops, NULL, 0U, 0U );

    if( ulRuler != 9U )
    {
        vFail( "the ruler reads %u where 9 is right: run QEMU with -icount shift=10,align=off,sleep=off\n", ( unsigned ) ulRuler );
    }

    prvRings();
    prvHeap();

    return 0;
}
