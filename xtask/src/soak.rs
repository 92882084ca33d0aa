// SPDX-License-Identifier: MIT
//! `cargo xtask soak`: every campaign at its full length, one after the other, and one summary. What
//! `cargo xtask test` runs for seconds runs here for hours.

use crate::run::Program;
use crate::{fuzz, interrupts, kernel, mutants, paths};
use anyhow::{bail, ensure, Result};
use clap::Args;
use std::time::Instant;

#[derive(Args)]
pub struct Options {
    /// Hours for the fuzz targets together, and a factor for all that can go on for ever. The whole takes some eight
    /// times as long; 0.1 is a trial of every campaign
    #[arg(long, default_value_t = 1.0)]
    hours: f64,
    /// Only the campaigns whose name contains one of these words
    #[arg(long)]
    only: Vec<String>,
    /// Name the campaigns and do nothing
    #[arg(long)]
    list: bool,
    /// Continue with other seeds than the last time
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// One campaign: its name, what it takes, and how it is run; it answers with a sentence.
struct Campaign {
    name: &'static str,
    about: &'static str,
    run: fn(&Options) -> Result<String>,
}

const CAMPAIGNS: &[Campaign] = &[
    Campaign {
        name: "arithmetic",
        about: "sizes, bins, maps, places; alignments 8, 16, 32",
        run: arithmetic,
    },
    Campaign {
        name: "flips",
        about: "10 million bit flips per hour in each layout and level",
        run: flips,
    },
    Campaign {
        name: "small",
        about: "every sequence of 10 calls in tiny heaps (9 below an hour); up to 4 GB of RAM",
        run: small,
    },
    Campaign { name: "model", about: "long random programs beside a shadow", run: model },
    Campaign {
        name: "storm",
        about: "10^8 operations per hour under preemption, with sanitizers",
        run: storm,
    },
    Campaign {
        name: "interrupts",
        about: "2 million operations in each interrupt storm on QEMU",
        run: interrupt_storms,
    },
    Campaign { name: "fuzz", about: "the fuzz targets, --hours together", run: fuzzing },
    Campaign {
        name: "contract",
        about: "the kernel's contract, and the mutations it must catch",
        run: contract,
    },
    Campaign {
        name: "never-worse",
        about: "smallest RAM beside heap_4, with its own mutations",
        run: never_worse,
    },
    Campaign { name: "mutants", about: "cargo-mutants on the core; all in an hour", run: mutants },
];

pub fn run(options: &Options) -> Result<()> {
    let wanted = |campaign: &&Campaign| {
        options.only.is_empty()
            || options.only.iter().any(|word| campaign.name.contains(word.as_str()))
    };
    ensure!(options.hours > 0.0, "--hours must be more than 0; 0.1 is a trial");
    let campaigns: Vec<_> = CAMPAIGNS.iter().filter(wanted).collect();
    if campaigns.is_empty() {
        bail!("no campaign has such a name; --list names them");
    }
    if options.list {
        campaigns.iter().for_each(|campaign| println!("{:<12} {}", campaign.name, campaign.about));
        return Ok(());
    }
    let mut lines = Vec::new();
    let mut failed = 0;
    for campaign in campaigns {
        println!("== {}: {}", campaign.name, campaign.about);
        let start = Instant::now();
        let (word, said) = match (campaign.run)(options) {
            Ok(said) => ("ok", said),
            Err(error) => {
                failed += 1;
                ("FAILED", format!("{error:#}"))
            }
        };
        let line = format!(
            "{word:<7} {:<12} {:>7.0} s  {said}",
            campaign.name,
            start.elapsed().as_secs_f64()
        );
        println!("{line}");
        lines.push(line);
    }
    println!("\n{}", lines.join("\n"));
    if failed > 0 {
        bail!("{failed} of {} campaigns failed, see above", lines.len());
    }
    Ok(())
}

/// The program of tests/proof. Debug assertions are on: what the core takes for granted is checked.
pub fn proof(alignment: u32) -> Program {
    let program =
        Program::cargo().args(["run", "--quiet", "--profile", "test", "--package", "proof"]);
    let folder = paths::work("proof").join(alignment.to_string());
    let program = program.args(["--features", "program", "--"]).env("CARGO_TARGET_DIR", folder);
    program.env("FIRMHEAP_ALIGNMENT", alignment.to_string())
}

const ALIGNMENTS: [u32; 3] = [8, 16, 32];

fn interrupt_storms(_: &Options) -> Result<String> {
    for kind in interrupts::Storm::ALL {
        println!("{}: {}", kind.name(), interrupts::storm(kind, 2_000_000, &[])?);
    }
    Ok("nothing lost".to_owned())
}

fn arithmetic(_: &Options) -> Result<String> {
    ALIGNMENTS.into_iter().try_for_each(|alignment| proof(alignment).arg("arithmetic").show())?;
    Ok("all values agree".to_owned())
}

fn flips(options: &Options) -> Result<String> {
    let count = (1e7 * options.hours) as u64;
    for alignment in ALIGNMENTS {
        let share = if alignment == 8 { count } else { count / 10 };
        let words = ["flips", "--flips", &share.to_string(), "--seed", &options.seed.to_string()];
        proof(alignment).args(words).show()?;
    }
    Ok(format!("{count} flips in each layout and level, a tenth of it at alignments 16 and 32"))
}

fn small(options: &Options) -> Result<String> {
    for alignment in ALIGNMENTS {
        let depth = match (alignment, options.hours < 1.0) {
            (8, false) => "10",
            (8, true) => "9",
            _ => "8",
        };
        proof(alignment).args(["small", "--depth", depth]).show()?;
    }
    Ok("every state keeps every invariant".to_owned())
}

fn model(options: &Options) -> Result<String> {
    let steps = (2e6 * options.hours) as u64;
    let program = Program::cargo().args(["test", "--package", "firmheap", "--test", "model"]);
    program.env("FIRMHEAP_MODEL_STEPS", steps.to_string()).show()?;
    Ok(format!("{steps} steps in each program"))
}

fn storm(options: &Options) -> Result<String> {
    let count = (2e7 * options.hours) as u64;
    let program = python("tests/concurrency/run.py")?.args(["--operations", &count.to_string()]);
    program.arg("--work").arg(paths::work("concurrency")).show()?;
    Ok(format!("{count} operations in each program"))
}

fn fuzzing(options: &Options) -> Result<String> {
    if let Some(why) = fuzz::missing() {
        bail!("{why}");
    }
    let seconds = (options.hours * 3600.0 / fuzz::TARGETS.len() as f64) as u64;
    let mut said = Vec::new();
    for target in fuzz::TARGETS {
        println!("fuzz {target}: {seconds} s");
        said.push(format!("{target} {}", fuzz::run(target, seconds.max(1))?));
    }
    Ok(format!("executions: {}", said.join(", ")))
}

fn contract(_: &Options) -> Result<String> {
    python("tests/contract/run.py")?.show()?;
    python("tests/contract/run.py")?.arg("--mutate").show()?;
    Ok("kept, and every mutation was caught".to_owned())
}

fn never_worse(_: &Options) -> Result<String> {
    python("tests/never_worse/run.py")?.show()?;
    Ok("never worse than heap_4".to_owned())
}

fn python(script: &str) -> Result<Program> {
    let program = Program::new("python3").arg(paths::root().join(script));
    Ok(program.env("PYTHONDONTWRITEBYTECODE", "1").env("FREERTOS_KERNEL_PATH", kernel::folder()?))
}

fn mutants(options: &Options) -> Result<String> {
    mutants::run(options.hours, options.seed)
}
