/* SPDX-License-Identifier: MIT
 * FreeRTOSConfig.h, the part of the POSIX board.
 */
#ifndef BOARD_CONFIG_H
#define BOARD_CONFIG_H

#define boardNAME                         "posix"
#define configCPU_CLOCK_HZ                ( 1000000000UL )
#define configTICK_RATE_HZ                ( 250U )

/* In words. The port runs tasks on the host's own thread stacks and keeps only its bookkeeping here. */
#define configMINIMAL_STACK_SIZE          ( 128U )
#define configCHECK_FOR_STACK_OVERFLOW    0

/* Above 256 KiB, so that this board exercises the wide form of the heap. */
#ifndef boardHEAP_BYTES    /* cmake -DHEAP_BYTES=... */
    #define boardHEAP_BYTES    ( 512U * 1024U )
#endif

#define configTOTAL_HEAP_SIZE             ( ( size_t ) boardHEAP_BYTES )

#endif /* BOARD_CONFIG_H */
