// SPDX-License-Identifier: MIT
//! Size classes ("bins") and the map that says which of them hold a free block.
//!
//! Two bins for each octave of block sizes, as in the half-fit / TLSF family (Masmano et al., "TLSF: a new
//! dynamic memory allocator for real-time systems", 2004), but in one word: the fit that finer
//! bins would give is bought back by the scheme, which compares two blocks of a bin.
//! The map is asked first and heads are read only of bins that hold a block: there is a head for each bin of a block
//! that can be, but a request may be larger than any.
#![forbid(unsafe_code)]

mod tables;
mod zeros;

#[cfg(firmheap_no_clz)]
use tables as arithmetic;
#[cfg(not(firmheap_no_clz))]
use zeros as arithmetic;

pub use arithmetic::bin_of;

use crate::hint::keep;
#[cfg(all(firmheap_double_words, not(firmheap_integrity_2)))]
use crate::hint::shifted_by_words;
use arithmetic::Upwards;
use core::cell::Cell;

/// The first bin in use; a head is stored at `bin - BIN_MIN`.
pub const BIN_MIN: u32 = 4;

/// The bit of bin 0, which those of all bins are made from. To the optimiser it is a number as any, loaded anew for every
/// bit; where that is an instruction more, `ffi/state.rs` hides it and loads it once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unit(pub u32);

impl Unit {
    /// As the optimiser knows it.
    pub const KNOWN: Unit = Unit(arithmetic::UNIT);

    #[inline(always)]
    fn bit(self, bin: u32) -> u32 {
        arithmetic::bit(self.0, bin)
    }
}

/// Which bins hold a free block.
pub trait BinMap: Copy + Default + PartialEq + core::fmt::Debug {
    /// The bins of this map are `BIN_MIN..BINS`.
    const BINS: u32;
    /// What [`BinMap::seek`] returns.
    type From: FromBin;
    /// All of it is one word.
    const IS_ONE_WORD: bool;
    /// Its words; the second is zero if there is one only.
    fn words(self) -> [u32; 2];
    /// The map of these words.
    fn of_words(words: [u32; 2]) -> Self;
    /// The map from this bin upwards. The bin may be above those of the blocks there are.
    fn seek(self, bin: u32) -> Self::From;
    /// The same with this bin set.
    #[must_use]
    fn with(self, bin: u32, unit: Unit) -> Self;
    /// The same without this bin.
    #[must_use]
    fn without(self, bin: u32, unit: Unit) -> Self;
    /// The highest bin that is set. Cost: O(1), off the way of requests.
    fn highest(self) -> Option<u32>;
    /// Takes the bin out whose head lies so many bytes from that of bin 0, if one does.
    #[inline(always)]
    fn take_head(map: &mut MapInUse<'_, Self>, distance: u32) {
        if distance < 4 * Self::BINS {
            map.remove(kept(distance / 4));
        }
    }
    /// True if this bin is set.
    #[inline(always)]
    fn has(self, bin: u32) -> bool {
        self.seek(bin).has_first()
    }
}

/// A map from some bin, the first, upwards.
pub trait FromBin: Copy {
    /// The first bin holds a block.
    fn has_first(self) -> bool;
    /// The same without the first bin, which holds a block.
    #[must_use]
    fn without_first(self) -> Self;
    /// No bin holds a block.
    fn is_empty(self) -> bool;
    /// The next bin that holds a block, where `bin` is the first. The map is not empty.
    fn next(self, bin: u32) -> u32;
}

impl BinMap for u32 {
    const BINS: u32 = 32;
    type From = Upwards;
    const IS_ONE_WORD: bool = true;
    #[inline(always)]
    fn words(self) -> [u32; 2] {
        [self, 0]
    }
    #[inline(always)]
    fn of_words([word, _]: [u32; 2]) -> u32 {
        word
    }
    #[inline(always)]
    fn seek(self, bin: u32) -> Upwards {
        Upwards::from(self, bin)
    }
    #[inline(always)]
    fn with(self, bin: u32, unit: Unit) -> u32 {
        self | unit.bit(bin)
    }
    #[inline(always)]
    fn without(self, bin: u32, unit: Unit) -> u32 {
        self & !unit.bit(bin)
    }
    /// What is no head lies above all of them, and takes out nothing; or below, and takes out bin 0; or where the head of a
    /// bin would be that no block can be in. Neither bin is ever set.
    /// Level 2 has no register for it.
    #[cfg(all(firmheap_double_words, not(firmheap_integrity_2)))]
    #[inline(always)]
    fn take_head(map: &mut MapInUse<'_, Self>, distance: u32) {
        const { assert!(BIN_MIN > 0) }
        let bit = shifted_by_words(map.unit.0, distance);
        map.set(map.get() & !bit);
    }
    fn highest(self) -> Option<u32> {
        (self != 0).then(|| arithmetic::highest(self))
    }
}

impl FromBin for Upwards {
    #[inline(always)]
    fn has_first(self) -> bool {
        Upwards::has_first(self)
    }
    #[inline(always)]
    fn without_first(self) -> Upwards {
        Upwards::without_first(self)
    }
    #[inline(always)]
    fn is_empty(self) -> bool {
        Upwards::is_empty(self)
    }
    #[inline(always)]
    fn next(self, bin: u32) -> u32 {
        bin + self.lowest()
    }
}

/// A map during one call: changed in a copy that is stored at its end, or in its place on CPUs with so few registers
/// that the copy would wait in memory, too.
pub struct MapInUse<'m, M> {
    place: &'m Cell<M>,
    copy: M,
    unit: Unit,
}

impl<'m, M: BinMap> MapInUse<'m, M> {
    /// True if nothing is stored before [`MapInUse::store`].
    pub const COPIED: bool = cfg!(not(firmheap_few_registers));

    /// Begins a call, with what stands in its place.
    #[inline(always)]
    pub fn of(place: &'m Cell<M>, copy: M, unit: Unit) -> Self {
        MapInUse { place, copy, unit }
    }
    /// As it is now.
    #[inline(always)]
    pub fn get(&self) -> M {
        if Self::COPIED {
            self.copy
        } else {
            self.place.get()
        }
    }
    /// This bin holds a block from now on.
    #[inline(always)]
    pub fn insert(&mut self, bin: u32) {
        self.set(self.get().with(bin, self.unit));
    }
    /// This bin, which held one, holds none any more.
    #[inline(always)]
    pub fn remove(&mut self, bin: u32) {
        self.set(self.get().without(bin, self.unit));
    }
    /// No bin holds a block.
    #[inline(always)]
    pub fn clear(&mut self) {
        self.set(M::default());
    }
    #[inline(always)]
    fn set(&mut self, map: M) {
        if Self::COPIED {
            self.copy = map;
        } else {
            self.place.set(map);
        }
    }
    /// Ends the call.
    #[inline(always)]
    pub fn store(&self) {
        if Self::COPIED {
            self.place.set(self.copy);
        }
    }
}

/// The map of the large form: 64 bins in two words.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct WideMap {
    low: u32,
    high: u32,
}

/// [`WideMap`] from some bin upwards: the rest of that bin's word, and what the word after it is found by.
#[derive(Clone, Copy)]
pub struct WideFrom {
    near: Upwards,
    high: u32,
    bin: u32,
}

impl BinMap for WideMap {
    const BINS: u32 = 64;
    type From = WideFrom;
    const IS_ONE_WORD: bool = false;
    #[inline(always)]
    fn words(self) -> [u32; 2] {
        [self.low, self.high]
    }
    #[inline(always)]
    fn of_words([low, high]: [u32; 2]) -> WideMap {
        WideMap { low, high }
    }
    #[inline(always)]
    fn seek(self, bin: u32) -> WideFrom {
        let near = if bin < 32 {
            Upwards::from(self.low, bin)
        } else {
            Upwards::from(self.high, kept(bin - 32))
        };
        WideFrom { near, high: self.high, bin }
    }
    #[inline(always)]
    fn take_head(map: &mut MapInUse<'_, Self>, distance: u32) {
        let WideMap { low, high } = map.get();
        if distance < 4 * 32 {
            map.set(WideMap { low: low.without(kept(distance / 4), map.unit), high });
        } else if distance < 4 * Self::BINS {
            map.set(WideMap { low, high: high.without(kept(distance / 4) % 32, map.unit) });
        }
    }
    #[inline(always)]
    fn with(self, bin: u32, unit: Unit) -> WideMap {
        if bin < 32 {
            WideMap { low: self.low.with(bin, unit), ..self }
        } else {
            WideMap { high: self.high.with(kept(bin) % 32, unit), ..self }
        }
    }
    #[inline(always)]
    fn without(self, bin: u32, unit: Unit) -> WideMap {
        if bin < 32 {
            WideMap { low: self.low.without(bin, unit), ..self }
        } else {
            WideMap { high: self.high.without(kept(bin) % 32, unit), ..self }
        }
    }
    fn highest(self) -> Option<u32> {
        let high = self.high.highest().map(|bin| bin + 32);
        high.or_else(|| self.low.highest())
    }
}

/// A bin: in one of two arms, so that they stay branches, where predicated instructions for both words would always cost.
#[inline(always)]
fn kept(bin: u32) -> u32 {
    keep(bin as usize) as u32
}

impl FromBin for WideFrom {
    #[inline(always)]
    fn has_first(self) -> bool {
        self.near.has_first()
    }
    #[inline(always)]
    fn without_first(self) -> WideFrom {
        WideFrom { near: self.near.without_first(), ..self }
    }
    #[inline(always)]
    fn is_empty(self) -> bool {
        self.near.is_empty() && (self.bin >= 32 || self.high == 0)
    }
    #[inline(always)]
    fn next(self, bin: u32) -> u32 {
        if self.near.is_empty() {
            32 + Upwards::from(self.high, 0).lowest()
        } else {
            bin + self.near.lowest()
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::missing_panics_doc)] // tests
    use super::{tables, zeros};
    use crate::units::Size;

    /// Both ways to a bin agree for every size that a block can have.
    #[test]
    fn tables_and_zeros_agree_on_sizes() {
        for largest in [Size(0xFFFE), Size(0xFF_FFFE)].map(Size::even) {
            let step = if cfg!(miri) { 999_998 } else { 2 };
            for size in (4..=largest.0).step_by(step).map(Size) {
                assert_eq!(tables::bin_of(size, largest), zeros::bin_of(size, largest), "{size:?}");
            }
        }
    }

    /// Both find the next bin from any bin, whatever the others are.
    #[test]
    fn tables_and_zeros_agree_on_maps() {
        let mut random = 1u32;
        for _ in 0..if cfg!(miri) { 20 } else { 100_000 } {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let bins = random >> (random % 32);
            let map =
                |bit: fn(u32) -> u32| (0..32).filter(|bin| bins >> bin & 1 != 0).map(bit).sum();
            let (by_table, by_zeros) = (
                map(|bin| tables::bit(tables::UNIT, bin)),
                map(|bin| zeros::bit(zeros::UNIT, bin)),
            );
            for bin in 0..32 {
                let (table, zero) =
                    (tables::Upwards::from(by_table, bin), zeros::Upwards::from(by_zeros, bin));
                let own = bins >> bin & 1 != 0;
                assert_eq!((table.has_first(), zero.has_first()), (own, own));
                let (table, zero) =
                    if own { (table.without_first(), zero.without_first()) } else { (table, zero) };
                match (bin + 1..32).find(|bin| bins >> bin & 1 != 0) {
                    Some(next) => {
                        assert!(!table.is_empty() && !zero.is_empty());
                        assert_eq!(bin + table.lowest(), next);
                        assert_eq!(bin + zero.lowest(), next);
                    }
                    None => assert!(table.is_empty() && zero.is_empty()),
                }
            }
            if bins != 0 {
                let highest = bins.ilog2();
                assert_eq!(tables::highest(by_table), highest);
                assert_eq!(zeros::highest(by_zeros), highest);
            }
        }
    }
}
