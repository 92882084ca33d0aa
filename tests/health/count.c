/* SPDX-License-Identifier: MIT
 *
 * What seeing costs, in instructions on Cortex-M3: QEMU's -icount shift=10 makes an instruction 1024 ns, and the timer counts
 * 40 ns. The scheduler is not started: calls of the kernel are its ordinary ones.
 */
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#include "board.h"
#include "print.h"

#include "firmheap_report.h"

#ifdef countTRACES
    #include "firmheap_trace.h"
#endif

#define timerCONTROL    ( *( volatile uint32_t * ) 0x40000000UL )
#define timerVALUE      ( *( volatile uint32_t * ) 0x40000004UL )
#define timerRELOAD     ( *( volatile uint32_t * ) 0x40000008UL )

#define countBLOCKS     64U

static void * pvBlocks[ countBLOCKS ];
static HeapHealth_t xHealth;
static HeapBlock_t xFound[ 4U * countBLOCKS ];
static uint32_t ulFrom;

extern void vApplicationIdleHook( void );
void vApplicationIdleHook( void ) {}
void vWatchdogExpired( void ) { vBoardExit( 3 ); }
void vTestAssert( const char * pcFile, int iLine ) { vFail( "assertion, %s line %u\n", pcFile, ( unsigned ) iLine ); }

#define countSTART()    ( ulFrom = timerVALUE )
#define countEND()      ( ( ( ulFrom - timerVALUE ) * 40U + 512U ) / 1024U )

/* As two medians would be: the blocks are all of one size, so every call but the first goes the same way. */
static uint32_t prvMalloc( void )
{
    uint32_t ulAll;

    countSTART();

    for( unsigned u = 0; u < countBLOCKS; u++ )
    {
        pvBlocks[ u ] = pvPortMalloc( 60 );
    }

    ulAll = countEND();

    return ulAll / countBLOCKS;
}

static uint32_t prvFree( void )
{
    uint32_t ulAll;

    countSTART();

    for( unsigned u = 0; u < countBLOCKS; u += 2U )
    {
        vPortFree( pvBlocks[ u ] );
    }

    ulAll = countEND();

    return ulAll / ( countBLOCKS / 2U );
}

static uint32_t prvHealth( void )
{
    countSTART();
    vPortGetHeapHealth( &xHealth );

    return countEND();
}

static uint32_t prvWalk( size_t * puxBlocks )
{
    HeapWalk_t xWalk;
    uint32_t ulAll;

    memset( &xWalk, 0, sizeof( xWalk ) );
    countSTART();
    *puxBlocks = xPortHeapWalkStep( &xWalk, xFound, 4U * countBLOCKS );
    ulAll = countEND();

    return ulAll;
}

int main( void )
{
    uint32_t ulMalloc, ulFree, ulHealthFew, ulHealthMany, ulWalk, ulFail, ulFreeBlocks;
    size_t uxBlocks, uxFew;

    timerRELOAD = 0xFFFFFFFFUL;
    timerVALUE = 0xFFFFFFFFUL;
    timerCONTROL = 1U;

    #ifdef countTRACES
        static uint8_t ucRing[ 8192 ];

        ( void ) xPortHeapTraceStart( ucRing, sizeof( ucRing ) );
    #endif

    ( void ) prvMalloc();

    for( unsigned u = 0; u < countBLOCKS; u++ )
    {
        vPortFree( pvBlocks[ u ] );
    }

    ulMalloc = prvMalloc();
    ulHealthFew = prvHealth();
    uxFew = xHealth.xFreeBlocks;
    ulFree = prvFree();
    ulHealthMany = prvHealth();
    ulFreeBlocks = ( uint32_t ) ( xHealth.xFreeBlocks - uxFew );
    ulWalk = prvWalk( &uxBlocks );
    countSTART();
    ( void ) pvPortMalloc( 60000U );
    ulFail = countEND();

    vPrint( "summary: malloc=%lu\n", ( unsigned long ) ulMalloc );
    vPrint( "summary: free=%lu\n", ( unsigned long ) ulFree );
    vPrint( "summary: health=%lu\n", ( unsigned long ) ulHealthFew );
    vPrint( "summary: health_block=%lu\n", ( unsigned long ) ( ( ulHealthMany - ulHealthFew ) / ulFreeBlocks ) );
    vPrint( "summary: walk_block=%lu\n", ( unsigned long ) ( ulWalk / uxBlocks ) );
    vPrint( "summary: fail=%lu\n", ( unsigned long ) ulFail );

    #ifdef countTRACES
        vPrint( "summary: lost=%lu\n", ( unsigned long ) ulPortHeapTraceLost( NULL ) );
    #endif
    vBoardExit( 0 );
}
