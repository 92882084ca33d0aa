/* SPDX-License-Identifier: MIT */
#include "FreeRTOS.h"

#include "print.h"
#include "ruler.h"

#if defined( __riscv )

    /* -icount shift=0: an instruction takes the time of one. */
    #define rulerUNIT           1U
    #define rulerTICK           1U
    #define rulerMASK           UINT32_MAX

    static inline uint32_t prvNow( void )
    {
        uint32_t ulInstructions;

        __asm__ volatile ( "rdinstret %0" : "=r" ( ulInstructions ) : : "memory" );

        return ulInstructions;
    }

    static void prvSwitchOn( void )
    {
    }

#else

    /* -icount shift=10: an instruction takes 1024 ns. SysTick has 24 bits and counts down with the CPU's clock. */
    #define rulerUNIT           1024U
    #define rulerTICK           ( 1000000000UL / configCPU_CLOCK_HZ )
    #define rulerMASK           0x00FFFFFFUL

    #define rulerSYSTICK        ( ( volatile uint32_t * ) 0xE000E010UL ) /* control, reload, value */
    #define rulerENABLE         0x1UL
    #define rulerCPU_CLOCK      0x4UL

    static inline uint32_t prvNow( void )
    {
        return ~rulerSYSTICK[ 2 ];
    }

    static void prvSwitchOn( void )
    {
        rulerSYSTICK[ 1 ] = rulerMASK;
        rulerSYSTICK[ 2 ] = 0U;
        rulerSYSTICK[ 0 ] = rulerENABLE | rulerCPU_CLOCK;
    }

#endif
/*-----------------------------------------------------------*/

static uint32_t ulEmpty;

__attribute__( ( noinline, naked ) ) static uintptr_t prvNothing( uintptr_t ux )
{
    __asm__ volatile ( rulerRETURN );
}
/*-----------------------------------------------------------*/

__attribute__( ( noinline, naked ) ) static uintptr_t prvSevenNops( uintptr_t ux )
{
    __asm__ volatile ( "nop\n nop\n nop\n nop\n nop\n nop\n nop\n " rulerRETURN );
}
/*-----------------------------------------------------------*/

/* All calls are made here, so that what is around them is the same. */
__attribute__( ( noinline ) ) static uint32_t prvTicks( RulerCall_t xCall, uintptr_t ux, uintptr_t * puxResult )
{
    const uint32_t ulBefore = prvNow();

    *puxResult = xCall( ux );

    return ( prvNow() - ulBefore ) & rulerMASK;
}
/*-----------------------------------------------------------*/

uint32_t ulRulerCount( RulerCall_t xCall, uintptr_t ux, uintptr_t * puxResult )
{
    const uint32_t ulTime = prvTicks( xCall, ux, puxResult ) * rulerTICK;

    return ( ( ulTime + ( rulerUNIT / 2U ) ) / rulerUNIT ) - ulEmpty + 2U;
}
/*-----------------------------------------------------------*/

void vRulerStart( void )
{
    uintptr_t uxUnused;

    prvSwitchOn();
    ulEmpty = 2U;
    ulEmpty = ulRulerCount( prvNothing, 0U, &uxUnused );

    if( ulRulerCount( prvSevenNops, 0U, &uxUnused ) != 9U )
    {
        vFail( "the ruler is wrong: run QEMU as xtask does, with -icount" );
    }
}
