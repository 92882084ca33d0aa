/* SPDX-License-Identifier: MIT */

/* free.c: contract 8.4.  Pointers that must not be freed, with a configASSERT that
 * returns, is empty, or traps.  Paragraph 3.4 has the kernel's behaviour; firmheap
 * catches each of them and its heap stays intact. */

#include "contract.h"

const char * const pcContractGroup = "free";
const uint32_t ulContractSeconds = 10;

/* heap_4 asserts the range of a pointer always, heap_5 with the protector. */
#define freeRANGE            ( ( ( CONTRACT_REGIONS == 0 ) || ( CONTRACT_PROTECTOR == 1 ) ) ? 1U : 0U )
#define freeRANGE_TRAPS      ( ( freeRANGE == 1U ) && ( CONTRACT_ASSERT == CONTRACT_ASSERT_TRAP ) )

/* With the protector a NULL link is stored as the canary: zeros are no NULL. */
#define freeLINK             CONTRACT_PROTECTOR
#define freeFAKE_IS_TAKEN    ( ( freeRANGE_TRAPS == 0 ) && ( CONTRACT_PROTECTOR == 0 ) )

/* From alignment 16 on the header has padding behind it, and what a misaligned
 * pointer shows as the link can be zero: the kernel takes the block. */
#define freeSKEW_IS_TAKEN    ( ( contractH > sizeof( void * ) + sizeof( size_t ) ) && ( CONTRACT_PROTECTOR == 0 ) )
#define freeTAKEN            0xFFFFU   /* the kernel accepts the pointer, or faults on it */

static uint8_t * const pucBefore = &ucContractArena[ 0 ];
static uint8_t * const pucAfter = &ucContractArena[ 64 + CONTRACT_HEAP_BYTES + 64 ];

/* Frees an alleged pointer and demands that nothing came of it. */
static void prvMisuse( void * pv, uint32_t ulKernelAsserts )
{
    size_t uxFree = xPortGetFreeHeapSize();
    HeapStats_t xBefore, xAfter;

    vPortGetHeapStats( &xBefore );
    vLogClear();
    vTryFree( pv );

    if( ( CONTRACT_KERNEL == 0 ) || ( ulKernelAsserts != freeTAKEN ) )
    {
        CHECK_FAULT( ulKernelAsserts );
    }

    vLogClear();

    if( xPortGetFreeHeapSize() != uxFree )
    {
        vDamaged( ": the heap took in memory that was not its own to take" );
    }

    vPortGetHeapStats( &xAfter );
    CHECK_EQ( xAfter.xNumberOfSuccessfulFrees, xBefore.xNumberOfSuccessfulFrees );
    CHECK_EQ( xAfter.xNumberOfFreeBlocks, xBefore.xNumberOfFreeBlocks );
    CHECK_EQ( xAfter.xSizeOfLargestFreeBlockInBytes, xBefore.xSizeOfLargestFreeBlockInBytes );
}

static void prvNull( void )
{
    vLogClear();
    vPortFree( NULL );      /* before there is a heap as well */
    CHECK_LOG( "" );
    vHeapReadyAndUsed();
    vPortFree( NULL );
    CHECK_LOG( "" );
    vWorkload( 20 );
}

static void prvDouble( void )
{
    void * pv, * pvKeeper;

    vHeapReadyAndUsed();
    pvKeeper = pvPortMalloc( 16 );
    pv = pvPortMalloc( 40 );
    vPortFree( pv );
    prvMisuse( pv, 2 );     /* flag and link; merged with the free rest */
    prvMisuse( pv, 2 );
    pv = pvPortMalloc( 40 );
    vPortFree( pvKeeper );
    vPortFree( pv );
    prvMisuse( pv, 1 );     /* merged into the block before it: the link kept its NULL */
    prvMisuse( pvKeeper, 2 );
    vWorkload( 21 );
}

/* All ways in which neighbours can be free or used. */
static void prvDoubleAmongNeighbours( void )
{
    void * pvBlocks[ 5 ];

    vHeapReadyAndUsed();

    for( uint32_t ulFreed = 0; ulFreed < 32U; ulFreed++ )
    {
        for( uint32_t ul = 0; ul < 5U; ul++ )
        {
            pvBlocks[ ul ] = pvPortMalloc( 24U + 16U * ul );
        }

        for( uint32_t ul = 0; ul < 5U; ul++ )
        {
            if( ( ( ulFreed >> ul ) & 1U ) != 0U )
            {
                vPortFree( pvBlocks[ ul ] );
            }
        }

        for( uint32_t ul = 0; ul < 5U; ul++ )
        {
            if( ( ( ulFreed >> ul ) & 1U ) != 0U )
            {
                prvMisuse( pvBlocks[ ul ], contractANY );
            }
        }

        for( uint32_t ul = 0; ul < 5U; ul++ )
        {
            if( ( ( ulFreed >> ul ) & 1U ) == 0U )
            {
                vPortFree( pvBlocks[ ul ] );
            }
        }
    }

    vWorkload( 22 );
}

/* Pointers kept too long: their blocks were merged, and the memory belongs to
 * another block now, or none. */
static void prvStale( void )
{
    void * pvOld[ 12 ], * pvNow[ 2 ];

    vHeapReadyAndUsed();

    for( uint32_t ul = 0; ul < 12U; ul++ )
    {
        pvOld[ ul ] = pvPortMalloc( 40 );
        memset( pvOld[ ul ], 0xC3, 40 );
    }

    for( uint32_t ul = 0; ul < 12U; ul++ )
    {
        vPortFree( pvOld[ ( ul * 5U ) % 12U ] );
    }

    pvNow[ 0 ] = pvPortMalloc( 200 );
    pvNow[ 1 ] = pvPortMalloc( 200 );

    for( uint32_t ul = 0; ul < 12U; ul++ )
    {
        if( ( pvOld[ ul ] != pvNow[ 0 ] ) && ( pvOld[ ul ] != pvNow[ 1 ] ) )
        {
            prvMisuse( pvOld[ ul ], contractANY );
        }
    }

    vPortFree( pvNow[ 0 ] );
    vPortFree( pvNow[ 1 ] );
    vWorkload( 23 );
}

/* The last block before the end of the heap, freed twice. */
static void prvDoubleAtEnd( void )
{
    size_t uxLargest;
    void * pv, * pvFirst;

    vHeapReadyAndUsed();
    pvFirst = pvPortMalloc( 100 );
    uxLargest = uxLargestRequest();
    pv = pvPortMalloc( uxLargest );
    CHECK( pv != NULL );
    vPortFree( pv );
    prvMisuse( pv, 2 );
    vPortFree( pvFirst );
    prvMisuse( pv, contractANY );
    prvMisuse( pvFirst, contractANY );
    vWorkload( 24 );
}

static void prvForeign( void )
{
    static uint32_t ulZeros[ 16 ], ulData[ 16 ] = { 1, 2, 3, 4 };
    uint32_t ulStack[ 16 ] = { 0 };

    memset( ucContractArena, 0, 64 );
    memset( pucAfter - 64, 0, 128 );
    vHeapReadyAndUsed();
    /* Empty memory: no owner's flag. */
    prvMisuse( pucBefore + 32, freeRANGE + 1U + freeLINK );
    prvMisuse( pucAfter + 32, freeRANGE + 1U + freeLINK );
    prvMisuse( &ulZeros[ 8 ], freeRANGE + 1U + freeLINK );
    prvMisuse( &ulStack[ 8 ], freeRANGE + 1U + freeLINK );
    prvMisuse( &ulData[ 8 ], contractANY );
    prvMisuse( &ulData[ 2 ], contractANY );
    /* Full memory: an owner's flag, but a link as well. */
    memset( ucContractArena, 0xFF, 64 );
    memset( pucAfter, 0xFF, 64 );
    prvMisuse( pucBefore + 32, freeRANGE + 1U );
    prvMisuse( pucAfter + 32, freeRANGE + 1U );
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
    prvMisuse( prvFakeHeader( pucBefore ), freeFAKE_IS_TAKEN ? freeTAKEN : contractANY );
    vWorkload( 26 );
}

static void prvForeignHigh( void )
{
    vHeapReadyAndUsed();
    prvMisuse( prvFakeHeader( pucAfter ), freeFAKE_IS_TAKEN ? freeTAKEN : contractANY );
    vWorkload( 27 );
}

/* Pointers that cannot even be looked at. */
static void prvUnmapped( void )
{
    vHeapReadyAndUsed();
    prvMisuse( ( void * ) ( uintptr_t ) 8, freeTAKEN );
    prvMisuse( ( void * ) ( uintptr_t ) 4096, freeTAKEN );
    prvMisuse( ( void * ) ( ~( uintptr_t ) 0 & ~( uintptr_t ) 31 ), freeTAKEN );
    vWorkload( 28 );
}

/* The first and the last bytes of the heap itself. */
static void prvEdges( void )
{
    uint8_t * pucHeap = &ucContractArena[ 64 + ( ( CONTRACT_REGIONS == 0 ) ? CONTRACT_OFFSET : 0 ) ];

    memset( ucContractArena, 0, 64 );
    memset( pucAfter - 64, 0, 64 );
    vHeapReadyAndUsed();
    prvMisuse( pucHeap, contractANY );
    prvMisuse( pucHeap + CONTRACT_HEAP_BYTES, contractANY );
    prvMisuse( pucHeap + CONTRACT_HEAP_BYTES - 8, contractANY );
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
            prvMisuse( puc + uxAt, contractANY );
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
    prvMisuse( prvFakeHeader( puc + 64 ), ( CONTRACT_PROTECTOR == 1 ) ? 1U : freeTAKEN );
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
            prvMisuse( puc + uxAt, freeSKEW_IS_TAKEN ? freeTAKEN : contractANY );
        }
    }

    vPortFree( puc );
    vWorkload( 32 );
}

/* A block written past its end, over the next one's header. */
static void prvOverflow( void )
{
    uint8_t * pucLeft, * puc, * pucRight;
    size_t uxBytes = 5U * CONTRACT_ALIGNMENT + ( CONTRACT_ALIGNMENT - contractH % CONTRACT_ALIGNMENT ) % CONTRACT_ALIGNMENT;

    vHeapReadyAndUsed();
    pucLeft = pvPortMalloc( uxBytes );
    puc = pvPortMalloc( 40 );
    pucRight = pvPortMalloc( 40 );
    CHECK( pucRight != NULL );
    memset( pucLeft, 0xA5, ( size_t ) ( puc - pucLeft ) );
    prvMisuse( puc, contractANY );
    vWorkload( 33 );
}

/* The heap serves on in the middle of misuse. */
static void prvAmidWork( void )
{
    vHeapReadyAndUsed();

    for( uint32_t ul = 0; ul < 8U; ul++ )
    {
        void * pv = pvPortMalloc( 64 );

        vPortFree( pv );
        prvMisuse( pv, 2 );
        vWorkload( 34U + ul );
    }
}

const ContractCase_t xContractCases[] =
{
    { "null",                    prvNull,                  RETURNS, RETURNS, "3.4" },
    { "double",                  prvDouble,                RETURNS, RETURNS, "3.4" },
    { "double_among_neighbours", prvDoubleAmongNeighbours, RETURNS, RETURNS, "3.4" },
    { "stale",                   prvStale,                 RETURNS, RETURNS, "3.4" },
    { "double_at_end",           prvDoubleAtEnd,           RETURNS, RETURNS, "3.4" },
    { "foreign",                 prvForeign,               RETURNS, RETURNS, "3.4" },
    { "foreign_low",             prvForeignLow,            freeFAKE_IS_TAKEN ? BREAKS : RETURNS, RETURNS, "3.4" },
    { "foreign_high",            prvForeignHigh,           freeFAKE_IS_TAKEN ? BREAKS : RETURNS, RETURNS, "3.4" },
    { "unmapped",                prvUnmapped,              freeRANGE_TRAPS ? RETURNS : DIES, RETURNS, "3.4" },
    { "edges",                   prvEdges,                 RETURNS, RETURNS, "3.4" },
    { "interior",                prvInterior,              RETURNS, RETURNS, "3.4" },
    { "interior_fake",           prvInteriorFake,          ( CONTRACT_PROTECTOR == 1 ) ? RETURNS : BREAKS, RETURNS, "3.4" },
    { "misaligned",              prvMisaligned,            freeSKEW_IS_TAKEN ? BREAKS : RETURNS, RETURNS, "3.4" },
    { "overflow",                prvOverflow,              RETURNS, RETURNS, "3.4" },
    { "amid_work",               prvAmidWork,              RETURNS, RETURNS, "3.4" },
    { NULL, NULL, 0, 0, NULL }
};
