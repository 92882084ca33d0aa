// SPDX-License-Identifier: MIT
//! Numbers that both languages must give the same value.

use crate::kernel;
use core::mem::{align_of, offset_of, size_of};
use firmheap::block::{Compact, Wide, Width};
use firmheap::fault::Kind;
use firmheap::ffi::{
    self, HeapFault, FIRMHEAP_COMPACT_BYTES_MAX, FIRMHEAP_CONTROL_BYTES_COMPACT,
    FIRMHEAP_CONTROL_BYTES_LARGE,
};
use firmheap::region::Span;
use firmheap::{config, stats, units};

/// One number, said twice.
pub struct Agreement {
    /// What it is the number of.
    pub what: &'static str,
    /// Rust's number.
    pub rust: usize,
    /// C's number.
    pub c: usize,
}

const fn agree(what: &'static str, rust: usize, c: usize) -> Agreement {
    Agreement { what, rust, c }
}

/// Size, alignment and the offset of each field of a type that both sides have.
macro_rules! layout {
    ($rust:ty as $c:ident { $($field:ident = $c_field:ident),* }) => {
        [
            agree(concat!("size of ", stringify!($c)), size_of::<$rust>(), size_of::<kernel::$c>()),
            agree(concat!("alignment of ", stringify!($c)), align_of::<$rust>(), align_of::<kernel::$c>()),
            $(agree(
                concat!("offset of ", stringify!($c), ".", stringify!($c_field)),
                offset_of!($rust, $field),
                offset_of!(kernel::$c, $c_field),
            )),*
        ]
    };
    ($name:ident { $($field:ident),* }) => {
        layout!(ffi::$name as $name { $($field = $field),* })
    };
}

/// The types that cross the border.
pub const LAYOUTS: &[&[Agreement]] = &[
    &layout!(HeapRegion_t { pucStartAddress, xSizeInBytes }),
    &layout!(HeapStats_t {
        xAvailableHeapSpaceInBytes,
        xSizeOfLargestFreeBlockInBytes,
        xSizeOfSmallestFreeBlockInBytes,
        xNumberOfFreeBlocks,
        xMinimumEverFreeBytesRemaining,
        xNumberOfSuccessfulAllocations,
        xNumberOfSuccessfulFrees
    }),
    &layout!(HeapFault as HeapFault_t {
        ulKind = ulKind,
        pvBlock = pvBlock,
        pvPointer = pvPointer,
        ulExpected = ulExpected,
        ulFound = ulFound,
        pvTask = pvTask,
        pcTaskName = pcTaskName,
        pvCaller = pvCaller
    }),
    &layout!(Span as FirmheapSpan_t { start = ulStart, granules = ulGranules }),
];

/// A constant of `firmheap.h` and the Rust value it stands for.
macro_rules! constants {
    ($($c:ident = $rust:expr),* $(,)?) => {
        &[$(agree(stringify!($c), $rust as usize, kernel::$c as usize)),*]
    };
}

type Control<W> = stats::Control<<W as Width>::Map>;
const CONTROL_BYTES: usize =
    if config::LARGE { size_of::<Control<Wide>>() } else { size_of::<Control<Compact>>() };

/// The constants that both sides use.
pub const CONSTANTS: &[Agreement] = constants![
    FIRMHEAP_CONTROL_BYTES_COMPACT = FIRMHEAP_CONTROL_BYTES_COMPACT,
    FIRMHEAP_CONTROL_BYTES_LARGE = FIRMHEAP_CONTROL_BYTES_LARGE,
    FIRMHEAP_COMPACT_BYTES_MAX = FIRMHEAP_COMPACT_BYTES_MAX,
    xAbiControlBytes = CONTROL_BYTES,
    xAbiGranule = units::GRANULE,
    FIRMHEAP_FAULT_NONE = Kind::None,
    FIRMHEAP_FAULT_FOREIGN_POINTER = Kind::ForeignPointer,
    FIRMHEAP_FAULT_DOUBLE_FREE = Kind::DoubleFree,
    FIRMHEAP_FAULT_RIGHT_DISAGREES = Kind::RightDisagrees,
    FIRMHEAP_FAULT_LEFT_DISAGREES = Kind::LeftDisagrees,
    FIRMHEAP_FAULT_FREE_BLOCK_DAMAGED = Kind::FreeBlockDamaged,
    FIRMHEAP_FAULT_REGIONS_ALREADY_DEFINED = Kind::RegionsAlreadyDefined,
    FIRMHEAP_FAULT_REGIONS_OUT_OF_ORDER = Kind::RegionsOutOfOrder,
    FIRMHEAP_FAULT_REGIONS_EMPTY = Kind::RegionsEmpty,
    FIRMHEAP_FAULT_REGION_TABLE_FULL = Kind::RegionTableFull,
    FIRMHEAP_FAULT_REGIONS_MISSING = Kind::RegionsMissing,
    FIRMHEAP_FAULT_COUNTERS_DISAGREE = Kind::CountersDisagree,
    FIRMHEAP_FAULT_INDEX_DAMAGED = Kind::IndexDamaged,
    FIRMHEAP_FAULT_REGIONS_NOT_CONFIGURED = Kind::RegionsNotConfigured,
    FIRMHEAP_FAULT_NOTHING_IS_FREED = Kind::NothingIsFreed,
    FIRMHEAP_FAULT_TRAILER_DAMAGED = Kind::TrailerDamaged,
    FIRMHEAP_FAULT_WRITTEN_AFTER_FREE = Kind::WrittenAfterFree,
    FIRMHEAP_FAULT_REGION_OUT_OF_REACH = Kind::RegionOutOfReach,
    FIRMHEAP_FAULT_BAD_ALIGNMENT = Kind::BadAlignment,
];

/// On a bare target nothing runs: the compiler compares.
#[cfg(target_os = "none")]
const _: () = {
    let mut tables = 0;
    while tables < LAYOUTS.len() {
        compare(LAYOUTS[tables]);
        tables += 1;
    }
    compare(CONSTANTS);
};

#[cfg(target_os = "none")]
const fn compare(table: &[Agreement]) {
    let mut row = 0;
    while row < table.len() {
        if table[row].rust != table[row].c {
            panic!("{}", table[row].what);
        }
        row += 1;
    }
}
