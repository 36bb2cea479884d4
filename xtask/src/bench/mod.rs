//! `cargo xtask bench`: what packaging costs, measured beside its peers in one run.
//!
//! Contenders take turns (A B A B …), so that a machine that gets slower is slow for both. A row holds medians over
//! all turns; what matters is the ratio. Rows go to the terminal and, with every single run, to
//! `target/dext-bench/<name>.json`.

mod assemble;
mod harness;
mod help;
mod inputs;
mod publish;
mod six;
mod tree;
mod validate;

use std::path::PathBuf;

use harness::Row;

use crate::command::Cmd;
use crate::places::Places;
use crate::setup::{self, Group, Tools, Wanted};
use crate::{Result, program};

/// A bench: its name on the command line, what it is about, and its measurement.
type Bench = (&'static str, &'static str, fn(&Desk) -> Result<Vec<Row>>);

const BENCHES: [Bench; 7] = [
    ("help", "`cargo dext --help`", help::run),
    ("assemble", "two images from 8 binaries and 150 files, against buildah and pigz", assemble::run),
    ("files", "a UI of 20,000 files against one of 2,000", tree::files),
    ("memory", "peak memory of packaging a UI of 1 GiB", tree::memory),
    ("publish", "a layout of two images to a registry, against skopeo", publish::run),
    ("six", "six targets by one `package`, against six `cargo zigbuild`", six::run),
    ("validate", "a finished layout of about 100 MB, against `gzip -t`", validate::run),
];

/// What every bench works with.
pub struct Desk {
    /// The folders of this checkout.
    places: Places,
    /// The environment of every program.
    tools: Tools,
    /// `cargo-dext`, built for release.
    program: PathBuf,
    /// The folder for inputs, outputs and results.
    work: PathBuf,
    /// How many turns each contender takes.
    runs: usize,
}

impl Desk {
    /// `cargo dext` as it was built for the bench.
    fn dext(&self) -> Cmd {
        self.tools.program(&self.program.to_string_lossy()).arg("dext")
    }
}

/// Runs the named benches; without a name, lists what there is.
///
/// # Errors
/// When a program fails. A goal that is missed is said, and is no error: the numbers are the result.
pub fn run(places: &Places, wanted: Wanted, names: &[String], runs: Option<&str>) -> Result {
    if names.is_empty() {
        BENCHES.iter().for_each(|(name, about, _)| println!("{name:<9} {about}"));
        return Ok(());
    }
    let all = names == ["all"];
    let known = |name: &String| BENCHES.iter().any(|(bench, ..)| bench == name);
    if let Some(name) = names.iter().find(|name| !all && !known(name)) {
        return Err(format!("no bench `{name}`; `cargo xtask bench` lists them, `all` runs all").into());
    }
    let runs = runs.map_or(Ok(5), str::parse).map_err(|_| "--runs wants a number")?;
    let tools = setup::ensure(places, wanted, &Group::ALL)?;
    let program = program::build(places, &tools, true)?;
    let desk = Desk { places: places.clone(), tools, program, work: places.target.join("dext-bench"), runs };
    std::fs::create_dir_all(&desk.work)?;
    for (name, about, bench) in BENCHES.iter().filter(|(name, ..)| all || names.iter().any(|wanted| wanted == name)) {
        let rows = bench(&desk)?;
        println!("\n{name}: {about}, median of {runs}\n{}", harness::table(&rows));
        let file = desk.work.join(format!("{name}.json"));
        std::fs::write(&file, serde_json::to_string_pretty(&harness::json(name, &rows))?)?;
        println!("{}", file.display());
    }
    Ok(())
}
