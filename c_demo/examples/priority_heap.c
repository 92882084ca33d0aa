/* SPDX-License-Identifier: MIT
 *
 * A priority heap: the last bytes are for tasks of high priority. The alarm gets its memory while the loggers have used up
 * all that they may have.
 */
#include "example.h"
#include "firmheap_budget.h"

#define ALARM_BYTES       256U
#define ALARMS            8U
/* Bytes are kept, not blocks of a size: twice as many, because the loggers may leave them in pieces. */
#define KEPT_BYTES        ( 2U * ALARMS * ( ALARM_BYTES + 16U ) )
#define ALARM_PRIORITY    4U

static volatile uint32_t ulRefusedLow, ulRefusedHigh;
static volatile uint32_t ulAlarms, ulDone, ulStop;

static void prvHook( uint32_t ulOwner, uint32_t ulWhat, size_t xBytes )
{
    ( void ) ulOwner;
    ( void ) xBytes;
    CHECK( ulWhat == heapBUDGET_PRIORITY );

    if( uxTaskPriorityGet( NULL ) >= ALARM_PRIORITY )
    {
        ulRefusedHigh++;
    }
    else
    {
        ulRefusedLow++;
    }
}
/*-----------------------------------------------------------*/

/* Keeps all it can get. */
static void prvLogger( void * pvUnused )
{
    void * pvFirst = NULL;

    ( void ) pvUnused;

    while( ulStop == 0U )
    {
        void ** ppv = pvPortMalloc( 120U );

        if( ppv == NULL )
        {
            vTaskDelay( 1U );
        }
        else
        {
            *ppv = pvFirst;
            pvFirst = ( void * ) ppv;
        }
    }

    while( pvFirst != NULL )
    {
        void * pv = pvFirst;

        pvFirst = *( void ** ) pv;
        vPortFree( pv );
    }

    ulStop++;
    vTaskDelete( NULL );
}
/*-----------------------------------------------------------*/

static void prvAlarm( void * pvUnused )
{
    void * pvHeld[ ALARMS ];

    ( void ) pvUnused;

    for( uint32_t ulRound = 0U; ( ulRound < 50U ) || ( ulRefusedLow < 100U ); ulRound++ )
    {
        for( uint32_t ul = 0U; ul < ALARMS; ul++ )
        {
            pvHeld[ ul ] = pvPortMalloc( ALARM_BYTES );
            CHECK( pvHeld[ ul ] != NULL );
        }

        vTaskDelay( 1U );

        for( uint32_t ul = 0U; ul < ALARMS; ul++ )
        {
            vPortFree( pvHeld[ ul ] );
        }

        vTaskDelay( 1U );
        ulAlarms++;
    }

    ulDone = 1U;
    vTaskDelete( NULL );
}
/*-----------------------------------------------------------*/

void vExample( void )
{
    CHECK( lPortHeapReserveForPriority( ( size_t ) 0x7FFFFFFFU, ALARM_PRIORITY ) == errBUDGET_TOO_MUCH );
    CHECK( lPortHeapReserveForPriority( KEPT_BYTES, ALARM_PRIORITY ) == 0 );
    vPortHeapSetBudgetHook( prvHook );
    CHECK( xTaskCreate( prvAlarm, "alarm", 512U, NULL, ALARM_PRIORITY, NULL ) == pdPASS );
    CHECK( xTaskCreate( prvLogger, "logger", 512U, NULL, 1U, NULL ) == pdPASS );
    CHECK( xTaskCreate( prvLogger, "logger 2", 512U, NULL, 2U, NULL ) == pdPASS );

    while( ulDone == 0U )
    {
        vTaskDelay( 5U );
    }

    CHECK( ulRefusedLow > 0U );
    CHECK( ulRefusedHigh == 0U );
    ulStop = 1U;

    while( ulStop < 3U )
    {
        vTaskDelay( 1U );
    }

    CHECK( lPortHeapReserveForPriority( 0U, 0U ) == 0 );
    vPrint( "%u alarms served, loggers refused %u times\n", ( unsigned ) ulAlarms, ( unsigned ) ulRefusedLow );
}
