// SPDX-License-Identifier: MIT
//! The memory of a ring: granules of eight bytes in a row, of which each message has a header's word and payload behind.
//!
//! Relies on nothing. Invariant I12 pays for each access: a granule below the ring's number of them; and of the two sides
//! of a ring the one that was told of a message by the other, or that may make it.

/// Bytes of a granule: payloads begin at multiples of it.
pub const GRAIN: u32 = 8;
/// Bytes of a header.
pub const HEAD: u32 = 4;

/// Where the granules of one ring are.
#[derive(Clone, Copy)]
pub struct Band {
    first: *mut u8,
}

impl Band {
    /// # Safety
    /// `memory` is a multiple of [`GRAIN`] and leads to as many granules as will be used, and [`HEAD`] bytes more. While
    /// this value and its copies exist nothing but they and the owners of payloads use it.
    #[inline(always)]
    pub unsafe fn new(memory: *mut u8) -> Band {
        // So that not the headers but the payloads are aligned.
        Band { first: memory.wrapping_add(HEAD as usize) }
    }

    /// The payload of a message whose header is at this granule.
    #[inline(always)]
    pub fn payload(self, granule: u32) -> *mut u8 {
        self.first.wrapping_add((GRAIN * granule + HEAD) as usize)
    }

    /// The granule whose payload would be here; any number for a pointer that is none.
    #[inline(always)]
    pub fn granule(self, payload: *const u8) -> Option<u32> {
        let distance = (payload as usize).wrapping_sub(self.payload(0) as usize);
        let is_one = distance % GRAIN as usize == 0;
        u32::try_from(distance / GRAIN as usize).ok().filter(|_| is_one)
    }

    /// The header at a granule.
    #[inline(always)]
    pub fn header(self, granule: u32) -> u32 {
        // SAFETY: I12: below the ring's number of granules.
        unsafe { self.first.add((GRAIN * granule) as usize).cast::<u32>().read() }
    }

    /// Replaces the header at a granule.
    #[inline(always)]
    pub fn set_header(self, granule: u32, header: u32) {
        // SAFETY: I12: as for `header`; this granule is the producer's until it tells the consumer.
        unsafe { self.first.add((GRAIN * granule) as usize).cast::<u32>().write(header) }
    }
}
