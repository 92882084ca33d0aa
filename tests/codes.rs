// SPDX-License-Identifier: MIT
//! Numbers of the C ABI: what the headers for C say, and what the core returns.
#![allow(missing_docs, clippy::missing_panics_doc)]
#![cfg(not(miri))] // reads files

use firmheap::{own, pool, quota, ring};
use std::fs;
use std::path::Path;

/// Every number that a header defines under names that begin so: the rest of the name, and the number.
fn defined(header: &str, prefix: &str) -> Vec<(String, i32)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("include").join(header);
    let text = fs::read_to_string(&path).expect("a header");
    let start = format!("#define {prefix}");
    let lines = text.lines().filter_map(|line| line.strip_prefix(&start));
    lines
        .map(|line| {
            let (name, value) = line.split_once(' ').expect("a value behind the name");
            let value = value.split("/*").next().expect("the value");
            let value = value.trim().trim_matches(['(', ')', 'U', ' ']);
            (name.to_owned(), value.parse().expect("a number"))
        })
        .collect()
}

fn judge<const N: usize>(header: &str, prefix: &str, known: [(&str, i32); N]) {
    let known = known.map(|(name, number)| (name.to_owned(), number));
    assert_eq!(defined(header, prefix), known, "{prefix}... in {header}");
}

#[test]
fn pools() {
    use pool::Unusable::{BlockTooSmall, Misaligned, Missing, NoBlocks, TooLarge};
    let known = [
        ("NO_BLOCKS", NoBlocks as i32),
        ("BLOCK_TOO_SMALL", BlockTooSmall as i32),
        ("MISALIGNED", Misaligned as i32),
        ("TOO_LARGE", TooLarge as i32),
        ("MISSING", Missing as i32),
    ];
    judge("firmheap_pool.h", "errPOOL_", known);
}

#[test]
fn rings() {
    use ring::Misuse::{
        Damaged, Empty, Misaligned, Missing, NotOldest, NotReserved, TooLarge, TooLong, TooSmall,
    };
    let known = [
        ("MISSING", Missing as i32),
        ("MISALIGNED", Misaligned as i32),
        ("TOO_SMALL", TooSmall as i32),
        ("TOO_LARGE", TooLarge as i32),
        ("NOT_RESERVED", NotReserved as i32),
        ("TOO_LONG", TooLong as i32),
        ("EMPTY", Empty as i32),
        ("NOT_OLDEST", NotOldest as i32),
        ("DAMAGED", Damaged as i32),
    ];
    judge("firmheap_ring.h", "errRING_", known);
}

#[test]
fn heaps_of_their_own() {
    use own::Unusable::{Missing, OutOfReach, TooLarge, TooSmall};
    let known = [
        ("MISSING", Missing as i32),
        ("TOO_SMALL", TooSmall as i32),
        ("TOO_LARGE", TooLarge as i32),
        ("OUT_OF_REACH", OutOfReach as i32),
    ];
    judge("firmheap_own.h", "errOWN_", known);
}

#[test]
fn budgets() {
    use quota::Why::{HardLimit, Priority, Reserved};
    use quota::Wrong::{InUse, Order, Owner, TooMuch};
    let known = [
        ("NO_OWNER", Owner as i32),
        ("IN_USE", InUse as i32),
        ("TOO_MUCH", TooMuch as i32),
        ("ORDER", Order as i32),
    ];
    judge("firmheap_budget.h", "errBUDGET_", known);
    // What the hook is told of; the last is no refusal.
    let known = [
        ("HARD_LIMIT", HardLimit as i32),
        ("RESERVED", Reserved as i32),
        ("PRIORITY", Priority as i32),
        ("SOFT_LIMIT", 4),
    ];
    judge("firmheap_budget.h", "heapBUDGET_", known);
}
