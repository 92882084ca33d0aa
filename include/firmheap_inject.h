/* SPDX-License-Identifier: MIT
 *
 * Failures on demand: a part of firmheap_port.c, which includes it if FIRMHEAP_INJECT_FAILURES is 1, and nobody
 * else. Applications include firmheap_faults.h.
 */

#ifndef FIRMHEAP_INJECT_H
#define FIRMHEAP_INJECT_H

/* The archive's own functions, which have these names in place of the kernel's. */
void * pvFirmheapMalloc( size_t xWantedSize );
void * pvFirmheapCalloc( size_t xNum,
                         size_t xSize );
#if ( FIRMHEAP_EXTENSIONS == 1 )
    void * pvFirmheapRealloc( void * pv,
                              size_t xWantedSize );
    void * pvFirmheapReallocArray( void * pv,
                                   size_t xNum,
                                   size_t xSize );
    void * pvFirmheapAlignedAlloc( size_t xAlignment,
                                   size_t xWantedSize );
#endif

#if defined( __GNUC__ ) || defined( __clang__ )
    #define firmheapREQUESTER()    __builtin_return_address( 0 )
#else
    #define firmheapREQUESTER()    NULL
#endif

/* The archive leaves the two names to this file, which asks before it passes a request on. */
static FirmheapInjection_t xInjection;

static BaseType_t prvMustFail( size_t xWantedSize,
                               void * pvCaller )
{
    BaseType_t xFails = pdFALSE;

    firmheapLOCK();
    {
        const BaseType_t xCounts =
            ( ( xInjection.xBytesMin <= xWantedSize ) &&
              ( ( xInjection.pvCaller == NULL ) || ( xInjection.pvCaller == pvCaller ) )
              #if ( INCLUDE_xTaskGetCurrentTaskHandle == 1 )
                  && ( ( xInjection.pvTask == NULL ) || ( xInjection.pvTask == ( void * ) xTaskGetCurrentTaskHandle() ) )
              #endif
            ) ? pdTRUE : pdFALSE;

        if( xCounts != pdFALSE )
        {
            xInjection.ulSeen++;

            if( ( xInjection.ulFirst != 0U ) &&
                ( ( xInjection.ulSeen == xInjection.ulFirst ) ||
                  ( ( xInjection.ulSeen > xInjection.ulFirst ) && ( xInjection.ulAndLater != 0U ) ) ) )
            {
                xFails = pdTRUE;
            }

            if( ( xInjection.pxAsk != NULL ) && ( xInjection.pxAsk( pvCaller, xWantedSize ) != 0U ) )
            {
                xFails = pdTRUE;
            }

            if( xFails != pdFALSE )
            {
                xInjection.ulFailed++;
            }
        }
    }
    firmheapUNLOCK();

    return xFails;
}
/*-----------------------------------------------------------*/

void * pvPortMalloc( size_t xWantedSize )
{
    if( prvMustFail( xWantedSize, firmheapREQUESTER() ) != pdFALSE )
    {
        firmheapLOCK();

        return pvFirmheapRefused( NULL, 0U );
    }

    return pvFirmheapMalloc( xWantedSize );
}
/*-----------------------------------------------------------*/

void * pvPortCalloc( size_t xNum,
                     size_t xSize )
{
    /* A product that overflows is refused by the archive, without trace and hook. */
    const size_t xBytes = ( ( xSize == 0U ) || ( xNum <= ( SIZE_MAX / xSize ) ) ) ? ( xNum * xSize ) : 0U;

    if( ( xBytes != 0U ) && ( prvMustFail( xBytes, firmheapREQUESTER() ) != pdFALSE ) )
    {
        firmheapLOCK();

        return pvFirmheapRefused( NULL, 0U );
    }

    return pvFirmheapCalloc( xNum, xSize );
}
/*-----------------------------------------------------------*/

#if ( FIRMHEAP_EXTENSIONS == 1 )

/* A request of zero bytes is a free. */
    void * pvPortRealloc( void * pv,
                          size_t xWantedSize )
    {
        if( ( xWantedSize != 0U ) && ( prvMustFail( xWantedSize, firmheapREQUESTER() ) != pdFALSE ) )
        {
            firmheapLOCK();

            return pvFirmheapRefused( NULL, 0U );
        }

        return pvFirmheapRealloc( pv, xWantedSize );
    }
/*-----------------------------------------------------------*/

    void * pvPortReallocArray( void * pv,
                               size_t xNum,
                               size_t xSize )
    {
        const size_t xBytes = ( ( xSize == 0U ) || ( xNum <= ( SIZE_MAX / xSize ) ) ) ? ( xNum * xSize ) : 0U;

        if( ( xBytes != 0U ) && ( prvMustFail( xBytes, firmheapREQUESTER() ) != pdFALSE ) )
        {
            firmheapLOCK();

            return pvFirmheapRefused( NULL, 0U );
        }

        return pvFirmheapReallocArray( pv, xNum, xSize );
    }
/*-----------------------------------------------------------*/

    void * pvPortAlignedAlloc( size_t xAlignment,
                               size_t xWantedSize )
    {
        if( prvMustFail( xWantedSize, firmheapREQUESTER() ) != pdFALSE )
        {
            firmheapLOCK();

            return pvFirmheapRefused( NULL, 0U );
        }

        return pvFirmheapAlignedAlloc( xAlignment, xWantedSize );
    }
/*-----------------------------------------------------------*/
#endif /* FIRMHEAP_EXTENSIONS */

void vPortInjectFailures( const FirmheapInjection_t * pxInjection )
{
    static const FirmheapInjection_t xNone = { 0 };

    firmheapLOCK();
    xInjection = ( pxInjection != NULL ) ? *pxInjection : xNone;
    xInjection.ulSeen = 0U;
    xInjection.ulFailed = 0U;
    firmheapUNLOCK();
}
/*-----------------------------------------------------------*/

void vPortFailAllocation( uint32_t ulNth )
{
    FirmheapInjection_t xWanted = { 0 };

    xWanted.ulFirst = ulNth;
    vPortInjectFailures( &xWanted );
}
/*-----------------------------------------------------------*/

void vPortFailAllocationsFrom( uint32_t ulNth )
{
    FirmheapInjection_t xWanted = { 0 };

    xWanted.ulFirst = ulNth;
    xWanted.ulAndLater = 1U;
    vPortInjectFailures( &xWanted );
}
/*-----------------------------------------------------------*/

void vPortFailAllocationsOfTask( void * pvTask )
{
    FirmheapInjection_t xWanted = { 0 };

    xWanted.ulFirst = 1U;
    xWanted.ulAndLater = 1U;
    xWanted.pvTask = pvTask;
    vPortInjectFailures( &xWanted );
}
/*-----------------------------------------------------------*/

void vPortFailAllocationsOfSize( size_t xBytesMin )
{
    FirmheapInjection_t xWanted = { 0 };

    xWanted.ulFirst = 1U;
    xWanted.ulAndLater = 1U;
    xWanted.xBytesMin = xBytesMin;
    vPortInjectFailures( &xWanted );
}
/*-----------------------------------------------------------*/

uint32_t ulPortAllocationsSeen( void )
{
    return xInjection.ulSeen;
}
/*-----------------------------------------------------------*/

uint32_t ulPortAllocationsFailed( void )
{
    return xInjection.ulFailed;
}

#endif /* FIRMHEAP_INJECT_H */
