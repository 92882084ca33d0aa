/* SPDX-License-Identifier: MIT */
/* Reset, semihosting and plain text output for QEMU's mps2-an385. No libc is needed. */
#include "bench.h"

extern uint32_t ulStackTop[];
extern uint32_t ulDataLoad[], ulDataStart[], ulDataEnd[];
extern uint32_t ulBssStart[], ulBssEnd[];

int main( void );
void vReset( void );
static void prvFault( void );

typedef void ( * Vector_t )( void );

__attribute__( ( section( ".vectors" ), used ) )
static const Vector_t xVectors[ 16 ] =
{
    ( Vector_t ) ulStackTop, vReset,   prvFault, prvFault, prvFault, prvFault, prvFault, prvFault,
    prvFault,                prvFault, prvFault, prvFault, prvFault, prvFault, prvFault, prvFault
};

/* --- Semihosting. ----------------------------------------------------------------------------- */

#define semiOPEN             0x01
#define semiWRITE            0x05
#define semiEXIT_EXTENDED    0x20
#define semiAPPLICATION_EXIT 0x20026UL

static uint32_t prvSemihost( uint32_t ulCall,
                             const void * pvBlock )
{
    register uint32_t ulR0 __asm( "r0" ) = ulCall;
    register const void * pvR1 __asm( "r1" ) = pvBlock;

    __asm volatile ( "bkpt 0xAB" : "+r" ( ulR0 ) : "r" ( pvR1 ) : "memory" );
    return ulR0;
}

void vWrite( const char * pcText )
{
    static uint32_t ulHandle;
    static uint8_t ucOpen;
    uint32_t ulLength = 0;

    if( ucOpen == 0U )
    {
        /* ":tt" opened for writing is the standard output; mode 4 is "w". */
        const uint32_t ulOpen[ 3 ] = { ( uint32_t ) ":tt", 4, 3 };

        ulHandle = prvSemihost( semiOPEN, ulOpen );
        ucOpen = 1;
    }

    while( pcText[ ulLength ] != '\0' )
    {
        ulLength++;
    }

    {
        const uint32_t ulBlock[ 3 ] = { ulHandle, ( uint32_t ) pcText, ulLength };

        ( void ) prvSemihost( semiWRITE, ulBlock );
    }
}

void vExit( int iCode )
{
    const uint32_t ulBlock[ 2 ] = { semiAPPLICATION_EXIT, ( uint32_t ) iCode };

    ( void ) prvSemihost( semiEXIT_EXTENDED, ulBlock );

    for( ; ; )
    {
    }
}

/* --- Text. ------------------------------------------------------------------------------------ */

void vWriteNumber( uint32_t ulNumber )
{
    char cText[ 11 ];
    uint32_t ulAt = sizeof( cText ) - 1U;

    cText[ ulAt ] = '\0';

    do
    {
        cText[ --ulAt ] = ( char ) ( '0' + ( ulNumber % 10U ) );
        ulNumber /= 10U;
    } while( ulNumber != 0U );

    vWrite( &cText[ ulAt ] );
}

void vField( const char * pcName,
             uint32_t ulNumber )
{
    vWrite( " " );
    vWrite( pcName );
    vWrite( "=" );
    vWriteNumber( ulNumber );
}

void vDie( const char * pcWhy )
{
    vWrite( "error " );
    vWrite( pcWhy );
    vWrite( "\n" );
    vExit( 1 );
}

/* --- Reset. ----------------------------------------------------------------------------------- */

void vReset( void )
{
    const uint32_t * pulFrom = ulDataLoad;

    for( uint32_t * pulTo = ulDataStart; pulTo < ulDataEnd; pulTo++ )
    {
        *pulTo = *pulFrom++;
    }

    for( uint32_t * pulTo = ulBssStart; pulTo < ulBssEnd; pulTo++ )
    {
        *pulTo = 0;
    }

    vExit( main() );
}

static void prvFault( void )
{
    vDie( "the processor took a fault: the allocator or its adapter is broken" );
}
