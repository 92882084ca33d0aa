// SPDX-License-Identifier: MIT
//! Where an instruction leads. What cannot be followed (a jump through a register or a table) is an error, never a guess.

use super::listing::Instruction;
use anyhow::{bail, Context, Result};

/// Where a jump or call goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// An address in the same section.
    Address(u64),
    /// A symbol, for the linker.
    Symbol(String),
}

/// What comes after an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The next one.
    Next,
    /// The target, or the next one.
    Branch(Target),
    Jump(Target),
    /// The target, then the next one.
    Call(Target),
    Return,
    /// Nothing: an undefined instruction or a breakpoint.
    Trap,
    /// Arm's IT: this many instructions behind it are carried out only if a condition holds.
    Conditional(usize),
}

/// The instruction set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    Thumb,
    RiscV,
}

impl Set {
    pub fn of(target: &str) -> Result<Self> {
        match target {
            _ if target.starts_with("thumb") => Ok(Self::Thumb),
            _ if target.starts_with("riscv32") => Ok(Self::RiscV),
            _ => bail!("{target}: only thumb… and riscv32… can be followed"),
        }
    }

    /// `before` is the instruction before: RISC-V's far calls are a pair of which the first names the symbol.
    pub fn flow(self, this: &Instruction, before: Option<&Instruction>) -> Result<Flow> {
        let flow = match self {
            Self::Thumb => thumb(this),
            Self::RiscV => riscv(this, before),
        };
        flow.with_context(|| format!("cannot follow `{} {}`", this.mnemonic, this.operands))
    }
}

const CONDITIONS: [&str; 16] = [
    "eq", "ne", "cs", "hs", "cc", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le",
];

fn thumb(this: &Instruction) -> Result<Flow> {
    let mnemonic = this.mnemonic.trim_end_matches(".n").trim_end_matches(".w");
    let (name, condition) = split_condition(mnemonic);
    let writes_pc = this.operands.starts_with("pc") || this.operands.contains("pc}");
    Ok(match name {
        "b" if condition => Flow::Branch(target(this)?),
        "b" => Flow::Jump(target(this)?),
        "cbz" | "cbnz" => Flow::Branch(target(this)?),
        "bl" | "blx" => Flow::Call(target(this)?),
        "bx" if this.operands.trim() == "lr" => Flow::Return,
        "pop" if writes_pc => Flow::Return,
        "ldmia" | "ldm" | "ldmia.w" if writes_pc && this.operands.starts_with("sp!") => {
            Flow::Return
        }
        "ldr" if this.operands.starts_with("pc, [sp]") => Flow::Return,
        "mov" if this.operands == "pc, lr" => Flow::Return,
        "udf" | "bkpt" => Flow::Trap,
        "bx" | "bxns" | "blxns" | "tbb" | "tbh" => bail!("it jumps to what a register says"),
        _ if writes_pc && !name.starts_with("push") => bail!("it jumps to what a register says"),
        _ if is_it(name) => Flow::Conditional(name.len() - 1),
        _ if name.starts_with('.') || name.starts_with('<') => bail!("this is data"),
        _ => Flow::Next,
    })
}

/// `bne` is `b` with a condition; in an IT block `popne`, `bxne` and so on carry one, too.
fn split_condition(mnemonic: &str) -> (&str, bool) {
    let Some(name) = mnemonic.get(..mnemonic.len().saturating_sub(2)) else {
        return (mnemonic, false);
    };
    let jumps = ["b", "bl", "blx", "bx", "pop", "ldm", "ldmia", "ldr", "mov"].contains(&name);
    // `bls` is a branch, not a call with `s`.
    let conditional = jumps && CONDITIONS.contains(&&mnemonic[name.len()..]);
    if conditional {
        (name, true)
    } else {
        (mnemonic, false)
    }
}

fn is_it(name: &str) -> bool {
    name.starts_with("it") && name.len() <= 5 && name[2..].chars().all(|c| c == 't' || c == 'e')
}

fn riscv(this: &Instruction, before: Option<&Instruction>) -> Result<Flow> {
    const BRANCHES: [&str; 16] = [
        "beq", "bne", "blt", "bge", "bltu", "bgeu", "beqz", "bnez", "blez", "bgez", "bltz", "bgtz",
        "bgt", "ble", "bgtu", "bleu",
    ];
    let name = this.mnemonic.trim_start_matches("c.");
    let registers: Vec<&str> = this.operands.split([',', ' ', '(', ')']).collect();
    let to = registers.first().copied().unwrap_or("");
    let pair = || before.filter(|before| before.mnemonic == "auipc");
    let far = || pair().and_then(|pair| pair.symbol.clone()).map(Target::Symbol);
    Ok(match name {
        _ if BRANCHES.contains(&name) => Flow::Branch(target(this)?),
        "j" => Flow::Jump(target(this)?),
        "jal" if to == "zero" => Flow::Jump(target(this)?),
        "jal" => Flow::Call(target(this)?),
        "ret" => Flow::Return,
        "jr" => match far() {
            Some(target) => Flow::Jump(target),
            None if to == "ra" || to == "t0" => Flow::Return,
            None => bail!("it jumps to what a register says"),
        },
        "jalr" => Flow::Call(far().context("it calls what a register says")?),
        "ebreak" | "unimp" | "ecall" => Flow::Trap,
        _ if name.starts_with('.') || name.starts_with('<') => bail!("this is data"),
        _ => Flow::Next,
    })
}

/// A relocation's symbol, else the address before ` <`.
fn target(this: &Instruction) -> Result<Target> {
    if let Some(symbol) = &this.symbol {
        return Ok(Target::Symbol(symbol.clone()));
    }
    let before = this.operands.split(" <").next().unwrap_or_default();
    let address = before.rsplit([',', ' ', '\t']).next().unwrap_or_default();
    let address = u64::from_str_radix(address.trim_start_matches("0x"), 16);
    Ok(Target::Address(address.context("no address in it")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mnemonic: &str, operands: &str, symbol: Option<&str>) -> Instruction {
        Instruction {
            mnemonic: mnemonic.into(),
            operands: operands.into(),
            symbol: symbol.map(str::to_owned),
            source: String::new(),
        }
    }

    fn thumb_of(mnemonic: &str, operands: &str) -> Result<Flow> {
        Set::Thumb.flow(&read(mnemonic, operands, None), None)
    }

    #[test]
    fn thumb_is_followed() {
        let there = Target::Address(0x24);
        assert_eq!(thumb_of("bls.n", "24 <f+0x24>").unwrap(), Flow::Branch(there.clone()));
        assert_eq!(
            thumb_of("ble", "0x24 <f+0x24> @ imm = #48").unwrap(),
            Flow::Branch(there.clone())
        );
        assert_eq!(thumb_of("cbz", "r1, 24 <f+0x24>").unwrap(), Flow::Branch(there.clone()));
        assert_eq!(thumb_of("b.w", "24 <f+0x24>").unwrap(), Flow::Jump(there.clone()));
        assert_eq!(thumb_of("bl", "24 <g>").unwrap(), Flow::Call(there));
        assert_eq!(thumb_of("pop", "{r4, pc}").unwrap(), Flow::Return);
        assert_eq!(thumb_of("popne", "{r4, pc}").unwrap(), Flow::Return);
        assert_eq!(thumb_of("bx", "lr").unwrap(), Flow::Return);
        assert_eq!(thumb_of("ittt", "lo").unwrap(), Flow::Conditional(3));
        for plain in ["bic", "bics", "bfi", "push", "blah", "ldrhs"] {
            assert_eq!(thumb_of(plain, "r0, r1").unwrap(), Flow::Next);
        }
    }

    #[test]
    fn what_registers_decide_is_refused() {
        assert!(thumb_of("bx", "r3").is_err());
        assert!(thumb_of("tbb", "[pc, r0]").is_err());
        assert!(thumb_of("ldr", "pc, [r3, #4]").is_err());
        assert!(thumb_of("mov", "pc, r3").is_err());
        assert!(Set::RiscV.flow(&read("jr", "a5", None), None).is_err());
        assert!(Set::RiscV.flow(&read("jalr", "a5", None), None).is_err());
    }

    #[test]
    fn risc_v_is_followed() {
        let pair = read("auipc", "ra, 0", Some("g"));
        let far = Target::Symbol("g".into());
        let of =
            |mnemonic, operands, before| Set::RiscV.flow(&read(mnemonic, operands, None), before);
        assert_eq!(of("jalr", "ra", Some(&pair)).unwrap(), Flow::Call(far.clone()));
        assert_eq!(of("jr", "t1", Some(&pair)).unwrap(), Flow::Jump(far));
        assert_eq!(of("jr", "t0", None).unwrap(), Flow::Return);
        assert_eq!(
            of("bgez", "a0, 0x1aa <.L0 +0xa>", None).unwrap(),
            Flow::Branch(Target::Address(0x1aa))
        );
        assert_eq!(of("add", "a0, a0, a1", None).unwrap(), Flow::Next);
    }
}
