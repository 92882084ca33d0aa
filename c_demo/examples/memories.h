/* SPDX-License-Identifier: MIT
 *
 * The memories of the board beside ucHeap: on mps2-an385 what the linker script says is left of code memory (SSRAM1), data
 * memory (SSRAM2 and 3) and the external PSRAM; on the host three arrays stand for them.
 */
#ifndef MEMORIES_H
#define MEMORIES_H

#include <stdint.h>

#ifdef __arm__
    extern uint8_t __code_left[], __code_end[], __ram_left[], __ram_end[], __psram_left[], __psram_end[];
    #define CODE_FIRST     __code_left
    #define CODE_END       __code_end
    #define RAM_FIRST      __ram_left
    #define RAM_END        __ram_end
    #define PSRAM_FIRST    __psram_left
    #define PSRAM_END      __psram_end
#else
    #define UNUSED_MAYBE    __attribute__( ( unused ) )
    static uint64_t ullCode[ 32768 ] UNUSED_MAYBE, ullRam[ 262144 ] UNUSED_MAYBE, ullPsram[ 1048576 ] UNUSED_MAYBE;
    #define CODE_FIRST     ( ( uint8_t * ) ullCode )
    #define CODE_END       ( ( uint8_t * ) ullCode + sizeof( ullCode ) )
    #define RAM_FIRST      ( ( uint8_t * ) ullRam )
    #define RAM_END        ( ( uint8_t * ) ullRam + sizeof( ullRam ) )
    #define PSRAM_FIRST    ( ( uint8_t * ) ullPsram )
    #define PSRAM_END      ( ( uint8_t * ) ullPsram + sizeof( ullPsram ) )
#endif

#define LIES_IN( pv, first, end )    ( ( ( uint8_t * ) ( pv ) >= ( first ) ) && ( ( uint8_t * ) ( pv ) < ( end ) ) )

#endif /* MEMORIES_H */
