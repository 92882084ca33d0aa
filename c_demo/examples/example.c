/* SPDX-License-Identifier: MIT */
#include "example.h"

#include "firmheap_faults.h"

static uint32_t ulExpected, ulCame;

void ( * volatile pxExampleTick )( void );

extern void vApplicationIdleHook( void );
extern void vApplicationTickHook( void );

void vExpectFault( uint32_t ulKind )
{
    ulExpected = ulKind;
    ulCame = 0U;
}
/*-----------------------------------------------------------*/

void vFaultCame( void )
{
    if( ulCame != ulExpected )
    {
        vFail( "fault %u was to be raised, not %u\n", ( unsigned ) ulExpected, ( unsigned ) ulCame );
    }

    ulExpected = 0U;
}
/*-----------------------------------------------------------*/

void vApplicationHeapFaultHook( const HeapFault_t * pxFault )
{
    CHECK( pxFault->ulKind != FIRMHEAP_FAULT_NONE );
    ulCame = pxFault->ulKind;
}
/*-----------------------------------------------------------*/

volatile uint32_t ulExampleFailed;

void vApplicationMallocFailedHook( void )
{
    ulExampleFailed++;
}
/*-----------------------------------------------------------*/

void vExampleAssert( const char * pcFile, int iLine )
{
    if( ulExpected == 0U )
    {
        vFail( "assertion, %s line %u, fault %u\n", pcFile, ( unsigned ) iLine, ( unsigned ) ulCame );
    }
}
/*-----------------------------------------------------------*/

void vApplicationIdleHook( void )
{
    vBoardIdle();
}
/*-----------------------------------------------------------*/

void vApplicationTickHook( void )
{
    if( pxExampleTick != NULL )
    {
        pxExampleTick();
    }
}
/*-----------------------------------------------------------*/

#if ( configCHECK_FOR_STACK_OVERFLOW > 0 )

    extern void vApplicationStackOverflowHook( TaskHandle_t xTask, char * pcTaskName );

    void vApplicationStackOverflowHook( TaskHandle_t xTask, char * pcTaskName )
    {
        ( void ) xTask;
        vFail( "stack overflow in %s\n", pcTaskName );
    }

#endif
/*-----------------------------------------------------------*/

void vWatchdogExpired( void )
{
    static const char cMessage[] = "FAILED: the example hangs\n";

    vBoardWrite( cMessage, sizeof( cMessage ) - 1U );
    vBoardExit( 3 );
}
/*-----------------------------------------------------------*/

static void prvMain( void * pvUnused )
{
    ( void ) pvUnused;
    vExample();
    vPrint( "ok\n" );
    vBoardExit( 0 );
}
/*-----------------------------------------------------------*/

int main( void )
{
    vBoardStartWatchdog( 60U );
    #ifdef EXAMPLES_CAPS
        vExampleMemories();
    #endif

    if( xTaskCreate( prvMain, "example", 1024U, NULL, 2U, NULL ) == pdPASS )
    {
        vTaskStartScheduler();
    }

    return 1;
}
