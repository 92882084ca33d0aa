// SPDX-License-Identifier: MIT
//! The arithmetic of the core beside plain 64-bit arithmetic: every request up to 2^20 bytes and around every
//! power of two to 2^32 and beyond, every bin, every map of up to three bins, every place of small spans.
//!
//! The alignment is the build's own: run it for 8, 16 and 32.

use crate::Random;
use firmheap::bins::{bin_of, BinMap, FromBin, Unit, WideMap, BIN_MIN};
use firmheap::block::{Compact, Layout, Paired, Slim, Wide};
use firmheap::region::Span;
use firmheap::regions::usable;
use firmheap::units::{At, Size, BLOCK_BYTES_MIN, BLOCK_MIN, GRANULE};

const EVERY: u64 = 1 << 20;
const AROUND: u64 = 70;

/// Every value up to 2^20, and the neighbourhood of each power of two and of each of their sums with half.
fn values(top_bit: u32) -> impl Iterator<Item = u64> {
    let peaks = (20..=top_bit).flat_map(|bit| [1u64 << bit, (1u64 << bit) + (1u64 << bit) / 2]);
    let around = |peak: u64| peak - AROUND..=peak.saturating_add(AROUND);
    (0..=EVERY).chain(peaks.flat_map(around))
}

/// Requests become the sizes they should; returns how many were compared.
pub fn requests<L: Layout>() -> u64 {
    let (header, limit) = (u64::from(L::HEADER), u64::from(L::REQUEST_MAX));
    let granule = u64::from(GRANULE);
    let mut compared = 0;
    let edges = [limit, u64::from(L::LARGEST.bytes()), u64::from(u32::MAX), usize::MAX as u64];
    let around = |edge: u64| edge - AROUND..=edge.saturating_add(AROUND);
    for payload in values(33).chain(edges.into_iter().flat_map(around)) {
        let Ok(bytes) = usize::try_from(payload) else { continue };
        let tiny = Size::for_tiny_request(bytes, L::HEADER, L::BLOCK_MIN);
        let size =
            Size::for_request(tiny.unwrap_or(bytes), L::HEADER, L::BLOCK_MIN, L::REQUEST_MAX);
        // One comparison parts what the arithmetic serves from nothing, the tiny and the large.
        let first = (u64::from(BLOCK_BYTES_MIN.div_ceil(GRANULE) * GRANULE) - granule)
            .saturating_sub(header)
            + 1;
        let direct = Size::for_request(bytes, L::HEADER, L::BLOCK_MIN, L::REQUEST_MAX);
        assert_eq!(
            direct.is_some(),
            payload >= first && payload - first <= limit,
            "{payload} bytes, asked at once"
        );
        assert_eq!(tiny.is_some(), payload > 0 && payload < first, "{payload} bytes: tiny");
        compared += 1;
        let Some(size) = size else {
            assert!(payload == 0 || payload > limit, "{payload} bytes are refused");
            continue;
        };
        // What is served beyond the limit is what the same comparison lets through.
        assert!(payload > 0 && payload <= limit + 2 * granule + 16, "{payload} bytes are served");
        let least = (payload + header).max(u64::from(BLOCK_BYTES_MIN));
        let rounded = least.div_ceil(granule) * granule;
        assert_eq!(u64::from(size.bytes()), rounded, "a block for {payload} bytes");
        assert_eq!(size, size.even(), "sizes are even");
        assert!(size >= BLOCK_MIN && size <= L::LARGEST, "{payload} bytes: {size:?}");
        assert!(
            (BIN_MIN..L::Map::BINS).contains(&bin_of(size, L::LARGEST)),
            "{payload} bytes: no such bin"
        );
        assert!(tiny.is_none() || bytes < L::LARGEST.bytes() as usize / 2);
    }
    compared
}

/// Two bins for each octave: 2^n and 1.5 * 2^n begin one, and nothing else does.
pub fn bins<L: Layout>() -> u64 {
    let mut last = bin_of(BLOCK_MIN, L::LARGEST);
    assert_eq!(last, BIN_MIN + 2 * (BLOCK_MIN.bytes() / 16).trailing_zeros(), "the first bin");
    let mut compared = 0;
    let mut size = BLOCK_MIN;
    while size <= L::LARGEST {
        let bin = bin_of(size, L::LARGEST);
        let bytes = size.bytes();
        let octave = bytes.ilog2();
        let upper = bytes >= (1 << octave) + (1 << (octave - 1));
        assert_eq!(bin, 2 * (octave - 4) + BIN_MIN + u32::from(upper), "{bytes} bytes");
        // With large granules the lowest octaves have fewer sizes than bins.
        let step = if bytes >= 2 * GRANULE + 8 { 1 } else { 2 };
        assert!((last..=last + step).contains(&bin), "{bytes} bytes: a bin without a size");
        last = bin;
        size = Size(size.0 + 2);
        compared += 1;
    }
    assert!(last < L::Map::BINS, "the largest block has a bin");
    compared
}

/// Maps of none to three bins, asked from each bin, beside a plain list of booleans.
pub fn maps<M: BinMap>() -> u64 {
    let mut compared = 0;
    let bins = BIN_MIN..M::BINS;
    for one in bins.clone() {
        for two in bins.clone() {
            for three in [two, one, BIN_MIN, (one + two) / 2, M::BINS - 1] {
                let mut held = vec![false; M::BINS as usize];
                let mut map = M::default();
                for bin in [one, two, three] {
                    held[bin as usize] = true;
                    map = map.with(bin, Unit::KNOWN);
                }
                compared += ask(map, &held);
                for bin in [one, three] {
                    held[bin as usize] = false;
                    map = map.without(bin, Unit::KNOWN);
                    compared += ask(map, &held);
                }
            }
        }
    }
    compared
}

fn ask<M: BinMap>(map: M, held: &[bool]) -> u64 {
    for bin in BIN_MIN..M::BINS {
        let place = bin as usize;
        assert_eq!(map.has(bin), held[place], "{map:?}, {bin}");
        let next = held[place + 1..].iter().position(|held| *held);
        let next = next.map(|distance| bin + 1 + distance as u32);
        let from = map.seek(bin);
        let above = if from.has_first() { from.without_first() } else { from };
        let found = (!above.is_empty()).then(|| above.next(bin));
        assert_eq!(found, next, "{map:?} above {bin}");
    }
    u64::from(M::BINS - BIN_MIN)
}

/// Which addresses are places of blocks: every address around spans anywhere, also at the ends of the address
/// space.
pub fn places() -> u64 {
    let mut compared = 0;
    let mut random = Random::new(7);
    let starts =
        [GRANULE, 256, 0x2000_0000, 0x7FFF_FF00, 0xFFFF_F000, 0xFFFF_FF00 & !(GRANULE - 1)];
    for start in starts {
        for granules in (1..40).chain([1000, 0xF_FFFF]) {
            let span = Span { start: At(start), granules };
            let bytes = u64::from(granules) * u64::from(GRANULE);
            let end = u64::from(start) + bytes;
            if end > 1 << 32 {
                continue; // no region wraps, see `spans`
            }
            let near =
                (0..40 * GRANULE + 64).map(|offset| start.wrapping_sub(32).wrapping_add(offset));
            let far = (0..200).map(|_| random.word() as u32);
            let around_end =
                (0..64).map(|offset| (end as u32).wrapping_sub(32).wrapping_add(offset));
            for at in near.chain(far).chain(around_end) {
                let inside = at >= start && u64::from(at) < end && (at - start) % GRANULE == 0;
                assert_eq!(span.holds(At(at)), inside, "{at:#x} in {span:?}");
                if inside && at >= start {
                    let room = at - start;
                    for units in [0, room / 4, (room / 4).saturating_sub(2), room / 4 + 2] {
                        let size = Size(units / (GRANULE / 8) & !1);
                        let fits = size.bytes() <= room;
                        assert_eq!(span.has_left(At(at), size), fits, "{size:?} before {at:#x}");
                    }
                }
                compared += 1;
            }
            assert_eq!(span.size().bytes(), granules * GRANULE);
            assert_eq!(u64::from(span.end().0), end & 0xFFFF_FFFF);
        }
    }
    compared
}

/// What memory from any start to any end can hold, beside 64-bit arithmetic.
pub fn spans() -> u64 {
    let mut compared = 0;
    let starts = (0..130).chain(0x2000_0000..0x2000_0041).chain(u32::MAX - 200..=u32::MAX);
    let granule = u64::from(GRANULE);
    for start in starts {
        for bytes in (0..150u32).chain([1 << 10, 1 << 20, 0x7FFF_FFFF]) {
            for header in [2, 4, 8] {
                let end = start.wrapping_add(bytes);
                let first = (u64::from(start) + header).div_ceil(granule) * granule;
                let last = u64::from(end) / granule * granule;
                let room = first <= u64::from(u32::MAX) && last >= first;
                let room = room && last - first >= u64::from(BLOCK_MIN.bytes());
                let expected = room.then(|| Span {
                    start: At(first as u32),
                    granules: ((last - first) / granule) as u32,
                });
                let found = usable(At(start), At(end), header as u32, BLOCK_MIN);
                assert_eq!(found, expected, "from {start:#x} to {end:#x}");
                compared += 1;
            }
        }
    }
    compared
}

/// All of it; returns how many values were compared.
pub fn campaign() -> u64 {
    requests::<Slim<Compact>>()
        + requests::<Slim<Wide>>()
        + requests::<Paired<Compact>>()
        + requests::<Paired<Wide>>()
        + bins::<Slim<Compact>>()
        + bins::<Paired<Wide>>()
        + maps::<u32>()
        + maps::<WideMap>()
        + places()
        + spans()
}
