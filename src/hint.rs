// SPDX-License-Identifier: MIT
//! Words to the optimiser, and the loads and stores of several words that it does not find by itself.
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

/// A structure of words, and which of them a register leads to where it is changed.
pub trait Words {
    /// Bytes from its beginning to that word.
    const BASE: usize = 0;
}

/// Two neighbouring words, `offset` bytes into a structure of words: one instruction where there is one.
#[inline(always)]
#[allow(clippy::cast_possible_wrap)] // a few words
pub fn load_both<T: Words, const OFFSET: usize>(words: &T) -> (u32, u32) {
    const { assert!(OFFSET % 4 == 0 && OFFSET + 8 <= size_of::<T>()) }
    let at = core::ptr::from_ref(words).wrapping_byte_add(T::BASE);
    #[cfg(firmheap_double_words)]
    {
        let (first, second);
        // SAFETY: inside the structure.
        unsafe {
            core::arch::asm!("ldrd {0}, {1}, [{2}, #{3}]", out(reg) first, out(reg) second, in(reg) at,
                const OFFSET as isize - T::BASE as isize, options(pure, readonly, nostack, preserves_flags));
        }
        (first, second)
    }
    // SAFETY: inside the structure.
    #[cfg(not(firmheap_double_words))]
    unsafe {
        let at = at.wrapping_byte_add(OFFSET.wrapping_sub(T::BASE)).cast::<u32>();
        (at.read(), at.add(1).read())
    }
}

/// Two neighbouring words of the heap's memory, both read now: the optimiser would put off the one that is needed later,
/// which takes an instruction more.
///
/// # Safety
/// Both can be read.
#[cfg(firmheap_double_words)]
#[inline(always)]
pub unsafe fn load_pair(at: *const u32) -> (u32, u32) {
    let (first, second);
    // SAFETY: the caller's. Not pure, so it stays here; `out`, so that no result is loaded over the base, which a Cortex-M3
    // that is interrupted may lose (erratum 602117).
    unsafe {
        core::arch::asm!("ldrd {0}, {1}, [{2}]", out(reg) first, out(reg) second, in(reg) at,
            options(readonly, nostack, preserves_flags));
    }
    (first, second)
}

/// The three words that the base leads to: one instruction where there is one.
#[inline(always)]
pub fn load_three<T: Words>(words: &T) -> [u32; 3] {
    const { assert!(T::BASE + 12 <= size_of::<T>()) }
    let at = core::ptr::from_ref(words).wrapping_byte_add(T::BASE);
    #[cfg(firmheap_double_words)]
    {
        let (first, second, third);
        // SAFETY: inside the structure. The registers must ascend, so they are named: of those that are mostly unused
        // behind the call of the lock, the same in both functions, so that nothing need be moved.
        unsafe {
            core::arch::asm!("ldm {0}, {{r10, r12, r14}}", in(reg) at, out("r10") first, out("r12") second,
                out("r14") third, options(pure, readonly, nostack, preserves_flags));
        }
        [first, second, third]
    }
    // SAFETY: inside the structure.
    #[cfg(not(firmheap_double_words))]
    unsafe {
        let at = at.cast::<u32>();
        [at.read(), at.add(1).read(), at.add(2).read()]
    }
}

/// Replaces them.
#[inline(always)]
pub fn store_three<T: Words>(words: &mut T, [first, second, third]: [u32; 3]) {
    const { assert!(T::BASE + 12 <= size_of::<T>()) }
    let at = core::ptr::from_mut(words).wrapping_byte_add(T::BASE);
    // SAFETY: inside the structure.
    unsafe {
        #[cfg(firmheap_double_words)]
        core::arch::asm!("stm {0}, {{r10, r12, r14}}", in(reg) at, in("r10") first, in("r12") second,
            in("r14") third, options(nostack, preserves_flags));
        #[cfg(not(firmheap_double_words))]
        {
            let at = at.cast::<u32>();
            at.write(first);
            at.add(1).write(second);
            at.add(2).write(third);
        }
    }
}

/// The four words that the base leads to.
#[inline(always)]
pub fn load_four<T: Words>(words: &T) -> [u32; 4] {
    const { assert!(T::BASE + 16 <= size_of::<T>()) }
    let at = core::ptr::from_ref(words).wrapping_byte_add(T::BASE);
    #[cfg(firmheap_double_words)]
    {
        let (first, second, third, fourth);
        // SAFETY: as in `load_three`.
        unsafe {
            core::arch::asm!("ldm {0}, {{r9, r10, r12, r14}}", in(reg) at, out("r9") first, out("r10") second,
                out("r12") third, out("r14") fourth, options(pure, readonly, nostack, preserves_flags));
        }
        [first, second, third, fourth]
    }
    // SAFETY: inside the structure.
    #[cfg(not(firmheap_double_words))]
    unsafe {
        let at = at.cast::<u32>();
        [at.read(), at.add(1).read(), at.add(2).read(), at.add(3).read()]
    }
}

/// Replaces them.
#[inline(always)]
pub fn store_four<T: Words>(words: &mut T, [first, second, third, fourth]: [u32; 4]) {
    const { assert!(T::BASE + 16 <= size_of::<T>()) }
    let at = core::ptr::from_mut(words).wrapping_byte_add(T::BASE);
    // SAFETY: inside the structure.
    unsafe {
        #[cfg(firmheap_double_words)]
        core::arch::asm!("stm {0}, {{r9, r10, r12, r14}}", in(reg) at, in("r9") first, in("r10") second,
            in("r12") third, in("r14") fourth, options(nostack, preserves_flags));
        #[cfg(not(firmheap_double_words))]
        {
            let at = at.cast::<u32>();
            at.write(first);
            at.add(1).write(second);
            at.add(2).write(third);
            at.add(3).write(fourth);
        }
    }
}

/// A bit shifted right by a quarter of a signed distance; by nothing if that is negative, out of the word if it is 128 or
/// more. Without a branch: a distance of more than a byte's range saturates, and a shift by more than a word leaves nothing.
#[cfg(firmheap_double_words)]
#[inline(always)]
pub fn shifted_by_words(bit: u32, distance: u32) -> u32 {
    let shifted;
    // SAFETY: between registers. The saturation flag is nobody's at a call.
    unsafe {
        core::arch::asm!("usat {0}, #8, {1}, asr #2", "lsr {0}, {2}, {0}", out(reg) shifted, in(reg) distance,
            in(reg) bit, options(pure, nomem, nostack));
    }
    shifted
}

/// Replaces two neighbouring words.
#[inline(always)]
#[allow(clippy::cast_possible_wrap)] // a few words
pub fn store_both<T: Words, const OFFSET: usize>(words: &mut T, first: u32, second: u32) {
    const { assert!(OFFSET % 4 == 0 && OFFSET + 8 <= size_of::<T>()) }
    let at = core::ptr::from_mut(words).wrapping_byte_add(T::BASE);
    // SAFETY: inside the structure.
    unsafe {
        #[cfg(firmheap_double_words)]
        core::arch::asm!("strd {0}, {1}, [{2}, #{3}]", in(reg) first, in(reg) second, in(reg) at,
            const OFFSET as isize - T::BASE as isize, options(nostack, preserves_flags));
        #[cfg(not(firmheap_double_words))]
        {
            let at = at.wrapping_byte_add(OFFSET.wrapping_sub(T::BASE)).cast::<u32>();
            at.write(first);
            at.add(1).write(second);
        }
    }
}

/// A copy in another register. Where one of two values goes on, the optimiser moves either; this says which.
#[inline(always)]
pub fn moved(value: u32) -> u32 {
    #[cfg(any(target_arch = "arm", target_arch = "riscv32"))]
    {
        let copy: u32;
        // SAFETY: between two registers.
        unsafe {
            #[cfg(target_arch = "arm")]
            core::arch::asm!("mov {copy}, {value}", value = in(reg) value, copy = lateout(reg) copy,
                options(pure, nomem, nostack, preserves_flags));
            #[cfg(target_arch = "riscv32")]
            core::arch::asm!("mv {copy}, {value}", value = in(reg) value, copy = lateout(reg) copy,
                options(pure, nomem, nostack, preserves_flags));
        }
        copy
    }
    #[cfg(not(any(target_arch = "arm", target_arch = "riscv32")))]
    value
}
