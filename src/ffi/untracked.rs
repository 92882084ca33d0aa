// SPDX-License-Identifier: MIT
//! Stands in the place of `tracked.rs` where nothing is tracked: nothing at all.

use crate::block::Tag;
use crate::units::{At, Size};

/// Where memory was asked for: nobody asks.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Caller {}

impl Caller {
    /// Nobody that is known.
    pub const NONE: Caller = Caller {};
}

/// Opens no table.
///
/// # Safety
/// None is needed.
#[inline(always)]
pub unsafe fn start() {}

/// Enters nothing.
///
/// # Safety
/// None is needed.
#[inline(always)]
pub unsafe fn taken(_: At, _: Size, _: Caller) {}

/// Enters nothing.
///
/// # Safety
/// None is needed.
#[cfg(feature = "extensions")]
#[inline(always)]
pub unsafe fn resized(_: At, _: Size, _: Size) {}

/// No tag is read.
#[inline(always)]
pub fn tag_of(_: At) -> Tag {
    Tag::NONE
}

/// Enters nothing.
///
/// # Safety
/// None is needed.
#[inline(always)]
pub unsafe fn given(_: At, _: Tag, _: Size) {}
