/* SPDX-License-Identifier: MIT
 *
 * Zephyr's k_heap (compat/zephyr_heap.h) on heaps in memories of their own (firmheap_own.h): the lock, waiting, faults. Compile
 * it beside firmheap_port.c if you use it.
 *
 * The lock is the scheduler's suspension whatever FIRMHEAP_LOCK is: these memories are nobody else's. Who waits stands in a list
 * of the kernel's kind, as in its queues, so that a task which is deleted or suspended while it waits is taken out by the
 * kernel itself. A free empties the list: who is woken tries again, and waits again if that fails.
 */

#include <string.h>

/* The kernel's functions themselves, not their MPU wrappers. */
#define MPU_WRAPPERS_INCLUDED_FROM_API_FILE

#include "FreeRTOS.h"
#include "task.h"

#undef MPU_WRAPPERS_INCLUDED_FROM_API_FILE

#include "compat/zephyr_heap.h"
#include "firmheap_own.h"
#include "firmheap_pool.h"
#include "firmheap_raise.h"

#ifndef configHEAP_CLEAR_MEMORY_ON_FREE
    #define configHEAP_CLEAR_MEMORY_ON_FREE    0
#endif

#if ( FIRMHEAP_K_HEAP_WAITING == 1 ) && ( INCLUDE_xTaskGetSchedulerState != 1 ) && ( configUSE_TIMERS != 1 )
    #error FIRMHEAP_K_HEAP_WAITING needs INCLUDE_xTaskGetSchedulerState 1: nobody may wait while the scheduler is suspended
#endif

/* The function of firmheap_own.h for a heap's kind. */
#if !defined( FIRMHEAP_K_HEAP_LARGE ) || ( FIRMHEAP_K_HEAP_LARGE != 0 )
    #define kheapOWN( h, xFunction )    ( ( ( h )->xBytes > ownSMALL_BYTES_MAX ) ? xFunction ## Large : xFunction ## Small )
#else
    #define kheapOWN( h, xFunction )    ( xFunction ## Small )
#endif

#if ( defined( __GNUC__ ) || defined( __clang__ ) ) && defined( __arm__ )
    #define kheapCALLER()    __builtin_return_address( 0 )
#else
    #define kheapCALLER()    NULL
#endif

/* Kernels before V11 have one core. */
#ifdef taskYIELD_WITHIN_API
    #define kheapYIELD()    taskYIELD_WITHIN_API()
#else
    #define kheapYIELD()    portYIELD_WITHIN_API()
#endif

/* What is asked for. */
typedef struct Request
{
    struct k_heap * h;
    void * pvOld;       /* the block that is to be resized, or NULL */
    size_t xOldBytes;   /* of its payload, when it was looked at */
    size_t xAlignment;
    size_t xBytes;
    void * pvCaller;
} Request_t;

/*-------------------------------- faults --------------------------------*/

/* What the archive does not say. */
static void prvNote( HeapFault_t * pxFault,
                     FirmheapFault eKind,
                     void * pv )
{
    ( void ) memset( pxFault, 0, sizeof( *pxFault ) );
    pxFault->ulKind = ( uint32_t ) eKind;
    pxFault->pvBlock = pv;
    pxFault->pvPointer = pv;
}
/*-----------------------------------------------------------*/

/* The scheduler's suspension keeps no handler away. */
static BaseType_t prvIsTask( void )
{
    const BaseType_t xIsTask = poolINSIDE_INTERRUPT() ? pdFALSE : pdTRUE;

    configASSERT( xIsTask != pdFALSE );

    return xIsTask;
}

/*-------------------------------- the heap --------------------------------*/

/* Under the lock: makes the heap if that was not done yet. pdFALSE with a fault, and then there is none. */
static BaseType_t prvOpen( struct k_heap * h,
                           HeapFault_t * pxFault )
{
    int32_t lMade;

    if( ( h == NULL ) || ( h->pvMemory == NULL ) )
    {
        prvNote( pxFault, FIRMHEAP_FAULT_REGIONS_MISSING, ( void * ) h );

        return pdFALSE;
    }

    if( h->pvHeap != NULL )
    {
        return pdTRUE;
    }

    lMade = kheapOWN( h, lFirmheapOwnMake )( h->pvMemory, h->xBytes, &( h->pvHeap ) );

    if( lMade != 0 )
    {
        prvNote( pxFault, ( lMade == errOWN_TOO_SMALL ) ? FIRMHEAP_FAULT_REGIONS_EMPTY : FIRMHEAP_FAULT_REGION_OUT_OF_REACH, h->pvMemory );

        return pdFALSE;
    }

    #if ( FIRMHEAP_K_HEAP_WAITING == 1 )
    {
        vListInitialise( &( h->xWaiting ) );
    }
    #endif

    return pdTRUE;
}
/*-----------------------------------------------------------*/

void k_heap_init( struct k_heap * h,
                  void * mem,
                  size_t bytes )
{
    HeapFault_t xFault;

    xFault.ulKind = ( uint32_t ) FIRMHEAP_FAULT_NONE;

    if( prvIsTask() == pdFALSE )
    {
        return;
    }

    vTaskSuspendAll();
    {
        if( h != NULL )
        {
            h->pvMemory = mem;
            h->xBytes = bytes;
            h->pvHeap = NULL;
        }

        if( ( prvOpen( h, &xFault ) == pdFALSE ) && ( h != NULL ) )
        {
            h->pvMemory = NULL;
        }
    }
    ( void ) xTaskResumeAll();
    prvRaise( &xFault, kheapCALLER() );
}
/*-----------------------------------------------------------*/

/* The bytes of a block's payload; zero with a fault. A pointer that leads elsewhere is not even read from, at any level. */
static size_t prvJudge( const struct k_heap * h,
                        void * pv,
                        HeapFault_t * pxFault )
{
    const uintptr_t uxOffset = ( uintptr_t ) pv - ( uintptr_t ) h->pvMemory;

    if( ( uxOffset == 0U ) || ( uxOffset >= h->xBytes ) )
    {
        prvNote( pxFault, FIRMHEAP_FAULT_FOREIGN_POINTER, pv );

        return 0U;
    }

    return kheapOWN( h, xFirmheapOwnJudge )( h->pvHeap, pv, pxFault );
}

/*-------------------------------- waiting --------------------------------*/

/* Under the lock: everybody who waits for this heap is to try again. */
static void prvWakeAll( struct k_heap * h )
{
    #if ( FIRMHEAP_K_HEAP_WAITING == 1 )
    {
        /* Each becomes ready when the scheduler is resumed; until then no more than their list is touched. */
        while( listLIST_IS_EMPTY( &( h->xWaiting ) ) == pdFALSE )
        {
            taskENTER_CRITICAL();
            {
                ( void ) xTaskRemoveFromEventList( &( h->xWaiting ) );
            }
            taskEXIT_CRITICAL();
        }
    }
    #else
    {
        ( void ) h;
    }
    #endif
}
/*-----------------------------------------------------------*/

/* How long this caller can wait at all. */
static TickType_t prvPatience( k_timeout_t xTimeout )
{
    #if ( FIRMHEAP_K_HEAP_WAITING == 1 )
        return ( xTaskGetSchedulerState() == taskSCHEDULER_RUNNING ) ? xTimeout.ticks : ( TickType_t ) 0;
    #else
        ( void ) xTimeout;

        return ( TickType_t ) 0;
    #endif
}

/*-------------------------------- allocating --------------------------------*/

/* Could an empty heap of these bytes serve this? Nobody waits for what cannot come. */
static BaseType_t prvCanEver( const Request_t * pxRequest )
{
    const uintptr_t uxStart = ( uintptr_t ) pxRequest->h->pvMemory;
    const uintptr_t uxMask = ( pxRequest->xAlignment != 0U ) ? ( ( uintptr_t ) pxRequest->xAlignment - 1U ) : 0U;
    const uintptr_t uxSkipped = ( 0U - uxStart ) & uxMask; /* to the first multiple */

    return ( ( uxSkipped < pxRequest->h->xBytes ) && ( pxRequest->xBytes <= ( pxRequest->h->xBytes - uxSkipped ) ) &&
             ( pxRequest->xAlignment <= ( size_t ) 0x80000000U ) ) ? pdTRUE : pdFALSE;
}
/*-----------------------------------------------------------*/

/* One try, under the lock: a block, or the old one if that has the wanted size now; or NULL. */
static void * prvTry( Request_t * pxRequest,
                      HeapFault_t * pxFault )
{
    struct k_heap * const h = pxRequest->h;

    if( pxRequest->pvOld != NULL )
    {
        pxRequest->xOldBytes = prvJudge( h, pxRequest->pvOld, pxFault );

        if( pxRequest->xOldBytes == 0U )
        {
            return NULL;
        }

        if( kheapOWN( h, ulFirmheapOwnResize )( h->pvHeap, pxRequest->pvOld, pxRequest->xBytes, pxFault ) != 0U )
        {
            if( pxRequest->xBytes < pxRequest->xOldBytes )
            {
                prvWakeAll( h );
            }

            return pxRequest->pvOld;
        }

        if( pxFault->ulKind != ( uint32_t ) FIRMHEAP_FAULT_NONE )
        {
            return NULL;
        }
    }

    if( pxRequest->xAlignment > ( size_t ) portBYTE_ALIGNMENT )
    {
        return kheapOWN( h, pvFirmheapOwnTakeAligned )( h->pvHeap, pxRequest->xAlignment, pxRequest->xBytes, pxFault );
    }

    return kheapOWN( h, pvFirmheapOwnTake )( h->pvHeap, pxRequest->xBytes, pxFault );
}
/*-----------------------------------------------------------*/

/* Tries until there is a block, a fault, or no time left. */
static void * prvAllocate( Request_t * pxRequest,
                           k_timeout_t xTimeout )
{
    struct k_heap * const h = pxRequest->h;
    TickType_t xLeft;
    HeapFault_t xFault;
    BaseType_t xWaits;
    void * pv;

    #if ( FIRMHEAP_K_HEAP_WAITING == 1 )
        TimeOut_t xSince;
    #endif

    if( prvIsTask() == pdFALSE )
    {
        return NULL;
    }

    xLeft = prvPatience( xTimeout );
    #if ( FIRMHEAP_K_HEAP_WAITING == 1 )
    {
        vTaskSetTimeOutState( &xSince );
    }
    #endif

    do
    {
        xFault.ulKind = ( uint32_t ) FIRMHEAP_FAULT_NONE;
        pv = NULL;
        xWaits = pdFALSE;
        vTaskSuspendAll();

        if( ( prvOpen( h, &xFault ) != pdFALSE ) && ( prvCanEver( pxRequest ) != pdFALSE ) )
        {
            pv = prvTry( pxRequest, &xFault );
            xWaits = ( ( pv == NULL ) && ( xLeft != ( TickType_t ) 0 ) && ( xFault.ulKind == ( uint32_t ) FIRMHEAP_FAULT_NONE ) ) ? pdTRUE : pdFALSE;
        }

        #if ( FIRMHEAP_K_HEAP_WAITING == 1 )
        {
            /* Between the try and this nobody frees anything. */
            if( xWaits != pdFALSE )
            {
                vTaskPlaceOnEventList( &( h->xWaiting ), xLeft );
            }

            if( ( xTaskResumeAll() == pdFALSE ) && ( xWaits != pdFALSE ) )
            {
                kheapYIELD();
            }

            /* Woken, or it is time: then this is the last try. */
            if( ( xWaits != pdFALSE ) && ( xTaskCheckForTimeOut( &xSince, &xLeft ) != pdFALSE ) )
            {
                xLeft = ( TickType_t ) 0;
            }
        }
        #else
        {
            ( void ) xTaskResumeAll();
        }
        #endif
    } while( xWaits != pdFALSE );

    prvRaise( &xFault, pxRequest->pvCaller );

    return pv;
}
/*-----------------------------------------------------------*/

static void * prvNew( struct k_heap * h,
                      size_t xAlignment,
                      size_t xBytes,
                      k_timeout_t xTimeout,
                      void * pvCaller )
{
    Request_t xRequest;

    if( xBytes == 0U )
    {
        return NULL;
    }

    ( void ) memset( &xRequest, 0, sizeof( xRequest ) );
    xRequest.h = h;
    xRequest.xAlignment = xAlignment;
    xRequest.xBytes = xBytes;
    xRequest.pvCaller = pvCaller;

    return prvAllocate( &xRequest, xTimeout );
}
/*-----------------------------------------------------------*/

void * k_heap_alloc( struct k_heap * h,
                     size_t bytes,
                     k_timeout_t timeout )
{
    return prvNew( h, 0U, bytes, timeout, kheapCALLER() );
}
/*-----------------------------------------------------------*/

void * k_heap_calloc( struct k_heap * h,
                      size_t num,
                      size_t size,
                      k_timeout_t timeout )
{
    void * pv;

    if( ( size != 0U ) && ( num > ( SIZE_MAX / size ) ) )
    {
        return NULL;
    }

    pv = prvNew( h, 0U, num * size, timeout, kheapCALLER() );

    if( pv != NULL )
    {
        ( void ) memset( pv, 0, num * size );
    }

    return pv;
}
/*-----------------------------------------------------------*/

void * k_heap_aligned_alloc( struct k_heap * h,
                             size_t align,
                             size_t bytes,
                             k_timeout_t timeout )
{
    if( ( align == 0U ) || ( ( align & ( align - 1U ) ) != 0U ) )
    {
        HeapFault_t xFault;

        prvNote( &xFault, FIRMHEAP_FAULT_BAD_ALIGNMENT, NULL );
        prvRaise( &xFault, kheapCALLER() );

        return NULL;
    }

    return prvNew( h, align, bytes, timeout, kheapCALLER() );
}

/*-------------------------------- freeing, resizing --------------------------------*/

static void prvFree( struct k_heap * h,
                     void * pv,
                     void * pvCaller )
{
    HeapFault_t xFault;

    xFault.ulKind = ( uint32_t ) FIRMHEAP_FAULT_NONE;

    if( ( pv == NULL ) || ( prvIsTask() == pdFALSE ) )
    {
        return;
    }

    vTaskSuspendAll();

    if( prvOpen( h, &xFault ) != pdFALSE )
    {
        #if ( configHEAP_CLEAR_MEMORY_ON_FREE == 1 )
        {
            /* Still the caller's block; what is none is left to the free itself. */
            const size_t xBytes = prvJudge( h, pv, &xFault );

            ( void ) memset( pv, 0, xBytes );
            xFault.ulKind = ( uint32_t ) FIRMHEAP_FAULT_NONE;
        }
        #endif

        if( kheapOWN( h, xFirmheapOwnGive )( h->pvHeap, pv, &xFault ) != 0U )
        {
            prvWakeAll( h );
        }
    }

    ( void ) xTaskResumeAll();
    prvRaise( &xFault, pvCaller );
}
/*-----------------------------------------------------------*/

void k_heap_free( struct k_heap * h,
                  void * mem )
{
    prvFree( h, mem, kheapCALLER() );
}
/*-----------------------------------------------------------*/

void * k_heap_realloc( struct k_heap * h,
                       void * ptr,
                       size_t bytes,
                       k_timeout_t timeout )
{
    Request_t xRequest;
    void * pvNew;

    if( ptr == NULL )
    {
        return prvNew( h, 0U, bytes, timeout, kheapCALLER() );
    }

    if( bytes == 0U )
    {
        prvFree( h, ptr, kheapCALLER() );

        return NULL;
    }

    ( void ) memset( &xRequest, 0, sizeof( xRequest ) );
    xRequest.h = h;
    xRequest.pvOld = ptr;
    xRequest.xBytes = bytes;
    xRequest.pvCaller = kheapCALLER();
    pvNew = prvAllocate( &xRequest, timeout );

    if( ( pvNew != NULL ) && ( pvNew != ptr ) )
    {
        ( void ) memcpy( pvNew, ptr, ( xRequest.xOldBytes < bytes ) ? xRequest.xOldBytes : bytes );
        prvFree( h, ptr, kheapCALLER() );
    }

    return pvNew;
}
