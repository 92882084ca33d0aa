/* SPDX-License-Identifier: MIT
 *
 * What a misuse program is made of. One file, one misuse: it names the fault that must be raised first at each
 * integrity level, and does the deed.
 */
#ifndef MISUSE_H
#define MISUSE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "FreeRTOS.h"

#include "firmheap_faults.h"

/* Beside the numbers of firmheap.h. */
#define misuseMISSED     0U  /* no fault is raised: what comes of it is not said, it may crash */
#define misuseCHANCE     98U /* either that, or that a free block is damaged: as it happens */
#define misuseREFUSED    99U /* no fault: NULL, as it must be */

#define misuseFOREIGN    ( ( uint32_t ) FIRMHEAP_FAULT_FOREIGN_POINTER )
#define misuseDOUBLE     ( ( uint32_t ) FIRMHEAP_FAULT_DOUBLE_FREE )
#define misuseRIGHT      ( ( uint32_t ) FIRMHEAP_FAULT_RIGHT_DISAGREES )
#define misuseLEFT       ( ( uint32_t ) FIRMHEAP_FAULT_LEFT_DISAGREES )
#define misuseFREE       ( ( uint32_t ) FIRMHEAP_FAULT_FREE_BLOCK_DAMAGED )
#define misuseTRAILER    ( ( uint32_t ) FIRMHEAP_FAULT_TRAILER_DAMAGED )
#define misuseWRITTEN    ( ( uint32_t ) FIRMHEAP_FAULT_WRITTEN_AFTER_FREE )

/* The misuse did not write to memory that is not the caller's: after the fault the heap must be sound. */
#define misuseHARMLESS    1U
/* It did. */
#define misuseHARMFUL     0U

/* Bit 0 of a code address says which instruction set it is. */
#if defined( __thumb__ )
    #define misuseTHUMB    1U
#else
    #define misuseTHUMB    0U
#endif

/* As in the port file, of what runs here. */
#if defined( __arm__ )
    #define misuseCALLER_IS_KNOWN    1
#else
    #define misuseCALLER_IS_KNOWN    0
#endif

typedef struct MisuseCase
{
    const char * pcName;
    const char * pcWhat;
    uint32_t ulHarmless;
    uint32_t ulExpected[ 5 ]; /* at integrity level 0 to 4 */
    void ( * pxRun )( void );
} MisuseCase_t;

/* The code of the cases stands together, so that the caller in a fault can be judged. */
#define misuseCASE( name, what, harm, l0, l1, l2, l3, l4 )                                          \
    static void prvRun( void ) __attribute__( ( section( "misuse_code" ), noinline ) );              \
    extern const MisuseCase_t xCase_ ## name;                                                        \
    const MisuseCase_t xCase_ ## name = { # name, ( what ), ( harm ), { l0, l1, l2, l3, l4 }, prvRun }; \
    static void prvRun( void )

/* A block that is there: no case can go on without it. */
extern void * pvTake( size_t xBytes );
/* Writes through a pointer in a way that no compiler can object to or leave out. */
extern void vWrite( void * pv, ptrdiff_t xOffset, uint8_t ucValue, size_t xBytes );
/* Flips one bit. */
extern void vFlip( void * pv, ptrdiff_t xOffset, unsigned uxBit );
/* Uses the heap as firmware goes on doing: takes all of it in blocks of this size, and gives it back. */
extern void vGoOn( size_t xBytes );
/* The same pointer, of which the compiler does not know where it comes from. */
extern void * pvAlias( void * pv );
/* The request was refused with NULL, and that is all there is to see. */
extern void vRefused( void );

#endif /* MISUSE_H */
