/* SPDX-License-Identifier: MIT */

/* contract.c: runs the cases of one group, each in a child process. */

#define _GNU_SOURCE

#include "contract.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define contractEXIT_DAMAGED    77
#define contractTEXT_BYTES      16384U

/* What a child leaves behind, even when it dies. */
typedef struct CONTRACT_SHARED
{
    uint32_t ulPassed, ulFailed;
    uint32_t ulTextLength;
    char cText[ contractTEXT_BYTES ];
    char cDamage[ 256 ];
    char cNotes[ 4096 ];
} ContractShared_t;

static ContractShared_t * pxShared;
static const char * pcCaseName;

static void prvAppend( const char * pcFormat, va_list xArguments )
{
    int iWritten = vsnprintf( &pxShared->cText[ pxShared->ulTextLength ],
                              contractTEXT_BYTES - pxShared->ulTextLength, pcFormat, xArguments );

    pxShared->ulTextLength += ( uint32_t ) iWritten;

    if( pxShared->ulTextLength >= contractTEXT_BYTES )
    {
        pxShared->ulTextLength = contractTEXT_BYTES - 1U;
    }
}

static void prvSay( const char * pcFormat, ... )
{
    va_list xArguments;

    va_start( xArguments, pcFormat );
    prvAppend( pcFormat, xArguments );
    va_end( xArguments );
}

static int prvCount( int iPassed )
{
    if( iPassed != 0 )
    {
        pxShared->ulPassed++;
    }
    else
    {
        pxShared->ulFailed++;
    }

    return iPassed;
}

void vCheck( int iPassed, const char * pcFile, int iLine, const char * pcText )
{
    if( prvCount( iPassed ) == 0 )
    {
        prvSay( "%s:%d: %s: expected %s\n", pcFile, iLine, pcCaseName, pcText );
    }
}

void vCheckNumbers( size_t uxValue, const char * pcRelation, size_t uxWanted,
                    const char * pcFile, int iLine, const char * pcText )
{
    int iPassed = ( pcRelation[ 0 ] == '=' ) ? ( uxValue == uxWanted )
                  : ( pcRelation[ 0 ] == '>' ) ? ( uxValue >= uxWanted ) : ( uxValue <= uxWanted );

    if( prvCount( iPassed ) == 0 )
    {
        prvSay( "%s:%d: %s: expected %s %s %zu (0x%zx), it is %zu (0x%zx)\n", pcFile, iLine, pcCaseName,
                pcText, pcRelation, uxWanted, uxWanted, uxValue, uxValue );
    }
}

/* Takes out of an expectation what this variant cannot show. */
static void prvVisible( const char * pcExpected, char * pcVisible )
{
    for( ; *pcExpected != '\0'; pcExpected++ )
    {
        if( ( ( CONTRACT_TRACE == 0 ) && ( strchr( "mfMF", *pcExpected ) != NULL ) ) ||
            ( ( CONTRACT_HOOK == 0 ) && ( strchr( "hH", *pcExpected ) != NULL ) ) ||
            ( ( CONTRACT_PROTECTOR == 0 ) && ( strchr( "cC", *pcExpected ) != NULL ) ) ||
            ( ( CONTRACT_ASSERT == CONTRACT_ASSERT_EMPTY ) && ( strchr( "aA", *pcExpected ) != NULL ) ) )
        {
            continue;
        }

        *pcVisible = *pcExpected;
        pcVisible++;

        if( ( CONTRACT_ASSERT == CONTRACT_ASSERT_TRAP ) && ( *pcExpected == 'A' ) )
        {
            break;
        }
    }

    *pcVisible = '\0';
}

/* firmheap may look at the regions, or set the heap up, in a suspension of its own before
 * the assert or the work: nothing the application could tell from a longer wait. */
static void prvWithoutLook( char * pcCalls )
{
    char * pcTo = pcCalls;

    for( ; *pcCalls != '\0'; pcCalls++ )
    {
        if( ( CONTRACT_KERNEL == 0 ) && ( strncmp( pcCalls, "SR", 2 ) == 0 ) &&
            ( ( pcCalls[ 2 ] == 'S' ) || ( pcCalls[ 2 ] == 'A' ) ) )
        {
            pcCalls++;
            continue;
        }

        if( ( CONTRACT_KERNEL == 0 ) && ( strncmp( pcCalls, "cRS", 3 ) == 0 ) )
        {
            pcCalls[ 2 ] = *pcCalls;
            pcCalls += 2;
        }

        *pcTo = *pcCalls;
        pcTo++;
    }

    *pcTo = '\0';
}

int iLogIs( const char * pcExpected, char * pcVisible )
{
    char cIs[ 256 ];

    prvVisible( pcExpected, pcVisible );
    prvWithoutLook( pcVisible );
    ( void ) strcpy( cIs, pcLog() );
    prvWithoutLook( cIs );
    return strcmp( cIs, pcVisible ) == 0;
}

void vCheckLog( const char * pcExpected, const char * pcFile, int iLine )
{
    char cVisible[ 256 ];

    if( prvCount( iLogIs( pcExpected, cVisible ) ) == 0 )
    {
        prvSay( "%s:%d: %s: expected the calls \"%s\", they are \"%s\"\n",
                pcFile, iLine, pcCaseName, cVisible, pcLog() );
    }

    vCheckBalanced( pcFile, iLine );
}

void vCheckBalanced( const char * pcFile, int iLine )
{
    int iPassed = ( ulSuspendDepth == ulCallerSuspendDepth ) &&
                  ( ulCriticalDepth == ulCallerCriticalDepth ) &&
                  ( ulLogCount( 'S' ) == ulLogCount( 'R' ) ) && ( ulLogCount( '!' ) == 0U );

    if( prvCount( iPassed ) == 0 )
    {
        prvSay( "%s:%d: %s: expected depths %u and %u as before the call, they are %u and %u after \"%s\"\n",
                pcFile, iLine, pcCaseName, ulCallerSuspendDepth, ulCallerCriticalDepth,
                ulSuspendDepth, ulCriticalDepth, pcLog() );
    }
}

void vCheckFault( uint32_t ulKernelAsserts, const char * pcFile, int iLine )
{
    uint32_t ulAsserts = ulLogCount( 'A' ) + ulLogCount( 'a' );
    uint32_t ulExact = ( ( CONTRACT_KERNEL == 1 ) && ( ulKernelAsserts != contractANY ) ) ? 1U : 0U;
    uint32_t ulWanted = ( ulExact != 0U ) ? ulKernelAsserts : 1U;

    #if ( CONTRACT_ASSERT == CONTRACT_ASSERT_EMPTY )
        ulExact = 1U;
        ulWanted = 0U;
    #elif ( CONTRACT_ASSERT == CONTRACT_ASSERT_TRAP )
        ulExact = 1U;
        ulWanted = 1U;
    #endif

    vCheckNumbers( ulAsserts, ( ulExact != 0U ) ? "==" : ">=", ulWanted, pcFile, iLine, "asserts raised" );
    vCheckNumbers( ulLogCount( 'a' ), "==", 0U, pcFile, iLine, "asserts raised while suspended" );
    vCheckNumbers( ulLogCount( 'm' ) + ulLogCount( 'f' ) + ulLogCount( 'F' ) + ulLogCount( 'M' ),
                   "==", 0U, pcFile, iLine, "traces of a refused call" );
    vCheckNumbers( ulLogCount( 'H' ) + ulLogCount( 'h' ), "==", 0U, pcFile, iLine, "hooks of a refused call" );
    vCheckBalanced( pcFile, iLine );
}

void vNote( const char * pcFormat, ... )
{
    size_t uxLength = strlen( pxShared->cNotes );
    va_list xArguments;

    va_start( xArguments, pcFormat );
    ( void ) vsnprintf( &pxShared->cNotes[ uxLength ], sizeof( pxShared->cNotes ) - uxLength, pcFormat, xArguments );
    va_end( xArguments );
}

void vDamaged( const char * pcSentence )
{
    ( void ) snprintf( pxShared->cDamage, sizeof( pxShared->cDamage ), "%s", pcSentence );
    _exit( contractEXIT_DAMAGED );
}

static const char * prvOutcomes( uint32_t ulOutcomes, char * pcText )
{
    ( void ) sprintf( pcText, "%s%s%s%s", ( ulOutcomes & RETURNS ) ? "RETURNS " : "",
                      ( ulOutcomes & DAMAGES ) ? "DAMAGES " : "", ( ulOutcomes & DIES ) ? "DIES " : "",
                      ( ulOutcomes & HANGS ) ? "HANGS " : "" );
    pcText[ strlen( pcText ) - 1U ] = '\0';
    return pcText;
}

static void prvChild( const ContractCase_t * pxCase, uint32_t ulExpected )
{
    struct itimerval xTime = { { 0, 0 }, { ( time_t ) ulContractSeconds, 0 } };
    struct rlimit xNoCore = { 0, 0 };

    if( ( ulExpected & HANGS ) != 0U )
    {
        xTime.it_value.tv_sec = 0;
        xTime.it_value.tv_usec = 300000;
    }

    ( void ) setrlimit( RLIMIT_CORE, &xNoCore );
    ( void ) setitimer( ITIMER_VIRTUAL, &xTime, NULL );   /* processor time: a busy machine is no hang */
    vLogClear();
    pxCase->pxRun();
    _exit( 0 );
}

static uint32_t prvOutcome( int iStatus )
{
    if( WIFSIGNALED( iStatus ) )
    {
        return ( WTERMSIG( iStatus ) == SIGVTALRM ) ? HANGS : DIES;
    }

    return ( WEXITSTATUS( iStatus ) == contractEXIT_DAMAGED ) ? DAMAGES : RETURNS;
}

static void prvRunCase( const ContractCase_t * pxCase )
{
    uint32_t ulExpected = KERNEL_OR_OURS( pxCase->ulKernel, pxCase->ulOurs );
    uint32_t ulChecks = pxShared->ulPassed + pxShared->ulFailed;
    uint32_t ulOutcome;
    char cIs[ 64 ], cWanted[ 64 ];
    int iStatus = 0;
    pid_t xChild;

    pcCaseName = pxCase->pcName;
    pxShared->cDamage[ 0 ] = '\0';
    ( void ) fflush( stdout );
    xChild = fork();

    if( xChild == 0 )
    {
        prvChild( pxCase, ulExpected );
    }

    ( void ) waitpid( xChild, &iStatus, 0 );
    ulOutcome = prvOutcome( iStatus );

    if( prvCount( ( ulOutcome & ulExpected ) != 0U ) == 0 )
    {
        prvSay( "%s: expected that it %s (contract %s), but it %s%s%s%s\n", pcCaseName,
                prvOutcomes( ulExpected, cWanted ), pxCase->pcParagraph, prvOutcomes( ulOutcome, cIs ),
                ( ulOutcome == DIES ) ? ": " : "", ( ulOutcome == DIES ) ? strsignal( WTERMSIG( iStatus ) ) : "",
                ( ulOutcome == DAMAGES ) ? pxShared->cDamage : "" );
    }
    else if( ( ulExpected == RETURNS ) && ( pxShared->ulPassed + pxShared->ulFailed == ulChecks + 1U ) )
    {
        ( void ) prvCount( 0 );
        prvSay( "%s: the case returned without a single check\n", pcCaseName );
    }
}

int main( int iCount, char ** ppcArguments )
{
    const char * pcOnly = ( iCount == 2 ) ? ppcArguments[ 1 ] : NULL;
    const ContractCase_t * pxCase;
    uint32_t ulCases = 0;

    pxShared = mmap( NULL, sizeof( *pxShared ), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0 );

    if( pxShared == MAP_FAILED )
    {
        perror( "mmap" );
        return EXIT_FAILURE;
    }

    for( pxCase = xContractCases; pxCase->pcName != NULL; pxCase++ )
    {
        uint32_t ulFailedBefore = pxShared->ulFailed;

        if( ( pcOnly != NULL ) && ( strcmp( pcOnly, pxCase->pcName ) != 0 ) )
        {
            continue;
        }

        ulCases++;
        pxShared->ulTextLength = 0;
        prvRunCase( pxCase );

        if( pxShared->ulFailed != ulFailedBefore )
        {
            /* The first lines tell; a thousand of the same kind do not. */
            ( void ) printf( "CASE %s %u\n%.*s", pxCase->pcName, pxShared->ulFailed - ulFailedBefore,
                             ( int ) pxShared->ulTextLength, pxShared->cText );
        }
    }

    ( void ) printf( "%sRESULT %s %u %u %u\n", pxShared->cNotes, pcContractGroup, ulCases,
                     pxShared->ulPassed, pxShared->ulFailed );
    return ( ( pxShared->ulFailed == 0U ) && ( ulCases > 0U ) ) ? EXIT_SUCCESS : EXIT_FAILURE;
}
