/* SPDX-License-Identifier: MIT */

/*
 * portmacro.h: the smallest port that the kernel's headers accept, on the host.
 *
 * There is no scheduler behind it.  Suspension and critical sections go to the
 * recorder (recorder.c), which writes down each call, its depth and its order.
 * Alignment and tick width come from the variant, so that one host stands for
 * an Arm (8), a RISC-V (16), a port with alignment 32 or one with 16-bit ticks.
 */

#ifndef PORTMACRO_H
#define PORTMACRO_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define portCHAR                 char
#define portFLOAT                float
#define portDOUBLE               double
#define portLONG                 long
#define portSHORT                short
#define portSTACK_TYPE           uintptr_t
#define portBASE_TYPE            long
#define portPOINTER_SIZE_TYPE    uintptr_t

typedef portSTACK_TYPE StackType_t;
typedef long BaseType_t;
typedef unsigned long UBaseType_t;

#if ( CONTRACT_TICK_BITS == 16 )
    typedef uint16_t TickType_t;
    #define portMAX_DELAY    ( ( TickType_t ) 0xffffU )
#else
    typedef uint32_t TickType_t;
    #define portMAX_DELAY    ( ( TickType_t ) 0xffffffffUL )
#endif

#define portSTACK_GROWTH          ( -1 )
#define portTICK_PERIOD_MS        ( ( TickType_t ) 1 )
#define portBYTE_ALIGNMENT        CONTRACT_ALIGNMENT
#define portMEMORY_BARRIER()      __asm volatile ( "" ::: "memory" )
#define portYIELD()

#if ( CONTRACT_MPU == 1 )
    #define portUSING_MPU_WRAPPERS    1
    #define portPRIVILEGE_BIT         ( ( UBaseType_t ) 0x80000000UL )
    typedef struct MPU_SETTINGS { uint32_t ulUnused; } xMPU_SETTINGS;
#endif

extern void vPortEnterCritical( void );
extern void vPortExitCritical( void );

#define portENTER_CRITICAL()                      vPortEnterCritical()
#define portEXIT_CRITICAL()                       vPortExitCritical()
#define portDISABLE_INTERRUPTS()
#define portENABLE_INTERRUPTS()
#define portSET_INTERRUPT_MASK_FROM_ISR()         0
#define portCLEAR_INTERRUPT_MASK_FROM_ISR( x )    ( void ) ( x )

#define portTASK_FUNCTION_PROTO( vFunction, pvParameters )    void vFunction( void * pvParameters )
#define portTASK_FUNCTION( vFunction, pvParameters )          void vFunction( void * pvParameters )

#ifdef __cplusplus
}
#endif

#endif /* PORTMACRO_H */
