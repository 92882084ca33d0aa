//! `include/firmheap.h` is what cbindgen makes of the sources; apart from `abi`, which compiles against it.
