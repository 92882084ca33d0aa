/* SPDX-License-Identifier: MIT
 * What tracking asks a kernel that is not there, for links that must fail. */
#include "FreeRTOS.h"
#include "task.h"

TaskHandle_t xTaskGetCurrentTaskHandle( void )
{
    return NULL;
}

BaseType_t xTaskGetSchedulerState( void )
{
    return taskSCHEDULER_NOT_STARTED;
}

TickType_t xTaskGetTickCount( void )
{
    return 0U;
}

UBaseType_t uxTaskPriorityGet( const TaskHandle_t xTask )
{
    ( void ) xTask;

    return 0U;
}

char * pcTaskGetName( TaskHandle_t xTask )
{
    ( void ) xTask;

    return NULL;
}
