/* SPDX-License-Identifier: MIT */

/* table.h: tables of regions that are wrong in some way: built, given, judged. */

#ifndef TABLE_H
#define TABLE_H

#include "contract.h"

extern HeapRegion_t xContractTable[];
extern uint32_t ulTableRegions;

/* Appends a part of the arena; the heap may use it. */
extern void vTableRegion( size_t uxOffset, size_t uxBytes );

/* Gives the table to the heap; the kernel raises exactly so many asserts. */
extern void vTableDefine( uint32_t ulKernelAsserts );

/* Works on the heap and demands that it is sound. */
extern void vTableProve( uint32_t ulSeed );

#endif /* TABLE_H */
