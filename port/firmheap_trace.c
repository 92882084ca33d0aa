/* SPDX-License-Identifier: MIT
 *
 * The trace (firmheap_trace.h): a part of firmheap_port.c, which includes it if FIRMHEAP_TRACK is trace, and nobody else.
 * The archive writes the records (src/trace.rs); here are the clock, the ring, and who takes from it.
 */

#ifndef FIRMHEAP_INCLUDE_TRACE
    #error firmheap_trace.c is a part of firmheap_port.c: leave it off the list of sources and set FIRMHEAP_TRACK to trace
#endif

#include "firmheap_trace.h"

#ifndef FIRMHEAP_TRACE_TIME
    #define FIRMHEAP_TRACE_TIME()    xTaskGetTickCount()
#endif

#ifndef FIRMHEAP_TRACE_HZ
    #define FIRMHEAP_TRACE_HZ        configTICK_RATE_HZ
#endif

#if defined( __ARM_ARCH_6M__ )
    #define firmheapCPU    "armv6-m"
#elif defined( __ARM_ARCH_7M__ )
    #define firmheapCPU    "armv7-m"
#elif defined( __ARM_ARCH_7EM__ )
    #define firmheapCPU    "armv7e-m"
#elif defined( __ARM_ARCH_8M_BASE__ )
    #define firmheapCPU    "armv8-m.base"
#elif defined( __ARM_ARCH_8M_MAIN__ ) || defined( __ARM_ARCH_8_1M_MAIN__ )
    #define firmheapCPU    "armv8-m.main"
#elif defined( __riscv )
    #define firmheapCPU    "riscv"
#elif defined( __x86_64__ )
    #define firmheapCPU    "x86_64"
#elif defined( __i386__ )
    #define firmheapCPU    "i386"
#else
    #define firmheapCPU    "unknown"
#endif

/* Laid out by the archive (src/trace.rs). */
typedef struct FirmheapRecorder
{
    uintptr_t uxSite;
    uint32_t ulBefore[ 3 ];
    #if ( UINTPTR_MAX > 0xFFFFFFFFU )
        uint32_t ulPadding;
    #endif
    uint32_t ulSize;
    uint32_t ulHead;
    uint32_t ulTail;
    uint32_t ulRunning;
    uint32_t ulEvents;
    uint32_t ulLost;
    uint32_t ulUntold;
    uint32_t ulTold[ 4 ];
    #if ( UINTPTR_MAX > 0xFFFFFFFFU )
        uint32_t ulMorePadding;
    #endif
} FirmheapRecorder_t;

extern FirmheapRecorder_t xFirmheapRecorder;
PRIVILEGED_DATA FirmheapRecorder_t xFirmheapRecorder;
extern uint8_t * pucFirmheapRing;
PRIVILEGED_DATA uint8_t * pucFirmheapRing;

uint32_t ulFirmheapTraceTime( void ) PRIVILEGED_FUNCTION;

extern uint32_t ulFirmheapTraceStart( uint8_t * pucRing,
                                      size_t xBytes,
                                      uint32_t ulHertz,
                                      const char * pcCpu,
                                      const char * pcKernel );
extern uint32_t ulFirmheapTraceStop( void );
extern size_t xFirmheapTraceTake( void * pvTo,
                                  size_t xBytes );
extern void vFirmheapTraceMark( uint32_t ulValue );

uint32_t ulFirmheapTraceTime( void )
{
    return ( uint32_t ) FIRMHEAP_TRACE_TIME();
}
/*-----------------------------------------------------------*/

BaseType_t xPortHeapTraceStart( void * pvRing,
                                size_t xBytes )
{
    const uint32_t ulStarted = ulFirmheapTraceStart( ( uint8_t * ) pvRing, xBytes, ( uint32_t ) FIRMHEAP_TRACE_HZ, firmheapCPU, tskKERNEL_VERSION_NUMBER );

    return ( ulStarted != 0U ) ? pdPASS : pdFAIL;
}
/*-----------------------------------------------------------*/

BaseType_t xPortHeapTraceStop( void )
{
    return ( ulFirmheapTraceStop() != 0U ) ? pdPASS : pdFAIL;
}
/*-----------------------------------------------------------*/

size_t xPortHeapTraceRead( void * pvTo,
                           size_t xBytes )
{
    return ( pvTo == NULL ) ? 0U : xFirmheapTraceTake( pvTo, xBytes );
}
/*-----------------------------------------------------------*/

size_t xPortHeapTraceDrain( HeapTraceWriter_t xWriter,
                            void * pvArgument )
{
    uint8_t ucPiece[ 64 ];
    size_t xAll = 0U;
    size_t xTaken;

    if( xWriter == NULL )
    {
        return 0U;
    }

    do
    {
        xTaken = xFirmheapTraceTake( ucPiece, sizeof( ucPiece ) );

        if( xTaken > 0U )
        {
            xWriter( ucPiece, xTaken, pvArgument );
            xAll += xTaken;
        }
    } while( xTaken > 0U );

    return xAll;
}
/*-----------------------------------------------------------*/

void vPortHeapTraceMark( uint32_t ulValue )
{
    vFirmheapTraceMark( ulValue );
}
/*-----------------------------------------------------------*/

uint32_t ulPortHeapTraceLost( uint32_t * pulRecorded )
{
    if( pulRecorded != NULL )
    {
        *pulRecorded = xFirmheapRecorder.ulEvents;
    }

    return xFirmheapRecorder.ulLost;
}
