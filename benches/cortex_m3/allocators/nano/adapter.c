/* SPDX-License-Identifier: MIT */
/* newlib-nano's malloc behind the kernel's names. It grows through _sbrk, one way only. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

void vTaskSuspendAll( void );
long xTaskResumeAll( void );
void * pvPortMalloc( size_t xWantedSize );
void vPortFree( void * pv );
void vBenchInit( uint8_t * pucHeap,
                 size_t xBytes );
void * _sbrk( ptrdiff_t xIncrement );

static uint8_t * pucNext;
static uint8_t * pucLimit;

/* newlib's malloc reports failure here; its own errno would pull in the whole reentrancy structure. */
int errno;

void vBenchInit( uint8_t * pucHeap,
                 size_t xBytes )
{
    pucNext = pucHeap;
    pucLimit = pucHeap + xBytes;
}

void * _sbrk( ptrdiff_t xIncrement )
{
    uint8_t * pucOld = pucNext;

    if( xIncrement > ( pucLimit - pucNext ) )
    {
        return ( void * ) -1;
    }

    pucNext += xIncrement;
    return pucOld;
}

void * pvPortMalloc( size_t xWantedSize )
{
    void * pvReturn;

    vTaskSuspendAll();
    pvReturn = malloc( xWantedSize );
    ( void ) xTaskResumeAll();
    return pvReturn;
}

void vPortFree( void * pv )
{
    if( pv != NULL )
    {
        vTaskSuspendAll();
        free( pv );
        ( void ) xTaskResumeAll();
    }
}
