/* SPDX-License-Identifier: MIT
 *
 * Regions with capabilities: several memories, each with a heap of its own, and allocations that say what the memory must
 * be able to do. docs/CAPS.md says how it works and what it costs.
 *
 *   static const HeapRegionWithCaps_t xRegions[] =
 *   {
 *       { ucDtcm,   sizeof( ucDtcm ),   capsINTERNAL | caps32BIT | caps8BIT,               2, "DTCM" },
 *       { ucSram,   sizeof( ucSram ),   capsINTERNAL | caps32BIT | caps8BIT | capsDMA,     1, "SRAM" },
 *       { ucSdram,  sizeof( ucSdram ),  capsEXTERNAL | caps32BIT | caps8BIT | capsDEFAULT, 0, "SDRAM" },
 *       { NULL, 0, 0, 0, NULL }
 *   };
 *   vPortDefineHeapRegionsWithCaps( xRegions );
 *   pv = pvPortMallocWithCaps( 512, capsDMA );
 *   vPortFree( pv );
 *
 * In FreeRTOSConfig.h, for the port file and for this one:
 *   FIRMHEAP_USE_CAPS        1, or nothing here works. FIRMHEAP_SCHEME must be firm, the integrity level 1 or higher.
 *   FIRMHEAP_CAPS_LIMIT      regions there is room for, the main heap is one of them. Default 8.
 *   FIRMHEAP_CAPS_LARGE      0: no region but the main heap is above 255 KiB; saves flash. Default 1: up to 63 MiB each.
 *   FIRMHEAP_DEFAULT_CAPS    what the main heap (ucHeap) can do. Default: capsDEFAULT | capsINTERNAL | caps8BIT | caps32BIT |
 *                            capsDMA, and capsSTACK.
 *   FIRMHEAP_DEFAULT_PRIORITY    its priority. Default 0.
 * Compile port/firmheap_caps.c and port/firmheap_caps_figures.c beside port/firmheap_port.c.
 *
 * Cost of an allocation: O(regions), of which each is asked in constant time. All functions suspend the scheduler; context,
 * unless it is said: tasks, or before the scheduler is started. With FIRMHEAP_LOCK critical they are critical sections instead, and
 * interrupt handlers may allocate and free, but not add regions; else never an interrupt handler.
 */

#ifndef FIRMHEAP_CAPS_H
#define FIRMHEAP_CAPS_H

#include <stddef.h>
#include <stdint.h>

#include "FreeRTOS.h"
#include "task.h"

#include "firmheap.h"

#ifdef __cplusplus
    extern "C" {
#endif

/* What memory can do. Bits 25 to 30 are the application's: capsUSER( 0 ) to capsUSER( 5 ). */
#define capsEXEC            ( 1UL << 0 )  /* code runs there */
#define caps32BIT           ( 1UL << 1 )  /* words can be read and written */
#define caps8BIT            ( 1UL << 2 )  /* bytes, too */
#define capsDMA             ( 1UL << 3 )  /* DMA reaches it */
#define capsEXTERNAL        ( 1UL << 10 ) /* outside the chip: large and slow */
#define capsINTERNAL        ( 1UL << 11 ) /* inside the chip */
#define capsDEFAULT         ( 1UL << 12 ) /* pvPortMalloc() may take it */
#define capsEXEC_8BIT       ( 1UL << 13 ) /* code runs there, and bytes can be read and written */
#define capsRETENTION       ( 1UL << 14 ) /* keeps its contents in deep sleep */
#define capsRTC             ( 1UL << 15 ) /* of the real-time clock's domain */
#define capsTCM             ( 1UL << 16 ) /* tightly coupled to the core */
#define capsCACHE_ALIGNED   ( 1UL << 19 ) /* see compat/esp_heap_caps.h */
#define capsSIMD            ( 1UL << 20 ) /* vector instructions reach it */
#define capsSTACK           ( 1UL << 24 ) /* stacks of tasks */
#define capsUSER( x )       ( 1UL << ( 25U + ( x ) ) )

#ifndef FIRMHEAP_CAPS_LIMIT
    #define FIRMHEAP_CAPS_LIMIT    8
#endif

#ifndef FIRMHEAP_DEFAULT_CAPS
    #define FIRMHEAP_DEFAULT_CAPS    ( capsDEFAULT | capsINTERNAL | caps8BIT | caps32BIT | capsDMA | capsSTACK )
#endif

#ifndef FIRMHEAP_DEFAULT_PRIORITY
    #define FIRMHEAP_DEFAULT_PRIORITY    0
#endif

/* One memory. The first two are those of HeapRegion_t. The name is not copied. */
typedef struct HeapRegionWithCaps
{
    uint8_t * pucStartAddress;
    size_t xSizeInBytes;
    uint32_t ulCaps;
    UBaseType_t uxPriority; /* regions with a higher one are asked first; of equal ones, that which was given first */
    const char * pcName;    /* or NULL */
} HeapRegionWithCaps_t;

/* Why a region was not added. */
#define errCAPS_MISSING          ( -1 ) /* no region, or its memory is NULL */
#define errCAPS_TOO_SMALL        ( -2 ) /* less than capsREGION_BYTES_MIN */
#define errCAPS_TOO_LARGE        ( -3 ) /* more than a heap can be (63 MiB; FIRMHEAP_CAPS_LARGE 0: 255 KiB): give it in parts */
#define errCAPS_OUT_OF_REACH     ( -4 ) /* in the last 64 MiB of the address space */
#define errCAPS_OVERLAP          ( -5 ) /* memory that a region has already */
#define errCAPS_TABLE_FULL       ( -6 ) /* FIRMHEAP_CAPS_LIMIT */
#define errCAPS_NO_CAPABILITY    ( -7 ) /* a mask of zero: nobody could ask for it */
#define errCAPS_NO_HEAP          ( -8 ) /* there is no ucHeap, and no region has capsDEFAULT */

#define capsREGION_BYTES_MIN     ( ( size_t ) 320U )

/* Gives regions to the heap; a size of zero ends the table. Where there is no ucHeap (FIRMHEAP_USE_REGIONS 1) and
 * vPortDefineHeapRegions() was not called, the region with capsDEFAULT and the highest priority becomes the main heap, which
 * pvPortMalloc() takes from without asking for capabilities. All or nothing: if one of them cannot be, none is taken, and
 * a fault is raised (FIRMHEAP_FAULT_REGIONS_..., configASSERT).
 * Cost: O(regions squared). Context: task, or before the scheduler is started. */
extern void vPortDefineHeapRegionsWithCaps( const HeapRegionWithCaps_t * pxRegions );

/* Gives one more region to the heap, at any time: pdPASS, or errCAPS_..., and then nothing was changed and nothing raised.
 * There is no way to take one back. Cost: O(regions); integrity levels 3 and 4 fill the memory. */
extern BaseType_t xPortAddHeapRegionWithCaps( const HeapRegionWithCaps_t * pxRegion );

/* The same for what lies between two addresses: all the memory that is left, by symbols of the linker.
 *     extern uint8_t _end[], _heap_limit[];
 *     xPortAddHeapBetween( _end, _heap_limit, capsDMA | capsDEFAULT, 1, "rest" );
 * Ends the wrong way round are errCAPS_TOO_SMALL. */
extern BaseType_t xPortAddHeapBetween( void * pvStart,
                                       void * pvEnd,
                                       uint32_t ulCaps,
                                       UBaseType_t uxPriority,
                                       const char * pcName );

/* xWantedSize bytes in the first region, by priority, that has all of ulCaps and room; 0 means any. NULL, after
 * vApplicationMallocFailedHook (configUSE_MALLOC_FAILED_HOOK), if there is none. Freed by vPortFree(). */
extern void * pvPortMallocWithCaps( size_t xWantedSize,
                                    uint32_t ulCaps );

/* The same for xNum elements of xSize bytes, zeroed. NULL without hook if the product overflows. */
extern void * pvPortCallocWithCaps( size_t xNum,
                                    size_t xSize,
                                    uint32_t ulCaps );

/* The same by the first of xChoices masks that can be served: "fast memory, else any". The hook runs only if none can. */
extern void * pvPortMallocPreferring( size_t xWantedSize,
                                      const uint32_t * pulCaps,
                                      size_t xChoices );

/* The same at a multiple of xAlignment, a power of two; anything else is a fault (FIRMHEAP_FAULT_BAD_ALIGNMENT) and NULL. */
extern void * pvPortAlignedAllocWithCaps( size_t xAlignment,
                                          size_t xWantedSize,
                                          uint32_t ulCaps );

/* Another size for a block, in a region with all of ulCaps: where it is if possible, else a new block, to which the
 * contents go. NULL as pv: a new block; a size of zero: the block is freed, NULL. If NULL is returned for want of memory the
 * old block stays as it was. */
extern void * pvPortReallocWithCaps( void * pv,
                                     size_t xWantedSize,
                                     uint32_t ulCaps );

/* Bytes that may be used of any block; zero for NULL, and, with a fault, for what is no block. Cost: O(regions). */
extern size_t xPortGetAllocationSizeWithCaps( void * pv );

/* port/firmheap_stacks.c: gives the stacks that are kept for new tasks back to their regions; how many there were. Cost: O(stacks). */
extern size_t xPortReleaseStacks( void );

/*-------------------------------- figures --------------------------------*/

/* Of all regions that have all of ulCaps together. Sizes are those of blocks with their headers, as everywhere in the
 * kernel's figures, but for the largest: that is the largest request that is served now.
 * The minimum ever is the sum of the regions' own, which need not be of one moment. Cost: O(regions); statistics O(blocks). */
extern size_t xPortGetFreeSizeWithCaps( uint32_t ulCaps );
extern size_t xPortGetMinimumEverFreeSizeWithCaps( uint32_t ulCaps );
extern size_t xPortGetLargestFreeWithCaps( uint32_t ulCaps );
extern size_t xPortGetTotalSizeWithCaps( uint32_t ulCaps );
extern void vPortGetHeapStatsWithCaps( uint32_t ulCaps,
                                       HeapStats_t * pxStats );
extern void vPortResetMinimumEverFreeSizeWithCaps( uint32_t ulCaps );

/* Checks all regions that have all of ulCaps: pdPASS, or minus the number of the fault; *pxFault, unless pxFault is NULL, is
 * what was found. Raises nothing. Cost: O(blocks). xPortHeapCheck() checks all regions. */
extern BaseType_t xPortHeapCheckWithCaps( uint32_t ulCaps,
                                          HeapFault_t * pxFault );

/* One region, as it is now. */
typedef struct HeapRegionInfo
{
    void * pvStart; /* of the memory; of the main heap: its first block */
    void * pvEnd;   /* not included */
    uint32_t ulCaps;
    UBaseType_t uxPriority;
    const char * pcName;
    size_t xTotalBytes;
    size_t xFreeBytes;
    size_t xFreeBytesMin;
    size_t xLargestFree;
} HeapRegionInfo_t;

/* How many regions there are, the main heap included, and one of them, by priority, the highest first: pdPASS, or pdFAIL if
 * there is none with this number. A region that is added moves those behind it. Cost: O(1). */
extern size_t xPortGetHeapRegionCount( void );
extern BaseType_t xPortGetHeapRegion( size_t xRegion,
                                      HeapRegionInfo_t * pxInfo );

/* The number of the region whose memory an address lies in, or -1. Cost: O(regions). */
extern BaseType_t xPortFindHeapRegion( const void * pv );

/* Calls the visitor for every block of a region, by address, until it returns pdFALSE: pdPASS if all were visited, pdFAIL if
 * not, or minus the number of a fault. The scheduler is suspended all the while: the visitor must not block, and must not
 * allocate or free. Cost: O(blocks). */
typedef BaseType_t ( * HeapVisitor_t )( void * pvContext,
                                        void * pvBlock,
                                        size_t xBytes, /* payload */
                                        BaseType_t xIsUsed );
extern BaseType_t xPortVisitHeapRegion( size_t xRegion,
                                        HeapVisitor_t pxVisitor,
                                        void * pvContext );

/*-------------------------------- for the port files --------------------------------*/

/* A region as the table holds it. */
typedef struct CapsRegion
{
    uint8_t * pucStart;
    uint8_t * pucEnd;
    void * pvHeap; /* firmheap_own.h; NULL: the main heap */
    uint32_t ulCaps;
    UBaseType_t uxPriority;
    const char * pcName;
    uint32_t ulIsLarge;
} CapsRegion_t;

/* The table, highest priority first. Under the lock. */
extern CapsRegion_t * pxFirmheapCapsTable( size_t * pxCount );
/* A block by these capabilities, or NULL, without the failed hook; faults are raised. */
extern void * pvFirmheapCapsTake( size_t xAlignment, /* a power of two; 0 for the port's own */
                                  size_t xBytes,
                                  uint32_t ulCaps,
                                  void * pvCaller );
/* Such a request failed for good: it is recorded if FIRMHEAP_REPORT is 1. No hook. */
extern void vFirmheapCapsRefused( size_t xAlignment,
                                  size_t xBytes,
                                  uint32_t ulCaps,
                                  const void * pvCaller );
/* pvPortMalloc() was refused by the main heap: another region with capsDEFAULT? */
extern void * pvFirmheapCapsInstead( size_t xBytes,
                                     void * pvCaller );
/* vPortFree() of a block that is not the main heap's: pdTRUE if it is a region's, and then it is freed or the fault is raised. */
extern BaseType_t xFirmheapCapsFree( void * pv,
                                     void * pvCaller );
/* pvPortRealloc() (xPortGetAllocationSize() if xBytes is 0) of such a block: pdTRUE if it is a region's, and *ppvResult is what
 * the function returns. */
extern BaseType_t xFirmheapCapsResize( void * pv,
                                       size_t xBytes,
                                       void * pvCaller,
                                       void ** ppvResult );
/* vPortHeapResetState(). */
extern void vFirmheapCapsForget( void );
/* For xPortHeapCheck() and xPortHeapCheckBlock(): the fault that was found, FIRMHEAP_FAULT_NONE, or for a block that is in no
 * region FIRMHEAP_FAULT_FOREIGN_POINTER, and then *pxFault is as it was. pxFault may be NULL. */
extern uint32_t ulFirmheapCapsCheck( uint32_t ulCaps,
                                     BaseType_t xAndMain,
                                     HeapFault_t * pxFault );
extern uint32_t ulFirmheapCapsCheckBlock( void * pv,
                                          HeapFault_t * pxFault );
/* Raises a fault that was found in a region: the hook, then configASSERT. Outside the lock. */
extern void vFirmheapCapsFault( HeapFault_t * pxFault,
                                void * pvCaller );

/* What src/ffi/caps.rs gives of the main heap; under the lock. */
extern void * pvFirmheapMainTake( size_t xBytes,
                                  HeapFault_t * pxFault );
extern void * pvFirmheapMainTakeAligned( size_t xAlignment,
                                         size_t xBytes,
                                         HeapFault_t * pxFault );
extern uint32_t ulFirmheapMainResize( void * pv,
                                      size_t xBytes );
extern uint32_t ulFirmheapMainCheck( HeapFault_t * pxFault );
extern size_t xFirmheapMainBytes( void ** ppvStart );
extern uint32_t ulFirmheapMainOverlaps( const void * pvStart,
                                        const void * pvEnd );
extern size_t xFirmheapMainBlockBytes( void * pv );
extern void * pvFirmheapMainNext( void * pv,
                                  size_t * pxBytes,
                                  uint32_t * pulUsed );

#if ( defined( __GNUC__ ) || defined( __clang__ ) ) && defined( __arm__ )
    #define capsCALLER()    __builtin_return_address( 0 )
#else
    #define capsCALLER()    NULL
#endif

/* The lock of every region is that of the main heap (FIRMHEAP_LOCK); it nests. */
extern void vFirmheapCapsLock( void );
extern void vFirmheapCapsUnlock( void );
#define capsLOCK()      vFirmheapCapsLock()
#define capsUNLOCK()    vFirmheapCapsUnlock()

/* The function of firmheap_own.h for a region's kind. */
#if !defined( FIRMHEAP_CAPS_LARGE ) || ( FIRMHEAP_CAPS_LARGE != 0 )
    #define capsOWN( px, xFunction )    ( ( ( px )->ulIsLarge != 0U ) ? xFunction ## Large : xFunction ## Small )
    #define capsREGION_BYTES_MAX        ( ( size_t ) FIRMHEAP_LARGE_BYTES_MAX )
#else
    #define capsOWN( px, xFunction )    ( ( void ) ( px ), xFunction ## Small )
    #define capsREGION_BYTES_MAX        ( ( size_t ) FIRMHEAP_COMPACT_BYTES_MAX )
#endif

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_CAPS_H */
