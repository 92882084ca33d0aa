// SPDX-License-Identifier: MIT
//! Which free block serves a request: of the first two of its own bin the smaller that is large enough, else of the first
//! two of the next bin the smaller; and where freed blocks and rests of splits stand in their lists.
#![allow(missing_docs, clippy::missing_panics_doc)] // tests

mod support;

use firmheap::block::{Checked, Compact, Guard, Layout, Paired, Protected, Slim, Unchecked, Wide};
use firmheap::units::{At, GRANULE};
use support::holes::Holes;

/// Sizes of one bin, in granules: 96 to 120 bytes at alignment 8; and those of the bin below.
const OWN: [u32; 4] = [12, 13, 14, 15];
const BELOW: [u32; 4] = [8, 9, 10, 11];

/// The place in the list of the block that serves.
fn expected(order: &[u32], wanted: u32) -> Option<usize> {
    let looked_at = order.iter().take(2).enumerate().filter(|(_, size)| **size >= wanted);
    looked_at.min_by_key(|(_, size)| **size).map(|(place, _)| place)
}

fn best_of_two<L: Layout, G: Guard>() {
    let mut orders: Vec<Vec<u32>> = OWN.iter().map(|one| vec![*one]).collect();
    for one in OWN {
        orders.extend(OWN.iter().map(|two| vec![one, *two]));
    }
    orders.push(vec![14, 15, 13]); // the third is never looked at
    for order in orders.iter().step_by(if cfg!(miri) { 5 } else { 1 }) {
        for wanted in BELOW.into_iter().chain(OWN) {
            let mut holes = Holes::<L, G>::new(order);
            let served = holes.allocate(wanted);
            let place = expected(order, wanted).map(|place| holes.at[place]);
            assert_eq!(served, place, "{wanted} of {order:?}");
        }
    }
}

/// The rest of a split goes behind the first of its list: a freed block of that size is used again before it.
fn rests_are_second<L: Layout, G: Guard>() {
    let mut holes = Holes::<L, G>::new(&[30]);
    let split = holes.allocate(12).expect("of the block of 30");
    assert_eq!(holes.allocate(18), Some(At(split.0 + 12 * GRANULE)), "the rest, which is alone");
    // 17 of 30: the rest of 13 joins freed blocks of its size.
    for order in [&[13, 30][..], &[13, 13, 30]] {
        let mut holes = Holes::<L, G>::new(order);
        let mut expected: Vec<_> = holes.at[..order.len() - 1].iter().copied().map(Some).collect();
        let split = holes.allocate(17).expect("of the block of 30");
        expected.insert(1, Some(At(split.0 + 17 * GRANULE)));
        expected.push(None);
        let served: Vec<_> = expected.iter().map(|_| holes.allocate(13)).collect();
        assert_eq!(served, expected);
    }
}

#[test]
fn compact_slim() {
    best_of_two::<Slim<Compact>, Unchecked>();
    rests_are_second::<Slim<Compact>, Unchecked>();
}

#[test]
fn compact_checked() {
    best_of_two::<Paired<Compact>, Checked>();
    rests_are_second::<Paired<Compact>, Checked>();
}

#[test]
fn compact_protected() {
    best_of_two::<Paired<Compact>, Protected>();
    rests_are_second::<Paired<Compact>, Protected>();
}

#[test]
fn wide_checked() {
    best_of_two::<Paired<Wide>, Checked>();
    rests_are_second::<Paired<Wide>, Checked>();
}
