// SPDX-License-Identifier: MIT
//! Populated heaps of many kinds, and in each the spots whose bits are flipped, with the calls that touch them.

use crate::memory::HEADS;
use crate::world::{Answer, Region, World};
use crate::Random;
use firmheap::bins::{bin_of, BIN_MIN};
use firmheap::block::{Guard, Layout};
use firmheap::units::{At, Size, BLOCK_MIN, GRANULE};
use std::collections::BTreeMap;
use std::ops::Range;

/// What a bit belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// What a header says of its own block.
    Header,
    /// What a header says of the left neighbour.
    LeftCopy,
    /// The copy of a free block's size in its last word.
    Footer,
    Link,
    Head,
    /// Level 3: what lies behind the bytes of a request.
    Fence,
    /// Level 3: the pattern in memory that is free, or waits in the quarantine.
    Freed,
}

impl What {
    pub const ALL: [What; 7] = [
        What::Header,
        What::LeftCopy,
        What::Footer,
        What::Link,
        What::Head,
        What::Fence,
        What::Freed,
    ];

    /// The promise: headers are safe from level 1 on, links and heads from level 2 on.
    pub fn is_guarded(self, level: u32) -> bool {
        level >= if matches!(self, What::Link | What::Head) { 2 } else { 1 }
    }
}

#[derive(Clone, Copy, Debug)]
pub enum Op {
    Free(At),
    /// A request, and the block it gets from the sound heap.
    Allocate {
        size: Size,
        gets: Option<At>,
    },
}

/// A word, and the calls that touch what it belongs to.
#[derive(Debug)]
pub struct Spot {
    pub what: What,
    pub word: At,
    pub bits: Range<u32>,
    /// Calls that hand out, give back or merge the block that the word describes.
    pub own: Vec<Op>,
    /// The same for the other block that shares the word.
    pub shares: Vec<Op>,
}

impl Spot {
    fn new(what: What, word: At, bits: Range<u32>, own: Vec<Op>, shares: Vec<Op>) -> Spot {
        Spot { what, word, bits, own, shares }
    }
}

/// A world with blocks in it.
pub struct Heap<L: Layout, G> {
    pub world: World<L, G>,
    /// Payload addresses of the used blocks.
    pub used: Vec<At>,
    /// Payloads hold what the application wrote, not what the heap left there.
    pub written: bool,
}

impl<L: Layout, G: Guard> Heap<L, G> {
    /// Sizes, fill, number of regions and the contents of payloads all follow from the seed.
    pub fn populated(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let large = seed % 8 == 7;
        let mut world = World::new(&regions(&mut random, large, L::LARGEST), 0);
        let one_size = 1 + random.below(120);
        let kind = random.below(4);
        let mut used = Vec::new();
        let crowded = kind == 3; // equal blocks side by side, hardly any free
        let wanted = if large { 24 } else { 16 + random.below(40) };
        let steps = if crowded { wanted } else { 3 * wanted };
        for _ in 0..steps {
            let bytes = match kind {
                0 | 3 => one_size,
                1 => one_size * (1 + random.below(3)),
                _ if large => random.size(30_000),
                _ => random.size(400),
            };
            let full = used.len() as u32 >= wanted;
            if !full {
                let size = World::<L, G>::size_for(bytes).expect("small");
                if let Answer::Served(block) = world.allocate(size) {
                    used.push(block.at);
                    continue;
                }
            }
            if used.len() > 1 {
                let victim = used.swap_remove(random.below(used.len() as u32) as usize);
                world.free(victim).expect("a live block");
            }
        }
        while used.len() as u32 > if crowded { wanted - 3 } else { wanted / 2 } {
            let victim = used.swap_remove(random.below(used.len() as u32) as usize);
            world.free(victim).expect("a live block");
        }
        let written = fill_somehow(&mut world, &mut random);
        world.memory.commit();
        Heap { world, used, written }
    }
}

/// Zeros, ones, anything, small numbers, or what the heap left there; false for that.
fn fill_somehow<L: Layout, G: Guard>(world: &mut World<L, G>, random: &mut Random) -> bool {
    match random.below(5) {
        0 => fill_payloads(world, || 0),
        1 => fill_payloads(world, || u32::MAX),
        2 => fill_payloads(world, || random.word() as u32),
        3 => fill_payloads(world, || random.below(64) << 16 | random.below(64)),
        _ => return false,
    }
    true
}

/// Writes the first kilobytes of every used block's payload, a word at a time.
pub fn fill_payloads<L: Layout, G: Guard>(world: &mut World<L, G>, mut word: impl FnMut() -> u32) {
    for (at, size, used) in world.blocks() {
        let words = (size.bytes() - L::HEADER) / 4;
        for number in 0..if used { words.min(1 << 10) } else { 0 } {
            world.memory.set_word(at.plus(4 * number), word());
        }
    }
}

/// Writes what free blocks hold behind their links: what the application wrote before it freed them, or older headers.
pub fn fill_free<L: Layout, G: Guard>(world: &mut World<L, G>, word: u32) {
    for (at, size, _) in world.blocks().into_iter().filter(|(_, _, used)| !used) {
        let end = at.right(size).minus(L::HEADER + L::FOOTER);
        let mut place = at.plus(8);
        while place < end {
            world.memory.set_word(place, word);
            place = place.plus(4);
        }
    }
}

/// Every spot of a world.
pub fn spots<L: Layout, G: Guard>(world: &mut World<L, G>) -> Vec<Spot> {
    let calls = Calls { blocks: world.blocks(), requests: requests(world) };
    let ends: Vec<At> = world.all_spans().map(|span| span.end()).collect();
    let (parts, mut spots) = (parts::<L>(), Vec::new());
    for (number, (at, size, used)) in calls.blocks.iter().enumerate() {
        let right = at.right(*size);
        let (own, left) = (calls.on(Some(number)), calls.on(calls.left(number)));
        let (about_own, about_left) = (parts.own.clone(), parts.left.clone());
        let word = at.minus(about_own.0);
        spots.push(Spot::new(What::Header, word, about_own.1.clone(), own.clone(), left.clone()));
        let (describes, shares) =
            if left.is_empty() { (own.clone(), left) } else { (left, own.clone()) };
        let word = at.minus(about_left.0);
        spots.push(Spot::new(What::LeftCopy, word, about_left.1.clone(), describes, shares));
        if !used {
            if let Some((before, bits)) = parts.footer.clone() {
                let word = right.minus(before);
                spots.push(Spot::new(What::Footer, word, bits, own.clone(), vec![]));
            }
            for word in [*at, at.plus(4)] {
                spots.push(Spot::new(What::Link, word, 0..32, own.clone(), vec![]));
            }
        }
        if ends.contains(&right) {
            let word = right.minus(about_own.0);
            spots.push(Spot::new(What::Header, word, about_own.1, vec![], own.clone()));
            let word = right.minus(about_left.0);
            spots.push(Spot::new(What::LeftCopy, word, about_left.1, own, vec![]));
        }
    }
    spots.extend(heads(world, &calls));
    spots
}

/// The calls that hand out, give back or merge a block of a sound heap.
struct Calls {
    blocks: Vec<(At, Size, bool)>,
    /// For each free block a request that gets it, if there is one.
    requests: BTreeMap<At, Size>,
}

impl Calls {
    fn left(&self, number: usize) -> Option<usize> {
        let left = number.checked_sub(1)?;
        let (at, size, _) = self.blocks[left];
        (at.right(size) == self.blocks[number].0).then_some(left)
    }

    fn right(&self, number: usize) -> Option<usize> {
        (self.left(number + 1 - usize::from(number + 1 == self.blocks.len())) == Some(number))
            .then_some(number + 1)
    }

    /// A used block is freed; a free one is handed out, or merged by either neighbour.
    fn on(&self, number: Option<usize>) -> Vec<Op> {
        let Some(number) = number else { return vec![] };
        let (at, _, used) = self.blocks[number];
        if used {
            return vec![Op::Free(at)];
        }
        let neighbours = [self.left(number), self.right(number)].into_iter().flatten();
        let merges = neighbours.map(|neighbour| Op::Free(self.blocks[neighbour].0));
        self.request(at).into_iter().chain(merges).collect()
    }

    fn request(&self, at: At) -> Option<Op> {
        self.requests.get(&at).map(|size| Op::Allocate { size: *size, gets: Some(at) })
    }
}

/// The heads of the lists, with what takes from them and adds to them.
fn heads<L: Layout, G: Guard>(world: &World<L, G>, calls: &Calls) -> Vec<Spot> {
    let top = bin_of(world.control.first.size(), L::LARGEST);
    let spot = |bin: u32| {
        let of_bin =
            calls.blocks.iter().enumerate().filter(|(_, block)| bin_of(block.1, L::LARGEST) == bin);
        let mut own = Vec::new();
        for (number, (at, _, used)) in of_bin {
            let is_used = |neighbour: Option<usize>| neighbour.is_none_or(|at| calls.blocks[at].2);
            if !used {
                own.extend(calls.request(*at));
            } else if own.len() < 4 && is_used(calls.left(number)) && is_used(calls.right(number)) {
                own.push(Op::Free(*at)); // merges with nothing, so it goes on this list
            }
        }
        Spot::new(What::Head, HEADS.plus(4 * bin), 0..32, own, vec![])
    };
    (BIN_MIN..=top).map(spot).collect()
}

/// For each free block a request that gets it, if there is one.
fn requests<L: Layout, G: Guard>(world: &mut World<L, G>) -> BTreeMap<At, Size> {
    let mut requests = BTreeMap::new();
    let free: Vec<Size> =
        world.blocks().iter().filter(|block| !block.2).map(|block| block.1).collect();
    for size in free {
        let less = [0, 2, 4, size.0 / 4 & !1, size.0 / 2 & !1];
        for wanted in
            less.map(|less| Size(size.0.saturating_sub(less))).into_iter().chain([BLOCK_MIN])
        {
            if wanted < BLOCK_MIN {
                continue;
            }
            let mark = world.mark();
            if let Answer::Served(block) = world.allocate(wanted) {
                requests.entry(block.at).or_insert(wanted);
            }
            world.undo(&mark);
        }
    }
    requests
}

/// Where a layout keeps what it says of a block: a distance before an address, and the bits of the word there.
struct Parts {
    /// Before the payload: what the header says of its own block.
    own: (u32, Range<u32>),
    /// Before the payload: what it says of the left neighbour.
    left: (u32, Range<u32>),
    /// Before the right neighbour's payload: the copy of a free block's size.
    footer: Option<(u32, Range<u32>)>,
}

fn parts<L: Layout>() -> Parts {
    let compact = L::LARGEST.bytes() < 1 << 18;
    match (L::HEADER, compact) {
        (2, _) => Parts { own: (4, 17..32), left: (4, 16..17), footer: Some((4, 0..16)) },
        (4, true) => Parts { own: (4, 16..32), left: (4, 0..16), footer: None },
        (4, false) => Parts { own: (4, 1..32), left: (4, 0..1), footer: Some((8, 0..32)) },
        _ => Parts { own: (4, 0..32), left: (8, 0..32), footer: None },
    }
}

/// One to four regions at addresses as in a microcontroller, with gaps between or without.
pub fn regions(random: &mut Random, large: bool, largest: Size) -> Vec<Region> {
    let count = 1 + random.below(4);
    let mut start = 0x2000_0000 + 4 * random.below(64);
    let share = if large { largest.bytes().min(1 << 20) / 4 } else { 600 + random.below(3000) };
    (0..count)
        .map(|_| {
            let bytes = (share + 8 * GRANULE) & !3;
            let region = (At(start), bytes);
            start += bytes + 4 * random.below(12);
            region
        })
        .collect()
}
