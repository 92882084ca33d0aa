/* SPDX-License-Identifier: MIT */
#include "misuse.h"

#include "firmheap_memory.h"

misuseCASE( realloc_stale, "free of the old pointer after a realloc that moved the block",
            misuseHARMLESS, misuseMISSED, misuseDOUBLE, misuseDOUBLE, misuseDOUBLE, misuseDOUBLE )
{
    void * pv = pvTake( 44 );

    ( void ) pvTake( 44 ); /* in the way, so that it moves */
    ( void ) pvPortRealloc( pv, 200 );
    vPortFree( pv );
}
