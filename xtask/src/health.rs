// SPDX-License-Identifier: MIT
//! The programs of tests/health: an oracle on the host beside the real traces, and on mps2-an385 planted defects and a
//! trace beside another record of the same calls.

pub mod record;

use crate::archive::{self, Options as Archive, Regions, Track};
use crate::cpu::{Cpu, M3};
use crate::image::{self, Image};
use crate::run::Program;
use crate::{board, kernel, paths, targets, tools, trace};
use anyhow::{ensure, Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

const STRICT: [&str; 8] = [
    "-std=gnu99",
    "-O2",
    "-g",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-no-pie",
    "-Wl,--no-warn-rwx-segments",
];

/// The six traces, each with the sizes of two regions in which some of its requests are refused.
pub const TRACES: [(&str, u32, u32); 6] = [
    ("cjson_docs", 150_000, 50_000),
    ("expat_xml", 32_000, 20_000),
    ("freertos_full_demo_mps2", 20_000, 45_000),
    ("libcoap_server", 300_000, 9_000),
    ("lua54_script", 64_000, 16_000),
    ("mbedtls_server", 50_000, 20_000),
];

fn folder() -> Result<PathBuf> {
    let folder = paths::work("health");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The oracle's program, with an archive that tracks so much.
pub fn oracle(track: Track) -> Result<PathBuf> {
    tools::ensure(&[tools::CMAKE, tools::HOST_CC])?;
    let folder = folder()?;
    let options = Archive {
        regions: Regions::Large,
        track,
        ..Archive::new(&targets::host()?, folder.join(format!("host-large-{}", track.name())))
    };
    archive::make_if_stale(&options)?;
    let program = folder.join(format!("oracle-{}", track.name()));
    let kernel = kernel::folder()?;
    Program::new("cc")
        .args(STRICT)
        .args(["-DhealthRECORDS", "-DFIRMHEAP_USE_REGIONS=1", "-DFIRMHEAP_REGIONS_LARGE=1"])
        .arg(format!("-DFIRMHEAP_TRACK={}", track.name()))
        .arg("-isystem")
        .arg(kernel.join("include"))
        .arg("-isystem")
        .arg(kernel.join("portable/ThirdParty/GCC/Posix"))
        .args(["-I", "tests/health", "-I", "include", "tests/health/oracle.c"])
        .args(["port/firmheap_port.c", "port/firmheap_health.c"])
        .arg(options.file())
        .arg("-o")
        .arg(&program)
        .must()?;
    Ok(program)
}

/// Replays one trace in regions of these sizes; calls, refused requests and comparisons.
pub fn replay(program: &Path, trace: &str, first: u32, second: u32) -> Result<[u32; 3]> {
    let packed = paths::root().join("traces").join(format!("{trace}.gz"));
    let text = folder()?.join(format!("{trace}.txt"));
    if !text.exists() {
        let unpacked = Program::new("gzip").arg("-dc").arg(packed).must()?.output;
        fs::write(&text, unpacked)?;
    }
    let ran = Program::new(program).arg(text).args([first.to_string(), second.to_string()]);
    let output = ran.seconds(120).must()?.output;
    let pairs = board::summary(&format!("summary: {output}"));
    let number = |key: &str| {
        let found = pairs.iter().find(|(name, _)| name == key);
        found
            .and_then(|(_, value)| value.parse().ok())
            .with_context(|| format!("no {key}: {output}"))
    };
    let found = [number("calls")?, number("refused")?, number("compared")?];
    ensure!(found[0] > 5_000 && found[2] > 8, "the trace was not replayed: {output}");
    Ok(found)
}

const REPORT: [&str; 5] = ["health", "report", "failure", "watch", "rules"];
const CAPS: [&str; 2] = ["caps", "caps_figures"];

/// libfirmheap.a that tracks so much.
pub fn archive(cpu: &Cpu, track: Track) -> Result<PathBuf> {
    archive_with(cpu, track, false)
}

fn archive_with(cpu: &Cpu, track: Track, budgets: bool) -> Result<PathBuf> {
    cpu.ensure_tools()?;
    let more = if budgets { "-budgets" } else { "" };
    let out = folder()?.join(format!("{}-{}{more}", cpu.target, track.name()));
    let plain = Archive::new(cpu.target, out);
    let options = Archive { track, budgets, alignment: cpu.alignment, ..plain };
    archive::make_if_stale(&options)?;
    Ok(options.file())
}

/// A firmware for Cortex-M3 with the kernel, from a file of tests/health.
pub fn firmware(name: &str, track: Track, source: &str, defines: &[String]) -> Result<PathBuf> {
    let budgets = defines.iter().any(|define| define == "-DFIRMHEAP_BUDGETS=1");
    let has_caps = defines.iter().any(|define| define == "-DFIRMHEAP_USE_CAPS=1");
    let more = if has_caps { &CAPS[..] } else { &[] };
    let more = more.iter().map(|part| format!("port/firmheap_{part}.c"));
    let image = program(&M3, name, track, source, defines).sources(more);
    image.link(&archive_with(&M3, track, budgets)?)
}

/// With lines of source: places in the program are compared.
pub fn program(
    cpu: &'static Cpu,
    name: &str,
    track: Track,
    source: &str,
    defines: &[String],
) -> Image {
    let image = Image::new(cpu, &format!("health/{name}")).config("tests/health");
    let image = image.flags(["-g", "-DhealthFIRMWARE"]).flags(defines);
    let image = image.flags([format!("-DFIRMHEAP_TRACK={}", track.name())]).board().kernel();
    let image = image.sources(REPORT.map(|part| format!("port/firmheap_{part}.c")));
    image.sources(["c_demo/src/print.c", &format!("tests/health/{source}")])
}

/// The bytes of a firmware that uses the heap and nothing else.
pub fn plain_image(name: &str, archive: &Path) -> Result<Vec<u8>> {
    image::binary(&M3, &image::plain(&format!("health/plain-{name}")).link(archive)?)
}

/// Runs it on the emulator, where time passes at once when nobody runs.
pub fn emulate(image: &Path) -> Result<String> {
    image::emulate(&M3, image, 5)
}

/// A planted defect, and what the record of its failure must say.
pub struct Seed {
    pub name: &'static str,
    number: u32,
    verdict: &'static str,
    task: &'static str,
    blamed: &'static str,
    /// The mark of the line to blame, if the verdict names one.
    place: Option<&'static str>,
    /// Alerts that must have come before.
    alerts: &'static [&'static str],
    /// What was asked for, if that was said: firmheap_caps.h.
    capabilities: &'static str,
}

const fn seed(name: &'static str, number: u32, verdict: &'static str, task: &'static str) -> Seed {
    let (blamed, capabilities) = ("-", "0");
    Seed { name, number, verdict, task, blamed, place: None, alerts: &[], capabilities }
}

pub const SEEDS: [Seed; 8] = [
    seed("too large", 1, "too small", "loader"),
    Seed { alerts: &["alert: fragmented"], ..seed("fragmented", 2, "fragmented", "mosaic") },
    Seed {
        blamed: "logger",
        place: Some("place"),
        alerts: &["alert: growth", "alert: low"],
        ..seed("leak", 3, "leak", "victim")
    },
    seed("spike", 4, "spike", "burst"),
    Seed { blamed: "greedy", ..seed("budget", 5, "budget", "honest") },
    Seed { blamed: "capped", ..seed("refused by a budget", 7, "budget", "capped") },
    Seed { capabilities: "33554432", ..seed("a region in pieces", 8, "fragmented", "painter") },
    Seed { capabilities: "1024", ..seed("no such region", 9, "no region", "painter") },
];

/// Runs a planted defect and compares the record with what was planted; the line that says what was found.
pub fn judge(seed: &Seed) -> Result<String> {
    let image = seeded(seed.number)?;
    let output = emulate(&image)?;
    let found = summary(&output);
    let value = |key: &str| {
        let pair = found.iter().find(|(name, _)| name == key);
        pair.map(|(_, value)| value.as_str()).with_context(|| format!("no {key}:\n{output}"))
    };
    let expect = |key: &str, expected: &str| {
        let found = value(key)?;
        ensure!(found == expected, "{}: {key} is {found}, not {expected}\n{output}", seed.name);
        Ok(())
    };
    expect("verdict", seed.verdict)?;
    expect("task", seed.task)?;
    expect("blamed", seed.blamed)?;
    expect("alignment", if seed.number == 1 { "64" } else { "0" })?;
    expect("capabilities", seed.capabilities)?;
    let source = fs::read_to_string(paths::root().join("tests/health/seeded.c"))?;
    let caller = line_of(&image, value("caller")?)?;
    ensure!(
        marked(&source, seed.number, "caller") == Some(caller.clone()),
        "{}: the caller is {caller}\n{output}",
        seed.name
    );
    if let Some(mark) = seed.place {
        let place = line_of(&image, value("place")?)?;
        ensure!(
            marked(&source, seed.number, mark) == Some(place.clone()),
            "{}: the place is {place}\n{output}",
            seed.name
        );
    }
    for alert in seed.alerts {
        let times = output.lines().filter(|line| line.starts_with(alert)).count();
        ensure!(times == 1, "{}: {alert} came {times} times\n{output}", seed.name);
    }
    Ok(format!("{}: {} by {}, {caller}", seed.name, seed.verdict, seed.task))
}

/// What follows `summary: `, also if there are spaces in it.
pub fn summary(output: &str) -> Vec<(String, String)> {
    let lines = output.lines().filter_map(|line| line.strip_prefix("summary: ")?.split_once('='));
    lines.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The record is there after a reset, and is forgotten on demand.
pub fn survives_reset() -> Result<()> {
    let output = emulate(&seeded(6)?)?;
    let found = summary(&output);
    for (key, expected) in [("verdict", "too small"), ("survived", "too small"), ("forgotten", "1")]
    {
        let is = found.iter().any(|(name, value)| name == key && value == expected);
        ensure!(is, "{key} is not {expected}\n{output}");
    }
    Ok(())
}

fn seeded(number: u32) -> Result<PathBuf> {
    let budgets = matches!(number, 5 | 7);
    let defines = [
        format!("-DFIRMHEAP_BUDGETS={}", u8::from(budgets)),
        format!("-DFIRMHEAP_USE_CAPS={}", u8::from(number >= 8)),
        format!("-DseedCASE={number}"),
        "-DhealthHEAP_BYTES=16384".to_owned(),
        "-DhealthTICK_HZ=10".to_owned(),
        "-DhealthFAILS=1".to_owned(),
        "-DFIRMHEAP_REPORT=1".to_owned(),
    ];
    firmware(&format!("seeded-{number}"), Track::Sites, "seeded.c", &defines)
}

/// Each rule broken once, and each mark passed: the firmware checks itself, here the places are compared.
pub fn rules() -> Result<()> {
    let defines = [
        "-DFIRMHEAP_RULES=1".to_owned(),
        "-DconfigUSE_HEAP_RULE_HOOK=1".to_owned(),
        "-DhealthFAILS=0".to_owned(),
        "-DhealthHEAP_BYTES=32768".to_owned(),
    ];
    let image = firmware("rules", Track::Sites, "rules.c", &defines)?;
    let output = emulate(&image)?;
    let found = summary(&output);
    let source = fs::read_to_string(paths::root().join("tests/health/rules.c"))?;
    for rule in 1..=4 {
        let key = format!("place{rule}");
        let place = found.iter().find(|(name, _)| *name == key);
        let place = line_of(&image, &place.with_context(|| format!("no {key}:\n{output}"))?.1)?;
        let mark = format!("/* seed: {rule} */");
        let line = source.lines().position(|line| line.ends_with(&mark)).context("no mark")?;
        ensure!(place == format!("rules.c:{}", line + 1), "rule {rule} was broken at {place}");
    }
    ensure!(found.iter().any(|(name, _)| name == "done"), "it did not come to its end:\n{output}");
    Ok(())
}

/// File and line of a return address.
fn line_of(image: &Path, address: &str) -> Result<String> {
    let site: u64 = address.parse()?;
    let places = trace::places(image, &[site])?;
    places.get(&site).cloned().with_context(|| format!("{site:#x} is nowhere"))
}

/// The marked line of a case, as `line_of` says it.
fn marked(source: &str, number: u32, mark: &str) -> Option<String> {
    let cases = [
        "",
        "TOO_LARGE",
        "FRAGMENTED",
        "LEAK",
        "SPIKE",
        "BUDGET",
        "RESET",
        "REFUSED",
        "REGION",
        "NO_REGION",
    ];
    let case = format!("seedCASE == seed{} )", cases.get(number as usize)?);
    let start = source.lines().position(|line| {
        (line.starts_with("#if") || line.starts_with("#elif")) && line.contains(&case)
    })?;
    let wanted = format!("/* seed: {mark} */");
    let line = source.lines().skip(start).position(|line| line.ends_with(&wanted))?;
    Some(format!("seeded.c:{}", start + line + 1))
}
