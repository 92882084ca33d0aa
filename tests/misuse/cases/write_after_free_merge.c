/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( write_after_free_merge, "a write to the first bytes of a freed block, and its neighbour is freed",
            misuseHARMFUL, misuseMISSED, misuseFREE, misuseFREE, misuseWRITTEN, misuseWRITTEN )
{
    uint8_t * pvOther = pvTake( 44 );
    uint8_t * pv;
    void * pvNeighbour;
    void * pvLast;
    ptrdiff_t xByte;

    ( void ) pvTake( 44 );
    pv = pvTake( 44 );
    pvNeighbour = pvTake( 44 );
    ( void ) pvTake( 44 );
    pvLast = pvTake( 44 );
    ( void ) pvTake( 44 );
    vPortFree( pvOther );
    vPortFree( pv );
    vPortFree( pvLast );
    pvOther = pvAlias( pvOther );

    /* What is written could be links, that lead into the heap: those of another free block, but for one byte. */
    for( xByte = 0; xByte < 8; xByte++ )
    {
        vWrite( pv, xByte, ( uint8_t ) ( pvOther[ xByte ] ^ ( ( xByte == 4 ) ? 8U : 0U ) ), 1 );
    }

    vPortFree( pvNeighbour );
    vGoOn( 44 );
}
