/* SPDX-License-Identifier: MIT
 *
 * Misuse: requests and pointers no firmware should come up with, and what must happen: NULL, or an
 * assert; and a heap that is as it was before. The asserts are expected here, so they are counted.
 */
#include <stdbool.h>
#include <string.h>

#include "audit.h"
#include "blocks.h"
#include "demo.h"
#include "print.h"

#define misuseBYTES    96U

/*-----------------------------------------------------------*/

static void prvExpectNull( const char * pcWhat, const void * pvBlock )
{
    if( pvBlock != NULL )
    {
        vFail( "misuse: %s gave a block", pcWhat );
    }

    ( void ) xAuditQuiet( pcWhat );
    vDemoStep( eMisuse );
}
/*-----------------------------------------------------------*/

static void prvBadRequests( void )
{
    size_t uxMany = SIZE_MAX / 2U;

    vAuditExpectFailures( 1U );
    prvExpectNull( "pvPortMalloc( 0 )", pvPortMalloc( 0U ) );

    for( size_t uxBelow = 0U; uxBelow < 40U; uxBelow++ )
    {
        vAuditExpectFailures( 1U );
        prvExpectNull( "pvPortMalloc( about SIZE_MAX )", pvPortMalloc( SIZE_MAX - uxBelow ) );
        vAuditExpectFailures( 1U );
        prvExpectNull( "pvPortMalloc( about SIZE_MAX / 2 )", pvPortMalloc( ( SIZE_MAX / 2U ) + 20U - uxBelow ) );
    }

    vAuditExpectFailures( 1U );
    prvExpectNull( "pvPortCalloc( 0, 8 )", pvPortCalloc( 0U, 8U ) );

    /* A product that overflows is refused without the hook, as in the kernel's files. */
    prvExpectNull( "pvPortCalloc( SIZE_MAX / 2, 3 )", pvPortCalloc( uxMany, 3U ) );
    prvExpectNull( "pvPortCalloc( 3, SIZE_MAX / 2 )", pvPortCalloc( 3U, uxMany ) );

    if( ulAuditFailures() == 0U )
    {
        vFail( "misuse: the malloc-failed hook never ran" );
    }
}
/*-----------------------------------------------------------*/

static void prvCallocClears( void )
{
    uint8_t * pucDirty = pvPortMalloc( misuseBYTES );
    uint8_t * pucClean;

    ( void ) memset( pucDirty, 0xFF, misuseBYTES );
    vPortFree( pucDirty );
    pucClean = pvPortCalloc( misuseBYTES / 8U, 8U );

    for( size_t uxByte = 0U; uxByte < misuseBYTES; uxByte++ )
    {
        if( pucClean[ uxByte ] != 0U )
        {
            vFail( "misuse: pvPortCalloc left byte %lu dirty", ( unsigned long ) uxByte );
        }
    }

    vPortFree( pucClean );
    vPortFree( NULL );
    ( void ) xAuditQuiet( "after calloc and free( NULL )" );
}
/*-----------------------------------------------------------*/

/* Hands over a pointer that must be caught, and sees that nothing else happened. */
static void prvMustBeCaught( const char * pcWhat, void * pvPointer )
{
    HeapStats_t xBefore = { 0 };
    HeapStats_t xAfter = { 0 };

    vPortGetHeapStats( &xBefore );
    vAuditExpectAssert();
    vPortFree( pvPointer );

    if( ulAuditAssertsSeen() == 0U )
    {
        vFail( "misuse: %s went unnoticed", pcWhat );
    }

    vPortGetHeapStats( &xAfter );

    if( memcmp( &xBefore, &xAfter, sizeof( xAfter ) ) != 0 )
    {
        vFail( "misuse: %s changed the heap", pcWhat );
    }

    ( void ) xAuditQuiet( pcWhat );
    vDemoStep( eMisuse );
}
/*-----------------------------------------------------------*/

static void prvDoubleFree( void )
{
    uint8_t * pucTwice = pvPortMalloc( misuseBYTES );
    uint8_t * pucWall = pvBlockTake( misuseBYTES );

    vBlockSeal( pucWall );
    vPortFree( pucTwice );
    prvMustBeCaught( "a double free", pucTwice );
    vBlockGive( pucWall );
}
/*-----------------------------------------------------------*/

#if ( demoHEAP_CATCHES_POINTERS == 1 )

    static uint8_t * prvTakeFilled( uint8_t ucWith )
    {
        uint8_t * pucBlock = pvBlockTake( misuseBYTES );

        ( void ) memset( pucBlock, ucWith, misuseBYTES );
        vBlockSeal( pucBlock );

        return pucBlock;
    }
    /*-----------------------------------------------------------*/

    /* heap_4 reads whatever lies in front of these pointers as a header, and may believe it. */
    static void prvBadPointers( uint8_t ucContents )
    {
        static uint8_t ucForeign[ 2U * misuseBYTES ];
        uint8_t ucOnStack[ misuseBYTES ];

        ( void ) memset( ucForeign, ucContents, sizeof( ucForeign ) );
        ( void ) memset( ucOnStack, ucContents, sizeof( ucOnStack ) );

        /* Three neighbours; the one in the middle is mistreated. */
        uint8_t * pucLeft = prvTakeFilled( ucContents );
        uint8_t * pucMiddle = prvTakeFilled( ucContents );
        uint8_t * pucRight = prvTakeFilled( ucContents );

        for( size_t uxInside = 8U; uxInside < misuseBYTES; uxInside += 8U )
        {
            prvMustBeCaught( "a pointer into a block", pucMiddle + uxInside );
        }

        prvMustBeCaught( "a misaligned pointer", pucMiddle + 33U );
        prvMustBeCaught( "a pointer to static memory", ucForeign + misuseBYTES );
        prvMustBeCaught( "a pointer to the stack", ucOnStack + ( misuseBYTES / 2U ) );
        prvMustBeCaught( "the lowest address", ( void * ) ( uintptr_t ) 8U );
        prvMustBeCaught( "the highest address", ( void * ) ( UINTPTR_MAX - 7U ) );

        vBlockGive( pucMiddle );
        prvMustBeCaught( "a pointer into a free block", pucMiddle + 32U );
        vBlockGive( pucLeft );
        vBlockGive( pucRight );
        prvMustBeCaught( "a pointer into merged free blocks", pucMiddle + 32U );
    }

#endif /* demoHEAP_CATCHES_POINTERS */
/*-----------------------------------------------------------*/

void vMisuse( void )
{
    prvBadRequests();
    prvCallocClears();
    prvDoubleFree();

    #if ( demoHEAP_CATCHES_POINTERS == 1 )
        prvBadPointers( 0x00 );
        prvBadPointers( 0xFF );
        prvBadPointers( 0xA5 );
        prvBadPointers( 0x01 );
    #endif
}
