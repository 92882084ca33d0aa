// SPDX-License-Identifier: MIT
//! Every misuse of tests/misuse raises the fault that its file names, on every platform, at every level.

use super::{Step, Tally};
use crate::misuse::{self, Platform, LEVELS, PLATFORMS};
use anyhow::{ensure, Result};

pub fn steps() -> Vec<Step> {
    PLATFORMS
        .iter()
        .map(|platform| Step::new(format!("misuse, {}", platform.name), || on(platform)))
        .collect()
}

fn on(platform: &Platform) -> Result<Tally> {
    let cases = misuse::cases(&PLATFORMS[0].build(1)?)?;
    let (mut caught, mut missed, mut wrong) = (0, 0, Vec::new());
    for level in 0..LEVELS {
        let program = platform.build(level)?;
        for (case, raised) in cases.iter().zip(platform.raised(&program, &cases)?) {
            let expected = case.expected[usize::from(level)];
            match raised.map(|raised| case.counted(level, raised)) {
                Ok(raised) if raised == expected && raised == 0 => missed += 1,
                Ok(raised) if raised == expected => caught += 1,
                Ok(raised) => wrong.push(format!(
                    "{} at level {level}: {}, not {}",
                    case.name,
                    misuse::word(raised),
                    misuse::word(expected)
                )),
                Err(error) => wrong.push(format!("{} at level {level}: {error:#}", case.name)),
            }
        }
    }
    ensure!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len() * 5, wrong.join("\n"));
    let note = format!("{caught} caught as said, {missed} missed as said");
    Ok(Tally::counted(caught + missed, note))
}
