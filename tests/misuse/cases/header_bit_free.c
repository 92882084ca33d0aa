/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( header_bit_free, "a bit of a free block's header flips",
            misuseHARMFUL, misuseMISSED, misuseFREE, misuseFREE, misuseFREE, misuseLEFT )
{
    uint8_t * pv = pvTake( 300 );

    ( void ) pvTake( 44 );
    vPortFree( pv );
    vFlip( pv, -1, 0 );
    vGoOn( 296 );
}
