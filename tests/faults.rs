// SPDX-License-Identifier: MIT
//! Misuse of a checked heap: every wrong pointer is refused with its kind, and the heap stays as it was.
#![allow(missing_docs, clippy::missing_errors_doc, clippy::missing_panics_doc)]

mod support;

use firmheap::block::{Checked, Compact, Guard, Layout, Paired, Protected, Tagged, Wide};
use firmheap::fault::Kind;
use firmheap::units::{At, Size, GRANULE};
use support::{Arena, Judged, Random};

/// What freeing an alleged pointer says.
fn free<L: Layout, G: Guard>(judged: &mut Judged<L, G>, at: At) -> Result<(), Kind> {
    let mut heap = judged.arena.heap();
    let span = heap.holder(at).ok_or(Kind::ForeignPointer)?;
    heap.free(at, span).map(|_| ()).map_err(|fault| fault.kind)
}

/// A heap with used and free blocks in turn.
fn striped<L: Layout, G: Guard>() -> (Judged<L, G>, Vec<At>) {
    let bytes = if cfg!(miri) { 1024 } else { 4096 };
    let mut judged = Judged::<L, G>::new(Arena::with_region(bytes));
    let blocks: Vec<_> = (0..40).filter_map(|n| judged.allocate(40 + n, n as u8)).collect();
    for block in blocks.iter().step_by(2) {
        judged.free(*block);
    }
    (judged, blocks)
}

fn double_free<L: Layout, G: Guard>() {
    let (mut judged, blocks) = striped::<L, G>();
    for block in blocks.iter().step_by(2) {
        assert_eq!(free(&mut judged, *block), Err(Kind::DoubleFree));
        judged.judge_all();
    }
}

/// Freed, merged with both sides, and freed again: an absorbed header never looks alive (I3).
fn double_free_of_absorbed<L: Layout, G: Guard>() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut judged = Judged::<L, G>::new(Arena::with_region(1024));
        let blocks: Vec<_> = (0..5).filter_map(|n| judged.allocate(40, n)).collect();
        for which in order {
            judged.free(blocks[1 + which]);
        }
        for block in &blocks[1..4] {
            assert!(free(&mut judged, *block).is_err(), "order {order:?}");
            judged.judge_all();
        }
    }
}

fn foreign_and_interior<L: Layout, G: Guard>() {
    let (mut judged, blocks) = striped::<L, G>();
    for at in [0, 8, 255, 4096 + 256, 4096 + 264, u32::MAX, u32::MAX - 7] {
        assert_eq!(free(&mut judged, At(at)), Err(Kind::ForeignPointer), "{at:#x}");
    }
    for block in blocks.iter().skip(1).step_by(2) {
        for inside in 1..40 {
            assert!(free(&mut judged, block.plus(inside)).is_err(), "{inside} bytes into a block");
        }
        judged.judge_all();
    }
}

/// The byte after the payload belongs to the next header: overflowing it is found when the overflowing
/// block is freed, and nothing is changed then.
fn overflow<L: Layout, G: Guard>() {
    let payload = (2 * GRANULE).max(48) - L::HEADER; // up to the next header
    for bytes in [1u32, 4, 8, 64] {
        let mut judged = Judged::<L, G>::new(Arena::with_region(1024));
        let left = judged.allocate(payload, 1).expect("room");
        let right = judged.allocate(payload, 2).expect("room");
        let guard = judged.allocate(payload, 3).expect("room");
        let _ = guard;
        let before: Vec<u8> = judged.arena.bytes(left.plus(payload), bytes).to_vec();
        judged.arena.bytes(left.plus(payload), bytes).fill(0x5A);
        assert!(free(&mut judged, left).is_err(), "{bytes} bytes over, freeing the left block");
        if bytes >= L::HEADER || G::LINKS {
            let found = free(&mut judged, right);
            assert!(found.is_err(), "{bytes} bytes over, freeing the right block");
        }
        judged.arena.bytes(left.plus(payload), bytes).copy_from_slice(&before);
        judged.judge_all();
        assert_eq!(free(&mut judged, left), Ok(()));
    }
}

/// A payload whose words look like headers of no size, or of the smallest, or of the block's own: a pointer to
/// behind them is refused.
fn words_like_headers<L: Layout, G: Guard>() {
    let sizes: &[u32] = if cfg!(miri) { &[0, 6] } else { &[0, 2, 4, 6, 32] };
    for (own, left) in sizes.iter().flat_map(|own| sizes.iter().map(move |left| (own, left))) {
        for flags in [0, 1, 0x1_0000, 0x1_0001, 2, 3, 0x200, 0x201] {
            let mut judged = Judged::<L, G>::new(Arena::with_region(1024));
            judged.allocate(40, 1).expect("room");
            let block = judged.allocate(200, 2).expect("room");
            judged.allocate(40, 3).expect("room");
            let word = (own << 16 | left) ^ flags;
            judged.arena.bytes(block.plus(4), 4).copy_from_slice(&word.to_le_bytes());
            assert!(free(&mut judged, block.plus(8)).is_err(), "word {word:#x}");
            judged.judge_all();
        }
    }
}

/// A payload that holds a pair of headers of a block below the smallest, for which there is no bin.
fn a_pair_too_small<L: Layout, G: Guard>() {
    let mut judged = Judged::<L, G>::new(Arena::with_region(1024));
    let block = judged.allocate(200, 0).expect("room");
    for (own, copy) in [(0x0003_0000u32, 0x0001_0002u32), (0x201, 0x205), (0x201, 0x207)] {
        judged.arena.bytes(block.plus(4), 4).copy_from_slice(&own.to_le_bytes());
        judged.arena.bytes(block.plus(12), 4).copy_from_slice(&copy.to_le_bytes());
        assert!(free(&mut judged, block.plus(8)).is_err(), "headers {own:#x} {copy:#x}");
        judged.judge_all();
    }
}

/// With the protector: the rest of a split is not put behind a block whose link was written over.
#[test]
fn a_rest_follows_no_damaged_link() {
    let mut judged = Judged::<Paired<Compact>, Protected>::new(Arena::with_region(1024));
    let sizes = [60, 20, 460, 20];
    let blocks: Vec<_> = sizes.iter().filter_map(|size| judged.allocate(*size, 1)).collect();
    let rest = judged.arena.heap().figures().largest.bytes() - 4;
    judged.allocate(rest, 1).expect("the rest of the heap");
    judged.free(blocks[0]);
    judged.free(blocks[2]);
    judged.arena.bytes(blocks[0], 4).copy_from_slice(&0x1234_5678u32.to_le_bytes());
    judged.thorough = false;
    judged.allocate(396, 2); // its rest belongs to the bin of the damaged block
}

/// Any pointer at all, over random heaps: accepted only if it is a live block.
fn random_pointers<L: Layout, G: Guard>() {
    let (rounds, stride) = if cfg!(miri) { (1, 29) } else { (200, 1) }; // Miri: 1000 times slower
    for seed in 1..=rounds {
        let mut random = Random(seed);
        let mut judged = Judged::<L, G>::new(Arena::with_region(2048));
        for n in 0..30 {
            judged.allocate(1 + random.below(90), n);
        }
        for _ in 0..10 {
            let victim = judged.nth(random.below(judged.live() as u32) as usize);
            judged.free(victim);
        }
        let live: Vec<_> = (0..judged.live()).map(|n| judged.nth(n)).collect();
        for at in ((256 - 16)..(256 + 2048 + 16)).step_by(stride) {
            if !live.contains(&At(at)) {
                assert!(free(&mut judged, At(at)).is_err(), "seed {seed}, address {at}");
            }
        }
        judged.judge_all();
    }
}

/// A free block whose header was overwritten is not handed out.
fn damaged_free_block<L: Layout, G: Guard>() {
    let mut judged = Judged::<L, G>::new(Arena::with_region(1024));
    let block = judged.allocate(100, 1).expect("room");
    let _right = judged.allocate(100, 2).expect("room");
    judged.free(block);
    let header = judged.arena.bytes(block.minus(4), 4).to_vec();
    for value in [0u32, 1, 0x10, 0xFFFF_FFFF, 0x8000_0000, 0x0002_0000] {
        judged.arena.bytes(block.minus(4), 4).copy_from_slice(&value.to_le_bytes());
        for bytes in [100, 90, 20, 400] {
            let wanted = firmheap::Heap::<firmheap::region::Window, L, G>::request(bytes);
            let mut heap = judged.arena.heap();
            let taken = heap.allocate(wanted.expect("a size")).ok();
            assert!(taken.is_none_or(|taken| taken.at != block), "{value:#x}");
            if let Some(taken) = taken {
                let span = heap.holder(taken.at).expect("in the heap");
                heap.free(taken.at, span).expect("an intact block");
                judged.allocations += 1;
                judged.frees += 1;
            }
        }
        judged.arena.bytes(block.minus(4), 4).copy_from_slice(&header);
        judged.judge_all();
    }
}

/// With the protector a link that was written over is found before it is followed.
#[test]
fn damaged_links_are_not_followed() {
    let (mut judged, blocks) = striped::<Paired<Compact>, Protected>();
    let victim = blocks[10];
    for offset in [0, 4] {
        let saved = judged.arena.bytes(victim.plus(offset), 4).to_vec();
        judged.arena.bytes(victim.plus(offset), 4).fill(0x41);
        assert_eq!(free(&mut judged, blocks[9]), Err(Kind::FreeBlockDamaged));
        assert_eq!(free(&mut judged, blocks[11]), Err(Kind::FreeBlockDamaged));
        judged.arena.bytes(victim.plus(offset), 4).copy_from_slice(&saved);
        judged.judge_all();
    }
}

/// With checked links a neighbour in use is asked, too: what its header says of its size must be confirmed by what
/// follows it, and be inside the region.
fn a_used_neighbour_is_confirmed<L: Layout>() {
    let mut judged = Judged::<L, Protected>::new(Arena::with_region(1024));
    let blocks: Vec<_> = (0..4).filter_map(|n| judged.allocate(60, n)).collect();
    let own = blocks[1].minus(L::HEADER / 2);
    let header = judged.arena.bytes(own, L::HEADER / 2).to_vec();
    let room = judged.arena.heap().control.first.room(blocks[1]);
    let two = 2 * judged.arena.heap().used_size(blocks[1]).expect("in use").0;
    for wrong in [0, 2, two - 2, two + 2, 2 * room, 2 * room + 2, 0xFFFE, 0x4000_0000 + two] {
        judged.arena.bytes(own, L::HEADER / 2)[..2]
            .copy_from_slice(&(wrong as u16 | 1).to_le_bytes());
        if L::HEADER == 8 {
            judged.arena.bytes(own, 4).copy_from_slice(&(wrong | 1).to_le_bytes());
        }
        let counters = format!("{:?}", judged.arena.heap().control.counters);
        assert_eq!(free(&mut judged, blocks[0]), Err(Kind::RightDisagrees), "{wrong:#x}");
        assert_eq!(format!("{:?}", judged.arena.heap().control.counters), counters);
        let heap = judged.arena.heap();
        let span = heap.control.first;
        let plan = heap.plan_resize(blocks[0], span, L::BLOCK_MIN);
        assert_eq!(plan.map_err(|fault| fault.kind), Err(Kind::RightDisagrees), "{wrong:#x}");
    }
    judged.arena.bytes(own, L::HEADER / 2).copy_from_slice(&header);
    judged.judge_all();
    judged.free(blocks[0]);
}

#[test]
fn a_used_neighbour_is_confirmed_by_the_next() {
    a_used_neighbour_is_confirmed::<Paired<Compact>>();
    a_used_neighbour_is_confirmed::<Paired<Wide>>();
}

/// A free that is refused counts nothing, however far it had come.
fn a_refusal_is_not_counted<L: Layout, G: Guard>() {
    let (mut judged, blocks) = striped::<L, G>();
    judged.thorough = false;
    let size = judged.arena.heap().used_size(blocks[1]).expect("in use");
    let right = blocks[1].right(size);
    // The size of the free block on its right, the copies of its own and of its left neighbour's; but for their flags.
    let own = right.minus(L::HEADER - if L::LARGEST > Size(0xFFFF) { 4 } else { 2 });
    for at in [own, right.minus(L::HEADER), blocks[1].minus(L::HEADER)] {
        let before = format!("{:?}", judged.arena.heap().control.counters);
        for bit in (1..8).step_by(if cfg!(miri) { 4 } else { 1 }) {
            judged.arena.bytes(at, 1)[0] ^= 1 << bit;
            assert!(free(&mut judged, blocks[1]).is_err(), "bit {bit} at {at:?}");
            judged.arena.bytes(at, 1)[0] ^= 1 << bit;
            assert_eq!(format!("{:?}", judged.arena.heap().control.counters), before);
        }
    }
    judged.judge_all();
}

#[test]
fn refusals_are_not_counted() {
    a_refusal_is_not_counted::<Paired<Compact>, Checked>();
    a_refusal_is_not_counted::<Paired<Compact>, Protected>();
    a_refusal_is_not_counted::<Tagged<Paired<Compact>>, Checked>();
    a_refusal_is_not_counted::<Tagged<Paired<Wide>>, Protected>();
}

macro_rules! for_layouts {
    ($($name:ident),*) => { $(
        mod $name {
            use super::*;
            #[test]
            fn paired() { super::$name::<Paired<Compact>, Checked>(); }
            #[test]
            fn wide() { super::$name::<Paired<Wide>, Checked>(); }
            #[test]
            fn paired_protected() { super::$name::<Paired<Compact>, Protected>(); }
        }
    )* };
}
for_layouts!(
    double_free,
    double_free_of_absorbed,
    foreign_and_interior,
    overflow,
    random_pointers,
    words_like_headers,
    a_pair_too_small,
    damaged_free_block
);

/// As they go through the C ABI: a number is one kind, and each kind has words of its own.
#[test]
fn every_kind_has_its_number_and_its_words() {
    let kinds: Vec<Kind> = (0..).map(Kind::of).enumerate().map_while(known).collect();
    assert!(kinds.len() >= 18, "only {} kinds", kinds.len());
    for (number, kind) in kinds.iter().enumerate() {
        assert_eq!(*kind as usize, number);
        assert!(kind.text().len() > 7, "{kind:?}: {}", kind.text());
        let same = kinds.iter().filter(|other| other.text() == kind.text()).count();
        assert_eq!(same, 1, "{kind:?}: {}", kind.text());
    }
    assert_eq!(Kind::of(u32::MAX), Kind::None);
}

fn known((number, kind): (usize, Kind)) -> Option<Kind> {
    (number == 0 || kind != Kind::None).then_some(kind)
}
