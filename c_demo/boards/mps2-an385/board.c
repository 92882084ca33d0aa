/* SPDX-License-Identifier: MIT
 *
 * MPS2 AN385 as QEMU shows it: output and exit by semihosting, the CMSDK watchdog as the last resort.
 */
#include <stdint.h>

#include "FreeRTOS.h"
#include "board.h"

#define boardSYS_OPEN             0x01U
#define boardSYS_WRITE            0x05U
#define boardSYS_EXIT_EXTENDED    0x20U
#define boardSTOPPED_EXIT         0x20026U

#define boardWATCHDOG_LOAD        ( *( volatile uint32_t * ) 0x40008000UL )
#define boardWATCHDOG_CONTROL     ( *( volatile uint32_t * ) 0x40008008UL )
#define boardWATCHDOG_INTEN       0x1U

static uint32_t prvSemihost( uint32_t ulOperation, const void * pvArgument )
{
    register uint32_t ulResult __asm__( "r0" ) = ulOperation;
    register const void * pvBlock __asm__( "r1" ) = pvArgument;

    __asm__ volatile ( "bkpt 0xab" : "+r" ( ulResult ) : "r" ( pvBlock ) : "memory" );

    return ulResult;
}
/*-----------------------------------------------------------*/

void vBoardWrite( const char * pcText, size_t uxLength )
{
    static uint32_t ulStandardOutput = UINT32_MAX;

    if( ulStandardOutput == UINT32_MAX )
    {
        /* ":tt" opened with mode 4 ("w") is the host's standard output. */
        static const char cConsole[] = ":tt";
        const uint32_t ulOpen[ 3 ] = { ( uint32_t ) cConsole, 4U, sizeof( cConsole ) - 1U };

        ulStandardOutput = prvSemihost( boardSYS_OPEN, ulOpen );
    }

    const uint32_t ulWrite[ 3 ] = { ulStandardOutput, ( uint32_t ) pcText, uxLength };

    ( void ) prvSemihost( boardSYS_WRITE, ulWrite );
}
/*-----------------------------------------------------------*/

void vBoardExit( int iStatus )
{
    const uint32_t ulExit[ 2 ] = { boardSTOPPED_EXIT, ( uint32_t ) iStatus };

    for( ; ; )
    {
        ( void ) prvSemihost( boardSYS_EXIT_EXTENDED, ulExit );
    }
}
/*-----------------------------------------------------------*/

void vBoardIdle( void )
{
    __asm__ volatile ( "wfi" ::: "memory" );
}
/*-----------------------------------------------------------*/

void vBoardStartWatchdog( unsigned ulSeconds )
{
    const uint32_t ulLongest = UINT32_MAX / configCPU_CLOCK_HZ;

    boardWATCHDOG_LOAD = ( ( ulSeconds < ulLongest ) ? ulSeconds : ulLongest ) * configCPU_CLOCK_HZ;
    boardWATCHDOG_CONTROL = boardWATCHDOG_INTEN;
}
