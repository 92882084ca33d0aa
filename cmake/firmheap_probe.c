/* SPDX-License-Identifier: MIT
 *
 * Compiled as the kernel is compiled, never linked. It says, in text that a script finds in the
 * object file, what only this compiler and this FreeRTOSConfig.h know. Text and not symbols: no
 * tool but CMake is needed to read it. The numbers are initialisers and not preprocessor text
 * because configTOTAL_HEAP_SIZE usually has a cast, which no preprocessor can evaluate.
 *
 * What follows from the configuration is the port file's to say: its options are asked. */
#include "../port/firmheap_options.h"
#include "firmheap_target.h"

#define PROBE_DIGIT( n )    ( ( char ) ( '0' + ( n ) ) )

#define PROBE_ALIGNMENT_TEXT    "firmheap_probe:alignment="
#define PROBE_FORM_TEXT         "firmheap_probe:form="

const char acFirmheapProbeTarget[] = "firmheap_probe:target=" FIRMHEAP_RUST_TARGET ";";

const struct
{
    char acText[ sizeof( PROBE_ALIGNMENT_TEXT ) - 1U ];
    char acDigits[ 4 ];
} xFirmheapProbeAlignment =
{
    PROBE_ALIGNMENT_TEXT,
    { PROBE_DIGIT( firmheapALIGNMENT / 10 ), PROBE_DIGIT( firmheapALIGNMENT % 10 ), ';', '\0' }
};

/* Large regions, least integrity level, clearing on free, trace macros in use, failed hook, failures on demand, lock,
 * frees from interrupts, what is tracked,
 * budgets: a digit each. */
const struct
{
    char acText[ sizeof( PROBE_FORM_TEXT ) - 1U ];
    char acDigits[ 12 ];
} xFirmheapProbeForm =
{
    PROBE_FORM_TEXT,
    {
        PROBE_DIGIT( ( firmheapIS_LARGE ) ? 1 : 0 ), PROBE_DIGIT( firmheapINTEGRITY_MIN ),
        PROBE_DIGIT( configHEAP_CLEAR_MEMORY_ON_FREE ), PROBE_DIGIT( ( firmheapTRACES ) ? 1 : 0 ),
        PROBE_DIGIT( configUSE_MALLOC_FAILED_HOOK ), PROBE_DIGIT( FIRMHEAP_INJECT_FAILURES ),
        PROBE_DIGIT( firmheapCRITICAL ? 1 : 0 ), PROBE_DIGIT( firmheapDEFERS ? 1 : 0 ),
        PROBE_DIGIT( firmheapTRACK ), PROBE_DIGIT( FIRMHEAP_BUDGETS ), ';', '\0'
    }
};
