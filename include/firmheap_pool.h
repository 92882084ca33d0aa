/* SPDX-License-Identifier: MIT
 *
 * Pools: blocks of one size, allocated and freed in constant time, from tasks and from interrupts.
 *
 *   poolDEFINE( xMessages, 64, 10, 8 );              ten blocks of 64 bytes in static memory: cannot fail
 *   void * pv = pvPoolAllocate( &xMessages );        NULL if none is free
 *   xPoolFree( &xMessages, pv );
 *
 * A firmware that uses pools compiles port/firmheap_pool.c beside firmheap_port.c; the rest is in libfirmheap.a. Any
 * FIRMHEAP_SCHEME serves. A firmware without pools compiles nothing more and its image is the same to the byte.
 *
 * Options, in FreeRTOSConfig.h:
 *   configUSE_POOL_WAITING      1: pvPoolAllocateWait() can wait. Costs each pool a StaticQueue_t. Default: 1 if
 *                               configSUPPORT_STATIC_ALLOCATION is 1, else 0: it then returns at once.
 *   poolINSIDE_INTERRUPT()      true in an interrupt handler. Known for Cortex-M with GCC and Clang; elsewhere false, and then
 *                               the functions named ...Anywhere, and the faces in include/compat, are for tasks only.
 *   poolALIGNED( x )            how your compiler aligns a variable, if it is not GCC's way.
 */

#ifndef FIRMHEAP_POOL_H
#define FIRMHEAP_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "FreeRTOS.h"
#include "queue.h"

#ifdef __cplusplus
    extern "C" {
#endif

#ifndef configUSE_POOL_WAITING
    #define configUSE_POOL_WAITING    configSUPPORT_STATIC_ALLOCATION
#endif

#if ( configUSE_POOL_WAITING == 1 ) && ( configSUPPORT_STATIC_ALLOCATION != 1 )
    #error configUSE_POOL_WAITING needs configSUPPORT_STATIC_ALLOCATION 1: a pool has its queue within itself
#endif

/* A pool. Its words are the pool's own affair: ask the functions below. All zeros is a pool without blocks. */
typedef struct Pool
{
    uint32_t ulStride;     /* from here to pulUsed: laid out by the archive (src/ffi/pool.rs) */
    uint32_t ulReciprocal;
    uint32_t ulBlocks;
    uint32_t ulFresh;
    uint32_t ulFirst;
    uint32_t ulTaken;
    void * pvBlocks;
    uint32_t * pulUsed;
    uint32_t ulUsedHere;   /* the map of up to 32 blocks, where nobody gave one */
    uint32_t ulFromHeap;   /* what pxPoolCreate() allocated */
    #if ( configUSE_POOL_WAITING == 1 )
        uint32_t ulWaiting; /* tasks that wait and were not woken yet */
        QueueHandle_t xWake;
        StaticQueue_t xWakeMemory;
    #endif
} Pool_t;

/* Why there is no such pool. */
#define errPOOL_NO_BLOCKS          ( -1 ) /* zero blocks */
#define errPOOL_BLOCK_TOO_SMALL    ( -2 ) /* a block is smaller than a pointer */
#define errPOOL_MISALIGNED         ( -3 ) /* storage or block size is no multiple of a pointer's size */
#define errPOOL_TOO_LARGE          ( -4 ) /* 4 GiB or more in all */
#define errPOOL_MISSING            ( -5 ) /* no pool, no storage or no map was given */

/* Words of the map for so many blocks: a bit each. */
#define poolMAP_WORDS( ulBlocks )          ( ( ( ulBlocks ) + 31U ) / 32U )

/* A block size rounded up to a multiple of xAlign and of a pointer's size. */
#define poolROUND( xBytes, xAlign )        ( ( ( xBytes ) + ( xAlign ) - 1U ) & ~( ( size_t ) ( xAlign ) - 1U ) )
#define poolSTRIDE( xBytes, xAlign )       poolROUND( poolROUND( ( size_t ) ( xBytes ), xAlign ), sizeof( void * ) )

#ifndef poolALIGNED
    #define poolALIGNED( xAlign )          __attribute__( ( aligned( xAlign ) ) )
#endif
#define poolALIGNMENT( xAlign )            ( ( ( xAlign ) > sizeof( void * ) ) ? ( xAlign ) : sizeof( void * ) )

#define poolIS_SOUND( xBytes, ulBlocks, xAlign )                                                             \
    ( ( ( xBytes ) >= sizeof( void * ) ) && ( ( ulBlocks ) > 0U ) && ( ( xAlign ) > 0U ) &&                  \
      ( ( ( xAlign ) & ( ( xAlign ) - 1U ) ) == 0U ) &&                                                      \
      ( ( ( uint64_t ) poolSTRIDE( xBytes, xAlign ) * ( uint64_t ) ( ulBlocks ) ) <= 0xFFFFFFFFULL ) )

/* What a pool over these two arrays begins with. */
#define poolINITIALISER( ucBlocks, ulMap, xStride, ulCount )                                                 \
    {                                                                                                        \
        .ulStride = ( uint32_t ) ( xStride ),                                                                \
        .ulReciprocal = ( 0xFFFFFFFFU / ( uint32_t ) ( xStride ) ) + 1U,                                     \
        .ulBlocks = ( uint32_t ) ( ulCount ),                                                                \
        .pvBlocks = ( ucBlocks ),                                                                            \
        .pulUsed = ( ulMap )                                                                                 \
    }

/* The storage and the map of a pool; a sound one, or the last array has a negative size and does not compile. */
#define poolSTORAGE( xName, xBytes, ulCount, xAlign )                                                        \
    static uint8_t poolALIGNED( poolALIGNMENT( xAlign ) ) xName ## _blocks[ ( ulCount ) * poolSTRIDE( xBytes, xAlign ) ]; \
    static uint32_t xName ## _used[ poolMAP_WORDS( ulCount ) ];                                              \
    typedef char xName ## _has_blocks_of_a_pointer_or_more[ poolIS_SOUND( xBytes, ulCount, xAlign ) ? 1 : -1 ]

/* A pool in static memory, at file scope: ulCount blocks of xBytes bytes, each on a multiple of xAlign (a power of two).
 * Nothing is set up at run time and nothing can fail. RAM: ulCount * ( xBytes rounded up to xAlign ), a bit for each
 * block, and a Pool_t. */
#define poolDEFINE( xName, xBytes, ulCount, xAlign )                                                         \
    poolSTORAGE( xName, xBytes, ulCount, xAlign );                                                           \
    Pool_t xName = poolINITIALISER( xName ## _blocks, xName ## _used, poolSTRIDE( xBytes, xAlign ), ulCount )

/* The same, known in its file only. */
#define poolDEFINE_STATIC( xName, xBytes, ulCount, xAlign )                                                  \
    poolSTORAGE( xName, xBytes, ulCount, xAlign );                                                           \
    static Pool_t xName = poolINITIALISER( xName ## _blocks, xName ## _used, poolSTRIDE( xBytes, xAlign ), ulCount )

/* Makes a pool of memory that is given: xBlocks * xBlockBytes bytes at pvBlocks, and a map of poolMAP_WORDS( xBlocks )
 * words at pulMap, which may be NULL for up to 32 blocks. pdPASS, or errPOOL_..., and then nothing was changed.
 * Cost: O( blocks / 32 ). Context: any, before the pool is used. */
extern BaseType_t xPoolInitialise( Pool_t * pxPool,
                                   void * pvBlocks,
                                   uint32_t * pulMap,
                                   size_t xBlockBytes,
                                   size_t xBlocks );

/* A pool from the heap, in one allocation; xBlockBytes is rounded up to a multiple of portBYTE_ALIGNMENT. NULL if there is
 * not enough memory, or no block, or blocks smaller than a pointer. Cost: one pvPortMalloc(), and O( blocks / 32 ). Context: task. */
extern Pool_t * pxPoolCreate( size_t xBlockBytes,
                              size_t xBlocks );

/* The end of a pool whose memory is to be used for something else. pdFAIL, and nothing is changed, if blocks are in use or
 * tasks wait for one. Cost: O(1). Context: task. */
extern BaseType_t xPoolClose( Pool_t * pxPool );

/* Gives a pool of pxPoolCreate() back to the heap. pdFAIL, and nothing is changed, if blocks are in use, tasks wait for
 * one, or the pool did not come from the heap. Cost: one vPortFree(). Context: task. */
extern BaseType_t xPoolDelete( Pool_t * pxPool );

/* A block, or NULL if none is free. What is in it is left from before. Cost: O(1), one short critical section.
 * Context: task, or before the scheduler is started. */
extern void * pvPoolAllocate( Pool_t * pxPool );

/* The same for interrupt handlers up to configMAX_SYSCALL_INTERRUPT_PRIORITY. */
extern void * pvPoolAllocateFromISR( Pool_t * pxPool );

/* The same from wherever it is called. */
extern void * pvPoolAllocateAnywhere( Pool_t * pxPool );

/* The same, and waits up to xTicksToWait (portMAX_DELAY: for ever) for a block to be freed: of the tasks that wait the one
 * with the highest priority is woken. Context: task; the scheduler runs and is not suspended. */
extern void * pvPoolAllocateWait( Pool_t * pxPool,
                                  TickType_t xTicksToWait );

/* Gives a block back. NULL is ignored. pdFAIL, after vApplicationHeapFaultHook and configASSERT, if it is none of this pool's
 * (FIRMHEAP_FAULT_FOREIGN_POINTER: also a pointer into a block) or is free already (FIRMHEAP_FAULT_DOUBLE_FREE); the pool is
 * as it was then. Cost: O(1), one short critical section. Context: task, or before the scheduler is started. */
extern BaseType_t xPoolFree( Pool_t * pxPool,
                             void * pv );

/* The same for interrupt handlers. *pxHigherPriorityTaskWoken becomes pdTRUE if a task that waited is to run at the end of
 * the handler (portYIELD_FROM_ISR); the pointer may be NULL. The fault hook runs in the handler, without a task. */
extern BaseType_t xPoolFreeFromISR( Pool_t * pxPool,
                                    void * pv,
                                    BaseType_t * pxHigherPriorityTaskWoken );

/* The same from wherever it is called; asks for the switch of tasks itself. */
extern BaseType_t xPoolFreeAnywhere( Pool_t * pxPool,
                                     void * pv );

/* Figures. Cost: O(1). Context: any. They are of one moment: with others at work they are old when they are read. */
extern size_t xPoolGetBlockSize( const Pool_t * pxPool );      /* bytes, as rounded up */
extern size_t xPoolGetCapacity( const Pool_t * pxPool );       /* blocks in all */
extern size_t xPoolGetUsed( const Pool_t * pxPool );           /* blocks in use */
extern size_t xPoolGetFree( const Pool_t * pxPool );           /* blocks that are free */
extern size_t xPoolGetMinimumEverFree( const Pool_t * pxPool ); /* the fewest that ever were free */

/* Compares list, map and counts: pdPASS, or minus the number of the fault (FIRMHEAP_FAULT_...). Raises nothing.
 * Cost: O(blocks), in a critical section. Context: task. */
extern BaseType_t xPoolCheck( Pool_t * pxPool );

#ifndef poolINSIDE_INTERRUPT
    #if ( defined( __GNUC__ ) || defined( __clang__ ) ) && defined( __ARM_ARCH_PROFILE ) && ( __ARM_ARCH_PROFILE == 'M' )
        static inline uint32_t ulPoolExceptionNumber( void )
        {
            uint32_t ulNumber;

            __asm__ volatile ( "mrs %0, ipsr" : "=r" ( ulNumber ) );

            return ulNumber;
        }

        #define poolINSIDE_INTERRUPT()    ( ulPoolExceptionNumber() != 0U )
    #else
        #define poolINSIDE_INTERRUPT()    ( 0 )
    #endif
#endif

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_POOL_H */
