// SPDX-License-Identifier: MIT
//! Heaps in memories of their own: random programs over several at once against a shadow, memory that cannot be one,
//! words that were overwritten, and that no byte outside is touched.
#![allow(missing_docs, clippy::missing_panics_doc, clippy::missing_errors_doc)]

mod support;

use firmheap::bins::{bin_of, BIN_MIN};
use firmheap::block::{
    Checked, Compact, Guard, Layout, Paired, Protected, Slim, Unchecked, Wide, Width,
};
use firmheap::own::{Own, Unusable, Words};
use firmheap::region::{Home, Space};
use firmheap::regions::{Alone, Listed, Others};
use firmheap::units::{At, Size, BLOCK_BYTES_MIN, GRANULE};
use std::collections::BTreeMap;
use support::Random;

const GUARD: u64 = 0x5AFE_5AFE_5AFE_5AFE;
const BORDER: usize = 8;

/// Memory with a border on either side that nobody may touch, and the shadow of the heap in it.
struct Memory<L, G> {
    words: Vec<u64>,
    offset: usize,
    bytes: usize,
    canary: u32,
    live: BTreeMap<usize, (usize, u8)>,
    allocations: u32,
    frees: u32,
    kind: std::marker::PhantomData<(L, G)>,
}

impl<L: Layout, G: Guard> Memory<L, G> {
    /// Not made yet; `offset` is a multiple of four.
    fn new(offset: usize, bytes: usize, canary: u32) -> Self {
        let words = vec![GUARD; 2 * BORDER + (offset + bytes).div_ceil(8) + 1];
        let kind = std::marker::PhantomData;
        let live = BTreeMap::new();
        Memory { words, offset, bytes, canary, live, allocations: 0, frees: 0, kind }
    }

    fn made(offset: usize, bytes: usize, canary: u32) -> Self {
        let mut memory = Self::new(offset, bytes, canary);
        memory.make().expect("a heap");
        memory
    }

    fn start(&mut self) -> *mut u8 {
        self.words.as_mut_ptr().cast::<u8>().wrapping_add(8 * BORDER + self.offset)
    }

    fn home(&mut self) -> Home<'_, Words<L::Map, u32>> {
        // SAFETY: inside the vector, aligned to four, borrowed with `self`.
        unsafe { Home::new(self.start()) }
    }

    fn make(&mut self) -> Result<(), Unusable> {
        let (bytes, canary) = (self.bytes, self.canary);
        Own::<L, u32>::make::<G>(self.home(), bytes, canary, canary).map(|_| ())
    }

    fn own(&mut self) -> Own<'_, L, u32> {
        Own::open(self.home())
    }

    fn allocate(&mut self, bytes: usize, pattern: u8) -> Option<usize> {
        let canary = self.canary;
        let mut own = self.own();
        assert!(own.is_sealed());
        let mut heap = own.heap::<G>(canary);
        let tiny = Size::for_tiny_request(bytes, L::HEADER, L::BLOCK_MIN).unwrap_or(bytes);
        let wanted =
            firmheap::Heap::<firmheap::region::Here, L, G, firmheap::regions::Alone>::request(
                tiny,
            )?;
        let block = heap.allocate(wanted).inspect_err(|at| assert_eq!(*at, At::NONE)).ok()?;
        let pv = heap.space.pointer(block.at);
        let room = (block.size.bytes() - L::HEADER) as usize;
        assert!(room >= bytes && pv as usize % GRANULE as usize == 0);
        let begin = self.start() as usize;
        assert!(pv as usize > begin && pv as usize + room <= begin + self.bytes);
        // SAFETY: a block that was just handed out.
        unsafe { pv.write_bytes(pattern, room) };
        let before = self.live.range(..pv as usize).next_back();
        assert!(before.is_none_or(|(at, (room, _))| at + room <= pv as usize), "overlaps");
        let after = self.live.range(pv as usize..).next();
        assert!(after.is_none_or(|(at, _)| pv as usize + room <= *at), "overlaps");
        self.live.insert(pv as usize, (room, pattern));
        self.allocations += 1;
        Some(pv as usize)
    }

    fn free(&mut self, address: usize) {
        let (room, pattern) = self.live.remove(&address).expect("the shadow knows it");
        let offset = address - self.start() as usize;
        for byte in 0..room {
            // SAFETY: still the caller's block.
            assert_eq!(unsafe { self.start().add(offset + byte).read() }, pattern);
        }
        let canary = self.canary;
        let mut own = self.own();
        let at = own.alleged(address);
        let mut heap = own.heap::<G>(canary);
        let span = heap.holder(at).expect("in this memory");
        heap.free(at, span).expect("a used block");
        self.frees += 1;
    }

    fn judge(&mut self) {
        let canary = self.canary;
        let (allocations, frees) = (self.allocations, self.frees);
        let mut used = Vec::new();
        let mut own = self.own();
        assert!(own.is_sealed());
        let mut heap = own.heap::<G>(canary);
        let sound = heap.check(|at, size, is_used| {
            if is_used {
                used.push((at, (size.bytes() - L::HEADER) as usize));
            }
        });
        assert_eq!(sound, Ok(()));
        let figures = heap.figures();
        assert_eq!((figures.allocations, figures.frees), (allocations, frees));
        assert!(figures.free_min <= figures.free && figures.largest <= figures.free);
        let space = heap.space;
        let walked: Vec<_> =
            used.iter().map(|(at, room)| (space.pointer(*at) as usize, *room)).collect();
        let known: Vec<_> = self.live.iter().map(|(at, (room, _))| (*at, *room)).collect();
        assert_eq!(walked, known);
    }

    /// The words around the memory, and those of its last bytes that are less than a granule's, are as they were.
    fn judge_border(&self) {
        let end = BORDER + (self.offset + self.bytes).div_ceil(8);
        assert!(self.words[..BORDER].iter().chain(&self.words[end..]).all(|word| *word == GUARD));
    }
}

fn programs<L: Layout, G: Guard>() {
    let (rounds, steps) = if cfg!(miri) { (1, 30) } else { (40, 600u32) };
    for seed in 1..=rounds {
        let mut random = Random(seed);
        let mut memories: Vec<Memory<L, G>> = (0..4)
            .map(|number| {
                let offset = 4 * random.below(16) as usize;
                let bytes = 250 + random.size(6000) as usize;
                Memory::made(offset, bytes, 0x5EED_0000 ^ number)
            })
            .collect();
        let free: Vec<_> =
            memories.iter_mut().map(|m| m.own().heap::<G>(0).figures_free()).collect();
        for step in 0..steps {
            let memory = &mut memories[random.below(4) as usize];
            if random.below(100) < 55 {
                memory.allocate(1 + random.size(300) as usize, step.to_le_bytes()[0]);
            } else if !memory.live.is_empty() {
                let nth = random.below(memory.live.len() as u32) as usize;
                let address = *memory.live.keys().nth(nth).expect("so many");
                memory.free(address);
            }
            memory.judge();
        }
        for (memory, free) in memories.iter_mut().zip(free) {
            for address in memory.live.keys().copied().collect::<Vec<_>>() {
                memory.free(address);
            }
            memory.judge();
            memory.judge_border();
            assert_eq!(memory.own().heap::<G>(0).figures_free(), free, "everything is back");
        }
    }
}

trait Free {
    fn figures_free(&self) -> u32;
}
impl<S: Space, L: Layout, G: Guard, O> Free for firmheap::Heap<'_, S, L, G, O> {
    fn figures_free(&self) -> u32 {
        self.control.counters.free.bytes()
    }
}

#[test]
fn random_programs_over_four_memories() {
    programs::<Slim<Compact>, Unchecked>();
    programs::<Slim<Wide>, Unchecked>();
    programs::<Paired<Compact>, Checked>();
    programs::<Paired<Wide>, Checked>();
    programs::<Paired<Compact>, Protected>();
    programs::<Paired<Wide>, Protected>();
}

/// Every size from nothing on: what is refused is not touched, what is made holds a block and stays in its memory.
fn sizes<L: Layout, G: Guard>() {
    for offset in [0, 4, 12] {
        let mut smallest = None;
        for bytes in 0..400 {
            let mut memory = Memory::<L, G>::new(offset, bytes, 7);
            let before = memory.words.clone();
            match memory.make() {
                Ok(()) => {
                    smallest.get_or_insert(bytes);
                    assert!(memory.allocate(1, 9).is_some(), "{bytes} bytes hold no block");
                    memory.judge();
                }
                Err(unusable) => {
                    assert_eq!((unusable, smallest), (Unusable::TooSmall, None), "{bytes} bytes");
                    assert_eq!(memory.words, before, "refused, but written to");
                }
            }
            memory.judge_border();
        }
        let smallest = smallest.expect("400 bytes are a heap");
        assert!(smallest < 160 + BLOCK_BYTES_MIN as usize, "{smallest} bytes for the first");
    }
}

/// What is no block's is the words', a head's for each bin up to the whole memory's, and what alignment costs.
fn little_is_lost<L: Layout, G: Guard>() {
    for bytes in (300..6000).step_by(if cfg!(miri) { 1900 } else { 60 }) {
        let mut memory = Memory::<L, G>::made(0, bytes, 7);
        let free = memory.own().heap::<G>(7).figures_free();
        let bin = bin_of(Size::holding(bytes as u32), L::LARGEST);
        let heads = 4 * (bin + 1 - BIN_MIN) as usize;
        let words = size_of::<Words<L::Map, u32>>() + heads + L::HEADER as usize;
        let lost = bytes - free as usize;
        assert!(lost < words + 2 * GRANULE as usize, "{lost} of {bytes} bytes for {words}");
    }
}

#[test]
fn little_of_a_memory_is_lost() {
    little_is_lost::<Slim<Compact>, Unchecked>();
    little_is_lost::<Paired<Compact>, Checked>();
    little_is_lost::<Paired<Wide>, Protected>();
}

/// Blocks as near to the heads as heads of greater bins would be, of which this memory has none, are not taken for them.
/// A 32-bit matter: on 64-bit hosts heads have addresses of their own.
#[test]
#[cfg_attr(miri, ignore = "half a MiB; the same code as in the programs")]
fn blocks_where_other_heads_would_be() {
    let mut random = Random(0x4EAD);
    // The rest, which must not get lost, is of the first bin of the map's second word.
    for offset in [0, 4] {
        let mut memory = Memory::<Paired<Wide>, Checked>::made(offset, 300_000, 7);
        for _ in 0..20 {
            let mut blocks: Vec<_> = (0..24).filter_map(|n| memory.allocate(1, n)).collect();
            while !blocks.is_empty() {
                memory.free(blocks.swap_remove(random.below(blocks.len() as u32) as usize));
                memory.judge();
            }
        }
    }
}

/// Nowhere else is a block of a heap in one memory.
#[test]
fn there_is_no_other_region() {
    for at in [0, 8, 256, 4096, u32::MAX - 7].map(At) {
        assert_eq!((Alone.room(at), Alone.hold(at), Alone.holder(at)), (0, false, None));
    }
    assert_eq!(Alone.iter().count(), 0);
}

#[test]
#[cfg_attr(miri, ignore = "thousands of heaps; the same stores as in the programs")]
fn memory_of_every_small_size() {
    sizes::<Slim<Compact>, Unchecked>();
    sizes::<Paired<Compact>, Checked>();
    sizes::<Paired<Wide>, Protected>();
}

/// Up to the largest block, and no further.
fn borders<W: Width>() {
    let largest = W::LARGEST.bytes() as usize;
    let mut memory = Memory::<Paired<W>, Checked>::made(0, largest + 100, 7);
    let most = memory.own().heap::<Checked>(7).figures_free() as usize;
    assert!(most > largest - 400 && most <= largest, "{most} of {largest} bytes");
    memory.judge();
    // Exactly the largest, and a granule more.
    let exact = largest + 100 + (largest - most);
    memory = Memory::made(0, exact, 7);
    assert_eq!(memory.own().heap::<Checked>(7).figures_free() as usize, largest);
    memory = Memory::new(0, exact + GRANULE as usize, 7);
    assert_eq!(memory.make(), Err(Unusable::TooLarge));
    memory = Memory::new(0, largest + 400, 7);
    assert_eq!(memory.make(), Err(Unusable::TooLarge));
    assert!(memory.words.iter().all(|word| *word == GUARD));
}

#[test]
#[cfg_attr(miri, ignore = "64 MiB")]
fn the_largest_memory() {
    borders::<Compact>();
    borders::<Wide>();
}

/// Nothing is read or written there: the answer comes first.
#[test]
fn memory_that_is_none() {
    type L = Paired<Compact>;
    let made = |address: usize, bytes: usize| {
        let memory = core::ptr::without_provenance_mut(address);
        // SAFETY: refused before it is used.
        let home = unsafe { Home::<Words<<L as Layout>::Map, u32>>::new(memory) };
        Own::<L, u32>::make::<Checked>(home, bytes, 0, 0).map(|_| ()).err()
    };
    assert_eq!(made(0, 1000), Some(Unusable::Missing));
    assert_eq!(made(usize::MAX - 999, 1000), Some(Unusable::OutOfReach));
    assert_eq!(made(4096, usize::MAX), Some(Unusable::OutOfReach));
    assert_eq!(made(4096, 0), Some(Unusable::TooSmall));
}

/// A copy of the words, words that were overwritten, and memory that never was a heap.
#[test]
fn only_what_was_made_is_a_heap() {
    type L = Paired<Compact>;
    let mut memory = Memory::<L, Checked>::made(0, 1000, 7);
    assert!(memory.own().is_sealed());
    let words = memory.words.clone();
    for place in [0, 4, 8, 12, 16, 20] {
        // What never changes: the seal, where blocks end, where they start, how much that is.
        for bit in 0..32 {
            memory.words.clone_from(&words);
            let at = memory.start().wrapping_add(place).cast::<u32>();
            // SAFETY: inside the vector.
            unsafe { at.write(at.read() ^ (1 << bit)) };
            let changes = [4, 20].contains(&place); // the extra word and the lowest mark do change
            assert_eq!(memory.own().is_sealed(), changes, "byte {place}, bit {bit}");
        }
    }
    memory.words.clone_from(&words);
    let mut copy = Memory::<L, Checked>::new(0, 1000, 7);
    copy.words.copy_from_slice(&memory.words);
    assert!(!copy.own().is_sealed(), "a copy is no heap");
    copy.words.fill(0);
    assert!(!copy.own().is_sealed(), "zeros are no heap");
    copy.words.fill(u64::MAX);
    assert!(!copy.own().is_sealed());
}

/// Blocks of one heap are foreign to another.
#[test]
fn a_block_of_another_memory() {
    type L = Paired<Compact>;
    let mut one = Memory::<L, Checked>::made(0, 1000, 7);
    let mut other = Memory::<L, Checked>::made(0, 1000, 7);
    let address = one.allocate(40, 1).expect("room");
    let at = other.own().alleged(address);
    assert!(other.own().heap::<Checked>(7).holder(at).is_none());
    one.judge();
    other.judge();
}
