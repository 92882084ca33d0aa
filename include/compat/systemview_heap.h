/* SPDX-License-Identifier: MIT
 *
 * SystemView's heap view fed by this heap: include it at the end of FreeRTOSConfig.h, after what defines traceMALLOC for
 * you, if anything does. Call firmheapSYSVIEW_DEFINE( pucStart, xBytes ) once, when SystemView is started. The names are SystemView's; its
 * sources come from its vendor.
 */

#ifndef FIRMHEAP_SYSTEMVIEW_HEAP_H
#define FIRMHEAP_SYSTEMVIEW_HEAP_H

#include <stddef.h>

#ifdef __cplusplus
    extern "C" {
#endif

extern void SEGGER_SYSVIEW_HeapDefine( void * pHeap,
                                       void * pBase,
                                       unsigned int HeapSize,
                                       unsigned int MetadataSize );
extern void SEGGER_SYSVIEW_HeapAlloc( void * pHeap,
                                      void * pUserData,
                                      unsigned int UserDataLen );
extern void SEGGER_SYSVIEW_HeapFree( void * pHeap,
                                     void * pUserData );

#define firmheapSYSVIEW_HEAP    ( ( void * ) 1 )

#undef traceMALLOC
#undef traceFREE
#define firmheapSYSVIEW_DEFINE( pucStart, xBytes ) \
    SEGGER_SYSVIEW_HeapDefine( firmheapSYSVIEW_HEAP, ( pucStart ), ( unsigned int ) ( xBytes ), 4U )
#define traceMALLOC( pv, xBytes )                                                                  \
    do {                                                                                           \
        if( ( pv ) != NULL ) {                                                                     \
            SEGGER_SYSVIEW_HeapAlloc( firmheapSYSVIEW_HEAP, ( pv ), ( unsigned int ) ( xBytes ) ); \
        }                                                                                          \
    } while( 0 )
#define traceFREE( pv, xBytes )    SEGGER_SYSVIEW_HeapFree( firmheapSYSVIEW_HEAP, ( pv ) )

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_SYSTEMVIEW_HEAP_H */
