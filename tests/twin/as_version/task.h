/* SPDX-License-Identifier: MIT */
/* The kernel's task.h, with the version that the test wants (TWIN_VERSION: 1004 is V10.4). */
#include_next "task.h"

#ifdef TWIN_VERSION
    #undef tskKERNEL_VERSION_MAJOR
    #undef tskKERNEL_VERSION_MINOR
    #define tskKERNEL_VERSION_MAJOR    ( TWIN_VERSION / 100 )
    #define tskKERNEL_VERSION_MINOR    ( TWIN_VERSION % 100 )
#endif
