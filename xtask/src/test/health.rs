// SPDX-License-Identifier: MIT
//! Health: its C under strict warnings, and what it says after the real traces beside an oracle.

use super::strict::{compile, COMPILERS};
use super::{Step, Tally};
use crate::archive::Track;
use crate::health::record::{self, Compared};
use crate::health::{self, SEEDS, TRACES};
use crate::health_cost;
use crate::run::Program;
use anyhow::{ensure, Result};

const SOURCES: [&str; 5] = ["health", "report", "failure", "watch", "rules"];
/// More on the command line.
const LEVELS: [&[&str]; 4] = [
    &[],
    &["-DFIRMHEAP_TRACK=tasks", "-DFIRMHEAP_RULES=1", "-DconfigHEAP_RULES_ASSERT=1"],
    &[
        "-DFIRMHEAP_TRACK=trace",
        "-DFIRMHEAP_REPORT=1",
        "-DconfigUSE_HEAP_FAILURE_HOOK=1",
        "-DconfigUSE_HEAP_RULE_HOOK=1",
    ],
    &["-DFIRMHEAP_TRACK=sites", "-DFIRMHEAP_REPORT=1", "-DFIRMHEAP_BUDGETS=1"],
];

pub fn steps() -> Vec<Step> {
    vec![
        Step::new("health, strict C99, four compilers", strict),
        Step::new("health, six traces beside an oracle", traces),
        Step::new("health, planted defects and their verdicts", seeds),
        Step::new("health, rules and marks", rules),
        Step::new("health, a firmware without is the same", identical),
        Step::new("trace, beside another record of the same calls", recorded),
        Step::new("trace, with resizes in place and elsewhere", resizes),
        Step::new("trace, with a writer that is too slow", slow),
        Step::new("trace, the reader reads what the encoder writes", reader),
    ]
}

fn strict() -> Result<Tally> {
    let mut passed = 0;
    for compiler in &COMPILERS {
        for (part, options) in SOURCES.iter().flat_map(|part| LEVELS.map(|level| (part, level))) {
            let source = format!("port/firmheap_{part}.c");
            compile(compiler, "tests/health", options, &source)?.or_fail()?;
            passed += 1;
        }
    }
    Ok(Tally::counted(passed, format!("{passed} compilations")))
}

fn traces() -> Result<Tally> {
    let mut refused_in_all = 0;
    let mut compared_in_all = 0;
    for track in [Track::Off, Track::Tasks] {
        let oracle = health::oracle(track)?;
        for (trace, first, second) in TRACES {
            let [_, refused, compared] = health::replay(&oracle, trace, first, second)?;
            refused_in_all += refused;
            compared_in_all += compared;
        }
    }
    ensure!(refused_in_all > 100, "only {refused_in_all} requests were refused");
    let note = format!("{compared_in_all} comparisons, {refused_in_all} requests refused");
    Ok(Tally::counted(2 * TRACES.len(), note))
}

fn seeds() -> Result<Tally> {
    let verdicts = SEEDS.iter().map(health::judge).collect::<Result<Vec<_>>>()?;
    health::survives_reset()?;
    Ok(Tally::counted(SEEDS.len() + 1, verdicts.join("; ")))
}

fn recorded() -> Result<Tally> {
    let Compared { calls, lost, bytes } = record::record(100_000, 4096, 0, false)?;
    ensure!(lost == 0, "{lost} events were lost");
    ensure!(calls >= 100_000, "only {calls} calls");
    Ok(Tally::passed(format!("{calls} calls in {bytes} bytes")))
}

fn resizes() -> Result<Tally> {
    let Compared { calls, lost, bytes } = record::record(30_000, 4096, 0, true)?;
    ensure!(lost == 0, "{lost} events were lost");
    Ok(Tally::passed(format!("{calls} calls in {bytes} bytes")))
}

fn slow() -> Result<Tally> {
    let Compared { calls, lost, bytes } = record::record(100_000, 1024, 7, false)?;
    ensure!(lost > 1_000, "only {lost} events were lost: the writer is fast enough");
    Ok(Tally::passed(format!("{lost} of {calls} calls lost, all counted; {bytes} bytes")))
}

fn reader() -> Result<Tally> {
    Program::cargo().args(["test", "-q", "-p", "firmheap-trace"]).must()?;
    Ok(Tally::counted(4, "100,000 events, small rings, damaged streams"))
}

fn rules() -> Result<Tally> {
    health::rules()?;
    Ok(Tally::counted(4, "four rules, each with its place; marks in both directions"))
}

fn identical() -> Result<Tally> {
    let bytes = health_cost::identical()?;
    Ok(Tally::passed(format!("{bytes} bytes in both")))
}
