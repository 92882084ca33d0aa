/* SPDX-License-Identifier: MIT
 *
 * A recorded trace as tools/pack_trace.py writes it.
 */
#ifndef REPLAY_TRACE_H
#define REPLAY_TRACE_H

#include <stdint.h>

typedef struct
{
    uint32_t ulEvents;
    uint32_t ulSlots;           /* live blocks are named by slot numbers below this */
    uint32_t ulTasks;
    uint32_t ulPeakBytes;       /* asked for and not yet freed, at the most */
    uint32_t ulPeakBlocks;
} ReplayTrace_t;

extern const ReplayTrace_t xReplayTrace;
extern const uint32_t ulReplayEvents[];

/* One event, unpacked from its word. */
#define replaySIZE( ulEvent )    ( ( ulEvent ) & 0xFFFFU )          /* 0: free */
#define replaySLOT( ulEvent )    ( ( ( ulEvent ) >> 16 ) & 0x3FFU )
#define replayTASK( ulEvent )    ( ( ulEvent ) >> 26 )
#define replayMAX_SLOTS          1024U
#define replayMAX_TASKS          64U

#endif /* REPLAY_TRACE_H */
