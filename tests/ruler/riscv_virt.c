/* SPDX-License-Identifier: MIT
 *
 * Reset, output and exit of a RISC-V core on QEMU's virt: no interrupts, and a trap is a failure.
 */
#include <stdint.h>
#include <string.h>

#include "board.h"

#define virtUART    ( *( volatile uint8_t * ) 0x10000000UL )
#define virtTEST    ( *( volatile uint32_t * ) 0x00100000UL )
#define virtPASS    0x5555UL
#define virtFAIL    0x3333UL

extern uint32_t __stack_top, __data_start, __data_end, __data_load, __bss_start, __bss_end;

extern int main( void );

void vResetHandler( void );

static void prvStart( void ) __attribute__( ( used ) );
static void prvTrap( void ) __attribute__( ( used, aligned( 4 ) ) );

__attribute__( ( naked, section( ".vectors" ) ) ) void vResetHandler( void )
{
    __asm__ volatile ( "la sp, __stack_top\n la t0, prvTrap\n csrw mtvec, t0\n j prvStart" );
}
/*-----------------------------------------------------------*/

static void prvStart( void )
{
    const size_t uxData = ( size_t ) ( ( uintptr_t ) &__data_end - ( uintptr_t ) &__data_start );
    const size_t uxBss = ( size_t ) ( ( uintptr_t ) &__bss_end - ( uintptr_t ) &__bss_start );

    ( void ) memcpy( &__data_start, &__data_load, uxData );
    ( void ) memset( &__bss_start, 0, uxBss );

    vBoardExit( main() );
}
/*-----------------------------------------------------------*/

static void prvTrap( void )
{
    static const char cMessage[] = "FAILED: a trap\n";

    vBoardWrite( cMessage, sizeof( cMessage ) - 1U );
    vBoardExit( 2 );
}
/*-----------------------------------------------------------*/

void vBoardWrite( const char * pcText, size_t uxLength )
{
    for( size_t ux = 0U; ux < uxLength; ux++ )
    {
        virtUART = ( uint8_t ) pcText[ ux ];
    }
}
/*-----------------------------------------------------------*/

void vBoardExit( int iStatus )
{
    for( ; ; )
    {
        virtTEST = ( iStatus == 0 ) ? virtPASS : ( ( ( uint32_t ) iStatus << 16U ) | virtFAIL );
    }
}
