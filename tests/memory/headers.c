/* SPDX-License-Identifier: MIT
 * Every function of the header, as C and as C++, without a warning. */
#include "FreeRTOS.h"

#include "firmheap_memory.h"

extern size_t xEveryFunction( void * pv );

size_t xEveryFunction( void * pv )
{
    pv = pvPortRealloc( pv, 10U );
    pv = pvPortReallocArray( pv, 10U, 2U );
    vPortFree( pv );
    pv = pvPortAlignedAlloc( 64U, 10U );

    return xPortGetAllocationSize( pv ) + xPortGetLargestFreeBlockSize();
}
