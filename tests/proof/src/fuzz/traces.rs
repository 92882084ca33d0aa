// SPDX-License-Identifier: MIT
//! Trace files: the reader of `benches/` takes any text without a panic, and whatever it accepts is a program
//! that the heap serves.

use crate::world::{Answer, World};
use firmheap::block::{Compact, Paired, Protected};
use firmheap::units::At;

/// The measuring program's reader, as it is.
#[path = "../../../../benches/driver/src/trace_text.rs"]
mod trace_text;

use trace_text::{parse, Step};

/// See the file's head.
pub fn traces(bytes: &[u8]) {
    is_served(bytes);
}

/// False if the reader refuses the text.
pub fn is_served(bytes: &[u8]) -> bool {
    let Ok(steps) = parse(&String::from_utf8_lossy(bytes)) else { return false };
    let mut world = World::<Paired<Compact>, Protected>::new(&[(At(0x2000_0000), 60_000)], 0);
    let mut slots: Vec<Option<At>> = Vec::new();
    for step in steps {
        match step {
            Step::Alloc { slot, size } => {
                let slot = slot as usize;
                slots.resize(slots.len().max(slot + 1), None);
                assert!(slots[slot].is_none(), "a slot that is in use");
                let wanted = World::<Paired<Compact>, Protected>::size_for(size);
                if let Some(Answer::Served(block)) = wanted.map(|wanted| world.allocate(wanted)) {
                    slots[slot] = Some(block.at);
                }
            }
            Step::Free { slot } => {
                if let Some(at) = slots[slot as usize].take() {
                    assert!(world.free(at).is_ok());
                }
            }
        }
    }
    assert_eq!(world.check(|_, _, _| {}), Ok(()));
    true
}
