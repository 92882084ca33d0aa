// SPDX-License-Identifier: MIT
//! What the kernel's own schemes have in common: the header, the arithmetic of a request, and [`Exact`], which each
//! of them implements.
//!
//! "Exact" means: on a 32-bit target the same program gets the same addresses, figures and refusals as from the
//! kernel's file of the same number. So sizes here are bytes and headers are the kernel's, a link and a size,
//! and every word that the kernel's file writes is written, because stale headers decide what a second free finds.
#![forbid(unsafe_code)]

use crate::config::EXACT_ALIGNMENT as ALIGNMENT;
use crate::fault::Kind;
use crate::region::Space;
use crate::units::At;

/// Bytes before a payload: the header, rounded up to the alignment.
pub const HEADER: u32 = if ALIGNMENT > HEADER_WORDS { ALIGNMENT } else { HEADER_WORDS };
/// Bytes of a header that are written: the link to the next free block, and the size.
pub const HEADER_WORDS: u32 = 8;
/// A rest stays with the block it would be cut from unless it is larger than this.
pub const REST_MAX: u32 = 2 * HEADER;
/// In a size: the block belongs to the application.
pub const USED: u32 = 1 << 31;

/// The array of schemes that have one: where it starts, and the bytes that may be handed out of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Array {
    /// First byte, as it stands in memory: not aligned yet.
    pub start: At,
    /// Bytes, as the scheme's kernel file counts them.
    pub bytes: u32,
}

/// What a scheme is given besides its own words: memory, and what only its surroundings know.
pub trait Means: Space {
    /// The heap's array (`heap_1`, `heap_2`, `heap_4`).
    fn array(self) -> Array;
    /// Draws the canary of the protector; once, before the first link is stored.
    fn draw_canary(self);
    /// Encodes the links (integrity level 2); 0 below.
    fn canary(self) -> u32;
    /// The heap address that a caller's pointer alleges to be.
    fn alleged(self, payload: *mut u8) -> At;
    /// The C library's `malloc` (`heap_3`).
    fn library_malloc(self, bytes: usize) -> *mut u8;
    /// The C library's `free` (`heap_3`).
    fn library_free(self, block: *mut u8);
}

/// The end of an allocation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// The payload, and the bytes of the block with its header.
    Block(*mut u8, usize),
    /// Nothing fits.
    Refused,
    /// The link of this free block is damaged. Nothing was changed.
    Damaged(At),
}

/// What is wrong with a block that is to be freed. The kernel's files assert each of the last two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Misuse {
    /// It cannot be a block of this heap, or the scheme frees nothing.
    Pointer(Kind),
    /// Its header: not in use, linked as if it were free.
    Header {
        /// The size does not say that it is in use.
        unused: bool,
        /// It has a link.
        linked: bool,
    },
}

/// One look at a heap, in bytes. What a scheme does not know is zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Bytes {
    /// In free blocks, headers included.
    pub free: u32,
    /// Lowest `free` ever.
    pub free_min: u32,
    /// Largest free block.
    pub largest: u32,
    /// Smallest free block; `None` if there is none.
    pub smallest: Option<u32>,
    /// Free blocks, as the kernel's file counts them.
    pub blocks: u32,
    /// Allocations that succeeded.
    pub allocations: u32,
    /// Frees that succeeded.
    pub frees: u32,
}

/// One of the kernel's schemes.
pub trait Exact {
    /// Its words in the port file's data, all zero at the start. The head of its free list, if it has one, is
    /// the word before them, where [`Space::heads`] leads.
    type State: 'static;

    /// True if regions are defined by a call: there is no array.
    const REGIONS: bool = false;

    /// What a request comes to before the lock is taken, as the kernel's file computes it; 0: nothing can serve it.
    fn wanted(request: usize) -> usize;

    /// Allocates. Context: heap lock held.
    fn allocate<M: Means>(means: M, state: &mut Self::State, wanted: usize) -> Taken;

    /// The bytes that a free would give back, if this payload is a block in use. Context: no lock is needed, the
    /// caller owns the block.
    ///
    /// # Errors
    /// What is wrong with it.
    fn open<M: Means>(means: M, state: &Self::State, payload: *mut u8) -> Result<u32, Misuse>;

    /// Gives back a block that [`Exact::open`] found good. Context: heap lock held.
    ///
    /// # Errors
    /// What makes it impossible; nothing was changed then.
    fn close<M: Means>(
        means: M,
        state: &mut Self::State,
        payload: *mut u8,
        bytes: u32,
    ) -> Result<(), Kind>;

    /// Bytes in free blocks.
    fn free_bytes<M: Means>(means: M, state: &Self::State) -> u32;

    /// Lowest number of bytes in free blocks ever, where the scheme keeps it; else what is free now.
    fn free_bytes_min<M: Means>(means: M, state: &Self::State) -> u32 {
        Self::free_bytes(means, state)
    }

    /// Sets that mark to what is free now.
    fn reset_free_bytes_min(state: &mut Self::State);

    /// All figures. Cost: one step for each free block. Context: heap lock held.
    fn figures<M: Means>(means: M, state: &Self::State) -> Bytes;

    /// Forgets every block and region.
    fn reset<M: Means>(means: M, state: &mut Self::State);

    /// `vPortInitialiseBlocks`.
    fn initialise<M: Means>(_: M, _: &mut Self::State) {}
}

/// The bytes of a block for a request, for schemes with headers; 0 if none can serve it.
///
/// The kernel's files refuse a size with its top bit set under the lock, as [`for_free_bytes`] does.
#[inline(always)]
pub fn with_header(request: usize) -> usize {
    const MORE: usize = (HEADER + ALIGNMENT - 1) as usize;
    // One comparison for zero and for what would overflow.
    if request.wrapping_sub(1) >= usize::MAX - MORE {
        return 0;
    }
    (request + MORE) & !(ALIGNMENT as usize - 1)
}

/// What to look for, if so much is free at all. Free bytes never have the top bit.
#[inline(always)]
pub fn for_free_bytes(wanted: usize, free: u32) -> Option<u32> {
    (wanted.wrapping_sub(1) < free as usize).then_some(wanted as u32)
}

/// The block of a payload.
#[inline(always)]
pub fn block_of(payload: At) -> At {
    payload.minus(HEADER)
}

/// The payload of a block.
#[inline(always)]
pub fn payload_of(block: At) -> At {
    block.plus(HEADER)
}

/// The size of a block, with [`USED`].
#[inline(always)]
pub fn size<M: Means>(means: M, block: At) -> u32 {
    means.load32(block.plus(4))
}

/// Stores the size of a block.
#[inline(always)]
pub fn set_size<M: Means>(means: M, block: At, bytes: u32) {
    means.store32(block.plus(4), bytes);
}

/// The next free block.
#[inline(always)]
pub fn link<M: Means>(means: M, block: At) -> At {
    At(means.load32(block) ^ means.canary())
}

/// Stores the next free block.
#[inline(always)]
pub fn set_link<M: Means>(means: M, block: At, next: At) {
    means.store32(block, next.0 ^ means.canary());
}

/// The size of a block in use, from its header alone.
///
/// # Errors
/// What the header says instead.
#[inline(always)]
pub fn open_header<M: Means>(means: M, block: At) -> Result<u32, Misuse> {
    let size = size(means, block);
    let unused = size & USED == 0;
    let linked = link(means, block) != At::NONE;
    if unused || linked {
        return Err(Misuse::Header { unused, linked });
    }
    Ok(size & !USED)
}

/// Granules from one address to another if there is a whole number of them; a very large number if not: one
/// rotation, then one comparison answers both questions.
#[inline(always)]
pub fn granules(from: At, to: At) -> u32 {
    to.0.wrapping_sub(from.0).rotate_right(ALIGNMENT.trailing_zeros())
}

/// The multiple of the alignment at or before an address.
#[inline(always)]
pub fn align_down(at: At) -> At {
    At(at.0 & !(ALIGNMENT - 1))
}

/// The next multiple of the alignment. Wraps at the end of the address space.
#[inline(always)]
pub fn align_up(at: At) -> At {
    align_down(at.plus(ALIGNMENT - 1))
}
