/* SPDX-License-Identifier: MIT
 *
 * Who holds each block: a part of firmheap_port.c, which includes it if FIRMHEAP_TRACK is not off, and nobody else.
 * Applications include firmheap_track.h. docs/TRACKING.md tells the whole.
 *
 * The archive keeps the books; here are its tables, and the one question it cannot answer: which row is the caller's?
 *
 * Options, in FreeRTOSConfig.h or on the compiler's command line:
 *   FIRMHEAP_OWNER_LIMIT    rows for tasks, 44 bytes each on 32-bit CPUs. Default 16, at most 120.
 *   FIRMHEAP_SITE_LIMIT     FIRMHEAP_TRACK=sites: rows for call sites, 28 bytes each. Default 64, at most 65534.
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

#include "firmheap_track.h"

/* The archive that tracks as much as this file was compiled for. */
#define firmheapTRACK_ARCHIVE    firmheapEXPAND( firmheap_archive_of_TRACK_, FIRMHEAP_TRACK )
extern const uint8_t firmheapTRACK_ARCHIVE;

/*-------------------------------- tables, laid out by the archive (src/tracker.rs) --------------------------------*/

/* Rows of no task: before the scheduler, interrupts, deleted tasks, table full. */
#define firmheapOWNERS_FIXED    4U
#define firmheapOWNERS          ( ( uint32_t ) ( FIRMHEAP_OWNER_LIMIT ) + firmheapOWNERS_FIXED )

typedef struct FirmheapTracker
{
    uintptr_t uxLast[ 2 ];
    uint32_t ulBook[ 14 ];
    struct
    {
        uint32_t ulTally[ 4 ];
        uint32_t ulTag;
    }
    xRows[ firmheapOWNERS ];
} FirmheapTracker_t;

typedef struct FirmheapFace
{
    void * pvTask;
    char cName[ 16 ];
    uint32_t ulState;
    const char * pcNote;
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
    } FirmheapSite_t;

    #define xFirmheapSites      xFirmheapSites_of_a_port_file_with_FIRMHEAP_TRACK_sites
    extern FirmheapSite_t xFirmheapSites[ firmheapSITES ];
    PRIVILEGED_DATA FirmheapSite_t xFirmheapSites[ firmheapSITES ];
    extern const uint32_t ulFirmheapSiteLimit;
    const uint32_t ulFirmheapSiteLimit = firmheapSITES;
#endif

/* What is kept of requests that failed (src/ffi/tracked.rs). */
typedef struct FirmheapRefusal
{
    size_t xBytes;
    size_t xLargest;
    uintptr_t uxPlace;
    uint32_t ulIsText;
    uint32_t ulCount;
    size_t xAlignment;
} FirmheapRefusal_t;

extern FirmheapRefusal_t xFirmheapRefusal;
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

/* With everything else that the heap forgets. */
static void prvForgetOwners( void )
{
    ( void ) memset( &xFirmheapTracker, 0, sizeof( xFirmheapTracker ) );
    ( void ) memset( xFirmheapFaces, 0, sizeof( xFirmheapFaces ) );
    ( void ) memset( &xFirmheapRefusal, 0, sizeof( xFirmheapRefusal ) );
    #if ( firmheapTRACK >= 2 )
        ( void ) memset( xFirmheapSites, 0, sizeof( xFirmheapSites ) );
    #endif
}
