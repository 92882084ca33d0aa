/* SPDX-License-Identifier: MIT
 *
 * Strings: three writers grow sentences word by word, as firmware without realloc does: allocate the
 * longer one, copy, free the shorter one.
 */
#include <string.h>

#include "blocks.h"
#include "demo.h"
#include "print.h"
#include "pseudo_random.h"
#include "sabotage.h"

#define stringsWRITERS      3U
#define stringsSENTENCES    12U
#define stringsLONGEST      400U

static const char * const pcWords[] =
{
    "region", "block", "header", "payload", "a", "free", "list", "bounded", "of", "coalescing", "in",
    "allocation", "the", "microcontroller", "task", "and", "queue", "scheduler", "or", "fit"
};

typedef struct
{
    TaskHandle_t xOwner;
    uint32_t ulSeed;
} Writer_t;

/*-----------------------------------------------------------*/

static const char * prvNextWord( Random_t * pxRandom )
{
    const uint32_t ulLast = ( uint32_t ) ( sizeof( pcWords ) / sizeof( pcWords[ 0 ] ) ) - 1U;

    return pcWords[ ulRandomBetween( pxRandom, 0U, ulLast ) ];
}
/*-----------------------------------------------------------*/

/* Returns a longer string; the old one is freed. */
static char * prvAppend( char * pcOld, const char * pcWord )
{
    const size_t uxOld = strlen( pcOld );
    const size_t uxWord = strlen( pcWord );
    char * pcNew = pvBlockTake( uxOld + uxWord + 2U );

    ( void ) memcpy( pcNew, pcOld, uxOld );
    ( void ) memcpy( pcNew + uxOld, pcWord, uxWord );
    ( void ) memcpy( pcNew + uxOld + uxWord, " ", 2U );
    vBlockSeal( pcNew );
    vBlockGive( pcOld );

    return pcNew;
}
/*-----------------------------------------------------------*/

/* Says the sentence again, from the same seed, and compares. */
static void prvCompare( const char * pcText, Random_t xRandom )
{
    while( *pcText != '\0' )
    {
        const char * pcWord = prvNextWord( &xRandom );
        const size_t uxWord = strlen( pcWord );

        if( ( strncmp( pcText, pcWord, uxWord ) != 0 ) || ( pcText[ uxWord ] != ' ' ) )
        {
            vFail( "strings: a sentence is not what was written" );
        }

        pcText += uxWord + 1U;
    }
}
/*-----------------------------------------------------------*/

static void vWriter( void * pvWriter )
{
    const Writer_t * pxWriter = pvWriter;
    Random_t xRandom = xRandomFrom( pxWriter->ulSeed );

    for( uint32_t ulSentence = 0U; ulSentence < stringsSENTENCES; ulSentence++ )
    {
        const Random_t xBeginning = xRandom;
        char * pcText = pvBlockTake( 1U );

        pcText[ 0 ] = '\0';
        vBlockSeal( pcText );

        while( strlen( pcText ) < stringsLONGEST )
        {
            pcText = prvAppend( pcText, prvNextWord( &xRandom ) );
        }

        prvCompare( pcText, xBeginning );

        #if ( demoSABOTAGE == sabotageOVERFLOW )
            pcText[ strlen( pcText ) + 1U ] ^= 0x20;
        #endif

        vBlockGive( pcText );
        vDemoStep( eStrings );
    }

    vDemoSignal( pxWriter->xOwner );
    vDemoTaskDone();
}
/*-----------------------------------------------------------*/

void vStringsOwner( void * pvDay )
{
    Writer_t * pxWriters[ stringsWRITERS ];

    for( uint32_t ulWriter = 0U; ulWriter < stringsWRITERS; ulWriter++ )
    {
        pxWriters[ ulWriter ] = pvBlockTake( sizeof( Writer_t ) );
        pxWriters[ ulWriter ]->xOwner = xTaskGetCurrentTaskHandle();
        pxWriters[ ulWriter ]->ulSeed = 500U + ( ( uint32_t ) ( uintptr_t ) pvDay * 10U ) + ulWriter;
        vBlockSeal( pxWriters[ ulWriter ] );
        ( void ) xDemoCreate( vWriter, "writer", pxWriters[ ulWriter ], demoWORKER_PRIORITY, 32U );
    }

    vDemoAwaitSignals( stringsWRITERS );

    for( uint32_t ulWriter = 0U; ulWriter < stringsWRITERS; ulWriter++ )
    {
        vBlockGive( pxWriters[ ulWriter ] );
    }

    vDemoPartDone( eStrings );
}
