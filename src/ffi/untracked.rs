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

    /// The same: nobody keeps what was asked for.
    #[inline(always)]
    pub fn wants(self, _: usize) -> Caller {
        self
    }

    /// What to ask for when a request is begun again.
    #[allow(clippy::unused_self)] // as in tracked.rs
    #[inline(always)]
    pub fn wanted_or(self, bytes: usize) -> usize {
        bytes
    }
}

/// Enters nothing.
///
/// # Safety
/// None is needed.
#[inline(always)]
pub unsafe fn refused(_: Caller) {}

/// Enters nothing.
///
/// # Safety
/// None is needed.
#[cfg(feature = "extensions")]
#[inline(always)]
pub unsafe fn refused_alignment(_: usize) {}

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
pub unsafe fn resized(_: (At, Size), _: (At, Size)) {}

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
