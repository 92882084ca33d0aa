/* SPDX-License-Identifier: MIT
 *
 * The kernel's POSIX port (V11.2.0) makes and joins host threads while the tick may still preempt the
 * calling task. Preempted inside pthread_join() or malloc(), that task keeps a lock of the C library,
 * and the next task that creates a task waits for it for ever. So both doors are closed to the tick
 * here, by the linker (--wrap), and the port stays as it is. This concerns the host only, on any heap.
 */
#include "FreeRTOS.h"
#include "task.h"

extern StackType_t * __real_pxPortInitialiseStack( StackType_t * pxTopOfStack, StackType_t * pxEndOfStack,
                                                   TaskFunction_t pxCode, void * pvParameters );
extern StackType_t * __wrap_pxPortInitialiseStack( StackType_t * pxTopOfStack, StackType_t * pxEndOfStack,
                                                   TaskFunction_t pxCode, void * pvParameters );
extern void __real_vPortCancelThread( void * pxTaskToDelete );
extern void __wrap_vPortCancelThread( void * pxTaskToDelete );
/*-----------------------------------------------------------*/

StackType_t * __wrap_pxPortInitialiseStack( StackType_t * pxTopOfStack, StackType_t * pxEndOfStack,
                                            TaskFunction_t pxCode, void * pvParameters )
{
    StackType_t * pxTop;

    taskENTER_CRITICAL();
    {
        pxTop = __real_pxPortInitialiseStack( pxTopOfStack, pxEndOfStack, pxCode, pvParameters );
    }
    taskEXIT_CRITICAL();

    return pxTop;
}
/*-----------------------------------------------------------*/

void __wrap_vPortCancelThread( void * pxTaskToDelete )
{
    taskENTER_CRITICAL();
    {
        __real_vPortCancelThread( pxTaskToDelete );
    }
    taskEXIT_CRITICAL();
}
