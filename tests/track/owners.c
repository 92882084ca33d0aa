/* SPDX-License-Identifier: MIT
 *
 * Tasks come, allocate, go and leave blocks behind, ten thousand times, more of them than the table has rows: after every
 * step the rows' sums are the heap's own figures, and a task is never taken for the one before it.
 */
#include <string.h>

#include "example.h"
#include "firmheap_track.h"

#ifndef trackROUNDS
    #define trackROUNDS    10000U
#endif
#define SMALL              24U

static void * volatile pvLeft;
static volatile BaseType_t xSuspended;
static volatile uint32_t ulRow;

/* The rows together against what the heap says is not free. */
static size_t prvSum( void )
{
    HeapOwner_t xOwner;
    HeapStats_t xStats;
    size_t xBytes = 0, xBlocks = 0;

    vTaskSuspendAll();

    for( uint32_t ul = 0; ul < ulPortHeapOwners(); ul++ )
    {
        if( xPortHeapOwner( ul, &xOwner ) != 0U )
        {
            CHECK( xOwner.pcName[ 0 ] != '\0' );
            CHECK( xOwner.xBytesMax >= xOwner.xBytes );
            CHECK( xOwner.xBlocksMax >= xOwner.xBlocks );
            CHECK( ( xOwner.xBlocks == 0U ) == ( xOwner.xBytes == 0U ) );
            xBytes += xOwner.xBytes;
            xBlocks += xOwner.xBlocks;
        }
    }

    vPortGetHeapStats( &xStats );
    ( void ) xTaskResumeAll();
    CHECK( xBlocks == ( xStats.xNumberOfSuccessfulAllocations - xStats.xNumberOfSuccessfulFrees ) );

    return xBytes + xStats.xAvailableHeapSpaceInBytes;
}

static size_t xTotal;
#define CHECK_SUM()    CHECK( prvSum() == xTotal )

static void prvLeaver( void * pvName )
{
    HeapOwner_t xOwner;
    void * pv = pvPortMalloc( SMALL );

    CHECK( pv != NULL );
    ulRow = ulPortHeapOwnerOfTask( NULL );

    if( ulRow != UINT32_MAX )
    {
        CHECK( xPortHeapOwner( ulRow, &xOwner ) != 0U );
        CHECK( strcmp( xOwner.pcName, ( const char * ) pvName ) == 0 );
        CHECK( xOwner.ulKind == heapOWNER_TASK );
        CHECK( xOwner.xBlocks == 1U ); /* nothing of a predecessor's */
        CHECK( xOwner.xBlocksMax == 1U );
        CHECK( xOwner.pvTask == ( void * ) xTaskGetCurrentTaskHandle() );
    }

    if( xSuspended != pdFALSE )
    {
        vTaskSuspendAll();
        vPortFree( pvPortMalloc( 100U ) );
        ( void ) xTaskResumeAll();
    }

    pvLeft = pv;
    vTaskDelete( NULL );
}

/* Runs a task to its end; what it left. */
static void * prvRun( const char * pcName )
{
    pvLeft = NULL;
    CHECK( xTaskCreate( prvLeaver, pcName, 512U, ( void * ) ( uintptr_t ) pcName, 3U, NULL ) == pdPASS );

    while( pvLeft == NULL )
    {
        vTaskDelay( 1U );
    }

    return pvLeft;
}

/* The control block goes back to the heap in the idle task. */
static void prvBuried( void )
{
    while( uxTaskGetNumberOfTasks() > 2U )
    {
        vTaskDelay( 1U );
    }

    /* The idle task has counted it; it may take some ticks until its memory is overwritten and freed. */
    vTaskDelay( 20U );
}

static void prvDeletedOwner( void )
{
    HeapOwner_t xOwner;
    HeapTag_t xTag;
    void * pv = prvRun( "mortal" );
    const uint32_t ulMortal = ulRow;

    prvBuried();
    CHECK_SUM();
    CHECK( xPortHeapBlockTag( pv, &xTag ) == 1U );
    CHECK( xTag.ulOwner == ulMortal );
    CHECK( xPortHeapOwner( ulMortal, &xOwner ) == 1U );
    CHECK( strcmp( xOwner.pcName, "mortal" ) == 0 );
    CHECK( xOwner.ulKind == heapOWNER_DELETED );
    CHECK( ( xOwner.xBlocks == 1U ) && ( xOwner.xBytes == xTag.xBytes ) );

    /* Another frees it: its owner's row goes down, not the other's. */
    vPortFree( pv );
    CHECK( xPortHeapBlockTag( pv, &xTag ) == 0U );
    CHECK( xPortHeapOwner( ulMortal, &xOwner ) == 1U );
    CHECK( ( xOwner.xBlocks == 0U ) && ( xOwner.xBlocksMax == 1U ) );
    CHECK_SUM();
}

static void prvFullTable( void )
{
    static void * pvHeld[ 64 ];
    HeapOwner_t xOwner;
    uint32_t ulFull = 0;

    for( uint32_t ul = 0; ul < 40U; ul++ )
    {
        pvHeld[ ul ] = prvRun( ( ( ul % 2U ) == 0U ) ? "even" : "odd" );
        prvBuried();
        ulFull += ( ulRow == UINT32_MAX ) ? 1U : 0U;
        CHECK_SUM();
    }

    CHECK( ulFull >= 40U - 16U );
    CHECK( xPortHeapOwner( heapOWNER_TABLE_FULL, &xOwner ) == 1U );
    CHECK( xOwner.xBlocks == ulFull );

    for( uint32_t ul = 0; ul < 40U; ul++ )
    {
        vPortFree( pvHeld[ ul ] );
        CHECK_SUM();
    }

    CHECK( xPortHeapOwner( heapOWNER_TABLE_FULL, &xOwner ) == 1U );
    CHECK( xOwner.xBlocks == 0U );

    /* Rows of deleted tasks that hold nothing are there for others. */
    vPortFree( prvRun( "again" ) );
    CHECK( ulRow != UINT32_MAX );
}

static void prvManyLives( void )
{
    for( uint32_t ul = 0; ul < trackROUNDS; ul++ )
    {
        xSuspended = ( ( ul % 2U ) == 0U ) ? pdTRUE : pdFALSE;
        vPortFree( prvRun( ( ( ul % 3U ) == 0U ) ? "one" : "another" ) );
        CHECK( ulRow != UINT32_MAX );
        prvBuried();

        if( ( ul % 64U ) == 0U )
        {
            #ifdef __arm__
                vBoardStartWatchdog( 60U ); /* of the board's time: an instruction takes a microsecond there */
            #endif
            CHECK_SUM();
        }
    }

    prvBuried();
    CHECK_SUM();
}

void vExample( void )
{
    HeapOwner_t xOwner;
    HeapStats_t xStats;
    size_t xBytes = 0U, xBlocks = 0U;

    CHECK( xPortHeapOwner( heapOWNER_BEFORE_SCHEDULER, &xOwner ) == 1U );
    CHECK( xOwner.xBlocks >= 2U ); /* this task's stack and control block, from main() */
    vPortGetHeapStats( &xStats );
    xTotal = prvSum();
    CHECK( xTotal > xStats.xAvailableHeapSpaceInBytes );
    prvDeletedOwner();
    prvFullTable();
    prvManyLives();
    vPortHeapAstray( &xBytes, &xBlocks );
    CHECK( ( xBytes == 0U ) && ( xBlocks == 0U ) );
    vPrint( "%u lives, every sum right\n", ( unsigned ) trackROUNDS );
}
