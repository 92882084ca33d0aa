/* SPDX-License-Identifier: MIT */
/* Apart from the adapter, so that the flash figure is the heap file's. */
__attribute__( ( noreturn ) ) void vBenchAssertFailed( void );
__attribute__( ( noreturn ) ) void vDie( const char * pcWhy );

void vBenchAssertFailed( void )
{
    vDie( "configASSERT failed inside the allocator" );
}
