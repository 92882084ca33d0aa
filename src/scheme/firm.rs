// SPDX-License-Identifier: MIT
//! The default scheme: segregated fit with a second look, no loop anywhere.
//!
//! Relies on `block` and `bins`. Promises I5 (on a free list ⇔ marked free, links agree both ways)
//! and I6 (map bit set ⇔ list not empty, block in the bin of its size). It does no accounting.
//!
//! A request looks at the first two blocks of its own bin and takes the smaller that fits; if
//! none does, at the first two of the next bin that holds any, where all fit. Freed blocks
//! go to the front of their list, the rest of a split goes second: the most recently freed block is
//! reused first, and a rest is not nibbled at while a freed block of its class is at hand.
//!
//! ```text
//!   head(bin) ──► block ──next──► block ──next──► NONE
//!       ▲───back────┘ ▲────back─────┘
//! ```
//! `back` leads to the word that leads to the block: the head of its bin, or the block before, whose
//! first word is its `next`. So a block is taken out without asking which of both it is; only
//! if nothing follows it may the bin have become empty.
#![forbid(unsafe_code)]

use crate::bins::{bin_of, BinMap, FromBin, MapInUse};
use crate::block::{Guard, Layout};
use crate::hint::moved;
use crate::region::{Space, Span};
use crate::regions::Others;
use crate::units::{At, Size};
use core::marker::PhantomData;

/// A free block that serves a request. Its links are read when it is taken: to carry them until then takes more moves
/// between registers than one load of both.
pub struct Found {
    block: Link,
    /// Its size.
    pub size: Size,
    bin: u32,
}

impl Found {
    /// The block.
    #[inline(always)]
    pub fn block(&self) -> At {
        self.block.block().kept()
    }

    /// A head that leads to no block is found as a block of no size, which no request takes.
    #[inline(always)]
    fn damaged(head: Link) -> Found {
        Found { block: head, size: Size::ZERO, bin: 0 }
    }
}

/// When a block is taken out its link to the next one is asked, too, and not the back link only. On CPUs with few registers
/// that would be nine instructions.
const BOTH: bool = cfg!(not(firmheap_few_registers));

/// What leads to a block: its address as [`At::kept`] keeps it, or zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Link(u32);

impl Link {
    const NONE: Link = Link(0);

    #[inline(always)]
    fn to(block: At) -> Link {
        Link(block.minus(At::BEFORE).0)
    }
    /// The block; there is one.
    #[inline(always)]
    fn block(self) -> At {
        At(self.0).plus(At::BEFORE)
    }
    #[inline(always)]
    fn leads(self) -> bool {
        self.0 != 0
    }
}

/// The free lists during one call; whoever changes them stores the map at its end.
pub struct Lists<'l, S: Space, L: Layout, G: Guard, O> {
    /// How addresses become pointers.
    pub space: S,
    /// Which bins hold a block.
    pub map: MapInUse<'l, L::Map>,
    /// Links are stored combined with this by exclusive or (`G::LINKS`).
    pub canary: u32,
    /// Where a credible link leads to (`G::LINKS`): into the largest region …
    pub first: Span,
    /// … or into another.
    pub others: &'l O,
    /// Layout and integrity level.
    pub kind: PhantomData<(L, G)>,
}

impl<S: Space, L: Layout, G: Guard, O: Others> Lists<'_, S, L, G, O> {
    /// The block for a request of this size, or `None` if nothing fits. Changes nothing. With `G::LINKS`
    /// the caller must ask [`Lists::is_sound`] before taking it.
    /// Cost: O(1), reads at most four sizes.
    #[inline(always)]
    pub fn find(&self, wanted: Size) -> Option<Found> {
        let mut bin = bin_of(wanted, L::LARGEST);
        let mut from = self.map.get().seek(bin);
        if from.has_first() {
            let head = self.head(bin);
            let first = self.link(head.block());
            if G::LINKS && !self.is_answered(first.block(), head.block()) {
                return Some(Found::damaged(head));
            }
            let first_size = L::free_size(self.space, first.block());
            let second = self.link(first.block());
            if self.leads_credibly(second) {
                let size = L::free_size(self.space, second.block());
                if size >= wanted && (first_size < wanted || size < first_size) {
                    return Some(Found { block: second, size, bin });
                }
            }
            if first_size >= wanted {
                return Some(Found { block: first, size: first_size, bin });
            }
            from = from.without_first();
        }
        if from.is_empty() {
            return None;
        }
        bin = from.next(bin);
        let head = self.head(bin);
        let first = self.link(head.block());
        if G::LINKS && !self.is_answered(first.block(), head.block()) {
            return Some(Found::damaged(head));
        }
        let first_size = L::free_size(self.space, first.block());
        let second = self.link(first.block());
        if self.leads_credibly(second) {
            let size = L::free_size(self.space, second.block());
            if size < first_size {
                // Moved: mostly it is the first.
                return Some(Found {
                    block: Link(moved(second.0)),
                    size: Size(moved(size.0)),
                    bin,
                });
            }
        }
        Some(Found { block: first, size: first_size, bin })
    }

    /// A block to look at: there is one, and with `G::LINKS` its address can be a block's.
    #[inline(always)]
    pub fn is_credible(&self, block: At) -> bool {
        // No closure: kept apart, it would take this value's address, and what follows could not be jumped to.
        block != At::NONE && (!G::LINKS || self.first.holds(block) || self.others.hold(block))
    }

    /// The same of a link.
    #[inline(always)]
    fn leads_credibly(&self, link: Link) -> bool {
        link.leads() && (!G::LINKS || self.is_credible(link.block()))
    }

    /// [`Lists::unlink`] would take this free block off its list. Reads nothing outside the regions and heads.
    #[inline(always)]
    pub fn can_unlink(&self, block: At) -> bool {
        if G::LINKS || !G::CHECKED {
            self.is_sound(block)
        } else {
            self.is_linked(block)
        }
    }

    /// Both links of a free block are answered.
    fn is_linked(&self, block: At) -> bool {
        let (next, back) = (self.next(block), self.back(block));
        let leads = match self.bin_of_head(back).filter(|bin| self.map.get().has(*bin)) {
            Some(bin) => back == self.space.head(bin), // and no misaligned part of one
            None => self.room(back) != 0,
        };
        let answers = |next| self.room(next) != 0 && self.back(next) == block;
        leads && self.next(back) == block && (next == At::NONE || answers(next))
    }

    /// With `G::LINKS`: both links of a free block lead to where they are answered.
    #[inline(always)]
    pub fn is_sound(&self, block: At) -> bool {
        if !G::LINKS {
            return true;
        }
        let next = self.next(block);
        let back = self.back(block);
        let leads_here = match self.bin_of_head(back).filter(|bin| self.map.get().has(*bin)) {
            Some(bin) => back == self.space.head(bin), // and no misaligned part of one
            None => self.is_credible(back),
        } && self.next(back) == block;
        leads_here && (next == At::NONE || (self.is_credible(next) && self.back(next) == block))
    }

    /// A block can be at this address, and names the word that leads to it.
    #[inline(always)]
    pub fn is_answered(&self, block: At, back: At) -> bool {
        self.is_credible(block) && self.back(block) == back
    }

    /// With `G::LINKS`: a block of this size can be put on its list without following a damaged head.
    #[inline(always)]
    pub fn can_take(&self, size: Size) -> bool {
        if !G::LINKS {
            return true;
        }
        let bin = bin_of(size, L::LARGEST);
        let head = self.space.head(bin);
        let first = self.next(head);
        if self.map.get().has(bin) {
            self.is_answered(first, head)
        } else {
            first == At::NONE
        }
    }

    /// Granules from a block to the end of its region; zero if it is in none.
    #[inline(always)]
    pub fn room(&self, block: At) -> u32 {
        if self.first.holds(block) {
            return self.first.room(block);
        }
        self.others.room(block)
    }

    /// With `G::LINKS`: a block of this size ends on a granule of the region that it begins in.
    #[inline(always)]
    pub fn hold_all(&self, block: At, size: Size) -> bool {
        // An odd number of half granules becomes more than any region has.
        !G::LINKS || size.0.rotate_right(1) <= self.room(block)
    }

    /// Takes a found block off its list.
    #[inline(always)]
    pub fn take(&mut self, found: &Found) {
        let block = found.block();
        let next = self.link(block);
        let back = self.back(block);
        self.set_link(back, next);
        if next.leads() {
            self.set_back(next.block(), back);
        } else if !self.link(self.head(found.bin).block()).leads() {
            self.map.remove(found.bin);
        }
    }

    /// Makes a block the only one on any list; the heads are those of empty lists.
    #[inline(always)]
    pub fn start_with(&mut self, block: At, size: Size) {
        let bin = bin_of(size, L::LARGEST);
        let head = self.head(bin).block();
        self.set_link(head, Link::to(block));
        self.set_link(block, Link::NONE);
        self.set_back(block, head);
        self.map.clear();
        self.map.insert(bin);
    }

    /// Puts a freed block in front of its list.
    #[inline(always)]
    pub fn push(&mut self, block: At, size: Size) {
        let bin = bin_of(size, L::LARGEST);
        let head = self.head(bin).block();
        let next = self.link(head);
        self.set_link(block, next);
        self.set_back(block, head);
        if next.leads() {
            self.set_back(next.block(), block);
        } else {
            self.map.insert(bin);
        }
        self.set_link(head, Link::to(block));
    }

    /// Puts the rest of a split second in its list, or first if the list is empty.
    #[inline(always)]
    pub fn push_second(&mut self, block: At, size: Size) {
        let bin = bin_of(size, L::LARGEST);
        let mut back = self.head(bin).block();
        let mut next = self.link(back);
        if next.leads() {
            let first = next.block();
            let second = self.link(first);
            let damaged = G::LINKS
                && second.leads()
                && !(self.leads_credibly(second) && self.back(second.block()) == first);
            if damaged {
                return self.push(block, size); // in front, where no damaged link is followed
            }
            back = first;
            next = second;
            if next.leads() {
                self.set_back(next.block(), block);
            }
        } else {
            self.map.insert(bin);
        }
        self.set_link(back, Link::to(block));
        self.set_link(block, next);
        self.set_back(block, back);
    }

    /// Takes a free block off its list, wherever it stands in it; false, and nothing was changed, unless both its links are
    /// answered (see `BOTH`): so a header that something forged in a payload is found out, or damage of the links. With
    /// `G::LINKS` the caller has asked for more. The check of glibc's and Linux's lists ("safe unlinking").
    #[inline(always)]
    #[must_use]
    pub fn unlink(&mut self, block: At) -> bool {
        let asked = G::CHECKED && !G::LINKS;
        let (next, back) =
            if asked { self.links(block) } else { (self.link(block), self.back(block)) };
        if asked && self.link(back) != Link::to(block) {
            return false;
        }
        self.set_link(back, next);
        if next.leads() {
            if asked && BOTH && self.back(next.block()) != block {
                self.set_link(back, Link::to(block)); // as it was
                return false;
            }
            self.set_back(next.block(), back);
        } else {
            let distance = back.0.wrapping_sub(self.space.heads().0);
            L::Map::take_head(&mut self.map, distance);
        }
        true
    }

    /// Undoes [`Lists::unlink`] if no list has changed since: the block still has its links (Knuth, "Dancing links",
    /// 2000). A map that was copied was not stored.
    pub fn relink(&mut self, block: At) {
        if !MapInUse::<L::Map>::COPIED {
            let bin = bin_of(L::free_size(self.space, block), L::LARGEST);
            self.map.insert(bin);
        }
        let next = self.link(block);
        let back = self.back(block);
        self.set_link(back, Link::to(block));
        if next.leads() {
            self.set_back(next.block(), block);
        }
    }

    /// The bin whose head this word is. A small heap has fewer heads than there are bins, and a block may begin
    /// right behind them: it then passes for the head of a bin that is never set.
    #[inline(always)]
    pub fn bin_of_head(&self, word: At) -> Option<u32> {
        let distance = word.0.wrapping_sub(self.space.heads().0);
        (distance < 4 * L::Map::BINS).then_some(distance / 4)
    }

    /// The block that a block, or the head of a bin, leads to.
    #[inline(always)]
    pub fn next(&self, block: At) -> At {
        let link = self.link(block);
        if link.leads() {
            link.block()
        } else {
            At::NONE
        }
    }
    /// The word that leads to this block.
    #[inline(always)]
    pub fn back(&self, block: At) -> At {
        Link(self.space.load32(block.plus(4)) ^ self.canary).block()
    }
    /// What leads to the head of a bin.
    #[inline(always)]
    fn head(&self, bin: u32) -> Link {
        Link::to(self.space.head(bin).kept_apart())
    }
    #[inline(always)]
    fn link(&self, block: At) -> Link {
        Link(self.space.load32(block) ^ self.canary)
    }
    /// What follows a free block, and the word that leads to it, where links are not encoded.
    #[inline(always)]
    fn links(&self, block: At) -> (Link, At) {
        let (next, back) = self.space.load_pair(block);
        (Link(next), Link(back).block())
    }
    #[inline(always)]
    fn set_link(&mut self, block: At, next: Link) {
        self.space.store32(block, next.0 ^ self.canary);
    }
    #[inline(always)]
    fn set_back(&mut self, block: At, back: At) {
        self.space.store32(block.plus(4), Link::to(back).0 ^ self.canary);
    }
}
