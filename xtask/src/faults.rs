// SPDX-License-Identifier: MIT
//! `cargo xtask faults`: runs an application once for each place that allocates, with that allocation failing, and
//! says what became of it. The application is c_demo/faults; what makes it tell and fail is its harness.c.

use crate::progress::Spinner;
use crate::run::Program;
use crate::{kernel, paths, table, tools};
use anyhow::{ensure, Context, Result};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A run without a failure takes 30 ms.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Args)]
pub struct Options {
    /// Only the application without bugs
    #[arg(long)]
    without_bugs: bool,
}

/// What became of the application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    Survived,
    Crashed,
    Hung,
    Leaked(u64),
    /// The site was not reached: the runs differ.
    NotReached,
}

/// One place that allocates.
pub struct Site {
    number: String,
    requests: u32,
    bytes: u32,
    /// Function and line of the application, and what of the kernel asks for it.
    pub place: String,
    pub verdict: Verdict,
}

impl Verdict {
    fn text(self) -> String {
        match self {
            Self::Survived => "survived".to_owned(),
            Self::Crashed => "crashed".to_owned(),
            Self::Hung => "hung".to_owned(),
            Self::Leaked(bytes) => format!("leaked {bytes} bytes"),
            Self::NotReached => "not reached".to_owned(),
        }
    }
}

pub fn run(options: &Options) -> Result<()> {
    let programs: &[&str] =
        if options.without_bugs { &["faults"] } else { &["faults", "faults_with_bugs"] };
    let spinner = Spinner::start("building c_demo/faults");
    let folder = build()?;
    spinner.done();
    for program in programs {
        let spinner = Spinner::start(&format!("{program}: each allocation fails once"));
        let sites = judge(&folder.join(program))?;
        spinner.done();
        println!("{program}: one run for each site, its first request fails");
        print!("{}", table::render(&rows(&sites)));
        println!();
    }
    Ok(())
}

fn rows(sites: &[Site]) -> Vec<Vec<String>> {
    let head = ["site", "requests", "bytes", "verdict"].map(str::to_owned).to_vec();
    let row = |site: &Site| {
        let numbers = [site.requests.to_string(), site.bytes.to_string()];
        let [requests, bytes] = numbers;
        vec![site.place.clone(), requests, bytes, site.verdict.text()]
    };
    std::iter::once(head).chain(sites.iter().map(row)).collect()
}

/// Both programs; the folder they are in.
pub fn build() -> Result<PathBuf> {
    tools::ensure(&[tools::CMAKE, tools::NINJA, tools::HOST_CC])?;
    let folder = paths::work("faults");
    Program::new("cmake")
        .args(["-G", "Ninja", "-S"])
        .arg(paths::root().join("c_demo/faults"))
        .arg("-B")
        .arg(&folder)
        .env("FREERTOS_KERNEL_PATH", kernel::folder()?)
        .must()?;
    Program::new("cmake").arg("--build").arg(&folder).must()?;
    Ok(folder)
}

/// Lists the sites of a program and makes each fail once.
pub fn judge(program: &Path) -> Result<Vec<Site>> {
    let (verdict, listing) = observe(program, None)?;
    ensure!(verdict == Verdict::Survived, "without any failure it {}:\n{listing}", verdict.text());
    let in_use = number(&listing, "in use ").context("the harness said nothing")?;
    let lines = listing.lines().filter_map(|line| line.strip_prefix("site "));
    let mut sites = lines.map(|line| site(program, line)).collect::<Result<Vec<_>>>()?;
    ensure!(!sites.is_empty(), "{} allocates nothing", program.display());
    for site in &mut sites {
        let (verdict, output) = observe(program, Some(&site.number))?;
        site.verdict = match (verdict, number(&output, "failed "), number(&output, "in use ")) {
            (Verdict::Survived, Some(1), Some(now)) if now > in_use => {
                Verdict::Leaked(now - in_use)
            }
            (Verdict::Survived, Some(1), Some(_)) => Verdict::Survived,
            (Verdict::Survived, _, _) => Verdict::NotReached,
            (other, _, _) => other,
        };
    }
    Ok(sites)
}

/// Runs it, with one site failing; crashed and hung are seen from outside.
fn observe(program: &Path, fails: Option<&str>) -> Result<(Verdict, String)> {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.env_remove("FIRMHEAP_FAIL").envs(fails.map(|number| ("FIRMHEAP_FAIL", number)));
    let mut child =
        command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
    let start = Instant::now();
    while child.try_wait()?.is_none() {
        if start.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Ok((Verdict::Hung, String::new()));
        }
        sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output()?;
    let verdict = if output.status.success() { Verdict::Survived } else { Verdict::Crashed };
    Ok((verdict, String::from_utf8_lossy(&output.stdout).into_owned()))
}

fn number(output: &str, key: &str) -> Option<u64> {
    output.lines().find_map(|line| line.strip_prefix(key))?.trim().parse().ok()
}

/// `<number> <requests> <bytes> <address> <address> <address>`
fn site(program: &Path, line: &str) -> Result<Site> {
    let words: Vec<_> = line.split(' ').collect();
    let [number, requests, bytes, addresses @ ..] = words.as_slice() else {
        anyhow::bail!("the harness says `{line}`");
    };
    Ok(Site {
        number: (*number).to_owned(),
        requests: requests.parse()?,
        bytes: bytes.parse()?,
        place: place(program, addresses)?,
        verdict: Verdict::NotReached,
    })
}

/// The application's function and line, and the kernel's function that asked for it.
fn place(program: &Path, addresses: &[&str]) -> Result<String> {
    let mut kernel_function = None;
    for address in addresses.iter().filter(|address| address.starts_with("0x")) {
        let back = u64::from_str_radix(&address[2..], 16)? - 1; // the call, not what follows it
        let said = Program::new("addr2line").arg("-fse").arg(program).arg(format!("{back:#x}"));
        let said = said.must()?.output;
        let (function, line) = said.split_once('\n').unwrap_or((&said, ""));
        let line = line.trim().split(' ').next().unwrap_or_default();
        if line.starts_with("app.c") {
            let by = kernel_function.map_or(String::new(), |name| format!(", in {name}"));
            return Ok(format!("{function} {line}{by}"));
        }
        kernel_function = Some(function.to_owned());
    }
    Ok(format!("{} {}", kernel_function.unwrap_or_default(), addresses.join(" ")))
}
