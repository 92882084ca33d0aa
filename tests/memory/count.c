/* SPDX-License-Identifier: MIT
 *
 * Instructions of the extensions on Cortex-M3: QEMU's -icount shift=10 makes an instruction 1024 ns, and the timer counts
 * 40 ns. Whole calls, with the kernel's two functions as empty ones. What copying and clearing take is left out: memmove()
 * and memset() are empty, too, so no contents are looked at. The dearest call of a random program is what is shown.
 */
#include "FreeRTOS.h"
#include "task.h"

#include "board.h"
#include "firmheap_memory.h"
#include "print.h"

#define timerCONTROL    ( *( volatile uint32_t * ) 0x40000000UL )
#define timerVALUE      ( *( volatile uint32_t * ) 0x40000004UL )
#define timerRELOAD     ( *( volatile uint32_t * ) 0x40000008UL )

typedef uintptr_t ( * Call_t )( uintptr_t uxFirst, uintptr_t uxSecond );

#define countSLOTS    120U

static void * pvSlots[ countSLOTS ];
static uint32_t ulEmpty, ulState = 1U;

uint8_t __attribute__( ( aligned( 8 ) ) ) ucHeap[ configTOTAL_HEAP_SIZE ];

#define countNAKED    __attribute__( ( noinline, naked ) )

countNAKED void vTaskSuspendAll( void )
{
    __asm__ volatile ( "bx lr" );
}
/*-----------------------------------------------------------*/

countNAKED BaseType_t xTaskResumeAll( void )
{
    __asm__ volatile ( "bx lr" );
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

void vApplicationGetRandomHeapCanary( portPOINTER_SIZE_TYPE * pxCanary )
{
    *pxCanary = 0x5EEDCAFEU;
}
/*-----------------------------------------------------------*/

extern void * memmove( void * pvTo, const void * pvFrom, size_t xBytes );
countNAKED void * memmove( void * pvTo, const void * pvFrom, size_t xBytes )
{
    __asm__ volatile ( "bx lr" );
}
/*-----------------------------------------------------------*/

countNAKED static uintptr_t prvNothing( uintptr_t uxFirst, uintptr_t uxSecond )
{
    __asm__ volatile ( "bx lr" );
}
/*-----------------------------------------------------------*/

countNAKED static uintptr_t prvSevenNops( uintptr_t uxFirst, uintptr_t uxSecond )
{
    __asm__ volatile ( "nop\n nop\n nop\n nop\n nop\n nop\n nop\n bx lr" );
}
/*-----------------------------------------------------------*/

__attribute__( ( noinline ) ) static uint32_t prvTicks( Call_t xCall, uintptr_t uxFirst, uintptr_t uxSecond, uintptr_t * puxResult )
{
    const uint32_t ulBefore = timerVALUE;

    *puxResult = xCall( uxFirst, uxSecond );

    return ulBefore - timerVALUE;
}
/*-----------------------------------------------------------*/

/* With the caller's call and the return. */
static uint32_t prvCount( Call_t xCall, uintptr_t uxFirst, uintptr_t uxSecond, uintptr_t * puxResult )
{
    return ( ( ( prvTicks( xCall, uxFirst, uxSecond, puxResult ) * 40U ) + 512U ) / 1024U ) - ulEmpty + 2U;
}
/*-----------------------------------------------------------*/

static uint32_t prvBelow( uint32_t ulLimit )
{
    ulState ^= ulState << 13;
    ulState ^= ulState >> 17;
    ulState ^= ulState << 5;

    return ( uint32_t ) ( ( ( uint64_t ) ulState * ulLimit ) >> 32 );
}
/*-----------------------------------------------------------*/

/* The dearest call of each kind. */
static struct
{
    uint32_t ulMalloc, ulFree, ulSame, ulSmaller, ulLarger, ulOver, ulElsewhere, ulRefused, ulAligned, ulSize, ulLargest;
} xMost;

static void prvMost( uint32_t * pulMost, uint32_t ulOf )
{
    *pulMost = ( ulOf > *pulMost ) ? ulOf : *pulMost;
}
/*-----------------------------------------------------------*/

#define countCALL( x )    ( ( Call_t ) ( void * ) ( x ) )

static void prvResize( void ** ppv )
{
    const uintptr_t ux = ( uintptr_t ) *ppv;
    const size_t xBefore = xPortGetAllocationSize( *ppv );
    uintptr_t uxResult;
    const uint32_t ulOf = prvCount( countCALL( pvPortRealloc ), ux, 1U + prvBelow( 400U ), &uxResult );

    if( uxResult == 0U )
    {
        prvMost( &xMost.ulRefused, ulOf );
        return;
    }

    *ppv = ( void * ) uxResult;

    if( uxResult != ux )
    {
        /* Over the left neighbour it overlaps its old place, or ends where that began. */
        const size_t xAfter = xPortGetAllocationSize( *ppv );
        const uint32_t ulOver = ( ( uxResult < ux ) && ( uxResult + xAfter >= ux ) ) ? 1U : 0U;

        prvMost( ( ulOver != 0U ) ? &xMost.ulOver : &xMost.ulElsewhere, ulOf );
    }
    else if( xPortGetAllocationSize( *ppv ) == xBefore )
    {
        prvMost( &xMost.ulSame, ulOf );
    }
    else
    {
        prvMost( ( xPortGetAllocationSize( *ppv ) < xBefore ) ? &xMost.ulSmaller : &xMost.ulLarger, ulOf );
    }
}
/*-----------------------------------------------------------*/

static void prvProgram( uint32_t ulSteps )
{
    uintptr_t uxResult;

    for( uint32_t ul = 0; ul < ulSteps; ul++ )
    {
        void ** ppv = &pvSlots[ prvBelow( countSLOTS ) ];

        if( *ppv != NULL )
        {
            prvMost( &xMost.ulSize, prvCount( countCALL( xPortGetAllocationSize ), ( uintptr_t ) *ppv, 0U, &uxResult ) );

            if( prvBelow( 3U ) == 0U )
            {
                prvMost( &xMost.ulFree, prvCount( countCALL( vPortFree ), ( uintptr_t ) *ppv, 0U, &uxResult ) );
                *ppv = NULL;
            }
            else
            {
                prvResize( ppv );
            }
        }
        else
        {
            const uint32_t ulAligned = prvBelow( 2U );
            const uint32_t ulOf = ( ulAligned == 0U ) ? prvCount( countCALL( pvPortMalloc ), 1U + prvBelow( 400U ), 0U, &uxResult ) :
                                  prvCount( countCALL( pvPortAlignedAlloc ), 16UL << prvBelow( 5U ), 1U + prvBelow( 400U ), &uxResult );

            if( uxResult != 0U )
            {
                prvMost( ( ulAligned == 0U ) ? &xMost.ulMalloc : &xMost.ulAligned, ulOf );
            }

            *ppv = ( void * ) uxResult;
        }

        prvMost( &xMost.ulLargest, prvCount( countCALL( xPortGetLargestFreeBlockSize ), 0U, 0U, &uxResult ) );
    }
}
/*-----------------------------------------------------------*/

int main( void )
{
    uintptr_t uxUnused;

    timerRELOAD = 0xFFFFFFFFUL;
    timerVALUE = 0xFFFFFFFFUL;
    timerCONTROL = 1U;
    ulEmpty = 2U;
    ulEmpty = prvCount( prvNothing, 0U, 0U, &uxUnused );

    if( prvCount( prvSevenNops, 0U, 0U, &uxUnused ) != 9U )
    {
        vFail( "the ruler reads %u where 9 is right: run QEMU with -icount shift=10,align=off,sleep=off\n",
               ( unsigned ) prvCount( prvSevenNops, 0U, 0U, &uxUnused ) );
    }

    vPortFree( pvPortMalloc( 100U ) ); /* the first request sets the heap up */
    prvProgram( 60000U );
    vPrint( "summary: count malloc=%u free=%u same=%u smaller=%u larger=%u over=%u elsewhere=%u refused=%u aligned=%u size=%u largest=%u\n",
            ( unsigned ) xMost.ulMalloc, ( unsigned ) xMost.ulFree, ( unsigned ) xMost.ulSame, ( unsigned ) xMost.ulSmaller,
            ( unsigned ) xMost.ulLarger, ( unsigned ) xMost.ulOver, ( unsigned ) xMost.ulElsewhere, ( unsigned ) xMost.ulRefused,
            ( unsigned ) xMost.ulAligned, ( unsigned ) xMost.ulSize, ( unsigned ) xMost.ulLargest );

    return 0;
}
