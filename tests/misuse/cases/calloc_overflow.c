/* SPDX-License-Identifier: MIT */
#include "misuse.h"

misuseCASE( calloc_overflow, "calloc of a product above SIZE_MAX",
            misuseHARMLESS, misuseREFUSED, misuseREFUSED, misuseREFUSED, misuseREFUSED, misuseREFUSED )
{
    if( pvPortCalloc( SIZE_MAX / 2U, 3U ) == NULL )
    {
        vRefused();
    }
}
