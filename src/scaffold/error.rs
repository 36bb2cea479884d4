//! Why no extension was made.

use std::path::PathBuf;

use crate::domain::Explain;
use crate::domain::name::InvalidName;
use crate::sys;

/// Why no extension was made. Nothing was changed on the disk.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name cannot be used.
    #[error("{invalid}")]
    Name {
        /// What is wrong with it.
        invalid: InvalidName,
        /// The nearest name that can be used.
        suggestion: Option<String>,
    },
    /// The folder has no name to take over, as `/` has none.
    #[error("the folder `{}` has no name to take over", .0.display())]
    Nameless(PathBuf),
    /// A text cannot stand on one line of metadata.json.
    #[error("the {what} {why}")]
    Text {
        /// The text's kind, which is its flag without dashes.
        what: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The image's name cannot be used.
    #[error(transparent)]
    Image(InvalidName),
    /// Neither backend nor host tool is wanted.
    #[error("an extension without backend and host tool has nothing written in Rust")]
    NothingInRust,
    /// Something is in the folder.
    #[error("the folder `{}` is not empty", .0.display())]
    NotEmpty(PathBuf),
    /// Something else is where the folder should be.
    #[error("`{}` exists and is no folder", .0.display())]
    NotAFolder(PathBuf),
    /// The disk refused.
    #[error(transparent)]
    Fs(#[from] sys::fs::Error),
    /// git refused.
    #[error(transparent)]
    Git(#[from] sys::process::Error),
}

impl Explain for Error {
    fn place(&self) -> Option<String> {
        match self {
            Error::Fs(error) => error.place(),
            Error::Git(error) => error.place(),
            _ => None,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Error::Name { suggestion: Some(name), .. } => Some(format!("pass `--name {name}`")),
            Error::Name { suggestion: None, .. } | Error::Nameless(_) => {
                Some("pass `--name` with lower-case letters, digits and dashes, such as `disk-usage`".to_owned())
            }
            Error::Text { what, .. } => Some(format!("pass one line of text with `--{what}`")),
            Error::Image(_) => Some("pass e.g. `--image example/disk-usage`; the tag is the version".to_owned()),
            Error::NothingInRust => Some("leave out `--no-backend` or `--no-host`".to_owned()),
            Error::NotEmpty(_) | Error::NotAFolder(_) => {
                Some("choose a folder that does not exist yet or is empty".to_owned())
            }
            Error::Fs(error) => error.help(),
            Error::Git(_) => Some("pass `--vcs none` to do without a git repository".to_owned()),
        }
    }
}
