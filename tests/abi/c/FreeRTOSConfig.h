/* SPDX-License-Identifier: MIT
 *
 * The configuration of the ABI tests: every macro that the port file expands leaves a trace that
 * the Rust side can read.
 */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#define configCPU_CLOCK_HZ                      25000000UL
#define configTICK_RATE_HZ                      1000
#define configTICK_TYPE_WIDTH_IN_BITS           TICK_TYPE_WIDTH_32_BITS
#define configMAX_PRIORITIES                    4
#define configMINIMAL_STACK_SIZE                256
#define configUSE_PREEMPTION                    1
#define configUSE_IDLE_HOOK                     0
#define configUSE_TICK_HOOK                     0
#define configKERNEL_INTERRUPT_PRIORITY         255
#define configMAX_SYSCALL_INTERRUPT_PRIORITY    64
#define configUSE_MALLOC_FAILED_HOOK            1

/* With a cast, as most projects have it: bindgen passes over such a macro without a word. */
#define configTOTAL_HEAP_SIZE                   ( ( size_t ) ( 24U * 1024U ) )

extern void vAbiAssertFailed( void );
extern void vAbiTrace( void * pv, size_t uxBytes, int iIsFree );

#define configASSERT( x )              do { if( !( x ) ) { vAbiAssertFailed(); } } while( 0 )
#define traceMALLOC( pv, uxBytes )     vAbiTrace( ( pv ), ( uxBytes ), 0 )
#define traceFREE( pv, uxBytes )       vAbiTrace( ( pv ), ( uxBytes ), 1 )

#endif /* FREERTOS_CONFIG_H */
