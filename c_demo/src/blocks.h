/* SPDX-License-Identifier: MIT
 *
 * Heap memory whose contents are verified on every free. A block has a head (who it is, how long, the
 * checksum of its contents) and a tail word; two live blocks that overlap cannot both keep theirs.
 */
#ifndef BLOCKS_H
#define BLOCKS_H

#include <stddef.h>
#include <stdint.h>

/* Takes a block for uxBytes of payload; NULL when the heap refuses. */
void * pvBlockTry( size_t uxBytes );

/* The same, where a refusal would be an error: never NULL. */
void * pvBlockTake( size_t uxBytes );

/* The contents are final: remember their checksum. Sealing again is allowed. */
void vBlockSeal( void * pvBlock );

/* Verifies a sealed block; a difference ends the program. */
void vBlockVerify( const void * pvBlock );

/* Verifies, wipes and frees. */
void vBlockGive( void * pvBlock );

/* The payload bytes that were asked for. */
size_t uxBlockBytes( const void * pvBlock );

/* Fills a range with numbers that only this seed gives. */
void vBlockFill( void * pvBytes, size_t uxBytes, uint32_t ulSeed );

typedef struct
{
    uint32_t ulTaken;
    uint32_t ulVerified;    /* in vBlockGive() */
} BlockCounts_t;

BlockCounts_t xBlockCounts( void );

#endif /* BLOCKS_H */
