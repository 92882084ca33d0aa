/* SPDX-License-Identifier: MIT */
/*
 * What the harness, the allocators and the driver agree on.
 *
 * An allocator is a set of objects packed into liballoc.a. It offers pvPortMalloc, vPortFree and
 * vBenchInit, and nothing of the harness knows more about it. The linker script keeps the static
 * data of that archive together, so the harness can put an allocator back to its state at power-up
 * and can say how many bytes it occupies.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

/* --- What an allocator offers. ---------------------------------------------------------------- */

void * pvPortMalloc( size_t xWantedSize );
void vPortFree( void * pv );

/* Called once per trace with a freshly zeroed allocator; xBytes starts at ucHeap. */
void vBenchInit( uint8_t * pucHeap,
                 size_t xBytes );

/* --- What the harness gives to an allocator. -------------------------------------------------- */

/* The heap's memory, placed by the linker script. The size is that of the current trial: files that
 * want a compile-time constant get one in the image for timing, this variable in the one for memory. */
extern uint8_t ucHeap[];
extern size_t xBenchHeapBytes;

/* --- Measured regions (region.S): instructions from the call to the return. ------------------- */

uint32_t ulTicksEmpty( void );
uint32_t ulTicksNops( void );
uint32_t ulTicksMalloc( size_t xWantedSize,
                        void ** ppvResult );
uint32_t ulTicksFree( void * pv );

/* Instructions in a region; the empty region is subtracted. */
uint32_t ulInstructions( uint32_t ulTicks );
uint32_t ulMeasureMalloc( size_t xWantedSize,
                          void ** ppvResult );
uint32_t ulMeasureFree( void * pv );
void vTimerStart( void );

/* --- Semihosting (start.c). ------------------------------------------------------------------- */

void vWrite( const char * pcText );
void vWriteNumber( uint32_t ulNumber );
void vField( const char * pcName,
             uint32_t ulNumber );
void vExit( int iCode );
void vDie( const char * pcWhy );

/* --- Allocator life cycle (jobs.c). ------------------------------------------------------------ */

void vAllocatorReset( size_t xHeapBytes );
size_t xAllocatorStaticBytes( void );

/* --- Jobs, as written by the driver (driver/src/job.rs). -------------------------------------- */

#define benchJOB_MAGIC      0x31424846UL /* "FHB1" */
#define benchJOB_TIME       1UL
#define benchJOB_MEMORY     2UL
#define benchJOB_SLOPE      3UL
#define benchMAX_SLOTS      16384UL

typedef struct JOB
{
    uint32_t ulKind;      /* benchJOB_... */
    char cName[ 28 ];     /* zero-terminated */
    uint32_t ulHeapBytes; /* time, slope: the heap; memory: the upper limit of the search */
    uint32_t ulPeakBytes; /* memory: peak live bytes, the lower limit */
    uint32_t ulStep;      /* memory: granularity of the search */
    uint32_t ulEvents;    /* events that follow */
} Job_t;

/* One event: slot and size; size 0 frees the slot. */
typedef struct EVENT
{
    uint32_t ulSlot;
    uint32_t ulSize;
} Event_t;

void vJobTime( const Job_t * pxJob,
               const Event_t * pxEvents );
void vJobMemory( const Job_t * pxJob,
                 const Event_t * pxEvents );
void vJobSlope( const Job_t * pxJob );

#endif /* BENCH_H */
