// SPDX-License-Identifier: MIT
//! The words that a heap keeps at the start of a memory of its own, and the heads of its free lists behind them.
//!
//! Relies on `units`. What the words are is the caller's affair.

use super::Space;
use crate::units::At;
use core::marker::PhantomData;

#[cfg(target_pointer_width = "32")]
type Native = super::Absolute;
#[cfg(target_pointer_width = "64")]
type Native = super::Window;

/// How addresses of a memory of its own become pointers: as everywhere on this target; on a 64-bit host each memory is a
/// window of its own. It is a type of its own so that the code of the main heap does not depend on whether there are
/// others: what both use would be a function instead of a part of its only user.
#[derive(Clone, Copy)]
pub struct Here(Native);

impl Space for Here {
    #[inline(always)]
    fn pointer(self, at: At) -> *mut u8 {
        self.0.pointer(at)
    }
    #[inline(always)]
    fn heads(self) -> At {
        self.0.heads()
    }
    #[inline(always)]
    fn load_pair(self, at: At) -> (u32, u32) {
        self.0.load_pair(at)
    }
}

/// Bytes before a memory that its window begins at, on 64-bit hosts: nothing is there, the heads have these addresses.
#[cfg(target_pointer_width = "64")]
const BEFORE: usize = 4096;

/// The start of a memory of its own: words `W`, and behind them a head for each bin.
pub struct Home<'a, W> {
    words: *mut W,
    lifetime: PhantomData<&'a mut W>,
}

impl<'a, W> Home<'a, W> {
    /// # Safety
    /// `memory` is aligned to a word and as large as [`Home::write`] is told, and nothing else uses it for `'a`, but
    /// the payloads of blocks that the heap in it hands out. Before any other function was called, `write` was.
    #[inline(always)]
    pub unsafe fn new(memory: *mut u8) -> Self {
        Home { words: memory.cast(), lifetime: PhantomData }
    }

    /// Where the memory starts.
    pub fn address(&self) -> usize {
        self.words as usize
    }

    /// Writes the words, and `heads` heads that lead to no block, which is `none`. The memory has room for them.
    pub fn write(&mut self, words: W, heads: u32, none: u32) {
        // SAFETY: `new`.
        unsafe {
            self.words.write(words);
            let heads_start = self.words.add(1).cast::<u32>();
            for head in 0..heads as usize {
                heads_start.add(head).write(none);
            }
        }
    }

    /// The words, and how addresses become pointers; the first of the heads is that of bin `bin_min`.
    #[inline(always)]
    pub fn open(self, bin_min: u32) -> (&'a mut W, Here) {
        // SAFETY: `new`: the words were written, and so was a head for each bin that a block can be in.
        unsafe {
            let heads = self.words.add(1).cast::<u8>().wrapping_sub(4 * bin_min as usize);
            (&mut *self.words, self.here(heads))
        }
    }

    /// Where an address of this memory is, or an address that is not.
    #[inline(always)]
    pub fn at(space: Here, address: usize) -> Option<At> {
        #[cfg(target_pointer_width = "32")]
        {
            let _ = space;
            Some(At(address as u32))
        }
        #[cfg(target_pointer_width = "64")]
        space.0.at(address)
    }

    /// The same before there are heads: for whoever lays the memory out.
    pub fn alleged(&self, address: usize) -> Option<At> {
        // SAFETY: only the address is asked for, nothing is read.
        Self::at(unsafe { self.here(self.words.cast()) }, address)
    }

    /// # Safety
    /// As for the space that is made.
    #[inline(always)]
    unsafe fn here(&self, heads: *mut u8) -> Here {
        // SAFETY: the caller's.
        unsafe {
            #[cfg(target_pointer_width = "32")]
            return Here(Native::new(heads));
            #[cfg(target_pointer_width = "64")]
            {
                let before = self.words.cast::<u8>().wrapping_sub(BEFORE);
                Here(Native::new(before.map_addr(|address| address & !63), heads))
            }
        }
    }
}
