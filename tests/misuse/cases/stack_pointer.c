/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( stack_pointer, "free of a local variable",
            misuseHARMLESS, misuseMISSED, misuseFOREIGN, misuseFOREIGN, misuseFOREIGN, misuseFOREIGN )
{
    uint64_t ullLocal[ 8 ] = { 0 };

    ( void ) pvTake( 44 );
    vPortFree( pvAlias( &ullLocal[ 4 ] ) );
}
