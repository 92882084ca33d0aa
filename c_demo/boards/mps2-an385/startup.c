/* SPDX-License-Identifier: MIT
 *
 * Reset, vectors and faults of the Cortex-M3. Every unexpected exception ends the run with a message:
 * a firmware that hangs in a handler would only be seen by a time-out.
 */
#include <stdint.h>
#include <string.h>

#include "board.h"

extern uint32_t __stack_top, __data_start, __data_end, __data_load, __bss_start, __bss_end;

extern int main( void );
extern void vPortSVCHandler( void );
extern void xPortPendSVHandler( void );
extern void xPortSysTickHandler( void );

void vResetHandler( void ) __attribute__( ( noreturn ) );

typedef void ( * Vector_t )( void );

static void prvEnd( const char * pcMessage ) __attribute__( ( noreturn ) );

static void prvEnd( const char * pcMessage )
{
    vBoardWrite( pcMessage, strlen( pcMessage ) );
    vBoardExit( 2 );
}
/*-----------------------------------------------------------*/

static void prvHardFault( void )
{
    prvEnd( "FAILED: hard fault\n" );
}
/*-----------------------------------------------------------*/

static void prvUnexpected( void )
{
    prvEnd( "FAILED: unexpected exception\n" );
}
/*-----------------------------------------------------------*/

void vResetHandler( void )
{
    const size_t uxData = ( size_t ) ( ( uintptr_t ) &__data_end - ( uintptr_t ) &__data_start );
    const size_t uxBss = ( size_t ) ( ( uintptr_t ) &__bss_end - ( uintptr_t ) &__bss_start );

    ( void ) memcpy( &__data_start, &__data_load, uxData );
    ( void ) memset( &__bss_start, 0, uxBss );

    ( void ) main();

    prvEnd( "FAILED: main returned, the scheduler did not start\n" );
}
/*-----------------------------------------------------------*/

/* The watchdog of this board (board.c) arrives as the non-maskable interrupt. */
static const struct
{
    void * pvStackTop;
    Vector_t xHandlers[ 15 ];
}
xVectors __attribute__( ( section( ".vectors" ), used ) ) =
{
    &__stack_top,
    {
        vResetHandler,
        vWatchdogExpired,
        prvHardFault,
        prvUnexpected, prvUnexpected, prvUnexpected,
        prvUnexpected, prvUnexpected, prvUnexpected, prvUnexpected,
        vPortSVCHandler,
        prvUnexpected, prvUnexpected,
        xPortPendSVHandler,
        xPortSysTickHandler
    }
};
