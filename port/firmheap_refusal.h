/* SPDX-License-Identifier: MIT
 *
 * What firmheap_port.c, firmheap_caps.c and firmheap_failure.c tell each other of requests that fail. Not for applications.
 */

#ifndef FIRMHEAP_REFUSAL_H
#define FIRMHEAP_REFUSAL_H

#include <stddef.h>
#include <stdint.h>

/* What is known of a request that was refused: the archive notes it (src/ffi/tracked.rs), under the lock. */
typedef struct FirmheapRefusal
{
    size_t xBytes;      /* asked for */
    size_t xLargest;    /* of all that failed */
    uintptr_t uxPlace;  /* the call site, if sites are tracked */
    uint32_t ulIsText;  /* not 0: uxPlace is a text */
    uint32_t ulCount;   /* requests that failed */
    size_t xAlignment;  /* 0: the usual */
    size_t xBudget;     /* not 0: a budget refused it */
} FirmheapRefusal_t;

extern FirmheapRefusal_t xFirmheapRefusal;

/* No region serves a request for so many bytes. With FIRMHEAP_TRACK; outside the lock. */
extern void vFirmheapCountFailure( size_t xBytes );

/* Records it, with its verdict; before vApplicationMallocFailedHook(). With FIRMHEAP_REPORT; by a task, outside the lock. */
extern void vFirmheapFailed( const FirmheapRefusal_t * pxRefusal,
                             uint32_t ulCapabilities,
                             const void * pvCaller );

#endif /* FIRMHEAP_REFUSAL_H */
