/* SPDX-License-Identifier: MIT */

/*
 * contract.h: how a group of checks is written.
 *
 * A group is one file with a table of cases.  Each case runs in a child process
 * of its own, so it begins with a heap nobody has touched, and a heap file that
 * crashes or never returns ends only that case.  The table says what is expected
 * of the kernel's file and of firmheap, and which paragraph of the contract says
 * so; where the two differ, firmheap's is the better one.
 */

#ifndef CONTRACT_H
#define CONTRACT_H

#include "FreeRTOS.h"
#include "task.h"
#include "recorder.h"

#include <stdint.h>
#include <string.h>

/* How a case can end.  An expectation may allow several: memory that was
 * written over can show itself in more than one way. */
#define RETURNS    1U   /* to its end */
#define DAMAGES    2U   /* a block overlaps, loses its content or leaves the heap */
#define DIES       4U   /* by a signal */
#define HANGS      8U   /* uses up its processor time */
#define BREAKS     ( DAMAGES | DIES | HANGS )

typedef struct CONTRACT_CASE
{
    const char * pcName;
    void ( * pxRun )( void );
    uint32_t ulKernel;         /* how the kernel's file may end it */
    uint32_t ulOurs;           /* how firmheap may end it */
    const char * pcParagraph;  /* of the contract */
} ContractCase_t;

extern const char * const pcContractGroup;
extern const ContractCase_t xContractCases[];   /* ends with a NULL name */
extern const uint32_t ulContractSeconds;        /* processor time for one case */

/* The number expected of the file under test. */
#define KERNEL_OR_OURS( kernel, ours )    ( ( CONTRACT_KERNEL == 1 ) ? ( kernel ) : ( ours ) )

/* tskKERNEL_VERSION as one number: V11.2.0 is 110200. */
#define contractKERNEL_VERSION \
    ( tskKERNEL_VERSION_MAJOR * 10000L + tskKERNEL_VERSION_MINOR * 100L + tskKERNEL_VERSION_BUILD )

/* heap_5 with the protector, up to V11.3.0, asserts when the heap is fragmented and
 * a request that is smaller than all free bytes finds no block (trap 6). */
#define contractFALSE_ALARM \
    ( ( CONTRACT_KERNEL == 1 ) && ( CONTRACT_REGIONS == 1 ) && ( CONTRACT_PROTECTOR == 1 ) && \
      ( contractKERNEL_VERSION <= 110300L ) && ( CONTRACT_ASSERT != CONTRACT_ASSERT_EMPTY ) )
#define contractFALSE_ALARM_STOPS    ( contractFALSE_ALARM && ( CONTRACT_ASSERT == CONTRACT_ASSERT_TRAP ) )

/* The kernel's header, contract 3.2. */
#define contractH \
    ( ( sizeof( void * ) + sizeof( size_t ) + CONTRACT_ALIGNMENT - 1U ) & ~( ( size_t ) CONTRACT_ALIGNMENT - 1U ) )
#define contractROUND_UP( n ) \
    ( ( ( n ) + CONTRACT_ALIGNMENT - 1U ) & ~( ( size_t ) CONTRACT_ALIGNMENT - 1U ) )
#define contractSIZE_MAX    ( ~( size_t ) 0 )

#define CHECK( condition )                  vCheck( ( condition ) ? 1 : 0, __FILE__, __LINE__, #condition )
#define CHECK_EQ( value, expectation )      vCheckNumbers( ( size_t ) ( value ), "==", ( size_t ) ( expectation ), __FILE__, __LINE__, #value )
#define CHECK_GE( value, expectation )      vCheckNumbers( ( size_t ) ( value ), ">=", ( size_t ) ( expectation ), __FILE__, __LINE__, #value )
#define CHECK_LE( value, expectation )      vCheckNumbers( ( size_t ) ( value ), "<=", ( size_t ) ( expectation ), __FILE__, __LINE__, #value )

/* What the heap called since vLogClear(), as letters (recorder.h); letters that
 * the variant switches off are taken out of the expectation. */
#define CHECK_LOG( expectation )            vCheckLog( ( expectation ), __FILE__, __LINE__ )

/* Depths are the caller's again, every S has its R. */
#define CHECK_BALANCED()                    vCheckBalanced( __FILE__, __LINE__ )

/* Misuse was noticed: the kernel raises exactly this many asserts (contractANY:
 * at least one), firmheap at least one; with an empty configASSERT none, with a
 * trapping one the first.  Nothing was traced, no hook ran, the scheduler runs. */
#define contractANY    0U
#define CHECK_FAULT( kernel_asserts )       vCheckFault( ( kernel_asserts ), __FILE__, __LINE__ )

extern void vCheck( int iPassed, const char * pcFile, int iLine, const char * pcText );
extern void vCheckNumbers( size_t uxValue, const char * pcRelation, size_t uxWanted,
                           const char * pcFile, int iLine, const char * pcText );
extern int iLogIs( const char * pcExpected, char * pcVisible );
extern void vCheckLog( const char * pcExpected, const char * pcFile, int iLine );
extern void vCheckBalanced( const char * pcFile, int iLine );
extern void vCheckFault( uint32_t ulKernelAsserts, const char * pcFile, int iLine );

/* Ends the case as DAMAGES, with this sentence. */
extern void vDamaged( const char * pcSentence );

/* A line for the report, kept apart from the checks. */
extern void vNote( const char * pcFormat, ... );

/* Calls that survive a trapping configASSERT. */
extern void * pvTryMalloc( size_t uxBytes );
extern void * pvTryCalloc( size_t uxNumber, size_t uxBytes );
extern void vTryFree( void * pvPayload );
extern void vTryDefineRegions( const HeapRegion_t * pxRegions );

/* heap_5 use: defines one region of CONTRACT_HEAP_BYTES; heap_4 use: nothing,
 * the first request does it. */
extern void vHeapReady( void );

/* The same, and then makes the heap 4 ready as well, with one request. */
extern void vHeapReadyAndUsed( void );

/* The memory the heap may use, at most 16 pieces; blocks outside are damage. */
extern void vHeapIs( const void * pvStart, size_t uxBytes );
extern void vHeapIsNowhere( void );

/* Memory around and between the pieces: nothing may write there. */
extern void vSurroundings( void * pvStart, size_t uxBytes );
extern void vCheckSurroundings( void );

/* A program of requests: distinct contents, verified when freed; in the end all
 * is freed and the free bytes are what they were. */
extern void vWorkload( uint32_t ulSeed );

/* Takes all there is in blocks of this size, verifies that none overlaps another
 * or leaves the heap, and frees all. */
extern void vExhaust( size_t uxBytes );
extern uint32_t ulRandom( void );
extern void vRandomSeed( uint32_t ulSeed );
extern void vFill( void * pvPayload, size_t uxBytes, uint32_t ulTag );
extern void vVerify( const void * pvPayload, size_t uxBytes, uint32_t ulTag );

/* Binary search for the largest request that is served now. */
extern size_t uxLargestRequest( void );

extern uint8_t ucContractArena[];
#define contractARENA_BYTES    ( 65536U * 5U )

#endif /* CONTRACT_H */
