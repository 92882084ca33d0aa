/* SPDX-License-Identifier: MIT
 *
 * An interrupt handler frees what a task allocated: a driver whose transmission has ended gives the packet back. The scheduler's
 * lock does not let a handler into the heap, so vPortFreeFromISR() leaves the work to the next heap call of a task.
 * FreeRTOSConfig.h says FIRMHEAP_FREE_FROM_ISR 1. On the host the handler is called by a task, in a critical section.
 */
#include <string.h>

#include "example.h"
#include "firmheap_faults.h"
#include "firmheap_isr.h"

#define PACKETS    100U

static uint8_t * volatile pucSending; /* NULL: the line is free */
static uint32_t ulSent;

/* The end of a transmission. */
static void prvSentInterrupt( void )
{
    uint8_t * pucPacket = pucSending;

    if( pucPacket != NULL )
    {
        CHECK( ( pucPacket[ 0 ] == ( uint8_t ) ulSent ) && ( pucPacket[ 99 ] == ( uint8_t ) ulSent ) );
        pucSending = NULL;
        ulSent++;
        vPortFreeFromISR( pucPacket );
    }
}
/*-----------------------------------------------------------*/

/* Calls what a handler would call. */
static void prvInHandler( void ( * pxHandler )( void * ),
                          void * pv )
{
    taskENTER_CRITICAL();
    pxHandler( pv );
    taskEXIT_CRITICAL();
}
/*-----------------------------------------------------------*/

static void prvWaitForLine( void )
{
    while( pucSending != NULL )
    {
        #if ( configUSE_TICK_HOOK == 0 )
            taskENTER_CRITICAL();
            prvSentInterrupt();
            taskEXIT_CRITICAL();
        #endif
        vTaskDelay( 1U );
    }
}
/*-----------------------------------------------------------*/

static void prvSend( uint32_t ulNumber )
{
    uint8_t * pucPacket = pvPortMalloc( 100U );

    CHECK( pucPacket != NULL );
    memset( pucPacket, ( int ) ( ulNumber & 0xFFU ), 100U );
    prvWaitForLine();
    pucSending = pucPacket;
}
/*-----------------------------------------------------------*/

/* In use until a task's call, and never lost. */
static void prvFigures( size_t xBefore )
{
    void * pv[ 5 ];

    for( size_t x = 0; x < 5U; x++ )
    {
        pv[ x ] = pvPortMalloc( 50U );
    }

    const size_t xHeld = xPortGetFreeHeapSize();

    for( size_t x = 0; x < 5U; x++ )
    {
        prvInHandler( vPortFreeFromISR, pv[ x ] );
    }

    CHECK( xPortGetPendingFrees() == 5U );
    CHECK( xPortGetFreeHeapSize() == xHeld );
    CHECK( xPortHeapCheck() == pdPASS );
    vPortFree( NULL ); /* any call frees two */
    CHECK( xPortGetPendingFrees() == 3U );
    vPortFree( pvPortMalloc( 10U ) );
    CHECK( xPortGetPendingFrees() == 0U );
    CHECK( xPortGetFreeHeapSize() == xBefore );

    for( size_t x = 0; x < 5U; x++ )
    {
        pv[ x ] = pvPortMalloc( 1U + x ); /* smaller than the links of the list */
        memset( pv[ x ], 0x5A, 1U + x );
    }

    for( size_t x = 0; x < 5U; x++ )
    {
        prvInHandler( vPortFreeFromISR, pv[ x ] );
    }

    CHECK( xPortHeapCheck() == pdPASS );
    CHECK( xPortFreePending() == 5U ); /* the idle hook's call */
    CHECK( xPortFreePending() == 0U );
    CHECK( xPortGetFreeHeapSize() == xBefore );
}
/*-----------------------------------------------------------*/

/* A request that needs what waits gets it. */
static void prvShortage( size_t xBefore )
{
    void * pvMost[ 64 ];
    size_t xCount = 0;

    while( ( xCount < 64U ) && ( ( pvMost[ xCount ] = pvPortMalloc( xBefore / 40U ) ) != NULL ) )
    {
        xCount++;
    }

    CHECK( ( xCount > 20U ) && ( xCount < 64U ) );

    for( size_t x = 0; x < xCount; x++ )
    {
        prvInHandler( vPortFreeFromISR, pvMost[ x ] );
    }

    void * pv = pvPortMalloc( xBefore / 2U );

    CHECK( pv != NULL );
    CHECK( xPortGetPendingFrees() == 0U );
    vPortFree( pv );
    CHECK( xPortGetFreeHeapSize() == xBefore );
}
/*-----------------------------------------------------------*/

static void prvBugs( size_t xBefore )
{
    uint32_t * pul = pvPortMalloc( 40U );
    uint32_t * pulSecond = pvPortMalloc( 40U );
    static uint32_t ulLocal[ 8 ]; /* a task's stack would be the heap's */

    prvInHandler( vPortFreeFromISR, NULL );
    CHECK_FAULT( FIRMHEAP_FAULT_FOREIGN_POINTER, prvInHandler( vPortFreeFromISR, &ulLocal[ 2 ] ) );
    CHECK( ( ulLocal[ 2 ] == 0U ) && ( ulLocal[ 3 ] == 0U ) );
    CHECK_FAULT( FIRMHEAP_FAULT_FOREIGN_POINTER, prvInHandler( vPortFreeFromISR, ( uint8_t * ) pul + 4 ) );
    CHECK( xPortGetPendingFrees() == 0U );

    prvInHandler( vPortFreeFromISR, pulSecond );
    prvInHandler( vPortFreeFromISR, pul );
    CHECK_FAULT( FIRMHEAP_FAULT_DOUBLE_FREE, prvInHandler( vPortFreeFromISR, pulSecond ) );

    /* Written to while it waits: the way to the other block is gone, and is not followed. Both are known to the heap. */
    pul[ 0 ] = 0x12345678UL;
    CHECK_FAULT( FIRMHEAP_FAULT_WRITTEN_AFTER_FREE, ( void ) xPortFreePending() );
    CHECK( xPortHeapCheck() == pdPASS );
    CHECK( xPortGetPendingFrees() == 0U );
    CHECK( xPortHeapCheckBlock( pulSecond ) == pdPASS ); /* still in use: it can be given back again */
    prvInHandler( vPortFreeFromISR, pulSecond );
    CHECK( xPortFreePending() == 1U );
    CHECK( xPortGetFreeHeapSize() == xBefore );
}
/*-----------------------------------------------------------*/

void vExample( void )
{
    const size_t xBefore = xPortGetFreeHeapSize();

    prvFigures( xBefore );
    prvShortage( xBefore );
    prvBugs( xBefore );

    #if ( configUSE_TICK_HOOK == 1 )
        pxExampleTick = prvSentInterrupt;
    #endif

    for( uint32_t ul = 0; ul < PACKETS; ul++ )
    {
        prvSend( ul );
    }

    prvWaitForLine();
    pxExampleTick = NULL;
    ( void ) xPortFreePending();
    CHECK( ulSent == PACKETS );
    CHECK( xPortGetFreeHeapSize() == xBefore );
    CHECK( xPortHeapCheck() == pdPASS );
    vPrint( "%u packets freed by the handler, nothing lost\n", ( unsigned ) ulSent );
}
