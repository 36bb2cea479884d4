//! Why files cannot be packed.

use std::path::PathBuf;

use super::tree;
use crate::build;
use crate::domain::image_path::InvalidImagePath;
use crate::domain::{Arch, Explain};
use crate::sys::fs;

/// A plan whose files do not make an image.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused something.
    #[error(transparent)]
    Fs(#[from] fs::Error),
    /// A program that must not get into an image.
    #[error(transparent)]
    Program(#[from] build::Error),
    /// A folder that would hold the image that it goes into.
    #[error("`{}` holds `{}`, which this run writes to", path.display(), output.display())]
    HoldsOutput {
        /// The folder.
        path: PathBuf,
        /// What is in it.
        output: PathBuf,
        /// The key that names it.
        key: String,
    },
    /// A folder that cannot be packed.
    #[error(transparent)]
    Tree(#[from] tree::Error),
    /// A file that is not there.
    #[error("there is no `{}`", path.display())]
    Absent {
        /// The path.
        path: PathBuf,
        /// The key that names it.
        key: String,
    },
    /// Something else where a file is due.
    #[error("`{}` is no regular file", path.display())]
    NoFile {
        /// The path.
        path: PathBuf,
        /// The key that names it.
        key: String,
    },
    /// Something else where a folder is due.
    #[error("`{}` is no folder", path.display())]
    NoFolder {
        /// The path.
        path: PathBuf,
        /// The key that names it.
        key: String,
    },
    /// A file without content.
    #[error("`{}` is empty", path.display())]
    Empty {
        /// The path.
        path: PathBuf,
        /// The key that names it.
        key: String,
    },
    /// A path that cannot stand in an image.
    #[error("{error}")]
    Path {
        /// The key that makes it.
        key: String,
        /// What is wrong.
        error: InvalidImagePath,
    },
    /// Two files that are one on some file system.
    #[error("{} in the linux/{arch} image (layers {layers})", one_place(first, second))]
    SamePath {
        /// One path.
        first: String,
        /// The other path.
        second: String,
        /// The layers they are in.
        layers: String,
        /// The image.
        arch: Arch,
    },
    /// The page of the tab is not in the UI's folder.
    #[error("the page `{page}` is not in `{folder}`")]
    NoPage {
        /// The page.
        page: String,
        /// The folder.
        folder: String,
        /// The key that names it.
        key: String,
    },
    /// A file below a path that is itself a file.
    #[error("{file} is a file and a folder at once: {below} lies in it (linux/{arch} image)")]
    FileAndFolder {
        /// The file.
        file: String,
        /// What lies below it.
        below: String,
        /// The image.
        arch: Arch,
    },
    /// A host path that metadata.json lists and no layer holds.
    #[error("metadata.json lists `{path}`, and nothing puts it into the linux/{arch} image")]
    Listed {
        /// The path as it is listed.
        path: String,
        /// The key that lists it.
        key: String,
        /// The image.
        arch: Arch,
    },
}

/// Two files that are in each other's way, in words.
fn one_place(first: &str, second: &str) -> String {
    if first == second {
        format!("two files land at {first}")
    } else {
        format!("{first} and {second} are the same file on macOS and Windows")
    }
}

impl Explain for Error {
    fn place(&self) -> Option<String> {
        match self {
            Error::Fs(error) => error.place(),
            Error::Tree(error) => error.place(),
            Error::Program(error) => error.place(),
            Error::HoldsOutput { key, .. } => Some(key.clone()),
            Error::Absent { key, .. }
            | Error::NoFile { key, .. }
            | Error::NoFolder { key, .. }
            | Error::Empty { key, .. } => Some(key.clone()),
            Error::Path { key, .. } | Error::NoPage { key, .. } | Error::Listed { key, .. } => Some(key.clone()),
            Error::SamePath { .. } | Error::FileAndFolder { .. } => None,
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Error::Fs(error) => return error.help(),
            Error::Tree(error) => return error.help(),
            Error::Program(error) => return error.help(),
            Error::HoldsOutput { .. } => {
                "name a folder below it, or write elsewhere with `--output` and `--target-dir`".to_owned()
            }
            Error::Absent { .. } => {
                "create it, or correct the path; relative paths count from the folder of Cargo.toml".to_owned()
            }
            Error::NoFile { .. } => "name a file".to_owned(),
            Error::NoFolder { .. } => "name the folder that holds the built UI".to_owned(),
            Error::Empty { .. } => "fill it, or leave the key out".to_owned(),
            Error::Path { .. } => "use a path inside the UI's folder".to_owned(),
            Error::SamePath { .. } => "rename one of them".to_owned(),
            Error::FileAndFolder { .. } => "give one of the two another `path`".to_owned(),
            Error::NoPage { .. } => "build the UI first (see `ui.build`), or name the page that is there".to_owned(),
            Error::Listed { .. } => {
                "add it with `[[files]]`; Docker Desktop refuses to install an image without it".to_owned()
            }
        })
    }
}
