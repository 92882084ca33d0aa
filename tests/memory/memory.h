/* SPDX-License-Identifier: MIT
 *
 * A heap with a kernel that is not there: what it tells is recorded, and every call must leave the records in order.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#include "firmheap_faults.h"
#include "firmheap_memory.h"

/* What the heap has told since vRecordsClear(). */
typedef struct Records
{
    uint32_t ulMallocs;     /* traceMALLOC with a pointer */
    uint32_t ulFrees;       /* traceFREE */
    uint32_t ulRefusals;    /* traceMALLOC( NULL, 0 ) */
    uint32_t ulHooks;       /* vApplicationMallocFailedHook() */
    uint32_t ulFaults;      /* vApplicationHeapFaultHook() */
    uint32_t ulAsserts;
    uint32_t ulKind;        /* of the first fault */
    char acOrder[ 8 ];      /* M, F, R in the order they came */
} Records_t;

extern Records_t xRecords;

extern void vRecordsClear( void );

/* Ends the program with status 1. */
extern void vWrong( const char * pcFile, int iLine, const char * pcText );

/* The scheduler runs, sums of traces are what the figures say, so is the fewest free bytes ever. */
extern void vBalanced( const char * pcFile, int iLine );

#define CHECK( x )         do { if( !( x ) ) { vWrong( __FILE__, __LINE__, #x ); } } while( 0 )
#define CHECK_BALANCED()   vBalanced( __FILE__, __LINE__ )
#define CHECK_TOLD( pc )   CHECK( strcmp( xRecords.acOrder, ( pc ) ) == 0 )

extern uint32_t ulRandom( void );            /* the same on every machine */
extern uint32_t ulBelow( uint32_t ulLimit );
extern uint32_t ulSize( uint32_t ulLargest ); /* as programs ask: many small ones */

/* The memory of the heap, in pieces; with FIRMHEAP_USE_REGIONS three. */
typedef struct Piece
{
    uint8_t * pucStart;
    size_t xBytes;
} Piece_t;

extern const Piece_t xPieces[];
extern const size_t xPiecesCount;

extern void vHeapBegins( void );             /* after this the first request can come */

#ifndef memoryHEADER
    #error memoryHEADER: bytes of a header of this archive
#endif

extern void vDirected( void );               /* directed.c */
extern void vDifferential( uint32_t ulOperations, uint32_t ulSeed, uint32_t ulSlots, uint32_t ulLargest ); /* differential.c */

#endif /* MEMORY_H */
