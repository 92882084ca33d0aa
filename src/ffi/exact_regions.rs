// SPDX-License-Identifier: MIT
//! `vPortDefineHeapRegions` for the kernel's own schemes: `heap_5` takes regions, the others say that they do not.

use super::exact_port::vFirmheapFault;
use super::kernel::HeapRegion_t;
use crate::fault::Kind;
use cty::c_void;

/// Gives the regions of a table that ends with a size of zero to `heap_5`, lowest address first.
///
/// Once, before the first allocation. Another scheme, a second call, regions out of order or overlapping, and a
/// table without usable memory raise `configASSERT`; what is wrong is left out. Regions too small for a block are
/// left out silently.
///
/// # Safety
/// The table ends with an entry of size zero, and the memory it names is the heap's from now on.
#[no_mangle]
pub unsafe extern "C" fn vPortDefineHeapRegions(pxHeapRegions: *const HeapRegion_t) {
    // SAFETY: P-lock: the kernel's contract is one call before anything is allocated; the table is the caller's promise.
    unsafe {
        #[cfg(firmheap_scheme = "heap_5")]
        define(pxHeapRegions);
        #[cfg(not(firmheap_scheme = "heap_5"))]
        vFirmheapFault(Kind::RegionsNotConfigured as u32, pxHeapRegions as *mut c_void);
    }
}

/// # Safety
/// As for [`vPortDefineHeapRegions`].
#[cfg(firmheap_scheme = "heap_5")]
#[inline(always)]
unsafe fn define(regions: *const HeapRegion_t) {
    use super::exact_port::{is_defined, means, state};
    use crate::scheme::exact::{align_up, Means};
    // SAFETY: the caller's.
    unsafe {
        if is_defined() {
            return vFirmheapFault(Kind::RegionsAlreadyDefined as u32, regions as *mut c_void);
        }
        means().draw_canary();
        let mut entry = regions;
        while (*entry).xSizeInBytes != 0 {
            let start = (*entry).pucStartAddress;
            match borders(start, (*entry).xSizeInBytes) {
                Some((first, last)) if align_up(first) >= state().limit() => {
                    state().add(means(), first, last);
                }
                _ => vFirmheapFault(Kind::RegionsOutOfOrder as u32, start.cast()),
            }
            entry = entry.add(1);
        }
        if !is_defined() {
            vFirmheapFault(Kind::RegionsEmpty as u32, regions as *mut c_void);
        }
    }
}

/// The first address of a region and the one behind it; `None` if it wraps, starts at NULL or cannot be reached.
#[cfg(firmheap_scheme = "heap_5")]
#[inline(always)]
fn borders(start: *mut u8, bytes: usize) -> Option<(crate::units::At, crate::units::At)> {
    use super::exact_port::{alleged, is_defined, set_root};
    use crate::units::At;
    let address = start.expose_provenance();
    if !is_defined() {
        set_root(address);
    }
    let last = address.checked_add(bytes)?;
    let (first, last) = (alleged(start), alleged(last as *mut u8));
    (first != At::NONE && last != At::NONE).then_some((first, last))
}
