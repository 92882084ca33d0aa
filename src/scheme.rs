// SPDX-License-Identifier: MIT
//! Placement policies, one file each.
#![forbid(unsafe_code)]

pub mod firm;
