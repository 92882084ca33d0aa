/* SPDX-License-Identifier: MIT
 * A firmware that uses malloc and free, and one extension or none: to weigh it. Nothing of it runs. */
#include "FreeRTOS.h"
#include "task.h"

#include "firmheap_memory.h"

uint8_t __attribute__( ( aligned( 8 ) ) ) ucHeap[ configTOTAL_HEAP_SIZE ];

extern void vResetHandler( void );

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

void vApplicationGetRandomHeapCanary( portPOINTER_SIZE_TYPE * pxCanary )
{
    *pxCanary = 0x5EEDCAFEU;
}

/* The C library's own would be weighed, too. */
extern void * memmove( void * pvTo, const void * pvFrom, size_t xBytes );
void * memmove( void * pvTo, const void * pvFrom, size_t xBytes )
{
    ( void ) pvFrom;
    ( void ) xBytes;

    return pvTo;
}

__attribute__( ( section( ".vectors" ), used ) ) static void ( * const pxVectors[ 2 ] )( void ) = { NULL, vResetHandler };

void vResetHandler( void )
{
    void * volatile pv = pvPortMalloc( 10U );

    #if defined( memoryUSES_pvPortRealloc )
        pv = pvPortRealloc( pv, 20U );
    #elif defined( memoryUSES_pvPortReallocArray )
        pv = pvPortReallocArray( pv, 20U, 2U );
    #elif defined( memoryUSES_pvPortAlignedAlloc )
        pv = pvPortAlignedAlloc( 64U, 20U );
    #elif defined( memoryUSES_xPortGetAllocationSize )
        pv = ( void * ) xPortGetAllocationSize( pv );
    #elif defined( memoryUSES_xPortGetLargestFreeBlockSize )
        pv = ( void * ) xPortGetLargestFreeBlockSize();
    #endif
    vPortFree( pv );

    for( ; ; )
    {
    }
}
