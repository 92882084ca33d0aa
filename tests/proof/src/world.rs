// SPDX-License-Identifier: MIT
//! A heap over judging memory, with what the port file owns on a target beside it.

use crate::memory::{Memory, Seen};
use firmheap::bins::{BinMap, Unit};
use firmheap::block::{Guard, Layout};
use firmheap::fault::{Fault, Kind};
use firmheap::heap::Block;
use firmheap::region::{Array, Span};
use firmheap::regions::Table;
use firmheap::stats::{Control, Counters, Figures};
use firmheap::units::{At, Size};
use firmheap::Heap;
use std::marker::PhantomData;

/// Links are stored combined with this where the level says so.
pub const CANARY: u32 = 0x5EED_CAFE;

/// More loads and stores than any malloc or free makes: both are free of loops.
pub const FUEL_OF_A_REQUEST: u32 = 96;
const REGIONS: usize = 8;

/// One region: where it starts, and how many bytes it has.
pub type Region = (At, u32);

/// See the file's head.
pub struct World<L: Layout, G> {
    pub memory: Memory,
    pub control: Control<L::Map>,
    count: u32,
    spans: [Span; REGIONS],
    guard: PhantomData<G>,
}

/// A place in the life of a world to come back to.
pub struct Mark<Map: Copy> {
    journal: usize,
    control: Control<Map>,
}

impl<Map: Copy> Mark<Map> {
    /// How much had been stored by then.
    pub fn journal(&self) -> usize {
        self.journal
    }
}

/// What a request came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    Served(Block),
    NoMemory,
    Fault,
}

impl<L: Layout, G: Guard> World<L, G> {
    /// Regions of memory filled with `content`, given to a heap.
    pub fn new(regions: &[Region], content: u32) -> Self {
        let canary = if G::LINKS { CANARY } else { 0 };
        let mut world = Self {
            memory: Memory::new(L::Map::BINS, canary),
            control: Control::empty(),
            count: 0,
            spans: [Span::default(); REGIONS],
            guard: PhantomData,
        };
        for (start, bytes) in regions {
            world.memory.add(*start, *bytes, content);
            world.memory.refuel(FUEL_OF_A_REQUEST);
            world.heap().add_region(*start, start.plus(*bytes)).expect("room in the table");
            assert_eq!(world.memory.seen(), Seen::default(), "laying out a region");
        }
        world.memory.commit();
        world
    }

    pub fn heap(&mut self) -> Heap<'_, &Memory, L, G> {
        Heap {
            space: &self.memory,
            control: &mut self.control,
            others: Table {
                limit: REGIONS as u32,
                count: &mut self.count,
                // SAFETY: there are as many as the limit says, and only the table uses them.
                spans: unsafe { Array::new(self.spans.as_mut_ptr()) },
            },
            canary: CANARY,
            unit: Unit::KNOWN,
            guard: PhantomData,
        }
    }

    pub fn mark(&self) -> Mark<L::Map> {
        Mark { journal: self.memory.mark(), control: copy(&self.control) }
    }

    pub fn undo(&mut self, mark: &Mark<L::Map>) {
        self.memory.undo(mark.journal);
        self.control = copy(&mark.control);
    }

    /// The block size for a request, tiny ones included.
    pub fn size_for(payload_bytes: u32) -> Option<Size> {
        let bytes = payload_bytes as usize;
        let bytes = Size::for_tiny_request(bytes, L::HEADER, L::BLOCK_MIN).unwrap_or(bytes);
        Size::for_request(bytes, L::HEADER, L::BLOCK_MIN, L::REQUEST_MAX)
    }

    pub fn allocate(&mut self, wanted: Size) -> Answer {
        self.memory.refuel(FUEL_OF_A_REQUEST);
        match self.heap().allocate(wanted) {
            Ok(block) => Answer::Served(block),
            Err(At::NONE) => Answer::NoMemory,
            Err(_) => Answer::Fault,
        }
    }

    pub fn free(&mut self, at: At) -> Result<Size, Kind> {
        self.memory.refuel(FUEL_OF_A_REQUEST);
        let mut heap = self.heap();
        let span = heap.holder(at).ok_or(Kind::ForeignPointer)?;
        heap.free(at, span).map_err(|fault| fault.kind)
    }

    /// The check of the whole heap. It looks at each block a bounded number of times.
    pub fn check(&mut self, visit: impl FnMut(At, Size, bool)) -> Result<(), Fault> {
        self.memory.refuel(self.fuel_of_a_walk());
        self.heap().check(visit)
    }

    pub fn figures(&mut self) -> Figures {
        self.memory.refuel(self.fuel_of_a_walk());
        self.heap().figures()
    }

    fn fuel_of_a_walk(&self) -> u32 {
        let bytes: u32 = self.all_spans().map(|span| span.size().bytes()).sum();
        256 + 2 * bytes // some 12 accesses for each block of 16 bytes
    }

    /// Every region's blocks.
    pub fn all_spans(&self) -> impl Iterator<Item = Span> + '_ {
        let others = self.spans.iter().take(self.count as usize).copied();
        std::iter::once(self.control.first).filter(|span| span.granules != 0).chain(others)
    }

    /// Every block of a sound heap, in the order of addresses within each region.
    pub fn blocks(&mut self) -> Vec<(At, Size, bool)> {
        let mut blocks = Vec::new();
        self.check(|at, size, used| blocks.push((at, size, used))).expect("a sound heap");
        blocks
    }
}

fn copy<Map: Copy>(control: &Control<Map>) -> Control<Map> {
    let map = control.counters.map.clone();
    Control { counters: Counters { map, ..control.counters }, ..*control }
}
