// SPDX-License-Identifier: MIT
//! Epochs, survivors, suspects, and what is done with all blocks of one owner: `include/firmheap_track.h`.
//!
//! Every walk goes in steps of [`STEP`] headers with the lock given back between them, so that its length does not
//! matter to other tasks; what is allocated and freed meanwhile may be in the answer or not.

use super::port::{vFirmheapResume, vTaskSuspendAll};
use super::state::{heap, pointer, space, TheLayout};
use super::tracked::{self, owners, tracker};
use super::vPortFree;
use crate::block::{Layout, Tag};
use crate::heap::{Cursor, Stride, Visited};
use crate::region::Array;
use crate::tracker::leaks::{goes_round, Sorted, Survivors, EXCLUDED};
use crate::tracker::owners::{DELETED, FIRST};
use crate::tracker::IS_TASK;
use crate::units::{At, Size};
use cty::c_void;

/// Headers that are looked at with the lock held.
const STEP: Stride = Stride { looks: 32, visits: 32 };
/// Blocks that are freed with the lock held.
const BATCH: usize = 4;

/// `Survivors` as C has them: `HeapSurvivors_t`, with bytes in place of the size.
const _: () = assert!(size_of::<Survivors>() == 4 * 5);

/// Visits all used blocks that have an owner, in steps.
fn walk(mut visit: impl FnMut(At, Size, Tag)) {
    let mut cursor = Cursor::default();
    loop {
        // SAFETY: P-lock, taken here and given back.
        let walked = unsafe {
            vTaskSuspendAll();
            let walked = step(&mut cursor, &mut visit);
            vFirmheapResume();
            walked
        };
        if walked {
            return;
        }
    }
}

/// One step; true at the end, which damage is, too.
///
/// # Safety
/// P-lock.
unsafe fn step(cursor: &mut Cursor, visit: &mut impl FnMut(At, Size, Tag)) -> bool {
    // SAFETY: the caller's.
    let heap = unsafe { heap() };
    let space = heap.space;
    let stays = |at, _| TheLayout::tag(space, at) != Tag::NONE;
    let walked = heap.walk_on(cursor, STEP, stays, |Visited { at, size, used }| {
        let tag = TheLayout::tag(space, at);
        if used && tag != Tag::NONE {
            visit(at, size, tag);
        }
    });
    walked.unwrap_or(true)
}

/// Begins an epoch at this tick; called by the port file.
#[no_mangle]
pub extern "C" fn ulFirmheapMark(ulTick: u32) -> u32 {
    // SAFETY: P-lock, taken here and given back; P-book.
    unsafe {
        vTaskSuspendAll();
        let epoch = owners().mark(ulTick);
        #[cfg(firmheap_track_sites)]
        tracked::call_sites().mark();
        vFirmheapResume();
        if goes_round(epoch) {
            walk(|at, _, tag| {
                if tag.epoch() != EXCLUDED && tag.epoch() != 1 {
                    tracked::set_tag(at, Tag::of(tag.owner(), 0, tag.site()));
                }
            });
        }
        epoch
    }
}

/// The epoch that it is.
#[no_mangle]
pub extern "C" fn ulPortHeapEpoch() -> u32 {
    // SAFETY: P-book; one aligned word.
    unsafe { tracker().book.epoch }
}

/// Ticks since a block of this epoch was handed out, at least and at most, `u32::MAX` if that is not known any more.
///
/// # Safety
/// Both pointers lead to a word.
#[no_mangle]
pub unsafe extern "C" fn vFirmheapAge(
    ulEpoch: u32,
    ulNow: u32,
    pulLeast: *mut u32,
    pulMost: *mut u32,
) {
    // SAFETY: P-lock, taken here and given back; the caller's.
    unsafe {
        vTaskSuspendAll();
        let (least, most) = owners().age(ulEpoch, ulNow);
        vFirmheapResume();
        pulLeast.write(least);
        pulMost.write(most.unwrap_or(u32::MAX));
    }
}

/// Sorts what is left of the epochs from `ulFirst` to `ulLast` into rows by owner, site and epoch; returns how many rows
/// are filled. What found no row is added up in `pxRest`, which may be NULL.
///
/// # Safety
/// `pxRows` leads to so many `HeapSurvivors_t`.
#[no_mangle]
pub unsafe extern "C" fn ulPortHeapSurvivors(
    ulFirst: u32,
    ulLast: u32,
    pxRows: *mut Survivors,
    ulRows: u32,
    pxRest: *mut Survivors,
) -> u32 {
    let mut sorted = Sorted {
        first: ulFirst,
        last: ulLast,
        now: ulPortHeapEpoch(),
        limit: ulRows,
        used: 0,
        // SAFETY: the caller's.
        rows: unsafe { Array::new(pxRows) },
        rest: Survivors::default(),
    };
    walk(|_, size, tag| sorted.enter(tag, size));
    let in_bytes = |row: Survivors| Survivors { size: Size(row.size.bytes()), ..row };
    for row in 0..sorted.used {
        let filled = sorted.rows.get(row);
        sorted.rows.set(row, in_bytes(filled));
    }
    // SAFETY: the caller's.
    if let Some(rest) = unsafe { pxRest.as_mut() } {
        *rest = in_bytes(sorted.rest);
    }
    sorted.used
}

/// Rows that held more at each of the last `ulMarks` marks than at the one before: of sites, or, unless sites are
/// tracked, of owners. Fills at most `ulRows` of them and returns how many there are.
///
/// # Safety
/// `pulRows` leads to so many words.
#[no_mangle]
pub unsafe extern "C" fn ulPortHeapSuspects(ulMarks: u32, pulRows: *mut u32, ulRows: u32) -> u32 {
    let mut found = 0;
    // SAFETY: P-lock, taken here and given back; P-book; the caller's.
    unsafe {
        vTaskSuspendAll();
        #[cfg(firmheap_track_sites)]
        let (sites, end) = (tracked::call_sites(), tracker().book.sites);
        #[cfg(not(firmheap_track_sites))]
        let (owners, end) = (owners(), tracker().book.owners);
        for row in 0..end {
            #[cfg(firmheap_track_sites)]
            let growth = sites.rows.get(row).growth;
            #[cfg(not(firmheap_track_sites))]
            let growth = owners.tracker.rows.get(row).growth;
            if growth >= ulMarks.max(1) {
                if found < ulRows {
                    pulRows.add(found as usize).write(row);
                }
                found += 1;
            }
        }
        vFirmheapResume();
    }
    found
}

/// Begins (not zero) or ends (zero) to leave what an owner asks for out of the survivors; called by the port file.
///
/// # Safety
/// P-lock; a row of the table.
#[no_mangle]
pub unsafe extern "C" fn vFirmheapExclude(ulOwner: u32, ulOn: u32) {
    // SAFETY: the caller's; P-book.
    unsafe {
        if ulOn != 0 {
            owners().exclude(ulOwner);
        } else {
            owners().include(ulOwner);
        }
    }
}

/// The row of whoever calls, which gets one if it has none.
#[no_mangle]
pub extern "C" fn ulPortHeapThisOwner() -> u32 {
    // SAFETY: P-lock, taken here and given back.
    unsafe {
        vTaskSuspendAll();
        let owner = tracked::owner();
        vFirmheapResume();
        owner
    }
}

/// Frees all blocks of an owner, but the control blocks of tasks that have a row; returns how many.
#[no_mangle]
pub extern "C" fn ulPortFreeAll(ulOwner: u32) -> u32 {
    #[cfg(firmheap_free_from_isr)]
    super::pending::drain(u32::MAX);
    let mut cursor = Cursor::default();
    let mut freed = 0;
    loop {
        // SAFETY: P-lock, taken here and given back: it nests, and what is freed has just been found.
        unsafe {
            vTaskSuspendAll();
            let mut found = [At::NONE; BATCH];
            let mut blocks = 0;
            let end = {
                let heap = heap();
                let space = heap.space;
                let stays = |at, _| TheLayout::tag(space, at) != Tag::NONE;
                let stride = Stride { looks: STEP.looks, visits: BATCH as u32 };
                let walked = heap.walk_on(&mut cursor, stride, stays, |visited| {
                    let tag = TheLayout::tag(space, visited.at);
                    if visited.used && tag != Tag::NONE && tag.owner() == ulOwner {
                        if let Some(place) = found.get_mut(blocks) {
                            *place = visited.at;
                            blocks += 1;
                        }
                    }
                });
                walked.unwrap_or(true)
            };
            for at in found.into_iter().take_while(|at| *at != At::NONE) {
                vPortFree(pointer(at));
                freed += 1;
            }
            vFirmheapResume();
            if end {
                return freed;
            }
        }
    }
}

/// All blocks of a row of a task that is gone become those of the row for deleted tasks.
fn fold(owner: u32) -> u32 {
    let mut blocks = 0;
    walk(|at, size, tag| {
        if tag.owner() & !IS_TASK == owner {
            // SAFETY: P-lock, held by the walk; P-book.
            unsafe {
                if tracker().hand_over(owner, DELETED, size) {
                    #[cfg(firmheap_budgets)]
                    {
                        let held = |row| tracker().rows.get(row).tally.size;
                        super::budget::quota().change(owner, held(owner) + size, held(owner));
                        super::budget::quota().change(DELETED, held(DELETED) - size, held(DELETED));
                    }
                }
            }
            TheLayout::set_tag(
                space(super::state::counters()),
                at,
                tag.with_owner(DELETED | tag.owner() & IS_TASK),
            );
            blocks += 1;
        }
    });
    blocks
}

/// What is done with what a deleted task left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Policy {
    Keep,
    Free,
    Report,
}

/// Goes through the rows of deleted tasks that left something: returns how many there were.
///
/// # Safety
/// `pxReport` is a function, or NULL.
#[no_mangle]
pub unsafe extern "C" fn ulPortHeapReap(
    ulPolicy: u32,
    pxReport: Option<unsafe extern "C" fn(u32, *mut c_void)>,
    pvContext: *mut c_void,
) -> u32 {
    let policy = match ulPolicy {
        0 => Policy::Keep,
        1 => Policy::Free,
        _ => Policy::Report,
    };
    let mut tasks = 0;
    // SAFETY: P-book; aligned words, and what they say of a task that is gone does not change back.
    let end = unsafe { tracker().book.owners };
    for owner in FIRST..end {
        // SAFETY: as above.
        let left = unsafe {
            let owners = owners();
            owners.faces.get(owner).is_deleted() && owners.tracker.rows.get(owner).tally.blocks != 0
        };
        if !left {
            continue;
        }
        tasks += 1;
        if let Some(report) = pxReport {
            // SAFETY: the caller's.
            unsafe { report(owner, pvContext) };
        }
        match policy {
            Policy::Keep => {
                fold(owner);
            }
            Policy::Free => {
                ulPortFreeAll(owner);
            }
            Policy::Report => {}
        }
    }
    tasks
}
