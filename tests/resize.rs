// SPDX-License-Identifier: MIT
//! What the portable layer's extensions promise, against the shadow of `support`: sizes, resizing, alignment.
#![allow(missing_docs, clippy::missing_panics_doc)]

mod support;

use firmheap::block::{Checked, Compact, Guard, Layout, Paired, Protected, Slim, Unchecked, Wide};
use firmheap::units::At;
use support::{Arena, Judged, Random};

/// The largest request that is said to be possible is served, and one byte more is refused.
fn largest_request_is_exact<L: Layout, G: Guard>() {
    for seed in 1..if cfg!(miri) { 2 } else { 8 } {
        let mut random = Random(seed * 0x9E37_79B9);
        let bytes = 2000 * seed as u32;
        let mut judged = Judged::<L, G>::new(Arena::with_region(bytes as usize));
        let mut none = 0;
        for step in 0..if cfg!(miri) { 60 } else { 2000 } {
            judged.thorough = step % 64 == 0;
            let filling = 3 + step / 100 % 3;
            if judged.live() == 0 || random.below(6) < filling {
                judged.allocate(random.size(bytes / 6), random.next() as u8);
            } else {
                judged.free(judged.nth(random.below(judged.live() as u32) as usize));
            }
            let largest = judged.arena.heap().largest_request().expect("the heap is sound");
            assert_eq!(judged.allocate(largest + 1, 1), None, "{} is too much", largest + 1);
            if largest == 0 {
                none += 1;
                continue;
            }
            let block = judged.allocate(largest, 2);
            judged.free(block.unwrap_or_else(|| panic!("{largest} is not served")));
        }
        assert!(none < 2000);
    }
}

#[test]
fn the_largest_request_is_exact() {
    largest_request_is_exact::<Slim<Compact>, Unchecked>();
    largest_request_is_exact::<Paired<Compact>, Checked>();
    largest_request_is_exact::<Paired<Compact>, Protected>();
    largest_request_is_exact::<Paired<Wide>, Checked>();
    largest_request_is_exact::<Slim<Wide>, Unchecked>();
}

/// In a heap that is larger than the largest request the limit of requests is the answer.
#[test]
fn the_largest_request_of_a_large_heap_is_the_limit() {
    let mut judged = Judged::<Paired<Compact>, Checked>::new(Arena::with_region(600_000));
    let largest = judged.arena.heap().largest_request().expect("the heap is sound");
    assert!(largest >= Paired::<Compact>::REQUEST_MAX, "{largest}");
    assert_eq!(judged.allocate(largest + 1, 1), None);
    assert_ne!(judged.allocate(largest, 1), None);
}

#[test]
fn a_size_is_told_of_used_blocks_only() {
    let mut judged = Judged::<Paired<Compact>, Checked>::new(Arena::with_region(4000));
    let at = judged.allocate(100, 1).expect("room");
    let size = judged.arena.heap().used_size(at).expect("a used block");
    assert_eq!(size.bytes(), 104);
    for wrong in [at.plus(8), at.plus(4), At::NONE, at.plus(100_000)] {
        assert!(judged.arena.heap().used_size(wrong).is_err());
    }
    judged.free(at);
    assert!(judged.arena.heap().used_size(at).is_err());
}
