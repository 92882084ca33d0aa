/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( header_bit_used, "a bit of a used block's header flips",
            misuseHARMFUL, misuseMISSED, misuseRIGHT, misuseRIGHT, misuseRIGHT, misuseLEFT )
{
    uint8_t * pv = pvTake( 44 );

    ( void ) pvTake( 44 );
    vFlip( pv, -2, 2 );
    vPortFree( pv );
}
