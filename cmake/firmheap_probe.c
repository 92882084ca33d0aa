/* SPDX-License-Identifier: MIT
 *
 * Compiled as the kernel is compiled, never linked. It says, in text that a script finds in the
 * object file, what only this compiler and this FreeRTOSConfig.h know. Text and not symbols: no
 * tool but CMake is needed to read it. The numbers are initialisers and not preprocessor text
 * because configTOTAL_HEAP_SIZE usually has a cast, which no preprocessor can evaluate. */
#include "FreeRTOS.h"
#include "firmheap_target.h"

#define PROBE_DIGIT( n )    ( ( char ) ( '0' + ( n ) ) )

/* Above this many bytes a block's size no longer fits the compact header. */
#define PROBE_COMPACT_BYTES    262144UL

#ifdef configTOTAL_HEAP_SIZE
    #define PROBE_LARGE    ( ( ( configTOTAL_HEAP_SIZE ) > PROBE_COMPACT_BYTES ) ? 1 : 0 )
#else
    #define PROBE_LARGE    0
#endif

const char acFirmheapProbeTarget[] = "firmheap_probe:target=" FIRMHEAP_RUST_TARGET ";";

#define PROBE_ALIGNMENT_TEXT    "firmheap_probe:alignment="
#define PROBE_LARGE_TEXT        "firmheap_probe:large="

const struct
{
    char acText[ sizeof( PROBE_ALIGNMENT_TEXT ) - 1U ];
    char acDigits[ 4 ];
} xFirmheapProbeAlignment =
{
    PROBE_ALIGNMENT_TEXT,
    { PROBE_DIGIT( portBYTE_ALIGNMENT / 10 ), PROBE_DIGIT( portBYTE_ALIGNMENT % 10 ), ';', '\0' }
};

const struct
{
    char acText[ sizeof( PROBE_LARGE_TEXT ) - 1U ];
    char acDigits[ 3 ];
} xFirmheapProbeLarge =
{
    PROBE_LARGE_TEXT,
    { PROBE_DIGIT( PROBE_LARGE ), ';', '\0' }
};
