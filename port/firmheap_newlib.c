/* SPDX-License-Identifier: MIT
 *
 * The C library's malloc() and its kin on firmheap, for newlib and newlib-nano: one heap for the application, the kernel, the
 * C library and C++. Compile it beside firmheap_port.c (FIRMHEAP_SCHEME=firm, an archive with the extensions), and the linker
 * takes nothing of the library's own allocator: no _sbrk() is needed, printf() of a float, strdup(), operator new and
 * static constructors work, and configTOTAL_HEAP_SIZE is all the memory there is.
 *
 * All names that code can ask for are here, the plain ones and those with newlib's reentrancy structure: what was left out
 * would bring the library's allocator with it, and then two allocators would free each other's blocks.
 *
 * As the C library has it, and the kernel has not: a size of zero is a block of its own, no memory is errno ENOMEM, an
 * alignment that is none is EINVAL and no fault. A pointer that is no block stays a fault (configASSERT). The failed hook
 * runs for the C library's requests, too. Context: tasks, and before the scheduler is started.
 *
 * newlib's own lock of its allocator is not used: each call is the kernel's suspension, as in pvPortMalloc().
 */

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <malloc.h>
#include <reent.h>

#include "FreeRTOS.h"

#include "firmheap_memory.h"

#if defined( FIRMHEAP_SCHEME )
    #define newlibJOIN( a, b )       a ## b
    #define newlibEXPAND( a, b )     newlibJOIN( a, b )
    #define newlibSCHEME_firm        1
    #if ( newlibEXPAND( newlibSCHEME_, FIRMHEAP_SCHEME ) != 1 )
        #error firmheap_newlib.c needs FIRMHEAP_SCHEME=firm: the other schemes cannot resize, and heap_3 calls malloc() itself
    #endif
#endif

/* newlib declares these in part only, and not in every form. */
void * _malloc_r( struct _reent * pxReent,
                  size_t xBytes );
void _free_r( struct _reent * pxReent,
              void * pv );
void * _calloc_r( struct _reent * pxReent,
                  size_t xNum,
                  size_t xSize );
void * _realloc_r( struct _reent * pxReent,
                   void * pv,
                   size_t xBytes );
void * _memalign_r( struct _reent * pxReent,
                    size_t xAlignment,
                    size_t xBytes );
size_t _malloc_usable_size_r( struct _reent * pxReent,
                              void * pv );
void * aligned_alloc( size_t xAlignment,
                      size_t xBytes );
int posix_memalign( void ** ppv,
                    size_t xAlignment,
                    size_t xBytes );
void * reallocarray( void * pv,
                     size_t xNum,
                     size_t xSize );
void * reallocf( void * pv,
                 size_t xBytes );
void cfree( void * pv );

/* A block of zero bytes is one that can be freed. */
#define newlibLEAST( xBytes )    ( ( ( xBytes ) == 0U ) ? ( size_t ) 1U : ( xBytes ) )

/* NULL: the errno that the caller is to find. */
static void * prvServed( struct _reent * pxReent,
                         void * pv )
{
    if( pv == NULL )
    {
        pxReent->_errno = ENOMEM;
    }

    return pv;
}
/*-----------------------------------------------------------*/

void * _malloc_r( struct _reent * pxReent,
                  size_t xBytes )
{
    return prvServed( pxReent, pvPortMalloc( newlibLEAST( xBytes ) ) );
}
/*-----------------------------------------------------------*/

void _free_r( struct _reent * pxReent,
              void * pv )
{
    ( void ) pxReent;
    vPortFree( pv );
}
/*-----------------------------------------------------------*/

void * _calloc_r( struct _reent * pxReent,
                  size_t xNum,
                  size_t xSize )
{
    const size_t xOne = ( ( xNum == 0U ) || ( xSize == 0U ) ) ? 1U : 0U;

    return prvServed( pxReent, ( xOne != 0U ) ? pvPortCalloc( 1U, 1U ) : pvPortCalloc( xNum, xSize ) );
}
/*-----------------------------------------------------------*/

/* A size of zero frees, as in newlib. */
void * _realloc_r( struct _reent * pxReent,
                   void * pv,
                   size_t xBytes )
{
    if( ( pv != NULL ) && ( xBytes == 0U ) )
    {
        vPortFree( pv );

        return NULL;
    }

    return prvServed( pxReent, pvPortRealloc( pv, newlibLEAST( xBytes ) ) );
}
/*-----------------------------------------------------------*/

void * _memalign_r( struct _reent * pxReent,
                    size_t xAlignment,
                    size_t xBytes )
{
    if( ( xAlignment == 0U ) || ( ( xAlignment & ( xAlignment - 1U ) ) != 0U ) )
    {
        pxReent->_errno = EINVAL;

        return NULL;
    }

    return prvServed( pxReent, pvPortAlignedAlloc( xAlignment, newlibLEAST( xBytes ) ) );
}
/*-----------------------------------------------------------*/

size_t _malloc_usable_size_r( struct _reent * pxReent,
                              void * pv )
{
    ( void ) pxReent;

    return xPortGetAllocationSize( pv );
}
/*-----------------------------------------------------------*/

void * malloc( size_t xBytes )
{
    return _malloc_r( _REENT, xBytes );
}
/*-----------------------------------------------------------*/

void free( void * pv )
{
    vPortFree( pv );
}
/*-----------------------------------------------------------*/

void cfree( void * pv )
{
    vPortFree( pv );
}
/*-----------------------------------------------------------*/

void * calloc( size_t xNum,
               size_t xSize )
{
    return _calloc_r( _REENT, xNum, xSize );
}
/*-----------------------------------------------------------*/

void * realloc( void * pv,
                size_t xBytes )
{
    return _realloc_r( _REENT, pv, xBytes );
}
/*-----------------------------------------------------------*/

/* The product is checked, as in the C library's. */
void * reallocarray( void * pv,
                     size_t xNum,
                     size_t xSize )
{
    if( ( xSize != 0U ) && ( xNum > ( SIZE_MAX / xSize ) ) )
    {
        _REENT->_errno = ENOMEM;

        return NULL;
    }

    return _realloc_r( _REENT, pv, xNum * xSize );
}
/*-----------------------------------------------------------*/

/* Frees the old block if there is no memory for a new one. */
void * reallocf( void * pv,
                 size_t xBytes )
{
    void * pvNew = _realloc_r( _REENT, pv, xBytes );

    if( ( pvNew == NULL ) && ( xBytes != 0U ) )
    {
        vPortFree( pv );
    }

    return pvNew;
}
/*-----------------------------------------------------------*/

void * memalign( size_t xAlignment,
                 size_t xBytes )
{
    return _memalign_r( _REENT, xAlignment, xBytes );
}
/*-----------------------------------------------------------*/

void * aligned_alloc( size_t xAlignment,
                      size_t xBytes )
{
    return _memalign_r( _REENT, xAlignment, xBytes );
}
/*-----------------------------------------------------------*/

int posix_memalign( void ** ppv,
                    size_t xAlignment,
                    size_t xBytes )
{
    void * pv;

    if( ( xAlignment < sizeof( void * ) ) || ( ( xAlignment & ( xAlignment - 1U ) ) != 0U ) )
    {
        return EINVAL;
    }

    pv = pvPortAlignedAlloc( xAlignment, newlibLEAST( xBytes ) );

    if( pv == NULL )
    {
        return ENOMEM;
    }

    *ppv = pv;

    return 0;
}
/*-----------------------------------------------------------*/

size_t malloc_usable_size( void * pv )
{
    return xPortGetAllocationSize( pv );
}
