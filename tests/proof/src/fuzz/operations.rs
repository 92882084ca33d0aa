// SPDX-License-Identifier: MIT
//! Operations: bytes become requests, frees and misuse of a heap with one to three regions. The shadow knows
//! every block; a call that is wrong is refused from level 1 on and changes nothing.

use super::{with_kind, Input};
use crate::memory::Seen;
use crate::world::{Answer, World};
use firmheap::block::{Guard, Layout};
use firmheap::units::{At, Size, BLOCK_MIN};
use std::collections::BTreeMap;

/// See the file's head.
pub fn operations(bytes: &[u8]) {
    let mut input = Input { bytes };
    with_kind!(input.byte(), play(input));
}

fn play<L: Layout, G: Guard>(mut input: Input<'_>) {
    let shape = input.byte();
    let mut start = 0x2000_0000 + 4 * u32::from(shape >> 4);
    let regions: Vec<_> = (0..1 + shape % 3)
        .map(|_| {
            let region = (At(start), 128 + 4 * (input.half() % 1024));
            start += region.1 + 4 * u32::from(shape >> 6);
            region
        })
        .collect();
    let mut shadow = Shadow::<L, G> { world: World::new(&regions, 0), live: BTreeMap::new() };
    while !input.is_empty() {
        let (code, value) = (input.byte(), input.half());
        match code % 8 {
            0..=2 => shadow.allocate(1 + value % 200),
            3 => shadow.allocate(value),
            4..=6 => shadow.free_some(value),
            _ => shadow.misuse(At(0x2000_0000 + value * 2)),
        }
    }
    shadow.judge();
}

struct Shadow<L: Layout, G> {
    world: World<L, G>,
    live: BTreeMap<At, Size>,
}

impl<L: Layout, G: Guard> Shadow<L, G> {
    fn allocate(&mut self, bytes: u32) {
        let Some(wanted) = World::<L, G>::size_for(bytes) else { return };
        match self.world.allocate(wanted) {
            Answer::Served(block) => {
                assert!(block.size >= wanted && block.size.0 - wanted.0 < BLOCK_MIN.0);
                for word in 0..(block.size.bytes() - L::HEADER) / 4 {
                    self.world.memory.set_word(block.at.plus(4 * word), block.at.0);
                }
                self.live.insert(block.at, block.size);
            }
            Answer::NoMemory => {}
            Answer::Fault => panic!("a fault in a sound heap"),
        }
        self.judge();
    }

    fn free_some(&mut self, value: u32) {
        if self.live.is_empty() {
            return;
        }
        let number = value as usize % self.live.len();
        let (at, size) = self.live.iter().nth(number).map(|(at, size)| (*at, *size)).expect("one");
        for word in 0..(size.bytes() - L::HEADER) / 4 {
            assert_eq!(self.world.memory.word(at.plus(4 * word)), at.0, "contents are as written");
        }
        self.live.remove(&at);
        assert_eq!(self.world.free(at), Ok(size));
        self.judge();
    }

    fn misuse(&mut self, at: At) {
        if !G::CHECKED || self.live.contains_key(&at) {
            return;
        }
        let mark = self.world.mark();
        assert!(self.world.free(at).is_err(), "a free of {at:?}");
        assert_eq!(self.world.memory.mark(), mark.journal(), "a refusal that writes");
    }

    fn judge(&mut self) {
        assert_eq!(self.world.memory.seen(), Seen::default());
        let mut used = BTreeMap::new();
        let found = self.world.check(|at, size, is_used| {
            if is_used {
                used.insert(at, size);
            }
        });
        assert_eq!(found, Ok(()));
        assert_eq!(used, self.live);
        assert_eq!(self.world.memory.seen(), Seen::default());
    }
}
