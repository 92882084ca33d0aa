// SPDX-License-Identifier: MIT
//! Faults as values and as text, and the check on demand, with NULL and garbage: each call returns, leaves the
//! scheduler and the heap as they were, raises nothing, and writes nowhere but where it was told to.

mod support;

use cty::{c_char, c_void};
use firmheap::fault::Kind;
use firmheap::ffi::{self, HeapFault};
use std::ptr::{null, null_mut};
use support::{Heap, Seen};

#[link(name = "abi_heap_4", kind = "static", modifiers = "+whole-archive")]
extern "C" {}

const PASS: i32 = 1;

fn said(kind: Kind) -> i32 {
    -(kind as i32)
}

/// A fault whose every word is wrong.
fn garbage() -> HeapFault {
    let wild = usize::MAX as *mut c_void;
    HeapFault {
        ulKind: u32::MAX,
        pvBlock: wild,
        pvPointer: wild.wrapping_byte_sub(1),
        ulExpected: u32::MAX,
        ulFound: 0,
        pvTask: wild,
        pcTaskName: null(),
        pvCaller: wild,
    }
}

/// Calls, and nothing was raised, suspended or traced, and the heap is as before. One suspension for a look at it.
fn quietly<T>(heap: &Heap, call: impl FnOnce() -> T) -> T {
    let before = heap.figures();
    let (answer, seen) = heap.watch(call);
    assert_eq!(seen, Seen { suspensions: seen.suspensions, ..Seen::default() });
    assert_eq!(heap.figures(), before);
    answer
}

/// All ways to ask about one address, which must agree.
fn ask(heap: &Heap, pv: *mut c_void) -> i32 {
    let answer = quietly(heap, || ffi::xPortHeapCheckBlock(pv));
    let mut fault = garbage();
    // SAFETY: NULL, or a fault of ours.
    let (without, with) = quietly(heap, || unsafe {
        (ffi::xPortHeapInspectBlock(pv, null_mut()), ffi::xPortHeapInspectBlock(pv, &mut fault))
    });
    assert_eq!((without, with), (answer, answer), "{pv:p}");
    let kind = if answer == PASS { 0 } else { answer.unsigned_abs() };
    assert_eq!(fault.ulKind, kind, "{pv:p}: {answer}");
    assert_eq!(fault.pvPointer, pv);
    assert!(fault.pvTask.is_null() && fault.pcTaskName.is_null() && fault.pvCaller.is_null());
    answer
}

#[test]
fn no_address_but_a_live_blocks_passes() {
    let heap = Heap::fresh();
    assert_eq!(ask(&heap, null_mut()), said(Kind::ForeignPointer), "before there is a heap");
    assert_eq!(ask(&heap, usize::MAX as *mut c_void), said(Kind::ForeignPointer));
    let block = heap.malloc(64);
    let freed = heap.malloc(64);
    let wall = heap.malloc(64);
    heap.free(freed);
    let live = [block as usize, wall as usize];
    live.iter().for_each(|at| assert_eq!(ask(&heap, *at as *mut c_void), PASS));
    assert_eq!(ask(&heap, freed.cast()), said(Kind::DoubleFree));
    assert_eq!(ask(&heap, null_mut()), said(Kind::ForeignPointer));
    let mut word = 0_u64;
    let stack = std::ptr::addr_of_mut!(word).cast();
    for pv in [stack, ffi::xPortHeapCheck as *mut c_void, "constant".as_ptr() as *mut c_void] {
        assert_eq!(ask(&heap, pv), said(Kind::ForeignPointer), "{pv:p}");
    }
    let inside = (1..64).map(|offset| block as usize + offset);
    let bits = (0..usize::BITS).flat_map(|bit| {
        let one = 1_usize << bit;
        [one, usize::MAX << bit, block as usize ^ one, freed as usize ^ one]
    });
    for at in inside.chain(bits).filter(|at| !live.contains(at)) {
        assert_ne!(ask(&heap, at as *mut c_void), PASS, "{at:#x}");
    }
    heap.free(block);
    heap.free(wall);
    assert_ne!(ask(&heap, wall.cast()), PASS, "merged away");
}

#[test]
fn the_whole_heap_is_inspected_with_and_without_a_place_for_the_fault() {
    let heap = Heap::fresh();
    for blocks in [false, true] {
        if blocks {
            heap.malloc(100);
            heap.free(heap.malloc(60));
        }
        let mut fault = garbage();
        // SAFETY: NULL, or a fault of ours.
        let answers = quietly(&heap, || unsafe {
            [
                ffi::xPortHeapCheck(),
                ffi::xPortHeapInspect(null_mut()),
                ffi::xPortHeapInspect(&mut fault),
            ]
        });
        assert_eq!(answers, [PASS; 3]);
        assert_eq!(
            (fault.ulKind, fault.pvBlock),
            (0, null_mut()),
            "nothing of the old one is left"
        );
    }
}

#[test]
fn damage_is_told_with_its_block_and_mended_damage_is_not() {
    let heap = Heap::fresh();
    let [left, right] = [heap.malloc(64), heap.malloc(64)];
    // SAFETY: the header before a block of ours; put back below.
    let (header, sound) = unsafe {
        let header = right.sub(4).cast::<u32>();
        (header, header.replace(0x5A5A_5A5A))
    };
    let mut fault = garbage();
    // SAFETY: a fault of ours.
    let found = heap.watch(|| unsafe { ffi::xPortHeapInspect(&mut fault) }).0;
    assert!(found < 0, "{found}");
    assert_eq!(found, ffi::xPortHeapCheck());
    assert_eq!(fault.ulKind, found.unsigned_abs());
    assert_eq!(fault.pvBlock, right.cast::<c_void>());
    assert_ne!(fault.ulExpected, fault.ulFound);
    // SAFETY: a fault of ours.
    let found = heap.watch(|| unsafe { ffi::xPortHeapInspectBlock(left.cast(), &mut fault) }).0;
    assert_eq!((found, fault.pvBlock), (said(Kind::RightDisagrees), left.cast::<c_void>()));
    // SAFETY: as it was.
    unsafe { header.write(sound) };
    assert_eq!(ffi::xPortHeapCheck(), PASS);
    heap.free(left);
    heap.free(right);
}

/// The text in a buffer of this size, which has bytes behind it that must stay.
fn text(fault: *const HeapFault, size: usize) -> String {
    const GUARD: u8 = 0x7E;
    let mut buffer = [GUARD; 300];
    assert!(size < buffer.len());
    // SAFETY: room for that many bytes; the fault is NULL or ours.
    let length = unsafe { ffi::xPortHeapFaultText(fault, buffer.as_mut_ptr().cast(), size) };
    assert!(buffer[size..].iter().all(|byte| *byte == GUARD), "wrote behind {size} bytes");
    if size == 0 {
        assert_eq!(length, 0);
        return String::new();
    }
    assert!(length < size);
    assert_eq!(buffer[length], 0, "ends with a zero");
    assert!(buffer[length + 1..].iter().all(|byte| *byte == GUARD), "and nothing behind that");
    String::from_utf8(buffer[..length].to_vec()).expect("ASCII")
}

#[test]
fn the_text_fits_its_buffer_whatever_that_is() {
    // SAFETY: NULL is allowed for both.
    unsafe {
        assert_eq!(ffi::xPortHeapFaultText(null(), null_mut(), usize::MAX), 0);
        assert_eq!(ffi::xPortHeapFaultText(&garbage(), null_mut(), 100), 0);
    }
    let name = c"a task with a name";
    let named = HeapFault { pcTaskName: name.as_ptr().cast::<c_char>(), ..garbage() };
    for fault in [&garbage(), &named] {
        let all = text(fault, 290);
        assert!(all.starts_with("heap fault ?: ") && all.contains("0xFFFFFFFF"), "{all}");
        for size in 1..=all.len() + 2 {
            assert_eq!(text(fault, size), all[..all.len().min(size - 1)], "{size} bytes");
        }
        assert_eq!(text(fault, 0), "");
    }
    assert!(text(&named, 290).contains("; task a task with a name; called from "));
    (0..20).for_each(|size| assert_eq!(text(null(), size), "", "no fault"));
}

#[test]
fn every_kind_has_a_text_of_its_own_and_no_other_number_has() {
    let kinds = abi::CONSTANTS.iter().filter(|row| row.what.starts_with("FIRMHEAP_FAULT_")).count();
    let of = |kind: u32| text(&HeapFault { ulKind: kind, ..garbage() }, 290);
    let mut seen = std::collections::BTreeSet::new();
    for kind in 0..kinds as u32 {
        let line = of(kind);
        assert!(line.starts_with(&format!("heap fault {kind}: ")), "{line}");
        let words = line.split([':', ';']).nth(1).expect("words").trim().to_owned();
        assert!(words.len() > 5 && seen.insert(words), "{line}");
    }
    for number in [kinds as u32, 19, 20, 21, 1 << 31, u32::MAX] {
        assert!(!of(number).is_empty(), "any number is survived");
    }
}
