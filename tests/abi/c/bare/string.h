/* SPDX-License-Identifier: MIT
 * What the port file needs of <string.h>, for a target whose C library need not be installed. */
#ifndef STRING_H
#define STRING_H

#include <stddef.h>

void * memset( void * pv, int iByte, size_t uxBytes );

#endif
