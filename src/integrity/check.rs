// SPDX-License-Identifier: MIT
//! The check of a whole heap at level 3: also trailers, patterns and the quarantine.
#![forbid(unsafe_code)]

use super::poison::LINKS;
use super::quarantine::link;
use super::trailer::Trailer;
use super::Warded;
use crate::block::Layout;
use crate::fault::{Fault, Kind};
use crate::region::Space;
use crate::regions::Listed;
use crate::stats::Figures;
use crate::units::{At, Size};

impl<S: Space, L: Layout, O: Listed> Warded<'_, S, L, O> {
    /// Checks every invariant of the whole heap. Cost: O(bytes).
    ///
    /// # Errors
    /// The first fault found.
    pub fn check(&mut self) -> Result<(), Fault> {
        let (space, canary, patterns) = (self.heap.space, self.heap.canary, self.patterns);
        let mut first = None;
        let mut waiting = Size::ZERO;
        let mut waiting_blocks = 0;
        let used = self.heap.check_with(self.quarantine.size, |block, size, used| {
            let trailer = Trailer::of::<L>(space, block, size, canary);
            let waits = used && trailer.is_waiting();
            let found = if !used {
                patterns.changed(space, block.plus(LINKS), trailer.word())
            } else if waits {
                waiting += size;
                waiting_blocks += 1;
                let body = || patterns.changed(space, block.plus(LINKS), trailer.word());
                link(space, canary, block).err().or_else(body)
            } else {
                trailer.read().err()
            };
            first = first.or(found);
        })?;
        if let Some(fault) = first {
            return Err(fault);
        }
        if waiting != self.quarantine.size {
            let (walked, counted) = (waiting.0, self.quarantine.size.0);
            return Err(Fault::with(Kind::CountersDisagree, At::NONE, walked, counted));
        }
        self.heap.check_live(used - waiting_blocks)
    }

    /// Figures of the heap: what waits counts as free, but is no free block.
    pub fn figures(&mut self) -> Figures {
        let figures = self.heap.figures();
        Figures { free: self.free(), ..figures }
    }
}
