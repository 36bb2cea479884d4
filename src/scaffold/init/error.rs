//! Why a package or workspace did not become an extension.

use std::path::PathBuf;

use crate::domain::Explain;
use crate::domain::name::InvalidName;
use crate::manifest::de::list;

/// Why a package or workspace did not become an extension. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no package.
    #[error("there is no Cargo.toml in `{}`", folder.display())]
    NoManifest {
        /// The folder.
        folder: PathBuf,
        /// The nearest folder above that has one.
        above: Option<PathBuf>,
    },
    /// Cargo.toml is no TOML.
    #[error("Cargo.toml is no TOML: {why}")]
    Syntax {
        /// `Cargo.toml:3:5`
        place: String,
        /// What is wrong there.
        why: String,
    },
    /// There is a table for an extension.
    #[error("Cargo.toml has `[{key}]` already")]
    HasTable {
        /// `Cargo.toml:3:5`
        place: String,
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
    /// The file was changed while questions were asked or files copied.
    #[error("Cargo.toml was changed meanwhile")]
    Changed {
        /// The Cargo.toml.
        path: PathBuf,
    },
    /// No package of the workspace has a binary.
    #[error("nothing here is a program: no package has a binary target")]
    NoBinary,
    /// Several binaries could be meant.
    #[error("could not determine which binary is the {part}: there are {}", list(bins))]
    Unclear {
        /// `backend` or `host tool`.
        part: &'static str,
        /// The flag that says it.
        flag: &'static str,
        /// The binaries.
        bins: Vec<String>,
    },
    /// No package has the binary.
    #[error("there is no binary `{name}`")]
    UnknownBin {
        /// What was named.
        name: String,
        /// The nearest one.
        nearest: Option<String>,
        /// All of them.
        bins: Vec<String>,
    },
    /// Several packages have the binary.
    #[error("several packages have a binary `{name}`: {}", list(packages))]
    SeveralPackages {
        /// What was named.
        name: String,
        /// The packages.
        packages: Vec<String>,
    },
    /// Neither backend nor host tool nor page is wanted.
    #[error("an extension has at least a backend, a host tool or a page")]
    Nothing,
    /// The socket's name cannot be used.
    #[error(transparent)]
    Socket(InvalidName),
    /// A socket without somebody who listens.
    #[error("there is no backend that could listen on the socket `{0}`")]
    SocketAlone(String),
    /// The folder of the page is something else.
    #[error("`ui` is there, and is no folder with an `index.html` that can be packaged as it is")]
    UiTaken {
        /// A folder below it that has a page.
        built: Option<String>,
    },
    /// The folder that was named for the page cannot be it.
    #[error("`{}` cannot be the page's folder: {why}", folder.display())]
    UiFolder {
        /// What was named.
        folder: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl Explain for Error {
    fn place(&self) -> Option<String> {
        match self {
            Error::Syntax { place, .. } | Error::HasTable { place, .. } => Some(place.clone()),
            Error::NoTable { path, .. } | Error::Changed { path } => Some(path.display().to_string()),
            _ => None,
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Error::NoManifest { above: Some(above), .. } => {
                format!("there is one above it: `cargo dext init {}`", above.display())
            }
            Error::NoManifest { above: None, .. } => {
                "`cargo dext new` makes an extension from nothing, and `cargo init` a package".to_owned()
            }
            Error::Syntax { .. } => "mend it first; `cargo check` says the same".to_owned(),
            Error::HasTable { .. } => "it is an extension: `cargo dext package` packages it".to_owned(),
            Error::NoTable { .. } => "make `metadata` a table".to_owned(),
            Error::Changed { .. } => "run the command again".to_owned(),
            Error::NoBinary => {
                "add `src/main.rs` or a `[[bin]]`, or pass `--no-backend --no-host` for a page alone".to_owned()
            }
            Error::Unclear { part, flag, bins } => {
                let first = bins.first().map_or("NAME", String::as_str);
                let no = flag.trim_start_matches('-');
                format!("name it, as with `{flag} {first}`, or pass `--no-{no}` for no {part}")
            }
            Error::UnknownBin { nearest: Some(near), .. } => format!("did you mean `{near}`?"),
            Error::UnknownBin { bins, .. } if bins.is_empty() => "add `src/main.rs` or a `[[bin]]`".to_owned(),
            Error::UnknownBin { bins, .. } => format!("binaries are {}", list(bins)),
            Error::SeveralPackages { name, packages } => {
                let first = packages.first().map_or("PACKAGE", String::as_str);
                format!("say which, as `{first}/{name}`")
            }
            Error::Nothing => "leave out `--no-backend`, `--no-host` or `--ui none`".to_owned(),
            Error::Socket(_) => "pass its bare name, e.g. `--socket backend.sock`".to_owned(),
            Error::SocketAlone(_) => "name the binary with `--backend`, or leave out `--socket`".to_owned(),
            Error::UiTaken { built: Some(built) } => {
                format!("name the folder with the finished page, as with `--ui {built}`, or pass `--ui none`")
            }
            Error::UiTaken { built: None } => {
                "name the folder with the finished page, as with `--ui ui/dist`, or pass `--ui none`".to_owned()
            }
            Error::UiFolder { .. } => "name the folder that holds the page's `index.html`".to_owned(),
        })
    }
}
