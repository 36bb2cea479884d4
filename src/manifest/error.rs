//! What can go wrong between Cargo.toml and an extension.

use std::fmt;
use std::path::PathBuf;

use super::de::list;
use super::mistake::Mistake;
use crate::domain::Explain;
use crate::sys;

/// An extension that could not be read from its manifest.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `cargo metadata` failed; what Cargo said is in the message.
    #[error(transparent)]
    Cargo(#[from] sys::process::Error),
    /// `cargo metadata` printed something else than it should.
    #[error("could not understand what `cargo metadata` printed: {0}")]
    Output(#[from] serde_json::Error),
    /// The workspace has no table.
    #[error("there is no extension in this workspace: no Cargo.toml has the table for it")]
    NoTable {
        /// Where the table would go.
        manifest: PathBuf,
    },
    /// The package that was asked for has no table.
    #[error("the package `{package}` is no extension: its Cargo.toml has no `[package.metadata.extension]`")]
    NotAnExtension {
        /// The package.
        package: String,
        /// Where the table would go.
        manifest: PathBuf,
        /// The packages that have one.
        others: Vec<String>,
    },
    /// The workspace has several tables and none was asked for.
    #[error(
        "there are several extensions in this workspace: {}{}",
        list(candidates),
        if workspace.is_some() { " and the workspace's own" } else { "" }
    )]
    Several {
        /// The packages that have a table.
        candidates: Vec<String>,
        /// The workspace's own Cargo.toml, if it has a table too.
        workspace: Option<PathBuf>,
    },
    /// No member has the name that was asked for.
    #[error("there is no package `{name}` in this workspace")]
    UnknownPackage {
        /// The name.
        name: String,
        /// The member that was probably meant.
        nearest: Option<String>,
        /// All members.
        members: Vec<String>,
    },
    /// The table has mistakes.
    #[error("{}", Told(.0))]
    Invalid(Vec<Located>),
}

/// A mistake and the line it is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The mistake.
    pub mistake: Mistake,
    /// `Cargo.toml:14:1 (package.metadata.extension.ui.sorce)`
    pub place: String,
}

/// One mistake is an error's message; several are a list of their own.
struct Told<'a>(&'a [Located]);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = self.0 {
            return f.write_str(&only.mistake.what);
        }
        write!(f, "the extension's table has {} mistakes", self.0.len())?;
        for located in self.0 {
            write!(f, "\n  {}\n    --> {}", located.mistake.what, located.place)?;
            if let Some(help) = &located.mistake.help {
                write!(f, "\n    help: {help}")?;
            }
        }
        Ok(())
    }
}

impl Explain for Error {
    fn place(&self) -> Option<String> {
        match self {
            Error::Cargo(error) => error.place(),
            Error::NoTable { manifest } | Error::NotAnExtension { manifest, .. } => {
                Some(manifest.display().to_string())
            }
            Error::Invalid(mistakes) => match mistakes.as_slice() {
                [only] => Some(only.place.clone()),
                _ => None,
            },
            Error::Output(_) | Error::Several { .. } | Error::UnknownPackage { .. } => None,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Error::Cargo(error) => error.help(),
            Error::Output(_) => Some("check that `cargo metadata --format-version 1` prints JSON".to_owned()),
            Error::NoTable { .. } => Some(
                "add `[package.metadata.extension]` with `title` and `vendor` to the extension's package".to_owned(),
            ),
            Error::NotAnExtension { others, .. } if others.is_empty() => {
                Some("add `[package.metadata.extension]` with `title` and `vendor`".to_owned())
            }
            Error::NotAnExtension { others, .. } => Some(format!("extensions are {}", list(others))),
            Error::Several { candidates, workspace } => {
                let first = candidates.first().map_or("NAME", String::as_str);
                let own =
                    workspace.as_ref().map(|path| format!("; the workspace's: `--manifest-path {}`", path.display()));
                Some(format!("choose one, as with `-p {first}`{}", own.unwrap_or_default()))
            }
            Error::UnknownPackage { nearest: Some(near), .. } => Some(format!("did you mean `{near}`?")),
            Error::UnknownPackage { members, .. } => Some(format!("packages are {}", list(members))),
            Error::Invalid(mistakes) => match mistakes.as_slice() {
                [only] => only.mistake.help.clone(),
                _ => None,
            },
        }
    }
}
