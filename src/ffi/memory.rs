// SPDX-License-Identifier: MIT
//! The portable layer's extensions (`include/firmheap_memory.h`): how large a block is, how much there is.

use super::port::{vFirmheapFault, vFirmheapFreeFailed, vFirmheapResume, vTaskSuspendAll};
use super::state::{alleged, heap, heap_with, pointer, TheLayout, ThroughPort};
use super::ward::warded;
use crate::block::Layout;
use crate::config;
use crate::fault::Kind;
use cty::{c_void, size_t};

/// Bytes of a used block that its owner may use: what was asked for or a few more, at integrity level 3 and above
/// exactly what was asked for. 0 for NULL, and, with a fault as for [`super::vPortFree`], for what is no used block.
/// Cost: O(1), no loop but over the regions. Context: task.
#[no_mangle]
pub extern "C" fn xPortGetAllocationSize(pv: *mut c_void) -> size_t {
    if pv.is_null() {
        return 0;
    }
    let at = alleged(pv);
    // SAFETY: P-lock: taken here; the port gives it back on both ways.
    unsafe {
        vTaskSuspendAll();
        let found = if config::WARDED {
            warded().open(at).map(|opening| opening.bytes)
        } else {
            heap().used_size(at).map(|size| size.bytes() - TheLayout::HEADER)
        };
        match found {
            Ok(bytes) => {
                vFirmheapResume();
                bytes as size_t
            }
            Err(fault) => {
                vFirmheapFreeFailed(fault.kind as u32, pv);
                0
            }
        }
    }
}

/// Bytes of the largest request that would be served now; 0 until the heap is set up. At integrity level 3 and above
/// without what waits in the quarantine: a request that finds too little empties that first.
/// Cost: O(1), no loop. Context: task.
#[no_mangle]
pub extern "C" fn xPortGetLargestFreeBlockSize() -> size_t {
    // SAFETY: P-lock, taken here and given back.
    let found = unsafe {
        vTaskSuspendAll();
        let found = if config::WARDED {
            warded().largest_request()
        } else {
            heap_with(ThroughPort).largest_request()
        };
        vFirmheapResume();
        found
    };
    match found {
        Ok(bytes) => bytes as size_t,
        Err(damaged) => {
            // SAFETY: a call into the port without the lock.
            unsafe { vFirmheapFault(Kind::FreeBlockDamaged as u32, pointer(damaged)) };
            0
        }
    }
}
