// SPDX-License-Identifier: MIT
//! Sizes: the smallest block of each layout, and the block for each request, against what has to fit into them.
#![allow(missing_docs, clippy::missing_panics_doc)]

use firmheap::block::{Compact, Layout, Paired, Slim, Tagged, Unchecked, Wide};
use firmheap::region::Window;
use firmheap::units::{Size, BLOCK_BYTES_MIN, GRANULE};
use firmheap::Heap;

/// The smallest multiple of a granule that is no less than this.
fn rounded(bytes: u32) -> u32 {
    bytes.next_multiple_of(GRANULE)
}

#[test]
fn sizes_hold_what_is_asked_for_and_no_granule_more() {
    for bytes in 0..500 {
        let size = Size::holding(bytes);
        assert_eq!((size.bytes(), size.granules() * GRANULE), (rounded(bytes), rounded(bytes)));
        assert_eq!((size.even(), Size(size.0 + 1).even()), (size, size), "{bytes}");
    }
}

fn blocks<L: Layout>() {
    // A free block: its header, two links of a word each, and what is at its end.
    let free = L::HEADER + 4 + 4 + L::FOOTER;
    let least = rounded(free.max(BLOCK_BYTES_MIN));
    assert_eq!(L::BLOCK_MIN.bytes(), least);
    for payload in (1..500).step_by(if cfg!(miri) { 7 } else { 1 }) {
        let tiny = Size::for_tiny_request(payload, L::HEADER, L::BLOCK_MIN);
        let block = Heap::<Window, L, Unchecked>::request(tiny.unwrap_or(payload));
        let bytes = rounded(L::HEADER + payload as u32).max(least);
        assert_eq!(block.map(Size::bytes), Some(bytes), "{payload} bytes");
    }
}

#[test]
fn each_layout_s_blocks_hold_no_granule_too_many() {
    blocks::<Slim<Compact>>();
    blocks::<Slim<Wide>>();
    blocks::<Paired<Compact>>();
    blocks::<Paired<Wide>>();
    blocks::<Tagged<Slim<Compact>>>();
    blocks::<Tagged<Slim<Wide>>>();
    blocks::<Tagged<Paired<Compact>>>();
    blocks::<Tagged<Paired<Wide>>>();
}

/// As the documentation has them: a size, or two, of two bytes or four; and with a tag a word more.
#[test]
fn headers_are_as_small_as_documented() {
    assert_eq!([Slim::<Compact>::HEADER, Slim::<Wide>::HEADER], [2, 4]);
    assert_eq!([Paired::<Compact>::HEADER, Paired::<Wide>::HEADER], [4, 8]);
    assert_eq!([Tagged::<Slim<Compact>>::HEADER, Tagged::<Slim<Wide>>::HEADER], [6, 8]);
    assert_eq!([Tagged::<Paired<Compact>>::HEADER, Tagged::<Paired<Wide>>::HEADER], [8, 12]);
}
