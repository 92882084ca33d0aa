// SPDX-License-Identifier: MIT
//! `include/firmheap.h` is what cbindgen makes of the sources.

use std::path::Path;

#[test]
fn committed_header_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let config = cbindgen::Config::from_root_or_default(&root);
    let bindings = cbindgen::Builder::new()
        .with_config(config)
        .with_src(root.join("src/ffi.rs"))
        .with_src(root.join("src/ffi/port.rs"))
        .with_src(root.join("src/ffi/regions.rs"))
        .with_src(root.join("src/ffi/report.rs"))
        .with_src(root.join("src/ffi/critical.rs"))
        .with_src(root.join("src/fault.rs"))
        .with_src(root.join("src/regions.rs"))
        .generate()
        .expect("cbindgen reads src/");
    let mut fresh = Vec::new();
    bindings.write(&mut fresh);
    let fresh = String::from_utf8(fresh).expect("a header is text");
    let header = root.join("include/firmheap.h");
    if std::env::var_os("FIRMHEAP_BLESS").is_some() {
        std::fs::write(&header, &fresh).expect("include/ is writable");
    }
    let committed = std::fs::read_to_string(&header).unwrap_or_default();
    assert!(
        committed == fresh,
        "include/firmheap.h is stale: run FIRMHEAP_BLESS=1 cargo test -p header and commit it"
    );
}
