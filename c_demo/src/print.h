/* SPDX-License-Identifier: MIT
 *
 * A line of text, formatted without the C library: newlib's printf would bring a second heap along.
 */
#ifndef PRINT_H
#define PRINT_H

/* Knows %s, %u, %lu and %%. One call is one write. */
void vPrint( const char * pcFormat, ... ) __attribute__( ( format( printf, 1, 2 ) ) );

/* Prints "FAILED: " and the sentence, and ends the program with status 1. */
void vFail( const char * pcFormat, ... ) __attribute__( ( noreturn, format( printf, 1, 2 ) ) );

#endif /* PRINT_H */
