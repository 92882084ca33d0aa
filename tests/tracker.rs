// SPDX-License-Identifier: MIT
//! The tracker and budgets over a real heap: long random programs of owners and sites that come and go; after them, and on
//! the way, the rows' sums are the heap's own figures.
#![allow(missing_docs, clippy::missing_panics_doc)]

mod support;

use firmheap::block::{
    Checked, Compact, Guard, Layout, Paired, Slim, Tag, Tagged, Unchecked, Wide,
};
use firmheap::quota::{Budget, Why, Wrong};
use firmheap::region::{Array, Window};
use firmheap::tracker::leaks::{epoch_of, goes_round, short, Sorted, Survivors, EXCLUDED};
use firmheap::tracker::owners::{BOOT, DELETED, FIRST, OVERFLOW};
use firmheap::tracker::{Given, IS_TASK};
use firmheap::units::{At, Size};
use firmheap::Heap;
use std::collections::BTreeMap;
use support::tables::{name, Tables, ROWS};
use support::{Arena, Random};

fn steps() -> u32 {
    let default = if cfg!(miri) { 300 } else { 1_000_000 };
    std::env::var("FIRMHEAP_MODEL_STEPS").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Tasks live, allocate, free what others allocated, end and are born again at the same address.
fn program<L: Layout, G: Guard>(bytes: usize, seed: u64) {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut arena = Arena::<Tagged<L>, G>::with_region(bytes);
    let total = arena.heap().control.counters.free;
    let mut tables = Tables::new();
    // Task number -> whether it lives; more of them than rows.
    let mut living = [false; 40];
    let mut live: BTreeMap<u32, Size> = BTreeMap::new();
    let mut filling = 3;
    for step in 0..steps() {
        if step % 700 == 0 {
            filling = 1 + random.below(5);
        }
        if random.below(50) == 0 {
            let task = random.below(40);
            if living[task as usize] {
                tables.owners().end(0x2000 + 64 * task as usize);
            }
            living[task as usize] = false;
        }
        if random.below(6) < filling {
            let task = random.below(40);
            let handle = 0x2000 + 64 * task as usize;
            let row = match tables.owners().find(handle) {
                Some(row) if living[task as usize] => row,
                _ => tables.owners().enrol(handle, &name(task)),
            };
            living[task as usize] = row != OVERFLOW;
            let bytes = random.size(300) as usize;
            let tiny = Size::for_tiny_request(bytes, Tagged::<L>::HEADER, Tagged::<L>::BLOCK_MIN);
            let wanted = Heap::<Window, Tagged<L>, G>::request(tiny.unwrap_or(bytes));
            let Some(block) = wanted.and_then(|size| arena.heap().allocate(size).ok()) else {
                continue;
            };
            let tag = tables.owners().tracker.take(row, block.size);
            assert_eq!(tag.owner(), row);
            let mut sites = tables.sites();
            let site = sites.row_of(0x800_0000 + 2 * random.below(30) as usize, random.below(2));
            sites.take(site, block.size);
            let space = arena.heap().space;
            Tagged::<L>::set_tag(space, block.at, Tag(tag.0 | site));
            live.insert(block.at.0, block.size);
        } else if !live.is_empty() {
            let nth = random.below(live.len() as u32) as usize;
            let (&at, &size) = live.iter().nth(nth).expect("below its length");
            let at = At(at);
            let mut heap = arena.heap();
            let space = heap.space;
            let span = heap.holder(at).expect("a live block");
            assert_eq!(heap.free(at, span), Ok(size));
            let tag = Tagged::<L>::tag(space, at);
            assert_eq!(tables.owners().tracker.give(tag, size), Given::Counted);
            assert_eq!(tables.sites().give(tag.site(), size), Given::Counted);
            live.remove(&at.0);
        }
        if step % 4096 == 0 {
            judge(&mut tables, &mut arena, total, live.len());
        }
    }
    judge(&mut tables, &mut arena, total, live.len());
    assert!(tables.book.owners_refused > 0, "the table of owners was full");
    assert!(tables.book.sites_refused > 0, "the table of sites was full");
}

fn judge<L: Layout, G: Guard>(
    tables: &mut Tables,
    arena: &mut Arena<Tagged<L>, G>,
    total: Size,
    live: usize,
) {
    let held = total - arena.heap().control.counters.free;
    let expected = (held, live as u32);
    assert_eq!(tables.owners().tracker.total(), expected, "owners together");
    assert_eq!(tables.sites().total(), expected, "sites together");
    for row in &tables.rows {
        let settled = row.tally.settled();
        assert!(settled.size_max >= row.tally.size && settled.blocks_max >= row.tally.blocks);
    }
}

#[test]
fn sums_are_the_heaps_figures_compact() {
    program::<Paired<Compact>, Checked>(20_000, 1);
}

#[test]
fn sums_are_the_heaps_figures_wide() {
    program::<Paired<Wide>, Checked>(300_000, 2);
}

#[test]
fn sums_are_the_heaps_figures_unchecked() {
    program::<Slim<Compact>, Unchecked>(20_000, 3);
}

#[test]
fn a_control_block_that_is_used_again_is_another_task() {
    let mut tables = Tables::new();
    let mut owners = tables.owners();
    let first = owners.enrol(0x2000, &name(1));
    owners.tracker.take(first, Size(10));
    owners.remember(0x2000, first);
    assert_eq!(owners.find(0x2000), Some(first));
    owners.end(0x2000);
    assert_eq!(owners.tracker.book.last_task, 0, "not taken for the next one");
    assert_eq!(owners.find(0x2000), None);
    // Also where nobody saw the end.
    let second = owners.enrol(0x2000, &name(2));
    assert_ne!(second, first, "the first still holds something");
    let third = owners.enrol(0x2000, &name(3));
    assert_ne!(third, second, "rows never used come first");
    assert!(owners.faces.get(first).is_deleted() && owners.faces.get(second).is_deleted());
    assert_eq!(owners.faces.get(first).name, name(1));
    assert_eq!(owners.tracker.rows.get(third).tally.blocks, 0);
}

#[test]
fn a_full_table_is_said_to_be_full() {
    let mut tables = Tables::new();
    let mut owners = tables.owners();
    let mut rows: Vec<u32> =
        (0..16).map(|task| owners.enrol(0x4000 + 128 * task, &name(9))).collect();
    for row in &rows {
        owners.tracker.take(*row, Size(8));
    }
    rows.sort_unstable();
    assert_eq!(rows, (FIRST..ROWS as u32).collect::<Vec<_>>(), "each row once");
    assert_eq!(owners.enrol(0x9000, &name(1)), OVERFLOW);
    assert_eq!(owners.group(&name(1)), None);
    assert_eq!(owners.tracker.book.owners_refused, 1);
    owners.end(0x4000);
    assert_eq!(owners.enrol(0x9000, &name(1)), OVERFLOW, "its blocks are still there");
    let row =
        (FIRST..ROWS as u32).find(|row| owners.faces.get(*row).is_deleted()).expect("one ended");
    assert!(owners.tracker.hand_over(row, DELETED, Size(8)));
    assert_eq!(owners.enrol(0x9000, &name(1)), row);
    assert_eq!(owners.tracker.total(), (Size(16 * 8), 16));
}

#[test]
fn groups_count_for_their_members() {
    let mut tables = Tables::new();
    let mut owners = tables.owners();
    let task = owners.enrol(0x2000, &name(1));
    let group = owners.group(&name(2)).expect("there is room");
    assert!(owners.is_group(group) && !owners.is_group(task) && !owners.is_group(BOOT));
    assert_eq!(owners.join(task, group), group);
    assert_eq!(owners.counts_in(task), group);
    assert_eq!(owners.join(task, BOOT), task);
}

#[test]
fn damaged_tags_touch_nothing_and_are_counted() {
    let mut tables = Tables::new();
    let mut tracker = tables.owners().tracker;
    let tag = tracker.take(BOOT, Size(100));
    for owner in 0..=255 {
        let found = tracker.give(Tag::of(owner, 7, 9), Size(200));
        assert_eq!(found, Given::Astray, "owner {owner} holds less");
    }
    assert_eq!(tracker.book.astray.blocks, 256);
    assert_eq!(tracker.give(tag.with_owner(BOOT | IS_TASK), Size(100)), Given::WasTask);
    assert_eq!(tracker.rows.get(BOOT).tally.blocks, 0);
    assert!(!tracker.resize(Tag::NONE, Size(2), Size(4)));
    let mut sites = tables.sites();
    for row in [0, 1, 23, 24, 0xFFFF] {
        assert_eq!(sites.give(row, Size(2)), Given::Astray);
    }
    assert_eq!(sites.book.strays.blocks, 5);
}

#[test]
fn epochs_go_round_and_old_stays_old() {
    assert_eq!((short(0), short(1), short(128), short(129), short(130)), (0, 1, 128, 1, 2));
    assert!(!goes_round(1) && goes_round(129) && !goes_round(130) && goes_round(257));
    for now in 1..2000 {
        assert_eq!(epoch_of(Tag::of(4, short(now), 0), now), Some(now));
        assert_eq!(epoch_of(Tag::of(4, 0, 0), now), Some(0));
        assert_eq!(epoch_of(Tag::of(4, EXCLUDED, 0), now), None);
        if !goes_round(now) && now > 1 {
            assert_eq!(epoch_of(Tag::of(4, short(now - 1), 0), now), Some(now - 1));
        }
    }
}

#[test]
fn growth_ages_and_exclusion() {
    let mut tables = Tables::new();
    let row = tables.owners().enrol(0x2000, &name(1));
    for tick in [100, 200, 300] {
        tables.owners().tracker.take(row, Size(8));
        tables.owners().mark(tick);
    }
    let mut owners = tables.owners();
    assert_eq!(owners.tracker.rows.get(row).growth, 3);
    assert_eq!(owners.tracker.rows.get(BOOT).growth, 0);
    assert_eq!(owners.age(2, 350), (50, Some(150)), "between two marks");
    assert_eq!(owners.age(3, 350), (0, Some(50)), "now");
    assert_eq!(owners.age(0, 350), (250, None), "before the first");
    owners.exclude(row);
    owners.exclude(row);
    owners.mark(400);
    assert_eq!(owners.tracker.take(row, Size(8)).epoch(), EXCLUDED);
    assert!(owners.include(row));
    assert_eq!(owners.tracker.take(row, Size(8)).epoch(), EXCLUDED, "they nest");
    assert!(owners.include(row) && !owners.include(row));
    assert_eq!(owners.tracker.take(row, Size(8)).epoch(), 4);
    for tick in 0..20 {
        owners.mark(1000 + tick);
    }
    assert_eq!(owners.age(4, 2000), (2000 - 1012, None), "older than the kept beginnings");
}

#[test]
fn survivors_are_sorted_and_the_rest_is_added_up() {
    let mut rows = [Survivors::default(); 2];
    // SAFETY: two rows.
    let array = unsafe { Array::new(rows.as_mut_ptr()) };
    let rest = Survivors::default();
    let mut sorted = Sorted { first: 2, last: 3, now: 3, limit: 2, used: 0, rows: array, rest };
    for (owner, epoch, site) in [(4, 2, 1), (4, 2, 1), (5, 3, 1), (6, 3, 1), (4, 1, 1), (4, 2, 1)] {
        sorted.enter(Tag::of(owner | IS_TASK, epoch, site), Size(10));
    }
    sorted.enter(Tag::NONE, Size(10));
    assert_eq!((sorted.used, sorted.rest.blocks, sorted.rest.size), (2, 1, Size(10)));
    let first = sorted.rows.get(0);
    assert_eq!((first.owner, first.epoch, first.blocks, first.size), (4, 2, 3, Size(30)));
    let second = sorted.rows.get(1);
    assert_eq!((second.owner, second.epoch, second.blocks, second.size), (5, 3, 1, Size(10)));
}

/// Random owners with budgets against a shadow that adds everything up anew.
#[test]
fn budgets_hold_and_reserves_are_never_another_s() {
    let mut random = Random(99);
    for _ in 0..if cfg!(miri) { 2 } else { 60 } {
        let mut tables = Tables::new();
        let total = 10_000u32;
        let mut held = [0u32; ROWS];
        for owner in [4, 5, 6] {
            let reserve = random.below(2500);
            let hard = [0, reserve + random.below(4000)][random.below(2) as usize];
            let budget = Budget { hard: Size(hard), reserve: Size(reserve), ..Budget::default() };
            assert_eq!(tables.quota().set(owner, budget, Size::ZERO, Size(total)), Ok(()));
        }
        tables.quota().keep_free(Size(500), 3, Size(total)).expect("there is room");
        for _ in 0..3000 {
            let owner = 4 + random.below(6);
            let before = held[owner as usize];
            let free = total - held.iter().sum::<u32>();
            if random.below(5) < 3 {
                let more = random.size(900);
                let high = random.below(2) == 0;
                let asked =
                    tables.quota().ask(owner, Size(before), Size(more), Size(free), |_| high);
                let budget = tables.budgets[owner as usize];
                let claims = |of: u32| {
                    tables.budgets[of as usize].reserve.0.saturating_sub(held[of as usize])
                };
                let others: u32 = (4..10).filter(|of| *of != owner).map(claims).sum();
                let expected = if budget.hard.0 != 0 && before + more > budget.hard.0 {
                    Err(Why::HardLimit)
                } else if before + more <= budget.reserve.0 {
                    Ok(())
                } else if free < more || free - more < others {
                    Err(Why::Reserved)
                } else if free - more - others < 500 && !high {
                    Err(Why::Priority)
                } else {
                    Ok(())
                };
                assert_eq!(asked, expected);
                if asked.is_err() || more > free {
                    continue;
                }
                held[owner as usize] += more;
            } else {
                held[owner as usize] -= random.below(before + 1);
            }
            let after = held[owner as usize];
            tables.quota().change(owner, Size(before), Size(after));
            let claims: u32 =
                (4..10).map(|of| tables.budgets[of].reserve.0.saturating_sub(held[of])).sum();
            assert_eq!(tables.shares.promised.0, claims);
            let free = total - held.iter().sum::<u32>();
            assert!(free >= claims, "a reserve was taken: {free} free, {claims} promised");
        }
    }
}

#[test]
fn budgets_that_cannot_be_change_nothing() {
    let mut tables = Tables::new();
    let wanted = |soft, hard, reserve| Budget {
        soft: Size(soft),
        hard: Size(hard),
        reserve: Size(reserve),
        ..Budget::default()
    };
    let mut quota = tables.quota();
    assert_eq!(quota.set(4, wanted(10, 20, 0), Size(5), Size(100)), Ok(()));
    for (budget, wrong) in [
        (wanted(30, 20, 0), Wrong::Order),
        (wanted(0, 20, 30), Wrong::Order),
        (wanted(0, 4, 0), Wrong::InUse),
        (wanted(0, 0, 106), Wrong::TooMuch),
    ] {
        assert_eq!(quota.set(4, budget, Size(5), Size(100)), Err(wrong));
        assert_eq!(quota.budgets.get(4).hard, Size(20));
        assert_eq!(quota.shares.promised, Size::ZERO);
    }
    assert_eq!(quota.set(5, wanted(0, 0, 60), Size(0), Size(100)), Ok(()));
    assert_eq!(quota.set(6, wanted(0, 0, 60), Size(0), Size(100)), Err(Wrong::TooMuch));
    assert_eq!(quota.keep_free(Size(41), 3, Size(100)), Err(Wrong::TooMuch));
    quota.change(4, Size(10), Size(11));
    assert_eq!(quota.shares.notice, 5, "told once");
    quota.shares.notice = 0;
    quota.change(4, Size(11), Size(12));
    assert_eq!(quota.shares.notice, 0);
    quota.forget(5, Size(0));
    assert_eq!(quota.shares.promised, Size::ZERO);
}
