/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( link_bit, "a bit of a free block's link flips",
            misuseHARMFUL, misuseMISSED, misuseCHANCE, misuseFREE, misuseFREE, misuseFREE )
{
    uint8_t * pv = pvTake( 300 );

    ( void ) pvTake( 44 );
    vPortFree( pv );
    vFlip( pv, 5, 4 );
    vGoOn( 296 );
}
