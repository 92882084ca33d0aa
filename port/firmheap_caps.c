/* SPDX-License-Identifier: MIT
 *
 * Regions with capabilities (firmheap_caps.h): the table, allocating and freeing. Compile it beside firmheap_port.c, with
 * FIRMHEAP_USE_CAPS 1 in FreeRTOSConfig.h; firmheap_caps_figures.c has the figures. Each region is a heap of its own
 * (firmheap_own.h); the main heap is one of the regions.
 */

#include <string.h>

/* The kernel's functions themselves, not their MPU wrappers. */
#define MPU_WRAPPERS_INCLUDED_FROM_API_FILE

#include "FreeRTOS.h"
#include "task.h"

#undef MPU_WRAPPERS_INCLUDED_FROM_API_FILE

#include "firmheap_caps.h"
#include "firmheap_memory.h"
#include "firmheap_own.h"
#include "firmheap_raise.h"
#include "firmheap_refusal.h"

#if !defined( FIRMHEAP_USE_CAPS ) || ( FIRMHEAP_USE_CAPS != 1 )
    #error firmheap_caps.c needs FIRMHEAP_USE_CAPS 1 in FreeRTOSConfig.h: without, vPortFree() knows no region but the main heap
#endif

#ifndef configUSE_MALLOC_FAILED_HOOK
    #define configUSE_MALLOC_FAILED_HOOK    0
#endif
#ifndef configHEAP_CLEAR_MEMORY_ON_FREE
    #define configHEAP_CLEAR_MEMORY_ON_FREE    0
#endif

#ifndef FIRMHEAP_REPORT
    #define FIRMHEAP_REPORT    0
#endif

#if ( configUSE_MALLOC_FAILED_HOOK == 1 )
    extern void vApplicationMallocFailedHook( void );
#endif

/* Zero if the main heap is ucHeap. */
extern const uint32_t ulFirmheapRegionLimit;

/* What the port file's heap can be made of in one piece. */
#if defined( FIRMHEAP_REGIONS_LARGE ) && ( FIRMHEAP_REGIONS_LARGE == 1 )
    #define capsMAIN_PIECE_MAX    FIRMHEAP_LARGE_BYTES_MAX
#else
    #define capsMAIN_PIECE_MAX    FIRMHEAP_COMPACT_BYTES_MAX
#endif

/* Does traceMALLOC or traceFREE expand to anything? */
#define capsTEXT( ... )      # __VA_ARGS__
#define capsTEXT_OF( x )     capsTEXT( x )
#define capsTRACES           ( sizeof( capsTEXT_OF( traceMALLOC( pv, xBlockBytes ) ) ) > 1U )

PRIVILEGED_DATA static CapsRegion_t xTable[ FIRMHEAP_CAPS_LIMIT ];
PRIVILEGED_DATA static size_t xRegions;

/*-------------------------------- faults --------------------------------*/

void vFirmheapCapsFault( HeapFault_t * pxFault,
                         void * pvCaller )
{
    prvRaise( pxFault, pvCaller );
}
/*-----------------------------------------------------------*/

/* A fault of the table, not of a block. */
static void prvFaultOfRegions( FirmheapFault eKind,
                               const void * pvRegions,
                               void * pvCaller )
{
    HeapFault_t xFault;

    ( void ) memset( &xFault, 0, sizeof( xFault ) );
    xFault.ulKind = ( uint32_t ) eKind;
    xFault.pvBlock = ( void * ) ( uintptr_t ) pvRegions;
    xFault.pvPointer = xFault.pvBlock;
    vFirmheapCapsFault( &xFault, pvCaller );
}

/*-------------------------------- the table --------------------------------*/

/* Puts a region where its priority says. There is room. */
static void prvInsert( const CapsRegion_t * pxNew )
{
    size_t x = xRegions;

    while( ( x > 0U ) && ( xTable[ x - 1U ].uxPriority < pxNew->uxPriority ) )
    {
        xTable[ x ] = xTable[ x - 1U ];
        x--;
    }

    xTable[ x ] = *pxNew;
    xRegions++;
}
/*-----------------------------------------------------------*/

/* The main heap's own row, if it is there. */
static CapsRegion_t * prvMain( void )
{
    size_t x;

    for( x = 0; x < xRegions; x++ )
    {
        if( xTable[ x ].pvHeap == NULL )
        {
            return &xTable[ x ];
        }
    }

    return NULL;
}
/*-----------------------------------------------------------*/

/* ucHeap (which is set up then), or what vPortDefineHeapRegions() was given, gets its row when the table is first asked for. */
CapsRegion_t * pxFirmheapCapsTable( size_t * pxCount )
{
    CapsRegion_t xMain;
    void * pvStart;

    if( ( prvMain() == NULL ) && ( xRegions < ( size_t ) FIRMHEAP_CAPS_LIMIT ) && ( xFirmheapMainBytes( &pvStart ) != 0U ) )
    {
        ( void ) memset( &xMain, 0, sizeof( xMain ) );
        xMain.ulCaps = ( uint32_t ) ( FIRMHEAP_DEFAULT_CAPS );
        xMain.uxPriority = ( UBaseType_t ) ( FIRMHEAP_DEFAULT_PRIORITY );
        xMain.pcName = "main";
        prvInsert( &xMain );
    }

    *pxCount = xRegions;

    return xTable;
}
/*-----------------------------------------------------------*/

/* The region whose memory an address lies in; NULL if it is none beside the main heap. */
static CapsRegion_t * prvHolder( const void * pv )
{
    size_t x;

    for( x = 0; x < xRegions; x++ )
    {
        if( ( xTable[ x ].pvHeap != NULL ) && ( ( const uint8_t * ) pv >= xTable[ x ].pucStart ) &&
            ( ( const uint8_t * ) pv < xTable[ x ].pucEnd ) )
        {
            return &xTable[ x ];
        }
    }

    return NULL;
}
/*-----------------------------------------------------------*/

/* Could this be a region, whatever the others are? */
static BaseType_t prvJudge( const HeapRegionWithCaps_t * pxRegion,
                            size_t xBytesMax )
{
    const uintptr_t uxStart = ( pxRegion != NULL ) ? ( uintptr_t ) pxRegion->pucStartAddress : 0U;

    if( uxStart == 0U )
    {
        return errCAPS_MISSING;
    }

    if( pxRegion->xSizeInBytes < capsREGION_BYTES_MIN )
    {
        return errCAPS_TOO_SMALL;
    }

    /* A damaged size could lead so far behind the end. */
    if( ( pxRegion->xSizeInBytes > ( UINTPTR_MAX - uxStart ) ) || ( ( uxStart + pxRegion->xSizeInBytes ) > ( UINTPTR_MAX - 0x4000000U ) ) )
    {
        return errCAPS_OUT_OF_REACH;
    }

    if( pxRegion->xSizeInBytes > xBytesMax )
    {
        return errCAPS_TOO_LARGE;
    }

    return ( pxRegion->ulCaps != 0U ) ? pdPASS : errCAPS_NO_CAPABILITY;
}
/*-----------------------------------------------------------*/

/* Is some of this memory a region's already? */
static BaseType_t prvOverlaps( const uint8_t * pucStart,
                               size_t xBytes )
{
    const uint8_t * const pucEnd = pucStart + xBytes;
    size_t x;

    for( x = 0; x < xRegions; x++ )
    {
        if( ( xTable[ x ].pvHeap != NULL ) && ( xTable[ x ].pucStart < pucEnd ) && ( xTable[ x ].pucEnd > pucStart ) )
        {
            return pdTRUE;
        }
    }

    return ( ulFirmheapMainOverlaps( pucStart, pucEnd ) != 0U ) ? pdTRUE : pdFALSE;
}
/*-----------------------------------------------------------*/

/* Makes a region and its row, under the lock: pdPASS, or errCAPS_..., and then nothing was changed. */
static BaseType_t prvAdd( const HeapRegionWithCaps_t * pxRegion )
{
    const BaseType_t xJudged = prvJudge( pxRegion, capsREGION_BYTES_MAX );
    CapsRegion_t xNew;
    int32_t lMade;
    size_t xCount;

    if( xJudged != pdPASS )
    {
        return xJudged;
    }

    ( void ) pxFirmheapCapsTable( &xCount );

    if( xCount >= ( size_t ) FIRMHEAP_CAPS_LIMIT )
    {
        return errCAPS_TABLE_FULL;
    }

    if( prvOverlaps( pxRegion->pucStartAddress, pxRegion->xSizeInBytes ) != pdFALSE )
    {
        return errCAPS_OVERLAP;
    }

    xNew.pucStart = pxRegion->pucStartAddress;
    xNew.pucEnd = pxRegion->pucStartAddress + pxRegion->xSizeInBytes;
    xNew.ulCaps = pxRegion->ulCaps;
    xNew.uxPriority = pxRegion->uxPriority;
    xNew.pcName = pxRegion->pcName;
    xNew.ulIsLarge = ( pxRegion->xSizeInBytes > ( size_t ) FIRMHEAP_COMPACT_BYTES_MAX ) ? 1U : 0U;
    lMade = capsOWN( &xNew, lFirmheapOwnMake )( pxRegion->pucStartAddress, pxRegion->xSizeInBytes, &( xNew.pvHeap ) );

    if( lMade != 0 )
    {
        return ( BaseType_t ) lMade;
    }

    prvInsert( &xNew );

    return pdPASS;
}
/*-----------------------------------------------------------*/

BaseType_t xPortAddHeapRegionWithCaps( const HeapRegionWithCaps_t * pxRegion )
{
    BaseType_t xResult;

    capsLOCK();
    {
        xResult = prvAdd( pxRegion );
    }
    capsUNLOCK();

    return xResult;
}
/*-----------------------------------------------------------*/

BaseType_t xPortAddHeapBetween( void * pvStart,
                                void * pvEnd,
                                uint32_t ulCaps,
                                UBaseType_t uxPriority,
                                const char * pcName )
{
    HeapRegionWithCaps_t xRegion;

    xRegion.pucStartAddress = ( uint8_t * ) pvStart;
    xRegion.xSizeInBytes = ( ( uintptr_t ) pvEnd > ( uintptr_t ) pvStart ) ? ( size_t ) ( ( uintptr_t ) pvEnd - ( uintptr_t ) pvStart ) : 0U;
    xRegion.ulCaps = ulCaps;
    xRegion.uxPriority = uxPriority;
    xRegion.pcName = pcName;

    return xPortAddHeapRegionWithCaps( &xRegion );
}
/*-----------------------------------------------------------*/

/* The one of a table that becomes the main heap, if there is none; else, or if none can, the number of regions. */
static size_t prvElect( const HeapRegionWithCaps_t * pxRegions,
                        size_t xCount )
{
    size_t x, xElected = xCount;

    for( x = 0; x < xCount; x++ )
    {
        if( ( ( pxRegions[ x ].ulCaps & capsDEFAULT ) != 0U ) &&
            ( ( xElected == xCount ) || ( pxRegions[ x ].uxPriority > pxRegions[ xElected ].uxPriority ) ) )
        {
            xElected = x;
        }
    }

    return xElected;
}
/*-----------------------------------------------------------*/

/* Nothing is wrong with any of the regions of a table, of which xMain will be the main heap. Under the lock. */
static FirmheapFault prvJudgeAll( const HeapRegionWithCaps_t * pxRegions,
                                  size_t xCount,
                                  size_t xMain,
                                  size_t * pxBad )
{
    const size_t xPieces = ( size_t ) ulFirmheapRegionLimit + 1U;
    const size_t xMainMax = ( xPieces > ( SIZE_MAX / capsMAIN_PIECE_MAX ) ) ? SIZE_MAX : ( xPieces * capsMAIN_PIECE_MAX );
    size_t x, y;

    for( x = 0; x < xCount; x++ )
    {
        const uint8_t * const pucStart = pxRegions[ x ].pucStartAddress;
        const BaseType_t xJudged = prvJudge( &pxRegions[ x ], ( x == xMain ) ? xMainMax : capsREGION_BYTES_MAX );

        *pxBad = x;

        if( xJudged != pdPASS )
        {
            return ( ( xJudged == errCAPS_TOO_SMALL ) || ( xJudged == errCAPS_NO_CAPABILITY ) ) ? FIRMHEAP_FAULT_REGIONS_EMPTY : FIRMHEAP_FAULT_REGION_OUT_OF_REACH;
        }

        if( prvOverlaps( pucStart, pxRegions[ x ].xSizeInBytes ) != pdFALSE )
        {
            return FIRMHEAP_FAULT_REGIONS_OUT_OF_ORDER;
        }

        for( y = 0; y < x; y++ )
        {
            if( ( pxRegions[ y ].pucStartAddress < ( pucStart + pxRegions[ x ].xSizeInBytes ) ) &&
                ( ( pxRegions[ y ].pucStartAddress + pxRegions[ y ].xSizeInBytes ) > pucStart ) )
            {
                return FIRMHEAP_FAULT_REGIONS_OUT_OF_ORDER;
            }
        }
    }

    return FIRMHEAP_FAULT_NONE;
}
/*-----------------------------------------------------------*/

/* One region of the table becomes the main heap, as with heap_5. */
static void prvDefineMain( const HeapRegionWithCaps_t * pxRegion )
{
    HeapRegion_t xTwo[ 2 ];
    CapsRegion_t * pxMain;
    size_t xCount;

    xTwo[ 0 ].pucStartAddress = pxRegion->pucStartAddress;
    xTwo[ 0 ].xSizeInBytes = pxRegion->xSizeInBytes;
    xTwo[ 1 ].pucStartAddress = NULL;
    xTwo[ 1 ].xSizeInBytes = 0U;
    vPortDefineHeapRegions( xTwo );
    ( void ) pxFirmheapCapsTable( &xCount );
    pxMain = prvMain();

    if( pxMain != NULL )
    {
        CapsRegion_t xMain = *pxMain;

        xMain.ulCaps = pxRegion->ulCaps;
        xMain.uxPriority = pxRegion->uxPriority;
        xMain.pcName = pxRegion->pcName;

        /* Out of its row and in again, where its own priority says. */
        ( void ) memmove( pxMain, pxMain + 1, ( size_t ) ( &xTable[ xRegions ] - ( pxMain + 1 ) ) * sizeof( CapsRegion_t ) );
        xRegions--;
        prvInsert( &xMain );
    }
}
/*-----------------------------------------------------------*/

void vPortDefineHeapRegionsWithCaps( const HeapRegionWithCaps_t * pxRegions )
{
    size_t x, xThere, xCount = 0, xBad = 0, xMain;
    FirmheapFault eFault = FIRMHEAP_FAULT_NONE;

    while( ( pxRegions != NULL ) && ( pxRegions[ xCount ].xSizeInBytes != 0U ) )
    {
        xCount++;
    }

    capsLOCK();
    {
        ( void ) pxFirmheapCapsTable( &xThere );
        xMain = ( prvMain() == NULL ) ? prvElect( pxRegions, xCount ) : xCount;

        if( ( xCount == 0U ) || ( ( prvMain() == NULL ) && ( xMain == xCount ) ) )
        {
            eFault = FIRMHEAP_FAULT_REGIONS_EMPTY;
        }
        else if( xCount > ( ( size_t ) FIRMHEAP_CAPS_LIMIT - xThere ) )
        {
            eFault = FIRMHEAP_FAULT_REGION_TABLE_FULL;
        }
        else
        {
            eFault = prvJudgeAll( pxRegions, xCount, xMain, &xBad );
        }

        if( eFault == FIRMHEAP_FAULT_NONE )
        {
            /* Whatever was judged can be made. The main heap first: it draws the canary. */
            if( xMain != xCount )
            {
                prvDefineMain( &pxRegions[ xMain ] );
            }

            for( x = 0; x < xCount; x++ )
            {
                if( ( x != xMain ) && ( prvAdd( &pxRegions[ x ] ) != pdPASS ) )
                {
                    eFault = FIRMHEAP_FAULT_REGIONS_EMPTY;
                    xBad = x;
                }
            }
        }
    }
    capsUNLOCK();

    if( eFault != FIRMHEAP_FAULT_NONE )
    {
        prvFaultOfRegions( eFault, ( xBad < xCount ) ? ( const void * ) pxRegions[ xBad ].pucStartAddress : ( const void * ) pxRegions,
                           capsCALLER() );
    }
}
/*-----------------------------------------------------------*/

void vFirmheapCapsForget( void )
{
    xRegions = 0U;
}

/*-------------------------------- allocating --------------------------------*/

/* A block of one region. */
static void * prvTakeFrom( const CapsRegion_t * pxRegion,
                           size_t xAlignment,
                           size_t xBytes,
                           HeapFault_t * pxFault )
{
    void * pv;

    if( xAlignment > ( size_t ) portBYTE_ALIGNMENT )
    {
        pv = ( pxRegion->pvHeap == NULL ) ? pvFirmheapMainTakeAligned( xAlignment, xBytes, pxFault ) :
             capsOWN( pxRegion, pvFirmheapOwnTakeAligned )( pxRegion->pvHeap, xAlignment, xBytes, pxFault );
    }
    else
    {
        pv = ( pxRegion->pvHeap == NULL ) ? pvFirmheapMainTake( xBytes, pxFault ) :
             capsOWN( pxRegion, pvFirmheapOwnTake )( pxRegion->pvHeap, xBytes, pxFault );
    }

    if( ( pv != NULL ) && capsTRACES )
    {
        const size_t xBlockBytes = ( pxRegion->pvHeap == NULL ) ? xFirmheapMainBlockBytes( pv ) : capsOWN( pxRegion, xFirmheapOwnBlock )( pxRegion->pvHeap, pv );

        traceMALLOC( pv, xBlockBytes );
        ( void ) xBlockBytes;
    }

    return pv;
}
/*-----------------------------------------------------------*/

/* The first region that can; a fault on the way is told of afterwards, and the next region is asked. */
static void * prvTake( size_t xAlignment,
                       size_t xBytes,
                       uint32_t ulCaps,
                       BaseType_t xAndMain,
                       void * pvCaller )
{
    void * pv = NULL;
    HeapFault_t xFirst, xNext;
    const CapsRegion_t * pxTable;
    size_t x, xCount;

    xFirst.ulKind = ( uint32_t ) FIRMHEAP_FAULT_NONE;
    capsLOCK();
    {
        pxTable = pxFirmheapCapsTable( &xCount );

        for( x = 0; ( x < xCount ) && ( pv == NULL ); x++ )
        {
            if( ( ( pxTable[ x ].ulCaps & ulCaps ) == ulCaps ) && ( ( pxTable[ x ].pvHeap != NULL ) || ( xAndMain != pdFALSE ) ) )
            {
                xNext.ulKind = ( uint32_t ) FIRMHEAP_FAULT_NONE;
                pv = prvTakeFrom( &pxTable[ x ], xAlignment, xBytes, &xNext );

                if( ( xNext.ulKind != ( uint32_t ) FIRMHEAP_FAULT_NONE ) && ( xFirst.ulKind == ( uint32_t ) FIRMHEAP_FAULT_NONE ) )
                {
                    xFirst = xNext;
                }
            }
        }

        if( pv == NULL )
        {
            traceMALLOC( pv, ( size_t ) 0 );
        }
    }
    capsUNLOCK();
    vFirmheapCapsFault( &xFirst, pvCaller );
    configASSERT( ( ( ( portPOINTER_SIZE_TYPE ) pv ) & ( portPOINTER_SIZE_TYPE ) portBYTE_ALIGNMENT_MASK ) == 0U );

    return pv;
}
/*-----------------------------------------------------------*/

void * pvFirmheapCapsTake( size_t xAlignment,
                           size_t xBytes,
                           uint32_t ulCaps,
                           void * pvCaller )
{
    return prvTake( xAlignment, xBytes, ulCaps, pdTRUE, pvCaller );
}
/*-----------------------------------------------------------*/

void * pvFirmheapCapsInstead( size_t xBytes,
                              void * pvCaller )
{
    return prvTake( 0U, xBytes, ( uint32_t ) capsDEFAULT, pdFALSE, pvCaller );
}
/*-----------------------------------------------------------*/

void vFirmheapCapsRefused( size_t xAlignment,
                           size_t xBytes,
                           uint32_t ulCaps,
                           const void * pvCaller )
{
    #if ( FIRMHEAP_REPORT == 1 )
    {
        FirmheapRefusal_t xRefusal;

        ( void ) memset( &xRefusal, 0, sizeof( xRefusal ) );
        xRefusal.xBytes = xBytes;
        xRefusal.xAlignment = xAlignment;
        vFirmheapCountFailure( xBytes );
        vFirmheapFailed( &xRefusal, ulCaps, pvCaller );
    }
    #endif
    ( void ) xAlignment;
    ( void ) xBytes;
    ( void ) ulCaps;
    ( void ) pvCaller;
}
/*-----------------------------------------------------------*/

/* A request that nobody serves. */
static void prvFail( size_t xAlignment,
                     size_t xBytes,
                     uint32_t ulCaps,
                     void * pvCaller )
{
    vFirmheapCapsRefused( xAlignment, xBytes, ulCaps, pvCaller );
    #if ( configUSE_MALLOC_FAILED_HOOK == 1 )
    {
        vApplicationMallocFailedHook();
    }
    #endif
}
/*-----------------------------------------------------------*/

static void * prvTakeOrFail( size_t xAlignment,
                             size_t xBytes,
                             uint32_t ulCaps,
                             void * pvCaller )
{
    void * const pv = pvFirmheapCapsTake( xAlignment, xBytes, ulCaps, pvCaller );

    if( pv == NULL )
    {
        prvFail( xAlignment, xBytes, ulCaps, pvCaller );
    }

    return pv;
}
/*-----------------------------------------------------------*/

void * pvPortMallocWithCaps( size_t xWantedSize,
                             uint32_t ulCaps )
{
    return prvTakeOrFail( 0U, xWantedSize, ulCaps, capsCALLER() );
}
/*-----------------------------------------------------------*/

void * pvPortCallocWithCaps( size_t xNum,
                             size_t xSize,
                             uint32_t ulCaps )
{
    void * pv;

    if( ( xSize != 0U ) && ( xNum > ( SIZE_MAX / xSize ) ) )
    {
        return NULL;
    }

    pv = prvTakeOrFail( 0U, xNum * xSize, ulCaps, capsCALLER() );

    if( pv != NULL )
    {
        ( void ) memset( pv, 0, xNum * xSize );
    }

    return pv;
}
/*-----------------------------------------------------------*/

void * pvPortAlignedAllocWithCaps( size_t xAlignment,
                                   size_t xWantedSize,
                                   uint32_t ulCaps )
{
    if( ( xAlignment == 0U ) || ( ( xAlignment & ( xAlignment - 1U ) ) != 0U ) )
    {
        prvFaultOfRegions( FIRMHEAP_FAULT_BAD_ALIGNMENT, NULL, capsCALLER() );

        return NULL;
    }

    /* No memory is so large (64-bit hosts). */
    if( xAlignment > ( size_t ) 0x80000000U )
    {
        prvFail( xAlignment, xWantedSize, ulCaps, capsCALLER() );

        return NULL;
    }

    return prvTakeOrFail( xAlignment, xWantedSize, ulCaps, capsCALLER() );
}
/*-----------------------------------------------------------*/

void * pvPortMallocPreferring( size_t xWantedSize,
                               const uint32_t * pulCaps,
                               size_t xChoices )
{
    void * pv = NULL;
    size_t x;

    for( x = 0; ( x < xChoices ) && ( pulCaps != NULL ) && ( pv == NULL ); x++ )
    {
        pv = pvFirmheapCapsTake( 0U, xWantedSize, pulCaps[ x ], capsCALLER() );
    }

    if( pv == NULL )
    {
        /* The last choice is what would have done. */
        prvFail( 0U, xWantedSize, ( x > 0U ) ? pulCaps[ x - 1U ] : 0U, capsCALLER() );
    }

    return pv;
}

/*-------------------------------- freeing, sizes --------------------------------*/

BaseType_t xFirmheapCapsFree( void * pv,
                              void * pvCaller )
{
    const CapsRegion_t * pxRegion;
    HeapFault_t xFault;
    size_t xBlockBytes;

    xFault.ulKind = ( uint32_t ) FIRMHEAP_FAULT_NONE;
    capsLOCK();
    pxRegion = prvHolder( pv );

    if( pxRegion == NULL )
    {
        capsUNLOCK();

        return pdFALSE;
    }

    #if ( configHEAP_CLEAR_MEMORY_ON_FREE == 1 )
    {
        /* Still the caller's block; what is none is left to the free itself. */
        const size_t xBytes = capsOWN( pxRegion, xFirmheapOwnJudge )( pxRegion->pvHeap, pv, &xFault );

        if( xBytes != 0U )
        {
            ( void ) memset( pv, 0, xBytes );
        }

        xFault.ulKind = ( uint32_t ) FIRMHEAP_FAULT_NONE;
    }
    #endif
    xBlockBytes = capsOWN( pxRegion, xFirmheapOwnGive )( pxRegion->pvHeap, pv, &xFault );

    if( xBlockBytes != 0U )
    {
        traceFREE( pv, xBlockBytes );
    }

    capsUNLOCK();
    vFirmheapCapsFault( &xFault, pvCaller );

    return pdTRUE;
}
/*-----------------------------------------------------------*/

/* What is known of a block before it is resized. */
typedef struct Sized
{
    size_t xBytes;       /* of its payload; zero if it is none, and the fault was raised */
    uint32_t ulCaps;     /* of its region */
    BaseType_t xIsMain;
    BaseType_t xIsDone;  /* it has the wanted size now */
} Sized_t;

/* A block that was resized is told of as a free and an allocation. */
static void prvTraceResize( void * pv,
                            size_t xBefore,
                            size_t xBlockBytes )
{
    if( xBefore != xBlockBytes )
    {
        traceFREE( pv, xBefore );
        traceMALLOC( pv, xBlockBytes );
    }

    ( void ) pv;
}
/*-----------------------------------------------------------*/

/* Judges a block of whatever region and, if xWantedSize is not zero and its region has all of ulCaps, gives it that size where
 * it is if possible. */
static void prvResizeHere( void * pv,
                           size_t xWantedSize,
                           uint32_t ulCaps,
                           Sized_t * pxSized,
                           void * pvCaller )
{
    const CapsRegion_t * pxRegion;
    HeapFault_t xFault;
    size_t xCount;

    xFault.ulKind = ( uint32_t ) FIRMHEAP_FAULT_NONE;
    ( void ) memset( pxSized, 0, sizeof( *pxSized ) );
    capsLOCK();
    {
        ( void ) pxFirmheapCapsTable( &xCount );
        pxRegion = prvHolder( pv );

        if( pxRegion != NULL )
        {
            pxSized->ulCaps = pxRegion->ulCaps;
            pxSized->xBytes = capsOWN( pxRegion, xFirmheapOwnJudge )( pxRegion->pvHeap, pv, &xFault );

            if( ( pxSized->xBytes != 0U ) && ( xWantedSize != 0U ) && ( ( pxRegion->ulCaps & ulCaps ) == ulCaps ) )
            {
                const size_t xBefore = capsOWN( pxRegion, xFirmheapOwnBlock )( pxRegion->pvHeap, pv );

                pxSized->xIsDone = ( BaseType_t ) capsOWN( pxRegion, ulFirmheapOwnResize )( pxRegion->pvHeap, pv, xWantedSize, &xFault );

                prvTraceResize( pv, xBefore, ( pxSized->xIsDone != pdFALSE ) ? capsOWN( pxRegion, xFirmheapOwnBlock )( pxRegion->pvHeap, pv ) : xBefore );
            }
        }
        else
        {
            pxSized->xIsMain = pdTRUE;
            pxSized->ulCaps = ( prvMain() != NULL ) ? prvMain()->ulCaps : 0U;
        }
    }
    capsUNLOCK();
    vFirmheapCapsFault( &xFault, pvCaller );
}
/*-----------------------------------------------------------*/

/* The same for a block of the main heap. pvPortRealloc() will not do: it might move the block to whatever region. */
static void prvResizeInMain( void * pv,
                             size_t xWantedSize,
                             Sized_t * pxSized )
{
    capsLOCK();
    {
        const size_t xBefore = xFirmheapMainBlockBytes( pv );

        pxSized->xIsDone = ( BaseType_t ) ulFirmheapMainResize( pv, xWantedSize );
        prvTraceResize( pv, xBefore, ( pxSized->xIsDone != pdFALSE ) ? xFirmheapMainBlockBytes( pv ) : xBefore );
    }
    capsUNLOCK();
}
/*-----------------------------------------------------------*/

/* A new block for the contents of an old one, which is freed then. */
static void * prvMove( void * pv,
                       size_t xOldBytes,
                       size_t xWantedSize,
                       uint32_t ulCaps,
                       void * pvCaller )
{
    void * const pvNew = prvTakeOrFail( 0U, xWantedSize, ulCaps, pvCaller );

    if( pvNew != NULL )
    {
        ( void ) memcpy( pvNew, pv, ( xOldBytes < xWantedSize ) ? xOldBytes : xWantedSize );
        vPortFree( pv );
    }

    return pvNew;
}
/*-----------------------------------------------------------*/

BaseType_t xFirmheapCapsResize( void * pv,
                                size_t xBytes,
                                void * pvCaller,
                                void ** ppvResult )
{
    Sized_t xSized;

    uint32_t ulCaps;

    /* The kernel's own functions say nothing of capabilities: it may move within what pvPortMalloc() may take, if it came from
     * there, else within its region's. */
    prvResizeHere( pv, xBytes, 0U, &xSized, pvCaller );

    if( xSized.xIsMain != pdFALSE )
    {
        return pdFALSE;
    }

    if( ( xSized.xBytes == 0U ) || ( xBytes == 0U ) )
    {
        *ppvResult = ( void * ) xSized.xBytes;
    }
    else
    {
        ulCaps = ( ( xSized.ulCaps & capsDEFAULT ) != 0U ) ? ( uint32_t ) capsDEFAULT : xSized.ulCaps;
        *ppvResult = ( xSized.xIsDone != pdFALSE ) ? pv : prvMove( pv, xSized.xBytes, xBytes, ulCaps, pvCaller );
    }

    return pdTRUE;
}
/*-----------------------------------------------------------*/

size_t xPortGetAllocationSizeWithCaps( void * pv )
{
    return xPortGetAllocationSize( pv ); /* asks here for what is not the main heap's */
}
/*-----------------------------------------------------------*/

void * pvPortReallocWithCaps( void * pv,
                              size_t xWantedSize,
                              uint32_t ulCaps )
{
    Sized_t xSized;

    if( pv == NULL )
    {
        return prvTakeOrFail( 0U, xWantedSize, ulCaps, capsCALLER() );
    }

    if( xWantedSize == 0U )
    {
        vPortFree( pv );

        return NULL;
    }

    prvResizeHere( pv, xWantedSize, ulCaps, &xSized, capsCALLER() );

    if( xSized.xIsMain != pdFALSE )
    {
        xSized.xBytes = xPortGetAllocationSize( pv ); /* raises its own faults */

        if( ( xSized.xBytes != 0U ) && ( ( xSized.ulCaps & ulCaps ) == ulCaps ) )
        {
            prvResizeInMain( pv, xWantedSize, &xSized );
        }
    }

    if( xSized.xBytes == 0U )
    {
        return NULL;
    }

    return ( xSized.xIsDone != pdFALSE ) ? pv : prvMove( pv, xSized.xBytes, xWantedSize, ulCaps, capsCALLER() );
}
