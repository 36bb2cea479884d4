//! Files and folders. Every error names its path.

mod lock;
mod look;
mod read;
mod write;

use std::io;
use std::path::{Path, PathBuf};

pub use lock::*;
pub use look::*;
pub use read::*;
pub use write::*;

use crate::domain::Explain;

/// What the file system refused.
#[derive(Debug, thiserror::Error)]
#[error("could not {action} `{}`: {source}", path.display())]
pub struct Error {
    /// What was tried, as a verb: "read", "create the folder".
    pub action: &'static str,
    /// The path it was tried on.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl Error {
    /// Makes the error of `action` on `path`.
    pub fn new(action: &'static str, path: &Path, source: io::Error) -> Self {
        Error { action, path: path.to_owned(), source }
    }

    /// Whether nothing exists at the path.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.source.kind() == io::ErrorKind::NotFound
    }
}

impl Explain for Error {
    fn help(&self) -> Option<String> {
        match self.source.kind() {
            io::ErrorKind::PermissionDenied => {
                Some("check the permissions of the file and of the folders above it".to_owned())
            }
            io::ErrorKind::StorageFull => Some("free some space; nothing that existed before was changed".to_owned()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walk_is_sorted_and_does_not_follow_links() {
        let dir = tempfile::tempdir().expect("temp");
        for name in ["b/z", "b.txt", "a"] {
            write_atomic(&dir.path().join(name), b"x").expect("written");
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink("a", dir.path().join("link")).expect("link");
        let found: Vec<String> =
            walk(dir.path()).expect("walked").iter().map(|f| f.relative.display().to_string()).collect();
        assert_eq!(
            found,
            if cfg!(unix) { vec!["a", "b", "b.txt", "b/z", "link"] } else { vec!["a", "b", "b.txt", "b\\z"] }
        );
    }

    #[test]
    fn a_file_over_the_limit_is_not_read() {
        let dir = tempfile::tempdir().expect("temp");
        let path = dir.path().join("x");
        write_atomic(&path, b"12345").expect("written");
        assert_eq!(read(&path, 5).expect("fits"), b"12345");
        assert!(read(&path, 4).is_err());
    }
}
