// SPDX-License-Identifier: MIT
//! What is asked of the tracker from C: `include/firmheap_track.h`, which declares all of this, and the port file.

use super::port::{vFirmheapResume, vTaskSuspendAll};
use super::state::{alleged, heap, TheLayout};
use super::tracked::{self, owners, tracker};
use crate::block::{Layout, Tag};
use crate::tracker::owners::{Face, BOOT, DELETED, FIRST, INTERRUPT, NAME, OVERFLOW};
use crate::tracker::{Book, Row, IS_TASK};
use crate::units::At;
use cty::{c_char, c_void, size_t};

// What the port file reserves for them.
const _: () = assert!(size_of::<Book>() == size_of::<usize>() + 4 * 22);
const _: () = assert!(size_of::<Row>() == 4 * 8);
const _: () = assert!(size_of::<Face>() == 4 * size_of::<usize>() + NAME);

/// What an owner holds; `HeapOwner_t`.
#[repr(C)]
pub struct HeapOwner {
    /// Its name, or what its row is for.
    pub pcName: *const c_char,
    /// The task's handle; of one that was deleted, the handle it had; NULL for fixed rows.
    pub pvTask: *mut c_void,
    /// Bytes of its blocks now, headers included, and at most.
    pub xBytes: size_t,
    /// See `xBytes`.
    pub xBytesMax: size_t,
    /// Its blocks now, and at most.
    pub xBlocks: size_t,
    /// See `xBlocks`.
    pub xBlocksMax: size_t,
    /// One of `heapOWNER_...`.
    pub ulKind: u32,
}

/// Who holds a block; `HeapTag_t`.
#[repr(C)]
pub struct HeapTag {
    /// Row of the owner, for `xPortHeapOwner`.
    pub ulOwner: u32,
    /// Row of the site, for `xPortHeapSite`.
    pub ulSite: u32,
    /// Number of the epoch, the lowest eight bits.
    pub ulEpoch: u32,
    /// Size of the block, header included.
    pub xBytes: size_t,
}

const FIXED: [&[u8]; 4] =
    [b"(before the scheduler)\0", b"(interrupts)\0", b"(deleted tasks)\0", b"(table full)\0"];
const _: () = assert!(BOOT == 0 && INTERRUPT == 1 && DELETED == 2 && OVERFLOW == 3 && FIRST == 4);

/// Rows of the table of owners, fixed and unused ones included. 0 before the first request.
#[no_mangle]
pub extern "C" fn ulPortHeapOwners() -> u32 {
    // SAFETY: P-book; one aligned word.
    unsafe { tracker().book.owners }
}

/// Fills `pxOwner` for a row: 1, or 0 if the row is nobody's or there is no such row.
///
/// # Safety
/// `pxOwner` leads to a `HeapOwner_t`.
#[no_mangle]
pub unsafe extern "C" fn xPortHeapOwner(ulOwner: u32, pxOwner: *mut HeapOwner) -> u32 {
    // SAFETY: P-lock, taken here and given back; P-book; the struct is the caller's promise.
    unsafe {
        if ulOwner >= ulPortHeapOwners() {
            return 0;
        }
        vTaskSuspendAll();
        let (row, face) = {
            let owners = owners();
            (owners.tracker.rows.get(ulOwner), owners.faces.get(ulOwner))
        };
        vFirmheapResume();
        if ulOwner >= FIRST && face.state == 0 {
            return 0;
        }
        let tally = row.tally.settled();
        pxOwner.write(HeapOwner {
            pcName: name(ulOwner),
            pvTask: core::ptr::with_exposed_provenance_mut(face.task),
            xBytes: tally.size.bytes() as size_t,
            xBytesMax: tally.size_max.bytes() as size_t,
            xBlocks: tally.blocks as size_t,
            xBlocksMax: tally.blocks_max as size_t,
            ulKind: match ulOwner {
                FIRST.. => 3 + face.state,
                fixed => fixed,
            },
        });
    }
    1
}

/// The name of a row, which stays where it is.
pub fn name(owner: u32) -> *const c_char {
    match FIXED.get(owner as usize) {
        Some(fixed) => fixed.as_ptr().cast(),
        // SAFETY: P-book; the address of a word of the table.
        None => unsafe { super::tracked::face_name(owner) },
    }
}

/// The row of a living task, or `u32::MAX`; NULL is the caller.
#[no_mangle]
pub extern "C" fn ulPortHeapOwnerOfTask(pvTask: *const c_void) -> u32 {
    // SAFETY: P-lock, taken here and given back; P-book.
    unsafe {
        vTaskSuspendAll();
        let task = if pvTask.is_null() { tracked::current_task() } else { pvTask as usize };
        let found = owners().find(task);
        vFirmheapResume();
        found.unwrap_or(u32::MAX)
    }
}

/// What is held from a site; `HeapSite_t`.
#[repr(C)]
pub struct HeapSite {
    /// The return address, unless there is a text.
    pub pvPlace: *const c_void,
    /// File and line.
    pub pcPlace: *const c_char,
    /// Bytes of its blocks now, headers included, and at most.
    pub xBytes: size_t,
    /// See `xBytes`.
    pub xBytesMax: size_t,
    /// Its blocks now, and at most.
    pub xBlocks: size_t,
    /// See `xBlocks`.
    pub xBlocksMax: size_t,
    /// Requests served ever.
    pub ulAllocations: u32,
}

/// Rows of the table of sites.
#[no_mangle]
pub extern "C" fn ulPortHeapSites() -> u32 {
    // SAFETY: P-book; one aligned word.
    unsafe { tracker().book.sites }
}

/// Fills `pxSite` for a row: 1, or 0 if the row is nobody's or there is no such row.
///
/// # Safety
/// `pxSite` leads to a `HeapSite_t`.
#[no_mangle]
pub unsafe extern "C" fn xPortHeapSite(ulSite: u32, pxSite: *mut HeapSite) -> u32 {
    if ulSite >= ulPortHeapSites() {
        return 0;
    }
    // SAFETY: P-lock, taken here and given back; P-book; the struct is the caller's promise.
    unsafe {
        vTaskSuspendAll();
        let site = tracked::site(ulSite);
        vFirmheapResume();
        if ulSite != 0 && site.place == 0 {
            return 0;
        }
        let tally = site.tally.settled();
        let place: *const u8 = core::ptr::with_exposed_provenance(site.place);
        let is_text = site.is_text != 0;
        pxSite.write(HeapSite {
            pvPlace: if is_text { core::ptr::null() } else { place.cast() },
            pcPlace: if is_text { place.cast() } else { core::ptr::null() },
            xBytes: tally.size.bytes() as size_t,
            xBytesMax: tally.size_max.bytes() as size_t,
            xBlocks: tally.blocks as size_t,
            xBlocksMax: tally.blocks_max as size_t,
            ulAllocations: site.allocations,
        });
    }
    1
}

/// Who holds a block: 1, or 0 if `pv` is no used block of this heap.
/// Cost: a walk over the regions' table at most. Context: task.
///
/// # Safety
/// `pxTag` leads to a `HeapTag_t`.
#[no_mangle]
pub unsafe extern "C" fn xPortHeapBlockTag(pv: *const c_void, pxTag: *mut HeapTag) -> u32 {
    let at = alleged(pv.cast_mut());
    // SAFETY: P-lock, taken here and given back; the struct is the caller's promise.
    unsafe {
        vTaskSuspendAll();
        let heap = heap();
        let space = heap.space;
        let found =
            heap.is_used_block(at).then(|| (TheLayout::tag(space, at), TheLayout::size(space, at)));
        vFirmheapResume();
        let Some((tag, size)) = found else {
            return 0;
        };
        if tag == Tag::NONE {
            return 0; // it waits in the quarantine
        }
        pxTag.write(HeapTag {
            ulOwner: tag.owner() & !IS_TASK,
            ulSite: tag.site(),
            ulEpoch: tag.epoch(),
            xBytes: size.bytes() as size_t,
        });
    }
    1
}

/// The row of the living task with this handle, or 0; called by the port file where nothing else keeps it.
/// What is found is remembered until another is asked for.
///
/// # Safety
/// P-lock.
#[no_mangle]
pub unsafe extern "C" fn ulFirmheapFindOwner(pvTask: *mut c_void) -> u32 {
    // SAFETY: the caller's; P-book.
    unsafe {
        let mut owners = owners();
        let Some(own) = owners.find(pvTask as usize) else { return BOOT };
        let row = owners.counts_in(own);
        owners.remember(pvTask as usize, row);
        row
    }
}

/// The task's requests go to this row, until another task's come; called by the port file, under the lock.
///
/// # Safety
/// P-lock.
#[no_mangle]
pub unsafe extern "C" fn vFirmheapRememberOwner(pvTask: *mut c_void, ulRow: u32) {
    // SAFETY: the caller's; P-book.
    unsafe { owners().remember(pvTask as usize, ulRow) }
}

/// Gives a row to a task that makes its first request; called by the port file, under the lock.
///
/// # Safety
/// P-lock. `pcName` leads to a text, or is NULL.
#[no_mangle]
pub unsafe extern "C" fn ulFirmheapEnrol(pvTask: *mut c_void, pcName: *const c_char) -> u32 {
    let mut name = [0u8; NAME];
    // SAFETY: the caller's; P-book, P-lock.
    unsafe {
        copy_name(&mut name, pcName);
        let row = owners().enrol(pvTask as usize, &name);
        #[cfg(firmheap_track_trace)]
        super::trace::forget(row);
        #[cfg(firmheap_budgets)]
        if row >= FIRST {
            super::budget::quota().forget(row, crate::units::Size::ZERO);
        }
        mark_control_block(alleged(pvTask));
        row
    }
}

/// # Safety
/// `from` leads to a text, or is NULL.
unsafe fn copy_name(name: &mut [u8; NAME], from: *const c_char) {
    if from.is_null() {
        return;
    }
    for (index, byte) in name[..NAME - 1].iter_mut().enumerate() {
        // SAFETY: the caller's; the text has not ended yet.
        *byte = unsafe { from.cast::<u8>().add(index).read() };
        if *byte == 0 {
            break;
        }
    }
}

/// A row for a group of the application's, or `u32::MAX` if there is none left. The group is never given up.
/// Cost: one step for each row. Context: task.
///
/// # Safety
/// `pcName` leads to a text, of which 15 characters are kept, or is NULL.
#[no_mangle]
pub unsafe extern "C" fn ulPortHeapGroup(pcName: *const c_char) -> u32 {
    let mut name = [0u8; NAME];
    // SAFETY: P-lock, taken here and given back; P-book; the caller's.
    unsafe {
        copy_name(&mut name, pcName);
        vTaskSuspendAll();
        let row = owners().group(&name);
        #[cfg(firmheap_budgets)]
        if let Some(row) = row {
            super::budget::quota().forget(row, crate::units::Size::ZERO);
        }
        vFirmheapResume();
        row.unwrap_or(u32::MAX)
    }
}

/// Enters what a task asks for in a group's row, or in its own again (`ulGroup` 0): the row that counts, or
/// `u32::MAX` if there is no such group. Called by the port file.
///
/// # Safety
/// P-lock; `ulOwn` is the task's own row.
#[no_mangle]
pub unsafe extern "C" fn ulFirmheapJoin(ulOwn: u32, ulGroup: u32) -> u32 {
    // SAFETY: the caller's; P-book.
    unsafe {
        let mut owners = owners();
        if ulOwn < FIRST || (ulGroup != BOOT && !owners.is_group(ulGroup)) {
            return u32::MAX;
        }
        owners.tracker.book.last_task = 0;
        owners.tracker.book.last_row = BOOT;
        owners.join(ulOwn, ulGroup)
    }
}

/// If the task's control block is a block of this heap, freeing it will end the row.
///
/// # Safety
/// P-lock.
unsafe fn mark_control_block(at: At) {
    // SAFETY: the caller's.
    unsafe {
        if heap().is_used_block(at) {
            let tag = tracked::tag_of(at);
            if tag.owner() < tracker().book.owners {
                tracked::set_tag(at, tag.with_owner(tag.owner() | IS_TASK));
            }
        }
    }
}

/// Bytes and blocks that came back with a damaged tag: the rows still hold them.
///
/// # Safety
/// Both pointers lead to a word, or are NULL.
#[no_mangle]
pub unsafe extern "C" fn vPortHeapAstray(pxBytes: *mut size_t, pxBlocks: *mut size_t) {
    // SAFETY: P-book; aligned words; the caller's promise.
    unsafe {
        let astray = tracker().book.astray;
        if let Some(bytes) = pxBytes.as_mut() {
            *bytes = astray.size.bytes() as size_t;
        }
        if let Some(blocks) = pxBlocks.as_mut() {
            *blocks = astray.blocks as size_t;
        }
    }
}
