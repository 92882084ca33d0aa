// SPDX-License-Identifier: MIT
//! What check, figures and survey say of free lists and of the map of bins: every link is answered, every block stands in the
//! list of its size, every bit means a list, and no list is longer than there can be blocks.
#![allow(missing_docs, clippy::missing_panics_doc, clippy::missing_errors_doc)] // tests

mod support;

use firmheap::bins::{bin_of, BinMap, Unit};
use firmheap::block::{Checked, Compact, Guard, Layout, Paired, Protected, Wide};
use firmheap::fault::{Fault, Kind};
use firmheap::region::Space;
use firmheap::regions::Alone;
use firmheap::stats::Control;
use firmheap::units::{At, Size};
use firmheap::Heap;
use std::cell::Cell;
use std::marker::PhantomData;
use support::holes::Holes;
use support::Arena;

/// Sizes of one bin, and one of another, in granules.
const ORDER: [u32; 4] = [12, 13, 14, 40];

fn check<L: Layout, G: Guard>(arena: &mut Arena<L, G>) -> Result<(), Fault> {
    arena.heap().check(|_, _, _| ())
}

fn found<L: Layout, G: Guard>(arena: &mut Arena<L, G>) -> Result<(), (Kind, At)> {
    check(arena).map_err(|fault| (fault.kind, fault.at))
}

/// Whatever a link of a free block says instead, it is a free block that is told of: not only that lists do not add up.
fn a_link_is_answered<L: Layout, G: Guard>() {
    let mut holes = Holes::<L, G>::new(&ORDER);
    let (blocks, arena) = (holes.at.clone(), &mut holes.arena);
    for word in blocks.iter().flat_map(|block| [*block, block.plus(4)]) {
        let sound = arena.link(word);
        let others = [At::NONE, At(12), At(u32::MAX - 7), sound.plus(4), sound.plus(8)];
        for wrong in others.into_iter().chain(blocks.iter().copied()) {
            arena.set_link(word, wrong);
            if arena.link(word) != sound {
                let fault = check(arena).expect_err("a wrong link");
                assert_eq!(fault.kind, Kind::FreeBlockDamaged, "{wrong:?} at {word:?}");
                assert!(blocks.contains(&fault.at), "{wrong:?} at {word:?}");
            }
        }
        arena.set_link(word, sound);
        assert_eq!(check(arena), Ok(()));
    }
}

/// A word before the heads of the heap's bins, or behind them, is no head, though it may lead to a block.
fn there_are_no_other_heads<L: Layout, G: Guard>() {
    let mut holes = Holes::<L, G>::new(&[12]);
    let (block, arena) = (holes.at[0], &mut holes.arena);
    let bins = bin_of(arena.heap().control.first.size(), L::LARGEST) + 1;
    for bin in [1, 3, bins, bins + 1] {
        let head = arena.heap().space.head(bin);
        arena.set_link(head, block);
        arena.set_link(block.plus(4), head);
        assert_eq!(found(arena), Err((Kind::FreeBlockDamaged, block)), "bin {bin}");
    }
}

/// A block whose links are all answered, in the list of another size: no request of its own size would find it.
fn a_block_is_in_the_list_of_its_size<L: Layout, G: Guard>() {
    let mut holes = Holes::<L, G>::new(&[12]);
    let (own, other) = (holes.head(12), holes.head(24));
    let (block, arena) = (holes.at[0], &mut holes.arena);
    arena.set_link(own, At::NONE);
    arena.set_link(other, block);
    arena.set_link(block.plus(4), other);
    let bin = bin_of(Size::of_granules(24), L::LARGEST);
    arena.heap().control.counters.map.set(L::Map::default().with(bin, Unit::KNOWN));
    assert_eq!(found(arena), Err((Kind::IndexDamaged, block)));
}

/// A bit is set if and only if there is a block, and none is set of a bin that has no head.
fn a_bit_means_a_list<L: Layout, G: Guard>() {
    let mut holes = Holes::<L, G>::new(&ORDER);
    let sound = holes.arena.heap().control.counters.map.get();
    for granules in [8, 12, 40, 1000] {
        let bin = bin_of(Size::of_granules(granules), L::LARGEST);
        let is_set = sound.has(bin);
        assert_eq!(is_set, ORDER.contains(&granules));
        let wrong =
            if is_set { sound.without(bin, Unit::KNOWN) } else { sound.with(bin, Unit::KNOWN) };
        let head = if granules == 1000 { At::NONE } else { holes.head(granules) };
        holes.arena.heap().control.counters.map.set(wrong);
        assert_eq!(found(&mut holes.arena), Err((Kind::IndexDamaged, head)), "{granules}");
    }
    holes.arena.heap().control.counters.map.set(sound);
    assert_eq!(check(&mut holes.arena), Ok(()));
}

/// There were never more bytes free than are now, with those that wait; both numbers are told.
fn the_least_ever_free_is_no_more_than_now<L: Layout, G: Guard>() {
    let mut holes = Holes::<L, G>::new(&ORDER);
    let mut heap = holes.arena.heap();
    let free = heap.control.counters.free;
    for held in [0, 12].map(Size) {
        heap.control.counters.free_min = free + held;
        assert!(heap.check_with(held, |_, _, _| ()).is_ok());
        heap.control.counters.free_min += Size(2);
        let fault = heap.check_with(held, |_, _, _| ()).expect_err("too many");
        let (most, least) = ((free + held).0, (free + held).0 + 2);
        assert_eq!(fault, Fault::with(Kind::CountersDisagree, At::NONE, most, least));
    }
}

macro_rules! for_levels {
    ($($name:ident),*) => { $(
        mod $name {
            use super::*;
            #[test]
            fn checked() { super::$name::<Paired<Compact>, Checked>(); }
            #[test]
            fn protected() { super::$name::<Paired<Compact>, Protected>(); }
            #[test]
            fn wide() { super::$name::<Paired<Wide>, Protected>(); }
        }
    )* };
}
for_levels!(
    a_link_is_answered,
    there_are_no_other_heads,
    a_block_is_in_the_list_of_its_size,
    a_bit_means_a_list,
    the_least_ever_free_is_no_more_than_now
);

/// With checked links the figures name the block whose link is to blame: that before the one that does not answer, and the
/// first of a list itself.
#[test]
fn figures_name_the_block_whose_link_is_damaged() {
    for (victim, named) in [(0, 0), (1, 0), (2, 1)] {
        let mut holes = Holes::<Paired<Compact>, Protected>::new(&[12, 13, 14]);
        holes.arena.set_link(holes.at[victim].plus(4), At::NONE);
        let figures = holes.arena.heap().figures();
        assert_eq!(figures.damaged, holes.at[named], "the link back of block {victim}");
        assert_eq!(figures.free_blocks as usize, victim, "those before it");
    }
}

/// A list that was forged, and leads through a payload, is followed for no more blocks than the free bytes can be.
#[test]
fn figures_count_no_more_blocks_than_there_can_be() {
    let mut holes = Holes::<Paired<Compact>, Protected>::spaced(&[(12, 100), (4, 4)]);
    let free = holes.arena.heap().control.counters.free;
    let most = free.0 / Paired::<Compact>::BLOCK_MIN.0;
    let mut last = holes.at[0];
    for number in 0..2 * most {
        let next = last.right(Size::of_granules(if number == 0 { 14 } else { 4 }));
        holes.arena.set_link(last, next);
        holes.arena.set_link(next.plus(4), last);
        holes.arena.set_link(next, At::NONE);
        last = next;
    }
    let figures = holes.arena.heap().figures();
    assert_eq!(figures.free_blocks, most);
    assert_ne!(figures.damaged, At::NONE);
}

#[test]
fn a_survey_names_its_region() {
    let mut arena = Arena::<Paired<Compact>, Checked>::new(2048);
    for (start, end) in [(256, 1024), (1280, 1600)] {
        arena.heap().add_region(At(start), At(end)).expect("a region");
    }
    let heap = arena.heap();
    for span in heap.spans() {
        let found = heap.survey_region(span);
        assert_eq!((found.span, found.free, found.free_blocks), (span, span.size(), 1));
    }
}

/// Memory with the heads of few bins at its beginning and, at once behind them, a region.
#[derive(Clone, Copy)]
struct Close<'a>(&'a [Cell<u64>]);

impl Space for Close<'_> {
    fn pointer(self, at: At) -> *mut u8 {
        assert!(at.0 < 8 * self.0.len() as u32, "{at:?} is outside");
        self.0.as_ptr().cast::<u8>().cast_mut().wrapping_add(at.0 as usize)
    }
    fn heads(self) -> At {
        At(0)
    }
}

/// A block that begins where the head of a bin would be which this heap has not, or right behind all there can be, is
/// a block as any: its neighbours in the list and in memory are freed.
fn blocks_close_to_the_heads<L: Layout, G: Guard>() {
    const BYTES: u32 = 1024;
    let memory = vec![Cell::new(0u64); BYTES as usize / 8];
    let mut control = Control::empty();
    let guard = PhantomData;
    let (space, others, unit) = (Close(&memory), Alone, Unit::KNOWN);
    let mut heap: Heap<Close, L, G, Alone> =
        Heap { space, control: &mut control, others, canary: 0, unit, guard };
    let behind_all = At(4 * L::Map::BINS);
    let start = behind_all.left(L::BLOCK_MIN).minus(L::HEADER);
    assert!(start.0 > 4 * bin_of(Size::of_bytes(BYTES), L::LARGEST), "the heads it has end below");
    heap.add_only(start, At(BYTES));
    let span = heap.control.first;
    let blocks: Vec<At> =
        std::iter::from_fn(|| heap.allocate(L::BLOCK_MIN).ok()).map(|block| block.at).collect();
    assert_eq!(blocks[1], behind_all);
    // Every other block from above, so that the one in question leads to the next of the list; that is asked for where it
    // is, when the block between is freed.
    let order = (0..blocks.len()).skip(1).step_by(2).rev().chain((2..blocks.len()).step_by(2));
    for at in order.chain([0]).map(|number| blocks[number]) {
        assert_eq!(heap.free(at, span), Ok(L::BLOCK_MIN), "{at:?}");
        // Miri: what is freed is what it is to see, and a check takes it a second.
        assert!(cfg!(miri) || heap.check(|_, _, _| ()) == Ok(()), "{at:?}");
    }
    assert_eq!(heap.check(|_, _, _| ()), Ok(()));
    assert_eq!(heap.control.counters.free, span.size());
}

#[test]
fn blocks_where_other_heads_would_be() {
    blocks_close_to_the_heads::<Paired<Compact>, Checked>();
    blocks_close_to_the_heads::<Paired<Compact>, Protected>();
    blocks_close_to_the_heads::<Paired<Wide>, Protected>();
}
