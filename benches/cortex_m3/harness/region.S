/* SPDX-License-Identifier: MIT */
/*
 * The measured regions and the two scheduler calls, in assembly so that their cost is a fact.
 * A region is "ldr timer; bl target; ldr timer": what it reads over the empty one is the call
 * itself, everything below it and the return.
 */
    .syntax unified
    .cpu cortex-m3
    .thumb

    .equ TIMER_VALUE, 0x40000004      /* CMSDK timer 0, counts down at 25 MHz */

    .macro function name
    .section .text.\name, "ax", %progbits
    .global \name
    .type \name, %function
    .thumb_func
    .balign 4
\name:
    .endm

/* r0 = result of the target, stored through r1 when the caller gave a place for it. */
    .macro region name, target
    function \name
    push    {r4, r5, r6, lr}
    mov     r5, r1
    ldr     r4, =TIMER_VALUE
    ldr     r6, [r4]
    .ifnb \target
    bl      \target
    .endif
    ldr     r3, [r4]
    subs    r6, r6, r3
    .endm

    .macro endregion
    mov     r0, r6
    pop     {r4, r5, r6, pc}
    .ltorg
    .endm

    region ulTicksEmpty
    endregion

    region ulTicksNops, vSevenNops
    endregion

    region ulTicksMalloc, pvPortMalloc
    str     r0, [r5]
    endregion

    region ulTicksFree, vPortFree
    endregion

    function vSevenNops
    .rept 7
    nop
    .endr
    bx      lr

/* Stand-ins for the kernel's pair, the same for every allocator: 5 and 6 instructions. */
    function vTaskSuspendAll
    ldr     r3, =ulSuspended
    ldr     r2, [r3]
    adds    r2, r2, #1
    str     r2, [r3]
    bx      lr
    .ltorg

    function xTaskResumeAll
    ldr     r3, =ulSuspended
    ldr     r2, [r3]
    subs    r2, r2, #1
    str     r2, [r3]
    movs    r0, #1
    bx      lr
    .ltorg

    .section .bss.ulSuspended, "aw", %nobits
    .global ulSuspended
    .balign 4
ulSuspended:
    .space  4
