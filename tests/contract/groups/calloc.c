/* SPDX-License-Identifier: MIT */

/* calloc.c: contract 8.3.  An overflow is silent, a zero request is a malloc( 0 ),
 * and what is served is zero throughout. */

#include "contract.h"

const char * const pcContractGroup = "calloc";
const uint32_t ulContractSeconds = 10;

static void prvOverflow( void )
{
    const size_t uxHalf = ( size_t ) 1 << ( sizeof( size_t ) * 4U );
    const size_t uxPairs[][ 2 ] =
    {
        { contractSIZE_MAX,           2U                          },
        { 2U,                         contractSIZE_MAX            },
        { contractSIZE_MAX,           contractSIZE_MAX            },
        { contractSIZE_MAX / 2U + 1U, 2U                          },
        { 2U,                         contractSIZE_MAX / 2U + 1U  },
        { uxHalf,                     uxHalf                      },
        { uxHalf + 1U,                uxHalf                      },
        { contractSIZE_MAX / 3U + 1U, 3U                          },
        { 3U,                         contractSIZE_MAX / 3U + 2U  },
        { contractSIZE_MAX / 8U + 2U, 8U                          }
    };

    vHeapReadyAndUsed();

    for( size_t ux = 0; ux < sizeof( uxPairs ) / sizeof( uxPairs[ 0 ] ); ux++ )
    {
        vLogClear();
        CHECK_EQ( ( uintptr_t ) pvPortCalloc( uxPairs[ ux ][ 0 ], uxPairs[ ux ][ 1 ] ), 0 );
        CHECK_LOG( "" );
    }

    vWorkload( 11 );
}

/* Products that fit, but not into any heap: an ordinary refusal. */
static void prvTooLarge( void )
{
    const size_t uxPairs[][ 2 ] =
    {
        { contractSIZE_MAX,      1U               },
        { 1U,                    contractSIZE_MAX },
        { contractSIZE_MAX / 2U, 2U               },
        { contractSIZE_MAX / 3U, 3U               },
        { CONTRACT_HEAP_BYTES,   1U               },
        { 256U,                  CONTRACT_HEAP_BYTES }
    };

    vHeapReadyAndUsed();

    for( size_t ux = 0; ux < sizeof( uxPairs ) / sizeof( uxPairs[ 0 ] ); ux++ )
    {
        vLogClear();
        CHECK_EQ( ( uintptr_t ) pvPortCalloc( uxPairs[ ux ][ 0 ], uxPairs[ ux ][ 1 ] ), 0 );
        CHECK_LOG( "SmRH" );
        #if ( CONTRACT_TRACE == 1 )
            CHECK_EQ( xLastMalloc.uxBytes, 0 );
        #endif
    }

    vWorkload( 12 );
}

static void prvZero( void )
{
    const size_t uxPairs[][ 2 ] = { { 0, 0 }, { 0, 5 }, { 5, 0 }, { 0, contractSIZE_MAX }, { contractSIZE_MAX, 0 } };

    vHeapReadyAndUsed();

    for( size_t ux = 0; ux < sizeof( uxPairs ) / sizeof( uxPairs[ 0 ] ); ux++ )
    {
        vLogClear();
        CHECK_EQ( ( uintptr_t ) pvPortCalloc( uxPairs[ ux ][ 0 ], uxPairs[ ux ][ 1 ] ), 0 );
        CHECK_LOG( "SmRH" );
        #if ( CONTRACT_TRACE == 1 )
            CHECK_EQ( ( uintptr_t ) xLastMalloc.pvPayload, 0 );
            CHECK_EQ( xLastMalloc.uxBytes, 0 );
        #endif
    }
}

static size_t prvNotZero( const uint8_t * puc, size_t uxBytes )
{
    size_t uxCount = 0;

    for( size_t ux = 0; ux < uxBytes; ux++ )
    {
        uxCount += ( puc[ ux ] != 0U ) ? 1U : 0U;
    }

    return uxCount;
}

/* All memory is dirty before; every byte asked for must be zero after. */
static void prvZeroed( void )
{
    size_t uxLargest;

    vHeapReadyAndUsed();
    uxLargest = uxLargestRequest();

    for( size_t uxNumber = 1; uxNumber <= 40U; uxNumber++ )
    {
        for( size_t uxSize = 1; uxSize <= 40U; uxSize += 3U )
        {
            uint8_t * puc = pvPortMalloc( uxLargest );

            CHECK( puc != NULL );
            memset( puc, 0xA5, uxLargest );
            vPortFree( puc );
            vLogClear();
            puc = pvPortCalloc( uxNumber, uxSize );
            CHECK( puc != NULL );
            CHECK_LOG( "SmR" );
            CHECK_EQ( prvNotZero( puc, uxNumber * uxSize ), 0 );
            #if ( ( CONTRACT_KERNEL == 1 ) && ( CONTRACT_CLEAR == 0 ) )
                /* Exactly so much: the padding keeps what was there. */
                if( ( ( uxNumber * uxSize ) % CONTRACT_ALIGNMENT ) != 0U )
                {
                    CHECK_EQ( puc[ uxNumber * uxSize ], 0xA5 );
                }
            #endif
            vPortFree( puc );
        }
    }

    vWorkload( 13 );
}

/* A neighbour of the zeroed range keeps its content. */
static void prvNeighbours( void )
{
    uint8_t * pucLeft, * puc, * pucRight;

    vHeapReadyAndUsed();

    for( size_t ux = 1; ux < 200U; ux++ )
    {
        pucLeft = pvPortMalloc( 24 );
        puc = pvPortMalloc( ux );
        pucRight = pvPortMalloc( 24 );
        vFill( pucLeft, 24, 1 );
        vFill( puc, ux, 2 );
        vFill( pucRight, 24, 3 );
        vPortFree( puc );
        puc = pvPortCalloc( 1, ux );
        CHECK( puc != NULL );
        CHECK_EQ( prvNotZero( puc, ux ), 0 );
        vVerify( pucLeft, 24, 1 );
        vVerify( pucRight, 24, 3 );
        vPortFree( pucRight );
        vPortFree( puc );
        vPortFree( pucLeft );
    }
}

const ContractCase_t xContractCases[] =
{
    { "overflow",   prvOverflow,   RETURNS, RETURNS, "3.4" },
    { "too_large",  prvTooLarge,   RETURNS, RETURNS, "3.4" },
    { "zero",       prvZero,       RETURNS, RETURNS, "3.4" },
    { "zeroed",     prvZeroed,     RETURNS, RETURNS, "3.4" },
    { "neighbours", prvNeighbours, RETURNS, RETURNS, "3.4" },
    { NULL, NULL, 0, 0, NULL }
};
