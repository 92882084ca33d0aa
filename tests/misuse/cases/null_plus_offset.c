/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( null_plus_offset, "free of NULL plus an offset",
            misuseHARMLESS, misuseMISSED, misuseFOREIGN, misuseFOREIGN, misuseFOREIGN, misuseFOREIGN )
{
    ( void ) pvTake( 44 );
    vPortFree( pvAlias( ( void * ) ( uintptr_t ) 24 ) );
}
