// SPDX-License-Identifier: MIT
//! Runs other programs. Their output goes to a file, so that a program that prints much or hangs
//! cannot block us; a failure shows the end of that file and where the rest is.

use crate::paths;
use anyhow::{bail, Context, Result};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Once;
use std::thread::sleep;
use std::time::{Duration, Instant};

const LINES_SHOWN: usize = 40;
const POLL: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(900);

/// A program to run, its output kept.
pub struct Program {
    command: Command,
    patience: Duration,
}

/// What a program left behind.
pub struct Ran {
    pub success: bool,
    pub output: String,
    pub log: PathBuf,
    described: String,
}

impl Program {
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.current_dir(paths::root()).stdin(Stdio::null());
        Self { command, patience: PATIENCE }
    }

    /// cargo as it was called for us, without what it told us about ourselves: a nested cargo
    /// would otherwise rebuild because its environment seems to have changed.
    pub fn cargo() -> Self {
        let mut this = Self::new("cargo");
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                this.command.env_remove(&name);
            }
        }
        this
    }

    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub fn seconds(mut self, seconds: u64) -> Self {
        self.patience = Duration::from_secs(seconds);
        self
    }

    /// Runs it to its end, successful or not.
    pub fn run(mut self) -> Result<Ran> {
        let described = describe(&self.command);
        let log = new_log()?;
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        self.command.stdout(file.try_clone()?).stderr(file);
        let mut child = self
            .command
            .spawn()
            .with_context(|| format!("cannot start `{described}`: is it installed?"))?;
        let success = wait(&mut child, self.patience)?;
        let output = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        let Some(success) = success else {
            bail!(
                "`{described}` was still running after {} s\n{}",
                self.patience.as_secs(),
                tail(&output)
            );
        };
        Ok(Ran { success, output, log, described })
    }

    /// Runs it with its output on our own, for programs that show their own progress.
    pub fn show(mut self) -> Result<()> {
        let described = describe(&self.command);
        let status =
            self.command.status().with_context(|| format!("cannot start `{described}`"))?;
        if status.success() {
            return Ok(());
        }
        bail!("`{described}` failed")
    }

    /// Runs it; a failure is an error that shows the end of its output.
    pub fn must(self) -> Result<Ran> {
        self.run()?.or_fail()
    }
}

impl Ran {
    pub fn or_fail(self) -> Result<Self> {
        if self.success {
            return Ok(self);
        }
        bail!(
            "`{}` failed (all of it: {})\n{}",
            self.described,
            self.log.display(),
            tail(&self.output)
        )
    }
}

/// Waits for the end; `None` means that it had to be killed.
fn wait(child: &mut Child, patience: Duration) -> Result<Option<bool>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if start.elapsed() > patience {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        sleep(POLL);
    }
}

/// Each run of ours has a folder of its own: a long one must not lose its logs to a short one beside it.
fn new_log() -> Result<PathBuf> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    static FIRST: Once = Once::new();
    let all = paths::work("logs");
    let folder = all.join(std::process::id().to_string());
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    FIRST.call_once(|| forget_old(&all));
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder.join(format!("{number:03}.log")))
}

/// Logs of runs that have ended only confuse.
fn forget_old(all: &Path) {
    for entry in fs::read_dir(all).into_iter().flatten().flatten() {
        if !Path::new("/proc").join(entry.file_name()).exists() {
            let _not_ours_is_fine =
                fs::remove_dir_all(entry.path()).or_else(|_| fs::remove_file(entry.path()));
        }
    }
}

fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let text: Vec<_> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    let mut line = text.join(" ");
    if line.chars().count() > 200 {
        line = line.chars().take(200).chain(" ..".chars()).collect();
    }
    line
}

fn tail(output: &str) -> String {
    let lines: Vec<_> = output.lines().collect();
    let from = lines.len().saturating_sub(LINES_SHOWN);
    lines[from..].iter().map(|line| format!("    | {line}\n")).collect()
}

/// Is there such a program on PATH?
pub fn on_path(program: &str) -> bool {
    find_on_path(program).is_some()
}

pub fn find_on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}
