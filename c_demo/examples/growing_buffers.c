/* SPDX-License-Identifier: MIT
 *
 * A log that grows line by line with pvPortRealloc(), and buffers for a DMA that wants whole cache lines: how much is copied,
 * how much memory it takes, and what is wrong use.
 */
#include <string.h>

#include "example.h"
#include "firmheap_faults.h"
#include "firmheap_memory.h"

#define LINES         40U
#define CACHE_LINE    32U

/* A text that grows as much as it has to. */
typedef struct Text
{
    char * pc;
    size_t xUsed;
    uint32_t ulMoves; /* how often it is at another address than before */
} Text_t;

static BaseType_t prvAppend( Text_t * px, const char * pcLine )
{
    const size_t xLine = strlen( pcLine );
    char * pc = pvPortRealloc( px->pc, px->xUsed + xLine + 1U );

    if( pc == NULL )
    {
        return pdFAIL; /* the text so far is where it was */
    }

    px->ulMoves += ( pc != px->pc ) ? 1U : 0U;
    px->pc = pc;
    ( void ) memcpy( pc + px->xUsed, pcLine, xLine + 1U );
    px->xUsed += xLine;

    return pdPASS;
}

static void prvLog( void )
{
    static const char cLine[] = "a line of the log\n";
    const size_t xBefore = xPortGetFreeHeapSize();
    Text_t xText = { NULL, 0U, 0U };

    for( uint32_t ul = 0; ul < LINES; ul++ )
    {
        CHECK( prvAppend( &xText, cLine ) == pdPASS );
    }

    CHECK( xText.xUsed == LINES * ( sizeof( cLine ) - 1U ) );
    CHECK( strncmp( xText.pc + xText.xUsed - 18U, cLine, 18U ) == 0 );

    /* Memory behind it is free, so that it never moves: the first address is the only one. */
    CHECK( xText.ulMoves == 1U );
    CHECK( xBefore - xPortGetFreeHeapSize() < xText.xUsed + 32U );

    /* More than there is: refused, and the text is whole. */
    CHECK( pvPortRealloc( xText.pc, xPortGetFreeHeapSize() + xText.xUsed + 64U ) == NULL );
    CHECK( strlen( xText.pc ) == xText.xUsed );
    CHECK( pvPortReallocArray( xText.pc, SIZE_MAX / 2U, 4U ) == NULL );

    /* The last line only; the rest goes back. */
    ( void ) memmove( xText.pc, xText.pc + xText.xUsed - 18U, 19U );
    xText.pc = pvPortRealloc( xText.pc, 19U );
    CHECK( ( xText.pc != NULL ) && ( strcmp( xText.pc, cLine ) == 0 ) );
    CHECK( xBefore - xPortGetFreeHeapSize() <= 64U );
    vPrint( "%u lines, copied to another place %u times\n", ( unsigned ) LINES, ( unsigned ) ( xText.ulMoves - 1U ) );
    CHECK( pvPortRealloc( xText.pc, 0U ) == NULL ); /* the same as vPortFree() */
    CHECK( xPortGetFreeHeapSize() == xBefore );
}

static void prvBuffers( void )
{
    const size_t xBefore = xPortGetFreeHeapSize();
    uint8_t * pucBuffers[ 8 ];

    for( uint32_t ul = 0; ul < 8U; ul++ )
    {
        pucBuffers[ ul ] = pvPortAlignedAlloc( CACHE_LINE, 4U * CACHE_LINE );
        CHECK( pucBuffers[ ul ] != NULL );
        CHECK( ( ( uintptr_t ) pucBuffers[ ul ] % CACHE_LINE ) == 0U );
        CHECK( xPortGetAllocationSize( pucBuffers[ ul ] ) >= 4U * CACHE_LINE );
    }

    /* The memory before each is free for others: a small block finds room there. */
    void * pvSmall = pvPortMalloc( 8U );

    CHECK( ( ( uint8_t * ) pvSmall > pucBuffers[ 0 ] - 64U ) && ( ( uint8_t * ) pvSmall < pucBuffers[ 7 ] ) );
    vPrint( "8 buffers of 128 bytes take %u bytes\n", ( unsigned ) ( xBefore - xPortGetFreeHeapSize() ) );
    vPortFree( pvSmall );

    for( uint32_t ul = 0; ul < 8U; ul++ )
    {
        vPortFree( pucBuffers[ ul ] );
    }

    CHECK( xPortGetFreeHeapSize() == xBefore );
}

static void prvMisuse( void )
{
    static uint32_t ulMine; /* a task's own variables are in the heap: on its stack */
    void * pv = pvPortMalloc( 100U );

    CHECK_FAULT( FIRMHEAP_FAULT_BAD_ALIGNMENT, CHECK( pvPortAlignedAlloc( 24U, 100U ) == NULL ) );
    CHECK_FAULT( FIRMHEAP_FAULT_BAD_ALIGNMENT, CHECK( pvPortAlignedAlloc( 0U, 100U ) == NULL ) );
    vPortFree( pv );
    CHECK_FAULT( FIRMHEAP_FAULT_DOUBLE_FREE, CHECK( pvPortRealloc( pv, 200U ) == NULL ) );
    CHECK_FAULT( FIRMHEAP_FAULT_FOREIGN_POINTER, CHECK( pvPortRealloc( &ulMine, 200U ) == NULL ) );
}

void vExample( void )
{
    prvLog();
    prvBuffers();
    prvMisuse();
    CHECK( xPortHeapCheck() == pdPASS );
}
