/* SPDX-License-Identifier: MIT
 *
 * The heap and interrupt handlers: a part of firmheap_port.c, which includes it if FIRMHEAP_LOCK is critical or
 * FIRMHEAP_FREE_FROM_ISR is 1, and nobody else. Applications include firmheap_isr.h.
 */

#ifndef FIRMHEAP_LOCK_H
#define FIRMHEAP_LOCK_H

#if firmheapCRITICAL

/* The mask that a handler found. One is enough: while it is kept nobody else is in the heap, on no core. The lock nests, for
 * macros of the application that ask the heap something. */
PRIVILEGED_DATA static UBaseType_t uxFirmheapMask;
PRIVILEGED_DATA static UBaseType_t uxFirmheapDepth;

void vFirmheapLock( void )
{
    if( firmheapIN_HANDLER() == 0 )
    {
        taskENTER_CRITICAL();
    }
    else
    {
        const UBaseType_t uxMask = ( UBaseType_t ) taskENTER_CRITICAL_FROM_ISR();

        if( uxFirmheapDepth == 0U )
        {
            uxFirmheapMask = uxMask;
        }

        uxFirmheapDepth++;
    }
}
/*-----------------------------------------------------------*/

void vFirmheapUnlock( void )
{
    if( firmheapIN_HANDLER() == 0 )
    {
        taskEXIT_CRITICAL();
    }
    else
    {
        uxFirmheapDepth--;

        if( uxFirmheapDepth == 0U )
        {
            taskEXIT_CRITICAL_FROM_ISR( uxFirmheapMask );
        }
    }
}
/*-----------------------------------------------------------*/

void vPortFreeFromISR( void * pv )
{
    vPortFree( pv );
}
/*-----------------------------------------------------------*/

size_t xPortFreePending( void )
{
    return 0U;
}
/*-----------------------------------------------------------*/

size_t xPortGetPendingFrees( void )
{
    return 0U;
}
/*-----------------------------------------------------------*/

#else /* if firmheapCRITICAL */

/* The list of blocks that wait (src/pending.rs). */
typedef struct FirmheapPending
{
    uint32_t ulFirst;
    uint32_t ulCount;
} FirmheapPending_t;

#define xFirmheapPending    xFirmheapPending_of_a_port_file_with_FIRMHEAP_FREE_FROM_ISR_1
extern FirmheapPending_t xFirmheapPending;
PRIVILEGED_DATA FirmheapPending_t xFirmheapPending;

extern uint32_t ulFirmheapMayDefer( void * pv );
extern uint32_t ulFirmheapDefer( void * pv );
extern void * pvFirmheapUndefer( uint32_t * pulFault );
void * pvFirmheapTakePending( void ) PRIVILEGED_FUNCTION;

/* What was handed over, and no more: a task may be at work in the heap, so that nobody can look at it. */
static void prvHandlerFault( uint32_t ulFault,
                             void * pv,
                             void * pvCaller )
{
    #if ( configUSE_HEAP_FAULT_HOOK == 1 )
    {
        HeapFault_t xFault;

        ( void ) memset( &xFault, 0, sizeof( xFault ) );
        xFault.ulKind = ulFault;
        xFault.pvBlock = pv;
        xFault.pvPointer = pv;
        xFault.pvCaller = pvCaller;
        vApplicationHeapFaultHook( &xFault );
    }
    #endif
    configASSERT( ulFault == FIRMHEAP_FAULT_NONE );
    ( void ) ulFault;
    ( void ) pv;
    ( void ) pvCaller;
}
/*-----------------------------------------------------------*/

void vPortFreeFromISR( void * pv )
{
    uint32_t ulFault;

    if( pv == NULL )
    {
        return;
    }

    /* Nobody else touches what is looked at here, so only the list needs the mask. */
    ulFault = ulFirmheapMayDefer( pv );

    if( ulFault == ( uint32_t ) FIRMHEAP_FAULT_NONE )
    {
        const UBaseType_t uxMask = ( UBaseType_t ) taskENTER_CRITICAL_FROM_ISR();

        ulFault = ulFirmheapDefer( pv );
        taskEXIT_CRITICAL_FROM_ISR( uxMask );
    }

    if( ulFault != ( uint32_t ) FIRMHEAP_FAULT_NONE )
    {
        prvHandlerFault( ulFault, pv, firmheapCALLER() );
    }
}
/*-----------------------------------------------------------*/

/* A block for the task that calls to free, or NULL. */
void * pvFirmheapTakePending( void )
{
    uint32_t ulFault = ( uint32_t ) FIRMHEAP_FAULT_NONE;
    void * pv;

    taskENTER_CRITICAL();
    {
        pv = pvFirmheapUndefer( &ulFault );
    }
    taskEXIT_CRITICAL();

    if( ulFault != ( uint32_t ) FIRMHEAP_FAULT_NONE )
    {
        prvFault( ulFault, pv, NULL );
    }

    return pv;
}
/*-----------------------------------------------------------*/

#endif /* if firmheapCRITICAL */

#endif /* FIRMHEAP_LOCK_H */
