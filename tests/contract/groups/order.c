/* SPDX-License-Identifier: MIT */

/* order.c: contract 8.5.  Who is called, in which order, suspended or not, and
 * what the counters say at that moment.  Paragraph 3.1 is the skeleton. */

#include "contract.h"

const char * const pcContractGroup = "order";
const uint32_t ulContractSeconds = 10;

/* heap_4 fetches the canary at the first request, suspended; heap_5 when the
 * regions are defined, not suspended (3.5). */
static void prvFirstRequest( void )
{
    #if ( CONTRACT_REGIONS == 1 )
        static const HeapRegion_t xRegions[] = { { &ucContractArena[ 64 ], CONTRACT_HEAP_BYTES }, { NULL, 0 } };

        vLogClear();
        vPortDefineHeapRegions( xRegions );
        CHECK_LOG( "C" );
    #endif
    vLogClear();
    CHECK( pvPortMalloc( 10 ) != NULL );
    CHECK_LOG( ( CONTRACT_REGIONS == 1 ) ? "SmR" : "ScmR" );
    vLogClear();
    CHECK( pvPortMalloc( 10 ) != NULL );
    CHECK_LOG( "SmR" );
}

static void prvSequences( void )
{
    void * pv;

    vHeapReadyAndUsed();
    pv = pvPortMalloc( 100 );
    CHECK_LOG( "SmR" );
    vLogClear();
    vPortFree( pv );
    CHECK_LOG( "SfR" );
    vLogClear();
    CHECK( pvPortMalloc( CONTRACT_HEAP_BYTES ) == NULL );
    CHECK_LOG( "SmRH" );
    vLogClear();
    pv = pvPortCalloc( 3, 5 );
    CHECK_LOG( "SmR" );
    vLogClear();
    vPortFree( pv );
    CHECK_LOG( "SfR" );
    vLogClear();
    vPortFree( NULL );
    CHECK_LOG( "" );
}

/* The plain readers take no lock (3.8); the statistics take both, one after the
 * other or one inside the other, and leave neither behind. */
static void prvReaders( void )
{
    HeapStats_t xStats;

    vHeapReadyAndUsed();
    ( void ) xPortGetFreeHeapSize();
    ( void ) xPortGetMinimumEverFreeHeapSize();
    xPortResetHeapMinimumEverFreeHeapSize();
    CHECK_LOG( "" );
    #if ( CONTRACT_REGIONS == 0 )
        vPortInitialiseBlocks();
        CHECK_LOG( "" );
    #endif
    vLogClear();
    vPortGetHeapStats( &xStats );
    #if ( CONTRACT_KERNEL == 1 )
        CHECK_LOG( "SR()" );
    #else
        CHECK_BALANCED();
        CHECK_GE( ulLogCount( 'S' ) + ulLogCount( '(' ), 1 );
        CHECK_EQ( ulLogCount( '(' ), ulLogCount( ')' ) );
        CHECK_EQ( ulLogCount( 'm' ) + ulLogCount( 'f' ) + ulLogCount( 'H' ), 0 );
    #endif
    vLogClear();
    vPortHeapResetState();
    CHECK_LOG( "" );
}

/* In traceMALLOC everything is final; in traceFREE the bytes are counted already. */
static void prvCountersInTraces( void )
{
    size_t uxBefore;
    void * pv;

    vHeapReadyAndUsed();
    uxBefore = xPortGetFreeHeapSize();
    pv = pvPortMalloc( 200 );
    CHECK( pv != NULL );
    #if ( CONTRACT_TRACE == 1 )
        CHECK_EQ( xLastMalloc.uxFreeBytes, xPortGetFreeHeapSize() );
        CHECK_EQ( xLastMalloc.uxMinimumEver, xPortGetMinimumEverFreeHeapSize() );
        CHECK_EQ( xLastMalloc.uxBytes, uxBefore - xPortGetFreeHeapSize() );
        CHECK_EQ( ( uintptr_t ) xLastMalloc.pvPayload, ( uintptr_t ) pv );
    #endif
    vPortFree( pv );
    #if ( CONTRACT_TRACE == 1 )
        CHECK_EQ( xLastFree.uxFreeBytes, uxBefore );
        CHECK_EQ( xLastFree.uxBytes, xLastMalloc.uxBytes );
        CHECK_EQ( ( uintptr_t ) xLastFree.pvPayload, ( uintptr_t ) pv );
    #endif
    CHECK_EQ( xPortGetFreeHeapSize(), uxBefore );
}

/* The hook runs where the heap may be called (3.1): it makes room there. */
static void * pvReserve, * pvFromHook;

static void prvMakeRoom( void )
{
    CHECK_EQ( ulSuspendDepth, ulCallerSuspendDepth );
    CHECK_EQ( ulCriticalDepth, ulCallerCriticalDepth );
    vPortFree( pvReserve );
    pvFromHook = pvPortMalloc( 50 );
}

static void prvHookCallsHeap( void )
{
    size_t uxLargest;

    vHeapReadyAndUsed();
    uxLargest = uxLargestRequest();
    pvReserve = pvPortMalloc( uxLargest );
    CHECK( pvReserve != NULL );
    pxHookAction = prvMakeRoom;
    vLogClear();
    CHECK( pvPortMalloc( 60 ) == NULL );
    CHECK_LOG( "SmRHSfRSmR" );
    CHECK( pvFromHook != NULL );
    pvReserve = pvPortMalloc( 60 );
    CHECK( pvReserve != NULL );
    vPortFree( pvReserve );
    vPortFree( pvFromHook );
    vWorkload( 50 );
}

/* Each call of a long program begins and ends at the caller's depth. */
static void prvBalanceOfMany( void )
{
    void * pvBlocks[ 16 ] = { NULL };
    char cVisible[ 256 ];
    size_t uxWrong = 0, uxRefused = 0, uxAlarms = 0;

    vHeapReadyAndUsed();
    vRandomSeed( 51 );

    for( uint32_t ul = 0; ul < 20000U; ul++ )
    {
        uint32_t ulSlot = ulRandom() % 16U;
        const char * pcWanted = "SmR";

        vLogClear();

        if( pvBlocks[ ulSlot ] != NULL )
        {
            vPortFree( pvBlocks[ ulSlot ] );
            pvBlocks[ ulSlot ] = NULL;
            pcWanted = "SfR";
        }
        else
        {
            pvBlocks[ ulSlot ] = pvPortMalloc( ulRandom() % 900U );

            if( pvBlocks[ ulSlot ] == NULL )
            {
                uxRefused++;
                pcWanted = "SmRH";
            }
        }

        if( contractFALSE_ALARM && ( ulLogCount( 'a' ) != 0U ) )
        {
            uxAlarms++;
        }
        else
        {
            uxWrong += iLogIs( pcWanted, cVisible ) ? 0U : 1U;
        }

        uxWrong += ( ulSuspendDepth + ulCriticalDepth != 0U ) ? 1U : 0U;
    }

    CHECK_EQ( uxWrong, 0 );
    CHECK_GE( uxRefused, 100 );
    CHECK_GE( uxAlarms, contractFALSE_ALARM ? 1 : 0 );
}

const ContractCase_t xContractCases[] =
{
    { "first_request",      prvFirstRequest,     RETURNS, RETURNS, "3.5" },
    { "sequences",          prvSequences,        RETURNS, RETURNS, "3.1" },
    { "readers",            prvReaders,          RETURNS, RETURNS, "3.8" },
    { "counters_in_traces", prvCountersInTraces, RETURNS, RETURNS, "3.1" },
    #if ( CONTRACT_HOOK == 1 )
        { "hook_calls_heap", prvHookCallsHeap,   RETURNS, RETURNS, "3.1" },
    #endif
    { "balance_of_many",    prvBalanceOfMany,    contractFALSE_ALARM_STOPS ? DIES : RETURNS, RETURNS, "3.1" },
    { NULL, NULL, 0, 0, NULL }
};
