/* SPDX-License-Identifier: MIT
 *
 * firmheap's port file: everything that only the application's FreeRTOSConfig.h knows. The application's build
 * compiles it in place of the kernel's heap_4.c or heap_5.c and links libfirmheap.a, which exports
 * pvPortMalloc() and the rest.
 *
 * A request goes  pvPortMalloc() in the archive -> vTaskSuspendAll() -> search -> vFirmheapMallocEnd() here,
 * so that traceMALLOC, xTaskResumeAll(), the failed hook and configASSERT keep the place they have in
 * the kernel's file.
 *
 * firmheap_options.h says what can be chosen.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The kernel's functions themselves, not their MPU wrappers, as in the kernel's heap files. */
#define MPU_WRAPPERS_INCLUDED_FROM_API_FILE

#include "FreeRTOS.h"
#include "task.h"

#undef MPU_WRAPPERS_INCLUDED_FROM_API_FILE

#include "firmheap.h"
#include "firmheap_faults.h"
#include "firmheap_options.h"

/* The heap's lock. */
#if firmheapCRITICAL
    #define vFirmheapLock    vFirmheapLock_of_a_port_file_with_FIRMHEAP_LOCK_critical
    void vFirmheapLock( void ) PRIVILEGED_FUNCTION;
    void vFirmheapUnlock( void ) PRIVILEGED_FUNCTION;
    #define firmheapLOCK()      vFirmheapLock()
    #define firmheapUNLOCK()    vFirmheapUnlock()
#else
    #define firmheapLOCK()      vTaskSuspendAll()
    #define firmheapUNLOCK()    ( void ) xTaskResumeAll()
#endif

#if firmheapFIRM

#if ( FIRMHEAP_USE_CAPS == 1 )
    #include "firmheap_caps.h"
#endif

/*-------------------------------- state --------------------------------*/

/* Two bins for each octave of block sizes, as many as the largest block of the region needs. */
#define firmheapABOVE( xBytes )    ( firmheapLARGEST_REGION > ( xBytes ) ? 1U : 0U )
#define firmheapOCTAVE( x )        ( firmheapABOVE( ( size_t ) 2U << ( ( x ) - 1U ) ) + firmheapABOVE( ( size_t ) 3U << ( ( x ) - 1U ) ) )
#define firmheapBINS_SMALL                                                                             \
    ( 6U + firmheapOCTAVE( 7 ) + firmheapOCTAVE( 8 ) + firmheapOCTAVE( 9 ) + firmheapOCTAVE( 10 ) +    \
      firmheapOCTAVE( 11 ) + firmheapOCTAVE( 12 ) + firmheapOCTAVE( 13 ) + firmheapOCTAVE( 14 ) +      \
      firmheapOCTAVE( 15 ) + firmheapOCTAVE( 16 ) + firmheapOCTAVE( 17 ) )
#define firmheapBINS_LARGE                                                                             \
    ( firmheapOCTAVE( 18 ) + firmheapOCTAVE( 19 ) + firmheapOCTAVE( 20 ) + firmheapOCTAVE( 21 ) +      \
      firmheapOCTAVE( 22 ) + firmheapOCTAVE( 23 ) + firmheapOCTAVE( 24 ) + firmheapOCTAVE( 25 ) )
#define firmheapBINS    ( firmheapBINS_SMALL + ( firmheapIS_LARGE ? firmheapBINS_LARGE : 0U ) )

#define firmheapCONTROL_BYTES \
    ( firmheapIS_LARGE ? FIRMHEAP_CONTROL_BYTES_LARGE : FIRMHEAP_CONTROL_BYTES_COMPACT )

/* Control words, laid out by the archive (src/stats.rs), and the heads of the free lists. */
typedef struct FirmheapState
{
    uint32_t ulWords[ ( firmheapCONTROL_BYTES / 4U ) + firmheapBINS ];
} FirmheapState_t;

/* Regions beside the largest: where they start, and how many granules they hold. */
typedef struct FirmheapSpan
{
    uint32_t ulStart;
    uint32_t ulGranules;
} FirmheapSpan_t;

extern FirmheapState_t xFirmheapState;
PRIVILEGED_DATA FirmheapState_t xFirmheapState;

#if ( FIRMHEAP_REGION_LIMIT > 0 )
    extern FirmheapSpan_t xFirmheapRegions[ FIRMHEAP_REGION_LIMIT ];
    PRIVILEGED_DATA FirmheapSpan_t xFirmheapRegions[ FIRMHEAP_REGION_LIMIT ];
    extern uint32_t ulFirmheapRegions;
    PRIVILEGED_DATA uint32_t ulFirmheapRegions;
#else
    /* Named by the archive, but never written: there is one region, and the control words describe it. */
    extern const FirmheapSpan_t xFirmheapRegions[ 1 ];
    const FirmheapSpan_t xFirmheapRegions[ 1 ] = { { 0U, 0U } };
    extern const uint32_t ulFirmheapRegions;
    const uint32_t ulFirmheapRegions = 0U;
#endif
extern const uint32_t ulFirmheapRegionLimit;
const uint32_t ulFirmheapRegionLimit = FIRMHEAP_REGION_LIMIT;

/* Integrity level 3 and above: the quarantine and the last fault (src/ffi/port.rs). */
#if ( firmheapINTEGRITY_MIN >= 3 )
    typedef struct FirmheapWard
    {
        uint32_t ulWords[ FIRMHEAP_WARD_BYTES / 4U ];
    } FirmheapWard_t;

    #define xFirmheapWard    xFirmheapWard_of_a_port_file_with_FIRMHEAP_INTEGRITY_3
    extern FirmheapWard_t xFirmheapWard;
    PRIVILEGED_DATA FirmheapWard_t xFirmheapWard;
    extern const uint32_t ulFirmheapQuarantineBytes;
    const uint32_t ulFirmheapQuarantineBytes = FIRMHEAP_QUARANTINE_BYTES;
#endif

/* Encodes the links of free lists at integrity level 2. */
#if ( configENABLE_HEAP_PROTECTOR == 1 )
    extern uint32_t ulFirmheapCanary;
    PRIVILEGED_DATA uint32_t ulFirmheapCanary;
#else
    extern const uint32_t ulFirmheapCanary;
    const uint32_t ulFirmheapCanary = 0U;
#endif

#if ( UINTPTR_MAX > 0xFFFFFFFFU )
    /* 64-bit hosts only: where the 4 GiB of the heap's 32-bit addresses begin. */
    extern uintptr_t xFirmheapRoot;
    PRIVILEGED_DATA uintptr_t xFirmheapRoot;
#endif

#if ( FIRMHEAP_USE_REGIONS == 0 )
    #if ( configAPPLICATION_ALLOCATED_HEAP == 1 )
        extern uint8_t ucHeap[ configTOTAL_HEAP_SIZE ];
    #else
        PRIVILEGED_DATA static uint8_t ucHeap[ configTOTAL_HEAP_SIZE ];
    #endif
#endif

/* A heap that no block of the large form can span: this array has a negative size. */
typedef uint8_t firmheap_serves_a_configTOTAL_HEAP_SIZE_up_to_63_MiB[ ( ( FIRMHEAP_USE_REGIONS == 1 ) || ( firmheapLARGEST_REGION <= FIRMHEAP_LARGE_BYTES_MAX ) ) ? 1 : -1 ];

#if ( firmheapTRACK > 0 )
    #define FIRMHEAP_INCLUDE_TRACK
    #if firmheapCRITICAL
        uint32_t ulFirmheapInHandler( void ) PRIVILEGED_FUNCTION;
    #endif
    #include "firmheap_track.c"
#endif

/*-------------------------------- the archive that belongs to this file --------------------------------*/

/* An archive built for other options, or none, is an undefined symbol that says what is needed; and a leftover heap_4.o
 * beside it becomes a duplicate definition instead of winning silently. */
extern const uint8_t firmheapARCHIVE_COMPACT;
extern const uint8_t firmheapARCHIVE_LARGE;
extern const uint8_t * const pucFirmheapArchive[];
const uint8_t * const pucFirmheapArchive[] =
{
    ( firmheapIS_LARGE ) ? &firmheapARCHIVE_LARGE : &firmheapARCHIVE_COMPACT,
    ( firmheapTRACES ) ? &firmheap_archive_with_TRACE : NULL,
    #if ( configHEAP_CLEAR_MEMORY_ON_FREE == 1 )
        &firmheap_archive_with_CLEAR_ON_FREE,
    #endif
    #if ( firmheapINTEGRITY_MIN == 1 )
        &firmheap_archive_of_INTEGRITY_1_or_higher,
    #elif ( firmheapINTEGRITY_MIN == 2 )
        &firmheap_archive_of_INTEGRITY_2_or_higher,
    #elif ( firmheapINTEGRITY_MIN == 3 )
        &firmheap_archive_of_INTEGRITY_3_or_higher,
    #elif ( firmheapINTEGRITY_MIN == 4 )
        &firmheap_archive_of_INTEGRITY_4,
    #endif
    #if ( firmheapTRACK > 0 )
        &firmheapTRACK_ARCHIVE,
    #endif
    #if ( FIRMHEAP_BUDGETS == 1 )
        &firmheap_archive_with_BUDGETS,
    #endif
    #if ( FIRMHEAP_INJECT_FAILURES == 1 )
        &firmheap_archive_with_INJECT_FAILURES,
    #endif
    #if firmheapCRITICAL
        &firmheap_archive_with_LOCK_critical,
    #endif
    #if firmheapDEFERS
        &firmheap_archive_with_FREE_FROM_ISR,
    #endif
};

#endif /* firmheapFIRM; the other schemes have theirs in firmheap_exact.c */

/*-------------------------------- called by the archive --------------------------------*/

/* firmheap.h declares them; here they get their place in an MPU image. */
void vFirmheapSetUp( void ) PRIVILEGED_FUNCTION;
void vFirmheapDrawCanary( void ) PRIVILEGED_FUNCTION;
void vFirmheapMallocEnd( void * pv,
                         size_t xBlockBytes ) PRIVILEGED_FUNCTION;
void * pvFirmheapRefused( void * pvDamaged,
                          size_t xBytes ) PRIVILEGED_FUNCTION;
uint32_t ulFirmheapCheckOthers( HeapFault_t * pxFault ) PRIVILEGED_FUNCTION;
uint32_t ulFirmheapCheckOtherBlock( void * pv,
                                    HeapFault_t * pxFault ) PRIVILEGED_FUNCTION;
void vFirmheapFreeFailed( uint32_t ulFault,
                          void * pv ) PRIVILEGED_FUNCTION;
void vFirmheapFreeOutside( void * pv ) PRIVILEGED_FUNCTION;
uint32_t ulFirmheapHold( uint32_t ulBlock ) PRIVILEGED_FUNCTION;
void vFirmheapFreeEnd( void * pv,
                       size_t xBlockBytes ) PRIVILEGED_FUNCTION;
void vFirmheapResume( void ) PRIVILEGED_FUNCTION;
void vFirmheapFault( uint32_t ulFault,
                     void * pv ) PRIVILEGED_FUNCTION;
void vFirmheapFaultWithin( uint32_t ulFault,
                           void * pv ) PRIVILEGED_FUNCTION;
void vFirmheapClear( void * pv,
                     size_t xBytes ) PRIVILEGED_FUNCTION;
void vFirmheapForget( void ) PRIVILEGED_FUNCTION;
void vFirmheapResizeEnd( void * pvOld,
                         size_t xOldBytes,
                         void * pvNew,
                         size_t xNewBytes ) PRIVILEGED_FUNCTION;
void * pvFirmheapResizeFailed( uint32_t ulFault,
                               void * pv,
                               size_t xBytes ) PRIVILEGED_FUNCTION;
void vFirmheapMove( void * pvTo,
                    const void * pvFrom,
                    size_t xBytes ) PRIVILEGED_FUNCTION;
size_t xFirmheapNoFreeBlock( void ) PRIVILEGED_FUNCTION;
#if ( firmheapINTEGRITY_MIN >= 3 )
    void * pvFirmheapServed( uint32_t ulFault,
                             void * pvBlamed,
                             void * pv ) PRIVILEGED_FUNCTION;
    void * pvFirmheapRefusedFor( uint32_t ulFault,
                                 void * pvBlamed ) PRIVILEGED_FUNCTION;
#endif
void vFirmheapEnterCritical( void ) PRIVILEGED_FUNCTION;
void vFirmheapExitCritical( void ) PRIVILEGED_FUNCTION;
#if ( configENABLE_HEAP_PROTECTOR == 1 )
    extern void vApplicationGetRandomHeapCanary( portPOINTER_SIZE_TYPE * pxHeapCanary );
#endif
#if ( configUSE_MALLOC_FAILED_HOOK == 1 )
    /* Kernels before V10.5.0 do not declare it in portable.h. */
    extern void vApplicationMallocFailedHook( void );
#endif

/* The return address of a function that the archive jumped to as its last act is that of the heap's caller. On ARMv6-M
 * and on hosts the archive calls instead, at some level: an address inside it would mislead. The object code of the
 * others is looked at: cargo xtask test jumps. */
#if ( defined( __GNUC__ ) || defined( __clang__ ) ) && firmheapFIRM \
    && ( ( defined( __arm__ ) && !defined( __ARM_ARCH_6M__ ) && !defined( __ARM_ARCH_8M_BASE__ ) ) \
    || ( defined( __riscv ) && ( __riscv_xlen == 32 ) ) )
    #define firmheapCALLER()    __builtin_return_address( 0 )
#else
    #define firmheapCALLER()    NULL
#endif

/* Is this an interrupt handler? Asked only where handlers call the heap itself. */
#if firmheapCRITICAL
    #ifndef FIRMHEAP_INSIDE_INTERRUPT
        #if ( defined( __GNUC__ ) || defined( __clang__ ) ) && defined( __ARM_ARCH_PROFILE ) && ( __ARM_ARCH_PROFILE == 'M' )
            static inline uint32_t prvExceptionNumber( void )
            {
                uint32_t ulNumber;

                __asm__ volatile ( "mrs %0, ipsr" : "=r" ( ulNumber ) );

                return ulNumber;
            }

            #define FIRMHEAP_INSIDE_INTERRUPT()    ( prvExceptionNumber() != 0U )
        #else
            #define FIRMHEAP_INSIDE_INTERRUPT()    ( 0 )
        #endif
    #endif
    #define firmheapIN_HANDLER()    ( FIRMHEAP_INSIDE_INTERRUPT() ? 1 : 0 )

    #if ( firmheapTRACK > 0 )
        uint32_t ulFirmheapInHandler( void )
        {
            return ( uint32_t ) firmheapIN_HANDLER();
        }
    #endif
#else
    #define firmheapIN_HANDLER()    0
#endif

/* Faults of the archive end in configASSERT( ulFault == FIRMHEAP_FAULT_NONE ): the kind is in ulFault, the
 * block to blame in pv. Runs with the scheduler as the caller of the heap had it. */
#if ( configUSE_HEAP_FAULT_HOOK == 1 )
    static void prvFault( uint32_t ulFault,
                          void * pv,
                          void * pvCaller )
    {
        HeapFault_t xFault;

        vFirmheapExplain( ulFault, pv, &xFault );
        xFault.pvCaller = pvCaller;
        #if ( INCLUDE_xTaskGetCurrentTaskHandle == 1 )
        {
            /* In a handler it would be the task that was interrupted. */
            if( firmheapIN_HANDLER() == 0 )
            {
                xFault.pvTask = ( void * ) xTaskGetCurrentTaskHandle();

                if( xFault.pvTask != NULL )
                {
                    xFault.pcTaskName = pcTaskGetName( NULL );
                }
            }
        }
        #endif
        vApplicationHeapFaultHook( &xFault );
        configASSERT( ulFault == FIRMHEAP_FAULT_NONE );
    }
#else
    #define prvFault( ulFault, pv, pvCaller )                  \
    do {                                                       \
        configASSERT( ( ulFault ) == FIRMHEAP_FAULT_NONE );    \
        ( void ) ( ulFault );                                  \
        ( void ) ( pv );                                       \
    } while( 0 )
#endif /* configUSE_HEAP_FAULT_HOOK */

void vFirmheapFault( uint32_t ulFault,
                     void * pv )
{
    prvFault( ulFault, pv, firmheapCALLER() );
}
/*-----------------------------------------------------------*/

#if firmheapFIRM

/* The same for a function of the archive that goes on afterwards: its caller is not to be seen from here. */
void vFirmheapFaultWithin( uint32_t ulFault,
                           void * pv )
{
    prvFault( ulFault, pv, NULL );
}
/*-----------------------------------------------------------*/

/* The first request finds nothing and comes here once, with the scheduler suspended. */
void vFirmheapSetUp( void )
{
    /* Keeps the proof that the archive fits in every link, with --gc-sections and -flto, too. */
    ( void ) *( const uint8_t * const volatile * ) &pucFirmheapArchive[ 0 ];

    #if ( FIRMHEAP_USE_REGIONS == 1 )
    {
        /* As in heap_5, a request before vPortDefineHeapRegions() is an assertion outside the suspension. */
        vFirmheapResume();
        vFirmheapFaultWithin( FIRMHEAP_FAULT_REGIONS_MISSING, NULL );
        firmheapLOCK();
    }
    #else
    {
        #if ( configENABLE_HEAP_PROTECTOR == 1 )
        {
            vFirmheapDrawCanary();
        }
        #endif
        vFirmheapAddHeap( ucHeap, sizeof( ucHeap ) );
    }
    #endif
}
/*-----------------------------------------------------------*/

#if ( FIRMHEAP_RULES == 1 )
    extern void vFirmheapJudge( void * pv,
                                size_t xBlockBytes );
#endif

/* Every successful end of pvPortMalloc(). The lock is held until firmheapUNLOCK(). */
void vFirmheapMallocEnd( void * pv,
                         size_t xBlockBytes )
{
    traceMALLOC( pv, xBlockBytes );
    ( void ) pv;
    ( void ) xBlockBytes;
    firmheapUNLOCK();
    #if ( FIRMHEAP_RULES == 1 )
    {
        vFirmheapJudge( pv, xBlockBytes );
    }
    #endif
    configASSERT( ( ( ( portPOINTER_SIZE_TYPE ) pv ) & ( portPOINTER_SIZE_TYPE ) portBYTE_ALIGNMENT_MASK ) == 0U );
}
/*-----------------------------------------------------------*/

#if ( firmheapTRACK > 0 )

    void vFirmheapCountFailure( size_t xBytes )
    {
        firmheapLOCK();
        xFirmheapRefusal.ulCount++;
        xFirmheapRefusal.xLargest = ( xBytes > xFirmheapRefusal.xLargest ) ? xBytes : xFirmheapRefusal.xLargest;
        firmheapUNLOCK();
    }
/*-----------------------------------------------------------*/

/* Runs with the scheduler as the caller had it. */
    static void prvFailed( const FirmheapRefusal_t * pxRefusal,
                           const void * pvCaller )
    {
        #if ( FIRMHEAP_USE_CAPS == 1 )
            const uint32_t ulCapabilities = capsDEFAULT;
        #else
            const uint32_t ulCapabilities = 0U;
        #endif

        vFirmheapCountFailure( pxRefusal->xBytes );
        #if ( FIRMHEAP_REPORT == 1 )
        {
            /* A handler has no task, and may not suspend the scheduler: its failures are only counted. */
            if( firmheapIN_HANDLER() == 0 )
            {
                vFirmheapFailed( pxRefusal, ulCapabilities, pvCaller );
            }
        }
        #endif
        ( void ) ulCapabilities;
        ( void ) pvCaller;
    }

/* What the archive noted of the request; while the lock is held. */
    #define firmheapNOTE_REFUSAL( xCopy )    const FirmheapRefusal_t xCopy = xFirmheapRefusal
    #define firmheapFAILED( xCopy )          prvFailed( &( xCopy ), firmheapCALLER() )
#else
    #define firmheapNOTE_REFUSAL( xCopy )
    #define firmheapFAILED( xCopy )
#endif /* firmheapTRACK > 0 */
/*-----------------------------------------------------------*/

/* Every failed end of pvPortMalloc() for xBytes; pvDamaged is the damaged free block that stood in the way, or NULL. */
void * pvFirmheapRefused( void * pvDamaged,
                          size_t xBytes )
{
    void * pv = NULL;

    firmheapNOTE_REFUSAL( xRefusal );
    #if ( FIRMHEAP_USE_CAPS == 1 )
    {
        if( pvDamaged == NULL )
        {
            void * const pvCaller = firmheapCALLER();

            firmheapUNLOCK();
            pv = pvFirmheapCapsInstead( xBytes, pvCaller ); /* traces */

            if( pv == NULL )
            {
                firmheapFAILED( xRefusal );
                #if ( configUSE_MALLOC_FAILED_HOOK == 1 )
                {
                    vApplicationMallocFailedHook();
                }
                #endif
            }

            return pv;
        }
    }
    #endif /* if ( FIRMHEAP_USE_CAPS == 1 ) */
    ( void ) xBytes;
    traceMALLOC( pv, ( size_t ) 0 );
    firmheapUNLOCK();

    if( pvDamaged != NULL )
    {
        prvFault( ( uint32_t ) FIRMHEAP_FAULT_FREE_BLOCK_DAMAGED, pvDamaged, firmheapCALLER() );
    }

    firmheapFAILED( xRefusal );
    #if ( configUSE_MALLOC_FAILED_HOOK == 1 )
    {
        vApplicationMallocFailedHook();
    }
    #endif

    return pv;
}
/*-----------------------------------------------------------*/

#if ( firmheapINTEGRITY_MIN >= 3 )

/* pvPortMalloc() at integrity level 3 and above was served, and met a fault on its way; the scheduler runs. */
    void * pvFirmheapServed( uint32_t ulFault,
                             void * pvBlamed,
                             void * pv )
    {
        prvFault( ulFault, pvBlamed, firmheapCALLER() );

        return pv;
    }
/*-----------------------------------------------------------*/

/* pvPortMalloc() at integrity level 3 and above was refused for a fault, with the scheduler suspended. */
    void * pvFirmheapRefusedFor( uint32_t ulFault,
                                 void * pvBlamed )
    {
        void * pv = NULL;

        firmheapNOTE_REFUSAL( xRefusal );
        traceMALLOC( pv, ( size_t ) 0 );
        firmheapUNLOCK();
        prvFault( ulFault, pvBlamed, firmheapCALLER() );

        firmheapFAILED( xRefusal );
        #if ( configUSE_MALLOC_FAILED_HOOK == 1 )
        {
            vApplicationMallocFailedHook();
        }
        #endif

        return pv;
    }
#endif /* firmheapINTEGRITY_MIN >= 3 */
/*-----------------------------------------------------------*/

#endif /* firmheapFIRM */

/* Every successful end of vPortFree(). */
void vFirmheapFreeEnd( void * pv,
                       size_t xBlockBytes )
{
    traceFREE( pv, xBlockBytes );
    ( void ) pv;
    ( void ) xBlockBytes;
    firmheapUNLOCK();
}
/*-----------------------------------------------------------*/

#if firmheapFIRM

/* vPortFree() of a pointer that the control words cannot place: with one region it is foreign, or NULL, which is
 * no fault. */
void vFirmheapFreeOutside( void * pv )
{
    if( pv == NULL )
    {
        return;
    }

    #if ( FIRMHEAP_USE_CAPS == 1 )
    {
        if( xFirmheapCapsFree( pv, firmheapCALLER() ) != pdFALSE )
        {
            return;
        }
    }
    #endif

    #if ( FIRMHEAP_USE_REGIONS == 1 )
        vFirmheapFreeInTable( pv );
    #else
        prvFault( ( uint32_t ) FIRMHEAP_FAULT_FOREIGN_POINTER, pv, firmheapCALLER() );
    #endif
}
/*-----------------------------------------------------------*/

#if ( FIRMHEAP_EXTENSIONS == 1 )

/* pvPortRealloc() gave a block another size, where it is or over its left neighbour: told as a free and an allocation, so
 * that sums of sizes balance. */
void vFirmheapResizeEnd( void * pvOld,
                         size_t xOldBytes,
                         void * pvNew,
                         size_t xNewBytes )
{
    traceFREE( pvOld, xOldBytes );
    traceMALLOC( pvNew, xNewBytes );
    ( void ) pvOld;
    ( void ) xOldBytes;
    ( void ) pvNew;
    ( void ) xNewBytes;
    firmheapUNLOCK();
    configASSERT( ( ( ( portPOINTER_SIZE_TYPE ) pvNew ) & ( portPOINTER_SIZE_TYPE ) portBYTE_ALIGNMENT_MASK ) == 0U );
}
/*-----------------------------------------------------------*/

/* An extension of the portable layer was called with what is no block, or no alignment, with the lock held;
 * nothing was changed. */
void * pvFirmheapResizeFailed( uint32_t ulFault,
                               void * pv,
                               size_t xBytes )
{
    firmheapUNLOCK();
    #if ( FIRMHEAP_USE_CAPS == 1 )
    {
        void * pvResult;

        if( ( ulFault == ( uint32_t ) FIRMHEAP_FAULT_FOREIGN_POINTER ) &&
            ( xFirmheapCapsResize( pv, xBytes, firmheapCALLER(), &pvResult ) != pdFALSE ) )
        {
            return pvResult;
        }
    }
    #endif
    ( void ) xBytes;
    prvFault( ulFault, pv, firmheapCALLER() );

    return NULL;
}
/*-----------------------------------------------------------*/

/* The contents of a block that was resized; its old and new place may overlap. */
void vFirmheapMove( void * pvTo,
                    const void * pvFrom,
                    size_t xBytes )
{
    ( void ) memmove( pvTo, pvFrom, xBytes );
}
/*-----------------------------------------------------------*/

#endif /* FIRMHEAP_EXTENSIONS */

/* vPortFree() found the block wrong, with the scheduler suspended; nothing was changed. */
void vFirmheapFreeFailed( uint32_t ulFault,
                          void * pv )
{
    firmheapUNLOCK();
    #if ( FIRMHEAP_USE_CAPS == 1 ) && ( firmheapINTEGRITY_MIN >= 3 )
    {
        /* There vPortFree() does not come by vFirmheapFreeOutside(). */
        if( ( ulFault == ( uint32_t ) FIRMHEAP_FAULT_FOREIGN_POINTER ) && ( xFirmheapCapsFree( pv, firmheapCALLER() ) != pdFALSE ) )
        {
            return;
        }
    }
    #endif
    prvFault( ulFault, pv, firmheapCALLER() );
}
/*-----------------------------------------------------------*/

/* xPortHeapCheck() found the main heap sound. */
uint32_t ulFirmheapCheckOthers( HeapFault_t * pxFault )
{
    #if ( FIRMHEAP_USE_CAPS == 1 )
        return ulFirmheapCapsCheck( 0U, pdFALSE, pxFault );
    #else
        ( void ) pxFault;
        return ( uint32_t ) FIRMHEAP_FAULT_NONE;
    #endif
}
/*-----------------------------------------------------------*/

/* xPortHeapCheckBlock() of a pointer that is not the main heap's. */
uint32_t ulFirmheapCheckOtherBlock( void * pv,
                                    HeapFault_t * pxFault )
{
    #if ( FIRMHEAP_USE_CAPS == 1 )
        return ulFirmheapCapsCheckBlock( pv, pxFault );
    #else
        ( void ) pv;
        ( void ) pxFault;
        return ( uint32_t ) FIRMHEAP_FAULT_FOREIGN_POINTER;
    #endif
}
/*-----------------------------------------------------------*/

/* A link of a free list leads out of the region of the control words: is it in another? */
uint32_t ulFirmheapHold( uint32_t ulBlock )
{
    #if ( FIRMHEAP_USE_REGIONS == 1 )
        return ulFirmheapHoldInTable( ulBlock );
    #else
        ( void ) ulBlock;
        return 0U;
    #endif
}
/*-----------------------------------------------------------*/

#endif /* firmheapFIRM */

#if ( firmheapCRITICAL || firmheapDEFERS )
    #include "firmheap_isr.h"
    #include "firmheap_lock.h"
#endif

/* xTaskResumeAll() returns a BaseType_t, which is not the same type on all ports: so it is called from C. */
void vFirmheapResume( void )
{
    firmheapUNLOCK();
}
/*-----------------------------------------------------------*/

void vFirmheapClear( void * pv,
                     size_t xBytes )
{
    ( void ) memset( pv, 0, xBytes );
}
/*-----------------------------------------------------------*/

#if firmheapFIRM

/* vPortHeapResetState(): what was ever defined is forgotten, the memory is not touched. */
void vFirmheapForget( void )
{
    ( void ) memset( &xFirmheapState, 0, sizeof( xFirmheapState ) );
    #if ( FIRMHEAP_REGION_LIMIT > 0 )
        ulFirmheapRegions = 0;
    #endif
    #if firmheapDEFERS
        ( void ) memset( &xFirmheapPending, 0, sizeof( xFirmheapPending ) );
    #endif
    #if ( firmheapINTEGRITY_MIN >= 3 )
        ( void ) memset( &xFirmheapWard, 0, sizeof( xFirmheapWard ) );
    #endif
    #if ( firmheapTRACK > 0 )
        prvForgetOwners();
    #endif
    #if ( FIRMHEAP_USE_CAPS == 1 )
        vFirmheapCapsForget();
    #endif
}
/*-----------------------------------------------------------*/

#endif /* firmheapFIRM */

/* What HeapStats_t holds as the smallest free block when there is none. */
size_t xFirmheapNoFreeBlock( void )
{
    #if ( ( tskKERNEL_VERSION_MAJOR > 11 ) || ( ( tskKERNEL_VERSION_MAJOR == 11 ) && ( tskKERNEL_VERSION_MINOR >= 3 ) ) )
        return SIZE_MAX;
    #else
        return ( size_t ) portMAX_DELAY;
    #endif
}
/*-----------------------------------------------------------*/

void vFirmheapEnterCritical( void )
{
    taskENTER_CRITICAL();
}
/*-----------------------------------------------------------*/

void vFirmheapExitCritical( void )
{
    taskEXIT_CRITICAL();
}
/*-----------------------------------------------------------*/

#if firmheapFIRM

#if ( FIRMHEAP_USE_CAPS == 1 )
    void vFirmheapCapsLock( void )
    {
        firmheapLOCK();
    }
/*-----------------------------------------------------------*/

    void vFirmheapCapsUnlock( void )
    {
        firmheapUNLOCK();
    }
/*-----------------------------------------------------------*/
#endif /* FIRMHEAP_USE_CAPS == 1 */

/* Before the first block exists, as in the kernel's files. Without the protector links stay as they are. */
void vFirmheapDrawCanary( void )
{
    #if ( configENABLE_HEAP_PROTECTOR == 1 )
    {
        portPOINTER_SIZE_TYPE xCanary = 0;
        size_t xHead;

        vApplicationGetRandomHeapCanary( &xCanary );
        ulFirmheapCanary = ( uint32_t ) xCanary;

        /* Links are encoded, those of empty lists, too. */
        for( xHead = 0; xHead < firmheapBINS; xHead++ )
        {
            xFirmheapState.ulWords[ ( firmheapCONTROL_BYTES / 4U ) + xHead ] = ulFirmheapCanary;
        }
    }
    #endif
}

#if ( FIRMHEAP_INJECT_FAILURES == 1 )
    #include "firmheap_inject.h"
#endif

#else /* if firmheapFIRM */
    #define FIRMHEAP_INCLUDE_EXACT
    #include "firmheap_exact.c"
#endif
