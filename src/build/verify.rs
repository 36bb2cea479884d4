//! Reads every program of the plan before it is packed, so that none for the wrong machine gets into an image.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::inspect::{self, Detail, Expectation, Facts, Finding, Level, Role, Version};
use super::{Artifacts, Error};
use crate::domain::{Arch, Os, Platform};
use crate::plan::{Plan, Source, sources};
use crate::report::{Message, Report};
use crate::sys::fs;

/// One file with what it must be.
struct Subject<'a> {
    name: String,
    path: &'a Path,
    triple: Option<String>,
    expected: Expectation,
}

/// Checks all binaries, fetched programs and host files of the plan.
///
/// # Errors
/// The first file that is not fit, in the order of the plan.
pub fn verify(plan: &Plan, artifacts: &Artifacts, report: &dyn Report) -> Result<(), Error> {
    let subjects = subjects(plan, artifacts)?;
    let paths: Vec<&Path> = {
        let mut paths: Vec<&Path> = subjects.iter().map(|subject| subject.path).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    };
    let facts = inspect_all(&paths);
    for subject in &subjects {
        judge(subject, &facts[subject.path], report)?;
    }
    Ok(())
}

/// What was read of a file: its facts and its size, or why there are none.
type Read = Result<(Facts, u64), ReadError>;

enum ReadError {
    Fs(fs::Error),
    Defect(inspect::Defect),
}

/// Reads all files, several at a time: the pages of Apple's signatures are hashed on the way.
fn inspect_all<'a>(paths: &[&'a Path]) -> BTreeMap<&'a Path, Read> {
    let next = AtomicUsize::new(0);
    let facts = Mutex::new(BTreeMap::new());
    let work = || {
        while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
            let read = read(path);
            facts.lock().unwrap_or_else(PoisonError::into_inner).insert(*path, read);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..std::thread::available_parallelism().map_or(1, usize::from).min(paths.len()) {
            scope.spawn(work);
        }
        work();
    });
    facts.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn read(path: &Path) -> Read {
    let (file, size) = fs::open(path).map_err(ReadError::Fs)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    inspect::inspect(&name, file).map(|facts| (facts, size)).map_err(ReadError::Defect)
}

fn subjects<'a>(plan: &'a Plan, artifacts: &'a Artifacts) -> Result<Vec<Subject<'a>>, Error> {
    let mut subjects = Vec::new();
    for ((bin, platform), path) in &artifacts.bins {
        let unit = plan.unit(*platform);
        let expected = expectation(plan, *platform, is_static_backend(plan, bin, *platform));
        let triple = unit.map(|unit| unit.triple.to_string());
        subjects.push(Subject { name: bin.name.to_string(), path, triple, expected });
    }
    for (download, path) in &artifacts.downloads {
        let expected = expectation(plan, download.platform, false);
        subjects.push(Subject { name: download.name.clone(), path, triple: None, expected });
    }
    for image in &plan.images {
        for file in image.layers.iter().flat_map(|layer| &layer.files) {
            if let Source::HostFile { path, systems, .. } = &file.from {
                subjects.extend(systems.iter().map(|os| host_file(path, *os, image.platform.arch)));
            }
        }
    }
    subjects.sort_by(|a, b| (&a.name, a.expected.platform).cmp(&(&b.name, b.expected.platform)));
    Ok(subjects)
}

fn host_file(path: &Path, os: Os, arch: Arch) -> Subject<'_> {
    let expected = Expectation { role: Role::Data, ..Expectation::program(Platform { os, arch }) };
    Subject { name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(), path, triple: None, expected }
}

/// A backend on `scratch` finds no libraries there, so it must bring all of them.
fn is_static_backend(plan: &Plan, wanted: &crate::plan::PlannedBin, on: Platform) -> bool {
    sources(&plan.images).any(|source| {
        matches!(source, Source::Bin { bin, platform, must_be_static: true } if bin == wanted && *platform == on)
    })
}

fn expectation(plan: &Plan, platform: Platform, must_be_static: bool) -> Expectation {
    let version = |text: &str| text.parse::<Version>().ok();
    Expectation {
        macos_minimum: version(&plan.cargo.macos_minimum),
        glibc_floor: plan.cargo.glibc.as_deref().and_then(version),
        must_be_static,
        ..Expectation::program(platform)
    }
}

fn judge(subject: &Subject<'_>, read: &Read, report: &dyn Report) -> Result<(), Error> {
    let platform = subject.expected.platform;
    let unfit =
        |what: String, help: Option<String>| Error::Unfit { path: subject.path.to_owned(), platform, what, help };
    let (facts, size) = match read {
        Ok((facts, size)) => (facts, *size),
        Err(ReadError::Fs(error)) => return Err(unfit(error.to_string(), None)),
        // A data file that only looks like a program is left alone.
        Err(ReadError::Defect(_)) if subject.expected.role == Role::Data => return Ok(()),
        Err(ReadError::Defect(defect)) => {
            return Err(unfit(defect.to_string(), Some("build or download it again".to_owned())));
        }
    };
    for finding in inspect::verify(facts, &subject.expected) {
        if finding.level == Level::Error || is_foreign_program(facts, subject) {
            return Err(unfit(finding.what, finding.help));
        }
        warn(subject, finding, report);
    }
    if subject.expected.role == Role::Program {
        report.detail("Verified", format!("{} for {platform}: {facts}", subject.name));
        report.message(Message::Artifact {
            name: subject.name.clone(),
            platform,
            triple: subject.triple.clone(),
            path: subject.path.display().to_string(),
            size,
            facts: serde_json::to_value(facts).unwrap_or_default(),
        });
    }
    Ok(())
}

/// Whether a host file is a program that cannot run where metadata.json offers it.
fn is_foreign_program(facts: &Facts, subject: &Subject<'_>) -> bool {
    let native = matches!(facts.detail, Detail::Elf(_) | Detail::MachO(_) | Detail::Pe(_));
    native && !facts.platforms.contains(&subject.expected.platform)
}

/// Checks a file that metadata.json offers to hosts of a platform: data and scripts may be there for any, a program
/// only for its own.
///
/// # Errors
/// When it is a program for another platform, or cannot be read.
pub fn offered(path: &Path, platform: Platform) -> Result<(), Error> {
    let subject = host_file(path, platform.os, platform.arch);
    judge(&subject, &read(path), &Silent)
}

/// Nobody listens: what is offered was told of when it was found.
struct Silent;

impl Report for Silent {
    fn event(&self, _: crate::report::Event) {}
}

fn warn(subject: &Subject<'_>, finding: Finding, report: &dyn Report) {
    let platform = subject.expected.platform;
    report.warning(format!("`{}` for {platform}: {}", subject.path.display(), finding.what), finding.help);
}
