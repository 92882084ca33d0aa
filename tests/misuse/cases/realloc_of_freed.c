/* SPDX-License-Identifier: MIT */
#include "misuse.h"

#include "firmheap_memory.h"

misuseCASE( realloc_of_freed, "realloc of a block that is free",
            misuseHARMLESS, misuseMISSED, misuseDOUBLE, misuseDOUBLE, misuseDOUBLE, misuseDOUBLE )
{
    void * pv = pvTake( 44 );

    ( void ) pvTake( 44 );
    vPortFree( pv );
    ( void ) pvPortRealloc( pv, 100 );
}
