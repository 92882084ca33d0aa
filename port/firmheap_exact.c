/* SPDX-License-Identifier: MIT
 *
 * The part of the port file that the kernel's own schemes need (FIRMHEAP_SCHEME = heap_1 .. heap_5). firmheap_port.c
 * includes it; compiled alone, as in an IDE project that has both files in its list, it is empty. */

#ifndef FIRMHEAP_INCLUDE_EXACT
    typedef int firmheap_exact_c_is_included_by_firmheap_port_c;
#else

/*-------------------------------- pairs --------------------------------*/

/* The archive asks for the first and offers the second; what is missing is an undefined symbol that says what. */
#define firmheapSCHEME_TEXT( a, b )    firmheapEXPAND( a, firmheapEXPAND( FIRMHEAP_SCHEME, b ) )
#define firmheapPAIR                   firmheapEXPAND( firmheapSCHEME_TEXT( SCHEME_, _ALIGNMENT_ ), firmheapALIGNMENT )
#define firmheapWORDS                  firmheapEXPAND( firmheap_port_file_of_, firmheapPAIR )
#define firmheapARCHIVE                firmheapEXPAND( firmheap_archive_of_, firmheapPAIR )

/*-------------------------------- state --------------------------------*/

/* The head of the free list and the scheme's counters, laid out by the archive (src/scheme/). heap_3 has none: its
 * one byte is for the name. */
#if ( firmheapSCHEME == 1 ) || ( firmheapSCHEME == 2 )
    #define firmheapWORD_COUNT    2
#elif ( firmheapSCHEME == 4 ) || ( firmheapSCHEME == 5 )
    #define firmheapWORD_COUNT    7
#endif
#ifdef firmheapWORD_COUNT
    extern uint32_t firmheapWORDS[ firmheapWORD_COUNT ];
    PRIVILEGED_DATA uint32_t firmheapWORDS[ firmheapWORD_COUNT ];
#else
    extern uint8_t firmheapWORDS;
    PRIVILEGED_DATA uint8_t firmheapWORDS;
#endif

/* Archives that leave something out ask for a port file that does not need it. Other names of the same words, so
 * that they cost nothing; one byte each where the compiler knows no such names. */
#if defined( __GNUC__ ) || defined( __clang__ )
    #define firmheapPROOF( xName )    extern uint8_t xName __attribute__( ( alias( firmheapTEXT_OF( firmheapWORDS ) ) ) )
#else
    #define firmheapPROOF( xName )    extern const uint8_t xName; const uint8_t xName = 0U
#endif
#if ( configUSE_MALLOC_FAILED_HOOK == 0 )
    firmheapPROOF( firmheap_port_file_without_MALLOC_FAILED_HOOK );
#endif
#if ( configHEAP_CLEAR_MEMORY_ON_FREE == 0 ) || ( firmheapSCHEME == 1 ) || ( firmheapSCHEME == 3 )
    firmheapPROOF( firmheap_port_file_without_CLEAR_ON_FREE );
#endif
#if ( firmheapINTEGRITY_MIN < 2 )
    firmheapPROOF( firmheap_port_file_without_HEAP_PROTECTOR );
#endif

#if ( firmheapINTEGRITY_MIN == 2 )
    extern uint32_t ulFirmheapCanary;
    PRIVILEGED_DATA uint32_t ulFirmheapCanary;
#elif ( firmheapSCHEME >= 4 )
    /* For an archive of integrity level 2 without configENABLE_HEAP_PROTECTOR: links stay as they are. */
    extern const uint32_t ulFirmheapCanary;
    const uint32_t ulFirmheapCanary = 0U;
#endif

#if ( UINTPTR_MAX > 0xFFFFFFFFU ) && ( firmheapSCHEME == 5 )
    /* 64-bit hosts only: the heap's 32-bit addresses are distances from here. */
    extern uintptr_t xFirmheapRoot;
    PRIVILEGED_DATA uintptr_t xFirmheapRoot;
#endif

/*-------------------------------- ucHeap --------------------------------*/

#if ( firmheapSCHEME == 1 ) || ( firmheapSCHEME == 2 ) || ( firmheapSCHEME == 4 )

    #if ( configAPPLICATION_ALLOCATED_HEAP == 1 )
        extern uint8_t ucHeap[ configTOTAL_HEAP_SIZE ];
    #elif ( firmheapSCHEME == 1 )
        static uint8_t ucHeap[ configTOTAL_HEAP_SIZE ];
    #else
        PRIVILEGED_DATA static uint8_t ucHeap[ configTOTAL_HEAP_SIZE ];
    #endif

    /* heap_1 and heap_2 begin at the last aligned address of the first granule, and never use as much as a granule of
     * the array. Before V10.4.6 they began one byte later. */
    #if ( firmheapSCHEME == 4 )
        #define firmheapLOST     0U
        #define firmheapBYTES    ( sizeof( ucHeap ) )
    #else
        #if ( tskKERNEL_VERSION_MAJOR == 10 ) && ( ( tskKERNEL_VERSION_MINOR < 4 ) || ( ( tskKERNEL_VERSION_MINOR == 4 ) && ( tskKERNEL_VERSION_BUILD < 6 ) ) )
            #define firmheapLOST    ( ( size_t ) firmheapALIGNMENT )
        #else
            #define firmheapLOST    ( ( size_t ) firmheapALIGNMENT - 1U )
        #endif

        /* The smallest array with something in it: heap_2 keeps headers there. */
        #if ( firmheapSCHEME == 1 )
            #define firmheapLEAST    ( ( size_t ) firmheapALIGNMENT )
        #else
            #define firmheapLEAST    ( ( size_t ) firmheapALIGNMENT + 8U )
        #endif
        #define firmheapBYTES        ( ( sizeof( ucHeap ) < firmheapLEAST ) ? 0U : ( sizeof( ucHeap ) - ( size_t ) firmheapALIGNMENT ) )
    #endif

    /* src/ffi/exact_port.rs */
    typedef struct FirmheapArray
    {
        uint8_t * pucStart;
        size_t xBytes;
    } FirmheapArray_t;

    extern const FirmheapArray_t xFirmheapArray;
    const FirmheapArray_t xFirmheapArray = { &ucHeap[ ( firmheapBYTES > 0U ) ? firmheapLOST : 0U ], firmheapBYTES };

    /* Sizes have 31 bits: for a larger heap this array has a negative size. */
    typedef uint8_t firmheap_serves_a_configTOTAL_HEAP_SIZE_below_2_GiB[ ( sizeof( ucHeap ) < 0x80000000U ) ? 1 : -1 ];

#endif /* if an array */

/*-------------------------------- called by the archive --------------------------------*/

void * pvFirmheapExactEnd( void * pv,
                           size_t xBlockBytes,
                           size_t xWantedBytes ) PRIVILEGED_FUNCTION;

/* The sizes that traceMALLOC is told: from V11.2.0 on those of blocks, 0 for none; before, what was looked for.
 * heap_1 and heap_3 always tell the request, and the archive gives it as the block's size. */
#if ( tskKERNEL_VERSION_MAJOR > 11 ) || ( ( tskKERNEL_VERSION_MAJOR == 11 ) && ( tskKERNEL_VERSION_MINOR >= 2 ) )
    #define firmheapTOLD    xBlockBytes
#else
    #define firmheapTOLD    xWantedBytes
#endif

/* Every end of pvPortMalloc(), where a macro here is not empty. The scheduler is suspended until xTaskResumeAll(). */
void * pvFirmheapExactEnd( void * pv,
                           size_t xBlockBytes,
                           size_t xWantedBytes )
{
    traceMALLOC( pv, firmheapTOLD );
    ( void ) xBlockBytes;
    ( void ) xWantedBytes;
    ( void ) xTaskResumeAll();

    #if ( configUSE_MALLOC_FAILED_HOOK == 1 )
    {
        if( pv == NULL )
        {
            vApplicationMallocFailedHook();
        }
    }
    #endif

    #if ( firmheapSCHEME >= 4 )
    {
        configASSERT( ( ( ( portPOINTER_SIZE_TYPE ) pv ) & ( portPOINTER_SIZE_TYPE ) portBYTE_ALIGNMENT_MASK ) == 0U );
    }
    #endif

    return pv;
}
/*-----------------------------------------------------------*/

#if ( firmheapSCHEME >= 4 )

/* Before the first link is stored. */
void vFirmheapDrawCanary( void )
{
    #if ( firmheapINTEGRITY_MIN == 2 )
    {
        portPOINTER_SIZE_TYPE xCanary = 0;

        vApplicationGetRandomHeapCanary( &xCanary );
        ulFirmheapCanary = ( uint32_t ) xCanary;
    }
    #endif
}
/*-----------------------------------------------------------*/

#endif /* if ( firmheapSCHEME >= 4 ) */

extern const uint8_t firmheapARCHIVE;

/* An archive of scheme firm calls this, and gets an undefined symbol that says which one is needed; an archive of
 * this scheme does not. Without --gc-sections every other wrong archive is noticed here, too. */
void vFirmheapSetUp( void )
{
    ( void ) *( const volatile uint8_t * ) &firmheapARCHIVE;
    ( void ) *( const volatile uint8_t * ) ( ( firmheapTRACES ) ? &firmheap_archive_with_TRACE : &firmheapARCHIVE );
}
#endif /* FIRMHEAP_INCLUDE_EXACT */
