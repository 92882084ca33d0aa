// SPDX-License-Identifier: MIT
//! Budgets of a few bytes: every combination of limits, reserves and what is held and free against the rules as they are
//! told, so that every limit is met exactly.
#![allow(missing_docs, clippy::missing_panics_doc)]

mod support;

use firmheap::quota::{Budget, Shares, Why, Wrong};
use firmheap::units::Size;
use support::tables::{Tables, ROWS};

/// The owner that is judged; what others may claim is in the sum alone.
const OWNER: u32 = 4;

/// All ways to choose one below each limit. Miri: a few of them.
fn all<const N: usize>(limits: [u32; N], mut judge: impl FnMut([u32; N])) {
    let step = if cfg!(miri) { 997 } else { 1 };
    for number in (0..limits.iter().product::<u32>()).step_by(step) {
        let mut rest = number;
        judge(limits.map(|limit| {
            let one = rest % limit;
            rest /= limit;
            one
        }));
    }
}

fn budget(soft: u32, hard: u32, reserve: u32, is_over: u32) -> Budget {
    let [soft, hard, reserve] = [soft, hard, reserve].map(Size);
    Budget { soft, hard, reserve, refused: 7, is_over }
}

/// What the owner may still claim.
fn claim(reserve: u32, held: u32) -> u32 {
    reserve.saturating_sub(held)
}

#[test]
fn every_small_budget_is_set_or_refused() {
    let mut tables = Tables::new();
    all([4, 4, 4, 4, 7, 3, 3, 4], |[soft, hard, reserve, held, free, others, keep, old]| {
        let before = budget(1, 0, old, 0);
        let promised = Size(others + claim(old, held));
        let shares = Shares { promised, keep_free: Size(keep), ..Shares::default() };
        (tables.budgets[OWNER as usize], tables.shares) = (before, shares);
        let wanted = Budget { refused: 99, ..budget(soft, hard, reserve, 99) };
        let found = tables.quota().set(OWNER, wanted, Size(held), Size(free));
        let after = others + claim(reserve, held);
        let expected = if hard != 0 && soft.max(reserve) > hard {
            Err(Wrong::Order)
        } else if hard != 0 && held > hard {
            Err(Wrong::InUse)
        } else if after + keep > free {
            Err(Wrong::TooMuch)
        } else {
            Ok(())
        };
        assert_eq!(found, expected, "{wanted:?}, {held} held, {free} free, {others}, {keep}");
        let is_over = u32::from(soft != 0 && held > soft);
        let state = match found {
            Ok(()) => {
                let shares = Shares { promised: Size(after), ..shares };
                (budget(soft, hard, reserve, is_over), shares)
            }
            Err(_) => (before, shares),
        };
        assert_eq!((tables.budgets[OWNER as usize], tables.shares), state);
    });
    assert!(tables.budgets[OWNER as usize + 1..ROWS].iter().all(|one| *one == Budget::default()));
}

#[test]
fn every_small_request_is_judged() {
    let mut tables = Tables::new();
    let limits = [4, 4, 4, 4, 8, 3, 3, 2, 2];
    all(limits, |[hard, reserve, held, more, free, others, keep, slack, high]| {
        let promised = Size(others + claim(reserve, held));
        let shares =
            Shares { promised, keep_free: Size(keep), priority_min: 5, ..Shares::default() };
        (tables.budgets[OWNER as usize], tables.shares) = (budget(0, hard, reserve, 0), shares);
        let mut quota = tables.quota();
        quota.slack = Size(slack);
        let is_high = |least| {
            assert_eq!(least, 5);
            high != 0
        };
        let found = quota.ask(OWNER, Size(held), Size(more), Size(free), is_high);
        let left = free.saturating_sub(more + slack);
        let expected = if hard != 0 && held + more > hard {
            Err(Why::HardLimit)
        } else if held + more <= reserve {
            Ok(())
        } else if left < others {
            Err(Why::Reserved)
        } else if left < others + keep && high == 0 {
            Err(Why::Priority)
        } else {
            Ok(())
        };
        let case = (hard, reserve, held, more, free, others, keep, slack);
        assert_eq!(found, expected, "{case:?}");
        let refused = 7 + u32::from(found.is_err());
        assert_eq!(tables.budgets[OWNER as usize].refused, refused);
        assert_eq!(tables.shares.why, found.map_or_else(|why| why as u32, |()| 0));
    });
}

/// Above the soft limit is told once, and again only after it was no more than that.
#[test]
fn every_small_change_is_entered() {
    let mut tables = Tables::new();
    all([4, 4, 5, 5, 2, 3], |[soft, reserve, before, after, was_over, others]| {
        let was_over = was_over * u32::from(soft != 0);
        let promised = Size(others + claim(reserve, before));
        tables.shares = Shares { promised, ..Shares::default() };
        tables.budgets[OWNER as usize] = budget(soft, 0, reserve, was_over);
        tables.quota().change(OWNER, Size(before), Size(after));
        let is_over = u32::from(soft != 0 && after > soft);
        let promised = Size(others + claim(reserve, after));
        let notice = if is_over > was_over { OWNER + 1 } else { 0 };
        assert_eq!(tables.shares, Shares { promised, notice, ..Shares::default() });
        assert_eq!(tables.budgets[OWNER as usize], budget(soft, 0, reserve, is_over));
    });
}

#[test]
fn what_is_kept_free_is_there() {
    let mut tables = Tables::new();
    all([4, 4, 8, 2], |[size, promised, free, old]| {
        let promised = Size(promised);
        let shares = Shares { promised, keep_free: Size(old), ..Shares::default() };
        tables.shares = shares;
        let found = tables.quota().keep_free(Size(size), 6, Size(free));
        let state = if size != 0 && promised.0 + size > free {
            assert_eq!(found, Err(Wrong::TooMuch));
            shares
        } else {
            assert_eq!(found, Ok(()));
            Shares { keep_free: Size(size), priority_min: 6, ..shares }
        };
        assert_eq!(tables.shares, state);
    });
}
