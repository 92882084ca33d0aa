/* SPDX-License-Identifier: MIT
 *
 * A check that cannot fail checks nothing. The build makes one more program per fault below, and the
 * tests expect each of them to be found out. In the demo itself demoSABOTAGE is sabotageNONE.
 */
#ifndef SABOTAGE_H
#define SABOTAGE_H

#define sabotageNONE        0
#define sabotageCORRUPT     1   /* one bit of one message flips */
#define sabotageLOSE        2   /* one message is thrown away unread */
#define sabotageLEAK        3   /* one block is never freed */
#define sabotageOVERFLOW    4   /* one byte is written behind a block */
#define sabotageHANG        5   /* one signal is never sent */

#ifndef demoSABOTAGE
    #define demoSABOTAGE    sabotageNONE
#endif

#endif /* SABOTAGE_H */
