// SPDX-License-Identifier: MIT
//! Pools for the port file `port/firmheap_pool.c`, which has the critical sections, the waiting and the macros.
//!
//! Safety contract, referred to below by name:
//! * **P-pool**: `pxPool` leads to the first words of a `Pool_t`, either all zeros or as `lFirmheapPoolInitialise` or the
//!   macros of `firmheap_pool.h` made them, whose memory is the pool's; and the caller has excluded tasks and interrupts.

use crate::fault::Kind;
use crate::pool::{Counts, Pool, Unusable};
use crate::region::Slots;
use core::ptr::null_mut;
use cty::{c_void, size_t};

/// The first words of `Pool_t` in `include/firmheap_pool.h`, which asserts the same sizes and offsets.
#[repr(C)]
pub struct Control {
    counts: Counts,
    blocks: *mut u8,
    used: *mut u32,
}
const _: () = assert!(size_of::<Control>() == 2 * size_of::<usize>() + 24);

/// # Safety
/// P-pool.
#[inline(always)]
unsafe fn pool<'a>(control: *mut Control) -> Pool<'a> {
    // SAFETY: P-pool.
    unsafe {
        let control = &mut *control;
        Pool::new(&mut control.counts, Slots::new(control.blocks, control.used))
    }
}

/// Makes a pool without used blocks: zero, or what is wrong with it (`errPOOL_...`), and then nothing is changed.
///
/// # Safety
/// P-pool, but that the words may be anything; the memory is as large as the numbers say.
#[no_mangle]
pub unsafe extern "C" fn lFirmheapPoolInitialise(
    pxPool: *mut Control,
    pvBlocks: *mut c_void,
    pulUsed: *mut u32,
    xBlockBytes: size_t,
    xBlocks: size_t,
) -> i32 {
    let counts = match Counts::new(xBlockBytes, xBlocks) {
        _ if pvBlocks.is_null() || pulUsed.is_null() => return Unusable::Missing as i32,
        _ if pvBlocks as usize % size_of::<usize>() != 0 || pulUsed as usize % 4 != 0 => {
            return Unusable::Misaligned as i32;
        }
        Ok(counts) => counts,
        Err(unusable) => return unusable as i32,
    };
    // SAFETY: P-pool; the map has a word for every 32 blocks.
    unsafe {
        for word in 0..counts.blocks.div_ceil(32) {
            pulUsed.add(word as usize).write(0);
        }
        pxPool.write(Control { counts, blocks: pvBlocks.cast(), used: pulUsed });
    }
    0
}

/// Takes a block; NULL if there is none, or the next one is damaged: `pvFirmheapPoolWhy` tells which.
/// Cost: O(1), no loop.
///
/// # Safety
/// P-pool.
#[no_mangle]
pub unsafe extern "C" fn pvFirmheapPoolTake(pxPool: *mut Control) -> *mut c_void {
    // SAFETY: P-pool.
    let (mut pool, blocks) = unsafe { (pool(pxPool), (*pxPool).blocks) };
    match pool.take() {
        Some(offset) => blocks.wrapping_add(offset as usize).cast(),
        None => null_mut(),
    }
}

/// Gives a block back: zero, or the fault (`FirmheapFault`), and then nothing is changed.
/// Cost: O(1), no loop.
///
/// # Safety
/// P-pool. `pv` may be anything.
#[no_mangle]
pub unsafe extern "C" fn ulFirmheapPoolGive(pxPool: *mut Control, pv: *mut c_void) -> u32 {
    // SAFETY: P-pool.
    let (mut pool, blocks) = unsafe { (pool(pxPool), (*pxPool).blocks) };
    let distance = (pv as usize).wrapping_sub(blocks as usize);
    let given = match u32::try_from(distance) {
        Ok(offset) => pool.give(offset),
        Err(_) => Err(Kind::ForeignPointer),
    };
    match given {
        Ok(()) => Kind::None as u32,
        Err(kind) => kind as u32,
    }
}

/// After `pvFirmheapPoolTake` gave NULL, under the same exclusion: the free block that was written to, or NULL if there
/// was none to take.
///
/// # Safety
/// P-pool.
#[no_mangle]
pub unsafe extern "C" fn pvFirmheapPoolWhy(pxPool: *mut Control) -> *mut c_void {
    // SAFETY: P-pool.
    let (pool, blocks) = unsafe { (pool(pxPool), (*pxPool).blocks) };
    pool.why().map_or(null_mut(), |offset| blocks.wrapping_add(offset as usize).cast())
}

/// Walks over map and list: zero, or the fault. Cost: O(blocks).
///
/// # Safety
/// P-pool.
#[no_mangle]
pub unsafe extern "C" fn ulFirmheapPoolCheck(pxPool: *mut Control) -> u32 {
    // SAFETY: P-pool.
    match unsafe { pool(pxPool) }.check() {
        Ok(()) => Kind::None as u32,
        Err(kind) => kind as u32,
    }
}
