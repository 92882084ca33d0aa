// SPDX-License-Identifier: MIT
//! Machine code as objdump prints it (GNU's or LLVM's): sections of instructions, each with the symbol
//! that the linker will put in, and where the functions begin.

use std::collections::{BTreeMap, HashMap};

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    pub mnemonic: String,
    pub operands: String,
    /// The symbol of its relocation, if it has one.
    pub symbol: Option<String>,
    /// File and line it comes from, if the listing says so.
    pub source: String,
}

/// Where an instruction is: the number of its section, and its address in there.
pub type Place = (usize, u64);

/// One section of code.
#[derive(Default)]
pub struct Section {
    pub instructions: BTreeMap<u64, Instruction>,
}

/// All the code there is to look at.
#[derive(Default)]
pub struct Listing {
    pub sections: Vec<Section>,
    /// First instruction of every function, by its symbol.
    pub functions: HashMap<String, Place>,
}

impl Listing {
    /// Adds what objdump printed of one more file.
    pub fn add(&mut self, text: &str) {
        let mut source = Source::default();
        let mut last = None;
        for line in text.lines() {
            if line.starts_with("Disassembly of section ") {
                self.sections.push(Section::default());
                (source, last) = (Source::default(), None);
            } else if let Some((address, name)) = label(line) {
                self.add_label(address, name);
            } else if let Some((address, rest)) = addressed(line) {
                if let Some(symbol) = relocation(rest) {
                    self.add_relocation(last, address, symbol);
                } else if let Some(section) = self.sections.last_mut() {
                    section.instructions.insert(address, instruction(rest, &source));
                    last = Some(address);
                }
            } else {
                source.read(line.trim_start_matches("; "));
            }
        }
    }

    pub fn at(&self, place: Place) -> Option<&Instruction> {
        self.sections.get(place.0)?.instructions.get(&place.1)
    }

    /// The place behind an instruction.
    pub fn after(&self, place: Place) -> Option<Place> {
        let mut later = self.sections.get(place.0)?.instructions.range(place.1 + 1..);
        later.next().map(|(address, _)| (place.0, *address))
    }

    /// The function whose code `place` is in: its own name without its path.
    pub fn function_at(&self, place: Place) -> &str {
        let before = self.functions.iter().filter(|(_, at)| at.0 == place.0 && at.1 <= place.1);
        before.max_by_key(|(_, at)| at.1).map_or("?", |(name, _)| plain(name))
    }

    /// Local labels (`.L0`) and marks between code and data (`$t`) begin no function.
    fn add_label(&mut self, address: u64, name: &str) {
        let number = self.sections.len().saturating_sub(1);
        if !name.starts_with(['.', '$']) {
            self.functions.insert(name.to_owned(), (number, address));
        }
    }

    fn add_relocation(&mut self, last: Option<u64>, address: u64, symbol: &str) {
        let Some(section) = self.sections.last_mut() else { return };
        // objdump leaves out zeros between code: a relocation of those belongs to nothing listed.
        let holder = last.filter(|last| *last == address);
        if let Some(instruction) = holder.and_then(|at| section.instructions.get_mut(&at)) {
            instruction.symbol = Some(symbol.to_owned());
        }
    }
}

/// `_ZN8firmheap3ffi6refuse17h0123456789abcdefE` is `refuse`; a C name is itself.
pub fn plain(symbol: &str) -> &str {
    let Some(mut rest) = symbol.strip_prefix("_ZN") else { return symbol };
    let mut name = symbol;
    loop {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let Ok(length) = rest[..digits].parse::<usize>() else { return name };
        let Some(part) = rest.get(digits..digits + length) else { return name };
        rest = &rest[digits + length..];
        // Neither the hash at the end nor `{{closure}}` is a name.
        let hash = part.starts_with('h') && rest.starts_with('E');
        if !(hash || part.starts_with("_$")) {
            name = part;
        }
    }
}

/// `00000012 <name>:`
fn label(line: &str) -> Option<(u64, &str)> {
    let (address, rest) = line.split_once(" <")?;
    Some((u64::from_str_radix(address, 16).ok()?, rest.strip_suffix(">:")?))
}

/// `  12:  rest`
fn addressed(line: &str) -> Option<(u64, &str)> {
    let (address, rest) = line.trim_start().split_once(':')?;
    let rest = rest.strip_prefix(['\t', ' '])?.trim();
    Some((u64::from_str_radix(address, 16).ok()?, rest)).filter(|_| line.starts_with([' ', '\t']))
}

/// `R_ARM_THM_CALL  symbol`, without a distance behind the symbol.
fn relocation(rest: &str) -> Option<&str> {
    let mut words = rest.split_whitespace();
    words.next().filter(|kind| kind.starts_with("R_"))?;
    let symbol = words.next()?;
    symbol.split(['+', '-']).next()
}

fn instruction(rest: &str, source: &Source) -> Instruction {
    let (mnemonic, operands) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    Instruction {
        mnemonic: mnemonic.to_owned(),
        operands: operands.trim().to_owned(),
        symbol: None,
        source: source.shown(),
    }
}

/// The lines of source that stand between the instructions. Rust's own library (`/rustc/..`) is inlined
/// everywhere and says nothing: what it was inlined into stays.
#[derive(Default)]
struct Source {
    function: String,
    line: String,
}

impl Source {
    /// `name():` or `folder/src/heap.rs:88`, perhaps with more behind it.
    fn read(&mut self, line: &str) {
        if let Some(name) = line.strip_suffix("():") {
            if !name.starts_with("_R") && !name.starts_with('.') {
                plain(name).clone_into(&mut self.function);
            }
            return;
        }
        let word = line.split_whitespace().next().unwrap_or_default();
        if let Some((file, number)) = word.rsplit_once(':') {
            if number.parse::<u32>().is_ok()
                && !file.starts_with("/rustc/")
                && !file.starts_with("rust/")
            {
                self.line = format!("{}:{number}", file.rsplit('/').next().unwrap_or(file));
            }
        }
    }

    fn shown(&self) -> String {
        format!("{} {}", self.function, self.line).trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GNU: &str = "Disassembly of section .text.f:\n\n00000000 <f>:\n_ZN8firmheap3ffi4take17h0123456789abcdefE():\nfirmheap/src/ffi.rs:7\n_RNvMs6_4core():\n/rustc/5/num.rs:9\n   0:\tpush\t{r4, lr}\n   2:\tbl\t0 <g>\n\t\t\t2: R_ARM_THM_CALL\tg\n   6:\tpop\t{r4, pc}\n";
    const LLVM: &str = "Disassembly of section .text.f:\n\n00000000 <f>:\n       0:      \tpush\t{r4, lr}\n       2:      \tbl\t0x2 <f+0x2> @ imm = #-4\n\t\t\t00000002:  R_ARM_THM_CALL\tg\n\n00000006 <$d.1>:\n       6:      \tpop\t{r4, pc}\n";

    #[test]
    fn both_tools_are_read() {
        for text in [GNU, LLVM] {
            let mut listing = Listing::default();
            listing.add(text);
            assert_eq!(listing.functions["f"], (0, 0));
            assert_eq!(listing.sections[0].instructions.len(), 3);
            assert_eq!(listing.at((0, 2)).unwrap().symbol.as_deref(), Some("g"));
            assert_eq!(listing.after((0, 2)), Some((0, 6)));
            assert_eq!(listing.function_at((0, 6)), "f");
        }
    }

    #[test]
    fn lines_of_source_are_kept() {
        let mut listing = Listing::default();
        listing.add(GNU);
        assert_eq!(listing.at((0, 6)).unwrap().source, "take ffi.rs:7");
    }

    #[test]
    fn names_lose_their_path() {
        assert_eq!(plain("_ZN8firmheap3ffi6refuse17h276d783efd5c8458E"), "refuse");
        assert_eq!(plain("_ZN1a4find28_$u7b$$u7b$closure$u7d$$u7d$17h276d783efd5c8458E"), "find");
        assert_eq!(plain("pvPortMalloc"), "pvPortMalloc");
    }
}
