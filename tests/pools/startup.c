/* SPDX-License-Identifier: MIT
 *
 * Reset and vectors of the Cortex-M3 on mps2-an385, with the first CMSDK timer's interrupt (number 8).
 */
#include <stdint.h>
#include <string.h>

#include "board.h"

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
