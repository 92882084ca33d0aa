// SPDX-License-Identifier: MIT
//! Two words to the optimiser. Neither is an instruction.
//!
//! They are worth their unsafe code: each was kept because the longest path of a request got shorter.

/// The same value, of which the optimiser no longer knows where it comes from. It would else compute parts of
/// it again from the beginning, with more instructions and registers than keeping it takes.
#[inline(always)]
pub fn keep(value: usize) -> usize {
    #[cfg(any(target_arch = "arm", target_arch = "riscv32"))]
    {
        let kept: usize;
        // SAFETY: no instruction at all.
        unsafe {
            core::arch::asm!("/* {0} */", inlateout(reg) value => kept, options(pure, nomem, nostack, preserves_flags));
        }
        kept
    }
    #[cfg(not(any(target_arch = "arm", target_arch = "riscv32")))]
    value
}

/// Lets the optimiser use a fact that an invariant guarantees; checked in debug builds.
#[inline(always)]
pub fn assume(fact: bool) {
    debug_assert!(fact);
    // SAFETY: each caller names the invariant that makes it true.
    unsafe { core::hint::assert_unchecked(fact) }
}
