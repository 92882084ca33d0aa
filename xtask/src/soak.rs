// SPDX-License-Identifier: MIT
//! `cargo xtask soak`: every campaign at its full length, one after the other, and one summary. What
//! `cargo xtask test` runs for seconds runs here for hours.

use crate::run::Program;
use crate::{fuzz, kernel, paths};
use anyhow::{bail, Context, Result};
use clap::Args;
use std::time::Instant;

#[derive(Args)]
pub struct Options {
    /// Hours for the fuzz targets together, and a factor for the campaigns that can go on for ever
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
        about: "every sequence of 10 calls in tiny heaps; up to 4 GB of RAM",
        run: small,
    },
    Campaign { name: "model", about: "long random programs beside a shadow", run: model },
    Campaign {
        name: "storm",
        about: "10^8 operations under preemption, with sanitizers",
        run: storm,
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
    Campaign { name: "mutants", about: "cargo-mutants on the core; about two hours", run: mutants },
];

pub fn run(options: &Options) -> Result<()> {
    let wanted = |campaign: &&Campaign| {
        options.only.is_empty()
            || options.only.iter().any(|word| campaign.name.contains(word.as_str()))
    };
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
fn proof(alignment: u32) -> Program {
    let program =
        Program::cargo().args(["run", "--quiet", "--profile", "test", "--package", "proof"]);
    let folder = paths::work("proof").join(alignment.to_string());
    let program = program.args(["--features", "program", "--"]).env("CARGO_TARGET_DIR", folder);
    program.env("FIRMHEAP_ALIGNMENT", alignment.to_string())
}

const ALIGNMENTS: [u32; 3] = [8, 16, 32];

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

fn small(_: &Options) -> Result<String> {
    for alignment in ALIGNMENTS {
        let depth = if alignment == 8 { "10" } else { "8" };
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

fn storm(_: &Options) -> Result<String> {
    let program = python("tests/concurrency/run.py")?.args(["--operations", "2e7", "--work"]);
    program.arg(paths::work("concurrency")).show()?;
    Ok("5 programs of 2 * 10^7 operations".to_owned())
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

/// Small campaigns are enough to notice a mutant: each is compiled and run by itself.
const FOR_MUTANTS: [(&str, &str); 4] = [
    ("FIRMHEAP_SMALL", "5"),
    ("FIRMHEAP_FLIPS", "10000"),
    ("FIRMHEAP_FUZZ", "200"),
    ("FIRMHEAP_MODEL_STEPS", "800"),
];
/// The share of viable mutants that must be noticed.
const KILLED_LEAST: f64 = 0.95;

fn mutants(_: &Options) -> Result<String> {
    let out = paths::work("mutants");
    std::fs::create_dir_all(&out)?;
    let mut program =
        Program::cargo().args(["mutants", "--test-package", "firmheap", "--test-package", "proof"]);
    for (name, value) in FOR_MUTANTS {
        program = program.env(name, value);
    }
    // A survivor is an error to cargo-mutants; how many there may be is judged here.
    let shown = program.args(["--colors", "never", "--output"]).arg(&out).show();
    let lines = |file: &str| -> Result<usize> {
        let text = std::fs::read_to_string(out.join("mutants.out").join(file));
        let cure = "no result of cargo-mutants; try: cargo install cargo-mutants --locked";
        Ok(text.with_context(|| format!("{cure} ({shown:?})"))?.lines().count())
    };
    let (killed, missed) = (lines("caught.txt")? + lines("timeout.txt")?, lines("missed.txt")?);
    let share = killed as f64 / (killed + missed).max(1) as f64;
    let said =
        format!("{killed} of {} viable mutants noticed ({:.1} %)", killed + missed, 100.0 * share);
    if share < KILLED_LEAST {
        bail!("{said}; the survivors: {}", out.join("mutants.out/missed.txt").display());
    }
    Ok(said)
}
