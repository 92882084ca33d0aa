// SPDX-License-Identifier: MIT
//! `unsafe` stays in its rooms (docs/DESIGN.md, ARCHITECTURE.md) and does not grow in number without a reason:
//! `unsafe.txt` says for each file of `src/` how often it stands there, and what for. The sources are parsed, so
//! that comments and strings do not count.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};

const ROOMS: [&str; 3] = ["hint", "region", "ffi"];

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the project")
}

/// Lines on which `unsafe` stands in one file: blocks, functions, impls, traits, foreign blocks, attributes.
#[derive(Default)]
struct Found(Vec<usize>);

impl Found {
    fn note(&mut self, token: &syn::token::Unsafe) {
        self.0.push(token.span.start().line);
    }
}

impl<'ast> Visit<'ast> for Found {
    fn visit_expr_unsafe(&mut self, node: &'ast syn::ExprUnsafe) {
        self.note(&node.unsafe_token);
        visit::visit_expr_unsafe(self, node);
    }
    fn visit_signature(&mut self, node: &'ast syn::Signature) {
        node.unsafety.iter().for_each(|token| self.note(token));
        visit::visit_signature(self, node);
    }
    fn visit_item_impl(&mut self, node: &'ast syn::ItemImpl) {
        node.unsafety.iter().for_each(|token| self.note(token));
        visit::visit_item_impl(self, node);
    }
    fn visit_item_trait(&mut self, node: &'ast syn::ItemTrait) {
        node.unsafety.iter().for_each(|token| self.note(token));
        visit::visit_item_trait(self, node);
    }
    fn visit_item_foreign_mod(&mut self, node: &'ast syn::ItemForeignMod) {
        node.unsafety.iter().for_each(|token| self.note(token));
        visit::visit_item_foreign_mod(self, node);
    }
    fn visit_macro(&mut self, node: &'ast syn::Macro) {
        // What a macro is given is no syntax yet; the core has no macros that need it.
        let words = node.tokens.to_string();
        assert!(
            !words.split_whitespace().any(|word| word == "unsafe"),
            "unsafe within a macro call"
        );
        visit::visit_macro(self, node);
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Each source with the lines on which `unsafe` stands.
fn counted() -> BTreeMap<String, Vec<usize>> {
    let mut files = Vec::new();
    sources(&project().join("src"), &mut files);
    let mut counts = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a source");
        let syntax =
            syn::parse_file(&text).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
        let mut found = Found::default();
        found.visit_file(&syntax);
        let name = file.strip_prefix(project()).expect("inside").display().to_string();
        counts.insert(name, found.0);
    }
    counts
}

/// `path count reason` in each line.
fn listed() -> BTreeMap<String, usize> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("unsafe.txt");
    let text = fs::read_to_string(file).expect("tests/proof/unsafe.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let entry = |line: &str| {
        let mut words = line.split_whitespace();
        let path = words.next().expect("a path").to_owned();
        let count = words.next().and_then(|word| word.parse().ok()).expect("a count");
        assert!(words.count() >= 3, "{path}: say what for");
        (path, count)
    };
    lines.map(entry).collect()
}

#[test]
fn unsafe_is_where_and_as_often_as_listed() {
    let listed = listed();
    let differs = |(file, lines): (String, Vec<usize>)| {
        let allowed = listed.get(&file).copied().unwrap_or(0);
        let text = format!("{file}: {} instead of {allowed}, on lines {lines:?}", lines.len());
        (lines.len() != allowed).then_some(text)
    };
    let differing: Vec<String> = counted().into_iter().filter_map(differs).collect();
    assert!(
        differing.is_empty(),
        "`unsafe` stands elsewhere or more or less often than tests/proof/unsafe.txt says. If it must be: say\n\
         there what for, and beside the code which invariant pays for it.\n{}",
        differing.join("\n")
    );
}

#[test]
fn only_the_rooms_of_the_design_are_listed() {
    for file in listed().keys() {
        let in_room = |room: &&str| {
            file == &format!("src/{room}.rs") || file.starts_with(&format!("src/{room}/"))
        };
        assert!(ROOMS.iter().any(in_room), "{file} is in no room for unsafe code");
        assert!(project().join(file).exists(), "{file} is listed and does not exist");
    }
}
