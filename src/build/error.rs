//! Why artifacts could not be made.

use std::path::PathBuf;

use super::preflight::Missing;
use crate::domain::{Explain, Platform};
use crate::sys::{fs, process};

/// What went wrong on the way from plan to artifacts.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program failed or could not be started.
    #[error(transparent)]
    Process(#[from] process::Error),
    /// The file system refused something.
    #[error(transparent)]
    Fs(#[from] fs::Error),
    /// A download failed.
    #[error(transparent)]
    Fetch(#[from] super::fetch::Error),
    /// Cargo's configuration cannot be read.
    #[error("could not read Cargo's configuration: {0}")]
    CargoConfig(String),
    /// rustc gave no answer that can be understood.
    #[error("`{} -vV` gave no version and host", program.display())]
    Rustc {
        /// The program.
        program: PathBuf,
        /// What it said.
        said: String,
    },
    /// cargo-zigbuild's library could not set zig up.
    #[error("could not set up zig as linker: {0}")]
    Zig(String),
    /// Tools that the plan needs are not there.
    #[error("{}", missing_line(.0))]
    Missing(Vec<Missing>),
    /// Cargo calls that failed.
    #[error("could not compile {}", .failed.join(", "))]
    Compile {
        /// Triples of the calls that failed.
        failed: Vec<String>,
        /// The exit code of the first failing child.
        code: Option<i32>,
        /// Whether other calls succeeded.
        kept: bool,
    },
    /// Cargo succeeded without making a binary.
    #[error("cargo built no binary `{bin}` for {platform}")]
    NotBuilt {
        /// The binary.
        bin: String,
        /// The platform.
        platform: Platform,
    },
    /// `--artifacts` has no file for a binary.
    #[error("there is no `{bin}` for {platform} among the artifacts")]
    NoArtifact {
        /// The binary.
        bin: String,
        /// The platform.
        platform: Platform,
        /// The places that were looked at.
        tried: Vec<PathBuf>,
    },
    /// A binary that must not get into an image.
    #[error("`{}` is not fit for {platform}: {what}", path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// The platform it was meant for.
        platform: Platform,
        /// What it is and what it should be.
        what: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// A command of the UI's build failed.
    #[error("the UI's build failed: {0}")]
    Ui(process::Error),
    /// The UI's build left no page.
    #[error("the UI's build ran, but `{}` is not there", .0.display())]
    NoUi(PathBuf),
}

fn missing_line(missing: &[Missing]) -> String {
    let plural = if missing.len() == 1 { "one thing is" } else { "some things are" };
    let list: String =
        missing.iter().map(|missing| format!("\n  - {}\n      {}", missing.what, missing.help)).collect();
    format!("{plural} missing on this machine:{list}")
}

impl Error {
    /// The exit code of a child, where a child is at fault.
    #[must_use]
    pub fn child_failed(&self) -> bool {
        matches!(self, Error::Compile { .. } | Error::Ui(_) | Error::Process(_))
    }
}

impl Explain for Error {
    fn place(&self) -> Option<String> {
        match self {
            Error::Process(error) | Error::Ui(error) => error.place(),
            Error::Fs(error) => error.place(),
            Error::Fetch(error) => error.place(),
            Error::NoArtifact { tried, .. } => {
                let tried: Vec<String> = tried.iter().map(|path| path.display().to_string()).collect();
                Some(format!("looked for {}", tried.join(", ")))
            }
            Error::Compile { code: Some(code), .. } => Some(format!("cargo's exit code was {code}")),
            _ => None,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Error::Process(error) | Error::Ui(error) => error.help(),
            Error::Fs(error) => error.help(),
            Error::Fetch(error) => error.help(),
            Error::Missing(missing) => {
                let fixable = missing.iter().any(|missing| missing.fix.is_some());
                fixable
                    .then(|| "`cargo dext doctor --fix` runs the lines that can be run, after showing them".to_owned())
            }
            Error::Compile { kept, .. } => {
                let rest = if *kept { "; the other platforms were built and kept" } else { "" };
                Some(format!("read cargo's messages above{rest}"))
            }
            Error::NotBuilt { .. } => {
                Some("check the binary's `required-features`, and the `features` of the table".to_owned())
            }
            Error::NoArtifact { .. } => Some("put it at one of these places, or build without `--no-build`".to_owned()),
            Error::Unfit { help, .. } => help.clone(),
            Error::Zig(_) => Some("`cargo dext doctor` says which zig is found".to_owned()),
            Error::NoUi(_) => Some("let `ui.source` name the folder that the build writes".to_owned()),
            Error::CargoConfig(_) | Error::Rustc { .. } => None,
        }
    }
}
