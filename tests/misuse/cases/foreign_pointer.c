/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( foreign_pointer, "free of static memory",
            misuseHARMLESS, misuseMISSED, misuseFOREIGN, misuseFOREIGN, misuseFOREIGN, misuseFOREIGN )
{
    static uint64_t ullForeign[ 8 ];

    ( void ) pvTake( 44 );
    vPortFree( pvAlias( &ullForeign[ 4 ] ) );
}
