// SPDX-License-Identifier: MIT
//! A heap of integrity level 3 in ordinary memory, called as the C ABI does it.
#![allow(clippy::missing_errors_doc)]

use super::Arena;
use firmheap::block::{Layout, Protected};
use firmheap::fault::Fault;
use firmheap::integrity::poison::Patterns;
use firmheap::integrity::quarantine::Quarantine;
use firmheap::integrity::Warded;
use firmheap::region::Window;
use firmheap::units::{At, Size};
use std::collections::BTreeMap;

/// A heap of level 3, and the shadow of what was handed out: bytes asked for, and what they hold.
pub struct World<L: Layout> {
    pub arena: Arena<L, Protected>,
    pub quarantine: Quarantine,
    pub limit: u32,
    pub patterns: Patterns,
    pub live: BTreeMap<u32, (u32, u8)>,
}

impl<L: Layout> World<L> {
    pub fn new(bytes: usize, limit: u32) -> Self {
        Self::over(Arena::with_region(bytes), limit)
    }

    /// A heap over an arena whose regions are there already; so many bytes may wait.
    pub fn over(arena: Arena<L, Protected>, limit: u32) -> Self {
        let patterns = Patterns::of(false);
        let quarantine = Quarantine::default();
        let mut world = World { arena, quarantine, limit, patterns, live: BTreeMap::new() };
        world.heap().spoil_all();
        world
    }

    pub fn heap(&mut self) -> Warded<'_, Window, L> {
        Warded {
            heap: self.arena.heap(),
            quarantine: &mut self.quarantine,
            quarantine_bytes: self.limit,
            patterns: self.patterns,
            noticed: None,
        }
    }

    /// As the C ABI does it; a fault on the way counts as an error here.
    pub fn allocate(&mut self, bytes: u32, pattern: u8) -> Result<At, Option<Fault>> {
        let patterns = self.patterns;
        let mut heap = self.heap();
        let found = heap.allocate(bytes as usize);
        let noticed = heap.noticed;
        let space = heap.heap.space;
        let at = found.map_err(|fault| fault.or(noticed))?.at;
        let changed = patterns.renew(space, at, bytes);
        let payload = self.arena.bytes(at, bytes);
        assert!(payload.iter().all(|byte| *byte == 0xCD), "new memory holds the pattern");
        payload.fill(pattern);
        self.live.insert(at.0, (bytes, pattern));
        match noticed.or(changed) {
            None => Ok(at),
            Some(fault) => Err(Some(fault)),
        }
    }

    pub fn free(&mut self, at: At) -> Result<Size, Fault> {
        let patterns = self.patterns;
        let mut heap = self.heap();
        let opening = heap.open(at)?;
        patterns.spoil(heap.heap.space, at, at.plus(opening.bytes & !3));
        let freed = heap.free_opened(at, opening);
        let noticed = heap.noticed;
        self.live.remove(&at.0);
        noticed.map_or(freed, Err)
    }

    pub fn check(&mut self) -> Result<(), Fault> {
        assert!(self.quarantine.size.bytes() <= self.limit, "the quarantine keeps its bound");
        self.heap().check()
    }
}
