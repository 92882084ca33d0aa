/* SPDX-License-Identifier: MIT */
/*
 * The smallest configuration the kernel's heap files and firmheap's port file compile with: no
 * trace, no hook, asserts and protector only where the row asks for them (BENCH_ASSERT,
 * BENCH_PROTECTOR).
 */
#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#define configUSE_PREEMPTION                      1
#define configUSE_IDLE_HOOK                       0
#define configUSE_TICK_HOOK                       0
#define configCPU_CLOCK_HZ                        25000000UL
#define configTICK_RATE_HZ                        1000
#define configTICK_TYPE_WIDTH_IN_BITS             TICK_TYPE_WIDTH_32_BITS
#define configMAX_PRIORITIES                      5
#define configMINIMAL_STACK_SIZE                  128
#define configKERNEL_INTERRUPT_PRIORITY           255
#define configMAX_SYSCALL_INTERRUPT_PRIORITY      191
#define configUSE_MALLOC_FAILED_HOOK              0
#define configSUPPORT_DYNAMIC_ALLOCATION          1
#define configSUPPORT_STATIC_ALLOCATION           0
#define configHEAP_CLEAR_MEMORY_ON_FREE           0

#ifdef BENCH_ASSERT
    #define configASSERT( x )    if( ( x ) == 0 ) { vBenchAssertFailed(); }
    __attribute__( ( noreturn ) ) void vBenchAssertFailed( void );
#endif

#ifdef BENCH_PROTECTOR
    #define configENABLE_HEAP_PROTECTOR           1
#endif

/* The heap's memory is the harness's. */
#define configAPPLICATION_ALLOCATED_HEAP          1

/*
 * For timing the size is a constant, as in any firmware. For the search of the smallest heap one
 * image serves every size: inside functions the name stands for the size of the trial, at file scope
 * (where the language wants a constant) for a stand-in. __func__ is empty outside functions.
 */
#ifdef BENCH_HEAP_BYTES
    #define configTOTAL_HEAP_SIZE                 ( ( size_t ) ( BENCH_HEAP_BYTES ) )
#else
    extern size_t xBenchHeapBytes;
    #define configTOTAL_HEAP_SIZE                                                                 \
    ( ( size_t ) __builtin_choose_expr( sizeof( __func__ ) > 1U, xBenchHeapBytes, ( size_t ) 65536 ) )
#endif

#endif /* FREERTOS_CONFIG_H */
