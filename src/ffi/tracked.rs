// SPDX-License-Identifier: MIT
//! `FIRMHEAP_TRACK`: every block that is handed out or comes back is entered in the tracker's tables, which stand in
//! the port file's data.
//!
//! Safety contract, referred to below by name:
//! * **P-book**: the port file defines `xFirmheapTracker` with a `Book` first and behind it as many rows as
//!   `ulFirmheapOwnerLimit` says; as many faces; and, where sites are tracked, as many sites as
//!   `ulFirmheapSiteLimit` says. All zeros before the heap is set up. Used under the heap's lock only.

use super::state::{counters, space, TheLayout};
#[cfg(firmheap_track_trace)]
use super::trace;
use crate::block::{Layout, Tag};
use crate::region::Array;
use crate::tracker::owners::{Face, Owners, BOOT};
use crate::tracker::sites::Site;
#[cfg(firmheap_track_sites)]
use crate::tracker::sites::{self, Sites};
use crate::tracker::{Book, Given, Row, Tracker};
use crate::units::{At, Size};
use core::ptr::addr_of_mut;

extern "C" {
    /// Its name is the linker's word to whoever compiled the port file without.
    static mut xFirmheapTracker_of_a_port_file_with_FIRMHEAP_TRACK_tasks: Book;
    static mut xFirmheapFaces: Face;
    static ulFirmheapOwnerLimit: u32;
    #[cfg(firmheap_track_sites)]
    static mut xFirmheapSites_of_a_port_file_with_FIRMHEAP_TRACK_sites: Site;
    #[cfg(firmheap_track_sites)]
    static ulFirmheapSiteLimit: u32;
    static mut xFirmheapRefusal: Refusal;
    /// The row of this task, which is not the one that was met last.
    fn ulFirmheapMeetTask(task: usize) -> u32;
    /// Not zero in an interrupt handler, which may allocate with this lock.
    #[cfg(firmheap_lock_critical)]
    fn ulFirmheapInHandler() -> u32;
    /// The kernel.
    fn xTaskGetCurrentTaskHandle() -> usize;
}

/// What was asked for and, if sites are tracked, where.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Caller {
    /// Bytes; zero if they are not known.
    wanted: usize,
    /// A return address, or the address of a text.
    #[cfg(firmheap_track_sites)]
    pub place: usize,
    /// Not zero: a text.
    #[cfg(firmheap_track_sites)]
    pub is_text: u32,
}

impl Caller {
    /// Nobody that is known.
    #[cfg(not(firmheap_track_sites))]
    pub const NONE: Caller = Caller { wanted: 0 };

    /// Somebody, by address or, if `is_text` is not zero, by a text.
    #[cfg(firmheap_track_sites)]
    pub fn of(place: usize, is_text: u32) -> Caller {
        Caller { wanted: 0, place, is_text }
    }

    /// The same, who asks for so many bytes.
    #[inline(always)]
    #[must_use]
    pub fn wants(mut self, bytes: usize) -> Caller {
        self.wanted = bytes;
        self
    }

    /// What to ask for when a request is begun again: what was asked for, where that is known.
    #[inline(always)]
    pub fn wanted_or(self, bytes: usize) -> usize {
        if self.wanted == 0 {
            bytes
        } else {
            self.wanted
        }
    }
}

/// What is kept of requests that the heap refused, for `port/firmheap_failure.c`. The port file counts them: another region
/// may have served the request.
#[repr(C)]
pub struct Refusal {
    /// What the last asked for.
    bytes: usize,
    /// The largest that failed: the port file's.
    largest: usize,
    /// Where the last came from, as in [`Caller`].
    place: usize,
    is_text: u32,
    /// How many failed: the port file's.
    count: u32,
    /// The alignment that the last asked for; zero: the usual.
    alignment: usize,
    /// Why a budget refused it (`heapBUDGET_...`); zero: none did.
    budget: usize,
}
const _: () = assert!(size_of::<Refusal>() == 5 * size_of::<usize>() + 8);

fn book() -> *mut Book {
    addr_of_mut!(xFirmheapTracker_of_a_port_file_with_FIRMHEAP_TRACK_tasks)
}

/// # Safety
/// P-book, P-lock.
#[inline(always)]
pub unsafe fn tracker() -> Tracker<'static> {
    // SAFETY: P-book; the rows stand behind the words.
    unsafe { Tracker { book: &mut *book(), rows: Array::new(book().add(1).cast::<Row>()) } }
}

/// # Safety
/// P-book, P-lock.
pub unsafe fn owners() -> Owners<'static> {
    // SAFETY: P-book.
    unsafe { Owners { tracker: tracker(), faces: Array::new(addr_of_mut!(xFirmheapFaces)) } }
}

/// # Safety
/// P-book, P-lock; no other `Tracker` exists meanwhile.
#[cfg(firmheap_track_sites)]
pub unsafe fn call_sites() -> Sites<'static> {
    let rows = addr_of_mut!(xFirmheapSites_of_a_port_file_with_FIRMHEAP_TRACK_sites);
    // SAFETY: P-book.
    unsafe { Sites { book: &mut *book(), rows: Array::new(rows) } }
}

/// Opens the tables; when the heap is set up.
///
/// # Safety
/// P-book, P-lock.
pub unsafe fn start() {
    // SAFETY: the caller's.
    unsafe {
        owners().open(ulFirmheapOwnerLimit);
        #[cfg(firmheap_track_sites)]
        {
            (*book()).sites = ulFirmheapSiteLimit.min(sites::LIMIT);
        }
    }
}

/// The row of whoever calls.
///
/// # Safety
/// P-lock; a call into the port file, which may enrol the task: no `Tracker` exists meanwhile.
#[inline(always)]
pub unsafe fn owner() -> u32 {
    // SAFETY: the caller's.
    unsafe {
        #[cfg(firmheap_lock_critical)]
        if ulFirmheapInHandler() != 0 {
            return crate::tracker::owners::INTERRUPT;
        }
        let task = xTaskGetCurrentTaskHandle();
        if task == (*book()).last_task {
            (*book()).last_row
        } else {
            meet(task)
        }
    }
}

/// The row of another task than the last one. Whatever was in a slot that other code writes to, it is in the table.
///
/// # Safety
/// As for [`owner`].
#[cold]
#[inline(never)]
unsafe fn meet(task: usize) -> u32 {
    // SAFETY: the caller's.
    unsafe {
        if (*book()).owners == 0 {
            return BOOT; // there is no table yet, and the port file would keep the answer
        }
        let met = ulFirmheapMeetTask(task);
        if met < (*book()).owners {
            met
        } else {
            BOOT
        }
    }
}

/// The task that runs, or 0.
pub fn current_task() -> usize {
    // SAFETY: a plain kernel call.
    unsafe { xTaskGetCurrentTaskHandle() }
}

/// A row of the table of sites.
///
/// # Safety
/// P-book, P-lock; a row of the table.
pub unsafe fn site(row: u32) -> Site {
    #[cfg(firmheap_track_sites)]
    // SAFETY: the caller's.
    unsafe {
        call_sites().rows.get(row)
    }
    #[cfg(not(firmheap_track_sites))]
    {
        let _ = row;
        Site::default()
    }
}

/// The name in a face, which stays where it is.
///
/// # Safety
/// P-book; a row of the table.
pub unsafe fn face_name(owner: u32) -> *const cty::c_char {
    // SAFETY: the caller's.
    unsafe { addr_of_mut!((*addr_of_mut!(xFirmheapFaces).add(owner as usize)).name).cast() }
}

/// An owner holds more or less than `before` says.
///
/// # Safety
/// P-book, P-lock; a row of the table.
#[cfg(firmheap_budgets)]
unsafe fn changed(owner: u32, before: impl FnOnce(Size) -> Size) {
    // SAFETY: the caller's.
    unsafe {
        let held = tracker().rows.get(owner).tally.size;
        super::budget::quota().change(owner, before(held), held);
    }
}

/// A block was handed out: it bears who got it.
///
/// # Safety
/// P-book, P-lock.
#[inline(always)]
pub unsafe fn taken(at: At, size: Size, caller: Caller) {
    // SAFETY: the caller's.
    unsafe {
        let owner = owner();
        let tag = tracker().take(owner, size);
        #[cfg(firmheap_budgets)]
        changed(owner, |held| held - size);
        #[cfg(firmheap_track_sites)]
        let tag = of_site(tag, size, caller);
        #[cfg(not(firmheap_track_sites))]
        let _ = caller;
        TheLayout::set_tag(space(counters()), at, tag);
        #[cfg(firmheap_track_trace)]
        trace::taken((at, size), caller.wanted, caller.place);
    }
}

/// The heap refuses a request.
///
/// # Safety
/// P-book, P-lock.
#[cold]
#[inline(never)]
pub unsafe fn refused(caller: Caller) {
    // SAFETY: the caller's.
    unsafe {
        let refusal = &mut *addr_of_mut!(xFirmheapRefusal);
        refusal.bytes = caller.wanted;
        refusal.alignment = 0;
        refusal.budget = 0;
        #[cfg(firmheap_track_sites)]
        {
            refusal.place = caller.place;
            refusal.is_text = caller.is_text;
        }
        #[cfg(firmheap_track_trace)]
        trace::refused(caller.wanted, caller.place);
    }
}

/// The tag with the site that asked; a note of the task's (`vFirmheapNote`) says it better than an address.
///
/// # Safety
/// P-book, P-lock.
#[cfg(firmheap_track_sites)]
#[inline(never)]
unsafe fn of_site(tag: Tag, size: Size, caller: Caller) -> Tag {
    // SAFETY: the caller's.
    unsafe {
        let note = owners().faces.get(tag.owner()).note;
        let Caller { place, is_text, .. } = match note {
            0 => caller,
            place => Caller::of(place, 1),
        };
        let mut sites = call_sites();
        let row = sites.row_of(place, is_text);
        sites.take(row, size);
        Tag(tag.0 | row)
    }
}

/// The tag of a block about to be freed, which must be read before its memory is spoiled.
#[inline(always)]
pub fn tag_of(at: At) -> Tag {
    TheLayout::tag(space(counters()), at)
}

/// Writes another.
#[inline(always)]
pub fn set_tag(at: At, tag: Tag) {
    TheLayout::set_tag(space(counters()), at, tag);
}

/// It was a budget that refused it.
///
/// # Safety
/// P-book, P-lock.
#[cfg(firmheap_budgets)]
pub unsafe fn refused_for(why: u32) {
    // SAFETY: the caller's.
    unsafe { (*addr_of_mut!(xFirmheapRefusal)).budget = why as usize }
}

/// It had asked for this alignment.
///
/// # Safety
/// P-book, P-lock.
#[cfg(feature = "extensions")]
pub unsafe fn refused_alignment(alignment: usize) {
    // SAFETY: the caller's.
    unsafe { (*addr_of_mut!(xFirmheapRefusal)).alignment = alignment }
}

/// A block came back that bore this tag.
///
/// # Safety
/// P-book, P-lock.
#[inline(always)]
pub unsafe fn given(at: At, tag: Tag, size: Size) {
    // SAFETY: the caller's.
    unsafe {
        let given = tracker().give(tag, size);
        #[cfg(firmheap_budgets)]
        if given != Given::Astray {
            changed(tag.owner() & !crate::tracker::IS_TASK, |held| held + size);
        }
        if given == Given::WasTask {
            task_freed(at);
        }
        #[cfg(firmheap_track_sites)]
        call_sites().give(tag.site(), size);
        #[cfg(firmheap_track_trace)]
        trace::given(at, size);
    }
}

/// A block got another size; it stays its owner's, its site's and its epoch's.
///
/// # Safety
/// P-book, P-lock.
#[cfg(feature = "extensions")]
pub unsafe fn resized((old, from): (At, Size), (at, to): (At, Size)) {
    #[cfg(firmheap_track_trace)]
    // SAFETY: the caller's.
    unsafe {
        trace::resized((old, from), (at, to));
    }
    #[cfg(not(firmheap_track_trace))]
    let _ = old;
    if from == to {
        return;
    }
    let tag = tag_of(at);
    // SAFETY: the caller's.
    unsafe {
        let counted = tracker().resize(tag, from, to);
        #[cfg(firmheap_budgets)]
        if counted {
            changed(tag.owner() & !crate::tracker::IS_TASK, |held| held - to + from);
        }
        let _ = counted;
        #[cfg(firmheap_track_sites)]
        call_sites().resize(tag.site(), from, to);
    }
}

/// The control block of a task was freed.
#[cold]
#[inline(never)]
fn task_freed(at: At) {
    let task = super::state::pointer(at) as usize;
    // SAFETY: P-book, P-lock by the caller.
    unsafe { owners().end(task) }
}
