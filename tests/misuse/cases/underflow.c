/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( underflow, "4 bytes in front of the block",
            misuseHARMFUL, misuseMISSED, misuseDOUBLE, misuseDOUBLE, misuseDOUBLE, misuseLEFT )
{
    uint8_t * pv = pvTake( 44 );

    ( void ) pvTake( 44 );
    vWrite( pv, -4, 0x5A, 4 );
    vPortFree( pv );
}
