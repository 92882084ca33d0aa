/* SPDX-License-Identifier: MIT
 *
 * An interrupt storm on the heap: a timer interrupts after every few hundred instructions, at no regular distance.
 *
 * FIRMHEAP_LOCK critical: its handler, a task that never rests and one that preempts it allocate and free.
 * FIRMHEAP_FREE_FROM_ISR 1: the tasks allocate and free; every other block they leave to the handler, which frees it.
 *
 * Whoever has a block fills it, and looks at all of it before it is freed; at the end all memory is one block again.
 * stormSABOTAGE: what excludes the handler is left out (linked with --wrap), and this program must fail.
 */
#include "storm.h"

#ifdef stormTRACKED
    #include "firmheap_track.h"
#endif

#include "firmheap_faults.h"
#include "firmheap_isr.h"

#define stormHELD          24U
#define stormWORDS_MAX     30U
#define stormLEFT          8U /* blocks on their way to the handler */

#if defined( stormSABOTAGE )
    extern void __wrap_vFirmheapUnlock( void );
    extern void __wrap_vFirmheapLock_of_a_port_file_with_FIRMHEAP_LOCK_critical( void );
    extern void __wrap_vFirmheapResume( void );
    extern void * __wrap_pvFirmheapTakePending( void );
    extern void * pvFirmheapUndefer( uint32_t * pulFault ) __attribute__( ( weak ) );

    void __wrap_vFirmheapUnlock( void )
    {
    }

    void __wrap_vFirmheapLock_of_a_port_file_with_FIRMHEAP_LOCK_critical( void )
    {
    }

    void __wrap_vFirmheapResume( void )
    {
    }

    void * __wrap_pvFirmheapTakePending( void )
    {
        uint32_t ulFault = 0U;

        return pvFirmheapUndefer( &ulFault );
    }
#endif /* if defined( stormSABOTAGE ) */

/* A block: how long it is, whose, and words that follow from both. */
typedef struct Block
{
    uint32_t ulWords;
    uint32_t ulSeed;
    uint32_t ulRest[];
} Block_t;

typedef struct User
{
    uint32_t ulName;
    uint32_t ulRandom;
    uint32_t ulHeld;
    Block_t * pxHeld[ stormHELD ];
    uint32_t ulOperations;
    uint32_t ulRefused;
} User_t;

static User_t xTaskUser = { .ulName = 1U, .ulRandom = 1U };
static User_t xOther = { .ulName = 2U, .ulRandom = 77U };
static User_t xHandler = { .ulName = 3U, .ulRandom = 4242U };
static Block_t * volatile pxLeft[ stormLEFT ];
static volatile uint32_t ulInterrupts, ulFreedInHandler, ulPendingMax;
static volatile BaseType_t xStop, xOtherDone;
static size_t xFreeBefore;

/* The heap found something wrong; without its lock the end may be a critical section that was never entered. */
void vStormFailed( const char * pcFile, int iLine )
{
    vFail( "assertion after %u operations, %s line %u\n",
           ( unsigned ) ( xTaskUser.ulOperations + xOther.ulOperations + xHandler.ulOperations ), pcFile, ( unsigned ) iLine );
}
/*-----------------------------------------------------------*/

static void prvTake( User_t * pxUser )
{
    const uint32_t ulWords = 2U + ( ulRandom( &pxUser->ulRandom ) % stormWORDS_MAX );
    Block_t * pxBlock = pvPortMalloc( ulWords * 4U );

    pxUser->ulOperations++;

    if( pxBlock == NULL )
    {
        pxUser->ulRefused++;

        return;
    }

    pxBlock->ulWords = ulWords;
    pxBlock->ulSeed = ( pxUser->ulName << 28 ) | ( pxUser->ulOperations & 0xFFFFFFFU );

    for( uint32_t ul = 2; ul < ulWords; ul++ )
    {
        pxBlock->ulRest[ ul - 2U ] = pxBlock->ulSeed + ul;
    }

    pxUser->pxHeld[ pxUser->ulHeld++ ] = pxBlock;
}
/*-----------------------------------------------------------*/

static void prvLookAt( const Block_t * pxBlock, uint32_t ulName )
{
    BaseType_t xIsSound = ( ( pxBlock->ulSeed >> 28 ) == ulName ) && ( pxBlock->ulWords >= 2U ) &&
                          ( pxBlock->ulWords < ( 2U + stormWORDS_MAX ) );

    for( uint32_t ul = 2; xIsSound && ( ul < pxBlock->ulWords ); ul++ )
    {
        xIsSound = ( pxBlock->ulRest[ ul - 2U ] == ( pxBlock->ulSeed + ul ) );
    }

    if( !xIsSound )
    {
        vFail( "a block of %u was written to by another\n", ( unsigned ) ulName );
    }
}
/*-----------------------------------------------------------*/

static Block_t * prvPick( User_t * pxUser )
{
    const uint32_t ulNth = ulRandom( &pxUser->ulRandom ) % pxUser->ulHeld;
    Block_t * pxBlock = pxUser->pxHeld[ ulNth ];

    pxUser->pxHeld[ ulNth ] = pxUser->pxHeld[ --pxUser->ulHeld ];
    pxUser->ulOperations++;
    prvLookAt( pxBlock, pxUser->ulName );

    return pxBlock;
}
/*-----------------------------------------------------------*/

static BaseType_t prvTakes( User_t * pxUser )
{
    return ( pxUser->ulHeld == 0U ) || ( ( pxUser->ulHeld < stormHELD ) && ( ( ulRandom( &pxUser->ulRandom ) & 1U ) != 0U ) );
}
/*-----------------------------------------------------------*/

#if ( FIRMHEAP_FREE_FROM_ISR == 1 )

    void vTimerHandler( void )
    {
        vStormGoesOn( ulRandom( &xHandler.ulRandom ) );
        ulInterrupts++;

        for( uint32_t ul = 0; ul < stormLEFT; ul++ )
        {
            Block_t * pxBlock = pxLeft[ ul ];

            if( pxBlock != NULL )
            {
                pxLeft[ ul ] = NULL;
                prvLookAt( pxBlock, pxBlock->ulSeed >> 28 );
                vPortFreeFromISR( pxBlock );
                ulFreedInHandler++;

                if( xPortGetPendingFrees() > ulPendingMax )
                {
                    ulPendingMax = xPortGetPendingFrees();
                }
            }
        }
    }
/*-----------------------------------------------------------*/

/* To the handler, if it has room for one more; each task has its half of the places. */
    static void prvGive( User_t * pxUser, Block_t * pxBlock )
    {
        const uint32_t ulFirst = ( pxUser->ulName - 1U ) * ( stormLEFT / 2U );

        for( uint32_t ul = ulFirst; ( pxUser->ulRandom & 2U ) && ( ul < ( ulFirst + ( stormLEFT / 2U ) ) ); ul++ )
        {
            if( pxLeft[ ul ] == NULL )
            {
                pxLeft[ ul ] = pxBlock;

                return;
            }
        }

        vPortFree( pxBlock );
    }

#else /* if ( FIRMHEAP_FREE_FROM_ISR == 1 ) */

    void vTimerHandler( void )
    {
        vStormGoesOn( ulRandom( &xHandler.ulRandom ) );
        ulInterrupts++;

        for( uint32_t ul = ulRandom( &xHandler.ulRandom ) % 4U; ul > 0U; ul-- )
        {
            if( prvTakes( &xHandler ) )
            {
                prvTake( &xHandler );
            }
            else
            {
                vPortFree( prvPick( &xHandler ) );
                ulFreedInHandler++;
            }
        }
    }
/*-----------------------------------------------------------*/

/* Now and then within a critical section of the task's own. */
    static void prvGive( User_t * pxUser, Block_t * pxBlock )
    {
        const BaseType_t xWithin = ( pxUser->ulRandom & 12U ) == 12U;

        if( xWithin )
        {
            taskENTER_CRITICAL();
        }

        vPortFree( pxBlock );

        if( xWithin )
        {
            taskEXIT_CRITICAL();
        }
    }

#endif /* if ( FIRMHEAP_FREE_FROM_ISR == 1 ) */
/*-----------------------------------------------------------*/

/* Preempts the other task in the middle of whatever it does. */
static void prvOther( void * pvUnused )
{
    ( void ) pvUnused;

    while( xStop == pdFALSE )
    {
        for( uint32_t ul = 0; ul < 6U; ul++ )
        {
            if( prvTakes( &xOther ) )
            {
                prvTake( &xOther );
            }
            else
            {
                prvGive( &xOther, prvPick( &xOther ) );
            }
        }

        vTaskDelay( 1U );
    }

    while( xOther.ulHeld > 0U )
    {
        vPortFree( prvPick( &xOther ) );
    }

    xOtherDone = pdTRUE;
    vTaskSuspend( NULL );
}
/*-----------------------------------------------------------*/

static uint32_t prvOperations( void )
{
    return xTaskUser.ulOperations + xOther.ulOperations + xHandler.ulOperations;
}
/*-----------------------------------------------------------*/

#ifdef stormTRACKED

static size_t xTotal; /* bytes in rows and free */

/* Bytes that the rows of all owners hold together; and as many blocks as are in use. */
    static size_t prvRows( void )
    {
        HeapOwner_t xOwner;
        HeapStats_t xStats;
        size_t xBytes = 0, xBlocks = 0;

        for( uint32_t ul = 0; ul < ulPortHeapOwners(); ul++ )
        {
            if( xPortHeapOwner( ul, &xOwner ) != 0U )
            {
                xBytes += xOwner.xBytes;
                xBlocks += xOwner.xBlocks;
            }
        }

        vPortGetHeapStats( &xStats );

        if( xBlocks != ( xStats.xNumberOfSuccessfulAllocations - xStats.xNumberOfSuccessfulFrees ) )
        {
            vFail( "the rows have %u blocks\n", ( unsigned ) xBlocks );
        }

        return xBytes;
    }
/*-----------------------------------------------------------*/

/* The rows agree with the heap while all of the users hold blocks, and the handler's are in its own. */
    static void prvAuditRows( void )
    {
        HeapOwner_t xOwner;
        const size_t xBytes = prvRows();

        if( ( xBytes + xPortGetFreeHeapSize() ) != xTotal )
        {
            vFail( "the rows hold %u bytes, %u are free, of %u\n", ( unsigned ) xBytes, ( unsigned ) xPortGetFreeHeapSize(),
                   ( unsigned ) xTotal );
        }

        if( ( xPortHeapOwner( heapOWNER_INTERRUPTS, &xOwner ) == 0U ) || ( xOwner.xBlocks < xHandler.ulHeld ) ||
            ( xOwner.xBlocksMax < 2U ) )
        {
            vFail( "the handler's row has %u blocks, it holds %u\n", ( unsigned ) xOwner.xBlocks, ( unsigned ) xHandler.ulHeld );
        }
    }
/*-----------------------------------------------------------*/

#endif /* ifdef stormTRACKED */

/* All is given back: the heap is as it was. */
static void prvAudit( void )
{
    HeapStats_t xStats;

    #ifdef stormTRACKED
        prvAuditRows();
    #endif

    for( uint32_t ul = 0; ul < stormLEFT; ul++ )
    {
        vPortFree( pxLeft[ ul ] );
    }

    while( xTaskUser.ulHeld > 0U )
    {
        vPortFree( prvPick( &xTaskUser ) );
    }

    while( xHandler.ulHeld > 0U )
    {
        vPortFree( prvPick( &xHandler ) );
    }

    ( void ) xPortFreePending();
    vPortGetHeapStats( &xStats );

    if( ( xPortHeapCheck() != pdPASS ) || ( xPortGetPendingFrees() != 0U ) )
    {
        vFail( "the check says %u, %u blocks wait\n", ( unsigned ) -xPortHeapCheck(), ( unsigned ) xPortGetPendingFrees() );
    }

    if( ( xPortGetFreeHeapSize() != xFreeBefore ) || ( xStats.xNumberOfFreeBlocks != 1U ) )
    {
        vFail( "%u bytes are free in %u blocks; %u were in one\n", ( unsigned ) xPortGetFreeHeapSize(),
               ( unsigned ) xStats.xNumberOfFreeBlocks, ( unsigned ) xFreeBefore );
    }
}
/*-----------------------------------------------------------*/

static void prvTask( void * pvUnused )
{
    ( void ) pvUnused;
    vStormBegins();

    while( prvOperations() < stormOPERATIONS )
    {
        if( prvTakes( &xTaskUser ) )
        {
            prvTake( &xTaskUser );
        }
        else
        {
            prvGive( &xTaskUser, prvPick( &xTaskUser ) );
        }
    }

    xStop = pdTRUE;

    while( xOtherDone == pdFALSE )
    {
    }

    vStormEnds();
    prvAudit();
    vPrint( "summary: operations=%u task=%u other=%u handler=%u freed_in_handler=%u interrupts=%u refused=%u pending_max=%u lost=0\n",
            ( unsigned ) prvOperations(), ( unsigned ) xTaskUser.ulOperations, ( unsigned ) xOther.ulOperations,
            ( unsigned ) xHandler.ulOperations, ( unsigned ) ulFreedInHandler, ( unsigned ) ulInterrupts,
            ( unsigned ) ( xTaskUser.ulRefused + xOther.ulRefused + xHandler.ulRefused ), ( unsigned ) ulPendingMax );
    vBoardExit( 0 );
}
/*-----------------------------------------------------------*/

int main( void )
{
    if( ( xTaskCreate( prvTask, "task", 512U, NULL, 1U, NULL ) != pdPASS ) ||
        ( xTaskCreate( prvOther, "other", 512U, NULL, 2U, NULL ) != pdPASS ) )
    {
        return 3;
    }

    xFreeBefore = xPortGetFreeHeapSize();
    #ifdef stormTRACKED
        xTotal = xFreeBefore + prvRows();
    #endif
    vTaskStartScheduler();

    return 4;
}
