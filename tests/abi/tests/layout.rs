// SPDX-License-Identifier: MIT
//! What the real kernel's headers and the port file say is what Rust says.

mod support;

use abi::{kernel, Agreement};
use cty::{c_char, c_void, size_t};
use firmheap::bins::{bin_of, BIN_MIN};
use firmheap::block::{Compact, Layout, Paired, Wide};
use firmheap::config;
use firmheap::ffi;
use firmheap::units::Size;

#[link(name = "abi_heap_4", kind = "static", modifiers = "+whole-archive")]
extern "C" {}

fn agree(table: &[Agreement]) -> usize {
    let differ: Vec<_> = table.iter().filter(|row| row.rust != row.c).collect();
    let lines = differ.iter().map(|row| format!("{}: Rust {}, C {}", row.what, row.rust, row.c));
    assert!(differ.is_empty(), "{}", lines.collect::<Vec<_>>().join("\n"));
    table.len()
}

#[test]
fn types_are_laid_out_alike() {
    let compared: usize = abi::LAYOUTS.iter().map(|table| agree(table)).sum();
    assert_eq!(compared, 4 + 9 + 10 + 4, "a row is missing");
}

#[test]
fn constants_are_equal() {
    assert!(agree(abi::CONSTANTS) >= 17);
}

#[test]
fn every_fault_of_the_header_has_its_row() {
    let header = include_str!("../../../include/firmheap.h");
    let faults = header.lines().filter(|line| line.trim().starts_with("FIRMHEAP_FAULT_")).count();
    let rows = abi::CONSTANTS.iter().filter(|row| row.what.starts_with("FIRMHEAP_FAULT_")).count();
    assert_eq!(faults, rows);
}

/// The total size has a cast in FreeRTOSConfig.h, and bindgen passes over such macros in silence.
#[test]
fn the_configuration_crosses_the_border() {
    assert_eq!(kernel::xAbiTotalHeapSize, 24 * 1024);
    const { assert!(kernel::xAbiByteAlignment <= kernel::xAbiGranule) };
    let needed = kernel::xAbiControlBytes + 4 * kernel::xAbiHeads;
    assert!((needed..needed + 8).contains(&kernel::xAbiStateBytes), "{}", kernel::xAbiStateBytes);
}

/// Both sides' functions as values of one type, so a difference is an error of the compiler; and
/// the symbol that the kernel's header declares is the function that Rust defines.
macro_rules! same_function {
    ($name:ident: $type:ty) => {{
        let rust: $type = ffi::$name;
        let c: $type = kernel::$name;
        assert_eq!(rust as usize, c as usize, stringify!($name));
    }};
    ($name:ident: $rust:ty, $c:ty) => {{
        let rust: $rust = ffi::$name;
        let c: $c = kernel::$name;
        assert_eq!(rust as usize, c as usize, stringify!($name));
    }};
}

#[test]
fn functions_have_the_declared_types() {
    same_function!(pvPortMalloc: unsafe extern "C" fn(size_t) -> *mut c_void);
    same_function!(pvPortCalloc: unsafe extern "C" fn(size_t, size_t) -> *mut c_void);
    same_function!(vPortFree: unsafe extern "C" fn(*mut c_void));
    same_function!(xPortGetFreeHeapSize: unsafe extern "C" fn() -> size_t);
    same_function!(xPortGetMinimumEverFreeHeapSize: unsafe extern "C" fn() -> size_t);
    same_function!(xPortResetHeapMinimumEverFreeHeapSize: unsafe extern "C" fn());
    same_function!(vPortInitialiseBlocks: unsafe extern "C" fn());
    same_function!(vPortHeapResetState: unsafe extern "C" fn());
    same_function!(vPortGetHeapStats:
        unsafe extern "C" fn(*mut ffi::HeapStats_t),
        unsafe extern "C" fn(*mut kernel::HeapStats_t));
    same_function!(vPortDefineHeapRegions:
        unsafe extern "C" fn(*const ffi::HeapRegion_t),
        unsafe extern "C" fn(*const kernel::HeapRegion_t));
    same_function!(xPortHeapCheck: unsafe extern "C" fn() -> i32);
    same_function!(xPortHeapCheckBlock: unsafe extern "C" fn(*mut c_void) -> i32);
    same_function!(xPortHeapInspect:
        unsafe extern "C" fn(*mut ffi::HeapFault) -> i32,
        unsafe extern "C" fn(*mut kernel::HeapFault_t) -> i32);
    same_function!(xPortHeapInspectBlock:
        unsafe extern "C" fn(*mut c_void, *mut ffi::HeapFault) -> i32,
        unsafe extern "C" fn(*mut c_void, *mut kernel::HeapFault_t) -> i32);
    same_function!(xPortHeapFaultText:
        unsafe extern "C" fn(*const ffi::HeapFault, *mut c_char, size_t) -> size_t,
        unsafe extern "C" fn(*const kernel::HeapFault_t, *mut c_char, size_t) -> size_t);
    same_function!(vFirmheapAddHeap: unsafe extern "C" fn(*mut u8, size_t));
}

/// P-state of src/ffi.rs: behind the control words is a head for each bin of the largest block.
#[test]
fn the_port_file_has_room_for_every_head() {
    let (granule, compact_max) =
        (config::ALIGNMENT as usize, kernel::FIRMHEAP_COMPACT_BYTES_MAX as usize);
    for bytes in (64..=4096).chain((4096..=compact_max).step_by(granule)) {
        judge_heads::<Paired<Compact>>(bytes);
    }
    for shift in 18..26 {
        for bytes in [(1 << shift) + 1, (1 << shift) + granule, (3 << shift) / 2, 2 << shift] {
            judge_heads::<Paired<Wide>>(bytes);
        }
    }
}

/// A region gives its first header to no block.
fn judge_heads<L: Layout>(region_bytes: usize) {
    let largest = (region_bytes - L::HEADER as usize) / config::ALIGNMENT as usize;
    let needed =
        bin_of(Size::of_granules(largest as u32).min(L::LARGEST), L::LARGEST) - BIN_MIN + 1;
    let room = support::heads_for(region_bytes) as u32;
    assert!(room >= needed, "region of {region_bytes} bytes: {needed} heads, room for {room}");
    assert!(room <= needed.max(6) + 2, "region of {region_bytes} bytes: {room} heads for {needed}");
}
