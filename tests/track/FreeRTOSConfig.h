/* SPDX-License-Identifier: MIT
 * The configuration of the counts, for each CPU. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#if defined( __ARM_ARCH_8M_MAIN__ ) /* mps2-an505 */
    #define configCPU_CLOCK_HZ                        20000000UL
#else
    #define configCPU_CLOCK_HZ                        25000000UL
#endif
#define configTICK_RATE_HZ                            1000
#define configTICK_TYPE_WIDTH_IN_BITS                 TICK_TYPE_WIDTH_32_BITS
#define configMAX_PRIORITIES                          4
#define configMINIMAL_STACK_SIZE                      256
#define configUSE_PREEMPTION                          1
#define configUSE_IDLE_HOOK                           0
#define configUSE_TICK_HOOK                           0
#define configSUPPORT_STATIC_ALLOCATION               0
#define configKERNEL_INTERRUPT_PRIORITY               255
#define configMAX_SYSCALL_INTERRUPT_PRIORITY          160
#define configENABLE_FPU                              0
#define configENABLE_MPU                              0
#define configENABLE_TRUSTZONE                        0
#define configRUN_FREERTOS_SECURE_ONLY                1
#define configMTIME_BASE_ADDRESS                      0 /* RISC-V: no kernel runs, no clock is needed */
#define configMTIMECMP_BASE_ADDRESS                   0
#define configTOTAL_HEAP_SIZE                         ( ( size_t ) 16384 )
#define configNUM_THREAD_LOCAL_STORAGE_POINTERS       1

#define INCLUDE_vTaskDelay                            1
#define INCLUDE_vTaskDelete                           1
#define INCLUDE_vTaskSuspend                          1
#define INCLUDE_xTaskGetCurrentTaskHandle             1
#define INCLUDE_xTaskGetSchedulerState                1
#define INCLUDE_uxTaskPriorityGet                     1

#endif /* FREERTOS_CONFIG_H */
