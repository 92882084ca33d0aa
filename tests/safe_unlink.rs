// SPDX-License-Identifier: MIT
//! What looks like a free neighbour is merged only if both its links are answered; else all is as it was. From integrity level
//! 1 on: headers can be forged by what a payload holds, or links overwritten by a write after free.
#![allow(missing_docs, clippy::missing_errors_doc, clippy::missing_panics_doc)]

mod support;

use firmheap::bins::{bin_of, BIN_MIN};
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

/// All that a free could change: the region, and what lies behind it; the heads; the control words.
fn all_of<L: Layout, G: Guard>(arena: &mut Arena<L, G>) -> (Vec<u8>, Vec<u32>, String) {
    let heap = arena.heap();
    let heads = (BIN_MIN..=bin_of(heap.control.first.size(), L::LARGEST))
        .map(|bin| heap.space.load32(heap.space.head(bin)));
    let (heads, control) = (heads.collect(), format!("{:?}", heap.control));
    (arena.bytes(REGION, BYTES + 32).to_vec(), heads, control)
}

/// A free is refused, and a look at the block says the same; nothing changes.
fn refuses<L: Layout, G: Guard>(arena: &mut Arena<L, G>, at: At) {
    let before = all_of(arena);
    let judged = arena.heap().check_block(at).map_err(|fault| fault.kind);
    let freed = free(arena, at).map(|_| ());
    // At level 2 the block before a forged one is asked first.
    let expected = G::LINKS && freed == Err(Kind::LeftDisagrees);
    assert!(expected || freed == Err(Kind::FreeBlockDamaged), "{freed:?}");
    assert_eq!(judged, freed);
    assert_eq!(all_of(arena), before);
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

/// A link of a free neighbour is overwritten, back or next, on either side, and whether or not the other side was off its
/// list already.
fn a_free_neighbour_with_a_damaged_link<L: Layout, G: Guard>() {
    // The one that was freed last is first in their list.
    const BACK: [(&[usize], usize, u32); 4] =
        [(&[1], 1, 4), (&[3], 3, 4), (&[3, 1], 1, 4), (&[1, 3], 3, 4)];
    const NEXT: [(&[usize], usize, u32); 4] =
        [(&[1], 1, 0), (&[3], 3, 0), (&[1, 3], 1, 0), (&[1, 3], 3, 0)];
    // CPUs with few registers ask level 1 for the other link only.
    let next = if cfg!(firmheap_few_registers) && !G::LINKS { &[][..] } else { &NEXT };
    for (freed, blamed, link) in BACK.iter().chain(next) {
        let mut arena = Arena::<L, G>::with_region(BYTES as usize);
        let all = blocks(&mut arena);
        let space = arena.heap().space;
        for which in *freed {
            free(&mut arena, all[*which]).expect("used");
        }
        let link = all[*blamed].plus(*link);
        let sound = space.load32(link);
        space.store32(link, all[0].0);
        refuses(&mut arena, all[2]);
        space.store32(link, sound);
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

at_levels_1_and_2!(a_forged_left_neighbour, a_free_neighbour_with_a_damaged_link);
