/* SPDX-License-Identifier: MIT */

/* workload.c: memory that cases use, and the program that proves a heap intact. */

#include "contract.h"

#include <stdio.h>
#include <stdlib.h>

#define workloadSLOTS     40U
#define workloadSTEPS     400U
#define workloadPIECES    16U
#define workloadGUARD     0x5CU

uint8_t ucContractArena[ contractARENA_BYTES ] __attribute__( ( aligned( 64 ) ) );

static struct
{
    uintptr_t uxStart, uxEnd;
} xPieces[ workloadPIECES ];
static uint32_t ulPieces;
static uint8_t * pucSurroundings;
static size_t uxSurroundings;
static uint32_t ulState = 1U;

/*----------------------------------------------------------- where the heap is */

void vHeapIs( const void * pvStart, size_t uxBytes )
{
    xPieces[ ulPieces ].uxStart = ( uintptr_t ) pvStart;
    xPieces[ ulPieces ].uxEnd = ( uintptr_t ) pvStart + uxBytes;
    ulPieces++;
}

void vHeapIsNowhere( void )
{
    ulPieces = 0;
}

static int prvIsHeap( uintptr_t uxFirst, uintptr_t uxEnd )
{
    for( uint32_t ul = 0; ul < ulPieces; ul++ )
    {
        if( ( uxFirst >= xPieces[ ul ].uxStart ) && ( uxEnd <= xPieces[ ul ].uxEnd ) )
        {
            return 1;
        }
    }

    return 0;
}

void vSurroundings( void * pvStart, size_t uxBytes )
{
    pucSurroundings = pvStart;
    uxSurroundings = uxBytes;
    memset( pvStart, workloadGUARD, uxBytes );
}

void vCheckSurroundings( void )
{
    for( size_t ux = 0; ux < uxSurroundings; ux++ )
    {
        uintptr_t uxAt = ( uintptr_t ) pucSurroundings + ux;

        if( ( pucSurroundings[ ux ] != workloadGUARD ) && ( prvIsHeap( uxAt, uxAt + 1U ) == 0 ) )
        {
            char cSentence[ 96 ];

            ( void ) snprintf( cSentence, sizeof( cSentence ),
                               ": a byte outside the heap was written, at offset %zu of the arena", ux );
            vDamaged( cSentence );
        }
    }

    CHECK( uxSurroundings > 0U );
}

#if ( ( CONTRACT_REGIONS == 0 ) && ( CONTRACT_APP_HEAP == 1 ) )
    /* The application's own heap array: a part of the arena, as misaligned as
     * the variant wants it. */
    #define workloadTEXT( x )      #x
    #define workloadNUMBER( x )    workloadTEXT( x )
    __asm__ ( ".globl ucHeap\n.set ucHeap, ucContractArena + 64 + " workloadNUMBER( CONTRACT_OFFSET ) "\n" );
#endif

void vHeapReady( void )
{
    #if ( CONTRACT_REGIONS == 0 )
        #if ( CONTRACT_APP_HEAP == 1 )
            vHeapIs( &ucContractArena[ 64 + CONTRACT_OFFSET ], CONTRACT_HEAP_BYTES );
        #endif
    #else
        static const HeapRegion_t xRegions[] =
        {
            { &ucContractArena[ 64 ], CONTRACT_HEAP_BYTES }, { NULL, 0 }
        };

        vHeapIs( xRegions[ 0 ].pucStartAddress, xRegions[ 0 ].xSizeInBytes );
        vPortDefineHeapRegions( xRegions );
        vLogClear();
    #endif
}

void vHeapReadyAndUsed( void )
{
    vHeapReady();
    vPortFree( pvPortMalloc( 1 ) );
    vLogClear();
}

/*----------------------------------------------------------- calls that may trap */

#if ( CONTRACT_ASSERT == CONTRACT_ASSERT_TRAP )
    #define workloadTRY( statement )            \
    do {                                        \
        if( setjmp( xAssertTrap ) == 0 )        \
        {                                       \
            iAssertTrapArmed = 1;               \
            statement;                          \
        }                                       \
        iAssertTrapArmed = 0;                   \
    } while( 0 )
#else
    #define workloadTRY( statement )    do { statement; } while( 0 )
#endif

void * pvTryMalloc( size_t uxBytes )
{
    void * volatile pvPayload = NULL;

    workloadTRY( pvPayload = pvPortMalloc( uxBytes ) );
    return pvPayload;
}

void * pvTryCalloc( size_t uxNumber, size_t uxBytes )
{
    void * volatile pvPayload = NULL;

    workloadTRY( pvPayload = pvPortCalloc( uxNumber, uxBytes ) );
    return pvPayload;
}

void vTryFree( void * pvPayload )
{
    workloadTRY( vPortFree( pvPayload ) );
}

void vTryDefineRegions( const HeapRegion_t * pxRegions )
{
    #if ( CONTRACT_REGIONS == 1 )
        workloadTRY( vPortDefineHeapRegions( pxRegions ) );
    #else
        ( void ) pxRegions;
    #endif
}

/*----------------------------------------------------------- contents */

void vRandomSeed( uint32_t ulSeed )
{
    ulState = ulSeed * 2654435761UL + 1U;
}

uint32_t ulRandom( void )
{
    ulState ^= ulState << 13;
    ulState ^= ulState >> 17;
    ulState ^= ulState << 5;
    return ulState;
}

void vFill( void * pvPayload, size_t uxBytes, uint32_t ulTag )
{
    uint8_t * puc = pvPayload;

    for( size_t ux = 0; ux < uxBytes; ux++ )
    {
        puc[ ux ] = ( uint8_t ) ( ulTag + ux * 7U );
    }
}

void vVerify( const void * pvPayload, size_t uxBytes, uint32_t ulTag )
{
    const uint8_t * puc = pvPayload;

    for( size_t ux = 0; ux < uxBytes; ux++ )
    {
        if( puc[ ux ] != ( uint8_t ) ( ulTag + ux * 7U ) )
        {
            vDamaged( ": a block lost its content" );
        }
    }
}

static void prvJudge( const void * pvPayload, size_t uxBytes )
{
    uintptr_t uxFirst = ( uintptr_t ) pvPayload;

    if( ( uxFirst & ( CONTRACT_ALIGNMENT - 1U ) ) != 0U )
    {
        vDamaged( ": a block is not aligned" );
    }

    if( ( ulPieces > 0U ) && ( prvIsHeap( uxFirst, uxFirst + uxBytes ) == 0 ) )
    {
        vDamaged( ": a block lies outside the heap" );
    }
}

/*----------------------------------------------------------- the program */

typedef struct
{
    void * pv;
    size_t uxBytes;
    uint32_t ulTag;
} WorkloadSlot_t;

static void prvRelease( WorkloadSlot_t * pxSlot )
{
    vVerify( pxSlot->pv, pxSlot->uxBytes, pxSlot->ulTag );
    vPortFree( pxSlot->pv );
    pxSlot->pv = NULL;
}

void vWorkload( uint32_t ulSeed )
{
    static WorkloadSlot_t xSlots[ workloadSLOTS ];
    size_t uxFreeBefore = xPortGetFreeHeapSize();
    uint32_t ulServed = 0;
    char cSentence[ 128 ];

    vRandomSeed( ulSeed );

    for( uint32_t ulStep = 0; ulStep < workloadSTEPS; ulStep++ )
    {
        WorkloadSlot_t * pxSlot = &xSlots[ ulRandom() % workloadSLOTS ];

        if( pxSlot->pv != NULL )
        {
            prvRelease( pxSlot );
        }
        else
        {
            pxSlot->uxBytes = 1U + ulRandom() % ( ( ulStep % 16U == 0U ) ? 700U : 90U );
            pxSlot->ulTag = ulStep;
            pxSlot->pv = pvTryMalloc( pxSlot->uxBytes );

            if( pxSlot->pv != NULL )
            {
                prvJudge( pxSlot->pv, pxSlot->uxBytes );
                vFill( pxSlot->pv, pxSlot->uxBytes, pxSlot->ulTag );
                ulServed++;
            }
        }
    }

    for( uint32_t ul = 0; ul < workloadSLOTS; ul++ )
    {
        if( xSlots[ ul ].pv != NULL )
        {
            prvRelease( &xSlots[ ul ] );
        }
    }

    if( xPortGetFreeHeapSize() != uxFreeBefore )
    {
        ( void ) snprintf( cSentence, sizeof( cSentence ), ": %zu bytes were free before a workload, %zu after it",
                           uxFreeBefore, xPortGetFreeHeapSize() );
        vDamaged( cSentence );
    }

    CHECK_GE( ulServed, 1U );
    vLogClear();
}

void vExhaust( size_t uxBytes )
{
    static void * pvBlocks[ 2048 ];
    size_t uxFreeBefore = xPortGetFreeHeapSize();
    uint32_t ulServed = 0;

    while( ( ulServed < 2048U ) && ( ( pvBlocks[ ulServed ] = pvTryMalloc( uxBytes ) ) != NULL ) )
    {
        prvJudge( pvBlocks[ ulServed ], uxBytes );
        vFill( pvBlocks[ ulServed ], uxBytes, ulServed );
        ulServed++;
    }

    for( uint32_t ul = 0; ul < ulServed; ul++ )
    {
        vVerify( pvBlocks[ ul ], uxBytes, ul );
    }

    for( uint32_t ul = 0; ul < ulServed; ul++ )
    {
        vPortFree( pvBlocks[ ul ] );
    }

    CHECK_EQ( xPortGetFreeHeapSize(), uxFreeBefore );
    vLogClear();
}

size_t uxLargestRequest( void )
{
    size_t uxServed = 0, uxRefused = xPortGetFreeHeapSize() + 1U;

    while( uxServed + 1U < uxRefused )
    {
        size_t uxMiddle = uxServed + ( uxRefused - uxServed ) / 2U;
        void * pv = pvPortMalloc( uxMiddle );

        if( pv != NULL )
        {
            uxServed = uxMiddle;
            vPortFree( pv );
        }
        else
        {
            uxRefused = uxMiddle;
        }
    }

    vLogClear();
    return uxServed;
}
