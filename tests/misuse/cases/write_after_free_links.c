/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( write_after_free_links, "a write to the first bytes of a freed block",
            misuseHARMFUL, misuseMISSED, misuseMISSED, misuseFREE, misuseWRITTEN, misuseWRITTEN )
{
    uint8_t * pv = pvTake( 44 );

    ( void ) pvTake( 44 );
    vPortFree( pv );
    vWrite( pv, 0, 0x41, 8 );
    vGoOn( 44 );
}
