/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( write_after_free, "a write to a freed block, behind its links",
            misuseHARMFUL, misuseMISSED, misuseMISSED, misuseMISSED, misuseWRITTEN, misuseWRITTEN )
{
    uint8_t * pv = pvTake( 44 );

    ( void ) pvTake( 44 );
    vPortFree( pv );
    vWrite( pv, 20, 0x00, 4 );
    vGoOn( 44 );
}
