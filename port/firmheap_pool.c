/* SPDX-License-Identifier: MIT
 *
 * Pools (firmheap_pool.h), the part that needs the kernel's macros: critical sections, waiting, faults. Compile it
 * beside firmheap_port.c if you use pools; the lists and checks are in libfirmheap.a (src/pool.rs).
 */

#include <string.h>

#include "FreeRTOS.h"
#include "task.h"
#include "semphr.h"

#include "firmheap_faults.h"
#include "firmheap_pool.h"

#ifndef configUSE_HEAP_FAULT_HOOK
    #define configUSE_HEAP_FAULT_HOOK    0
#endif

/*-------------------------------- the archive --------------------------------*/

extern int32_t lFirmheapPoolInitialise( Pool_t * pxPool,
                                        void * pvBlocks,
                                        uint32_t * pulUsed,
                                        size_t xBlockBytes,
                                        size_t xBlocks );
extern void * pvFirmheapPoolTake( Pool_t * pxPool );
extern uint32_t ulFirmheapPoolGive( Pool_t * pxPool,
                                    void * pv );
extern void * pvFirmheapPoolWhy( Pool_t * pxPool );
extern uint32_t ulFirmheapPoolCheck( Pool_t * pxPool );

/* The words that the archive knows: src/ffi/pool.rs asserts the same. */
typedef char firmheap_pool_is_laid_out_as_in_the_archive[ ( ( offsetof( Pool_t, pvBlocks ) == 24U ) && ( offsetof( Pool_t, ulFirst ) == 16U ) && ( offsetof( Pool_t, ulUsedHere ) == ( 24U + ( 2U * sizeof( void * ) ) ) ) ) ? 1 : -1 ];

/*-------------------------------- faults --------------------------------*/

/* As the heap's faults, but that nothing is asked of the kernel from an interrupt. Runs outside the critical section. */
static void prvFault( uint32_t ulFault,
                      void * pvBlock,
                      void * pvPointer,
                      BaseType_t xIsInterrupt )
{
    #if ( configUSE_HEAP_FAULT_HOOK == 1 )
    {
        HeapFault_t xFault;

        ( void ) memset( &xFault, 0, sizeof( xFault ) );
        xFault.ulKind = ulFault;
        xFault.pvBlock = pvBlock;
        xFault.pvPointer = pvPointer;
        #if ( INCLUDE_xTaskGetCurrentTaskHandle == 1 )
        {
            if( xIsInterrupt == pdFALSE )
            {
                xFault.pvTask = ( void * ) xTaskGetCurrentTaskHandle();
                xFault.pcTaskName = ( xFault.pvTask != NULL ) ? pcTaskGetName( NULL ) : NULL;
            }
        }
        #endif
        vApplicationHeapFaultHook( &xFault );
    }
    #endif /* if ( configUSE_HEAP_FAULT_HOOK == 1 ) */
    configASSERT( ulFault == FIRMHEAP_FAULT_NONE );
    ( void ) ulFault;
    ( void ) pvBlock;
    ( void ) pvPointer;
    ( void ) xIsInterrupt;
}
/*-----------------------------------------------------------*/

/* A block was not taken. pvDamaged: the free one that was written to; NULL: there was none, which is no fault. */
static void * prvRefused( void * pvDamaged,
                          BaseType_t xIsInterrupt )
{
    if( pvDamaged != NULL )
    {
        prvFault( ( uint32_t ) FIRMHEAP_FAULT_FREE_BLOCK_DAMAGED, pvDamaged, NULL, xIsInterrupt );
    }

    return NULL;
}

/*-------------------------------- making and deleting --------------------------------*/

BaseType_t xPoolInitialise( Pool_t * pxPool,
                            void * pvBlocks,
                            uint32_t * pulMap,
                            size_t xBlockBytes,
                            size_t xBlocks )
{
    uint32_t * pulUsed = pulMap;
    int32_t lResult;

    if( pxPool == NULL )
    {
        return errPOOL_MISSING;
    }

    if( ( pulUsed == NULL ) && ( xBlocks <= 32U ) )
    {
        pulUsed = &( pxPool->ulUsedHere );
    }

    lResult = lFirmheapPoolInitialise( pxPool, pvBlocks, pulUsed, xBlockBytes, xBlocks );

    if( lResult != 0 )
    {
        return ( BaseType_t ) lResult;
    }

    pxPool->ulFromHeap = 0U;
    #if ( configUSE_POOL_WAITING == 1 )
    {
        pxPool->ulWaiting = 0U;
        pxPool->xWake = NULL;
    }
    #endif

    return pdPASS;
}
/*-----------------------------------------------------------*/

Pool_t * pxPoolCreate( size_t xBlockBytes,
                       size_t xBlocks )
{
    const size_t xMask = ( size_t ) portBYTE_ALIGNMENT_MASK | ( sizeof( void * ) - 1U );
    const size_t xHead = ( sizeof( Pool_t ) + xMask ) & ~xMask;
    const size_t xStride = ( xBlockBytes + xMask ) & ~xMask;
    const size_t xMap = ( xBlocks <= 32U ) ? 0U : ( ( xBlocks / 32U ) + 1U ) * sizeof( uint32_t );
    uint8_t * pucMemory;
    Pool_t * pxPool;

    /* Nothing that is added or multiplied here may wrap. */
    if( ( xBlocks == 0U ) || ( xBlockBytes < sizeof( void * ) ) || ( xStride < xBlockBytes ) ||
        ( xBlocks > ( ( SIZE_MAX - xHead - xMap ) / xStride ) ) )
    {
        return NULL;
    }

    pucMemory = ( uint8_t * ) pvPortMalloc( xHead + ( xBlocks * xStride ) + xMap );

    if( pucMemory == NULL )
    {
        return NULL;
    }

    pxPool = ( Pool_t * ) ( void * ) pucMemory;

    if( xPoolInitialise( pxPool, pucMemory + xHead,
                         ( xMap == 0U ) ? NULL : ( uint32_t * ) ( void * ) ( pucMemory + xHead + ( xBlocks * xStride ) ),
                         xStride, xBlocks ) != pdPASS )
    {
        vPortFree( pucMemory );

        return NULL;
    }

    pxPool->ulFromHeap = 1U;

    return pxPool;
}
/*-----------------------------------------------------------*/

/* Does a task wait, or is one woken that did not run yet? Within a critical section. */
static BaseType_t prvIsAwaited( const Pool_t * pxPool )
{
    #if ( configUSE_POOL_WAITING == 1 )
        return ( ( pxPool->ulWaiting != 0U ) ||
                 ( ( pxPool->xWake != NULL ) && ( uxQueueMessagesWaiting( pxPool->xWake ) != 0U ) ) ) ? pdTRUE : pdFALSE;
    #else
        ( void ) pxPool;

        return pdFALSE;
    #endif
}
/*-----------------------------------------------------------*/

BaseType_t xPoolClose( Pool_t * pxPool )
{
    BaseType_t xIsIdle = pdFAIL;

    if( pxPool == NULL )
    {
        return pdFAIL;
    }

    taskENTER_CRITICAL();
    {
        if( ( pxPool->ulTaken == 0U ) && ( prvIsAwaited( pxPool ) == pdFALSE ) )
        {
            pxPool->ulBlocks = 0U; /* nobody gets a block of it any more */
            pxPool->ulFresh = 0U;
            pxPool->ulFirst = 0U;
            xIsIdle = pdPASS;
        }
    }
    taskEXIT_CRITICAL();

    #if ( configUSE_POOL_WAITING == 1 )
    {
        if( ( xIsIdle == pdPASS ) && ( pxPool->xWake != NULL ) )
        {
            vQueueDelete( pxPool->xWake );
            pxPool->xWake = NULL;
        }
    }
    #endif

    return xIsIdle;
}
/*-----------------------------------------------------------*/

BaseType_t xPoolDelete( Pool_t * pxPool )
{
    if( ( pxPool == NULL ) || ( pxPool->ulFromHeap == 0U ) || ( xPoolClose( pxPool ) != pdPASS ) )
    {
        return pdFAIL;
    }

    vPortFree( pxPool );

    return pdPASS;
}

/*-------------------------------- allocating --------------------------------*/

void * pvPoolAllocate( Pool_t * pxPool )
{
    void * pv;
    void * pvDamaged = NULL;

    taskENTER_CRITICAL();
    {
        pv = pvFirmheapPoolTake( pxPool );

        if( pv == NULL )
        {
            pvDamaged = pvFirmheapPoolWhy( pxPool );
        }
    }
    taskEXIT_CRITICAL();

    return ( pv != NULL ) ? pv : prvRefused( pvDamaged, pdFALSE );
}
/*-----------------------------------------------------------*/

void * pvPoolAllocateFromISR( Pool_t * pxPool )
{
    void * pv;
    void * pvDamaged = NULL;
    const UBaseType_t uxSaved = ( UBaseType_t ) taskENTER_CRITICAL_FROM_ISR();

    pv = pvFirmheapPoolTake( pxPool );

    if( pv == NULL )
    {
        pvDamaged = pvFirmheapPoolWhy( pxPool );
    }

    taskEXIT_CRITICAL_FROM_ISR( uxSaved );

    return ( pv != NULL ) ? pv : prvRefused( pvDamaged, pdTRUE );
}
/*-----------------------------------------------------------*/

void * pvPoolAllocateAnywhere( Pool_t * pxPool )
{
    return poolINSIDE_INTERRUPT() ? pvPoolAllocateFromISR( pxPool ) : pvPoolAllocate( pxPool );
}
/*-----------------------------------------------------------*/

#if ( configUSE_POOL_WAITING == 1 )

/* Takes a block, or announces that this task waits for one: a block freed from then on sends a word to xWake, which is
 * there when the task asks for it. Returns NULL if it is to wait. */
    static void * prvTakeOrQueueUp( Pool_t * pxPool,
                                    void ** ppvDamaged )
    {
        void * pv;

        taskENTER_CRITICAL();
        {
            pv = pvFirmheapPoolTake( pxPool );

            if( pv == NULL )
            {
                *ppvDamaged = pvFirmheapPoolWhy( pxPool );

                if( *ppvDamaged == NULL )
                {
                    if( pxPool->xWake == NULL )
                    {
                        /* Words without content: a counting semaphore that needs no option of the kernel's. */
                        pxPool->xWake = xQueueCreateStatic( ( UBaseType_t ) 0x7FFFU, 0U, NULL, &( pxPool->xWakeMemory ) );
                    }

                    pxPool->ulWaiting++;
                }
            }
        }
        taskEXIT_CRITICAL();

        return pv;
    }
/*-----------------------------------------------------------*/

/* Time is up. Who waits is either counted or has a word sent: so if nobody is counted, there is a word too many now. It
 * is taken away, or, if it is not there yet, wakes the next one once too often, who looks again and waits on. */
    static void prvLeaveQueue( Pool_t * pxPool )
    {
        BaseType_t xIsCounted = pdFALSE;

        taskENTER_CRITICAL();
        {
            if( pxPool->ulWaiting > 0U )
            {
                pxPool->ulWaiting--;
                xIsCounted = pdTRUE;
            }
        }
        taskEXIT_CRITICAL();

        if( xIsCounted == pdFALSE )
        {
            ( void ) xSemaphoreTake( pxPool->xWake, ( TickType_t ) 0 );
        }
    }
/*-----------------------------------------------------------*/

    void * pvPoolAllocateWait( Pool_t * pxPool,
                               TickType_t xTicksToWait )
    {
        TickType_t xLeft = xTicksToWait;
        TimeOut_t xTimeOut;
        void * pv;
        void * pvDamaged = NULL;

        if( xTicksToWait == ( TickType_t ) 0 )
        {
            return pvPoolAllocate( pxPool );
        }

        vTaskSetTimeOutState( &xTimeOut );

        for( ; ; )
        {
            pv = prvTakeOrQueueUp( pxPool, &pvDamaged );

            if( ( pv != NULL ) || ( pvDamaged != NULL ) )
            {
                break;
            }

            if( xSemaphoreTake( pxPool->xWake, xLeft ) != pdPASS )
            {
                prvLeaveQueue( pxPool );

                return pvPoolAllocate( pxPool ); /* one may have been freed at the last moment */
            }

            /* Woken, but another may be quicker: wait for what is left of the time. */
            if( xTaskCheckForTimeOut( &xTimeOut, &xLeft ) != pdFALSE )
            {
                xLeft = ( TickType_t ) 0;
            }
        }

        return ( pv != NULL ) ? pv : prvRefused( pvDamaged, pdFALSE );
    }

#else /* if ( configUSE_POOL_WAITING == 1 ) */

    void * pvPoolAllocateWait( Pool_t * pxPool,
                               TickType_t xTicksToWait )
    {
        ( void ) xTicksToWait;

        return pvPoolAllocate( pxPool );
    }

#endif /* if ( configUSE_POOL_WAITING == 1 ) */

/*-------------------------------- freeing --------------------------------*/

/* Within the critical section: gives the block back; is a task to be woken for it? */
static uint32_t prvGive( Pool_t * pxPool,
                         void * pv,
                         BaseType_t * pxWake )
{
    const uint32_t ulFault = ulFirmheapPoolGive( pxPool, pv );

    *pxWake = pdFALSE;
    #if ( configUSE_POOL_WAITING == 1 )
    {
        if( ( pxPool->ulWaiting != 0U ) && ( ulFault == ( uint32_t ) FIRMHEAP_FAULT_NONE ) )
        {
            pxPool->ulWaiting--;
            *pxWake = pdTRUE;
        }
    }
    #endif

    return ulFault;
}
/*-----------------------------------------------------------*/

BaseType_t xPoolFree( Pool_t * pxPool,
                      void * pv )
{
    BaseType_t xWake;
    uint32_t ulFault;

    if( pv == NULL )
    {
        return pdPASS;
    }

    taskENTER_CRITICAL();
    {
        ulFault = prvGive( pxPool, pv, &xWake );
    }
    taskEXIT_CRITICAL();

    if( ulFault != ( uint32_t ) FIRMHEAP_FAULT_NONE )
    {
        prvFault( ulFault, pv, pv, pdFALSE );

        return pdFAIL;
    }

    #if ( configUSE_POOL_WAITING == 1 )
    {
        if( xWake != pdFALSE )
        {
            ( void ) xSemaphoreGive( pxPool->xWake );
        }
    }
    #endif

    return pdPASS;
}
/*-----------------------------------------------------------*/

BaseType_t xPoolFreeFromISR( Pool_t * pxPool,
                             void * pv,
                             BaseType_t * pxHigherPriorityTaskWoken )
{
    BaseType_t xWake;
    uint32_t ulFault;
    UBaseType_t uxSaved;

    if( pv == NULL )
    {
        return pdPASS;
    }

    uxSaved = ( UBaseType_t ) taskENTER_CRITICAL_FROM_ISR();
    ulFault = prvGive( pxPool, pv, &xWake );
    taskEXIT_CRITICAL_FROM_ISR( uxSaved );

    if( ulFault != ( uint32_t ) FIRMHEAP_FAULT_NONE )
    {
        prvFault( ulFault, pv, pv, pdTRUE );

        return pdFAIL;
    }

    #if ( configUSE_POOL_WAITING == 1 )
    {
        if( xWake != pdFALSE )
        {
            ( void ) xSemaphoreGiveFromISR( pxPool->xWake, pxHigherPriorityTaskWoken );
        }
    }
    #else
        ( void ) pxHigherPriorityTaskWoken;
    #endif

    return pdPASS;
}
/*-----------------------------------------------------------*/

BaseType_t xPoolFreeAnywhere( Pool_t * pxPool,
                              void * pv )
{
    BaseType_t xResult, xWoken = pdFALSE;

    if( !poolINSIDE_INTERRUPT() )
    {
        return xPoolFree( pxPool, pv );
    }

    xResult = xPoolFreeFromISR( pxPool, pv, &xWoken );
    #ifdef portYIELD_FROM_ISR
        portYIELD_FROM_ISR( xWoken );
    #endif

    return xResult;
}

/*-------------------------------- figures --------------------------------*/

size_t xPoolGetBlockSize( const Pool_t * pxPool )
{
    return pxPool->ulStride;
}
/*-----------------------------------------------------------*/

size_t xPoolGetCapacity( const Pool_t * pxPool )
{
    return pxPool->ulBlocks;
}
/*-----------------------------------------------------------*/

/* Others may change these words at any time, so each is read once. */
size_t xPoolGetUsed( const Pool_t * pxPool )
{
    return *( const volatile uint32_t * ) &( pxPool->ulTaken );
}
/*-----------------------------------------------------------*/

size_t xPoolGetFree( const Pool_t * pxPool )
{
    return pxPool->ulBlocks - *( const volatile uint32_t * ) &( pxPool->ulTaken );
}
/*-----------------------------------------------------------*/

/* Blocks are used for the first time only when no other is free. */
size_t xPoolGetMinimumEverFree( const Pool_t * pxPool )
{
    return pxPool->ulBlocks - *( const volatile uint32_t * ) &( pxPool->ulFresh );
}
/*-----------------------------------------------------------*/

BaseType_t xPoolCheck( Pool_t * pxPool )
{
    uint32_t ulFault;

    taskENTER_CRITICAL();
    {
        ulFault = ulFirmheapPoolCheck( pxPool );
    }
    taskEXIT_CRITICAL();

    return ( ulFault == ( uint32_t ) FIRMHEAP_FAULT_NONE ) ? pdPASS : -( BaseType_t ) ulFault;
}
