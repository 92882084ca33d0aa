/* SPDX-License-Identifier: MIT
 *
 * What seeing costs, in instructions on each CPU. The scheduler is not started: calls of the kernel are its ordinary ones.
 */
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#include "board.h"
#include "print.h"
#include "ruler.h"

#include "firmheap_report.h"

#ifdef countTRACES
    #include "firmheap_trace.h"
#endif

#define countBLOCKS     64U

static uintptr_t uxBlocks[ countBLOCKS ];
static HeapHealth_t xHealth;
static HeapBlock_t xFound[ 4U * countBLOCKS ];

extern void vApplicationIdleHook( void );
void vApplicationIdleHook( void ) {}
void vWatchdogExpired( void ) { vBoardExit( 3 ); }
void vTestAssert( const char * pcFile, int iLine ) { vFail( "assertion, %s line %u\n", pcFile, ( unsigned ) iLine ); }

#define countCALL( xFunction, uxArgument, puxResult )    ulRulerCount( ( RulerCall_t ) ( void * ) ( xFunction ), ( uxArgument ), ( puxResult ) )

/* The blocks are all of one size, so every call but the first goes the same way. */
static uint32_t prvMalloc( void )
{
    uint32_t ulAll = 0U;

    for( unsigned u = 0; u < countBLOCKS; u++ )
    {
        ulAll += countCALL( pvPortMalloc, 60U, &uxBlocks[ u ] );
    }

    return ulAll / countBLOCKS;
}

static uint32_t prvFree( void )
{
    uintptr_t uxUnused;
    uint32_t ulAll = 0U;

    for( unsigned u = 0; u < countBLOCKS; u += 2U )
    {
        ulAll += countCALL( vPortFree, uxBlocks[ u ], &uxUnused );
    }

    return ulAll / ( countBLOCKS / 2U );
}

static uint32_t prvHealth( void )
{
    uintptr_t uxUnused;

    return countCALL( vPortGetHeapHealth, ( uintptr_t ) &xHealth, &uxUnused );
}

static uintptr_t prvStep( uintptr_t uxWalk )
{
    return xPortHeapWalkStep( ( HeapWalk_t * ) uxWalk, xFound, 4U * countBLOCKS );
}

static uint32_t prvWalk( uintptr_t * puxBlocks )
{
    HeapWalk_t xWalk;

    memset( &xWalk, 0, sizeof( xWalk ) );

    return ulRulerCount( prvStep, ( uintptr_t ) &xWalk, puxBlocks );
}

int main( void )
{
    uint32_t ulMalloc, ulFree, ulHealthFew, ulHealthMany, ulWalk, ulFail, ulFreeBlocks;
    uintptr_t uxFound, uxNone;
    size_t uxFew;

    vRulerStart();

    #ifdef countTRACES
        static uint8_t ucRing[ 8192 ];

        ( void ) xPortHeapTraceStart( ucRing, sizeof( ucRing ) );
    #endif

    ( void ) prvMalloc();

    for( unsigned u = 0; u < countBLOCKS; u++ )
    {
        vPortFree( ( void * ) uxBlocks[ u ] );
    }

    ulMalloc = prvMalloc();
    ulHealthFew = prvHealth();
    uxFew = xHealth.xFreeBlocks;
    ulFree = prvFree();
    ulHealthMany = prvHealth();
    ulFreeBlocks = ( uint32_t ) ( xHealth.xFreeBlocks - uxFew );
    ulWalk = prvWalk( &uxFound );
    ulFail = countCALL( pvPortMalloc, 60000U, &uxNone );

    if( ( ulFreeBlocks == 0U ) || ( uxFound < countBLOCKS ) || ( uxNone != 0U ) )
    {
        vFail( "the calls did not do what is counted\n" );
    }

    vPrint( "summary: malloc=%lu\n", ( unsigned long ) ulMalloc );
    vPrint( "summary: free=%lu\n", ( unsigned long ) ulFree );
    vPrint( "summary: health=%lu\n", ( unsigned long ) ulHealthFew );
    vPrint( "summary: health_block=%lu\n", ( unsigned long ) ( ( ulHealthMany - ulHealthFew ) / ulFreeBlocks ) );
    vPrint( "summary: walk_block=%lu\n", ( unsigned long ) ( ulWalk / uxFound ) );
    vPrint( "summary: fail=%lu\n", ( unsigned long ) ulFail );

    #ifdef countTRACES
        vPrint( "summary: lost=%lu\n", ( unsigned long ) ulPortHeapTraceLost( NULL ) );
    #endif
    vBoardExit( 0 );
}
