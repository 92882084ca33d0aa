// SPDX-License-Identifier: MIT
//! A heap in ordinary memory, and a shadow that judges it: addresses, alignment, overlap, contents, counters.
// Each test file uses its part; a panic is how a test speaks.
#![allow(dead_code, unused_macros, missing_docs, clippy::missing_panics_doc)]

/// A module of tests for each function that is generic over the checked layouts.
macro_rules! for_layouts {
    ($($name:ident),*) => { $(
        mod $name {
            use firmheap::block::{Compact, Paired, Wide};
            #[test]
            fn compact() { super::$name::<Paired<Compact>>(); }
            #[test]
            fn wide() { super::$name::<Paired<Wide>>(); }
        }
    )* };
}

pub mod holes;
pub mod resized;
pub mod tables;
pub mod warded;

use firmheap::bins::{bin_of, Unit};
use firmheap::block::{Guard, Layout, Tag};
use firmheap::heap::Block;
use firmheap::region::{Array, Span, Window};
use firmheap::regions::Table;
use firmheap::stats::Control;
use firmheap::units::{At, Size, BLOCK_MIN, GRANULE};
use firmheap::Heap;
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// Where regions may begin in the window: above every number of a bin.
const FIRST_REGION: usize = Window::FIRST_REGION.0 as usize;

const CANARY: u32 = 0x5EED_CAFE;

/// Memory as aligned as the C side makes it.
#[derive(Clone)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// What the port file owns on a target, with the layout memory has there.
pub struct Arena<L: Layout, G> {
    window: Window,
    memory: Vec<Line>,
    _heads: Vec<u32>,
    control: Control<L::Map>,
    count: u32,
    spans: [Span; 16],
    guard: PhantomData<G>,
}

impl<L: Layout, G: Guard> Arena<L, G> {
    /// A window of `bytes` with no region yet.
    pub fn new(bytes: usize) -> Self {
        let mut memory = vec![Line([0xA5; 64]); (bytes + FIRST_REGION) / 64 + 1];
        // What the port file writes to an empty index: no block, encoded.
        let mut heads = vec![if G::LINKS { CANARY } else { 0 }; 64];
        // It has heads up to the bin of the largest block there can be; what stands behind leads nowhere.
        let largest = Size::of_granules(bytes as u32 / GRANULE).min(L::LARGEST).max(BLOCK_MIN);
        heads[bin_of(largest, L::LARGEST) as usize + 1..].fill(0x7BAD_0BA8);
        let window =
            // SAFETY: 64 heads are as many as any map has bits.
            unsafe { Window::new(memory.as_mut_ptr().cast(), heads.as_mut_ptr().cast()) };
        Arena {
            window,
            memory,
            _heads: heads,
            control: Control::empty(),
            count: 0,
            spans: [Span::default(); 16],
            guard: PhantomData,
        }
    }

    /// A heap with one region of `bytes`, aligned to a granule.
    pub fn with_region(bytes: usize) -> Self {
        let mut arena = Self::new(bytes);
        let start = At(FIRST_REGION as u32);
        arena.heap().add_region(start, start.plus(bytes as u32)).expect("the first region");
        arena
    }

    pub fn heap(&mut self) -> Heap<'_, Window, L, G> {
        Heap {
            space: self.window,
            control: &mut self.control,
            others: Table {
                limit: 16,
                count: &mut self.count,
                // SAFETY: there are as many as the limit says.
                spans: unsafe { Array::new(self.spans.as_mut_ptr()) },
            },
            canary: CANARY,
            unit: Unit::KNOWN,
            guard: PhantomData,
        }
    }

    pub fn bytes(&mut self, at: At, bytes: u32) -> &mut [u8] {
        let end = at.0 as usize + bytes as usize;
        assert!(end <= self.memory.len() * size_of::<Line>());
        // SAFETY: inside `memory`, of which the window is the root; nothing else uses it during the borrow.
        unsafe { std::slice::from_raw_parts_mut(self.window_pointer(at), bytes as usize) }
    }

    fn window_pointer(&self, at: At) -> *mut u8 {
        use firmheap::region::Space;
        self.window.pointer(at)
    }
}

/// xorshift64*: enough for tests, and the same on every machine.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
    /// Uniform in `0..limit`.
    pub fn below(&mut self, limit: u32) -> u32 {
        (((self.next() >> 32) * u64::from(limit)) >> 32) as u32
    }
    /// Sizes as programs ask for them: many small ones, few large ones.
    pub fn size(&mut self, largest: u32) -> u32 {
        let octaves = 32 - largest.leading_zeros();
        let top = 1u32 << self.below(octaves);
        (top + self.below(top)).min(largest)
    }
}

/// One used block as the shadow knows it.
#[derive(Clone, Copy)]
struct Live {
    payload_bytes: u32,
    block_bytes: u32,
    pattern: u8,
}

/// What a block's tag says, where there is one.
fn tag_of(at: At) -> Tag {
    Tag(at.0.wrapping_mul(0x9E37_79B1) & 0x7FFF_FFFF)
}

/// An arena and what must be in it.
pub struct Judged<L: Layout, G> {
    pub arena: Arena<L, G>,
    live: BTreeMap<u32, Live>,
    /// Check the whole heap after every operation.
    pub thorough: bool,
    pub allocations: u32,
    pub frees: u32,
}

impl<L: Layout, G: Guard> Judged<L, G> {
    pub fn new(arena: Arena<L, G>) -> Self {
        Judged { arena, live: BTreeMap::new(), thorough: true, allocations: 0, frees: 0 }
    }

    pub fn live(&self) -> usize {
        self.live.len()
    }

    /// Payload address of the `number`-th live block, by address.
    pub fn nth(&self, number: usize) -> At {
        At(*self.live.keys().nth(number).expect("there are so many"))
    }

    pub fn allocate(&mut self, payload_bytes: u32, pattern: u8) -> Option<At> {
        let tiny = Size::for_tiny_request(payload_bytes as usize, L::HEADER, L::BLOCK_MIN);
        let wanted = Heap::<Window, L, G>::request(tiny.unwrap_or(payload_bytes as usize));
        let block = wanted.and_then(|size| self.arena.heap().allocate(size).ok());
        if let Some(block) = block {
            self.allocations += 1;
            let block_bytes = block.size.bytes();
            assert_eq!(block.at.0 % GRANULE, 0, "payload is aligned");
            assert!(block_bytes - L::HEADER >= payload_bytes, "block holds the request");
            let surplus = block_bytes - L::HEADER - payload_bytes;
            assert!(
                surplus < 2 * GRANULE + L::BLOCK_MIN.bytes().max(16),
                "no more than one block too small to split is given away"
            );
            self.enter(block, pattern);
        }
        self.judge();
        block.map(|block| block.at)
    }

    /// A block that moved has kept its tag, and gets the one of its new place.
    fn retag(&mut self, from: At, to: At) {
        let tag = L::tag(self.arena.window, to);
        assert!(tag == tag_of(from) || tag == Tag::NONE, "the tag came along");
        L::set_tag(self.arena.window, to, tag_of(to));
    }

    /// A block that was handed out overlaps no other; all of it gets its pattern.
    fn enter(&mut self, block: Block, pattern: u8) {
        let block_bytes = block.size.bytes();
        let before = self.live.range(..=block.at.0).next_back();
        if let Some((start, left)) = before {
            assert!(start + left.block_bytes <= block.at.0, "overlaps the block before");
        }
        if let Some((start, _)) = self.live.range(block.at.0..).next() {
            assert!(block.at.0 + block_bytes <= *start, "overlaps the block after");
        }
        let capacity = block_bytes - L::HEADER;
        self.arena.bytes(block.at, capacity).fill(pattern);
        L::set_tag(self.arena.window, block.at, tag_of(block.at));
        self.live.insert(block.at.0, Live { payload_bytes: capacity, block_bytes, pattern });
    }

    pub fn free(&mut self, at: At) {
        let live = self.live.remove(&at.0).expect("the shadow knows the block");
        let tag = L::tag(self.arena.window, at);
        assert!(tag == tag_of(at) || tag == Tag::NONE, "the tag is as written");
        let contents = self.arena.bytes(at, live.payload_bytes);
        assert!(contents.iter().all(|byte| *byte == live.pattern), "contents are as written");
        let mut heap = self.arena.heap();
        let span = heap.holder(at).expect("a live block is in a region");
        let size = heap.free(at, span).expect("a live block can be freed");
        assert_eq!(size.bytes(), live.block_bytes, "freed what was allocated");
        self.frees += 1;
        self.judge();
    }

    pub fn judge(&mut self) {
        let heap = self.arena.heap();
        assert_eq!(heap.control.counters.allocations, self.allocations);
        assert_eq!(heap.control.counters.frees, self.frees);
        if self.thorough {
            self.judge_all();
        }
    }

    /// Every block of the walk is known to the shadow, and the other way round.
    pub fn judge_all(&mut self) {
        let mut used = Vec::new();
        let result = self.arena.heap().check(|at, size, is_used| {
            if is_used {
                used.push((at.0, size.bytes()));
            }
        });
        assert_eq!(result, Ok(()), "the heap is sound");
        let known: Vec<_> = self.live.iter().map(|(at, live)| (*at, live.block_bytes)).collect();
        assert_eq!(used, known, "used blocks of the walk and of the shadow");
    }
}
