/* SPDX-License-Identifier: MIT
 *
 * Stacks of tasks from the regions with capsSTACK, for configSTACK_ALLOCATION_FROM_SEPARATE_HEAP 1: the kernel calls
 * pvPortMallocStack() and vPortFreeStack(), which its heap files do not have. Compile it beside firmheap_caps.c, unless you
 * have two functions of your own.
 *
 * Options, in FreeRTOSConfig.h:
 *   FIRMHEAP_STACK_POOL           stacks of deleted tasks that are kept for the next task of the same size. Default 4; 0: none.
 *   FIRMHEAP_STACK_ALIGNMENT      what stacks are aligned to, a power of two. Default portBYTE_ALIGNMENT.
 *   FIRMHEAP_STACK_POWER_OF_TWO   1: sizes are rounded up to a power of two, and stacks aligned to their size, as memory
 *                                 protection units of ARMv7-M want it. Default 0.
 * Cost: O(1): a look at each of FIRMHEAP_STACK_POOL rows; a new stack O(regions). Context: task.
 */

#define MPU_WRAPPERS_INCLUDED_FROM_API_FILE

#include "FreeRTOS.h"
#include "task.h"

#undef MPU_WRAPPERS_INCLUDED_FROM_API_FILE

#include "firmheap_caps.h"
#include "firmheap_memory.h"

#if !defined( configSTACK_ALLOCATION_FROM_SEPARATE_HEAP ) || ( configSTACK_ALLOCATION_FROM_SEPARATE_HEAP != 1 )
    #error firmheap_stacks.c needs configSTACK_ALLOCATION_FROM_SEPARATE_HEAP 1 in FreeRTOSConfig.h: the kernel does not ask for it else
#endif

#ifndef FIRMHEAP_STACK_POOL
    #define FIRMHEAP_STACK_POOL            4
#endif
#ifndef FIRMHEAP_STACK_ALIGNMENT
    #define FIRMHEAP_STACK_ALIGNMENT       portBYTE_ALIGNMENT
#endif
#ifndef FIRMHEAP_STACK_POWER_OF_TWO
    #define FIRMHEAP_STACK_POWER_OF_TWO    0
#endif

/* A stack that is kept is larger than what is asked for by less than this. */
#define stackSLACK    ( ( size_t ) 64U )

#if ( FIRMHEAP_STACK_POOL > 0 )

/* Nothing is written into a stack that is kept. */
    typedef struct
    {
        void * pvStack; /* NULL: none */
        size_t xBytes;
    } Kept_t;

    PRIVILEGED_DATA static Kept_t xKept[ FIRMHEAP_STACK_POOL ];

    static void * prvReuse( size_t xBytes )
    {
        void * pv = NULL;
        size_t x;

        capsLOCK();
        {
            for( x = 0; x < ( size_t ) FIRMHEAP_STACK_POOL; x++ )
            {
                if( ( xKept[ x ].pvStack != NULL ) && ( xKept[ x ].xBytes >= xBytes ) && ( ( xKept[ x ].xBytes - xBytes ) < stackSLACK ) )
                {
                    pv = xKept[ x ].pvStack;
                    xKept[ x ].pvStack = NULL;
                    break;
                }
            }
        }
        capsUNLOCK();

        return pv;
    }
/*-----------------------------------------------------------*/

/* pdTRUE if the stack is kept, or was kept already: freed twice, and *pxTwice is pdTRUE. */
    static BaseType_t prvKeep( void * pvStack,
                               size_t xBytes,
                               BaseType_t * pxTwice )
    {
        Kept_t * pxRow = NULL;
        size_t x;

        *pxTwice = pdFALSE;
        capsLOCK();
        {
            for( x = 0; x < ( size_t ) FIRMHEAP_STACK_POOL; x++ )
            {
                if( xKept[ x ].pvStack == pvStack )
                {
                    *pxTwice = pdTRUE;
                }
                else if( xKept[ x ].pvStack == NULL )
                {
                    pxRow = &xKept[ x ];
                }
            }

            if( ( pxRow != NULL ) && ( *pxTwice == pdFALSE ) )
            {
                pxRow->pvStack = pvStack;
                pxRow->xBytes = xBytes;
            }
        }
        capsUNLOCK();

        return ( ( pxRow != NULL ) || ( *pxTwice != pdFALSE ) ) ? pdTRUE : pdFALSE;
    }
/*-----------------------------------------------------------*/

#endif /* FIRMHEAP_STACK_POOL > 0 */

size_t xPortReleaseStacks( void )
{
    size_t xReleased = 0;

    #if ( FIRMHEAP_STACK_POOL > 0 )
    {
        size_t x;

        for( x = 0; x < ( size_t ) FIRMHEAP_STACK_POOL; x++ )
        {
            void * pv;

            capsLOCK();
            {
                pv = xKept[ x ].pvStack;
                xKept[ x ].pvStack = NULL;
            }
            capsUNLOCK();

            if( pv != NULL )
            {
                vPortFree( pv );
                xReleased++;
            }
        }
    }
    #endif

    return xReleased;
}
/*-----------------------------------------------------------*/

void * pvPortMallocStack( size_t xSize )
{
    size_t xAlignment = ( size_t ) FIRMHEAP_STACK_ALIGNMENT;
    void * pv = NULL;

    #if ( FIRMHEAP_STACK_POWER_OF_TWO == 1 )
    {
        while( ( xAlignment < xSize ) && ( xAlignment <= ( SIZE_MAX / 4U ) ) )
        {
            xAlignment *= 2U;
        }

        xSize = ( xSize <= xAlignment ) ? xAlignment : xSize;
    }
    #endif

    #if ( FIRMHEAP_STACK_POOL > 0 )
        pv = prvReuse( xSize );
    #endif

    if( pv == NULL )
    {
        pv = pvFirmheapCapsTake( xAlignment, xSize, ( uint32_t ) capsSTACK, capsCALLER() );
    }

    if( ( pv == NULL ) && ( xPortReleaseStacks() != 0U ) )
    {
        pv = pvFirmheapCapsTake( xAlignment, xSize, ( uint32_t ) capsSTACK, capsCALLER() );
    }

    if( pv == NULL )
    {
        vFirmheapCapsRefused( xAlignment, xSize, ( uint32_t ) capsSTACK, capsCALLER() );
    }

    return pv;
}
/*-----------------------------------------------------------*/

void vPortFreeStack( void * pv )
{
    #if ( FIRMHEAP_STACK_POOL > 0 )
    {
        const size_t xBytes = ( pv != NULL ) ? xPortGetAllocationSizeWithCaps( pv ) : 0U; /* raises its own faults */
        BaseType_t xTwice;

        if( ( xBytes == 0U ) || ( prvKeep( pv, xBytes, &xTwice ) != pdFALSE ) )
        {
            if( ( xBytes != 0U ) && ( xTwice != pdFALSE ) )
            {
                HeapFault_t xFault = { 0 };

                xFault.ulKind = ( uint32_t ) FIRMHEAP_FAULT_DOUBLE_FREE;
                xFault.pvBlock = pv;
                xFault.pvPointer = pv;
                vFirmheapCapsFault( &xFault, capsCALLER() );
            }

            return;
        }
    }
    #endif
    vPortFree( pv );
}
