// SPDX-License-Identifier: MIT
//! Heap memory that judges: a [`Space`] that knows its regions, counts what leaves them, bounds the number
//! of accesses, and can take back every store.

use firmheap::region::Space;
use firmheap::units::At;
use std::cell::{Cell, RefCell};

/// Where the heads of the free lists stand: outside every region, as on a target.
pub const HEADS: At = At(0x1000_0000);

/// Words after the end of the fuel: enough for any honest end, then it is a loop.
const PATIENCE: i64 = 1 << 20;

struct Piece {
    start: u32,
    bytes: u32,
    first_word: usize,
}

/// What a campaign wants to know of the accesses since [`Memory::refuel`].
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Loads outside the regions and the heads, or misaligned.
    pub outside_loads: u32,
    /// Stores there. They are not carried out.
    pub outside_stores: u32,
    /// More accesses than the fuel allowed: a loop.
    pub ran_dry: bool,
}

/// The regions and the heads, and nothing else: other addresses hold no memory.
pub struct Memory {
    words: Vec<Cell<u32>>,
    pieces: Vec<Piece>,
    journal: RefCell<Vec<(usize, u32)>>,
    fuel: Cell<i64>,
    seen: Cell<Seen>,
    /// What a word with the link "none" looks like.
    none: u32,
}

impl Memory {
    /// `bins` heads without a block, encoded with `canary`; no region.
    pub fn new(bins: u32, canary: u32) -> Memory {
        let mut memory = Memory {
            words: Vec::new(),
            pieces: Vec::new(),
            journal: RefCell::default(),
            fuel: Cell::new(0),
            seen: Cell::default(),
            none: canary,
        };
        let first = firmheap::bins::BIN_MIN;
        memory.add(HEADS.plus(4 * first), 4 * (bins - first), canary);
        memory
    }

    /// Memory of `bytes` (a multiple of 4) at `start`, each word `content`.
    pub fn add(&mut self, start: At, bytes: u32, content: u32) {
        let first_word = self.words.len();
        self.words.resize_with(first_word + bytes as usize / 4, || Cell::new(content));
        self.pieces.push(Piece { start: start.0, bytes, first_word });
    }

    /// Allows this many accesses, and forgets what was seen.
    pub fn refuel(&self, accesses: u32) {
        self.fuel.set(i64::from(accesses));
        self.seen.set(Seen::default());
    }

    pub fn seen(&self) -> Seen {
        self.seen.get()
    }

    /// A place to come back to.
    pub fn mark(&self) -> usize {
        self.journal.borrow().len()
    }

    /// Takes back every store since `mark`.
    pub fn undo(&self, mark: usize) {
        let mut journal = self.journal.borrow_mut();
        for (word, old) in journal.drain(mark..).rev() {
            self.words[word].set(old);
        }
    }

    /// Keeps every store so far for good.
    pub fn commit(&self) {
        self.journal.borrow_mut().clear();
    }

    /// Every word of heads and regions, in order.
    pub fn words(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().map(Cell::get)
    }

    /// The word at an aligned address that is inside.
    pub fn word(&self, at: At) -> u32 {
        self.words[self.place(at, 4).expect("inside")].get()
    }

    /// What an application, or damage, writes.
    pub fn set_word(&self, at: At, value: u32) {
        let place = self.place(at, 4).expect("inside");
        self.put(place, value);
    }

    pub fn flip(&self, at: At, bit: u32) {
        self.set_word(at, self.word(at) ^ 1 << bit);
    }

    #[inline(always)]
    fn place(&self, at: At, alignment: u32) -> Option<usize> {
        let piece =
            self.pieces.iter().find(|piece| at.0.wrapping_sub(piece.start) < piece.bytes)?;
        let offset = at.0 - piece.start;
        (at.0 % alignment == 0).then_some(piece.first_word + offset as usize / 4)
    }

    #[inline(always)]
    fn put(&self, word: usize, value: u32) {
        let old = self.words[word].replace(value);
        self.journal.borrow_mut().push((word, old));
    }

    /// Notes an access; false if the fuel is used up.
    #[inline(always)]
    fn burn(&self) -> bool {
        let left = self.fuel.get() - 1;
        self.fuel.set(left);
        if left >= 0 {
            return true;
        }
        assert!(left > -PATIENCE, "the heap loops for ever");
        self.note(|seen| seen.ran_dry = true);
        false
    }

    #[cold]
    fn note(&self, what: impl FnOnce(&mut Seen)) {
        let mut seen = self.seen.get();
        what(&mut seen);
        self.seen.set(seen);
    }

    fn load(&self, at: At, alignment: u32) -> u32 {
        if !self.burn() {
            return self.none; // ends every list
        }
        match self.place(at, alignment) {
            Some(word) => self.words[word].get(),
            None => {
                self.note(|seen| seen.outside_loads += 1);
                at.0.wrapping_mul(0x9E37_79B1).rotate_left(11) // other memory: anything
            }
        }
    }

    fn store(&self, at: At, alignment: u32, value: impl FnOnce(u32) -> u32) {
        self.burn();
        match self.place(at, alignment) {
            Some(word) => self.put(word, value(self.words[word].get())),
            None => self.note(|seen| seen.outside_stores += 1),
        }
    }
}

impl Space for &Memory {
    fn pointer(self, at: At) -> *mut u8 {
        unreachable!("the core asks for no pointer: {at:?}")
    }
    fn heads(self) -> At {
        HEADS
    }
    #[inline(always)]
    fn load16(self, at: At) -> u16 {
        (self.load(at, 2) >> (8 * (at.0 & 2))) as u16
    }
    #[inline(always)]
    fn load32(self, at: At) -> u32 {
        self.load(at, 4)
    }
    #[inline(always)]
    fn store16(self, at: At, value: u16) {
        let shift = 8 * (at.0 & 2);
        self.store(at, 2, |old| old & !(0xFFFF << shift) | u32::from(value) << shift);
    }
    #[inline(always)]
    fn store32(self, at: At, value: u32) {
        self.store(at, 4, |_| value);
    }
}
