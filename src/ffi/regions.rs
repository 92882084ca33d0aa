// SPDX-License-Identifier: MIT
//! Giving memory to the heap, and the long way for blocks that are not in the largest region.

use super::free_at;
use super::kernel::HeapRegion_t;
#[cfg(target_pointer_width = "64")]
use super::port::xFirmheapRoot;
use super::port::{ulFirmheapRegionLimit, vFirmheapFault, vFirmheapFaultWithin};
use super::state::{alleged, heap, heap_with, table, ThroughPort};
#[cfg(target_pointer_width = "64")]
use super::state::{counters, space};
use super::{tracked, ward};
use crate::fault::Kind;
use crate::regions::{Listed, Others};
use crate::units::At;
use cty::{c_void, size_t};

/// Gives the regions of a table that ends with a size of zero to the heap, lowest address first.
///
/// Once, before the first allocation. A port file compiled for `ucHeap`, a second call, regions out of
/// order or overlapping, more regions than the port file has room for, and a table without usable
/// memory raise `configASSERT`; what is wrong is left out. Regions too small for a block are left
/// out silently.
///
/// # Safety
/// The table ends with an entry of size zero, and the memory it names is the heap's from now on.
#[no_mangle]
pub unsafe extern "C" fn vPortDefineHeapRegions(pxHeapRegions: *const HeapRegion_t) {
    // SAFETY: P-lock: the kernel's contract is one call before anything is allocated; the table is the caller's promise.
    unsafe {
        let table = pxHeapRegions as *mut c_void;
        if ulFirmheapRegionLimit == 0 {
            // The state has heads for the blocks of ucHeap only.
            return vFirmheapFaultWithin(Kind::RegionsNotConfigured as u32, table);
        }
        if heap().is_defined() {
            return vFirmheapFaultWithin(Kind::RegionsAlreadyDefined as u32, table);
        }
        #[cfg(firmheap_integrity_2)]
        super::port::vFirmheapDrawCanary();
        let mut entry = pxHeapRegions;
        while !entry.is_null() && (*entry).xSizeInBytes != 0 {
            add((*entry).pucStartAddress, (*entry).xSizeInBytes);
            entry = entry.add(1);
        }
        ward::start();
        tracked::start();
        if !heap().is_defined() {
            vFirmheapFaultWithin(Kind::RegionsEmpty as u32, pxHeapRegions as *mut c_void);
        }
    }
}

/// Gives `ucHeap` to the heap; called once by the port file, under the lock.
///
/// # Safety
/// The memory is the heap's from now on, and the caller holds the lock.
#[no_mangle]
pub unsafe extern "C" fn vFirmheapAddHeap(pucStart: *mut u8, xBytes: size_t) {
    let address = pucStart.expose_provenance();
    set_root(address);
    // No array is at NULL or reaches the end of the address space.
    #[cfg(target_pointer_width = "32")]
    let (start, end) = (At(address as u32), At((address + xBytes) as u32));
    #[cfg(target_pointer_width = "64")]
    let (Some(start), Some(end)) = (border(address), border(address + xBytes)) else {
        return;
    };
    // SAFETY: the caller's.
    unsafe {
        heap_with(ThroughPort).add_only(start, end);
        ward::start();
        tracked::start();
    }
}

/// # Safety
/// P-lock by the caller; faults are raised while no heap value exists.
unsafe fn add(start: *mut u8, bytes: size_t) {
    let address = start.expose_provenance();
    // SAFETY: the caller's.
    unsafe {
        if !heap().is_defined() {
            set_root(address);
        }
        let ends = (border(address), address.checked_add(bytes).and_then(border));
        let fault = match ends {
            (Some(from), Some(to)) if from >= heap().control.limit => {
                heap().add_region(from, to).err().map(|fault| fault.kind)
            }
            (Some(_), Some(_)) => Some(Kind::RegionsOutOfOrder),
            _ => Some(Kind::RegionOutOfReach),
        };
        if let Some(kind) = fault {
            vFirmheapFaultWithin(kind as u32, start.cast());
        }
    }
}

/// On 64-bit hosts the heap reaches 2 GiB to either side of its first region.
#[cfg_attr(target_pointer_width = "32", allow(unused_variables))]
fn set_root(first: usize) {
    #[cfg(target_pointer_width = "64")]
    // SAFETY: P-lock by the callers, and no block exists yet.
    unsafe {
        xFirmheapRoot = first.wrapping_sub(1 << 31) & !63;
    }
}

/// A border of a region, or `None` if the heap cannot reach it.
fn border(address: usize) -> Option<At> {
    if address == 0 {
        return None; // NULL is no memory, also where a device has some there
    }
    #[cfg(target_pointer_width = "32")]
    return Some(At(address as u32));
    #[cfg(target_pointer_width = "64")]
    return space(counters()).at(address);
}

/// Frees a block that is not in the largest region; firmware with several has its port file call this.
#[no_mangle]
pub extern "C" fn vFirmheapFreeInTable(pv: *mut c_void) {
    let block = alleged(pv);
    // SAFETY: P-state; words that only the definition of the regions writes, before blocks exist.
    match unsafe { table().holder(block) } {
        Some(span) => free_at(pv, block, span),
        // SAFETY: a call into the port without the lock.
        None => unsafe { vFirmheapFault(Kind::ForeignPointer as u32, pv) },
    }
}

/// Granules from this address to the end of the region beside the largest that holds it; zero if none does.
#[no_mangle]
pub extern "C" fn ulFirmheapHoldInTable(ulBlock: u32) -> u32 {
    // SAFETY: P-lock: called under the lock.
    unsafe { table().room(At(ulBlock)) }
}
