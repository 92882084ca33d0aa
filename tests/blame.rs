// SPDX-License-Identifier: MIT
//! What a fault says beyond its kind: the block to blame, what was expected there and what was found. And the check
//! of one block, which judges as a free does.
#![allow(missing_docs, clippy::missing_errors_doc, clippy::missing_panics_doc)]

#[macro_use]
mod support;

use firmheap::block::{
    Checked, Compact, Guard, Layout, Paired, Protected, Slim, Unchecked, Wide, Width,
};
use firmheap::fault::{Fault, Kind};
use firmheap::region::Space;
use firmheap::units::{At, Size, BLOCK_MIN};
use support::Arena;

const SIZES: [u32; 9] = [60, 100, 12, 60, 60, 200, 12, 90, 60];

/// Blocks side by side: the second, fourth and eighth are free.
struct Row<L: Layout, G> {
    arena: Arena<L, G>,
    blocks: Vec<At>,
}

impl<L: Layout, G: Guard> Row<L, G> {
    fn new() -> Self {
        let mut arena = Arena::<L, G>::with_region(1024);
        let mut blocks = Vec::new();
        for bytes in SIZES {
            let wanted = Size::for_request(bytes as usize, L::HEADER, L::BLOCK_MIN, L::REQUEST_MAX);
            let block = arena.heap().allocate(wanted.expect("a size")).expect("room");
            blocks.push(block.at);
        }
        let mut row = Row { arena, blocks };
        for number in [1, 3, 7] {
            row.free(row.blocks[number]).expect("a live block");
        }
        row
    }

    fn free(&mut self, at: At) -> Result<Size, Fault> {
        let mut heap = self.arena.heap();
        let span = heap.holder(at).expect("in the heap");
        heap.free(at, span)
    }

    fn size(&mut self, at: At) -> Size {
        L::size(self.arena.heap().space, at)
    }

    fn room(&mut self, at: At) -> u32 {
        self.arena.heap().control.first.room(at)
    }

    fn word(&mut self, at: At) -> u32 {
        self.arena.heap().space.load32(at)
    }

    fn set(&mut self, at: At, value: u32) {
        self.arena.heap().space.store32(at, value);
    }

    /// Overwrites what a header says of its own block, and gives back what a fault says of that.
    fn with_own(&mut self, at: At, own: u32, kind: Kind) -> Fault {
        let half = L::HEADER / 2;
        let saved = self.arena.bytes(at.minus(half), half).to_vec();
        let bytes = &own.to_le_bytes()[..half as usize];
        self.arena.bytes(at.minus(half), half).copy_from_slice(bytes);
        let fault = self.arena.heap().blame(kind, at);
        self.arena.bytes(at.minus(half), half).copy_from_slice(&saved);
        fault
    }

    /// The same for what a header says of the left neighbour.
    fn with_left(&mut self, at: At, left: u32, kind: Kind, blamed: At) -> Fault {
        let half = L::HEADER / 2;
        let saved = self.arena.bytes(at.minus(L::HEADER), half).to_vec();
        let bytes = &held::<L>(left)[..half as usize];
        self.arena.bytes(at.minus(L::HEADER), half).copy_from_slice(bytes);
        let fault = self.arena.heap().blame(kind, blamed);
        self.arena.bytes(at.minus(L::HEADER), half).copy_from_slice(&saved);
        fault
    }
}

/// The left neighbour's size with its flag as a header holds it.
fn held<L: Layout>(size: u32) -> [u8; 4] {
    if L::HEADER == 8 { Wide::encode(size) } else { Compact::encode(size) }.to_le_bytes()
}

fn freed_twice_or_foreign<L: Layout>() {
    let mut row = Row::<L, Checked>::new();
    let free = row.blocks[1];
    let header = row.word(free.minus(4));
    assert_ne!(header, 0);
    let blame = |row: &mut Row<L, Checked>, kind, at| row.arena.heap().blame(kind, at);
    let expected = Fault::with(Kind::DoubleFree, free, 0, header);
    assert_eq!(blame(&mut row, Kind::DoubleFree, free), expected);
    for outside in [At(8), At(0x8000)] {
        let expected = Fault::with(Kind::DoubleFree, outside, 0, outside.0);
        assert_eq!(blame(&mut row, Kind::DoubleFree, outside), expected);
    }
    let used = row.blocks[0];
    let of_no_block = Fault::new(Kind::TrailerDamaged, used);
    assert_eq!(blame(&mut row, Kind::TrailerDamaged, used), of_no_block);
}

/// A size is compared with the region, and then with the copy the right neighbour holds.
fn a_size_that_is_not_confirmed<L: Layout>() {
    let mut row = Row::<L, Checked>::new();
    let kind = Kind::RightDisagrees;
    let (at, right) = (row.blocks[4], row.blocks[5]);
    let (size, room) = (row.size(at), row.room(at));
    for wrong in [0, BLOCK_MIN.0 - 2, 2 * room + 2, 2 * room + 200] {
        let found = Size(wrong).granules();
        assert_eq!(
            row.with_own(at, wrong | 1, kind),
            Fault::with(kind, at, room, found),
            "{wrong}"
        );
    }
    // To the last granule of the region: the end mark is asked. And the smallest: what lies there is.
    let end = row.arena.heap().control.first.end();
    let mark = L::left_note(row.arena.heap().space, end);
    assert_eq!(row.with_own(at, (2 * room) | 1, kind), Fault::with(kind, at, 2 * room, mark));
    let smallest = BLOCK_MIN.0;
    let there = L::left_note(row.arena.heap().space, at.right(BLOCK_MIN));
    assert_eq!(row.with_own(at, smallest | 1, kind), Fault::with(kind, at, smallest, there));
    assert_eq!(row.with_left(right, 78, kind, at), Fault::with(kind, at, size.0, 78));
}

/// What a header says of its left neighbour is compared with that.
fn a_left_neighbour_that_disagrees<L: Layout>() {
    let mut row = Row::<L, Checked>::new();
    let kind = Kind::LeftDisagrees;
    for (number, free) in [(5, 0), (4, 1), (2, 1)] {
        let (left, at) = (row.blocks[number - 1], row.blocks[number]);
        let expected = row.size(left).0 | free;
        assert_eq!(row.with_left(at, 99, kind, at), Fault::with(kind, at, expected, 99));
    }
    let first = row.blocks[0];
    assert_eq!(row.with_left(first, 99, kind, first), Fault::with(kind, first, 0, 99));
    // Sizes are believed up to the first that cannot be.
    let (damaged, at) = (row.blocks[2], row.blocks[5]);
    let own = L::HEADER / 2;
    for size in [1u32, BLOCK_MIN.0 - 1, 0x7F01] {
        let bytes = &held::<L>(size)[..own as usize];
        row.arena.bytes(damaged.minus(own), own).copy_from_slice(bytes);
        let size_found = L::left_note(row.arena.heap().space, at);
        assert_eq!(row.arena.heap().blame(kind, at), Fault::with(kind, at, 0, size_found));
    }
}

/// A free block: itself, or the neighbour of the one that was to be freed; its size, or the word that leads to it.
fn a_damaged_free_block<L: Layout>() {
    let kind = Kind::FreeBlockDamaged;
    for number in [1, 3, 7] {
        let mut row = Row::<L, Checked>::new();
        let free = row.blocks[number];
        let (before, behind) = (row.blocks[number - 1], row.blocks[number + 1]);
        let size = row.size(free);
        // Named by itself and by its right neighbour in every case; by the left one if that looks to the right first.
        let confirmed = Fault::with(kind, free, size.0 | 1, 99);
        for blamed in [free, before] {
            assert_eq!(row.with_left(behind, 99, kind, blamed), confirmed, "from {blamed:?}");
        }
        let room = row.room(free);
        let small = Size(BLOCK_MIN.0 - 2);
        let fault = Fault::with(kind, free, room, small.granules());
        assert_eq!(row.with_own(free, small.0, kind), fault);
        // A wild link back, and one to a block which leads elsewhere.
        let back = row.word(free.plus(4));
        let used = row.blocks[5];
        row.set(used, At(0x0123_4560).minus(At::BEFORE).0);
        for (wrong, found) in [(0x7000_0000, 0x7000_0000), (used.0, 0x0123_4560)] {
            row.set(free.plus(4), At(wrong).minus(At::BEFORE).0);
            for blamed in [free, behind] {
                let fault = row.arena.heap().blame(kind, blamed);
                assert_eq!(fault, Fault::with(kind, free, free.0, found), "from {blamed:?}");
            }
        }
        row.set(free.plus(4), back);
    }
    // With the protector the left neighbour's list is not what stands out if the right one is damaged.
    let mut row = Row::<L, Protected>::new();
    let (at, right) = (row.blocks[2], row.blocks[3]);
    row.set(right.plus(4), 0x7000_0000);
    assert_eq!(row.arena.heap().blame(kind, at).at, right);
    let mut row = Row::<L, Protected>::new();
    let (at, left) = (row.blocks[2], row.blocks[1]);
    row.set(left.plus(4), 0x7000_0000);
    assert_eq!(row.arena.heap().blame(kind, at).at, left);
    // A block in use whose own size cannot be.
    let mut row = Row::<L, Checked>::new();
    let at = row.blocks[4];
    let room = row.room(at);
    for wrong in [0, BLOCK_MIN.0 - 2, 2 * room + 2, 2 * room + 200] {
        let found = Size(wrong).granules();
        assert_eq!(
            row.with_own(at, wrong | 1, kind),
            Fault::with(kind, at, room, found),
            "{wrong}"
        );
    }
    // Nothing damaged beside it: the block itself, as far as that is known.
    let mut row = Row::<L, Checked>::new();
    let first = row.blocks[0];
    assert_eq!(row.arena.heap().blame(kind, first), Fault::new(kind, first));
}

/// The check of one block says what a free would, for every flipped bit of every header and link.
fn judged_as_by_a_free<L: Layout, G: Guard>() {
    let mut faults = 0;
    let words: Vec<At> = {
        let row = Row::<L, G>::new();
        let headers = row.blocks.iter().flat_map(|at| [at.minus(L::HEADER), at.minus(4)]);
        let links = [1, 3, 7].map(|number: usize| row.blocks[number]);
        let links = links.into_iter().flat_map(|at| [at, at.plus(4)]).filter(|_| G::LINKS);
        headers.chain(links).collect()
    };
    for (number, word) in words.into_iter().enumerate() {
        for bit in (0..32).step_by(if cfg!(miri) { 17 } else { 1 }) {
            for nth in (0..SIZES.len()).skip(number / 3).take(if cfg!(miri) { 1 } else { 9 }) {
                let mut row = Row::<L, G>::new();
                let flipped = row.word(word) ^ 1 << bit;
                row.set(word, flipped);
                let at = row.blocks[nth];
                let checked = row.arena.heap().check_block(at).map_err(|fault| fault.kind);
                let freed = row.free(at).map(|_| ()).map_err(|fault| fault.kind);
                faults += u32::from(checked.is_err());
                if !G::LINKS {
                    assert_eq!(checked, freed, "{word:?}, bit {bit}, block {nth}");
                } else if let Err(kind) = checked {
                    assert_eq!(freed, Err(kind), "{word:?}, bit {bit}, block {nth}");
                    // a free asks more
                }
            }
        }
    }
    assert!(faults > if cfg!(miri) { 0 } else { 50 }, "only {faults} faults");
}

/// Without anything to compare, whether there is such a block is found by walking.
fn checked_by_walking<L: Layout>() {
    let mut row = Row::<L, Unchecked>::new();
    let live: Vec<_> = [0, 2, 4, 5, 6, 8].map(|number: usize| row.blocks[number]).into();
    let kind =
        |row: &mut Row<L, Unchecked>, at| row.arena.heap().check_block(at).map_err(|f| f.kind);
    for at in (0..1300).step_by(4).map(At) {
        let expected = match row.arena.heap().holder(at) {
            None => Err(Kind::ForeignPointer),
            Some(_) if live.contains(&at) => Ok(()),
            Some(_) => Err(Kind::DoubleFree),
        };
        assert_eq!(kind(&mut row, at), expected, "{at:?}");
    }
    // The block that ends the region is reached, too.
    let rest = row.arena.heap().figures().largest;
    let last = row.arena.heap().allocate(rest).expect("the rest").at;
    assert_eq!(kind(&mut row, last), Ok(()));
    let foreign = row.arena.heap().check_block(At(40_000)).expect_err("outside");
    assert_eq!(foreign, Fault::with(Kind::ForeignPointer, At(40_000), 0, 40_000));
    let free = row.blocks[1];
    let header = if L::HEADER == 2 {
        u32::from(row.arena.heap().space.load16(free.minus(2)))
    } else {
        row.word(free.minus(4))
    };
    let fault = row.arena.heap().blame(Kind::DoubleFree, free);
    assert_eq!(fault, Fault::with(Kind::DoubleFree, free, 0, header));
}

/// The block to blame is its left neighbour, although its own size leads to the very end.
fn a_used_block_that_ends_its_region<L: Layout>() {
    let mut arena = Arena::<L, Protected>::with_region(1024);
    let wanted = Size::for_request(100, L::HEADER, L::BLOCK_MIN, L::REQUEST_MAX).expect("a size");
    let first = arena.heap().allocate(wanted).expect("room").at;
    let rest = arena.heap().control.counters.free;
    let last = arena.heap().allocate(rest).expect("all of it").at;
    let span = arena.heap().holder(last).expect("in the heap");
    arena.heap().free(first, span).expect("a live block");
    assert_eq!(L::size(arena.heap().space, last).granules(), span.room(last));
    assert_eq!(arena.heap().blame(Kind::FreeBlockDamaged, last).at, first);
}

for_layouts!(
    a_used_block_that_ends_its_region,
    freed_twice_or_foreign,
    a_size_that_is_not_confirmed,
    a_left_neighbour_that_disagrees,
    a_damaged_free_block
);

#[test]
fn one_block_compact() {
    judged_as_by_a_free::<Paired<Compact>, Checked>();
}
#[test]
fn one_block_wide() {
    judged_as_by_a_free::<Paired<Wide>, Checked>();
}
#[test]
fn one_block_compact_with_links() {
    judged_as_by_a_free::<Paired<Compact>, Protected>();
}
#[test]
fn one_block_wide_with_links() {
    judged_as_by_a_free::<Paired<Wide>, Protected>();
}
#[test]
fn one_block_without_checks() {
    checked_by_walking::<Slim<Compact>>();
    checked_by_walking::<Slim<Wide>>();
}
