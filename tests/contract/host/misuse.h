/* SPDX-License-Identifier: MIT */

/* misuse.h: frees what must not be freed, and what the kernel makes of it (3.4). */

#ifndef MISUSE_H
#define MISUSE_H

#include "contract.h"

/* heap_4 asserts the range of a pointer always, heap_5 with the protector. */
#define freeRANGE            ( ( ( CONTRACT_REGIONS == 0 ) || ( CONTRACT_PROTECTOR == 1 ) ) ? 1U : 0U )
#define freeRANGE_TRAPS      ( ( freeRANGE == 1U ) && ( CONTRACT_ASSERT == CONTRACT_ASSERT_TRAP ) )

/* With the protector a NULL link is stored as the canary: zeros are no NULL. */
#define freeLINK             CONTRACT_PROTECTOR
#define freeFAKE_IS_TAKEN    ( ( freeRANGE_TRAPS == 0 ) && ( CONTRACT_PROTECTOR == 0 ) )

/* From alignment 16 on the header has padding behind it, and what a misaligned
 * pointer shows as the link can be zero: the kernel takes the block. */
#define freeSKEW_IS_TAKEN    ( ( contractH > sizeof( void * ) + sizeof( size_t ) ) && ( CONTRACT_PROTECTOR == 0 ) )
#define freeTAKEN            0xFFFFU   /* the kernel accepts the pointer, or faults on it */

/* Frees an alleged pointer and demands that nothing came of it: no byte, no block
 * and no count changes.  The kernel raises so many asserts, contractANY or freeTAKEN. */
extern void vMisuse( void * pv, uint32_t ulKernelAsserts );

#endif /* MISUSE_H */
