/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( overflow_neighbour, "8 bytes behind the request, and the neighbour is freed",
            misuseHARMFUL, misuseMISSED, misuseDOUBLE, misuseDOUBLE, misuseTRAILER, misuseTRAILER )
{
    uint8_t * pv = pvTake( 44 );
    uint8_t * pvNext = pvTake( 44 );

    ( void ) pvTake( 44 );
    vWrite( pv, 44, 0x5A, 8 );
    vPortFree( pvNext );
    vPortFree( pv );
}
