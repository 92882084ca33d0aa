/* SPDX-License-Identifier: MIT
 *
 * Each rule is kept and broken once, and each mark is passed in both directions: what is told of must be that, with
 * the task and the place, and nothing else.
 */
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#include "board.h"
#include "print.h"

#include "firmheap_report.h"
#include "firmheap_rules.h"

#define rulesNVIC_ENABLE    ( *( volatile uint32_t * ) 0xE000E100UL )
#define rulesNVIC_PEND      ( *( volatile uint32_t * ) 0xE000E200UL )
#define rulesNVIC_PRIORITY  ( *( volatile uint8_t * ) 0xE000E408UL )
#define rulesTIMER          8U

#define CHECK( x )    do { if( !( x ) ) { vFail( "line %u: %s\n", ( unsigned ) __LINE__, #x ); } } while( 0 )

static HeapBreach_t xTold;
static unsigned uTold;
static volatile BaseType_t xAssertsAllowed;
static void * volatile pvLast;
static unsigned uAlerts[ 5 ];

extern void vTimerHandler( void );
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
/*-----------------------------------------------------------*/

/* The kernel asserts that its critical sections are not an interrupt's: which is what the rule is about. */
void vTestAssert( const char * pcFile, int iLine )
{
    if( xAssertsAllowed == pdFALSE )
    {
        vFail( "assertion, %s line %u\n", pcFile, ( unsigned ) iLine );
    }
}
/*-----------------------------------------------------------*/

void vApplicationHeapRuleHook( const HeapBreach_t * pxBreach )
{
    xTold = *pxBreach;
    uTold++;
}
/*-----------------------------------------------------------*/

static void prvExpect( unsigned uTimes, uint32_t ulRule, TaskHandle_t xTask )
{
    vPrint( "rule %lu: told %u of %u\n", ( unsigned long ) ulRule, uTold, uTimes );
    CHECK( uTold == uTimes );
    CHECK( ulPortHeapBreaches( NULL ) == uTimes );
    CHECK( xTold.ulRule == ulRule );
    CHECK( xTold.ulBreaches == uTimes );
    CHECK( xTold.pvBlock == pvLast );
    CHECK( xTold.xTask == xTask );
    vPrint( "summary: place%lu=%lu\n", ( unsigned long ) ulRule, ( unsigned long ) xTold.pvCaller );
}
/*-----------------------------------------------------------*/

void vTimerHandler( void )
{
    pvLast = pvPortMalloc( 40 ); /* seed: 1 */
}
/*-----------------------------------------------------------*/

static void prvForbidden( void * pvTold )
{
    pvLast = pvPortMalloc( 40 ); /* seed: 2 */
    *( volatile BaseType_t * ) pvTold = pdTRUE;
    vTaskSuspend( NULL );
}
/*-----------------------------------------------------------*/

static void prvRules( void )
{
    volatile BaseType_t xDone = pdFALSE;
    const TaskHandle_t xMe = xTaskGetCurrentTaskHandle();
    TaskHandle_t xOther;

    vPortFree( pvPortMalloc( 3000 ) );
    CHECK( ulPortHeapBreaches( NULL ) == 0U );

    vPortHeapLimitRequest( 512 );
    vPortFree( pvPortMalloc( 512 ) );
    CHECK( uTold == 0U );
    pvLast = pvPortMalloc( 600 ); /* seed: 4 */
    prvExpect( 1, heapRULE_SIZE, xMe );
    vPortHeapLimitRequest( 0 );

    CHECK( xTaskCreate( prvForbidden, "forbidden", 200U, ( void * ) &xDone, 1U, &xOther ) == pdPASS );
    CHECK( xPortHeapForbid( xOther ) == pdPASS );
    CHECK( xPortHeapForbid( xOther ) == pdPASS );
    CHECK( xPortHeapForbid( NULL ) == pdFAIL );
    CHECK( uTold == 1U );

    while( xDone == pdFALSE )
    {
        vTaskDelay( 1 );
    }

    prvExpect( 2, heapRULE_TASK, xOther );
    CHECK( xPortHeapAllow( xOther ) == pdPASS );
    CHECK( xPortHeapAllow( xOther ) == pdFAIL );

    vPortHeapFreeze();
    pvLast = pvPortMalloc( 40 ); /* seed: 3 */
    prvExpect( 3, heapRULE_FROZEN, xMe );
    vPortHeapThaw();
    vPortFree( pvPortMalloc( 40 ) );
    CHECK( uTold == 3U );

    xAssertsAllowed = pdTRUE;
    rulesNVIC_PRIORITY = 0xC0U;
    rulesNVIC_ENABLE = ( 1UL << rulesTIMER );
    rulesNVIC_PEND = ( 1UL << rulesTIMER );
    __asm__ volatile ( "dsb\n isb" ::: "memory" );
    xAssertsAllowed = pdFALSE;
    prvExpect( 4, heapRULE_INTERRUPT, NULL );
}
/*-----------------------------------------------------------*/

static void prvAlert( uint32_t ulAlert, uint32_t ulValue, const char * pcName )
{
    ( void ) ulValue;
    ( void ) pcName;
    uAlerts[ ulAlert ]++;
}
/*-----------------------------------------------------------*/

/* Told of once, not again between the marks, and again after it was over. */
static void prvMarks( void )
{
    const HeapMarks_t xMarks = { 4000U, 8000U, 0U, 0U, prvAlert };
    void * pvLarge;
    void * pvHalf;

    vPortHeapSetMarks( &xMarks );
    vPortHeapWatch();
    CHECK( uAlerts[ heapALERT_LOW ] == 0U );
    pvLarge = pvPortMalloc( xPortGetFreeHeapSize() - 6000U );
    pvHalf = pvPortMalloc( 4000 );
    CHECK( ( pvLarge != NULL ) && ( pvHalf != NULL ) );
    CHECK( uAlerts[ heapALERT_LOW ] == 0U ); /* never inside the allocation */
    vPortHeapWatch();
    vPortHeapWatch();
    CHECK( uAlerts[ heapALERT_LOW ] == 1U );
    vPortFree( pvHalf );
    vPortHeapWatch();
    CHECK( uAlerts[ heapALERT_LOW_OVER ] == 0U );
    pvHalf = pvPortMalloc( 4000 );
    vPortHeapWatch();
    CHECK( uAlerts[ heapALERT_LOW ] == 1U );
    vPortFree( pvLarge );
    vPortHeapWatch();
    vPortHeapWatch();
    CHECK( uAlerts[ heapALERT_LOW_OVER ] == 1U );
    pvLarge = pvPortMalloc( xPortGetFreeHeapSize() - 3000U );
    vPortHeapWatch();
    CHECK( uAlerts[ heapALERT_LOW ] == 2U );
    vPortFree( pvLarge );
    vPortFree( pvHalf );
    vPortHeapSetMarks( NULL );
    vPortHeapWatch();
    CHECK( ( uAlerts[ heapALERT_LOW_OVER ] == 1U ) && ( uAlerts[ heapALERT_GROWTH ] == 0U ) );
}
/*-----------------------------------------------------------*/

/* Blocks that are found at the walk bear whose they are. */
static BaseType_t prvLook( const HeapBlock_t * pxBlock, void * pvArgument )
{
    if( pxBlock->pvBlock == pvLast )
    {
        *( uint32_t * ) pvArgument = heapTAG_OWNER( pxBlock->ulTag );

        return pdFALSE;
    }

    return pdTRUE;
}
/*-----------------------------------------------------------*/

static void prvMain( void * pvUnused )
{
    uint32_t ulOwner = 0U;

    ( void ) pvUnused;
    prvRules();
    prvMarks();
    pvLast = pvPortMalloc( 100 );
    CHECK( xPortHeapWalk( prvLook, &ulOwner ) == pdFAIL );
    CHECK( ulOwner != 0U );
    vPrint( "summary: done=1\n" );
    vBoardExit( 0 );
}
/*-----------------------------------------------------------*/

int main( void )
{
    ( void ) xTaskCreate( prvMain, "main", 400U, NULL, 2U, NULL );
    vTaskStartScheduler();

    return 1;
}
