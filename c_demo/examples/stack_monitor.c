/* SPDX-License-Identifier: MIT
 *
 * A monitor that watches the stacks of all tasks: how many words each never used, and a warning when one is nearly used up.
 * Stacks are the largest blocks of most heaps; who knows how much of them is used can make them smaller.
 */
#include <string.h>

#include "example.h"

#include "firmheap_report.h"

#define DEPTH_SHALLOW    40U
#define DEPTH_DEEP       760U
#define STACK_WORDS      300U
#define WARN_WORDS       100U

static char cReport[ 2000 ];
static size_t uxReport;
static unsigned uWarnings;
static char cWarned[ 16 ];

/* The report goes to the board's output, and to where this example can look at it. */
static void prvWrite( const char * pcText, size_t xLength, void * pvArgument )
{
    ( void ) pvArgument;
    vBoardWrite( pcText, xLength );

    if( ( uxReport + xLength ) < sizeof( cReport ) )
    {
        ( void ) memcpy( &( cReport[ uxReport ] ), pcText, xLength );
        uxReport += xLength;
    }
}
/*-----------------------------------------------------------*/

static void prvAlert( uint32_t ulAlert, uint32_t ulValue, const char * pcName )
{
    if( ulAlert == heapALERT_STACK )
    {
        vPrint( "warning: the stack of %s had only %u words left\n", pcName, ( unsigned ) ulValue );
        uWarnings++;
        ( void ) strncpy( cWarned, pcName, sizeof( cWarned ) - 1U );
    }
}
/*-----------------------------------------------------------*/

/* Uses so many bytes of stack, once, and then sleeps. */
static void prvShallow( void * pvUnused )
{
    volatile uint8_t ucWork[ DEPTH_SHALLOW ];

    ( void ) pvUnused;
    ( void ) memset( ( void * ) ucWork, 1, sizeof( ucWork ) );

    for( ; ; )
    {
        vTaskDelay( ( TickType_t ) ( 1000U + ucWork[ 0 ] ) );
    }
}
/*-----------------------------------------------------------*/

static void prvDeep( void * pvUnused )
{
    volatile uint8_t ucWork[ DEPTH_DEEP ];

    ( void ) pvUnused;
    ( void ) memset( ( void * ) ucWork, 1, sizeof( ucWork ) );

    for( ; ; )
    {
        vTaskDelay( ( TickType_t ) ( 1000U + ucWork[ 0 ] ) );
    }
}
/*-----------------------------------------------------------*/

static void prvCheckListed( const char * pcName )
{
    if( strstr( cReport, pcName ) == NULL )
    {
        vFail( "%s is not in the report\n", pcName );
    }
}
/*-----------------------------------------------------------*/

void vExample( void )
{
    const HeapMarks_t xMarks = { 0U, 0U, 0U, WARN_WORDS, prvAlert };

    CHECK( xTaskCreate( prvShallow, "shallow", STACK_WORDS, NULL, 3U, NULL ) == pdPASS );
    CHECK( xTaskCreate( prvDeep, "deep", STACK_WORDS, NULL, 3U, NULL ) == pdPASS );
    vTaskDelay( 2 );

    vPortHeapSetMarks( &xMarks );
    vPortHeapWatch();
    vPortHeapWatch(); /* each task is told of once */
    vPortHeapPrint( prvWrite, NULL );
    cReport[ uxReport ] = '\0';

    prvCheckListed( "shallow" );
    prvCheckListed( "deep" );
    prvCheckListed( "IDLE" );
    prvCheckListed( "example" );

    /* On the host tasks run on the stacks of threads: theirs stay untouched, and nobody warns. */
    #ifdef __arm__
        CHECK( strcmp( cWarned, "deep" ) == 0 );
        CHECK( uWarnings == 1U );
    #else
        CHECK( uWarnings == 0U );
    #endif
}
