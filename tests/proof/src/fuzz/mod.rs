// SPDX-License-Identifier: MIT
//! The fuzz targets as ordinary functions of bytes: cargo-fuzz steers them by coverage (`fuzz/`), and `cargo test`
//! runs them over the committed corpus on any toolchain. Whatever the bytes are, they return or panic.

mod hostile;
mod operations;
mod tables;
mod traces;

pub use hostile::hostile;
pub use operations::operations;
pub use tables::tables;
pub use traces::{is_served, traces};

/// A target: its name, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

pub const TARGETS: [Target; 4] =
    [("operations", operations), ("hostile", hostile), ("tables", tables), ("traces", traces)];

/// Bytes of a fuzz input, one after another; zeros when they are used up.
struct Input<'b> {
    bytes: &'b [u8],
}

impl Input<'_> {
    fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        *first
    }

    fn half(&mut self) -> u32 {
        u32::from(self.byte()) | u32::from(self.byte()) << 8
    }

    fn word(&mut self) -> u32 {
        self.half() | self.half() << 16
    }
}

/// Calls a generic function with the layout and level that a byte picks.
macro_rules! with_kind {
    ($byte:expr, $function:ident($($argument:expr),*)) => {{
        use firmheap::block::{Checked, Compact, Paired, Protected, Slim, Unchecked, Wide};
        match $byte % 6 {
            0 => $function::<Slim<Compact>, Unchecked>($($argument),*),
            1 => $function::<Slim<Wide>, Unchecked>($($argument),*),
            2 => $function::<Paired<Compact>, Checked>($($argument),*),
            3 => $function::<Paired<Compact>, Protected>($($argument),*),
            4 => $function::<Paired<Wide>, Checked>($($argument),*),
            _ => $function::<Paired<Wide>, Protected>($($argument),*),
        }
    }};
}
use with_kind;
