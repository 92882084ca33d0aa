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
    /// Bytes behind the requested size were overwritten: an overflow (integrity level 3).
    TrailerDamaged = 15,
    /// Memory was written to after it was freed (integrity level 3).
    WrittenAfterFree = 16,
    /// A region begins at NULL or reaches the end of the address space; it is left out.
    RegionOutOfReach = 17,
    /// An alignment that is zero or no power of two was asked for.
    BadAlignment = 18,
}

impl Kind {
    /// What the fault means, in a few words without a line break.
    pub fn text(self) -> &'static str {
        match self {
            Kind::None => "no fault",
            Kind::ForeignPointer => "pointer to no block of this heap",
            Kind::DoubleFree => "block is free already",
            Kind::RightDisagrees => {
                "block and right neighbour disagree: overflow, or pointer into a block"
            }
            Kind::LeftDisagrees => "block and left neighbour disagree: overflow from the left",
            Kind::FreeBlockDamaged => "free block damaged: written to after it was freed",
            Kind::RegionsAlreadyDefined => "regions defined a second time",
            Kind::RegionsOutOfOrder => "region starts before the previous one ends",
            Kind::RegionsEmpty => "no usable region",
            Kind::RegionTableFull => "more regions than FIRMHEAP_REGION_LIMIT",
            Kind::RegionsMissing => "heap used before its regions were defined",
            Kind::CountersDisagree => "count disagrees with a walk over the blocks",
            Kind::IndexDamaged => "index and free lists disagree",
            Kind::RegionsNotConfigured => "regions need FIRMHEAP_USE_REGIONS=1",
            Kind::NothingIsFreed => "this scheme never frees",
            Kind::TrailerDamaged => "bytes behind the requested size overwritten",
            Kind::WrittenAfterFree => "memory written to after it was freed",
            Kind::BadAlignment => "alignment is zero or no power of two",
            Kind::RegionOutOfReach => "region at NULL or at the end of the address space",
        }
    }

    /// The kind of a number that came through the C ABI; `None` for a number that is none.
    pub fn of(number: u32) -> Kind {
        const ALL: [Kind; 19] = [
            Kind::None,
            Kind::ForeignPointer,
            Kind::DoubleFree,
            Kind::RightDisagrees,
            Kind::LeftDisagrees,
            Kind::FreeBlockDamaged,
            Kind::RegionsAlreadyDefined,
            Kind::RegionsOutOfOrder,
            Kind::RegionsEmpty,
            Kind::RegionTableFull,
            Kind::RegionsMissing,
            Kind::CountersDisagree,
            Kind::IndexDamaged,
            Kind::RegionsNotConfigured,
            Kind::NothingIsFreed,
            Kind::TrailerDamaged,
            Kind::WrittenAfterFree,
            Kind::RegionOutOfReach,
            Kind::BadAlignment,
        ];
        if number < ALL.len() as u32 {
            ALL[number as usize]
        } else {
            Kind::None
        }
    }
}

/// A fault with the block or address to blame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// What is wrong.
    pub kind: Kind,
    /// The block or address it was seen at.
    pub at: At,
    /// What was to be found there, and what was; equal where there is nothing to compare.
    pub expected: u32,
    /// See `expected`.
    pub found: u32,
}

impl Fault {
    /// A fault of this kind, seen at this block or address.
    pub fn new(kind: Kind, at: At) -> Fault {
        Fault { kind, at, expected: 0, found: 0 }
    }

    /// The same with the two values that disagree.
    pub fn with(kind: Kind, at: At, expected: u32, found: u32) -> Fault {
        Fault { kind, at, expected, found }
    }
}
