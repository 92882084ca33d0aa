/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( other_heap, "free of a block of another heap, with headers that look right",
            misuseHARMLESS, misuseMISSED, misuseFOREIGN, misuseFOREIGN, misuseFOREIGN, misuseFOREIGN )
{
    /* What three blocks of a heap of the same kind leave in memory. */
    static uint64_t ullOther[ 32 ];
    uint8_t * pucOther = pvAlias( ullOther );
    uint8_t * pucHere = pvTake( 44 );

    ( void ) pvTake( 44 );
    ( void ) memcpy( pucOther + 4, pucHere - 4, 120 );
    vPortFree( pucOther + 8 );
}
