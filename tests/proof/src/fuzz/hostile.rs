// SPDX-License-Identifier: MIT
//! Hostile heap bytes: a populated heap is overwritten as the input says, headers, links, payloads and heads,
//! and used on. At integrity level 2 nothing is ever stored outside the regions and heads, and every call ends.

use super::Input;
use crate::memory::{Seen, HEADS};
use crate::world::{Answer, World};
use firmheap::bins::{bin_of, BIN_MIN};
use firmheap::block::{Compact, Guard, Layout, Paired, Protected, Wide};
use firmheap::units::{At, Size};

/// See the file's head.
pub fn hostile(bytes: &[u8]) {
    let mut input = Input { bytes };
    if input.byte() % 2 == 0 {
        play::<Paired<Compact>, Protected>(input);
    } else {
        play::<Paired<Wide>, Protected>(input);
    }
}

fn play<L: Layout, G: Guard>(mut input: Input<'_>) {
    // Two regions without a gap: what lies between would be no memory of the heap's.
    let regions = [(At(0x2000_0000), 512), (At(0x2000_0200), 256)];
    let mut world = World::<L, G>::new(&regions, 0);
    let mut used = Vec::new();
    for _ in 0..10 + input.byte() % 20 {
        let size = World::<L, G>::size_for(1 + u32::from(input.byte()) % 90);
        if let Some(Answer::Served(block)) = size.map(|size| world.allocate(size)) {
            used.push(block.at);
        }
    }
    for number in (0..used.len()).rev().step_by(1 + usize::from(input.byte() % 3)) {
        let _ = world.free(used[number]);
    }
    let heads = HEADS.plus(4 * BIN_MIN);
    let head_words = bin_of(world.control.first.size(), L::LARGEST) - BIN_MIN + 1;
    while !input.is_empty() {
        let (code, place) = (input.byte(), input.byte());
        let word = At(0x2000_0000 + 4 * (u32::from(place) % 192));
        match code % 8 {
            0 => world.memory.set_word(word, input.word()),
            1 => world.memory.flip(word, input.word() % 32),
            // A copy of other heap memory: the most believable lie.
            2 => {
                let from = At(0x2000_0000 + 4 * (u32::from(input.byte()) % 192));
                world.memory.set_word(word, world.memory.word(from));
            }
            3 => {
                let head = heads.plus(4 * (u32::from(place) % head_words));
                world.memory.set_word(head, input.word());
            }
            4 => {
                let _ = world.check(|_, _, _| {});
                kept(&world);
                world.figures();
            }
            5 => {
                let size = World::<L, G>::size_for(input.half()).unwrap_or(Size::ZERO);
                if size != Size::ZERO {
                    world.allocate(size);
                }
            }
            6 => {
                let _ = world.free(At(0x2000_0000 + input.half() % 1024));
            }
            _ => {
                let _ = world.free(used[usize::from(place) % used.len()]);
            }
        }
        kept(&world);
    }
}

fn kept<L: Layout, G: Guard>(world: &World<L, G>) {
    let Seen { outside_stores, ran_dry, .. } = world.memory.seen();
    assert_eq!((outside_stores, ran_dry), (0, false), "stores outside, a call that does not end");
}
