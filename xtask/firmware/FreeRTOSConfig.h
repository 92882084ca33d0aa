/* SPDX-License-Identifier: MIT
 * The configuration of the small firmware that cargo xtask test builds. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#define configCPU_CLOCK_HZ                      25000000UL
#define configTICK_RATE_HZ                      1000
#define configMAX_PRIORITIES                    4
#define configMINIMAL_STACK_SIZE                256
#define configUSE_PREEMPTION                    1
#define configUSE_16_BIT_TICKS                  0
#define configUSE_IDLE_HOOK                     0
#define configUSE_TICK_HOOK                     0
#define configENABLE_MPU                        0
#define configENABLE_FPU                        1
#define configENABLE_TRUSTZONE                  0
#define configRUN_FREERTOS_SECURE_ONLY          1
#define configKERNEL_INTERRUPT_PRIORITY         255
#define configMAX_SYSCALL_INTERRUPT_PRIORITY    64

/* With a cast, as most projects have it: a preprocessor cannot compare this number. */
#ifndef TEST_HEAP_BYTES
    #define TEST_HEAP_BYTES                     ( 24U * 1024U )
#endif
#define configTOTAL_HEAP_SIZE                   ( ( size_t ) TEST_HEAP_BYTES )

#define INCLUDE_vTaskDelay                      1

#endif /* FREERTOS_CONFIG_H */
