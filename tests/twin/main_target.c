/* SPDX-License-Identifier: MIT */
/* On the Cortex-M3: the job was loaded to a fixed address; the C library's heap lies behind the job. */
#include "twin.h"

extern void vSummary( void );

#define twinJOB        ( ( const Job_t * ) 0x21000000UL )
#define twinLIBRARY    0x21800000UL
#define twinLIMIT      0x21900000UL

void * _sbrk( intptr_t xBytes );
void * sbrk( intptr_t xBytes );

void * sbrk( intptr_t xBytes )
{
    static uintptr_t uxEnd = twinLIBRARY;
    const uintptr_t uxOld = uxEnd;

    if( ( xBytes > 0 ) && ( ( uintptr_t ) xBytes > twinLIMIT - uxEnd ) )
    {
        return ( void * ) -1;
    }

    uxEnd += ( uintptr_t ) xBytes;
    return ( void * ) uxOld;
}

void * _sbrk( intptr_t xBytes )
{
    return sbrk( xBytes );
}

int main( void )
{
    if( twinJOB->ulMagic != twinMAGIC )
    {
        vWrite( "error: no job was loaded\n" );
        return 2;
    }

    ulStride = twinJOB->ulStride;
    vRunTrace( ( const uint32_t * ) ( twinJOB + 1 ), twinJOB->ulEvents );
    vRunRandom( twinJOB->ulSeed, twinJOB->ulOperations );
    vSummary();
    return 0;
}
