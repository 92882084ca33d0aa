/* SPDX-License-Identifier: MIT
 *
 * What the port's heaps in memories of their own have in common: how a fault that the archive wrote down is raised. Include
 * it behind the kernel's headers. Not for applications.
 */

#ifndef FIRMHEAP_RAISE_H
#define FIRMHEAP_RAISE_H

#include "firmheap_faults.h"

#ifndef configUSE_HEAP_FAULT_HOOK
    #define configUSE_HEAP_FAULT_HOOK    0
#endif

/* Raises what was written down, if anything: the hook, then configASSERT. Outside the lock, and by a task. */
static void prvRaise( HeapFault_t * pxFault,
                      void * pvCaller )
{
    const uint32_t ulFault = pxFault->ulKind;

    if( ulFault == ( uint32_t ) FIRMHEAP_FAULT_NONE )
    {
        return;
    }

    #if ( configUSE_HEAP_FAULT_HOOK == 1 )
    {
        pxFault->pvCaller = pvCaller;
        #if ( INCLUDE_xTaskGetCurrentTaskHandle == 1 )
        {
            pxFault->pvTask = ( void * ) xTaskGetCurrentTaskHandle();
            pxFault->pcTaskName = ( pxFault->pvTask != NULL ) ? pcTaskGetName( NULL ) : NULL;
        }
        #endif
        vApplicationHeapFaultHook( pxFault );
    }
    #endif
    ( void ) pvCaller;
    configASSERT( ulFault == FIRMHEAP_FAULT_NONE );
}

#endif /* FIRMHEAP_RAISE_H */
