//! The error of a command: one variant per stage, with the exit code it means.

use crate::domain::Explain;
use crate::{build, bundle, image, manifest, plan, scaffold, subject, sys};

/// Any stage's error.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Reading Cargo.toml.
    #[error(transparent)]
    Manifest(#[from] manifest::Error),
    /// Planning.
    #[error(transparent)]
    Plan(#[from] plan::Error),
    /// Building, fetching, verifying.
    #[error(transparent)]
    Build(#[from] build::Error),
    /// Collecting files.
    #[error(transparent)]
    Bundle(#[from] bundle::Error),
    /// Writing the image.
    #[error(transparent)]
    Image(#[from] image::Error),
    /// Reading an image.
    #[error(transparent)]
    Subject(#[from] subject::Error),
    /// Making a new extension.
    #[error(transparent)]
    Scaffold(#[from] scaffold::Error),
    /// A file of the command itself.
    #[error(transparent)]
    Fs(#[from] sys::fs::Error),
    /// A program that the command itself runs.
    #[error(transparent)]
    Process(#[from] sys::process::Error),
    /// A value on the command line that only the stage could judge.
    #[error("{what}")]
    Usage {
        /// What is wrong.
        what: String,
        /// What to write instead.
        help: String,
    },
}

impl Error {
    fn stage(&self) -> Option<&dyn Explain> {
        Some(match self {
            Error::Manifest(error) => error,
            Error::Plan(error) => error,
            Error::Build(error) => error,
            Error::Bundle(error) => error,
            Error::Image(error) => error,
            Error::Subject(error) => error,
            Error::Scaffold(error) => error,
            Error::Fs(error) => error,
            Error::Process(error) => error,
            Error::Usage { .. } => return None,
        })
    }

    /// The exit code: 1 the user's input, 2 usage, 3 network or registry, 101 a child that failed.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Usage { .. } => 2,
            Error::Build(build::Error::Fetch(error)) if error.is_network() => 3,
            Error::Subject(error) if error.is_network() => 3,
            Error::Build(error) if error.child_failed() => 101,
            Error::Manifest(manifest::Error::Cargo(_)) | Error::Process(_) => 101,
            _ => 1,
        }
    }
}

impl Explain for Error {
    fn place(&self) -> Option<String> {
        self.stage().and_then(Explain::place)
    }

    fn help(&self) -> Option<String> {
        match self {
            Error::Usage { help, .. } => Some(help.clone()),
            other => other.stage().and_then(Explain::help),
        }
    }
}
