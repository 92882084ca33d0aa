/* SPDX-License-Identifier: MIT
 *
 * The C library on the heap, on mps2-an385 and linked without _sbrk(): printf() of floats, strdup(), getline's kin, errno.
 */
#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "FreeRTOS.h"
#include "task.h"

#include "firmheap_faults.h"
#include "firmheap_memory.h"

extern void * aligned_alloc( size_t xAlignment, size_t xBytes );

/* The compiler would warn of sizes that cannot be. */
static volatile size_t xTooMuch = SIZE_MAX;

uint8_t __attribute__( ( aligned( 8 ) ) ) ucHeap[ configTOTAL_HEAP_SIZE ];
static int32_t lDepth;
static uint32_t ulHooks;

void vTaskSuspendAll( void )
{
    lDepth++;
}

BaseType_t xTaskResumeAll( void )
{
    lDepth--;

    return pdFALSE;
}

void vPortEnterCritical( void )
{
}

void vPortExitCritical( void )
{
}

void vMemoryAsserted( void )
{
    exit( 3 );
}

void vMemoryTraceMalloc( void * pv, size_t xBytes )
{
    ( void ) pv;
    ( void ) xBytes;
}

void vMemoryTraceFree( void * pv, size_t xBytes )
{
    ( void ) pv;
    ( void ) xBytes;
}

void vApplicationMallocFailedHook( void )
{
    ulHooks++;
}

void vApplicationHeapFaultHook( const HeapFault_t * pxFault )
{
    exit( ( int ) ( 100U + pxFault->ulKind ) );
}

#define CHECK( x )    do { if( !( x ) ) { ( void ) printf( "%s:%d: %s\n", __FILE__, __LINE__, #x ); exit( 1 ); } } while( 0 )

static void prvStrings( void )
{
    char acText[ 64 ];
    volatile double dThird = 1.0 / 3.0, dHuge = 1.0e200;
    char * pcCopy;

    CHECK( snprintf( acText, sizeof( acText ), "%.9f %.3e", dThird, dHuge ) > 0 );
    CHECK( strcmp( acText, "0.333333333 1.000e+200" ) == 0 );
    CHECK( strtod( "2.5e3", NULL ) == 2500.0 );
    pcCopy = strdup( acText );
    CHECK( ( pcCopy != NULL ) && ( strcmp( pcCopy, acText ) == 0 ) );
    CHECK( ( ( uint8_t * ) pcCopy > ucHeap ) && ( ( uint8_t * ) pcCopy < ucHeap + sizeof( ucHeap ) ) );
    CHECK( malloc_usable_size( pcCopy ) >= strlen( acText ) + 1U );
    free( pcCopy );
}

static void prvBlocks( void )
{
    uint8_t * puc = malloc( 0U );
    void * pv = NULL;

    CHECK( puc != NULL ); /* a size of zero is a block */
    puc = realloc( puc, 100U );
    ( void ) memset( puc, 7, 100U );
    puc = realloc( puc, 3000U );
    CHECK( ( puc != NULL ) && ( puc[ 99 ] == 7U ) );
    errno = 0;
    CHECK( ( realloc( puc, xTooMuch / 2U ) == NULL ) && ( errno == ENOMEM ) && ( puc[ 99 ] == 7U ) );
    CHECK( ulHooks == 1U );
    errno = 0;
    CHECK( ( malloc( xTooMuch ) == NULL ) && ( errno == ENOMEM ) );
    errno = 0;
    CHECK( ( calloc( xTooMuch / 2U, 3U ) == NULL ) && ( errno == ENOMEM ) );
    CHECK( realloc( puc, 0U ) == NULL );
    puc = calloc( 25U, 4U );
    CHECK( ( puc != NULL ) && ( puc[ 0 ] == 0U ) && ( puc[ 99 ] == 0U ) );
    vPortFree( puc ); /* one heap: whoever frees */
    puc = pvPortMalloc( 20U );
    free( puc );
    puc = memalign( 256U, 10U );
    CHECK( ( puc != NULL ) && ( ( ( uintptr_t ) puc % 256U ) == 0U ) );
    free( puc );
    puc = aligned_alloc( 64U, 64U );
    CHECK( ( puc != NULL ) && ( ( ( uintptr_t ) puc % 64U ) == 0U ) );
    free( puc );
    errno = 0;
    CHECK( ( memalign( 24U, 10U ) == NULL ) && ( errno == EINVAL ) );
    free( pv );
}

int main( int argc, char ** argv )
{
    size_t xFree;

    ( void ) argc;
    ( void ) argv;
    ( void ) printf( "a float by printf: %f\n", 3.25 );
    prvStrings(); /* the library keeps some memory of its own from the first time on */
    xFree = xPortGetFreeHeapSize();
    CHECK( xFree < configTOTAL_HEAP_SIZE - 100U );

    for( uint32_t ul = 0; ul < 20U; ul++ )
    {
        ulHooks = 0;
        prvStrings();
        prvBlocks();
    }

    CHECK( xPortGetFreeHeapSize() == xFree );
    CHECK( ( xPortHeapCheck() == pdPASS ) && ( lDepth == 0 ) );
    ( void ) printf( "passed\n" );

    return 0;
}
