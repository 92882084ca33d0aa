/* SPDX-License-Identifier: MIT */

/*
 * never_worse.h: heaps, programs and what is asked of them.
 *
 * A heap is a pair of objects compiled for one range of configTOTAL_HEAP_SIZE, its symbols renamed so that
 * many stand side by side in this program. A trial gives it the first so many bytes of the arena.
 */

#ifndef NEVER_WORSE_H
#define NEVER_WORSE_H

#include <stddef.h>
#include <stdint.h>

#define nwGRANULE         8U                     /* Trials differ by this. */
#define nwARENA_BYTES     ( 4U * 1024U * 1024U )
#ifndef nwARRAY_AT
    #define nwARRAY_AT    64U                    /* Where in ucArena every heap's array begins; 68 is 4-aligned. */
#endif
#define nwOPS_MAX         3000U                  /* Of a random program. */
#define nwRESIZE          0x80000000U            /* Op_t.ulSlot: malloc, copy, free. */

typedef struct HEAP
{
    const char * pcName;
    size_t uxLeast, uxMost;         /* configTOTAL_HEAP_SIZE that these objects stand for. */
    size_t uxControl;               /* .data and .bss beside the array. */
    uint32_t ulForm;                /* Heaps of one form make the same blocks. */
    void * ( * pvMalloc )( size_t uxBytes );
    void ( * vFree )( void * pv );
    void ( * vReset )( void );
    size_t ( * xFreeBytes )( void );
} Heap_t;

/* One operation: bytes for a slot; 0 bytes free it. */
typedef struct OP
{
    uint32_t ulSlot;
    uint32_t ulBytes;
} Op_t;

typedef struct PROGRAM
{
    Op_t * pxOps;
    uint32_t ulOps, ulSlots;
    uint32_t ulPeakBytes, ulPeakBlocks;   /* Requested bytes live at once; blocks at that time. */
    const char * pcKind;
} Program_t;

/* Made by the driver: the kernel's heap_4.c, and firmheap for each range of sizes in ascending order. */
extern const Heap_t xKernel;
extern const Heap_t xFirmheap[];
extern const uint32_t ulFirmheaps;

/* replay.c */
extern size_t uxTrialBytes;
extern uint8_t ucArena[];
extern size_t uxHandicap;         /* Added to what is asked of firmheap: a test of this test. */
void vTrial( const Heap_t * pxHeap, size_t uxBytes );
void * pvRequest( const Heap_t * pxHeap, size_t uxBytes );
int iServes( const Heap_t * pxHeap, const Program_t * pxProgram, size_t uxBytes );
int iServesIntact( const Heap_t * pxHeap, const Program_t * pxProgram, size_t uxBytes );
size_t uxHighest( const Heap_t * pxHeap, const Program_t * pxProgram );
size_t uxNeeded( const Heap_t * pxHeap, const Program_t * pxProgram );

/* search.c */
typedef struct SMALLEST
{
    size_t uxHeap, uxTotal;       /* 0: not served by any size up to the arena's. */
    const Heap_t * pxHeap;
} Smallest_t;

const Heap_t * pxFirmheapFor( size_t uxBytes );
const Heap_t * pxMeasuring( uint32_t ulForm );
Smallest_t xSmallestFirmheap( const Program_t * pxProgram );
Smallest_t xSmallestKernel( const Program_t * pxProgram, int iExhaustive );
size_t uxLargestWithin( size_t uxTotal );

/* family.c, trace.c, capacity.c */
void vMakeProgram( Program_t * pxProgram, char cFamily, uint32_t ulSeed, uint32_t ulId );
void vMeasureProgram( Program_t * pxProgram );
void vReadTrace( Program_t * pxProgram, const char * pcPath );
void vWriteTrace( const Program_t * pxProgram );
int iCapacity( void );

#endif /* NEVER_WORSE_H */
