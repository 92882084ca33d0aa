/* SPDX-License-Identifier: MIT
 *
 * What a board must offer: output, an end with a status, rest while idle, and a watchdog.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>

/* Writes text at once; callable from tasks, interrupts and the watchdog. */
void vBoardWrite( const char * pcText, size_t uxLength );

/* Ends the program; 0 means that everything was found right. */
void vBoardExit( int iStatus ) __attribute__( ( noreturn ) );

/* Called by the idle task: wait for an interrupt. */
void vBoardIdle( void );

/* Starts a watchdog that does not depend on the kernel, and calls vWatchdogExpired() once. */
void vBoardStartWatchdog( unsigned ulSeconds );

/* The application's answer to the watchdog: say which part hangs, and end. */
void vWatchdogExpired( void ) __attribute__( ( noreturn ) );

#endif /* BOARD_H */
