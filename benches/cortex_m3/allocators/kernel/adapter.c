/* SPDX-License-Identifier: MIT */
/* The kernel's heap files export the kernel's names already; only heap_5 wants its region defined. */
#include "FreeRTOS.h"
#include "task.h"

void vBenchInit( uint8_t * pucHeap,
                 size_t xBytes );
void vApplicationGetRandomHeapCanary( portPOINTER_SIZE_TYPE * pxHeapCanary );

void vBenchInit( uint8_t * pucHeap,
                 size_t xBytes )
{
    #ifdef BENCH_REGIONS
        const HeapRegion_t xRegions[] = { { pucHeap, xBytes }, { NULL, 0 } };

        vPortDefineHeapRegions( xRegions );
    #else
        ( void ) pucHeap;
        ( void ) xBytes;

        #ifdef BENCH_ANY_SIZE
            /* heap_2 counts its free bytes from an initialised variable: count from the trial's size. */
            vPortHeapResetState();
        #endif
    #endif
}

#ifdef BENCH_PROTECTOR

    void vApplicationGetRandomHeapCanary( portPOINTER_SIZE_TYPE * pxHeapCanary )
    {
        *pxHeapCanary = ( portPOINTER_SIZE_TYPE ) 0x5AC3D29EUL;
    }

#endif
