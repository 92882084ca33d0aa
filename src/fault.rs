// SPDX-License-Identifier: MIT
//! What can be wrong with a call or with the heap, as values.
//!
//! "No memory" is not a fault: it is the everyday `None`. A fault is a bug in the firmware.
#![forbid(unsafe_code)]

use crate::units::At;

/// The kind of a fault. The numbers are part of the C ABI (`FIRMHEAP_FAULT_…` in `firmheap.h`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Kind {
    /// No fault.
    None = 0,
    /// The pointer is in no region of this heap, or not where a payload can start.
    ForeignPointer = 1,
    /// The block is free already: freed twice.
    DoubleFree = 2,
    /// The block and its right neighbour disagree: an overflow, or a pointer into a block.
    RightDisagrees = 3,
    /// The block and its left neighbour disagree: an overflow from the left.
    LeftDisagrees = 4,
    /// A free block does not agree with its neighbour or its list: written after free.
    FreeBlockDamaged = 5,
    /// Regions were defined a second time; the second table is ignored.
    RegionsAlreadyDefined = 6,
    /// A region starts before the previous one ends; it is left out.
    RegionsOutOfOrder = 7,
    /// No usable region was given.
    RegionsEmpty = 8,
    /// More regions than the table of the port file holds; the rest is left out.
    RegionTableFull = 9,
    /// The heap was used before its regions were defined.
    RegionsMissing = 10,
    /// A count of the heap disagrees with a walk over its blocks.
    CountersDisagree = 11,
    /// The index and the free lists disagree.
    IndexDamaged = 12,
    /// The port file was compiled for `ucHeap`: regions need `FIRMHEAP_USE_REGIONS=1`.
    RegionsNotConfigured = 13,
    /// A block was to be freed, and the scheme (`heap_1`) never frees.
    NothingIsFreed = 14,
}

/// A fault with the block or address to blame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// What is wrong.
    pub kind: Kind,
    /// The block or address it was seen at.
    pub at: At,
}

impl Fault {
    /// A fault of this kind, seen at this block or address.
    pub fn new(kind: Kind, at: At) -> Fault {
        Fault { kind, at }
    }
}
