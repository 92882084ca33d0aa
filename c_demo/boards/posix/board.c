/* SPDX-License-Identifier: MIT
 *
 * The POSIX board. Output goes through write(), not stdio: a task may be interrupted by the tick
 * signal, or deleted, at any point, and stdio's locks would be left taken.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "board.h"

void vBoardWrite( const char * pcText, size_t uxLength )
{
    while( uxLength > 0U )
    {
        const ssize_t xWritten = write( STDOUT_FILENO, pcText, uxLength );

        if( xWritten > 0 )
        {
            pcText += xWritten;
            uxLength -= ( size_t ) xWritten;
        }
        else if( ( xWritten < 0 ) && ( errno != EINTR ) && ( errno != EAGAIN ) )
        {
            /* Nobody can read the verdict: that is no success. */
            _exit( 74 );
        }
    }
}
/*-----------------------------------------------------------*/

void vBoardExit( int iStatus )
{
    _exit( iStatus );
}
/*-----------------------------------------------------------*/

void vBoardIdle( void )
{
    const struct timespec xNap = { .tv_sec = 0, .tv_nsec = 200000L };

    ( void ) nanosleep( &xNap, NULL );
}
/*-----------------------------------------------------------*/

static void * prvWatchdogThread( void * pvSeconds )
{
    struct timespec xBound = { .tv_sec = ( time_t ) ( uintptr_t ) pvSeconds, .tv_nsec = 0 };

    while( ( nanosleep( &xBound, &xBound ) != 0 ) && ( errno == EINTR ) )
    {
    }

    vWatchdogExpired();
}
/*-----------------------------------------------------------*/

void vBoardStartWatchdog( unsigned ulSeconds )
{
    pthread_t xThread;
    sigset_t xAll, xBefore;

    /* The kernel's signals must never land on a thread that is no task. */
    ( void ) sigfillset( &xAll );
    ( void ) pthread_sigmask( SIG_SETMASK, &xAll, &xBefore );

    if( pthread_create( &xThread, NULL, prvWatchdogThread, ( void * ) ( uintptr_t ) ulSeconds ) != 0 )
    {
        static const char cMessage[] = "FAILED: the host refused a thread for the watchdog\n";

        vBoardWrite( cMessage, sizeof( cMessage ) - 1U );
        _exit( 71 );
    }

    ( void ) pthread_sigmask( SIG_SETMASK, &xBefore, NULL );
}
