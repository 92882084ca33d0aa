/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( double_free, "free of a block that is free",
            misuseHARMLESS, misuseMISSED, misuseDOUBLE, misuseDOUBLE, misuseDOUBLE, misuseDOUBLE )
{
    void * pv = pvTake( 44 );

    ( void ) pvTake( 44 );
    vPortFree( pv );
    vPortFree( pv );
}
