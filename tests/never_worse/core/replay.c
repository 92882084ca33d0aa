/* SPDX-License-Identifier: MIT */

/* replay.c: a program on a heap of a given size. Does the heap serve it, and is every byte kept? */

#include "never_worse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define replayMARGIN    64U

size_t uxTrialBytes;
size_t uxHandicap;
uint8_t ucArena[ nwARRAY_AT + nwARENA_BYTES + replayMARGIN ] __attribute__( ( aligned( 64 ) ) );

static void ** ppvSlots;
static uint32_t * pulBytes;
static uint32_t ulSlotsHeld;

/*----------------------------------------------------------- what the heaps call */

void vTaskSuspendAll( void );
long xTaskResumeAll( void );
void vPortEnterCritical( void );
void vPortExitCritical( void );
void vNeverWorseAssert( const char * pcFile, int iLine );

void vTaskSuspendAll( void )
{
}

long xTaskResumeAll( void )
{
    return 0;
}

void vPortEnterCritical( void )
{
}

void vPortExitCritical( void )
{
}

void vNeverWorseAssert( const char * pcFile, int iLine )
{
    ( void ) fprintf( stderr, "configASSERT failed: %s:%d, heap of %zu bytes\n", pcFile, iLine, uxTrialBytes );
    exit( 3 );
}

/*----------------------------------------------------------- one trial */

void vTrial( const Heap_t * pxHeap, size_t uxBytes )
{
    uxTrialBytes = uxBytes;
    pxHeap->vReset();
}

void * pvRequest( const Heap_t * pxHeap, size_t uxBytes )
{
    return pxHeap->pvMalloc( ( pxHeap == &xKernel ) ? uxBytes : ( uxBytes + uxHandicap ) );
}

static void prvSlotsFor( const Program_t * pxProgram )
{
    if( pxProgram->ulSlots > ulSlotsHeld )
    {
        ulSlotsHeld = pxProgram->ulSlots;
        ppvSlots = realloc( ppvSlots, ulSlotsHeld * sizeof( void * ) );
        pulBytes = realloc( pulBytes, ulSlotsHeld * sizeof( uint32_t ) );
    }

    if( ( ppvSlots == NULL ) || ( pulBytes == NULL ) )
    {
        ( void ) fprintf( stderr, "out of memory\n" );
        exit( 3 );
    }
}

/* True if not one request is refused. Frees only what lives, so that the caller may repeat it at any size. */
int iServes( const Heap_t * pxHeap, const Program_t * pxProgram, size_t uxBytes )
{
    const Op_t * pxOp = pxProgram->pxOps;
    const Op_t * const pxEnd = pxOp + pxProgram->ulOps;

    prvSlotsFor( pxProgram );
    vTrial( pxHeap, uxBytes );

    for( ; pxOp < pxEnd; pxOp++ )
    {
        void ** const ppvSlot = &ppvSlots[ pxOp->ulSlot & ~nwRESIZE ];
        void * pv;

        if( pxOp->ulBytes == 0U )
        {
            pxHeap->vFree( *ppvSlot );
            continue;
        }

        pv = pvRequest( pxHeap, pxOp->ulBytes );

        if( pv == NULL )
        {
            return 0;
        }

        if( ( pxOp->ulSlot & nwRESIZE ) != 0U )
        {
            pxHeap->vFree( *ppvSlot );
        }

        *ppvSlot = pv;
    }

    return 1;
}

/*----------------------------------------------------------- the same, with every byte watched */

static void prvDamaged( const Heap_t * pxHeap, const char * pcWhat, uint32_t ulOp )
{
    ( void ) fprintf( stderr, "%s with a heap of %zu bytes: %s at operation %u\n", pxHeap->pcName, uxTrialBytes, pcWhat, ulOp );
    exit( 3 );
}

static void prvVerify( const Heap_t * pxHeap, uint32_t ulSlot, uint32_t ulOp )
{
    const uint8_t * const puc = ppvSlots[ ulSlot ];

    for( uint32_t ul = 0; ul < pulBytes[ ulSlot ]; ul++ )
    {
        if( puc[ ul ] != ( uint8_t ) ( ulSlot + 1U ) )
        {
            prvDamaged( pxHeap, "a block lost its content", ulOp );
        }
    }
}

static void prvTake( const Heap_t * pxHeap, uint32_t ulSlot, void * pv, uint32_t ulBytes, uint32_t ulOp )
{
    const uintptr_t uxFirst = ( uintptr_t ) pv, uxArray = ( uintptr_t ) &ucArena[ nwARRAY_AT ];

    if( ( uxFirst < uxArray ) || ( uxFirst + ulBytes > uxArray + uxTrialBytes ) )
    {
        prvDamaged( pxHeap, "a block lies outside the array", ulOp );
    }

    if( uxFirst % 8U != 0U )
    {
        prvDamaged( pxHeap, "a block is misaligned", ulOp );
    }

    ppvSlots[ ulSlot ] = pv;
    pulBytes[ ulSlot ] = ulBytes;
    memset( pv, ( int ) ( ulSlot + 1U ), ulBytes );
}

/* As iServes(); a block that overlaps another, leaves the array or loses a byte ends the program. */
int iServesIntact( const Heap_t * pxHeap, const Program_t * pxProgram, size_t uxBytes )
{
    prvSlotsFor( pxProgram );
    vTrial( pxHeap, uxBytes );
    memset( &ucArena[ nwARRAY_AT - replayMARGIN ], 0xA5, replayMARGIN );
    memset( &ucArena[ nwARRAY_AT + uxBytes ], 0xA5, replayMARGIN );

    for( uint32_t ul = 0; ul < pxProgram->ulOps; ul++ )
    {
        const Op_t xOp = pxProgram->pxOps[ ul ];
        const uint32_t ulSlot = xOp.ulSlot & ~nwRESIZE;
        void * pv = NULL;

        if( xOp.ulBytes != 0U )
        {
            pv = pvRequest( pxHeap, xOp.ulBytes );

            if( pv == NULL )
            {
                return 0;
            }
        }

        if( ( xOp.ulBytes == 0U ) || ( ( xOp.ulSlot & nwRESIZE ) != 0U ) )
        {
            prvVerify( pxHeap, ulSlot, ul );
            pxHeap->vFree( ppvSlots[ ulSlot ] );
        }

        if( pv != NULL )
        {
            prvTake( pxHeap, ulSlot, pv, xOp.ulBytes, ul );
        }
    }

    for( size_t ux = 0; ux < replayMARGIN; ux++ )
    {
        if( ( ucArena[ nwARRAY_AT - 1U - ux ] != 0xA5U ) || ( ucArena[ nwARRAY_AT + uxBytes + ux ] != 0xA5U ) )
        {
            prvDamaged( pxHeap, "a byte beside the array was written", pxProgram->ulOps );
        }
    }

    return 1;
}

/*----------------------------------------------------------- where a search may begin */

/* How many bytes of the array a program reaches with all the room there is. */
size_t uxHighest( const Heap_t * pxHeap, const Program_t * pxProgram )
{
    uintptr_t uxEnd = 0;

    prvSlotsFor( pxProgram );
    vTrial( pxHeap, nwARENA_BYTES );

    for( uint32_t ul = 0; ul < pxProgram->ulOps; ul++ )
    {
        const Op_t xOp = pxProgram->pxOps[ ul ];
        const uint32_t ulSlot = xOp.ulSlot & ~nwRESIZE;
        void * const pv = ( xOp.ulBytes != 0U ) ? pvRequest( pxHeap, xOp.ulBytes ) : NULL;

        if( ( xOp.ulBytes == 0U ) || ( ( xOp.ulSlot & nwRESIZE ) != 0U ) )
        {
            pxHeap->vFree( ppvSlots[ ulSlot ] );
        }

        ppvSlots[ ulSlot ] = pv;

        if( ( uintptr_t ) pv + xOp.ulBytes > uxEnd )
        {
            uxEnd = ( uintptr_t ) pv + xOp.ulBytes;
        }
    }

    return uxEnd - ( uintptr_t ) &ucArena[ nwARRAY_AT ];
}

/* The fewest bytes a request takes from this form of the heap, as its own counter tells; seen in a heap with
 * much more room, so that nothing is added because a rest is too small to be split off. */
static size_t prvBlockBytes( const Heap_t * pxHeap, uint32_t ulBytes )
{
    enum { ulKnown = 16384 };
    static uint32_t ulMemo[ 4 ][ ulKnown ];
    size_t uxBefore, uxTaken;
    void * pv;

    if( ( ulBytes < ulKnown ) && ( ulMemo[ pxHeap->ulForm ][ ulBytes ] != 0U ) )
    {
        return ulMemo[ pxHeap->ulForm ][ ulBytes ];
    }

    vTrial( pxHeap, pxHeap->uxMost );
    pxHeap->vFree( pxHeap->pvMalloc( 1 ) );   /* Sets the heap up. */
    uxBefore = pxHeap->xFreeBytes();
    pv = pvRequest( pxHeap, ulBytes );
    uxTaken = ( ( pv == NULL ) || ( ulBytes > pxHeap->uxMost / 2U ) ) ? ulBytes : ( uxBefore - pxHeap->xFreeBytes() );

    if( ulBytes < ulKnown )
    {
        ulMemo[ pxHeap->ulForm ][ ulBytes ] = uxTaken;
    }

    return uxTaken;
}

/* The most that live blocks take at once: no smaller array can serve, wherever they are placed. */
size_t uxNeeded( const Heap_t * pxHeap, const Program_t * pxProgram )
{
    size_t uxNow = 0, uxMost = 0;

    prvSlotsFor( pxProgram );

    for( uint32_t ul = 0; ul < pxProgram->ulOps; ul++ )
    {
        const Op_t xOp = pxProgram->pxOps[ ul ];
        const uint32_t ulSlot = xOp.ulSlot & ~nwRESIZE;
        const size_t uxBlock = ( xOp.ulBytes != 0U ) ? prvBlockBytes( pxHeap, xOp.ulBytes ) : 0U;

        uxNow += uxBlock;
        uxMost = ( uxNow > uxMost ) ? uxNow : uxMost;

        if( ( xOp.ulBytes == 0U ) || ( ( xOp.ulSlot & nwRESIZE ) != 0U ) )
        {
            uxNow -= pulBytes[ ulSlot ];
        }

        pulBytes[ ulSlot ] = uxBlock;
    }

    return uxMost;
}
