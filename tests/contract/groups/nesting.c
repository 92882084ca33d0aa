/* SPDX-License-Identifier: MIT */

/* nesting.c: contract 8.10.  The heap called with the scheduler suspended, and
 * inside a critical section, as kernels up to V10.4.4 do themselves (trap 11). */

#include "contract.h"

const char * const pcContractGroup = "nesting";
const uint32_t ulContractSeconds = 10;

static void prvEveryCall( void )
{
    static void * pvBlocks[ 8 ];
    HeapStats_t xStats;
    uint32_t ulServed = 0;

    for( uint32_t ul = 0; ul < 2000U; ul++ )
    {
        void ** ppv = &pvBlocks[ ulRandom() % 8U ];

        vLogClear();

        if( *ppv != NULL )
        {
            vPortFree( *ppv );
            *ppv = NULL;
            CHECK_LOG( "SfR" );
        }
        else
        {
            *ppv = ( ( ulRandom() & 1U ) != 0U ) ? pvPortMalloc( 1U + ulRandom() % 200U ) : pvPortCalloc( 1U + ulRandom() % 9U, 7 );
            CHECK_LOG( "SmR" );
            ulServed += ( *ppv != NULL ) ? 1U : 0U;
        }
    }

    CHECK_GE( ulServed, 900 );
    vLogClear();
    CHECK( pvPortMalloc( CONTRACT_HEAP_BYTES ) == NULL );
    CHECK_LOG( "SmRH" );
    vLogClear();
    vPortGetHeapStats( &xStats );
    CHECK_BALANCED();
    CHECK_EQ( xStats.xAvailableHeapSpaceInBytes, xPortGetFreeHeapSize() );

    for( uint32_t ul = 0; ul < 8U; ul++ )
    {
        vPortFree( pvBlocks[ ul ] );
        pvBlocks[ ul ] = NULL;
    }

    vWorkload( 60 );
}

static void prvSuspended( void )
{
    vHeapReadyAndUsed();
    vRandomSeed( 61 );
    vTaskSuspendAll();
    ulCallerSuspendDepth = 1;
    prvEveryCall();
    CHECK_EQ( ulSuspendDepth, 1 );
    ( void ) xTaskResumeAll();
    CHECK_EQ( ulSuspendDepth, 0 );
}

static void prvCritical( void )
{
    vHeapReadyAndUsed();
    vRandomSeed( 62 );
    taskENTER_CRITICAL();
    ulCallerCriticalDepth = 1;
    prvEveryCall();
    CHECK_EQ( ulCriticalDepth, 1 );
    taskEXIT_CRITICAL();
    CHECK_EQ( ulCriticalDepth, 0 );
}

static void prvBoth( void )
{
    vHeapReadyAndUsed();
    vRandomSeed( 63 );
    vTaskSuspendAll();
    vTaskSuspendAll();
    taskENTER_CRITICAL();
    ulCallerSuspendDepth = 2;
    ulCallerCriticalDepth = 1;
    prvEveryCall();
    CHECK_EQ( ulSuspendDepth, 2 );
    CHECK_EQ( ulCriticalDepth, 1 );
}

/* The first request of all, and misuse, from inside. */
static void prvFirstAndMisuse( void )
{
    void * pv;

    vHeapReady();
    vTaskSuspendAll();
    taskENTER_CRITICAL();
    ulCallerSuspendDepth = 1;
    ulCallerCriticalDepth = 1;
    vLogClear();
    pv = pvPortMalloc( 30 );
    CHECK( pv != NULL );
    CHECK_LOG( ( CONTRACT_REGIONS == 1 ) ? "SmR" : "ScmR" );
    vPortFree( pv );
    vLogClear();
    vTryFree( pv );
    CHECK_FAULT( 2 );
    vWorkload( 64 );
}

const ContractCase_t xContractCases[] =
{
    { "suspended",        prvSuspended,      RETURNS, RETURNS, "3.9" },
    { "critical",         prvCritical,       RETURNS, RETURNS, "3.9" },
    { "both",             prvBoth,           RETURNS, RETURNS, "3.9" },
    { "first_and_misuse", prvFirstAndMisuse, RETURNS, RETURNS, "3.9" },
    { NULL, NULL, 0, 0, NULL }
};
