/* SPDX-License-Identifier: MIT
 *
 * The audit: an independent account of what the heap did, kept in the macros and hooks every firmware
 * has, and compared with what the heap says about itself.
 */
#ifndef AUDIT_H
#define AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "FreeRTOS.h"

/* Compares vPortGetHeapStats() with itself and with the account; a contradiction ends the program.
 * Context: task, scheduler running, other tasks at work. */
void vAuditAtWork( const char * pcWhere );

/* The same while no other task is inside the heap: then the failures must agree to the last one. */
HeapStats_t xAuditQuiet( const char * pcWhere );

/* xAuditQuiet(), and prints the heap's numbers. */
void vAuditPrintHeap( const char * pcWhere );

/* Announces allocations that must fail. The audits compare the count with the hook's. */
void vAuditExpectFailures( uint32_t ulFailures );

/* Blocks by the trace macros: allocated and not yet freed. */
size_t uxAuditLiveBlocks( void );

/* How often the malloc-failed hook ran. */
uint32_t ulAuditFailures( void );

/* configASSERT counts between these two calls; everywhere else it ends the program. */
void vAuditExpectAssert( void );
uint32_t ulAuditAssertsSeen( void );

#endif /* AUDIT_H */
