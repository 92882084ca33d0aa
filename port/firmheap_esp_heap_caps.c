/* SPDX-License-Identifier: MIT
 *
 * ESP-IDF's heap_caps_... (compat/esp_heap_caps.h) over regions with capabilities.
 */

#include <stdarg.h>
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#include "compat/esp_heap_caps.h"

#ifndef heapCAPS_PRINTF
    #include <stdio.h>
    #define heapCAPS_PRINTF    printf
#endif

static esp_alloc_failed_hook_t pxFailed;

esp_err_t heap_caps_register_failed_alloc_callback( esp_alloc_failed_hook_t callback )
{
    if( callback == NULL )
    {
        return ESP_ERR_INVALID_ARG;
    }

    pxFailed = callback;

    return ESP_OK;
}
/*-----------------------------------------------------------*/

/* Tells of a failure, but not of a request for nothing. */
static void * prvTold( void * pv,
                       size_t xBytes,
                       uint32_t ulCaps,
                       const char * pcFunction )
{
    if( ( pv == NULL ) && ( xBytes != 0U ) && ( pxFailed != NULL ) )
    {
        pxFailed( xBytes, ulCaps, pcFunction );
    }

    return pv;
}
/*-----------------------------------------------------------*/

/* The same for a request of this file's own, which nobody has recorded yet. */
static void * prvServed( void * pv,
                         size_t xAlignment,
                         size_t xBytes,
                         uint32_t ulCaps,
                         const void * pvCaller,
                         const char * pcFunction )
{
    if( ( pv == NULL ) && ( xBytes != 0U ) )
    {
        vFirmheapCapsRefused( xAlignment, xBytes, ulCaps, pvCaller );
    }

    return prvTold( pv, xBytes, ulCaps, pcFunction );
}
/*-----------------------------------------------------------*/

/* The product, or zero with *pxOverflow set. */
static size_t prvProduct( size_t xNum,
                          size_t xSize,
                          BaseType_t * pxOverflow )
{
    *pxOverflow = ( ( xSize != 0U ) && ( xNum > ( SIZE_MAX / xSize ) ) ) ? pdTRUE : pdFALSE;

    return ( *pxOverflow != pdFALSE ) ? 0U : ( xNum * xSize );
}
/*-----------------------------------------------------------*/

static void * prvZeroed( void * pv,
                         size_t xBytes )
{
    return ( pv != NULL ) ? memset( pv, 0, xBytes ) : NULL;
}
/*-----------------------------------------------------------*/

void * heap_caps_malloc( size_t size,
                         uint32_t caps )
{
    return prvServed( pvFirmheapCapsTake( 0U, size, caps, capsCALLER() ), 0U, size, caps, capsCALLER(), __func__ );
}
/*-----------------------------------------------------------*/

void * heap_caps_calloc( size_t n,
                         size_t size,
                         uint32_t caps )
{
    BaseType_t xOverflow;
    const size_t xBytes = prvProduct( n, size, &xOverflow );

    if( xOverflow != pdFALSE )
    {
        return prvTold( NULL, SIZE_MAX, caps, __func__ );
    }

    return prvServed( prvZeroed( pvFirmheapCapsTake( 0U, xBytes, caps, capsCALLER() ), xBytes ), 0U, xBytes, caps, capsCALLER(), __func__ );
}
/*-----------------------------------------------------------*/

void * heap_caps_realloc( void * ptr,
                          size_t size,
                          uint32_t caps )
{
    return prvTold( pvPortReallocWithCaps( ptr, size, caps ), size, caps, __func__ );
}
/*-----------------------------------------------------------*/

void heap_caps_free( void * ptr )
{
    vPortFree( ptr );
}
/*-----------------------------------------------------------*/

void * heap_caps_aligned_alloc( size_t alignment,
                                size_t size,
                                uint32_t caps )
{
    if( ( alignment == 0U ) || ( ( alignment & ( alignment - 1U ) ) != 0U ) || ( alignment > ( size_t ) 0x80000000U ) )
    {
        return NULL;
    }

    return prvServed( pvFirmheapCapsTake( alignment, size, caps, capsCALLER() ), alignment, size, caps, capsCALLER(), __func__ );
}
/*-----------------------------------------------------------*/

void * heap_caps_aligned_calloc( size_t alignment,
                                 size_t n,
                                 size_t size,
                                 uint32_t caps )
{
    BaseType_t xOverflow;
    const size_t xBytes = prvProduct( n, size, &xOverflow );

    return ( xOverflow != pdFALSE ) ? prvTold( NULL, SIZE_MAX, caps, __func__ ) : prvZeroed( heap_caps_aligned_alloc( alignment, xBytes, caps ), xBytes );
}
/*-----------------------------------------------------------*/

void heap_caps_aligned_free( void * ptr )
{
    vPortFree( ptr );
}

/*-------------------------------- one mask after the other --------------------------------*/

void * heap_caps_malloc_prefer( size_t size,
                                size_t num,
                                ... )
{
    va_list xMasks;
    void * pv = NULL;
    uint32_t ulCaps = ( uint32_t ) MALLOC_CAP_DEFAULT;

    va_start( xMasks, num );

    for( ; ( num > 0U ) && ( pv == NULL ); num-- )
    {
        ulCaps = va_arg( xMasks, uint32_t );
        pv = pvFirmheapCapsTake( 0U, size, ulCaps, capsCALLER() );
    }

    va_end( xMasks );

    return prvServed( pv, 0U, size, ulCaps, capsCALLER(), __func__ );
}
/*-----------------------------------------------------------*/

void * heap_caps_calloc_prefer( size_t n,
                                size_t size,
                                size_t num,
                                ... )
{
    va_list xMasks;
    void * pv = NULL;
    uint32_t ulCaps = ( uint32_t ) MALLOC_CAP_DEFAULT;
    BaseType_t xOverflow;
    const size_t xBytes = prvProduct( n, size, &xOverflow );

    va_start( xMasks, num );

    for( ; ( num > 0U ) && ( pv == NULL ) && ( xOverflow == pdFALSE ); num-- )
    {
        ulCaps = va_arg( xMasks, uint32_t );
        pv = prvZeroed( pvFirmheapCapsTake( 0U, xBytes, ulCaps, capsCALLER() ), xBytes );
    }

    va_end( xMasks );

    return prvServed( pv, 0U, ( xOverflow != pdFALSE ) ? SIZE_MAX : xBytes, ulCaps, capsCALLER(), __func__ );
}
/*-----------------------------------------------------------*/

void * heap_caps_realloc_prefer( void * ptr,
                                 size_t size,
                                 size_t num,
                                 ... )
{
    va_list xMasks;
    void * pv = NULL;
    uint32_t ulCaps = ( uint32_t ) MALLOC_CAP_DEFAULT;

    if( ( ptr != NULL ) && ( size == 0U ) )
    {
        vPortFree( ptr );

        return NULL;
    }

    va_start( xMasks, num );

    for( ; ( num > 0U ) && ( pv == NULL ); num-- )
    {
        ulCaps = va_arg( xMasks, uint32_t );
        pv = pvPortReallocWithCaps( ptr, size, ulCaps );
    }

    va_end( xMasks );

    return prvTold( pv, size, ulCaps, __func__ );
}

/*-------------------------------- figures and checks --------------------------------*/

size_t heap_caps_get_total_size( uint32_t caps )
{
    return xPortGetTotalSizeWithCaps( caps );
}
/*-----------------------------------------------------------*/

size_t heap_caps_get_free_size( uint32_t caps )
{
    return xPortGetFreeSizeWithCaps( caps );
}
/*-----------------------------------------------------------*/

size_t heap_caps_get_minimum_free_size( uint32_t caps )
{
    return xPortGetMinimumEverFreeSizeWithCaps( caps );
}
/*-----------------------------------------------------------*/

size_t heap_caps_get_largest_free_block( uint32_t caps )
{
    return xPortGetLargestFreeWithCaps( caps );
}
/*-----------------------------------------------------------*/

void heap_caps_get_info( multi_heap_info_t * info,
                         uint32_t caps )
{
    HeapStats_t xStats;

    if( info == NULL )
    {
        return;
    }

    capsLOCK();
    {
        vPortGetHeapStatsWithCaps( caps, &xStats );
        info->total_free_bytes = xStats.xAvailableHeapSpaceInBytes;
        info->total_allocated_bytes = xPortGetTotalSizeWithCaps( caps ) - xStats.xAvailableHeapSpaceInBytes;
        info->largest_free_block = xPortGetLargestFreeWithCaps( caps );
        info->minimum_free_bytes = xStats.xMinimumEverFreeBytesRemaining;
        info->allocated_blocks = xStats.xNumberOfSuccessfulAllocations - xStats.xNumberOfSuccessfulFrees;
        info->free_blocks = xStats.xNumberOfFreeBlocks;
        info->total_blocks = info->allocated_blocks + info->free_blocks;
    }
    capsUNLOCK();
}
/*-----------------------------------------------------------*/

size_t heap_caps_get_allocated_size( void * ptr )
{
    return xPortGetAllocationSizeWithCaps( ptr );
}
/*-----------------------------------------------------------*/

bool heap_caps_check_integrity( uint32_t caps,
                                bool print_errors )
{
    HeapFault_t xFault;

    if( xPortHeapCheckWithCaps( caps, &xFault ) == pdPASS )
    {
        return true;
    }

    if( print_errors )
    {
        heapCAPS_PRINTF( "heap: fault %u at %p\n", ( unsigned ) xFault.ulKind, xFault.pvBlock );
    }

    return false;
}
/*-----------------------------------------------------------*/

bool heap_caps_check_integrity_all( bool print_errors )
{
    return heap_caps_check_integrity( 0U, print_errors );
}
/*-----------------------------------------------------------*/

bool heap_caps_check_integrity_addr( intptr_t addr,
                                     bool print_errors )
{
    HeapRegionInfo_t xInfo;
    const BaseType_t xRegion = xPortFindHeapRegion( ( const void * ) addr );

    if( ( xRegion < 0 ) || ( xPortGetHeapRegion( ( size_t ) xRegion, &xInfo ) != pdPASS ) )
    {
        return false;
    }

    return heap_caps_check_integrity( xInfo.ulCaps, print_errors );
}

/*-------------------------------- walks --------------------------------*/

typedef struct
{
    walker_heap_into_t xHeap;
    heap_caps_walker_cb_t pxWalker;
    void * pvUser;
} Walking_t;

static BaseType_t prvVisit( void * pvContext,
                            void * pvBlock,
                            size_t xBytes,
                            BaseType_t xIsUsed )
{
    const Walking_t * const pxWalking = ( const Walking_t * ) pvContext;
    walker_block_info_t xBlock;

    xBlock.ptr = pvBlock;
    xBlock.size = xBytes;
    xBlock.used = ( xIsUsed != pdFALSE );

    return pxWalking->pxWalker( pxWalking->xHeap, xBlock, pxWalking->pvUser ) ? pdTRUE : pdFALSE;
}
/*-----------------------------------------------------------*/

void heap_caps_walk( uint32_t caps,
                     heap_caps_walker_cb_t walker_func,
                     void * user_data )
{
    HeapRegionInfo_t xInfo;
    Walking_t xWalking;
    size_t x;

    if( walker_func == NULL )
    {
        return;
    }

    for( x = 0; xPortGetHeapRegion( x, &xInfo ) == pdPASS; x++ )
    {
        if( ( xInfo.ulCaps & caps ) == caps )
        {
            xWalking.xHeap.start = ( intptr_t ) xInfo.pvStart;
            xWalking.xHeap.end = ( intptr_t ) xInfo.pvEnd;
            xWalking.pxWalker = walker_func;
            xWalking.pvUser = user_data;
            ( void ) xPortVisitHeapRegion( x, prvVisit, &xWalking );
        }
    }
}
/*-----------------------------------------------------------*/

void heap_caps_walk_all( heap_caps_walker_cb_t walker_func,
                         void * user_data )
{
    heap_caps_walk( 0U, walker_func, user_data );
}
/*-----------------------------------------------------------*/

static bool prvPrint( walker_heap_into_t xHeap,
                      walker_block_info_t xBlock,
                      void * pvUser )
{
    ( void ) xHeap;
    ( void ) pvUser;
    heapCAPS_PRINTF( "  %p: %u bytes, %s\n", xBlock.ptr, ( unsigned ) xBlock.size, xBlock.used ? "used" : "free" );

    return true;
}
/*-----------------------------------------------------------*/

void heap_caps_dump( uint32_t caps )
{
    heap_caps_walk( caps, prvPrint, NULL );
}
/*-----------------------------------------------------------*/

void heap_caps_dump_all( void )
{
    heap_caps_dump( 0U );
}
/*-----------------------------------------------------------*/

void heap_caps_print_heap_info( uint32_t caps )
{
    HeapRegionInfo_t xInfo;
    size_t x;

    for( x = 0; xPortGetHeapRegion( x, &xInfo ) == pdPASS; x++ )
    {
        if( ( xInfo.ulCaps & caps ) == caps )
        {
            heapCAPS_PRINTF( "%s at %p: %u bytes, %u free, %u at least, largest %u\n", ( xInfo.pcName != NULL ) ? xInfo.pcName : "?", xInfo.pvStart,
                             ( unsigned ) xInfo.xTotalBytes, ( unsigned ) xInfo.xFreeBytes, ( unsigned ) xInfo.xFreeBytesMin, ( unsigned ) xInfo.xLargestFree );
        }
    }
}
