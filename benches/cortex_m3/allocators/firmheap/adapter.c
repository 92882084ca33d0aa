/* SPDX-License-Identifier: MIT */
/*
 * firmheap is measured as users link it: the archive and the port file, both unchanged.
 *
 * Only where one image serves every heap size (the search for the smallest heap) the one call with
 * which the port file hands ucHeap over is wrapped, by the linker, to pass the size of the trial.
 */
#include <stddef.h>
#include <stdint.h>

void vBenchInit( uint8_t * pucHeap,
                 size_t xBytes );

void vBenchInit( uint8_t * pucHeap,
                 size_t xBytes )
{
    /* The first request sets the heap up. */
    ( void ) pucHeap;
    ( void ) xBytes;
}

#ifdef BENCH_ANY_SIZE

    extern size_t xBenchHeapBytes;
    void __real_vFirmheapAddHeap( void * pv,
                                    size_t xBytes );
    void __wrap_vFirmheapAddHeap( void * pv,
                                    size_t xBytes );

    void __wrap_vFirmheapAddHeap( void * pv,
                                    size_t xBytes )
    {
        ( void ) xBytes;
        __real_vFirmheapAddHeap( pv, xBenchHeapBytes );
    }

#endif
