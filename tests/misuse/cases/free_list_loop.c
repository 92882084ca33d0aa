/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( free_list_loop, "a free block leads to itself",
            misuseHARMFUL, misuseMISSED, misuseMISSED, misuseFREE, misuseFREE, misuseFREE )
{
    uint8_t * pv = pvTake( 300 );
    uint8_t * pvSecond;

    ( void ) pvTake( 44 );
    pvSecond = pvTake( 300 );
    ( void ) pvTake( 44 );
    vPortFree( pv );
    vPortFree( pvSecond );
    ( void ) memcpy( pv, pv + 4, 4 ); /* what leads to the block, it leads to */
    ( void ) pvTake( 296 );
    ( void ) pvTake( 296 );
}
