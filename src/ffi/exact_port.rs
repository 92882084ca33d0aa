// SPDX-License-Identifier: MIT
//! What the port file and the kernel give to an archive of one of the kernel's own schemes, and what proves that the
//! two belong together.

use super::Scheme;
use crate::region::Space;
use crate::scheme::exact::{Array, Exact, Means};
use crate::units::At;
use core::ptr::addr_of_mut;
use cty::{c_void, size_t};

/// The array as the port file describes it: constants, in flash.
#[repr(C)]
pub struct ArrayInPort {
    /// First byte.
    pub pucStart: *mut u8,
    /// Bytes, as the scheme's kernel file counts them.
    pub xBytes: size_t,
}
// SAFETY: constants.
unsafe impl Sync for ArrayInPort {}

extern "C" {
    // The kernel.
    pub fn vTaskSuspendAll();
    // Returns a BaseType_t, whose width is the port's affair: it comes in a register and is ignored.
    pub fn xTaskResumeAll();
    // The application.
    pub fn vApplicationMallocFailedHook();
    // The C library.
    fn malloc(xBytes: size_t) -> *mut c_void;
    fn free(pv: *mut c_void);
    // The port file.
    pub fn pvFirmheapExactEnd(
        pv: *mut c_void,
        xBlockBytes: size_t,
        xWantedBytes: size_t,
    ) -> *mut c_void;
    pub fn vFirmheapFreeEnd(pv: *mut c_void, xBlockBytes: size_t);
    pub fn vFirmheapResume();
    pub fn vFirmheapFault(ulKind: u32, pv: *mut c_void);
    pub fn vFirmheapClear(pv: *mut c_void, xBytes: size_t);
    pub fn xFirmheapNoFreeBlock() -> size_t;
    static xFirmheapArray: ArrayInPort;
    #[link_name = env!("FIRMHEAP_PORT_ANCHOR")]
    static mut xFirmheapWords: Words;
    #[cfg(target_pointer_width = "64")]
    static mut xFirmheapRoot: usize;
    #[cfg(firmheap_protector)]
    fn vFirmheapDrawCanary();
    #[cfg(firmheap_protector)]
    static mut ulFirmheapCanary: u32;
}

/// P-state.
#[repr(C)]
pub struct Words {
    head: u32,
    state: <Scheme as Exact>::State,
}

/// Makes the linker look for a symbol of the port file whenever pvPortMalloc is linked, without a byte: what it does
/// not find it names, and the function that asked.
macro_rules! need {
    ($name:expr) => {
        #[cfg(any(target_os = "none", target_os = "linux"))]
        core::arch::global_asm!(
            ".pushsection .text.pvPortMalloc,\"ax\",%progbits",
            concat!(".reloc ., BFD_RELOC_NONE, ", $name),
            ".popsection"
        );
    };
}
need!(env!("FIRMHEAP_PORT_ANCHOR"));
#[cfg(not(firmheap_hook))]
need!("firmheap_port_file_without_MALLOC_FAILED_HOOK");
#[cfg(not(firmheap_clear_on_free))]
need!("firmheap_port_file_without_CLEAR_ON_FREE");
#[cfg(not(firmheap_protector))]
need!("firmheap_port_file_without_HEAP_PROTECTOR");

/// Proof for the port file that this archive was built for its scheme.
#[export_name = env!("FIRMHEAP_ANCHOR")]
pub static ANCHOR: u8 = 0;
/// Proof for a port file with trace macros that this archive calls them.
#[cfg(firmheap_trace)]
#[no_mangle]
pub static firmheap_archive_with_TRACE: u8 = 0;

#[cfg(target_pointer_width = "32")]
type TheSpace = crate::region::Absolute;
#[cfg(target_pointer_width = "64")]
type TheSpace = crate::region::Window;

/// The scheme's means in a firmware.
#[derive(Clone, Copy)]
pub struct Port(TheSpace);

/// Heap memory and the head of the free list.
#[inline(always)]
pub fn means() -> Port {
    // SAFETY: P-state; the one head is the first word.
    unsafe {
        let head = addr_of_mut!(xFirmheapWords).cast();
        #[cfg(target_pointer_width = "32")]
        return Port(TheSpace::new(head));
        #[cfg(target_pointer_width = "64")]
        return Port(TheSpace::new(core::ptr::with_exposed_provenance_mut(root()), head));
    }
}

/// 64-bit hosts: where the 4 GiB of the heap's addresses begin, 2 GiB below its first byte.
#[cfg(target_pointer_width = "64")]
fn root() -> usize {
    // SAFETY: P-state; constants, or a word that only the definition of the regions writes.
    unsafe {
        let first = if Scheme::REGIONS {
            xFirmheapRoot
        } else {
            xFirmheapArray.pucStart.expose_provenance()
        };
        first.wrapping_sub(1 << 31) & !63
    }
}

/// Notes the first region's address, which the others are measured from on 64-bit hosts.
#[cfg(firmheap_scheme = "heap_5")]
#[cfg_attr(target_pointer_width = "32", allow(unused_variables))]
pub fn set_root(first: usize) {
    #[cfg(target_pointer_width = "64")]
    // SAFETY: P-lock by the caller, and no block exists yet.
    unsafe {
        xFirmheapRoot = first;
    }
}

/// The scheme's words.
///
/// # Safety
/// P-lock, or reads only.
#[inline(always)]
pub unsafe fn state() -> &'static mut <Scheme as Exact>::State {
    // SAFETY: the caller's; P-state.
    unsafe { &mut *addr_of_mut!(xFirmheapWords.state) }
}

/// The heap address that a caller's pointer alleges to be.
#[inline(always)]
pub fn alleged(payload: *mut u8) -> At {
    let address = payload as usize;
    #[cfg(target_pointer_width = "32")]
    return At(address as u32);
    #[cfg(target_pointer_width = "64")]
    return means().0.at(address).unwrap_or(At::NONE);
}

/// The pointer of a heap address.
#[inline(always)]
pub fn pointer(at: At) -> *mut c_void {
    means().pointer(at).cast()
}

/// True once `heap_5` has regions.
#[inline(always)]
pub fn is_defined() -> bool {
    #[cfg(firmheap_scheme = "heap_5")]
    // SAFETY: P-state; one word.
    return unsafe { state().is_defined() };
    #[cfg(not(firmheap_scheme = "heap_5"))]
    true
}

impl Space for Port {
    #[inline(always)]
    fn pointer(self, at: At) -> *mut u8 {
        self.0.pointer(at)
    }
    #[inline(always)]
    fn heads(self) -> At {
        self.0.heads()
    }
}

impl Means for Port {
    #[inline(always)]
    fn array(self) -> Array {
        // SAFETY: P-state; constants.
        let (start, bytes) = unsafe { (xFirmheapArray.pucStart, xFirmheapArray.xBytes) };
        Array { start: alleged(start), bytes: bytes as u32 }
    }
    #[inline(always)]
    fn draw_canary(self) {
        #[cfg(firmheap_protector)]
        // SAFETY: a call into the port, under the lock.
        unsafe {
            vFirmheapDrawCanary();
        }
    }
    #[inline(always)]
    fn canary(self) -> u32 {
        #[cfg(firmheap_protector)]
        // SAFETY: P-state; one word.
        return unsafe { ulFirmheapCanary };
        #[cfg(not(firmheap_protector))]
        0
    }
    #[inline(always)]
    fn alleged(self, payload: *mut u8) -> At {
        alleged(payload)
    }
    #[inline(always)]
    fn library_malloc(self, bytes: usize) -> *mut u8 {
        // SAFETY: the C library's own contract.
        unsafe { malloc(bytes).cast() }
    }
    #[inline(always)]
    fn library_free(self, block: *mut u8) {
        // SAFETY: the caller of vPortFree alleges that malloc gave it.
        unsafe { free(block.cast()) }
    }
}
