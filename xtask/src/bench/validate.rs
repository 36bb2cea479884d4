//! What judging a finished image costs: a layout of about 100 MB, against `gzip -t` for the same layers.

use std::path::{Path, PathBuf};

use super::Desk;
use super::harness::{Contender, Row, peaks, seconds, take_turns};
use super::inputs::{Project, clear};
use crate::Result;
use crate::command::Cmd;

/// The bytes that a gzip file begins with (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Two images with host programs for six platforms, a backend each, and a UI.
///
/// # Errors
/// When a program fails, or the disk is full.
pub fn run(desk: &Desk) -> Result<Vec<Row>> {
    let project = Project::with_more_binaries(desk, "validate", 300, 40_000, 16)?;
    project.forget_output()?;
    project.package(desk).read()?;
    let layers = layers(&project.output, &project.dir.join("layers"))?;
    let judge = desk.dext().args(["validate", "--quiet", "--profile", "private"]).arg(&project.output);
    let [ours, peer] = take_turns(desk.runs, &desk.work, [ready(judge), ready(gzip(desk, &layers))])?;
    let mebibytes = mebibytes(&layers)?;
    clear(&project.dir)?;
    Ok(vec![
        Row::new("validate a layout", "s", seconds(&ours)).against("gzip -t", seconds(&peer)).at_most(1.5),
        Row::new("peak memory", "MiB", peaks(&ours)).at_most(64.0),
        Row::new("its layers, each once", "MiB", vec![mebibytes]),
    ])
}

fn ready<'a>(cmd: Cmd) -> Contender<'a> {
    Contender { prepare: Box::new(|_| Ok(())), cmd }
}

fn gzip(desk: &Desk, layers: &[PathBuf]) -> Cmd {
    desk.tools.line("gzip -t").args(layers)
}

/// The layers of a layout, each once, under names that gzip takes.
fn layers(layout: &Path, to: &Path) -> Result<Vec<PathBuf>> {
    clear(to)?;
    std::fs::create_dir_all(to)?;
    let mut layers = Vec::new();
    for blob in std::fs::read_dir(layout.join("blobs/sha256"))? {
        let blob = blob?;
        if std::fs::read(blob.path())?.starts_with(&GZIP) {
            let layer = to.join(blob.file_name()).with_extension("gz");
            std::fs::hard_link(blob.path(), &layer)?;
            layers.push(layer);
        }
    }
    layers.sort();
    Ok(layers)
}

#[expect(clippy::cast_precision_loss, reason = "a hundred MB are rounded for people anyway")]
fn mebibytes(files: &[PathBuf]) -> Result<f64> {
    let sizes = files.iter().map(|file| Ok(std::fs::metadata(file)?.len()));
    Ok(sizes.sum::<Result<u64>>()? as f64 / f64::from(1 << 20))
}
