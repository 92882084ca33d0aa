/* SPDX-License-Identifier: MIT
 *
 * File and line in place of a return address, for FIRMHEAP_TRACK=sites and above: optional.
 *
 * Without this header every call site is known by the address that pvPortMalloc() and its kin return to, in code that was
 * never changed; the debugger or addr2line says which line that is. With it the heap itself knows the line, and
 * allocations of the kernel's creators are entered where the creator was called. Include it after FreeRTOS.h, task.h and
 * the kernel's other headers, in the sources it is meant for, or with the compiler's -include from the end of
 * FreeRTOSConfig.h's users; never in the kernel's own sources. Without tracking of sites it does nothing.
 *
 * operator new and other wrappers hand on where they were called from:
 *   void * operator new( size_t n ) { return pvPortMallocFrom( n, __builtin_return_address( 0 ) ); }
 */

#ifndef FIRMHEAP_SITES_H
#define FIRMHEAP_SITES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
    extern "C" {
#endif

/* pvPortMalloc() and pvPortCalloc() for a known place: an address, or a text that stays where it is. */
void * pvPortMallocFrom( size_t xWantedSize,
                         const void * pvCaller );
void * pvPortMallocAt( size_t xWantedSize,
                       const char * pcPlace );
void * pvPortCallocAt( size_t xNum,
                       size_t xSize,
                       const char * pcPlace );

/* All that this task asks for is entered at this place (a string literal), until the next note; NULL ends that. */
void vFirmheapNote( const char * pcPlace );

/* End a note and pass on what a creator returned. */
BaseType_t xFirmheapNoteEnd( BaseType_t xResult );
void * pvFirmheapNoteEnd( void * pvResult );

#ifdef __cplusplus
    }
#endif

#define firmheapSITES_TEXT( x )     # x
#define firmheapSITES_LINE( x )     firmheapSITES_TEXT( x )
#define firmheapPLACE               __FILE__ ":" firmheapSITES_LINE( __LINE__ )

/* FIRMHEAP_TRACK is a word. The port file is compiled with this header, too, and defines what it declares. */
#define firmheapSITES_OF_sites      1
#define firmheapSITES_OF_trace      1
#define firmheapSITES_JOIN( a, b )      a ## b
#define firmheapSITES_EXPAND( a, b )    firmheapSITES_JOIN( a, b )

#if !defined( FIRMHEAP_INCLUDE_TRACK ) && ( firmheapSITES_EXPAND( firmheapSITES_OF_, FIRMHEAP_TRACK ) == 1 )

    #define pvPortMalloc( x )       pvPortMallocAt( ( x ), firmheapPLACE )
    #define pvPortCalloc( n, x )    pvPortCallocAt( ( n ), ( x ), firmheapPLACE )

    /* The argument is evaluated before the function is called: first the note, then the creator. */
    #define firmheapNOTED( xCall )          xFirmheapNoteEnd( ( vFirmheapNote( firmheapPLACE ), ( xCall ) ) )
    #define firmheapNOTED_HANDLE( xCall )   pvFirmheapNoteEnd( ( vFirmheapNote( firmheapPLACE ), ( void * ) ( xCall ) ) )

    #define xTaskCreate( pxCode, pcName, uxDepth, pvParameters, uxPriority, pxTask ) \
    firmheapNOTED( xTaskCreate( ( pxCode ), ( pcName ), ( uxDepth ), ( pvParameters ), ( uxPriority ), ( pxTask ) ) )

    #define xQueueGenericCreate( uxLength, uxItem, ucType ) \
    ( ( QueueHandle_t ) firmheapNOTED_HANDLE( xQueueGenericCreate( ( uxLength ), ( uxItem ), ( ucType ) ) ) )
    #define xQueueCreateMutex( ucType ) \
    ( ( QueueHandle_t ) firmheapNOTED_HANDLE( xQueueCreateMutex( ucType ) ) )
    #define xQueueCreateCountingSemaphore( uxMax, uxInitial ) \
    ( ( QueueHandle_t ) firmheapNOTED_HANDLE( xQueueCreateCountingSemaphore( ( uxMax ), ( uxInitial ) ) ) )
    #define xEventGroupCreate() \
    ( ( EventGroupHandle_t ) firmheapNOTED_HANDLE( xEventGroupCreate() ) )
    #define xTimerCreate( pcName, xPeriod, xReload, pvId, pxCallback ) \
    ( ( TimerHandle_t ) firmheapNOTED_HANDLE( xTimerCreate( ( pcName ), ( xPeriod ), ( xReload ), ( pvId ), ( pxCallback ) ) ) )

#endif /* sites are tracked */

#endif /* FIRMHEAP_SITES_H */
