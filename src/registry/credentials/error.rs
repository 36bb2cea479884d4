//! Why a credential could not be had. No message quotes a value of a file or variable.

use std::fmt;
use std::process::ExitStatus;

use crate::domain::Explain;
use crate::sys;

/// A place in a source of credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The path of a file, or the name of a variable.
    pub source: String,
    /// The key, as `auths."ghcr.io".auth`; or for a text that is no JSON its line and column. May be empty.
    pub key: String,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)?;
        if self.key.is_empty() { Ok(()) } else { write!(f, " ({})", self.key) }
    }
}

/// A source of credentials that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that is there and cannot be read.
    #[error(transparent)]
    Fs(#[from] sys::fs::Error),
    /// A file or variable that does not hold what it should.
    #[error("{what}")]
    Content {
        /// What is wrong with it.
        what: String,
        /// Where.
        at: At,
        /// The registry that was asked for.
        registry: String,
    },
    /// A credential helper that gives no answer.
    #[error("the credential helper `{program}` {trouble}")]
    Helper {
        /// The program's name.
        program: String,
        /// What is wrong with it.
        trouble: Box<Trouble>,
        /// The key that names it.
        at: At,
        /// The registry that was asked for.
        registry: String,
    },
}

/// What is wrong with a credential helper.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// There is no such program.
    #[error("is not installed: there is no such program on PATH")]
    Missing,
    /// It could not be started, or did not end in time.
    #[error("did not answer: {0}")]
    Process(sys::process::Error),
    /// It failed.
    #[error("failed ({status}){}", told(said))]
    Failed {
        /// How it ended.
        status: ExitStatus,
        /// What it printed, cleaned; empty if nothing of it can be shown.
        said: String,
    },
    /// It succeeded with an answer that makes no sense.
    #[error("gave an answer that cannot be used: {0}")]
    Answer(&'static str),
}

fn told(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

impl Explain for Error {
    fn place(&self) -> Option<String> {
        match self {
            Error::Fs(error) => error.place(),
            Error::Content { at, .. } | Error::Helper { at, .. } => Some(at.to_string()),
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Error::Fs(error) => error.help(),
            Error::Content { at, .. } if at.source == super::VARIABLE => Some(format!(
                "write `{{\"auths\": {{\"HOST\": {{\"auth\": \"…\"}}}}}}` with the base64 of `USER:PASSWORD`, or unset {}",
                super::VARIABLE
            )),
            Error::Content { registry, .. } => {
                Some(format!("mend the file, or run `docker login {registry}`, which writes the entry anew"))
            }
            Error::Helper { program, trouble, at, .. } if matches!(**trouble, Trouble::Missing) => {
                Some(format!("install `{program}`, or remove `{}` from {}", at.key, at.source))
            }
            Error::Helper { program, registry, .. } => Some(format!(
                "see what `echo {} | {program} get` says, or run `docker login {registry}`",
                super::key::Dialect::Docker.key(registry)
            )),
        }
    }
}
