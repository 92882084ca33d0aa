/* SPDX-License-Identifier: MIT
 *
 * The parts of the demo and what they share. A part is one concern of a real firmware: it starts with
 * one owner task, creates whatever it needs at run time, deletes all of it and reports that it is done.
 */
#ifndef DEMO_H
#define DEMO_H

#include <stddef.h>
#include <stdint.h>

#include "FreeRTOS.h"
#include "queue.h"
#include "task.h"

typedef enum
{
    eMail,      /* queues that carry pointers to messages of variable size */
    eStrings,   /* strings that grow */
    eTimers,    /* software timers that allocate in their callbacks */
    eEvents,    /* event groups: tasks that meet and swap blocks */
    eStreams,   /* stream and message buffers */
    eChurn,     /* tasks that come and go */
    eFamine,    /* nothing left to allocate */
    eMisuse,    /* bad input */
    ePartCount
} Part_t;

/* The owner tasks of the parts that run side by side. The parameter is the day, a seed. */
void vMailOwner( void * pvDay );
void vStringsOwner( void * pvDay );
void vTimersOwner( void * pvDay );
void vEventsOwner( void * pvDay );
void vStreamsOwner( void * pvDay );
void vChurnOwner( void * pvDay );

/* The two that need the heap for themselves run in the director's task. */
void vFamine( void );
void vMisuse( void );

/* Owner and worker priorities; the director's is above both. */
#define demoWORKER_PRIORITY      ( 1U )
#define demoOWNER_PRIORITY       ( 2U )
#define demoDIRECTOR_PRIORITY    ( 3U )

/* The notification that the demo's tasks use among themselves. */
#define demoSIGNAL               ( 1U )

/* Creates a task with uxExtraWords above the minimal stack; never fails. */
TaskHandle_t xDemoCreate( TaskFunction_t pxCode, const char * pcName, void * pvParameter,
                          UBaseType_t uxPriority, configSTACK_DEPTH_TYPE uxExtraWords );

/* Shows the watchdog that a part moves. */
void vDemoStep( Part_t ePart );

/* The end of an owner task: tells the director, deletes the calling task. */
void vDemoPartDone( Part_t ePart ) __attribute__( ( noreturn ) );

/* The end of any other task. */
void vDemoTaskDone( void ) __attribute__( ( noreturn ) );

/* Lets the tasks that deleted themselves be cleared away, until uxTasks are left. */
void vDemoAwaitTasks( UBaseType_t uxTasks );

/* A worker tells its owner that it is finished; the owner waits for some of these. */
void vDemoSignal( TaskHandle_t xOwner );
void vDemoAwaitSignals( uint32_t ulSignals );

/* Adds to the totals of the summary: messages handed over, bytes in them. */
void vDemoCountMessage( size_t uxBytes );

#endif /* DEMO_H */
