/* SPDX-License-Identifier: MIT */
/*
 * The twin test: the kernel's heap file and firmheap's scheme of the same number in one image, their symbols apart
 * by a prefix, run through the same program. Whatever can be seen from outside is compared after each operation.
 */
#ifndef TWIN_H
#define TWIN_H

#include <stddef.h>
#include <stdint.h>

#include "FreeRTOS.h"

#define twinSLOTS    16384U

/* What one heap called while one operation ran. */
typedef struct Record
{
    uint32_t ulSuspensions;
    uint32_t ulNesting;      /* of suspensions, after it: 0 */
    uint32_t ulTracedMallocs;
    uint32_t ulTracedFrees;
    uint32_t ulOutOfPlace;   /* traces while running, hooks and asserts of allocation while suspended */
    uint32_t ulHooks;
    uint32_t ulAsserts;
    size_t uxTracedBytes;
    uintptr_t uxTracedAt;    /* distance from the array, or 0 */
} Record_t;

/* One of the twins. Functions that the kernel's file lacks are NULL on both sides. */
typedef struct Side
{
    const char * pcName;
    uint8_t * pucHeap;
    Record_t xRecord;
    void * ( *pvMalloc )( size_t );
    void ( *vFree )( void * );
    void * ( *pvCalloc )( size_t, size_t );
    size_t ( *xFreeBytes )( void );
    size_t ( *xFreeBytesMin )( void );
    void ( *vResetMin )( void );
    void ( *vStats )( HeapStats_t * );
    void ( *vInitialise )( void );
    void ( *vReset )( void );
    void ( *vDefine )( const HeapRegion_t * );
} Side_t;

extern Side_t xKernel, xOurs;
extern Side_t * pxNow; /* whose functions are running */

/* The job, from a file (host) or the memory it was loaded to (target). */
typedef struct Job
{
    uint32_t ulMagic;
    uint32_t ulSeed;
    uint32_t ulOperations; /* of the random program */
    uint32_t ulStride;     /* figures are compared after every so many operations */
    uint32_t ulEvents;     /* that follow: slot, size; size 0 frees the slot */
} Job_t;

#define twinMAGIC    0x4E495754UL

void vRunRandom( uint32_t ulSeed, uint32_t ulOperations );
void vRunTrace( const uint32_t * pulEvents, uint32_t ulEvents );

/* compare.c */
extern uint32_t ulOperation;
extern uint32_t ulStride;
void vCompare( const char * pcWhat, const void * pvKernel, const void * pvOurs );
void vCompareMemory( void );
void vForgetList( void ); /* the kernel's file walks a stale list until it is set up again */
void vListIsNew( void );

/* Platform: benches/cortex_m3/harness/start.c, or host.c. */
void vWrite( const char * pcText );
void vWriteNumber( uint32_t ulNumber );
void vField( const char * pcName, uint32_t ulNumber );
void vExit( int iCode );

#endif /* TWIN_H */
