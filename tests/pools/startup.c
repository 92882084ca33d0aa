/* SPDX-License-Identifier: MIT
 *
 * Reset and vectors of a Cortex-M on the MPS2 boards, with the first CMSDK timer's interrupt (number 8).
 */
#include <stdint.h>
#include <string.h>

#include "board.h"

#define startupCPACR    ( *( volatile uint32_t * ) 0xE000ED88UL )
#define startupFPU      0x00F00000UL

extern uint32_t __stack_top, __data_start, __data_end, __data_load, __bss_start, __bss_end;

extern int main( void );
extern void vPortSVCHandler( void ) __attribute__( ( weak ) );
extern void xPortPendSVHandler( void ) __attribute__( ( weak ) );
extern void xPortSysTickHandler( void ) __attribute__( ( weak ) );
extern void vTimerHandler( void ) __attribute__( ( weak ) );

void vResetHandler( void ) __attribute__( ( noreturn ) );

static void prvFault( void )
{
    static const char cMessage[] = "FAILED: a fault or an unexpected exception\n";

    vBoardWrite( cMessage, sizeof( cMessage ) - 1U );
    vBoardExit( 2 );
}
/*-----------------------------------------------------------*/

void vResetHandler( void )
{
    const size_t uxData = ( size_t ) ( ( uintptr_t ) &__data_end - ( uintptr_t ) &__data_start );
    const size_t uxBss = ( size_t ) ( ( uintptr_t ) &__bss_end - ( uintptr_t ) &__bss_start );

    #ifdef __ARM_FP
        startupCPACR |= startupFPU;
    #endif

    ( void ) memcpy( &__data_start, &__data_load, uxData );
    ( void ) memset( &__bss_start, 0, uxBss );

    vBoardExit( main() );
}
/*-----------------------------------------------------------*/

typedef void ( * Vector_t )( void );

static const struct
{
    void * pvStackTop;
    Vector_t xHandlers[ 24 ];
}
xVectors __attribute__( ( section( ".vectors" ), used ) ) =
{
    &__stack_top,
    {
        vResetHandler,
        prvFault, prvFault, prvFault, prvFault, prvFault,
        prvFault, prvFault, prvFault, prvFault,
        vPortSVCHandler,
        prvFault, prvFault,
        xPortPendSVHandler,
        xPortSysTickHandler,
        prvFault, prvFault, prvFault, prvFault, prvFault, prvFault, prvFault, prvFault,
        vTimerHandler
    }
};
