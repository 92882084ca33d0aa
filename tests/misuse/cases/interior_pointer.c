/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( interior_pointer, "free of a pointer into a block",
            misuseHARMLESS, misuseMISSED, misuseRIGHT, misuseRIGHT, misuseRIGHT, misuseRIGHT )
{
    uint8_t * pv = pvTake( 100 );

    vWrite( pv, 0, 0x11, 100 );
    vPortFree( pv + 16 );
}
