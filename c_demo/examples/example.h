/* SPDX-License-Identifier: MIT
 *
 * What every example needs around it: tasks start, checks fail loudly, and faults are expected or the end.
 */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include "FreeRTOS.h"
#include "task.h"

#include "board.h"
#include "print.h"

/* The example itself; called by a task. The program ends well when it returns. */
extern void vExample( void );

/* Examples with regions give them here, before the first task is made: it needs a stack. */
extern void vExampleMemories( void );

/* Called by the tick's interrupt handler, if it is not NULL and configUSE_TICK_HOOK is 1. */
extern void ( * volatile pxExampleTick )( void );

#define CHECK( x )    do { if( !( x ) ) { vFail( "%s, line %u: %s\n", __FILE__, ( unsigned ) __LINE__, #x ); } } while( 0 )

/* How often vApplicationMallocFailedHook() ran. */
extern volatile uint32_t ulExampleFailed;

/* The next statement must raise just this fault (FIRMHEAP_FAULT_...). */
#define CHECK_FAULT( ulKind, xStatement )    do { vExpectFault( ulKind ); xStatement; vFaultCame(); } while( 0 )
extern void vExpectFault( uint32_t ulKind );
extern void vFaultCame( void );

#endif /* EXAMPLE_H */
