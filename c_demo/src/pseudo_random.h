/* SPDX-License-Identifier: MIT
 *
 * Numbers that look random and are the same on every run and board (xorshift, 32 bits).
 */
#ifndef PSEUDO_RANDOM_H
#define PSEUDO_RANDOM_H

#include <stdint.h>

typedef struct
{
    uint32_t ulState;
} Random_t;

/* Any seed will do: neighbouring seeds are spread, zero is avoided. */
static inline Random_t xRandomFrom( uint32_t ulSeed )
{
    const Random_t xRandom = { ( ( ulSeed + 1U ) * 2654435769U ) | 1U };

    return xRandom;
}

static inline uint32_t ulRandomNext( Random_t * pxRandom )
{
    uint32_t ulX = pxRandom->ulState;

    ulX ^= ulX << 13;
    ulX ^= ulX >> 17;
    ulX ^= ulX << 5;
    pxRandom->ulState = ulX;

    return ulX;
}

/* From ulLow to ulHigh, both included. */
static inline uint32_t ulRandomBetween( Random_t * pxRandom, uint32_t ulLow, uint32_t ulHigh )
{
    return ulLow + ( ( ulRandomNext( pxRandom ) >> 8 ) % ( ulHigh - ulLow + 1U ) );
}

#endif /* PSEUDO_RANDOM_H */
