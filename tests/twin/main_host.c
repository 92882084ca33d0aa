/* SPDX-License-Identifier: MIT */
/* As a 32-bit program: the job is a file. */
#include <stdio.h>
#include <stdlib.h>

#include "twin.h"

extern void vSummary( void );

void vWrite( const char * pcText )
{
    fputs( pcText, stdout );
}

void vWriteNumber( uint32_t ulNumber )
{
    printf( "%lu", ( unsigned long ) ulNumber );
}

void vField( const char * pcName, uint32_t ulNumber )
{
    printf( " %s=%lu", pcName, ( unsigned long ) ulNumber );
}

void vExit( int iCode )
{
    exit( iCode );
}

int main( int argc, char ** argv )
{
    FILE * pxFile = ( argc == 2 ) ? fopen( argv[ 1 ], "rb" ) : NULL;
    Job_t xJob;
    uint32_t * pulEvents;

    if( ( pxFile == NULL ) || ( fread( &xJob, sizeof( xJob ), 1, pxFile ) != 1 ) || ( xJob.ulMagic != twinMAGIC ) )
    {
        fputs( "error: the one argument is a job file, made by run.py\n", stderr );
        return 2;
    }

    pulEvents = malloc( 8U * xJob.ulEvents + 8U );

    if( ( pulEvents == NULL ) || ( fread( pulEvents, 8, xJob.ulEvents, pxFile ) != xJob.ulEvents ) )
    {
        fputs( "error: the job file is cut short\n", stderr );
        return 2;
    }

    ulStride = xJob.ulStride;
    vRunTrace( pulEvents, xJob.ulEvents );
    vRunRandom( xJob.ulSeed, xJob.ulOperations );
    vSummary();
    return 0;
}
