// SPDX-License-Identifier: MIT
//! Region tables: any starts and sizes in the whole 32-bit address space, tiny, misaligned, wrapping, empty. What
//! is accepted must serve, and nothing outside the accepted regions is ever read or written.

use super::{with_kind, Input};
use firmheap::bins::Unit;
use firmheap::block::{Guard, Layout};
use firmheap::fault::Kind;
use firmheap::region::{Array, Space, Span};
use firmheap::regions::Table;
use firmheap::stats::Control;
use firmheap::units::{At, Size};
use firmheap::Heap;
use std::cell::RefCell;
use std::collections::HashMap;
use std::marker::PhantomData;

/// See the file's head.
pub fn tables(bytes: &[u8]) {
    let mut input = Input { bytes };
    with_kind!(input.byte(), play(input));
}

const LIMIT: usize = 4;

fn play<L: Layout, G: Guard>(mut input: Input<'_>) {
    let memory = Sparse::default();
    let (mut count, mut spans) = (0, [Span::default(); LIMIT]);
    let mut control = Control::empty();
    let mut heap = Heap::<_, L, G> {
        space: &memory,
        control: &mut control,
        // SAFETY: as many as the limit says, and the table alone uses them.
        others: Table {
            limit: LIMIT as u32,
            count: &mut count,
            // SAFETY: one initialised span for every index below the limit.
            spans: unsafe { Array::new(spans.as_mut_ptr()) },
        },
        canary: 0,
        unit: Unit::KNOWN,
        guard: PhantomData,
    };
    for _ in 0..8 {
        if input.is_empty() {
            break;
        }
        let (start, bytes) = (input.word(), region_bytes(&mut input));
        // As `vPortDefineHeapRegions` admits them: in order, not past the end of the address space; nor can memory
        // be given that the heads stand in.
        let end = start.checked_add(bytes);
        let Some(end) = end.filter(|_| start >= heap.control.limit.0.max(HEADS_END)) else {
            continue;
        };
        memory.allowed.borrow_mut().push((start, end));
        let full = *heap.others.count == LIMIT as u32;
        match heap.add_region(At(start), At(end)) {
            Ok(()) => {}
            Err(fault) => assert!(fault.kind == Kind::RegionTableFull && (full || bytes > 1 << 18)),
        }
        assert_eq!(heap.check(|_, _, _| {}), Ok(()));
    }
    let whole = heap.control.counters.free;
    use_up(&mut heap, &mut input, whole);
}

fn region_bytes(input: &mut Input<'_>) -> u32 {
    match input.byte() % 4 {
        0 => input.half() % 64,
        1 => input.half(),
        2 => input.word() % (1 << 20),
        _ => input.word(),
    }
}

fn use_up<L: Layout, G: Guard>(
    heap: &mut Heap<'_, &Sparse, L, G>,
    input: &mut Input<'_>,
    whole: Size,
) {
    let mut blocks = Vec::new();
    while !input.is_empty() && blocks.len() < 40 {
        let bytes = Size::for_tiny_request(input.half() as usize, L::HEADER, L::BLOCK_MIN);
        let wanted = Size::for_request(
            bytes.unwrap_or(input.word() as usize),
            L::HEADER,
            L::BLOCK_MIN,
            L::REQUEST_MAX,
        );
        if let Some(Ok(block)) = wanted.map(|wanted| heap.allocate(wanted)) {
            let inside = |(start, end): &(u32, u32)| {
                let last = u64::from(block.at.0) + u64::from(block.size.bytes() - L::HEADER);
                block.at.0 >= *start && last <= u64::from(*end)
            };
            assert!(heap.space.allowed.borrow().iter().any(inside), "{block:?} leaves its region");
            blocks.push(block.at);
        }
    }
    assert_eq!(heap.check(|_, _, _| {}), Ok(()));
    for block in blocks {
        let span = heap.holder(block).expect("in a region");
        heap.free(block, span).expect("a live block");
    }
    assert_eq!(heap.check(|_, _, _| {}), Ok(()));
    assert_eq!(heap.control.counters.free, whole);
}

/// The whole address space: half words that were written, and the regions that may be.
#[derive(Default)]
struct Sparse {
    halves: RefCell<HashMap<u32, u16>>,
    allowed: RefCell<Vec<(u32, u32)>>,
}

const HEADS: At = At(4);
const HEADS_END: u32 = 4 + 4 * 64;

impl Sparse {
    fn judge(&self, at: At, bytes: u32) {
        let is_head = (HEADS.0..HEADS_END).contains(&at.0);
        let inside = |(start, end): &(u32, u32)| at.0 >= *start && at.0 + (bytes - 1) < *end;
        let allowed = is_head || self.allowed.borrow().iter().any(inside);
        assert!(allowed && at.0 % bytes == 0, "{bytes} bytes at {at:?}");
    }
}

impl Space for &Sparse {
    fn pointer(self, at: At) -> *mut u8 {
        unreachable!("the core asks for no pointer: {at:?}")
    }
    fn heads(self) -> At {
        HEADS
    }
    fn load16(self, at: At) -> u16 {
        self.judge(at, 2);
        self.halves.borrow().get(&at.0).copied().unwrap_or(0)
    }
    fn load32(self, at: At) -> u32 {
        self.judge(at, 4);
        let halves = self.halves.borrow();
        let half = |at: u32| u32::from(halves.get(&at).copied().unwrap_or(0));
        half(at.0) | half(at.0 + 2) << 16
    }
    fn store16(self, at: At, value: u16) {
        self.judge(at, 2);
        self.halves.borrow_mut().insert(at.0, value);
    }
    fn store32(self, at: At, value: u32) {
        self.judge(at, 4);
        let mut halves = self.halves.borrow_mut();
        halves.insert(at.0, value as u16);
        halves.insert(at.0 + 2, (value >> 16) as u16);
    }
}
