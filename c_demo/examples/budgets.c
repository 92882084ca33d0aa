/* SPDX-License-Identifier: MIT
 *
 * Budgets: a greedy task meets its limit, a hostile one takes all it can get and still leaves another's reserve alone, and a
 * group is thrown away as a whole.
 */
#include <string.h>

#include "example.h"
#include "firmheap_budget.h"
#include "firmheap_memory.h"

#define CELL    64U

static volatile uint32_t ulDone;
static volatile uint32_t ulSoft, ulHard, ulReserved;
static volatile uint32_t ulSoftOwner;

static void prvHook( uint32_t ulOwner, uint32_t ulWhat, size_t xBytes )
{
    CHECK( xTaskGetSchedulerState() == taskSCHEDULER_RUNNING ); /* no lock is held */
    CHECK( xBytes != 0U );

    if( ulWhat == heapBUDGET_SOFT_LIMIT )
    {
        ulSoft++;
        ulSoftOwner = ulOwner;
    }
    else if( ulWhat == heapBUDGET_HARD_LIMIT )
    {
        ulHard++;
    }
    else
    {
        ulReserved++;
    }
}
/*-----------------------------------------------------------*/

/* Takes cells, linked through their first word, until it gets no more; returns how many. */
static uint32_t prvTakeAll( void ** ppvFirst, size_t xBytes )
{
    uint32_t ulTaken = 0U;
    void ** ppv;

    while( ( ppv = pvPortMalloc( xBytes ) ) != NULL )
    {
        *ppv = *ppvFirst;
        *ppvFirst = ( void * ) ppv;
        ulTaken++;
    }

    return ulTaken;
}
/*-----------------------------------------------------------*/

static void prvGiveAll( void ** ppvFirst )
{
    while( *ppvFirst != NULL )
    {
        void * pv = *ppvFirst;

        *ppvFirst = *( void ** ) pv;
        vPortFree( pv );
    }
}
/*-----------------------------------------------------------*/

static void prvFinish( void )
{
    ulDone = 1U;
    vTaskDelete( NULL );
}
/*-----------------------------------------------------------*/

static void prvRun( TaskFunction_t pxTask, const char * pcName )
{
    ulDone = 0U;
    CHECK( xTaskCreate( pxTask, pcName, 512U, NULL, 3U, NULL ) == pdPASS );

    while( ulDone == 0U )
    {
        vTaskDelay( 1U );
    }

    while( uxTaskGetNumberOfTasks() > 2U )
    {
        vTaskDelay( 1U );
    }

    /* The idle task has counted it; it may take some ticks until its memory is overwritten and freed. */
    vTaskDelay( 20U );
}
/*-----------------------------------------------------------*/

static void prvGreedy( void * pvUnused )
{
    const HeapBudget_t xBudget = { 1024U, 2048U, 0U };
    const HeapBudget_t xBelow = { 0U, 1024U, 0U };
    const HeapBudget_t xCrooked = { 4096U, 2048U, 0U };
    const HeapBudget_t xHuge = { 0U, 0U, ( size_t ) 0x7FFFFFFFU };
    void * pvFirst = NULL;
    HeapBudget_t xFound;
    HeapOwner_t xOwner;
    const uint32_t ulMe = ulPortHeapThisOwner();

    ( void ) pvUnused;
    CHECK( lPortHeapBudget( ulMe, &xBudget ) == 0 );
    CHECK( prvTakeAll( &pvFirst, CELL ) > 10U );
    CHECK( xPortHeapOwner( ulMe, &xOwner ) == 1U );
    CHECK( ( xOwner.xBytes <= 2048U ) && ( xOwner.xBytes > ( 2048U - 2U * CELL ) ) );
    CHECK( ( ulSoft == 1U ) && ( ulSoftOwner == ulMe ) );
    CHECK( ( ulHard == 1U ) && ( ulPortHeapBudgetRefused( ulMe ) == 1U ) );

    /* What cannot be is refused, and the budget stays as it is. */
    CHECK( lPortHeapBudget( ulMe, &xBelow ) == errBUDGET_IN_USE );
    CHECK( lPortHeapBudget( ulMe, &xCrooked ) == errBUDGET_ORDER );
    CHECK( lPortHeapBudget( ulMe, &xHuge ) == errBUDGET_TOO_MUCH );
    CHECK( lPortHeapBudget( 1000U, &xBudget ) == errBUDGET_NO_OWNER );
    CHECK( lPortHeapGetBudget( ulMe, &xFound ) == 0 );
    CHECK( ( xFound.xSoftBytes == 1024U ) && ( xFound.xHardBytes == 2048U ) && ( xFound.xReserveBytes == 0U ) );
    CHECK( lPortHeapGetBudget( 1000U, &xFound ) == errBUDGET_NO_OWNER );
    CHECK( pvPortMalloc( CELL ) == NULL );
    CHECK( ulHard == 2U );

    /* Below the soft limit and above it again: told again. */
    prvGiveAll( &pvFirst );
    CHECK( prvTakeAll( &pvFirst, CELL ) > 10U );
    CHECK( ulSoft == 2U );
    prvGiveAll( &pvFirst );

    /* What grows where it is, and what is aligned, meets the limit as any other request; the block stays as it was. */
    pvFirst = pvPortMalloc( CELL );
    CHECK( pvFirst != NULL );
    ( void ) memset( pvFirst, 0x5A, CELL );
    CHECK( pvPortRealloc( pvFirst, 4000U ) == NULL );
    CHECK( ( ulHard == 4U ) && ( ulExampleFailed == ulHard ) );
    CHECK( pvPortAlignedAlloc( 64U, 4000U ) == NULL );
    CHECK( ( ulHard == 5U ) && ( ulExampleFailed == ulHard ) );
    pvFirst = pvPortRealloc( pvFirst, 1500U );
    CHECK( ( pvFirst != NULL ) && ( ulSoft == 3U ) && ( ( ( uint8_t * ) pvFirst )[ CELL - 1U ] == 0x5AU ) );
    vPortFree( pvFirst );
    CHECK( lPortHeapBudget( ulMe, NULL ) == 0 );
    CHECK( lPortHeapGetBudget( ulMe, &xFound ) == 0 );
    CHECK( ( xFound.xSoftBytes == 0U ) && ( xFound.xHardBytes == 0U ) );
    prvFinish();
}
/*-----------------------------------------------------------*/

#define RESERVE    ( 4U * 1024U )
static uint32_t ulVictim;

/* Fills the heap with all sizes, then once more after freeing every other block. */
static void prvHostile( void * pvUnused )
{
    void * pvFirst = NULL;
    void * pvSecond = NULL;
    void * pv;

    ( void ) pvUnused;
    CHECK( prvTakeAll( &pvFirst, 1000U ) + prvTakeAll( &pvFirst, 100U ) + prvTakeAll( &pvFirst, 10U ) > 20U );
    CHECK( xPortGetFreeHeapSize() >= RESERVE );

    /* Two lists: one goes back, and is asked for again in other pieces. */
    pv = pvFirst;

    while( ( pv != NULL ) && ( *( void ** ) pv != NULL ) )
    {
        void * pvOther = *( void ** ) pv;

        *( void ** ) pv = *( void ** ) pvOther;
        *( void ** ) pvOther = pvSecond;
        pvSecond = pvOther;
        pv = *( void ** ) pv;
    }

    prvGiveAll( &pvSecond );
    ( void ) prvTakeAll( &pvSecond, 56U );
    ( void ) prvTakeAll( &pvSecond, 24U );
    ( void ) prvTakeAll( &pvSecond, sizeof( void * ) );
    CHECK( pvPortMalloc( 1U ) == NULL );
    CHECK( xPortGetFreeHeapSize() >= RESERVE );
    CHECK( ulReserved > 0U );
    CHECK( ulPortHeapBudgetRefused( ulPortHeapThisOwner() ) > 0U );

    /* The victim's reserve is there, all of it. */
    CHECK( xPortHeapJoin( NULL, ulVictim ) == 1U );
    {
        HeapOwner_t xOwner;
        void * pvMine = NULL;

        ( void ) prvTakeAll( &pvMine, 10U );
        CHECK( xPortHeapOwner( ulVictim, &xOwner ) == 1U );
        CHECK( xOwner.xBytes >= ( RESERVE - 64U ) );
        prvGiveAll( &pvMine );
    }
    CHECK( xPortHeapJoin( NULL, heapNO_GROUP ) == 1U );
    prvGiveAll( &pvFirst );
    prvGiveAll( &pvSecond );
    prvFinish();
}
/*-----------------------------------------------------------*/

/* What a connection allocated is gone with one call, however its list looks. */
static void prvGroups( void )
{
    const uint32_t ulGroup = ulPortHeapGroup( "connection" );
    const size_t xFree = xPortGetFreeHeapSize();
    HeapOwner_t xOwner;

    CHECK( ulGroup != heapNO_ROW );
    CHECK( xPortHeapJoin( NULL, 9999U ) == 0U );
    CHECK( xPortHeapJoin( NULL, ulGroup ) == 1U );

    /* More than a step of a walk looks at: at integrity level 3 all of them wait in the quarantine before it is done. */
    for( uint32_t ul = 0U; ul < 60U; ul++ )
    {
        CHECK( pvPortMalloc( 4U + ( ul % 3U ) ) != NULL );
    }

    CHECK( xPortHeapJoin( NULL, heapNO_GROUP ) == 1U );
    CHECK( xPortHeapOwner( ulGroup, &xOwner ) == 1U );
    CHECK( strcmp( xOwner.pcName, "connection" ) == 0 );
    CHECK( xOwner.xBlocks == 60U );
    CHECK( ulPortFreeAll( ulGroup ) == 60U );
    CHECK( ulPortFreeAll( ulGroup ) == 0U );
    CHECK( xPortGetFreeHeapSize() == xFree );
}
/*-----------------------------------------------------------*/

static uint32_t ulReaped;
static void prvReaped( uint32_t ulOwner, void * pvContext )
{
    HeapOwner_t xOwner;

    CHECK( xPortHeapOwner( ulOwner, &xOwner ) == 1U );
    CHECK( strcmp( xOwner.pcName, ( const char * ) pvContext ) == 0 );
    CHECK( ( xOwner.ulKind == heapOWNER_DELETED ) && ( xOwner.xBlocks == 3U ) );
    ulReaped++;
}
/*-----------------------------------------------------------*/

static void prvForgetful( void * pvUnused )
{
    ( void ) pvUnused;
    CHECK( ( pvPortMalloc( 8U ) != NULL ) && ( pvPortMalloc( 80U ) != NULL ) && ( pvPortMalloc( 800U ) != NULL ) );
    prvFinish();
}
/*-----------------------------------------------------------*/

/* Three policies for what a deleted task left. */
static void prvDeletedTasks( void )
{
    static char cName[] = "forgetful";
    const size_t xFree = xPortGetFreeHeapSize();
    HeapOwner_t xOwner;

    prvRun( prvForgetful, cName );
    CHECK( ulPortHeapReap( heapREAP_REPORT, prvReaped, cName ) == 1U );
    CHECK( ulPortHeapReap( heapREAP_FREE, prvReaped, cName ) == 1U );
    CHECK( ulReaped == 2U );
    CHECK( ulPortHeapReap( heapREAP_FREE, NULL, NULL ) == 0U );
    CHECK( xPortGetFreeHeapSize() == xFree );

    prvRun( prvForgetful, cName );
    CHECK( ulPortHeapReap( heapREAP_KEEP, NULL, NULL ) == 1U );
    CHECK( xPortHeapOwner( heapOWNER_DELETED_TASKS, &xOwner ) == 1U );
    CHECK( xOwner.xBlocks == 3U );
    CHECK( ulPortFreeAll( heapOWNER_DELETED_TASKS ) == 3U );
    CHECK( xPortGetFreeHeapSize() == xFree );
}
/*-----------------------------------------------------------*/

void vExample( void )
{
    const HeapBudget_t xVictim = { 0U, 0U, RESERVE };

    vPortHeapSetBudgetHook( prvHook );
    prvRun( prvGreedy, "greedy" );
    ulVictim = ulPortHeapGroup( "victim" );
    CHECK( ulVictim != heapNO_ROW );
    CHECK( lPortHeapBudget( ulVictim, &xVictim ) == 0 );
    CHECK( xPortHeapPromised() >= RESERVE );
    prvRun( prvHostile, "hostile" );
    CHECK( lPortHeapBudget( ulVictim, NULL ) == 0 );
    CHECK( xPortHeapPromised() == 0U );
    prvGroups();
    prvDeletedTasks();
    vPrint( "limits held, the reserve was never touched\n" );
}
