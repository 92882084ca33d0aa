// SPDX-License-Identifier: MIT
//! A heap in a memory of its own: control words and heads at the start of the memory, blocks behind them.
//!
//! The same [`Heap`] as the main one over other words, so that statistics, checks and faults are the same, for each
//! memory by itself; any number of them can be made at run time. Promises that a memory it refuses is left as it was.
//!
//! ```text
//! memory                                                                      memory + bytes
//! │ seal │ extra │ control words │ head │ head │ … │ block │ block │ … │ end mark │
//! ```
#![forbid(unsafe_code)]

use crate::bins::{bin_of, Unit, BIN_MIN};
use crate::block::{Guard, Layout};
use crate::heap::Heap;
use crate::region::{Here, Home, Span};
use crate::regions::{usable, Alone};
use crate::stats::Control;
use crate::units::At;
use core::marker::PhantomData;
use core::mem::size_of;

/// What stands at the start of the memory, before the heads.
#[repr(C)]
pub struct Words<Map: Copy, E> {
    /// Says that here is a heap, and repeats what never changes of it: see [`Own::is_sealed`].
    seal: u32,
    /// What the integrity level needs beside.
    pub extra: E,
    /// Counters and map.
    pub control: Control<Map>,
}

/// Why a memory cannot be a heap. The numbers are part of the C ABI (`errOWN_…`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum Unusable {
    /// No memory was given.
    Missing = -1,
    /// Not even the words and the smallest block fit.
    TooSmall = -2,
    /// More than the largest block of the layout.
    TooLarge = -3,
    /// It reaches the end of the address space, or so near to it that a damaged size could lead past it.
    OutOfReach = -4,
}

/// A heap in a memory of its own, for as long as the lock is held.
pub struct Own<'a, L: Layout, E> {
    /// The words.
    pub words: &'a mut Words<L::Map, E>,
    /// How addresses become pointers.
    pub space: Here,
    layout: PhantomData<L>,
}

impl<'a, L: Layout, E> Own<'a, L, E> {
    /// Makes a heap of the memory at `home`. `canary` is what links will be encoded with.
    ///
    /// # Errors
    /// Why that cannot be; nothing was written then.
    pub fn make<G: Guard>(
        mut home: Home<'a, Words<L::Map, E>>,
        bytes: usize,
        extra: E,
        canary: u32,
    ) -> Result<Self, Unusable> {
        let start = home.address();
        if start == 0 {
            return Err(Unusable::Missing);
        }
        let end = start.checked_add(bytes).and_then(|end| home.alleged(end));
        let end = end.filter(|end| *end <= At::NONE.minus(L::CLAIM_MAX));
        let (Some(from), Some(end)) = (home.alleged(start), end) else {
            return Err(Unusable::OutOfReach);
        };
        let words = size_of::<Words<L::Map, E>>() as u32;
        // As many heads as a block of all of it would need: one more than there can be, perhaps.
        let all =
            usable(from.plus(words), end, L::HEADER, L::BLOCK_MIN).ok_or(Unusable::TooSmall)?;
        let heads = heads::<L>(all);
        let blocks = from.plus(words + 4 * heads);
        let span = usable(blocks, end, L::HEADER, L::BLOCK_MIN).ok_or(Unusable::TooSmall)?;
        if span.size() > L::LARGEST {
            return Err(Unusable::TooLarge);
        }
        let control = Control::empty();
        let none = if G::LINKS { canary } else { 0 };
        home.write(Words { seal: 0, extra, control }, heads, none);
        let mut own = Self::open(home);
        own.heap::<G>(canary).add_only(blocks, end);
        own.words.seal = own.seal();
        Ok(own)
    }

    /// The heap that was made there.
    #[inline(always)]
    pub fn open(home: Home<'a, Words<L::Map, E>>) -> Self {
        let (words, space) = home.open(BIN_MIN);
        Own { words, space, layout: PhantomData }
    }

    /// True if a heap was made here and what never changes of it is as it was: a wrong pointer, or control words that
    /// were overwritten, must not lead anywhere.
    #[inline(always)]
    pub fn is_sealed(&self) -> bool {
        self.words.seal == self.seal()
    }

    /// Only for this place, so that a copy of the words is none.
    #[inline(always)]
    fn seal(&self) -> u32 {
        let control = &self.words.control;
        let place = core::ptr::from_ref(&*self.words) as usize as u32;
        let span = control.first.start.0 ^ control.first.granules.rotate_left(11);
        span ^ control.limit.0.rotate_left(22) ^ place.rotate_left(5) ^ 0x5EA1_ED00
    }

    /// The heap itself.
    #[inline(always)]
    pub fn heap<G: Guard>(&mut self, canary: u32) -> Heap<'_, Here, L, G, Alone> {
        self.parts(canary).0
    }

    /// The heap, and what the integrity level needs beside.
    #[inline(always)]
    pub fn parts<G: Guard>(&mut self, canary: u32) -> (Heap<'_, Here, L, G, Alone>, &mut E) {
        let heap = Heap {
            space: self.space,
            control: &mut self.words.control,
            others: Alone,
            canary,
            unit: Unit::KNOWN,
            guard: PhantomData,
        };
        (heap, &mut self.words.extra)
    }

    /// The address that a caller's pointer alleges to be; one that can be no block's is `NONE`.
    #[inline(always)]
    pub fn alleged(&self, address: usize) -> At {
        Home::<Words<L::Map, E>>::at(self.space, address).unwrap_or(At::NONE)
    }
}

/// Heads for a memory with this span.
fn heads<L: Layout>(span: Span) -> u32 {
    let largest = span.size().min(L::LARGEST).max(L::BLOCK_MIN);
    bin_of(largest, L::LARGEST) + 1 - BIN_MIN
}
