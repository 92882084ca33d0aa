/* SPDX-License-Identifier: MIT
 *
 * mps2-an385 in QEMU for a program that is written for a host: its command line, its output and its exit status go
 * through semihosting; newlib's printf ends in _write(). Any exception ends the run with status 95.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

extern uint32_t __stack_top, __data_start, __data_end, __data_load, __bss_start, __bss_end;
extern int main( int argc, char ** argv );
void vResetHandler( void );
void _exit( int iStatus );
int _write( int iFile, char * pc, int iBytes );
void * _sbrk( ptrdiff_t xBytes );
int _close( int iFile );
int _fstat( int iFile, struct stat * px );
int _isatty( int iFile );
int _lseek( int iFile, int iOffset, int iFrom );
int _read( int iFile, char * pc, int iBytes );
int _getpid( void );
int _kill( int iPid, int iSignal );

static int prvSemihosting( int iCall, const void * pv )
{
    register int iNumber __asm__( "r0" ) = iCall;
    register const void * pvBlock __asm__( "r1" ) = pv;

    __asm__ volatile ( "bkpt 0xab" : "+r" ( iNumber ) : "r" ( pvBlock ) : "memory" );

    return iNumber;
}

void _exit( int iStatus )
{
    const uint32_t ulBlock[ 2 ] = { 0x20026U, ( uint32_t ) iStatus };

    ( void ) prvSemihosting( 0x20, ulBlock );

    for( ; ; )
    {
    }
}

int _write( int iFile, char * pc, int iBytes )
{
    char ac[ 2 ] = { 0, 0 };

    ( void ) iFile;

    for( int i = 0; i < iBytes; i++ )
    {
        ac[ 0 ] = pc[ i ];
        ( void ) prvSemihosting( 0x04, ac );
    }

    return iBytes;
}

/* printf's own memory, or the C library's: not the heap under test. */
#ifndef targetSBRK_BYTES
    #define targetSBRK_BYTES    8192
#endif
#ifndef targetNO_SBRK
void * _sbrk( ptrdiff_t xBytes )
{
    static uint8_t ucMemory[ targetSBRK_BYTES ];
    static size_t xUsed;
    void * pv = &ucMemory[ xUsed ];

    xUsed += ( size_t ) xBytes;

    return ( xUsed <= sizeof( ucMemory ) ) ? pv : ( void * ) -1;
}
#endif /* targetNO_SBRK */

int _close( int iFile ) { ( void ) iFile; return -1; }
int _isatty( int iFile ) { ( void ) iFile; return 1; }
int _getpid( void ) { return 1; }
int _kill( int iPid, int iSignal ) { ( void ) iPid; ( void ) iSignal; return -1; }
int _lseek( int iFile, int iOffset, int iFrom ) { ( void ) iFile; ( void ) iOffset; ( void ) iFrom; return 0; }
int _read( int iFile, char * pc, int iBytes ) { ( void ) iFile; ( void ) pc; ( void ) iBytes; return 0; }

int _fstat( int iFile, struct stat * px )
{
    ( void ) iFile;
    px->st_mode = S_IFCHR;

    return 0;
}

static void prvException( void )
{
    _exit( 95 );
}

void vResetHandler( void )
{
    static char acLine[ 120 ];
    const struct { char * pc; int iBytes; } xLine = { acLine, ( int ) sizeof( acLine ) };
    char * argv[ 3 ] = { acLine, NULL, NULL };

    ( void ) memcpy( &__data_start, &__data_load, ( size_t ) ( ( uintptr_t ) &__data_end - ( uintptr_t ) &__data_start ) );
    ( void ) memset( &__bss_start, 0, ( size_t ) ( ( uintptr_t ) &__bss_end - ( uintptr_t ) &__bss_start ) );
    ( void ) prvSemihosting( 0x15, &xLine );
    argv[ 1 ] = strchr( acLine, ' ' );

    if( argv[ 1 ] != NULL )
    {
        argv[ 1 ]++;
    }

    exit( main( ( argv[ 1 ] != NULL ) ? 2 : 1, argv ) );
}

static const struct
{
    void * pvStackTop;
    void ( * pxHandlers[ 15 ] )( void );
} xVectors __attribute__( ( section( ".vectors" ), used ) ) =
{
    &__stack_top,
    {
        vResetHandler, prvException, prvException, prvException, prvException, prvException, prvException, prvException,
        prvException, prvException, prvException, prvException, prvException, prvException, prvException
    }
};
