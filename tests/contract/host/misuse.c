/* SPDX-License-Identifier: MIT */

/* misuse.c: see misuse.h. */

#include "misuse.h"

void vMisuse( void * pv, uint32_t ulKernelAsserts )
{
    size_t uxFree = xPortGetFreeHeapSize();
    HeapStats_t xBefore, xAfter;

    vPortGetHeapStats( &xBefore );
    vLogClear();
    vTryFree( pv );

    if( ( CONTRACT_KERNEL == 0 ) || ( ulKernelAsserts != freeTAKEN ) )
    {
        CHECK_FAULT( ulKernelAsserts );
    }

    vLogClear();

    if( xPortGetFreeHeapSize() != uxFree )
    {
        vDamaged( ": the heap took in memory that was not its own to take" );
    }

    vPortGetHeapStats( &xAfter );
    CHECK_EQ( xAfter.xNumberOfSuccessfulFrees, xBefore.xNumberOfSuccessfulFrees );
    CHECK_EQ( xAfter.xNumberOfFreeBlocks, xBefore.xNumberOfFreeBlocks );
    CHECK_EQ( xAfter.xSizeOfLargestFreeBlockInBytes, xBefore.xSizeOfLargestFreeBlockInBytes );
}
