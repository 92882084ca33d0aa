// SPDX-License-Identifier: MIT
//! The heap of this build, in the port file's data: types picked by the options, and the lock.

use super::port::{
    ulFirmheapRegionLimit, ulFirmheapRegions, vTaskSuspendAll, xFirmheapRegions, xFirmheapState,
};
use crate::bins::{Unit, BIN_MIN};
use crate::block::{
    Checked, Compact, Guard, Layout, Paired, Protected, Slim, Tagged, Unchecked, Wide,
};
use crate::config;
use crate::heap::Heap;
#[cfg(target_pointer_width = "32")]
use crate::hint::keep;
use crate::region::{Array, Space, Span};
use crate::regions::{Others, Table};
use crate::stats::Control;
use crate::units::At;
use core::marker::PhantomData;
use core::mem::size_of;
#[cfg(firmheap_integrity_2)]
use core::ptr::addr_of;
use core::ptr::addr_of_mut;
use cty::c_void;

/// Picks one of two types by an option.
pub trait Choice<const FIRST: bool> {
    /// The type that was picked.
    type Picked;
}
/// Two types to pick from.
pub struct Either<A, B>(PhantomData<(A, B)>);
impl<A, B> Choice<true> for Either<A, B> {
    type Picked = A;
}
impl<A, B> Choice<false> for Either<A, B> {
    type Picked = B;
}

/// How addresses become pointers on this target.
#[cfg(target_pointer_width = "32")]
pub type TheSpace = crate::region::Absolute;
/// How addresses become pointers on this host.
#[cfg(target_pointer_width = "64")]
pub type TheSpace = crate::region::Window;
/// The layout of blocks by `FIRMHEAP_REGIONS`, `FIRMHEAP_INTEGRITY` and `FIRMHEAP_TRACK`.
pub type TheLayout = <Either<Tagged<Untagged>, Untagged> as Choice<{ config::TRACK != 0 }>>::Picked;
type Untagged =
    <Either<Slim<TheWidth>, Paired<TheWidth>> as Choice<{ config::INTEGRITY == 0 }>>::Picked;
type TheWidth = <Either<Wide, Compact> as Choice<{ config::LARGE }>>::Picked;
type Guarded = <Either<Protected, Checked> as Choice<{ config::INTEGRITY >= 2 }>>::Picked;
/// The checks by `FIRMHEAP_INTEGRITY`.
pub type TheGuard = <Either<Guarded, Unchecked> as Choice<{ config::INTEGRITY >= 1 }>>::Picked;
/// The map of that layout.
pub type TheMap = <TheLayout as Layout>::Map;
/// The heap of a request: other regions than the largest are asked about through the port file.
pub type HotHeap = Heap<'static, TheSpace, TheLayout, TheGuard, ThroughPort>;
/// The heap with its table of regions at hand.
pub type TheHeap = Heap<'static, TheSpace, TheLayout, TheGuard, Table<'static>>;

/// Firmware with one region has no table, and its port file answers without this archive's code for
/// tables, which the linker then drops. Only integrity level 2 asks.
pub struct ThroughPort;

impl Others for ThroughPort {
    #[cfg(firmheap_integrity_2)]
    fn room(&self, block: At) -> u32 {
        // SAFETY: a call into the port, which reads the table.
        unsafe { super::port::ulFirmheapHold(block.0) }
    }
    #[cfg(not(firmheap_integrity_2))]
    fn room(&self, _: At) -> u32 {
        0
    }
}

/// The words that every request changes, in the middle of `xFirmheapState`: counters, map and, behind them, the
/// heads. One base register reaches all of it if the optimiser does not know what it is made of.
#[inline(always)]
pub fn counters() -> *mut u8 {
    #[cfg(all(firmheap_double_words, not(firmheap_integrity_3)))]
    return by_one_load();
    #[cfg(not(all(firmheap_double_words, not(firmheap_integrity_3))))]
    {
        // SAFETY: P-state: inside the object.
        let middle = unsafe { addr_of_mut!(xFirmheapState).cast::<u8>().add(COUNTERS) };
        #[cfg(target_pointer_width = "32")]
        return core::ptr::with_exposed_provenance_mut(keep(middle.expose_provenance()));
        #[cfg(target_pointer_width = "64")]
        middle
    }
}

/// The same by one load of a constant; the optimiser makes two instructions of it.
#[cfg(any(
    all(firmheap_double_words, not(firmheap_integrity_3)),
    all(target_arch = "arm", not(firmheap_integrity_2))
))]
#[inline(always)]
fn by_one_load() -> *mut u8 {
    let middle: usize;
    // SAFETY: P-state: inside the object.
    unsafe {
        core::arch::asm!(
            "ldr {middle}, ={state} + {offset}",
            middle = out(reg) middle,
            state = sym xFirmheapState,
            offset = const COUNTERS,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    core::ptr::with_exposed_provenance_mut(middle)
}

/// The same, and what the bits of the map are made from: for malloc and free, which need both. Two constants side by
/// side are one load on CPUs that load double words. They stand behind the function, where the instruction reaches 1020
/// bytes, as a single load does on Cortex-M0: functions of higher levels are too long for that.
#[inline(always)]
fn hot() -> (*mut u8, Unit) {
    #[cfg(all(target_arch = "arm", not(firmheap_integrity_2), firmheap_double_words))]
    {
        let (middle, unit): (usize, u32);
        // SAFETY: P-state: inside the object. One load of two constants.
        unsafe {
            core::arch::asm!(
                // Few lines: each is an instruction to whoever estimates how far branches reach.
                "ldrd {middle}, {unit}, 2f",
                ".subsection 1",
                ".balign 4",
                "2: .word {state} + {offset}, {bit}",
                ".previous",
                middle = out(reg) middle,
                unit = out(reg) unit,
                state = sym xFirmheapState,
                offset = const COUNTERS,
                bit = const Unit::KNOWN.0,
                options(pure, nomem, nostack, preserves_flags)
            );
        }
        (core::ptr::with_exposed_provenance_mut(middle), Unit(unit))
    }
    #[cfg(all(target_arch = "arm", not(firmheap_integrity_2), not(firmheap_double_words)))]
    return (by_one_load(), Unit::KNOWN);
    #[cfg(not(all(target_arch = "arm", not(firmheap_integrity_2))))]
    (counters(), Unit::KNOWN)
}

/// The largest region, for a look without the lock.
///
/// # Safety
/// P-state; only the definition of the regions writes it, before blocks exist.
#[inline(always)]
pub unsafe fn first_span() -> Span {
    // SAFETY: the caller's.
    unsafe { (*hot().0.wrapping_sub(COUNTERS).cast::<Control<TheMap>>()).first }
}

/// Where [`counters`] lead to in the control words: to where the head of bin 0 would be, so that of any bin is found by
/// one scaled addition; on Cortex-M0, so that what links hold of it is.
const COUNTERS: usize = size_of::<Control<TheMap>>() - 4 * BIN_MIN as usize - At::BEFORE as usize;

/// Heap memory, and the heads of the free lists behind the control words.
#[inline(always)]
pub fn space(counters: *mut u8) -> TheSpace {
    const HEADS: usize = At::BEFORE as usize;
    #[cfg(target_pointer_width = "32")] // as numbers: of pointers the optimiser knows less
    let heads =
        core::ptr::with_exposed_provenance_mut(counters.expose_provenance().wrapping_add(HEADS));
    #[cfg(target_pointer_width = "64")]
    let heads = counters.wrapping_add(HEADS);
    // SAFETY: P-state; on 64-bit hosts the root changes only while no block exists.
    unsafe {
        #[cfg(target_pointer_width = "32")]
        return TheSpace::new(heads);
        #[cfg(target_pointer_width = "64")]
        return TheSpace::new(
            core::ptr::with_exposed_provenance_mut(super::port::xFirmheapRoot),
            heads,
        );
    }
}

/// The pointer of a heap address.
#[inline(always)]
pub fn pointer(at: At) -> *mut c_void {
    space(counters()).pointer(at).cast()
}

/// The heap in the port file's data.
///
/// # Safety
/// P-lock.
#[inline(always)]
pub unsafe fn heap_with<O>(others: O) -> Heap<'static, TheSpace, TheLayout, TheGuard, O> {
    // SAFETY: the caller's.
    unsafe { heap_of(others) }
}

/// The same with a guard of the caller's choice.
///
/// # Safety
/// P-lock.
#[inline(always)]
pub unsafe fn heap_of<G: Guard, O>(others: O) -> Heap<'static, TheSpace, TheLayout, G, O> {
    // SAFETY: the caller's.
    unsafe { heap_at((counters(), Unit::KNOWN), others) }
}

/// # Safety
/// P-lock; what [`hot`] says.
#[inline(always)]
unsafe fn heap_at<G: Guard, O>(
    (counters, unit): (*mut u8, Unit),
    others: O,
) -> Heap<'static, TheSpace, TheLayout, G, O> {
    // SAFETY: P-state and P-lock for all of it.
    unsafe {
        Heap {
            space: space(counters),
            control: &mut *counters.wrapping_sub(COUNTERS).cast(),
            others,
            #[cfg(firmheap_integrity_2)]
            canary: addr_of!(super::port::ulFirmheapCanary).read(),
            #[cfg(not(firmheap_integrity_2))]
            canary: 0,
            unit,
            guard: PhantomData,
        }
    }
}

/// The heap with its table of regions.
///
/// # Safety
/// P-lock.
pub unsafe fn heap() -> TheHeap {
    // SAFETY: P-state and P-lock.
    unsafe { heap_with(table()) }
}

/// The regions beside the largest, without the heap.
///
/// # Safety
/// P-state, and nothing defines regions meanwhile.
pub unsafe fn table() -> Table<'static> {
    // SAFETY: the caller's.
    unsafe {
        Table {
            limit: ulFirmheapRegionLimit,
            count: &mut *addr_of_mut!(ulFirmheapRegions),
            spans: Array::new(addr_of_mut!(xFirmheapRegions)),
        }
    }
}

/// Suspends the scheduler; the port file resumes it.
#[inline(always)]
pub fn lock() -> HotHeap {
    // SAFETY: P-lock: this is the lock. A plain kernel call that nests.
    unsafe {
        vTaskSuspendAll();
        heap_at(hot(), ThroughPort)
    }
}

/// The heap address that a caller's pointer alleges to be.
#[inline(always)]
pub fn alleged(pv: *mut c_void) -> At {
    let address = pv as usize;
    #[cfg(target_pointer_width = "32")]
    return At(address as u32);
    // Out of the window means in no region: such a pointer becomes an address below every region.
    #[cfg(target_pointer_width = "64")]
    return space(counters()).at(address).unwrap_or(At::NONE);
}
