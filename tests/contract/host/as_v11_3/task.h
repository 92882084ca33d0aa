/* SPDX-License-Identifier: MIT */

/* task.h: the kernel's own, under the name of V11.3.0, whose only heap change is what
 * HeapStats_t holds as the smallest free block when there is none. */

#include_next "task.h"

#undef tskKERNEL_VERSION_MINOR
#define tskKERNEL_VERSION_MINOR    3
