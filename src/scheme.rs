// SPDX-License-Identifier: MIT
//! Placement policies, one file each. A build links one of them (`FIRMHEAP_SCHEME`).
#![forbid(unsafe_code)]

pub mod exact;
pub mod firm;
pub mod heap_1;
pub mod heap_2;
pub mod heap_3;
pub mod heap_4;
pub mod heap_5;
pub mod ordered;
