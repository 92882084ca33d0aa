// SPDX-License-Identifier: MIT
//! Pools against a shadow: long random programs with misuse on the way, and damage to free blocks.
//!
//! `FIRMHEAP_MODEL_STEPS` sets the length of each program.
#![allow(missing_docs, clippy::missing_panics_doc)]

mod support;

use firmheap::fault::Kind;
use firmheap::pool::{Counts, Pool, Unusable};
use firmheap::region::Slots;
use std::collections::BTreeMap;
use support::Random;

const WORD: usize = size_of::<usize>();
/// What a block's bytes are filled with behind its first word, so that the pool may not touch them.
const FILL: u8 = 0xA5;

struct Arena {
    counts: Counts,
    blocks: Vec<usize>,
    used: Vec<u32>,
}

impl Arena {
    fn new(stride: usize, blocks: usize) -> Arena {
        Arena {
            counts: Counts::new(stride, blocks).expect("a sound pool"),
            blocks: vec![usize::from_ne_bytes([FILL; WORD]); stride * blocks / WORD],
            used: vec![0; blocks.div_ceil(32)],
        }
    }

    fn pool(&mut self) -> Pool<'_> {
        // SAFETY: as many blocks and bits as the counts say; nothing else uses them meanwhile.
        let slots = unsafe { Slots::new(self.blocks.as_mut_ptr().cast(), self.used.as_mut_ptr()) };
        Pool::new(&mut self.counts, slots)
    }

    fn bytes(&mut self, offset: u32) -> &mut [u8] {
        let (stride, first) = (self.counts.stride as usize, offset as usize);
        // SAFETY: the words of one block, as bytes.
        unsafe {
            std::slice::from_raw_parts_mut(self.blocks.as_mut_ptr().cast::<u8>().add(first), stride)
        }
    }
}

fn steps() -> u32 {
    let default = if cfg!(miri) { 60 } else { 60_000 };
    std::env::var("FIRMHEAP_MODEL_STEPS").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Takes and gives blocks at random; every block taken is filled with its own byte and found so when it goes back.
fn program(stride: usize, blocks: usize, seed: u64) {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut arena = Arena::new(stride, blocks);
    let mut taken: BTreeMap<u32, u8> = BTreeMap::new();
    let (mut most, mut filling) = (0, 3);
    for step in 0..steps() {
        if step % 400 == 0 {
            filling = 1 + random.below(5);
        }
        if random.below(6) < filling {
            if let Some(offset) = arena.pool().take() {
                let fill = random.next() as u8;
                assert_eq!(offset as usize % stride, 0);
                assert!(offset as usize / stride < blocks, "outside");
                assert!(taken.insert(offset, fill).is_none(), "handed out twice");
                arena.bytes(offset).fill(fill);
            } else {
                assert_eq!(taken.len(), blocks, "refused though {} are in use", taken.len());
                assert_eq!(arena.pool().why(), None, "full is no damage");
            }
        } else if !taken.is_empty() {
            let nth = random.below(taken.len() as u32) as usize;
            let (&offset, &fill) = taken.iter().nth(nth).expect("below its length");
            assert!(arena.bytes(offset).iter().all(|byte| *byte == fill), "touched while in use");
            assert_eq!(arena.pool().give(offset), Ok(()));
            taken.remove(&offset);
        }
        most = most.max(taken.len());
        misuse(&mut arena, &taken, &mut random);
        assert_eq!(arena.counts.used as usize, taken.len());
        assert_eq!(arena.counts.fresh as usize, most, "the most that ever were in use");
        if blocks <= 64 || step % 64 == 0 {
            assert_eq!(arena.pool().check(), Ok(()));
        }
    }
    for (offset, fill) in taken {
        assert!(arena.bytes(offset).iter().all(|byte| *byte == fill));
        assert_eq!(arena.pool().give(offset), Ok(()));
    }
    assert_eq!((arena.pool().check(), arena.counts.used), (Ok(()), 0));
}

/// One wrong free: said so, and nothing changed.
fn misuse(arena: &mut Arena, taken: &BTreeMap<u32, u8>, random: &mut Random) {
    let before = (arena.counts, arena.used.clone());
    let stride = arena.counts.stride;
    let offset = match random.below(3) {
        0 => random.below(arena.counts.blocks) * stride,
        1 => random.below(arena.counts.blocks * stride),
        _ => random.next() as u32,
    };
    let is_block = offset % stride == 0 && offset / stride < arena.counts.blocks;
    let expected = if is_block { Kind::DoubleFree } else { Kind::ForeignPointer };
    if !taken.contains_key(&offset) {
        assert_eq!(arena.pool().give(offset), Err(expected), "offset {offset}");
        assert_eq!(before, (arena.counts, arena.used.clone()), "a refused free changed something");
    }
}

#[test]
fn random_programs() {
    let sizes = [
        (WORD, 1),
        (WORD, 32),
        (2 * WORD, 33),
        (24, 10),
        (64, 10),
        (40, 64),
        (1000, 100),
        (16, 1000),
    ];
    for (seed, (stride, blocks)) in sizes.into_iter().enumerate() {
        if cfg!(miri) && blocks > 64 {
            continue;
        }
        println!("{blocks} blocks of {stride} bytes");
        program(stride, blocks, seed as u64 + 1);
    }
}

#[test]
fn what_cannot_be_a_pool_is_refused() {
    for (bytes, blocks, why) in [
        (WORD, 0, Unusable::NoBlocks),
        (0, 0, Unusable::NoBlocks),
        (0, 5, Unusable::BlockTooSmall),
        (1, 5, Unusable::BlockTooSmall),
        (WORD - 1, 5, Unusable::BlockTooSmall),
        (WORD + 1, 5, Unusable::Misaligned),
        (3 * WORD - 2, 5, Unusable::Misaligned),
        (1 << 16, 1 << 16, Unusable::TooLarge),
        (1 << 31, 2, Unusable::TooLarge),
        (usize::MAX - 7, 2, Unusable::TooLarge),
        (WORD, usize::MAX, Unusable::TooLarge),
    ] {
        assert_eq!(Counts::new(bytes, blocks), Err(why), "{blocks} blocks of {bytes} bytes");
    }
    assert!(Counts::new(1 << 16, (1 << 16) - 1).is_ok());
}

/// They are part of the C ABI.
#[test]
fn every_reason_has_its_number() {
    let reasons = [
        Unusable::NoBlocks,
        Unusable::BlockTooSmall,
        Unusable::Misaligned,
        Unusable::TooLarge,
        Unusable::Missing,
    ];
    assert_eq!(reasons.map(|reason| reason as i32), [-1, -2, -3, -4, -5]);
}

#[test]
fn a_pool_of_zeros_has_no_blocks() {
    let mut counts = Counts::default();
    // SAFETY: no block and no bit will be looked at.
    let slots = unsafe { Slots::new(std::ptr::null_mut(), std::ptr::null_mut()) };
    let mut pool = Pool::new(&mut counts, slots);
    assert_eq!((pool.take(), pool.why(), pool.check()), (None, None, Ok(())));
    assert_eq!(pool.give(0), Err(Kind::ForeignPointer));
}

/// A write to a freed block is met when that block is taken, if it makes of the link what no link can be; whatever is
/// written, no block is handed out that is in use.
#[test]
fn a_damaged_link_hands_out_nothing_that_is_in_use() {
    let values = (0..12).chain([0x7FFF_FFFF, 0xA5A5_A5A5, u32::MAX]);
    for value in values {
        let mut arena = Arena::new(16, 8);
        let offsets: Vec<u32> = (0..6).map(|_| arena.pool().take().expect("free")).collect();
        for offset in &offsets[2..5] {
            arena.pool().give(*offset).expect("in use");
        }
        arena.bytes(offsets[4])[..4].copy_from_slice(&value.to_ne_bytes());
        let mut held = vec![offsets[0], offsets[1], offsets[5]];
        for _ in 0..8 {
            let Some(offset) = arena.pool().take() else { break };
            assert!(!held.contains(&offset), "link {value:#x}: {offset} is in use");
            held.push(offset);
        }
        let intact = value == 4; // what stood there: the block freed before it, plus one
        assert_eq!(held.len() == 8, intact, "link {value:#x}: {held:?}");
        if value > arena.counts.fresh {
            assert_eq!(arena.pool().why(), Some(offsets[4]), "link {value:#x}");
            assert_eq!(arena.pool().check(), Err(Kind::FreeBlockDamaged));
        }
    }
}

/// Eight blocks: 0 to 4 were used, of which 1 and 3 are free, 3 first.
fn two_free() -> Arena {
    let mut arena = Arena::new(16, 8);
    for _ in 0..5 {
        arena.pool().take().expect("free");
    }
    for offset in [16, 48] {
        arena.pool().give(offset).expect("in use");
    }
    assert_eq!((arena.pool().check(), arena.used[0]), (Ok(()), 0b10101));
    arena
}

/// Each count and each bit of the map, changed alone, and a bit that stands for another.
#[test]
fn a_wrong_count_is_no_damaged_block() {
    let judge = |change: &dyn Fn(&mut Arena), expected| {
        let mut arena = two_free();
        change(&mut arena);
        assert_eq!(arena.pool().check(), expected, "{:?}, {:#b}", arena.counts, arena.used[0]);
    };
    let disagree = Err(Kind::CountersDisagree);
    for used in (0..10).filter(|used| *used != 3) {
        judge(&|arena| arena.counts.used = used, disagree);
    }
    for fresh in [0, 1, 2, 3, 4, 9, 10, 32, 1000] {
        judge(&|arena| arena.counts.fresh = fresh, disagree);
    }
    for bit in 0..32 {
        judge(&|arena| arena.used[0] ^= 1 << bit, disagree);
        if bit >= 5 {
            judge(&|arena| arena.used[0] ^= 1 | 1 << bit, disagree);
        }
    }
    // Of these blocks none was ever on the list.
    for fresh in 6..=8 {
        judge(&|arena| arena.counts.fresh = fresh, Err(Kind::FreeBlockDamaged));
    }
}

/// A list of the right length, on which a block stands that is in use or was never used.
#[test]
fn only_free_blocks_are_on_the_list() {
    for index in [0, 2, 4, 5, 6, 7] {
        let mut arena = two_free();
        arena.counts.first = index + 1;
        arena.bytes(16 * index)[..4].copy_from_slice(&2u32.to_ne_bytes()); // block 1 is behind it
        assert_eq!(arena.pool().check(), Err(Kind::FreeBlockDamaged), "block {index}");
    }
}

/// A block that is handed out is in use, whatever the map said of it.
#[test]
fn a_bit_set_by_damage_stays_set() {
    let mut arena = Arena::new(16, 8);
    arena.used[0] = 1;
    assert_eq!(arena.pool().take(), Some(0));
    assert_eq!((arena.used[0], arena.pool().give(0)), (1, Ok(())));
}
