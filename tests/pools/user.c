/* SPDX-License-Identifier: MIT
 * A firmware that uses pools, to see that it differs from one that does not. */
#include "firmheap_pool.h"

poolDEFINE( xPool, 64, 10, 8 );
extern int main( void );

int main( void )
{
    return ( xPoolFree( &xPool, pvPoolAllocate( &xPool ) ) == pdPASS ) ? 0 : 1;
}
