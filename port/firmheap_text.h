/* SPDX-License-Identifier: MIT
 *
 * What firmheap_report.c, firmheap_failure.c and firmheap_watch.c have in common: lines of text without printf, and who
 * grows. Not for applications.
 */

#ifndef FIRMHEAP_TEXT_H
#define FIRMHEAP_TEXT_H

#include "firmheap_report.h"

/* A line that is written when it is full or ended. */
typedef struct FirmheapLine
{
    HeapWriter_t xWriter;
    void * pvArgument;
    size_t xUsed;
    char cText[ 80 ];
} FirmheapLine_t;

extern void vFirmheapPut( FirmheapLine_t * pxLine,
                          const char * pcText );
extern void vFirmheapPutCharacter( FirmheapLine_t * pxLine,
                                   char cCharacter );

/* Right-aligned in so many columns at least. */
extern void vFirmheapPutNumber( FirmheapLine_t * pxLine,
                                size_t xNumber,
                                size_t xColumns );
extern void vFirmheapPutAddress( FirmheapLine_t * pxLine,
                                 const void * pv );

/* Spaces up to this column. */
extern void vFirmheapPutColumn( FirmheapLine_t * pxLine,
                                size_t xColumn );
extern void vFirmheapEndLine( FirmheapLine_t * pxLine );

/* FIRMHEAP_TRACK as a number: 0 off, 1 tasks, 2 sites, 3 trace. */
#define firmheapLEVEL_off            10
#define firmheapLEVEL_tasks          11
#define firmheapLEVEL_sites          12
#define firmheapLEVEL_trace          13
#define firmheapLEVEL_JOIN( a, b )      a ## b
#define firmheapLEVEL_EXPAND( a, b )    firmheapLEVEL_JOIN( a, b )
#ifdef FIRMHEAP_TRACK
    #define firmheapLEVEL            ( firmheapLEVEL_EXPAND( firmheapLEVEL_, FIRMHEAP_TRACK ) - 10 )
#else
    #define firmheapLEVEL            0
#endif

#ifndef FIRMHEAP_BUDGETS
    #define FIRMHEAP_BUDGETS         0
#endif

#if ( firmheapLEVEL > 0 )
    #include "firmheap_refusal.h"
    #include "firmheap_track.h"
    #if ( FIRMHEAP_BUDGETS == 1 )
        #include "firmheap_budget.h"
    #endif

    extern void vFirmheapCopyHolder( HeapHolder_t * pxHolder,
                                     const HeapOwner_t * pxOwner,
                                     size_t xBytes );
    extern void vFirmheapCopyName( char * pcTo,
                                   const char * pcFrom );
    extern size_t xFirmheapSuspect( HeapHolder_t * pxHolder );
    extern void vFirmheapSuspectSite( const void ** ppvPlace,
                                      const char ** ppcPlace );
#endif
extern size_t xFirmheapTypicallyFree( size_t xTotalBytes );

#endif /* FIRMHEAP_TEXT_H */
