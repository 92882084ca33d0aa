/* SPDX-License-Identifier: MIT */
/* The smallest configuration; flash.py adds configASSERT and traces on the command line. */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#define configCPU_CLOCK_HZ                      25000000UL
#define configTICK_RATE_HZ                      1000
#define configTICK_TYPE_WIDTH_IN_BITS           TICK_TYPE_WIDTH_32_BITS
#define configMAX_PRIORITIES                    5
#define configMINIMAL_STACK_SIZE                128
#define configUSE_PREEMPTION                    1
#define configUSE_IDLE_HOOK                     0
#define configUSE_TICK_HOOK                     0
#define configKERNEL_INTERRUPT_PRIORITY         255
#define configMAX_SYSCALL_INTERRUPT_PRIORITY    191
#define configSUPPORT_DYNAMIC_ALLOCATION        1
#define configAPPLICATION_ALLOCATED_HEAP        1
#define configTOTAL_HEAP_SIZE                   ( ( size_t ) 32768 )

#ifdef FLASH_HOOK
    #define configUSE_MALLOC_FAILED_HOOK        1
#else
    #define configUSE_MALLOC_FAILED_HOOK        0
#endif
#ifdef FLASH_PROTECTOR
    #define configENABLE_HEAP_PROTECTOR         1
#endif

extern void vFlashAssert( void );
extern void vFlashTrace( void * pv, size_t uxBytes );

#endif /* FREERTOS_CONFIG_H */
