/* SPDX-License-Identifier: MIT
 * The least that uses the heap, with a kernel that is not there: for links that must fail. */
#include "FreeRTOS.h"
#include "task.h"

void vTaskSuspendAll( void )
{
}

BaseType_t xTaskResumeAll( void )
{
    return pdFALSE;
}

void vPortEnterCritical( void )
{
}

void vPortExitCritical( void )
{
}

UBaseType_t xPortSetInterruptMask( void )
{
    return 0;
}

void vPortClearInterruptMask( UBaseType_t xMask )
{
    ( void ) xMask;
}

void vMisuseAsserted( void )
{
}

void vApplicationGetRandomHeapCanary( portPOINTER_SIZE_TYPE * pxCanary )
{
    *pxCanary = 1;
}

int main( void )
{
    vPortFree( pvPortMalloc( 10U ) );

    return 0;
}
