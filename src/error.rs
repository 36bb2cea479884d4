//! The error of a command: one variant per stage, with the exit code it means.

use std::path::PathBuf;

use crate::domain::{Explain, printable};
use crate::{build, bundle, image, manifest, plan, registry, scaffold, subject, sys, validate};

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
    /// Talking to registries.
    #[error(transparent)]
    Registry(#[from] registry::Error),
    /// A base image.
    #[error(transparent)]
    Base(Box<registry::base::Error>),
    /// Reading an image.
    #[error(transparent)]
    Subject(#[from] subject::Error),
    /// Making a new extension.
    #[error(transparent)]
    Scaffold(#[from] scaffold::Error),
    /// A file of the command itself.
    #[error(transparent)]
    Fs(#[from] sys::fs::Error),
    /// The file for the digest of what is published cannot be written.
    #[error("the digest cannot be written: {error}")]
    DigestFile {
        /// What the file system refused.
        error: sys::fs::Error,
        /// Whether the image is published all the same.
        is_published: bool,
    },
    /// A program that the command itself runs.
    #[error(transparent)]
    Process(#[from] sys::process::Error),
    /// Asking git.
    #[error(transparent)]
    Git(#[from] sys::git::Error),
    /// What would be published is not what is committed. The words are Cargo's.
    #[error(
        "{} files in the working directory contain changes that were not yet committed into git:\n\n{}\n\n\
         to proceed despite this and include the uncommitted changes, pass the `--allow-dirty` flag",
        files.len(),
        listed(files)
    )]
    Dirty {
        /// The files, relative to the workspace's folder.
        files: Vec<String>,
    },
    /// Nothing says where an image is to be published.
    #[error("{what}")]
    Destination {
        /// What is missing or cannot be used.
        what: String,
        /// The Cargo.toml that could say it.
        manifest: Option<PathBuf>,
        /// What to write.
        help: String,
    },
    /// A rule that does not exist is named.
    #[error(transparent)]
    Rule(#[from] validate::settings::Misnamed),
    /// Something breaks a rule.
    #[error("{summary} in {name}")]
    Found {
        /// How many of what.
        summary: validate::render::Summary,
        /// What was judged.
        name: String,
        /// What was not done for it.
        help: String,
    },
    /// The input ended where an answer was awaited.
    #[error("the input ended before the question was answered; nothing was changed")]
    Unanswered,
    /// A value on the command line that only the stage could judge.
    #[error("{what}")]
    Usage {
        /// What is wrong.
        what: String,
        /// What to write instead.
        help: String,
    },
}

impl From<registry::base::Error> for Error {
    fn from(error: registry::base::Error) -> Self {
        Error::Base(Box::new(error))
    }
}

impl Error {
    fn stage(&self) -> Option<&dyn Explain> {
        Some(match self {
            Error::Manifest(error) => error,
            Error::Plan(error) => error,
            Error::Build(error) => error,
            Error::Bundle(error) => error,
            Error::Image(error) => error,
            Error::Registry(error) => error,
            Error::Base(error) => error.as_ref(),
            Error::Subject(error) => error,
            Error::Scaffold(error) => error,
            Error::Fs(error) => error,
            Error::Process(error) => error,
            Error::Git(error) => error,
            Error::Rule(error) => error,
            Error::DigestFile { .. }
            | Error::Usage { .. }
            | Error::Dirty { .. }
            | Error::Destination { .. }
            | Error::Found { .. }
            | Error::Unanswered => return None,
        })
    }

    /// The exit code: 1 the user's input, 2 usage, 3 network or registry, 101 a child that failed.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Usage { .. } => 2,
            Error::Build(build::Error::Fetch(error)) if error.is_network() => 3,
            Error::Registry(error) if error.is_network() => 3,
            Error::Base(error) if error.is_network() => 3,
            Error::Subject(error) if error.is_network() => 3,
            Error::Build(error) if error.child_failed() => 101,
            Error::Manifest(manifest::Error::Cargo(_))
            | Error::Scaffold(scaffold::Error::Vcs(_) | scaffold::Error::Manifest(manifest::Error::Cargo(_)))
            | Error::Process(_)
            | Error::Subject(subject::Error::Engine(_)) => 101,
            _ => 1,
        }
    }
}

impl Explain for Error {
    fn place(&self) -> Option<String> {
        match self {
            Error::DigestFile { .. } => Some("--digest-file".to_owned()),
            Error::Destination { manifest, .. } => manifest.as_ref().map(|path| path.display().to_string()),
            other => other.stage().and_then(Explain::place),
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Error::Usage { help, .. } | Error::Destination { help, .. } | Error::Found { help, .. } => {
                Some(help.clone())
            }
            Error::DigestFile { is_published: true, .. } => {
                Some("the image and its tags are published; their digest is in what was printed before".to_owned())
            }
            Error::DigestFile { .. } => {
                Some("name a file in a folder that can be written to; nothing was sent".to_owned())
            }
            Error::Unanswered => Some("pass `--yes` to take every default".to_owned()),
            Error::Git(error) => {
                let anyway = "mend the repository, or pass `--allow-dirty` to proceed despite this";
                error.help().or_else(|| Some(anyway.to_owned()))
            }
            other => other.stage().and_then(Explain::help),
        }
    }
}

/// Names of files, one a line; what a terminal would take for an order is escaped.
fn listed(files: &[String]) -> String {
    const SHOWN: usize = 100;
    let mut lines: Vec<String> = files.iter().take(SHOWN).map(|file| printable(file).into_owned()).collect();
    if files.len() > SHOWN {
        lines.push(format!("... and {} more", files.len() - SHOWN));
    }
    lines.join("\n")
}
