/* SPDX-License-Identifier: MIT
 *
 * Messages of a fixed size from an interrupt and a task to a reader, without copying: Zephyr's memory slabs. A writer that
 * must not wait drops a message if the slab is used up; one that may, waits.
 */
#include <string.h>

#include "compat/zephyr_mem_slab.h"
#include "example.h"
#include "firmheap_faults.h"
#include "queue.h"

#define MESSAGES    8
#define FROM_TASK   500U

struct message
{
    uint32_t number;
    uint32_t from;
    uint8_t payload[ 24 ];
};

K_MEM_SLAB_DEFINE( message_slab, sizeof( struct message ), MESSAGES, 8 );
K_MEM_SLAB_DEFINE_STATIC( byte_slab, 20, 70, 4 );

static QueueHandle_t mailbox;
static volatile uint32_t ticks_sent, ticks_dropped;

#if ( configUSE_TICK_HOOK == 1 )

/* An interrupt handler: K_NO_WAIT is the only timeout it may have. */
    static void prvTick( void )
    {
        struct message * mail;

        if( k_mem_slab_alloc( &message_slab, ( void ** ) &mail, K_NO_WAIT ) != 0 )
        {
            ticks_dropped++;

            return;
        }

        mail->number = ticks_sent;
        mail->from = 2U;

        if( xQueueSendFromISR( mailbox, &mail, NULL ) == pdPASS )
        {
            ticks_sent++;
        }
        else
        {
            k_mem_slab_free( &message_slab, mail );
        }
    }

#endif /* if ( configUSE_TICK_HOOK == 1 ) */

static void prvWriter( void * unused )
{
    ( void ) unused;

    for( uint32_t number = 0; number < FROM_TASK; number++ )
    {
        struct message * mail = NULL;

        CHECK( k_mem_slab_alloc( &message_slab, ( void ** ) &mail, K_FOREVER ) == 0 );
        mail->number = number;
        mail->from = 1U;
        memset( mail->payload, ( int ) ( number & 0xFFU ), sizeof( mail->payload ) );
        CHECK( xQueueSend( mailbox, &mail, portMAX_DELAY ) == pdPASS );
    }

    vTaskDelete( NULL );
}

/* A slab of our own memory, and all that can be wrong with it. */
static void prvOwnMemory( void )
{
    static uint64_t buffer[ 64 ];
    static struct k_mem_slab slab;
    void * block = NULL;
    const size_t heap_before = xPortGetFreeHeapSize();

    CHECK( k_mem_slab_init( &slab, buffer, 64, 8 ) == 0 );
    CHECK( k_mem_slab_alloc( &slab, &block, K_NO_WAIT ) == 0 );
    CHECK( block == buffer );
    CHECK( k_mem_slab_num_used_get( &slab ) == 1U );
    CHECK_FAULT( FIRMHEAP_FAULT_FOREIGN_POINTER, k_mem_slab_free( &slab, &buffer[ 1 ] ) );
    CHECK_FAULT( FIRMHEAP_FAULT_DOUBLE_FREE, k_mem_slab_free( &slab, &buffer[ 8 ] ) );
    k_mem_slab_free( &slab, block );

    CHECK( k_mem_slab_init( &slab, ( uint8_t * ) buffer + 2, 64, 7 ) == -EINVAL );
    CHECK( k_mem_slab_init( &slab, buffer, 63, 8 ) == -EINVAL );
    CHECK( k_mem_slab_init( &slab, buffer, 2, 8 ) == -EINVAL );
    CHECK( k_mem_slab_init( &slab, buffer, 64, 0 ) == -EINVAL );
    CHECK( k_mem_slab_init( &slab, NULL, 64, 40 ) == -EINVAL );
    CHECK( xPortGetFreeHeapSize() == heap_before );
    CHECK( k_mem_slab_num_free_get( &slab ) == 8U ); /* the one that was made is as it was */
    CHECK( k_mem_slab_init( &slab, buffer, 8, 64 ) == 0 );
    CHECK( k_mem_slab_num_free_get( &slab ) == 64U );
}

/* In static memory, more blocks than a word has bits. */
static void prvStatic( void )
{
    void * blocks[ 70 ];

    for( uint32_t i = 0; i < 70U; i++ )
    {
        CHECK( k_mem_slab_alloc( &byte_slab, &blocks[ i ], K_NO_WAIT ) == 0 );
        CHECK( ( ( uintptr_t ) blocks[ i ] % 4U ) == 0U );
        memset( blocks[ i ], ( int ) i, 20 );
    }

    CHECK( ( K_MSEC( 1 ).ticks >= 1U ) && ( K_NO_WAIT.ticks == 0U ) && ( K_SECONDS( 2 ).ticks == ( 2U * configTICK_RATE_HZ ) ) );
    const TickType_t before = xTaskGetTickCount();
    void * none = &none;
    CHECK( k_mem_slab_alloc( &byte_slab, &none, K_NO_WAIT ) == -ENOMEM );
    CHECK( none == NULL );
    CHECK( k_mem_slab_alloc( &byte_slab, &none, K_MSEC( 20 ) ) == -EAGAIN );
    CHECK( ( xTaskGetTickCount() - before ) >= pdMS_TO_TICKS( 20 ) );

    for( uint32_t i = 0; i < 70U; i++ )
    {
        CHECK( *( uint8_t * ) blocks[ i ] == i );
        k_mem_slab_free( &byte_slab, blocks[ i ] );
    }

    CHECK( k_mem_slab_num_used_get( &byte_slab ) == 0U );
    CHECK( k_mem_slab_max_used_get( &byte_slab ) == 70U );
}

void vExample( void )
{
    const uint32_t tick_wanted = ( configUSE_TICK_HOOK == 1 ) ? 20U : 0U;
    uint32_t from_task = 0, from_tick = 0;

    prvStatic();
    prvOwnMemory();

    mailbox = xQueueCreate( MESSAGES, sizeof( struct message * ) );
    CHECK( mailbox != NULL );
    CHECK( xTaskCreate( prvWriter, "writer", 512U, NULL, 1U, NULL ) == pdPASS );
    #if ( configUSE_TICK_HOOK == 1 )
        pxExampleTick = prvTick;
    #endif

    while( ( from_task < FROM_TASK ) || ( from_tick < tick_wanted ) )
    {
        struct message * mail;

        CHECK( xQueueReceive( mailbox, &mail, portMAX_DELAY ) == pdPASS );

        if( mail->from == 1U )
        {
            CHECK( mail->number == from_task );
            CHECK( mail->payload[ 23 ] == ( uint8_t ) from_task );
            from_task++;
        }
        else
        {
            CHECK( mail->number == from_tick );
            from_tick++;
        }

        if( ( from_task % 100U ) == 99U )
        {
            vTaskDelay( 12U ); /* the reader is late: writers wait, the interrupt drops */
        }

        k_mem_slab_free( &message_slab, mail );
    }

    pxExampleTick = NULL;
    vTaskDelay( 2U );

    for( struct message * mail; xQueueReceive( mailbox, &mail, 0U ) == pdPASS; )
    {
        k_mem_slab_free( &message_slab, mail );
    }

    CHECK( k_mem_slab_num_used_get( &message_slab ) == 0U );
    CHECK( k_mem_slab_num_free_get( &message_slab ) == MESSAGES );
    CHECK( k_mem_slab_max_used_get( &message_slab ) == MESSAGES );
    CHECK( ( configUSE_TICK_HOOK == 0 ) || ( ticks_dropped > 0U ) );
    vPrint( "%u messages from the task, %u from the tick, %u dropped\n", ( unsigned ) from_task, ( unsigned ) from_tick,
            ( unsigned ) ticks_dropped );

    void * text = k_calloc( 10, 4 );
    CHECK( ( text != NULL ) && ( ( ( uint8_t * ) text )[ 39 ] == 0U ) );
    k_free( text );
}
