//! The developers' tasks of `cargo-dext`, started as `cargo xtask <TASK>`.
//!
//! Every program that a task runs is printed as `$ ...` on standard error before it runs. A task makes the machine
//! ready for itself (see [`setup`]), so each works on a new machine.
#![expect(clippy::disallowed_methods, reason = "a script for developers: it runs tools and touches files")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to the developer who started it")]

mod args;
mod bench;
mod command;
mod demo;
mod fuzz;
mod package;
mod places;
mod program;
mod readme;
mod rules;
mod setup;
mod test;
mod tidy;

use std::process::ExitCode;

use args::Args;
use places::Places;
use setup::{Group, Wanted};

/// What a task returns. The message says it all, because nobody but a developer reads it.
pub type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "\
Usage: cargo xtask <TASK>

Tasks:
  setup [--only GROUP]...   make this machine ready; groups: toolchain, zig, judges
  demo                      write a new extension, package it for six platforms, print what was made
  test [STEP]... [--strict] fmt, clippy, test, doc, readme, tidy, package: all, or the named ones;
                            strict (also with CI=true): a test that cannot run fails
  readme [--check]          write the help texts into README.md, or check that they are current
  rules [--check]           write RULES.md from the table of rules, or check that it is current
  tidy                      check the law of the house: imports, sizes, rooms of effects, docs
  smoke                     build the program and see whether it starts
  bench [NAME]... [--runs N]
                            measure against peers; `all`, or without a name a list
  fuzz [TARGET]... [--minutes N] [--jobs N]
                            feed every reader, or the named ones, what no reader wants; 10 minutes each
  fuzz --merge [TARGET]...  add what reaches new branches to fuzz/corpus

Options:
  --toolchain auto|rustup|distribution
                            where Rust's targets come from; also DEXT_TOOLCHAIN; default auto:
                            what is installed, else `rustup target add`, else Debian's packages
";

fn main() -> ExitCode {
    match run(Args::new(std::env::args().skip(1))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut args: Args) -> Result {
    if args.flag("--help") || args.flag("-h") {
        print!("{USAGE}");
        return Ok(());
    }
    let places = Places::find()?;
    let wanted = wanted(&mut args)?;
    match args.first().as_deref() {
        Some("setup") => {
            let only = args.values("--only")?;
            args.end()?;
            let groups = only.iter().map(|name| Group::named(name)).collect::<Result<Vec<_>>>()?;
            setup::run(&places, wanted, if groups.is_empty() { &Group::ALL } else { &groups })
        }
        Some("test") => {
            let strict = args.flag("--strict") || std::env::var_os("CI").is_some_and(|ci| ci == "true");
            test::run(&places, wanted, strict, &args.words()?)
        }
        Some("bench") => {
            let runs = args.values("--runs")?.pop();
            bench::run(&places, wanted, &args.words()?, runs.as_deref())
        }
        Some("fuzz") => {
            let (minutes, jobs) = (args.values("--minutes")?.pop(), args.values("--jobs")?.pop());
            let minutes = minutes.map_or(Ok(10.0), |text| text.parse()).map_err(|_| "--minutes wants a number")?;
            let jobs = jobs.map_or(Ok(1), |text| text.parse()).map_err(|_| "--jobs wants a number")?;
            let merge = args.flag("--merge");
            fuzz::run(&places, wanted, &fuzz::Options { minutes, jobs, merge, targets: args.words()? })
        }
        Some("demo") => args.end().and_then(|()| demo::run(&places, wanted)),
        Some("readme") => {
            let check = args.flag("--check");
            args.end()?;
            readme::run(&places, &setup::ensure(&places, wanted, &[Group::Toolchain])?, check)
        }
        Some("rules") => {
            let check = args.flag("--check");
            args.end()?;
            rules::run(&places, &setup::ensure(&places, wanted, &[Group::Toolchain])?, check)
        }
        Some("tidy") => args.end().and_then(|()| tidy::run(&places)),
        Some("smoke") => {
            args.end()?;
            program::smoke(&places, &setup::ensure(&places, wanted, &[Group::Toolchain, Group::Zig])?)
        }
        Some(task) => Err(format!("no task `{task}`\n\n{USAGE}").into()),
        None => Err(format!("which task?\n\n{USAGE}").into()),
    }
}

/// `--toolchain`, else `DEXT_TOOLCHAIN`, else `auto`.
fn wanted(args: &mut Args) -> Result<Wanted> {
    let given = args.values("--toolchain")?.pop();
    let given = given.or_else(|| std::env::var("DEXT_TOOLCHAIN").ok().filter(|name| !name.is_empty()));
    given.map_or(Ok(Wanted::Auto), |name| Wanted::named(&name))
}
