// SPDX-License-Identifier: MIT
//! How much there is: in one block for its owner, and for the largest request that would be served.
#![forbid(unsafe_code)]

use super::Heap;
use crate::bins::BinMap;
use crate::block::{Guard, Layout, Opened};
use crate::fault::{Fault, Kind};
use crate::region::Space;
use crate::regions::{Listed, Others};
use crate::units::{At, Size};

impl<S: Space, L: Layout, G: Guard, O: Listed> Heap<'_, S, L, G, O> {
    /// Size of the used block at an alleged address, which is judged as a free would.
    /// Cost: O(1); a step for each region beside the largest.
    ///
    /// # Errors
    /// What is wrong.
    pub fn used_size(&self, at: At) -> Result<Size, Fault> {
        if !G::CHECKED {
            return Ok(L::size(self.space, at)); // the caller is trusted, as by a free
        }
        let span = self.holder(at).ok_or(Fault::new(Kind::ForeignPointer, at))?;
        let opened = self.judge_used(at, span).map_err(|kind| Fault::new(kind, at))?;
        Ok(opened.size())
    }
}

impl<S: Space, L: Layout, G: Guard, O: Others> Heap<'_, S, L, G, O> {
    /// Payload bytes of the largest request that would be served now, exactly; zero if none would. It is the larger
    /// of the first two blocks of the highest bin, at which a request looks: behind them in the list
    /// a larger block may stand that no request reaches.
    /// Cost: O(1).
    ///
    /// # Errors
    /// The damaged block or head that such a request would meet.
    pub fn largest_request(&self) -> Result<u32, At> {
        let lists = self.lists();
        let Some(bin) = lists.map.get().highest() else { return Ok(0) };
        let head = lists.space.head(bin);
        let mut block = lists.next(head);
        if G::LINKS && !lists.is_answered(block, head) {
            return Err(head);
        }
        let mut size = L::free_size(lists.space, block);
        let second = lists.next(block);
        if lists.is_credible(second) {
            let other = L::free_size(lists.space, second);
            if other > size {
                (block, size) = (second, other);
            }
        }
        if self.is_servable(block, size) {
            Ok(size.payload_max(L::HEADER, L::BLOCK_MIN, L::REQUEST_MAX))
        } else {
            Err(block)
        }
    }

    /// A free block is what its header says, as far as [`Heap::allocate`] asks.
    pub(super) fn is_servable(&self, block: At, size: Size) -> bool {
        let lists = self.lists();
        let right = block.right(size);
        !G::CHECKED
            || L::ends_below(size, block, right, self.control.limit)
                && lists.hold_all(block, size)
                && L::free_agrees(lists.space, size, right)
                && lists.is_sound(block)
    }
}
