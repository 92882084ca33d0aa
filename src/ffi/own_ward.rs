// SPDX-License-Identifier: MIT
//! The way into a heap in a memory of its own at integrity levels 3 and 4: the same functions as `own_plain.rs` over
//! [`crate::integrity`]. Payloads are filled and compared under the caller's lock.

use super::own::OwnHere;
use super::port::ulFirmheapQuarantineBytes;
use crate::block::{Layout, Protected};
use crate::config;
use crate::fault::Fault;
use crate::integrity::poison::Patterns;
use crate::integrity::Warded;
use crate::region::Here;
use crate::regions::Alone;
use crate::stats::Figures;
use crate::units::{At, Size};

/// The checks of this build.
pub type Guard = Protected;

const PATTERNS: Patterns = Patterns::of(config::CLEAR_ON_FREE);

fn warded<'o, L: Layout>(own: &'o mut OwnHere<L>) -> Warded<'o, Here, L, Alone> {
    let canary = own.words.extra.canary();
    let (heap, extra) = own.parts(canary);
    Warded {
        heap,
        quarantine: &mut extra.quarantine,
        // SAFETY: P-state; a constant of the port file.
        quarantine_bytes: unsafe { ulFirmheapQuarantineBytes },
        patterns: PATTERNS,
        noticed: None,
    }
}

/// Free memory holds its pattern.
pub fn start<L: Layout>(own: &mut OwnHere<L>) {
    warded(own).spoil_all();
}

/// A block, or none, and what was wrong.
pub fn take<L: Layout>(own: &mut OwnHere<L>, bytes: usize) -> (Option<At>, Option<Fault>) {
    let mut heap = warded(own);
    let sound = if config::EVERY_CALL { heap.check() } else { Ok(()) };
    if let Err(fault) = sound {
        return (None, Some(fault));
    }
    let found = if bytes == 0 { Err(None) } else { heap.allocate(bytes) };
    match found {
        Ok(block) => {
            let changed = PATTERNS.renew(heap.heap.space, block.at, bytes as u32);
            (Some(block.at), heap.noticed.or(changed))
        }
        Err(fault) => (None, fault.or(heap.noticed)),
    }
}

/// The same at a multiple of `alignment`, a power of two above the granule.
pub fn take_aligned<L: Layout>(
    own: &mut OwnHere<L>,
    bytes: usize,
    alignment: u32,
) -> (Option<At>, Option<Fault>) {
    let mut heap = warded(own);
    let sound = if config::EVERY_CALL { heap.check() } else { Ok(()) };
    if let Err(fault) = sound {
        return (None, Some(fault));
    }
    let found = if bytes == 0 { Err(None) } else { heap.allocate_aligned(bytes, alignment) };
    match found {
        Ok(block) => {
            let changed = PATTERNS.renew(heap.heap.space, block.at, bytes as u32);
            (Some(block.at), heap.noticed.or(changed))
        }
        Err(fault) => (None, fault.or(heap.noticed)),
    }
}

/// Never where it is: trailers move.
///
/// # Errors
/// What is wrong with the block.
pub fn resize<L: Layout>(own: &mut OwnHere<L>, at: At, _: usize) -> Result<bool, Fault> {
    warded(own).open(at).map(|_| false)
}

/// The size of the block that was freed, and what was wrong.
pub fn give<L: Layout>(own: &mut OwnHere<L>, at: At) -> (Option<Size>, Option<Fault>) {
    let mut heap = warded(own);
    let sound = if config::EVERY_CALL { heap.check() } else { Ok(()) };
    let freed = sound.and_then(|()| heap.open(at)).and_then(|opening| {
        PATTERNS.spoil(heap.heap.space, at, at.plus(opening.bytes & !3));
        heap.free_opened(at, opening)
    });
    match freed {
        Ok(size) => (Some(size), heap.noticed),
        Err(fault) => (None, Some(fault)),
    }
}

/// Bytes that were asked for.
///
/// # Errors
/// What is wrong with the block.
pub fn payload<L: Layout>(own: &mut OwnHere<L>, at: At) -> Result<u32, Fault> {
    warded(own).open(at).map(|opening| opening.bytes)
}

/// # Errors
/// The first fault found.
pub fn check<L: Layout>(own: &mut OwnHere<L>) -> Result<(), Fault> {
    warded(own).check()
}

/// All figures; what waits counts as free.
pub fn figures<L: Layout>(own: &mut OwnHere<L>) -> Figures {
    warded(own).figures()
}

/// Bytes of the largest request that would be served without what waits; zero if what it would meet is damaged.
pub fn largest<L: Layout>(own: &mut OwnHere<L>) -> u32 {
    warded(own).largest_request().unwrap_or(0)
}

/// Size of all free blocks, and of what waits.
pub fn free<L: Layout>(own: &mut OwnHere<L>) -> Size {
    warded(own).free()
}
