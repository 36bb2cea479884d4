//! Large trees: how much memory they take, and whether many files cost more than their bytes.

use super::Desk;
use super::harness::{Contender, Row, peaks, seconds, take_turns};
use super::inputs::{Project, clear};
use crate::Result;

const GIB: usize = 1 << 30;

/// Peak memory of packaging a UI of 1 GiB: at most 96 MiB.
///
/// # Errors
/// When packaging fails, or the disk is full.
pub fn memory(desk: &Desk) -> Result<Vec<Row>> {
    let project = Project::ui_only(desk, "memory", 65, GIB / 64)?;
    let cold = Contender { prepare: Box::new(|_| project.forget_output()), cmd: project.package(desk) };
    let [costs] = take_turns(desk.runs, &desk.work, [cold])?;
    // A gigabyte is too much to leave lying around.
    clear(&project.dir)?;
    Ok(vec![
        Row::new("peak memory, 1 GiB of UI", "MiB", peaks(&costs)).at_most(96.0),
        Row::new("time, 1 GiB of UI", "s", seconds(&costs)),
    ])
}

/// A UI of 20,000 files against one of 2,000 of the same size each: the time grows no faster than the bytes.
///
/// # Errors
/// When packaging fails.
pub fn files(desk: &Desk) -> Result<Vec<Row>> {
    let project = |files: usize| Project::ui_only(desk, &format!("files-{files}"), files, 4096);
    let (many, few) = (project(20_000)?, project(2_000)?);
    let cold = |project: &Project| {
        let (cmd, project) = (project.package(desk), project.clone());
        Contender { prepare: Box::new(move |_| project.forget_output()), cmd }
    };
    let [many_costs, few_costs] = take_turns(desk.runs, &desk.work, [cold(&many), cold(&few)])?;
    let growth = bytes(&many)? / bytes(&few)?;
    let scaled = seconds(&few_costs).iter().map(|seconds| seconds * growth).collect();
    clear(&many.dir)?;
    clear(&few.dir)?;
    Ok(vec![
        Row::new("20,000 files", "s", seconds(&many_costs))
            .against(&format!("2,000 files, times {growth:.1} as the bytes"), scaled)
            .at_most(1.0),
        Row::new("2,000 files", "s", seconds(&few_costs)),
        Row::new("peak memory, 20,000 files", "MiB", peaks(&many_costs)),
    ])
}

/// The bytes of a UI.
#[expect(clippy::cast_precision_loss, reason = "the growth of a few hundred MB is rounded for people anyway")]
fn bytes(project: &Project) -> Result<f64> {
    let mut total = 0_u64;
    let mut folders = vec![project.dir.join("ui")];
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(&folder)? {
            let file = file?;
            let meta = file.metadata()?;
            if meta.is_dir() { folders.push(file.path()) } else { total += meta.len() }
        }
    }
    Ok(total as f64)
}
