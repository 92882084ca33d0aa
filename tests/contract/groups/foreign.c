/* SPDX-License-Identifier: MIT */

/* foreign.c: contract 8.4, pointers that never were blocks: outside the heap, at its
 * edges, into a payload, misaligned.  Paragraph 3.4 has which of them the kernel takes;
 * firmheap refuses all, whatever configASSERT does. */

#include "misuse.h"

const char * const pcContractGroup = "foreign";
const uint32_t ulContractSeconds = 10;

static uint8_t * const pucBefore = &ucContractArena[ 0 ];
static uint8_t * const pucAfter = &ucContractArena[ 64 + CONTRACT_HEAP_BYTES + 64 ];

static void prvForeign( void )
{
    static uint32_t ulZeros[ 16 ], ulData[ 16 ] = { 1, 2, 3, 4 };
    uint32_t ulStack[ 16 ] = { 0 };

    memset( ucContractArena, 0, 64 );
    memset( pucAfter - 64, 0, 128 );
    vHeapReadyAndUsed();
    /* Empty memory: no owner's flag. */
    vMisuse( pucBefore + 32, freeRANGE + 1U + freeLINK );
    vMisuse( pucAfter + 32, freeRANGE + 1U + freeLINK );
    vMisuse( &ulZeros[ 8 ], freeRANGE + 1U + freeLINK );
    vMisuse( &ulStack[ 8 ], freeRANGE + 1U + freeLINK );
    vMisuse( &ulData[ 8 ], contractANY );
    vMisuse( &ulData[ 2 ], contractANY );
    /* Full memory: an owner's flag, but a link as well. */
    memset( ucContractArena, 0xFF, 64 );
    memset( pucAfter, 0xFF, 64 );
    vMisuse( pucBefore + 32, freeRANGE + 1U );
    vMisuse( pucAfter + 32, freeRANGE + 1U );
    vWorkload( 25 );
}

/* A header as the kernel would have written it: 64 bytes, owned. */
static void * prvFakeHeader( uint8_t * puc )
{
    const size_t uxHeader[ 2 ] = { 0, ( ( size_t ) 1 << ( sizeof( size_t ) * 8U - 1U ) ) | 64U };

    memcpy( puc, uxHeader, sizeof( uxHeader ) );
    return puc + contractH;
}

static void prvForeignLow( void )
{
    vHeapReadyAndUsed();
    vMisuse( prvFakeHeader( pucBefore ), freeFAKE_IS_TAKEN ? freeTAKEN : contractANY );
    vWorkload( 26 );
}

static void prvForeignHigh( void )
{
    vHeapReadyAndUsed();
    vMisuse( prvFakeHeader( pucAfter ), freeFAKE_IS_TAKEN ? freeTAKEN : contractANY );
    vWorkload( 27 );
}

/* Pointers that cannot even be looked at. */
static void prvUnmapped( void )
{
    vHeapReadyAndUsed();
    vMisuse( ( void * ) ( uintptr_t ) 8, freeTAKEN );
    vMisuse( ( void * ) ( uintptr_t ) 4096, freeTAKEN );
    vMisuse( ( void * ) ( ~( uintptr_t ) 0 & ~( uintptr_t ) 31 ), freeTAKEN );
    vWorkload( 28 );
}

/* The first and the last bytes of the heap itself. */
static void prvEdges( void )
{
    uint8_t * pucHeap = &ucContractArena[ 64 + ( ( CONTRACT_REGIONS == 0 ) ? CONTRACT_OFFSET : 0 ) ];

    memset( ucContractArena, 0, 64 );
    memset( pucAfter - 64, 0, 64 );
    vHeapReadyAndUsed();
    vMisuse( pucHeap, contractANY );
    vMisuse( pucHeap + CONTRACT_HEAP_BYTES, contractANY );
    vMisuse( pucHeap + CONTRACT_HEAP_BYTES - 8, contractANY );
    vWorkload( 29 );
}

/* Every aligned pointer into a payload, over contents of several kinds. */
static void prvInterior( void )
{
    static const uint8_t ucPatterns[] = { 0x00, 0xFF, 0xA5, 0x7F, 0x01, 0x80 };
    uint8_t * puc, * pucKeeper;

    vHeapReadyAndUsed();
    puc = pvPortMalloc( 400 );
    pucKeeper = pvPortMalloc( 16 );

    for( size_t ux = 0; ux <= sizeof( ucPatterns ); ux++ )
    {
        for( size_t uxByte = 0; uxByte < 400U; uxByte++ )
        {
            /* The last kind is small numbers, as in most programs. */
            puc[ uxByte ] = ( ux < sizeof( ucPatterns ) ) ? ucPatterns[ ux ] : ( uint8_t ) ( ( uxByte % 4U == 0U ) ? uxByte / 4U : 0U );
        }

        for( size_t uxAt = contractH; uxAt < 400U; uxAt += CONTRACT_ALIGNMENT )
        {
            vMisuse( puc + uxAt, contractANY );
        }
    }

    vPortFree( puc );
    vPortFree( pucKeeper );
    vWorkload( 30 );
}

static void prvInteriorFake( void )
{
    uint8_t * puc;

    vHeapReadyAndUsed();
    puc = pvPortMalloc( 400 );
    memset( puc, 0, 400 );
    vMisuse( prvFakeHeader( puc + 64 ), ( CONTRACT_PROTECTOR == 1 ) ? 1U : freeTAKEN );
    vPortFree( puc );
    vWorkload( 31 );
}

static void prvMisaligned( void )
{
    static const uint8_t ucPatterns[] = { 0x00, 0xFF, 0xA5 };
    uint8_t * puc;

    vHeapReadyAndUsed();
    puc = pvPortMalloc( 60 );

    for( size_t ux = 0; ux < sizeof( ucPatterns ); ux++ )
    {
        memset( puc, ucPatterns[ ux ], 60 );

        for( size_t uxAt = 1; uxAt < CONTRACT_ALIGNMENT; uxAt++ )
        {
            vMisuse( puc + uxAt, freeSKEW_IS_TAKEN ? freeTAKEN : contractANY );
        }
    }

    vPortFree( puc );
    vWorkload( 32 );
}

#if ( CONTRACT_KERNEL == 0 )

/* Any aligned address of the heap that is not a live block's, at any time, over
 * contents as programs have them.  The kernel's files would take some. */
static void prvAnyAddress( void )
{
    static uint8_t * pucBlocks[ 24 ];
    static size_t uxBytes[ 24 ];
    size_t uxWrong = 0, uxTried = 0;

    vHeapReadyAndUsed();
    vRandomSeed( 44 );

    for( uint32_t ulStep = 0; ulStep < 100000U; ulStep++ )
    {
        uint32_t ul = ulRandom() % 24U, ulContent = ulRandom() % 5U;
        uint8_t * puc = &ucContractArena[ 64U + CONTRACT_ALIGNMENT * ( ulRandom() % ( 4096U / CONTRACT_ALIGNMENT ) ) ];
        size_t uxFree;
        uint32_t ulLive = 0;

        if( pucBlocks[ ul ] != NULL )
        {
            vPortFree( pucBlocks[ ul ] );
            pucBlocks[ ul ] = NULL;
        }
        else if( ( pucBlocks[ ul ] = pvPortMalloc( uxBytes[ ul ] = 1U + ulRandom() % 200U ) ) != NULL )
        {
            for( size_t ux = 0; ux < uxBytes[ ul ]; ux++ )
            {
                pucBlocks[ ul ][ ux ] = ( uint8_t ) ( ( ulContent == 0U ) ? 0U : ( ulContent == 1U ) ? 0xFFU
                                                      : ( ulContent == 2U ) ? ulRandom() : ( ux % 4U == 0U ) ? ulRandom() % 64U : 0U );
            }
        }

        for( uint32_t ulSlot = 0; ulSlot < 24U; ulSlot++ )
        {
            ulLive += ( pucBlocks[ ulSlot ] == puc ) ? 1U : 0U;
        }

        if( ulLive == 0U )
        {
            uxTried++;
            uxFree = xPortGetFreeHeapSize();
            vTryFree( puc );
            uxWrong += ( xPortGetFreeHeapSize() != uxFree ) ? 1U : 0U;
        }
    }

    CHECK_EQ( uxWrong, 0 );
    CHECK_GE( uxTried, 90000 );
    vLogClear();
    CHECK_EQ( ulSuspendDepth, 0 );
}

#endif /* CONTRACT_KERNEL */

const ContractCase_t xContractCases[] =
{
    { "foreign",                 prvForeign,               RETURNS, RETURNS, "3.4" },
    { "foreign_low",             prvForeignLow,            freeFAKE_IS_TAKEN ? BREAKS : RETURNS, RETURNS, "3.4" },
    { "foreign_high",            prvForeignHigh,           freeFAKE_IS_TAKEN ? BREAKS : RETURNS, RETURNS, "3.4" },
    { "unmapped",                prvUnmapped,              freeRANGE_TRAPS ? RETURNS : DIES, RETURNS, "3.4" },
    { "edges",                   prvEdges,                 RETURNS, RETURNS, "3.4" },
    { "interior",                prvInterior,              RETURNS, RETURNS, "3.4" },
    { "interior_fake",           prvInteriorFake,          ( CONTRACT_PROTECTOR == 1 ) ? RETURNS : BREAKS, RETURNS, "3.4" },
    { "misaligned",              prvMisaligned,            freeSKEW_IS_TAKEN ? BREAKS : RETURNS, RETURNS, "3.4" },
    #if ( CONTRACT_KERNEL == 0 )
        { "any_address",         prvAnyAddress,            RETURNS, RETURNS, "3.4" },
    #endif
    { NULL, NULL, 0, 0, NULL }
};
