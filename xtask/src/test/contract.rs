// SPDX-License-Identifier: MIT
//! The kernel's behavioural contract, run against firmheap and against the kernel's own heap files.

use super::Step;

pub fn steps() -> Vec<Step> {
    Vec::new()
}
