/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>

#include "board.h"
#include "print.h"

#define printLINE_BYTES    160U

typedef struct
{
    char cText[ printLINE_BYTES ];
    size_t uxLength;
} Line_t;

static void prvAppend( Line_t * pxLine, char cCharacter )
{
    if( pxLine->uxLength < printLINE_BYTES )
    {
        pxLine->cText[ pxLine->uxLength++ ] = cCharacter;
    }
}
/*-----------------------------------------------------------*/

static void prvAppendNumber( Line_t * pxLine, unsigned long ulNumber )
{
    char cDigits[ 3U * sizeof( ulNumber ) ];
    size_t uxDigits = 0U;

    do
    {
        cDigits[ uxDigits++ ] = ( char ) ( '0' + ( int ) ( ulNumber % 10U ) );
        ulNumber /= 10U;
    } while( ulNumber != 0U );

    while( uxDigits > 0U )
    {
        prvAppend( pxLine, cDigits[ --uxDigits ] );
    }
}
/*-----------------------------------------------------------*/

static void prvAppendString( Line_t * pxLine, const char * pcText )
{
    while( *pcText != '\0' )
    {
        prvAppend( pxLine, *pcText++ );
    }
}
/*-----------------------------------------------------------*/

static void prvFormat( Line_t * pxLine, const char * pcFormat, va_list xArguments )
{
    for( ; *pcFormat != '\0'; pcFormat++ )
    {
        if( *pcFormat != '%' )
        {
            prvAppend( pxLine, *pcFormat );
            continue;
        }

        switch( *++pcFormat )
        {
            case 's':
                prvAppendString( pxLine, va_arg( xArguments, const char * ) );
                break;

            case 'u':
                prvAppendNumber( pxLine, va_arg( xArguments, unsigned ) );
                break;

            case 'l': /* only as "%lu" */
                pcFormat++;
                prvAppendNumber( pxLine, va_arg( xArguments, unsigned long ) );
                break;

            default:
                prvAppend( pxLine, *pcFormat );
                break;
        }
    }
}
/*-----------------------------------------------------------*/

void vPrint( const char * pcFormat, ... )
{
    Line_t xLine = { .uxLength = 0U };
    va_list xArguments;

    va_start( xArguments, pcFormat );
    prvFormat( &xLine, pcFormat, xArguments );
    va_end( xArguments );

    vBoardWrite( xLine.cText, xLine.uxLength );
}
/*-----------------------------------------------------------*/

void vFail( const char * pcFormat, ... )
{
    Line_t xLine = { .uxLength = 0U };
    va_list xArguments;

    prvAppendString( &xLine, "FAILED: " );
    va_start( xArguments, pcFormat );
    prvFormat( &xLine, pcFormat, xArguments );
    va_end( xArguments );
    prvAppend( &xLine, '\n' );

    vBoardWrite( xLine.cText, xLine.uxLength );
    vBoardExit( 1 );
}
