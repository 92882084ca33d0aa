/* SPDX-License-Identifier: MIT */
/* The two heaps as tables of functions, and what they call: the same for both, noted for the one that runs. */
#include "twin.h"

#define twinDECLARE( prefix )                                                                        \
    extern uint8_t prefix ## ucHeap[];                                                               \
    void * prefix ## pvPortMalloc( size_t );                                                         \
    void prefix ## vPortFree( void * );                                                              \
    void * prefix ## pvPortCalloc( size_t, size_t );                                                 \
    size_t prefix ## xPortGetFreeHeapSize( void );                                                   \
    size_t prefix ## xPortGetMinimumEverFreeHeapSize( void );                                        \
    void prefix ## xPortResetHeapMinimumEverFreeHeapSize( void );                                    \
    void prefix ## vPortGetHeapStats( HeapStats_t * );                                               \
    void prefix ## vPortInitialiseBlocks( void );                                                    \
    void prefix ## vPortHeapResetState( void );                                                      \
    void prefix ## vPortDefineHeapRegions( const HeapRegion_t * )

#if ( TWIN_SCHEME >= 4 )
    #define twinLISTED( prefix )                                          \
    .pvCalloc = prefix ## pvPortCalloc,                                   \
    .xFreeBytes = prefix ## xPortGetFreeHeapSize,                         \
    .xFreeBytesMin = prefix ## xPortGetMinimumEverFreeHeapSize,           \
    .vResetMin = prefix ## xPortResetHeapMinimumEverFreeHeapSize,         \
    .vStats = prefix ## vPortGetHeapStats
#elif ( TWIN_SCHEME == 2 )
    #define twinLISTED( prefix )                                          \
    .pvCalloc = prefix ## pvPortCalloc,                                   \
    .xFreeBytes = prefix ## xPortGetFreeHeapSize,                         \
    .vInitialise = prefix ## vPortInitialiseBlocks
#elif ( TWIN_SCHEME == 1 )
    #define twinLISTED( prefix )                                          \
    .xFreeBytes = prefix ## xPortGetFreeHeapSize,                         \
    .vInitialise = prefix ## vPortInitialiseBlocks
#else
    #define twinLISTED( prefix )    .pvCalloc = NULL
#endif
#if ( TWIN_SCHEME == 5 )
    #define twinREGIONS( prefix )    .vDefine = prefix ## vPortDefineHeapRegions
#else
    #define twinREGIONS( prefix )    .vDefine = NULL
#endif

#define twinSIDE( prefix, name )                                          \
    {                                                                     \
        .pcName = name,                                                   \
        .pucHeap = prefix ## ucHeap,                                      \
        .pvMalloc = prefix ## pvPortMalloc,                               \
        .vFree = prefix ## vPortFree,                                     \
        .vReset = prefix ## vPortHeapResetState,                          \
        twinLISTED( prefix ),                                             \
        twinREGIONS( prefix )                                             \
    }

twinDECLARE( kernel_ );
twinDECLARE( ours_ );

Side_t xKernel = twinSIDE( kernel_, "kernel" );
Side_t xOurs = twinSIDE( ours_, "ours" );
Side_t * pxNow = &xKernel;

/* Both arrays have the same place after a multiple of 64 (run.py: --defsym). */
#define twinARENA_BYTES    ( TWIN_HEAP_BYTES + 256U )
uint8_t ucKernelArena[ twinARENA_BYTES ] __attribute__( ( aligned( 64 ) ) );
uint8_t ucOursArena[ twinARENA_BYTES ] __attribute__( ( aligned( 64 ) ) );

/*------------------- what the heaps call -------------------*/

void vTaskSuspendAll( void )
{
    pxNow->xRecord.ulNesting++;
    pxNow->xRecord.ulSuspensions++;
}

BaseType_t xTaskResumeAll( void )
{
    pxNow->xRecord.ulNesting--;
    return pdFALSE;
}

void vPortEnterCritical( void )
{
}

void vPortExitCritical( void )
{
}

void vTwinAssert( void )
{
    pxNow->xRecord.ulAsserts++;
}

static void prvTraced( const void * pv, size_t uxBytes )
{
    Record_t * pxRecord = &pxNow->xRecord;

    pxRecord->ulOutOfPlace += ( pxRecord->ulNesting == 0U ) ? 1U : 0U;
    pxRecord->uxTracedBytes = uxBytes;
    pxRecord->uxTracedAt = ( pv == NULL ) || ( TWIN_SCHEME == 3 ) ? 0U : ( uintptr_t ) pv - ( uintptr_t ) pxNow->pucHeap;
}

void vTwinTraceMalloc( void * pv, size_t uxBytes )
{
    pxNow->xRecord.ulTracedMallocs++;
    prvTraced( pv, uxBytes );
}

void vTwinTraceFree( void * pv, size_t uxBytes )
{
    pxNow->xRecord.ulTracedFrees++;
    prvTraced( pv, uxBytes );
}

void vApplicationMallocFailedHook( void )
{
    pxNow->xRecord.ulHooks++;
    pxNow->xRecord.ulOutOfPlace += ( pxNow->xRecord.ulNesting != 0U ) ? 1U : 0U;
}

void vApplicationGetRandomHeapCanary( portPOINTER_SIZE_TYPE * pxHeapCanary )
{
    *pxHeapCanary = 0x5A17C3E9U;
}
