/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( double_free_merged, "free of a block that was freed and merged",
            misuseHARMLESS, misuseMISSED, misuseRIGHT, misuseRIGHT, misuseDOUBLE, misuseDOUBLE )
{
    void * pvLeft = pvTake( 300 );
    void * pv = pvTake( 300 );

    ( void ) pvTake( 44 );
    vPortFree( pvLeft );
    vPortFree( pv );
    vPortFree( pv );
}
