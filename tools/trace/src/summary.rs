// SPDX-License-Identifier: MIT
//! What a whole trace comes to: counts, what is still held and by whom, and the peak.

use crate::{Trace, What};
use std::collections::{BTreeMap, HashMap};

/// Blocks and bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// Blocks.
    pub blocks: u64,
    /// Bytes of blocks, headers included.
    pub bytes: u64,
}

/// What a trace comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Blocks handed out.
    pub allocations: u64,
    /// Blocks that came back.
    pub frees: u64,
    /// Sizes changed in place.
    pub resizes: u64,
    /// Requests that failed.
    pub failures: u64,
    /// Events that were lost.
    pub lost: u64,
    /// Held when the trace ends, of what it saw handed out.
    pub held: Held,
    /// Bytes held at most.
    pub peak: u64,
    /// Of all requests: bytes of blocks beyond what was asked for and the header.
    pub rounding: u64,
    /// Still held, by task.
    pub by_task: BTreeMap<String, Held>,
    /// Still held, by site.
    pub by_site: BTreeMap<u64, Held>,
}

impl Summary {
    /// Of a whole trace.
    pub fn of(trace: &Trace) -> Self {
        let mut summary = Summary::default();
        let mut live: HashMap<u64, (u64, &str, u64)> = HashMap::new();
        for event in &trace.events {
            match event.what {
                What::Allocate { address, bytes, wanted, site } => {
                    summary.allocations += 1;
                    let header = u64::from(trace.header.header_bytes);
                    summary.rounding += bytes.saturating_sub(wanted + header);
                    summary.held.bytes += bytes;
                    summary.held.blocks += 1;
                    summary.peak = summary.peak.max(summary.held.bytes);
                    live.insert(address, (bytes, trace.task_name(event), site));
                }
                What::Free { address, bytes } => {
                    summary.frees += 1;
                    // Blocks from before the trace are in no account.
                    if live.remove(&address).is_some() {
                        summary.held.bytes = summary.held.bytes.saturating_sub(bytes);
                        summary.held.blocks -= 1;
                    }
                }
                What::Resize { address, bytes } => {
                    summary.resizes += 1;
                    if let Some(block) = live.get_mut(&address) {
                        summary.held.bytes = (summary.held.bytes + bytes).saturating_sub(block.0);
                        block.0 = bytes;
                    }
                    summary.peak = summary.peak.max(summary.held.bytes);
                }
                What::Fail { .. } => summary.failures += 1,
                What::Mark { .. } => {}
                What::Lost { events } => summary.lost += events,
            }
        }
        for (bytes, task, site) in live.into_values() {
            for held in [
                summary.by_task.entry(task.to_owned()).or_default(),
                summary.by_site.entry(site).or_default(),
            ] {
                held.blocks += 1;
                held.bytes += bytes;
            }
        }
        summary
    }
}
