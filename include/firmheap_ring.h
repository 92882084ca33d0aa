/* SPDX-License-Identifier: MIT
 *
 * Rings: messages of any size in the order they were made, from one side to the other without copying and without a lock:
 * from an interrupt handler to a task, from a task to a handler, or between two tasks.
 *
 *   ringDEFINE( xSamples, 4096 );                       in static memory: cannot fail
 *
 *   Block_t * px = pvRingReserve( &xSamples, sizeof( *px ) + 2 * n );  the producer: NULL if there is no room
 *   ... fill it ...
 *   xRingCommit( &xSamples, px, sizeof( *px ) + 2 * used );            from here on it is the consumer's; fewer bytes are fine
 *
 *   Block_t * px = pvRingPeek( &xSamples, &xBytes );                   the consumer: NULL if there is none
 *   ... use it ...
 *   xRingRelease( &xSamples, px );                                     makes room
 *
 * One producer and one consumer: two tasks that both produce need a mutex between them, two handlers of different
 * priority need a ring each. Payloads begin at multiples of eight bytes. A message takes its bytes and four more, rounded
 * up to eight, and is never split: what does not fit before the end of the memory is skipped. The largest message that
 * always fits once the ring is empty is half of the memory (ringMESSAGE_MAX); larger ones are refused always.
 *
 * Nothing is compiled beside it: all of it is in libfirmheap.a (the part that FIRMHEAP_EXTENSIONS=OFF leaves out). Any
 * FIRMHEAP_SCHEME serves, and the heap is not used. Cost: O(1), no loop, but xRingCheck. docs/RING.md has the rest.
 *
 * Context of every function: task or interrupt handler of any priority, also above configMAX_SYSCALL_INTERRUPT_PRIORITY, if it
 * is the one producer or the one consumer: nothing of the kernel is called.
 */

#ifndef FIRMHEAP_RING_H
#define FIRMHEAP_RING_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
    extern "C" {
#endif

/* A ring. Its words are its own affair: ask vRingGetStats(). All zeros is a ring that refuses everything. */
typedef struct Ring
{
    uint32_t ulGranules;
    uint32_t ulHead;
    uint32_t ulTail;
    uint32_t ulAt;
    uint32_t ulReserved;
    uint32_t ulUsedMax;
    uint32_t ulRefused;
    void * pvMemory;
} Ring_t;

/* Figures of one moment. */
typedef struct RingStats
{
    size_t xCapacity;   /* bytes for messages, each with its header and rounded up */
    size_t xMessageMax; /* bytes of the largest message */
    size_t xUsed;       /* bytes in use: messages that were not released, and what is skipped */
    size_t xUsedMax;    /* the most that ever was */
    uint32_t ulRefused; /* calls of pvRingReserve() that returned NULL */
} RingStats_t;

/* What is wrong with a call; nothing was changed then. Success is 1 (pdPASS). */
#define errRING_MISSING         ( -1 ) /* no ring, no memory, or no message was given */
#define errRING_MISALIGNED      ( -2 ) /* the memory is no multiple of eight */
#define errRING_TOO_SMALL       ( -3 ) /* memory for no message: less than 20 bytes */
#define errRING_TOO_LARGE       ( -4 ) /* more than 512 KiB */
#define errRING_NOT_RESERVED    ( -5 ) /* this was not reserved, or was committed already */
#define errRING_TOO_LONG        ( -6 ) /* more was committed than reserved; the reservation is still there */
#define errRING_EMPTY           ( -7 ) /* nothing to release */
#define errRING_NOT_OLDEST      ( -8 ) /* only the oldest message can be released */
#define errRING_DAMAGED         ( -9 ) /* the header of the oldest message was overwritten: xRingDiscard() */

/* In place of the bytes of a message: its header was overwritten. */
#define ringDAMAGED             ( ( size_t ) -1 )

/* Granules in a memory of so many bytes, and bytes of the largest message of a ring that was defined with so many. */
#define ringGRANULES( xBytes )       ( ( ( size_t ) ( xBytes ) + 7U ) / 8U )
#define ringMESSAGE_MAX( xBytes )    ( ( ( ringGRANULES( xBytes ) / 2U ) * 8U ) - 4U )

#define ringSTORAGE( xName, xBytes )                                                    \
    static uint64_t xName ## _memory[ ringGRANULES( xBytes ) + 1U ];                    \
    typedef char xName ## _has_16_bytes_to_512_KiB[ ( ( ringGRANULES( xBytes ) >= 2U ) && ( ringGRANULES( xBytes ) <= 0xFFFFU ) ) ? 1 : -1 ]

#define ringINITIALISER( xName, xBytes )    { ( uint32_t ) ringGRANULES( xBytes ), 0U, 0U, 0U, 0U, 0U, 0U, xName ## _memory }

/* A ring in static memory, at file scope, with room for messages of xBytes bytes in all, their headers included. Nothing is
 * set up at run time and nothing can fail. RAM: xBytes rounded up to eight, 8, and a Ring_t. */
#define ringDEFINE( xName, xBytes )    \
    ringSTORAGE( xName, xBytes );      \
    Ring_t xName = ringINITIALISER( xName, xBytes )

/* The same, known in its file only. */
#define ringDEFINE_STATIC( xName, xBytes )    \
    ringSTORAGE( xName, xBytes );             \
    static Ring_t xName = ringINITIALISER( xName, xBytes )

/* The archive's names: an application may have functions of its own with these. */
#define xRingInitialise    xFirmheapRingInitialise
#define pvRingReserve      pvFirmheapRingReserve
#define xRingCommit        xFirmheapRingCommit
#define pvRingPeek         pvFirmheapRingPeek
#define pvRingNext         pvFirmheapRingNext
#define xRingRelease       xFirmheapRingRelease
#define xRingDiscard       xFirmheapRingDiscard
#define xRingCheck         xFirmheapRingCheck
#define vRingGetStats      vFirmheapRingGetStats

/* Makes an empty ring of memory that is given: xBytes bytes, from a multiple of eight on. 1, or errRING_...
 * Context: any, while nobody uses the ring. */
extern int32_t xRingInitialise( Ring_t * pxRing,
                                void * pvMemory,
                                size_t xBytes );

/*-------------------------------- the producer --------------------------------*/

/* Room for a message of up to xBytes bytes, or NULL if there is not enough now, or never will be. What is in it is left from
 * before. The consumer does not know of it. A second call without a commit takes the place of the first. */
extern void * pvRingReserve( Ring_t * pxRing,
                             size_t xBytes );

/* Tells the consumer of the message, of which xBytes bytes are used; zero gives the reservation up. 1, or
 * errRING_NOT_RESERVED, errRING_TOO_LONG. */
extern int32_t xRingCommit( Ring_t * pxRing,
                            void * pv,
                            size_t xBytes );

/*-------------------------------- the consumer --------------------------------*/

/* The oldest message and its bytes (pxBytes may be NULL); as often as asked for, the same until it is released. NULL: there is
 * none, and *pxBytes is 0; or its header was overwritten, and *pxBytes is ringDAMAGED. */
extern void * pvRingPeek( Ring_t * pxRing,
                          size_t * pxBytes );

/* The message behind one that was not released; for whoever uses several at once. Otherwise as pvRingPeek(); for a pointer
 * that is no such message *pxBytes is ringDAMAGED, too. */
extern void * pvRingNext( Ring_t * pxRing,
                          const void * pv,
                          size_t * pxBytes );

/* The oldest message is used up, and its room the producer's. 1, or errRING_NOT_OLDEST, errRING_EMPTY, errRING_DAMAGED. */
extern int32_t xRingRelease( Ring_t * pxRing,
                             void * pv );

/* All messages there are now are given up, unread: the way on when one is damaged. 1, or errRING_MISSING. */
extern int32_t xRingDiscard( Ring_t * pxRing );

/* Follows all headers: 1, or errRING_DAMAGED. Cost: O(messages). */
extern int32_t xRingCheck( Ring_t * pxRing );

/*-------------------------------- anyone --------------------------------*/

/* Fills pxStats, word by word and without a lock: while a side is at work the figures can be of two moments. Cost: O(1).
 * Context: any. */
extern void vRingGetStats( Ring_t * pxRing,
                           RingStats_t * pxStats );

#ifdef __cplusplus
    }
#endif

#endif /* FIRMHEAP_RING_H */
