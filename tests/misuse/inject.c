/* SPDX-License-Identifier: MIT
 *
 * Failures on demand, each way of asking for them: which of the requests fail is counted. With a kernel that is not
 * there. Ends with status 0 if all is as it says in firmheap_faults.h.
 */
#include <stdio.h>
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#include "firmheap_faults.h"

static int iTaskA, iTaskB;
static int * piNow = &iTaskA;
static int iWrong;
static long lSuspended;

void vTaskSuspendAll( void )
{
    lSuspended++;
}

BaseType_t xTaskResumeAll( void )
{
    lSuspended--;

    return pdFALSE;
}

TaskHandle_t xTaskGetCurrentTaskHandle( void )
{
    return ( TaskHandle_t ) piNow;
}

void vPortEnterCritical( void )
{
}

void vPortExitCritical( void )
{
}

void vMisuseAsserted( void )
{
    iWrong++;
}

/* "1" for served, "0" for refused, for as many requests as the text has digits; it must come out the same. */
static void prvExpect( const char * pcWhat,
                       size_t xBytes,
                       const char * pcServed )
{
    char ac[ 16 ] = { 0 };

    for( size_t x = 0; pcServed[ x ] != '\0'; x++ )
    {
        void * pv = ( x % 2U == 0U ) ? pvPortMalloc( xBytes ) : pvPortCalloc( 1U, xBytes );

        ac[ x ] = ( pv != NULL ) ? '1' : '0';
        vPortFree( pv );
    }

    if( ( strcmp( ac, pcServed ) != 0 ) || ( lSuspended != 0 ) )
    {
        ( void ) printf( "%s: %s, not %s\n", pcWhat, ac, pcServed );
        iWrong++;
    }
}

static uint32_t prvAsk( void * pvCaller,
                        size_t xBytes )
{
    ( void ) pvCaller;

    return ( xBytes == 33U ) ? 1U : 0U;
}

int main( void )
{
    FirmheapInjection_t xWanted = { 0 };

    prvExpect( "nothing asked for", 40U, "1111" );
    vPortFailAllocation( 2U );
    prvExpect( "the second", 40U, "10111" );
    vPortFailAllocationsFrom( 3U );
    prvExpect( "from the third on", 40U, "11000" );

    if( ( ulPortAllocationsSeen() != 5U ) || ( ulPortAllocationsFailed() != 3U ) )
    {
        ( void ) printf( "seen %u, failed %u\n", ( unsigned ) ulPortAllocationsSeen(), ( unsigned ) ulPortAllocationsFailed() );
        iWrong++;
    }

    vPortFailAllocationsOfTask( &iTaskB );
    prvExpect( "another task's", 40U, "111" );
    piNow = &iTaskB;
    prvExpect( "the task's", 40U, "000" );
    vPortFailAllocationsOfSize( 100U );
    prvExpect( "smaller", 99U, "11" );
    prvExpect( "as large", 100U, "00" );
    xWanted.pxAsk = prvAsk;
    vPortInjectFailures( &xWanted );
    prvExpect( "not as the function says", 32U, "11" );
    prvExpect( "as the function says", 33U, "00" );
    vPortInjectFailures( NULL );
    prvExpect( "nothing any more", 33U, "1111" );

    return ( iWrong == 0 ) ? 0 : 1;
}
