/* SPDX-License-Identifier: MIT
 *
 * C firmware with two Rust archives: firmheap, and a neighbour (neighbour/src/lib.rs) whose critical
 * sections are the kernel's own, which firmheap gives it. One line for each check; status 0 if all hold.
 */
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"
#include "board.h"

#if defined( __arm__ )
    #define mixedPAUSE_STEPS    400U
#else
    #include <pthread.h>
    #include <signal.h>
    #define mixedPAUSE_STEPS    100000U
#endif

#define mixedADDITIONS          500U
#define mixedDEPTH              5U
#define mixedSIZES              31U

/* The neighbour. */
extern void vNeighbourNest( uint32_t ulDepth, void ( * vObserve )( uint32_t ) );
extern void vNeighbourAdd( volatile uint32_t * pulCounter, void ( * vPause )( void ) );
extern void vNeighbourAddCarelessly( volatile uint32_t * pulCounter, void ( * vPause )( void ) );
extern uint32_t ulNeighbourAllocate( void );
extern uint32_t ulNeighbourLookUp( uint32_t ulIndex );
extern void vNeighbourPanicked( void ) __attribute__( ( noreturn ) );

/* The kernel's critical section, counted on the way (ld --wrap). */
extern void __real_vPortEnterCritical( void );
extern void __real_vPortExitCritical( void );
extern void __wrap_vPortEnterCritical( void );
extern void __wrap_vPortExitCritical( void );

static volatile uint32_t ulEntered, ulLeft;
static uint32_t ulEnteredBefore, ulLeftBefore;
static uint32_t ulObserved, ulOutermost;
static volatile uint32_t ulCounter, ulFinished;
static volatile BaseType_t xCareless, xPanicExpected;
static BaseType_t xAllHold = pdTRUE;
/*-----------------------------------------------------------*/

static void prvSay( const char * pcText )
{
    vBoardWrite( pcText, strlen( pcText ) );
}
/*-----------------------------------------------------------*/

static void prvCheck( BaseType_t xHolds, const char * pcWhat )
{
    prvSay( ( xHolds != pdFALSE ) ? "ok: " : "FAILED: " );
    prvSay( pcWhat );
    prvSay( "\n" );

    if( xHolds == pdFALSE )
    {
        xAllHold = pdFALSE;
    }
}
/*-----------------------------------------------------------*/

void vMixedAssertFailed( const char * pcFile, int iLine )
{
    ( void ) iLine;
    prvSay( "FAILED: configASSERT in " );
    prvSay( pcFile );
    prvSay( "\n" );
    vBoardExit( 3 );
}
/*-----------------------------------------------------------*/

void vWatchdogExpired( void )
{
    prvSay( "FAILED: the watchdog ended a run that hangs\n" );
    vBoardExit( 4 );
}
/*-----------------------------------------------------------*/

void __wrap_vPortEnterCritical( void )
{
    __real_vPortEnterCritical();
    ulEntered++;
}
/*-----------------------------------------------------------*/

void __wrap_vPortExitCritical( void )
{
    ulLeft++;
    __real_vPortExitCritical();
}
/*-----------------------------------------------------------*/

/* Are the kernel's interrupts held back, as the hardware (or the host) has it? */
static BaseType_t prvMasked( void )
{
    #if defined( __arm__ )
        uint32_t ulBasePriority;

        __asm volatile ( "mrs %0, basepri" : "=r" ( ulBasePriority ) );
        return ( ulBasePriority != 0U ) ? pdTRUE : pdFALSE;
    #else
        sigset_t xMask;

        ( void ) pthread_sigmask( SIG_BLOCK, NULL, &xMask );
        return ( sigismember( &xMask, SIGALRM ) == 1 ) ? pdTRUE : pdFALSE;
    #endif
}
/*-----------------------------------------------------------*/

/* At this depth of the neighbour's nesting: as many kernel sections open, and masked unless there is none. */
static void prvObserve( uint32_t ulDepth )
{
    const uint32_t ulOpen = ( ulEntered - ulEnteredBefore ) - ( ulLeft - ulLeftBefore );
    const BaseType_t xExpected = ( ( ulDepth + ulOutermost ) > 0U ) ? pdTRUE : pdFALSE;

    if( ( ulOpen == ( ulDepth + ulOutermost ) ) && ( prvMasked() == xExpected ) )
    {
        ulObserved++;
    }
}
/*-----------------------------------------------------------*/

static void prvBeginObserving( void )
{
    ulEnteredBefore = ulEntered;
    ulLeftBefore = ulLeft;
    ulObserved = 0;
}
/*-----------------------------------------------------------*/

static void prvCheckNesting( void )
{
    /* Down to the deepest, up again, and once outside. */
    const uint32_t ulSteps = ( 2U * mixedDEPTH ) - 1U + 1U;

    prvBeginObserving();
    prvCheck( prvMasked() == pdFALSE, "before critical_section::with interrupts are open" );
    vNeighbourNest( mixedDEPTH, prvObserve );
    prvCheck( ulObserved == ulSteps, "critical_section::with enters the kernel's critical section, and nests" );
    prvCheck( ( ulEntered - ulEnteredBefore ) == mixedDEPTH, "each with() entered it once" );
    prvCheck( prvMasked() == pdFALSE, "after the outermost one interrupts are open again" );

    prvBeginObserving();
    taskENTER_CRITICAL();
    ulOutermost = 1;
    vNeighbourNest( mixedDEPTH, prvObserve );
    prvCheck( ( ulObserved == ulSteps ) && ( prvMasked() != pdFALSE ), "it nests inside taskENTER_CRITICAL of C" );
    ulOutermost = 0;
    taskEXIT_CRITICAL();
    prvCheck( prvMasked() == pdFALSE, "and leaves C's own section to C" );
}
/*-----------------------------------------------------------*/

static void prvPause( void )
{
    volatile uint32_t ulStep;

    for( ulStep = 0; ulStep < mixedPAUSE_STEPS; ulStep++ )
    {
    }
}
/*-----------------------------------------------------------*/

static void prvFinish( void )
{
    taskENTER_CRITICAL();
    ulFinished++;
    taskEXIT_CRITICAL();
    vTaskSuspend( NULL );
}
/*-----------------------------------------------------------*/

static void prvRustTask( void * pvUnused )
{
    uint32_t ulAddition;

    ( void ) pvUnused;

    for( ulAddition = 0; ulAddition < mixedADDITIONS; ulAddition++ )
    {
        if( xCareless != pdFALSE )
        {
            vNeighbourAddCarelessly( &ulCounter, prvPause );
        }
        else
        {
            vNeighbourAdd( &ulCounter, prvPause );
        }
    }

    prvFinish();
}
/*-----------------------------------------------------------*/

static void prvCTask( void * pvUnused )
{
    uint32_t ulAddition, ulSeen;

    ( void ) pvUnused;

    for( ulAddition = 0; ulAddition < mixedADDITIONS; ulAddition++ )
    {
        if( xCareless == pdFALSE )
        {
            taskENTER_CRITICAL();
        }

        ulSeen = ulCounter;
        prvPause();
        ulCounter = ulSeen + 1U;

        if( xCareless == pdFALSE )
        {
            taskEXIT_CRITICAL();
        }
    }

    prvFinish();
}
/*-----------------------------------------------------------*/

/* A task in C and one in Rust add to one counter, and the tick switches between them. */
static uint32_t prvRace( BaseType_t xHowCareless )
{
    xCareless = xHowCareless;
    ulCounter = 0;
    ulFinished = 0;

    if( ( xTaskCreate( prvRustTask, "rust", 512, NULL, 1, NULL ) != pdPASS ) ||
        ( xTaskCreate( prvCTask, "c", 512, NULL, 1, NULL ) != pdPASS ) )
    {
        prvCheck( pdFALSE, "two tasks fit the heap" );
        vBoardExit( 5 );
    }

    while( ulFinished < 2U )
    {
        vTaskDelay( 2 );
    }

    return ulCounter;
}
/*-----------------------------------------------------------*/

void vNeighbourPanicked( void )
{
    prvCheck( xPanicExpected, "a panic of the neighbour comes to its own panic handler" );
    vBoardExit( ( xAllHold != pdFALSE ) ? 0 : 1 );
}
/*-----------------------------------------------------------*/

static void prvDirector( void * pvUnused )
{
    size_t uxFree;

    ( void ) pvUnused;
    prvCheckNesting();

    uxFree = xPortGetFreeHeapSize();
    prvCheck( ulNeighbourAllocate() == ( mixedSIZES + 1U ), "the neighbour's blocks come from the heap and keep" );
    prvCheck( xPortGetFreeHeapSize() == uxFree, "and go back to it" );

    prvCheck( prvRace( pdTRUE ) < ( 2U * mixedADDITIONS ), "without critical sections additions are lost" );
    prvCheck( prvRace( pdFALSE ) == ( 2U * mixedADDITIONS ), "with Rust's and C's critical sections none is" );

    prvCheck( ulNeighbourLookUp( 3 ) == 7U, "the neighbour looks up" );
    xPanicExpected = pdTRUE;
    ( void ) ulNeighbourLookUp( 4 );
    prvCheck( pdFALSE, "a panic does not return" );
    vBoardExit( 6 );
}
/*-----------------------------------------------------------*/

int main( void )
{
    vBoardStartWatchdog( 60 );

    if( xTaskCreate( prvDirector, "director", 1024, NULL, 2, NULL ) == pdPASS )
    {
        vTaskStartScheduler();
    }

    prvCheck( pdFALSE, "the scheduler starts" );
    return 7;
}
