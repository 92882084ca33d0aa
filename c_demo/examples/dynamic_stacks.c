/* SPDX-License-Identifier: MIT
 *
 * Stacks of tasks from a memory of their own (configSTACK_ALLOCATION_FROM_SEPARATE_HEAP), and those of deleted tasks used
 * again by the next ones.
 */
#include <string.h>

#include "example.h"
#include "firmheap_caps.h"
#include "firmheap_faults.h"
#include "memories.h"

#define TASKS    6

static volatile uint32_t ran, on_stack;

static void prvTask( void * argument )
{
    volatile uint32_t local = 1U;

    ( void ) argument;
    taskENTER_CRITICAL();
    ran += local;
    #ifdef __arm__
        on_stack += LIES_IN( &local, RAM_FIRST, RAM_END ) ? 1U : 0U;
    #else
        on_stack++; /* the host's port runs tasks on threads with stacks of their own */
    #endif
    taskEXIT_CRITICAL();
    vTaskDelete( NULL );
}

static void prvRound( void )
{
    ran = 0;
    on_stack = 0;

    for( unsigned i = 0; i < TASKS; i++ )
    {
        CHECK( xTaskCreate( prvTask, "task", 512U, NULL, 1U, NULL ) == pdPASS );
    }

    while( ran < TASKS )
    {
        vTaskDelay( 1U );
    }

    vTaskDelay( 20U ); /* the idle task gives the stacks back */
    CHECK( on_stack == TASKS );
}

void vExampleMemories( void )
{
    CHECK( xPortAddHeapBetween( RAM_FIRST, RAM_END, capsSTACK, 0U, "stacks" ) == pdPASS );
}

void vExample( void )
{
    static uint64_t foreign;
    HeapStats_t stats;
    size_t made;

    const size_t heap_before = xPortGetFreeHeapSize();
    const size_t stacks_before = xPortGetFreeSizeWithCaps( capsSTACK );

    prvRound();
    CHECK( xPortGetFreeSizeWithCaps( capsSTACK ) < stacks_before ); /* some are kept */
    ( void ) xPortReleaseStacks();
    CHECK( xPortGetFreeSizeWithCaps( capsSTACK ) == stacks_before );
    CHECK( xPortGetFreeHeapSize() == heap_before );

    /* From the second round on most stacks are those of before: few allocations are made. */
    prvRound();
    vPortGetHeapStatsWithCaps( capsSTACK, &stats );
    made = stats.xNumberOfSuccessfulAllocations;
    prvRound();
    vPortGetHeapStatsWithCaps( capsSTACK, &stats );
    made = stats.xNumberOfSuccessfulAllocations - made;
    CHECK( made < TASKS );
    vPrint( "%u of %u stacks were new\n", ( unsigned ) made, ( unsigned ) TASKS );

    void * stack = pvPortMallocStack( 1000 );
    CHECK( stack != NULL );
    vPortFreeStack( stack );
    CHECK_FAULT( FIRMHEAP_FAULT_DOUBLE_FREE, vPortFreeStack( stack ) );
    CHECK( pvPortMallocStack( 1000 ) == stack );
    vPortFreeStack( stack );
    vPortFreeStack( NULL );
    CHECK_FAULT( FIRMHEAP_FAULT_FOREIGN_POINTER, vPortFreeStack( &foreign ) );
    ( void ) xPortReleaseStacks();
    CHECK( xPortGetFreeSizeWithCaps( capsSTACK ) == stacks_before );
    CHECK( xPortHeapCheck() == pdPASS );
}
