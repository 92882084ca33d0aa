/* SPDX-License-Identifier: MIT */
/* Checks the ruler, then works through the jobs that the driver has placed in memory. */
#include "bench.h"

/* The PSRAM of the board; QEMU's generic loader puts the driver's file there. */
#define benchJOBS            ( ( const uint32_t * ) 0x21000000UL )

#define timerCONTROL         ( *( volatile uint32_t * ) 0x40000000UL )
#define timerVALUE           ( *( volatile uint32_t * ) 0x40000004UL )
#define timerRELOAD          ( *( volatile uint32_t * ) 0x40000008UL )

static uint32_t ulEmpty;

void vTimerStart( void )
{
    timerCONTROL = 0;
    timerRELOAD = 0xFFFFFFFFUL;
    timerVALUE = 0xFFFFFFFFUL;
    timerCONTROL = 1;
    ulEmpty = 0;
    ulEmpty = ulInstructions( ulTicksEmpty() );
}

/* One instruction is 1024 ns at -icount shift=10, one tick 40 ns: round to the nearest. */
uint32_t ulInstructions( uint32_t ulTicks )
{
    return ( ( ( ulTicks * 40U ) + 512U ) / 1024U ) - ulEmpty;
}

uint32_t ulMeasureMalloc( size_t xWantedSize,
                          void ** ppvResult )
{
    return ulInstructions( ulTicksMalloc( xWantedSize, ppvResult ) );
}

uint32_t ulMeasureFree( void * pv )
{
    return ulInstructions( ulTicksFree( pv ) );
}

/* Seven nops and a return, called: nine instructions, every time, or no figure below is worth anything. */
static void prvCalibrate( void )
{
    uint32_t ulRead = 0;

    for( uint32_t ulTry = 0; ulTry < 100U; ulTry++ )
    {
        ulRead = ulInstructions( ulTicksNops() );

        if( ulRead != 9U )
        {
            vField( "calibration read", ulRead );
            vWrite( " where 9 is right\n" );
            vDie( "the counter is off: run QEMU with -icount shift=10,align=off,sleep=off" );
        }
    }

    vWrite( "calibration" );
    vField( "nops", ulRead );
    vField( "empty", ulEmpty );
    vWrite( "\n" );
}

int main( void )
{
    const uint32_t * pulAt = benchJOBS;
    uint32_t ulJobs;

    if( *pulAt++ != benchJOB_MAGIC )
    {
        vDie( "no jobs at 0x21000000: start QEMU with -device loader,file=JOBS,addr=0x21000000" );
    }

    ulJobs = *pulAt++;

    /* Bit 31: only memory is measured, without -icount. */
    if( ( ulJobs & 0x80000000UL ) == 0U )
    {
        vTimerStart();
        prvCalibrate();
    }

    vWrite( "static" );
    vField( "bytes", ( uint32_t ) xAllocatorStaticBytes() );
    vWrite( "\n" );

    for( ulJobs &= 0x7FFFFFFFUL; ulJobs != 0U; ulJobs-- )
    {
        const Job_t * pxJob = ( const Job_t * ) ( const void * ) pulAt;
        const Event_t * pxEvents = ( const Event_t * ) ( const void * ) ( pxJob + 1 );

        switch( pxJob->ulKind )
        {
            case benchJOB_TIME:
                vJobTime( pxJob, pxEvents );
                break;

            case benchJOB_MEMORY:
                vJobMemory( pxJob, pxEvents );
                break;

            case benchJOB_SLOPE:
                vJobSlope( pxJob );
                break;

            default:
                vDie( "unknown kind of job: driver and firmware do not belong together" );
                break;
        }

        pulAt = ( const uint32_t * ) ( const void * ) ( pxEvents + pxJob->ulEvents );
    }

    vWrite( "done\n" );
    return 0;
}
