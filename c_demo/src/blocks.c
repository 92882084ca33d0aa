/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#include "blocks.h"
#include "print.h"
#include "pseudo_random.h"

#define blockALIVE         0xA11F0CA1UL
#define blockGIVEN_BACK    0xDEADB10CUL
#define blockWIPE          0xDB

/* Sixteen bytes, so that the payload keeps the heap's alignment. */
typedef struct
{
    uint32_t ulState;       /* blockALIVE + the low bits of the own address */
    uint32_t ulBytes;
    uint32_t ulNumber;      /* also the tail word */
    uint32_t ulChecksum;
} Head_t;

static BlockCounts_t xCounts;

/*-----------------------------------------------------------*/

static Head_t * prvHead( const void * pvBlock )
{
    return ( Head_t * ) ( ( uintptr_t ) pvBlock - sizeof( Head_t ) );
}
/*-----------------------------------------------------------*/

static uint32_t prvAlive( const Head_t * pxHead )
{
    return ( uint32_t ) ( blockALIVE + ( uintptr_t ) pxHead );
}
/*-----------------------------------------------------------*/

/* FNV-1a over the payload. */
static uint32_t prvChecksum( const Head_t * pxHead )
{
    const uint8_t * pucByte = ( const uint8_t * ) ( pxHead + 1 );
    uint32_t ulSum = 2166136261U;

    for( uint32_t ulLeft = pxHead->ulBytes; ulLeft > 0U; ulLeft-- )
    {
        ulSum = ( ulSum ^ *pucByte++ ) * 16777619U;
    }

    return ulSum;
}
/*-----------------------------------------------------------*/

void * pvBlockTry( size_t uxBytes )
{
    Head_t * pxHead = pvPortMalloc( sizeof( Head_t ) + uxBytes + sizeof( uint32_t ) );
    void * pvBlock = NULL;

    if( pxHead != NULL )
    {
        pvBlock = pxHead + 1;

        if( ( ( uintptr_t ) pxHead % portBYTE_ALIGNMENT ) != 0U )
        {
            vFail( "pvPortMalloc( %lu ) gave a misaligned block", ( unsigned long ) uxBytes );
        }

        taskENTER_CRITICAL();
        {
            pxHead->ulNumber = ++xCounts.ulTaken;
        }
        taskEXIT_CRITICAL();

        pxHead->ulState = prvAlive( pxHead );
        pxHead->ulBytes = ( uint32_t ) uxBytes;
        ( void ) memcpy( ( uint8_t * ) pvBlock + uxBytes, &pxHead->ulNumber, sizeof( uint32_t ) );
    }

    return pvBlock;
}
/*-----------------------------------------------------------*/

void * pvBlockTake( size_t uxBytes )
{
    void * pvBlock = pvBlockTry( uxBytes );

    if( pvBlock == NULL )
    {
        vFail( "the heap refused %lu bytes in the middle of the work, with %lu free",
               ( unsigned long ) uxBytes, ( unsigned long ) xPortGetFreeHeapSize() );
    }

    return pvBlock;
}
/*-----------------------------------------------------------*/

void vBlockSeal( void * pvBlock )
{
    Head_t * pxHead = prvHead( pvBlock );

    pxHead->ulChecksum = prvChecksum( pxHead );
}
/*-----------------------------------------------------------*/

void vBlockVerify( const void * pvBlock )
{
    const Head_t * pxHead = prvHead( pvBlock );
    uint32_t ulTail;

    if( pxHead->ulState != prvAlive( pxHead ) )
    {
        vFail( "a block's head was overwritten, or the block was given back twice" );
    }

    ( void ) memcpy( &ulTail, ( const uint8_t * ) pvBlock + pxHead->ulBytes, sizeof( ulTail ) );

    if( ulTail != pxHead->ulNumber )
    {
        vFail( "block %lu: the word behind its contents was overwritten", ( unsigned long ) pxHead->ulNumber );
    }

    if( prvChecksum( pxHead ) != pxHead->ulChecksum )
    {
        vFail( "block %lu: its %lu bytes of contents changed", ( unsigned long ) pxHead->ulNumber,
               ( unsigned long ) pxHead->ulBytes );
    }
}
/*-----------------------------------------------------------*/

void vBlockGive( void * pvBlock )
{
    Head_t * pxHead = prvHead( pvBlock );

    vBlockVerify( pvBlock );

    taskENTER_CRITICAL();
    {
        xCounts.ulVerified++;
    }
    taskEXIT_CRITICAL();

    /* Whoever still reads this block shall notice. */
    ( void ) memset( pvBlock, blockWIPE, pxHead->ulBytes );
    pxHead->ulState = blockGIVEN_BACK;
    vPortFree( pxHead );
}
/*-----------------------------------------------------------*/

size_t uxBlockBytes( const void * pvBlock )
{
    return prvHead( pvBlock )->ulBytes;
}
/*-----------------------------------------------------------*/

void vBlockFill( void * pvBytes, size_t uxBytes, uint32_t ulSeed )
{
    Random_t xRandom = xRandomFrom( ulSeed );
    uint8_t * pucByte = pvBytes;

    while( uxBytes-- > 0U )
    {
        *pucByte++ = ( uint8_t ) ( ulRandomNext( &xRandom ) >> 24 );
    }
}
/*-----------------------------------------------------------*/

BlockCounts_t xBlockCounts( void )
{
    BlockCounts_t xCopy;

    taskENTER_CRITICAL();
    {
        xCopy = xCounts;
    }
    taskEXIT_CRITICAL();

    return xCopy;
}
