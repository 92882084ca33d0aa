/* SPDX-License-Identifier: MIT */

/*
 * The smallest configuration that the kernel's heap_4.c and firmheap's port file compile with. Both are
 * compiled unchanged. portmacro.h is the contract suite's.
 */

#ifndef FREERTOS_CONFIG_H
#define FREERTOS_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#define configUSE_PREEMPTION                    1
#define configUSE_IDLE_HOOK                     0
#define configUSE_TICK_HOOK                     0
#define configMAX_PRIORITIES                    5
#define configMINIMAL_STACK_SIZE                128
#define configTICK_RATE_HZ                      1000
#define configTICK_TYPE_WIDTH_IN_BITS           TICK_TYPE_WIDTH_32_BITS
#define configKERNEL_INTERRUPT_PRIORITY         0
#define configMAX_SYSCALL_INTERRUPT_PRIORITY    0
#define configSUPPORT_DYNAMIC_ALLOCATION        1
#define configSUPPORT_STATIC_ALLOCATION         0
#define configUSE_MALLOC_FAILED_HOOK            0
#define configHEAP_CLEAR_MEMORY_ON_FREE         0
#define configENABLE_HEAP_PROTECTOR             0

/* The array is one arena, which every heap gets in turn. */
#define configAPPLICATION_ALLOCATED_HEAP        1

/*
 * NEVER_WORSE_HEAP_BYTES: the size as firmware writes it. Without it one object serves every size: inside
 * functions the name is the size of the trial, at file scope (where C wants a constant) a stand-in;
 * __func__ is empty outside functions.
 */
#ifdef NEVER_WORSE_HEAP_BYTES
    #define configTOTAL_HEAP_SIZE    ( ( size_t ) ( NEVER_WORSE_HEAP_BYTES ) )
#else
    extern size_t uxTrialBytes;
    #define configTOTAL_HEAP_SIZE \
    ( ( size_t ) __builtin_choose_expr( sizeof( __func__ ) > 1U, uxTrialBytes, ( size_t ) 65536 ) )
#endif

#if defined( __i386__ )
    extern void vNeverWorseAssert( const char * pcFile,
                                   int iLine );
    #define configASSERT( x )    do { if( ( x ) == 0 ) { vNeverWorseAssert( __FILE__, __LINE__ ); } } while( 0 )
#endif

#endif /* FREERTOS_CONFIG_H */
