/* SPDX-License-Identifier: MIT
 *
 * An interrupt storm on one pool: a timer interrupts after every few hundred instructions, at no regular distance, and
 * its handler, a task that never rests and a task that waits for blocks all allocate and free. A shadow knows whose
 * each block is, so that one that is handed out twice, or lost, or written to, is seen at once.
 *
 * stormOPERATIONS: how many calls of allocate and free. stormSABOTAGE: the task leaves the critical section out, and
 * this program must fail.
 */
#include "FreeRTOS.h"
#include "task.h"

#include "board.h"
#include "firmheap_pool.h"
#include "print.h"

#define stormBLOCKS        40U
#define stormWORDS         4U
#define stormHELD          24U /* a user's most; three of them want more than there is */

#define timerCONTROL       ( *( volatile uint32_t * ) 0x40000000UL )
#define timerVALUE         ( *( volatile uint32_t * ) 0x40000004UL )
#define timerRELOAD        ( *( volatile uint32_t * ) 0x40000008UL )
#define timerCLEAR         ( *( volatile uint32_t * ) 0x4000000CUL )
#define nvicENABLE         ( *( volatile uint32_t * ) 0xE000E100UL )
#define nvicPRIORITY_8     ( *( volatile uint8_t * ) 0xE000E408UL )

#if defined( stormSABOTAGE )
    extern void * pvFirmheapPoolTake( Pool_t * pxPool );
    extern uint32_t ulFirmheapPoolGive( Pool_t * pxPool, void * pv );
    #define stormALLOCATE( px )     pvFirmheapPoolTake( px )
    #define stormFREE( px, pv )     ( ( ulFirmheapPoolGive( ( px ), ( pv ) ) == 0U ) ? pdPASS : pdFAIL )
#else
    #define stormALLOCATE( px )     pvPoolAllocate( px )
    #define stormFREE( px, pv )     xPoolFree( ( px ), ( pv ) )
#endif

poolDEFINE_STATIC( xPool, stormWORDS * 4U, stormBLOCKS, 8U );

/* One who uses the pool: what it holds, and its own random numbers. */
typedef struct User
{
    uint32_t ulName;
    uint32_t ulRandom;
    uint32_t ulHeld;
    uint32_t * pulHeld[ stormHELD ];
    uint32_t ulOperations;
    uint32_t ulRefused;
} User_t;

static User_t xTaskUser = { .ulName = 1U, .ulRandom = 1U };
static User_t xWaiter = { .ulName = 2U, .ulRandom = 77U };
static User_t xHandler = { .ulName = 3U, .ulRandom = 4242U };
static volatile uint8_t ucOwner[ stormBLOCKS ];
static volatile uint32_t ulInterrupts, ulTimeouts;
static volatile BaseType_t xStop, xWaiterDone;

extern void vTimerHandler( void );

void vStormFailed( const char * pcFile, int iLine )
{
    vFail( "assertion, %s line %u\n", pcFile, ( unsigned ) iLine );
}
/*-----------------------------------------------------------*/

static uint32_t prvRandom( User_t * pxUser )
{
    pxUser->ulRandom ^= pxUser->ulRandom << 13;
    pxUser->ulRandom ^= pxUser->ulRandom >> 17;
    pxUser->ulRandom ^= pxUser->ulRandom << 5;

    return pxUser->ulRandom;
}
/*-----------------------------------------------------------*/

static void prvTook( User_t * pxUser, uint32_t * pulBlock )
{
    const uint32_t ulAt = ( uint32_t ) ( ( uint8_t * ) pulBlock - ( uint8_t * ) xPool_blocks ) / ( stormWORDS * 4U );

    pxUser->ulOperations++;

    if( pulBlock == NULL )
    {
        pxUser->ulRefused++;

        return;
    }

    if( ( ulAt >= stormBLOCKS ) || ( ucOwner[ ulAt ] != 0U ) )
    {
        vFail( "block %u was handed to %u and is %u's\n", ( unsigned ) ulAt, ( unsigned ) pxUser->ulName,
               ( ulAt < stormBLOCKS ) ? ( unsigned ) ucOwner[ ulAt ] : 99U );
    }

    ucOwner[ ulAt ] = ( uint8_t ) pxUser->ulName;

    for( uint32_t ul = 0; ul < stormWORDS; ul++ )
    {
        pulBlock[ ul ] = ( pxUser->ulName << 24 ) | ulAt;
    }

    pxUser->pulHeld[ pxUser->ulHeld++ ] = pulBlock;
}
/*-----------------------------------------------------------*/

/* One that the user holds, checked; it is nobody's from now on. */
static uint32_t * prvPick( User_t * pxUser )
{
    const uint32_t ulNth = prvRandom( pxUser ) % pxUser->ulHeld;
    uint32_t * pulBlock = pxUser->pulHeld[ ulNth ];
    const uint32_t ulAt = ( uint32_t ) ( ( uint8_t * ) pulBlock - ( uint8_t * ) xPool_blocks ) / ( stormWORDS * 4U );

    for( uint32_t ul = 0; ul < stormWORDS; ul++ )
    {
        if( pulBlock[ ul ] != ( ( pxUser->ulName << 24 ) | ulAt ) )
        {
            vFail( "block %u of %u was written to by another\n", ( unsigned ) ulAt, ( unsigned ) pxUser->ulName );
        }
    }

    if( ucOwner[ ulAt ] != pxUser->ulName )
    {
        vFail( "block %u of %u is %u's\n", ( unsigned ) ulAt, ( unsigned ) pxUser->ulName, ( unsigned ) ucOwner[ ulAt ] );
    }

    ucOwner[ ulAt ] = 0U;
    pxUser->pulHeld[ ulNth ] = pxUser->pulHeld[ --pxUser->ulHeld ];
    pxUser->ulOperations++;

    return pulBlock;
}
/*-----------------------------------------------------------*/

static BaseType_t prvTakes( User_t * pxUser )
{
    return ( pxUser->ulHeld == 0U ) || ( ( pxUser->ulHeld < stormHELD ) && ( ( prvRandom( pxUser ) & 1U ) != 0U ) );
}
/*-----------------------------------------------------------*/

void vTimerHandler( void )
{
    BaseType_t xWoken = pdFALSE;

    timerCLEAR = 1U;
    timerRELOAD = 150U + ( prvRandom( &xHandler ) % 700U );
    timerVALUE = timerRELOAD;
    ulInterrupts++;

    for( uint32_t ul = prvRandom( &xHandler ) % 4U; ul > 0U; ul-- )
    {
        if( prvTakes( &xHandler ) )
        {
            prvTook( &xHandler, pvPoolAllocateFromISR( &xPool ) );
        }
        else if( xPoolFreeFromISR( &xPool, prvPick( &xHandler ), &xWoken ) != pdPASS )
        {
            vFail( "a free in the handler was refused\n" );
        }
    }

    portYIELD_FROM_ISR( xWoken );
}
/*-----------------------------------------------------------*/

/* Wants more than there is, and holds what it got for a tick. */
static void prvWaiter( void * pvUnused )
{
    ( void ) pvUnused;

    while( xStop == pdFALSE )
    {
        uint32_t * pulBlock = pvPoolAllocateWait( &xPool, 2U );

        prvTook( &xWaiter, pulBlock );
        ulTimeouts += ( pulBlock == NULL ) ? 1U : 0U;

        if( xWaiter.ulHeld >= 16U )
        {
            vTaskDelay( 1U );

            while( xWaiter.ulHeld > 8U )
            {
                if( xPoolFree( &xPool, prvPick( &xWaiter ) ) != pdPASS )
                {
                    vFail( "a free of the waiter was refused\n" );
                }
            }
        }
    }

    while( xWaiter.ulHeld > 0U )
    {
        ( void ) xPoolFree( &xPool, prvPick( &xWaiter ) );
    }

    xWaiterDone = pdTRUE;
    vTaskSuspend( NULL );
}
/*-----------------------------------------------------------*/

static uint32_t prvOperations( void )
{
    return xTaskUser.ulOperations + xWaiter.ulOperations + xHandler.ulOperations;
}
/*-----------------------------------------------------------*/

/* All is given back: the pool is as it was, and holds every block once. */
static void prvAudit( void )
{
    uint32_t ulFound = 0;

    while( xTaskUser.ulHeld > 0U )
    {
        ( void ) xPoolFree( &xPool, prvPick( &xTaskUser ) );
    }

    while( xHandler.ulHeld > 0U )
    {
        ( void ) xPoolFree( &xPool, prvPick( &xHandler ) );
    }

    if( ( xPoolGetUsed( &xPool ) != 0U ) || ( xPoolCheck( &xPool ) != pdPASS ) )
    {
        vFail( "%u blocks are in use, check says %u\n", ( unsigned ) xPoolGetUsed( &xPool ), ( unsigned ) -xPoolCheck( &xPool ) );
    }

    for( void * pv = pvPoolAllocate( &xPool ); pv != NULL; pv = pvPoolAllocate( &xPool ) )
    {
        const uint32_t ulAt = ( uint32_t ) ( ( uint8_t * ) pv - ( uint8_t * ) xPool_blocks ) / ( stormWORDS * 4U );

        if( ucOwner[ ulAt ] != 0U )
        {
            vFail( "block %u is there twice\n", ( unsigned ) ulAt );
        }

        ucOwner[ ulAt ] = 9U;
        ulFound++;
    }

    if( ulFound != stormBLOCKS )
    {
        vFail( "%u of %u blocks are left\n", ( unsigned ) ulFound, stormBLOCKS );
    }
}
/*-----------------------------------------------------------*/

static void prvTask( void * pvUnused )
{
    ( void ) pvUnused;
    nvicPRIORITY_8 = 192U;
    nvicENABLE = 1UL << 8;
    timerRELOAD = 500U;
    timerVALUE = 500U;
    timerCONTROL = 9U; /* counts, and interrupts */

    while( prvOperations() < stormOPERATIONS )
    {
        if( prvTakes( &xTaskUser ) )
        {
            prvTook( &xTaskUser, stormALLOCATE( &xPool ) );
        }
        else if( stormFREE( &xPool, prvPick( &xTaskUser ) ) != pdPASS )
        {
            vFail( "a free of the task was refused\n" );
        }
    }

    timerCONTROL = 0U;
    xStop = pdTRUE;

    while( xWaiterDone == pdFALSE )
    {
        if( xTaskUser.ulHeld > 0U )
        {
            ( void ) xPoolFree( &xPool, prvPick( &xTaskUser ) );
        }
    }

    prvAudit();
    vPrint( "summary: operations=%u task=%u handler=%u waiter=%u interrupts=%u refused=%u timeouts=%u lost=0 duplicated=0\n",
            ( unsigned ) prvOperations(), ( unsigned ) xTaskUser.ulOperations, ( unsigned ) xHandler.ulOperations,
            ( unsigned ) xWaiter.ulOperations, ( unsigned ) ulInterrupts,
            ( unsigned ) ( xTaskUser.ulRefused + xHandler.ulRefused ), ( unsigned ) ulTimeouts );
    vBoardExit( 0 );
}
/*-----------------------------------------------------------*/

int main( void )
{
    if( ( xTaskCreate( prvTask, "task", 512U, NULL, 1U, NULL ) != pdPASS ) ||
        ( xTaskCreate( prvWaiter, "waiter", 512U, NULL, 2U, NULL ) != pdPASS ) )
    {
        return 3;
    }

    vTaskStartScheduler();

    return 4;
}
