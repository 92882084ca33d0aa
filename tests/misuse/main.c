/* SPDX-License-Identifier: MIT
 *
 * Runs one misuse, named on the command line, with a kernel that is not there, and ends with the number of the
 * first fault that was raised. The judgement is the caller's; here only the report is judged: text, caller,
 * task, suspension, and that a misuse that harms nothing leaves a sound heap.
 */
#include <stdio.h>
#include <stdlib.h>

#include "misuse.h"
#include "task.h"

#define misuseCASE_OF( name )    extern const MisuseCase_t xCase_ ## name;
#include "cases.h"
#undef misuseCASE_OF
#define misuseCASE_OF( name )    &xCase_ ## name,
static const MisuseCase_t * const pxCases[] =
{
    #include "cases.h"
};

extern const char __start_misuse_code[], __stop_misuse_code[];

static uint32_t ulFirst, ulAsserts, ulHooks, ulRefusals;
static int32_t lSuspended;
static char acWrong[ 160 ];

/*------------------------- the kernel -------------------------*/

void vTaskSuspendAll( void )
{
    lSuspended++;
}

BaseType_t xTaskResumeAll( void )
{
    lSuspended--;

    return pdFALSE;
}

TaskHandle_t xTaskGetCurrentTaskHandle( void )
{
    return ( TaskHandle_t ) &ulFirst;
}

char * pcTaskGetName( TaskHandle_t xTask )
{
    static char acName[] = "culprit";

    ( void ) xTask;

    return acName;
}

void vPortEnterCritical( void )
{
}

void vPortExitCritical( void )
{
}

/* Only if the configuration has the protector, which these programs turn on by the level. */
void vApplicationGetRandomHeapCanary( portPOINTER_SIZE_TYPE * pxCanary )
{
    *pxCanary = ( portPOINTER_SIZE_TYPE ) 0x5EEDCAFE;
}

/*------------------------- what the heap says -------------------------*/

static void prvWrong( const char * pcWhat )
{
    if( acWrong[ 0 ] == '\0' )
    {
        ( void ) strncpy( acWrong, pcWhat, sizeof( acWrong ) - 1U );
    }
}

void vApplicationHeapFaultHook( const HeapFault_t * pxFault )
{
    char acText[ 200 ];
    char acShort[ 12 ];

    ulHooks++;

    if( ulFirst != 0U )
    {
        return;
    }

    ulFirst = pxFault->ulKind;

    if( ( xPortHeapFaultText( pxFault, acText, sizeof( acText ) ) != strlen( acText ) ) || ( strstr( acText, "culprit" ) == NULL ) )
    {
        prvWrong( "the text is not whole" );
    }

    if( ( xPortHeapFaultText( pxFault, acShort, sizeof( acShort ) ) != sizeof( acShort ) - 1U ) || ( strncmp( acText, acShort, sizeof( acShort ) - 1U ) != 0 ) )
    {
        prvWrong( "a short buffer does not hold the beginning of the text" );
    }

    if( ( lSuspended != 0 ) || ( ulAsserts != 0U ) )
    {
        prvWrong( "the hook ran with the scheduler suspended, or after configASSERT" );
    }

    if( pxFault->pvTask != ( void * ) xTaskGetCurrentTaskHandle() )
    {
        prvWrong( "another task is blamed" );
    }

    /* On hosts it is not known. */
    if( misuseCALLER_IS_KNOWN || ( pxFault->pvCaller != NULL ) )
    {
        const uintptr_t uxCaller = ( uintptr_t ) pxFault->pvCaller & ~( uintptr_t ) misuseTHUMB;

        if( ( uxCaller < ( uintptr_t ) __start_misuse_code ) || ( uxCaller >= ( uintptr_t ) __stop_misuse_code ) )
        {
            prvWrong( "the caller is not in the program that did it" );
        }
    }

    ( void ) printf( "%s\n", acText );
}

void vMisuseAsserted( void )
{
    ulAsserts++;
}

/*------------------------- for the cases -------------------------*/

void * pvAlias( void * pv )
{
    void * volatile pvSame = pv;

    return pvSame;
}

void vWrite( void * pv,
             ptrdiff_t xOffset,
             uint8_t ucValue,
             size_t xBytes )
{
    volatile uint8_t * pucTo = ( volatile uint8_t * ) pvAlias( pv ) + xOffset;

    while( xBytes-- > 0U )
    {
        *pucTo++ = ucValue;
    }
}

void vFlip( void * pv,
            ptrdiff_t xOffset,
            unsigned uxBit )
{
    volatile uint8_t * pucTo = ( volatile uint8_t * ) pvAlias( pv ) + xOffset;

    *pucTo = ( uint8_t ) ( *pucTo ^ ( 1U << uxBit ) );
}

__attribute__( ( section( "misuse_code" ), noinline ) )
void * pvTake( size_t xBytes )
{
    void * pv = pvPortMalloc( xBytes );

    if( ( pv == NULL ) && ( ulFirst == 0U ) )
    {
        prvWrong( "a request was not served" );
        exit( 98 );
    }

    return pvAlias( pv );
}

__attribute__( ( section( "misuse_code" ), noinline ) )
void vGoOn( size_t xBytes )
{
    void * pvTaken[ 256 ];
    size_t xTaken = 0;

    while( ( xTaken < 256U ) && ( ulFirst == 0U ) && ( ( pvTaken[ xTaken ] = pvPortMalloc( xBytes ) ) != NULL ) )
    {
        xTaken++;
    }

    while( ( xTaken-- > 0U ) && ( ulFirst == 0U ) )
    {
        vPortFree( pvTaken[ xTaken ] );
    }
}

void vRefused( void )
{
    ulRefusals++;
}

/*------------------------- one case -------------------------*/

#if !defined( __arm__ )
    #include <sys/wait.h>
    #include <unistd.h>
#endif

static int prvList( void )
{
    for( size_t x = 0; x < sizeof( pxCases ) / sizeof( pxCases[ 0 ] ); x++ )
    {
        const MisuseCase_t * px = pxCases[ x ];

        ( void ) printf( "case %s %u %u %u %u %u|%s\n", px->pcName, ( unsigned ) px->ulExpected[ 0 ], ( unsigned ) px->ulExpected[ 1 ],
                         ( unsigned ) px->ulExpected[ 2 ], ( unsigned ) px->ulExpected[ 3 ], ( unsigned ) px->ulExpected[ 4 ], px->pcWhat );
    }

    return 0;
}

static int prvRunCase( const MisuseCase_t * px )
{
    uint32_t ulFound;

    px->pxRun();
    ulFound = ( ulRefusals != 0U ) ? misuseREFUSED : ulFirst;

    if( ( ulHooks != 0U ) && ( ulAsserts < ulHooks ) )
    {
        prvWrong( "a fault raised no configASSERT" );
    }

    if( lSuspended != 0 )
    {
        prvWrong( "the scheduler was not resumed as often as it was suspended" );
    }

    if( ( px->ulHarmless == misuseHARMLESS ) && ( ulFound != misuseMISSED ) && ( xPortHeapCheck() != pdPASS ) )
    {
        prvWrong( "the heap is not as it was" );
    }

    ( void ) printf( "check after: %d\n", ( int ) xPortHeapCheck() );

    if( acWrong[ 0 ] != '\0' )
    {
        ( void ) printf( "wrong: %s\n", acWrong );

        return 97;
    }

    ( void ) printf( "raised %u\n", ( unsigned ) ulFound );

    return 0;
}

#if !defined( __arm__ )

/* Each case in a process of its own, which it may crash or hang. */
    static int prvAll( void )
    {
        for( size_t x = 0; x < sizeof( pxCases ) / sizeof( pxCases[ 0 ] ); x++ )
        {
            int iStatus = 0;

            ( void ) printf( "run %s\n", pxCases[ x ]->pcName );
            ( void ) fflush( stdout );

            if( fork() == 0 )
            {
                ( void ) alarm( 5U );
                exit( prvRunCase( pxCases[ x ] ) );
            }

            ( void ) wait( &iStatus );
        }

        return 0;
    }
#endif /* if !defined( __arm__ ) */

int main( int argc,
          char ** argv )
{
    if( argc < 2 )
    {
        return prvList();
    }

    #if !defined( __arm__ )
    {
        if( strcmp( argv[ 1 ], "all" ) == 0 )
        {
            return prvAll();
        }
    }
    #endif

    for( size_t x = 0; x < sizeof( pxCases ) / sizeof( pxCases[ 0 ] ); x++ )
    {
        if( strcmp( pxCases[ x ]->pcName, argv[ 1 ] ) == 0 )
        {
            return prvRunCase( pxCases[ x ] );
        }
    }

    ( void ) printf( "there is no case %s\n", argv[ 1 ] );

    return 96;
}
