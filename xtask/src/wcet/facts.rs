// SPDX-License-Identifier: MIT
//! What the branches of a way have said about registers: two of them that contradict each other cannot be on one way.
//! Only the simplest is known, so that it is surely right: a comparison of two registers, or of a
//! register with a number, holds until an instruction that is neither comparison nor branch names one of them.

use super::flow::Set;
use super::listing::Instruction;

/// Comparisons that are remembered; more would only cost time.
const FACTS_MAX: usize = 8;

/// The ways two words can compare, one bit each: equal, and below or above as a number without and with sign.
type Outcomes = u8;
const EQUAL: Outcomes = 1;
const BELOW_LESS: Outcomes = 2;
const BELOW_GREATER: Outcomes = 4;
const ABOVE_LESS: Outcomes = 8;
const ABOVE_GREATER: Outcomes = 16;
const ANY: Outcomes = 31;

/// What is known at some point of a way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Facts {
    /// Two operands, and how they may compare.
    known: Vec<(String, String, Outcomes)>,
    /// The operands of the comparison that Arm's flags hold.
    flags: Option<(String, String)>,
}

impl Facts {
    /// What is known behind an instruction that is no branch.
    pub fn after(&self, set: Set, this: &Instruction) -> Self {
        let mut facts = self.clone();
        facts.flags = None;
        if set == Set::Thumb && plain_mnemonic(this) == "cmp" {
            facts.flags =
                operands(this).filter(|(left, right)| is_simple(left) && is_simple(right));
            return facts;
        }
        let words = words(this);
        facts.known.retain(|(left, right, _)| {
            !words.contains(&left.as_str()) && !words.contains(&right.as_str())
        });
        facts
    }

    /// What is known if the branch is taken, or if it is not; `None` if that cannot be.
    pub fn decided(&self, set: Set, branch: &Instruction, taken: bool) -> Option<Self> {
        let Some((left, right, mut outcomes)) = self.question(set, branch) else {
            return Some(self.clone());
        };
        if !taken {
            outcomes = ANY & !outcomes;
        }
        let mut facts = self.clone();
        let place = facts.known.iter().position(|fact| fact.0 == left && fact.1 == right);
        let before = place.map_or(ANY, |place| facts.known.remove(place).2);
        if before & outcomes == 0 {
            return None;
        }
        facts.known.push((left, right, before & outcomes));
        if facts.known.len() > FACTS_MAX {
            facts.known.remove(0);
        }
        Some(facts)
    }

    /// What a branch asks: two operands, and the outcomes with which it is taken.
    fn question(&self, set: Set, branch: &Instruction) -> Option<(String, String, Outcomes)> {
        let name = plain_mnemonic(branch);
        let zero = "0".to_owned();
        if set == Set::Thumb {
            if let Some(rest) = name.strip_prefix("cb") {
                let register = operands(branch)?.0;
                return Some((register, zero, if rest == "z" { EQUAL } else { ANY & !EQUAL }));
            }
            let (left, right) = self.flags.clone()?;
            return Some((left, right, outcomes(name.strip_prefix('b')?)?));
        }
        let (left, right) = operands(branch)?;
        match name.strip_prefix('b')?.strip_suffix('z') {
            Some(condition) => Some((left, zero, outcomes(condition)?)),
            None => Some((left, right, outcomes(name.strip_prefix('b')?)?)),
        }
    }
}

/// The outcomes with which a condition holds; Arm's and RISC-V's names do not contradict each other.
fn outcomes(condition: &str) -> Option<Outcomes> {
    Some(match condition {
        "eq" => EQUAL,
        "ne" => ANY & !EQUAL,
        "cc" | "lo" | "ltu" => BELOW_LESS | BELOW_GREATER,
        "cs" | "hs" | "geu" => EQUAL | ABOVE_LESS | ABOVE_GREATER,
        "hi" | "gtu" => ABOVE_LESS | ABOVE_GREATER,
        "ls" | "leu" => EQUAL | BELOW_LESS | BELOW_GREATER,
        "lt" => BELOW_LESS | ABOVE_LESS,
        "ge" => EQUAL | BELOW_GREATER | ABOVE_GREATER,
        "gt" => BELOW_GREATER | ABOVE_GREATER,
        "le" => EQUAL | BELOW_LESS | ABOVE_LESS,
        _ => return None,
    })
}

fn plain_mnemonic(this: &Instruction) -> &str {
    this.mnemonic.trim_start_matches("c.").trim_end_matches(".n").trim_end_matches(".w")
}

/// The first two operands; `#0` and `0` are the same.
fn operands(this: &Instruction) -> Option<(String, String)> {
    let listed = this.operands.split(['@', ';']).next()?;
    let mut all = listed.split(',').map(|word| word.trim().trim_start_matches('#').to_owned());
    let pair = (all.next()?, all.next()?);
    // A third one shifts the second: no plain comparison.
    (all.next().is_none() || plain_mnemonic(this) != "cmp").then_some(pair)
}

fn is_simple(operand: &str) -> bool {
    !operand.is_empty() && operand.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Every word of the operands: registers among them, wherever they stand.
fn words(this: &Instruction) -> Vec<&str> {
    this.operands.split(|c: char| !c.is_ascii_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Instruction {
        let (mnemonic, operands) = text.split_once(' ').unwrap_or((text, ""));
        let (mnemonic, operands) = (mnemonic.to_owned(), operands.to_owned());
        Instruction { mnemonic, operands, symbol: None, source: String::new() }
    }

    /// Walks plain instructions, and branches written with `+` (taken) or `-` (not taken) before them.
    fn possible(set: Set, lines: &[&str]) -> bool {
        let step = |facts: Facts, line: &&str| match line.split_at(1) {
            ("+", branch) => facts.decided(set, &read(branch), true),
            ("-", branch) => facts.decided(set, &read(branch), false),
            _ => Some(facts.after(set, &read(line))),
        };
        lines.iter().try_fold(Facts::default(), step).is_some()
    }

    #[test]
    fn branches_that_contradict_are_found() {
        let thumb = |lines: &[&str]| possible(Set::Thumb, lines);
        assert!(!thumb(&["cmp r1, r4", "-bhi.n 10 <f>", "cmp r1, r4", "+bhi.n 10 <f>"]));
        assert!(thumb(&["cmp r1, r4", "-bhi.n 10 <f>", "cmp r1, r4", "-bhi.n 10 <f>"]));
        assert!(!thumb(&["cmp r1, #0", "+beq 10 <f>", "+cbnz r1, 20 <f>"]));
        assert!(!thumb(&["cmp r1, r4", "+bhi 10 <f>", "+beq 10 <f>"]));
        assert!(!possible(Set::RiscV, &["+bltu a0, a1, 0x10", "-bltu a0, a1, 0x10"]));
        assert!(!possible(Set::RiscV, &["+beqz a0, 0x10", "+bltz a0, 0x10"]));
    }

    #[test]
    fn nothing_is_concluded_from_what_may_have_changed() {
        let thumb = |lines: &[&str]| possible(Set::Thumb, lines);
        for between in
            ["adds r4, r4, #1", "ldr r1, [r2]", "ldmia r2!, {r1, r3}", "ldrd r0, r4, [r2]"]
        {
            assert!(thumb(&["cmp r1, r4", "-bhi 10 <f>", between, "cmp r1, r4", "+bhi 10 <f>"]));
        }
        // Flags of another instruction, a shifted operand, signed against unsigned.
        assert!(thumb(&["cmp r1, r4", "-bhi 10 <f>", "subs r0, r0, #1", "+bhi 10 <f>"]));
        assert!(thumb(&["cmp r1, r4, lsr #1", "-bhi 10 <f>", "cmp r1, r4", "+bhi 10 <f>"]));
        assert!(thumb(&["cmp r1, r4", "+bhi 10 <f>", "cmp r1, r4", "+blt 10 <f>"]));
        assert!(possible(Set::RiscV, &["+beqz a0, 0x10", "addi a0, a0, 1", "-beqz a0, 0x10"]));
    }
}
