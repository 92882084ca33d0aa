/* SPDX-License-Identifier: MIT
 *
 * What bindgen reads: the kernel's headers and the port file, exactly as the application's build
 * has them. Macros with casts are constants here, because bindgen evaluates those.
 */
#include "../../../port/firmheap_port.c"

static const size_t xAbiTotalHeapSize = configTOTAL_HEAP_SIZE;
static const size_t xAbiByteAlignment = portBYTE_ALIGNMENT;
static const size_t xAbiGranule = firmheapALIGNMENT;
static const size_t xAbiControlBytes = firmheapCONTROL_BYTES;
static const size_t xAbiStateBytes = sizeof( FirmheapState_t );
static const size_t xAbiHeads = firmheapBINS;
