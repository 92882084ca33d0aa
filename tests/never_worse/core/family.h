/* SPDX-License-Identifier: MIT */

/* family.h: what the kinds of random programs are made with (family.c), and the kinds (kinds*.c). */

#ifndef FAMILY_H
#define FAMILY_H

#include "never_worse.h"

#define familySETS    4U

/* Blocks alive, in the order they were made. */
typedef struct SET
{
    uint32_t ulCount;
    uint32_t ulSlots[ nwOPS_MAX ];
} Set_t;

/* One part of a program: what it may hold, what it holds, and what its kind remembers. */
typedef struct PART
{
    const struct KIND * pxKind;
    uint32_t ulBudget, ulLive;      /* Requested bytes. */
    uint32_t ulHigh;                /* Its largest usual request. */
    uint32_t ulNumbers[ 8 ];
    Set_t xSets[ familySETS ];
} Part_t;

typedef struct KIND
{
    const char * pcName;
    void ( * vBegin )( Part_t * pxPart );
    void ( * vStep )( Part_t * pxPart );
} Kind_t;

extern const Kind_t xObjects, xPackets, xConnections;   /* kinds_firmware.c */
extern const Kind_t xStrings, xPhases, xTrees;          /* kinds_data.c */
extern const Kind_t * const pxKinds[];                  /* kinds.c: all */
extern const uint32_t ulKinds;

/* Chance. */
uint32_t ulBetween( uint32_t ulLow, uint32_t ulHigh );   /* Every value as likely. */
uint32_t ulOctaves( uint32_t ulLow, uint32_t ulHigh );   /* Every octave as likely (about log-uniform). */
uint32_t ulSmall( uint32_t ulHigh );                     /* 1 to high, the small ones more often. */
int iChance( uint32_t ulPercent );
uint32_t ulLesser( uint32_t ulA, uint32_t ulB );

/* Operations. A take returns 0 if there is no room in the budget. */
int iTake( Part_t * pxPart, uint32_t ulSet, uint32_t ulBytes );
int iResize( Part_t * pxPart, uint32_t ulSet, uint32_t ulIndex, uint32_t ulBytes );
void vGive( Part_t * pxPart, uint32_t ulSet, uint32_t ulIndex );
void vGiveAny( Part_t * pxPart, uint32_t ulSet );
uint32_t ulBytesOf( const Part_t * pxPart, uint32_t ulSet, uint32_t ulIndex );
/* Frees blocks of a set until there is room or the set is empty. */
typedef enum { eOLDEST, eNEWEST, eANY } Order_t;
int iMakeRoom( Part_t * pxPart, uint32_t ulSet, uint32_t ulBytes, Order_t eOrder );

#endif /* FAMILY_H */
