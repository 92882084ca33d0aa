// SPDX-License-Identifier: MIT
//! `FIRMHEAP_BUDGETS`: what an owner may take is asked before the heap is, under the heap's lock; for
//! `include/firmheap_budget.h` and the port file, which has the callback and knows priorities.
//!
//! Safety contract **P-shares**: the port file defines `Shares`, and a `Budget` for each row of the table of owners, zeroed
//! before the heap is set up; used under the heap's lock only.

use super::port::{pvFirmheapRefused, vFirmheapResume, vTaskSuspendAll};
use super::state::{heap, TheLayout};
use super::tracked::{self, owners};
use crate::block::Layout;
use crate::config;
use crate::quota::{Budget, Quota, Shares, Why, Wrong};
use crate::region::Array;
use crate::units::{Size, GRANULE};
use core::ptr::{addr_of_mut, null_mut};
use cty::{c_void, size_t};

// What the port file reserves for them.
const _: () = assert!(size_of::<Shares>() == 4 * 5);
const _: () = assert!(size_of::<Budget>() == 4 * 5);

extern "C" {
    /// Its name is the linker's word to whoever compiled the port file without.
    static mut xFirmheapShares_of_a_port_file_with_FIRMHEAP_BUDGETS: Shares;
    static mut xFirmheapBudgets: Budget;
    fn ulFirmheapPriority() -> u32;
    fn vFirmheapBudgetRefused(ulOwner: u32, ulWhy: u32, xBytes: size_t);
    fn vFirmheapBudgetNotice();
}

/// # Safety
/// P-shares, P-lock.
#[inline(always)]
pub unsafe fn quota() -> Quota<'static> {
    // SAFETY: the caller's.
    unsafe {
        Quota {
            shares: &mut *addr_of_mut!(xFirmheapShares_of_a_port_file_with_FIRMHEAP_BUDGETS),
            budgets: Array::new(addr_of_mut!(xFirmheapBudgets)),
            slack: Size(TheLayout::BLOCK_MIN.0 - 2),
        }
    }
}

/// What the heap has free.
///
/// # Safety
/// P-lock.
unsafe fn free() -> Size {
    // SAFETY: the caller's.
    unsafe {
        if config::WARDED {
            super::ward::warded().free()
        } else {
            heap().control.counters.free
        }
    }
}

/// May whoever calls have a block of this size?
///
/// # Errors
/// Why not.
///
/// # Safety
/// P-lock.
#[inline(never)]
pub unsafe fn may_take(size: Size, free: Size) -> Result<(), Why> {
    // SAFETY: the caller's; the port file is asked for the priority of the caller.
    unsafe {
        let owner = tracked::owner();
        let held = tracked::tracker().rows.get(owner).tally.size;
        quota().ask(owner, held, size, free, |least| ulFirmheapPriority() >= least)
    }
}

/// May the owner of the block at `at` have it grow by so much?
///
/// # Errors
/// Why not.
///
/// # Safety
/// P-lock.
#[cfg(feature = "extensions")]
pub unsafe fn may_grow(at: crate::units::At, from: Size, to: Size) -> Result<(), Why> {
    // SAFETY: the caller's.
    unsafe {
        let owner = tracked::tag_of(at).owner() & !crate::tracker::IS_TASK;
        if to <= from || owner >= tracked::tracker().book.owners {
            return Ok(());
        }
        let held = tracked::tracker().rows.get(owner).tally.size;
        quota().ask(owner, held, to - from, free(), |least| ulFirmheapPriority() >= least)
    }
}

/// A request is refused for a budget. The lock is held.
#[cold]
#[inline(never)]
pub fn refuse(size: Size, why: Why, caller: tracked::Caller) -> *mut c_void {
    // SAFETY: P-lock.
    unsafe { refuse_for(tracked::owner(), size, why as u32, 0, caller) }
}

/// The same for a block of this owner's, which was to have this size and, unless it is zero, this alignment.
///
/// # Safety
/// P-lock, given back.
#[cold]
#[inline(never)]
pub unsafe fn refuse_for(
    owner: u32,
    size: Size,
    why: u32,
    alignment: size_t,
    caller: tracked::Caller,
) -> *mut c_void {
    // SAFETY: P-lock: the port resumes the scheduler and runs the failed hook, and then the callback.
    unsafe {
        tracked::refused(caller);
        tracked::refused_for(why);
        #[cfg(feature = "extensions")]
        tracked::refused_alignment(alignment);
        #[cfg(not(feature = "extensions"))]
        let _ = alignment;
        let pv = pvFirmheapRefused(null_mut(), 0); // no bytes: no other memory is asked
        vFirmheapBudgetRefused(owner, why, size.bytes() as size_t);
        pv
    }
}

/// Tells of an owner that came above its soft limit, if there is one. The lock is given back.
#[inline(always)]
pub fn tell() {
    // SAFETY: P-shares; one aligned word, looked at again under the lock.
    unsafe {
        if (*addr_of_mut!(xFirmheapShares_of_a_port_file_with_FIRMHEAP_BUDGETS)).notice != 0 {
            vFirmheapBudgetNotice();
        }
    }
}

/// The owner to tell of, which is then told of; `u32::MAX` if there is none. Called by the port file.
#[no_mangle]
pub extern "C" fn ulFirmheapTakeNotice() -> u32 {
    // SAFETY: P-lock, taken here and given back; P-shares.
    unsafe {
        vTaskSuspendAll();
        let quota = quota();
        let notice = core::mem::take(&mut quota.shares.notice);
        vFirmheapResume();
        notice.wrapping_sub(1)
    }
}

/// An owner's budget; `HeapBudget_t`.
#[repr(C)]
pub struct HeapBudget {
    /// The callback is told when the owner comes to hold more; 0: never.
    pub xSoftBytes: size_t,
    /// More is refused; 0: no limit.
    pub xHardBytes: size_t,
    /// So much is kept free for it from others; 0: nothing.
    pub xReserveBytes: size_t,
}

/// A size for a number of bytes, rounded up; what is too large is larger than any heap.
fn size_of_bytes(bytes: size_t) -> Size {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).min(0x3FFF_FFFF);
    Size::holding(bytes.min(u32::MAX - GRANULE))
}

/// What an owner holds, if the row is one's.
///
/// # Safety
/// P-lock.
unsafe fn held(owner: u32) -> Option<Size> {
    // SAFETY: the caller's.
    let owners = unsafe { owners() };
    let known = owner < owners.tracker.book.owners && owners.is_somebody(owner);
    known.then(|| owners.tracker.rows.get(owner).tally.size)
}

/// Gives an owner a budget, in place of the one it had: 0, or `errBUDGET_...`, and then nothing is changed.
/// Cost: O(1). Context: task.
///
/// # Safety
/// `pxBudget` leads to a `HeapBudget_t`, or is NULL: no budget.
#[no_mangle]
pub unsafe extern "C" fn lPortHeapBudget(ulOwner: u32, pxBudget: *const HeapBudget) -> i32 {
    // SAFETY: P-lock, taken here and given back; P-shares; the struct is the caller's promise.
    unsafe {
        let wanted = match pxBudget.as_ref() {
            None => Budget::default(),
            Some(budget) => Budget {
                soft: size_of_bytes(budget.xSoftBytes),
                hard: size_of_bytes(budget.xHardBytes),
                reserve: size_of_bytes(budget.xReserveBytes),
                ..Budget::default()
            },
        };
        vTaskSuspendAll();
        let set = match held(ulOwner) {
            None => Err(Wrong::Owner),
            Some(held) => quota().set(ulOwner, wanted, held, free()),
        };
        vFirmheapResume();
        set.map_or_else(|wrong| wrong as i32, |()| 0)
    }
}

/// Fills `pxBudget` with an owner's budget: 0, or `errBUDGET_NO_OWNER`, and then nothing is filled.
/// Cost: O(1). Context: task.
///
/// # Safety
/// `pxBudget` leads to a `HeapBudget_t`.
#[no_mangle]
pub unsafe extern "C" fn lPortHeapGetBudget(ulOwner: u32, pxBudget: *mut HeapBudget) -> i32 {
    // SAFETY: P-lock, taken here and given back; P-shares; the struct is the caller's promise.
    unsafe {
        vTaskSuspendAll();
        let found = held(ulOwner).map(|_| quota().budgets.get(ulOwner));
        vFirmheapResume();
        let Some(budget) = found else { return Wrong::Owner as i32 };
        pxBudget.write(HeapBudget {
            xSoftBytes: budget.soft.bytes() as size_t,
            xHardBytes: budget.hard.bytes() as size_t,
            xReserveBytes: budget.reserve.bytes() as size_t,
        });
    }
    0
}

/// Keeps so many bytes free for tasks of at least this priority; 0 bytes end that. 0, or `errBUDGET_TOO_MUCH`.
/// Cost: O(1). Context: task.
#[no_mangle]
pub extern "C" fn lPortHeapReserveForPriority(xBytes: size_t, ulPriorityMin: u32) -> i32 {
    // SAFETY: P-lock, taken here and given back; P-shares.
    unsafe {
        vTaskSuspendAll();
        let kept = quota().keep_free(size_of_bytes(xBytes), ulPriorityMin, free());
        vFirmheapResume();
        kept.map_or_else(|wrong| wrong as i32, |()| 0)
    }
}

/// Requests of an owner that its budget refused, or for all that others' did; 0 for no such row.
#[no_mangle]
pub extern "C" fn ulPortHeapBudgetRefused(ulOwner: u32) -> u32 {
    // SAFETY: P-shares; one aligned word of the table.
    unsafe {
        if ulOwner >= tracked::tracker().book.owners {
            return 0;
        }
        quota().budgets.get(ulOwner).refused
    }
}

/// Bytes that all owners together may still claim of their reserves.
#[no_mangle]
pub extern "C" fn xPortHeapPromised() -> size_t {
    // SAFETY: P-shares; one aligned word.
    unsafe { quota().shares.promised.bytes() as size_t }
}
