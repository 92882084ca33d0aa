// SPDX-License-Identifier: MIT
//! Blocks at multiples of more than a granule: where in a free block, which free block, and what is refused.
#![allow(missing_docs, clippy::missing_panics_doc)] // tests

mod support;

use firmheap::block::{Checked, Compact, Guard, Layout, Paired, Protected, Slim, Unchecked, Wide};
use firmheap::units::{At, Size, GRANULE};
use support::holes::Holes;
use support::Arena;

/// As the memory of an arena is aligned.
const ALIGNMENT: u32 = 64;
/// What is asked for, in granules: of another bin than what is certain to have a place for it.
const WANTED: u32 = 11;

/// The first multiple before which there is nothing, or as much as a free block needs.
fn first_place<L: Layout>(start: At, alignment: u32) -> At {
    let suits = |at: &u32| *at == start.0 || at - start.0 >= L::BLOCK_MIN.bytes();
    let places = (start.0.next_multiple_of(alignment)..).step_by(alignment as usize);
    At(places.into_iter().find(suits).expect("there is no end"))
}

/// The free rest of a heap may begin anywhere: the block lies at the first place in it.
fn it_lies_at_the_first_place<L: Layout, G: Guard>() {
    for alignment in [2 * GRANULE, ALIGNMENT] {
        for used in 4..4 + ALIGNMENT / GRANULE {
            let mut arena = Arena::<L, G>::with_region((64 * GRANULE) as usize);
            let used = Size::of_granules(used);
            let start = arena.heap().allocate(used).expect("room").at.right(used);
            let block = arena.heap().allocate_aligned(Size::of_granules(WANTED), alignment);
            let at = block.map(|block| block.at);
            assert_eq!(at, Ok(first_place::<L>(start, alignment)), "in what begins at {start:?}");
            assert_eq!(arena.heap().check(|_, _, _| ()), Ok(()));
        }
    }
}

#[test]
fn the_first_place() {
    it_lies_at_the_first_place::<Slim<Compact>, Unchecked>();
    it_lies_at_the_first_place::<Slim<Wide>, Unchecked>();
    it_lies_at_the_first_place::<Paired<Compact>, Checked>();
    it_lies_at_the_first_place::<Paired<Wide>, Protected>();
}

/// Where the block of an ordinary request has no place, one is taken that has it wherever it begins: neither a smaller one
/// is looked at, nor a larger one needed.
fn the_smallest_that_always_suits<L: Layout, G: Guard>() {
    // Bytes before the place, in a block that begins at such an address.
    let before = |start: u32| first_place::<L>(At(start), ALIGNMENT).0 - start;
    let starts = (ALIGNMENT..2 * ALIGNMENT).step_by(GRANULE as usize);
    let worst = starts.max_by_key(|start| before(*start)).expect("some");
    let most = WANTED + before(worst) / GRANULE;
    // Used blocks so long that both free ones begin as badly as can be; the first has no room for more than is wanted.
    let first = Arena::<L, G>::with_region(1024).heap().control.first.start;
    let padding = |end: u32| 4 + (worst.wrapping_sub(end + 4 * GRANULE) % ALIGNMENT) / GRANULE;
    let mut end = first.0;
    let mut order = Vec::new();
    for hole in [WANTED, most - 1, most] {
        end += hole * GRANULE;
        let used = padding(end);
        order.push((hole, used));
        end += used * GRANULE;
    }
    assert_ne!(first.0 % ALIGNMENT, 0);
    let mut holes = Holes::<L, G>::spaced(&order);
    assert_eq!([holes.at[1].0 % ALIGNMENT, holes.at[2].0 % ALIGNMENT], [worst % ALIGNMENT; 2]);
    let place = first_place::<L>(holes.at[2], ALIGNMENT);
    let block = holes.arena.heap().allocate_aligned(Size::of_granules(WANTED), ALIGNMENT);
    assert_eq!(block.map(|block| block.at), Ok(place));
    let again = holes.arena.heap().allocate_aligned(Size::of_granules(WANTED), ALIGNMENT);
    assert_eq!(again, Err(At::NONE));
}

#[test]
fn the_smallest_block_that_always_suits() {
    the_smallest_that_always_suits::<Slim<Compact>, Unchecked>();
    the_smallest_that_always_suits::<Paired<Compact>, Checked>();
    the_smallest_that_always_suits::<Paired<Compact>, Protected>();
    the_smallest_that_always_suits::<Paired<Wide>, Checked>();
}

/// What may need all of the largest block there can be is looked for there.
#[test]
#[cfg_attr(miri, ignore = "half a megabyte, and nothing else")]
fn the_largest_block_serves() {
    type Large = Paired<Compact>;
    let least = Large::BLOCK_MIN.bytes();
    let room = if least == GRANULE { ALIGNMENT - GRANULE } else { ALIGNMENT + least - GRANULE };
    let wanted = Large::LARGEST - Size::of_bytes(room);
    let mut arena = Arena::<Large, Checked>::new(600_000);
    let start = At(256).plus(Large::HEADER).align_up();
    let behind = start.right(Large::LARGEST);
    // A block of the size that is wanted, which an ordinary request would get, and which begins at no multiple.
    let other = At(behind.0.next_multiple_of(ALIGNMENT) + GRANULE);
    for (first, size) in [(start, Large::LARGEST), (other, wanted)] {
        let memory = first.minus(Large::HEADER);
        arena.heap().add_region(memory, first.right(size)).expect("a region");
    }
    assert_eq!(arena.heap().survey().regions, 2);
    let block = arena.heap().allocate_aligned(wanted, ALIGNMENT).expect("in the largest");
    assert_eq!(block.at, first_place::<Large>(start, ALIGNMENT));
}

/// With checked links what is left over on either side is put on no list whose head is damaged: the request is refused.
#[test]
fn what_is_left_over_needs_sound_heads() {
    let mut holes = Holes::<Paired<Compact>, Protected>::new(&[40]);
    let block = holes.at[0];
    let before = (first_place::<Paired<Compact>>(block, ALIGNMENT).0 - block.0) / GRANULE;
    let behind = 40 - before - WANTED;
    let wanted = Size::of_granules(WANTED);
    for rest in [before, behind] {
        let head = holes.head(rest);
        assert_eq!(holes.arena.link(head), At::NONE, "the list is empty");
        holes.arena.set_link(head, At(0x5000));
        let refused = holes.arena.heap().allocate_aligned(wanted, ALIGNMENT);
        assert_eq!(refused, Err(block), "{rest} granules");
        holes.arena.set_link(head, At::NONE);
        assert_eq!(holes.arena.heap().check(|_, _, _| ()), Ok(()));
    }
    let served = holes.arena.heap().allocate_aligned(wanted, ALIGNMENT);
    assert_eq!(served.map(|served| served.at), Ok(block.plus(before * GRANULE)));
}
