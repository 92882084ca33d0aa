/* SPDX-License-Identifier: MIT
 *
 * The port file, and what only its own macros can tell.
 */
#include "../../../port/firmheap_port.c"

extern size_t xAbiHeadsFor( size_t uxRegionBytes );

/* How many heads of free lists the port file has room for, if its region has this many bytes. */
#undef firmheapLARGEST_REGION
#define firmheapLARGEST_REGION    uxRegionBytes

size_t xAbiHeadsFor( size_t uxRegionBytes )
{
    return firmheapBINS;
}
