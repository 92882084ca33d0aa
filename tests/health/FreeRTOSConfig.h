/* SPDX-License-Identifier: MIT
 * The kernel configuration of the tests of health and trace; more comes from the command line. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#if defined( __ARM_ARCH_8M_MAIN__ ) /* mps2-an505 */
    #define configCPU_CLOCK_HZ                 20000000UL
#else
    #define configCPU_CLOCK_HZ                 25000000UL
#endif
#ifndef healthTICK_HZ
    #define healthTICK_HZ                      1000
#endif
#define configTICK_RATE_HZ                     healthTICK_HZ
#define configTICK_TYPE_WIDTH_IN_BITS          TICK_TYPE_WIDTH_32_BITS
#define configKERNEL_INTERRUPT_PRIORITY        0xE0U
#define configMAX_SYSCALL_INTERRUPT_PRIORITY   0xA0U
#define configMAX_PRIORITIES                   5
#define configMINIMAL_STACK_SIZE               128
#define configUSE_PREEMPTION                   1
#ifdef healthFIRMWARE
    #define configUSE_IDLE_HOOK                1 /* waits: a minute is over at once */
#else
    #define configUSE_IDLE_HOOK                0
#endif
#define configUSE_TICK_HOOK                    0
#define configSUPPORT_DYNAMIC_ALLOCATION       1
#define configSUPPORT_STATIC_ALLOCATION        0
#ifndef healthHEAP_BYTES
    #define healthHEAP_BYTES                   65536
#endif
#define configTOTAL_HEAP_SIZE                  ( ( size_t ) healthHEAP_BYTES )
#define configCHECK_FOR_STACK_OVERFLOW         0
#define configENABLE_MPU                       0
#define configENABLE_FPU                       0
#define configENABLE_TRUSTZONE                 0
#define configRUN_FREERTOS_SECURE_ONLY         1
#define configMTIME_BASE_ADDRESS               0 /* RISC-V: the scheduler is not started there */
#define configMTIMECMP_BASE_ADDRESS            0
#define configUSE_TRACE_FACILITY               1
#define configMAX_TASK_NAME_LEN                12

#ifdef healthFIRMWARE
    #define configUSE_MALLOC_FAILED_HOOK       healthFAILS
    #define configUSE_HEAP_FAILURE_HOOK        healthFAILS
#endif

#define INCLUDE_vTaskDelay                     1
#define INCLUDE_uxTaskPriorityGet               1
#define INCLUDE_vTaskDelete                    1
#define INCLUDE_vTaskSuspend                   1
#define INCLUDE_xTaskGetCurrentTaskHandle      1
#define INCLUDE_xTaskGetSchedulerState         1
#define INCLUDE_uxTaskGetStackHighWaterMark    1

extern void vTestAssert( const char * pcFile, int iLine );
#define configASSERT( x )    do { if( !( x ) ) { vTestAssert( __FILE__, __LINE__ ); } } while( 0 )

#ifdef healthRECORDS
    extern void vRecordMalloc( void * pv, size_t uxBytes );
    extern void vRecordFree( void * pv, size_t uxBytes );
    #define traceMALLOC( pv, uxBytes )    vRecordMalloc( ( pv ), ( uxBytes ) )
    #define traceFREE( pv, uxBytes )      vRecordFree( ( pv ), ( uxBytes ) )
#endif

#endif /* FREERTOS_CONFIG_H */
