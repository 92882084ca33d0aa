// SPDX-License-Identifier: MIT
//! A used block gets another size where it is, or by growing over a free left neighbour.
//!
//! In two steps: [`Heap::plan_resize`] judges block and neighbours and changes nothing, [`Heap::resize`] cannot fail. So
//! the caller may do between them, without the lock, what takes long, and plan again. Contents are the caller's affair.
//!
//! ```text
//!   before           │ left, free │ block │ right, free │
//!   smaller          │ left, free │ bl │     free       │
//!   grows            │ left, free │ block ····· │ free │
//!   grows and moves  │ free │ block ················· │    contents go down to the new beginning
//! ```
//! A block that moves ends where its neighbour in use begins, and what is left over lies before it: so the memory its
//! contents leave is its own, and they can be moved after the lock is given back.
#![forbid(unsafe_code)]

use super::{Block, Heap};
use crate::block::{Guard, Layout, Opened};
use crate::fault::{Fault, Kind};
use crate::region::{Space, Span};
use crate::regions::Listed;
use crate::units::{At, Size};

/// A resize that is possible, with what was found on both sides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Resize {
    /// The block as it is.
    pub from: Block,
    /// The block as it will be.
    pub to: Block,
    /// The free neighbours as they are; zero where there is none.
    left: Size,
    right: Size,
    /// What will be free before a block that moves.
    before: Size,
    /// What will be free behind the block.
    behind: Size,
}

impl Resize {
    /// Block and neighbours stay as they are.
    pub fn is_nothing(&self) -> bool {
        self.from == self.to
    }

    /// The contents go to another address.
    pub fn moves(&self) -> bool {
        self.from.at != self.to.at
    }

    /// The used block, or end mark, behind the block and its free neighbour.
    fn end(&self) -> At {
        self.from.at.right(self.from.size + self.right)
    }
}

impl<S: Space, L: Layout, G: Guard, O: Listed> Heap<'_, S, L, G, O> {
    /// Judges a block in `span` as a free would, and finds out how it becomes one of size `wanted`; `None` if its
    /// neighbours have too little room. A block that shrinks by less than a block needs keeps what it has.
    /// Changes nothing. Cost: O(1).
    ///
    /// # Errors
    /// What is wrong with the block, a neighbour or a list.
    pub fn plan_resize(&self, at: At, span: Span, wanted: Size) -> Result<Option<Resize>, Fault> {
        let space = self.space;
        let opened = if G::CHECKED {
            self.judge_used(at, span).map_err(|kind| Fault::new(kind, at))?
        } else {
            let nothing = Fault::new(Kind::DoubleFree, at);
            L::open_used::<S, G>(space, at, span).ok_or(nothing)? // it always opens
        };
        let from = Block { at, size: opened.size() };
        let right = opened.right_free().unwrap_or(Size::ZERO);
        let left = opened.left_free(space, at).unwrap_or(Size::ZERO);
        let mut plan =
            Resize { from, to: from, left, right, before: Size::ZERO, behind: Size::ZERO };
        let here = from.size + right;
        if wanted <= here {
            let behind = here - wanted;
            if wanted != from.size && behind >= L::BLOCK_MIN {
                plan.to.size = wanted;
                plan.behind = behind;
            } else if wanted > from.size {
                plan.to.size = here;
            }
        } else if wanted <= left + here {
            let before = left + here - wanted;
            plan.before = if before < L::BLOCK_MIN { Size::ZERO } else { before };
            plan.to.at = at.left(left).right(plan.before);
            plan.to.size = left + here - plan.before;
        } else {
            return Ok(None);
        }
        if G::LINKS {
            self.judge_links(&opened, span, &plan)?;
        }
        Ok(Some(plan))
    }

    /// What a free or an allocation would ask beyond that at integrity level 2.
    ///
    /// # Errors
    /// What is wrong.
    fn judge_links(&self, opened: &L::Opened, span: Span, plan: &Resize) -> Result<(), Fault> {
        let lists = self.lists();
        let at = plan.from.at;
        if plan.right == Size::ZERO && !opened.right_used_agrees(self.space, span) {
            return Err(Fault::new(Kind::RightDisagrees, at));
        }
        let left = at.left(plan.left);
        if plan.moves() && !L::left_is_used(self.space, left, |at| lists.is_credible(at)) {
            return Err(Fault::new(Kind::FreeBlockDamaged, left));
        }
        let takes = |rest| rest == Size::ZERO || lists.can_take(rest);
        if !(takes(plan.before) && takes(plan.behind)) {
            return Err(Fault::new(Kind::FreeBlockDamaged, at));
        }
        Ok(())
    }

    /// Does what was planned; nothing has changed since. Counts as a free and an allocation, because that is what is
    /// told of it. The contents of a block that moves are still where they were.
    /// Cost: O(1).
    pub fn resize(&mut self, plan: &Resize) {
        let Resize { from, to, left, right, before, behind } = *plan;
        if plan.is_nothing() {
            return;
        }
        let space = self.space;
        let mut lists = self.lists();
        if right != Size::ZERO {
            let neighbour = from.at.right(from.size);
            L::retire(space, neighbour, right);
            let unlinked = lists.unlink(neighbour);
            debug_assert!(unlinked); // it was judged
        }
        let mut follows_free = left != Size::ZERO;
        if plan.moves() {
            let neighbour = from.at.left(left);
            let unlinked = lists.unlink(neighbour);
            debug_assert!(unlinked);
            // The old header will be payload: nobody shall believe it.
            L::retire(space, from.at, from.size);
            L::carry_over(space, from.at, to.at);
            follows_free = before != Size::ZERO;
            if follows_free {
                L::make_free(space, neighbour, before, to.at);
                lists.push(neighbour, before);
            }
        }
        let rest = L::set_used(space, to.at, to.size, follows_free, behind, plan.end());
        if behind != Size::ZERO {
            lists.push(rest, behind);
        }
        lists.map.store();
        let control = &mut *self.control;
        let counters = &mut control.counters;
        counters.free = counters.free + from.size - to.size;
        counters.allocations = counters.allocations.wrapping_add(1);
        counters.frees = counters.frees.wrapping_add(1);
        counters.free_min = counters.free_min.min(counters.free);
    }

    /// Makes two used blocks of one in `span` that was judged; returns where the second begins. Counts as an allocation.
    /// Cost: O(1).
    pub fn split_used(&mut self, at: At, span: Span, first: Size) -> At {
        let space = self.space;
        let size = L::size(space, at);
        let right = at.right(size);
        let opened = L::open_used::<S, G>(space, at, span);
        let follows_free = opened.is_some_and(|opened| opened.left_free(space, at).is_some());
        let second = L::set_used(space, at, first, follows_free, size - first, right);
        L::take_whole(space, second, size - first, right);
        let counters = &mut self.control.counters;
        counters.allocations = counters.allocations.wrapping_add(1);
        second
    }
}
