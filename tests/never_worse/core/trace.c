/* SPDX-License-Identifier: MIT */

/*
 * trace.c: recorded programs as text, one event a line:
 *   m id bytes | c id bytes | a id alignment bytes | r old new bytes | f id      and perhaps @task
 * The portable layer has no realloc and no alignment above its own: r is malloc, copy, free, and a is m.
 */

#include "never_worse.h"

#include <stdio.h>
#include <stdlib.h>

static void prvGiveUp( const char * pcPath, const char * pcLine )
{
    ( void ) fprintf( stderr, "%s: not understood: %s\n", pcPath, pcLine );
    exit( 3 );
}

/* Block ids are never used twice, so an id is a slot; only a reallocated block changes its name. */
static uint32_t prvSlot( Program_t * pxProgram, uint32_t ** ppulSlots, uint32_t * pulRoom, uint32_t ulId, int iNew )
{
    while( ulId >= *pulRoom )
    {
        *ppulSlots = realloc( *ppulSlots, ( *pulRoom + 65536U ) * sizeof( uint32_t ) );
        *pulRoom += ( *ppulSlots != NULL ) ? 65536U : 0U;
    }

    if( iNew )
    {
        ( *ppulSlots )[ ulId ] = pxProgram->ulSlots++;
    }

    return ( *ppulSlots )[ ulId ];
}

void vReadTrace( Program_t * pxProgram, const char * pcPath )
{
    static char cLine[ 256 ];
    uint32_t * pulSlots = NULL, ulRoom = 0, ulOpsRoom = 0, ulId, ulSecond, ulThird;
    FILE * pxFile = fopen( pcPath, "r" );

    if( pxFile == NULL )
    {
        perror( pcPath );
        exit( 3 );
    }

    while( fgets( cLine, sizeof( cLine ), pxFile ) != NULL )
    {
        const int iFields = sscanf( cLine + 1, "%u %u %u", &ulId, &ulSecond, &ulThird );
        Op_t xOp = { 0, 0 };

        if( ( cLine[ 0 ] == '#' ) || ( cLine[ 0 ] == '\n' ) )
        {
            continue;
        }

        if( ( cLine[ 0 ] == 'f' ) && ( iFields >= 1 ) )
        {
            xOp.ulSlot = prvSlot( pxProgram, &pulSlots, &ulRoom, ulId, 0 );
        }
        else if( ( ( cLine[ 0 ] == 'm' ) || ( cLine[ 0 ] == 'c' ) ) && ( iFields >= 2 ) )
        {
            xOp = ( Op_t ) { prvSlot( pxProgram, &pulSlots, &ulRoom, ulId, 1 ), ulSecond };
        }
        else if( ( cLine[ 0 ] == 'a' ) && ( iFields >= 3 ) && ( ulSecond <= 8U ) )
        {
            xOp = ( Op_t ) { prvSlot( pxProgram, &pulSlots, &ulRoom, ulId, 1 ), ulThird };
        }
        else if( ( cLine[ 0 ] == 'r' ) && ( iFields >= 3 ) )
        {
            xOp = ( Op_t ) { prvSlot( pxProgram, &pulSlots, &ulRoom, ulId, 0 ), ulThird };
            ( void ) prvSlot( pxProgram, &pulSlots, &ulRoom, ulSecond, 0 );
            pulSlots[ ulSecond ] = xOp.ulSlot;
            xOp.ulSlot |= nwRESIZE;
        }
        else
        {
            prvGiveUp( pcPath, cLine );
        }

        if( ( cLine[ 0 ] != 'f' ) && ( xOp.ulBytes == 0U ) )
        {
            prvGiveUp( pcPath, cLine );
        }

        if( pxProgram->ulOps == ulOpsRoom )
        {
            ulOpsRoom += 65536U;
            pxProgram->pxOps = realloc( pxProgram->pxOps, ulOpsRoom * sizeof( Op_t ) );
        }

        pxProgram->pxOps[ pxProgram->ulOps++ ] = xOp;
    }

    ( void ) fclose( pxFile );
    free( pulSlots );
    pxProgram->pcKind = "recorded";
    vMeasureProgram( pxProgram );
}

/* The same text; the reader takes it back. */
void vWriteTrace( const Program_t * pxProgram )
{
    uint32_t * const pulIds = calloc( pxProgram->ulSlots, sizeof( uint32_t ) );
    uint32_t ulNext = 1;

    for( uint32_t ul = 0; ul < pxProgram->ulOps; ul++ )
    {
        const Op_t xOp = pxProgram->pxOps[ ul ];
        uint32_t * const pulId = &pulIds[ xOp.ulSlot & ~nwRESIZE ];

        if( xOp.ulBytes == 0U )
        {
            ( void ) printf( "f %u\n", *pulId );
        }
        else if( ( xOp.ulSlot & nwRESIZE ) != 0U )
        {
            ( void ) printf( "r %u %u %u\n", *pulId, ulNext, xOp.ulBytes );
            *pulId = ulNext++;
        }
        else
        {
            ( void ) printf( "m %u %u\n", ulNext, xOp.ulBytes );
            *pulId = ulNext++;
        }
    }

    free( pulIds );
}
