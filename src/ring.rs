// SPDX-License-Identifier: MIT
//! Rings: messages of any size, made on one side and used on the other in the same order, without a lock.
//!
//! Relies on `region`. Promises I12: no access outside of the ring's granules, whatever its headers say; and that a
//! message is changed by nobody between its commit and its release. One producer and one consumer may run at the same
//! time: each word of [`Control`] is written by one of them, and whoever is told of a message by `head`, or of free
//! granules by `tail`, sees what was written before.
//!
//! ```text
//! granules  0                tail                    head            granules
//!         │ │ header │ payload │ header │ payload ... │ free ...       │
//!
//!           head               tail                          (wrapped)
//!         │ │ free ...         │ header │ payload ... │ skip           │
//! ```
//! A message is never split: if it does not fit before the end, the rest there is skipped. One granule stays free, or a
//! full ring would look like an empty one. So a message that takes no more than half of the granules always fits once the
//! ring is empty, wherever its head is; larger ones are refused at once and not by luck.
#![forbid(unsafe_code)]

use crate::region::{Band, GRAIN, HEAD};
use core::sync::atomic::{AtomicU32, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};

/// The most granules there are: a header has 16 bits for their number.
pub const GRANULES_MAX: u32 = 0xFFFF;
/// The fewest of which one can be a message.
pub const GRANULES_MIN: u32 = 2;

/// The words of a ring. All may be written by a compiler: no ring is set up at run time.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Control {
    /// Granules of the memory.
    pub granules: u32,
    /// Where the next message goes. The producer's.
    head: AtomicU32,
    /// The oldest message that was not released. The consumer's.
    tail: AtomicU32,
    /// Where the reservation is. The producer's, like all that follow.
    at: AtomicU32,
    /// Bytes that are reserved; zero: nothing is.
    reserved: AtomicU32,
    /// The most granules that were in use.
    used_max: AtomicU32,
    /// Reservations that were refused.
    refused: AtomicU32,
}

/// What is wrong with a call. The numbers are part of the C ABI (`errRING_…`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum Misuse {
    /// No ring, or no memory.
    Missing = -1,
    /// The memory is no multiple of eight.
    Misaligned = -2,
    /// The memory has no room for a message.
    TooSmall = -3,
    /// The memory is more than a header can tell.
    TooLarge = -4,
    /// This was not reserved, or was committed already.
    NotReserved = -5,
    /// More was committed than reserved.
    TooLong = -6,
    /// There is no message.
    Empty = -7,
    /// This is not the oldest message.
    NotOldest = -8,
    /// A header was overwritten.
    Damaged = -9,
}

/// A message that waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message {
    /// Its granule.
    pub at: u32,
    /// Bytes that were committed.
    pub bytes: u32,
    /// The granule behind it.
    next: u32,
}

/// Figures of one moment, in granules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Figures {
    /// In use: messages with their headers, and what is skipped.
    pub used: u32,
    /// The most that ever was.
    pub used_max: u32,
    /// Reservations that were refused.
    pub refused: u32,
}

impl Control {
    /// An empty ring.
    pub fn new(granules: u32) -> Control {
        Control { granules, ..Control::default() }
    }

    /// The same in place, word by word: a whole of zeros would ask the C library to clear it, which not every image has.
    #[inline(always)]
    pub fn empty(&mut self, granules: u32) {
        self.granules = granules;
        let Control { granules: _, head, tail, at, reserved, used_max, refused } = self;
        for word in [head, tail, at, reserved, used_max, refused] {
            word.store(0, Relaxed);
        }
    }
}

/// Bytes of the largest message that always fits once the ring is empty; zero if there is none.
#[inline(always)]
pub fn message_max(granules: u32) -> u32 {
    (granules / 2 * GRAIN).saturating_sub(HEAD)
}

/// A ring, for either side.
#[derive(Clone, Copy)]
pub struct Ring<'a> {
    control: &'a Control,
    band: Band,
}

impl<'a> Ring<'a> {
    /// The ring with this state and memory.
    #[inline(always)]
    pub fn new(control: &'a Control, band: Band) -> Ring<'a> {
        Ring { control, band }
    }

    /// The producer: granule for a message of up to `bytes`; takes the place of a reservation that was not committed.
    /// `None` if there is no room, or never will be. Cost: O(1).
    #[inline(always)]
    pub fn reserve(self, bytes: usize) -> Option<u32> {
        let control = self.control;
        let all = control.granules;
        if bytes.wrapping_sub(1) < message_max(all) as usize {
            let bytes = bytes as u32;
            let need = granules(bytes);
            let head = control.head.load(Relaxed);
            let tail = control.tail.load(Acquire);
            // What the consumer has not released stays apart by one granule.
            let (end, start) = if head < tail {
                (tail - head - 1, 0)
            } else if tail == 0 {
                (all.wrapping_sub(head + 1), 0)
            } else {
                (all.wrapping_sub(head), tail - 1)
            };
            if head < all && tail < all && (need <= end || need <= start) {
                let at = if need <= end { head } else { 0 };
                control.at.store(at, Relaxed);
                control.reserved.store(bytes, Relaxed);
                return Some(at);
            }
        }
        control.refused.store(control.refused.load(Relaxed).wrapping_add(1), Relaxed);
        None
    }

    /// The producer: the reservation at this granule becomes a message of `bytes`; none at all gives it up. Cost: O(1).
    ///
    /// # Errors
    /// `NotReserved`, `TooLong`; the reservation is as it was then.
    #[inline(always)]
    pub fn commit(self, at: u32, bytes: usize) -> Result<(), Misuse> {
        let control = self.control;
        let reserved = control.reserved.load(Relaxed);
        if reserved == 0 || at != control.at.load(Relaxed) {
            return Err(Misuse::NotReserved);
        }
        if bytes > reserved as usize {
            return Err(Misuse::TooLong);
        }
        control.reserved.store(0, Relaxed);
        if bytes == 0 {
            return Ok(());
        }
        let all = control.granules;
        let head = control.head.load(Relaxed);
        if at != head {
            self.band.set_header(head, header(head, all.wrapping_sub(head), SKIP));
        }
        let need = granules(bytes as u32);
        let slack = (need * GRAIN - HEAD).wrapping_sub(bytes as u32);
        self.band.set_header(at, header(at, need, slack));
        let next = self.wrapped(at + need);
        let used = self.distance(next, control.tail.load(Relaxed));
        if used > control.used_max.load(Relaxed) {
            control.used_max.store(used, Relaxed);
        }
        control.head.store(next, Release);
        Ok(())
    }

    /// The consumer: the oldest message, if there is one. Cost: O(1).
    ///
    /// # Errors
    /// `Damaged`: its header was overwritten; [`Ring::discard`] is the way on.
    #[inline(always)]
    pub fn oldest(self) -> Result<Option<Message>, Misuse> {
        self.look(self.control.tail.load(Relaxed), self.control.head.load(Acquire))
    }

    /// The consumer: the message behind the one at this granule, which was not released. Cost: O(1).
    ///
    /// # Errors
    /// `NotOldest` if there is no such message, `Damaged`.
    pub fn behind(self, at: u32) -> Result<Option<Message>, Misuse> {
        let (tail, head) = (self.control.tail.load(Relaxed), self.control.head.load(Acquire));
        if at >= self.control.granules || self.distance(at, tail) >= self.distance(head, tail) {
            return Err(Misuse::NotOldest);
        }
        match self.look(at, head)? {
            Some(message) if message.at == at => self.look(message.next, head),
            _ => Err(Misuse::NotOldest),
        }
    }

    /// The consumer: the oldest message, which is the one at this granule, makes room. Cost: O(1).
    ///
    /// # Errors
    /// `Empty`, `NotOldest`, `Damaged`; nothing is changed then.
    #[inline(always)]
    pub fn release(self, at: u32) -> Result<(), Misuse> {
        let message = self.oldest()?.ok_or(Misuse::Empty)?;
        if message.at != at {
            return Err(Misuse::NotOldest);
        }
        self.control.tail.store(message.next, Release);
        Ok(())
    }

    /// The consumer: every message there is makes room, unread. Cost: O(1).
    pub fn discard(self) {
        self.control.tail.store(self.control.head.load(Acquire), Release);
    }

    /// The consumer: follows all headers. Cost: O(messages).
    ///
    /// # Errors
    /// `Damaged`.
    pub fn check(self) -> Result<u32, Misuse> {
        let head = self.control.head.load(Acquire);
        let mut at = self.control.tail.load(Relaxed);
        let mut messages = 0;
        while let Some(message) = self.look(at, head)? {
            at = message.next;
            messages += 1;
        }
        Ok(messages)
    }

    /// Either side, or a third: figures, old when they are read.
    pub fn figures(self) -> Figures {
        let (head, tail) = (self.control.head.load(Relaxed), self.control.tail.load(Relaxed));
        Figures {
            used: self.distance(head, tail),
            used_max: self.control.used_max.load(Relaxed),
            refused: self.control.refused.load(Relaxed),
        }
    }

    /// The message at `at`, or behind what is skipped there; none if that is where the head is. Every way is bounded by
    /// head or end, so that following headers, true or not, ends and stays inside.
    ///
    /// # Errors
    /// `Damaged`.
    #[inline(always)]
    fn look(self, at: u32, head: u32) -> Result<Option<Message>, Misuse> {
        let all = self.control.granules;
        if at == head {
            return Ok(None);
        }
        if head >= all {
            return Err(Misuse::Damaged); // not a header, but a word of the ring itself
        }
        let mut at = at;
        loop {
            let end = if at < head { head } else { all };
            if at >= all {
                return Err(Misuse::Damaged);
            }
            let found = self.band.header(at);
            let (need, rest) = (found >> 16, found & 0xF);
            if found != header(at, need, rest) || need == 0 || need > end.wrapping_sub(at) {
                return Err(Misuse::Damaged);
            }
            if rest < SKIP {
                let bytes = (need * GRAIN - HEAD).wrapping_sub(rest);
                return Ok(Some(Message { at, bytes, next: self.wrapped(at + need) }));
            }
            // Once at most: it reaches to the very end, so the head is ahead of the start.
            if rest != SKIP || need != all.wrapping_sub(at) || head == 0 {
                return Err(Misuse::Damaged);
            }
            at = 0;
        }
    }

    #[inline(always)]
    fn wrapped(self, at: u32) -> u32 {
        if at >= self.control.granules {
            0
        } else {
            at
        }
    }

    /// Granules from `tail` forward to `head`.
    #[inline(always)]
    fn distance(self, head: u32, tail: u32) -> u32 {
        let distance = head.wrapping_sub(tail);
        if head >= tail {
            distance
        } else {
            distance.wrapping_add(self.control.granules)
        }
    }
}

/// In place of the bytes that are too many in a message: no message.
const SKIP: u32 = 8;

/// Granules of a message.
#[inline(always)]
fn granules(bytes: u32) -> u32 {
    (bytes + (HEAD + GRAIN - 1)) / GRAIN
}

/// The header of a message: granules, twelve bits that say that this is one, and the bytes that are too many, or [`SKIP`].
#[inline(always)]
fn header(at: u32, need: u32, rest: u32) -> u32 {
    let seal = (need << 16 | at).wrapping_mul(0x9E37_79B1) ^ rest.wrapping_mul(0x85EB_CA6B);
    need << 16 | (seal >> 20) << 4 | rest
}
