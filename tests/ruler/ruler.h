/* SPDX-License-Identifier: MIT
 *
 * Counts instructions, not cycles: QEMU's -icount lets the same time pass for each, and the CPU's own timer tells the time.
 * Repeatable to the instruction. Which -icount a machine wants stands in xtask/src/cpu.rs.
 */
#ifndef RULER_H
#define RULER_H

#include <stdint.h>

/* Returns at once: for stand-ins of which nothing but the call shall count. */
#if defined( __riscv )
    #define rulerRETURN    "ret"
#else
    #define rulerRETURN    "bx lr"
#endif

typedef uintptr_t ( * RulerCall_t )( uintptr_t uxArgument );

/* Ends the program if the ruler does not count what it should. */
void vRulerStart( void );

/* Instructions of a call, with the call itself and the return. */
uint32_t ulRulerCount( RulerCall_t xCall,
                       uintptr_t ux,
                       uintptr_t * puxResult );

#endif /* RULER_H */
