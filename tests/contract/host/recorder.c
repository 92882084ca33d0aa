/* SPDX-License-Identifier: MIT */

/* recorder.c: see recorder.h. */

#include "recorder.h"

#include "FreeRTOS.h"
#include "task.h"

#include <stdlib.h>
#include <string.h>

#define recorderLOG_LENGTH    256U

ContractTrace_t xLastMalloc, xLastFree;
size_t uxMallocTraceSum, uxFreeTraceSum;
uint32_t ulSuspendDepth, ulCriticalDepth, ulCallerSuspendDepth, ulCallerCriticalDepth;
void ( * pxHookAction )( void );
const uint8_t * pucWatched;
uint8_t ucWatchedAtSuspend;
jmp_buf xAssertTrap;
int iAssertTrapArmed;

static char cLog[ recorderLOG_LENGTH ];
static uint32_t ulLogLength;

static int iInside( void )
{
    return ulSuspendDepth > ulCallerSuspendDepth;
}

static void prvRecord( char cLetter )
{
    /* A full log keeps its first letters: the checks compare the beginning. */
    if( ulLogLength < recorderLOG_LENGTH - 1U )
    {
        cLog[ ulLogLength ] = cLetter;
        ulLogLength++;
        cLog[ ulLogLength ] = '\0';
    }
}

void vLogClear( void )
{
    ulLogLength = 0;
    cLog[ 0 ] = '\0';
    memset( &xLastMalloc, 0xEE, sizeof( xLastMalloc ) );
    memset( &xLastFree, 0xEE, sizeof( xLastFree ) );
}

const char * pcLog( void )
{
    return cLog;
}

uint32_t ulLogCount( char cLetter )
{
    uint32_t ulCount = 0;

    for( uint32_t ul = 0; ul < ulLogLength; ul++ )
    {
        ulCount += ( cLog[ ul ] == cLetter ) ? 1U : 0U;
    }

    return ulCount;
}

void vTaskSuspendAll( void )
{
    if( pucWatched != NULL )
    {
        ucWatchedAtSuspend = *pucWatched;
    }

    ulSuspendDepth++;
    prvRecord( 'S' );
}

BaseType_t xTaskResumeAll( void )
{
    /* A resume without a suspend must not look balanced later. */
    if( ulSuspendDepth == 0U )
    {
        prvRecord( '!' );
    }

    ulSuspendDepth--;
    prvRecord( 'R' );
    return pdFALSE;
}

/* Where a critical section is the heap's lock, it is written down as the lock that it stands for. */
void vPortEnterCritical( void )
{
    #if defined( CONTRACT_CRITICAL )
        vTaskSuspendAll();
    #else
    ulCriticalDepth++;
    prvRecord( '(' );
    #endif
}

void vPortExitCritical( void )
{
    #if defined( CONTRACT_CRITICAL )
        ( void ) xTaskResumeAll();
    #else
    if( ulCriticalDepth == 0U )
    {
        prvRecord( '!' );
    }

    ulCriticalDepth--;
    prvRecord( ')' );
    #endif
}

static ContractTrace_t prvTrace( const void * pvPayload, size_t uxBytes )
{
    ContractTrace_t xTrace;

    xTrace.pvPayload = pvPayload;
    xTrace.uxBytes = uxBytes;
    xTrace.uxFreeBytes = xPortGetFreeHeapSize();
    xTrace.uxMinimumEver = xPortGetMinimumEverFreeHeapSize();
    return xTrace;
}

void vRecordTraceMalloc( const void * pvPayload, size_t uxBytes )
{
    xLastMalloc = prvTrace( pvPayload, uxBytes );
    uxMallocTraceSum += uxBytes;
    prvRecord( iInside() ? 'm' : 'M' );
}

void vRecordTraceFree( const void * pvPayload, size_t uxBytes )
{
    xLastFree = prvTrace( pvPayload, uxBytes );
    uxFreeTraceSum += uxBytes;
    prvRecord( iInside() ? 'f' : 'F' );
}

void vRecordAssert( const char * pcFile, int iLine )
{
    ( void ) pcFile;
    ( void ) iLine;
    prvRecord( iInside() ? 'a' : 'A' );

    #if ( CONTRACT_ASSERT == CONTRACT_ASSERT_TRAP )
    {
        if( iAssertTrapArmed != 0 )
        {
            iAssertTrapArmed = 0;
            longjmp( xAssertTrap, 1 );
        }

        /* An assert nobody expected: the kernel's default would stop here. */
        abort();
    }
    #endif
}

#if ( CONTRACT_HOOK == 1 )
void vApplicationMallocFailedHook( void )
{
    void ( * pxAction )( void ) = pxHookAction;

    prvRecord( iInside() ? 'h' : 'H' );

    if( pxAction != NULL )
    {
        pxHookAction = NULL;
        pxAction();
    }
}
#endif

#if ( CONTRACT_PROTECTOR == 1 )
void vApplicationGetRandomHeapCanary( portPOINTER_SIZE_TYPE * pxHeapCanary );

void vApplicationGetRandomHeapCanary( portPOINTER_SIZE_TYPE * pxHeapCanary )
{
    prvRecord( iInside() ? 'c' : 'C' );
    *pxHeapCanary = ( portPOINTER_SIZE_TYPE ) 0x5DEECE66UL;
}
#endif
