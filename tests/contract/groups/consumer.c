/* SPDX-License-Identifier: MIT */

/* consumer.c: contract 8.1.  User's code, C90 and C++, that calls every function which
 * portable.h declares for a heap; symbols.py compiles and links it. */

#include "FreeRTOS.h"
#include "task.h"

/* The kernel's headers are all a user needs; firmheap's own is for C99 and C++. */
#if ( CONTRACT_KERNEL == 0 ) && ( defined( __cplusplus ) || ( defined( __STDC_VERSION__ ) && ( __STDC_VERSION__ >= 199901L ) ) )
    #include "firmheap.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

int main( void );

#if ( ( CONTRACT_REGIONS == 0 ) && ( CONTRACT_APP_HEAP == 1 ) )
    uint8_t ucHeap[ configTOTAL_HEAP_SIZE ];
#endif

int main( void )
{
    HeapStats_t xStats;
    void * pv;

    #if ( CONTRACT_REGIONS == 1 )
        static uint8_t ucRegion[ 1024 ];
        HeapRegion_t xRegions[ 2 ];

        xRegions[ 0 ].pucStartAddress = ucRegion;
        xRegions[ 0 ].xSizeInBytes = sizeof( ucRegion );
        xRegions[ 1 ].pucStartAddress = NULL;
        xRegions[ 1 ].xSizeInBytes = 0;
        vPortDefineHeapRegions( xRegions );
    #else
        vPortInitialiseBlocks();
    #endif

    pv = pvPortMalloc( 10 );
    vPortFree( pv );
    pv = pvPortCalloc( 2, 5 );
    vPortFree( pv );
    pv = pvPortMallocStack( 64 );
    vPortFreeStack( pv );
    xPortResetHeapMinimumEverFreeHeapSize();
    vPortGetHeapStats( &xStats );
    vPortHeapResetState();
    return ( xStats.xNumberOfSuccessfulFrees == 3U ) && ( xPortGetFreeHeapSize() == xPortGetMinimumEverFreeHeapSize() ) ? 0 : 1;
}

#ifdef __cplusplus
}
#endif
