/* SPDX-License-Identifier: MIT
 *
 * Streams: a source sends bytes through a stream buffer in pieces of any length, then packets through a
 * message buffer; the owner reads them into blocks and compares every byte. Buffers of another size and
 * a new source in every session.
 */
#include <string.h>

#include "FreeRTOS.h"
#include "message_buffer.h"
#include "stream_buffer.h"

#include "blocks.h"
#include "demo.h"
#include "print.h"
#include "pseudo_random.h"

#define streamsSESSIONS    5U
#define streamsBYTES       1500U   /* per session */
#define streamsPACKETS     30U     /* per session */
#define streamsPIECE       48U
#define streamsSMALLEST    64U     /* bytes in the first session's buffers, doubled for the next */

typedef struct
{
    TaskHandle_t xOwner;
    StreamBufferHandle_t xStream;
    MessageBufferHandle_t xPackets;
    uint32_t ulSeed;
} Session_t;

/*-----------------------------------------------------------*/

static void prvSendStream( const Session_t * pxSession )
{
    Random_t xLengths = xRandomFrom( pxSession->ulSeed );
    Random_t xBytes = xRandomFrom( pxSession->ulSeed + 1U );
    uint8_t ucPiece[ streamsPIECE ];
    size_t uxLeft = streamsBYTES;

    while( uxLeft > 0U )
    {
        size_t uxPiece = ulRandomBetween( &xLengths, 1U, streamsPIECE );

        uxPiece = ( uxPiece < uxLeft ) ? uxPiece : uxLeft;

        for( size_t uxByte = 0U; uxByte < uxPiece; uxByte++ )
        {
            ucPiece[ uxByte ] = ( uint8_t ) ( ulRandomNext( &xBytes ) >> 24 );
        }

        if( xStreamBufferSend( pxSession->xStream, ucPiece, uxPiece, portMAX_DELAY ) != uxPiece )
        {
            vFail( "streams: a piece was not sent whole" );
        }

        uxLeft -= uxPiece;
    }
}
/*-----------------------------------------------------------*/

static void prvSendPackets( const Session_t * pxSession )
{
    Random_t xRandom = xRandomFrom( pxSession->ulSeed + 2U );

    for( uint32_t ulPacket = 0U; ulPacket < streamsPACKETS; ulPacket++ )
    {
        const size_t uxBytes = ulRandomBetween( &xRandom, 1U, streamsPIECE );
        uint8_t * pucPacket = pvBlockTake( uxBytes );

        vBlockFill( pucPacket, uxBytes, ulRandomNext( &xRandom ) );
        vBlockSeal( pucPacket );

        if( xMessageBufferSend( pxSession->xPackets, pucPacket, uxBytes, portMAX_DELAY ) != uxBytes )
        {
            vFail( "streams: a packet was not sent" );
        }

        vBlockGive( pucPacket );
    }
}
/*-----------------------------------------------------------*/

static void vSource( void * pvSession )
{
    const Session_t * pxSession = pvSession;

    prvSendStream( pxSession );
    prvSendPackets( pxSession );
    vDemoSignal( pxSession->xOwner );
    vDemoTaskDone();
}
/*-----------------------------------------------------------*/

/* Reads until uxBytes are there: how many come at once is the scheduler's choice. */
static void prvReceiveAll( StreamBufferHandle_t xStream, uint8_t * pucBytes, size_t uxBytes )
{
    while( uxBytes > 0U )
    {
        const size_t uxRead = xStreamBufferReceive( xStream, pucBytes, uxBytes, portMAX_DELAY );

        pucBytes += uxRead;
        uxBytes -= uxRead;
    }
}
/*-----------------------------------------------------------*/

static void prvReadStream( const Session_t * pxSession )
{
    Random_t xBytes = xRandomFrom( pxSession->ulSeed + 1U );

    for( size_t uxDone = 0U; uxDone < streamsBYTES; uxDone += streamsPIECE )
    {
        const size_t uxLeft = streamsBYTES - uxDone;
        const size_t uxPiece = ( uxLeft < streamsPIECE ) ? uxLeft : streamsPIECE;
        uint8_t * pucPiece = pvBlockTake( uxPiece );

        prvReceiveAll( pxSession->xStream, pucPiece, uxPiece );

        for( size_t uxByte = 0U; uxByte < uxPiece; uxByte++ )
        {
            if( pucPiece[ uxByte ] != ( uint8_t ) ( ulRandomNext( &xBytes ) >> 24 ) )
            {
                vFail( "streams: byte %lu of the stream changed", ( unsigned long ) ( uxDone + uxByte ) );
            }
        }

        vBlockSeal( pucPiece );
        vBlockGive( pucPiece );
    }
}
/*-----------------------------------------------------------*/

static void prvReadPackets( const Session_t * pxSession )
{
    Random_t xRandom = xRandomFrom( pxSession->ulSeed + 2U );

    for( uint32_t ulPacket = 0U; ulPacket < streamsPACKETS; ulPacket++ )
    {
        const size_t uxBytes = ulRandomBetween( &xRandom, 1U, streamsPIECE );
        uint8_t ucExpected[ streamsPIECE ];
        uint8_t * pucPacket = pvBlockTake( streamsPIECE );

        vBlockFill( ucExpected, uxBytes, ulRandomNext( &xRandom ) );

        if( ( xMessageBufferReceive( pxSession->xPackets, pucPacket, streamsPIECE, portMAX_DELAY ) != uxBytes ) ||
            ( memcmp( pucPacket, ucExpected, uxBytes ) != 0 ) )
        {
            vFail( "streams: packet %u is not what was sent", ( unsigned ) ulPacket );
        }

        vDemoCountMessage( uxBytes );
        vBlockSeal( pucPacket );
        vBlockGive( pucPacket );
    }
}
/*-----------------------------------------------------------*/

void vStreamsOwner( void * pvDay )
{
    for( uint32_t ulSession = 0U; ulSession < streamsSESSIONS; ulSession++ )
    {
        const size_t uxBuffer = ( size_t ) streamsSMALLEST << ulSession;
        Session_t * pxSession = pvBlockTake( sizeof( Session_t ) );

        pxSession->xOwner = xTaskGetCurrentTaskHandle();
        pxSession->ulSeed = ( ( uint32_t ) ( uintptr_t ) pvDay * 5000U ) + ( ulSession * 10U );
        pxSession->xStream = xStreamBufferCreate( uxBuffer, 1U );
        pxSession->xPackets = xMessageBufferCreate( uxBuffer );

        if( ( pxSession->xStream == NULL ) || ( pxSession->xPackets == NULL ) )
        {
            vFail( "streams: no memory for the buffers" );
        }

        vBlockSeal( pxSession );
        ( void ) xDemoCreate( vSource, "source", pxSession, demoWORKER_PRIORITY, 32U );

        prvReadStream( pxSession );
        prvReadPackets( pxSession );
        vDemoAwaitSignals( 1U );

        vMessageBufferDelete( pxSession->xPackets );
        vStreamBufferDelete( pxSession->xStream );
        vBlockGive( pxSession );
        vDemoStep( eStreams );
    }

    vDemoPartDone( eStreams );
}
