/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( overflow_1, "one byte behind the request, into the next header",
            misuseHARMFUL, misuseMISSED, misuseRIGHT, misuseRIGHT, misuseTRAILER, misuseTRAILER )
{
    uint8_t * pv = pvTake( 44 );

    ( void ) pvTake( 44 );
    vWrite( pv, 44, 0x5A, 1 );
    vPortFree( pv );
}
