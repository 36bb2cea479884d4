//! Facts against what is needed.

mod elf;
mod macho;
mod pe;

use serde::Serialize;

use super::{Detail, Facts, Kind, Script, Version};
use crate::domain::{Os, Platform};

/// What a file must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// The platform it runs on.
    pub platform: Platform,
    /// What it is there for.
    pub role: Role,
    /// The oldest macOS it must run on.
    pub macos_minimum: Option<Version>,
    /// The newest glibc it may need.
    pub glibc_floor: Option<Version>,
    /// Whether it must need no libraries at all, as in an image that holds none. For Linux only.
    pub must_be_static: bool,
}

impl Expectation {
    /// A program for `platform`, with nothing else asked for.
    #[must_use]
    pub const fn program(platform: Platform) -> Self {
        Expectation { platform, role: Role::Program, macos_minimum: None, glibc_floor: None, must_be_static: false }
    }
}

/// What a file is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It is started, so that everything else is refused.
    Program,
    /// It may be anything: data, a library, a program for another machine. Doubts are told.
    Data,
}

/// Something that is wrong with a file, or may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether it ends the work.
    pub level: Level,
    /// What it is: a lower-case fragment.
    pub what: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The file cannot work.
    Error,
    /// The file may not work everywhere.
    Warning,
}

fn error(what: impl Into<String>, help: &str) -> Finding {
    Finding { level: Level::Error, what: what.into(), help: Some(help.to_owned()) }
}

fn warning(what: impl Into<String>, help: &str) -> Finding {
    Finding { level: Level::Warning, what: what.into(), help: Some(help.to_owned()) }
}

/// Everything about a file that does not fit what is needed, errors and warnings in no particular order.
#[must_use]
pub fn verify(facts: &Facts, expected: &Expectation) -> Vec<Finding> {
    let mut findings = findings(facts, expected);
    if expected.role == Role::Data {
        findings.iter_mut().for_each(|finding| finding.level = Level::Warning);
    }
    findings
}

fn findings(facts: &Facts, expected: &Expectation) -> Vec<Finding> {
    let platform = expected.platform;
    if matches!(facts.detail, Detail::Other(_)) && expected.role == Role::Data {
        return Vec::new();
    }
    if !facts.platforms.contains(&platform) {
        return vec![wrong_platform(facts, platform)];
    }
    match &facts.detail {
        Detail::Elf(elf) => elf::verify(elf, expected),
        Detail::MachO(macho) => {
            let slice = macho.slices.iter().find(|slice| slice.machine.platform() == Some(platform));
            slice.map(|slice| macho::verify(slice, expected)).unwrap_or_default()
        }
        Detail::Pe(pe) => pe::verify(pe, expected.role),
        Detail::Script(script) => verify_script(script, expected),
        Detail::Other(_) => Vec::new(),
    }
}

fn wrong_platform(facts: &Facts, platform: Platform) -> Finding {
    let help = match facts.detail {
        Detail::Script(_) if platform.os == Os::Windows => "give Windows a .cmd file or a program of its own",
        Detail::Script(_) => "give macOS and Linux a script with a `#!` line or a program of their own",
        Detail::Other(_) => "check that the path or URL names the program itself, unpacked",
        _ => "check which platform the file was built or downloaded for",
    };
    error(format!("it is {}; {platform} is needed", facts.noun()), help)
}

/// The finding about a file that is of the right machine and cannot be started.
fn verify_kind(kind: Kind, role: Role) -> Option<Finding> {
    let what = match kind {
        Kind::Program => return None,
        Kind::Library => "it is a library; a program is needed",
        Kind::Object => "it is an object file that was not linked; a program is needed",
        Kind::Other => "it is no program for users; a program is needed",
    };
    (role == Role::Program).then(|| error(what, "check that the path names the program"))
}

fn verify_script(script: &Script, expected: &Expectation) -> Vec<Finding> {
    let absent = expected.must_be_static.then(|| {
        let what = format!("it is a script for `{}`, which an image without a base does not have", script.interpreter);
        error(what, "take a static program, or a base image that has what it needs")
    });
    let line_end = script.carriage_return.then(|| {
        error(
            format!("its `#!` line ends in CR LF, so that `{}\\r` is looked for", script.interpreter),
            "save it with LF line endings; `* text eol=lf` in .gitattributes keeps them",
        )
    });
    absent.into_iter().chain(line_end).collect()
}
