/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( misaligned_pointer, "free of a pointer with odd low bits",
            misuseHARMLESS, misuseMISSED, misuseFOREIGN, misuseFOREIGN, misuseFOREIGN, misuseFOREIGN )
{
    uint8_t * pv = pvTake( 100 );

    vPortFree( pv + 2 );
}
