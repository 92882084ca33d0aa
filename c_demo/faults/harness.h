/* SPDX-License-Identifier: MIT
 *
 * Runs an application with one allocation failing. A site is where the application comes from when it asks
 * for memory: up to three return addresses, so that two queues made by two functions are two sites although both
 * ask in queue.c. Without FIRMHEAP_FAIL in the environment all sites are written to the standard output; with it,
 * the first request of the site with that number fails. `cargo xtask faults` does both and judges.
 */
#ifndef HARNESS_H
#define HARNESS_H

/* First act of the application, before any allocation. */
extern void vHarnessBegin( void );

/* Its last: says what was seen and how much is still in use, and ends the process with status 0. */
extern void vHarnessEnd( void ) __attribute__( ( noreturn ) );

#endif /* HARNESS_H */
