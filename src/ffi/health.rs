// SPDX-License-Identifier: MIT
//! The heap's health and the walk over its blocks, for `port/firmheap_health.c`, which has ticks, tasks and text.
//!
//! Safety contract, referred to below by name:
//! * **P-out**: the pointers lead to what the caller's header (`include/firmheap_health.h`) says, and nobody else
//!   uses it meanwhile.

use super::port::{vFirmheapResume, vTaskSuspendAll};
use super::state::{counters, heap, pointer, space, TheLayout};
use super::tracked;
use super::ward::warded;
use crate::block::Layout;
use crate::config;
use crate::heap::{Cursor, RegionSurvey, Stride, Survey, Visited};
use crate::integrity::trailer::{self, Trailer};
use crate::region::Space;
use crate::stats::Figures;
use crate::units::{At, Size};
use cty::{c_void, size_t};

/// `HeapWalk_t`.
#[repr(C)]
pub struct Walk {
    cursor: Cursor,
    looks_max: u32,
    state: i32,
}
const _: () = assert!(size_of::<Walk>() == 24);

/// `HeapBlock_t`.
#[repr(C)]
pub struct BlockInfo {
    block: *mut c_void,
    bytes: size_t,
    requested: size_t,
    state: u32,
    tag: u32,
}
const _: () = assert!(size_of::<BlockInfo>() == 3 * size_of::<usize>() + 8);

const FREE: u32 = 0;
const USED: u32 = 1;
const WAITING: u32 = 2;
/// `lState` of a walk that came to the last block.
const AT_END: i32 = 1;

/// The figures of `HeapHealth_t` that only the archive knows, in its order.
#[repr(C)]
pub struct Facts {
    total: size_t,
    used: size_t,
    free: size_t,
    free_min: size_t,
    largest: size_t,
    smallest: size_t,
    request_max: size_t,
    free_blocks: size_t,
    used_blocks: size_t,
    headers: size_t,
    rounding: size_t,
    allocations: u32,
    frees: u32,
    regions: u32,
    waiting: u32,
}

/// `HeapRegionHealth_t`.
#[repr(C)]
pub struct RegionFacts {
    start: *mut c_void,
    total: size_t,
    free: size_t,
    largest: size_t,
    free_blocks: size_t,
}

/// Goes on with a walk: fills at most `xBlocks` infos and returns how many. The state of the walk says whether it
/// is at its end (1), can go on (0), or found a damaged header (minus its fault).
/// Cost: at most `ulLooksMax` headers with the scheduler suspended.
///
/// # Safety
/// P-out.
#[no_mangle]
pub unsafe extern "C" fn xFirmheapWalkStep(
    pxWalk: *mut Walk,
    pxBlocks: *mut BlockInfo,
    xBlocks: size_t,
) -> size_t {
    // SAFETY: P-out.
    let walk = unsafe { &mut *pxWalk };
    if walk.state != 0 {
        return 0;
    }
    let looks = if walk.looks_max == 0 { u32::MAX } else { walk.looks_max };
    let visits = u32::try_from(xBlocks).unwrap_or(u32::MAX);
    let mut filled = 0;
    let visit = |visited: Visited| {
        // SAFETY: P-out: no more than `visits` are visited.
        unsafe { pxBlocks.add(filled).write(info(visited)) };
        filled += 1;
    };
    // SAFETY: P-lock, taken here and given back.
    unsafe {
        vTaskSuspendAll();
        let stride = Stride { looks, visits };
        let found = heap().walk_on(&mut walk.cursor, stride, |at, size| !waits(at, size), visit);
        vFirmheapResume();
        walk.state = match found {
            Ok(end) => i32::from(end) * AT_END,
            Err(fault) => 0i32.wrapping_sub_unsigned(fault.kind as u32),
        };
    }
    filled
}

/// A used block is in the quarantine (integrity level 3).
fn waits(at: At, size: Size) -> bool {
    config::WARDED && trailer_of(at, size).is_waiting()
}

fn trailer_of(at: At, size: Size) -> Trailer<impl Space> {
    // SAFETY: P-lock by the callers.
    let canary = unsafe { heap() }.canary;
    Trailer::of::<TheLayout>(space(counters()), at, size, canary)
}

fn info(visited: Visited) -> BlockInfo {
    let Visited { at, size, used } = visited;
    let waiting = used && waits(at, size);
    let requested = if used && config::WARDED { trailer_of(at, size).read().ok() } else { None };
    BlockInfo {
        block: pointer(at),
        bytes: size.bytes() as size_t,
        requested: requested.unwrap_or(0) as size_t,
        state: if waiting {
            WAITING
        } else if used {
            USED
        } else {
            FREE
        },
        tag: if used { tracked::tag_of(at).0 } else { 0 },
    }
}

/// The figures of one moment.
/// Cost: one step for each free block, from integrity level 3 on for each block, with the scheduler suspended.
///
/// # Safety
/// P-out.
#[no_mangle]
pub unsafe extern "C" fn vFirmheapSurvey(pxFacts: *mut Facts) {
    // SAFETY: P-lock, taken here and given back; P-out.
    unsafe {
        vTaskSuspendAll();
        let facts = survey();
        vFirmheapResume();
        pxFacts.write(facts);
    }
}

/// # Safety
/// P-lock.
unsafe fn survey() -> Facts {
    // SAFETY: the caller's.
    let (survey, waiting) = unsafe {
        let survey = heap().survey();
        if config::WARDED {
            let ward = warded();
            let request_max = ward.largest_request().unwrap_or(0);
            (Survey { request_max, ..survey }, ward.quarantine.size)
        } else {
            (survey, Size::ZERO)
        }
    };
    let Survey { figures, total, request_max, regions } = survey;
    let Figures { free, free_min, largest, smallest, free_blocks, allocations, frees, .. } =
        figures;
    let bytes = |size: Size| size.bytes() as size_t;
    let used_blocks = allocations.wrapping_sub(frees);
    let extra = if config::WARDED { trailer::BYTES } else { 0 };
    let free = free + waiting;
    Facts {
        total: bytes(total),
        used: bytes(total - free),
        free: bytes(free),
        free_min: bytes(free_min),
        largest: bytes(largest),
        smallest: smallest.map_or(0, bytes),
        request_max: request_max as size_t,
        free_blocks: free_blocks as size_t,
        used_blocks: used_blocks as size_t,
        headers: (used_blocks.wrapping_add(regions).wrapping_mul(TheLayout::HEADER))
            .wrapping_add(used_blocks.wrapping_mul(extra)) as size_t,
        rounding: rounding(),
        allocations,
        frees,
        regions,
        waiting: waiting.bytes(),
    }
}

/// Bytes of used blocks that are neither asked for nor header or trailer; `SIZE_MAX` where nobody noted what was
/// asked for.
fn rounding() -> size_t {
    if !config::WARDED {
        return size_t::MAX;
    }
    let mut sum = 0;
    let count = |visited: Visited| {
        let Visited { at, size, used } = visited;
        if let (true, Ok(requested)) = (used, trailer_of(at, size).read()) {
            sum += size.bytes() - TheLayout::HEADER - trailer::BYTES - requested;
        }
    };
    // SAFETY: P-lock by the caller.
    let heap = unsafe { heap() };
    let walked = heap.walk_on(&mut Cursor::default(), Stride::ALL, |_, _| true, count);
    walked.map_or(size_t::MAX, |_: bool| sum as size_t)
}

/// The regions of one moment, lowest address first; returns how many there are, of which at most `xRoom` are filled in.
/// Cost: regions times free blocks, with the scheduler suspended.
///
/// # Safety
/// P-out.
#[no_mangle]
pub unsafe extern "C" fn xFirmheapSurveyRegions(
    pxRegions: *mut RegionFacts,
    xRoom: size_t,
) -> size_t {
    let mut count = 0;
    // SAFETY: P-lock, taken here and given back; P-out.
    unsafe {
        vTaskSuspendAll();
        let heap = heap();
        let mut last = At::NONE;
        while let Some(span) =
            heap.spans().filter(|span| span.start > last).min_by_key(|span| span.start)
        {
            if count < xRoom {
                pxRegions.add(count).write(region(heap.survey_region(span)));
            }
            last = span.start;
            count += 1;
        }
        vFirmheapResume();
    }
    count
}

fn region(found: RegionSurvey) -> RegionFacts {
    RegionFacts {
        start: pointer(found.span.start),
        total: found.span.size().bytes() as size_t,
        free: found.free.bytes() as size_t,
        largest: found.largest.bytes() as size_t,
        free_blocks: found.free_blocks as size_t,
    }
}
