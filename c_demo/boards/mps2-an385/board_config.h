/* SPDX-License-Identifier: MIT
 * FreeRTOSConfig.h, the part of the MPS2 AN385 board (Cortex-M3).
 */
#ifndef BOARD_CONFIG_H
#define BOARD_CONFIG_H

#define boardNAME                                  "mps2-an385"
#define configCPU_CLOCK_HZ                         ( 25000000UL )
#define configTICK_RATE_HZ                         ( 250U )

/* In words of four bytes. */
#define configMINIMAL_STACK_SIZE                   ( 160U )
#define configCHECK_FOR_STACK_OVERFLOW             2

/* The smallest array in which the kernel's heap_4 can replay the recorded trace, to the byte. */
#ifndef boardHEAP_BYTES    /* cmake -DHEAP_BYTES=... */
    #define boardHEAP_BYTES    65992U
#endif

#define configTOTAL_HEAP_SIZE                      ( ( size_t ) boardHEAP_BYTES )

#define configKERNEL_INTERRUPT_PRIORITY            ( 255 )
#define configMAX_SYSCALL_INTERRUPT_PRIORITY       ( 160 )
#define configUSE_PORT_OPTIMISED_TASK_SELECTION    1

#endif /* BOARD_CONFIG_H */
