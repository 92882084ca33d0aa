// SPDX-License-Identifier: MIT
//! What looks like a free neighbour is merged only if its list leads to it; else nothing is written at all. From integrity
//! level 1 on: headers can be forged by what a payload holds, or links overwritten by a write after free.
#![allow(missing_docs, clippy::missing_errors_doc, clippy::missing_panics_doc)]

mod support;

use firmheap::block::{Checked, Compact, Guard, Layout, Paired, Protected, Tagged, Wide};
use firmheap::fault::Kind;
use firmheap::region::Space;
use firmheap::units::{At, Size, GRANULE};
use support::Arena;

const REGION: At = At(256);
const BYTES: u32 = 128 * GRANULE;

/// Five used blocks of 8 granules at the beginning of a region.
fn blocks<L: Layout, G: Guard>(arena: &mut Arena<L, G>) -> [At; 5] {
    [(); 5].map(|()| arena.heap().allocate(Size::of_granules(8)).expect("room").at)
}

fn free<L: Layout, G: Guard>(arena: &mut Arena<L, G>, at: At) -> Result<Size, Kind> {
    let heap = &mut arena.heap();
    let span = heap.holder(at).expect("in the region");
    heap.free(at, span).map_err(|fault| fault.kind)
}

/// A free is refused, and a look at the block says the same; no byte and no figure changes.
fn refuses<L: Layout, G: Guard>(arena: &mut Arena<L, G>, at: At) {
    let before = (arena.bytes(REGION, BYTES).to_vec(), arena.heap().figures());
    let judged = arena.heap().check_block(at).map_err(|fault| fault.kind);
    let freed = free(arena, at).map(|_| ());
    // At level 2 the block before a forged one is asked first.
    assert!(matches!(freed, Err(Kind::FreeBlockDamaged | Kind::LeftDisagrees)), "{freed:?}");
    assert_eq!(judged, freed);
    assert_eq!((arena.bytes(REGION, BYTES).to_vec(), arena.heap().figures()), before);
}

/// A flip in what a header says of its left neighbour leads into that block's payload, where the application's number
/// passes for the header of a free block. Its next words would be followed as links.
fn a_forged_left_neighbour<L: Layout, G: Guard>() {
    let mut arena = Arena::<L, G>::with_region(BYTES as usize);
    let [_, left, block, ..] = blocks(&mut arena);
    let space = arena.heap().space;
    let size = Size::of_granules(4);
    let forged = block.left(size);
    arena.bytes(left, 8 * GRANULE - L::HEADER).fill(0);
    let sound = arena.bytes(REGION, BYTES).to_vec();
    L::make_free(space, forged, size, block);
    for link in [0, 7, left.0, left.plus(12).0, u32::MAX - 3] {
        space.store32(forged, link);
        space.store32(forged.plus(4), if link == 7 || link > 4096 { left.0 } else { link });
        refuses(&mut arena, block);
    }
    arena.bytes(REGION, BYTES).copy_from_slice(&sound);
    assert!(free(&mut arena, block).is_ok());
    assert_eq!(arena.heap().check(|_, _, _| ()), Ok(()));
}

/// The word that leads to a free block is overwritten, whichever side it is merged from, and whether or not the other
/// side was off its list already.
fn a_free_neighbour_that_is_not_listed<L: Layout, G: Guard>() {
    // The one that was freed last is first in their list, so no other is written to when it is taken out.
    for (freed, blamed) in [(vec![1], 1), (vec![3], 3), (vec![3, 1], 1), (vec![1, 3], 3)] {
        let mut arena = Arena::<L, G>::with_region(BYTES as usize);
        let all = blocks(&mut arena);
        let space = arena.heap().space;
        for which in freed {
            free(&mut arena, all[which]).expect("used");
        }
        let back = all[blamed].plus(4);
        let sound = space.load32(back);
        space.store32(back, all[0].0);
        refuses(&mut arena, all[2]);
        space.store32(back, sound);
        assert!(free(&mut arena, all[2]).is_ok());
        assert_eq!(arena.heap().check(|_, _, _| ()), Ok(()));
    }
}

macro_rules! at_levels_1_and_2 {
    ($($name:ident),*) => { $(
        mod $name {
            use super::*;
            #[test]
            fn level_1() {
                super::$name::<Paired<Compact>, Checked>();
                super::$name::<Paired<Wide>, Checked>();
                super::$name::<Tagged<Paired<Compact>>, Checked>();
            }
            #[test]
            fn level_2() {
                super::$name::<Paired<Compact>, Protected>();
                super::$name::<Paired<Wide>, Protected>();
            }
        }
    )* };
}

at_levels_1_and_2!(a_forged_left_neighbour, a_free_neighbour_that_is_not_listed);
