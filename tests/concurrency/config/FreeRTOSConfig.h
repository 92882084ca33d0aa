/* SPDX-License-Identifier: MIT
 * The configuration of the storm: the tick as fast as the host delivers it, every kernel check on. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#define configCPU_CLOCK_HZ                            ( 1000000000UL )
#define configTICK_RATE_HZ                            ( 20000U )
#define configTICK_TYPE_WIDTH_IN_BITS                 TICK_TYPE_WIDTH_64_BITS
#define configMAX_PRIORITIES                          5
#define configMINIMAL_STACK_SIZE                      256
#define configUSE_PREEMPTION                          1
#define configUSE_TIME_SLICING                        1
#define configUSE_IDLE_HOOK                           0
#define configUSE_TICK_HOOK                           0
#define configSUPPORT_DYNAMIC_ALLOCATION              1
#define configSUPPORT_STATIC_ALLOCATION               1
#define configKERNEL_PROVIDED_STATIC_MEMORY           1
#define configTOTAL_HEAP_SIZE                         ( ( size_t ) stormHEAP_BYTES )

#define INCLUDE_vTaskDelay                            1
#define INCLUDE_vTaskSuspend                          1

extern void vStormAssertFailed( const char * pcFile, int iLine );
#define configASSERT( x )    do { if( !( x ) ) { vStormAssertFailed( __FILE__, __LINE__ ); } } while( 0 )

#endif /* FREERTOS_CONFIG_H */
