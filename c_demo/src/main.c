/* SPDX-License-Identifier: MIT
 *
 * A FreeRTOS application that uses the heap in the ways firmware does, on any heap behind the kernel's
 * names. It ends with status 0 only if nothing was lost.
 */
#include "FreeRTOS.h"
#include "task.h"

#include "board.h"
#include "demo.h"
#include "director.h"
#include "print.h"

extern void vApplicationIdleHook( void );

void vApplicationIdleHook( void )
{
    vBoardIdle();
}
/*-----------------------------------------------------------*/

#ifdef demoHEAP_REGIONS

    /* As firmware on heap_5 starts. One region: what the audit knows of free blocks has no marks in it. */
    static void prvDefineRegions( void )
    {
        static uint8_t ucRegion[ configTOTAL_HEAP_SIZE ];
        const HeapRegion_t xRegions[] = { { ucRegion, sizeof( ucRegion ) }, { NULL, 0 } };

        vPortDefineHeapRegions( xRegions );
    }
    /*-----------------------------------------------------------*/

#endif

int main( void )
{
    #ifdef demoHEAP_REGIONS
        prvDefineRegions();
    #endif

    if( xTaskCreate( vDirector, "director", 4U * configMINIMAL_STACK_SIZE, NULL,
                     demoDIRECTOR_PRIORITY, NULL ) != pdPASS )
    {
        vFail( "the director could not be created: is configTOTAL_HEAP_SIZE too small?" );
    }

    vTaskStartScheduler();

    vFail( "the scheduler did not start" );
}
