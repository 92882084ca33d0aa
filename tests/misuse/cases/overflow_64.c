/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( overflow_64, "64 bytes behind the request",
            misuseHARMFUL, misuseMISSED, misuseRIGHT, misuseRIGHT, misuseRIGHT, misuseLEFT )
{
    uint8_t * pv = pvTake( 44 );

    ( void ) pvTake( 44 );
    ( void ) pvTake( 44 );
    vWrite( pv, 44, 0x5A, 64 );
    vPortFree( pv );
}
