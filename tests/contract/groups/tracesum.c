/* SPDX-License-Identifier: MIT */

/* tracesum.c: contract 8.11.  Over a program that frees all it took, the sizes told
 * to traceMALLOC and to traceFREE add up to the same, as V11.2.0 has it. */

#include "contract.h"

const char * const pcContractGroup = "tracesum";
const uint32_t ulContractSeconds = 20;

#define tracesumSLOTS    64U

static struct
{
    void * pv;
    size_t uxTold;
} xSlots[ tracesumSLOTS ];

static void prvProgram( uint32_t ulSeed, uint32_t ulLargest )
{
    uint32_t ulWrong = 0, ulServed = 0;

    vRandomSeed( ulSeed );

    for( uint32_t ulStep = 0; ulStep < 20000U + tracesumSLOTS; ulStep++ )
    {
        uint32_t ul = ( ulStep < 20000U ) ? ulRandom() % tracesumSLOTS : ulStep - 20000U;

        if( xSlots[ ul ].pv != NULL )
        {
            vPortFree( xSlots[ ul ].pv );
            ulWrong += ( xLastFree.uxBytes != xSlots[ ul ].uxTold ) ? 1U : 0U;
            xSlots[ ul ].pv = NULL;
        }
        else if( ulStep < 20000U )
        {
            xSlots[ ul ].pv = pvPortMalloc( ulRandom() % ulLargest );
            xSlots[ ul ].uxTold = xLastMalloc.uxBytes;
            ulServed += ( xSlots[ ul ].pv != NULL ) ? 1U : 0U;
            ulWrong += ( ( xSlots[ ul ].pv == NULL ) != ( xLastMalloc.uxBytes == 0U ) ) ? 1U : 0U;
        }
    }

    CHECK_EQ( ulWrong, 0 );
    CHECK_GE( ulServed, 1000 );
}

static void prvSums( uint32_t ulSeed, uint32_t ulLargest )
{
    HeapStats_t xBefore, xAfter;

    vHeapReadyAndUsed();
    vPortGetHeapStats( &xBefore );
    uxMallocTraceSum = 0;
    uxFreeTraceSum = 0;
    prvProgram( ulSeed, ulLargest );
    vPortGetHeapStats( &xAfter );
    CHECK_GE( uxMallocTraceSum, 10000 );
    CHECK_EQ( uxMallocTraceSum, uxFreeTraceSum );
    CHECK_EQ( xAfter.xNumberOfSuccessfulAllocations - xAfter.xNumberOfSuccessfulFrees,
              xBefore.xNumberOfSuccessfulAllocations - xBefore.xNumberOfSuccessfulFrees );
    CHECK_EQ( xAfter.xAvailableHeapSpaceInBytes, xBefore.xAvailableHeapSpaceInBytes );
    CHECK_EQ( xAfter.xSizeOfLargestFreeBlockInBytes, xBefore.xSizeOfLargestFreeBlockInBytes );
    CHECK_EQ( xAfter.xNumberOfFreeBlocks, 1 );
    vWorkload( ulSeed );
}

static void prvSmall( void )
{
    prvSums( 70, 40 );
}

static void prvMixed( void )
{
    prvSums( 71, 300 );
}

static void prvLarge( void )
{
    prvSums( 72, CONTRACT_HEAP_BYTES / 2U );
}

const ContractCase_t xContractCases[] =
{
    { "small", prvSmall, RETURNS, RETURNS, "5, V11.2.0" },
    { "mixed", prvMixed, contractFALSE_ALARM_STOPS ? DIES : RETURNS, RETURNS, "5, V11.2.0" },
    { "large", prvLarge, contractFALSE_ALARM_STOPS ? DIES : RETURNS, RETURNS, "5, V11.2.0" },
    { NULL, NULL, 0, 0, NULL }
};
