/* SPDX-License-Identifier: MIT
 * The configuration of the misuse programs: a small heap, every fault told. */
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
#define configKERNEL_INTERRUPT_PRIORITY         255
#define configMAX_SYSCALL_INTERRUPT_PRIORITY    64

#define configTOTAL_HEAP_SIZE                   ( ( size_t ) 4096 )
#ifndef configUSE_HEAP_FAULT_HOOK
    #define configUSE_HEAP_FAULT_HOOK           1
#endif
#define INCLUDE_xTaskGetCurrentTaskHandle       1
#define INCLUDE_vTaskDelay                      1

#if ( FIRMHEAP_INTEGRITY >= 2 )
    #define configENABLE_HEAP_PROTECTOR         1
#endif

/* Two of the small blocks of the cases wait, the third pushes the first out. */
#define FIRMHEAP_QUARANTINE_BYTES               160

extern void vMisuseAsserted( void );
#define configASSERT( x )    do { if( !( x ) ) { vMisuseAsserted(); } } while( 0 )

#endif /* FREERTOS_CONFIG_H */
