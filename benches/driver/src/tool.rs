// SPDX-License-Identifier: MIT
//! Running other programs, with errors that name the cure.

use std::path::{Path, PathBuf};
use std::process::Command;

pub type Outcome<T> = Result<T, String>;

/// What the measurements need besides cargo: program, and the Debian package that brings it.
const TOOLS: &[(&str, &str)] = &[
    ("arm-none-eabi-gcc", "gcc-arm-none-eabi libnewlib-arm-none-eabi"),
    ("arm-none-eabi-ar", "binutils-arm-none-eabi"),
    ("qemu-system-arm", "qemu-system-arm"),
    ("gzip", "gzip"),
];

/// Fails with the line to type when a program is missing.
pub fn require_tools() -> Outcome<()> {
    for (program, packages) in TOOLS {
        if Command::new(program).arg("--version").output().is_err() {
            return Err(format!(
                "{program} is missing. On Debian: sudo apt-get install {packages}"
            ));
        }
    }
    Ok(())
}

/// Runs a command to its end and gives back what it wrote; stderr becomes the error.
pub fn run(command: &mut Command) -> Outcome<Vec<u8>> {
    let shown = format!("{command:?}");
    let output = command.output().map_err(|e| format!("cannot start {shown}: {e}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8_lossy(&output.stdout);
    Err(format!("{shown}\nfailed ({}):\n{}{}", output.status, text, errors))
}

pub fn run_text(command: &mut Command) -> Outcome<String> {
    String::from_utf8(run(command)?).map_err(|_| format!("{command:?}: output is not text"))
}

pub fn write(path: &Path, bytes: &[u8]) -> Outcome<()> {
    std::fs::write(path, bytes).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

pub fn create_dir(path: &Path) -> Outcome<PathBuf> {
    std::fs::create_dir_all(path).map_err(|e| format!("cannot create {}: {e}", path.display()))?;
    Ok(path.to_owned())
}

/// `benches/` of this checkout.
pub fn benches() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the driver lives in benches/").to_owned()
}

/// The checkout itself.
pub fn project() -> PathBuf {
    benches().parent().expect("benches/ lives in the project").to_owned()
}

/// The cargo that started us, or the one on PATH.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
