/* SPDX-License-Identifier: MIT */
/* o1heap behind the kernel's names. */
#include <stddef.h>
#include <stdint.h>

#include "o1heap.h"

void vTaskSuspendAll( void );
long xTaskResumeAll( void );
void * pvPortMalloc( size_t xWantedSize );
void vPortFree( void * pv );
void vBenchInit( uint8_t * pucHeap,
                 size_t xBytes );

static O1HeapInstance * pxInstance;

void vBenchInit( uint8_t * pucHeap,
                 size_t xBytes )
{
    pxInstance = o1heapInit( pucHeap, xBytes );
}

void * pvPortMalloc( size_t xWantedSize )
{
    void * pvReturn;

    vTaskSuspendAll();
    pvReturn = o1heapAllocate( pxInstance, xWantedSize );
    ( void ) xTaskResumeAll();
    return pvReturn;
}

void vPortFree( void * pv )
{
    vTaskSuspendAll();
    o1heapFree( pxInstance, pv );
    ( void ) xTaskResumeAll();
}
