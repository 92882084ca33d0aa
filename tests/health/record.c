/* SPDX-License-Identifier: MIT
 *
 * Two tasks allocate and free at random while a third writes the trace to a file on the host. Beside it the kernel's own
 * trace macros keep another record of the same calls, which goes to a second file: xtask/src/health.rs compares them.
 *
 *   recordEVENTS    calls
 *   recordRING      bytes of the ring
 *   recordRESIZES   1: blocks are resized, too
 *   recordSLOW      ticks that the writer sleeps; 0: none, it has the highest priority and nothing is lost
 */
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#include "board.h"
#include "print.h"

#include "firmheap_memory.h"
#include "firmheap_trace.h"

#define recordSLOTS      150U
#define recordWORKERS    2U

#define recordSYS_OPEN     0x01U
#define recordSYS_CLOSE    0x02U
#define recordSYS_WRITE    0x05U
#define recordWRITE_BINARY 5U

/* One call, as traceMALLOC and traceFREE saw it. */
typedef struct
{
    uint32_t ulAddress; /* 0: the request failed */
    uint32_t ulBytes;   /* of the block; the top bit: it was freed */
    uint32_t ulWanted;  /* what the worker asked for */
    uint32_t ulTask;    /* 0 and 1: the workers; 2: another */
} Call_t;

static Call_t xCalls[ recordEVENTS + 1000U ];
static volatile uint32_t ulCalls;
static uint32_t ulWanted[ recordWORKERS ];
static TaskHandle_t xWorkers[ recordWORKERS ];
static volatile uint32_t ulDone;
static uint8_t ucRing[ recordRING ];

/*-------------------------- the host's files --------------------------*/

static uint32_t prvSemihost( uint32_t ulOperation, const void * pvArgument )
{
    register uint32_t ulResult __asm__( "r0" ) = ulOperation;
    register const void * pvBlock __asm__( "r1" ) = pvArgument;

    __asm__ volatile ( "bkpt 0xab" : "+r" ( ulResult ) : "r" ( pvBlock ) : "memory" );

    return ulResult;
}
/*-----------------------------------------------------------*/

static uint32_t prvOpen( const char * pcName )
{
    const uint32_t ulOpen[ 3 ] = { ( uint32_t ) pcName, recordWRITE_BINARY, strlen( pcName ) };
    const uint32_t ulFile = prvSemihost( recordSYS_OPEN, ulOpen );

    if( ulFile == UINT32_MAX )
    {
        vFail( "%s cannot be written\n", pcName );
    }

    return ulFile;
}
/*-----------------------------------------------------------*/

static void prvWrite( const void * pvBytes, size_t xBytes, void * pvArgument )
{
    const uint32_t ulWrite[ 3 ] = { *( uint32_t * ) pvArgument, ( uint32_t ) pvBytes, xBytes };

    if( prvSemihost( recordSYS_WRITE, ulWrite ) != 0U )
    {
        vFail( "the host does not take the bytes\n" );
    }
}

/*-------------------------- the other record --------------------------*/

static void prvNote( uint32_t ulAddress, uint32_t ulBytes )
{
    /* Before the scheduler runs there may be a current task, which is not the caller. */
    const TaskHandle_t xTask = ( xTaskGetSchedulerState() == taskSCHEDULER_NOT_STARTED ) ? ( TaskHandle_t ) 1 : xTaskGetCurrentTaskHandle();
    const uint32_t ulTask = ( xTask == xWorkers[ 0 ] ) ? 0U : ( ( xTask == xWorkers[ 1 ] ) ? 1U : 2U );
    Call_t * pxCall;

    if( ulCalls < ( sizeof( xCalls ) / sizeof( xCalls[ 0 ] ) ) )
    {
        pxCall = &xCalls[ ulCalls ];
        pxCall->ulAddress = ulAddress;
        pxCall->ulBytes = ulBytes;
        pxCall->ulWanted = ( ulTask < recordWORKERS ) ? ulWanted[ ulTask ] : 0U;
        pxCall->ulTask = ulTask;
    }

    ulCalls++;
}
/*-----------------------------------------------------------*/

void vRecordMalloc( void * pv, size_t uxBytes )
{
    prvNote( ( uint32_t ) pv, ( uint32_t ) uxBytes );
}
/*-----------------------------------------------------------*/

void vRecordFree( void * pv, size_t uxBytes )
{
    prvNote( ( uint32_t ) pv, ( uint32_t ) uxBytes | 0x80000000U );
}

/*-------------------------- the tasks --------------------------*/

static uint32_t prvRandom( uint32_t * pulState )
{
    *pulState ^= *pulState << 13;
    *pulState ^= *pulState >> 17;
    *pulState ^= *pulState << 5;

    return *pulState;
}
/*-----------------------------------------------------------*/

static void prvWorker( void * pvNumber )
{
    const uint32_t ulNumber = ( uint32_t ) pvNumber;
    static void * pvSlots[ recordWORKERS ][ recordSLOTS ];
    uint32_t ulState = 0x1234567U + ulNumber;

    while( ulCalls < recordEVENTS )
    {
        void ** ppvSlot = &pvSlots[ ulNumber ][ prvRandom( &ulState ) % recordSLOTS ];

        #if ( recordRESIZES == 1 )
            if( ( *ppvSlot != NULL ) && ( prvRandom( &ulState ) % 3U == 0U ) )
            {
                void * pvMoved;

                ulWanted[ ulNumber ] = 5U + ( prvRandom( &ulState ) % 300U );
                pvMoved = pvPortRealloc( *ppvSlot, ulWanted[ ulNumber ] ); /* seed: realloc */
                *ppvSlot = ( pvMoved != NULL ) ? pvMoved : *ppvSlot;
                continue;
            }
        #endif

        if( *ppvSlot != NULL )
        {
            vPortFree( *ppvSlot );
            *ppvSlot = NULL;
        }
        else
        {
            const uint32_t ulBytes = 5U + ( prvRandom( &ulState ) % ( ( prvRandom( &ulState ) % 8U == 0U ) ? 3000U : 100U ) );

            ulWanted[ ulNumber ] = ulBytes;

            if( ulBytes % 3U == 0U )
            {
                *ppvSlot = pvPortCalloc( 1, ulBytes ); /* seed: calloc */
            }
            else
            {
                *ppvSlot = pvPortMalloc( ulBytes ); /* seed: malloc */
            }
        }

        if( prvRandom( &ulState ) % 16U == 0U )
        {
            taskYIELD();
        }
    }

    ulDone++;
    vTaskSuspend( NULL );
}
/*-----------------------------------------------------------*/

static void prvFinish( uint32_t ulTrace )
{
    uint32_t ulRecorded = 0U;
    const uint32_t ulLost = ulPortHeapTraceLost( &ulRecorded );
    uint32_t ulCount = ulCalls;
    uint32_t ulRecord;

    while( xPortHeapTraceStop() == pdFAIL )
    {
        ( void ) xPortHeapTraceDrain( prvWrite, &ulTrace );
    }

    ( void ) xPortHeapTraceDrain( prvWrite, &ulTrace );
    ( void ) prvSemihost( recordSYS_CLOSE, &ulTrace );
    ulRecord = prvOpen( recordRECORD_FILE );
    prvWrite( xCalls, ulCount * sizeof( Call_t ), &ulRecord );
    ( void ) prvSemihost( recordSYS_CLOSE, &ulRecord );
    vPrint( "summary: calls=%lu\n", ( unsigned long ) ulCount );
    vPrint( "summary: recorded=%lu\n", ( unsigned long ) ulRecorded );
    vPrint( "summary: lost=%lu\n", ( unsigned long ) ulLost );
    vBoardExit( ( ulCount <= ( sizeof( xCalls ) / sizeof( xCalls[ 0 ] ) ) ) ? 0 : 1 );
}
/*-----------------------------------------------------------*/

static void prvWriter( void * pvUnused )
{
    uint32_t ulTrace = prvOpen( recordTRACE_FILE );

    ( void ) pvUnused;

    while( ulDone < recordWORKERS )
    {
        ( void ) xPortHeapTraceDrain( prvWrite, &ulTrace );
        #if ( recordSLOW > 0 )
            vTaskDelay( recordSLOW );
        #else
            vTaskDelay( 1 );
        #endif
    }

    prvFinish( ulTrace );
}
/*-----------------------------------------------------------*/

void vTestAssert( const char * pcFile, int iLine )
{
    vFail( "assertion, %s line %u\n", pcFile, ( unsigned ) iLine );
}
/*-----------------------------------------------------------*/

extern void vApplicationIdleHook( void );

void vApplicationIdleHook( void )
{
    vBoardIdle();
}
/*-----------------------------------------------------------*/

void vWatchdogExpired( void )
{
    vBoardExit( 3 );
}
/*-----------------------------------------------------------*/

int main( void )
{
    if( xPortHeapTraceStart( ucRing, sizeof( ucRing ) - 1U ) == pdPASS )
    {
        vFail( "a ring that is no power of two\n" );
    }

    if( ( xPortHeapTraceStart( ucRing, sizeof( ucRing ) ) != pdPASS ) || ( xPortHeapTraceStart( ucRing, sizeof( ucRing ) ) == pdPASS ) )
    {
        vFail( "the trace does not start, or twice\n" );
    }

    ( void ) xTaskCreate( prvWorker, "north", 200U, ( void * ) 0U, 2U, &xWorkers[ 0 ] );
    ( void ) xTaskCreate( prvWorker, "south", 200U, ( void * ) 1U, 2U, &xWorkers[ 1 ] );
    ( void ) xTaskCreate( prvWriter, "writer", 300U, NULL, 3U, NULL );
    vTaskStartScheduler();

    return 1;
}
