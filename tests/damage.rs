// SPDX-License-Identifier: MIT
//! Looking at a damaged heap: whatever its memory holds, the check, the report and the figures read nothing outside
//! the regions and the heads, and end.
#![allow(missing_docs, clippy::missing_panics_doc)]

mod support;

use firmheap::bins::{bin_of, Unit, BIN_MIN};
use firmheap::block::{Checked, Compact, Guard, Layout, Paired, Protected, Slim, Unchecked, Wide};
use firmheap::fault::Kind;
use firmheap::region::{Array, Space, Span};
use firmheap::regions::Table;
use firmheap::stats::Control;
use firmheap::units::{At, Size, GRANULE};
use firmheap::Heap;
use std::cell::Cell;
use std::marker::PhantomData;
use support::Random;

const REGIONS: [(u32, u32); 2] = [(512, 512 + 1024), (4096, 4096 + 600)];

/// Heads there are: of the bins that a block of the largest region can be in.
fn is_head(at: At) -> bool {
    let top = bin_of(Size::of_granules(1024 / GRANULE), Paired::<Compact>::LARGEST);
    (4 * BIN_MIN..4 * (top + 1)).contains(&at.0)
}

/// Memory that says no to every address which is neither in a region nor a head, and to too many accesses.
#[derive(Clone, Copy)]
struct Fenced<'a> {
    memory: &'a [Cell<u64>],
    steps: &'a Cell<u32>,
}

impl Space for Fenced<'_> {
    fn pointer(self, at: At) -> *mut u8 {
        let inside = |(start, end): &(u32, u32)| (*start..*end).contains(&at.0);
        assert!(is_head(at) || REGIONS.iter().any(inside), "{at:?} is no memory of the heap");
        self.steps.set(self.steps.get() + 1);
        assert!(self.steps.get() < 100_000, "it does not end");
        self.memory.as_ptr().cast::<u8>().cast_mut().wrapping_add(at.0 as usize)
    }
    fn heads(self) -> At {
        At(0)
    }
}

/// Up to four words are overwritten: by any; by one that resembles a size, or a link; or a bit of it flips.
fn hurt(space: Fenced, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let (start, end) = REGIONS[random.below(2) as usize];
        let at = At(start + 4 * random.below((end - start) / 4));
        let word = match random.below(4) {
            0 => random.next() as u32,
            1 => random.below(600) << 16 | random.below(600),
            2 => start + 8 * random.below((end - start) / 8),
            _ => space.load32(at) ^ 1 << random.below(32),
        };
        space.store32(at, word);
    }
}

/// What the report reads of an address.
fn look<L: Layout, G: Guard>(heap: &Heap<Fenced, L, G>, at: At) {
    if !G::CHECKED {
        return;
    }
    let _any = heap.check_block(at);
    for kind in
        [Kind::DoubleFree, Kind::RightDisagrees, Kind::LeftDisagrees, Kind::FreeBlockDamaged]
    {
        heap.blame(kind, at);
    }
}

/// A heap of these regions, in memory of its own.
fn with_heap<L: Layout, G: Guard>(
    regions: &[(u32, u32)],
    test: impl FnOnce(Fenced, &mut Heap<Fenced, L, G>),
) {
    let memory = vec![Cell::new(0u64); 5000 / 8];
    let steps = Cell::new(0);
    let space = Fenced { memory: &memory, steps: &steps };
    let mut control = Control::empty();
    let (mut count, mut spans) = (0, [Span::default(); 4]);
    // SAFETY: there are as many as the limit says.
    let list = unsafe { Array::new(spans.as_mut_ptr()) };
    let others = Table { limit: 4, count: &mut count, spans: list };
    let (unit, guard) = (Unit::KNOWN, PhantomData);
    let mut heap = Heap { space, control: &mut control, others, canary: 0, unit, guard };
    for (start, end) in regions {
        heap.add_region(At(*start), At(*end)).expect("a region");
    }
    test(space, &mut heap);
}

fn damaged<L: Layout, G: Guard>() {
    let (rounds, looks) = if cfg!(miri) { (1, 8) } else { (3000, 50) }; // Miri: 1000 times slower
    let mut found = 0;
    for seed in 1..=rounds {
        let mut random = Random(seed);
        with_heap::<L, G>(&REGIONS, |space, heap| {
            let mut blocks = Vec::new();
            for _ in 0..30 {
                let wanted = Heap::<Fenced, L, G>::request(20 + random.below(60) as usize);
                blocks.extend(heap.allocate(wanted.expect("a size")).ok().map(|block| block.at));
            }
            for _ in 0..blocks.len() / 2 {
                let block = blocks.swap_remove(random.below(blocks.len() as u32) as usize);
                let span = heap.holder(block).expect("in a region");
                heap.free(block, span).expect("a live block");
            }
            assert_eq!(heap.check(|_, _, _| ()), Ok(()));
            hurt(space, &mut random);
            space.steps.set(0);
            found += u32::from(heap.check(|_, _, _| ()).is_err());
            if G::LINKS {
                heap.figures();
            }
            for _ in 0..looks {
                space.steps.set(0);
                look(heap, At(random.below(5000) & !7));
            }
        });
    }
    assert!(found > 0 || cfg!(miri), "no damage was ever found"); // few rounds under Miri
}

/// A list that leads back to itself, where no link is checked: a survey goes on for as many steps as there are free
/// granules, and then ends.
fn a_ring_of_free_blocks<L: Layout, G: Guard>() {
    with_heap::<L, G>(&REGIONS[..1], |space, heap| {
        let span = heap.control.first;
        space.store32(span.start, span.start.minus(At::BEFORE).0);
        assert_eq!(heap.survey_region(span).free_blocks, span.granules);
    });
}

#[test]
fn rings_of_free_blocks() {
    a_ring_of_free_blocks::<Paired<Compact>, Checked>();
    a_ring_of_free_blocks::<Slim<Wide>, Unchecked>();
}

#[test]
fn paired_compact_links() {
    damaged::<Paired<Compact>, Protected>();
}
#[test]
fn paired_wide_links() {
    damaged::<Paired<Wide>, Protected>();
}
#[test]
fn paired_compact() {
    damaged::<Paired<Compact>, Checked>();
}
#[test]
fn paired_wide() {
    damaged::<Paired<Wide>, Checked>();
}
#[test]
fn slim_compact() {
    damaged::<Slim<Compact>, Unchecked>();
}
#[test]
fn slim_wide() {
    damaged::<Slim<Wide>, Unchecked>();
}
