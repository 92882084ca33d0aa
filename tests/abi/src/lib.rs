// SPDX-License-Identifier: MIT
//! C and Rust agree on every size, offset and constant (invariant A1). The tests are in `tests/`.
