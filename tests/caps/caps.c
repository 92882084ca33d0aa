/* SPDX-License-Identifier: MIT
 *
 * Regions with capabilities, on the host: what is asked for, bad input, misuse with its blame, and long random programs over
 * several memories against a shadow. Built for every integrity level, with ucHeap and with regions only
 * (FIRMHEAP_USE_REGIONS). Ends with "ok".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#include "firmheap_caps.h"
#include "firmheap_faults.h"
#include "firmheap_memory.h"

#define CHECK( x )    do { if( !( x ) ) { printf( "line %d: %s\n", __LINE__, #x ); exit( 1 ); } } while( 0 )
#define CHECK_FAULT( ulWanted, x )                                                                          \
    do { ulCame = 0U; ulExpected = ( ulWanted ); x;                                                         \
         if( ulCame != ( ulWanted ) ) { printf( "line %d: fault %u, not %u\n", __LINE__, ulCame, ( unsigned ) ( ulWanted ) ); exit( 1 ); } \
         ulExpected = 0U; } while( 0 )

/* Whatever fault comes. */
#define ANY      0xFFFFU

#define FAST     ( capsINTERNAL | caps32BIT | capsUSER( 0 ) )
#define DMA      ( capsINTERNAL | caps32BIT | caps8BIT | capsDMA | capsUSER( 1 ) )
#define LARGE    ( capsEXTERNAL | caps32BIT | caps8BIT | capsDEFAULT )

long lTraced;
static int iSuspended, iHooks;
static unsigned ulCame, ulExpected;
static HeapFault_t xLast;
static uint64_t ullFast[ 512 ], ullDma[ 300 ], ullLarge[ 40000 ], ullMain[ 1024 ], ullMore[ 4 ][ 64 ];

/*-------------------------------- the kernel --------------------------------*/

void vTaskSuspendAll( void )
{
    iSuspended++;
}

BaseType_t xTaskResumeAll( void )
{
    CHECK( iSuspended > 0 );
    iSuspended--;

    return pdFALSE;
}

TaskHandle_t xTaskGetCurrentTaskHandle( void )
{
    return NULL;
}

char * pcTaskGetName( TaskHandle_t xTask )
{
    ( void ) xTask;

    return NULL;
}

void vPortEnterCritical( void )
{
}

void vPortExitCritical( void )
{
}

void vApplicationMallocFailedHook( void )
{
    CHECK( iSuspended == 0 );
    iHooks++;
}

void vApplicationHeapFaultHook( const HeapFault_t * pxFault )
{
    CHECK( iSuspended == 0 );
    xLast = *pxFault;
    ulCame = pxFault->ulKind;
}

void vAssertFailed( const char * pcFile,
                    int iLine )
{
    if( ( ulExpected == 0U ) || ( ( ulCame != ulExpected ) && ( ulExpected != ANY ) ) )
    {
        printf( "assertion, %s line %d, fault %u at %p\n", pcFile, iLine, ulCame, xLast.pvBlock );
        exit( 1 );
    }
}

/*-------------------------------- helpers --------------------------------*/

#define IN( pv, array )    ( ( ( uint8_t * ) ( pv ) >= ( uint8_t * ) ( array ) ) && ( ( uint8_t * ) ( pv ) < ( ( uint8_t * ) ( array ) + sizeof( array ) ) ) )

static BaseType_t prvAdd( void * pv,
                          size_t xBytes,
                          uint32_t ulCaps,
                          UBaseType_t uxPriority )
{
    const HeapRegionWithCaps_t xRegion = { ( uint8_t * ) pv, xBytes, ulCaps, uxPriority, "one more" };

    return xPortAddHeapRegionWithCaps( &xRegion );
}

static size_t prvAll( void )
{
    HeapStats_t xStats;
    const size_t xFree = xPortGetFreeSizeWithCaps( 0 );

    vPortGetHeapStatsWithCaps( 0, &xStats );
    CHECK( xStats.xAvailableHeapSpaceInBytes == xFree );
    CHECK( xStats.xMinimumEverFreeBytesRemaining == xPortGetMinimumEverFreeSizeWithCaps( 0 ) );
    CHECK( ( long ) ( xPortGetTotalSizeWithCaps( 0 ) - xFree ) == lTraced );

    return xFree;
}

/*-------------------------------- tests --------------------------------*/

/* Nothing of this is taken, and nothing changes. */
static void prvBadRegions( void )
{
    const size_t xBefore = xPortGetHeapRegionCount(), xFree = prvAll();
    static uint64_t ullHere[ 64 ];

    CHECK( xPortAddHeapRegionWithCaps( NULL ) == errCAPS_MISSING );
    CHECK( prvAdd( NULL, 4096, DMA, 1 ) == errCAPS_MISSING );
    CHECK( prvAdd( ullHere, 0, DMA, 1 ) == errCAPS_TOO_SMALL );
    CHECK( prvAdd( ullHere, capsREGION_BYTES_MIN - 1U, DMA, 1 ) == errCAPS_TOO_SMALL );
    CHECK( prvAdd( ullHere, 0x7000000U, DMA, 1 ) == errCAPS_TOO_LARGE );
    CHECK( prvAdd( ( void * ) ( UINTPTR_MAX - 5000U ), 4096, DMA, 1 ) == errCAPS_OUT_OF_REACH );
    CHECK( prvAdd( ullHere, SIZE_MAX, DMA, 1 ) == errCAPS_OUT_OF_REACH );
    CHECK( prvAdd( ullHere, sizeof( ullHere ), 0, 1 ) == errCAPS_NO_CAPABILITY );
    CHECK( prvAdd( ullDma, sizeof( ullDma ), DMA, 1 ) == errCAPS_OVERLAP );
    CHECK( prvAdd( &ullDma[ 100 ], 800, DMA, 1 ) == errCAPS_OVERLAP );
    CHECK( xPortAddHeapBetween( &ullHere[ 63 ], ullHere, DMA, 1, NULL ) == errCAPS_TOO_SMALL );
    CHECK( ( xBefore == xPortGetHeapRegionCount() ) && ( xFree == prvAll() ) );
}

static void prvRegions( void )
{
    HeapRegionInfo_t xInfo;
    size_t x, xTotal = 0;
    UBaseType_t uxLast = ( UBaseType_t ) 100;

    CHECK( xPortGetHeapRegionCount() == 4U );

    for( x = 0; xPortGetHeapRegion( x, &xInfo ) == pdPASS; x++ )
    {
        CHECK( xInfo.uxPriority <= uxLast );
        uxLast = xInfo.uxPriority;
        xTotal += xInfo.xTotalBytes;
        CHECK( xInfo.xFreeBytes <= xInfo.xTotalBytes );
        CHECK( ( size_t ) ( ( uint8_t * ) xInfo.pvEnd - ( uint8_t * ) xInfo.pvStart ) >= xInfo.xTotalBytes );
        CHECK( xPortFindHeapRegion( ( uint8_t * ) xInfo.pvEnd - 16 ) == ( BaseType_t ) x );
        CHECK( xPortGetHeapRegion( x, NULL ) == pdFAIL );
    }

    CHECK( ( x == 4U ) && ( xTotal == xPortGetTotalSizeWithCaps( 0 ) ) );
    CHECK( xPortFindHeapRegion( &xInfo ) == -1 );
}

/* Each capability leads to its memory; who has all of several is asked; nobody has what nobody has. */
static void prvCapabilities( void )
{
    static const uint32_t ulChain[] = { capsUSER( 5 ), capsUSER( 1 ) | capsEXTERNAL, capsUSER( 0 ) };
    const size_t xFree = prvAll();
    void * pv;
    int iBefore = iHooks;

    pv = pvPortMallocWithCaps( 100, capsUSER( 0 ) );
    CHECK( IN( pv, ullFast ) );
    CHECK( xPortGetAllocationSizeWithCaps( pv ) >= 100U );
    CHECK( xPortHeapCheckBlock( pv ) == pdPASS );
    vPortFree( pv );
    pv = pvPortMallocWithCaps( 100, capsUSER( 1 ) | capsDMA );
    CHECK( IN( pv, ullDma ) );
    vPortFree( pv );
    pv = pvPortMallocWithCaps( 100, capsEXTERNAL | capsDEFAULT );
    CHECK( IN( pv, ullLarge ) );
    vPortFree( pv );
    pv = pvPortMallocPreferring( 100, ulChain, 3 );
    CHECK( IN( pv, ullFast ) );
    vPortFree( pv );
    CHECK( iHooks == iBefore );
    CHECK( pvPortMallocPreferring( 100, ulChain, 2 ) == NULL );
    CHECK( iHooks == ++iBefore );
    CHECK( pvPortMallocWithCaps( 100, capsUSER( 0 ) | capsUSER( 1 ) ) == NULL );
    CHECK( iHooks == ++iBefore );
    CHECK( pvPortMallocWithCaps( 0, capsDMA ) == NULL );
    CHECK( iHooks == ++iBefore );
    CHECK( pvPortMallocWithCaps( sizeof( ullFast ), capsUSER( 0 ) ) == NULL );
    CHECK( iHooks == ++iBefore );
    CHECK( pvPortMallocWithCaps( SIZE_MAX, 0 ) == NULL );
    CHECK( iHooks == ++iBefore );
    CHECK( pvPortCallocWithCaps( SIZE_MAX / 2U, 3, 0 ) == NULL );
    CHECK( iHooks == iBefore );
    pv = pvPortCallocWithCaps( 10, 10, capsDMA );
    CHECK( ( pv != NULL ) && ( *( uint32_t * ) pv == 0U ) && ( ( ( uint8_t * ) pv )[ 99 ] == 0U ) );
    vPortFree( pv );

    /* "DMA" is asked of the region with the higher priority first: ullDma is above the main heap. */
    pv = pvPortMallocWithCaps( 64, capsDMA );
    CHECK( IN( pv, ullDma ) );
    vPortFree( pv );
    CHECK( prvAll() == xFree );
}

/* pvPortMalloc() spills into the region with capsDEFAULT, and its blocks are resized and freed as any. */
static void prvSpill( void )
{
    static void * pvBlocks[ 200 ];
    const size_t xFree = prvAll();
    const int iBefore = iHooks;
    size_t x, xSpilled = 0;
    uint8_t * puc;

    for( x = 0; x < 200U; x++ )
    {
        pvBlocks[ x ] = pvPortMalloc( 200 );
        CHECK( pvBlocks[ x ] != NULL );
        xSpilled += IN( pvBlocks[ x ], ullLarge ) ? 1U : 0U;
        CHECK( !IN( pvBlocks[ x ], ullFast ) && !IN( pvBlocks[ x ], ullDma ) );
    }

    CHECK( ( xSpilled > 100U ) && ( xSpilled < 200U ) );
    puc = pvBlocks[ 199 ];
    CHECK( IN( puc, ullLarge ) && ( xPortGetAllocationSize( puc ) >= 200U ) );
    memset( puc, 7, 200 );
    puc = pvPortRealloc( puc, 1000 );
    CHECK( ( puc != NULL ) && ( puc[ 0 ] == 7 ) && ( puc[ 199 ] == 7 ) );
    puc = pvPortRealloc( puc, 50 );
    CHECK( ( puc != NULL ) && ( puc[ 49 ] == 7 ) && ( xPortGetAllocationSize( puc ) >= 50U ) && ( xPortGetAllocationSize( puc ) < 200U ) );
    pvBlocks[ 199 ] = puc;
    CHECK( iHooks == iBefore );
    CHECK( pvPortMalloc( sizeof( ullLarge ) ) == NULL );
    CHECK( iHooks == ( iBefore + 1 ) );
    /* More than any block of the main heap's layout, but the large region has it. */
    puc = pvPortMalloc( 262000 );
    CHECK( IN( puc, ullLarge ) );
    vPortFree( puc );
    CHECK( xPortHeapCheck() == pdPASS );

    for( x = 0; x < 200U; x++ )
    {
        vPortFree( pvBlocks[ x ] );
    }

    CHECK( prvAll() == xFree );
}

static void prvResize( void )
{
    const size_t xFree = prvAll();
    uint8_t * puc = pvPortReallocWithCaps( NULL, 40, capsUSER( 0 ) );

    CHECK( IN( puc, ullFast ) );
    memset( puc, 3, 40 );
    puc = pvPortReallocWithCaps( puc, 400, capsUSER( 0 ) );
    CHECK( IN( puc, ullFast ) && ( puc[ 39 ] == 3 ) );
    /* Another memory. */
    puc = pvPortReallocWithCaps( puc, 400, capsUSER( 1 ) );
    CHECK( IN( puc, ullDma ) && ( puc[ 39 ] == 3 ) );
    CHECK( pvPortReallocWithCaps( puc, sizeof( ullDma ), capsUSER( 1 ) ) == NULL );
    CHECK( ( puc[ 39 ] == 3 ) && ( xPortHeapCheckBlock( puc ) == pdPASS ) );
    CHECK( pvPortReallocWithCaps( puc, 40, capsUSER( 5 ) ) == NULL );
    /* Into the main heap, and out of it. */
    puc = pvPortReallocWithCaps( puc, 100, capsSTACK );
    CHECK( !IN( puc, ullDma ) && !IN( puc, ullFast ) && !IN( puc, ullLarge ) && ( puc[ 39 ] == 3 ) );
    puc = pvPortReallocWithCaps( puc, 100, capsEXTERNAL );
    CHECK( IN( puc, ullLarge ) && ( puc[ 39 ] == 3 ) );
    CHECK( pvPortReallocWithCaps( puc, 0, capsEXTERNAL ) == NULL );
    CHECK( prvAll() == xFree );
}

static void prvAligned( void )
{
    static const uint32_t ulCaps[] = { capsUSER( 0 ), capsUSER( 1 ), capsEXTERNAL, capsSTACK };
    const size_t xFree = prvAll();
    size_t x, xAlignment;

    for( xAlignment = 1; xAlignment <= 512U; xAlignment *= 2U )
    {
        for( x = 0; x < 4U; x++ )
        {
            void * pv = pvPortAlignedAllocWithCaps( xAlignment, 100, ulCaps[ x ] );

            CHECK( ( pv != NULL ) && ( ( ( uintptr_t ) pv % xAlignment ) == 0U ) );
            memset( pv, 1, 100 );
            vPortFree( pv );
        }
    }

    CHECK_FAULT( FIRMHEAP_FAULT_BAD_ALIGNMENT, CHECK( pvPortAlignedAllocWithCaps( 0, 100, 0 ) == NULL ) );
    CHECK_FAULT( FIRMHEAP_FAULT_BAD_ALIGNMENT, CHECK( pvPortAlignedAllocWithCaps( 24, 100, 0 ) == NULL ) );
    CHECK( pvPortAlignedAllocWithCaps( ( SIZE_MAX / 2U ) + 1U, 100, 0 ) == NULL );
    CHECK( pvPortAlignedAllocWithCaps( 64, SIZE_MAX - 32U, 0 ) == NULL );
    CHECK( prvAll() == xFree );
}

/* What is wrong is told, with the block; nothing changes. */
static void prvMisuse( void )
{
    const size_t xFree = prvAll();
    uint8_t * const puc = pvPortMallocWithCaps( 64, capsUSER( 1 ) );
    uint8_t * const pucNext = pvPortMallocWithCaps( 64, capsUSER( 1 ) );
    uint8_t * const pucLast = pvPortMallocWithCaps( 64, capsUSER( 1 ) );
    HeapFault_t xFault;
    uint8_t ucSaved[ 16 ];

    CHECK( ( puc != NULL ) && ( pucNext > puc ) && ( pucLast > pucNext ) );
    vPortFree( pucNext );
    CHECK_FAULT( FIRMHEAP_FAULT_DOUBLE_FREE, vPortFree( pucNext ) );
    CHECK( xLast.pvPointer == pucNext );
    CHECK( xPortHeapCheckBlock( pucNext ) == -FIRMHEAP_FAULT_DOUBLE_FREE );
    CHECK_FAULT( FIRMHEAP_FAULT_FOREIGN_POINTER, vPortFree( puc + 4 ) );
    CHECK_FAULT( FIRMHEAP_FAULT_FOREIGN_POINTER, vPortFree( ullDma ) );
    CHECK_FAULT( FIRMHEAP_FAULT_FOREIGN_POINTER, vPortFree( &xFault ) );
    CHECK_FAULT( FIRMHEAP_FAULT_FOREIGN_POINTER, CHECK( pvPortRealloc( &xFault, 10 ) == NULL ) );
    CHECK_FAULT( FIRMHEAP_FAULT_FOREIGN_POINTER, CHECK( pvPortReallocWithCaps( &xFault, 10, capsDMA ) == NULL ) );
    CHECK_FAULT( FIRMHEAP_FAULT_DOUBLE_FREE, CHECK( pvPortReallocWithCaps( pucNext, 10, capsDMA ) == NULL ) );
    CHECK( xPortHeapCheckBlock( &xFault ) == -FIRMHEAP_FAULT_FOREIGN_POINTER );
    CHECK( xPortGetAllocationSizeWithCaps( NULL ) == 0U );
    vPortFree( NULL );

    /* An overflow: at levels 1 and 2 into the header behind, above into the fence. */
    memcpy( ucSaved, puc + 64, 16 );
    memset( puc + 64, 0x5A, 16 );
    CHECK( xPortHeapCheck() != pdPASS );
    CHECK( xPortHeapCheckWithCaps( capsUSER( 1 ), &xFault ) == -( BaseType_t ) xFault.ulKind );
    CHECK( ( uint8_t * ) xFault.pvBlock >= puc );
    CHECK( ( uint8_t * ) xFault.pvBlock <= ( pucNext + 16 ) );
    CHECK( xPortHeapCheckWithCaps( capsEXTERNAL, NULL ) == pdPASS );
    CHECK( xPortHeapInspectBlock( puc, &xFault ) == -( int32_t ) xFault.ulKind );
    CHECK( ( xFault.pvPointer == puc ) && ( xFault.ulKind != 0U ) );
    ulCame = 0U;
    ulExpected = ANY; /* level 4 finds what the check found, the others what the block's own shows */
    vPortFree( puc );
    ulExpected = 0U;
    CHECK( ( ulCame != 0U ) && ( xLast.pvPointer == puc ) );
    memcpy( puc + 64, ucSaved, 16 );
    CHECK( xPortHeapCheck() == pdPASS );

    /* The words at the start of the memory: nothing is believed. */
    memcpy( ucSaved, ullDma, 16 );
    memset( ullDma, 0xA5, 16 );
    CHECK_FAULT( FIRMHEAP_FAULT_INDEX_DAMAGED, vPortFree( puc ) );
    CHECK_FAULT( FIRMHEAP_FAULT_INDEX_DAMAGED, CHECK( pvPortMallocWithCaps( 10, capsUSER( 1 ) ) == NULL ) );
    CHECK( xPortHeapCheck() == -FIRMHEAP_FAULT_INDEX_DAMAGED );
    memcpy( ullDma, ucSaved, 16 );
    vPortFree( puc );
    vPortFree( pucLast );
    CHECK( xPortHeapCheck() == pdPASS );
    CHECK( prvAll() == xFree );
}

static BaseType_t prvVisit( void * pvContext,
                            void * pvBlock,
                            size_t xBytes,
                            BaseType_t xIsUsed )
{
    size_t * const pxSeen = pvContext;

    ( void ) pvBlock;
    pxSeen[ 0 ]++;
    pxSeen[ 1 ] += ( xIsUsed != pdFALSE ) ? 1U : 0U;
    pxSeen[ 2 ] += ( xIsUsed != pdFALSE ) ? xBytes : 0U;

    return ( pxSeen[ 0 ] == pxSeen[ 3 ] ) ? pdFALSE : pdTRUE;
}

static void prvWalk( void )
{
    void * const pvMain = pvPortMallocWithCaps( 100, capsSTACK );
    void * const pvFast = pvPortMallocWithCaps( 100, capsUSER( 0 ) );
    size_t xSeen[ 4 ];
    size_t x, xUsed = 0;

    for( x = 0; x < xPortGetHeapRegionCount(); x++ )
    {
        memset( xSeen, 0, sizeof( xSeen ) );
        CHECK( xPortVisitHeapRegion( x, prvVisit, xSeen ) == pdPASS );
        CHECK( xSeen[ 0 ] >= 1U );
        xUsed += xSeen[ 1 ];
        xSeen[ 0 ] = 0;
        xSeen[ 3 ] = 1;
        CHECK( ( xPortVisitHeapRegion( x, prvVisit, xSeen ) == pdFAIL ) && ( xSeen[ 0 ] == 1U ) );
    }

    CHECK( xPortVisitHeapRegion( 99, prvVisit, xSeen ) == pdFAIL );
    CHECK( xUsed >= 2U );
    vPortFree( pvMain );
    vPortFree( pvFast );
}

/*-------------------------------- random programs --------------------------------*/

static uint64_t ullRandom = 88172645463325252ULL;

static uint32_t prvRandom( uint32_t ulBelow )
{
    ullRandom ^= ullRandom << 13;
    ullRandom ^= ullRandom >> 7;
    ullRandom ^= ullRandom << 17;

    return ( uint32_t ) ( ( ullRandom >> 16 ) % ulBelow );
}

#define LIVE    150

static struct
{
    uint8_t * puc;
    size_t xBytes;
    uint8_t ucFill;
}
xLive[ LIVE ];

static void prvJudgeLive( size_t x )
{
    size_t y;

    for( y = 0; y < xLive[ x ].xBytes; y++ )
    {
        CHECK( xLive[ x ].puc[ y ] == xLive[ x ].ucFill );
    }
}

static void prvProgram( unsigned long ulSteps )
{
    static const uint32_t ulCaps[] = { 0, capsUSER( 0 ), capsUSER( 1 ), capsEXTERNAL, capsDMA, capsINTERNAL, capsDEFAULT, caps32BIT | capsINTERNAL, capsUSER( 4 ) };
    const size_t xFree = prvAll();
    unsigned long ul;

    for( ul = 0; ul < ulSteps; ul++ )
    {
        const size_t x = prvRandom( LIVE ), xBytes = prvRandom( ( prvRandom( 8 ) == 0U ) ? 3000U : 200U );
        const uint32_t ulWanted = ulCaps[ prvRandom( sizeof( ulCaps ) / sizeof( ulCaps[ 0 ] ) ) ];
        HeapRegionInfo_t xInfo;
        uint8_t * puc = NULL;

        if( xLive[ x ].puc == NULL )
        {
            const size_t xAlignment = ( size_t ) 1U << prvRandom( 8 );

            puc = ( prvRandom( 4 ) == 0U ) ? pvPortAlignedAllocWithCaps( xAlignment, xBytes, ulWanted ) : pvPortMallocWithCaps( xBytes, ulWanted );
        }
        else
        {
            prvJudgeLive( x );

            if( prvRandom( 3 ) != 0U )
            {
                vPortFree( xLive[ x ].puc );
                xLive[ x ].puc = NULL;
                continue;
            }

            puc = pvPortReallocWithCaps( xLive[ x ].puc, xBytes, ulWanted );

            if( puc != NULL )
            {
                const size_t xSame = ( xBytes < xLive[ x ].xBytes ) ? xBytes : xLive[ x ].xBytes;

                xLive[ x ].puc = puc;
                xLive[ x ].xBytes = xSame;
                prvJudgeLive( x );
            }
            else if( xBytes == 0U )
            {
                xLive[ x ].puc = NULL;
            }
        }

        if( puc != NULL )
        {
            CHECK( ( xBytes != 0U ) && ( xPortGetAllocationSizeWithCaps( puc ) >= xBytes ) );
            CHECK( xPortGetHeapRegion( ( size_t ) xPortFindHeapRegion( puc ), &xInfo ) == pdPASS );
            CHECK( ( xInfo.ulCaps & ulWanted ) == ulWanted );
            xLive[ x ].puc = puc;
            xLive[ x ].xBytes = xBytes;
            xLive[ x ].ucFill = ( uint8_t ) ul;
            memset( puc, ( uint8_t ) ul, xBytes );
        }

        if( ( ul % 64U ) == 0U )
        {
            CHECK( xPortHeapCheck() == pdPASS );
            ( void ) prvAll();
        }
    }

    for( ul = 0; ul < LIVE; ul++ )
    {
        vPortFree( xLive[ ul ].puc );
        xLive[ ul ].puc = NULL;
    }

    CHECK( xPortHeapCheck() == pdPASS );
    CHECK( prvAll() == xFree );
    vPortResetMinimumEverFreeSizeWithCaps( 0 );
    CHECK( xPortGetMinimumEverFreeSizeWithCaps( 0 ) == xFree );
}

/*-------------------------------- the table --------------------------------*/

#define END    { NULL, 0, 0, 0, NULL }

static void prvDefine( void )
{
    static const HeapRegionWithCaps_t xGood[] =
    {
        #if defined( FIRMHEAP_USE_REGIONS )
            { ( uint8_t * ) ullMain,  sizeof( ullMain ),  FIRMHEAP_DEFAULT_CAPS, 1, "main" },
        #endif
        { ( uint8_t * ) ullLarge, sizeof( ullLarge ), LARGE,                 0, "large" },
        { ( uint8_t * ) ullDma,   sizeof( ullDma ),   DMA,                   2, "dma" },
        { ( uint8_t * ) ullFast,  sizeof( ullFast ),  FAST,                  3, "fast" },
        END
    };
    static const HeapRegionWithCaps_t xOverlap[] =
    {
        { ( uint8_t * ) ullMain,  sizeof( ullMain ),  LARGE, 1, NULL }, { ( uint8_t * ) &ullMain[ 1000 ], 1000, DMA, 1, NULL }, END
    };
    static const HeapRegionWithCaps_t xSmall[] =
    {
        { ( uint8_t * ) ullMain,  sizeof( ullMain ),  LARGE, 1, NULL }, { ( uint8_t * ) ullDma, 10, DMA, 1, NULL }, END
    };
    static const HeapRegionWithCaps_t xMany[] =
    {
        { ( uint8_t * ) ullMain,      512, LARGE, 1, NULL }, { ( uint8_t * ) ullDma,       512, DMA, 1, NULL }, { ( uint8_t * ) ullMore[ 0 ], 512, DMA, 1, NULL },
        { ( uint8_t * ) ullMore[ 1 ], 512, DMA,   1, NULL }, { ( uint8_t * ) ullMore[ 2 ], 512, DMA, 1, NULL }, { ( uint8_t * ) ullMore[ 3 ], 512, DMA, 1, NULL },
        { ( uint8_t * ) ullFast,      512, DMA,   1, NULL }, END
    };
    static const HeapRegionWithCaps_t xNowhere[] = { { NULL, 1000, LARGE, 1, NULL }, END };
    const size_t xBefore = xPortGetHeapRegionCount();

    CHECK_FAULT( FIRMHEAP_FAULT_REGIONS_EMPTY, vPortDefineHeapRegionsWithCaps( NULL ) );
    CHECK_FAULT( FIRMHEAP_FAULT_REGIONS_EMPTY, vPortDefineHeapRegionsWithCaps( &xNowhere[ 1 ] ) );
    CHECK_FAULT( FIRMHEAP_FAULT_REGIONS_OUT_OF_ORDER, vPortDefineHeapRegionsWithCaps( xOverlap ) );
    CHECK( xLast.pvBlock == &ullMain[ 1000 ] );
    CHECK_FAULT( FIRMHEAP_FAULT_REGIONS_EMPTY, vPortDefineHeapRegionsWithCaps( xSmall ) );
    CHECK_FAULT( FIRMHEAP_FAULT_REGION_TABLE_FULL, vPortDefineHeapRegionsWithCaps( xMany ) );
    CHECK_FAULT( FIRMHEAP_FAULT_REGION_OUT_OF_REACH, vPortDefineHeapRegionsWithCaps( xNowhere ) );
    #if defined( FIRMHEAP_USE_REGIONS )
    {
        static const HeapRegionWithCaps_t xHeapless[] = { { ( uint8_t * ) ullDma, sizeof( ullDma ), DMA, 1, NULL }, END };

        CHECK_FAULT( FIRMHEAP_FAULT_REGIONS_EMPTY, vPortDefineHeapRegionsWithCaps( xHeapless ) );
        CHECK( pvPortMallocWithCaps( 10, 0 ) == NULL );
    }
    #endif
    CHECK( xPortGetHeapRegionCount() == xBefore );
    CHECK( xPortGetTotalSizeWithCaps( capsUSER( 1 ) ) == 0U );
    vPortDefineHeapRegionsWithCaps( xGood );
    CHECK( ulCame == FIRMHEAP_FAULT_REGION_OUT_OF_REACH || ulCame == FIRMHEAP_FAULT_REGIONS_EMPTY ); /* none but that before */
}

/* Until the table is full; the new regions serve at once. */
static void prvMore( void )
{
    const size_t xTotal = xPortGetTotalSizeWithCaps( 0 );
    void * pv;

    CHECK( xPortAddHeapBetween( ullMore[ 0 ], ullMore[ 1 ], capsUSER( 3 ), 9, "more" ) == pdPASS );
    pv = pvPortMallocWithCaps( 100, capsUSER( 3 ) );
    CHECK( IN( pv, ullMore[ 0 ] ) );
    CHECK( xPortFindHeapRegion( pv ) == 0 );
    vPortFree( pv );
    CHECK( prvAdd( ( uint8_t * ) ullMore[ 1 ] + 1, sizeof( ullMore[ 1 ] ) - 1U, capsUSER( 3 ), 0 ) == pdPASS );
    CHECK( prvAdd( ullMore[ 2 ], sizeof( ullMore[ 2 ] ), capsUSER( 3 ), 0 ) == errCAPS_TABLE_FULL );
    CHECK( xPortGetTotalSizeWithCaps( 0 ) > xTotal );
    CHECK( xPortHeapCheck() == pdPASS );
}

int main( int argc,
          char ** argv )
{
    const unsigned long ulSteps = ( argc > 1 ) ? strtoul( argv[ 1 ], NULL, 10 ) : 20000UL;

    prvDefine();
    prvRegions();
    prvMisuse(); /* of memory that nobody used before: blocks stand side by side */
    prvBadRegions();
    prvCapabilities();
    prvSpill();
    prvResize();
    prvAligned();
    prvWalk();
    prvProgram( ulSteps );
    prvMore();
    prvProgram( ulSteps / 10U );
    vPortHeapResetState();
    CHECK( iSuspended == 0 );
    printf( "ok, %lu steps\n", ulSteps );

    return 0;
}
