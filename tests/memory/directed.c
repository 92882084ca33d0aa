/* SPDX-License-Identifier: MIT
 *
 * Borders, misuse, and what is cleared.
 */
#include "memory.h"

/* A fault, of this kind unless it is 0; nothing was traced and no memory is short. */
static void prvFault( uint32_t ulKind )
{
    CHECK( ( xRecords.ulFaults == 1U ) && ( xRecords.ulAsserts == 1U ) );
    CHECK( ( ulKind == 0U ) || ( xRecords.ulKind == ulKind ) );
    CHECK_TOLD( "" );
    CHECK( xRecords.ulHooks == 0U );
    CHECK_BALANCED();
    CHECK( xPortHeapCheck() == pdPASS );
    vRecordsClear();
}

static void prvSizes( void )
{
    void * pv = pvPortMalloc( 40U );

    CHECK( xPortGetAllocationSize( NULL ) == 0U );
    CHECK( ( xPortGetAllocationSize( pv ) >= 40U ) && ( xPortGetAllocationSize( pv ) < 40U + 32U ) );
    vRecordsClear();

    /* NULL and zero, each alone and both. */
    CHECK( pvPortRealloc( NULL, 0U ) == NULL );
    CHECK_TOLD( "R" );
    CHECK( xRecords.ulHooks == 1U );
    vRecordsClear();
    CHECK( pvPortReallocArray( pv, 0U, 8U ) == NULL );
    CHECK_TOLD( "F" );
    pv = pvPortRealloc( NULL, 40U );
    vRecordsClear();

    /* Sizes that no block has, and products that overflow; the block stays. */
    ( void ) memset( pv, 0x5A, 40U );

    for( size_t x = 0; x < 64U; x++ )
    {
        CHECK( pvPortRealloc( pv, SIZE_MAX - x ) == NULL );
        CHECK( pvPortRealloc( pv, ( SIZE_MAX / 2U ) + 32U - x ) == NULL );
        CHECK( pvPortAlignedAlloc( 64U, SIZE_MAX - x ) == NULL );
        CHECK( pvPortAlignedAlloc( ( SIZE_MAX / 2U ) + 1U, 1U + x ) == NULL );
        CHECK( xRecords.ulHooks == 4U * ( x + 1U ) );
    }

    vRecordsClear();
    CHECK( pvPortReallocArray( pv, SIZE_MAX / 2U, 3U ) == NULL );
    CHECK( pvPortReallocArray( pv, 3U, SIZE_MAX / 2U ) == NULL );
    CHECK( pvPortAlignedAlloc( 16U, 0U ) == NULL );
    CHECK_TOLD( "R" );

    for( size_t x = 0; x < 40U; x++ )
    {
        CHECK( ( ( uint8_t * ) pv )[ x ] == 0x5AU );
    }

    CHECK( ( xRecords.ulFaults == 0U ) && ( xRecords.ulAsserts == 0U ) );
    vPortFree( pv );
    CHECK_BALANCED();
}

/* Every alignment and size; what lies before the block is given back. */
static void prvAlignments( void )
{
    const size_t xFree = xPortGetFreeHeapSize();

    for( size_t xAlignment = 1U; xAlignment <= 16384U; xAlignment *= 2U )
    {
        for( size_t xBytes = 1U; xBytes < 100U; xBytes += 7U )
        {
            void * pvFirst = pvPortMalloc( ulSize( 200U ) );
            void * pv = pvPortAlignedAlloc( xAlignment, xBytes );

            CHECK( ( pv != NULL ) && ( ( ( uintptr_t ) pv % xAlignment ) == 0U ) );
            CHECK( xFree - xPortGetFreeHeapSize() < 100U + 200U + 200U );
            ( void ) memset( pv, 1, xBytes );
            vPortFree( pvFirst );
            pv = pvPortRealloc( pv, xBytes + 300U );
            CHECK( ( ( uint8_t * ) pv )[ xBytes - 1U ] == 1U );
            vPortFree( pv );
            CHECK( xPortGetFreeHeapSize() == xFree );
        }
    }

    CHECK_BALANCED();
    vRecordsClear();

    for( size_t xBad = 0; xBad < 100U; xBad++ )
    {
        if( ( xBad & ( xBad - 1U ) ) != 0U || ( xBad == 0U ) )
        {
            CHECK( pvPortAlignedAlloc( xBad, 10U ) == NULL );
            prvFault( FIRMHEAP_FAULT_BAD_ALIGNMENT );
        }
    }
}

#if ( FIRMHEAP_INTEGRITY == 0 )
/* The caller is trusted. */
    static void prvMisuse( void )
    {
    }
#else
static void prvMisuse( void )
{
    static uint8_t ucForeign[ 64 ] __attribute__( ( aligned( 32 ) ) );
    uint8_t * pucFirst = pvPortMalloc( 60U );
    uint8_t * puc = pvPortMalloc( 60U );
    uint8_t * pucLast = pvPortMalloc( 60U );

    vPortFree( puc );
    vRecordsClear();
    CHECK( pvPortRealloc( puc, 20U ) == NULL );
    prvFault( FIRMHEAP_FAULT_DOUBLE_FREE );
    CHECK( pvPortRealloc( puc, 2000U ) == NULL );
    prvFault( FIRMHEAP_FAULT_DOUBLE_FREE );
    CHECK( xPortGetAllocationSize( puc ) == 0U );
    prvFault( FIRMHEAP_FAULT_DOUBLE_FREE );
    CHECK( pvPortRealloc( &ucForeign[ 32 ], 20U ) == NULL );
    prvFault( FIRMHEAP_FAULT_FOREIGN_POINTER );
    CHECK( xPortGetAllocationSize( &ucForeign[ 32 ] ) == 0U );
    prvFault( FIRMHEAP_FAULT_FOREIGN_POINTER );

    for( size_t x = 1U; x < 60U; x++ )
    {
        CHECK( pvPortRealloc( pucLast + x, 100U ) == NULL );
        prvFault( 0U );
        CHECK( pvPortRealloc( pucLast + x, 10U ) == NULL );
        prvFault( 0U );
        CHECK( xPortGetAllocationSize( pucLast + x ) == 0U );
        prvFault( 0U );
    }

    vPortFree( pucFirst );
    vPortFree( pucLast );
}
#endif /* FIRMHEAP_INTEGRITY */

#ifdef memoryCLEAR
    #define memoryMARK    0xE7E7E7E7U

/* Words of the heap that hold the mark. */
    static size_t prvMarked( void )
    {
        size_t xFound = 0;

        for( size_t x = 0; x < xPiecesCount; x++ )
        {
            for( size_t xAt = 0; xAt + 4U <= xPieces[ x ].xBytes; xAt += 4U )
            {
                uint32_t ulWord;

                ( void ) memcpy( &ulWord, xPieces[ x ].pucStart + xAt, 4U );
                xFound += ( ulWord == memoryMARK ) ? 1U : 0U;
            }
        }

        return xFound;
    }

/* What a block gives back and what it leaves behind is cleared; at level 3 an owner has no more than it asked for. */
    static void prvCleared( void )
    {
        uint32_t ulMoved = 0, ulSmaller = 0, ulElsewhere = 0;

        for( uint32_t ul = 0; ul < 300U; ul++ )
        {
            void * pvBefore = pvPortMalloc( 4U * ( 1U + ulBelow( 60U ) ) );
            uint8_t * puc = pvPortMalloc( 4U * ( 1U + ulBelow( 60U ) ) );
            void * pvBehind = pvPortMalloc( 4U * ( 1U + ulBelow( 60U ) ) );
            void * pvLast = pvPortMalloc( 8U );
            const size_t xOld = xPortGetAllocationSize( puc ) & ~( size_t ) 3U;
            uint8_t * pucNew;
            size_t xNew, xKept;

            ( void ) memset( puc, 0xE7, xOld );
            CHECK( prvMarked() == xOld / 4U );

            if( ulBelow( 2U ) == 0U )
            {
                vPortFree( pvBefore );
                pvBefore = NULL;
            }

            if( ulBelow( 2U ) == 0U )
            {
                vPortFree( pvBehind );
                pvBehind = NULL;
            }

            pucNew = pvPortRealloc( puc, 4U * ( 1U + ulBelow( 120U ) ) );
            xNew = xPortGetAllocationSize( pucNew ) & ~( size_t ) 3U;
            xKept = ( xNew < xOld ) ? xNew : xOld;
            ulSmaller += ( xNew < xOld ) ? 1U : 0U;
            ulMoved += ( pucNew < puc ) ? 1U : 0U;
            ulElsewhere += ( pucNew > puc ) ? 1U : 0U;
            CHECK( prvMarked() == xKept / 4U );
            vPortFree( pucNew );
            CHECK( prvMarked() == 0U );
            vPortFree( pvBehind );
            vPortFree( pvLast );
            vPortFree( pvBefore );
        }

        CHECK( ( ulSmaller > 30U ) && ( ulElsewhere > 10U ) && ( ( ulMoved > 10U ) || ( FIRMHEAP_INTEGRITY > 2 ) ) );
    }
#endif /* memoryCLEAR */

void vDirected( void )
{
    const size_t xFree = xPortGetFreeHeapSize();

    prvSizes();
    prvAlignments();
    prvMisuse();
    #ifdef memoryCLEAR
        prvCleared();
    #endif
    CHECK( xPortGetFreeHeapSize() == xFree );
    vRecordsClear();
}
