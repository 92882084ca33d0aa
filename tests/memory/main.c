/* SPDX-License-Identifier: MIT
 *
 * The records of memory.h, the heap's memory, and the order of the tests.
 */
#include "memory.h"

Records_t xRecords;

static int32_t lDepth;
static size_t xTold, xLeast;    /* free bytes, as the traces tell */
static uint32_t ulOrder;
static uint32_t ulState = 1U;

/*------------------------- the kernel -------------------------*/

void vTaskSuspendAll( void )
{
    lDepth++;
}

BaseType_t xTaskResumeAll( void )
{
    lDepth--;

    return pdFALSE;
}

void vPortEnterCritical( void )
{
    lDepth++;
}

void vPortExitCritical( void )
{
    lDepth--;
}

void vApplicationGetRandomHeapCanary( portPOINTER_SIZE_TYPE * pxCanary )
{
    *pxCanary = ( portPOINTER_SIZE_TYPE ) 0x5EEDCAFE;
}

/*------------------------- what the heap tells -------------------------*/

void vRecordsClear( void )
{
    ( void ) memset( &xRecords, 0, sizeof( xRecords ) );
    ulOrder = 0;
}

static void prvNote( char c )
{
    if( ulOrder + 1U < sizeof( xRecords.acOrder ) )
    {
        xRecords.acOrder[ ulOrder++ ] = c;
    }
}

void vMemoryTraceMalloc( void * pv, size_t xBytes )
{
    CHECK( lDepth == 1 );

    if( pv == NULL )
    {
        CHECK( xBytes == 0U );
        xRecords.ulRefusals++;
        prvNote( 'R' );
    }
    else
    {
        xRecords.ulMallocs++;
        xTold -= xBytes;
        xLeast = ( xTold < xLeast ) ? xTold : xLeast;
        prvNote( 'M' );
    }
}

void vMemoryTraceFree( void * pv, size_t xBytes )
{
    CHECK( ( lDepth == 1 ) && ( pv != NULL ) );
    xRecords.ulFrees++;
    xTold += xBytes;
    prvNote( 'F' );
}

void vApplicationMallocFailedHook( void )
{
    CHECK( lDepth == 0 );
    xRecords.ulHooks++;
}

void vApplicationHeapFaultHook( const HeapFault_t * pxFault )
{
    CHECK( lDepth == 0 );
    xRecords.ulKind = ( xRecords.ulFaults == 0U ) ? pxFault->ulKind : xRecords.ulKind;
    xRecords.ulFaults++;
}

void vMemoryAsserted( void )
{
    CHECK( lDepth == 0 );
    xRecords.ulAsserts++;
}

void vWrong( const char * pcFile, int iLine, const char * pcText )
{
    ( void ) printf( "%s:%d: %s\n", pcFile, iLine, pcText );
    ( void ) printf( "told %s, faults %u, kind %u\n", xRecords.acOrder, ( unsigned ) xRecords.ulFaults, ( unsigned ) xRecords.ulKind );
    exit( 1 );
}

void vBalanced( const char * pcFile, int iLine )
{
    const uint32_t ulWrong = ( lDepth != 0 ) ? 1U : ( xPortGetFreeHeapSize() != xTold ) ? 2U :
                             ( xPortGetMinimumEverFreeHeapSize() != xLeast ) ? 3U : 0U;

    if( ulWrong != 0U )
    {
        ( void ) printf( "depth %d, free %lu told %lu, least %lu told %lu\n", ( int ) lDepth, ( unsigned long ) xPortGetFreeHeapSize(),
                         ( unsigned long ) xTold, ( unsigned long ) xPortGetMinimumEverFreeHeapSize(), ( unsigned long ) xLeast );
        vWrong( pcFile, iLine, "suspension, free bytes or the fewest ever are not what was told" );
    }
}

/*------------------------- numbers -------------------------*/

uint32_t ulRandom( void )
{
    ulState ^= ulState << 13;
    ulState ^= ulState >> 17;
    ulState ^= ulState << 5;

    return ulState;
}

uint32_t ulBelow( uint32_t ulLimit )
{
    return ( uint32_t ) ( ( ( uint64_t ) ulRandom() * ulLimit ) >> 32 );
}

uint32_t ulSize( uint32_t ulLargest )
{
    uint32_t ulOctaves = 0, ulTop;

    while( ( ulLargest >> ulOctaves ) != 0U )
    {
        ulOctaves++;
    }

    ulTop = 1UL << ulBelow( ulOctaves );
    ulTop += ulBelow( ulTop );

    return ( ulTop < ulLargest ) ? ulTop : ulLargest;
}

/*------------------------- the memory -------------------------*/

#if ( FIRMHEAP_USE_REGIONS == 1 )
    static uint8_t __attribute__( ( aligned( 64 ) ) ) ucMemory[ memoryHEAP_BYTES ];
    #define memoryTHIRD    ( memoryHEAP_BYTES / 3U )
    const Piece_t xPieces[] =
    {
        { ucMemory, memoryTHIRD - 40U },
        { ucMemory + memoryTHIRD, memoryTHIRD - 8U },
        { ucMemory + ( 2U * memoryTHIRD ) + 4U, memoryTHIRD - 4U },
    };
    const size_t xPiecesCount = 3U;

    void vHeapBegins( void )
    {
        HeapRegion_t xRegions[ 4 ] = { { NULL, 0 } };

        for( size_t x = 0; x < xPiecesCount; x++ )
        {
            xRegions[ x ].pucStartAddress = xPieces[ x ].pucStart;
            xRegions[ x ].xSizeInBytes = xPieces[ x ].xBytes;
        }

        vPortDefineHeapRegions( xRegions );
        xTold = xPortGetFreeHeapSize();
        xLeast = xTold;
    }
#else
    uint8_t __attribute__( ( aligned( 64 ) ) ) ucHeap[ configTOTAL_HEAP_SIZE ];
    const Piece_t xPieces[] = { { ucHeap, sizeof( ucHeap ) } };
    const size_t xPiecesCount = 1U;

    void vHeapBegins( void )
    {
        /* An extension may be the first request of all: it sets the heap up. */
        CHECK( ( xPortGetFreeHeapSize() == 0U ) && ( xPortGetLargestFreeBlockSize() == 0U ) );
        CHECK( pvPortAlignedAlloc( 64U, SIZE_MAX ) == NULL );
        xTold = xPortGetFreeHeapSize();
        xLeast = xTold;
        CHECK( ( xTold > 0U ) && ( xRecords.ulHooks == 1U ) );
    }
#endif

/*-------------------------------------------------------*/

int main( int argc, char ** argv )
{
    ( void ) argc;
    ( void ) argv;
    vHeapBegins();
    CHECK_BALANCED();
    vDirected();
    vDifferential( memoryOPERATIONS / 4U, 7U, 64U, 600U );
    vDifferential( memoryOPERATIONS / 4U, 8U, 200U, ( uint32_t ) ( memoryHEAP_BYTES / 24U ) );
    vDifferential( memoryOPERATIONS / 2U, 9U, 300U, ( uint32_t ) ( memoryHEAP_BYTES / 12U ) );
    ( void ) printf( "passed\n" );

    return 0;
}
