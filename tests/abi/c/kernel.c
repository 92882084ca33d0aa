/* SPDX-License-Identifier: MIT
 *
 * In place of the kernel: counts what the heap asks of it. The real kernel runs in c_demo/ and
 * tests/mixed/.
 */
#include "FreeRTOS.h"
#include "task.h"

/* Read by tests/support/mod.rs: the same order there. */
typedef struct AbiSeen
{
    uint32_t ulSuspended;        /* Depth of suspension, now. */
    uint32_t ulSuspensions;      /* Calls of vTaskSuspendAll() ever. */
    uint32_t ulAsserts;
    uint32_t ulAssertsSuspended; /* Of these, raised with the scheduler suspended. */
    uint32_t ulFailedHooks;
    uint32_t ulMallocs;          /* traceMALLOC() with memory. */
    uint32_t ulFrees;
    uint32_t ulUnlockedTraces;   /* Trace macros with the scheduler running. */
} AbiSeen_t;

extern AbiSeen_t xAbiSeen;
AbiSeen_t xAbiSeen;

void vTaskSuspendAll( void )
{
    xAbiSeen.ulSuspended++;
    xAbiSeen.ulSuspensions++;
}
/*-----------------------------------------------------------*/

BaseType_t xTaskResumeAll( void )
{
    xAbiSeen.ulSuspended--;
    return pdFALSE;
}
/*-----------------------------------------------------------*/

void vAbiAssertFailed( void )
{
    xAbiSeen.ulAsserts++;

    if( xAbiSeen.ulSuspended != 0U )
    {
        xAbiSeen.ulAssertsSuspended++;
    }
}
/*-----------------------------------------------------------*/

void vAbiTrace( void * pv,
                size_t uxBytes,
                int iIsFree )
{
    ( void ) uxBytes;

    if( xAbiSeen.ulSuspended == 0U )
    {
        xAbiSeen.ulUnlockedTraces++;
    }

    if( iIsFree != 0 )
    {
        xAbiSeen.ulFrees++;
    }
    else if( pv != NULL )
    {
        xAbiSeen.ulMallocs++;
    }
}
/*-----------------------------------------------------------*/

void vApplicationMallocFailedHook( void )
{
    xAbiSeen.ulFailedHooks++;
}
/*-----------------------------------------------------------*/

void vPortEnterCritical( void )
{
}
/*-----------------------------------------------------------*/

void vPortExitCritical( void )
{
}
