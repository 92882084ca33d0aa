/* SPDX-License-Identifier: MIT
 *
 * The report a person can read: how full the heap is and how broken up, who holds it, and what it looks like. Broken up on
 * purpose, so that there is something to see.
 */
#include <string.h>

#include "example.h"

#include "firmheap_report.h"

#define BLOCKS         60U
#define BLOCK_BYTES    200U

static char cReport[ 4000 ];
static size_t uxReport;
static void * pvBlocks[ BLOCKS ];

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

/* Counts, and ends the walk at the block that was looked for. */
static BaseType_t prvLookFor( const HeapBlock_t * pxBlock, void * pvArgument )
{
    return ( ( pxBlock->pvBlock == pvArgument ) && ( pxBlock->ulState == heapBLOCK_USED ) ) ? pdFALSE : pdTRUE;
}
/*-----------------------------------------------------------*/

static void prvSee( const char * pcWhat )
{
    if( strstr( cReport, pcWhat ) == NULL )
    {
        vFail( "the report has no \"%s\"\n", pcWhat );
    }
}
/*-----------------------------------------------------------*/

void vExample( void )
{
    HeapHealth_t xBefore, xAfter;
    unsigned u;

    vPortGetHeapHealth( &xBefore );

    for( u = 0U; u < BLOCKS; u++ )
    {
        pvBlocks[ u ] = pvPortMalloc( BLOCK_BYTES );
        CHECK( pvBlocks[ u ] != NULL );
    }

    for( u = 0U; u < BLOCKS; u += 2U )
    {
        vPortFree( pvBlocks[ u ] );
    }

    vPortGetHeapHealth( &xAfter );
    CHECK( xAfter.xUsedBlocks == xBefore.xUsedBlocks + ( BLOCKS / 2U ) );
    /* At integrity levels 3 and 4 some of them wait: their bytes count as free, but they are no free blocks yet. */
    #if !defined( FIRMHEAP_INTEGRITY ) || ( FIRMHEAP_INTEGRITY < 3 )
        CHECK( xAfter.xFreeBlocks >= xBefore.xFreeBlocks + ( BLOCKS / 2U ) - 1U );
    #endif
    CHECK( xAfter.ulFragmentationPermille > 0U );
    CHECK( xAfter.xUsedBytes + xAfter.xFreeBytes == xAfter.xTotalBytes );
    CHECK( xPortHeapWalk( prvLookFor, pvBlocks[ 1 ] ) == pdFAIL );
    CHECK( xPortHeapWalk( prvLookFor, pvBlocks[ 0 ] ) == pdPASS );

    vPortHeapPrint( prvWrite, NULL );
    cReport[ uxReport ] = '\0';
    prvSee( "heap  [" );
    prvSee( "map   [" );
    prvSee( "fragmentation" );
    prvSee( "largest request" );

    for( u = 1U; u < BLOCKS; u += 2U )
    {
        vPortFree( pvBlocks[ u ] );
    }

    vPortGetHeapHealth( &xAfter );
    CHECK( xAfter.xUsedBytes == xBefore.xUsedBytes );
    #if !defined( FIRMHEAP_INTEGRITY ) || ( FIRMHEAP_INTEGRITY < 3 )
        CHECK( xAfter.xLargestRequestBytes == xBefore.xLargestRequestBytes );
    #endif
}
