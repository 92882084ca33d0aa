/* SPDX-License-Identifier: MIT
 * The C library's exit() ends the emulator; nothing here is for pools. */
#include "board.h"

extern void exit( int iStatus );

void exit( int iStatus )
{
    vBoardExit( iStatus );
}
