// SPDX-License-Identifier: MIT
//! Resizing and aligning in front of the shadow: it knows what lies on both sides of a block, and so what must be
//! possible.

use super::{Judged, Live};
use firmheap::block::{Guard, Layout};
use firmheap::heap::Resize;
use firmheap::region::Window;
use firmheap::units::{At, Size};
use firmheap::Heap;

/// What a resize came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Block and neighbours are as they were.
    Same,
    InPlace,
    /// Over its left neighbour.
    Moved(At),
    /// The neighbours have too little room.
    NoRoom,
}

impl<L: Layout, G: Guard> Judged<L, G> {
    /// Free bytes directly before and behind a live block, as the shadow sees it.
    pub fn gaps(&mut self, at: At) -> (u32, u32) {
        let span = self.arena.heap().holder(at).expect("a live block is in a region");
        let end = at.0 + self.live[&at.0].block_bytes;
        let before = self.live.range(span.start.0..at.0).next_back();
        let before = before.map_or(span.start.0, |(start, live)| start + live.block_bytes);
        let behind = self.live.range(end..span.end().0).next().map_or(span.end().0, |(at, _)| *at);
        (at.0 - before, behind - end)
    }

    /// The block for so many bytes, or `None` if there is none so large.
    pub fn wanted(payload_bytes: u32) -> Option<Size> {
        let tiny = Size::for_tiny_request(payload_bytes as usize, L::HEADER, L::BLOCK_MIN);
        Heap::<Window, L, G>::request(tiny.unwrap_or(payload_bytes as usize))
    }

    /// Resizes a live block as the C ABI does, without its last resort of another place, and judges every bit of it.
    pub fn resize(&mut self, at: At, payload_bytes: u32) -> Outcome {
        let Some(wanted) = Self::wanted(payload_bytes) else { return Outcome::NoRoom };
        let live = self.live[&at.0];
        let (before, behind) = self.gaps(at);
        let mut heap = self.arena.heap();
        let span = heap.holder(at).expect("a live block is in a region");
        let plan = heap.plan_resize(at, span, wanted).expect("the heap is sound");
        let possible = wanted.bytes() <= before + live.block_bytes + behind;
        assert_eq!(plan.is_some(), possible, "{before} + {} + {behind}", live.block_bytes);
        let Some(plan) = plan else { return Outcome::NoRoom };
        heap.resize(&plan);
        Self::judge_plan(&plan, wanted, behind);
        if plan.is_nothing() {
            self.judge();
            return Outcome::Same;
        }
        self.allocations += 1;
        self.frees += 1;
        self.move_contents(&plan, live);
        self.judge();
        if plan.moves() {
            Outcome::Moved(plan.to.at)
        } else {
            Outcome::InPlace
        }
    }

    fn judge_plan(plan: &Resize, wanted: Size, behind: u32) {
        let here = plan.from.size.bytes() + behind;
        assert_eq!(plan.moves(), wanted.bytes() > here, "moves only if the right is too little");
        assert!(plan.to.size >= wanted);
        let surplus = plan.to.size - wanted;
        assert!(surplus < L::BLOCK_MIN || plan.is_nothing() && behind == 0, "{plan:?}");
        assert!(plan.to.at.0 + plan.to.size.bytes() <= plan.from.at.0 + here);
    }

    /// The contents go where the block went, and are all there; then the whole block gets its pattern.
    fn move_contents(&mut self, plan: &Resize, live: Live) {
        let capacity = plan.to.size.bytes() - L::HEADER;
        let kept = live.payload_bytes.min(capacity);
        if plan.moves() {
            let all = plan.from.at.0 - plan.to.at.0 + kept;
            let memory = self.arena.bytes(plan.to.at, all);
            memory.copy_within((all - kept) as usize.., 0);
        }
        let memory = self.arena.bytes(plan.to.at, capacity);
        let same = memory[..kept as usize].iter().all(|byte| *byte == live.pattern);
        assert!(same, "contents survive");
        memory.fill(live.pattern);
        self.retag(plan.from.at, plan.to.at);
        self.live.remove(&plan.from.at.0);
        let block_bytes = plan.to.size.bytes();
        self.live.insert(plan.to.at.0, Live { payload_bytes: capacity, block_bytes, ..live });
    }

    /// Allocates at a multiple of `alignment`, and judges the place.
    pub fn allocate_aligned(&mut self, bytes: u32, alignment: u32, pattern: u8) -> Option<At> {
        let wanted = Self::wanted(bytes)?;
        let block = self.arena.heap().allocate_aligned(wanted, alignment).ok();
        if let Some(block) = block {
            self.allocations += 1;
            let address = self.arena.bytes(block.at, 1).as_ptr().addr();
            assert_eq!(address % alignment as usize, 0, "at a multiple of {alignment}");
            assert!(block.size - wanted < L::BLOCK_MIN, "what is left over is given back");
            self.enter(block, pattern);
        }
        self.judge();
        block.map(|block| block.at)
    }
}
