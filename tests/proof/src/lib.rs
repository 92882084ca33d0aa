// SPDX-License-Identifier: MIT
//! Campaigns against the core: each is a function of this library, so that a test runs it in small, the
//! program `proof` runs it for hours, and cargo-fuzz steers it.
//!
//! They share one idea: the core is generic over [`firmheap::region::Space`], so a space that judges every
//! access ([`memory`]) sees each load and store the heap makes, wherever a damaged header or link leads it.

pub mod arithmetic;
pub mod flips;
pub mod fuzz;
pub mod memory;
pub mod small;
pub mod world;

/// xorshift64*: enough for tests, and the same on every machine.
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn word(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Uniform in `0..limit`.
    pub fn below(&mut self, limit: u32) -> u32 {
        (((self.word() >> 32) * u64::from(limit)) >> 32) as u32
    }

    /// Sizes as programs ask for them: many small ones, few large ones.
    pub fn size(&mut self, largest: u32) -> u32 {
        let octaves = 32 - largest.leading_zeros();
        let top = 1u32 << self.below(octaves);
        (top + self.below(top)).min(largest)
    }
}
