// SPDX-License-Identifier: MIT
//! The memory of a pool of fixed blocks: the words in its free blocks, and the map of used bits.
//!
//! Relies on nothing. Invariant I11 pays for each access: an index below the pool's number of blocks, an offset
//! that is such an index times the distance between blocks.

/// Where the blocks and the map of one pool are.
#[derive(Clone, Copy)]
pub struct Slots {
    blocks: *mut u8,
    used: *mut u32,
}

impl Slots {
    /// # Safety
    /// `blocks` leads to the memory of all blocks, each at least a word long and on a word's boundary; `used` to
    /// a word for every 32 of them. While this value and its copies exist nothing else uses the map, nor the
    /// first word of a block that is not in use.
    #[inline(always)]
    pub unsafe fn new(blocks: *mut u8, used: *mut u32) -> Slots {
        Slots { blocks, used }
    }

    /// The pointer that an offset stands for.
    #[inline(always)]
    pub fn pointer(self, offset: u32) -> *mut u8 {
        self.blocks.wrapping_add(offset as usize)
    }

    /// The first word of the free block at `offset`.
    #[inline(always)]
    pub fn link(self, offset: u32) -> u32 {
        // SAFETY: I11: the offset is that of a block.
        unsafe { self.pointer(offset).cast::<u32>().read() }
    }

    /// Replaces the first word of the free block at `offset`.
    #[inline(always)]
    pub fn set_link(self, offset: u32, link: u32) {
        // SAFETY: as for `link`; the pool's lock excludes other writers.
        unsafe { self.pointer(offset).cast::<u32>().write(link) }
    }

    /// The bits of 32 blocks.
    #[inline(always)]
    pub fn bits(self, word: u32) -> u32 {
        // SAFETY: I11: the word belongs to a block.
        unsafe { self.used.add(word as usize).read() }
    }

    /// Replaces the bits of 32 blocks.
    #[inline(always)]
    pub fn set_bits(self, word: u32, bits: u32) {
        // SAFETY: as for `bits`; the pool's lock excludes other writers.
        unsafe { self.used.add(word as usize).write(bits) }
    }
}
