//! Why no extension was made or imported.

use std::path::PathBuf;

use crate::domain::Explain;
use crate::domain::name::InvalidName;
use crate::{manifest, subject, sys};

/// Why no extension was made or imported. Nothing was changed on the disk.
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
    /// No part is wanted.
    #[error("an extension without backend, host tool and page is nothing")]
    Nothing,
    /// Something is in the folder.
    #[error("the folder `{}` is not empty", .0.display())]
    NotEmpty(PathBuf),
    /// Something else is where the folder should be.
    #[error("`{}` exists and is no folder", .0.display())]
    NotAFolder(PathBuf),
    /// The folder has no metadata.json.
    #[error("there is no metadata.json in `{}` (E01)", .0.display())]
    NoMetadata(PathBuf),
    /// metadata.json cannot be read.
    #[error("{what} ({rule})")]
    Unreadable {
        /// What is wrong with it, in the words of the rule.
        what: String,
        /// The rule.
        rule: &'static str,
        /// Where, as far as that is known.
        place: String,
    },
    /// metadata.json is JSON, but no object.
    #[error("metadata.json is no JSON object (E01)")]
    NoObject,
    /// metadata.json has none of the parts of an extension.
    #[error("metadata.json has neither `ui` nor `vm` nor `host` (E04)")]
    NoPart,
    /// There is no package to take the table.
    #[error("there is no Cargo.toml in `{}`", .0.display())]
    NoManifest(PathBuf),
    /// The package has a table already.
    #[error("Cargo.toml has `[{key}]` already")]
    HasTable {
        /// The Cargo.toml.
        path: PathBuf,
        /// The table's key.
        key: &'static str,
    },
    /// Something else is where the table goes.
    #[error("`{key}` cannot be a table, because what it would be in is none")]
    NoTable {
        /// The Cargo.toml.
        path: PathBuf,
        /// The table's key.
        key: &'static str,
    },
    /// Cargo.toml is no TOML.
    #[error("Cargo.toml cannot be changed: {why}")]
    BrokenManifest {
        /// The Cargo.toml.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file with another content is where one should be copied to.
    #[error("`{}` exists and is another file than the one to copy", .0.display())]
    InTheWay(PathBuf),
    /// More files than an extension has.
    #[error("`{source_path}` brings the files to copy to more than {files}, or {bytes} bytes")]
    TooMuch {
        /// The folder or file at which it became too much.
        source_path: String,
        /// The most files.
        files: usize,
        /// The most bytes.
        bytes: u64,
    },
    /// The user asked to stop; nothing half-finished is left.
    #[error("interrupted")]
    Interrupted,
    /// A package or workspace that is there did not become an extension.
    #[error(transparent)]
    Init(#[from] super::init::Error),
    /// Cargo cannot read the package.
    #[error(transparent)]
    Manifest(#[from] manifest::Error),
    /// An image cannot be read.
    #[error(transparent)]
    Subject(Box<subject::Error>),
    /// The disk refused.
    #[error(transparent)]
    Fs(#[from] sys::fs::Error),
    /// The version control refused.
    #[error(transparent)]
    Vcs(#[from] sys::process::Error),
}

impl From<subject::Error> for Error {
    fn from(error: subject::Error) -> Self {
        Error::Subject(Box::new(error))
    }
}

impl Explain for Error {
    fn place(&self) -> Option<String> {
        match self {
            Error::Fs(error) => error.place(),
            Error::Vcs(error) => error.place(),
            Error::Manifest(error) => error.place(),
            Error::Subject(error) => error.place(),
            Error::Init(error) => error.place(),
            Error::Unreadable { place, .. } => Some(place.clone()),
            Error::HasTable { path, .. } | Error::NoTable { path, .. } | Error::BrokenManifest { path, .. } => {
                Some(path.display().to_string())
            }
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
            Error::Nothing => Some("leave out `--no-backend`, `--no-host` or `--ui none`".to_owned()),
            Error::NotEmpty(_) | Error::NotAFolder(_) => {
                Some("choose a folder that does not exist yet or is empty".to_owned())
            }
            Error::NoMetadata(_) => {
                Some("name the folder of an extension, with metadata.json and Dockerfile, or its image".to_owned())
            }
            Error::Unreadable { .. } | Error::NoObject => Some("Docker refuses it as well: mend it first".to_owned()),
            Error::NoPart => Some("Docker refuses it as well: an extension has at least one of them".to_owned()),
            Error::NoManifest(_) => {
                Some("make a package first, with `cargo init`; or pass `--print` to look at the table".to_owned())
            }
            Error::HasTable { .. } => {
                Some("remove it, or pass `--print` and take over what you want by hand".to_owned())
            }
            Error::NoTable { .. } | Error::BrokenManifest { .. } => {
                Some("pass `--print`, and put the table there by hand".to_owned())
            }
            Error::InTheWay(_) => Some("move it away; nothing was changed".to_owned()),
            Error::TooMuch { .. } => {
                Some("remove what was built or installed there, such as `node_modules`".to_owned())
            }
            Error::Manifest(error) => error.help(),
            Error::Subject(error) => error.help(),
            Error::Init(error) => error.help(),
            Error::Fs(error) => error.help(),
            Error::Interrupted => Some("nothing was changed".to_owned()),
            Error::Vcs(_) => Some("pass `--vcs none` to do without a repository".to_owned()),
        }
    }
}
