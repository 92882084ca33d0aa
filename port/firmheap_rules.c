/* SPDX-License-Identifier: MIT
 *
 * Rules for who may allocate when (firmheap_rules.h). The port file asks vFirmheapJudge() about every block that was
 * handed out, if FIRMHEAP_RULES is 1.
 */

#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#include "firmheap_rules.h"
#include "firmheap_text.h"

#ifndef configUSE_HEAP_RULE_HOOK
    #define configUSE_HEAP_RULE_HOOK      0
#endif

#ifndef configHEAP_RULES_ASSERT
    #define configHEAP_RULES_ASSERT       0
#endif

#ifndef configHEAP_FORBIDDEN_TASKS
    #define configHEAP_FORBIDDEN_TASKS    8
#endif

#if ( INCLUDE_xTaskGetCurrentTaskHandle != 1 )
    #error FIRMHEAP_RULES needs INCLUDE_xTaskGetCurrentTaskHandle 1 in FreeRTOSConfig.h
#endif

static TaskHandle_t xForbidden[ configHEAP_FORBIDDEN_TASKS ];
static size_t xLimitBytes;
static BaseType_t xIsFrozen;
static HeapBreach_t xLast;

extern void vFirmheapJudge( void * pv,
                            size_t xBlockBytes );

/* The number of the exception that is handled; zero in a task. */
static uint32_t prvException( void )
{
    uint32_t ulException = 0U;

    #if defined( __GNUC__ ) && defined( __arm__ ) && defined( __ARM_ARCH_PROFILE )
        #if ( __ARM_ARCH_PROFILE == 'M' )
            __asm__ volatile ( "mrs %0, ipsr" : "=r" ( ulException ) );
        #endif
    #endif

    return ulException;
}
/*-----------------------------------------------------------*/

static BaseType_t prvIsForbidden( TaskHandle_t xTask )
{
    size_t x;

    for( x = 0U; x < ( size_t ) configHEAP_FORBIDDEN_TASKS; x++ )
    {
        if( ( xForbidden[ x ] == xTask ) && ( xTask != NULL ) )
        {
            return pdTRUE;
        }
    }

    return pdFALSE;
}
/*-----------------------------------------------------------*/

/* The block knows where it was asked for. */
static void prvFindPlace( HeapBreach_t * pxBreach )
{
    #if ( firmheapLEVEL >= 2 )
    {
        HeapTag_t xTag;
        HeapSite_t xSite;

        if( ( xPortHeapBlockTag( pxBreach->pvBlock, &xTag ) != 0U ) && ( xPortHeapSite( xTag.ulSite, &xSite ) != 0U ) )
        {
            pxBreach->pvCaller = xSite.pvPlace;
            pxBreach->pcPlace = xSite.pcPlace;
        }
    }
    #else
        ( void ) pxBreach;
    #endif
}
/*-----------------------------------------------------------*/

static void prvTell( uint32_t ulRule,
                     void * pv,
                     size_t xBlockBytes,
                     TaskHandle_t xTask )
{
    HeapBreach_t xBreach;

    vTaskSuspendAll();
    xLast.pvCaller = NULL;
    xLast.pcPlace = NULL;
    xLast.ulRule = ulRule;
    xLast.ulBreaches++;
    xLast.pvBlock = pv;
    xLast.xBlockBytes = xBlockBytes;
    xLast.xTask = xTask;
    prvFindPlace( &xLast );
    xBreach = xLast;
    ( void ) xTaskResumeAll();

    #if ( configUSE_HEAP_RULE_HOOK == 1 )
    {
        vApplicationHeapRuleHook( &xBreach );
    }
    #endif
    #if ( configHEAP_RULES_ASSERT == 1 )
    {
        configASSERT( ulRule == heapRULE_KEPT );
    }
    #endif
    ( void ) xBreach;
}
/*-----------------------------------------------------------*/

void vFirmheapJudge( void * pv,
                     size_t xBlockBytes )
{
    const BaseType_t xIsInterrupt = ( prvException() != 0U ) ? pdTRUE : pdFALSE;
    const TaskHandle_t xTask = ( xIsInterrupt == pdTRUE ) ? NULL : xTaskGetCurrentTaskHandle();
    uint32_t ulRule = heapRULE_KEPT;

    if( xIsInterrupt == pdTRUE )
    {
        ulRule = heapRULE_INTERRUPT;
    }
    else if( prvIsForbidden( xTask ) == pdTRUE )
    {
        ulRule = heapRULE_TASK;
    }
    else if( xIsFrozen == pdTRUE )
    {
        ulRule = heapRULE_FROZEN;
    }
    else if( ( xLimitBytes != 0U ) && ( xBlockBytes > xLimitBytes ) )
    {
        ulRule = heapRULE_SIZE;
    }

    if( ulRule != heapRULE_KEPT )
    {
        prvTell( ulRule, pv, xBlockBytes, xTask );
    }
}
/*-----------------------------------------------------------*/

void vPortHeapFreeze( void )
{
    xIsFrozen = pdTRUE;
}
/*-----------------------------------------------------------*/

void vPortHeapThaw( void )
{
    xIsFrozen = pdFALSE;
}
/*-----------------------------------------------------------*/

/* The one that was there becomes the other. */
static BaseType_t prvReplace( TaskHandle_t xOld,
                              TaskHandle_t xNew )
{
    BaseType_t xResult = pdFAIL;
    size_t x;

    taskENTER_CRITICAL();
    {
        for( x = 0U; ( x < ( size_t ) configHEAP_FORBIDDEN_TASKS ) && ( xResult == pdFAIL ); x++ )
        {
            if( xForbidden[ x ] == xOld )
            {
                xForbidden[ x ] = xNew;
                xResult = pdPASS;
            }
        }
    }
    taskEXIT_CRITICAL();

    return xResult;
}
/*-----------------------------------------------------------*/

BaseType_t xPortHeapForbid( TaskHandle_t xTask )
{
    if( ( xTask == NULL ) || ( prvIsForbidden( xTask ) == pdTRUE ) )
    {
        return ( xTask == NULL ) ? pdFAIL : pdPASS;
    }

    return prvReplace( NULL, xTask );
}
/*-----------------------------------------------------------*/

BaseType_t xPortHeapAllow( TaskHandle_t xTask )
{
    return ( xTask == NULL ) ? pdFAIL : prvReplace( xTask, NULL );
}
/*-----------------------------------------------------------*/

/* As large as blocks for so many bytes can be: what is left over of a free block is given away only if nothing
 * could be made of it. */
void vPortHeapLimitRequest( size_t xBytes )
{
    xLimitBytes = ( xBytes == 0U ) ? 0U : ( xBytes + 40U + ( ( size_t ) 2U * portBYTE_ALIGNMENT ) );
}
/*-----------------------------------------------------------*/

uint32_t ulPortHeapBreaches( HeapBreach_t * pxLast )
{
    uint32_t ulBreaches;

    vTaskSuspendAll();
    ulBreaches = xLast.ulBreaches;

    if( pxLast != NULL )
    {
        *pxLast = xLast;
    }

    ( void ) xTaskResumeAll();

    return ulBreaches;
}
