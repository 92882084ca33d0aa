/* SPDX-License-Identifier: MIT
 * The headers for interrupts under strict warnings, rings at both ends of their size; and what must not compile (ringBAD). */
#include "FreeRTOS.h"
#include "firmheap_isr.h"
#include "firmheap_ring.h"

extern Ring_t xSmallest, xLargest;
extern int lUse( void );

ringDEFINE( xSmallest, 16 );
ringDEFINE( xLargest, 524280 );
ringDEFINE_STATIC( xOwn, ringMESSAGE_MAX( 100 ) );

#if ( ringBAD == 1 )
    ringDEFINE( xBad, 8 );
#elif ( ringBAD == 2 )
    ringDEFINE( xBad, 524288 );
#elif ( ringBAD == 3 )
    ringDEFINE( xBad, 0 );
#endif

int lUse( void )
{
    RingStats_t xStats;
    size_t xBytes;
    void * pv = pvRingReserve( &xOwn, 10U );
    int32_t lResult = xRingCommit( &xOwn, pv, 4U );

    pv = pvRingPeek( &xOwn, &xBytes );
    lResult += ( pvRingNext( &xOwn, pv, NULL ) == NULL ) ? xRingRelease( &xOwn, pv ) : xRingDiscard( &xOwn );
    vRingGetStats( &xOwn, &xStats );
    vPortFreeFromISR( pv );

    return ( int ) ( lResult + xRingCheck( &xOwn ) + xRingInitialise( &xOwn, pv, xBytes + xPortFreePending() + xPortGetPendingFrees() ) );
}
