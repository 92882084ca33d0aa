// SPDX-License-Identifier: MIT
//! firmheap-bench: exact instruction counts, smallest heaps and flash of firmheap and its peers.

mod adversary;
mod allocator;
mod best_fit;
mod canvas;
mod image;
mod job;
mod kernel;
mod measure;
mod page;
mod plots;
mod qemu;
mod reference;
mod report;
mod tool;
mod trace;
mod trace_text;
mod workload;

use allocator::{Allocator, ALLOCATORS};
use std::path::PathBuf;
use std::process::ExitCode;
use tool::Outcome;

const HELP: &str = "\
Measures firmheap and its peers on an emulated Cortex-M3 (instructions, not cycles).

usage: firmheap-bench [options]
  --only NAME,...   measure these allocators (default: all; --list names them)
  --json FILE       also write every figure to FILE
  --docs            measure everything and write docs/benchmarks.md with its plots, docs/plots/*.svg
  --adversary       also search for the worst calls
  --target TRIPLE   firmheap's code for another Arm CPU, run on this one (thumbv6m-none-eabi: Cortex-M0)
  --no-memory       skip the search for the smallest heap of the synthetic workloads
  --no-real         skip the traces of real programs
  --kernel PATH     the FreeRTOS kernel's folder (default: FREERTOS_KERNEL_PATH, then the package)
  --traces DIR      the folder with the traces (default: traces/)
  --out DIR         build products (default: target/bench)
  --list            the allocators' names
  --help            this text
";

struct Options {
    only: Vec<String>,
    json: Option<PathBuf>,
    kernel: Option<PathBuf>,
    traces: Option<PathBuf>,
    out: PathBuf,
    target: String,
    docs: bool,
    plan: measure::Plan,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    if arguments.iter().any(|argument| argument == "--list") {
        for allocator in ALLOCATORS {
            println!("{:18} {}", allocator.name, allocator.label);
        }
        return ExitCode::SUCCESS;
    }
    match options(&arguments).and_then(|options| bench(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bench: {why}");
            ExitCode::FAILURE
        }
    }
}

fn options(arguments: &[String]) -> Outcome<Options> {
    let mut options = Options {
        only: Vec::new(),
        json: None,
        kernel: None,
        traces: None,
        out: tool::project().join("target/bench"),
        target: image::TARGET.to_owned(),
        docs: false,
        plan: measure::Plan { memory: true, real: true, adversary: false },
    };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value =
            || words.next().cloned().ok_or_else(|| format!("{word} wants a value; see --help"));
        match word.as_str() {
            "--only" => options.only = value()?.split(',').map(str::to_owned).collect(),
            "--json" => options.json = Some(value()?.into()),
            "--kernel" => options.kernel = Some(value()?.into()),
            "--traces" => options.traces = Some(value()?.into()),
            "--out" => options.out = value()?.into(),
            "--docs" => options.docs = true,
            "--adversary" => options.plan.adversary = true,
            "--target" => options.target = value()?,
            "--no-memory" => options.plan.memory = false,
            "--no-real" => options.plan.real = false,
            other => return Err(format!("unknown option {other}; see --help")),
        }
    }
    const FREE: [&str; 5] = ["--docs", "--json", "--kernel", "--traces", "--out"];
    let other =
        arguments.iter().find(|word| word.starts_with("--") && !FREE.contains(&word.as_str()));
    match other.filter(|_| options.docs) {
        Some(word) => Err(format!("--docs measures everything its way; leave {word} out")),
        None => Ok(options),
    }
}

fn chosen(only: &[String]) -> Outcome<Vec<&'static Allocator>> {
    for name in only {
        if !ALLOCATORS.iter().any(|allocator| allocator.name == name) {
            return Err(format!("there is no allocator {name}; --list names them"));
        }
    }
    Ok(ALLOCATORS
        .iter()
        .filter(|a| only.is_empty() || only.iter().any(|name| name == a.name))
        .collect())
}

fn bench(options: &Options) -> Outcome<()> {
    tool::require_tools()?;
    let chosen = chosen(&options.only)?;
    let kernel = kernel::find(options.kernel.as_deref())?;
    let folder = if options.target == image::TARGET { "" } else { options.target.as_str() };
    let out = tool::create_dir(&options.out.join(folder))?;
    let out = out.canonicalize().map_err(|e| format!("{}: {e}", out.display()))?;
    let builder = image::Builder { kernel: &kernel, out: &out, target: &options.target };
    let mut real = Vec::new();
    if options.plan.real {
        for file in trace::list(options.traces.as_deref())? {
            real.push(trace::read(&file)?);
        }
    }
    let mut rows = Vec::new();
    for (index, allocator) in chosen.iter().enumerate() {
        eprintln!("[{}/{}] {}", index + 1, chosen.len(), allocator.name);
        let mut plan = options.plan;
        plan.real &= !options.docs || page::REAL.contains(&allocator.name);
        let row = measure::measure(&builder, allocator, &real, plan)
            .map_err(|why| format!("{}: {why}", allocator.name))?;
        rows.push(row);
    }
    println!("{}", report::tables(&rows));
    println!("Two timed runs of every image were identical; nine instructions read nine in each.");
    if options.docs {
        for file in page::write(&rows)? {
            println!("{} written.", file.display());
        }
    }
    if let Some(file) = &options.json {
        tool::write(file, report::json(&rows).as_bytes())?;
        println!("{} written.", file.display());
    }
    Ok(())
}
