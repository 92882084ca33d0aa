/* SPDX-License-Identifier: MIT */
#ifndef DIRECTOR_H
#define DIRECTOR_H

/* The first task. It ends the program. */
void vDirector( void * pvUnused );

#endif /* DIRECTOR_H */
