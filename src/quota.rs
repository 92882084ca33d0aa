// SPDX-License-Identifier: MIT
//! Who may take how much: limits for owners, reserves that are kept free for them, and one that only high priorities
//! may enter.
//!
//! Relies on `tracker` for what an owner holds. Every question and every change is O(1), because the sum of what is
//! kept free for all is carried along. Promises, for an owner within its reserve: others are refused rather than that
//! the free bytes of the heap become fewer than what it may still claim. Bytes, not one block of that size: see
//! docs/TRACKING.md.
#![forbid(unsafe_code)]

use crate::region::Array;
use crate::units::Size;

/// No limit.
pub const NONE: Size = Size(u32::MAX);

/// What one owner may take. All zeros is not "nothing", but no budget.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Budget {
    /// Above this a callback is told; zero: none.
    pub soft: Size,
    /// Above this requests are refused; zero: none.
    pub hard: Size,
    /// So much of what it holds, or may come to hold, is kept free from others.
    pub reserve: Size,
    /// Requests that were refused.
    pub refused: u32,
    /// Not zero: it is above the soft limit, and that was told.
    pub is_over: u32,
}

/// The words besides the budgets.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shares {
    /// What all owners together may still claim of their reserves.
    pub promised: Size,
    /// What low priorities must leave free besides.
    pub keep_free: Size,
    /// Priorities from here on may enter it.
    pub priority_min: u32,
    /// Why the last request that a budget refused was.
    pub why: u32,
    /// An owner, plus one, that came above its soft limit and is not told of yet.
    pub notice: u32,
}

/// Why a request is refused, or a budget not made. The numbers are part of the C ABI (`heapBUDGET_…`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Why {
    /// The owner would hold more than its hard limit.
    HardLimit = 1,
    /// What is free is promised to others.
    Reserved = 2,
    /// What is free is for high priorities.
    Priority = 3,
}

/// Why a budget cannot be as wanted. The numbers are part of the C ABI (`errBUDGET_…`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum Wrong {
    /// There is no such owner.
    Owner = -1,
    /// The owner holds more than the hard limit already.
    InUse = -2,
    /// Less is free than all reserves together would claim.
    TooMuch = -3,
    /// The soft limit or the reserve is above the hard one.
    Order = -4,
}

/// Budgets, for as long as the lock is held.
pub struct Quota<'a> {
    /// The words.
    pub shares: &'a mut Shares,
    /// A budget for each owner.
    pub budgets: Array<'a, Budget>,
    /// A block may be so much larger than what was asked for.
    pub slack: Size,
}

/// What an owner with this reserve that holds so much may still claim of it.
fn claim(reserve: Size, held: Size) -> Size {
    Size(reserve.0.saturating_sub(held.0))
}

impl Quota<'_> {
    /// May the owner, which holds `held`, get so much more while so much is `free`? `is_high` is asked only if that
    /// matters.
    ///
    /// # Errors
    /// Why not.
    pub fn ask(
        &mut self,
        owner: u32,
        held: Size,
        more: Size,
        free: Size,
        is_high: impl FnOnce(u32) -> bool,
    ) -> Result<(), Why> {
        let asked = self.judge(owner, held, more, free, is_high);
        if let Err(why) = asked {
            let mut budget = self.budgets.get(owner);
            budget.refused = budget.refused.wrapping_add(1);
            self.budgets.set(owner, budget);
            self.shares.why = why as u32;
        }
        asked
    }

    /// [`Quota::ask`] without the books.
    ///
    /// # Errors
    /// Why not.
    fn judge(
        &self,
        owner: u32,
        held: Size,
        more: Size,
        free: Size,
        is_high: impl FnOnce(u32) -> bool,
    ) -> Result<(), Why> {
        let budget = self.budgets.get(owner);
        let after = held.0.saturating_add(more.0);
        if budget.hard != Size::ZERO && after > budget.hard.0 {
            return Err(Why::HardLimit);
        }
        // Within its own reserve an owner is served before anything else is asked.
        let own = claim(budget.reserve, held);
        if after <= budget.reserve.0 {
            return Ok(());
        }
        let others = self.shares.promised - own;
        let left = free.0.saturating_sub(more.0).saturating_sub(self.slack.0);
        if left < others.0 {
            return Err(Why::Reserved);
        }
        let low = left - others.0 < self.shares.keep_free.0;
        if low && !is_high(self.shares.priority_min) {
            return Err(Why::Priority);
        }
        Ok(())
    }

    /// The owner holds `after` in place of `before`.
    pub fn change(&mut self, owner: u32, before: Size, after: Size) {
        let mut budget = self.budgets.get(owner);
        if budget.reserve != Size::ZERO {
            let claims = self.shares.promised - claim(budget.reserve, before);
            self.shares.promised = claims + claim(budget.reserve, after);
        }
        if budget.soft == Size::ZERO {
            return;
        }
        let over = u32::from(after > budget.soft);
        if over != budget.is_over {
            budget.is_over = over;
            self.budgets.set(owner, budget);
            if over != 0 {
                self.shares.notice = owner + 1;
            }
        }
    }

    /// Gives the owner, which holds `held`, another budget; `free` is what the heap has.
    ///
    /// # Errors
    /// What is wrong with it; nothing is changed then.
    pub fn set(&mut self, owner: u32, wanted: Budget, held: Size, free: Size) -> Result<(), Wrong> {
        let Budget { soft, hard, reserve, .. } = wanted;
        if hard != Size::ZERO && (soft > hard || reserve > hard) {
            return Err(Wrong::Order);
        }
        if hard != Size::ZERO && held > hard {
            return Err(Wrong::InUse);
        }
        let old = self.budgets.get(owner);
        let others = self.shares.promised - claim(old.reserve, held);
        let all = u64::from(others.0) + u64::from(claim(reserve, held).0);
        if all + u64::from(self.shares.keep_free.0) > u64::from(free.0) {
            return Err(Wrong::TooMuch);
        }
        self.shares.promised = others + claim(reserve, held);
        let is_over = u32::from(soft != Size::ZERO && held > soft);
        self.budgets.set(owner, Budget { soft, hard, reserve, refused: old.refused, is_over });
        Ok(())
    }

    /// Keeps so much free for priorities from `priority_min` on; zero ends that.
    ///
    /// # Errors
    /// `TooMuch`: less is free than that and what is promised.
    pub fn keep_free(&mut self, size: Size, priority_min: u32, free: Size) -> Result<(), Wrong> {
        let all = u64::from(self.shares.promised.0) + u64::from(size.0);
        if size != Size::ZERO && all > u64::from(free.0) {
            return Err(Wrong::TooMuch);
        }
        self.shares.keep_free = size;
        self.shares.priority_min = priority_min;
        Ok(())
    }

    /// The budget of a row that is another's now: none.
    pub fn forget(&mut self, owner: u32, held: Size) {
        let old = self.budgets.get(owner);
        self.shares.promised -= claim(old.reserve, held);
        self.budgets.set(owner, Budget::default());
    }
}
