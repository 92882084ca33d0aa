/* SPDX-License-Identifier: MIT
 *
 * One task that allocates, fills, checks and frees, under the running scheduler. */
#include <stdlib.h>
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#define ROUNDS         100U
#define BLOCKS         8U
#define FILL( n )      ( ( int ) ( 0x30U + ( n ) ) )

static int prvHolds( const unsigned char * pucBlock, size_t uxBytes, int lFill )
{
    size_t uxIndex;

    for( uxIndex = 0; uxIndex < uxBytes; uxIndex++ )
    {
        if( pucBlock[ uxIndex ] != ( unsigned char ) lFill )
        {
            return 0;
        }
    }

    return 1;
}

static int prvRound( size_t uxRound )
{
    unsigned char * pucBlocks[ BLOCKS ];
    size_t uxIndex;
    int lGood = 1;

    for( uxIndex = 0; uxIndex < BLOCKS; uxIndex++ )
    {
        pucBlocks[ uxIndex ] = pvPortMalloc( 16U + uxRound + uxIndex );

        if( pucBlocks[ uxIndex ] == NULL )
        {
            exit( 2 );
        }

        memset( pucBlocks[ uxIndex ], FILL( uxIndex ), 16U + uxRound + uxIndex );
    }

    for( uxIndex = 0; uxIndex < BLOCKS; uxIndex++ )
    {
        lGood &= prvHolds( pucBlocks[ uxIndex ], 16U + uxRound + uxIndex, FILL( uxIndex ) );
        vPortFree( pucBlocks[ uxIndex ] );
    }

    return lGood;
}

static void prvTask( void * pvUnused )
{
    const size_t uxFree = xPortGetFreeHeapSize();
    size_t uxRound;

    ( void ) pvUnused;

    for( uxRound = 0; uxRound < ROUNDS; uxRound++ )
    {
        if( !prvRound( uxRound ) )
        {
            exit( 3 );
        }

        if( ( uxRound % 32U ) == 0U )
        {
            vTaskDelay( 1 );
        }
    }

    exit( ( xPortGetFreeHeapSize() == uxFree ) ? 0 : 4 );
}

int main( void )
{
    if( xTaskCreate( prvTask, "task", 1024, NULL, 1, NULL ) != pdPASS )
    {
        return 5;
    }

    vTaskStartScheduler();
    return 6;
}
