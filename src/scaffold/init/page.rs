//! The page: one that is written, or a folder that has one.

use std::path::{Component, Path, PathBuf};

use super::error::Error;
use crate::sys::fs::{self, Kind};

/// Where a page is written.
pub(super) const FOLDER: &str = "ui";
/// The page that is written.
pub(super) const FILE: &str = "ui/index.html";

/// What a folder has whose page is built from it.
const SOURCES: [&str; 2] = ["package.json", "Cargo.toml"];

/// The lock files of package managers, and the commands that build a page with each. The last one goes without.
const MANAGERS: [(&str, [&str; 2]); 4] = [
    ("pnpm-lock.yaml", ["pnpm install --frozen-lockfile", "pnpm run build"]),
    ("yarn.lock", ["yarn install", "yarn run build"]),
    ("package-lock.json", ["npm ci", "npm run build"]),
    ("package.json", ["npm install", "npm run build"]),
];

/// The page of the extension.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Page {
    /// One that is written to `ui`.
    #[default]
    Written,
    /// The one that is in `ui`.
    There,
    /// The one of another folder.
    Folder {
        /// The folder, `/`-separated, below that of Cargo.toml.
        source: String,
        /// What builds it.
        build: Option<Build>,
    },
    /// None.
    None,
}

/// What builds a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The folder of its sources, `/`-separated, below that of Cargo.toml.
    pub dir: String,
    /// The commands.
    pub run: [&'static str; 2],
}

impl Page {
    /// The page in `ui`, written there if nothing is.
    ///
    /// # Errors
    /// When something else is there.
    pub fn in_folder(dir: &Path) -> Result<Self, Error> {
        let folder = dir.join(FOLDER);
        let empty = fs::kind(&folder).is_err() || fs::is_empty_dir(&folder).unwrap_or(false);
        if empty {
            return Ok(Page::Written);
        }
        if is_file(&folder.join("index.html")) && sources(&folder).is_none() {
            return Ok(Page::There);
        }
        let built = ["ui/dist", "ui/build"].into_iter().find(|built| is_file(&dir.join(built).join("index.html")));
        Err(Error::UiTaken { built: built.map(str::to_owned) })
    }

    /// The page in a folder that the user named. It must be there, or have sources above it that it is built from.
    ///
    /// # Errors
    /// When it is not below the folder of Cargo.toml, or has no page.
    pub fn at(dir: &Path, named: &Path) -> Result<Self, Error> {
        let refused = |why| Error::UiFolder { folder: named.to_owned(), why };
        let folder = resolved(named);
        let below = folder.strip_prefix(dir).map_err(|_| refused("it is outside of the folder of Cargo.toml"))?;
        if below.components().any(|part| part == Component::ParentDir) {
            return Err(refused("it leads through a folder that is not there"));
        }
        let source = spelled(below).ok_or_else(|| refused("its name is not Unicode"))?;
        if source.is_empty() {
            return Err(refused("it is the folder of Cargo.toml, with all sources in it"));
        }
        if sources(&folder).is_some() {
            return Err(refused("it holds what a page is built from"));
        }
        let above = below.ancestors().skip(1).map(|above| (above, dir.join(above)));
        let build = above.into_iter().find_map(|(above, folder)| {
            let (_, run) = MANAGERS.into_iter().find(|(file, _)| is_file(&folder.join(file)))?;
            let dir = spelled(above).filter(|dir| !dir.is_empty()).unwrap_or_else(|| ".".to_owned());
            is_file(&folder.join("package.json")).then_some(Build { dir, run })
        });
        match build {
            None if !is_file(&folder.join("index.html")) => Err(refused("it has no `index.html`")),
            build => Ok(Page::Folder { source, build }),
        }
    }
}

fn is_file(path: &Path) -> bool {
    matches!(fs::kind_followed(path), Ok(Kind::File(_)))
}

/// The file by which a folder shows that its page is built from it.
fn sources(folder: &Path) -> Option<&'static str> {
    SOURCES.into_iter().find(|file| is_file(&folder.join(file)))
}

/// The path with links and `..` resolved as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    for above in path.ancestors() {
        if let Ok(found) = fs::canonical(above) {
            return match path.strip_prefix(above) {
                Ok(rest) if !rest.as_os_str().is_empty() => found.join(rest),
                _ => found,
            };
        }
    }
    path.to_owned()
}

/// The path with `/`.
fn spelled(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.components().map(|part| part.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/"))
}
