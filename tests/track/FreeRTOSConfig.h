/* SPDX-License-Identifier: MIT
 * The configuration of the counts, on mps2-an385. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#define configCPU_CLOCK_HZ                            25000000UL
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
#define configTOTAL_HEAP_SIZE                         ( ( size_t ) 16384 )
#define configNUM_THREAD_LOCAL_STORAGE_POINTERS       1

#define INCLUDE_vTaskDelay                            1
#define INCLUDE_vTaskDelete                           1
#define INCLUDE_vTaskSuspend                          1
#define INCLUDE_xTaskGetCurrentTaskHandle             1
#define INCLUDE_xTaskGetSchedulerState                1
#define INCLUDE_uxTaskPriorityGet                     1

#endif /* FREERTOS_CONFIG_H */
