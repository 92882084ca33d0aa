/* SPDX-License-Identifier: MIT
 * What the storms have in common: the timer of mps2-an385, and random numbers for each user. Needs stormOPERATIONS. */
#ifndef STORM_H
#define STORM_H

#include "FreeRTOS.h"
#include "task.h"

#include "board.h"
#include "print.h"

#define timerCONTROL       ( *( volatile uint32_t * ) 0x40000000UL )
#define timerVALUE         ( *( volatile uint32_t * ) 0x40000004UL )
#define timerRELOAD        ( *( volatile uint32_t * ) 0x40000008UL )
#define timerCLEAR         ( *( volatile uint32_t * ) 0x4000000CUL )
#define nvicENABLE         ( *( volatile uint32_t * ) 0xE000E100UL )
#define nvicPRIORITY_8     ( *( volatile uint8_t * ) 0xE000E408UL )

static inline uint32_t ulRandom( uint32_t * pulState )
{
    *pulState ^= *pulState << 13;
    *pulState ^= *pulState >> 17;
    *pulState ^= *pulState << 5;

    return *pulState;
}

/* From now on an interrupt every few hundred instructions. */
static inline void vStormBegins( void )
{
    nvicPRIORITY_8 = 192U;
    nvicENABLE = 1UL << 8;
    timerRELOAD = 500U;
    timerVALUE = 500U;
    timerCONTROL = 9U; /* counts, and interrupts */
}

/* In the handler: at no regular distance. A tick of the timer is 40 ns, an instruction 32. */
static inline void vStormGoesOn( uint32_t ulRandomNumber )
{
    timerCLEAR = 1U;
    timerRELOAD = 150U + ( ulRandomNumber % 900U );
    timerVALUE = timerRELOAD;
}

static inline void vStormEnds( void )
{
    timerCONTROL = 0U;
}

extern void vTimerHandler( void );

#endif /* STORM_H */
