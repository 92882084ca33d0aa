// SPDX-License-Identifier: MIT
//! Puts every mutant that cargo-mutants would make into one copy of the core, each behind a switch: so they are
//! compiled once and not a thousand times, and a mutant costs no more than the tests that meet it.
//!
//! `a + b` becomes `({ let l = a; let r = b; if is(7) { l - r } else { l + r } })`, a replaced function gets a return
//! before its first line, a deleted match arm a guard. What must be a constant cannot ask a switch: those mutants are
//! named on the output, and are for cargo-mutants itself. `cargo xtask soak --only mutants` drives this.

use proc_macro2::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::{env, fs};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// The module that knows which mutant is on.
const SWITCH: &str = "// SPDX-License-Identifier: MIT
//! Which mutant is on: the number in FIRMHEAP_MUTANT, none if there is none.
#![forbid(unsafe_code)]
extern crate std;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

const UNKNOWN: u32 = u32::MAX;
static CHOSEN: AtomicU32 = AtomicU32::new(UNKNOWN);

/// This mutant is on.
#[inline(always)]
pub fn is(mutant: u32) -> bool {
    let chosen = CHOSEN.load(Relaxed);
    if chosen == UNKNOWN { ask() == mutant } else { chosen == mutant }
}

#[cold]
fn ask() -> u32 {
    let text = std::env::var(\"FIRMHEAP_MUTANT\").unwrap_or_default();
    let chosen = text.parse().unwrap_or(0);
    CHOSEN.store(chosen, Relaxed);
    chosen
}
";

/// One mutant of the list. Its number is its place there, from one.
struct Mutant {
    number: u32,
    replacement: String,
}

/// Where a mutant is: genre, line and column of its first character, both from one.
type Place = (String, usize, usize);

/// The mutants of one file.
type Places = BTreeMap<Place, Vec<Mutant>>;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [list, from, into, without] = &arguments[..] else {
        panic!(
            "usage: switches <list of cargo-mutants, JSON> <from> <into> <numbers to leave out>"
        );
    };
    let left_out: BTreeSet<u32> = without.split(',').filter_map(|word| word.parse().ok()).collect();
    let mut files = read(&fs::read_to_string(list).expect("the list"), &left_out);
    for file in sources(Path::new(from), Path::new("src")) {
        let mut text = fs::read_to_string(Path::new(from).join(&file)).expect("a source file");
        if let Some(places) = files.get_mut(&file.to_string_lossy().into_owned()) {
            text = switched(&text, places);
        }
        if file == Path::new("src/lib.rs") {
            text += "\n#[doc(hidden)]\npub mod switch;\n";
        }
        // With a switch at every operator, code that is compiled into every place where it is used takes minutes.
        let text = text.replace("#[inline(always)]", "#[inline(never)]");
        write(&Path::new(into).join(file), &text);
    }
    write(&Path::new(into).join("src/switch.rs"), SWITCH);
    for mutant in files.values().flat_map(BTreeMap::values).flatten() {
        println!("{}", mutant.number);
    }
}

/// Every file below a folder of the repository.
fn sources(root: &Path, folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root.join(folder)).expect("a folder of sources").flatten();
    let below = entries.flat_map(|entry| {
        let path = folder.join(entry.file_name());
        if entry.path().is_dir() {
            sources(root, &path)
        } else {
            vec![path]
        }
    });
    below.collect()
}

/// An unchanged file is left alone, so that nothing is compiled for it.
fn write(file: &PathBuf, text: &str) {
    if fs::read_to_string(file).is_ok_and(|old| old == text) {
        return;
    }
    let folder = file.parent().expect("a folder");
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(file, text));
    written.unwrap_or_else(|why| panic!("{}: {why}", file.display()));
}

fn read(list: &str, left_out: &BTreeSet<u32>) -> BTreeMap<String, Places> {
    let all: serde_json::Value = serde_json::from_str(list).expect("JSON");
    let mut files: BTreeMap<String, Places> = BTreeMap::new();
    for (index, one) in all.as_array().expect("a list").iter().enumerate() {
        let number = index as u32 + 1;
        if left_out.contains(&number) {
            continue;
        }
        let word = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let start = |name: &str| one["span"]["start"][name].as_u64().unwrap_or(0) as usize;
        let place = (word("genre"), start("line"), start("column"));
        let places = files.entry(word("file")).or_default();
        places.entry(place).or_default().push(Mutant { number, replacement: word("replacement") });
    }
    files
}

/// The text with switches; mutants that have one are taken out of `places`.
fn switched(text: &str, places: &mut Places) -> String {
    let file = syn::parse_file(text).expect("Rust");
    let mut maker = Maker { text, places, changes: Vec::new() };
    maker.visit_file(&file);
    maker.changes.sort_by_key(|change| (change.range.start, usize::MAX - change.range.end));
    let mut made = String::new();
    maker.render(0..text.len(), &mut made);
    made
}

/// A piece of what stands in the place of an expression.
enum Part {
    Text(String),
    /// Of the file, itself with switches.
    Source(Range<usize>),
}

struct Change {
    range: Range<usize>,
    parts: Vec<Part>,
}

struct Maker<'a> {
    text: &'a str,
    places: &'a mut Places,
    changes: Vec<Change>,
}

impl Maker<'_> {
    fn take(&mut self, genre: &str, span: Span) -> Vec<Mutant> {
        let start = span.start();
        self.places.remove(&(genre.to_owned(), start.line, start.column + 1)).unwrap_or_default()
    }

    fn change(&mut self, range: Range<usize>, parts: Vec<Part>) {
        self.changes.push(Change { range, parts });
    }

    /// Parts of a change are smaller than its range, so this ends.
    fn render(&self, range: Range<usize>, made: &mut String) {
        let mut at = range.start;
        let first = self.changes.partition_point(|change| change.range.start < range.start);
        for change in &self.changes[first..] {
            if change.range.start > range.end {
                break;
            }
            if change.range.start < at || change.range.end > range.end {
                continue; // inside one that was made, or around this range
            }
            made.push_str(&self.text[at..change.range.start]);
            for part in &change.parts {
                match part {
                    Part::Text(text) => made.push_str(text),
                    Part::Source(range) => self.render(range.clone(), made),
                }
            }
            at = change.range.end;
        }
        made.push_str(&self.text[at..range.end]);
    }

    fn body(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let Some(first) = block.stmts.first() else { return };
        let output = &self.text[signature.output.span().byte_range()];
        if output.contains("impl ") {
            return; // another type than the body's
        }
        let mutants = self.take("FnValue", first.span());
        let texts = mutants.into_iter().map(|mutant| {
            Part::Text(chosen(mutant.number, &format!("return {};", mutant.replacement)))
        });
        let at = block.brace_token.span.open().byte_range().end;
        let parts = texts.collect();
        self.change(at..at, parts);
    }
}

/// What is done if this mutant is on, between marks by which an error of the compiler is led back to it.
fn chosen(number: u32, text: &str) -> String {
    format!(" if crate::switch::is({number}) {{ {} }}", marked(number, text))
}

fn marked(number: u32, text: &str) -> String {
    format!("/*<{number}*/ {text} /*{number}>*/")
}

impl<'ast> Visit<'ast> for Maker<'_> {
    // What must be a constant.
    fn visit_item_const(&mut self, _: &'ast syn::ItemConst) {}
    fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {}
    fn visit_impl_item_const(&mut self, _: &'ast syn::ImplItemConst) {}
    fn visit_trait_item_const(&mut self, _: &'ast syn::TraitItemConst) {}
    fn visit_variant(&mut self, _: &'ast syn::Variant) {}
    fn visit_expr_const(&mut self, _: &'ast syn::ExprConst) {}
    fn visit_type(&mut self, _: &'ast syn::Type) {}
    fn visit_generic_argument(&mut self, _: &'ast syn::GenericArgument) {}
    fn visit_pat(&mut self, _: &'ast syn::Pat) {}
    fn visit_expr_repeat(&mut self, repeat: &'ast syn::ExprRepeat) {
        self.visit_expr(&repeat.expr);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if item.sig.constness.is_none() {
            self.body(&item.sig, &item.block);
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if item.sig.constness.is_none() {
            self.body(&item.sig, &item.block);
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.body(&item.sig, block);
            visit::visit_trait_item_fn(self, item);
        }
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        visit::visit_expr_binary(self, binary);
        let mutants = self.take("BinaryOperator", binary.op.span());
        if mutants.is_empty() {
            return;
        }
        let operator = &self.text[binary.op.span().byte_range()];
        let (left, right) = (binary.left.span().byte_range(), binary.right.span().byte_range());
        let lazy = matches!(operator, "&&" | "||");
        let compound = operator.ends_with('=') && !matches!(operator, "==" | "!=" | "<=" | ">=");
        let text = |text: &str| Part::Text(text.to_owned());
        let mut parts = vec![text("({ ")];
        if !compound {
            parts.extend([text("let switch_l = "), Part::Source(left.clone()), text("; ")]);
        }
        if !compound && !lazy {
            parts.extend([text("let switch_r = "), Part::Source(right.clone()), text("; ")]);
        }
        let operation = |operator: &str| {
            let l = if compound { Part::Source(left.clone()) } else { text("switch_l") };
            let whole = compound || lazy;
            let r = if whole { Part::Source(right.clone()) } else { text("switch_r") };
            [l, Part::Text(format!(" {operator} (")), r, text(")")]
        };
        for Mutant { number, replacement } in &mutants {
            parts.push(Part::Text(format!("if crate::switch::is({number}) {{ /*<{number}*/ ")));
            parts.extend(operation(replacement));
            parts.push(Part::Text(format!(" /*{number}>*/ }} else ")));
        }
        parts.push(text("{ "));
        parts.extend(operation(operator));
        parts.push(text(" } })"));
        self.change(binary.span().byte_range(), parts);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        visit::visit_expr_unary(self, unary);
        for mutant in self.take("UnaryOperator", unary.op.span()) {
            let operator = &self.text[unary.op.span().byte_range()];
            let on = format!("if crate::switch::is({})", mutant.number);
            let same = marked(mutant.number, "switch_l");
            let rest = format!("; {on} {{ {same} }} else {{ {operator}switch_l }} }})");
            let parts = vec![
                Part::Text("({ let switch_l = ".to_owned()),
                Part::Source(unary.expr.span().byte_range()),
                Part::Text(rest),
            ];
            self.change(unary.span().byte_range(), parts);
        }
    }

    /// A field that is deleted is that of the base.
    fn visit_expr_struct(&mut self, expr: &'ast syn::ExprStruct) {
        visit::visit_expr_struct(self, expr);
        let Some(base) = &expr.rest else { return };
        for field in &expr.fields {
            let syn::Member::Named(name) = &field.member else { continue };
            for Mutant { number, .. } in self.take("StructField", field.span()) {
                let deleted =
                    marked(number, &format!("({}).{name}", &self.text[base.span().byte_range()]));
                let parts = vec![
                    Part::Text(format!(
                        "{name}: if crate::switch::is({number}) {{ {deleted} }} else {{ "
                    )),
                    // Without a colon the value is the name itself.
                    match field.colon_token {
                        Some(_) => Part::Source(field.expr.span().byte_range()),
                        None => Part::Text(name.to_string()),
                    },
                    Part::Text(" }".to_owned()),
                ];
                self.change(field.span().byte_range(), parts);
            }
        }
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        visit::visit_arm(self, arm);
        let end = arm.pat.span().byte_range().end;
        for mutant in self.take("MatchArm", arm.span()) {
            let guard = format!(" if !crate::switch::is({})", mutant.number);
            self.change(end..end, vec![Part::Text(guard)]);
        }
        let Some((_, guard)) = &arm.guard else { return };
        let mutants = self.take("MatchArmGuard", guard.span());
        if mutants.is_empty() {
            return;
        }
        let mut text = " if ".to_owned();
        for Mutant { number, replacement } in &mutants {
            text += &format!("if crate::switch::is({number}) {{ {replacement} }} else ");
        }
        let parts = vec![
            Part::Text(text + "{ "),
            Part::Source(guard.span().byte_range()),
            Part::Text(" } ".to_owned()),
        ];
        self.change(end..arm.fat_arrow_token.span().byte_range().start, parts);
    }
}

#[cfg(test)]
mod tests {
    use super::{read, switched};
    use std::collections::BTreeSet;

    #[test]
    fn operators_functions_and_arms_get_switches() {
        let text = "fn f(a: u32) -> u32 {\n    a + 1\n}\nconst C: u32 = 1 + 1;\n";
        let list = r#"[
            {"file": "f", "genre": "FnValue", "replacement": "0", "span": {"start": {"line": 2, "column": 5}}},
            {"file": "f", "genre": "BinaryOperator", "replacement": "-", "span": {"start": {"line": 2, "column": 7}}},
            {"file": "f", "genre": "BinaryOperator", "replacement": "-", "span": {"start": {"line": 4, "column": 18}}}
        ]"#;
        let mut files = read(list, &BTreeSet::new());
        let places = files.get_mut("f").expect("the file");
        let made = switched(text, places);
        assert!(made.contains("{ if crate::switch::is(1) { /*<1*/ return 0; /*1>*/ }"), "{made}");
        assert!(made.contains("if crate::switch::is(2) { /*<2*/ switch_l - (switch_r)"), "{made}");
        assert!(made.contains("const C: u32 = 1 + 1;"), "{made}");
        let left: Vec<_> = places.values().flatten().map(|mutant| mutant.number).collect();
        assert_eq!(left, [3], "a constant is left to cargo-mutants");
    }
}
