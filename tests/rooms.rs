// SPDX-License-Identifier: MIT
//! The rooms of the core: a file uses only rooms above its own line in `src/lib.rs`, and only three rooms
//! may contain `unsafe`; every other file forbids it.
#![allow(missing_docs, clippy::missing_panics_doc)]
#![cfg(not(miri))] // reads files

use std::fs;
use std::path::{Path, PathBuf};

const MAY_BE_UNSAFE: [&str; 3] = ["hint", "region", "ffi"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The rooms in the order of `lib.rs`, which is the order of dependence.
fn rooms() -> Vec<String> {
    let text = fs::read_to_string(source().join("lib.rs")).expect("src/lib.rs");
    let names = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    names.map(str::to_owned).collect()
}

/// Every file of a room: `room.rs` and what is in the folder `room/`.
fn files(room: &str) -> Vec<PathBuf> {
    let mut files = vec![source().join(format!("{room}.rs"))];
    if let Ok(folder) = fs::read_dir(source().join(room)) {
        files.extend(folder.map(|entry| entry.expect("an entry").path()));
    }
    files
}

fn used_rooms(text: &str) -> impl Iterator<Item = &str> {
    text.split("crate::")
        .skip(1)
        .filter_map(|rest| rest.split(|next: char| !next.is_alphanumeric() && next != '_').next())
}

#[test]
fn a_room_uses_only_rooms_above_it() {
    let rooms = rooms();
    assert!(rooms.len() > 8, "lib.rs lists the rooms, one line each: {rooms:?}");
    for (place, room) in rooms.iter().enumerate() {
        for file in files(room) {
            let text = fs::read_to_string(&file).expect("a source file");
            for used in used_rooms(&text) {
                let above = rooms[..=place].iter().any(|name| name == used);
                assert!(above, "{} uses {used}, which is no room above {room}", file.display());
            }
        }
    }
}

#[test]
fn unsafe_stays_in_its_rooms() {
    for room in rooms() {
        for file in files(&room) {
            let text = fs::read_to_string(&file).expect("a source file");
            let forbids = text.contains("#![forbid(unsafe_code)]");
            let may = MAY_BE_UNSAFE.contains(&room.as_str());
            assert!(may || forbids, "{} lacks #![forbid(unsafe_code)]", file.display());
        }
    }
}
