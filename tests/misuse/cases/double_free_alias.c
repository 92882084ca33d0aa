/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( double_free_alias, "free through a second pointer, after the memory was given out again",
            misuseHARMLESS, misuseMISSED, misuseMISSED, misuseMISSED, misuseDOUBLE, misuseDOUBLE )
{
    void * pv = pvTake( 44 );
    void * pvSecond = pvAlias( pv );

    ( void ) pvTake( 44 );
    vPortFree( pv );
    ( void ) pvTake( 44 ); /* the same address, unless the block waits */
    vPortFree( pvSecond );
}
