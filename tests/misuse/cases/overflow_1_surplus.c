/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( overflow_1_surplus, "one byte behind the request, into what was rounded up",
            misuseHARMFUL, misuseMISSED, misuseMISSED, misuseMISSED, misuseTRAILER, misuseTRAILER )
{
    uint8_t * pv = pvTake( 41 );

    ( void ) pvTake( 44 );
    vWrite( pv, 41, 0x00, 1 ); /* a string's end, say */
    vPortFree( pv );
}
