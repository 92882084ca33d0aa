/* SPDX-License-Identifier: MIT
 *
 * Who holds each block: a part of firmheap_port.c, which includes it if FIRMHEAP_TRACK is not off, and nobody else.
 * Applications include firmheap_track.h. docs/TRACKING.md tells the whole.
 *
 * The archive keeps the books; here are its tables, and the one question it cannot answer: which row is the caller's?
 *
 * Options, in FreeRTOSConfig.h or on the compiler's command line:
 *   FIRMHEAP_OWNER_LIMIT    rows for tasks and groups, 64 bytes each on 32-bit CPUs, with budgets 84. Default 16, at most 120.
 *   FIRMHEAP_SITE_LIMIT     FIRMHEAP_TRACK=sites: rows for call sites, 36 bytes each. Default 64, at most 65534.
 *   FIRMHEAP_OWNER_SLOT     the index of a thread-local storage pointer that nobody else uses: it keeps a task's row.
 *   FIRMHEAP_OWNER_NUMBER   1: the task number (vTaskSetTaskNumber(), configUSE_TRACE_FACILITY) keeps it instead; not with
 *                           a trace tool that uses the number.
 * Without either the row is looked up by the task's handle, which takes a step for each row when another task than the
 * last one allocates, and does not tell a statically allocated task from the next one in the same memory.
 */

#ifndef FIRMHEAP_INCLUDE_TRACK
    #error firmheap_track.c is a part of firmheap_port.c: leave it off the list of sources and set FIRMHEAP_TRACK
#endif

#if ( INCLUDE_xTaskGetCurrentTaskHandle != 1 ) || ( INCLUDE_xTaskGetSchedulerState != 1 )
    #error FIRMHEAP_TRACK needs INCLUDE_xTaskGetCurrentTaskHandle and INCLUDE_xTaskGetSchedulerState 1 in FreeRTOSConfig.h
#endif

#ifndef FIRMHEAP_OWNER_LIMIT
    #define FIRMHEAP_OWNER_LIMIT    16
#elif ( FIRMHEAP_OWNER_LIMIT < 1 ) || ( FIRMHEAP_OWNER_LIMIT > 120 )
    #error FIRMHEAP_OWNER_LIMIT is 1 to 120
#endif

#ifndef FIRMHEAP_SITE_LIMIT
    #define FIRMHEAP_SITE_LIMIT    64
#elif ( FIRMHEAP_SITE_LIMIT < 1 ) || ( FIRMHEAP_SITE_LIMIT > 65534 )
    #error FIRMHEAP_SITE_LIMIT is 1 to 65534
#endif

#ifndef FIRMHEAP_OWNER_NUMBER
    #define FIRMHEAP_OWNER_NUMBER    0
#endif

#ifdef FIRMHEAP_OWNER_SLOT
    #if ( FIRMHEAP_OWNER_SLOT >= configNUM_THREAD_LOCAL_STORAGE_POINTERS )
        #error FIRMHEAP_OWNER_SLOT is an index below configNUM_THREAD_LOCAL_STORAGE_POINTERS
    #endif
#elif ( FIRMHEAP_OWNER_NUMBER == 1 ) && ( configUSE_TRACE_FACILITY != 1 )
    #error FIRMHEAP_OWNER_NUMBER needs configUSE_TRACE_FACILITY 1
#endif

#include "firmheap_refusal.h"
#include "firmheap_track.h"
#if ( firmheapTRACK >= 2 )
    #include "firmheap_sites.h"
#endif

/* The archive that tracks as much as this file was compiled for. */
#define firmheapTRACK_ARCHIVE    firmheapEXPAND( firmheap_archive_of_TRACK_, FIRMHEAP_TRACK )
extern const uint8_t firmheapTRACK_ARCHIVE;

/*-------------------------------- tables, laid out by the archive (src/tracker.rs) --------------------------------*/

/* Rows of no task: before the scheduler, interrupts, deleted tasks, table full. */
#define firmheapOWNERS_FIXED    4U
#define firmheapOWNERS          ( ( uint32_t ) ( FIRMHEAP_OWNER_LIMIT ) + firmheapOWNERS_FIXED )

typedef struct FirmheapTracker
{
    uintptr_t uxLast;
    uint32_t ulBook[ 22 ];
    struct
    {
        uint32_t ulTally[ 4 ];
        uint32_t ulTag;
        uint32_t ulMarks[ 3 ];
    }
    xRows[ firmheapOWNERS ];
} FirmheapTracker_t;

typedef struct FirmheapFace
{
    void * pvTask;
    char cName[ 16 ];
    uint32_t ulState;
    const char * pcNote;
    uint32_t ulJoined;
} FirmheapFace_t;

#define xFirmheapTracker    xFirmheapTracker_of_a_port_file_with_FIRMHEAP_TRACK_tasks
extern FirmheapTracker_t xFirmheapTracker;
PRIVILEGED_DATA FirmheapTracker_t xFirmheapTracker;
extern FirmheapFace_t xFirmheapFaces[ firmheapOWNERS ];
PRIVILEGED_DATA FirmheapFace_t xFirmheapFaces[ firmheapOWNERS ];
extern const uint32_t ulFirmheapOwnerLimit;
const uint32_t ulFirmheapOwnerLimit = firmheapOWNERS;

#if ( firmheapTRACK >= 2 )
    /* The first row is for sites that found the table full. */
    #define firmheapSITES       ( ( uint32_t ) ( FIRMHEAP_SITE_LIMIT ) + 1U )

    typedef struct FirmheapSite
    {
        uintptr_t uxPlace;
        uint32_t ulTally[ 4 ];
        uint32_t ulAllocations;
        uint32_t ulIsText;
        uint32_t ulMarks[ 2 ];
    } FirmheapSite_t;

    #define xFirmheapSites      xFirmheapSites_of_a_port_file_with_FIRMHEAP_TRACK_sites
    extern FirmheapSite_t xFirmheapSites[ firmheapSITES ];
    PRIVILEGED_DATA FirmheapSite_t xFirmheapSites[ firmheapSITES ];
    extern const uint32_t ulFirmheapSiteLimit;
    const uint32_t ulFirmheapSiteLimit = firmheapSITES;
#endif

PRIVILEGED_DATA FirmheapRefusal_t xFirmheapRefusal;

#if ( firmheapTRACK >= 3 )
    #define FIRMHEAP_INCLUDE_TRACE
    #include "firmheap_trace.c"
#endif

/*-------------------------------- whose row? called by the archive, with the heap's lock --------------------------------*/

uint32_t ulFirmheapMeetTask( uintptr_t uxTask ) PRIVILEGED_FUNCTION;
uint32_t ulFirmheapFindOwner( void * pvTask ) PRIVILEGED_FUNCTION;
void vFirmheapRememberOwner( void * pvTask,
                             uint32_t ulRow ) PRIVILEGED_FUNCTION;
uint32_t ulFirmheapEnrol( void * pvTask,
                          const char * pcName ) PRIVILEGED_FUNCTION;

/* Before the scheduler there may be a current task already, but it is not what allocates. */
#define firmheapBEFORE_SCHEDULER    0U

/* A new task's control block is zeroed, so a row kept in it is never its predecessor's. */
#ifdef FIRMHEAP_OWNER_SLOT
    #define firmheapKEPT_ROW( xTask )           ( ( uint32_t ) ( uintptr_t ) pvTaskGetThreadLocalStoragePointer( ( xTask ), FIRMHEAP_OWNER_SLOT ) )
    #define firmheapKEEP_ROW( xTask, ulRow )    vTaskSetThreadLocalStoragePointer( ( xTask ), FIRMHEAP_OWNER_SLOT, ( void * ) ( uintptr_t ) ( ulRow ) )
#elif ( FIRMHEAP_OWNER_NUMBER == 1 )
    #define firmheapKEPT_ROW( xTask )           ( ( uint32_t ) uxTaskGetTaskNumber( xTask ) )
    #define firmheapKEEP_ROW( xTask, ulRow )    vTaskSetTaskNumber( ( xTask ), ( UBaseType_t ) ( ulRow ) )
#else
    #define firmheapKEPT_ROW( xTask )           ulFirmheapFindOwner( xTask )
    #define firmheapKEEP_ROW( xTask, ulRow )    vFirmheapRememberOwner( ( xTask ), ( ulRow ) )
#endif

/* The archive knows the row of the task that allocated last, and asks for others. */
uint32_t ulFirmheapMeetTask( uintptr_t uxTask )
{
    const TaskHandle_t xTask = ( TaskHandle_t ) uxTask;
    uint32_t ulRow = firmheapBEFORE_SCHEDULER;

    if( xTaskGetSchedulerState() != taskSCHEDULER_NOT_STARTED )
    {
        ulRow = firmheapKEPT_ROW( xTask );

        if( ulRow == firmheapBEFORE_SCHEDULER )
        {
            ulRow = ulFirmheapEnrol( ( void * ) xTask, pcTaskGetName( xTask ) );
            firmheapKEEP_ROW( xTask, ulRow );
        }
    }

    return ulRow;
}
/*-----------------------------------------------------------*/

/*-------------------------------- firmheap_track.h --------------------------------*/

uint32_t ulFirmheapMark( uint32_t ulTick ) PRIVILEGED_FUNCTION;
void vFirmheapAge( uint32_t ulEpoch,
                   uint32_t ulNow,
                   uint32_t * pulLeast,
                   uint32_t * pulMost ) PRIVILEGED_FUNCTION;
void vFirmheapExclude( uint32_t ulOwner,
                       uint32_t ulOn ) PRIVILEGED_FUNCTION;
uint32_t ulFirmheapJoin( uint32_t ulOwn,
                         uint32_t ulGroup ) PRIVILEGED_FUNCTION;

uint32_t uxPortHeapMark( void )
{
    return ulFirmheapMark( ( uint32_t ) xTaskGetTickCount() );
}
/*-----------------------------------------------------------*/

void vPortHeapAge( uint32_t ulEpoch,
                   uint32_t * pulLeast,
                   uint32_t * pulMost )
{
    vFirmheapAge( ulEpoch, ( uint32_t ) xTaskGetTickCount(), pulLeast, pulMost );
}
/*-----------------------------------------------------------*/

void vPortHeapExcludeBegin( void )
{
    firmheapLOCK();
    vFirmheapExclude( ulPortHeapThisOwner(), 1U );
    firmheapUNLOCK();
}
/*-----------------------------------------------------------*/

void vPortHeapExcludeEnd( void )
{
    firmheapLOCK();
    vFirmheapExclude( ulPortHeapThisOwner(), 0U );
    firmheapUNLOCK();
}
/*-----------------------------------------------------------*/

uint32_t xPortHeapJoin( void * pvTask,
                        uint32_t ulGroup )
{
    const TaskHandle_t xTask = ( pvTask != NULL ) ? ( TaskHandle_t ) pvTask : xTaskGetCurrentTaskHandle();
    uint32_t ulRow = heapNO_ROW;

    if( ( xTask == NULL ) || ( xTaskGetSchedulerState() == taskSCHEDULER_NOT_STARTED ) )
    {
        return 0U;
    }

    firmheapLOCK();
    {
        uint32_t ulOwn = ulPortHeapOwnerOfTask( ( void * ) xTask );

        if( ulOwn == heapNO_ROW )
        {
            ulOwn = ulFirmheapEnrol( ( void * ) xTask, pcTaskGetName( xTask ) );
        }

        ulRow = ulFirmheapJoin( ulOwn, ulGroup );

        if( ulRow != heapNO_ROW )
        {
            firmheapKEEP_ROW( xTask, ulRow );
        }
    }
    firmheapUNLOCK();

    return ( ulRow != heapNO_ROW ) ? 1U : 0U;
}
/*-----------------------------------------------------------*/

/* A line of a report, without the C library: it is not in every firmware. */
typedef struct FirmheapLine
{
    char cText[ 122 ];
    size_t xUsed;
} FirmheapLine_t;

static void prvAddText( FirmheapLine_t * pxLine,
                        const char * pcText )
{
    while( ( *pcText != '\0' ) && ( pxLine->xUsed < ( sizeof( pxLine->cText ) - 2U ) ) )
    {
        pxLine->cText[ pxLine->xUsed ] = *pcText;
        pxLine->xUsed++;
        pcText++;
    }
}
/*-----------------------------------------------------------*/

static void prvAddNumber( FirmheapLine_t * pxLine,
                          uintptr_t uxNumber,
                          unsigned uBase )
{
    char cDigits[ 24 ];
    size_t xAt = sizeof( cDigits ) - 1U;

    cDigits[ xAt ] = '\0';

    do
    {
        xAt--;
        cDigits[ xAt ] = "0123456789abcdef"[ uxNumber % uBase ];
        uxNumber /= uBase;
    } while( uxNumber != 0U );

    prvAddText( pxLine, &cDigits[ xAt ] );
}
/*-----------------------------------------------------------*/

static void prvWriteSurvivors( const HeapSurvivors_t * pxRow,
                               void ( * pxWrite )( const char * pcText, void * pvContext ),
                               void * pvContext )
{
    FirmheapLine_t xLine = { { 0 }, 0U };
    HeapOwner_t xOwner;
    HeapSite_t xSite;
    uint32_t ulLeast, ulMost;

    prvAddNumber( &xLine, pxRow->ulBytes, 10U );
    prvAddText( &xLine, " bytes in " );
    prvAddNumber( &xLine, pxRow->ulBlocks, 10U );
    prvAddText( &xLine, " blocks, " );
    prvAddText( &xLine, ( xPortHeapOwner( pxRow->ulOwner, &xOwner ) != 0U ) ? xOwner.pcName : "?" );

    prvAddText( &xLine, ", epoch " );
    prvAddNumber( &xLine, pxRow->ulEpoch, 10U );
    vPortHeapAge( pxRow->ulEpoch, &ulLeast, &ulMost );
    prvAddText( &xLine, ", age " );
    prvAddNumber( &xLine, ulLeast, 10U );
    prvAddText( &xLine, " to " );

    if( ulMost == 0xFFFFFFFFU )
    {
        prvAddText( &xLine, "?" );
    }
    else
    {
        prvAddNumber( &xLine, ulMost, 10U );
    }

    prvAddText( &xLine, " ticks" );

    /* Last, because it may be long. */
    if( xPortHeapSite( pxRow->ulSite, &xSite ) != 0U )
    {
        prvAddText( &xLine, ", " );

        if( xSite.pcPlace != NULL )
        {
            prvAddText( &xLine, xSite.pcPlace );
        }
        else
        {
            prvAddText( &xLine, "0x" );
            prvAddNumber( &xLine, ( uintptr_t ) xSite.pvPlace, 16U );
        }
    }

    xLine.cText[ xLine.xUsed ] = '\n';
    xLine.cText[ xLine.xUsed + 1U ] = '\0';
    pxWrite( xLine.cText, pvContext );
}
/*-----------------------------------------------------------*/

uint32_t ulPortHeapReportLeaks( uint32_t ulFirst,
                                uint32_t ulLast,
                                HeapSurvivors_t * pxRows,
                                uint32_t ulRows,
                                void ( * pxWrite )( const char * pcText, void * pvContext ),
                                void * pvContext )
{
    HeapSurvivors_t xRest;
    const uint32_t ulFilled = ulPortHeapSurvivors( ulFirst, ulLast, pxRows, ulRows, &xRest );
    uint32_t ulBlocks = xRest.ulBlocks;
    uint32_t ul;

    for( ul = 0U; ul < ulFilled; ul++ )
    {
        prvWriteSurvivors( &pxRows[ ul ], pxWrite, pvContext );
        ulBlocks += pxRows[ ul ].ulBlocks;
    }

    if( xRest.ulBlocks != 0U )
    {
        FirmheapLine_t xLine = { { 0 }, 0U };

        prvAddNumber( &xLine, xRest.ulBytes, 10U );
        prvAddText( &xLine, " bytes in " );
        prvAddNumber( &xLine, xRest.ulBlocks, 10U );
        prvAddText( &xLine, " blocks found no row\n" );
        pxWrite( xLine.cText, pvContext );
    }

    if( ulBlocks == 0U )
    {
        pxWrite( "no leak\n", pvContext );
    }

    return ulBlocks;
}
/*-----------------------------------------------------------*/

#if ( firmheapTRACK >= 2 )

    BaseType_t xFirmheapNoteEnd( BaseType_t xResult )
    {
        vFirmheapNote( NULL );

        return xResult;
    }
/*-----------------------------------------------------------*/

    void * pvFirmheapNoteEnd( void * pvResult )
    {
        vFirmheapNote( NULL );

        return pvResult;
    }
/*-----------------------------------------------------------*/

    void vFirmheapNote( const char * pcPlace )
    {
        firmheapLOCK();
        {
            const uint32_t ulRow = ulPortHeapThisOwner();

            /* Rows that several tasks share have no place of their own. */
            if( ( ulRow >= firmheapOWNERS_FIXED ) || ( ulRow == heapOWNER_BEFORE_SCHEDULER ) )
            {
                xFirmheapFaces[ ulRow ].pcNote = pcPlace;
            }
        }
        firmheapUNLOCK();
    }
/*-----------------------------------------------------------*/

#endif /* firmheapTRACK >= 2 */

#if ( FIRMHEAP_BUDGETS == 1 )
    #include "firmheap_budget.h"

    extern const uint8_t firmheap_archive_with_BUDGETS;

    /* Laid out by the archive (src/quota.rs). */
    typedef struct FirmheapFive
    {
        uint32_t ulWords[ 5 ];
    } FirmheapFive_t;

    #define xFirmheapShares    xFirmheapShares_of_a_port_file_with_FIRMHEAP_BUDGETS
    extern FirmheapFive_t xFirmheapShares;
    PRIVILEGED_DATA FirmheapFive_t xFirmheapShares;
    extern FirmheapFive_t xFirmheapBudgets[ firmheapOWNERS ];
    PRIVILEGED_DATA FirmheapFive_t xFirmheapBudgets[ firmheapOWNERS ];
    PRIVILEGED_DATA static HeapBudgetHook_t pxBudgetHook;

    uint32_t ulFirmheapPriority( void ) PRIVILEGED_FUNCTION;
    void vFirmheapBudgetRefused( uint32_t ulOwner,
                                 uint32_t ulWhy,
                                 size_t xBytes ) PRIVILEGED_FUNCTION;
    void vFirmheapBudgetNotice( void ) PRIVILEGED_FUNCTION;
    uint32_t ulFirmheapTakeNotice( void ) PRIVILEGED_FUNCTION;

    #if ( INCLUDE_uxTaskPriorityGet != 1 )
        #error FIRMHEAP_BUDGETS needs INCLUDE_uxTaskPriorityGet 1 in FreeRTOSConfig.h
    #endif

    /* Of whoever calls, with the heap's lock. Before the scheduler there is nobody who could be kept waiting. */
    uint32_t ulFirmheapPriority( void )
    {
        #if firmheapCRITICAL
            if( ulFirmheapInHandler() != 0U )
            {
                return 0xFFFFFFFFU;
            }
        #endif

        return ( xTaskGetSchedulerState() == taskSCHEDULER_NOT_STARTED ) ? 0xFFFFFFFFU : ( uint32_t ) uxTaskPriorityGet( NULL );
    }
/*-----------------------------------------------------------*/

    void vFirmheapBudgetRefused( uint32_t ulOwner,
                                 uint32_t ulWhy,
                                 size_t xBytes )
    {
        if( pxBudgetHook != NULL )
        {
            pxBudgetHook( ulOwner, ulWhy, xBytes );
        }
    }
/*-----------------------------------------------------------*/

    void vFirmheapBudgetNotice( void )
    {
        #if firmheapCRITICAL
            if( ulFirmheapInHandler() != 0U )
            {
                return; /* the next task that allocates tells of it */
            }
        #endif
        {
            const uint32_t ulOwner = ulFirmheapTakeNotice();
            HeapOwner_t xOwner;

            if( ( pxBudgetHook != NULL ) && ( ulOwner != heapNO_ROW ) && ( xPortHeapOwner( ulOwner, &xOwner ) != 0U ) )
            {
                pxBudgetHook( ulOwner, heapBUDGET_SOFT_LIMIT, xOwner.xBytes );
            }
        }
    }
/*-----------------------------------------------------------*/

    void vPortHeapSetBudgetHook( HeapBudgetHook_t pxHook )
    {
        pxBudgetHook = pxHook;
    }
/*-----------------------------------------------------------*/

#endif /* FIRMHEAP_BUDGETS == 1 */

/* With everything else that the heap forgets. */
static void prvForgetOwners( void )
{
    ( void ) memset( &xFirmheapTracker, 0, sizeof( xFirmheapTracker ) );
    ( void ) memset( xFirmheapFaces, 0, sizeof( xFirmheapFaces ) );
    ( void ) memset( &xFirmheapRefusal, 0, sizeof( xFirmheapRefusal ) );
    #if ( firmheapTRACK >= 2 )
        ( void ) memset( xFirmheapSites, 0, sizeof( xFirmheapSites ) );
    #endif
    #if ( FIRMHEAP_BUDGETS == 1 )
        ( void ) memset( &xFirmheapShares, 0, sizeof( xFirmheapShares ) );
        ( void ) memset( xFirmheapBudgets, 0, sizeof( xFirmheapBudgets ) );
    #endif
}
