//! Why a credential could not be had. No message quotes a value of a file or variable.

use std::process::ExitStatus;

use super::VARIABLE;
use super::key::Dialect;
use crate::domain::Explain;
use crate::sys;

/// A place in a source of credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The path of a file, or the name of a variable.
    pub source: String,
    /// The key, as `auths."ghcr.io".auth`; empty for the whole.
    pub key: String,
}

impl At {
    /// What it is called in the first line of an error.
    fn subject(&self) -> &str {
        if self.key.is_empty() { &self.source } else { &self.key }
    }
}

/// A source of credentials that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that is there and cannot be read.
    #[error(transparent)]
    Fs(#[from] sys::fs::Error),
    /// A file or variable that does not hold what it should.
    #[error("`{}` {what}", at.subject())]
    Content {
        /// What is wrong there, to be read after its name.
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
    #[error("could not be asked: {0}")]
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
            Error::Content { at, .. } => (!at.key.is_empty()).then(|| at.source.clone()),
            Error::Helper { at, .. } => Some(format!("{} ({})", at.source, at.key)),
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Error::Fs(error) => error.help(),
            Error::Content { at, .. } if at.source == VARIABLE => Some(format!(
                "write `{{\"auths\": {{\"HOST\": {{\"auth\": \"…\"}}}}}}` with the base64 of `USER:PASSWORD`, or unset {VARIABLE}"
            )),
            // Docker reads the file before it writes an entry, and its file is asked before podman's.
            Error::Content { at, registry, .. } if at.key.starts_with("auths.") => {
                Some(format!("fix the entry, or run `docker login {registry}`, which writes it anew"))
            }
            Error::Content { .. } => Some("fix the file".to_owned()),
            Error::Helper { program, trouble, at, registry } => Some(match **trouble {
                Trouble::Missing => {
                    let At { source, key } = at;
                    format!("install `{program}`, or remove `{key}` from {source} and run `docker login {registry}`")
                }
                _ => format!(
                    "see what `echo {} | {program} get` says, or run `docker login {registry}`",
                    Dialect::Docker.key(registry)
                ),
            }),
        }
    }
}
