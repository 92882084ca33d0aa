/* SPDX-License-Identifier: MIT
 *
 * Memory for the C library's malloc, which scheme heap_3 calls. The other heaps do without this file.
 */
#include <stddef.h>
#include <stdint.h>

#include "FreeRTOS.h"

extern void * _sbrk( ptrdiff_t xBytes );

void * _sbrk( ptrdiff_t xBytes )
{
    static uint8_t ucMemory[ 4U * boardHEAP_BYTES ] __attribute__( ( aligned( 8 ) ) );
    static size_t uxUsed = 0U;
    void * pvOld = &ucMemory[ uxUsed ];

    if( ( xBytes > 0 ) && ( ( size_t ) xBytes > sizeof( ucMemory ) - uxUsed ) )
    {
        return ( void * ) UINTPTR_MAX;
    }

    uxUsed += ( size_t ) xBytes;
    return pvOld;
}
