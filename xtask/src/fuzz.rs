//! `cargo xtask fuzz`: libFuzzer on the toolchain that is there, which may be a stable one.
//!
//! `cargo fuzz` wants a nightly compiler for its sanitizers. Coverage, which is what guides a fuzzer, needs none: it is
//! a pass of LLVM that every compiler has, and memory safety is the compiler's own business in a crate without
//! `unsafe`. What a sanitizer would tell of memory, the targets ask of a heap that counts (see `fuzz/src/lib.rs`).
//!
//! Inputs that reach something new, findings and logs go to `target/dext-fuzz`; `--merge` adds those to `fuzz/corpus`
//! that reach a branch which it does not reach yet.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::Result;
use crate::command::Cmd;
use crate::places::Places;
use crate::setup::{self, Group, Tools, Wanted};

/// What a compiler is told so that a program reports which of its branches were taken and what it compared, and so that
/// it checks itself: what `cargo fuzz` says, without a sanitizer.
const FLAGS: [&str; 10] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Cdebuginfo=line-tables-only",
    "-Cdebug-assertions",
    "-Coverflow-checks",
    "--cfg fuzzing",
];

/// How the profile for release differs here. The linker must not throw away what the flags put in, and the passes of
/// full optimisation take minutes over instrumented code that one of them makes nearly as fast.
const PROFILE: [&str; 3] =
    ["profile.release.lto=false", "profile.release.strip=\"none\"", "profile.release.package.cargo-dext.opt-level=1"];

/// The longest input, in bytes.
const MAX_LEN: [(&str, u32); 2] = [("binary", 64 << 10), ("archive", 16 << 10)];
const MAX_LEN_OF_OTHERS: u32 = 8 << 10;

/// The longest input that is kept, in bytes.
const MAX_KEPT: u32 = 2 << 10;

/// The most memory of a process, the counters and the corpus included, in MiB.
const RSS: u32 = 1 << 10;

/// The longest time for one input, in seconds. A machine that does other things is slow.
const PATIENCE: u32 = 30;

/// What the command line says.
#[derive(Debug)]
pub struct Options {
    /// The targets; all if there is none.
    pub targets: Vec<String>,
    /// How long each target runs.
    pub minutes: f64,
    /// How many run at once.
    pub jobs: usize,
    /// Whether what they found is put into the corpus instead.
    pub merge: bool,
}

/// Where everything is.
struct Desk {
    /// `fuzz` in the checkout.
    crate_dir: PathBuf,
    /// The program that is every target.
    program: PathBuf,
    /// The folder for new inputs, findings and logs.
    work: PathBuf,
}

impl Desk {
    fn folder(&self, name: &str, target: &str) -> Result<PathBuf> {
        let folder = self.work.join(name).join(target);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    fn corpus(&self, target: &str) -> PathBuf {
        self.crate_dir.join("corpus").join(target)
    }

    fn program(&self, target: &str) -> Cmd {
        let max_len = MAX_LEN.iter().find(|(name, _)| *name == target).map_or(MAX_LEN_OF_OTHERS, |(_, length)| *length);
        Cmd::new(&self.program).env("DEXT_FUZZ_TARGET", target).arg(format!("-max_len={max_len}"))
    }
}

/// Builds the targets, and runs or merges them.
///
/// # Errors
/// When a target cannot be built, or one found something.
pub fn run(places: &Places, wanted: Wanted, options: &Options) -> Result {
    let all = targets(places)?;
    if let Some(name) = options.targets.iter().find(|name| !all.contains(name)) {
        return Err(format!("no target `{name}`; there are {}", all.join(", ")).into());
    }
    let chosen = if options.targets.is_empty() { &all } else { &options.targets };
    let tools = setup::ensure(places, wanted, &[Group::Toolchain])?;
    setup::ensure_cxx()?;
    let desk = Desk {
        crate_dir: places.root.join("fuzz"),
        program: build(places, &tools)?,
        work: places.target.join("dext-fuzz"),
    };
    if options.merge {
        return chosen.iter().try_for_each(|target| merge(&desk, target));
    }
    let outcomes = in_turn(&desk, chosen, options)?;
    println!("\n{}", table(&outcomes));
    let failed: Vec<&str> = outcomes.iter().filter(|one| one.found).map(|one| one.target.as_str()).collect();
    if failed.is_empty() {
        return Ok(());
    }
    Err(format!("found something: {}; see {}", failed.join(", "), desk.work.join("found").display()).into())
}

/// Every target has a corpus.
fn targets(places: &Places) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(places.root.join("fuzz/corpus"))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Builds the program. This machine is named as if it were another one, because the flags are only for what runs
/// under the fuzzer: not for build scripts and macros, and not for what else is in the target folder.
fn build(places: &Places, tools: &Tools) -> Result<PathBuf> {
    let said = tools.line("rustc --version --verbose").read()?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc does not say where it runs")?;
    let mut cargo = tools
        .line("cargo build --release --package cargo-dext-fuzz --features libfuzzer --bin any --target")
        .arg(host)
        .env("RUSTFLAGS", FLAGS.join(" "))
        .dir(&places.root);
    for setting in PROFILE {
        cargo = cargo.args(["--config", setting]);
    }
    cargo.run()?;
    Ok(places.target.join(host).join("release/any"))
}

/// Runs the targets, `jobs` at a time.
fn in_turn(desk: &Desk, targets: &[String], options: &Options) -> Result<Vec<Outcome>> {
    let (queue, outcomes) = (Mutex::new(targets.iter()), Mutex::new(Vec::new()));
    let next = || queue.lock().ok().and_then(|mut queue| queue.next());
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.max(1) {
            scope.spawn(|| {
                while let Some(target) = next() {
                    let outcome = one(desk, target, options.minutes).map_err(|error| error.to_string());
                    if let Ok(mut outcomes) = outcomes.lock() {
                        outcomes.push(outcome);
                    }
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().map_err(|_| "a run broke off")?;
    let mut outcomes = outcomes.into_iter().collect::<std::result::Result<Vec<_>, _>>()?;
    outcomes.sort_by(|a, b| a.target.cmp(&b.target));
    Ok(outcomes)
}

/// Runs a target until its time is over or it finds something.
fn one(desk: &Desk, target: &str, minutes: f64) -> Result<Outcome> {
    let found = desk.folder("found", target)?;
    let log = desk.folder("log", "")?.join(format!("{target}.txt"));
    let dictionary = desk.crate_dir.join("dictionaries").join(format!("{target}.dict"));
    let mut line = desk
        .program(target)
        .arg(format!("-max_total_time={}", (minutes * 60.0).ceil()))
        .args([format!("-rss_limit_mb={RSS}"), format!("-timeout={PATIENCE}")])
        .args(["-print_final_stats=1", "-reduce_inputs=1"])
        .arg(format!("-artifact_prefix={}/", found.display()));
    if dictionary.exists() {
        line = line.arg(format!("-dict={}", dictionary.display()));
    }
    // Readers that want files get them some hundred times a second: in memory, where the machine has such a folder.
    if Path::new("/dev/shm").is_dir() {
        line = line.env("TMPDIR", "/dev/shm");
    }
    let line = line.arg(desk.folder("corpus", target)?).arg(desk.corpus(target));
    let status = line.start(&File::create(&log)?)?.wait()?;
    let said = String::from_utf8_lossy(&std::fs::read(&log)?).into_owned();
    let outcome = Outcome::of(target, &said, !status.success());
    println!("{target}: {outcome} ({})", log.display());
    Ok(outcome)
}

/// Adds to the corpus of a target what reaches a branch that it does not reach yet, the shortest inputs first.
fn merge(desk: &Desk, target: &str) -> Result {
    let kept = desk.corpus(target);
    let before = count(&kept);
    let line = desk.program(target).args(["-merge=1", "-use_counters=0", "-verbosity=0"]);
    // The last of two lengths counts.
    line.arg(format!("-max_len={MAX_KEPT}")).arg(&kept).arg(desk.folder("corpus", target)?).run()?;
    println!("{target}: {} inputs, {} of them new", count(&kept), count(&kept) - before);
    Ok(())
}

fn count(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

/// What a run came to, as libFuzzer says it.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    target: String,
    seconds: u64,
    executions: u64,
    per_second: u64,
    /// Branches that were taken, and features: branches with how often they were.
    coverage: u64,
    features: u64,
    slowest_seconds: u64,
    rss_mb: u64,
    found: bool,
}

impl Outcome {
    /// Reads a log.
    fn of(target: &str, log: &str, found: bool) -> Self {
        let stat = |name: &str| log.lines().rev().find_map(|line| number(line.strip_prefix(name)?));
        let status = |name: &str| log.lines().rev().find_map(|line| number(line.split_once(name)?.1));
        let done = |line: &str| number(line.strip_prefix("Done ")?.split_once(" in ")?.1);
        Outcome {
            target: target.to_owned(),
            seconds: log.lines().rev().find_map(done).unwrap_or(0),
            executions: stat("stat::number_of_executed_units:").unwrap_or(0),
            per_second: stat("stat::average_exec_per_sec:").unwrap_or(0),
            coverage: status(" cov: ").unwrap_or(0),
            features: status(" ft: ").unwrap_or(0),
            slowest_seconds: stat("stat::slowest_unit_time_sec:").unwrap_or(0),
            rss_mb: stat("stat::peak_rss_mb:").unwrap_or(0),
            found,
        }
    }
}

/// The number at the beginning of a text, behind blanks.
fn number(text: &str) -> Option<u64> {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outcome { seconds, executions, coverage, rss_mb, .. } = self;
        write!(f, "{executions} executions in {seconds} s, {coverage} branches, {rss_mb} MiB at most")?;
        if self.found { f.write_str(", FOUND SOMETHING") } else { Ok(()) }
    }
}

/// The outcomes as a table of Markdown.
fn table(outcomes: &[Outcome]) -> String {
    let mut table =
        "| target | seconds | executions | per second | branches | features | slowest | peak RSS | found |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|---|\n"
            .to_owned();
    for one in outcomes {
        let found = if one.found { "yes" } else { "nothing" };
        table += &format!(
            "| {} | {} | {} | {} | {} | {} | {} s | {} MiB | {found} |\n",
            one.target,
            one.seconds,
            one.executions,
            one.per_second,
            one.coverage,
            one.features,
            one.slowest_seconds,
            one.rss_mb
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
        #2\tINITED cov: 12 ft: 13 corp: 1/1b exec/s: 0 rss: 40Mb\n\
        #9\tNEW    cov: 120 ft: 345 corp: 2/4b lim: 4 exec/s: 0 rss: 41Mb L: 2/2 MS: 1 ChangeBit-\n\
        #90\tDONE   cov: 121 ft: 350 corp: 2/4b lim: 4 exec/s: 45 rss: 41Mb\n\
        Done 90 runs in 2 second(s)\n\
        stat::number_of_executed_units: 90\n\
        stat::average_exec_per_sec:     45\n\
        stat::new_units_added:          1\n\
        stat::slowest_unit_time_sec:    3\n\
        stat::peak_rss_mb:              41\n";

    #[test]
    fn a_log_is_read() {
        let outcome = Outcome::of("labels", LOG, false);
        let Outcome { seconds, executions, per_second, coverage, features, slowest_seconds, rss_mb, .. } = outcome;
        assert_eq!((seconds, executions, per_second, coverage, features), (2, 90, 45, 121, 350));
        assert_eq!((slowest_seconds, rss_mb), (3, 41));
        assert_eq!(Outcome::of("labels", "", true).executions, 0);
    }

    #[test]
    fn a_finding_shows() {
        let table = table(&[Outcome::of("a", LOG, false), Outcome::of("b", LOG, true)]);
        let last: Vec<&str> = table.lines().filter_map(|line| line.rsplit('|').nth(1)).map(str::trim).collect();
        assert_eq!(last[2..], ["nothing", "yes"]);
    }
}
