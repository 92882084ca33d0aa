/* SPDX-License-Identifier: MIT
 * The configuration of the image with two Rust archives, on either board. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#define configCPU_CLOCK_HZ                      ( 25000000UL )
#define configTICK_RATE_HZ                      ( 250U )
#define configTICK_TYPE_WIDTH_IN_BITS           TICK_TYPE_WIDTH_32_BITS
#define configMAX_PRIORITIES                    4
#define configMINIMAL_STACK_SIZE                256
#define configUSE_PREEMPTION                    1
#define configUSE_TIME_SLICING                  1
#define configUSE_IDLE_HOOK                     0
#define configUSE_TICK_HOOK                     0
#define configKERNEL_INTERRUPT_PRIORITY         ( 255 )
#define configMAX_SYSCALL_INTERRUPT_PRIORITY    ( 160 )
#define configTOTAL_HEAP_SIZE                   ( ( size_t ) ( 32U * 1024U ) )

#define INCLUDE_vTaskDelay                      1
#define INCLUDE_vTaskSuspend                    1

extern void vMixedAssertFailed( const char * pcFile, int iLine );
#define configASSERT( x )    do { if( !( x ) ) { vMixedAssertFailed( __FILE__, __LINE__ ); } } while( 0 )

#endif /* FREERTOS_CONFIG_H */
