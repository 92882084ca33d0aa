/* SPDX-License-Identifier: MIT */
/* Everything that can be seen of the two heaps is the same, or the run ends with what is not. */
#include <string.h>

#include "twin.h"

uint32_t ulOperation;
uint32_t ulStride = 1;
static uint32_t ulListIsStale = 1;

static void prvDiffers( const char * pcWhat, const char * pcOf, size_t uxKernel, size_t uxOurs )
{
    vWrite( "DIFFERS after operation " );
    vWriteNumber( ulOperation );
    vWrite( " (" );
    vWrite( pcWhat );
    vWrite( "), " );
    vWrite( pcOf );
    vWrite( ":" );
    vField( "kernel", ( uint32_t ) uxKernel );
    vField( "ours", ( uint32_t ) uxOurs );
    vWrite( "\n" );
    vExit( 1 );
}

static void prvSame( const char * pcWhat, const char * pcOf, size_t uxKernel, size_t uxOurs )
{
    if( uxKernel != uxOurs )
    {
        prvDiffers( pcWhat, pcOf, uxKernel, uxOurs );
    }
}

/* heap_3's blocks are the C library's: where they are is its affair. */
static size_t prvPlace( const Side_t * pxSide, const void * pv )
{
    if( pv == NULL )
    {
        return SIZE_MAX;
    }

    return ( TWIN_SCHEME == 3 ) ? 0U : ( size_t ) ( ( uintptr_t ) pv - ( uintptr_t ) pxSide->pucHeap );
}

void vForgetList( void )
{
    ulListIsStale = 1;
}

void vListIsNew( void )
{
    ulListIsStale = 0;
}

static void prvCompareStats( const char * pcWhat )
{
    HeapStats_t xOf, xIs;

    pxNow = &xKernel;
    xKernel.vStats( &xOf );
    pxNow = &xOurs;
    xOurs.vStats( &xIs );

    prvSame( pcWhat, "xAvailableHeapSpaceInBytes", xOf.xAvailableHeapSpaceInBytes, xIs.xAvailableHeapSpaceInBytes );
    prvSame( pcWhat, "xMinimumEverFreeBytesRemaining", xOf.xMinimumEverFreeBytesRemaining, xIs.xMinimumEverFreeBytesRemaining );
    prvSame( pcWhat, "xNumberOfSuccessfulAllocations", xOf.xNumberOfSuccessfulAllocations, xIs.xNumberOfSuccessfulAllocations );
    prvSame( pcWhat, "xNumberOfSuccessfulFrees", xOf.xNumberOfSuccessfulFrees, xIs.xNumberOfSuccessfulFrees );

    if( ulListIsStale == 0U )
    {
        prvSame( pcWhat, "xSizeOfLargestFreeBlockInBytes", xOf.xSizeOfLargestFreeBlockInBytes, xIs.xSizeOfLargestFreeBlockInBytes );
        prvSame( pcWhat, "xSizeOfSmallestFreeBlockInBytes", xOf.xSizeOfSmallestFreeBlockInBytes, xIs.xSizeOfSmallestFreeBlockInBytes );
        prvSame( pcWhat, "xNumberOfFreeBlocks", xOf.xNumberOfFreeBlocks, xIs.xNumberOfFreeBlocks );
    }
}

void vCompare( const char * pcWhat, const void * pvKernel, const void * pvOurs )
{
    Record_t * pxOf = &xKernel.xRecord;
    const Record_t * pxIs = &xOurs.xRecord;

    ulOperation++;

    /* The kernel's protector takes the last mark for a damaged link (docs/DEVIATIONS.md, "Out of memory with the
     * protector"). */
    if( ( TWIN_SCHEME == 5 ) && ( TWIN_PROTECTOR == 1 ) && ( pvKernel == NULL ) && ( pxOf->ulAsserts > pxIs->ulAsserts ) )
    {
        pxOf->ulAsserts = pxIs->ulAsserts;
    }

    prvSame( pcWhat, "result", prvPlace( &xKernel, pvKernel ), prvPlace( &xOurs, pvOurs ) );
    prvSame( pcWhat, "suspensions", pxOf->ulSuspensions, pxIs->ulSuspensions );
    prvSame( pcWhat, "nesting", pxOf->ulNesting, pxIs->ulNesting );
    prvSame( pcWhat, "calls of traceMALLOC", pxOf->ulTracedMallocs, pxIs->ulTracedMallocs );
    prvSame( pcWhat, "calls of traceFREE", pxOf->ulTracedFrees, pxIs->ulTracedFrees );
    prvSame( pcWhat, "traced bytes", pxOf->uxTracedBytes, pxIs->uxTracedBytes );
    prvSame( pcWhat, "traced address", pxOf->uxTracedAt, pxIs->uxTracedAt );
    prvSame( pcWhat, "calls out of place", pxOf->ulOutOfPlace, pxIs->ulOutOfPlace );
    prvSame( pcWhat, "calls of the failed hook", pxOf->ulHooks, pxIs->ulHooks );
    prvSame( pcWhat, "asserts", pxOf->ulAsserts, pxIs->ulAsserts );

    if( xKernel.xFreeBytes != NULL )
    {
        prvSame( pcWhat, "free bytes", xKernel.xFreeBytes(), xOurs.xFreeBytes() );
    }

    if( xKernel.xFreeBytesMin != NULL )
    {
        prvSame( pcWhat, "minimum ever", xKernel.xFreeBytesMin(), xOurs.xFreeBytesMin() );
    }

    /* A stale list that was encoded leads the kernel's file anywhere. */
    if( ( xKernel.vStats != NULL ) && ( ( ulOperation % ulStride ) == 0U ) && ( ( TWIN_PROTECTOR == 0 ) || ( ulListIsStale == 0U ) ) )
    {
        prvCompareStats( pcWhat );
    }
}

/* The arrays, word by word: the same, or a link to the same place. The last link of heap_2 leads to a variable of
 * either side. With a protector links are told apart by nothing, so only the traffic is compared then. */
void vCompareMemory( void )
{
    #if ( TWIN_SCHEME != 3 ) && ( TWIN_PROTECTOR == 0 )
    {
        const uintptr_t uxFrom = ( 4U - ( uintptr_t ) xKernel.pucHeap % 4U ) % 4U;
        uintptr_t ux;

        for( ux = uxFrom; ux + 4U <= TWIN_HEAP_BYTES; ux += 4U )
        {
            uint32_t ulOf, ulIs;

            memcpy( &ulOf, &xKernel.pucHeap[ ux ], 4U );
            memcpy( &ulIs, &xOurs.pucHeap[ ux ], 4U );

            if( ( ulOf != ulIs ) && ( ( ulOf - ( uintptr_t ) xKernel.pucHeap ) != ( ulIs - ( uintptr_t ) xOurs.pucHeap ) ) )
            {
                const int iOutside = ( ( ulOf - ( uintptr_t ) xKernel.pucHeap ) >= TWIN_HEAP_BYTES ) &&
                                     ( ( ulIs - ( uintptr_t ) xOurs.pucHeap ) >= TWIN_HEAP_BYTES ) && ( ulOf != 0U ) && ( ulIs != 0U );

                if( ( TWIN_SCHEME != 2 ) || !iOutside )
                {
                    prvDiffers( "memory", "the word at this place of the array", ux, ux );
                }
            }
        }
    }
    #endif
}
