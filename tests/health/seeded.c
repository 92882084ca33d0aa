/* SPDX-License-Identifier: MIT
 *
 * Defects that are planted, one for each verdict: the record of the failure must find verdict, task and place. seedCASE
 * picks one; xtask/src/health.rs compares what is printed with the lines that are marked "seed:" here.
 */
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#include "board.h"
#include "print.h"

#if defined( FIRMHEAP_BUDGETS ) && ( FIRMHEAP_BUDGETS == 1 )
    #include "firmheap_budget.h"
#endif
#if defined( FIRMHEAP_USE_CAPS ) && ( FIRMHEAP_USE_CAPS == 1 )
    #include "firmheap_caps.h"
#endif
#include "firmheap_memory.h"
#include "firmheap_report.h"

#define seedTOO_LARGE     1
#define seedFRAGMENTED    2
#define seedLEAK          3
#define seedSPIKE         4
#define seedBUDGET        5
#define seedRESET         6
#define seedREFUSED       7
#define seedREGION        8
#define seedNO_REGION     9

#define seedMINUTE        pdMS_TO_TICKS( 60000U )

#if ( seedCASE == seedRESET )
    #define seedSCB_AIRCR     ( *( volatile uint32_t * ) 0xE000ED0CUL )
    #define seedRESET_WORD    0x05FA0004UL
#endif

extern void vApplicationMallocFailedHook( void );

/*-------------------------- what is printed --------------------------*/

static void prvWrite( const char * pcText, size_t xLength, void * pvArgument )
{
    ( void ) pvArgument;
    vBoardWrite( pcText, xLength );
}
/*-----------------------------------------------------------*/

static unsigned uHooks, uPlainHooks;

/* A call whose result goes nowhere at the end of a function is a jump: its return address would be the caller's. */
static void * volatile pvLast;

void vApplicationMallocFailedHookEx( const HeapFailure_t * pxFailure )
{
    uHooks++;
    vPortHeapPrintFailure( prvWrite, NULL );
    vPrint( "summary: verdict=%s\n", pcPortHeapVerdict( pxFailure->ulVerdict ) );
    vPrint( "summary: requested=%lu\n", ( unsigned long ) pxFailure->xRequestedBytes );
    vPrint( "summary: alignment=%lu\n", ( unsigned long ) pxFailure->xAlignment );
    vPrint( "summary: capabilities=%lu\n", ( unsigned long ) pxFailure->ulCapabilities );
    vPrint( "summary: task=%s\n", pxFailure->cTask );
    vPrint( "summary: caller=%lu\n", ( unsigned long ) pxFailure->pvCaller );
    vPrint( "summary: holder=%s\n", pxFailure->xHolders[ 0 ].cName );
    vPrint( "summary: blamed=%s\n", ( pxFailure->xBlamed.cName[ 0 ] != '\0' ) ? pxFailure->xBlamed.cName : "-" );
    vPrint( "summary: place=%lu\n", ( unsigned long ) pxFailure->pvBlamedPlace );
}
/*-----------------------------------------------------------*/

/* The plain hook still fires, after the other: the end of the program. */
void vApplicationMallocFailedHook( void )
{
    uPlainHooks++;

    if( ( uHooks != uPlainHooks ) || ( ulPortHeapFailures( NULL ) != uHooks ) )
    {
        vFail( "hooks: %u with record, %u plain, %lu failures\n", uHooks, uPlainHooks, ( unsigned long ) ulPortHeapFailures( NULL ) );
    }

    #if ( seedCASE == seedRESET )
        __asm__ volatile ( "dsb" ::: "memory" );
        seedSCB_AIRCR = seedRESET_WORD;

        for( ; ; )
        {
        }
    #endif

    vPortHeapPrint( prvWrite, NULL );
    vBoardExit( 0 );
}
/*-----------------------------------------------------------*/

static void prvAlert( uint32_t ulAlert, uint32_t ulValue, const char * pcName )
{
    static const char * const pcAlerts[] = { "low", "low over", "fragmented", "growth", "stack" };

    vPrint( "alert: %s %lu %s\n", pcAlerts[ ulAlert ], ( unsigned long ) ulValue, pcName );
}
/*-----------------------------------------------------------*/

void vTestAssert( const char * pcFile, int iLine )
{
    vFail( "assertion, %s line %u\n", pcFile, ( unsigned ) iLine );
}
/*-----------------------------------------------------------*/

extern void vApplicationIdleHook( void );

void vApplicationIdleHook( void )
{
    vBoardIdle();
}
/*-----------------------------------------------------------*/

void vWatchdogExpired( void )
{
    vBoardExit( 3 );
}

/*-------------------------- the defects --------------------------*/

static void prvMinutes( unsigned uMinutes )
{
    while( uMinutes-- > 0U )
    {
        vTaskDelay( seedMINUTE );
        vPortHeapWatch();
    }
}
/*-----------------------------------------------------------*/

#if ( seedCASE == seedTOO_LARGE ) || ( seedCASE == seedRESET )

    static void prvLoader( void * pvUnused )
    {
        ( void ) pvUnused;
        vTaskDelay( 100 );
        pvLast = pvPortAlignedAlloc( 64, 20000 ); /* seed: caller */
    }

#elif ( seedCASE == seedFRAGMENTED )

    static void prvMosaic( void * pvUnused )
    {
        void * pvTiles[ 40 ];
        unsigned u;

        ( void ) pvUnused;

        for( u = 0; u < 40U; u++ )
        {
            pvTiles[ u ] = pvPortMalloc( 160 );
        }

        while( pvPortMalloc( xPortGetFreeHeapSize() / 2U ) != NULL )
        {
            if( xPortGetFreeHeapSize() < 400U )
            {
                break;
            }
        }

        for( u = 0; u < 40U; u += 2U )
        {
            vPortFree( pvTiles[ u ] );
        }

        vPortHeapWatch();
        pvLast = pvPortMalloc( 1500 ); /* seed: caller */
    }

#elif ( seedCASE == seedLEAK )

    static void prvLogger( void * pvUnused )
    {
        ( void ) pvUnused;

        for( ; ; )
        {
            pvLast = pvPortMalloc( 24 ); /* seed: place */
            vTaskDelay( seedMINUTE );
        }
    }

    static void prvVictim( void * pvUnused )
    {
        ( void ) pvUnused;

        for( ; ; )
        {
            void * pv = pvPortMalloc( 1000 ); /* seed: caller */

            vTaskDelay( seedMINUTE / 3U );
            vPortFree( pv );
            vTaskDelay( seedMINUTE / 3U );
        }
    }

#elif ( seedCASE == seedSPIKE )

    static void prvBurst( void * pvUnused )
    {
        unsigned u;

        ( void ) pvUnused;
        vPortHeapWatch();
        prvMinutes( 30 );

        for( u = 0; u < 20U; u++ )
        {
            pvLast = pvPortMalloc( 1400 ); /* seed: caller */
        }
    }

#elif ( seedCASE == seedBUDGET )

    static void prvGreedy( void * pvUnused )
    {
        const HeapBudget_t xBudget = { 4000U, 0U, 0U };
        HeapBudget_t xFound;

        ( void ) pvUnused;

        if( ( lPortHeapBudget( ulPortHeapThisOwner(), &xBudget ) != 0 ) ||
            ( lPortHeapGetBudget( ulPortHeapThisOwner(), &xFound ) != 0 ) || ( xFound.xSoftBytes != 4000U ) )
        {
            vFail( "no budget\n" );
        }

        ( void ) pvPortMalloc( 8000 ); /* served: a soft limit refuses nothing */

        for( ; ; )
        {
            vTaskDelay( seedMINUTE );
        }
    }

    static void prvHonest( void * pvUnused )
    {
        ( void ) pvUnused;
        prvMinutes( 20 );
        pvLast = pvPortMalloc( 6000 ); /* seed: caller */
    }

#elif ( seedCASE == seedREFUSED )

    static void prvCapped( void * pvUnused )
    {
        const HeapBudget_t xBudget = { 0U, 2000U, 0U };

        ( void ) pvUnused;
        pvLast = pvPortMalloc( 100 );

        if( lPortHeapBudget( ulPortHeapThisOwner(), &xBudget ) != 0 )
        {
            vFail( "no budget\n" );
        }

        pvLast = pvPortMalloc( 3000 ); /* seed: caller */
    }

#elif ( seedCASE == seedREGION )

    static uint8_t ucFast[ 4096 ], ucSpare[ 24576 ];

    static void prvPainter( void * pvUnused )
    {
        void * pvTiles[ 16 ];
        unsigned u;

        ( void ) pvUnused;

        if( ( xPortAddHeapBetween( ucFast, ucFast + sizeof( ucFast ), capsUSER( 0 ), 1U, "fast" ) != pdPASS ) ||
            ( xPortAddHeapBetween( ucSpare, ucSpare + sizeof( ucSpare ), capsDEFAULT, 1U, "spare" ) != pdPASS ) )
        {
            vFail( "no region\n" );
        }

        /* The main heap cannot, the spare region can: no failure. */
        pvLast = pvPortMalloc( 20000 );

        if( ( pvLast == NULL ) || ( ulPortHeapFailures( NULL ) != 0U ) )
        {
            vFail( "%lu failures\n", ( unsigned long ) ulPortHeapFailures( NULL ) );
        }

        for( u = 0; u < 16U; u++ )
        {
            pvTiles[ u ] = pvPortMallocWithCaps( 200, capsUSER( 0 ) );
        }

        for( u = 0; u < 16U; u += 2U )
        {
            vPortFree( pvTiles[ u ] );
        }

        pvLast = pvPortMallocWithCaps( 1000, capsUSER( 0 ) ); /* seed: caller */
    }

#elif ( seedCASE == seedNO_REGION )

    static void prvPainter( void * pvUnused )
    {
        ( void ) pvUnused;
        pvLast = pvPortMallocWithCaps( 100, capsEXTERNAL ); /* seed: caller */
    }

#endif /* seedCASE */

static void prvWatcher( void * pvUnused )
{
    ( void ) pvUnused;

    for( ; ; )
    {
        prvMinutes( 1 );
    }
}
/*-----------------------------------------------------------*/

static TaskHandle_t prvStart( TaskFunction_t pxCode, const char * pcName )
{
    TaskHandle_t xTask = NULL;

    if( xTaskCreate( pxCode, pcName, 300U, NULL, 2U, &xTask ) != pdPASS )
    {
        vFail( "no task %s\n", pcName );
    }

    return xTask;
}
/*-----------------------------------------------------------*/

int main( void )
{
    const HeapMarks_t xMarks = { 2500U, 4000U, 700U, 0U, prvAlert };

    #if ( seedCASE == seedRESET )
        if( pxPortHeapLastFailure() != NULL )
        {
            vPrint( "after the reset:\n" );
            vPrint( "summary: survived=%s\n", pcPortHeapVerdict( pxPortHeapLastFailure()->ulVerdict ) );
            vPortHeapPrintFailure( prvWrite, NULL );
            vPortHeapForgetFailure();
            vPrint( "summary: forgotten=%u\n", ( pxPortHeapLastFailure() == NULL ) ? 1U : 0U );
            vBoardExit( 0 );
        }
    #endif

    vPortHeapSetMarks( &xMarks );

    #if ( seedCASE == seedTOO_LARGE ) || ( seedCASE == seedRESET )
        ( void ) prvStart( prvLoader, "loader" );
    #elif ( seedCASE == seedFRAGMENTED )
        ( void ) prvStart( prvMosaic, "mosaic" );
    #elif ( seedCASE == seedLEAK )
        ( void ) prvStart( prvLogger, "logger" );
        ( void ) prvStart( prvVictim, "victim" );
        ( void ) prvStart( prvWatcher, "watcher" );
    #elif ( seedCASE == seedSPIKE )
        ( void ) prvStart( prvBurst, "burst" );
    #elif ( seedCASE == seedREFUSED )
        ( void ) prvStart( prvCapped, "capped" );
    #elif ( seedCASE == seedBUDGET )
        ( void ) prvStart( prvGreedy, "greedy" );
        ( void ) prvStart( prvHonest, "honest" );
    #elif ( seedCASE == seedREGION ) || ( seedCASE == seedNO_REGION )
        ( void ) prvStart( prvPainter, "painter" );
    #endif
    ( void ) prvWatcher;

    vTaskStartScheduler();

    return 1;
}
