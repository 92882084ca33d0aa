/* SPDX-License-Identifier: MIT
 *
 * How long to wait, by Zephyr's names, in ticks of the kernel: for the other headers here that are Zephyr's.
 */

#ifndef FIRMHEAP_ZEPHYR_TIMEOUT_H
#define FIRMHEAP_ZEPHYR_TIMEOUT_H

#include <stdint.h>

#include "FreeRTOS.h"

typedef struct
{
    TickType_t ticks;
} k_timeout_t;

#define K_NO_WAIT         ( ( k_timeout_t ) { ( TickType_t ) 0 } )
#define K_FOREVER         ( ( k_timeout_t ) { portMAX_DELAY } )
/* Rounded up to whole ticks: a time that is not zero is no K_NO_WAIT. */
#define K_MSEC( ms )      ( ( k_timeout_t ) { ( TickType_t ) ( ( ( ( uint64_t ) ( ms ) * configTICK_RATE_HZ ) + 999U ) / 1000U ) } )
#define K_SECONDS( s )    K_MSEC( ( s ) * 1000U )

#endif /* FIRMHEAP_ZEPHYR_TIMEOUT_H */
