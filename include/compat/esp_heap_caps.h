/* SPDX-License-Identifier: MIT
 *
 * The capability-based heap calls of ESP-IDF (heap_caps_...), over firmheap's regions (firmheap_caps.h), on any FreeRTOS target.
 * Compile port/firmheap_esp_heap_caps.c beside port/firmheap_caps.c and port/firmheap_caps_figures.c.
 *
 * Where it differs from the original:
 *  * Regions are those that the application gave (vPortDefineHeapRegionsWithCaps, xPortAddHeapRegionWithCaps); a chip's memories
 *    are not known here.
 *  * Figures count blocks with their headers, but for the largest free block, which is the largest request that is served.
 *  * malloc() and free() are the C library's. pvPortMalloc() takes from the main heap, then from regions with
 *    MALLOC_CAP_DEFAULT; so heap_caps_malloc_extmem_enable() has nothing to do and is not there.
 *  * MALLOC_CAP_CACHE_ALIGNED is a capability like any other: ask for an alignment instead.
 *  * heap_caps_free() of what is no block is a fault (vApplicationHeapFaultHook, configASSERT), not an abort.
 *  * Nothing prints but heap_caps_dump(), heap_caps_print_heap_info() and the checks if they are asked to: by printf(), or by
 *    what you define heapCAPS_PRINTF as.
 *  * heap_caps_walk() keeps the scheduler suspended; the walker must not block, allocate or free.
 *  * Not from interrupt handlers.
 */

#ifndef FIRMHEAP_COMPAT_ESP_HEAP_CAPS_H
#define FIRMHEAP_COMPAT_ESP_HEAP_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "firmheap_caps.h"

#ifdef __cplusplus
    extern "C" {
#endif

#define MALLOC_CAP_EXEC             capsEXEC
#define MALLOC_CAP_32BIT            caps32BIT
#define MALLOC_CAP_8BIT             caps8BIT
#define MALLOC_CAP_DMA              capsDMA
#define MALLOC_CAP_SPIRAM           capsEXTERNAL
#define MALLOC_CAP_INTERNAL         capsINTERNAL
#define MALLOC_CAP_DEFAULT          capsDEFAULT
#define MALLOC_CAP_IRAM_8BIT        capsEXEC_8BIT
#define MALLOC_CAP_RETENTION        capsRETENTION
#define MALLOC_CAP_RTCRAM           capsRTC
#define MALLOC_CAP_TCM              capsTCM
#define MALLOC_CAP_CACHE_ALIGNED    capsCACHE_ALIGNED
#define MALLOC_CAP_SIMD             capsSIMD
#define MALLOC_CAP_INVALID          ( 1UL << 31 ) /* no region has it */

#ifndef ESP_OK
    typedef int esp_err_t;
    #define ESP_OK                  0
    #define ESP_ERR_INVALID_ARG     0x102
#endif

typedef struct
{
    size_t total_free_bytes;
    size_t total_allocated_bytes;
    size_t largest_free_block;
    size_t minimum_free_bytes; /* the sum of the regions' own minima */
    size_t allocated_blocks;
    size_t free_blocks;
    size_t total_blocks;
} multi_heap_info_t;

/* A request failed: its size, its capabilities, the function that was called. Runs in the caller's task. */
typedef void ( * esp_alloc_failed_hook_t )( size_t size,
                                            uint32_t caps,
                                            const char * function_name );
extern esp_err_t heap_caps_register_failed_alloc_callback( esp_alloc_failed_hook_t callback );

/* Memory with all of these capabilities, or NULL. */
extern void * heap_caps_malloc( size_t size, uint32_t caps );
extern void * heap_caps_calloc( size_t n, size_t size, uint32_t caps );
extern void * heap_caps_realloc( void * ptr, size_t size, uint32_t caps );
extern void heap_caps_free( void * ptr );

/* The same at a multiple of alignment, a power of two; NULL if it is none. */
extern void * heap_caps_aligned_alloc( size_t alignment, size_t size, uint32_t caps );
extern void * heap_caps_aligned_calloc( size_t alignment, size_t n, size_t size, uint32_t caps );
extern void heap_caps_aligned_free( void * ptr ); /* heap_caps_free() does it */

/* The first of num masks (each a uint32_t) that can be served. */
extern void * heap_caps_malloc_prefer( size_t size, size_t num, ... );
extern void * heap_caps_calloc_prefer( size_t n, size_t size, size_t num, ... );
extern void * heap_caps_realloc_prefer( void * ptr, size_t size, size_t num, ... );

extern size_t heap_caps_get_total_size( uint32_t caps );
extern size_t heap_caps_get_free_size( uint32_t caps );
extern size_t heap_caps_get_minimum_free_size( uint32_t caps );
extern size_t heap_caps_get_largest_free_block( uint32_t caps );
extern void heap_caps_get_info( multi_heap_info_t * info, uint32_t caps );
extern size_t heap_caps_get_allocated_size( void * ptr );

/* True if all is sound. heap_caps_check_integrity_addr: the region that the address lies in. */
extern bool heap_caps_check_integrity( uint32_t caps, bool print_errors );
extern bool heap_caps_check_integrity_all( bool print_errors );
extern bool heap_caps_check_integrity_addr( intptr_t addr, bool print_errors );

/* Every block of the regions with these capabilities, until the walker returns false for one: then it goes on with the next
 * region. */
typedef struct walker_heap_info
{
    intptr_t start;
    intptr_t end;
} walker_heap_into_t;

typedef struct walker_block_info
{
    void * ptr;
    size_t size;
    bool used;
} walker_block_info_t;

typedef bool ( * heap_caps_walker_cb_t )( walker_heap_into_t heap_info,
                                          walker_block_info_t block_info,
                                          void * user_data );
extern void heap_caps_walk( uint32_t caps, heap_caps_walker_cb_t walker_func, void * user_data );
extern void heap_caps_walk_all( heap_caps_walker_cb_t walker_func, void * user_data );

extern void heap_caps_dump( uint32_t caps );
extern void heap_caps_dump_all( void );
extern void heap_caps_print_heap_info( uint32_t caps );

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_COMPAT_ESP_HEAP_CAPS_H */
