//! How long the program takes to say what it can do, which is how long it takes to start.

use std::time::Instant;

use super::Desk;
use super::harness::Row;
use crate::Result;

/// A start is short, so its median needs more runs than others.
const RUNS: usize = 30;

/// `cargo dext --help`: at most 20 ms.
///
/// # Errors
/// When it fails.
pub fn run(desk: &Desk) -> Result<Vec<Row>> {
    let help = desk.dext().arg("--help");
    help.read()?;
    let mut runs = Vec::new();
    for _ in 0..RUNS.max(desk.runs) {
        let start = Instant::now();
        help.read()?;
        runs.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(vec![Row::new("cargo dext --help", "ms", runs).at_most(20.0)])
}
