// SPDX-License-Identifier: MIT
//! A heap's one region is added by a way of its own, which must leave what the way for several leaves.
#![allow(missing_docs, clippy::missing_panics_doc)]

mod support;

use firmheap::block::{Checked, Compact, Guard, Layout, Paired, Protected, Slim, Unchecked, Wide};
use firmheap::region::Window;
use firmheap::units::At;
use support::Arena;

/// Everything that can be asked of a heap.
fn state<L: Layout, G: Guard>(arena: &mut Arena<L, G>, all: u32) -> (String, Vec<u8>) {
    let mut heap = arena.heap();
    let mut blocks = Vec::new();
    let sound = heap.check(|at, size, used| blocks.push((at, size, used)));
    let words = format!("{sound:?} {blocks:?} {:?} {:?}", heap.figures(), heap.control.first);
    let limit = heap.control.limit;
    let bytes = arena.bytes(Window::FIRST_REGION, all).to_vec();
    (format!("{words} {limit:?}"), bytes)
}

fn alike<L: Layout, G: Guard>() {
    for offset in 0..17 {
        for bytes in (0..90).chain([1000, 2001]) {
            let start = At(Window::FIRST_REGION.0 + offset);
            let (mut only, mut among) = (Arena::<L, G>::new(2100), Arena::<L, G>::new(2100));
            only.heap().add_only(start, start.plus(bytes));
            among.heap().add_region(start, start.plus(bytes)).expect("room in the table");
            let (one, other) = (state(&mut only, 2100), state(&mut among, 2100));
            assert_eq!(one, other, "{bytes} bytes at {start:?}");
            assert!(bytes < 80 || only.heap().is_defined(), "{bytes} bytes are no heap");
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "thousands of heaps; the same stores as in every other test")]
fn in_every_layout() {
    alike::<Slim<Compact>, Unchecked>();
    alike::<Slim<Wide>, Unchecked>();
    alike::<Paired<Compact>, Checked>();
    alike::<Paired<Wide>, Checked>();
    alike::<Paired<Compact>, Protected>();
    alike::<Paired<Wide>, Protected>();
}

/// On 64-bit hosts a place is a distance: below 4 GiB, and above the heads.
#[test]
#[cfg(target_pointer_width = "64")]
fn addresses_become_places() {
    let (mut heads, mut memory) = ([0u32; 64], [0u64; 64]);
    let root = memory.as_mut_ptr().cast::<u8>();
    // SAFETY: 64 heads are as many as any map has bits.
    let window = unsafe { Window::new(root, heads.as_mut_ptr().cast()) };
    let (address, first) = (root as usize, Window::FIRST_REGION.0);
    assert_eq!(window.at(address + first as usize), Some(At(first)));
    assert_eq!(window.at(address + first as usize + 100), Some(At(first + 100)));
    assert_eq!(window.at(address + u32::MAX as usize), Some(At(u32::MAX)));
    assert_eq!(window.at(address + first as usize - 1), None, "among the heads");
    assert_eq!(window.at(address + (1 << 32)), None, "too far");
    assert_eq!(window.at(address - 1), None, "below");
}
