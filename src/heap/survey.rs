// SPDX-License-Identifier: MIT
//! What is to be known of a heap's health, of one moment, beyond the kernel's figures.
#![forbid(unsafe_code)]

use super::Heap;
use crate::bins::{BinMap, BIN_MIN};
use crate::block::{Guard, Layout};
use crate::region::{Space, Span};
use crate::stats::Figures;
use crate::units::{At, Size};

/// One consistent look at the heap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Survey {
    /// The kernel's figures.
    pub figures: Figures,
    /// Size of all blocks, used and free.
    pub total: Size,
    /// The largest payload that would be served now; zero if none would.
    pub request_max: u32,
    /// Regions.
    pub regions: u32,
}

/// One region.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RegionSurvey {
    /// Where.
    pub span: Span,
    /// Size of its free blocks.
    pub free: Size,
    /// The largest of them, zero if there is none.
    pub largest: Size,
    /// How many.
    pub free_blocks: u32,
}

impl<S: Space, L: Layout, G: Guard> Heap<'_, S, L, G> {
    /// Cost: one step for each free block.
    pub fn survey(&mut self) -> Survey {
        let figures = self.figures();
        let mut survey = Survey {
            figures,
            total: Size::ZERO,
            request_max: self.largest_request().unwrap_or(0),
            regions: 0,
        };
        for span in self.spans() {
            survey.total += span.size();
            survey.regions += 1;
        }
        survey
    }

    /// The free blocks of one region. With `G::LINKS` a list is left where a link is not answered.
    /// Cost: one step for each free block of the heap.
    pub fn survey_region(&self, span: Span) -> RegionSurvey {
        let mut found = RegionSurvey { span, ..RegionSurvey::default() };
        let lists = self.lists();
        let most = self.control.counters.free.granules();
        let mut seen = 0;
        for bin in BIN_MIN..L::Map::BINS {
            if !lists.map.get().has(bin) {
                continue;
            }
            let mut back = lists.space.head(bin);
            let mut block = lists.next(back);
            while block != At::NONE && seen < most {
                if G::LINKS && !lists.is_answered(block, back) {
                    break;
                }
                seen += 1;
                if span.holds(block) {
                    let size = L::size(self.space, block);
                    found.free += size;
                    found.free_blocks += 1;
                    found.largest = found.largest.max(size);
                }
                back = block;
                block = lists.next(block);
            }
        }
        found
    }
}
