/* SPDX-License-Identifier: MIT
 * Regions with capabilities beside tracking, on the host without a kernel (tests/track/kernel.c): what the main heap hands
 * out as one of the regions is entered as any block, what the others hand out is not. Configuration: tests/caps.
 */
#include <stdio.h>
#include <stdlib.h>

#include "FreeRTOS.h"
#include "task.h"

#include "firmheap_caps.h"
#include "firmheap_faults.h"
#include "firmheap_track.h"

#define CHECK( x )    do { if( !( x ) ) { vAssertFailed( __FILE__, __LINE__ ); } } while( 0 )

long lTraced;
static uint8_t ucOther[ 4096 ] __attribute__( ( aligned( 16 ) ) );
static size_t xAll;

void vAssertFailed( const char * pcFile, int iLine )
{
    printf( "FAILED: %s, line %d\n", pcFile, iLine );
    exit( 1 );
}

void vApplicationHeapFaultHook( const HeapFault_t * pxFault )
{
    printf( "fault %u\n", ( unsigned ) pxFault->ulKind );
    exit( 1 );
}

void vApplicationMallocFailedHook( void )
{
}

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

/* The owners hold what is not free, and nothing went astray. */
static void prvAgree( void )
{
    size_t xHeld = 0U, xAstray = 1U;
    HeapOwner_t xOwner;

    for( uint32_t ul = 0U; ul < ulPortHeapOwners(); ul++ )
    {
        xHeld += ( xPortHeapOwner( ul, &xOwner ) != 0U ) ? xOwner.xBytes : 0U;
    }

    vPortHeapAstray( &xAstray, NULL );
    CHECK( xAstray == 0U );
    CHECK( xHeld == ( xAll - xPortGetFreeHeapSize() ) );
}

int main( void )
{
    void * pvFirst = pvPortMalloc( 16U );
    void * pv[ 4 ];

    CHECK( pvFirst != NULL );
    vPortFree( pvFirst );
    xAll = xPortGetFreeHeapSize();
    CHECK( xPortAddHeapBetween( ucOther, ucOther + sizeof( ucOther ), capsEXTERNAL, 0U, "other" ) == pdPASS );

    for( unsigned u = 0U; u < 3U; u++ )
    {
        pv[ 0 ] = pvPortMallocWithCaps( 200U, capsINTERNAL );
        pv[ 1 ] = pvPortAlignedAllocWithCaps( 256U, 100U, capsINTERNAL );
        pv[ 2 ] = pvPortMalloc( 300U );
        pv[ 3 ] = pvPortMallocWithCaps( 500U, capsEXTERNAL );
        CHECK( ( pv[ 0 ] != NULL ) && ( pv[ 1 ] != NULL ) && ( pv[ 2 ] != NULL ) && ( pv[ 3 ] != NULL ) );
        prvAgree();
        pv[ 0 ] = pvPortReallocWithCaps( pv[ 0 ], 80U, capsINTERNAL ); /* in place */
        CHECK( pv[ 0 ] != NULL );
        prvAgree();
        pv[ 0 ] = pvPortReallocWithCaps( pv[ 0 ], 900U, capsINTERNAL );
        CHECK( pv[ 0 ] != NULL );
        prvAgree();

        for( unsigned v = 0U; v < 4U; v++ )
        {
            vPortFree( pv[ v ] );
            prvAgree();
        }
    }

    CHECK( xPortGetFreeHeapSize() == xAll );
    printf( "ok\n" );

    return 0;
}
