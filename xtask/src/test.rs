//! `cargo xtask test`: everything that must hold before a change lands, step by step, and what each step took.

use std::fmt;
use std::time::{Duration, Instant};

use crate::places::Places;
use crate::setup::{self, Group, Tools, Wanted};
use crate::{Result, package, readme, tidy};

/// A step by its name on the command line. The order is that of a full run: the quick ones first, and the tests last,
/// so that their own summary ends the output.
const STEPS: [(&str, Step); 7] = [
    ("fmt", |run| run.tools.line("cargo fmt --all --check").run()),
    ("tidy", |run| tidy::run(run.places)),
    ("clippy", |run| run.cargo("clippy --workspace --all-targets").args(["--", "-D", "warnings"]).run()),
    ("doc", |run| run.cargo("doc --workspace --no-deps").env("RUSTDOCFLAGS", "-D warnings").run()),
    ("readme", |run| readme::run(run.places, run.tools, true)),
    ("package", |run| package::check(run.places, run.tools)),
    ("test", tests),
];

type Step = fn(&mut Run<'_>) -> Result;

struct Run<'a> {
    places: &'a Places,
    tools: &'a Tools,
    strict: bool,
    totals: Totals,
}

impl Run<'_> {
    /// A line of Cargo; in strict mode it may not change the lock file.
    fn cargo(&self, line: &str) -> crate::command::Cmd {
        let locked = self.strict.then_some("--locked");
        self.tools.line(&format!("cargo {line}")).args(locked).dir(&self.places.root)
    }
}

/// Runs the named steps, or all, each to its end whatever became of the others.
///
/// # Errors
/// When the machine cannot be made ready, or a step failed.
pub fn run(places: &Places, wanted: Wanted, strict: bool, names: &[String]) -> Result {
    let steps = chosen(names)?;
    let groups = if steps.iter().any(|(name, _)| *name == "test") { &Group::ALL[..] } else { &[Group::Toolchain] };
    let start = Instant::now();
    let tools = setup::ensure(places, wanted, groups)?;
    if strict && !tools.lacking.is_empty() {
        return Err(format!("not ready, and strict:\n  {}", tools.lacking.join("\n  ")).into());
    }
    let mut outcomes = vec![("setup", start.elapsed(), Ok(()))];
    let mut run = Run { places, tools: &tools, strict, totals: Totals::default() };
    for (name, step) in steps {
        eprintln!("== {name}");
        let start = Instant::now();
        let outcome = step(&mut run);
        if let Err(error) = &outcome {
            eprintln!("{name}: {error}");
        }
        outcomes.push((name, start.elapsed(), outcome));
    }
    summarize(&outcomes, &run)
}

fn chosen(names: &[String]) -> Result<Vec<(&'static str, Step)>> {
    if names.is_empty() {
        return Ok(STEPS.to_vec());
    }
    let step = |name: &String| {
        let known = || STEPS.map(|(name, _)| name).join(", ");
        let found = STEPS.iter().find(|(step, _)| step == name).copied();
        Ok(found.ok_or_else(|| format!("no step `{name}`; there are {}", known()))?)
    };
    names.iter().map(step).collect()
}

fn summarize(outcomes: &[(&str, Duration, Result)], run: &Run<'_>) -> Result {
    println!("\nstep      seconds");
    for (name, took, outcome) in outcomes {
        println!("{name:<8} {:>8.1}  {}", took.as_secs_f64(), if outcome.is_ok() { "ok" } else { "FAILED" });
    }
    for lacking in &run.tools.lacking {
        println!("skipped what needs more: {lacking}");
    }
    if run.totals != Totals::default() {
        println!("\n{}", run.totals);
    }
    let failed: Vec<&str> =
        outcomes.iter().filter(|(_, _, outcome)| outcome.is_err()).map(|(name, ..)| *name).collect();
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", ")).into()) }
}

/// `cargo test`, passed through and counted.
fn tests(run: &mut Run<'_>) -> Result {
    let mut cargo = run.cargo("test --workspace --no-fail-fast");
    if run.strict {
        cargo = cargo.env("DEXT_TEST_STRICT", "1");
    }
    let totals = &mut run.totals;
    let outcome = cargo.stream(|line| {
        println!("{line}");
        totals.add(line);
    });
    if outcome.is_ok() && totals.passed == 0 {
        return Err("no test ran".into());
    }
    outcome
}

/// What all test programs of a run say together.
#[derive(Debug, Default, PartialEq, Eq)]
struct Totals {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Totals {
    /// Adds a test program's closing line, and passes over every other line.
    fn add(&mut self, line: &str) {
        let Some(counts) = line.strip_prefix("test result: ") else { return };
        for part in counts.split(['.', ';']) {
            let Some((number, what)) = part.trim().split_once(' ') else { continue };
            let number = number.parse().unwrap_or(0);
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

/// The line as `cargo test` words it, which tools know how to read.
impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.failed == 0 { "ok" } else { "FAILED" };
        let Totals { passed, failed, ignored } = self;
        write!(
            f,
            "test result: {verdict}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; 0 filtered out"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_of_all_test_programs_are_added() {
        let mut totals = Totals::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        ] {
            totals.add(line);
        }
        assert_eq!(totals, Totals { passed: 7, failed: 2, ignored: 1 });
        assert_eq!(
            totals.to_string(),
            "test result: FAILED. 7 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out"
        );
    }

    #[test]
    fn steps_can_be_named() {
        let names = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            chosen(&words).map(|steps| steps.iter().map(|(name, _)| *name).collect::<Vec<_>>())
        };
        assert_eq!(names(&["clippy", "fmt"]).unwrap(), ["clippy", "fmt"]);
        assert_eq!(names(&[]).unwrap().last(), Some(&"test"));
        assert!(names(&["clipy"]).is_err());
    }
}
