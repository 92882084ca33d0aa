/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( overflow_8, "8 bytes behind the request",
            misuseHARMFUL, misuseMISSED, misuseRIGHT, misuseRIGHT, misuseTRAILER, misuseTRAILER )
{
    uint8_t * pv = pvTake( 44 );

    ( void ) pvTake( 44 );
    vWrite( pv, 44, 0x5A, 8 );
    vPortFree( pv );
}
